package telemetry

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/sim"
)

// Tracer makes spans of a run's events. Every client operation is the root of a trace;
// calls, served requests, messages, disk operations and work nest in it as they were
// caused. It is an observer: a run with it and one without have the same hash.
//
// What a span's process does, and what its messages make others do, is part of it. So
// is what goes on behind an answer, such as a follower that still writes to its disk;
// but not what timers do after the operation has returned, or a cluster's whole life
// would be part of the first request.
type Tracer struct {
	// Done is given every span when it has ended, in the order of their ends. It may
	// keep it.
	Done func(s *Span)
	// InForce returns the faults in force; operations say which were. It may be nil.
	InForce func() []string
	// Faults returns the spans of all faults when the run is over. It may be nil.
	Faults func() []*Span

	past   *Past
	client func(node string) bool
	now    time.Duration
	event  uint64
	open   map[uint64]*Span // by ID
	order  []*Span          // the open ones in the order in which they began; nil where one has ended
	gone   int              // nils in order
	calls  map[uint64]*Span // by call
	serves map[uint64]*Span // by call
	works  map[uint64]*Span // by process
	homes  map[uint64]home  // by process
}

// Depth is how many events back a cause is found, unless said otherwise.
const Depth = 1 << 18

// NewTracer makes a tracer that remembers so many events, see [Depth]. What client says
// is a client has operations; everybody else serves them.
func NewTracer(depth int, client func(node string) bool) *Tracer {
	return &Tracer{
		past: NewPast(depth), client: client, open: map[uint64]*Span{}, calls: map[uint64]*Span{},
		serves: map[uint64]*Span{}, works: map[uint64]*Span{}, homes: map[uint64]home{},
	}
}

// Past is what the tracer remembers.
func (t *Tracer) Past() *Past { return t.past }

// Context returns the trace and the span that an event is part of, by their IDs, or zeros
// if it is part of none or has been forgotten. Whoever observes the run after the tracer
// may ask for the event that is told.
func (t *Tracer) Context(event uint64) (trace, span uint64) {
	if f := t.past.at(event); f != nil {
		return f.trace, f.span
	}
	return 0, 0
}

var _ sim.Observer = (*Tracer)(nil)

// Event takes in an event of the run.
func (t *Tracer) Event(e *sim.Event) {
	t.now, t.event = e.At, e.Number
	f := t.past.add(Fact{
		Number: e.Number, Cause: e.Cause, At: e.At, Since: e.Since, Kind: e.Kind, Node: e.Node, Peer: e.Peer, call: e.Call,
	})
	t.place(e, f)
	switch e.Kind {
	case sim.KindSpan:
		s := t.begin(e, f, Section, e.Text)
		s.Attributes, _ = e.Body.([]sim.Field)
	case sim.KindSpanEnd:
		t.endSection(e)
	case sim.KindSend:
		t.send(e, f)
	case sim.KindDeliver:
		t.deliver(e, f)
	case sim.KindDrop, sim.KindRetry, sim.KindRefuse, sim.KindHold:
		t.mark(t.open[f.span], strings.TrimSpace(e.Kind.String()+" at "+e.Node+" "+e.Text))
		if s := t.open[f.span]; e.Kind == sim.KindDrop && s != nil && s.Kind == Message {
			t.end(s, "dropped: "+e.Text)
		}
	case sim.KindBreak:
		if s := t.open[f.span]; s != nil && s.Kind == Call {
			t.leave(f, s, "connection broken: "+e.Text)
		}
	case sim.KindWake:
		t.wake(e, f)
	case sim.KindTimer:
		t.forget(f, 0)
	case sim.KindWork:
		t.work(e, f)
	case sim.KindWorkEnd:
		t.endWork(e)
	case sim.KindDisk:
		if e.ProcID != 0 && f.trace != 0 {
			parent := *f
			t.begin(e, &parent, Disk, e.Text) // what the process does next is beside it, not in it
		}
	case sim.KindDiskEnd:
		if s := t.open[e.Arg]; s != nil {
			t.end(s, e.Text)
		}
	case sim.KindCrash:
		t.crash(e)
	case sim.KindPause, sim.KindResume, sim.KindBoot, sim.KindNote:
		t.markNode(e.Node, e.Kind, e.Text)
	case sim.KindAct:
		t.markOperations(e.Text)
	}
}

