package scenarios

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/scenarios/workload"
	"github.com/orrery-sim/orrery/sim"
)

// Parse reads a scenario from YAML. find returns the system of a name, or nil, and
// all names there are. Everything that is wrong is reported at once, each with its
// place in the file.
func Parse(file string, text []byte, find func(name string) (*System, []string)) (*Scenario, error) {
	r := &reader{file: file, find: find, places: map[string]*yaml.Node{}, bad: map[string]bool{}}
	var document, more yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&document); err == io.EOF || err == nil && len(document.Content) == 0 {
		return nil, fmt.Errorf("%s:1:1: the file is empty, expected a scenario", file)
	} else if err != nil {
		return nil, syntaxError(file, err)
	}
	s := r.scenario(document.Content[0])
	if err := d.Decode(&more); err == nil {
		r.fail(&more, "a second document, expected one scenario in a file")
	} else if err != io.EOF {
		r.errs = append(r.errs, placed{math.MaxInt, 0, syntaxError(file, err)})
	}
	r.check(s)
	if len(r.errs) > 0 {
		return nil, r.joined()
	}
	return s, nil
}

// check finds what is impossible in what could be read. Where there is an error
// already, another would only say it again.
func (r *reader) check(s *Scenario) {
	if s.System == nil {
		return
	}
	problems := s.check()
	parts := []string{"nodes", "knobs", "link", "workload"} // what a cluster is made of, in which faults are checked
	if !slices.ContainsFunc(parts, func(field string) bool { return r.bad[field] }) && !hasAny(problems, parts...) {
		problems = append(problems, s.checkFaults()...)
	}
	read := slices.Clone(r.errs)
	for _, p := range problems {
		n := r.place(p.field)
		if slices.ContainsFunc(read, func(e placed) bool { return e.line == n.Line && e.column == n.Column }) {
			continue
		}
		if e := new(faults.Error); errors.As(p.err, &e) {
			r.failFault(n, e)
		} else {
			r.fail(n, "%v", p.err)
		}
	}
}

// hasAny says whether a problem is in one of the fields.
func hasAny(problems []problem, fields ...string) bool {
	return slices.ContainsFunc(problems, func(p problem) bool {
		field, _, _ := strings.Cut(p.field, ".")
		return slices.Contains(fields, field)
	})
}

// syntaxError gives yaml's own errors, "yaml: line 3: ...", the form of ours.
func syntaxError(file string, err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if rest, ok := strings.CutPrefix(text, "line "); ok {
		if line, what, ok := strings.Cut(rest, ": "); ok {
			return fmt.Errorf("%s:%s:1: %s", file, line, what)
		}
	}
	return fmt.Errorf("%s:1:1: %s", file, text)
}

// placed is an error and where in the file it is.
type placed struct {
	line, column int
	err          error
}

// reader turns YAML nodes into a scenario and collects what is wrong.
type reader struct {
	file   string
	find   func(name string) (*System, []string)
	places map[string]*yaml.Node // of the fields, for errors found later; also workload.keys, checks.0
	field  string                // of the scenario, that is being read
	bad    map[string]bool       // the fields in which an error was found
	errs   []placed
}

func (r *reader) fail(n *yaml.Node, format string, args ...any) {
	err := fmt.Errorf("%s:%d:%d: %s", r.file, n.Line, n.Column, fmt.Sprintf(format, args...))
	r.errs = append(r.errs, placed{n.Line, n.Column, err})
	r.bad[r.field] = true
}

// place is where a field stands, or else what it is part of.
func (r *reader) place(field string) *yaml.Node {
	for field != "" {
		if n := r.places[field]; n != nil {
			return n
		}
		field = field[:max(strings.LastIndex(field, "."), 0)]
	}
	return r.places[""]
}

func (r *reader) joined() error {
	slices.SortStableFunc(r.errs, func(a, b placed) int {
		return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.column, b.column))
	})
	var errs []error
	for _, e := range r.errs {
		errs = append(errs, e.err)
	}
	return errors.Join(errs...)
}

// fields calls the function for each key of a mapping; unknown and doubled keys are
// errors.
func (r *reader) fields(n *yaml.Node, what string, known map[string]func(v *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		r.fail(n, "%s is %s, expected a mapping of %s", what, kindName(n), strings.Join(sortedKeys(known), ", "))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		read := known[key.Value]
		switch {
		case read == nil:
			r.fail(key, "%v", unknown("field of "+what, key.Value, sortedKeys(known)))
		case seen[key.Value]:
			r.fail(key, "field %q stands here twice", key.Value)
		default:
			seen[key.Value] = true
			read(value)
		}
	}
}

func kindName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.ScalarNode:
		return fmt.Sprintf("%q", n.Value)
	}
	return "an alias"
}

