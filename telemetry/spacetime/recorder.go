package spacetime

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/telemetry"
)

// Node is a node that gets a lane.
type Node struct {
	Name   string
	Client bool
}

// Recorder is an observer that keeps what it sees in a window. Of what came before it
// keeps only what reaches into it: messages under way, open operations, nodes that are
// down. It changes nothing: a run with it and one without have the same hash.
type Recorder struct {
	rec    *Recording
	faults func() []*telemetry.Span

	lanes map[string]*Lane
	under map[uint64]*Message   // by the event that is the cause of what happens to it next
	open  map[uint64]*Operation // by the event of its span
	roots map[uint64]uint64     // of the open spans of clients: the operation that each is part of
	busy  map[uint64]*Stretch   // disk operations by their event
	works map[uint64]*Stretch   // by process
	homes map[uint64]home       // by process
	past  []origin
}

// home is what a process was made for.
type home struct {
	node string
	op   uint64
}

// origin is what an event is part of, for those that it causes.
type origin struct {
	number, op uint64
	at         time.Duration
	kind       sim.Kind
}

const (
	pastEvents = 1 << 16 // how far back a cause is looked for
	mostEvents = 200_000 // of a window, before it is cut short
)

// NewRecorder records what happens to the nodes in the window.
func NewRecorder(window Window, nodes []Node) *Recorder {
	r := &Recorder{
		rec: &Recording{Window: window}, lanes: map[string]*Lane{}, under: map[uint64]*Message{}, open: map[uint64]*Operation{},
		roots: map[uint64]uint64{}, busy: map[uint64]*Stretch{}, works: map[uint64]*Stretch{}, homes: map[uint64]home{}, past: make([]origin, pastEvents),
	}
	for _, n := range nodes {
		l := &Lane{Node: n}
		r.lanes[n.Name] = l
		r.rec.Lanes = append(r.rec.Lanes, l)
	}
	return r
}

// Watch records a window of a run that has not begun, from
// [scenarios.Options.Observe].
func Watch(run *scenarios.Run, window Window) *Recorder {
	var nodes []Node
	for _, n := range run.World.Nodes() {
		nodes = append(nodes, Node{n.Name(), n.Client()})
	}
	r := NewRecorder(window, nodes)
	r.faults = func() []*telemetry.Span { return telemetry.FaultSpans(run) }
	run.World.Observe(r)
	return r
}

// Recording returns what was recorded, when the run is over.
func (r *Recorder) Recording() *Recording {
	rec := r.rec
	for _, l := range rec.Lanes {
		l.Down, l.Paused = closed(l.Down, rec.Window.To), closed(l.Paused, rec.Window.To)
	}
	if r.faults != nil {
		rec.Faults = nil
		for _, s := range r.faults() {
			if s.End >= rec.Window.From && s.Start <= rec.Window.To {
				rec.Faults = append(rec.Faults, &Fault{s.Name, s.StartEvent, s.Start, s.End})
			}
		}
		slices.SortStableFunc(rec.Faults, func(a, b *Fault) int { return cmp.Compare(a.From, b.From) })
	}
	return rec
}

// closed ends what has no end.
func closed(list []*Stretch, at time.Duration) []*Stretch {
	for _, s := range list {
		if s.To == endless {
			s.To = max(s.From, at)
		}
	}
	return list
}

var _ sim.Observer = (*Recorder)(nil)

// Event takes in an event of the run.
func (r *Recorder) Event(e *sim.Event) {
	op := r.inherit(e)
	r.past[e.Number%pastEvents] = origin{e.Number, op, e.At, e.Kind}
	within := r.rec.Window.holds(e.At)
	if within && len(r.rec.entries) >= mostEvents {
		r.rec.Window.To, r.rec.Cut = e.At, true // the next event is after it, or drawn at its edge
		within = false
	}
	switch e.Kind {
	case sim.KindSend:
		r.send(e, op, within)
	case sim.KindDeliver, sim.KindDrop, sim.KindHold, sim.KindRetry, sim.KindRefuse:
		r.travel(e, op, within)
	case sim.KindSpan, sim.KindSpanEnd:
		r.span(e, within)
	case sim.KindCrash, sim.KindBoot, sim.KindPause, sim.KindResume:
		r.state(e)
	case sim.KindDisk:
		if e.ProcID != 0 {
			r.begin(r.busy, e.Number, e, e.Text)
		}
	case sim.KindDiskEnd:
		r.end(r.busy, e.Arg, e)
	case sim.KindWork:
		r.begin(r.works, e.ProcID, e, "work")
	case sim.KindWorkEnd:
		r.end(r.works, e.ProcID, e)
	}
	if within {
		r.note(e)
	}
}

