package chaosmesh

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/internal/suggest"
)

// Begin is when a document is applied that does not say.
const Begin = 5 * time.Second

// apiVersion is the only one that is read.
const apiVersion = "chaos-mesh.org/v1alpha1"

// Documents are what a file of them comes to.
type Documents struct {
	Faults faults.Schedule
	Places []string // of the faults: where the specification of each stands, file:line:column
	Notes  []Note   // in the order of the file
}

// Note is something that happens otherwise here than in a cluster of containers.
type Note struct {
	File         string
	Line, Column int
	Text         string
}

// String renders "chaos.yaml:12:5: namespaces: ...".
func (n Note) String() string { return fmt.Sprintf("%s:%d:%d: %s", n.File, n.Line, n.Column, n.Text) }

var looksLike = regexp.MustCompile(`(?m)^\s*["']?apiVersion["']?\s*:`)

// Is says whether a text looks like documents for Kubernetes rather than lines of
// faults.
func Is(text []byte) bool { return looksLike.Match(text) }

// Read reads a file of one document or several. The error is all that is wrong with it,
// one a line, with file, line and column.
func Read(file string, text []byte) (*Documents, error) {
	r := &reader{file: file, noted: map[string]bool{}}
	d := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var document yaml.Node
		err := d.Decode(&document)
		if err == io.EOF {
			break
		}
		if err != nil {
			r.errs = append(r.errs, syntaxError(file, err))
			break
		}
		if len(document.Content) > 0 && document.Content[0].Tag != "!!null" {
			r.document(document.Content[0])
		}
	}
	if len(r.faults) == 0 && len(r.errs) == 0 && len(r.notes) == 0 {
		return nil, fmt.Errorf("%s:1:1: there is no document in the file", file)
	}
	if len(r.errs) > 0 {
		slices.SortStableFunc(r.errs, func(a, b placed) int { return compare(a.line, b.line, a.column, b.column) })
		var errs []error
		for _, e := range r.errs {
			errs = append(errs, e.err)
		}
		return nil, errors.Join(errs...)
	}
	slices.SortStableFunc(r.notes, func(a, b Note) int { return compare(a.Line, b.Line, a.Column, b.Column) })
	return &Documents{r.faults, r.places, r.notes}, nil
}

func compare(line, line2, column, column2 int) int {
	return cmp.Or(cmp.Compare(line, line2), cmp.Compare(column, column2))
}

// syntaxError gives yaml's own errors, "yaml: line 3: ...", a place.
func syntaxError(file string, err error) placed {
	text, line := strings.TrimPrefix(err.Error(), "yaml: "), 1
	if n, _ := fmt.Sscanf(text, "line %d:", &line); n == 1 {
		_, text, _ = strings.Cut(text, ": ")
	}
	return placed{line, 1, fmt.Errorf("%s:%d:1: %s", file, line, text)}
}

// placed is an error and where in the file it is.
type placed struct {
	line, column int
	err          error
}

// reader turns documents into faults, and collects what is wrong and what is noted.
type reader struct {
	file   string
	begin  time.Duration // when the document is applied that is being read
	faults faults.Schedule
	places []string
	notes  []Note
	noted  map[string]bool // the same note is made once
	errs   []placed
	before int // how many there were before the experiment that is being read
}

func (r *reader) fail(n *yaml.Node, format string, args ...any) {
	err := fmt.Errorf("%s:%d:%d: %s", r.file, n.Line, n.Column, fmt.Sprintf(format, args...))
	r.errs = append(r.errs, placed{n.Line, n.Column, err})
}

func (r *reader) note(n *yaml.Node, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if r.noted[text] {
		return
	}
	r.noted[text] = true
	r.notes = append(r.notes, Note{r.file, n.Line, n.Column, text})
}

// known are the fields that a mapping may have, and what reads each.
type known map[string]func(v *yaml.Node)

