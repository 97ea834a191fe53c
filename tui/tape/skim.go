package tape

import (
	"sort"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/sim"
)

// Glimpse is what an event is about, without what it says. Nodes are indices, -1 is none.
type Glimpse struct {
	Number, Cause uint64
	Span          uint64 // the innermost span open there; 0 if none
	At            time.Duration
	Kind          sim.Kind
	Node, Peer    int
	Answer        bool
}

// Skim is [Tape.Scan] over what events are about, and many times as fast. It looks at
// most at so many events. visit must not ask the tape for anything.
func (t *Tape) Skim(from uint64, forward bool, most int, visit func(g Glimpse) bool) (missing bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for n := from; n >= 1 && n <= t.events && most > 0; most-- {
		r := t.rec(n)
		if r == nil {
			return true
		}
		if !visit(Glimpse{n, uint64(r.cause), uint64(r.span), r.at, r.kind, int(r.node), int(r.peer), r.answer}) {
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

// OperationAt returns what a client asked, by the event of its call, as it was known at
// an event.
func (t *Tape) OperationAt(call, upTo uint64) (op checker.Operation, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := sort.Search(len(t.ops), func(i int) bool { return t.ops[i].CallEvent >= call })
	if call == 0 || i == len(t.ops) || t.ops[i].CallEvent != call {
		return op, false
	}
	op = t.ops[i]
	reopen(&op, upTo)
	return op, true
}
