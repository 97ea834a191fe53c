package chaosmesh

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/orrery-sim/orrery/faults"
)

const oldScheduler = "since Chaos Mesh 2.0 it is a document of kind: Schedule"

// common adds the fields that all experiments on nodes have.
func (r *reader) common(x *experiment, s *scope, to known) known {
	container := r.otherwise("containerNames: a node is one container")
	to["duration"] = func(v *yaml.Node) { x.length = r.length(v) }
	to["containerNames"], to["containerName"] = container, container
	to["remoteCluster"] = r.unsupported("remoteCluster", "there is one cluster")
	to["scheduler"] = r.unsupported("scheduler", oldScheduler)
	return s.fields(to)
}

// pod reads a PodChaos.
func (r *reader) pod(spec *yaml.Node) *experiment {
	x := &experiment{spec: spec}
	var s scope
	action := ""
	r.fields(spec, "a PodChaos", r.common(x, &s, known{
		"action": func(v *yaml.Node) { action = r.oneOf(v, "pod-kill", "pod-failure", "container-kill") },
		"gracePeriod": func(v *yaml.Node) {
			if v.Value != "0" {
				r.note(v, "gracePeriod: a node is killed at once")
			}
		},
	}))
	verb := "restart"
	switch action {
	case "":
		r.missing(spec, "action")
	case "pod-failure":
		verb = "crash"
	default:
		x.instant = true
		r.note(spec, "%s: the node boots at once, with its disk", action)
	}
	x.acts = verb + " " + r.term(&s, spec)
	return x
}

// time reads a TimeChaos.
func (r *reader) time(spec *yaml.Node) *experiment {
	x := &experiment{spec: spec}
	var s scope
	var offset string
	r.fields(spec, "a TimeChaos", r.common(x, &s, known{
		"timeOffset": func(v *yaml.Node) {
			if a, ok := r.amount(v, faults.Shift, v.Value, `a shift such as "-10m"`); ok {
				offset = a.String()
			}
		},
		"clockIds": r.clocks,
	}))
	if offset == "" {
		r.missing(spec, "timeOffset")
	}
	x.acts = "clock jump " + offset + " " + r.term(&s, spec)
	return x
}

// clocks reads which clocks jump.
func (r *reader) clocks(v *yaml.Node) {
	const wall = "CLOCK_REALTIME"
	list := r.texts(v)
	if !slices.ContainsFunc(list, func(id *yaml.Node) bool { return id.Value == wall }) {
		r.fail(v, "only %s can jump", wall)
		return
	}
	for _, id := range list {
		if id.Value != wall {
			r.note(id, "clockIds: only %s jumps, and %s does not", wall, id.Value)
		}
	}
}

// stress reads a StressChaos.
func (r *reader) stress(spec *yaml.Node) *experiment {
	x := &experiment{spec: spec}
	var s scope
	workers, load := int64(0), "100%"
	const noMemory = "a node has as much memory as it needs"
	cpu := known{
		"workers": func(v *yaml.Node) { workers = r.count(v) },
		"load":    func(v *yaml.Node) { load = r.percent(v) },
		"options": r.otherwise("options of stress-ng: a worker only computes"),
	}
	r.fields(spec, "a StressChaos", r.common(x, &s, known{
		"stressors": func(v *yaml.Node) {
			r.fields(v, "stressors", known{
				"cpu":    func(v *yaml.Node) { r.fields(v, "cpu", cpu) },
				"memory": r.unsupported("memory", noMemory),
			})
		},
		"stressngStressors": r.unsupported("stressngStressors", "write stressors: {cpu: {workers: 1, load: 50}}"),
	}))
	if (workers == 0 || load == zero) && len(r.errs) == r.before {
		r.fail(spec, "a StressChaos needs stressors such as {cpu: {workers: 1, load: 50}}")
	}
	x.acts = "stress " + faults.Amount{Unit: faults.Count, N: workers}.String() + " workers " + load + " " + r.term(&s, spec)
	return x
}

// dns reads a DNSChaos.
func (r *reader) dns(spec *yaml.Node) *experiment {
	x := &experiment{spec: spec}
	var s scope
	var names []string
	fields := r.common(x, &s, known{
		"action": func(v *yaml.Node) {
			if v.Value == "random" {
				r.fail(v, "action random is not supported: a name stands for a node here, and has no address; expected error")
				return
			}
			r.oneOf(v, "error")
		},
		"patterns": func(v *yaml.Node) {
			for _, p := range r.texts(v) {
				if r.isWord(p, p.Value) {
					names = append(names, p.Value)
				}
			}
		},
	})
	r.fields(spec, "a DNSChaos", fields)
	x.acts = "lookup-failure " + r.term(&s, spec)
	if names != nil {
		x.acts += " -> " + strings.Join(names, " ")
	}
	return x
}
