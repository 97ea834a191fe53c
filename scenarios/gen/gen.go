// Package gen draws faults and workloads for property tests with
// [pgregory.net/rapid], which shrinks a property that fails to a minimal schedule.
//
//	func TestAnything(t *testing.T) {
//		calm, err := mysystem.System.Scenario("calm")
//		...
//		cluster := gen.For(calm)
//		rapid.Check(t, func(t *rapid.T) {
//			o := scenarios.Options{Seed: rapid.Uint64Range(1, 1000).Draw(t, "seed")}
//			o.Faults = cluster.Schedule().Draw(t, "faults")
//			gen.Holds(t, calm, o)
//		})
//	}
//
// What is drawn can be read: faults begin and last in tenths of a second, and what rapid
// takes for smaller is simpler: a node by its name before a role, one before several.
package gen

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/scenarios/workload"
)

// Cluster is what faults are drawn for.
type Cluster struct {
	Servers []string
	Roles   []string // beside names, faults may select these
	Verbs   []string // entries of [faults.Catalog] that may be drawn, by name

	From, To time.Duration // faults begin between these, both included
	Longest  time.Duration // how long one lasts at most
	Faults   int           // of a schedule, at most

	// Down is the budget: how many servers may be down, paused or cut off at once, and
	// how many one fault may meet.
	Down int

	onlyNames bool // select nodes by their names alone
}

// For is the cluster of a scenario: its servers and its system's roles, all faults that
// can be done to it, but for those of one message of one run, up to five, until its run ends, and a minority of the servers, or
// the only one, down at once. It panics if the scenario cannot be run.
func For(s *scenarios.Scenario) Cluster {
	run, err := scenarios.NewRun(s, scenarios.Options{})
	if err != nil {
		panic(fmt.Sprintf("gen: %v", err))
	}
	defer run.Close()
	const atMost, aFifth = 5, 5
	c := Cluster{
		Servers: run.Cluster.Servers(), Roles: run.Cluster.Roles(), To: s.Run - step,
		Longest: max(step, (s.Run / aFifth).Truncate(step)), Faults: atMost, Down: max(1, (s.Nodes-1)/2),
	}
	for _, e := range faults.Catalog {
		if c.can(run.Cluster, e.Name) {
			c.Verbs = append(c.Verbs, e.Name)
		}
	}
	return c
}

// can says whether a few faults that do the verb to nodes by name can be done. Of others it
// would not be known before a run.
func (c Cluster) can(cluster faults.Cluster, verb string) bool {
	if strings.HasSuffix(verb, " message") {
		return false // whether it is under way is not known before a run either
	}
	c.onlyNames = true
	const few = 5
	for i := range few {
		if c.Fault(verb).Example(i).Check(cluster) != nil {
			return false
		}
	}
	return true
}

// step is the grid of times that are drawn.
const step = 100 * time.Millisecond

// Any draws a fault that does any of the cluster's verbs.
func (c Cluster) Any() *rapid.Generator[faults.Fault] {
	return rapid.Custom(func(t *rapid.T) faults.Fault {
		return c.Fault(rapid.SampledFrom(c.Verbs).Draw(t, "verb")).Draw(t, "fault")
	})
}

// Fault draws a fault that does the entry of the catalog of that name. It begins at a
// time and, if it can, ends after one. It panics if there is no such entry.
func (c Cluster) Fault(verb string) *rapid.Generator[faults.Fault] {
	i := slices.IndexFunc(faults.Catalog, func(e faults.Entry) bool { return e.Name == verb })
	if i < 0 {
		panic(fmt.Sprintf("gen: there is no fault %q", verb))
	}
	e := &faults.Catalog[i]
	return rapid.Custom(func(t *rapid.T) faults.Fault {
		f := faults.Fault{What: c.act(t, e)}
		f.At = c.From + steps(t, 0, c.To-c.From, "at")
		if !e.Instant {
			f.For = steps(t, step, c.Longest, "for")
		}
		return f
	})
}

