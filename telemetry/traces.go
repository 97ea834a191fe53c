package telemetry

import (
	"slices"
	"time"
)

// Traces gathers spans into traces and lets those through that are wanted.
type Traces struct {
	// Keep says of a trace, by its root, which has ended, whether it is wanted. nil
	// keeps all. Faults are always kept.
	Keep func(root *Span) bool
	// Emit is given the spans of a trace that is wanted, in the order of their ends. What
	// ends more than Linger after the root comes later, by itself.
	Emit func(spans []*Span)

	waiting map[uint64]*group
	ended   []*group // whose roots have ended, in that order
	kept    map[uint64]bool
}

// Linger is how long after its root has ended the spans of a trace are waited for.
const Linger = time.Second

// group is the spans of one trace so far.
type group struct {
	root  *Span
	spans []*Span
}

// Add takes in a span that has ended, in the order of the ends.
func (t *Traces) Add(s *Span) {
	if t.waiting == nil {
		t.waiting, t.kept = map[uint64]*group{}, map[uint64]bool{}
	}
	t.release(s.End - Linger)
	if keep, decided := t.kept[s.Trace]; decided {
		if keep {
			t.Emit([]*Span{s})
		}
		return
	}
	g := t.waiting[s.Trace]
	if g == nil {
		g = &group{}
		t.waiting[s.Trace] = g
	}
	g.spans = append(g.spans, s)
	if s.ID == s.Trace {
		g.root = s
		t.ended = append(t.ended, g)
	}
}

// release lets go the traces whose roots ended before a time.
func (t *Traces) release(before time.Duration) {
	for len(t.ended) > 0 && t.ended[0].root.End < before {
		t.decide(t.ended[0])
		t.ended = t.ended[1:]
	}
}

// decide keeps a trace or drops it. Of what is dropped nothing is remembered but that.
func (t *Traces) decide(g *group) {
	keep := t.Keep == nil || g.root.Kind == Fault || t.Keep(g.root)
	t.kept[g.root.Trace] = keep
	delete(t.waiting, g.root.Trace)
	if keep {
		t.Emit(g.spans)
	}
}

// Finish lets go what is left, when all spans have ended.
func (t *Traces) Finish() {
	for _, g := range t.ended {
		t.decide(g)
	}
	t.ended = nil
}

// Ratio keeps such a share of the traces, from 0 to 1. Which, depends on the seed and on
// each trace alone.
func Ratio(share float64, seed uint64) func(*Span) bool {
	return func(root *Span) bool {
		const bits = 53
		return float64(scramble(seed^root.Trace)>>(64-bits)) < float64(share*(1<<bits))
	}
}

// Failed keeps the traces whose root did not end well.
func Failed(root *Span) bool { return root.Error != "" }

// Slower keeps the traces whose root took longer.
func Slower(than time.Duration) func(*Span) bool {
	return func(root *Span) bool { return root.Took() > than }
}

// Either keeps what one of the samplers keeps.
func Either(samplers ...func(*Span) bool) func(*Span) bool {
	return func(root *Span) bool {
		for _, keep := range samplers {
			if keep(root) {
				return true
			}
		}
		return false
	}
}

// UnderWay keeps the traces of the operations under way at one of these events, such as
// those that a violated check names.
func UnderWay(events ...uint64) func(*Span) bool {
	return func(root *Span) bool {
		return slices.ContainsFunc(events, func(e uint64) bool { return root.StartEvent <= e && e <= root.EndEvent })
	}
}
