package scenarios

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/faults/chaosmesh"
)

// FaultFile is what a file of faults holds.
type FaultFile struct {
	Faults faults.Schedule
	Places []string // of each of the faults, for errors: file:line
	Notes  []string // the lines that documents have become, and what happens otherwise than there
}

// ReadFaults reads a file of faults: one a line, where empty lines and those that begin
// with # count for nothing, or Chaos Mesh documents. All errors are reported, each with
// its place.
func ReadFaults(path string) (*FaultFile, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if !chaosmesh.Is(text) {
		return readLines(path, text)
	}
	d, err := chaosmesh.Read(path, text)
	if err != nil {
		return nil, err
	}
	file := &FaultFile{Faults: d.Faults, Places: d.Places}
	for i, f := range d.Faults {
		file.Notes = append(file.Notes, fmt.Sprintf("%s: %s", d.Places[i], f))
	}
	for _, n := range d.Notes {
		file.Notes = append(file.Notes, n.String())
	}
	return file, nil
}

func readLines(path string, text []byte) (*FaultFile, error) {
	file := &FaultFile{}
	var errs []error
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		line = strings.TrimPrefix(strings.TrimSpace(line), "- ")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f, err := faults.Parse(line)
		for _, e := range unjoin(err) {
			errs = append(errs, fmt.Errorf("%s:%d: %w", path, number, e))
		}
		file.Faults, file.Places = append(file.Faults, f), append(file.Places, fmt.Sprintf("%s:%d", path, number))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return file, nil
}

const expectedFault = `expected a fault such as "at 5s for 5s: isolate leader"`

// faults reads a list whose items are a line of text, or a mapping of one pair: YAML
// makes "at 5s: crash n1" one.
func (r *reader) faults(v *yaml.Node, s *Scenario) {
	if v.Kind != yaml.SequenceNode {
		r.fail(v, "%s, expected a list of faults such as \"at 5s for 5s: isolate leader\"", kindName(v))
		return
	}
	for _, item := range v.Content {
		line, ok := faultLine(item)
		if !ok {
			r.fail(item, "%s, %s", kindName(item), expectedFault)
			continue
		}
		f, err := faults.Parse(line)
		for _, err := range unjoin(err) {
			if e := new(faults.Error); errors.As(err, &e) {
				r.failFault(item, e)
			} else {
				r.fail(item, "%v", err)
			}
		}
		if err == nil {
			r.places[fmt.Sprintf("faults.%d", len(s.Faults))] = item
			s.Faults = append(s.Faults, f)
		}
	}
}

// labels reads a mapping of nodes to their labels, such as n1: {zone: a}.
func (r *reader) labels(v *yaml.Node, s *Scenario) {
	if v.Kind != yaml.MappingNode {
		r.fail(v, "labels is %s, expected a mapping of nodes to labels such as n1: {zone: a}", kindName(v))
		return
	}
	for i := 0; i+1 < len(v.Content); i += 2 {
		node, list := v.Content[i], v.Content[i+1]
		if list.Kind != yaml.MappingNode {
			r.fail(list, "%s, expected labels such as {zone: a}", kindName(list))
			continue
		}
		r.places["labels."+node.Value] = node
		for j := 0; j+1 < len(list.Content); j += 2 {
			l := Label{Node: node.Value, Name: list.Content[j].Value}
			value := list.Content[j+1]
			if r.text(value, &l.Value); value.Kind == yaml.ScalarNode && (strings.ContainsAny(l.Name+l.Value, "=+&|:()<>, \t") || l.Name == "" || l.Value == "") {
				r.fail(list.Content[j], "%s=%s, expected a label that can stand in a fault, such as zone=a", l.Name, l.Value)
			}
			s.Labels = append(s.Labels, l)
		}
	}
}

// faultLine is the line of text that an item of the list stands for.
func faultLine(item *yaml.Node) (line string, ok bool) {
	switch {
	case item.Kind == yaml.ScalarNode:
		return item.Value, true
	case item.Kind == yaml.MappingNode && len(item.Content) == 2 &&
		item.Content[0].Kind == yaml.ScalarNode && item.Content[1].Kind == yaml.ScalarNode:
		return item.Content[0].Value + ": " + item.Content[1].Value, true
	}
	return "", false
}

// failFault reports what is wrong with a fault at the place of the word that it is
// about, as far as that is known.
func (r *reader) failFault(item *yaml.Node, e *faults.Error) {
	line, _ := faultLine(item)
	text := *e
	text.Col = 0
	r.fail(within(item, columnOf(line, e)), "%v", &text)
}

// columnOf is where in a fault's line an error is, in characters from 0.
func columnOf(line string, e *faults.Error) int {
	if e.Col > 0 {
		return e.Col - 1
	}
	word := regexp.MustCompile(`(^|[^\pL\pN])` + regexp.QuoteMeta(e.Word) + `($|[^\pL\pN])`)
	m := word.FindStringSubmatchIndex(line)
	if e.Word == "" || m == nil {
		return 0
	}
	const endOfFirstGroup = 3
	return utf8.RuneCountInString(line[:m[endOfFirstGroup]])
}

// within is the place in the file of a column of a line of text, such as a fault's.
func within(item *yaml.Node, column int) *yaml.Node {
	at := item
	if item.Kind == yaml.MappingNode {
		at = item.Content[0]
		if before := utf8.RuneCountInString(at.Value + ": "); column >= before {
			at, column = item.Content[1], column-before
		}
	}
	if at.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		column++ // for the quote
	}
	if at.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		column = 0 // it begins in another line
	}
	return &yaml.Node{Line: at.Line, Column: at.Column + column}
}
