package faults_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/internal/golden"
	"github.com/orrery-sim/orrery/sim"
	"pgregory.net/rapid"
)

// TestCompose shows what faults that are put together do, and when. The leader is
// n3 unless the faults say otherwise of themselves: then the first server that runs.
func TestCompose(t *testing.T) {
	var b strings.Builder
	for _, line := range []string{
		"at 5s: crash n1",
		"at 5s until 7s: crash n1",
		"at 5s for 1s: crash n1 and pause n2 and isolate leader",
		"at 5s: crash n1 for 1s and pause n2 for 2s",
		"at 5s: crash n1 for 1s then crash n2 for 1s then restart n3",
		"at 5s: crash n1 then after 1s crash n2 then after 1s crash n4",
		"at 5s for 2500ms: crash n1 then after 1s crash n2 then after 1s crash n4 then after 1s crash n5",
		"at 5s: crash n1 for 1s then after 500ms (pause n2 and pause n3) for 1s then restart n4",
		"at 5s: (crash n1 for 5s and pause n2) for 1s then restart n3",
		"at 5s every 1s times 3: restart next",
		"at 5s for 400ms every 1s until 7s: crash next",
		"at 5s for 3s every 1s times 3: pause next",
		"every 2s until 8s: restart next",
		"at 5s every 1s until 7500ms: pause next",
		"at 5s for 10s every 1s until 7500ms: pause next",
		"at 5s every 1s times 4: pick restart n1 or restart n2 or pause n3 for 100ms",
		"at 5s every 1s times 3: crash random 1 of followers for 100ms and cut random 1 -> random 1 for 200ms",
		"at 5s: restart random 5",
		"at 5s every 1s until no leader: crash leader",
		"at 5s until no leader: pause n5 and (after 1s power-loss all)",
		"at 5s until leader: crash n1",
		"after no leader: restart n1",
		"at 5s after no leader until 6s: restart n1",
		"at 5s after leader for 1s: crash n1 and (after no leader pause n2)",
		"at 5s for 1s: power-loss all then after no leader restart n2",
		"at 5s for 2s: power-loss all and (after 500ms isolate leader) and (after 600ms cut followers -> leader)",
		"at 5s: power-loss all for 1s and (isolate n1 until no leader then restart n2)",
		"at 5s: crash n1 for 2s and (after 1s restart n1) and (after 3s restart n1)",
		"at 5s: disk bit-rot 1 c1 then wipe n1 for 1s",
		"at 5s for 1s: cores 1 n1 and (after 500ms cores 1 n1)",
		"at 5s: partition leader | n1 and partition leader | n2",
	} {
		c := newToy(t, 1, 5)
		if strings.Contains(line, "no leader") || strings.Contains(line, "until leader") || strings.Contains(line, "partition leader") || strings.Contains(line, "power-loss") {
			c.leader = c.firstUp
		}
		c.install(t, line).run1(t, 12*time.Second)
		fmt.Fprintf(&b, "%s\n%s", line, indent(c.log()))
		for _, f := range c.plan.InForce() {
			fmt.Fprintf(&b, "    in force at the end: %s\n", f.Text)
		}
		b.WriteString("\n")
	}
	golden.Check(t, b.String(), "testdata/compose.txt")
}

func indent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString("    " + line)
	}
	return b.String()
}

// TestTrace shows the events that a fault leaves in the run.
func TestTrace(t *testing.T) {
	c := newQuiet(t, 1, 3).install(t, "at 5s for 1s: isolate leader", "at 6500ms for 1s: crash n1", "at 8s: cut clients -> random 2 of followers",
		"at 8100ms for 50ms every 200ms until 8500ms: pause n2",
		"at 9100ms after no leader for 50ms: crash n1", "at 9200ms: (crash n2 for 300ms then pause n3) for 300ms", "at 9600ms: (crash n2 then after 100ms pause n3) for 100ms")
	var b strings.Builder
	c.w.Observe(sim.ObserverFunc(func(e *sim.Event) {
		if slices.Contains([]sim.Kind{sim.KindAct, sim.KindCut, sim.KindMend, sim.KindCrash, sim.KindBoot, sim.KindPause, sim.KindResume}, e.Kind) && e.At > 0 {
			fmt.Fprintln(&b, e)
		}
	}))
	c.leader = func() string { return "n3" }
	c.w.At(8500*time.Millisecond, "nobody leads any more", func() { c.leader = func() string { return "" } })
	if err := c.plan.Add(faults.MustParse("at 9s for 1s: isolate leader")); err != nil {
		t.Fatal(err)
	}
	c.w.At(10*time.Second, "the faults end", c.plan.Stop)
	c.run1(t, 11*time.Second)
	golden.Check(t, b.String(), "testdata/trace.txt")
	for _, d := range c.plan.Log() {
		if line := fmt.Sprintf("%d ", d.Event); !strings.Contains(b.String(), line) {
			t.Errorf("%v: there is no event %d", d, d.Event)
		}
	}
}

