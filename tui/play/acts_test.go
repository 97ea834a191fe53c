package play_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/tui/play"
)

// TestActInTheMiddle: what is done at an event that is not the last of its instant is done
// behind all of that instant, at a time that is short to write, and shown there.
func TestActInTheMiddle(t *testing.T) {
	p := open(t, "raft/calm", 3, 3*time.Second)
	p.GoAt(2 * time.Second)
	first := uint64(0) // of two at the same instant
	for n := p.Event(); first == 0; n++ {
		a, _ := p.Tape().Event(n)
		if b, _ := p.Tape().Event(n + 1); a.At == b.At {
			first = n
		}
	}
	p.Go(first)
	at := p.At()
	last := p.Tape().ByTime(at)
	next, _ := p.Tape().Event(last + 1)
	if err := p.Do("pause n1"); err != nil {
		t.Fatal(err)
	}
	hash(p)
	if got, want := p.Script().Acts[0].At, play.Between(at, next.At); got != want {
		t.Errorf("done at %v, expected %v", got, want)
	}
	if act, _ := p.Tape().Event(last + 1); act.Kind != sim.KindAct || act.At <= at || p.Event() <= last {
		t.Errorf("event %d is %v, event %d is shown; expected the act behind event %d, which ends its instant", last+1, act, p.Event(), last)
	}
}

// TestRefused: what cannot be done leaves everything as it was.
func TestRefused(t *testing.T) {
	p := open(t, "raft/calm", 3, 3*time.Second)
	p.Go(1000)
	event, at := p.Event(), p.At()
	for _, what := range []string{"crash n77", "no such thing", ""} {
		if err := p.Do(what); err == nil {
			t.Errorf("%q is done", what)
		}
	}
	turned := p.Script()
	turned.Mutant = "nobody"
	if err := p.Change(turned, "a mutant"); err == nil {
		t.Error("there is no such mutant")
	}
	if p.GoAt(10 * time.Minute); p.At() > p.Tape().Progress().End {
		t.Errorf("at %v, which is behind the end", p.At())
	}
	if err := p.Do("crash n1"); err == nil {
		t.Error("something is done when the faults have ended")
	}
	end := p.At()
	if p.Follow(); p.At() != end || len(p.Script().Acts) != 0 {
		t.Errorf("at %v, expected %v; %q was done", p.At(), end, p.Script().Lines())
	}
	if p.Go(event); p.At() != at {
		t.Errorf("event %d is at %v, expected %v", event, p.At(), at)
	}
	if did, err := p.Undo(); did != "" || err != nil {
		t.Errorf("%q was taken back, %v", did, err)
	}
}

// TestRedo: who does something else after taking something back cannot make that again.
func TestRedo(t *testing.T) {
	p := open(t, "raft/calm", 3, 3*time.Second)
	p.GoAt(time.Second)
	if err := p.Do("pause n1"); err != nil {
		t.Fatal(err)
	}
	if did, err := p.Undo(); err != nil || did != "pause n1 at 1s" {
		t.Fatalf("taken back: %q, %v", did, err)
	}
	if err := p.Do("pause n2"); err != nil {
		t.Fatal(err)
	}
	if did, err := p.Redo(); did != "" || err != nil {
		t.Errorf("made again: %q, %v", did, err)
	}
	if lines := p.Script().Lines(); !slices.Equal(lines, []string{"at 1s: pause n2"}) {
		t.Errorf("%q", lines)
	}
}

// TestUndoBefore: when something is taken back that was done before the moment shown, the
// moment stays, though its event has another number now.
func TestUndoBefore(t *testing.T) {
	p := open(t, "raft/calm", 3, 3*time.Second)
	p.GoAt(time.Second)
	if err := p.Do("isolate leader"); err != nil {
		t.Fatal(err)
	}
	hash(p)
	p.Go(p.Tape().ByTime(2500 * time.Millisecond))
	event, at := p.Event(), p.At()
	if _, err := p.Undo(); err != nil {
		t.Fatal(err)
	}
	hash(p)
	if p.At() != at || p.Event() != p.Tape().ByTime(at) || p.Event() == event {
		t.Errorf("event %d at %v, expected event %d at %v", p.Event(), p.At(), p.Tape().ByTime(at), at)
	}
}

// TestDiverges: two scripts part where the first of them does what the other does not.
func TestDiverges(t *testing.T) {
	base := open(t, "raft/calm", 3, 3*time.Second).Script()
	with := func(acts ...string) play.Script {
		s := base
		for _, a := range acts {
			at, what, _ := strings.Cut(a, " ")
			d, err := time.ParseDuration(at)
			if err != nil {
				t.Fatal(err)
			}
			if s, err = s.Do(d, what); err != nil {
				t.Fatal(err)
			}
		}
		return s
	}
	other, seed, knob := with(), with(), with()
	seed.Seed++
	knob.Knobs = map[string]string{"reads": "local"}
	other.Mutant = "other"
	for _, c := range []struct {
		a, b  play.Script
		at    time.Duration
		known bool
	}{
		{with("1s crash n1"), with(), time.Second, true},
		{with(), with("2s crash n1"), 2 * time.Second, true},
		{with("1s crash n1"), with("2s crash n1"), time.Second, true},
		{with("2s crash n1"), with("1s crash n1"), time.Second, true},
		{with("1s crash n1", "2s crash n2"), with("1s crash n1", "1500ms crash n2"), 1500 * time.Millisecond, true},
		{base, seed, 0, false}, {base, knob, 0, false}, {base, other, 0, false},
	} {
		if at, known := c.a.Diverges(c.b); at != c.at || known != c.known {
			t.Errorf("%s and %s part at %v, %v; expected %v, %v", c.a, c.b, at, known, c.at, c.known)
		}
	}
	if at, known := base.Diverges(with()); !known || at < time.Hour {
		t.Errorf("the same scripts part at %v, %v", at, known)
	}
}

// TestSwitch leaves out a fault of the scenario: what is run is not the built-in scenario any
// more, and the command that repeats it does not say so.
func TestSwitch(t *testing.T) {
	p := open(t, "raft/minority-leader", 42, 6*time.Second)
	before, script := hash(p), p.Script()
	if err := p.Change(script.Switch(0), "left out"); err != nil {
		t.Fatal(err)
	}
	if got := hash(p); got == before {
		t.Error("it changes nothing")
	}
	if c := p.Report().Command; strings.Contains(c, "raft/minority-leader") {
		t.Errorf("to repeat it: %s", c)
	}
	if got := p.Script().Switch(0); got.Edited() || got.String() != script.String() {
		t.Errorf("let in again: %s, expected %s", got, script)
	}
	if !script.Switch(0).Edited() || script.Edited() {
		t.Error("a script is changed by what is made of it")
	}
}

// TestBookmarks sets two, and takes one away.
func TestBookmarks(t *testing.T) {
	p := open(t, "echo/calm", 1, time.Second)
	for _, n := range []uint64{90, 30} {
		if p.Go(n); !p.Bookmark() {
			t.Errorf("event %d had a bookmark", n)
		}
	}
	if got := p.Bookmarks(); !slices.Equal(got, []uint64{30, 90}) {
		t.Errorf("bookmarks at %d", got)
	}
	if p.Bookmark() || !slices.Equal(p.Bookmarks(), []uint64{90}) {
		t.Errorf("bookmarks at %d, expected that of 30 to be gone", p.Bookmarks())
	}
}
