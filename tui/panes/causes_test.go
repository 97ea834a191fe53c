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
			if e.Kind == sim.KindWake && e.Call != 0 && i+3 < len(chain) {
				waits++
				next, _ := tp.Event(chain[i+2]) // where the request got to, or the request
				after, _ := tp.Event(chain[i+3])
				if asks := func(s sim.Event) bool { return s.Kind == sim.KindSend && s.Call == e.Call && s.Node == e.Node }; !asks(next) && !asks(after) {
					t.Errorf("behind the wait %d stand %v and %v", n, &next, &after)
				}
			}
		}
	}
	if calls == 0 || waits == 0 {
		t.Errorf("%d calls, %d waits", calls, waits)
	}
}