// TestCheck has what can be known before the run be said before the run.
func TestCheck(t *testing.T) {
	var b strings.Builder
	for _, line := range []string{
		"at 5s: crash n9",
		"at 5s: crash laeder",
		"at 5s: crash nobody",
		"at 5s: crash random 6",
		"at 5s: crash random 6 of followers and crash random 4 of zone=a",
		"at 5s: crash zone=z",
		"at 5s: crash site=asia",
		"at 5s until no cheese: crash n1",
		"after chief: crash n1 until no foloower",
		"at 5s: crash n1 then after boss pause n2",
		"at 5s: partition n1 n2 | n2 n3",
		"at 5s: partition all | rest",
		"at 5s: partition rest | rest",
		"at 5s: cut n1 -> n1",
		"at 5s: isolate n1 and bridge n1 n2 n3 n4",
		"at 5s: bridge random 4",
		"at 5s: majority-ring n1 n2 n3",
		"at 5s: majority-ring random 3",
		"at 5s: cores 2 n1",
		"at 5s: cores 4 all",
		"at 5s: crash n8 and pause n9 and slow 2x leaders",
		"at 5s: pick crash n1 or crash n7",
	} {
		c := newToy(t, 1, 5)
		f := faults.MustParse(line)
		err := f.Check(c)
		if err == nil {
			t.Errorf("%s: nothing is wrong", line)
			continue
		}
		fmt.Fprintf(&b, "%s\n%s\n", line, indent(err.Error()+"\n"))
		if _, err := (faults.Schedule{f}).Install(c); err == nil {
			t.Errorf("%s: installed", line)
		}
		if plan := faults.NewPlan(c); plan.Add(f) == nil {
			t.Errorf("%s: added", line)
		}
		if c.run1(t, 6*time.Second); strings.Contains(c.between(0, 6*time.Second), "crash") {
			t.Errorf("%s: it happens all the same", line)
		}
	}
	golden.Check(t, b.String(), "testdata/check.txt")
}

// TestCheckAmbiguous is about a name that means two things.
func TestCheckAmbiguous(t *testing.T) {
	c := newQuiet(t, 1, 3)
	c.w.Node("followers", func(p *sim.Proc) { p.Recv() })
	if err := faults.MustParse("at 5s: crash followers").Check(c); err == nil {
		t.Error("nothing is wrong")
	}
}

// TestUntilIsFinal has a fault whose end has come not come again, though what ended
// it has passed.
func TestUntilIsFinal(t *testing.T) {
	for _, line := range []string{"at 1s every 1s until no leader: crash n1", "at 1s every 1s until no leader: crash random 1"} {
		c := newQuiet(t, 1, 3).install(t, line)
		c.w.At(2500*time.Millisecond, "nobody leads", func() { c.leader = func() string { return "" } })
		c.w.At(2700*time.Millisecond, "n3 leads", func() { c.leader = func() string { return "n3" } })
		c.run1(t, 10*time.Second)
		if log := c.plan.Log(); len(c.plan.InForce()) > 0 || len(log) != 4 || log[3].At != 2500*time.Millisecond {
			t.Errorf("%s:\n%s", line, c.log())
		}
	}
}

