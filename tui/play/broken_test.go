package play_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/nodes"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/scenarios/workload"
	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/tui/play"
)

// silent is a client's session of a system that nobody asks.
type silent struct{}

func (silent) Do(p *sim.Proc, _ workload.Op, _ time.Duration) (checker.Value, checker.Outcome) {
	p.Sleep(time.Millisecond)
	return checker.Nil, checker.OutcomeOK
}

// broken is a scenario of a system whose servers do something that they must not.
func broken(serve func(p *sim.Proc), judge func(r *scenarios.Run) scenarios.Result) *scenarios.Scenario {
	system := &scenarios.System{
		Name: "broken", Doc: "Package broken is for tests.", Nodes: 1, Workloads: []string{"request"},
		Place: func(c *scenarios.Cluster) {
			for _, name := range c.Servers() {
				c.World().Node(name, serve)
			}
		},
		Connect: func(*scenarios.Cluster, *sim.Proc) workload.Session { return silent{} },
		Checks:  []scenarios.Check{{Name: "judged", Claim: "nothing", Judge: judge}},
	}
	return &scenarios.Scenario{
		Name: "broken", Shows: "Something breaks.", System: system, Nodes: 1, Run: 2 * time.Second, Settle: time.Second, Checks: []string{"judged"},
		Workload: workload.Spec{Kind: "request", Clients: 1, Keys: 1, Every: 100 * time.Millisecond, Timeout: time.Second},
	}
}

func well(*scenarios.Run) scenarios.Result { return scenarios.Result{Verdict: checker.OK} }

// TestBroken: however a run breaks, it is shown up to where it did, and why.
func TestBroken(t *testing.T) {
	var chance atomic.Int64
	for _, c := range []struct {
		name, status, reason string
		serve                func(p *sim.Proc)
		judge                func(r *scenarios.Run) scenarios.Result
	}{
		{"panics", "crashed", "panic: out of luck", func(p *sim.Proc) { p.Sleep(time.Second); panic("out of luck") }, well},
		{"livelock", "stuck", "livelock", func(p *sim.Proc) {
			for p.Sleep(time.Second); ; {
				p.Sleep(0)
			}
		}, well},
		{"check", "crashed", "check judged panics: no idea", func(p *sim.Proc) { p.Sleep(time.Hour) }, func(*scenarios.Run) scenarios.Result { panic("no idea") }},
		{"fields", "ok", "", func(p *sim.Proc) {
			p.Show(func() []sim.Field { panic("nothing to show") })
			p.Sleep(time.Hour)
		}, well},
		{"chance", "ok", "", func(p *sim.Proc) {
			for {
				p.Sleep(time.Millisecond + time.Duration(chance.Add(1)))
			}
		}, well},
	} {
		s, err := play.Open(play.Script{Scenario: broken(c.serve, c.judge), Seed: 1})
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		s.Tape().Wait()
		r := s.Tape().Progress().Report
		if r == nil || r.Status != c.status || !strings.Contains(r.Reason, c.reason) {
			t.Errorf("%s: %+v, expected %s: %s", c.name, r, c.status, c.reason)
		}
		s.Go(s.Tape().Events())
		v := s.Tape().At(s.Event())
		if v.States[0] == nil {
			t.Errorf("%s: %+v", c.name, v)
		} else if c.name == "fields" && v.States[0].Field("panic") != "nothing to show" {
			t.Errorf("the node shows %v", v.States[0].Fields)
		}
		if c.name == "chance" {
			s.GoAt(1500 * time.Millisecond)
			if err := s.Do("pause n1"); err != nil {
				t.Fatal(err)
			}
			s.Follow()
			hash(s)
			if err := s.Tape().Progress().Err; err == nil || !strings.Contains(err.Error(), "not repeatable") {
				t.Errorf("%v, expected that it is not repeatable", err)
			}
		}
		s.Close()
	}
}

