package sim

import (
	"fmt"
	"strings"
	"time"
)

// Status is how a run ended, in one word. Its number is the exit code of a
// program that reports it.
type Status int

// The ways in which a run ends.
const (
	OK       Status = iota // it went as far as it was asked to
	Violated               // a check failed
	Unknown                // it could not be judged
	Stuck                  // nothing more can happen, or nothing but spinning
	Crashed                // simulated code panicked
)

// String returns ok, violated, unknown, stuck or crashed.
func (s Status) String() string {
	names := [...]string{"ok", "violated", "unknown", "stuck", "crashed"}
	if s >= 0 && int(s) < len(names) {
		return names[s]
	}
	return fmt.Sprintf("status(%d)", int(s))
}

// ExitCode is the exit code of a program that reports this status.
func (s Status) ExitCode() int { return int(s) }

// Outcome is how a run ended, and for all but ok where and why.
type Outcome struct {
	Status Status
	Reason string        // one line; empty if ok
	Node   string        // where it happened, if it has a place
	Proc   string        // the process that ran
	Event  uint64        // the last event
	At     time.Duration // its virtual time
	Stack  string        // the Go stack of what panicked or hung
}

// OK says whether the run went as far as it was asked to.
func (o Outcome) OK() bool { return o.Status == OK }

// String is "ok", or one line with the status, the reason and the place.
func (o Outcome) String() string {
	if o.Status == OK {
		return "ok"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s (", o.Status, o.Reason)
	if o.Proc != "" {
		fmt.Fprintf(&b, "process %s, ", o.Proc)
	}
	if o.Node != "" {
		fmt.Fprintf(&b, "node %s, ", o.Node)
	}
	fmt.Fprintf(&b, "event %d at %v)", o.Event, o.At)
	return b.String()
}

// Ended returns why nothing more can happen in the world, and whether that is so.
// Once a run has ended otherwise than ok, running it further returns the same, and
// does nothing. A deadlock alone can come to an end: as soon as somebody outside has
// made something due, by releasing a hold, resuming or restarting a node, or no
// client waits any more, the world has not ended, and can be run on.
func (w *World) Ended() (Outcome, bool) {
	if !w.over() {
		return Outcome{}, false
	}
	return *w.ended, true
}

// over says whether nothing more can happen. A deadlock is forgotten when it is none
// any more.
func (w *World) over() bool {
	if w.ended != nil && w.ended == w.impasse && !w.deadlocked() {
		w.ended, w.impasse = nil, nil
	}
	return w.ended != nil
}

// deadlocked says that nothing is due and that there are clients that wait.
func (w *World) deadlocked() bool { return w.clients != 0 && w.queue.len() == w.dead }

// end records the first reason to stop; a later one is a consequence.
func (w *World) end(o Outcome) {
	if w.ended == nil {
		o.Event, o.At = w.number, w.Now()
		w.ended = &o
	}
}

// deadlock ends the run: clients that have not ended never will, unless somebody
// outside does something.
func (w *World) deadlock() {
	var waiting []string
	var first *Proc
	for _, n := range w.nodes {
		if !n.client {
			continue
		}
		for p := n.first; p != nil; p = p.younger {
			waiting = append(waiting, fmt.Sprintf("%s in %s", p.name, p.blocked))
			if first == nil {
				first = p
			}
		}
	}
	if first == nil {
		return
	}
	const most = 5
	if more := len(waiting) - most; more > 0 {
		waiting = append(waiting[:most], fmt.Sprintf("%d more", more))
	}
	w.end(Outcome{
		Status: Stuck, Node: first.node.name, Proc: first.name,
		Reason: "deadlock: nothing is due and clients wait: " + strings.Join(waiting, ", "),
	})
	w.impasse = w.ended
}
