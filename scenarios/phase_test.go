package scenarios

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/orrery-sim/orrery/internal/steady"
	"pgregory.net/rapid"

	"github.com/orrery-sim/orrery/checker"
)

const ms = time.Millisecond

// op is an operation with times in milliseconds.
func op(call, ret int64, outcome checker.Outcome) checker.Operation {
	o := checker.Operation{Call: call * int64(ms), Return: ret * int64(ms), Outcome: outcome}
	if ret < 0 {
		o.Return = checker.Never
	}
	return o
}

// TestPhases is of operations made by hand, whose numbers can be counted.
func TestPhases(t *testing.T) {
	ops := []checker.Operation{
		op(0, 10, checker.OutcomeOK),
		op(5, 25, checker.OutcomeOK),
		op(50, 80, checker.OutcomeFailed),
		op(90, 130, checker.OutcomeOK),       // counts in the first phase: there it was called
		op(200, 700, checker.OutcomeUnknown), // 500 ms of silence from here on
		op(690, 700, checker.OutcomeOK),
		op(900, -1, checker.OutcomeUnknown),
		op(1000, 1000, checker.OutcomeOK), // called as the run ended
	}
	marks := []mark{{100 * ms, []string{"crash n1"}}, {100 * ms, []string{"crash n1", "pause n2"}}, {700 * ms, nil}, {1000 * ms, []string{"late"}}}
	var b strings.Builder
	for _, p := range phases(ops, marks, 1000*ms) {
		fmt.Fprintf(&b, "%v-%v %v: %d asked %d ok %d failed %d unknown, %v %v %v, %v\n",
			p.From, p.To, p.Faults, p.Asked, p.OK, p.Failed, p.Unknown, p.P50, p.P99, p.Max, p.Unavailable)
	}
	const want = `0s-100ms []: 4 asked 3 ok 1 failed 0 unknown, 20ms 40ms 40ms, 0s
100ms-700ms [crash n1 pause n2]: 2 asked 1 ok 0 failed 1 unknown, 10ms 10ms 10ms, 500ms
700ms-1s []: 2 asked 1 ok 0 failed 1 unknown, 0s 0s 0s, 0s
`
	if b.String() != want {
		t.Errorf("%s\nexpected\n%s", b.String(), want)
	}
}

// TestPhasesOracle holds the numbers against the definitions, by looking at every
// operation for every millisecond.
func TestPhasesOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const end = 1500
		ops := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) checker.Operation {
			call := rapid.Int64Range(0, end).Draw(t, "call")
			return op(call, rapid.Int64Range(call+1, end+1).Draw(t, "return"), checker.Outcome(rapid.IntRange(0, 2).Draw(t, "outcome")))
		}), 0, 8).Draw(t, "ops")
		slices.SortStableFunc(ops, func(a, b checker.Operation) int { return cmp.Compare(a.Call, b.Call) })
		at := rapid.Int64Range(0, end-1).Draw(t, "mark")
		list := phases(ops, []mark{{time.Duration(at) * ms, []string{"x"}}}, end*ms)
		asked := 0
		for _, p := range list {
			asked += p.Asked
			if want := silence(ops, int64(p.From/ms), int64(p.To/ms)); p.Unavailable != want {
				t.Fatalf("phase %v-%v was unavailable for %v, expected %v", p.From, p.To, p.Unavailable, want)
			}
		}
		if asked != len(ops) {
			t.Fatalf("%d of %d operations count", asked, len(ops))
		}
	})
}

// silence walks through the milliseconds [from, to): one in which something waits
// belongs to a stretch that an answer ends.
func silence(ops []checker.Operation, from, to int64) time.Duration {
	var total, begin time.Duration = 0, -1
	end := func(now time.Duration) {
		if begin >= 0 && now-begin > Gap {
			total += now - begin
		}
		begin = -1
	}
	for m := from; m < to; m++ {
		now := time.Duration(m) * ms
		for i := range ops {
			if ops[i].Outcome == checker.OutcomeOK && time.Duration(ops[i].Return) == now {
				end(now)
			}
		}
		for i := range ops {
			call, ret := time.Duration(ops[i].Call), time.Duration(ops[i].Return)
			if begin < 0 && call <= now && ret > now {
				begin = now
			}
		}
	}
	end(time.Duration(to) * ms)
	return total
}

func TestQuantile(t *testing.T) {
	var hundred []time.Duration
	for i := range 100 {
		hundred = append(hundred, time.Duration(i+1))
	}
	for _, c := range []struct {
		sorted  []time.Duration
		percent int
		want    time.Duration
	}{{nil, 50, 0}, {hundred, 50, 50}, {hundred, 99, 99}, {hundred, 100, 100}, {hundred[:1], 1, 1}, {hundred[:3], 50, 2}} {
		if got := quantile(c.sorted, c.percent); got != c.want {
			t.Errorf("quantile %d of %d is %v, expected %v", c.percent, len(c.sorted), got, c.want)
		}
	}
}
