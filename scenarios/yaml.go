package scenarios

import (
	"cmp"
	"errors"
	"fmt"
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
	r := &reader{file: file, find: find, places: map[string]*yaml.Node{}}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, syntaxError(file, err)
	}
	if len(document.Content) == 0 {
		return nil, fmt.Errorf("%s:1:1: the file is empty, expected a scenario", file)
	}
	s := r.scenario(document.Content[0])
	if len(r.errs) == 0 {
		for _, err := range unjoin(s.check(r.at)) {
			r.errs = append(r.errs, placed{err: err})
		}
	}
	if len(r.errs) > 0 {
		return nil, r.joined()
	}
	return s, nil
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
	places map[string]*yaml.Node // of the fields, for errors found later
	errs   []placed
}

func (r *reader) fail(n *yaml.Node, format string, args ...any) {
	err := fmt.Errorf("%s:%d:%d: %s", r.file, n.Line, n.Column, fmt.Sprintf(format, args...))
	r.errs = append(r.errs, placed{n.Line, n.Column, err})
}

// at is the place of a field of the scenario.
func (r *reader) at(field string) string {
	if n := r.places[field]; n != nil {
		return fmt.Sprintf("%s:%d:%d: %s", r.file, n.Line, n.Column, field)
	}
	return fmt.Sprintf("%s:1:1: %s", r.file, field)
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
		return func(v *yaml.Node) { r.places[field] = v; read(v) }
	}
	nodes := 0
	known := map[string]func(v *yaml.Node){
		"scenario": note("scenario", func(v *yaml.Node) { r.text(v, &s.Name) }),
		"shows":    note("shows", func(v *yaml.Node) { r.text(v, &s.Shows) }),
		"system":   note("system", func(v *yaml.Node) { r.system(v, s) }),
		"nodes":    note("nodes", func(v *yaml.Node) { scan(r, v, &nodes) }),
		"knobs":    note("knobs", func(v *yaml.Node) { r.knobs(v, s.Knobs) }),
		"link":     note("link", func(v *yaml.Node) { r.link(v, &s.Link) }),
		"workload": note("workload", func(v *yaml.Node) { r.workload(v, &s.Workload) }),
		"faults":   note("faults", func(v *yaml.Node) { r.faults(v, s) }),
		"checks":   note("checks", func(v *yaml.Node) { r.texts(v, &s.Checks) }),
		"run":      note("run", func(v *yaml.Node) { scan(r, v, &s.Run) }),
		"settle":   note("settle", func(v *yaml.Node) { scan(r, v, &s.Settle) }),
		"expect":   note("expect", func(v *yaml.Node) { r.status(v, &s.Expect) }),
	}
	r.fields(n, "a scenario", known)
	for _, field := range []string{"scenario", "system"} {
		if r.places[field] == nil && n.Kind == yaml.MappingNode {
			r.fail(n, "field %q is missing", field)
		}
	}
	if s.System != nil {
		s.Nodes = s.System.Nodes
		if r.places["nodes"] != nil {
			s.Nodes = nodes
		}
		if r.places["checks"] == nil {
			s.Checks = s.System.CheckNames()
		}
	}
	return s
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
		r.text(item, &text)
		*into = append(*into, text)
	}
}

// scalar is what scan reads: whole numbers, numbers and durations.
type scalar interface {
	int | int64 | float64 | time.Duration
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
		r.text(v.Content[i+1], &value)
		into[v.Content[i].Value] = value
	}
}

func (r *reader) workload(v *yaml.Node, w *workload.Spec) {
	r.fields(v, "a workload", map[string]func(v *yaml.Node){
		"kind":    func(v *yaml.Node) { r.text(v, &w.Kind) },
		"clients": func(v *yaml.Node) { scan(r, v, &w.Clients) },
		"keys":    func(v *yaml.Node) { scan(r, v, &w.Keys) },
		"every":   func(v *yaml.Node) { scan(r, v, &w.Every) },
		"rate":    func(v *yaml.Node) { scan(r, v, &w.Rate) },
		"reads":   func(v *yaml.Node) { scan(r, v, &w.Reads) },
		"zipf":    func(v *yaml.Node) { scan(r, v, &w.Zipf) },
		"timeout": func(v *yaml.Node) { scan(r, v, &w.Timeout) },
	})
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

// faults reads a list whose items are a line of text, or a mapping of one pair: YAML
// makes "at 5s: crash n1" one.
func (r *reader) faults(v *yaml.Node, s *Scenario) {
	if v.Kind != yaml.SequenceNode {
		r.fail(v, "%s, expected a list of faults such as \"at 5s for 5s: isolate leader\"", kindName(v))
		return
	}
	for _, item := range v.Content {
		line := item.Value
		if item.Kind == yaml.MappingNode && len(item.Content) == 2 && item.Content[1].Kind == yaml.ScalarNode {
			line = item.Content[0].Value + ": " + item.Content[1].Value
		} else if item.Kind != yaml.ScalarNode {
			r.fail(item, "%s, expected a fault such as \"at 5s for 5s: isolate leader\"", kindName(item))
			continue
		}
		f, err := faults.Parse(line)
		if err != nil {
			for _, e := range unjoin(err) {
				r.fail(item, "%v", e)
			}
			continue
		}
		s.Faults = append(s.Faults, f)
	}
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
