package tape

import (
	"sort"
	"time"

	"github.com/orrery-sim/orrery/checker"
)

// EachOperation calls visit with the operations of clients in the order of their calls, by
// their index from 0, from one on, forward or backward, until it says false or there
// are no more. visit must not ask the tape for anything, nor change or keep op.
func (t *Tape) EachOperation(from int, forward bool, visit func(i int, op *checker.Operation) bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := from; i >= 0 && i < len(t.ops); {
		if !visit(i, &t.ops[i]) {
			return
		}
		if forward {
			i++
		} else {
			i--
		}
	}
}

// OperationsBy returns how many operations were called up to a time.
func (t *Tape) OperationsBy(at time.Duration) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return sort.Search(len(t.ops), func(i int) bool { return t.ops[i].Call > int64(at) })
}
