package chaosmesh

import (
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// template is a step of a Workflow.
type template struct {
	node     *yaml.Node
	name     string
	kind     *yaml.Node
	deadline time.Duration // 0 is none
	children []*yaml.Node
	has      string // the kind of what it does: of an experiment, or Schedule
	does     *experiment
	repeats  *schedule
	ran      bool
}

// flow is a Workflow that is being laid out in time.
type flow struct {
	r         *reader
	templates []*template
	stack     []string // of the names from the entry to here
	steps     int
}

// workflow reads a Workflow. As every step has its time, it comes to faults that have
// theirs, one beside the other.
func (r *reader) workflow(spec *yaml.Node) {
	f := &flow{r: r}
	var entry *yaml.Node
	r.fields(spec, "a Workflow", known{
		"entry": func(v *yaml.Node) { entry = v },
		"templates": func(v *yaml.Node) {
			if v.Kind != yaml.SequenceNode {
				r.fail(v, "templates is %s, expected a list", kindName(v))
				return
			}
			for _, item := range v.Content {
				f.templates = append(f.templates, r.template(item))
			}
		},
	})
	if entry == nil || len(f.templates) == 0 {
		r.fail(spec, "a Workflow needs entry and templates")
		return
	}
	if len(r.errs) > 0 {
		return // steps that are wrong have no times
	}
	f.run(entry, r.begin, forever)
	for _, t := range f.templates {
		if !t.ran {
			r.note(t.node, "template %s is no part of what entry names", t.name)
		}
	}
}

// templateTypes are the kinds of step.
var templateTypes = append([]string{"Serial", "Parallel", "Suspend", "Schedule"}, kinds[:len(embedded)]...)

func (r *reader) template(n *yaml.Node) *template {
	t := &template{node: n}
	fields := r.inside(known{
		"name":                 func(v *yaml.Node) { t.name, _ = r.scalar(v, "a name") },
		"templateType":         func(v *yaml.Node) { t.kind = v },
		"deadline":             func(v *yaml.Node) { t.deadline = r.length(v) },
		"children":             func(v *yaml.Node) { t.children = r.texts(v) },
		"schedule":             func(v *yaml.Node) { t.has, t.repeats = "Schedule", r.schedule(v) },
		"task":                 r.unsupported("task", "no containers run in a simulated cluster"),
		"conditionalBranches":  r.unsupported("conditionalBranches", "no containers run in a simulated cluster"),
		"statusCheck":          r.unsupported("statusCheck", "the scenario's checks judge the run"),
		"abortWithStatusCheck": r.unsupported("abortWithStatusCheck", "the scenario's checks judge the run"),
	}, func(kind string, v *yaml.Node) { t.has, t.does = kind, r.experiment(kind, v) })
	r.fields(n, "a template", fields)
	if t.kind == nil || t.name == "" {
		r.fail(n, "a template needs name and templateType")
		return t
	}
	switch kind := r.oneOf(t.kind, templateTypes...); {
	case kind == "":
	case (kind == "Serial" || kind == "Parallel") != (t.children != nil):
		r.fail(t.kind, "Serial and Parallel, and nothing else, have children")
	case kind == "Suspend" && t.deadline == 0:
		r.fail(t.kind, "Suspend needs a deadline")
	case t.children == nil && kind != "Suspend" && t.has != kind:
		r.fail(t.kind, "%s needs the field %s", kind, strings.ToLower(kind[:1])+kind[1:])
	}
	return t
}

// mostSteps bounds how often templates are run: one may be named many times.
const mostSteps = 10_000

// run lays out the template of a name from a time on, up to another, and returns when it
// has ended.
func (f *flow) run(name *yaml.Node, at, end time.Duration) time.Duration {
	r := f.r
	i := slices.IndexFunc(f.templates, func(t *template) bool { return t.name == name.Value })
	f.steps++
	switch {
	case i < 0:
		r.fail(name, "there is no template %q%s", name.Value, nearest(name.Value, f.names()))
		return at
	case slices.Contains(f.stack, name.Value):
		r.fail(name, "template %q contains itself", name.Value)
		return at
	case f.steps == mostSteps:
		r.fail(name, "the workflow comes to more than %d steps", mostSteps)
	}
	if f.steps >= mostSteps {
		return at
	}
	t := f.templates[i]
	t.ran = true
	if at >= end {
		r.note(t.node, "template %s: what it is part of ends before it begins", t.name)
		return end
	}
	if t.deadline > 0 {
		end = min(end, at+t.deadline)
	}
	f.stack = append(f.stack, t.name)
	done := f.step(t, at, end)
	f.stack = f.stack[:len(f.stack)-1]
	return done
}

func (f *flow) names() []string {
	var names []string
	for _, t := range f.templates {
		names = append(names, t.name)
	}
	return names
}

// step is run for a template and when it must end.
func (f *flow) step(t *template, at, end time.Duration) time.Duration {
	r := f.r
	switch t.kind.Value {
	case "Suspend":
		return end
	case "Serial":
		for i, child := range t.children {
			if at = f.run(child, at, end); at == forever && i+1 < len(t.children) {
				r.fail(child, "%q has no deadline: it never ends, and what follows never begins", child.Value)
				return at
			}
		}
		return min(at, end)
	case "Parallel":
		last := at
		for _, child := range t.children {
			last = max(last, f.run(child, at, end))
		}
		return min(last, end)
	case "Schedule":
		r.repeat(t.repeats, at, end)
		return end
	}
	x := t.does
	length := x.length
	if end < forever {
		if length > 0 && length != end-at {
			r.note(x.spec, "template %s: it ends at its deadline, whatever its duration", t.name)
		}
		length = end - at
	} else if length > 0 {
		end = at + length
	}
	r.add(x, x.when(at, length))
	return end
}
