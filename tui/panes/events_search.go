package panes

import (
	"sort"

	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/tui/tape"
)

// Worker is a pane that sometimes has something to do that takes long. While Working
// says so, it is given Work with every frame, again and again while there is time: each
// time it does a slice of a few milliseconds.
type Worker interface {
	Pane
	Working() bool
	// Work does a slice, and returns what is asked for when it is done, or nil.
	Work() Action
}

// slice is how many events are looked at in one go: a few milliseconds.
const slice = 12_000

// sieve knows which events pass a filter, in a stretch of the tape that grows from
// where one looks, as far as was asked for.
type sieve struct {
	tape   *tape.Tape
	filter *Filter
	lo, hi uint64   // the events looked at, both included
	back   []uint64 // those that passed and come before where it began, the last first
	front  []uint64 // the others
}

// newSieve begins at an event.
func newSieve(t *tape.Tape, f *Filter, at uint64) *sieve {
	at = max(at, 1)
	return &sieve{tape: t, filter: f, lo: at, hi: at - 1}
}

// reaches says whether an event is in the stretch or next to it.
func (s *sieve) reaches(n uint64) bool { return n+1 >= s.lo && n <= s.hi+1 }

// count and at are the events that passed, in their order.
func (s *sieve) count() int { return len(s.back) + len(s.front) }

func (s *sieve) at(i int) uint64 {
	if i < len(s.back) {
		return s.back[len(s.back)-1-i]
	}
	return s.front[i-len(s.back)]
}

// index is where an event is among those that passed, or would be.
func (s *sieve) index(n uint64) int {
	return sort.Search(s.count(), func(i int) bool { return s.at(i) >= n })
}

// ended says whether there is nothing more to look at in a direction.
func (s *sieve) ended(forward bool) bool {
	if forward {
		return s.hi >= s.tape.Events()
	}
	return s.lo <= 1
}

// extend looks at more events in a direction until so many more have passed, at the cost of
// a budget at most.
func (s *sieve) extend(forward bool, more, budget int) {
	from := s.hi + 1
	if !forward {
		from = s.lo - 1
	}
	s.tape.Scan(from, forward, func(e *sim.Event) bool {
		ok, cost := s.filter.judge(e)
		if forward {
			s.hi = e.Number
		} else {
			s.lo = e.Number
		}
		switch {
		case ok && forward:
			s.front = append(s.front, e.Number)
			more--
		case ok:
			s.back = append(s.back, e.Number)
			more--
		}
		budget -= cost
		return budget > 0 && more > 0
	})
}

// fill looks for so many events before and after a moment that pass, for one slice, and
// says whether that is not enough yet.
func (s *sieve) fill(at uint64, around int) (more bool) {
	for _, forward := range []bool{false, true} {
		if s.enough(at, around, forward) {
			continue
		}
		s.extend(forward, 2*around+2, slice/2)
		more = more || !s.enough(at, around, forward)
	}
	return more
}

func (s *sieve) enough(at uint64, around int, forward bool) bool {
	i := s.index(at)
	have := i
	if forward {
		have = s.count() - i
	}
	return have > around || s.ended(forward)
}

// around returns the events to show in so many rows with the moment in the middle, and
// the row of the moment. The moment is among them whether it passes or not.
func (s *sieve) around(at uint64, rows int) (list []uint64, moment int) {
	if rows <= 0 || s.tape.Events() == 0 {
		return nil, 0
	}
	at = max(at, 1)
	i := s.index(at)
	passes := i < s.count() && s.at(i) == at
	after := i // the first one behind the moment
	if passes {
		after++
	}
	behind := min(s.count()-after, rows-1-min(i, rows/2))
	before := min(i, rows-1-behind)
	for k := i - before; k < i; k++ {
		list = append(list, s.at(k))
	}
	list = append(list, at)
	for k := after; k < after+behind; k++ {
		list = append(list, s.at(k))
	}
	return list, before
}

// seek is a search under way.
type seek struct {
	tape    *tape.Tape
	what    string // is searched for
	judge   func(e *sim.Event) (bool, int)
	next    uint64 // to be looked at
	forward bool
	looked  uint64
	last    uint64 // not to look further than this; 0 is the end
}

// step looks at a slice of events. done says that the search is over; found is 0 then if
// there is nothing.
func (s *seek) step() (found uint64, done bool) {
	budget, stopped := slice, false
	missing := s.tape.Scan(s.next, s.forward, func(e *sim.Event) bool {
		if s.last != 0 && e.Number > s.last {
			return false
		}
		ok, cost := s.judge(e)
		s.looked++
		if s.forward {
			s.next = e.Number + 1
		} else {
			s.next = e.Number - 1
		}
		if ok {
			found = e.Number
			return false
		}
		budget -= cost
		stopped = budget <= 0
		return !stopped
	})
	return found, !stopped && !missing
}
