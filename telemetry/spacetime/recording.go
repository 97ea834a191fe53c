// Package spacetime draws what happened in a cluster in a window of virtual time: every
// node a line, every message an arrow from when it was sent to when it arrived (Lamport,
// "Time, Clocks, and the Ordering of Events in a Distributed System", CACM 21(7), 1978),
// with what the clients asked, what was lost, who was down, and which faults were in
// force. The same is written as a log with vector clocks for ShiViz (Beschastnikh et al.,
// "Debugging Distributed Systems", CACM 59(8), 2016).
package spacetime

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/sim"
)

// Window is a stretch of virtual time, its ends included.
type Window struct {
	From, To time.Duration
}

func (w Window) holds(at time.Duration) bool { return at >= w.From && at <= w.To }

// String renders the window as [ParseWindow] reads it.
func (w Window) String() string { return w.From.String() + "-" + w.To.String() }

// ParseWindow reads a window such as 4.9s-5.4s.
func ParseWindow(text string) (Window, error) {
	first, second, _ := strings.Cut(text, "-")
	from, err1 := time.ParseDuration(strings.TrimSpace(first))
	to, err2 := time.ParseDuration(strings.TrimSpace(second))
	if err1 != nil || err2 != nil || from < 0 || from >= to {
		return Window{}, fmt.Errorf("%q: expected two times, the earlier first, such as 4.9s-5.4s", text)
	}
	return Window{from, to}, nil
}

// Around is the window that tells most of a run: round the first violation; or else
// from a little before the first fault; or else the beginning.
func Around(r *scenarios.Report) Window {
	for _, c := range r.Checks {
		if c.Verdict == checker.Violated && c.History != nil && c.History.Violation != nil {
			return aroundViolation(c.History.Violation, r.At)
		}
	}
	const before, after, wide = 100 * time.Millisecond, 400 * time.Millisecond, 500 * time.Millisecond
	if at, ok := eventTime(r); ok {
		return within(Window{at - before, at + before}, r.At)
	}
	for _, m := range r.Timeline {
		if m.Who == "fault" {
			return within(Window{m.At - before, m.At + after}, r.At)
		}
	}
	return within(Window{0, wide}, r.At)
}

// aroundViolation reaches from the first operation concerned, but not from so long ago
// that nothing could be told apart.
func aroundViolation(v *checker.Violation, end time.Duration) Window {
	const longest, least = 400 * time.Millisecond, 5 * time.Millisecond
	from, to := v.Op.Call, v.Op.Return
	for _, x := range v.Contradicts {
		from = min(from, x.Call)
		if x.Return != checker.Never {
			to = max(to, x.Return)
		}
	}
	w := Window{max(time.Duration(from), time.Duration(to)-longest), time.Duration(to)}
	margin := max((w.To-w.From)/10, least)
	return within(Window{w.From - margin, w.To + margin}, end)
}

// eventTime is when the event happened that the report blames, as near as the clients'
// history tells.
func eventTime(r *scenarios.Report) (time.Duration, bool) {
	if r.Event == 0 {
		return 0, false
	}
	if r.Event >= r.Events {
		return r.At, true
	}
	at, known := time.Duration(0), uint64(0)
	for _, op := range r.History().Ops {
		for _, m := range []struct {
			event uint64
			at    int64
		}{{op.CallEvent, op.Call}, {op.ReturnEvent, op.Return}} {
			if m.event > known && m.event <= r.Event {
				at, known = time.Duration(m.at), m.event
			}
		}
	}
	return at, known > 0
}

// within moves a window into a run.
func within(w Window, end time.Duration) Window {
	w.From = max(w.From, 0)
	w.To = min(w.To, end)
	if w.To <= w.From {
		w.To = w.From + time.Millisecond
	}
	return w
}

