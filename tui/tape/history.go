package tape

import (
	"time"

	"github.com/orrery-sim/orrery/faults"
)

// Stretch is how long a fault was in force.
type Stretch struct {
	faults.Force
	From, To   time.Duration
	Begin, End uint64 // the events after which it was in force, and was not any more
	Open       bool   // it still is: To is the end of the tape, and End its last event
}

// stretched is what [Tape.Stretches] found last, and when.
type stretched struct {
	list   []Stretch
	forces int
	events uint64
	now    time.Duration
}

// Stretches returns all faults that were in force for some time, those that began first
// before the others. It is not to be changed.
func (t *Tape) Stretches() []Stretch {
	t.mu.Lock()
	defer t.mu.Unlock()
	if k := &t.known; k.forces != len(t.forces) || k.events != t.events || k.now != t.now {
		t.known = stretched{t.stretches(), len(t.forces), t.events, t.now}
	}
	return t.known.list
}

func (t *Tape) stretches() []Stretch {
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
				found[i].To, found[i].End, found[i].Open = in.at, in.event, false
				delete(open, id)
			}
		}
	}
	return found
}

// Shown calls visit with what a node showed of itself, one state after the other, until
// it says false. Where events were dropped it is told only of what was shown when a queue
// was longest. visit must not ask the tape for anything.
func (t *Tape) Shown(node int, visit func(s *NodeState) bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.chunks {
		list := c.changes
		if c.records == nil {
			list = c.peaks
		}
		for i := range list {
			if int(list[i].node) == node && !visit(list[i].state) {
				return
			}
		}
	}
}
