package tape

import (
	"maps"
	"slices"
	"sort"

	"github.com/orrery-sim/orrery/sim"
)

// settled returns the last event up to one after which all that happened at once was
// over and taped: what nodes showed then, and which faults were in force.
func (t *Tape) settled(upTo uint64) uint64 {
	if upTo >= t.events {
		upTo = max(t.events, 1) - 1 // what comes with the last event may still be missing
	}
	for upTo > 0 {
		next := t.chunks[chunkOf(upTo+1)]
		switch {
		case next.records == nil: // it cannot be known there
			upTo = first(chunkOf(upTo+1)) - 2
		case starts(next.records[upTo%chunkSize].kind):
			return upTo
		default:
			upTo--
		}
	}
	return 0
}

// adopt takes over what another tape has up to an event.
func (rec *recorder) adopt(base *Tape, upTo uint64) {
	t := rec.tape
	upTo = base.settled(upTo)
	for upTo > 0 && base.chunks[chunkOf(upTo)].records == nil {
		upTo = base.settled(first(chunkOf(upTo)) - 1) // what was dropped is run again anyway
	}
	if upTo == 0 {
		return
	}
	rec.skip = upTo
	t.nodes, t.index, t.procs, t.procID = base.nodes, maps.Clone(base.index), slices.Clone(base.procs), maps.Clone(base.procID)
	t.events, t.now = upTo, base.timeOf(upTo)
	rec.takeChunks(base, upTo)
	last := t.chunks[len(t.chunks)-1]
	v := t.view(&View{Event: upTo, Nodes: t.nodes, States: make([]*NodeState, len(t.nodes))})
	rec.states, rec.links = v.States, v.Links
	rec.hash, rec.hashAt = last.hash, first(len(t.chunks)-1)
	t.sends = slices.Clone(base.sends[:min(upTo/64+1, uint64(len(base.sends)))])
	for _, m := range base.marks {
		if m.Event <= upTo && m.Kind != MarkViolation && m.Kind != MarkEnd { // those are of the other run's end
			t.marks = append(t.marks, m)
		}
	}
	t.forces = slices.Clone(base.forces[:sort.Search(len(base.forces), func(i int) bool { return base.forces[i].event > upTo })])
	n := sort.Search(len(base.ops), func(i int) bool { return base.ops[i].CallEvent > upTo })
	t.ops = slices.Clone(base.ops[:n])
	for i := range t.ops {
		if reopen(&t.ops[i], upTo); t.ops[i].ReturnEvent == 0 {
			t.open = append(t.open, i)
		}
	}
}

// takeChunks takes over the chunks up to an event, which is in the last: that ends with it.
// Messages that were under way then are so again: what became of them was in the other
// run.
func (rec *recorder) takeChunks(base *Tape, upTo uint64) {
	t := rec.tape
	for k, c := range base.chunks[:chunkOf(upTo)+1] {
		own := *c
		own.used = 0
		own.flying = slices.Clone(c.flying)
		for i, f := range own.flying {
			if f.end == 0 || f.end > upTo {
				if rec.passed[f.Send] == nil {
					again := f.Flight
					again.Arrives, again.Fate = 0, sim.KindNone
					rec.passed[f.Send] = &passed{Flight: again}
				}
				own.flying[i].passed = rec.passed[f.Send]
			}
		}
		if k == chunkOf(upTo) {
			own.cut(first(k), upTo)
		}
		if t.chunks = append(t.chunks, &own); own.records != nil {
			t.kept++
		}
	}
}

// cut lets a chunk end with an event.
func (c *chunk) cut(from, upTo uint64) {
	records := make([]entry, upTo-from+1, chunkSize)
	copy(records, c.records)
	for i := range records {
		if uint64(records[i].end) > upTo {
			records[i].end = 0
		}
	}
	c.records = records
	c.changes = slices.Clone(c.changes[:sort.Search(len(c.changes), func(i int) bool { return c.changes[i].event > upTo })])
}
