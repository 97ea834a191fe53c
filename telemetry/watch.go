package telemetry

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/sim"
)

// Watch traces a run of a scenario that has not begun, from [scenarios.Options.Observe].
// When the run is over, Finish must be called on the tracer.
func Watch(r *scenarios.Run, done func(s *Span)) *Tracer {
	t := NewTracer(Depth, func(node string) bool { return r.World.Lookup(node).Client() })
	t.Done = done
	t.InForce = func() []string {
		var texts []string
		for _, f := range r.Faults.InForce() {
			texts = append(texts, f.Text)
		}
		return texts
	}
	t.Faults = func() []*Span { return FaultSpans(r) }
	r.World.Observe(t)
	return t
}

// FaultSpans returns the spans of the faults of a run so far, see [Fault].
func FaultSpans(r *scenarios.Run) []*Span {
	return faultSpans(r.Faults.Log(), r.World.Now(), r.World.Events())
}

// faultSpans makes a span of each fault from when it was done to when it was undone, in
// the order of their ends. What has no end lasts as long as the run, and what is over as
// soon as it is done takes no time.
func faultSpans(log []faults.Done, end time.Duration, last uint64) []*Span {
	var spans []*Span
	for i, d := range log {
		if d.Undo || d.Skipped != "" {
			continue
		}
		s := &Span{
			ID: d.Event<<16 | uint64(i)<<1 | QueueBit, Kind: Fault, Name: d.Text, Node: FaultNode, // one event may do several
			Start: d.At, End: d.At, StartEvent: d.Event, EndEvent: d.Event, Attributes: []sim.Field{{Name: "fault", Value: d.Fault}},
		}
		s.Trace = s.ID
		undone := slices.IndexFunc(log[i:], func(u faults.Done) bool { return u.Undo && u.Text == d.Text && u.Fault == d.Fault })
		switch {
		case undone >= 0:
			s.End, s.EndEvent = log[i+undone].At, log[i+undone].Event
		case lasting(d.Text):
			s.End, s.EndEvent = end, last
		}
		spans = append(spans, s)
	}
	slices.SortStableFunc(spans, func(a, b *Span) int { return cmp.Compare(a.End, b.End) })
	return spans
}

// lasting says whether an act has an end.
func lasting(text string) bool {
	i := slices.IndexFunc(faults.Catalog, func(e faults.Entry) bool { return strings.HasPrefix(text, e.Name+" ") })
	return i >= 0 && !faults.Catalog[i].Instant
}
