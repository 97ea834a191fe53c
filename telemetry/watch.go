package telemetry

import (
	"slices"

	"github.com/orrery-sim/orrery/scenarios"
)

// Watch traces a run of a scenario that has not begun, from [scenarios.Options.Observe].
// When the run is over, Finish must be called on the tracer.
func Watch(r *scenarios.Run, done func(s *Span)) *Tracer {
	servers := r.Cluster.Servers()
	t := NewTracer(Depth, func(node string) bool { return !slices.Contains(servers, node) })
	t.Done = done
	t.InForce = func() []string {
		var texts []string
		for _, f := range r.Faults.InForce() {
			texts = append(texts, f.Text)
		}
		return texts
	}
	r.World.Observe(t)
	return t
}
