package workload_test

import (
	"strings"
	"testing"
	"time"

	_ "github.com/orrery-sim/orrery/internal/steady"
	"pgregory.net/rapid"

	"github.com/orrery-sim/orrery/scenarios/workload"
	"github.com/orrery-sim/orrery/sim"
)

// loads draws stages that are neither very short nor very slow.
func loads(t *rapid.T) workload.Spec {
	s := workload.Defaults
	s.Kind, s.Timeout, s.Clients = "request", time.Millisecond, rapid.IntRange(1, 4).Draw(t, "clients")
	for range rapid.IntRange(1, 4).Draw(t, "stages") {
		rate := func(what string) float64 { return float64(rapid.IntRange(0, 300).Draw(t, what)) }
		st := workload.Stage{For: time.Duration(rapid.IntRange(100, 4000).Draw(t, "for, in ms")) * time.Millisecond, Rate: rate("from"), To: rate("to")}
		s.Stages = append(s.Stages, st)
	}
	return s
}

// expected is how many operations are called before a time: the area under the rates,
// summed in slices so thin that it needs no formula.
func expected(s workload.Spec, until time.Duration) float64 {
	const slice = 100 * time.Microsecond
	sum, begin := 0.0, time.Duration(0)
	for _, st := range s.Stages {
		for at := time.Duration(0); at < st.For && begin+at < until; at += slice {
			part := (float64(at) + float64(slice)/2) / float64(st.For)
			sum += (st.Rate + part*(st.To-st.Rate)) * slice.Seconds()
		}
		begin += st.For
	}
	if last := s.Stages[len(s.Stages)-1]; until > begin {
		sum += last.To * (until - begin).Seconds()
	}
	return sum
}

// TestStages compares how many operations have been called, at times anywhere, with
// the area under the rates: exactly for constant arrivals, within what chance allows
// for Poisson ones.
func TestStages(t *testing.T) {
	for _, arrivals := range []string{workload.Constant, workload.Poisson} {
		rapid.Check(t, func(t *rapid.T) {
			s := loads(t)
			s.Arrivals = arrivals
			if err := s.Check(); err != nil {
				t.Fatal(err)
			}
			w := sim.New(sim.Config{Seed: rapid.Uint64().Draw(t, "seed")})
			defer w.Close()
			w.Node("server", registers(0))
			const end = 8 * time.Second
			run := workload.Start(w, s, end, connect)
			w.RunUntil(func() bool { return w.ClientsLeft() == 0 }, time.Hour)
			for _, until := range []time.Duration{end / 7, end / 3, end / 2, end} {
				n := 0
				for _, op := range run.Ops() {
					if op.Call < int64(until) {
						n++
					}
				}
				want := expected(s, until)
				slack := 1.1 // the clocks' last digits, and the operation that is due at this instant
				if arrivals == workload.Poisson {
					slack = 6 + 6*sqrt(want)
				}
				if d := float64(n) - want; d > slack || d < -slack {
					t.Fatalf("%d operations before %v, expected %.1f", n, until, want)
				}
			}
		})
	}
}

func sqrt(x float64) float64 {
	root := max(x, 1)
	for range 40 {
		root = (root + x/root) / 2
	}
	return root
}

// TestConstant has the operations of all clients evenly spaced.
func TestConstant(t *testing.T) {
	s := workload.Defaults
	s.Kind, s.Rate, s.Arrivals, s.Clients = "request", 100, workload.Constant, 3
	for i, op := range quiet(t, s, 0) {
		want := time.Duration(i+1) * 10 * time.Millisecond
		if d := time.Duration(op.Call) - want; d < -10 || d > 10 {
			t.Fatalf("operation %d was called at %v, expected %v", i, time.Duration(op.Call), want)
		}
	}
}

// TestRequests are gets and posts, without a last round of reads.
func TestRequests(t *testing.T) {
	s := workload.Defaults
	s.Kind, s.Rate, s.Reads = "request", 100, 0.75
	names := map[string]int{}
	for _, op := range quiet(t, s, 0) {
		names[op.Op]++
		if op.Call >= int64(20*time.Second) || !op.Input.IsNil() {
			t.Fatalf("%v", op)
		}
	}
	if len(names) != 2 || names["get"] < 2*names["post"] || names["post"] == 0 {
		t.Errorf("operations %v", names)
	}
}

func TestLoopErrors(t *testing.T) {
	bad := workload.Defaults
	bad.Rate, bad.Arrivals = 5, "poison"
	bad.Stages = []workload.Stage{{For: 0, Rate: -1, To: 1e10}, {For: 900 * time.Hour}, {For: 900 * time.Hour}}
	closed := workload.Defaults
	closed.Arrivals = workload.Constant
	const want = `rate stands beside stages, which have rates of their own: expected one of the two
arrivals is "poison", expected poisson or constant
for is 0s, expected a positive duration of at most 1000h0m0s
rate is -1, expected 0 to 1e9 per second
to is 1e+10, expected 0 to 1e9 per second
the stages last longer than 1000h0m0s
arrivals is constant in a closed loop, in which answers say when to ask: expected a rate or stages beside it`
	if got := bad.Check().Error() + "\n" + closed.Check().Error(); got != want {
		t.Errorf("%s\nexpected\n%s", got, want)
	}
}

func TestStagesSummary(t *testing.T) {
	s := workload.Defaults
	s.Kind, s.Arrivals = "request", workload.Constant
	s.Stages = []workload.Stage{{For: time.Second, Rate: 10, To: 10}, {For: 2 * time.Second, Rate: 10, To: 50}}
	if got := s.Summary(); !strings.HasSuffix(got, "10 for 1s, then 10 to 50 for 2s operations per second in all, evenly spaced") {
		t.Error(got)
	}
}

// TestSurges asks three times as often, in stages as elsewhere, while the load is tripled.
func TestSurges(t *testing.T) {
	for _, arrivals := range []string{workload.Constant, workload.Poisson} {
		s := workload.Defaults
		s.Kind, s.Arrivals, s.Stages = "request", arrivals, []workload.Stage{{For: 4 * time.Second, Rate: 100, To: 100}}
		w := sim.New(sim.Config{Seed: 1})
		defer w.Close()
		w.Node("server", registers(0))
		run := workload.Start(w, s, 4*time.Second, connect)
		w.Run(2 * time.Second)
		before := len(run.Ops())
		run.Surge(3)
		w.Run(2 * time.Second)
		after := len(run.Ops()) - before
		if before < 170 || before > 230 || after < 530 || after > 670 {
			t.Errorf("%s: %d operations in 2 s, and %d while the load was tripled, expected 200 and 600", arrivals, before, after)
		}
	}
}
