package sim

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// What those outside do at a time happens before all else that is due then, in
// the order in which it was asked for, and changes nothing before its time.
func TestAt(t *testing.T) {
	run := func(acts bool) (lines []string) {
		w := newWorld(t, Config{Seed: 3})
		j := journal{w: w}
		note := func(text string) func() { return func() { j.note("%s", text) } }
		if acts {
			w.At(30*ms, "first", note("first"))
			w.At(30*ms, "second", func() {
				j.note("second, by %d", w.Current())
				w.At(30*ms, "third", note("third"))
			})
		}
		for i := range 5 {
			w.Node(fmt.Sprint("n", i), func(p *Proc) {
				for {
					p.Sleep(10 * ms)
					j.note("%s", p.Name())
				}
			})
		}
		mustRun(t, w, 35*ms)
		return j.lines
	}
	without, with := run(false), run(true)
	if !slices.Equal(without[:10], with[:10]) {
		t.Errorf("acts at 30 ms changed what came before: %q, %q", without[:10], with[:10])
	}
	if want := []string{"30ms first", "30ms second, by 17", "30ms third"}; !slices.Equal(with[10:13], want) || len(with) != 18 {
		t.Errorf("at 30 ms: %q", with[10:])
	}
}

func TestFailEndsTheRun(t *testing.T) {
	for name, c := range map[string]struct {
		set  func(w *World)
		want string
	}{
		"a process": {func(w *World) {
			w.Node("n", func(p *Proc) {
				p.Sleep(ms)
				p.Fail("positive", "balance is %d", -1)
				p.Fail("later", "is a consequence")
				p.Sleep(ms)
				t.Error("went on")
			})
		}, "violated: positive: balance is -1 (process n, node n, event 4 at 1ms)"},
		"an observer": {func(w *World) {
			w.Observe(ObserverFunc(func(e *Event) {
				if e.Kind == KindWake {
					w.Fail("quiet", "%s woke", e.Node)
				}
			}))
		}, "violated: quiet: m woke (process m, node m, event 3 at 5ms)"},
		"an invariant": {func(w *World) {
			w.Invariant("holds", func() error { return nil })
			w.Invariant("early", func() error {
				if w.Now() > 2*ms {
					return errors.New("it is late")
				}
				return nil
			})
		}, "violated: early: it is late (event 5 at 5ms)"},
		"an act": {func(w *World) { w.At(ms, "look", func() { w.Fail("look", "seen") }) },
			"violated: look: seen (event 3 at 1ms)"},
	} {
		w := newWorld(t, Config{})
		c.set(w)
		w.Node("m", func(p *Proc) { p.Sleep(5 * ms); p.Log("5 ms have passed") })
		out := w.Run(time.Second)
		if out.String() != c.want {
			t.Errorf("%s fails: %v, expected %v", name, out, c.want)
		}
		ended, has := w.Ended()
		if !has || ended != out || w.Run(time.Second) != out || w.RunTo(1000) != out || w.Step() {
			t.Errorf("%s fails: the run can go on", name)
		}
	}
}

func TestRunUntil(t *testing.T) {
	w := newWorld(t, Config{})
	n := 0
	w.Node("n", func(p *Proc) {
		for {
			p.Sleep(10 * ms)
			n++
		}
	})
	if out := w.RunUntil(func() bool { return n == 3 }, time.Second); !out.OK() || w.Now() != 30*ms {
		t.Errorf("%v at %v", out, w.Now())
	}
	if out := w.RunUntil(func() bool { return n == 3 }, 0); !out.OK() || w.Now() != 30*ms {
		t.Errorf("what is true already: %v at %v", out, w.Now())
	}
	out := w.RunUntil(func() bool { return n == 100 }, 100*ms)
	mustEnd(t, out, Stuck, "has not come true within 100ms")
	if _, has := w.Ended(); has || w.Now() != 130*ms {
		t.Errorf("at %v the run has ended", w.Now())
	}
}

