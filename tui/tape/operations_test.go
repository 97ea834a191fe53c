package tape_test

import (
	"testing"
	"time"

	"github.com/orrery-sim/orrery/checker"
)

// TestEachOperation compares what is visited with all there are.
func TestEachOperation(t *testing.T) {
	tp := record(t, "raft/minority-leader", 42)
	all := tp.AllOperations()
	for _, from := range []int{-1, 0, 7, len(all) - 1, len(all)} {
		for _, forward := range []bool{false, true} {
			i := from
			tp.EachOperation(from, forward, func(got int, op *checker.Operation) bool {
				if got != i || *op != all[i] {
					t.Fatalf("operation %d is %v, expected %d, %v", got, op, i, all[i])
				}
				if forward {
					i++
				} else {
					i--
				}
				return true
			})
			end := -1
			if forward {
				end = len(all)
			}
			if from >= 0 && from < len(all) && i != end {
				t.Errorf("from %d the last is %d, expected %d", from, i, end)
			}
		}
	}
	for _, at := range []time.Duration{0, 5 * time.Second, time.Hour} {
		want := 0
		for _, op := range all {
			if op.Call <= int64(at) {
				want++
			}
		}
		if got := tp.OperationsBy(at); got != want {
			t.Errorf("%d operations by %v, expected %d", got, at, want)
		}
	}
}