// scenario reads the whole, the system first: the other fields depend on it.
func (r *reader) scenario(n *yaml.Node) *Scenario {
	s := &Scenario{
		Link: DefaultLink, Workload: workload.Defaults, Knobs: Values{},
		Run: 30 * time.Second, Settle: 5 * time.Second, File: r.file,
	}
	note := func(field string, read func(v *yaml.Node)) func(v *yaml.Node) {
		return func(v *yaml.Node) {
			r.places[field], r.field = v, field
			read(v)
		}
	}
	r.places[""] = n
	nodes := 0
	known := map[string]func(v *yaml.Node){
		"scenario": note("scenario", func(v *yaml.Node) { r.text(v, &s.Name) }),
		"shows":    note("shows", func(v *yaml.Node) { r.text(v, &s.Shows) }),
		"system":   note("system", func(v *yaml.Node) { r.system(v, s) }),
		"nodes":    note("nodes", func(v *yaml.Node) { scan(r, v, &nodes) }),
		"knobs":    note("knobs", func(v *yaml.Node) { r.knobs(v, s.Knobs) }),
		"labels":   note("labels", func(v *yaml.Node) { r.labels(v, s) }),
		"link":     note("link", func(v *yaml.Node) { r.link(v, &s.Link) }),
		"workload": note("workload", func(v *yaml.Node) { r.workload(v, &s.Workload) }),
		"faults":   note("faults", func(v *yaml.Node) { r.faults(v, s) }),
		"storm":    note("storm", func(v *yaml.Node) { r.storm(v, s) }),
		"checks":   note("checks", func(v *yaml.Node) { r.texts(v, &s.Checks) }),
		"run":      note("run", func(v *yaml.Node) { scan(r, v, &s.Run) }),
		"settle":   note("settle", func(v *yaml.Node) { scan(r, v, &s.Settle) }),
		"expect":   note("expect", func(v *yaml.Node) { r.status(v, &s.Expect) }),
		"seed":     note("seed", func(v *yaml.Node) { s.Seed = new(uint64); scan(r, v, s.Seed) }),
		"mutant":   note("mutant", func(v *yaml.Node) { r.text(v, &s.Mutant) }),
		"check":    note("check", func(v *yaml.Node) { r.text(v, &s.Check) }),

		"objectives": note("objectives", func(v *yaml.Node) { r.objectives(v, s) }),
	}
	r.fields(n, "a scenario", known)
	for _, field := range []string{"scenario", "system"} {
		if r.places[field] == nil && n.Kind == yaml.MappingNode {
			r.fail(n, "field %q is missing", field)
		}
	}
	if name := r.places["scenario"]; name != nil && !r.bad["scenario"] && !isWord(s.Name) {
		r.fail(name, "%s, expected a name such as leader-crash", kindName(name))
	}
	if s.System != nil {
		s.Nodes = s.System.Nodes
		if r.places["nodes"] != nil {
			s.Nodes = nodes
		}
		if r.places["checks"] == nil {
			s.Checks = s.defaultChecks()
		} else if len(s.Objectives) > 0 && !contains(s.Checks, objectives.Name) {
			s.Checks = append(s.Checks, objectives.Name)
		}
	}
	return s
}

// isWord says whether a name can stand on a command line and in a file's name.
func isWord(name string) bool {
	return name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == ""
}

func (r *reader) system(v *yaml.Node, s *Scenario) {
	var name string
	r.text(v, &name)
	system, names := r.find(name)
	if system == nil {
		r.fail(v, "%v", unknown("system", name, names))
		return
	}
	s.System = system
}

func (r *reader) text(v *yaml.Node, into *string) {
	if v.Kind != yaml.ScalarNode {
		r.fail(v, "%s, expected a text", kindName(v))
		return
	}
	*into = v.Value
}

func (r *reader) texts(v *yaml.Node, into *[]string) {
	if v.Kind != yaml.SequenceNode {
		r.fail(v, "%s, expected a list", kindName(v))
		return
	}
	for _, item := range v.Content {
		var text string
		r.places[fmt.Sprintf("%s.%d", r.field, len(*into))] = item
		r.text(item, &text)
		*into = append(*into, text)
	}
}

// objectives reads a list of texts such as p(95) < 500ms during faults.
func (r *reader) objectives(v *yaml.Node, s *Scenario) {
	var texts []string
	r.texts(v, &texts)
	for i, text := range texts {
		item := v.Content[i]
		if item.Kind != yaml.ScalarNode {
			continue // that was said
		}
		o, err := ParseObjective(text)
		if e := new(ObjectiveError); errors.As(err, &e) {
			r.fail(within(item, e.Column), "%v", err)
			continue
		}
		r.places[fmt.Sprintf("objectives.%d", len(s.Objectives))] = item
		s.Objectives = append(s.Objectives, o)
	}
}

// scalar is what scan reads: whole numbers, numbers and durations.
type scalar interface {
	int | int64 | uint64 | float64 | time.Duration
}

