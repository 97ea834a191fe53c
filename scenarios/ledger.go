package scenarios

import (
	"slices"
	"time"

	"github.com/orrery-sim/orrery/sim"
)

// ledger follows operations through the tiers of a system, by the calls that they cause,
// and takes down what each spends where. It is an observer: the run is the same with it.
type ledger struct {
	names  []string // of the tiers, the clients first
	tierOf func(node string) int
	client func(node string) bool
	spent  []spent

	spans map[uint64]*request // by open span: the operation
	calls map[uint64]*request // under way, by call
	born  map[uint64]*request // by the event that made a process: on whose behalf it runs
}

// request is an operation, or a request that a node was sent on behalf of one.
type request struct {
	span   uint64        // of an operation
	asked  time.Duration // when the operation was called
	tier   int
	node   string     // that is asked
	parent *request   // nil for the operation
	under  []*request // requests that it waits for

	since  time.Duration // from when on it waits for none, while under is empty
	took   time.Duration // own time, until since
	blames bool          // a request under it has failed
	sent   bool          // the answer is under way: what its node still does is not for it
	closed bool          // nobody waits for it any more
}

// keepLedger adds a ledger to a run whose system has tiers.
func keepLedger(r *Run) *ledger {
	tiers := r.Scenario.System.Tiers
	if len(tiers) == 0 {
		return nil
	}
	l := &ledger{
		names: slices.Insert(slices.Clone(tiers), 0, ClientTier),
		spans: map[uint64]*request{}, calls: map[uint64]*request{}, born: map[uint64]*request{},
	}
	index, clients := map[string]int{}, map[string]bool{}
	for _, n := range r.World.Nodes() {
		clients[n.Name()] = n.Client()
		if i := slices.Index(tiers, n.Label("service")); i >= 0 {
			index[n.Name()] = i + 1
		}
	}
	l.tierOf = func(node string) int { return index[node] }
	l.client = func(node string) bool { return clients[node] }
	r.World.Observe(l)
	return l
}

// Event takes in an event of the run.
func (l *ledger) Event(e *sim.Event) {
	switch e.Kind {
	case sim.KindSpan:
		l.open(e)
	case sim.KindSpanEnd:
		l.close(e)
	case sim.KindSpawn:
		if q := l.behalf(e); q != nil {
			l.born[e.Number] = q
		}
	case sim.KindExit:
		delete(l.born, e.Born)
	case sim.KindSend:
		switch {
		case e.Call == 0:
		case e.Answer:
			l.answers(e)
		default:
			l.ask(e)
		}
	case sim.KindDeliver:
		q := l.calls[e.Call]
		switch {
		case e.Call == 0 || q == nil:
		case e.Answer:
			_, failed := e.Body.(error)
			l.answered(e, failed)
		default:
			l.born[e.Number] = q
		}
	case sim.KindCrash:
		l.crash(e)
	case sim.KindWake, sim.KindBreak:
		if e.Call != 0 {
			l.answered(e, true)
		}
	}
}

// behalf is the request on whose behalf the process of the event runs, if any.
func (l *ledger) behalf(e *sim.Event) *request {
	q := l.spans[e.Span]
	if q == nil {
		q = l.born[e.Born]
	}
	if q == nil || q.sent || q.closed {
		return nil
	}
	return q
}

// open begins an operation, if it is a client's outermost span that opens. One within it
// is part of it.
func (l *ledger) open(e *sim.Event) {
	switch {
	case e.Span != 0:
		if q := l.spans[e.Span]; q != nil {
			l.spans[e.Number] = q
		}
	case l.client(e.Node):
		l.spans[e.Number] = &request{span: e.Number, asked: e.At, since: e.At}
	}
}

func (l *ledger) close(e *sim.Event) {
	q := l.spans[e.Arg]
	delete(l.spans, e.Arg)
	if q == nil || q.span != e.Arg {
		return
	}
	fields, _ := e.Body.([]sim.Field)
	failed := slices.ContainsFunc(fields, func(f sim.Field) bool { return f.Name == "outcome" && f.Value != "ok" })
	l.end(q, e.At, failed)
}

// ask begins a request.
func (l *ledger) ask(e *sim.Event) {
	parent, tier := l.behalf(e), l.tierOf(e.Peer)
	if parent == nil || tier == 0 {
		return
	}
	q := &request{asked: parent.asked, tier: tier, node: e.Peer, parent: parent, since: e.At}
	l.calls[e.Call] = q
	if len(parent.under) == 0 {
		parent.took += e.At - parent.since
	}
	parent.under = append(parent.under, q)
}

// answers lets go of what the node of a request still waits for when it sends the answer.
func (l *ledger) answers(e *sim.Event) {
	if q := l.calls[e.Call]; q != nil && !q.closed {
		q.sent = true
		l.letGo(q, e.At)
	}
}

// crash lets go of what requests waited for at a node that has just crashed. Who asked
// there may go on waiting.
func (l *ledger) crash(e *sim.Event) {
	for _, q := range l.calls { // order-free: what is taken down is summed up and sorted
		if q.node == e.Node && !q.closed {
			l.letGo(q, e.At)
		}
	}
}

// letGo ends what a request waited for, without blame.
func (l *ledger) letGo(q *request, at time.Duration) {
	if len(q.under) == 0 {
		return
	}
	for _, below := range q.under {
		l.end(below, at, false)
	}
	q.under, q.since = nil, at
}

// answered ends the request of a call, unless who asked has given up.
func (l *ledger) answered(e *sim.Event, failed bool) {
	q := l.calls[e.Call]
	delete(l.calls, e.Call)
	if q == nil || q.closed {
		return
	}
	l.end(q, e.At, failed)
	p := q.parent
	p.blames = p.blames || failed
	p.under = slices.DeleteFunc(p.under, func(other *request) bool { return other == q })
	if len(p.under) == 0 {
		p.since = e.At
	}
}

// end takes down what a request has spent, and that of those under it, for which nobody
// waits any more. If it failed, it was for lack of their answers.
func (l *ledger) end(q *request, at time.Duration, failed bool) {
	if len(q.under) == 0 {
		q.took += at - q.since
	}
	for _, below := range q.under {
		l.end(below, at, failed)
		q.blames = q.blames || failed
	}
	q.under, q.closed = nil, true
	l.spent = append(l.spent, spent{q.asked, q.tier, q.took, failed, failed && !q.blames})
}
