// Package systest examines a system as every system must be examined: one call in its
// test, and what is wrong with it is said.
//
//	func TestSystem(t *testing.T) { systest.Check(t, raft.System) }
//
// The seeds of each scenario are those from 1 to the flag -systest.seeds (20; 3 with
// -short). Every mutant is run over the seeds within which it says that it is caught.
package systest

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/sim"
)

var seedCount = flag.Uint64("systest.seeds", 0, "how many seeds of each scenario to run (default 20, or 3 with -short)")

func seeds() uint64 {
	switch {
	case *seedCount > 0:
		return *seedCount
	case testing.Short():
		return 3
	}
	return 20
}

// Check examines the system:
//
//   - its documents are complete;
//   - every scenario ends as it expects, over several seeds;
//   - the same seed gives the same hash, with an observer and in checking mode too,
//     which also finds messages that are changed after they were sent;
//   - messages that it does not know, and messages that come twice, do no harm;
//   - random restarts of servers, one at a time, do no harm;
//   - every mutant is caught by its check, within its seeds.
func Check(t *testing.T, s *scenarios.System) {
	t.Helper()
	t.Run("documents", func(t *testing.T) { documents(t, s) })
	for _, name := range s.ScenarioNames() {
		sc, err := s.Scenario(name)
		if err != nil {
			t.Errorf("scenario %s: %v", name, err)
			continue
		}
		t.Run("scenario/"+name, func(t *testing.T) {
			t.Parallel()
			sweep(t, sc, scenarios.Options{}, 1, seeds())
		})
		t.Run("hash/"+name, func(t *testing.T) {
			t.Parallel()
			hashes(t, sc)
		})
	}
	if sc := calm(t, s); sc != nil {
		t.Run("nuisances", func(t *testing.T) {
			t.Parallel()
			nuisances(t, sc)
		})
	}
	for i := range s.Mutants {
		t.Run("mutant/"+s.Mutants[i].Name, func(t *testing.T) {
			t.Parallel()
			mutant(t, s, &s.Mutants[i])
		})
	}
}

// documents says what a reader would miss.
func documents(t *testing.T, s *scenarios.System) {
	missing := func(what string, ok bool) {
		if !ok {
			t.Errorf("%s is missing", what)
		}
	}
	missing("Name", s.Name != "")
	missing("Doc", s.Doc != "")
	for _, heading := range []string{"# Promises", "# Messages", "# What it survives"} {
		missing("Doc: "+heading, strings.Contains(s.Doc, heading))
	}
	missing("Place", s.Place != nil)
	missing("Connect", s.Connect != nil)
	missing("a mutant", len(s.Mutants) > 0)
	missing("a scenario calm", calm(t, s) != nil)
	for _, k := range s.Knobs {
		missing("knob "+k.Name+": help", k.Help != "")
	}
	for _, c := range s.Checks {
		missing("check "+c.Name+": claim", c.Claim != "")
	}
	for _, m := range s.Mutants {
		missing("mutant "+m.Name+": the rule it breaks", m.Breaks != "")
		missing("mutant "+m.Name+": seeds", m.Seeds > 0)
	}
	for _, name := range s.ScenarioNames() {
		if sc, err := s.Scenario(name); err == nil {
			missing("scenario "+name+": shows", sc.Shows != "")
		}
	}
}

func calm(t *testing.T, s *scenarios.System) *scenarios.Scenario {
	sc, err := s.Scenario("calm")
	if err != nil {
		t.Logf("scenario calm: %v", err)
		return nil
	}
	return sc
}

// sweep runs seeds of a scenario, which must end as it expects.
func sweep(t *testing.T, sc *scenarios.Scenario, o scenarios.Options, from, to uint64) {
	t.Helper()
	sum, err := scenarios.Sweep{Scenario: sc, Options: o, From: from, To: to, Workers: 1, Stop: 3}.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range sum.Failures {
		t.Errorf("seed %d, %s, expected %s: %s\nreproduce: %s", f.Seed, f.Outcome, sum.Expected, f.Reason, f.Command)
	}
}

// hashes compares runs of one seed that must not differ.
func hashes(t *testing.T, sc *scenarios.Scenario) {
	plain := execute(t, sc, scenarios.Options{Seed: 1})
	watched := execute(t, sc, scenarios.Options{Seed: 1, Checking: true, Observe: func(r *scenarios.Run) {
		r.World.Observe(sim.ObserverFunc(func(e *sim.Event) { _ = e.String() }))
	}})
	if plain.Hash != watched.Hash {
		t.Errorf("seed 1 has the hash %s, and %s when it is observed in checking mode", plain.Hash, watched.Hash)
	}
	if watched.Status != plain.Status {
		t.Errorf("seed 1 is %s, and when it is observed in checking mode %s: %s", plain.Status, watched.Status, watched.Reason)
	}
}

func execute(t *testing.T, sc *scenarios.Scenario, o scenarios.Options) *scenarios.Report {
	t.Helper()
	r, err := scenarios.NewRun(sc, o)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	return r.Execute(nil)
}

// nonsense is a message that no system knows.
type nonsense struct{ Text string }

// nuisances runs the calm scenario with what a real network and its neighbours do.
func nuisances(t *testing.T, sc *scenarios.Scenario) {
	noisy := *sc
	noisy.Link.Duplicate, noisy.Link.Reorder = 0.2, 0.2
	for seed := uint64(1); seed <= min(seeds(), 5); seed++ {
		o := scenarios.Options{Seed: seed, Checking: true, Observe: func(r *scenarios.Run) {
			pester(r)
			restarts(r)
		}}
		if report := execute(t, &noisy, o); !report.AsExpected() {
			t.Errorf("seed %d with unknown and doubled messages and restarts: %s: %s", seed, report.Status, report.Reason)
		}
	}
}

// pester adds a client that asks every server what it does not know.
func pester(r *scenarios.Run) {
	r.World.Client("stranger", func(p *sim.Proc) {
		for i := range 5 {
			for _, s := range r.Cluster.Servers() {
				p.Send(s, nonsense{fmt.Sprint(i)})
				sim.Call[any](p, s, nonsense{fmt.Sprint(i)}, 100*time.Millisecond) // whatever it answers
			}
			p.Sleep(500 * time.Millisecond)
		}
	})
}

// restarts crashes one server after the other for a second.
func restarts(r *scenarios.Run) {
	rand := r.World.Rand("systest", "restarts")
	const apart, down = 4 * time.Second, time.Second
	for at := apart; at+down < r.Scenario.Run; at += apart {
		n := r.World.Lookup(sim.Pick(rand, r.Cluster.Servers()))
		r.World.At(at, "systest: crash "+n.Name(), n.Crash)
		r.World.At(at+down, "systest: restart "+n.Name(), n.Restart)
	}
}

// mutant runs a mistake until its check catches it.
func mutant(t *testing.T, s *scenarios.System, m *scenarios.Mutant) {
	sc, err := s.Scenario(m.Scenario)
	if err != nil {
		t.Fatal(err)
	}
	for seed := uint64(1); seed <= uint64(m.Seeds); seed++ {
		report := execute(t, sc, scenarios.Options{Seed: seed, Mutant: m.Name})
		for _, c := range report.Checks {
			if c.Check == m.Check && c.Verdict.String() == "violated" {
				t.Logf("caught by %s with seed %d: %s", c.Check, seed, c.Reason)
				return
			}
		}
	}
	t.Errorf("%s did not catch it in %s within %d seeds", m.Check, m.Scenario, m.Seeds)
}