// inherit finds the operation that an event is part of: that which its process is at or
// was made for, or that of its cause. What a timer does later is nobody's.
func (r *Recorder) inherit(e *sim.Event) uint64 {
	if root := r.roots[e.Span]; e.Span != 0 && root != 0 {
		return root
	}
	if at := r.home(e); at != 0 {
		return at
	}
	from := r.past[e.Cause%pastEvents]
	switch {
	case e.Cause == 0 || from.number != e.Cause || e.Kind == sim.KindTimer:
		return 0
	case e.Kind == sim.KindWake && from.at != e.At && from.kind != sim.KindDisk && from.kind != sim.KindWork:
		return 0
	}
	return from.op
}

// home is the operation that the event's process was made for, such as that of a request.
func (r *Recorder) home(e *sim.Event) uint64 {
	if e.Kind == sim.KindCrash {
		for proc, h := range r.homes { // order-free: only deletes
			if h.node == e.Node {
				delete(r.homes, proc)
			}
		}
	}
	if e.ProcID == 0 {
		return 0
	}
	h, known := r.homes[e.ProcID]
	if !known {
		h.node = e.Node
		if born := r.past[e.Born%pastEvents]; e.Born != 0 && born.number == e.Born {
			h.op = born.op
		}
		r.homes[e.ProcID] = h
	}
	if e.Kind == sim.KindExit {
		delete(r.homes, e.ProcID)
	}
	return h.op
}

func (r *Recorder) send(e *sim.Event, op uint64, within bool) {
	m := &Message{
		Event: e.Number, From: e.Node, To: e.Peer, Type: telemetry.TypeName(e.Body), Sent: e.At, Arrived: endless,
		Operation: op, Answer: e.Answer,
	}
	r.under[e.Number] = m
	if within {
		m.Text = about(e)
		r.rec.Messages = append(r.rec.Messages, m)
	}
}

// travel follows a message on its way. One that came through is forgotten, unless it is
// in the window: then there may be a second copy of it.
func (r *Recorder) travel(e *sim.Event, op uint64, within bool) {
	m := r.under[e.Cause]
	if m == nil || e.At > r.rec.Window.To && m.Sent < r.rec.Window.From {
		delete(r.under, e.Cause)
		return
	}
	kept := m.Text != ""
	if within && !kept {
		m.Text = about(e)
		r.rec.Messages = append(r.rec.Messages, m)
		kept = true
	}
	if kept && m.Arrived != endless && (e.Kind == sim.KindDeliver || e.Kind == sim.KindDrop) {
		if !within {
			return
		}
		again := *m // a copy that the network made
		again.Fate, again.Why, again.Arrived = UnderWay, "", endless
		m = &again
		r.rec.Messages = append(r.rec.Messages, m)
	}
	switch e.Kind {
	case sim.KindHold:
		m.Held = true
		r.under[e.Number] = m
	case sim.KindRetry:
		m.Retries++
		r.under[e.Number] = m
	case sim.KindDeliver:
		m.Fate, m.Arrived, m.ArrivedEvent = Delivered, e.At, e.Number
		r.under[e.Number] = m // it may still be refused
	case sim.KindDrop:
		m.Fate, m.Why, m.Arrived, m.ArrivedEvent = Lost, e.Text, e.At, e.Number
	case sim.KindRefuse:
		m.Fate, m.Why = Refused, "refused: "+e.Text
	}
	if !kept {
		delete(r.under, e.Cause)
		if e.Kind == sim.KindDeliver {
			delete(r.under, e.Number)
		}
	}
}

