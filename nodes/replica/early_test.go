package replica_test

import (
	"testing"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/nodes/replica"
	"github.com/orrery-sim/orrery/scenarios"
)

// TestEndedEarly judges nothing of a run that has not come to its end which only the end
// can show: in the middle of a failover the servers differ, and nothing is wrong with it.
func TestEndedEarly(t *testing.T) {
	s, err := replica.System.Scenario("failover")
	if err != nil {
		t.Fatal(err)
	}
	for until := 5 * time.Second; until < 7*time.Second; until += 100 * time.Millisecond {
		run, err := scenarios.NewRun(s, scenarios.Options{Seed: 1, Until: until})
		if err != nil {
			t.Fatal(err)
		}
		report := run.Execute(nil)
		run.Close()
		for _, c := range report.Checks {
			if c.Check == "convergence" && c.Verdict != checker.Unknown {
				t.Errorf("%v of %s: %v %s", until, s.FullName(), c.Verdict, c.Reason)
			}
		}
	}
}
