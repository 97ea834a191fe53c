package panes

import (
	"cmp"
	"slices"
	"sort"
	"time"

	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/tui/tape"
)

// step is what one node did at one instant: what it received, and what it sent because of
// that.
type step struct {
	at          time.Duration
	node        int // -1 is nobody in the cluster
	first, last uint64
	events      []sim.Event
	shown       bool // there is something in it to draw
}

// arrow is a message in the picture, or one copy of it.
type arrow struct {
	send, end uint64 // end is 0 if nobody knows yet
	from, to  int
	sent      time.Duration
	ended     time.Duration
	fate      sim.Kind
	held      bool
}

// tells says whether an event of that kind is something that the picture shows.
func tells(k sim.Kind) bool {
	switch k {
	case sim.KindSend, sim.KindDeliver, sim.KindDrop, sim.KindRefuse, sim.KindHold, sim.KindBreak,
		sim.KindCrash, sim.KindBoot, sim.KindPause, sim.KindResume, sim.KindNote, sim.KindSpan, sim.KindSpanEnd,
		sim.KindAct, sim.KindFail, sim.KindKill, sim.KindImpair, sim.KindClock:
		return true
	}
	return false
}

// linkChange says whether an event changes a link: many of them go with one act.
func linkChange(k sim.Kind) bool {
	switch k {
	case sim.KindCut, sim.KindMend, sim.KindDegrade, sim.KindRestore, sim.KindHeld, sim.KindRelease, sim.KindLink:
		return true
	}
	return false
}

// together groups events, which follow each other, into steps.
func together(events []sim.Event, index func(name string) int, moment uint64) []step {
	var steps []step
	for i := range events {
		e := &events[i]
		s := len(steps) - 1
		if s < 0 || !joins(&steps[s], e, index) {
			steps = append(steps, step{at: e.At, node: index(e.Node), first: e.Number})
			s++
			if linkChange(e.Kind) {
				steps[s].node = -1
			}
		}
		st := &steps[s]
		st.last = e.Number
		st.events = append(st.events, *e)
		st.shown = st.shown || tells(e.Kind) || e.Number == moment
	}
	return steps
}

// joins says whether an event is part of a step.
func joins(s *step, e *sim.Event, index func(name string) int) bool {
	switch {
	case e.At != s.at:
		return false
	case linkChange(e.Kind):
		return s.node == -1
	case e.Kind == sim.KindDrop:
		return e.Cause >= s.first // lost as soon as it was sent
	}
	return index(e.Node) == s.node && e.Node != ""
}

// stepsAround returns so many steps before that of the moment and so many from it on,
// and which of them is the moment's.
func stepsAround(s *Scene, index func(string) int, before, after int) (steps []step, here int) {
	const least, most = 256, 8192
	moment := max(s.View.Event, 1)
	enough := func(list []step, have, want int) bool { return have >= want || len(list) == 0 }
	for reach := uint64(least); ; reach *= 2 {
		from := uint64(1)
		if moment > reach {
			from = moment - reach
		}
		all := together(eventsIn(s.Tape, from, moment+reach), index, moment)
		if from > 1 && len(all) > 1 {
			all = all[1:] // of which only the end was seen
		}
		all = slices.DeleteFunc(all, func(st step) bool { return !st.shown })
		here = max(sort.Search(len(all), func(i int) bool { return all[i].first > moment })-1, 0)
		complete := from == 1 && moment+reach >= s.Tape.Events()
		if complete || reach >= most || enough(all, here, before) && enough(all, len(all)-here, after) {
			cut := max(here-before, 0)
			return all[cut:min(here+after, len(all))], here - cut
		}
	}
}

func eventsIn(t *tape.Tape, from, to uint64) []sim.Event {
	var list []sim.Event
	t.Scan(max(from, 1), true, func(e *sim.Event) bool {
		if e.Number > to {
			return false
		}
		list = append(list, *e)
		return true
	})
	return list
}

// arrowsOf returns the messages that were sent or arrived in steps, and those under way
// at the moment all the while.
func arrowsOf(s *Scene, steps []step) []arrow {
	var list []arrow
	known := map[uint64]bool{} // messages that have one, by their send
	held := map[uint64]bool{}
	add := func(send, end uint64) {
		f, own, ok := s.Tape.Flight(send)
		if !ok || f.From == f.To || f.From < 0 || f.To < 0 {
			return
		}
		a := arrow{send: send, end: end, from: f.From, to: f.To, sent: f.Sent, ended: f.Arrives, fate: f.Fate}
		if end == 0 {
			a.end = own
		} else if end != own {
			e, _ := s.Tape.Event(end)
			a.ended, a.fate = e.At, e.Kind
		}
		known[send] = true
		list = append(list, a)
	}
	for i := range steps {
		for j := range steps[i].events {
			e := &steps[i].events[j]
			switch e.Kind {
			case sim.KindDeliver, sim.KindDrop:
				if send := s.Tape.SendOf(e.Number); send != 0 {
					add(send, e.Number)
				}
			case sim.KindHold:
				held[s.Tape.SendOf(e.Number)] = true
			}
		}
	}
	for i := range steps {
		for j := range steps[i].events {
			if e := &steps[i].events[j]; e.Kind == sim.KindSend && !known[e.Number] {
				add(e.Number, 0)
			}
		}
	}
	for i := range s.View.Flying {
		if f := &s.View.Flying[i]; !known[f.Send] {
			add(f.Send, 0)
		}
	}
	for i := range list {
		list[i].held = held[list[i].send]
	}
	slices.SortStableFunc(list, func(a, b arrow) int { return cmp.Compare(a.send, b.send) })
	return list
}
