package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Kind says what an [Event] is.
type Kind uint8

// The kinds of events. What the fields of an [Event] mean for each of them
// stands beside it; Node, Proc, At, Number and Cause mean the same in all.
const (
	KindNone    Kind = iota
	KindBoot         // the node started; Arg is its incarnation, from 1
	KindCrash        // the node lost its memory; Arg is the incarnation that ended
	KindPause        // the node stopped running, its memory kept
	KindResume       // the node runs again
	KindSpawn        // Proc started a process; Text is its name
	KindExit         // the process Proc ended
	KindWake         // a process that slept or waited goes on
	KindTimer        // a timer set by After fired
	KindSend         // Node gave a message for Peer to the network; Body is the message's, Text the port's name
	KindDeliver      // a message of Peer arrived at Node; Cause is its send, or the hold or retry by which it went on last, Body and Text as there
	KindDrop         // a message from Peer to Node is lost; Text says why
	KindHold         // a message from Peer to Node is kept back, by a hold of the link or of this message
	KindRefuse       // a message reached Node but nobody listens on the port, or its inbox is full: Text is the port's name; or Text says why
	KindRetry        // a stream from Peer to Node sends again after a timeout
	KindBreak        // a stream from Node to Peer broke; Text says why
	KindCut          // the link from Node to Peer was cut; Arg counts the cuts now on it
	KindMend         // one cut of the link from Node to Peer was mended; Arg counts those left
	KindDegrade      // the link from Node to Peer got worse; Text says how
	KindRestore      // the link from Node to Peer lost one such effect
	KindHeld         // the link from Node to Peer holds messages back
	KindRelease      // the link from Node to Peer let its messages go
	KindClock        // the node's clock was skewed, made to drift or synced; Text says how
	KindWork         // a process got a core; Arg is the work in nanoseconds
	KindWorkEnd      // the work is done
	KindDisk         // a disk operation began, a crash or a fault changed the disk; Text says what, Arg its bytes
	KindDiskEnd      // an operation ended; Text is the error, if any, Arg the number of its KindDisk event
	KindNote         // a line logged by a process; Text is the line
	KindSpan         // a span was opened; Text is its name, Body its attributes
	KindSpanEnd      // a span was closed; Arg is the number of its KindSpan event
	KindAct          // somebody outside the cluster did something; Text says what
	KindFail         // a check failed; Text is what it says
	KindLink         // the link from Node to Peer was set; Text says to what
	KindCores        // the node got another number of cores; Text is that number
	KindSpeed        // the node's cores got another speed; Text is that multiple of full speed
	KindKill         // a process of the node was killed; Text is its name
	KindImpair       // the node was impaired, or restored; Text says how
	kindCount
)

var kindNames = [kindCount]string{
	"none", "boot", "crash", "pause", "resume", "spawn", "exit", "wake", "timer", "send", "deliver",
	"drop", "hold", "refuse", "retry", "break", "cut", "mend", "degrade", "restore", "held", "release",
	"clock", "work", "work-end", "disk", "disk-end", "note", "span", "span-end", "act", "fail",
	"link", "cores", "speed", "kill", "impair",
}

