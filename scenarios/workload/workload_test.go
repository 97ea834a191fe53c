package workload_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	_ "github.com/orrery-sim/orrery/internal/steady"
	"pgregory.net/rapid"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/scenarios/workload"
	"github.com/orrery-sim/orrery/sim"
)

// caller asks the node "server" with the operation itself.
type caller struct{}

func (caller) Do(p *sim.Proc, op workload.Op, timeout time.Duration) (checker.Value, checker.Outcome) {
	value, err := sim.Call[checker.Value](p, "server", op, timeout)
	switch {
	case errors.Is(err, sim.ErrRefused):
		return value, checker.OutcomeFailed
	case err != nil:
		return value, checker.OutcomeUnknown
	}
	return value, checker.OutcomeOK
}

func connect(*sim.Proc) workload.Session { return caller{} }

// registers answers reads and writes after a while.
func registers(think time.Duration) func(p *sim.Proc) {
	return func(p *sim.Proc) {
		stored := map[string]checker.Value{}
		p.Serve(func(p *sim.Proc, m sim.Message) (any, error) {
			op := m.Body.(workload.Op)
			p.Sleep(think)
			if op.Name == "write" {
				stored[op.Key] = op.Input
				return checker.Nil, nil
			}
			return stored[op.Key], nil
		})
	}
}

func Example() {
	w := sim.New(sim.Config{Seed: 1})
	defer w.Close()
	w.Node("server", registers(time.Millisecond))
	run := workload.Start(w, workload.Defaults, 10*time.Second, connect)
	w.RunUntil(func() bool { return w.ClientsLeft() == 0 }, time.Minute)
	model, _ := checker.ModelNamed(run.Model())
	result := checker.Linearizable{Model: model}.Check(run.History(), checker.Limits{})
	fmt.Println(result.Verdict, len(run.Ops()) > 700)
	// Output: ok true
}

// spec draws one that is sound, small, and of either loop.
func spec(t *rapid.T) workload.Spec {
	s := workload.Defaults
	s.Kind = rapid.SampledFrom(workload.Kinds).Draw(t, "kind").Name
	s.Clients = rapid.IntRange(1, 5).Draw(t, "clients")
	s.Keys = rapid.IntRange(1, 4).Draw(t, "keys")
	s.Every = time.Duration(rapid.IntRange(5, 50).Draw(t, "every in ms")) * time.Millisecond
	s.Rate = float64(rapid.SampledFrom([]int{0, 0, 100, 500}).Draw(t, "rate"))
	if s.Rate > 0 {
		s.Arrivals = rapid.SampledFrom([]string{"", workload.Poisson, workload.Constant}).Draw(t, "arrivals")
		for range rapid.IntRange(0, 3).Draw(t, "stages") {
			rate := func(what string) float64 { return float64(rapid.IntRange(0, 500).Draw(t, what)) }
			s.Stages = append(s.Stages, workload.Stage{For: 300 * time.Millisecond, Rate: rate("from"), To: rate("to")})
			s.Rate = 0
		}
	}
	s.Reads = rapid.Float64Range(0, 1).Draw(t, "reads")
	s.Zipf = rapid.Float64Range(0, 3).Draw(t, "zipf")
	s.Timeout = time.Duration(rapid.IntRange(5, 100).Draw(t, "timeout in ms")) * time.Millisecond
	return s
}

// TestHistories is what holds whatever breaks: the history is one that clients can
// have made, no value is used twice, and keys are those there are.
func TestHistories(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := spec(t)
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
		w := sim.New(sim.Config{Seed: rapid.Uint64().Draw(t, "seed"), Checking: true, Link: sim.Link{Latency: sim.Uniform(time.Millisecond, 9*time.Millisecond)}})
		defer w.Close()
		w.Node("server", registers(3*time.Millisecond))
		const end = time.Second
		run := workload.Start(w, s, end, connect)
		for _, name := range rapid.SliceOfN(rapid.SampledFrom([]string{"server", "c1", "c2"}), 0, 4).Draw(t, "restarted") {
			at := time.Duration(rapid.IntRange(0, 1000).Draw(t, "at")) * time.Millisecond
			if n := w.Lookup(name); n != nil {
				w.At(at, "restart", n.Restart)
			}
		}
		if out := w.RunUntil(func() bool { return w.ClientsLeft() == 0 && w.Now() > end }, time.Hour); !out.OK() {
			t.Fatal(out)
		}
		judge(t, s, run.History(), end)
	})
}