// place finds the span that the event is part of: the innermost that its process has
// open, that for which the process was made, or that of its cause.
func (t *Tracer) place(e *sim.Event, f *Fact) {
	h := t.home(e)
	f.before = h.last
	if s := t.open[e.Span]; s != nil && e.Kind != sim.KindDeliver {
		f.span, f.trace = s.ID, s.Trace
	} else if h.span != 0 {
		f.span, f.trace = h.span, h.trace
	} else if cause := t.past.at(e.Cause); cause != nil {
		f.span, f.trace = cause.span, cause.trace
	}
}

// home is the span that a process was made for. What it does is part of that, whoever
// wakes it: it may be somebody else's work that ended, or a lock that was let go.
type home struct {
	node        string
	span, trace uint64
	last        uint64 // its latest event
}

// home finds the home of the process that runs, as it was before the event.
func (t *Tracer) home(e *sim.Event) home {
	if e.ProcID == 0 {
		return home{}
	}
	h, known := t.homes[e.ProcID]
	if !known {
		h.node = e.Node
		h.last = e.Born
		if born := t.past.at(e.Born); born != nil {
			h.span, h.trace = born.span, born.trace
		}
	}
	now := h
	now.last = e.Number
	t.homes[e.ProcID] = now
	if e.Kind == sim.KindExit {
		delete(t.homes, e.ProcID)
	}
	return h
}

// begin opens a span as a part of the fact's, and makes it the fact's own.
func (t *Tracer) begin(e *sim.Event, f *Fact, kind Kind, name string) *Span {
	s := &Span{
		ID: e.Number, Parent: f.span, Trace: f.trace, Kind: kind, Name: name,
		Node: e.Node, Proc: e.Proc, Peer: e.Peer, Start: e.At, StartEvent: e.Number,
	}
	if kind == Section && e.Span == 0 && t.client(e.Node) {
		s.Kind, s.Parent, s.Trace = Operation, 0, s.ID
		for _, fault := range t.faults() {
			t.mark(s, "in force: "+fault)
		}
	}
	if s.Trace == 0 { // a section of a server's own
		s.Trace = s.ID
	}
	f.span, f.trace = s.ID, s.Trace
	t.add(s)
	return s
}

func (t *Tracer) add(s *Span) {
	t.open[s.ID] = s
	s.place = len(t.order)
	t.order = append(t.order, s)
}

func (t *Tracer) faults() []string {
	if t.InForce == nil {
		return nil
	}
	return t.InForce()
}

// end closes a span.
func (t *Tracer) end(s *Span, fault string) {
	if t.open[s.ID] != s {
		return
	}
	delete(t.open, s.ID)
	t.order[s.place] = nil
	if t.gone++; t.gone > len(t.order)/2 {
		t.order = slices.DeleteFunc(t.order, func(s *Span) bool { return s == nil })
		for i, left := range t.order {
			left.place = i
		}
		t.gone = 0
	}
	s.End, s.EndEvent = t.now, t.event
	if s.Error == "" {
		s.Error = fault
	}
	if t.Done != nil {
		t.Done(s)
	}
}

// leave ends a call and goes on in what it was part of.
func (t *Tracer) leave(f *Fact, s *Span, fault string) {
	t.end(s, fault)
	f.span, f.trace = s.Parent, s.Trace
	if f.span == 0 {
		f.trace = 0
	}
}

func (t *Tracer) endSection(e *sim.Event) {
	s := t.open[e.Arg]
	if s == nil {
		return
	}
	fields, _ := e.Body.([]sim.Field)
	s.Attributes = append(slices.Clip(s.Attributes), fields...)
	fault := ""
	for _, a := range fields {
		if s.Kind == Operation && a.Name == "outcome" && a.Value != "ok" {
			fault = a.Value
		}
	}
	t.end(s, fault)
}

// send begins a call or a message, or ends the serving of a request.
func (t *Tracer) send(e *sim.Event, f *Fact) {
	switch {
	case e.Answer:
		if s := t.serves[e.Call]; s != nil && s.Node == e.Node {
			delete(t.serves, e.Call)
			t.end(s, errorText(e.Body))
		}
	case f.trace == 0: // the cluster's own business
	case e.Call != 0:
		t.calls[e.Call] = t.begin(e, f, Call, TypeName(e.Body))
	default:
		t.begin(e, f, Message, TypeName(e.Body))
	}
}

// deliver ends a message or a call, or begins the serving of a request.
func (t *Tracer) deliver(e *sim.Event, f *Fact) {
	switch {
	case e.Answer:
		if s := t.calls[e.Call]; s != nil {
			delete(t.calls, e.Call)
			t.leave(f, s, errorText(e.Body))
		}
	case f.trace == 0:
	case e.Call != 0:
		t.serves[e.Call] = t.begin(e, f, Serve, TypeName(e.Body))
	default:
		if s := t.open[f.span]; s != nil && s.Kind == Message {
			t.end(s, "")
		}
	}
}

