package chaosmesh

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/orrery-sim/orrery/faults"
)

// scope is whom an experiment is done to: a selector, and how many of what it selects.
type scope struct {
	selector, mode, value *yaml.Node
}

// fields adds those by which a scope is written.
func (s *scope) fields(to known) known {
	to["selector"] = func(v *yaml.Node) { s.selector = v }
	to["mode"] = func(v *yaml.Node) { s.mode = v }
	to["value"] = func(v *yaml.Node) { s.value = v }
	return to
}

// term is the scope as a fault says it. of is where to report that there is none.
func (r *reader) term(s *scope, of *yaml.Node) string {
	if s.mode == nil {
		r.missing(of, "mode")
		return ""
	}
	if s.selector == nil {
		r.missing(of, "selector")
		return ""
	}
	set := r.set(s.selector)
	mode := r.oneOf(s.mode, "one", "all", "fixed", "fixed-percent", "random-max-percent")
	if mode == "one" || mode == "all" {
		if s.value != nil && s.value.Value != "" {
			r.note(s.value, "mode %s has no value: it is not looked at", mode)
		}
	} else if s.value == nil && mode != "" {
		r.fail(s.mode, `mode %s needs a value, such as value: "2"`, mode)
		return ""
	}
	if set == "" {
		return ""
	}
	drawn := func(some string) string {
		if set == "all" {
			return "random " + some
		}
		return "random " + some + " of " + set
	}
	switch mode {
	case "one":
		return drawn("1")
	case "all":
		return set
	case "fixed":
		return drawn(fmt.Sprint(r.count(s.value)))
	case "":
		return ""
	}
	share := r.percent(s.value)
	switch {
	case share == "":
		return ""
	case share == zero:
		r.fail(s.value, "0%% of the nodes is nobody")
		return ""
	case mode == "random-max-percent":
		return drawn("up to " + share)
	case share == "100%":
		return set
	}
	return drawn(share)
}

// set reads a selector, as one word of a fault.
func (r *reader) set(n *yaml.Node) string {
	s := &sets{r: r, any: [][]string{nil}}
	var pods []string
	var named, rest *yaml.Node
	r.fields(n, "a selector", known{
		"namespaces": func(v *yaml.Node) {
			r.texts(v)
			r.note(v, "namespaces: all nodes of the cluster are in all of them")
		},
		"labelSelectors":      func(v *yaml.Node) { rest = v; s.labels(v) },
		"expressionSelectors": func(v *yaml.Node) { rest = v; s.expressions(v) },
		"pods":                func(v *yaml.Node) { named, pods = v, r.pods(v) },
		"annotationSelectors": r.unsupported("annotationSelectors", "a node has labels, and no annotations"),
		"fieldSelectors":      r.unsupported("fieldSelectors", "a node has labels, and no fields of Kubernetes"),
		"podPhaseSelectors":   r.unsupported("podPhaseSelectors", "a node is up or down; select it by a role, in a fault of one's own"),
		"nodes":               r.unsupported("nodes", "a simulated node is the pod and its machine in one; give it a label"),
		"nodeSelectors":       r.unsupported("nodeSelectors", "a simulated node is the pod and its machine in one; give it a label"),
	})
	switch {
	case named != nil && rest != nil:
		r.note(rest, "pods are named: the other selectors are not looked at")
		fallthrough
	case named != nil:
		return strings.Join(pods, "+")
	}
	return s.word()
}

// pods reads names by namespace.
func (r *reader) pods(n *yaml.Node) (names []string) {
	if n.Kind != yaml.MappingNode {
		r.fail(n, "pods is %s, expected names by namespace such as {default: [n1, n2]}", kindName(n))
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		for _, v := range r.texts(n.Content[i+1]) {
			if strings.ContainsAny(v.Value, "*?") {
				r.fail(v, "%q, expected the name of a node", v.Value)
			} else if r.isWord(v, v.Value) && !slices.Contains(names, v.Value) {
				names = append(names, v.Value)
			}
		}
	}
	if len(n.Content) == 0 {
		r.fail(n, "pods names nobody")
	}
	return names
}

// isWord says whether a name or label can stand in a fault.
func (r *reader) isWord(n *yaml.Node, word string) bool {
	w, err := faults.ParseWhat("pause " + word)
	act, ok := w.(faults.Act)
	if err == nil && ok && len(act.Where.Groups) == 1 && slices.Equal(act.Where.Groups[0], faults.Selection{{Name: word}}) &&
		!strings.ContainsAny(word, "+&") && !faults.IsWord(word) {
		return true
	}
	r.fail(n, "%q cannot be the name or label of a node: it means something else in a fault", word)
	return false
}

// sets are nodes as a union of intersections of labels.
type sets struct {
	r   *reader
	any [][]string
}

// mostSets bounds the product of expressions that have many values each.
const mostSets = 256

// both keeps those nodes that also have one of the labels.
func (s *sets) both(at *yaml.Node, labels []string) {
	if len(s.any)*len(labels) > mostSets {
		s.r.fail(at, "the expressions have more than %d combinations of values", mostSets)
		return
	}
	var product [][]string
	for _, set := range s.any {
		for _, l := range labels {
			with := slices.Clone(set)
			if !slices.Contains(set, l) {
				with = append(with, l)
			}
			product = append(product, with)
		}
	}
	s.any = product
}

func (s *sets) labels(n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		s.r.fail(n, "labelSelectors is %s, expected labels such as {app: raft}", kindName(n))
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if v, ok := s.r.scalar(value, "the value of a label"); ok && s.r.isWord(key, key.Value+"="+v) {
			s.both(key, []string{key.Value + "=" + v})
		}
	}
}

func (s *sets) expressions(n *yaml.Node) {
	if n.Kind != yaml.SequenceNode {
		s.r.fail(n, "expressionSelectors is %s, expected a list", kindName(n))
		return
	}
	for _, item := range n.Content {
		var key string
		var values []*yaml.Node
		s.r.fields(item, "an expression", known{
			"key":      func(v *yaml.Node) { key, _ = s.r.scalar(v, "the name of a label") },
			"operator": func(v *yaml.Node) { s.r.oneOf(v, "In") },
			"values":   func(v *yaml.Node) { values = s.r.texts(v) },
		})
		var labels []string
		for _, v := range values {
			if s.r.isWord(v, key+"="+v.Value) {
				labels = append(labels, key+"="+v.Value)
			}
		}
		if labels == nil {
			s.r.fail(item, "an expression needs key, operator In and values")
			continue
		}
		s.both(item, labels)
	}
}

// word is all that a selector selects; without labels, that is every server.
func (s *sets) word() string {
	var parts []string
	for _, set := range s.any {
		if len(set) == 0 {
			return "all"
		}
		parts = append(parts, strings.Join(set, "&"))
	}
	return strings.Join(parts, "+")
}