func (r *Recorder) span(e *sim.Event, within bool) {
	l := r.lanes[e.Node]
	if l == nil || !l.Client {
		return
	}
	if e.Kind == sim.KindSpan {
		root := r.roots[e.Span]
		if e.Span == 0 || root == 0 {
			root = e.Number
			o := &Operation{Event: e.Number, Client: e.Node, Text: e.Text, Call: e.At, Return: endless}
			r.open[e.Number] = o
			if within {
				r.rec.Operations = append(r.rec.Operations, o)
			}
		}
		r.roots[e.Number] = root
		r.past[e.Number%pastEvents].op = root
		return
	}
	r.past[e.Number%pastEvents].op = r.roots[e.Arg]
	delete(r.roots, e.Arg)
	o := r.open[e.Arg]
	if o == nil {
		return
	}
	delete(r.open, e.Arg)
	o.Return, o.ReturnEvent = e.At, e.Number
	fields, _ := e.Body.([]sim.Field)
	for _, f := range fields {
		switch f.Name {
		case "outcome":
			o.Outcome = f.Value
		case "output":
			o.Output = f.Value
		}
	}
	if o.Call < r.rec.Window.From && o.Return >= r.rec.Window.From {
		r.rec.Operations = append(r.rec.Operations, o)
	}
}

// state follows whether a node runs.
func (r *Recorder) state(e *sim.Event) {
	l := r.lanes[e.Node]
	if l == nil || e.At > r.rec.Window.To {
		return
	}
	l.Paused = finish(l.Paused, e, r.rec.Window.From)
	switch e.Kind {
	case sim.KindCrash:
		l.Down = append(l.Down, &Stretch{Node: e.Node, What: "down", Event: e.Number, From: e.At, To: endless})
	case sim.KindBoot:
		l.Down = finish(l.Down, e, r.rec.Window.From)
	case sim.KindPause:
		l.Paused = append(l.Paused, &Stretch{Node: e.Node, What: "paused", Event: e.Number, From: e.At, To: endless})
	}
}

// finish ends the last of the stretches, and forgets it if it was over before the window.
func finish(list []*Stretch, e *sim.Event, from time.Duration) []*Stretch {
	if n := len(list); n > 0 && list[n-1].To == endless {
		if list[n-1].To = e.At; e.At < from {
			return list[:n-1]
		}
	}
	return list
}

func (r *Recorder) begin(open map[uint64]*Stretch, key uint64, e *sim.Event, what string) {
	open[key] = &Stretch{Node: e.Node, What: what, Event: e.Number, From: e.At, To: endless}
}

func (r *Recorder) end(open map[uint64]*Stretch, key uint64, e *sim.Event) {
	s := open[key]
	if s == nil {
		return
	}
	delete(open, key)
	if s.To = e.At; s.To >= r.rec.Window.From && s.From <= r.rec.Window.To {
		r.rec.Busy = append(r.rec.Busy, s)
	}
}

// note keeps an event for the log, and as a point if it is one of a lane.
func (r *Recorder) note(e *sim.Event) {
	switch e.Kind {
	case sim.KindCrash, sim.KindBoot, sim.KindNote, sim.KindKill, sim.KindClock, sim.KindBreak, sim.KindFail:
		r.rec.Points = append(r.rec.Points, &Point{e.Node, e.Kind, about(e), e.Number, e.At})
	case sim.KindAct:
		r.rec.Points = append(r.rec.Points, &Point{"", e.Kind, e.Text, e.Number, e.At})
	}
	switch e.Kind {
	case sim.KindSend, sim.KindDeliver, sim.KindRefuse, sim.KindCrash, sim.KindBoot, sim.KindPause, sim.KindResume, sim.KindNote,
		sim.KindSpan, sim.KindSpanEnd, sim.KindDisk, sim.KindAct, sim.KindFail, sim.KindKill, sim.KindClock, sim.KindBreak:
		r.rec.entries = append(r.rec.entries, entry{e.Number, e.Cause, e.At, e.Kind, e.Node, about(e)})
	}
}

// about says what an event was, without its number, time, node and cause.
func about(e *sim.Event) string {
	short := *e
	short.Cause = 0
	text := short.String()
	at := strings.Index(text, e.Kind.String())
	if i := strings.Index(text, fmt.Sprintf(" %-8s", e.Kind)); i >= 0 {
		at = i + 1
	}
	return strings.Join(strings.Fields(text[at:]), " ")
}