// TestUntilAtOnce has something end at the very instant at which a part of it would
// have been done.
func TestUntilAtOnce(t *testing.T) {
	c := newQuiet(t, 1, 3).install(t, "at 1s: (crash n1 then after 5ms pause n3 then after 5ms pause n2) until no leader")
	c.w.At(1008*time.Millisecond, "nobody leads", func() { c.leader = func() string { return "" } })
	c.run1(t, 10*time.Second)
	if log := c.plan.Log(); len(c.plan.InForce()) > 0 || len(log) != 4 {
		t.Errorf("it did\n%s", c.log())
	}
}

// TestOverEarly has nothing follow a part whose end comes after that of the whole.
func TestOverEarly(t *testing.T) {
	c := newQuiet(t, 1, 3).install(t, "at 1s: (crash n1 for 2s then pause n3) until no leader")
	c.w.At(2*time.Second, "nobody leads", func() { c.leader = func() string { return "" } })
	c.w.Observe(sim.ObserverFunc(func(e *sim.Event) {
		if e.Text == "pause n3" {
			t.Errorf("it goes on: %v", e)
		}
	}))
	c.run1(t, 10*time.Second)
	if log := c.plan.Log(); len(c.plan.InForce()) > 0 || len(log) != 2 || log[1].At != 2*time.Second {
		t.Errorf("it did\n%s", c.log())
	}
}

// TestNothingIsLeft has what ends early leave no act that does nothing: every act of
// the run says what was done, or what is waited for.
func TestNothingIsLeft(t *testing.T) {
	for line, want := range map[string][]string{
		"at 1s: (isolate n1 for 9s then pause n3) until no leader": {
			"1s at 1s: (isolate n1 for 9s then pause n3) until no leader", "1s isolate n1", "2s nobody leads",
			"2s end of isolate n1 for 9s then pause n3: no leader", "3s the faults end",
		},
		"at 1s for 9s: pause n1 for 3s": {"1s at 1s for 9s: pause n1 for 3s", "1s pause n1", "2s nobody leads", "3s the faults end"},
		"at 1s: clock strobe 1s every 700ms n1": {
			"1s at 1s: clock strobe 1s every 700ms n1", "1.7s clock strobe 1s every 700ms n1", "2s nobody leads",
			"2.4s clock strobe 1s every 700ms n1", "3s the faults end",
		},
		"at 1s every 1500ms: crash n1 for 1s": {"1s at 1s every 1.5s: crash n1 for 1s", "1s crash n1", "2s nobody leads", "2s end of crash n1", "2.5s at 1s every 1.5s: crash n1 for 1s", "2.5s crash n1", "3s the faults end"},
		"at 4s: pause n1":                     {"2s nobody leads", "3s the faults end"},
		"at 2500ms after leader: pause n1":    {"2s nobody leads", "3s the faults end"},
	} {
		c := newQuiet(t, 1, 3).install(t, line)
		var acts []string
		c.w.Observe(sim.ObserverFunc(func(e *sim.Event) {
			if e.Kind == sim.KindAct && !strings.HasPrefix(e.Text, "waiting for ") {
				acts = append(acts, e.At.String()+" "+e.Text)
			}
		}))
		c.w.At(2*time.Second, "nobody leads", func() { c.leader = func() string { return "" } })
		c.w.At(3*time.Second, "the faults end", c.plan.Stop)
		c.run1(t, 20*time.Second)
		if !slices.Equal(acts, want) {
			t.Errorf("%s\n got %q\nwant %q", line, acts, want)
		}
	}
}

// TestCheckSmall is about clusters in which some words mean nobody.
func TestCheckSmall(t *testing.T) {
	for _, x := range []struct {
		servers int
		line    string
	}{
		{0, "at 5s: crash all"}, {0, "at 5s: crash next"}, {1, "at 5s: isolate n1"}, {1, "at 5s: crash minority"},
		{2, "at 5s: partition majority | minority"}, {2, "at 5s: bridge n1"},
	} {
		if err := faults.MustParse(x.line).Check(newToy(t, 1, x.servers)); err == nil {
			t.Errorf("%s of %d servers: nothing is wrong", x.line, x.servers)
		}
	}
	if err := faults.MustParse("at 5s: partition majority | minority").Check(newToy(t, 1, 3)); err != nil {
		t.Error(err)
	}
}

