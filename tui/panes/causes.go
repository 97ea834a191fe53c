package panes

import (
	"time"

	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/tui/tape"
)

// farthest is how far back causes are followed.
const farthest = 10_000

// Causes are the events that led to one, which comes first, back to what the world began
// with; of the end of a client's operation back to its call, where the question ends.
// Those that only say that somebody goes on are left out. In their place stands what was
// waited for: a request that had no answer in time, and where it got to.
func Causes(t *tape.Tape, event uint64) []uint64 {
	var chain []uint64
	call := causesCall(t, event)
	for n, steps := event, 0; n != 0 && steps < farthest; steps++ {
		e, ok := t.Event(n)
		if !ok {
			break
		}
		if n < call {
			return append(chain, call)
		}
		if n == event || causesTold(t, &e) {
			chain = append(chain, n)
		}
		if ask, ok := causesAsk(t, &e); ok {
			if _, end, ok := t.Flight(ask.Number); ok && end != 0 && end < n {
				chain = append(chain, end)
			}
			chain = append(chain, ask.Number)
		}
		n = e.Cause
	}
	return chain
}

// causesCall is the call of the operation that an event ends, or 0.
func causesCall(t *tape.Tape, event uint64) uint64 {
	if e, ok := t.Event(event); ok && e.Kind == sim.KindSpanEnd {
		if _, asked := t.OperationAt(e.Arg, event); asked {
			return e.Arg
		}
	}
	return 0
}

// causesTold says whether an event says something that the one before it does not.
func causesTold(t *tape.Tape, e *sim.Event) bool {
	switch e.Kind {
	case sim.KindWake:
		return causesWait(t, e) > 0
	case sim.KindDiskEnd:
		return e.Text != ""
	case sim.KindSpawn, sim.KindWorkEnd, sim.KindExit, sim.KindNone:
		return false
	}
	return true
}

// causesWait is how long a process slept or waited before it went on: not for the disk or
// a core, of which there are events.
func causesWait(t *tape.Tape, e *sim.Event) time.Duration {
	cause, ok := t.Event(e.Cause)
	if !ok || e.Kind != sim.KindWake {
		return 0
	}
	switch cause.Kind {
	case sim.KindDisk, sim.KindDiskEnd, sim.KindWork, sim.KindWorkEnd:
		return 0
	}
	return e.At - cause.At
}

// causesAsk is the request that had no answer in time, if that is what a wake is about.
func causesAsk(t *tape.Tape, e *sim.Event) (ask sim.Event, ok bool) {
	if e.Kind != sim.KindWake || e.Call == 0 || e.Cause == 0 {
		return sim.Event{}, false
	}
	const near = 1000 // the request is sent in the step that the wait begins in
	left := near
	t.Scan(e.Cause, true, func(s *sim.Event) bool {
		if ok = s.Kind == sim.KindSend && !s.Answer && s.Call == e.Call && s.Node == e.Node; ok {
			ask = *s
		}
		left--
		return !ok && left > 0 && s.Number < e.Number
	})
	return ask, ok
}

// causesDeed says of a wake what was waited for, and how long.
func causesDeed(t *tape.Tape, e *sim.Event) (text string, ok bool) {
	wait := causesWait(t, e)
	if wait == 0 {
		return "", false
	}
	if ask, ok := causesAsk(t, e); ok {
		return "has no answer of " + ask.Peer + " after " + stageWait(wait), true
	}
	return stageDeed(e) + " after " + stageWait(wait), true
}

// stageWait is a time that passed, to three digits or so.
func stageWait(d time.Duration) string {
	for unit := time.Second; unit >= time.Microsecond; unit /= 1000 {
		if d >= unit {
			return d.Round(unit / 100).String()
		}
	}
	return d.String()
}
