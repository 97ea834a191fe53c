package play_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/orrery-sim/orrery/faults"
	_ "github.com/orrery-sim/orrery/internal/steady"
	"github.com/orrery-sim/orrery/nodes"
	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/tui/play"
)

// open plays a scenario that is cut short, and waits for its end.
func open(t testing.TB, name string, seed uint64, run time.Duration) *play.Session {
	t.Helper()
	s, err := nodes.All.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	s.Run, s.Settle = min(s.Run, run), min(s.Settle, run)
	s.Faults = slices.DeleteFunc(s.Faults, func(f faults.Fault) bool { return f.At >= run })
	p, err := play.Open(play.Script{Scenario: s, Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	p.Tape().Wait()
	return p
}

func hash(s *play.Session) string {
	for s.Report() == nil {
		s.Follow()
		time.Sleep(time.Millisecond) // leaves the processor to the run
	}
	return s.Report().Hash
}

// TestSession plays: crash, go on, back, undo, fork, isolate instead.
func TestSession(t *testing.T) {
	p := open(t, "raft/calm", 3, 9*time.Second)
	before := hash(p)
	p.GoAt(5 * time.Second)
	event := p.Event()
	if err := p.Do("crash leader"); err != nil {
		t.Fatal(err)
	}
	crashed := hash(p)
	if crashed == before {
		t.Fatal("the crash changed nothing")
	}
	if e, _ := p.Tape().Event(p.Event()); e.Kind != sim.KindCrash || p.At() != 5*time.Second {
		t.Fatalf("%v is shown, expected the crash that was asked for", e)
	}
	if p.StepTo(false, func(e *sim.Event) bool { return e.Kind != sim.KindCrash && e.Kind != sim.KindAct }); p.Event() != event {
		t.Fatalf("event %d is before the crash; it was asked for after event %d", p.Event(), event)
	}
	p.GoAt(8 * time.Second)
	if err := p.End(0); err != nil {
		t.Fatal(err)
	}
	if got := p.Script().Lines(); len(got) != 1 || !strings.HasPrefix(got[0], "at 5s for 3s: crash leader") {
		t.Fatalf("%q", got)
	}
	for _, want := range []string{crashed, before} {
		if _, err := p.Undo(); err != nil || hash(p) != want {
			t.Fatalf("undone: hash %s, expected %s (%v)", hash(p), want, err)
		}
	}
	if did, err := p.Redo(); err != nil || hash(p) != crashed || did != "crash leader at 5s" {
		t.Fatalf("done again: %q, hash %s, expected %s (%v)", did, hash(p), crashed, err)
	}
	if p.Go(event + 1); p.At() != 5*time.Second {
		t.Fatalf("at %v, expected the line of the crash, before it is done", p.At())
	}
	f, err := p.Fork()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if lines := f.Script().Lines(); len(lines) != 0 || hash(f) != before {
		t.Errorf("the fork before the crash has %q, hash %s, expected nothing, %s", lines, hash(f), before)
	}
	if err := f.Do("isolate leader"); err != nil {
		t.Fatal(err)
	}
	if h := hash(f); h == crashed || h == before || hash(p) != crashed {
		t.Errorf("the fork has hash %s", h)
	}
}

// TestAsIfFromTheStart: however a run was come to, by acts and undoing, it is the run of
// its script.
func TestAsIfFromTheStart(t *testing.T) {
	s, err := nodes.All.Load("raft/calm")
	if err != nil {
		t.Fatal(err)
	}
	s.Run, s.Settle = 3*time.Second, time.Second
	p, err := play.Open(play.Script{Scenario: s, Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	acts := []string{"crash leader", "isolate n1", "pause n2", "loss 20% all", "cut n1 -> n2", "delay 30ms n3", "partition minority | majority"}
	rapid.Check(t, func(t *rapid.T) {
		for range rapid.IntRange(1, 4).Draw(t, "steps") {
			p.GoAt(time.Duration(rapid.IntRange(0, 2900).Draw(t, "ms")) * time.Millisecond)
			var err error
			switch n := len(p.Script().Acts); {
			case n > 0 && rapid.Bool().Draw(t, "end"):
				err = p.End(rapid.IntRange(0, n-1).Draw(t, "which"))
			case rapid.Bool().Draw(t, "undo"):
				_, err = p.Undo()
			default:
				err = p.Do(rapid.SampledFrom(acts).Draw(t, "act"))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		again, err := play.Open(p.Script())
		if err != nil {
			t.Fatal(err)
		}
		if got, want := hash(p), hash(again); got != want || p.Tape().Progress().Err != nil {
			t.Fatalf("%s\nhash %s, expected %s (%v)", p.Script(), got, want, p.Tape().Progress().Err)
		}
	})
}

// TestSave runs the Go test that a session was saved as.
func TestSave(t *testing.T) {
	p := open(t, "raft/minority-leader", 42, 7*time.Second)
	p.GoAt(2 * time.Second)
	if err := p.Do("crash leader"); err != nil {
		t.Fatal(err)
	}
	want := hash(p)
	dir, err := os.MkdirTemp(".", "saved")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	saved, err := play.Save(p.Script(), dir, "crashed-leader")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(saved.Test)
	if err != nil || !strings.Contains(string(text), want) {
		t.Fatalf("%s: %v, expected it to have hash %s", text, err, want)
	}
	if _, err := play.Save(p.Script(), dir, "crashed-leader"); err == nil || !strings.Contains(err.Error(), "there already") {
		t.Errorf("saved twice: %v", err)
	}
	c := exec.Command("go", "test", ".")
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	broken := strings.Replace(string(text), want, "0123456789abcdef", 1)
	if err := os.WriteFile(saved.Test, []byte(broken), 0o644); err != nil {
		t.Fatal(err)
	}
	c = exec.Command("go", "test", ".")
	c.Dir = dir
	if out, err := c.CombinedOutput(); err == nil || !strings.Contains(string(out), "another run than the one that was played") {
		t.Errorf("with another hash it passes: %s", out)
	}
	if list, _ := filepath.Glob(filepath.Join(dir, ".*")); len(list) != 0 {
		t.Errorf("left behind: %v", list)
	}
}

func TestSaveName(t *testing.T) {
	p := open(t, "echo/calm", 1, time.Second)
	for _, name := range []string{"", "Upper", "../x", "a b", "x-", "1x"} {
		if _, err := play.Save(p.Script(), t.TempDir(), name); err == nil {
			t.Errorf("saved as %q", name)
		}
	}
}

func ExampleBetween() {
	fmt.Println(play.Between(5000123456, 5000731000), play.Between(4999999999, 5000000000), play.Between(7, 7))
	// Output: 5.0002s 5s 8ns
}