func (k known) names() []string {
	var names []string
	for name := range k { // order-free: sorted
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// fields reads a mapping.
func (r *reader) fields(n *yaml.Node, what string, fields known) {
	if n.Kind != yaml.MappingNode {
		r.fail(n, "%s is %s, expected a mapping of %s", what, kindName(n), strings.Join(fields.names(), ", "))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		read, ok := fields[key.Value]
		switch {
		case !ok:
			r.fail(key, "%s has no field %q%s", what, key.Value, nearest(key.Value, fields.names()))
		case seen[key.Value]:
			r.fail(key, "field %q stands here twice", key.Value)
		case value.Tag == "!!null": // as if it were not there
		default:
			read(value)
		}
		seen[key.Value] = true
	}
}

// nearest is the end of an error about an unknown word.
func nearest(word string, known []string) string {
	if hint := suggest.Hint(word, known); hint != "" {
		return hint
	}
	return ", expected one of " + strings.Join(known, ", ")
}

// unsupported reads a field that has no meaning here, and must not be given for one.
func (r *reader) unsupported(name, why string) func(v *yaml.Node) {
	return func(v *yaml.Node) { r.fail(v, "%s is not supported: %s", name, why) }
}

// ignored reads a field that changes nothing.
func ignored(*yaml.Node) {}

// otherwise reads a field that changes nothing here.
func (r *reader) otherwise(text string) func(v *yaml.Node) {
	return func(v *yaml.Node) { r.note(v, "%s", text) }
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

// chaos are the kinds that break something, each with what reads its specification.
var chaos = map[string]func(r *reader, spec *yaml.Node) *experiment{
	"NetworkChaos": (*reader).network,
	"PodChaos":     (*reader).pod,
	"IOChaos":      (*reader).io,
	"TimeChaos":    (*reader).time,
	"StressChaos":  (*reader).stress,
	"DNSChaos":     (*reader).dns,
}

// kinds are all that a document may be of.
var kinds = []string{"NetworkChaos", "PodChaos", "IOChaos", "TimeChaos", "StressChaos", "DNSChaos", "Schedule", "Workflow"}

// document reads one document and adds its faults.
func (r *reader) document(n *yaml.Node) {
	var version, kind, spec *yaml.Node
	paused, errors := false, len(r.errs)
	r.begin = Begin
	keep := func(into **yaml.Node) func(v *yaml.Node) { return func(v *yaml.Node) { *into = v } }
	r.fields(n, "a document", known{
		"apiVersion": keep(&version), "kind": keep(&kind), "spec": keep(&spec), "status": ignored,
		"metadata": func(v *yaml.Node) { paused = r.metadata(v) },
	})
	switch {
	case n.Kind != yaml.MappingNode:
		return
	case version == nil || kind == nil || spec == nil:
		if len(r.errs) == errors {
			r.fail(n, "a document needs apiVersion, kind and spec")
		}
		return
	case version.Value != apiVersion:
		r.fail(version, "%s, expected %s", kindName(version), apiVersion)
		return
	case !slices.Contains(kinds, kind.Value):
		r.fail(kind, "kind %s is not supported%s", kindName(kind), nearest(kind.Value, kinds))
		return
	}
	before := len(r.faults)
	switch kind.Value {
	case "Schedule":
		if s := r.schedule(spec); s != nil {
			r.repeat(s, r.begin, forever)
		}
	case "Workflow":
		r.workflow(spec)
	default:
		if x := r.experiment(kind.Value, spec); x != nil {
			r.add(x, x.when(r.begin, x.length))
		}
	}
	if paused {
		r.faults, r.places = r.faults[:before], r.places[:before]
	}
}

// metadata reads what a document says of itself, and whether it is paused.
func (r *reader) metadata(n *yaml.Node) (paused bool) {
	fields := known{"annotations": func(v *yaml.Node) { paused = r.annotations(v) }}
	for _, name := range []string{
		"name", "namespace", "labels", "generateName", "uid", "resourceVersion", "generation", "creationTimestamp",
		"finalizers", "ownerReferences", "managedFields",
	} {
		fields[name] = ignored
	}
	r.fields(n, "metadata", fields)
	return paused
}

func (r *reader) annotations(n *yaml.Node) (paused bool) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		switch key, value := n.Content[i], n.Content[i+1]; key.Value {
		case "orrery/at":
			r.begin = r.length(value)
		case "experiment.chaos-mesh.org/pause":
			if paused = value.Value == "true"; paused {
				r.note(value, "the experiment is paused: nothing comes of it")
			}
		}
	}
	return paused
}

// experiment is what a specification comes to.
type experiment struct {
	spec    *yaml.Node
	acts    string        // what is done, as behind the colon of a fault
	length  time.Duration // 0 is without end
	instant bool          // it is over at once
}

// experiment reads the specification of a kind; nil if something is wrong with it.
func (r *reader) experiment(kind string, spec *yaml.Node) *experiment {
	if spec.Kind != yaml.MappingNode {
		r.fail(spec, "a %s is %s, expected a mapping", kind, kindName(spec))
		return nil
	}
	r.before = len(r.errs)
	if x := chaos[kind](r, spec); len(r.errs) == r.before {
		return x
	}
	return nil
}

// when is what stands before the colon if it begins then and lasts so long.
func (x *experiment) when(at, length time.Duration) string {
	w := "at " + text(at)
	if length > 0 && !x.instant {
		w += " for " + text(length)
	}
	return w
}

// text renders a duration as in a fault.
func text(d time.Duration) string { return faults.Amount{Unit: faults.Time, N: int64(d)}.String() }

// mostFaults bounds what a file comes to: a workflow may name the same template twice,
// that one another twice, and so on.
const mostFaults = 10_000

func (r *reader) add(x *experiment, when string) {
	if len(r.faults) == mostFaults {
		r.fail(x.spec, "the file comes to more than %d faults", mostFaults)
	}
	if len(r.faults) >= mostFaults {
		return
	}
	f, err := faults.Parse(when + ": " + x.acts)
	if err != nil {
		r.fail(x.spec, "%s: %s: %v", when, x.acts, err)
		return
	}
	r.faults = append(r.faults, f)
	r.places = append(r.places, fmt.Sprintf("%s:%d:%d", r.file, x.spec.Line, x.spec.Column))
}
