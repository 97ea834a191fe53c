package scenarios

import (
	"testing"

	"github.com/orrery-sim/orrery/faults"
)

// stormy is calm with a storm that has a bit of everything, on three servers.
func stormy(t *testing.T) *Scenario {
	s := scenario(t, "nodes: 3")
	storm := faults.DefaultStorm
	storm.Budget = faults.Budget{Down: 1, PowerLoss: faults.AllServers, Loss: faults.Amount{Unit: faults.Percent, N: 200_000}, Disk: 1}
	storm.Longest = s.Run / 2
	s.Storm = &storm
	return s
}

// TestScheduleRepeatsTheRun runs storms, and the same scenario with their faults
// written down: the runs are equal to the last event.
func TestScheduleRepeatsTheRun(t *testing.T) {
	s := stormy(t)
	extra := faults.Schedule{faults.MustParse("at 1s for 100ms: pause n2")}
	hashes := map[string]bool{}
	for seed := range uint64(50) {
		r, err := NewRun(s, Options{Seed: seed, Faults: extra})
		if err != nil {
			t.Fatal(err)
		}
		all := r.Schedule()
		report := r.Execute(nil)
		r.Close()
		if len(all) != len(report.Storm)+1 || len(report.Storm) == 0 {
			t.Fatalf("seed %d: of the storm %q and one fault more the schedule is\n%s", seed, report.Storm, all)
		}
		written := *s
		written.Storm, written.Faults = nil, nil
		for _, f := range all { // as text, as in a file
			written.Faults = append(written.Faults, faults.MustParse(f.String()))
		}
		if again := execute(t, &written, Options{Seed: seed}); again.Hash != report.Hash {
			t.Errorf("seed %d: the hash is %s, and with the faults written down %s:\n%s", seed, report.Hash, again.Hash, all)
		}
		hashes[report.Hash] = true
	}
	if len(hashes) < 50 {
		t.Errorf("50 storms made %d different runs", len(hashes))
	}
}

func TestImpossibleStorm(t *testing.T) {
	s := stormy(t)
	s.Storm.Budget.Down = 4
	_, err := NewRun(s, Options{Seed: 1})
	if want := "storm: 4 of 3 servers"; err == nil || err.Error() != want {
		t.Errorf("the error is %v, expected %s", err, want)
	}
}
