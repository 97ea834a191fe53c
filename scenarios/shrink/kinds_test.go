package shrink

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/nodes/echo"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/scenarios/workload"
	"github.com/orrery-sim/orrery/sim"
)

// fragile is a server that dies of what its mutant cannot bear.
var fragile = &scenarios.System{
	Name: "fragile", Nodes: 3, Workloads: []string{"register"},
	Knobs:   []scenarios.Knob{{Name: "depth", Default: "1", Help: "nothing"}},
	Mutants: []scenarios.Mutant{{Name: "panics", Breaks: "it dies of a restart"}, {Name: "deaf", Breaks: "it answers nobody after a restart"}},
	Scenarios: fstest.MapFS{"scenarios/calm.yaml": {Data: []byte(
		"scenario: calm\nsystem: fragile\nknobs: {depth: 2}\nworkload: {clients: 3, keys: 2}\nlink: {loss: 0.01}\n" +
			"faults: [{at 1s for 1s: pause random 1}, {at 3s every 2s times 3: restart n2}]\nrun: 9s\nsettle: 4s\n")}},
	Place: func(c *scenarios.Cluster) {
		for _, name := range c.Servers() {
			boots := 0
			c.World().Node(name, func(p *sim.Proc) {
				if boots++; boots > 1 && c.Mutant("panics") {
					panic("restarted")
				}
				if deaf := boots > 1 && c.Mutant("deaf"); !deaf {
					p.Serve(func(*sim.Proc, sim.Message) (any, error) { return nil, nil })
				}
			})
		}
	},
	Connect: func(c *scenarios.Cluster, _ *sim.Proc) workload.Session { return session{c} },
}

type session struct{ c *scenarios.Cluster }

func (s session) Do(p *sim.Proc, _ workload.Op, timeout time.Duration) (checker.Value, checker.Outcome) {
	servers := s.c.Servers()
	if _, err := sim.Call[any](p, servers[min(1, len(servers)-1)], "anything", timeout); err != nil {
		return checker.Nil, checker.OutcomeUnknown
	}
	return checker.Nil, checker.OutcomeOK
}

// TestOutcomes has runs that crash or make no progress be shrunk too.
func TestOutcomes(t *testing.T) {
	calm, err := fragile.Scenario("calm")
	if err != nil {
		t.Fatal(err)
	}
	calm.Checks = []string{"progress"}
	for _, c := range []struct{ mutant, check, target, expect string }{
		{"panics", "", Crashed, "crashed"},
		{"panics", Crashed, Crashed, "crashed"},
		{"deaf", "", "progress", "stuck"},
		{"deaf", Stuck, Stuck, "stuck"},
	} {
		r, err := Run(context.Background(), Config{Scenario: calm, Options: scenarios.Options{Seed: 1, Mutant: c.mutant}, Check: c.check})
		if err != nil {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		s := r.Scenario
		if r.Check != c.target || s.Expect.String() != c.expect || len(s.Faults) != 1 || !strings.HasSuffix(s.Faults[0].String(), ": restart n1") ||
			s.Nodes != 1 || s.Workload.Clients != 1 || len(s.Knobs) > 0 || s.Link != scenarios.DefaultLink || r.After.Time >= r.Before.Time {
			t.Errorf("%+v: %s of %v\n%s", c, r.Check, r.After, s.YAML())
		}
		run, err := scenarios.NewRun(s, scenarios.Options{Seed: s.DefaultSeed()})
		if err != nil {
			t.Fatal(err)
		}
		if report := run.Execute(nil); !report.AsExpected() {
			t.Errorf("%+v: what is left is %s", c, report.Status)
		}
		run.Close()
	}
}

// TestMended is that a failure for which no mutant is to blame is saved as what must be.
func TestMended(t *testing.T) {
	sc, err := echo.System.Scenario("restarts")
	if err != nil {
		t.Fatal(err)
	}
	lies := faults.Schedule{faults.MustParse("at 1s: disk sync-lies n1")}
	r, err := Run(context.Background(), Config{Scenario: sc, Options: scenarios.Options{Seed: 3, Faults: lies}})
	if err != nil {
		t.Fatal(err)
	}
	s := r.Scenario
	if s.Expect != sim.OK || s.Check != "linearizable" || s.Name != "restarts-linearizable-seed3" || len(s.Faults) != 2 || s.Mutant != "" {
		t.Errorf("saved as\n%s", s.YAML())
	}
	sc.Expect = sim.Violated // a scenario that teaches it
	if r, err = Run(context.Background(), Config{Scenario: sc, Options: scenarios.Options{Seed: 3, Faults: lies}}); err != nil || r.Scenario.Expect != sim.Violated {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestTakeApart has faults that cannot be written down as what they came to be simpler in
// the end, and still fail.
func TestTakeApart(t *testing.T) {
	sc, err := echo.System.Scenario("restarts")
	if err != nil {
		t.Fatal(err)
	}
	sc.Faults = faults.Schedule{faults.MustParse(
		"at 1s every 3s times 3 until 9s: (crash random 1 for 200ms then after 300ms crash n1 for 200ms) and pick loss 5% all or jitter 5ms all")}
	s := &search{
		ctx: context.Background(), seen: map[string]bool{},
		c: Config{Scenario: sc, Options: scenarios.Options{Seed: 1, Mutant: "unsynced"}, Runs: DefaultRuns},
	}
	if _, err := s.begin(); err != nil {
		t.Fatal(err)
	}
	s.takeApart()
	f := s.best.scenario.Faults
	if len(f) != 1 || f[0].Every != 0 || f[0].Until != (faults.Wait{}) || s.best.size.Acts != 1 {
		t.Errorf("left are %v", f)
	}
}
