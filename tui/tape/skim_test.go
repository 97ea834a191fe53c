package tape_test

import (
	"testing"
	"time"

	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/tui/tape"
)

// TestSkim: what is skimmed is what is scanned, from anywhere, both ways.
func TestSkim(t *testing.T) {
	tp := record(t, "raft/minority-leader", 42)
	nodes := tp.Nodes()
	name := func(i int) string {
		if i < 0 {
			return ""
		}
		return nodes[i].Name
	}
	for _, from := range []uint64{0, 1, 300, 4096, 4097, tp.Events(), tp.Events() + 1} {
		for _, forward := range []bool{true, false} {
			const most = 500
			var want []sim.Event
			tp.Scan(from, forward, func(e *sim.Event) bool {
				want = append(want, *e)
				return len(want) < most
			})
			n := 0
			tp.Skim(from, forward, most, func(g tape.Glimpse) bool {
				e := &want[n]
				if g != (tape.Glimpse{Number: e.Number, Cause: e.Cause, Span: e.Span, At: e.At, Kind: e.Kind, Node: g.Node, Peer: g.Peer, Answer: e.Answer}) ||
					name(g.Node) != e.Node || name(g.Peer) != e.Peer {
					t.Fatalf("%+v, expected %+v", g, e)
				}
				n++
				return true
			})
			if n != len(want) {
				t.Errorf("from %d: %d events, expected %d", from, n, len(want))
			}
		}
	}
}

// TestOperationAt: an operation is found by its call, as it was known at the moment.
func TestOperationAt(t *testing.T) {
	tp := record(t, "raft/minority-leader", 42)
	upTo := tp.ByTime(6 * time.Second)
	calls := map[uint64]bool{}
	for _, want := range tp.Operations(upTo) {
		calls[want.CallEvent] = true
		if got, ok := tp.OperationAt(want.CallEvent, upTo); !ok || got != want {
			t.Errorf("%v, expected %v", got, want)
		}
	}
	for none := uint64(0); none <= upTo; none += 31 {
		if op, ok := tp.OperationAt(none, upTo); ok && !calls[none] {
			t.Errorf("event %d is the call of %v", none, op)
		}
	}
}