func judge(t *rapid.T, s workload.Spec, h checker.History, end time.Duration) {
	if err := h.Validate(); err != nil {
		t.Fatal(err)
	}
	keys, inputs := map[string]bool{}, map[string]bool{}
	for i := range s.Keys {
		keys[fmt.Sprintf("k%d", i)] = true
	}
	for i, op := range h.Ops {
		if !keys[op.Key] {
			t.Fatalf("operation %d is about %q", i, op.Key)
		}
		if op.Call >= int64(end) && op.Op != "read" {
			t.Fatalf("operation %d, %v, after the end", i, op)
		}
		value := op.Input
		if list, ok := value.Elems(); ok {
			value = list[1] // of a compare-and-set, what it writes
		}
		if value.IsNil() || op.Op == "add-and-get" {
			continue
		}
		if inputs[value.String()] {
			t.Fatalf("operation %d, %v: the value was there before", i, op)
		}
		inputs[value.String()] = true
	}
}

// quiet runs a workload of which nothing goes wrong, for 20 s.
func quiet(t *testing.T, s workload.Spec, think time.Duration) []checker.Operation {
	t.Helper()
	w := sim.New(sim.Config{Seed: 1, Link: sim.Link{Latency: sim.Constant(time.Millisecond)}})
	defer w.Close()
	w.Node("server", registers(think))
	run := workload.Start(w, s, 20*time.Second, connect)
	if out := w.RunUntil(func() bool { return w.ClientsLeft() == 0 }, time.Hour); !out.OK() {
		t.Fatal(out)
	}
	return run.Ops()
}

// TestOpenLoop asks at its rate however slow the answers are.
func TestOpenLoop(t *testing.T) {
	s := workload.Defaults
	s.Rate = 200
	for _, think := range []time.Duration{time.Millisecond, 700 * time.Millisecond} {
		ops := quiet(t, s, think)
		n := len(ops) - s.Keys // the last reads
		// A Poisson number of 4000, whose standard deviation is 63.
		if n < 3750 || n > 4250 {
			t.Errorf("%d operations in 20s when an answer takes %v, expected about 4000", n, think)
		}
	}
}

// TestClosedLoop asks only when it was answered, and thinks meanwhile.
func TestClosedLoop(t *testing.T) {
	s := workload.Defaults
	for think, want := range map[time.Duration]int{0: 4 * 20_000 / 52, 200 * time.Millisecond: 4 * 20_000 / 252} {
		if n := len(quiet(t, s, think)) - s.Keys; n < want*95/100 || n > want*105/100 {
			t.Errorf("%d operations in 20s when an answer takes %v, expected about %d", n, think, want)
		}
	}
}

// TestShares has keys and reads drawn as often as they shall be.
func TestShares(t *testing.T) {
	s := workload.Defaults
	s.Rate, s.Keys, s.Reads = 1000, 4, 0.25
	for skew, want := range map[float64][]float64{0: {0.25, 0.25, 0.25, 0.25}, 1: {0.48, 0.24, 0.16, 0.12}} {
		s.Zipf = skew
		ops := quiet(t, s, 0)
		counts, reads := map[string]int{}, 0
		for _, op := range ops {
			counts[op.Key]++
			if op.Op == "read" {
				reads++
			}
		}
		near := func(what string, n int, share float64) {
			if got := float64(n) / float64(len(ops)); got < share-0.02 || got > share+0.02 {
				t.Errorf("zipf %v: the share of %s is %.3f, expected about %.2f", skew, what, got, share)
			}
		}
		near("reads", reads, 0.25)
		for i, share := range want {
			near(fmt.Sprintf("k%d", i), counts[fmt.Sprintf("k%d", i)], share)
		}
	}
}