// TestNeverYields: a process that does not come back is left behind, and so does not hold up
// who looks on.
func TestNeverYields(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds, and two minutes under the race detector, to be sure that a process does not yield")
	}
	var enough atomic.Bool
	defer enough.Store(true)
	s, err := play.Open(play.Script{Scenario: broken(func(p *sim.Proc) {
		for p.Sleep(time.Second); !enough.Load(); {
		}
	}, well), Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for !s.Tape().Progress().Ended { // all of this answers meanwhile
		s.GoAt(time.Second / 2)
		s.Follow()
		s.Tape().At(s.Event())
		time.Sleep(time.Millisecond)
	}
	if r := s.Report(); r == nil || r.Status != "stuck" || !strings.Contains(r.Reason, "did not yield") {
		t.Errorf("%+v", r)
	}
}

// TestSizes: there need be no clients and no faults, one node is enough and fifty are not too
// many.
func TestSizes(t *testing.T) {
	for _, n := range []int{1, 50} {
		sc := broken(func(p *sim.Proc) { p.Sleep(time.Hour) }, well)
		sc.Nodes, sc.Workload.Clients = n, 0
		s, err := play.Open(play.Script{Scenario: sc, Seed: 1})
		if err != nil {
			if !strings.Contains(err.Error(), "client") {
				t.Fatal(err)
			}
			sc.Workload.Clients = 1
			if s, err = play.Open(play.Script{Scenario: sc, Seed: 1}); err != nil {
				t.Fatal(err)
			}
		}
		s.Tape().Wait()
		s.GoAt(time.Second)
		if v := s.Tape().At(s.Event()); len(v.Nodes) < n || s.Report() == nil || s.Report().Status != "ok" {
			t.Errorf("%d nodes: %d are shown, %+v", n, len(v.Nodes), s.Report())
		}
		s.Close()
	}
}

// TestNothingLeft: whatever was begun and is not looked at any more ends, and soon: runs that
// were undone, forked off, run again or left while they went on.
func TestNothingLeft(t *testing.T) {
	before := runtime.NumGoroutine()
	sc, err := nodes.All.Load("raft/calm")
	if err != nil {
		t.Fatal(err)
	}
	long := *sc
	long.Run = 24 * time.Hour
	s, err := play.Open(play.Script{Scenario: &long, Seed: 1, Keep: 1})
	if err != nil {
		t.Fatal(err)
	}
	reach := func(events uint64) {
		for s.Follow(); s.Tape().Events() < events; s.Follow() {
			time.Sleep(time.Millisecond)
		}
	}
	reach(80_000)
	for s.Go(30_000); !s.Follow(); {
		time.Sleep(time.Millisecond)
	}
	for _, what := range []string{"crash leader", "isolate n1"} {
		if err := s.Do(what); err != nil {
			t.Fatal(err)
		}
		for !s.Follow() {
			time.Sleep(time.Millisecond)
		}
	}
	fork, err := s.Fork()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Undo(); err != nil {
		t.Fatal(err)
	}
	other := s.Script()
	other.Seed = 2
	if err := s.Change(other, "seed 2"); err != nil {
		t.Fatal(err)
	}
	fork.Close()
	s.Close()
	for i := 0; runtime.NumGoroutine() > before; i++ {
		if time.Sleep(time.Millisecond); i == 20_000 {
			buf := make([]byte, 1<<20)
			t.Fatalf("%d goroutines, expected %d\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
		}
	}
}

// TestSaveNowhere: a session that cannot be saved is not half saved.
func TestSaveNowhere(t *testing.T) {
	script := open(t, "echo/calm", 1, time.Second).Script()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("that is there"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, where := range []string{filepath.Join(dir, "none"), file} {
		if _, err := play.Save(script, where, "lost"); err == nil || !strings.Contains(err.Error(), where) {
			t.Errorf("saved into %s: %v", where, err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "taken_test.go"), []byte("package taken"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := play.Save(script, dir, "taken"); err == nil || !strings.Contains(err.Error(), "there already") {
		t.Errorf("saved over a test: %v", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("%v was left (%v)", entries, err)
	}
	if os.Geteuid() == 0 {
		return // may write everywhere
	}
	closed := t.TempDir()
	if err := os.Chmod(closed, 0o500); err != nil {
		t.Fatal(err)
	}
	if _, err := play.Save(script, closed, "lost"); err == nil {
		t.Error("saved into a directory that cannot be written")
	}
}