// TestCheckMade is about faults that programs have made, and that no text means.
func TestCheckMade(t *testing.T) {
	c := newToy(t, 1, 5)
	n1 := faults.Where{Groups: []faults.Selection{{{Name: "n1"}}}}
	crash := faults.Act{Verb: "crash", Where: n1}
	for _, f := range []faults.Fault{
		{},
		{What: faults.Act{}},
		{What: faults.Act{Verb: "crash"}},
		{What: faults.Act{Verb: "crush", Where: n1}},
		{What: faults.Act{Verb: "slow", Where: n1}},
		{What: faults.Act{Verb: "slow", Amounts: []faults.Amount{{Unit: faults.Percent, N: 1}}, Where: n1}},
		{What: faults.Act{Verb: "crash", Amounts: []faults.Amount{{Unit: faults.Percent, N: 1}}, Where: n1}},
		{What: faults.Act{Verb: "crash", Where: faults.Where{Groups: []faults.Selection{{{Name: "n1 n2"}}}}}},
		{What: faults.Act{Verb: "crash", Where: faults.Where{Groups: []faults.Selection{{{Name: "n1", Random: -1}}}}}},
		{What: faults.Then{}},
		{What: faults.Together{crash}},
		{What: faults.Timed{What: crash}},
		{What: faults.Timed{}},
		{What: crash, When: faults.When{At: -1}},
		{What: crash, When: faults.When{For: -1}},
		{What: crash, When: faults.When{Times: 3}},
		{What: crash, When: faults.When{At: time.Second, Until: faults.Wait{Time: time.Second}}},
		{What: crash, When: faults.When{Until: faults.Wait{Time: time.Second, That: faults.Condition{Role: "leader"}}}},
	} {
		if err := f.Check(c); err == nil {
			t.Errorf("%#v: nothing is wrong with %q", f, f)
		}
	}
	if err := (faults.Fault{What: crash}).Check(c); err != nil {
		t.Error(err)
	}
	c.run1(t, time.Second)
	if err := (faults.Fault{What: crash}).Check(c); err == nil {
		t.Error("it is past the beginning")
	}
}

// TestStop has the end of the faults be the end of all, also of those that would
// have come later, and leave nothing.
func TestStop(t *testing.T) {
	calm := newToy(t, 1, 5).run1(t, 12*time.Second)
	var lines []string
	for _, s := range samples {
		if !strings.Contains(s.act, "bandwidth") { // its queue outlasts it
			lines = append(lines, "at 2s: "+s.act, "at 2500ms every 700ms: "+s.act, "at 8s: "+s.act)
		}
	}
	lines = append(lines, "at 2s: crash n1 for 4s then crash n2", "after no leader: crash n1", "at 3s until no leader: crash n1")
	c := newToy(t, 1, 5).install(t, lines...)
	c.w.At(5*time.Second, "the faults end", c.plan.Stop)
	c.run1(t, 12*time.Second)
	if left := c.plan.InForce(); len(left) > 0 {
		t.Errorf("still in force: %v", left)
	}
	if last := c.plan.Log()[len(c.plan.Log())-1]; last.At != 5*time.Second {
		t.Errorf("after the end: %v", last)
	}
	if err := c.plan.Add(faults.MustParse("at 20s: crash n1")); err == nil {
		t.Error("a fault can be added after the end")
	}
	same(t, "after the end", c.between(8*time.Second, 11*time.Second), calm.between(8*time.Second, 11*time.Second))
}

