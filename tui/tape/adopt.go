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
	for upTo > 0 && !starts(t.rec(upTo+1).kind) {
		upTo--
	}
	return upTo
}

// adopt takes over what another tape has up to an event.
func (rec *recorder) adopt(base *Tape, upTo uint64) {
	t := rec.tape
	if upTo = base.settled(upTo); upTo == 0 {
		return
	}
	rec.skip = upTo
	t.nodes, t.index, t.procs = base.nodes, maps.Clone(base.index), slices.Clone(base.procs)
	for i, name := range t.procs {
		rec.procs[name] = uint32(i)
	}
	t.events, t.now = upTo, base.rec(upTo).at
	t.chunks = slices.Clone(base.chunks[:(upTo-1)/chunkSize+1])
	last := t.cut(upTo)
	t.reopenFlights(last, upTo)
	v := t.view(&View{Event: upTo, Nodes: t.nodes, States: make([]*NodeState, len(t.nodes))})
	rec.states, rec.links = v.States, v.Links
	rec.hash, rec.hashAt = last.hash, (upTo-1)/chunkSize*chunkSize+1
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

// cut makes the last chunk the tape's own and lets it end with an event.
func (t *Tape) cut(upTo uint64) *chunk {
	k := len(t.chunks) - 1
	c := *t.chunks[k]
	keep := int(upTo - uint64(k)*chunkSize)
	records := make([]entry, keep, chunkSize)
	copy(records, c.records)
	c.records = records
	c.changes = slices.Clone(c.changes[:sort.Search(len(c.changes), func(i int) bool { return c.changes[i].event > upTo })])
	t.chunks[k] = &c
	return &c
}

// reopenFlights lets the messages that were under way at an event be so again: what
// became of them was in the other run. The chunks that they were sent in become the
// tape's own.
func (t *Tape) reopenFlights(last *chunk, upTo uint64) {
	owned := map[int]bool{len(t.chunks) - 1: true}
	again := func(send uint64) {
		k := int(send-1) / chunkSize
		if end := uint64(t.rec(send).end); end != 0 && end <= upTo {
			return
		}
		if !owned[k] {
			owned[k] = true
			c := *t.chunks[k]
			c.records = slices.Clone(c.records)
			t.chunks[k] = &c
		}
		t.rec(send).end = 0
	}
	for _, send := range last.flying {
		again(uint64(send))
	}
	for i := range last.records {
		if last.records[i].kind == sim.KindSend {
			again(upTo - uint64(len(last.records)) + uint64(i) + 1)
		}
	}
}