func steps(t *rapid.T, least, most time.Duration, label string) time.Duration {
	return time.Duration(rapid.IntRange(int(least/step), max(int(least/step), int(most/step))).Draw(t, label+", in tenths of a second")) * step
}

// Schedule draws any faults, at most so many as the cluster says, of which those that
// would exceed the budget together are left out.
func (c Cluster) Schedule() *rapid.Generator[faults.Schedule] {
	return rapid.Custom(func(t *rapid.T) faults.Schedule {
		return c.within(rapid.SliceOfN(c.Any(), 0, c.Faults).Draw(t, "faults"))
	})
}

// within keeps the faults, in their order, that do not exceed the budget with those
// before them.
func (c Cluster) within(drawn []faults.Fault) faults.Schedule {
	var kept faults.Schedule
	for _, f := range drawn {
		if c.down(append(slices.Clone(kept), f), f) <= c.Down {
			kept = append(kept, f)
		}
	}
	return kept
}

// takesDown are the verbs that keep servers from working.
var takesDown = []string{"partition", "isolate", "bridge", "cut", "clog", "hold", "crash", "power-loss", "wipe", "restart", "pause"}

// down is how many servers a schedule may keep from working at one moment at most while
// one of its faults is in force.
func (c Cluster) down(schedule faults.Schedule, f faults.Fault) int {
	most := 0
	for _, at := range schedule { // the most are down when one of them begins
		if at.At < f.At || at.At > f.At+f.For {
			continue
		}
		n := 0
		for _, g := range schedule {
			if g.At <= at.At && at.At <= g.At+g.For {
				n += c.meets(g)
			}
		}
		most = max(most, n)
	}
	return most
}

// meets is how many servers a fault keeps from working.
func (c Cluster) meets(f faults.Fault) int {
	a, ok := f.What.(faults.Act)
	if !ok || !slices.Contains(takesDown, a.Verb) {
		return 0
	}
	least := len(c.Servers) // the smaller of the groups
	for _, g := range a.Where.Groups {
		n := 0
		for _, term := range g {
			switch {
			case term.Random > 0:
				n += term.Random
			case term.Name == "all":
				n += len(c.Servers)
			case term.Name == "minority":
				n += (len(c.Servers) - 1) / 2
			case term.Name == "followers":
				n += len(c.Servers) - 1
			default:
				n++
			}
		}
		least = min(least, n)
	}
	return least
}

// Workload draws one of these kinds, small and of either loop.
func Workload(kinds ...string) *rapid.Generator[workload.Spec] {
	return rapid.Custom(func(t *rapid.T) workload.Spec {
		w := workload.Defaults
		w.Kind = rapid.SampledFrom(kinds).Draw(t, "kind")
		w.Clients = rapid.IntRange(1, 6).Draw(t, "clients")
		w.Keys = rapid.IntRange(1, 5).Draw(t, "keys")
		w.Every = time.Duration(rapid.IntRange(1, 20).Draw(t, "every, in 10 ms")) * 10 * time.Millisecond
		w.Rate = float64(rapid.SampledFrom([]int{0, 10, 50, 200}).Draw(t, "rate"))
		w.Reads = float64(rapid.IntRange(0, 10).Draw(t, "reads, in tenths")) / 10
		w.Zipf = float64(rapid.IntRange(0, 2).Draw(t, "zipf"))
		w.Timeout = time.Duration(rapid.IntRange(1, 20).Draw(t, "timeout, in 100 ms")) * 100 * time.Millisecond
		return w
	})
}

// Holds runs the scenario and fails the property, with the faults and the line that
// reproduces the run, if it does not end as it expects.
func Holds(t *rapid.T, s *scenarios.Scenario, o scenarios.Options) {
	run, err := scenarios.NewRun(s, o)
	if err != nil {
		t.Fatalf("%v", err)
	}
	defer run.Close()
	if report := run.Execute(nil); !report.AsExpected() {
		lines := "  " + strings.ReplaceAll(strings.TrimSpace(o.Faults.String()), "\n", "\n  ")
		t.Fatalf("%s\nwith the faults\n%s\nreproduce: %s", report.Reason, lines, report.Command)
	}
}
