package telemetry

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/sim"
)

// Wait is what an operation waited for in one step of its critical path.
type Wait uint8

// What there is to wait for.
const (
	WaitProcess Wait = iota // something else in a process: a lock, a channel, its inbox
	WaitNetwork             // a message under way
	WaitRetry               // a stream that sends again after a loss
	WaitHold                // a message that is held back
	WaitQueue               // a core that others have
	WaitWork                // work on a core
	WaitDisk                // a disk operation
	WaitTimer               // a sleep, such as the backoff before a retry
	WaitTimeout             // an answer that did not come in time
)

var waitNames = [...]string{"process", "network", "retransmission", "hold", "queue for a core", "work", "disk", "sleep", "timeout"}

// String returns the wait's name.
func (w Wait) String() string { return waitNames[w] }

// Step is a stretch of an operation's critical path: of all that went on, what the end
// had to wait for.
type Step struct {
	From, To time.Duration
	What     Wait
	Where    string // a node, or a link: "n1 -> n2"
	Event    uint64 // with which it ended
	Others   bool   // it lies between a datagram that left a node and one that came back: the node waited for others, such as a quorum

	datagram bool
}

// Took is the step's length.
func (s *Step) Took() time.Duration { return s.To - s.From }

// Path returns what the operation waited for, from its beginning to its end without a
// gap: the chain of causes that led to its end. Steps that took no time are left out. It
// is false if the beginning has been forgotten; then the path begins later.
//
// Where a process was let go by somebody else's doing, such as work that ended and left
// a core, the chain stays with the process that waited.
func (p *Past) Path(root *Span) ([]Step, bool) {
	var steps []Step
	number, complete := root.EndEvent, true
	for {
		f := p.at(number)
		if f == nil {
			complete = false
			break
		}
		if number <= root.StartEvent || f.At <= root.Start {
			break
		}
		from := p.leadingTo(f, root.Trace)
		a := p.at(from)
		since := root.Start
		if a != nil {
			since = max(a.At, root.Start)
		}
		if since < f.At {
			steps = append(steps, step(a, f, since))
		}
		number = from
	}
	slices.Reverse(steps)
	markOthers(steps)
	return steps, complete
}

// Reasons returns the events that led to the end of an operation, the end first. It is
// false if the first have been forgotten.
func (p *Past) Reasons(root *Span) (chain []Fact, complete bool) {
	for number := root.EndEvent; number >= root.StartEvent && number != 0; {
		f := p.at(number)
		if f == nil {
			return chain, false
		}
		chain = append(chain, *f)
		number = p.leadingTo(f, root.Trace)
	}
	return chain, true
}

// leadingTo is the event that led to another of the same operation.
func (p *Past) leadingTo(f *Fact, trace uint64) uint64 {
	cause, before := p.at(f.Cause), p.at(f.before)
	if before != nil && before.trace == trace && (cause == nil || cause.trace != trace) {
		return f.before
	}
	return f.Cause
}

// step tells what went on between an event and one that it led to.
func step(a, f *Fact, since time.Duration) Step {
	s := Step{From: since, To: f.At, What: f.wait, Where: f.Node, Event: f.Number}
	switch {
	case f.wait != WaitProcess:
	case a != nil && a.Kind == sim.KindHold:
		s.What = WaitHold
	case f.Kind == sim.KindDeliver:
		s.What, s.datagram = WaitNetwork, f.call == 0
		s.Where = f.Peer + " -> " + f.Node
	case f.Kind == sim.KindRetry || f.Kind == sim.KindBreak || a != nil && a.Kind == sim.KindRetry:
		s.What = WaitRetry
	case a != nil && a.Kind == sim.KindDisk:
		s.What = WaitDisk
	case f.Kind == sim.KindWake || f.Kind == sim.KindTimer:
		s.What = WaitTimer
	}
	return s
}

// markOthers finds where a node asked others by messages that are no calls, and waited
// until enough had answered.
func markOthers(steps []Step) {
	left := map[string]int{} // by node, the step in which a message left it
	for i := range steps {
		if !steps[i].datagram {
			continue
		}
		from, to, _ := strings.Cut(steps[i].Where, " -> ")
		if first, ok := left[to]; ok {
			for j := first; j <= i; j++ {
				steps[j].Others = true
			}
			delete(left, to)
			continue
		}
		if _, ok := left[from]; !ok {
			left[from] = i
		}
	}
}

// Share is how much of the time of many operations went where.
type Share struct {
	What   Wait
	Where  string
	Others bool
	Took   time.Duration // in all
	Steps  int
}

// Shares sums up steps, the most time first.
func Shares(steps []Step) []Share {
	type place struct {
		what   Wait
		where  string
		others bool
	}
	index := map[place]int{}
	var list []Share
	for _, s := range steps {
		at := place{s.What, s.Where, s.Others}
		i, ok := index[at]
		if !ok {
			i = len(list)
			index[at] = i
			list = append(list, Share{What: s.What, Where: s.Where, Others: s.Others})
		}
		list[i].Took += s.Took()
		list[i].Steps++
	}
	slices.SortStableFunc(list, func(a, b Share) int { return cmp.Compare(b.Took, a.Took) })
	return list
}
