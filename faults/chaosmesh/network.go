package chaosmesh

import (
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// emulations are the sections of a NetworkChaos, in the order in which they are done.
var emulations = []string{"delay", "loss", "duplicate", "corrupt", "rate", "bandwidth"}

// network reads a NetworkChaos.
func (r *reader) network(spec *yaml.Node) *experiment {
	x := &experiment{spec: spec}
	var s scope
	var action, target *yaml.Node
	direction := "to"
	acts := map[string][]string{} // by section, each without its place
	at := map[string]*yaml.Node{}
	section := func(name string, read func(v *yaml.Node) []string) func(v *yaml.Node) {
		return func(v *yaml.Node) { at[name], acts[name] = v, read(v) }
	}
	r.fields(spec, "a NetworkChaos", s.fields(known{
		"action":          func(v *yaml.Node) { action = v },
		"direction":       func(v *yaml.Node) { direction = r.oneOf(v, "to", "from", "both") },
		"target":          func(v *yaml.Node) { target = v },
		"duration":        func(v *yaml.Node) { x.length = r.length(v) },
		"delay":           section("delay", r.delay),
		"loss":            section("loss", r.chance("loss")),
		"duplicate":       section("duplicate", r.chance("duplicate")),
		"corrupt":         section("corrupt", r.chance("corrupt")),
		"bandwidth":       section("bandwidth", r.bandwidth),
		"rate":            section("rate", r.limit),
		"device":          r.otherwise("device: a node has one network interface"),
		"targetDevice":    r.otherwise("device: a node has one network interface"),
		"externalTargets": r.unsupported("externalTargets", "there is nothing outside of a simulated cluster"),
		"remoteCluster":   r.unsupported("remoteCluster", "there is one cluster"),
		"scheduler":       r.unsupported("scheduler", oldScheduler),
	}))
	place := r.links(&s, spec, target, direction)
	if action == nil {
		r.missing(spec, "action")
		return nil
	}
	name := r.oneOf(action, append([]string{"partition", "netem"}, emulations...)...)
	var list []string
	if name == "partition" {
		list = []string{"cut"}
	}
	for _, e := range emulations {
		if at[e] != nil && name != e && (name != "netem" || e == "bandwidth") {
			r.fail(at[e], "action %s has no %s; several at once are action netem", name, e)
		}
		list = append(list, acts[e]...)
	}
	if len(r.errs) > r.before {
		return nil
	}
	if len(list) == 0 && (name == "netem" || at[name] != nil) {
		r.fail(action, "action %s does nothing as it stands here", name)
	} else if len(list) == 0 {
		r.fail(action, "action %s needs the field %s", name, name)
	}
	x.acts = joined(list, place)
	return x
}

// joined puts acts together: all are done at the place at which the first is.
func joined(acts []string, place string) string {
	list := make([]string, len(acts))
	for i, a := range acts {
		if i > 0 {
			place = "there"
		}
		list[i] = a + " " + place
	}
	return strings.Join(list, " and ")
}

// links is the place of a NetworkChaos: from its scope to its target, which is everybody
// if it has none.
func (r *reader) links(s *scope, spec, target *yaml.Node, direction string) string {
	from, to := r.term(s, spec), "everyone"
	if target != nil {
		var t scope
		r.fields(target, "a target", t.fields(known{}))
		to = r.term(&t, target)
	}
	switch direction {
	case "from":
		return to + " -> " + from
	case "both":
		return from + " <-> " + to
	}
	return from + " -> " + to
}

// delay reads a latency that varies by the jitter in both directions, as netem has it.
func (r *reader) delay(n *yaml.Node) (acts []string) {
	var latency, jitter time.Duration
	var reorder string
	r.fields(n, "delay", known{
		"latency":     func(v *yaml.Node) { latency = r.jitter(v) },
		"jitter":      func(v *yaml.Node) { jitter = r.jitter(v) },
		"correlation": r.correlation,
		"reorder": func(v *yaml.Node) {
			r.fields(v, "reorder", known{
				"reorder":     func(v *yaml.Node) { reorder = r.percent(v) },
				"correlation": r.correlation,
				"gap": func(v *yaml.Node) {
					if v.Value != "0" {
						r.note(v, "gap: which messages are overtaken is drawn, not counted")
					}
				},
			})
			if reorder == zero {
				reorder = ""
			}
			if reorder != "" {
				r.note(v, "reorder: so many messages take three times as long, and are overtaken; netem has them leave at once, and overtake")
			}
		},
	})
	if jitter > latency {
		r.note(n, "jitter is more than latency: what would arrive before it was sent is taken to be spread evenly")
		jitter, latency = (latency+jitter)/2, (latency+jitter)/2
	}
	if least := latency - jitter; least > 0 {
		acts = append(acts, "delay "+text(least))
	}
	if jitter > 0 {
		acts = append(acts, "jitter "+text(2*jitter))
	}
	if reorder != "" {
		acts = append(acts, "reorder "+reorder)
	}
	return acts
}

// chance reads loss, duplicate or corrupt, which are alike.
func (r *reader) chance(name string) func(n *yaml.Node) []string {
	return func(n *yaml.Node) (acts []string) {
		r.fields(n, name, known{
			name: func(v *yaml.Node) {
				if share := r.percent(v); share != "" && share != zero {
					acts = []string{name + " " + share}
				}
			},
			"correlation": r.correlation,
		})
		return acts
	}
}

// bandwidth reads the rate of a token bucket. Its queue is without limit.
func (r *reader) bandwidth(n *yaml.Node) (acts []string) {
	bucket := r.otherwise("limit, buffer, peakrate, minburst: a link holds what waits without limit, and sends no bursts")
	r.fields(n, "bandwidth", known{
		"rate":  func(v *yaml.Node) { acts = r.bandwidthAt(v) },
		"limit": bucket, "buffer": bucket, "peakrate": bucket, "minburst": bucket,
	})
	return acts
}

// limit reads the rate of netem.
func (r *reader) limit(n *yaml.Node) (acts []string) {
	r.fields(n, "rate", known{"rate": func(v *yaml.Node) { acts = r.bandwidthAt(v) }})
	return acts
}

func (r *reader) bandwidthAt(v *yaml.Node) []string {
	if rate := r.rate(v); rate != "" {
		return []string{"bandwidth " + rate}
	}
	return nil
}