// wake ends a call that nobody answered in time; after an operation has returned, it
// leaves it.
func (t *Tracer) wake(e *sim.Event, f *Fact) {
	if s := t.calls[e.Call]; e.Call != 0 && s != nil {
		delete(t.calls, e.Call)
		t.leave(f, s, "timeout")
		f.wait = WaitTimeout
		return
	}
	if cause := t.past.at(e.Cause); cause == nil || cause.At != e.At {
		t.forget(f, e.ProcID)
	}
}

// forget leaves an operation that has returned: what timers do later is not its doing.
// A disk operation or work under way is.
func (t *Tracer) forget(f *Fact, proc uint64) {
	if t.open[f.trace] != nil { // its root
		return
	}
	if cause := t.past.at(f.Cause); cause != nil && (cause.Kind == sim.KindDisk || cause.Kind == sim.KindWork) {
		return
	}
	f.span, f.trace = 0, 0
	if h, known := t.homes[proc]; known {
		t.homes[proc] = home{node: h.node, last: h.last}
	}
}

func (t *Tracer) work(e *sim.Event, f *Fact) {
	if e.Since < e.At {
		t.past.explain(e.Cause, WaitQueue)
	}
	if f.trace == 0 {
		return
	}
	if e.Since < e.At {
		queue := &Span{
			ID: e.Number | QueueBit, Parent: f.span, Trace: f.trace, Kind: Queue, Name: "wait for a core",
			Node: e.Node, Proc: e.Proc, Start: e.Since, StartEvent: e.Cause,
		}
		t.add(queue)
		t.end(queue, "")
	}
	parent := *f
	t.works[e.ProcID] = t.begin(e, &parent, Work, "work")
}

func (t *Tracer) endWork(e *sim.Event) {
	t.past.explain(e.Cause, WaitWork)
	if s := t.works[e.ProcID]; s != nil {
		delete(t.works, e.ProcID)
		t.end(s, "")
	}
}

// crash ends what the node was at: nobody else will.
func (t *Tracer) crash(e *sim.Event) {
	t.markNode(e.Node, e.Kind, "")
	for _, s := range slices.Clone(t.order) {
		if s != nil && s.Node == e.Node && s.Kind != Message { // what is under way arrives
			t.end(s, "the node crashed")
		}
	}
	for _, index := range []map[uint64]*Span{t.calls, t.serves, t.works} {
		for key, s := range index { // order-free: only deletes
			if s.Node == e.Node {
				delete(index, key)
			}
		}
	}
	for proc, h := range t.homes { // order-free: only deletes
		if h.node == e.Node {
			delete(t.homes, proc)
		}
	}
}

// Finish ends what is still open when the run has: it did not end by itself. Last come
// the faults.
func (t *Tracer) Finish() {
	for _, s := range slices.Clone(t.order) {
		if s != nil {
			t.end(s, "unfinished when the run ended")
		}
	}
	if t.Faults != nil && t.Done != nil {
		for _, s := range t.Faults() {
			t.Done(s)
		}
	}
}

// most is how many marks a span has at most; the last says how many there would be.
const most = 100

func (t *Tracer) mark(s *Span, name string) {
	if s != nil && len(s.Marks) < most {
		s.Marks = append(s.Marks, Mark{t.now, t.event, name})
	}
}

// markNode tells the spans of a node, and the calls to it, what happened to it.
func (t *Tracer) markNode(node string, kind sim.Kind, text string) {
	name := kind.String()
	if kind == sim.KindNote {
		name = text
	}
	for _, s := range t.order {
		if s != nil && (s.Node == node || s.Peer == node && s.Kind == Call) {
			t.mark(s, node+": "+name)
		}
	}
}

// markOperations tells the operations under way what was done to the cluster.
func (t *Tracer) markOperations(text string) {
	for _, s := range t.order {
		if s != nil && s.Kind == Operation {
			t.mark(s, text)
		}
	}
}

// TypeName names a message by the type of its body. A type of which all messages of a
// system are says what it stands for by a method TraceName.
func TypeName(body any) string {
	if n, ok := body.(interface{ TraceName() string }); ok {
		return n.TraceName()
	}
	if body == nil {
		return "nil"
	}
	typ := reflect.TypeOf(body)
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	if typ.Name() == "" {
		return typ.String()
	}
	return typ.Name()
}

func errorText(body any) string {
	if err, ok := body.(error); ok {
		return fmt.Sprint(err)
	}
	return ""
}
