package faults_test

import (
	"fmt"
	"math/bits"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/internal/golden"
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
	for seed := range uint64(150) {
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

// TestStormGolden shows what is drawn: few faults for low seeds, another mixture for each.
func TestStormGolden(t *testing.T) {
	var b strings.Builder
	for _, seed := range []uint64{1, 2, 12, 13, 100} {
		fmt.Fprintf(&b, "seed %d\n%s", seed, stormOf(everything, 12).Draw(newQuiet(t, seed, 5), 20*time.Second))
	}
	golden.Check(t, b.String(), "testdata/storm.golden")
}

func ExampleStorm_Draw() {
	storm := faults.DefaultStorm
	storm.Budget = faults.Budget{Down: 1, PowerLoss: faults.AllServers, Delay: 100 * time.Millisecond}
	c := newPair()
	defer c.w.Close()
	fmt.Print(storm.Draw(c, 20*time.Second))
	// Output:
	// at 13.379s: restart random 1 of leader
	// at 13.791s: restart random 1 of leader
}

// TestStormKeepsItsBudget runs what was drawn, and adds up, whenever something has begun
// or ended, what is in force then, from what the plan says alone.
func TestStormKeepsItsBudget(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const end = 4 * time.Second
		servers := rapid.IntRange(1, 7).Draw(t, "servers")
		share := rapid.SampledFrom([]faults.Share{0, 1, faults.MinorityServers, faults.AllServers})
		b := everything
		b.Down, b.PowerLoss = share.Draw(t, "down"), share.Draw(t, "power-loss")
		b.Disk, b.Damage = share.Draw(t, "disk"), share.Draw(t, "damage")
		b.Recover = time.Duration(rapid.IntRange(0, 1).Draw(t, "recover")) * 300 * time.Millisecond
		c := newQuiet(t, rapid.Uint64().Draw(t, "seed"), servers)
		c.leader = func() string { return c.servers[0] }
		keepsBudget(t, c, stormOf(b, 30), end)
	})
}

// TestPowerComesBack has a storm in which more may be out while power is lost: those
// that are down when it comes back must not be more than may be without.
func TestPowerComesBack(t *testing.T) {
	for seed := range uint64(40) {
		seed += 1000 // whose storms are large
		storm := stormOf(faults.Budget{Down: 1, PowerLoss: faults.AllServers}, 12)
		storm.Families, storm.Longest = []string{"crash", "power"}, 2*time.Second
		keepsBudget(t, newQuiet(t, seed, 4), storm, 8*time.Second)
	}
}

// keepsBudget runs a storm and looks at what is in force.
func keepsBudget(t tester, c *toy, storm *faults.Storm, end time.Duration) {
	t.Helper()
	drawn := storm.Draw(c, end)
	plan, err := drawn.Install(c)
	if err != nil {
		t.Fatalf("%v\n%s", err, drawn)
	}
	a := &accounts{c: c, b: &storm.Budget, plan: plan, left: map[string]time.Duration{}, damaged: map[string]bool{}}
	for seen := 0; c.w.Now() < end; seen = len(plan.Log()) {
		c.w.Run(time.Millisecond)
		if len(plan.Log()) == seen && c.w.Now()%(20*time.Millisecond) != 0 {
			continue // nothing has begun or ended
		}
		if wrong := a.audit(); wrong != "" {
			t.Fatalf("at %v %s, and in force is\n%v\nof\n%s", c.w.Now(), wrong, plan.InForce(), drawn)
		}
	}
}

// accounts is what a storm has taken from its budget.
type accounts struct {
	c       *toy
	b       *faults.Budget
	plan    *faults.Plan
	left    map[string]time.Duration // when a server was last out
	power   time.Duration            // when power was last lost, or minus a day
	lost    bool
	damaged map[string]bool
}

// audit says what is beyond the budget now.
func (a *accounts) audit() string {
	now, n := a.c.w.Now(), len(a.c.servers)
	var disks = map[string]bool{}
	sums := map[string]float64{}
	cuts := map[faults.Link]bool{}
	for _, f := range a.plan.InForce() {
		what, err := faults.ParseWhat(f.Text)
		if err != nil {
			return err.Error()
		}
		act := what.(faults.Act)
		switch act.Verb {
		case "power-loss":
			a.power, a.lost = now, true
			fallthrough
		case "crash", "pause", "clog", "wipe":
			for _, s := range f.Nodes {
				a.left[s] = now
			}
		case "partition", "isolate", "majority-ring", "cut", "hold":
			for _, l := range f.Links {
				cuts[l] = true
			}
		case "disk full", "disk read-error", "disk write-error", "disk sync-error", "disk torn-write":
			for _, s := range f.Nodes {
				disks[s] = true
			}
		case "loss", "duplicate", "reorder", "corrupt":
			sums["loss"] += act.Amounts[0].Float()
		case "delay", "jitter":
			sums["delay"] += act.Amounts[0].Float()
		case "clock drift":
			sums["drift"] += max(act.Amounts[0].Float(), -act.Amounts[0].Float())
		case "clock jump", "clock strobe":
			sums["jump"] += max(act.Amounts[0].Float(), -act.Amounts[0].Float())
		}
		if act.Verb == "wipe" || act.Verb == "disk sync-lies" {
			for _, s := range f.Nodes {
				a.damaged[s] = true
			}
		}
	}
	out := a.cutOff(cuts)
	switch allowed := a.allowed(now, n); {
	case out > allowed:
		return fmt.Sprintf("%d servers are out, and %d may be", out, allowed)
	case len(disks) > a.b.Disk.Of(n):
		return fmt.Sprintf("the disks of %v fail", disks)
	case len(a.damaged) > a.b.Damage.Of(n):
		return fmt.Sprintf("the disks of %v are damaged", a.damaged)
	case sums["loss"] > a.b.Loss.Float()+1e-9 || sums["drift"] > a.b.Drift.Float()+1e-9 ||
		sums["delay"] > float64(a.b.Delay) || sums["jump"] > float64(a.b.Jump):
		return fmt.Sprintf("the sums are %v", sums)
	}
	return ""
}

func (a *accounts) allowed(now time.Duration, n int) int {
	if a.lost && now-a.power <= a.b.Recover {
		return max(a.b.Down.Of(n), a.b.PowerLoss.Of(n))
	}
	return a.b.Down.Of(n)
}

// cutOff counts the servers that are out: those that were, not too long ago, and the fewest
// of the others without which there is no cut, found by trying all.
func (a *accounts) cutOff(cuts map[faults.Link]bool) int {
	now := a.c.w.Now()
	down := 0
	var up []string
	for _, s := range a.c.servers {
		if at, was := a.left[s]; was && now-at <= a.b.Recover {
			down++
		} else {
			up = append(up, s)
		}
	}
	best := len(up)
	for set := range 1 << len(up) {
		whole := true
		for i, x := range up {
			for j, y := range up {
				if set&(1<<i) == 0 && set&(1<<j) == 0 && cuts[faults.Link{From: x, To: y}] {
					whole = false
				}
			}
		}
		if whole {
			best = min(best, bits.OnesCount(uint(set)))
		}
	}
	return down + best
}
