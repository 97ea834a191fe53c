// Package tape keeps what a run did, event by event, so that every moment of it can be
// shown at once: forward, backward, anywhere. The run itself goes on elsewhere, as fast
// as it can; who looks at the tape never waits for it.
//
// A tape is derived from the run's events and from what nodes show of themselves, so a
// run that is taped has the same hash as one that is not.
package tape

import (
	"slices"
	"sort"
	"sync"
	"sync/atomic"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/sim"
)

// Node is a machine of the run.
type Node struct {
	Name   string
	Client bool
	Site   string
}

// entry is an event as it is kept: names are numbers, and the event's own number is
// where it lies.
type entry struct {
	at     time.Duration
	since  time.Duration
	arg    uint64
	procID uint64
	text   string
	body   any
	cause  uint32
	send   uint32 // of what happens to a message: the event that sent it
	end    uint32 // of a send: the event that ended the message's way, if that is in the same chunk
	born   uint32
	span   uint32
	call   uint64
	proc   uint32
	node   int16 // -1 is none
	peer   int16
	kind   sim.Kind
	answer bool
}

// change is what a node showed anew after an event.
type change struct {
	event uint64
	node  int16
	state *NodeState
}

// inForce is what faults were in force from an event on.
type inForce struct {
	event uint64
	at    time.Duration
	list  []faults.Force
}

// Tape is what a run did so far.
type Tape struct {
	scenario *scenarios.Scenario
	options  scenarios.Options

	cancelled atomic.Bool
	done      chan struct{}

	mu     sync.Mutex // guards all below
	nodes  []Node
	index  map[string]int16
	procs  []string
	procID map[string]uint32
	chunks []*chunk
	budget int      // of events that are kept
	kept   int      // chunks whose events are there
	looks  uint64   // at chunks
	sends  []uint64 // a bit for each event: whether it sent a message
	again  repeats
	events uint64
	now    time.Duration
	ops    []checker.Operation
	open   []int // of ops: those that have not returned
	marks  []Mark
	forces []inForce
	known  stretched // of forces
	report *scenarios.Report
	err    error
	ended  bool
}

// Scenario returns what is run.
func (t *Tape) Scenario() *scenarios.Scenario { return t.scenario }

// Options returns with what it is run.
func (t *Tape) Options() scenarios.Options { return t.options }

// Wait waits until the run has ended or was stopped.
func (t *Tape) Wait() { <-t.done }

// Progress is how far the tape has come.
type Progress struct {
	Events uint64
	At     time.Duration // the time of the last event
	End    time.Duration // about when the run will end
	Ended  bool          // nothing more will come
	Report *scenarios.Report
	Err    error // why there is no report though it has ended; nil if it was stopped
}

// Progress returns how far the tape has come.
func (t *Tape) Progress() Progress {
	t.mu.Lock()
	defer t.mu.Unlock()
	end := t.scenario.Run + t.scenario.Settle
	if t.ended {
		end = t.now
	}
	return Progress{Events: t.events, At: t.now, End: max(end, t.now), Ended: t.ended, Report: t.report, Err: t.err}
}

// Nodes returns the machines, servers first, in the order of the world. It is not to
// be changed.
func (t *Tape) Nodes() []Node {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.nodes
}

// Events returns how many events there are.
func (t *Tape) Events() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.events
}

// Has says whether an event is there. One that is there in the run but was dropped is
// run to again, and there soon.
func (t *Tape) Has(number uint64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return number <= t.events && (number == 0 || t.look(chunkOf(number)))
}

// Time returns the time of an event. Of one that was dropped it is that of one shortly
// before; it is 0 if there is none of that number.
func (t *Tape) Time(number uint64) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if number == 0 || number > t.events {
		return 0
	}
	return t.timeOf(number)
}

// Event returns the event of that number. It is false if there is none yet, or not at
// the moment, see [Tape.Has].
func (t *Tape) Event(number uint64) (sim.Event, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if number == 0 || number > t.events {
		return sim.Event{}, false
	}
	return t.event(number)
}

func (t *Tape) event(number uint64) (e sim.Event, ok bool) {
	r := t.rec(number)
	if r == nil {
		return e, false
	}
	return sim.Event{
		Number: number, Cause: uint64(r.cause), At: r.at, Kind: r.kind, Node: t.name(r.node), Peer: t.name(r.peer),
		Proc: t.procs[r.proc], ProcID: r.procID, Born: uint64(r.born), Span: uint64(r.span), Call: r.call,
		Answer: r.answer, Since: r.since, Arg: r.arg, Text: r.text, Body: r.body,
	}, true
}

func (t *Tape) name(node int16) string {
	if node < 0 {
		return ""
	}
	return t.nodes[node].Name
}

// Scan calls visit with the events from number from on, forward or backward, until it
// says false or there are no more. It returns true if it ended because an event is not
// there at the moment, see [Tape.Has]. visit must not ask the tape for anything.
func (t *Tape) Scan(from uint64, forward bool, visit func(e *sim.Event) bool) (missing bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for n := from; n >= 1 && n <= t.events; {
		e, ok := t.event(n)
		if !ok {
			return true
		}
		if !visit(&e) {
			return false
		}
		if forward {
			n++
		} else {
			n--
		}
	}
	return false
}

// ByTime returns the number of the last event at or before a time, or 0. While it is not
// there, see [Tape.Has], it is one shortly before.
func (t *Tape) ByTime(at time.Duration) uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := sort.Search(len(t.chunks), func(i int) bool { return t.chunks[i].at > at }) - 1
	if k < 0 {
		return 0
	}
	if !t.look(k) {
		return first(k)
	}
	records := t.chunks[k].records
	return first(k) - 1 + uint64(sort.Search(len(records), func(i int) bool { return records[i].at > at }))
}

// Operations returns what clients asked up to an event, as it was known then: what had
// not returned is open.
func (t *Tape) Operations(upTo uint64) []checker.Operation {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := sort.Search(len(t.ops), func(i int) bool { return t.ops[i].CallEvent > upTo })
	ops := make([]checker.Operation, n)
	copy(ops, t.ops)
	for i := range ops {
		reopen(&ops[i], upTo)
	}
	return ops
}

// AllOperations returns what clients asked in the whole run, as far as it is known.
func (t *Tape) AllOperations() []checker.Operation {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.ops)
}

// reopen makes of an operation what it was at an event.
func reopen(op *checker.Operation, upTo uint64) {
	if op.ReturnEvent > upTo || op.ReturnEvent == 0 {
		op.Output, op.Outcome, op.Return, op.ReturnEvent = checker.Nil, checker.OutcomeUnknown, checker.Never, 0
	}
}
