package panes_test

import (
	"testing"

	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/tui/panes"
)

// TestCauses of a read that was refused: each lies further back than the one before it, the
// call is among them, and so is the request that had no answer, behind the wait for it. No
// wake is told of that follows at once.
func TestCauses(t *testing.T) {
	tp := recorded(t, "raft/minority-leader", 1)
	calls, waits := 0, 0
	for _, op := range tp.AllOperations()[:400] {
		chain := panes.Causes(tp, op.ReturnEvent)
		if op.ReturnEvent == 0 {
			continue
		}
		if len(chain) == 0 || chain[0] != op.ReturnEvent {
			t.Fatalf("%v begins with %v", op, chain)
		}
		for i, n := range chain[1:] {
			e, _ := tp.Event(n)
			if n >= chain[i] {
				t.Fatalf("event %d is told after %d", n, chain[i])
			}
			if n == op.CallEvent {
				calls++
			}
			before, _ := tp.Event(e.Cause)
			if e.Kind == sim.KindWake && e.At == before.At {
				t.Errorf("event %d tells nothing", n)
			}
			if e.Kind == sim.KindWake && e.Call != 0 && i+2 < len(chain) {
				waits++
				if ask, _ := tp.Event(chain[i+2]); ask.Call != e.Call {
					t.Errorf("behind the wait %d stands %v", n, &ask)
				}
			}
		}
	}
	if calls == 0 || waits == 0 {
		t.Errorf("%d calls, %d waits", calls, waits)
	}
}