func TestRunToAndStep(t *testing.T) {
	w := newWorld(t, Config{})
	w.Node("n", func(p *Proc) {
		for i := range 3 {
			p.Sleep(10 * ms)
			p.Log("%d", i)
		}
	})
	seen := watch(w)
	if out := w.RunTo(3); !out.OK() || w.Now() != 10*ms || w.Events() != 3 {
		t.Errorf("%v at %v, event %d", out, w.Now(), w.Events())
	}
	w.RunTo(2) // is past
	if !w.Step() || w.Now() != 20*ms || w.Events() != 5 {
		t.Errorf("a step led to %v, event %d", w.Now(), w.Events())
	}
	if !w.Step() || w.Step() || w.Events() != 8 {
		t.Errorf("steps led to event %d", w.Events())
	}
	if out := w.RunTo(1000); !out.OK() || w.Now() != 30*ms {
		t.Errorf("to an event that will not be: %v at %v", out, w.Now())
	}
	for i, e := range *seen {
		if e.Number != uint64(i+2) { // the boot was not watched
			t.Errorf("event %d has number %d", i+2, e.Number)
		}
	}
}

// Every event that a process brings about is caused by one: walking back from
// any leads to what the world began with.
func TestCauses(t *testing.T) {
	w := newWorld(t, Config{})
	seen := watch(w)
	askable(w)
	w.Client("c", func(p *Proc) {
		p.Sleep(ms)
		Call[int](p, "slow", ms, time.Second)
		p.Log("answered")
	})
	mustRun(t, w, time.Second)
	at := map[uint64]*Event{}
	var story []string
	for i := range *seen {
		at[(*seen)[i].Number] = &(*seen)[i]
	}
	for i := len(*seen) - 1; i >= 0; i-- {
		if (*seen)[i].Kind == KindNote {
			for e := &(*seen)[i]; e != nil; e = at[e.Cause] {
				story = append(story, e.Kind.String()+" "+e.Node)
			}
		}
	}
	if w.Current() != 0 {
		t.Errorf("between events, event %d is being handled", w.Current())
	}
	w.Lookup("slow").Crash()
	if last := (*seen)[len(*seen)-1]; last.Kind != KindCrash || last.Cause != 0 {
		t.Errorf("%v, with no cause", &last)
	}
	want := "note c, deliver c, send slow, wake slow, deliver slow, send c, wake c, boot c"
	if got := strings.Join(story, ", "); got != want {
		t.Errorf("why: %s\nexpected: %s", got, want)
	}
}

// Observers may come and go during a run; the same may watch twice.
func TestObservers(t *testing.T) {
	w := newWorld(t, Config{})
	count := [2]int{}
	one := ObserverFunc(func(e *Event) { count[0]++ })
	removeFirst := w.Observe(one)
	removeSecond := w.Observe(one)
	var removeSelf func()
	removeSelf = w.Observe(ObserverFunc(func(e *Event) { count[1]++; removeSelf() }))
	w.Node("n", idle)
	mustRun(t, w, ms) // boot and exit
	removeFirst()
	removeFirst()
	w.Node("m", idle)
	mustRun(t, w, ms)
	removeSecond()
	w.Node("o", idle)
	mustRun(t, w, ms)
	if count != [2]int{6, 1} {
		t.Errorf("seen %v", count)
	}
}

// Streams are keyed by purpose and place, and begin anew for whoever asks.
func TestWorldRand(t *testing.T) {
	w := newWorld(t, Config{Seed: 1})
	first := func(w *World, purpose, place string) uint64 { return w.Rand(purpose, place).Uint64() }
	a := first(w, "workload", "c1")
	if a != first(w, "workload", "c1") || a != first(newWorld(t, Config{Seed: 1}), "workload", "c1") {
		t.Error("the same purpose and place gave another stream")
	}
	if a == first(w, "workload", "c2") || a == first(w, "storm", "c1") || a == first(newWorld(t, Config{Seed: 2}), "workload", "c1") {
		t.Error("another purpose, place or seed gave the same stream")
	}
	w.Node("n", func(p *Proc) {
		if p.Rand("x").Uint64() != first(w, "x", "n") {
			t.Error("a node's stream is not that of its name")
		}
	})
	mustRun(t, w, 0)
}