// String returns the kind's name as it stands in traces, such as "deliver".
func (k Kind) String() string {
	if k < kindCount {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// Event is the smallest thing that happens in a world. Its number is its
// address: the same scenario, seed and interventions give the same event the
// same number on every machine. Observers get a pointer that is valid only
// during the call.
type Event struct {
	Number uint64        // counts from 1
	Cause  uint64        // the event that led to this one; 0 for what the world began with
	At     time.Duration // virtual time since the world began
	Kind   Kind
	Node   string        // where it happened; empty for the world as a whole
	Proc   string        // the process that ran, if one did
	Peer   string        // the other node, for kinds that have one
	ProcID uint64        // tells processes of one name apart; 0 if none ran, or a handler
	Born   uint64        // the event that made that process
	Span   uint64        // the number of the innermost span open in Proc; 0 if none
	Call   uint64        // the call that a message asks or answers, whose timeout this wake is, or that this break ends; 0 for none
	Answer bool          // the message answers Call
	Since  time.Duration // of a KindWork: when the process began to wait for a core
	Arg    uint64        // see the kind
	Text   string        // see the kind
	Body   any           // see the kind; not to be changed
}

// String renders the event as one line of a trace:
// number, time, node, kind, what, and the cause.
func (e *Event) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%6d %12s  %-10s %-8s", e.Number, clockText(e.At), e.Node, e.Kind)
	switch e.Kind {
	case KindSend, KindCut, KindMend, KindDegrade, KindRestore, KindHeld, KindRelease, KindBreak, KindLink:
		fmt.Fprintf(&b, " -> %s", e.Peer)
	case KindDeliver, KindDrop, KindHold, KindRefuse, KindRetry:
		fmt.Fprintf(&b, " <- %s", e.Peer)
	}
	switch {
	case e.Text == "":
	case e.Kind == KindSend || e.Kind == KindDeliver || e.Kind == KindRefuse:
		fmt.Fprintf(&b, " port %s", e.Text)
	default:
		fmt.Fprintf(&b, " %s", e.Text)
	}
	if e.Body != nil {
		fmt.Fprintf(&b, " %s", bodyText(e.Body))
	}
	if e.Cause != 0 {
		fmt.Fprintf(&b, "  (by %d)", e.Cause)
	}
	return strings.TrimRight(b.String(), " ")
}

// bodyText shows a body in one line of at most 80 characters or so: a trace is
// read by people, and a body may be a megabyte.
func bodyText(body any) string {
	s, isString := body.(string)
	if isString {
		s = fmt.Sprintf("%q", s)
	} else {
		s = fmt.Sprintf("%+v", body)
	}
	const most = 80
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return s
}

// clockText renders a virtual time with a fixed number of digits, so that
// columns of them align: 1.500000s.
func clockText(d time.Duration) string {
	return fmt.Sprintf("%d.%06ds", d/time.Second, d%time.Second/time.Microsecond)
}

// Observer watches a world. It sees every event in order, and must change
// nothing: no call to the world, its nodes or processes, except those that only
// read. Without observers no event is ever built.
type Observer interface {
	Event(e *Event)
}

// ObserverFunc makes a function an [Observer].
type ObserverFunc func(e *Event)

// Event calls f.
func (f ObserverFunc) Event(e *Event) { f(e) }

// Observe adds an observer and returns the function that takes it away again.
// It may be called at any time between events.
func (w *World) Observe(o Observer) (remove func()) {
	watch := &o // a name of its own: the same observer may be added twice
	w.observers = append(w.observers, watch)
	return func() {
		w.observers = slices.DeleteFunc(slices.Clone(w.observers), func(have *Observer) bool { return have == watch })
	}
}

// fact is what emit is told of an event: ids instead of names, nothing that
// must be allocated. An Event is made of it only when somebody watches.
type fact struct {
	kind  Kind
	node  *Node
	peer  *Node
	cause uint64
	arg   uint64
	sum   uint64 // digest of what text and body say, for the hash
	text  string
	body  any

	// For observers only: these are not in the hash, since they follow from the rest.
	call   uint64
	answer bool
	since  int64
}

// emit numbers an event, folds it into the hash, and shows it to observers.
func (w *World) emit(f *fact) uint64 {
	n := w.count(f.kind, f.node, f.peer, f.cause, f.arg^f.sum)
	if len(w.observers) != 0 {
		w.show(f)
	}
	return n
}

// count is emit without the showing. The few kinds of which there are most are
// counted without a fact being made of them; whoever does that asks for
// observers himself.
func (w *World) count(kind Kind, node, peer *Node, cause, arg uint64) uint64 {
	n, p := int32(-1), int32(-1)
	if node != nil {
		n = node.id
	}
	if peer != nil {
		p = peer.id
	}
	return w.fold(place(kind, n, p), cause, arg)
}

// place packs what an event is and where; of a node that it has not, the id is -1.
func place(kind Kind, node, peer int32) uint64 {
	return uint64(kind) | uint64(node+1)<<8 | uint64(peer+1)<<36
}

func (w *World) show(f *fact) {
	e := &w.shown
	*e = Event{
		Number: w.number, Cause: f.cause, At: time.Duration(w.now), Kind: f.kind,
		Arg: f.arg, Text: f.text, Body: f.body, Call: f.call, Answer: f.answer, Since: time.Duration(f.since),
	}
	if f.kind == KindSend || f.kind == KindDeliver || f.kind == KindRefuse {
		e.Text = w.portName[f.arg]
	}
	if f.node != nil {
		e.Node = f.node.name
	}
	if f.peer != nil {
		e.Peer = f.peer.name
	}
	if p := w.running; p != nil && p.node == f.node {
		e.Proc, e.Span = p.name, p.span
		if !p.handler {
			e.ProcID, e.Born = uint64(p.generation)<<32|uint64(p.index+1), p.born
		}
	}
	w.showing = true // until it returns: a panic in an observer is not the process's
	for _, o := range w.observers {
		(*o).Event(e)
	}
	w.showing = false
	e.Body = nil // for the garbage collector
}
