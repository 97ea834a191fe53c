package faults_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/faults"
)

// everything is a budget that has something for every family.
var everything = faults.Budget{
	Down: faults.AllServers, PowerLoss: faults.AllServers, Recover: time.Second,
	Loss: faults.Amount{Unit: faults.Percent, N: 300_000}, Delay: 200 * time.Millisecond,
	Bandwidth: faults.Amount{Unit: faults.Rate, N: 64_000}, Slow: faults.Amount{Unit: faults.Factor, N: 20_000},
	Drift: faults.Amount{Unit: faults.PPM, N: 100_000_000}, Jump: 3 * time.Second,
	Disk: faults.AllServers, Damage: 1,
}

func stormOf(b faults.Budget, most int) *faults.Storm {
	s := faults.DefaultStorm
	s.Budget, s.Most = b, most
	return &s
}

// Whatever is drawn can be installed, ends in time, and is the same when it is drawn again.
func TestStormIsSound(t *testing.T) {
	const end = 20 * time.Second
	drawn := map[string]bool{}
	for seed := range uint64(400) {
		c := newQuiet(t, seed, int(1+seed%7))
		storm := stormOf(everything, 30)
		if errs := storm.Check(c, end); errs != nil {
			t.Fatal(errs)
		}
		s := storm.Draw(c, end)
		if again := storm.Draw(c, end); s.String() != again.String() {
			t.Fatalf("seed %d drew\n%sand then\n%s", seed, s, again)
		}
		if err := s.Check(c); err != nil || len(s) == 0 {
			t.Fatalf("seed %d: %v\n%s", seed, err, s)
		}
		for _, f := range s {
			if f.At+f.For > end {
				t.Errorf("seed %d: %s: it ends after %v", seed, f, end)
			}
			if act, ok := f.What.(faults.Act); ok {
				drawn[act.Verb] = true
			}
		}
	}
	if len(drawn) < 25 {
		t.Errorf("only %d acts were ever drawn: %v", len(drawn), drawn)
	}
}

func ExampleStorm_Draw() {
	storm := faults.DefaultStorm
	storm.Budget = faults.Budget{Down: 1, PowerLoss: faults.AllServers, Delay: 100 * time.Millisecond}
	c := newPair()
	defer c.w.Close()
	fmt.Print(storm.Draw(c, 20*time.Second))
	// Output:
	// at 6.07s for 233ms: power-loss all
	// at 10.221s: restart random 1 of leader
}