func scan[T scalar](r *reader, v *yaml.Node, into *T) {
	var err error
	expected := "a number"
	switch p := any(into).(type) {
	case *int:
		expected = "a whole number"
		*p, err = strconv.Atoi(v.Value)
	case *int64:
		expected = "a whole number"
		*p, err = strconv.ParseInt(v.Value, 10, 64)
	case *uint64:
		expected = "a whole number that is not negative"
		*p, err = strconv.ParseUint(v.Value, 10, 64)
	case *float64:
		*p, err = strconv.ParseFloat(v.Value, 64)
	case *time.Duration:
		expected = "a duration such as 30s or 150ms"
		*p, err = time.ParseDuration(v.Value)
	}
	if v.Kind != yaml.ScalarNode || err != nil {
		r.fail(v, "%s, expected %s", kindName(v), expected)
	}
}

// knobs takes values as they are written: what they mean is the system's business.
func (r *reader) knobs(v *yaml.Node, into Values) {
	if v.Kind != yaml.MappingNode {
		r.fail(v, "knobs is %s, expected a mapping of names to values", kindName(v))
		return
	}
	for i := 0; i+1 < len(v.Content); i += 2 {
		var value string
		name := v.Content[i]
		if r.places["knobs."+name.Value] != nil {
			r.fail(name, "knob %q stands here twice", name.Value)
			continue
		}
		r.places["knobs."+name.Value] = name
		r.text(v.Content[i+1], &value)
		into[name.Value] = value
	}
}

func (r *reader) workload(v *yaml.Node, w *workload.Spec) {
	known := map[string]func(v *yaml.Node){
		"kind":    func(v *yaml.Node) { r.text(v, &w.Kind) },
		"clients": func(v *yaml.Node) { scan(r, v, &w.Clients) },
		"keys":    func(v *yaml.Node) { scan(r, v, &w.Keys) },
		"every":   func(v *yaml.Node) { scan(r, v, &w.Every) },
		"rate":    func(v *yaml.Node) { scan(r, v, &w.Rate) },
		"reads":   func(v *yaml.Node) { scan(r, v, &w.Reads) },
		"zipf":    func(v *yaml.Node) { scan(r, v, &w.Zipf) },
		"timeout": func(v *yaml.Node) { scan(r, v, &w.Timeout) },

		"stages":   func(v *yaml.Node) { r.stages(v, &w.Stages) },
		"arrivals": func(v *yaml.Node) { r.text(v, &w.Arrivals) },
	}
	r.fields(v, "a workload", r.noted("workload.", known))
}

// stages reads a list of mappings; a stage without to is steady.
func (r *reader) stages(v *yaml.Node, into *[]workload.Stage) {
	if v.Kind != yaml.SequenceNode || len(v.Content) == 0 {
		r.fail(v, "%s, expected a list of stages such as {for: 10s, rate: 100}", kindName(v))
		return
	}
	for i, item := range v.Content {
		var st workload.Stage
		place := fmt.Sprintf("workload.stages.%d", i)
		r.places[place] = item
		note := func(field string, read func(v *yaml.Node)) func(v *yaml.Node) {
			return func(v *yaml.Node) {
				r.places[place+"."+field] = v
				read(v)
			}
		}
		r.fields(item, "a stage", map[string]func(v *yaml.Node){
			"for":  note("for", func(v *yaml.Node) { scan(r, v, &st.For) }),
			"rate": note("rate", func(v *yaml.Node) { scan(r, v, &st.Rate) }),
			"to":   note("to", func(v *yaml.Node) { scan(r, v, &st.To) }),
		})
		if r.places[place+".to"] == nil {
			st.To = st.Rate
		}
		*into = append(*into, st)
	}
}

func (r *reader) link(v *yaml.Node, l *sim.Link) {
	chance := func(p *float64) func(v *yaml.Node) {
		return func(v *yaml.Node) {
			scan(r, v, p)
			if !(*p >= 0 && *p <= 1) {
				r.fail(v, "%s, expected a probability from 0 to 1", kindName(v))
			}
		}
	}
	r.fields(v, "a link", map[string]func(v *yaml.Node){
		"latency": func(v *yaml.Node) {
			d, err := sim.ParseDist(v.Value)
			if err != nil {
				r.fail(v, "%v", err)
			}
			l.Latency = d
		},
		"bandwidth": func(v *yaml.Node) {
			if scan(r, v, &l.Bandwidth); l.Bandwidth < 0 {
				r.fail(v, "%s, expected bytes per second", kindName(v))
			}
		},
		"loss":      chance(&l.Loss),
		"duplicate": chance(&l.Duplicate),
		"reorder":   chance(&l.Reorder),
		"corrupt":   chance(&l.Corrupt),
	})
}

func (r *reader) status(v *yaml.Node, into *sim.Status) {
	for s := sim.OK; s <= sim.Crashed; s++ {
		if v.Value == s.String() {
			*into = s
			return
		}
	}
	r.fail(v, "%s, expected one of ok, violated, unknown, stuck, crashed", kindName(v))
}