// TestLastReads has the first client end with a read of every key, and with no more
// than a few tries of a server that is gone.
func TestLastReads(t *testing.T) {
	s := workload.Defaults
	s.Keys = 120
	ops := quiet(t, s, 0)
	last := ops[len(ops)-100:]
	for i, op := range last {
		if op.Op != "read" || op.Key != fmt.Sprintf("k%d", i) || op.Client != "c1" {
			t.Errorf("last read %d is %v", i, op)
		}
	}
	w := sim.New(sim.Config{Seed: 1})
	defer w.Close()
	w.Node("server", func(p *sim.Proc) {}) // refuses
	run := workload.Start(w, s, time.Second, connect)
	w.RunUntil(func() bool { return w.ClientsLeft() == 0 }, time.Hour)
	after := 0
	for _, op := range run.Ops() {
		if op.Call >= int64(time.Second) {
			after++
		}
	}
	if after != 5 || w.ClientsLeft() != 0 {
		t.Errorf("%d operations after the end", after)
	}
}

// TestCompareAndSet compares with something that was seen: such a one has a chance.
func TestCompareAndSet(t *testing.T) {
	s := workload.Defaults
	s.Kind = "cas-register"
	chances := 0
	for _, op := range quiet(t, s, 0) {
		if list, ok := op.Input.Elems(); ok && !list[0].IsNil() {
			chances++
		}
	}
	if chances < 100 {
		t.Errorf("%d compare-and-sets with a value that was seen", chances)
	}
}

func TestCheck(t *testing.T) {
	good := workload.Defaults
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	bad := workload.Spec{Kind: "sett", Clients: 1000, Keys: 1_000_001, Every: -1, Rate: 1e-9, Reads: 1.1, Zipf: -1, Timeout: -1}
	err := bad.Check()
	const want = `unknown kind of workload "sett", did you mean "set"?
clients is 1000, expected 1 to 999
keys is 1000001, expected 1 to 1000000
every is -1ns, expected a positive duration of at most 1000h0m0s
rate is 1e-09 per second, expected 0 for a closed loop, or 0.001 to 1e9
reads is 1.1, expected a share from 0 to 1
zipf is -1, expected 0 to 10
timeout is -1ns, expected a positive duration of at most 1000h0m0s`
	if err == nil || err.Error() != want {
		t.Errorf("%v\nexpected\n%s", err, want)
	}
	if e := new(workload.Error); !errors.As(err, &e) || e.Field != "kind" {
		t.Errorf("the first error is in field %q", e.Field)
	}
	bad = good
	bad.Kind = "zebra"
	if err := bad.Check(); err == nil || !strings.HasSuffix(err.Error(), "expected one of register, cas-register, counter, set, request") {
		t.Error(err)
	}
}

// TestKinds has a model for every kind.
func TestKinds(t *testing.T) {
	for _, k := range workload.Kinds {
		if _, err := checker.ModelNamed(k.Model); err != nil && k.Model != "" || k.Help == "" || workload.Find(k.Name).Name != k.Name {
			t.Errorf("kind %s: %v", k.Name, err)
		}
	}
	if workload.Find("none") != nil {
		t.Error("there is a kind none")
	}
}

func TestSummary(t *testing.T) {
	s := workload.Defaults
	if got := s.Summary(); got != "register, 4 clients, 3 keys, each again about 50ms after it was answered" {
		t.Error(got)
	}
	s.Rate = 10
	if got := s.Summary(); got != "register, 4 clients, 3 keys, 10 operations per second in all" {
		t.Error(got)
	}
}