// Of is how the window of a run is drawn: what broke a promise stands out.
func Of(r *scenarios.Report) Drawing {
	d := Drawing{Title: fmt.Sprintf("%s, seed %d: %s", r.Scenario, r.Seed, r.Status), Marked: map[uint64]string{}}
	for _, c := range r.Checks {
		if c.History == nil || c.History.Violation == nil {
			continue
		}
		for _, x := range c.History.Violation.Contradicts {
			d.Marked[x.CallEvent] = "contradicted"
		}
		d.Marked[c.History.Violation.Op.CallEvent] = "offending"
		break
	}
	delete(d.Marked, 0) // of which nothing is known
	return d
}

// endless is the end of what has none.
const endless = time.Duration(math.MaxInt64)

// Recording is what happened in a window.
type Recording struct {
	Window     Window
	Cut        bool // the window was cut short, since there was too much in it
	Lanes      []*Lane
	Messages   []*Message   // in the order in which they were sent, those from before the window where they were met
	Operations []*Operation // of the clients
	Busy       []*Stretch   // disk operations and work
	Points     []*Point     // what happened to nodes, and acts, which have none
	Faults     []*Fault

	entries []entry
}

// Lane is a node's line.
type Lane struct {
	Node
	Down, Paused []*Stretch
}

// Stretch is a time in which something went on.
type Stretch struct {
	Node, What string
	Event      uint64
	From, To   time.Duration
}

// Fault is a fault in force.
type Fault struct {
	Text     string
	Event    uint64
	From, To time.Duration
}

// Point is something that happened at a time.
type Point struct {
	Node  string
	Kind  sim.Kind
	Text  string
	Event uint64
	At    time.Duration
}

// Fate is what became of a message.
type Fate uint8

// The fates.
const (
	UnderWay  Fate = iota
	Delivered      // it arrived
	Lost           // it was dropped
	Refused        // it arrived where nobody took it
)

// Message is one message, or one copy of it.
type Message struct {
	Event        uint64 // of its send
	ArrivedEvent uint64 // of its delivery or loss
	From, To     string
	Type, Text   string
	Sent         time.Duration
	Arrived      time.Duration // or when it was lost
	Fate         Fate
	Why          string // it was lost or refused
	Held         bool   // it was held back
	Retries      int
	Operation    uint64 // that it was sent for, by the operation's event; 0 for the cluster's own business
	Answer       bool
}

// Operation is what a client asked for.
type Operation struct {
	Event, ReturnEvent uint64
	Client             string
	Text               string // what was asked
	Output             string
	Outcome            string // ok, failed or unknown; empty while it is open
	Call, Return       time.Duration
}

// label is the operation with its outcome, in a few words.
func (o *Operation) label() string {
	text := o.Text
	switch {
	case o.Outcome == "ok" && o.Output != "" && o.Output != "nil":
		text += " = " + o.Output
	case o.Outcome == "failed":
		text += " ✗ failed"
	case o.Outcome != "ok":
		text += " ? " + cmp.Or(o.Outcome, "open")
	}
	return text
}

// FromHistory is a recording of the clients alone, of the operations on one key in a
// window.
func FromHistory(h checker.History, key string, w Window) *Recording {
	rec := &Recording{Window: w}
	known := map[string]bool{}
	for i := range h.Ops {
		op := &h.Ops[i]
		call, end := time.Duration(op.Call), time.Duration(op.Return)
		if op.Key != key || call > w.To || end < w.From {
			continue
		}
		if !known[op.Client] {
			known[op.Client] = true
			rec.Lanes = append(rec.Lanes, &Lane{Node: Node{op.Client, true}})
		}
		text := op.Op
		if !op.Input.IsNil() {
			text += " " + op.Input.String()
		}
		o := &Operation{
			Event: op.CallEvent, ReturnEvent: op.ReturnEvent, Client: op.Client, Text: text,
			Outcome: op.Outcome.String(), Call: call, Return: end,
		}
		if !op.Output.IsNil() {
			o.Output = op.Output.String()
		}
		rec.Operations = append(rec.Operations, o)
	}
	slices.SortFunc(rec.Lanes, func(a, b *Lane) int { // c2 before c10
		return cmp.Or(cmp.Compare(len(a.Name), len(b.Name)), cmp.Compare(a.Name, b.Name))
	})
	return rec
}
