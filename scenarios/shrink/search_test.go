package shrink

import (
	"slices"
	"testing"
	"time"

	_ "github.com/orrery-sim/orrery/internal/steady"
	"pgregory.net/rapid"

	"github.com/orrery-sim/orrery/faults"
)

// TestDdmin has what is left still fail, and nothing of it be superfluous.
func TestDdmin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfNDistinct(rapid.IntRange(0, 50), 1, 20, rapid.ID).Draw(t, "list")
		// It fails if it has all of some group: conjunctions of causes, several of them.
		var causes [][]int
		for range rapid.IntRange(1, 3).Draw(t, "causes") {
			causes = append(causes, rapid.SliceOfNDistinct(rapid.SampledFrom(list), 1, min(4, len(list)), rapid.ID).Draw(t, "cause"))
		}
		fails := func(part []int) bool {
			return slices.ContainsFunc(causes, func(cause []int) bool {
				return !slices.ContainsFunc(cause, func(n int) bool { return !slices.Contains(part, n) })
			})
		}
		left := ddmin(list, fails)
		if !fails(left) {
			t.Fatalf("%v does not fail", left)
		}
		for i := range left {
			if less := slices.Delete(slices.Clone(left), i, i+1); len(less) > 0 && fails(less) {
				t.Fatalf("of %v, %v is enough", left, less)
			}
		}
	})
}

func TestLeast(t *testing.T) {
	for _, c := range []struct{ from, need, want time.Duration }{
		{10 * time.Second, 3 * time.Second, 3100 * time.Millisecond},
		{10 * time.Second, 0, 300 * time.Millisecond},
		{15 * time.Millisecond, 0, 15 * time.Millisecond},
		{time.Second, time.Second, time.Second},
	} {
		got := c.from
		least(c.from, func(d time.Duration) bool {
			if d >= c.need {
				got = d
			}
			return d >= c.need
		})
		if got != c.want {
			t.Errorf("of %v, when %v are needed, %v is left, expected %v", c.from, c.need, got, c.want)
		}
	}
}

// TestParts has all parts of a fault be smaller, until there are none.
func TestParts(t *testing.T) {
	const run = 20 * time.Second
	todo := []faults.Fault{faults.MustParse(
		"at 2s for 3s every 5s times 2 until 19s: (crash n1 for 1s then after 2s pick pause n2 or cut n1 <-> n2) and (clog c1 and after leader hold n1 for 2s)")}
	seen := map[string]bool{}
	for len(todo) > 0 {
		f := todo[0]
		todo = todo[1:]
		for _, p := range parts(f, f.At, run) {
			if _, err := faults.Parse(p.String()); err != nil || seen[p.String()] {
				continue // no candidate
			}
			if seen[p.String()] = true; len(seen) > 5000 {
				t.Fatal("there is no end of it")
			}
			todo = append(todo, p)
		}
	}
	for _, want := range []string{"at 7s: pause n2", "at 2s: cut n1 <-> n2", "at 2s for 1s: crash n1", "at 2s: clog c1", "at 2s for 2s: hold n1"} {
		if !seen[want] {
			t.Errorf("%q is no part", want)
		}
	}
}

func TestHalf(t *testing.T) {
	for amount, want := range map[string]string{"at 1s: delay 100ms all": "50ms", "at 1s: slow 10x n1": "5x", "at 1s: slow 1.001x n1": "1.001x",
		"at 1s: bandwidth 64KB/s all": "128KB/s", "at 1s: loss 20% all": "10%", "at 1s: clock jump -3s n1": "-1.5s", "at 1s: disk bit-rot 1 n1": "1",
		"at 1s: drop message 8112": "8112"} {
		a := faults.MustParse(amount).What.(faults.Act).Amounts[0]
		if got := half(a).String(); got != want {
			t.Errorf("half of %v is %s, expected %s", a, got, want)
		}
	}
}
