package tape

import (
	"sort"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/faults"
)

// Stretch is how long a fault was in force.
type Stretch struct {
	faults.Force
	From, To   time.Duration
	Begin, End uint64 // the events after which it was in force, and was not any more
	Open       bool   // it still is: To is the end of the tape, and End its last event
}

// Stretches returns all faults that were in force for some time, those that began first
// before the others.
func (t *Tape) Stretches() []Stretch {
	t.mu.Lock()
	defer t.mu.Unlock()
	type identity struct {
		fault, text string
		since       time.Duration
	}
	var found []Stretch
	open := map[identity]int{} // of found
	for _, in := range t.forces {
		now := map[identity]bool{}
		for _, f := range in.list {
			id := identity{f.Fault, f.Text, f.Since}
			now[id] = true
			if _, known := open[id]; !known {
				open[id] = len(found)
				found = append(found, Stretch{Force: f, From: f.Since, Begin: in.event, To: t.now, End: t.events, Open: true})
			}
		}
		for id, i := range open {
			if !now[id] {
				found[i].To, found[i].End, found[i].Open = t.rec(in.event).at, in.event, false
				delete(open, id)
			}
		}
	}
	return found
}

// Shown calls visit with what a node showed of itself, one state after the other, until
// it says false. visit must not ask the tape for anything.
func (t *Tape) Shown(node int, visit func(s *NodeState) bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.chunks {
		for i := range c.changes {
			if int(c.changes[i].node) == node && !visit(c.changes[i].state) {
				return
			}
		}
	}
}

// Operation returns the operation whose call is that event, as far as it is known; nil if
// there is none.
func (t *Tape) Operation(call uint64) *checker.Operation {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := sort.Search(len(t.ops), func(i int) bool { return t.ops[i].CallEvent >= call })
	if i == len(t.ops) || t.ops[i].CallEvent != call {
		return nil
	}
	op := t.ops[i]
	return &op
}
