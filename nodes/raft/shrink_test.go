package raft

import (
	"context"
	"testing"

	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/scenarios/shrink"
)

// TestShrunk has the first seed that catches a mutant be shrunk: at most three faults are
// left, and what is left fails alike.
func TestShrunk(t *testing.T) {
	for i := range mutants {
		m := &mutants[i]
		if testing.Short() && m.Name != readsWithoutQuorum && m.Name != syncsAgain {
			continue
		}
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			sc, err := System.Scenario(m.Scenario)
			if err != nil {
				t.Fatal(err)
			}
			for seed := uint64(1); seed <= uint64(m.Seeds); seed++ {
				o := scenarios.Options{Seed: seed, Mutant: m.Name}
				r, err := shrink.Run(context.Background(), shrink.Config{Scenario: sc, Options: o, Check: m.Check})
				if err != nil {
					continue // this seed does not catch it
				}
				t.Logf("seed %d, %d runs: from %v to %v\n%s", seed, r.Runs, r.Before, r.After, r.Scenario.YAML())
				const most = 3
				if r.After.Faults > most || !r.Whole {
					t.Errorf("%d faults are left after %d runs", r.After.Faults, r.Runs)
				}
				again := execute(t, r.Scenario, r.Scenario.DefaultSeed())
				if !again.AsExpected() || again.MustFail != m.Check {
					t.Errorf("what is left is %s: %s", again.Status, again.Reason)
				}
				return
			}
			t.Errorf("no seed up to %d catches it", m.Seeds)
		})
	}
}

func execute(t *testing.T, s *scenarios.Scenario, seed uint64) *scenarios.Report {
	t.Helper()
	run, err := scenarios.NewRun(s, scenarios.Options{Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	return run.Execute(nil)
}
