package shrink_test

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/nodes/echo"
	"github.com/orrery-sim/orrery/nodes/raft"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/scenarios/shrink"
)

func load(t testing.TB, s *scenarios.System, name string) *scenarios.Scenario {
	t.Helper()
	sc, err := s.Scenario(name)
	if err != nil {
		t.Fatal(err)
	}
	return sc
}

func Example() {
	sc, err := echo.System.Scenario("restarts")
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := shrink.Run(context.Background(), shrink.Config{
		Scenario: sc, Options: scenarios.Options{Seed: 1, Mutant: "unsynced"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Before)
	fmt.Println(r.After)
	fmt.Print(string(r.Scenario.YAML()))
	// Output:
	// 4 faults, 1 node, 3 clients, 548 operations, 13s
	// 1 fault, 1 node, 1 client, 2 operations, 1.52s
	// scenario: unsynced
	// shows: 'Shrunk from echo/restarts, seed 1: linearizable: read of k0 by c1 returned 0 at 1.067527712s, but everything added by then makes 1.'
	// system: echo
	// nodes: 1
	// workload: {kind: counter, clients: 1, keys: 1, every: 800ms}
	// faults:
	//   - at 500ms for 20ms: crash n1
	// checks: [linearizable]
	// run: 520ms
	// settle: 0s
	// expect: violated
	// seed: 2
	// mutant: unsynced
	// check: linearizable
}

// again runs a result as what was saved of it would be run.
func again(t *testing.T, s *scenarios.Scenario) *scenarios.Report {
	t.Helper()
	run, err := scenarios.NewRun(s, scenarios.Options{Seed: s.DefaultSeed()})
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	return run.Execute(nil)
}

// TestResult has what was found be smaller, fail in the check, be what it expects, and
// be the same whenever it is looked for.
func TestResult(t *testing.T) {
	sc := load(t, raft.System, "minority-leader")
	c := shrink.Config{Scenario: sc, Options: scenarios.Options{Seed: 1, Mutant: "answers-before-commit"}, Check: "acknowledged-writes"}
	r, err := shrink.Run(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	if r.After.Faults != 1 || r.After.Nodes > 3 || r.After.Clients > 1 || r.After.Ops > 100 || r.After.Time > 10*time.Second || !r.Whole {
		t.Errorf("from %v to %v\n%s", r.Before, r.After, r.Scenario.YAML())
	}
	report := again(t, r.Scenario)
	if !report.AsExpected() || !report.Failed(c.Check) || report.Events != r.After.Events {
		t.Errorf("saved, it is %s: %s", report.Status, report.Reason)
	}
	twice, err := shrink.Run(context.Background(), c)
	if err != nil || !reflect.DeepEqual(r, twice) {
		t.Errorf("the second time it is %+v, %v", twice, err)
	}
}

// TestBounds has the search keep what it has when its runs are spent or it is
// interrupted.
func TestBounds(t *testing.T) {
	sc := load(t, echo.System, "restarts")
	for _, most := range []int{1, 2, 7} {
		ctx, cancel := context.WithCancel(context.Background())
		last := 0
		c := shrink.Config{
			Scenario: sc, Options: scenarios.Options{Seed: 1, Mutant: "unsynced"}, Runs: most,
			Progress: func(p shrink.Progress) {
				if p.Runs != last+1 && last > 0 || p.Most < p.Runs || p.Best.Ops == 0 {
					t.Errorf("progress %+v after %d", p, last)
				}
				last = p.Runs
			},
		}
		r, err := shrink.Run(ctx, c)
		if err != nil || r.Runs != most || r.Whole || !again(t, r.Scenario).AsExpected() {
			t.Errorf("with %d runs: %+v, %v", most, r, err)
		}
		c.Runs, c.Progress = 0, func(p shrink.Progress) {
			if p.Runs == most+1 {
				cancel()
			}
		}
		r, err = shrink.Run(ctx, c)
		if err != nil || r.Runs > most+2 || r.Whole || !again(t, r.Scenario).AsExpected() {
			t.Errorf("interrupted after %d runs: %+v, %v", most, r, err)
		}
		cancel()
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := shrink.Run(ended, shrink.Config{Scenario: sc, Options: scenarios.Options{Mutant: "unsynced"}}); err != context.Canceled {
		t.Errorf("a search that never began: %v", err)
	}
}

func TestErrors(t *testing.T) {
	sc := load(t, echo.System, "restarts")
	for _, c := range []struct {
		config shrink.Config
		want   string
	}{
		{shrink.Config{Options: scenarios.Options{Seed: 1}}, "echo/restarts, seed 1, is ok: there is nothing to shrink\nhint: find a seed that fails with orrery sweep"},
		{shrink.Config{Options: scenarios.Options{Seed: 1, Mutant: "unsynced"}, Check: "linearisable"}, `unknown check of echo/restarts "linearisable", did you mean "linearizable"?`},
		{shrink.Config{Options: scenarios.Options{Seed: 1, Mutant: "unsynced"}, Check: "zebra"}, `unknown check of echo/restarts "zebra", expected one of crashed, stuck, linearizable, progress, says-back`},
		{shrink.Config{Options: scenarios.Options{Seed: 1, Mutant: "unsynced"}, Check: "says-back"}, "echo/restarts, seed 1, does not fail in check says-back but in linearizable: "},
		{shrink.Config{Options: scenarios.Options{Seed: 1, Mutant: "unsynced"}, Check: "crashed"}, "does not fail in check crashed but in linearizable: "},
		{shrink.Config{Options: scenarios.Options{Mutant: "unsinced"}}, `unknown mutant of system echo "unsinced", did you mean "unsynced"?`},
		{shrink.Config{Runs: -1}, "-1 runs and 0 seeds, expected no negative number"},
	} {
		c.config.Scenario = sc
		if _, err := shrink.Run(context.Background(), c.config); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v\nexpected %s", err, c.want)
		}
	}
}

// TestComposed has faults that are put together be taken apart, whatever holds them
// together.
func TestComposed(t *testing.T) {
	for _, line := range []string{
		"every 2s until 9s: pick crash n1 for 500ms or pause n1 for 500ms",
		"at 1s: (crash n1 for 500ms then pause n1 for 1s) and loss 20% all and clog c1 for 1s",
		"at 1s every 1500ms times 4: crash random 1 for 300ms",
	} {
		sc := *load(t, echo.System, "restarts")
		sc.Faults = faults.Schedule{faults.MustParse(line)}
		r, err := shrink.Run(context.Background(), shrink.Config{Scenario: &sc, Options: scenarios.Options{Seed: 1, Mutant: "unsynced"}})
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		if len(r.Scenario.Faults) != 1 || !strings.HasSuffix(r.Scenario.Faults[0].String(), ": crash n1") {
			t.Errorf("%s: left is\n%v", line, r.Scenario.Faults)
		}
	}
}
