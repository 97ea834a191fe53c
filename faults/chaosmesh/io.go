package chaosmesh

import (
	"slices"

	"go.yaml.in/yaml/v3"
)

// calls are what the file system calls are to a simulated disk, which reads, writes,
// which is also to change names, and syncs.
var calls = map[string]string{
	"read": "read", "write": "write", "fsync": "sync", "flush": "sync",
	"create": "write", "mknod": "write", "rename": "write", "unlink": "write", "setattr": "write",
}

// ioChaos is an IOChaos as it is read.
type ioChaos struct {
	action, errno, methods *yaml.Node
	delay, percent         string
	mistake                bool
}

// io reads an IOChaos.
func (r *reader) io(spec *yaml.Node) *experiment {
	x := &experiment{spec: spec}
	var s scope
	c := ioChaos{percent: "100%"}
	where := r.otherwise("volumePath, path: all of the node's disk is meant")
	r.fields(spec, "an IOChaos", r.common(x, &s, known{
		"action":     func(v *yaml.Node) { c.action = v },
		"delay":      func(v *yaml.Node) { c.delay = text(r.length(v)) },
		"errno":      func(v *yaml.Node) { c.errno = v },
		"percent":    func(v *yaml.Node) { c.percent = r.percent(v) },
		"methods":    func(v *yaml.Node) { c.methods = v },
		"mistake":    func(v *yaml.Node) { c.mistake = true; r.mistake(v) },
		"volumePath": where, "path": where,
		"attr": r.unsupported("attr", "files have no attributes"),
	}))
	if c.action == nil {
		r.missing(spec, "action")
		return nil
	}
	if c.percent == zero {
		r.fail(spec, "percent 0 does nothing")
		return nil
	}
	if acts := r.disk(&c); acts != nil && c.percent != "" {
		x.acts = joined(acts, r.term(&s, spec))
		return x
	}
	r.term(&s, spec)
	return nil
}

// disk is what an IOChaos does, each without its place; nil if that is an error.
func (r *reader) disk(c *ioChaos) []string {
	name := r.oneOf(c.action, "latency", "fault", "mistake")
	kinds := r.methods(c)
	switch {
	case name == "" || kinds == nil:
		return nil
	case name == "latency" && c.delay == "", name == "fault" && c.errno == nil, name == "mistake" && !c.mistake:
		r.fail(c.action, "action %s needs the field %s", name, map[string]string{"latency": "delay", "fault": "errno", "mistake": "mistake"}[name])
		return nil
	case name == "latency":
		if c.methods != nil {
			r.note(c.methods, "methods: reads, writes and syncs are delayed alike")
		}
		return []string{"disk delay " + c.delay + " " + c.percent}
	case name == "fault":
		return r.errno(c, kinds)
	}
	var acts []string
	for _, kind := range []string{"read", "write"} {
		if slices.Contains(kinds, kind) {
			acts = append(acts, "disk "+kind+"-mistake "+c.percent)
		}
	}
	if acts == nil {
		r.fail(c.methods, "mistakes are made in read and write")
	}
	return acts
}

// methods are which kinds of operation are meant: all, if there is no list.
func (r *reader) methods(c *ioChaos) []string {
	if c.methods == nil {
		return []string{"read", "write", "sync"}
	}
	var kinds []string
	for _, m := range r.texts(c.methods) {
		switch kind := calls[m.Value]; {
		case kind == "":
			r.note(m, "methods: a simulated disk has nothing like %s", m.Value)
		case !slices.Contains(kinds, kind):
			kinds = append(kinds, kind)
		}
	}
	if kinds == nil {
		r.fail(c.methods, "methods has nothing that a simulated disk does: read, write, fsync")
	}
	return kinds
}

// errno is what fails with an error, which is always the same, but for a full disk.
func (r *reader) errno(c *ioChaos, kinds []string) (acts []string) {
	const inputOutput, noSpace = "5", "28"
	n := c.errno.Value
	if r.count(c.errno) == 0 {
		return nil
	}
	if n == noSpace && c.percent == "100%" && slices.Contains(kinds, "write") {
		if len(kinds) > 1 {
			r.note(c.errno, "errno 28: what would make a file longer fails, and nothing else")
		}
		return []string{"disk full"}
	}
	if n != inputOutput {
		r.note(c.errno, "errno %s: programs see an input/output error, which is 5", n)
	}
	for _, kind := range []string{"read", "write", "sync"} {
		if slices.Contains(kinds, kind) {
			acts = append(acts, "disk "+kind+"-error "+c.percent)
		}
	}
	return acts
}

// mistake reads what wrong bytes are like. Here they are always alike.
func (r *reader) mistake(n *yaml.Node) {
	r.fields(n, "mistake", known{
		"filling":        func(v *yaml.Node) { r.oneOf(v, "zero", "random") },
		"maxOccurrences": func(v *yaml.Node) { r.count(v) },
		"maxLength":      func(v *yaml.Node) { r.count(v) },
	})
	r.note(n, "mistake: the wrong bytes are 1 to 8 in one place, and random")
}
