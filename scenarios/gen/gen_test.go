package gen_test

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/orrery-sim/orrery/internal/steady"
	"pgregory.net/rapid"

	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/internal/golden"
	"github.com/orrery-sim/orrery/nodes/echo"
	"github.com/orrery-sim/orrery/nodes/raft"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/scenarios/gen"
)

func load(t testing.TB, s *scenarios.System, name string) *scenarios.Scenario {
	t.Helper()
	sc, err := s.Scenario(name)
	if err != nil {
		t.Fatal(err)
	}
	return sc
}

// TestFaults has every fault that is drawn be one that a text stands for, and that can be
// done to the cluster.
func TestFaults(t *testing.T) {
	for _, system := range []*scenarios.System{raft.System, echo.System} {
		sc := load(t, system, "calm")
		run, err := scenarios.NewRun(sc, scenarios.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer run.Close()
		cluster := gen.For(sc)
		for _, e := range faults.Catalog {
			if !slices.Contains(cluster.Verbs, e.Name) {
				continue
			}
			rapid.Check(t, func(t *rapid.T) {
				f := cluster.Fault(e.Name).Draw(t, "fault")
				if err := f.Check(run.Cluster); err != nil {
					t.Fatalf("%s: %v", f, err)
				}
				if got, err := faults.Parse(f.String()); err != nil || !reflect.DeepEqual(got, f) {
					t.Fatalf("%s: read as %v, %v", f, got, err)
				}
				if f.At < cluster.From || f.At > cluster.To || f.For > cluster.Longest || (f.For == 0) != e.Instant {
					t.Fatalf("%s: not within %+v", f, cluster)
				}
			})
		}
	}
}

// TestVerbs has the faults be left out that cannot be done to a cluster, and no others.
func TestVerbs(t *testing.T) {
	var all, left []string
	for _, e := range faults.Catalog {
		all = append(all, e.Name)
	}
	missing := func(of []string) string {
		left = nil
		for _, name := range all {
			if !slices.Contains(of, name) {
				left = append(left, name)
			}
		}
		return strings.Join(left, ", ")
	}
	if got := missing(gen.For(load(t, raft.System, "calm")).Verbs); got != "drop message, deliver message, hold message, cores" {
		t.Errorf("to five servers cannot be done: %s", got)
	}
	if got := missing(gen.For(load(t, echo.System, "calm")).Verbs); got != "partition, isolate, bridge, majority-ring, drop message, deliver message, hold message, cores" {
		t.Errorf("to one server cannot be done: %s", got)
	}
}

// TestSchedules has schedules stay within their budget, as a run sees it.
func TestSchedules(t *testing.T) {
	sc := load(t, raft.System, "calm")
	sc.Run, sc.Settle = 3*time.Second, 0
	cluster := gen.For(sc)
	cluster.Verbs = []string{"isolate", "crash", "pause", "power-loss", "wipe", "disk slow", "delay"}
	cluster.Faults, cluster.Longest = 8, 2*time.Second
	most := 0
	rapid.Check(t, func(t *rapid.T) {
		cluster.Down = rapid.IntRange(1, 4).Draw(t, "down")
		schedule := cluster.Schedule().Draw(t, "faults")
		if len(schedule) > cluster.Faults {
			t.Fatalf("%d faults", len(schedule))
		}
		run, err := scenarios.NewRun(sc, scenarios.Options{Seed: 1, Faults: schedule})
		if err != nil {
			t.Fatal(err)
		}
		defer run.Close()
		run.Execute(func() bool {
			down := 0
			for _, f := range run.Faults.InForce() {
				if verb, _, _ := strings.Cut(f.Text, " "); verb != "disk" && verb != "delay" {
					down += len(f.Nodes)
				}
			}
			if down > cluster.Down {
				t.Fatalf("%d are down at %v, of at most %d:\n%v", down, run.World.Now(), cluster.Down, schedule)
			}
			most = max(most, down)
			return false
		})
	})
	if most < 3 {
		t.Errorf("at most %d servers were down at once: the budget is not used", most)
	}
}

func TestWorkload(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if w := gen.Workload("set", "counter").Draw(t, "workload"); w.Check() != nil || w.Kind != "set" && w.Kind != "counter" {
			t.Fatalf("%+v: %v", w, w.Check())
		}
	})
}

func TestPanics(t *testing.T) {
	for want, f := range map[string]func(){
		`gen: there is no fault "crahs"`: func() { gen.Cluster{}.Fault("crahs") },
		"gen: nodes: ":                   func() { gen.For(&scenarios.Scenario{System: echo.System}) },
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.HasPrefix(got, want) {
					t.Errorf("%s, expected %s", got, want)
				}
			}()
			f()
		}()
	}
}

// recorder is a test that keeps what it is told.
type recorder struct {
	testing.TB
	said   strings.Builder
	failed bool
}

func (r *recorder) Helper()                      {}
func (r *recorder) Name() string                 { return "TestAnyFaults" }
func (r *recorder) Logf(f string, args ...any)   { fmt.Fprintf(&r.said, f+"\n", args...) }
func (r *recorder) Log(args ...any)              { fmt.Fprintln(&r.said, args...) }
func (r *recorder) Errorf(f string, args ...any) { r.Logf(f, args...); r.failed = true }
func (r *recorder) Fatalf(f string, args ...any) { r.Errorf(f, args...); r.FailNow() }
func (r *recorder) Failed() bool                 { return r.failed }
func (r *recorder) FailNow()                     { r.failed = true; runtime.Goexit() }

// shown is what a property prints when it fails.
func shown(t *testing.T, property func(t *rapid.T)) string {
	t.Helper()
	r := &recorder{TB: t}
	done := make(chan bool)
	go func() {
		defer close(done)
		rapid.Check(r, property)
	}()
	<-done
	return r.said.String()
}

// TestShrinks has a property that does not hold for a mutant be shrunk by rapid to what
// the mistake needs, which docs/40-shrinking.md shows.
func TestShrinks(t *testing.T) {
	count, err := scenarios.Catalog{echo.System}.Load("testdata/count.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"rapid.nofailfile": "true", "rapid.checks": "1000"} { // with -short, too
		before := flag.Lookup(name).Value.String()
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
		defer flag.Set(name, before)
	}
	cluster := gen.For(count)
	property := func(t *rapid.T) {
		o := scenarios.Options{Mutant: "unsynced", Seed: rapid.Uint64Range(1, 1000).Draw(t, "seed")}
		o.Faults = cluster.Schedule().Draw(t, "faults")
		gen.Holds(t, count, o)
	}
	// (the property ends)
	got := shown(t, property)
	golden.Check(t, got, "testdata/shrinks.txt")

	chapter, err := os.ReadFile("../../docs/40-shrinking.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("gen_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, code, _ := strings.Cut(string(source), "\n\tcluster := gen.For(count)\n")
	code, _, _ = strings.Cut(code, "\t// (the property ends)")
	for _, text := range []string{got, strings.ReplaceAll(code, "\n\t", "\n")[1:]} {
		if !strings.Contains(string(chapter), text) {
			t.Errorf("docs/40-shrinking.md does not show:\n%s", text)
		}
	}
}