// genRunnable draws a fault that can be installed in a toy. Slow is not slow by much:
// where several multiply, work begun then would last longer than the run.
func genRunnable(c *toy) *rapid.Generator[faults.Fault] {
	genMillis := rapid.Map(rapid.IntRange(1, 40), func(n int) time.Duration { return time.Duration(n) * 50 * time.Millisecond })
	mild := strings.NewReplacer("10x", "1.1x", "20x", "1.1x")
	acts := []string{
		"crash leader", "isolate leader", "partition majority | minority", "cut leader -> random 1 of followers", "pause random 2",
		"partition leader | rest", "bridge next", "restart next", "after 30ms crash random 1 for 70ms", "pause leader until no leader",
		"after no leader isolate random 1", "pick crash n1 for 10ms or slow 1.1x all", "(crash n2 then after 20ms pause n1 for 5ms) for 22ms",
	}
	for _, s := range samples {
		acts = append(acts, mild.Replace(s.act))
	}
	genLine := rapid.Custom(func(t *rapid.T) faults.Fault {
		var parts []faults.What
		for range rapid.IntRange(1, 3).Draw(t, "acts") {
			w, err := faults.ParseWhat(rapid.SampledFrom(acts).Draw(t, "act"))
			if err != nil {
				t.Fatal(err)
			}
			if rapid.Bool().Draw(t, "timed") && !instant(w) {
				w = faults.Timed{What: w, For: genMillis.Draw(t, "for")}
			}
			parts = append(parts, w)
		}
		f := faults.Fault{What: parts[0]}
		if len(parts) > 1 {
			f.What = rapid.SampledFrom([]faults.What{faults.Then(parts), faults.Together(parts), faults.Pick(parts)}).Draw(t, "how")
		}
		f.At = time.Second + genMillis.Draw(t, "at")
		if f.Every = genMaybe(t, genMillis, "every"); f.Every > 0 {
			f.Times = rapid.IntRange(1, 4).Draw(t, "times")
		}
		if !instant(f.What) {
			f.For = genMaybe(t, genMillis, "for")
		}
		f.After = genMaybe(t, genCondition, "after")
		switch rapid.IntRange(0, 3).Draw(t, "until") {
		case 1:
			f.Until.Time = f.At + genMillis.Draw(t, "until")
		case 2:
			f.Until.That = genCondition.Draw(t, "until")
		}
		return f
	})
	return genLine.Filter(func(f faults.Fault) bool { return f.Check(c) == nil })
}

// TestAnySchedule has any schedule whatever be equal when run twice, and over when it
// is stopped.
func TestAnySchedule(t *testing.T) {
	if testing.Short() {
		t.Skip("many runs")
	}
	const stop, end = 4 * time.Second, 12 * time.Second
	calm := newToy(t, 1, 4)
	gen := rapid.SliceOfN(genRunnable(newToy(t, 1, 4)), 1, 5)
	calm.run1(t, end)
	run := func(t *rapid.T, s faults.Schedule) *toy {
		c := newToy(t, 1, 4)
		c.leader = c.firstUp
		plan, err := s.Install(c)
		if err != nil {
			t.Fatal(err)
		}
		c.plan = plan
		c.w.At(stop, "the faults end", plan.Stop)
		if out := c.w.Run(end); !out.OK() {
			t.Fatal(out)
		}
		return c
	}
	rapid.Check(t, func(t *rapid.T) {
		s := faults.Schedule(gen.Draw(t, "schedule"))
		a, b := run(t, s), run(t, s)
		if a.w.Hash() != b.w.Hash() || a.log() != b.log() {
			t.Fatalf("two runs differ:\n%s%s\n%s", s, a.log(), b.log())
		}
		if left := a.plan.InForce(); len(left) > 0 {
			t.Fatalf("still in force: %v", left)
		}
		balanced(t, a.plan.Log(), stop)
		calmly := calm.between(end-2*time.Second, end-time.Second)
		if got := a.between(end-2*time.Second, end-time.Second); got != calmly {
			same(t, "after the end", got, calmly)
			t.Fatalf("%s%s", s, a.log())
		}
	})
}

// balanced has everything that was done, and has an end, be undone once, and nothing
// happen after the end of all.
func balanced(t *rapid.T, log []faults.Done, stop time.Duration) {
	open := map[string]int{}
	for _, d := range log {
		key := d.Fault + ", " + d.Text
		switch {
		case d.At > stop:
			t.Fatalf("after the end: %v", d)
		case d.Undo:
			if open[key]--; open[key] < 0 {
				t.Fatalf("not done, but undone: %v", d)
			}
		case d.Skipped == "" && !entryOf(d.Text).Instant:
			open[key]++
		}
	}
	for key, n := range open {
		if n != 0 {
			t.Fatalf("done and not undone: %s", key)
		}
	}
}
