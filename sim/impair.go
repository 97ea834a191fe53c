package sim

import (
	"errors"
	"fmt"
	"time"
)

// Impairment is something that is wrong with a node for a while, and is neither of
// its links nor of its disk. It lasts through crashes. Those of one kind add up, each
// until it is restored.
type Impairment struct {
	w       *World
	node    *Node
	text    string
	over    bool
	replies float64 // probability that a call is answered with an error
	lookup  *Node   // whose name cannot be looked up
	expired bool    // the certificate
	workers int     // that keep cores busy
	load    float64
}

// impair begins an impairment.
func (n *Node) impair(i *Impairment) *Impairment {
	i.w, i.node = n.w, n
	n.impairments = append(n.impairments, i)
	i.refresh()
	n.tellImpaired(i.text)
	i.work()
	return i
}

func (n *Node) tellImpaired(text string) {
	n.w.emit(&fact{kind: KindImpair, node: n, cause: n.w.cause, sum: hashString(text), text: text})
}

// Restore takes this impairment back, and no other. To restore it again is nothing.
func (i *Impairment) Restore() {
	if i.over {
		return
	}
	i.over = true
	i.node.impairments = without(i.node.impairments, i)
	i.refresh()
	i.node.tellImpaired("end of " + i.text)
}

// refresh works out what the node's impairments come to.
func (i *Impairment) refresh() {
	n, w := i.node, i.w
	n.errorReplies = 0
	for _, each := range n.impairments {
		n.errorReplies = either(n.errorReplies, each.replies)
	}
	if i.lookup == nil {
		return
	}
	if w.lookups == nil {
		w.lookups = map[uint64]int{}
	}
	key := pair(n, i.lookup)
	if !i.over {
		w.lookups[key]++
	} else if w.lookups[key]--; w.lookups[key] == 0 {
		delete(w.lookups, key)
	}
}

// FailReplies has the node answer calls with [ErrUnavailable], each with that
// probability, before its program sees them, as an overloaded proxy in front of it
// does. Datagrams and connections are not touched. A probability that is not between
// 0 and 1 panics.
func (n *Node) FailReplies(probability float64) *Impairment {
	mustBeChance("FailReplies on node "+n.name, "the probability", probability)
	return n.impair(&Impairment{replies: probability, text: fmt.Sprintf("error replies %v", probability)})
}

// failsReply says whether an impairment answers the call, and does so. The draw is
// keyed by who asks whom, the time, and the ordinal among the calls that reach the
// node at this instant.
func (w *World) failsReply(src, dst *Node, e *pending) bool {
	if dst.repliesAt != w.now {
		dst.repliesAt, dst.replies = w.now, 0
	}
	dst.replies++
	r := newRand(w.config.Seed, hashString("error reply"), pair(src, dst), uint64(w.now), dst.replies)
	if !r.Bool(dst.errorReplies) {
		return false
	}
	const why = "a fault answers with an error"
	w.cause = w.emit(&fact{
		kind: KindRefuse, node: dst, peer: src, cause: w.cause, arg: uint64(e.port), sum: hashString(why), text: why, body: e.body,
	})
	w.post(dst, address{node: e.from}, flagStream|flagReply|flagError, e.arg, ErrUnavailable)
	return true
}

// FailLookup has the node not find the name of another: what it sends there is
// dropped before it leaves, and calls and dials end with [ErrNoSuchHost]. Answers need no
// name, and connections that are open go on. Its own name a node always finds.
func (n *Node) FailLookup(name string) *Impairment {
	return n.impair(&Impairment{lookup: n.w.mustLookup(name), text: "lookups of " + name + " fail"})
}

// lookupTakes is how long a resolver nearby takes to say that there is no such name.
const lookupTakes = time.Millisecond

// lookupFails says whether the node of the process finds nobody at the address.
func (p *Proc) lookupFails(a address) bool {
	w, dst := p.w, p.w.nodes[a.node]
	if dst == p.node || w.lookups[pair(p.node, dst)] == 0 {
		return false
	}
	const why = "its name cannot be looked up"
	w.emit(&fact{kind: KindDrop, node: dst, peer: p.node, cause: w.cause, sum: hashString(why), text: why})
	return true
}

// noSuchHost is what becomes of a call to a name that is not found.
func (p *Proc) noSuchHost(timeout time.Duration) error {
	p.Sleep(min(timeout, lookupTakes))
	if timeout < lookupTakes {
		return ErrTimeout
	}
	return ErrNoSuchHost
}

// ExpireCertificate has the node's certificate be expired. The kernel does nothing
// with it: systems whose nodes identify themselves ask [Node.CertificateExpired] of
// their peer when they shake hands.
func (n *Node) ExpireCertificate() *Impairment {
	return n.impair(&Impairment{expired: true, text: "certificate expired"})
}

// CertificateExpired says whether the certificate of the node is expired.
func (n *Node) CertificateExpired() bool {
	for _, i := range n.impairments {
		if i.expired {
			return true
		}
	}
	return false
}

// stressSlice is how long a stress worker has a core at most before it queues
// again: the base slice of Linux's scheduler (EEVDF, base_slice_ns of 3 ms or so).
const stressSlice = 3 * time.Millisecond

// Stress has workers on the node keep a core busy each for a share of the time, as
// far as they get one: they queue behind the node's program and it behind them, see
// [Proc.Work]. They begin again when the node boots. Fewer than 1 worker, and a load
// that is not above 0 and at most 1, panic.
func (n *Node) Stress(workers int, load float64) *Impairment {
	if workers < 1 || !(load > 0 && load <= 1) {
		panic(fmt.Sprintf("sim: Stress(%d, %v) on node %s: expected 1 worker or more, and a load above 0 and at most 1", workers, load, n.name))
	}
	return n.impair(&Impairment{workers: workers, load: load, text: fmt.Sprintf("stress by %d workers, load %v", workers, load)})
}

// work starts the workers of an impairment that has some, if the node is up.
func (i *Impairment) work() {
	if !i.node.up {
		return
	}
	busy := time.Duration(float64(stressSlice) * i.load)
	for range i.workers {
		i.w.spawn(i.node, "stress", func(p *Proc) {
			for !i.over {
				p.Work(busy)
				if idle := stressSlice - busy; idle > 0 {
					p.Sleep(idle)
				}
			}
		})
	}
}

// NothingDone says whether a call that failed with this error was certainly not
// carried out, so that it may be asked again without harm.
func NothingDone(err error) bool {
	for _, e := range []error{ErrRefused, ErrUnavailable, ErrNoSuchHost} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