// Close unwinds what lives; what is deferred can touch nothing, and what it does
// to the world from outside is no part of the run. The world can still be read.
func TestClose(t *testing.T) {
	w := New(Config{})
	unwound := ""
	n := w.Node("n", func(p *Proc) {
		cut := p.World().Cut("n", "m")
		defer func() {
			unwound += "n "
			p.Send("m", 1)
			cut.Mend()
			p.Node().Restart()
			p.World().Lookup("m").Crash()
		}()
		p.Show(func() []Field { return []Field{{"role", "leader"}} })
		p.Recv()
	})
	w.Node("m", func(p *Proc) {
		defer func() { unwound += "m "; p.Send("n", 1); p.Recv() }()
		p.Recv()
	})
	w.Node("down", func(p *Proc) {}).Crash()
	mustRun(t, w, time.Second)
	w.Node("late", func(p *Proc) { t.Error("ran") })
	hash, events := w.Hash(), w.Events()
	w.Close()
	w.Close()
	if unwound != "n m " {
		t.Errorf("unwound: %s", unwound)
	}
	if w.Hash() != hash || w.Events() != events || w.Now() != time.Second || n.Field("role") != "leader" {
		t.Error("a closed world is not as it was")
	}
	if w.Lookup("down").Incarnation() != 1 {
		t.Error("a node that is down has boots", w.Lookup("down").Incarnation())
	}
	mustEnd(t, w.Run(time.Second), Unknown, "the world is closed")
}

func TestOutcomesInWords(t *testing.T) {
	for status, word := range []string{"ok", "violated", "unknown", "stuck", "crashed", "status(5)"} {
		if s := Status(status); s.String() != word || s.ExitCode() != status {
			t.Errorf("%v exits with %d", s, s.ExitCode())
		}
	}
	out := Outcome{Status: Violated, Reason: "check: text", Event: 7, At: ms}
	if out.String() != "violated: check: text (event 7 at 1ms)" || (Outcome{Event: 7}).String() != "ok" {
		t.Error(out)
	}
}

func TestEventsInWords(t *testing.T) {
	for _, c := range []struct {
		event Event
		want  string
	}{
		{Event{Number: 12, At: 1500 * ms, Node: "a", Kind: KindSend, Peer: "b", Body: "hi", Cause: 3}, `    12    1.500000s  a          send     -> b "hi"  (by 3)`},
		{Event{Number: 1, Node: "a", Kind: KindBoot}, `     1    0.000000s  a          boot`},
		{Event{Number: 1, Node: "a", Kind: KindDrop, Peer: "b", Text: "lost"}, `     1    0.000000s  a          drop     <- b lost`},
		{Event{Number: 1, Kind: kindCount}, `     1    0.000000s             kind(37)`},
		{Event{Number: 1, Kind: KindSend, Body: strings.Repeat("é", 99)}, `     1    0.000000s             send     ->  "` + strings.Repeat("é", 79) + "…"},
	} {
		if got := c.event.String(); got != c.want {
			t.Errorf("%q, expected %q", got, c.want)
		}
	}
	for k := range kindCount {
		if strings.HasPrefix(k.String(), "kind(") || k.String() == "" {
			t.Errorf("kind %d has no name", k)
		}
	}
}

// What somebody outside will do can be taken back.
func TestAtStopped(t *testing.T) {
	w := newWorld(t, Config{})
	j := journal{w: w}
	acts := watch(w, KindAct)
	w.Node("n", func(p *Proc) { p.Sleep(10 * ms) })
	first := w.At(ms, "first", func() { j.note("first") })
	w.At(ms, "second", func() { j.note("second") })
	var third Timer
	w.At(2*ms, "stop", func() { j.note("%v %v", third.Stop(), first.Stop()) })
	third = w.At(2*ms, "third", func() { j.note("third") })
	last := w.At(time.Hour, "last", func() { j.note("last") })
	mustRun(t, w, 5*ms)
	j.note("%v %v", last.Stop(), last.Stop())
	w.Client("c", func(p *Proc) { p.Recv() })
	mustEnd(t, w.Run(time.Minute), Stuck, "deadlock", "at 10ms") // nothing is due any more
	j.expect(t, "1ms first", "1ms second", "2ms true false", "5ms true false")
	if len(*acts) != 3 {
		t.Errorf("acts %v", *acts)
	}
}
