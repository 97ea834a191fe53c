package faults_test

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/internal/golden"
)

// samples are acts that mean the same on every seed, and do much, one at least for
// each entry of the catalog. Hidden are those that show only after a crash.
var samples = []struct {
	act    string
	hidden bool
}{
	{act: "partition n1 n2 | n3 n4 n5"},
	{act: "partition n1 | n2 n3"},
	{act: "isolate n1 n2"},
	{act: "bridge n1"},
	{act: "majority-ring all"},
	{act: "cut n1 -> n2"},
	{act: "cut n1 <-> n2 n3"},
	{act: "cut n1"},
	{act: "delay 7ms n1 -> n2"},
	{act: "jitter 50ms all"},
	{act: "loss 50% all"},
	{act: "duplicate 50% n1 <-> n2"},
	{act: "reorder 50% all"},
	{act: "corrupt 50% n1 -> n2"},
	{act: "bandwidth 80B/s n1 -> n2"},
	{act: "clog n1"},
	{act: "hold n1 -> n2"},
	{act: "drop message 8112"},
	{act: "deliver message 8112"},
	{act: "hold message 8112"},
	{act: "lookup-failure n1 -> n2"},
	{act: "lookup-failure n2 n3"},
	{act: "errors 100% n1"},
	{act: "load 5x"},
	{act: "load ramp 5x over 1s"},
	{act: "crash n1"},
	{act: "crash c1"},
	{act: "power-loss all"},
	{act: "wipe n1"},
	{act: "restart n1"},
	{act: "pause n1"},
	{act: "slow 10x n1"},
	{act: "cores 1 n1"},
	{act: "stress 4 workers 80% n1"},
	{act: "certificate-expiry n1"},
	{act: "clock jump -2s n1"},
	{act: "clock drift +50000ppm n1"},
	{act: "clock drift -50000ppm n1"},
	{act: "clock strobe 200ms every 70ms n1"},
	{act: "disk slow 20x n1"},
	{act: "disk delay 7ms 50% n1"},
	{act: "disk full n1"},
	{act: "disk read-error 100% n1"},
	{act: "disk write-error 100% n1"},
	{act: "disk sync-error 100% n1"},
	{act: "disk read-mistake 50% n1"},
	{act: "disk write-mistake 50% n1"},
	{act: "disk sync-lies n1", hidden: true},
	{act: "disk torn-write 50% n1", hidden: true},
	{act: "disk bit-rot 3 n1"},
}

func entryOf(act string) *faults.Entry {
	var best *faults.Entry
	for i := range faults.Catalog {
		e := &faults.Catalog[i]
		if strings.HasPrefix(act+" ", e.Name+" ") && (best == nil || len(e.Name) > len(best.Name)) {
			best = e
		}
	}
	return best
}

func TestEveryEntryHasASample(t *testing.T) {
	have := map[string]bool{}
	for _, s := range samples {
		have[entryOf(s.act).Name] = true
	}
	for _, e := range faults.Catalog {
		if !have[e.Name] {
			t.Errorf("no sample for %q", e.Name)
		}
	}
}

func TestCatalogIsComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range faults.Catalog {
		switch {
		case seen[e.Name]:
			t.Errorf("%s is there twice", e.Name)
		case !strings.HasPrefix(e.Form, e.Name+" "):
			t.Errorf("%s: the form %q does not begin with the name", e.Name, e.Form)
		case !strings.HasSuffix(e.Doc, "."):
			t.Errorf("%s: %q is no sentence", e.Name, e.Doc)
		case (e.Undo == "") != e.Instant:
			t.Errorf("%s: either it is over at once, or it has an end", e.Name)
		case !strings.Contains(e.Example, ": "+e.Name+" "):
			t.Errorf("%s: the example %q shows another", e.Name, e.Example)
		}
		seen[e.Name] = true
	}
}

// TestExamples has every example of the catalog printed as it is written, and run:
// it does something, and is undone.
func TestExamples(t *testing.T) {
	for _, e := range faults.Catalog {
		f, err := faults.Parse(e.Example)
		if err != nil {
			t.Errorf("%s: %v", e.Example, err)
			continue
		}
		if f.String() != e.Example {
			t.Errorf("%q prints as %q", e.Example, f)
		}
		c := newToy(t, 1, 5).install(t, withMessage(t, e.Example)).run1(t, 20*time.Second)
		if log := c.log(); !strings.HasPrefix(log, "5s ") && !strings.HasPrefix(log, "5.0005s ") || strings.Contains(log, "skipped") {
			t.Errorf("%s: it did\n%s", e.Example, log)
		}
		if left := c.plan.InForce(); len(left) > 0 {
			t.Errorf("%s: still in force: %v", e.Example, left)
		}
	}
}

// TestDoAndUndo has every fault show while it is in force, and leave no trace
// afterwards: what nodes see then is what they see in a run without it.
func TestDoAndUndo(t *testing.T) {
	calm := newToy(t, 1, 5).run1(t, 12*time.Second)
	for _, s := range samples {
		t.Run(s.act, func(t *testing.T) {
			line := "at 3s for 2s: " + s.act
			if entryOf(s.act).Instant {
				line = "at 3s: " + s.act
			}
			c := newToy(t, 1, 5).install(t, withMessage(t, line)).run1(t, 12*time.Second)
			same(t, "before it", c.between(0, 3*time.Second), calm.between(0, 3*time.Second))
			if during := calm.between(3*time.Second, 5*time.Second); !s.hidden && c.between(3*time.Second, 5*time.Second) == during {
				t.Error("nothing shows while it is in force")
			}
			end := c.settled(calm, 5*time.Second)
			same(t, "after it", c.between(end, 11*time.Second), calm.between(end, 11*time.Second))
		})
	}
}

// settled is when the effects of what was under way at the end of a fault are over
// too: as soon as a whole second is as in a calm run, but not later than three
// seconds after.
func (c *toy) settled(calm *toy, end time.Duration) time.Duration {
	for from := end; from < end+3*time.Second; from += beat {
		if c.between(from, from+time.Second) == calm.between(from, from+time.Second) {
			return from
		}
	}
	return end + 3*time.Second
}

// TestOverlap has two faults alike overlap: the end of the first leaves the second
// in force, the end of the second leaves nothing.
func TestOverlap(t *testing.T) {
	calm := newToy(t, 1, 5).run1(t, 12*time.Second)
	for _, s := range samples {
		if entryOf(s.act).Instant || strings.Contains(s.act, "message") { // see TestMessageHeldTwice
			continue
		}
		t.Run(s.act, func(t *testing.T) {
			c := newToy(t, 1, 5).install(t, "at 2s for 2s: "+s.act, "at 3s for 3s: "+s.act).run1(t, 4500*time.Millisecond)
			if n := len(c.plan.InForce()); n != 1 {
				t.Errorf("%d in force after the end of the first", n)
			}
			c.run1(t, 7500*time.Millisecond)
			if from, to := 5*time.Second, 6*time.Second; !s.hidden && c.between(from, to) == calm.between(from, to) {
				t.Error("the end of the first undid the second")
			}
			end := c.settled(calm, 6*time.Second)
			same(t, "after both", c.between(end, 11*time.Second), calm.between(end, 11*time.Second))
		})
	}
}

// TestNested has a fault come and go while one alike is in force.
func TestNested(t *testing.T) {
	for _, s := range samples {
		if entryOf(s.act).Instant {
			continue
		}
		t.Run(s.act, func(t *testing.T) {
			alone := newToy(t, 1, 5).install(t, "at 2s for 6s: "+s.act).run1(t, 7*time.Second)
			nested := newToy(t, 1, 5).install(t, "at 2s for 6s: "+s.act, "at 2500ms for 1s: "+s.act).run1(t, 7*time.Second)
			if strings.Contains(s.act, "bandwidth") || strings.Contains(s.act, "stress") {
				return // one queue is as long as the other, but not the same wait in it
			}
			same(t, "after the inner one", nested.between(6*time.Second, 7*time.Second), alone.between(6*time.Second, 7*time.Second))
		})
	}
}

// TestReach shows who hears whom: one-way is one way, and a partition that leaves a
// node out leaves it alone.
func TestReach(t *testing.T) {
	var b strings.Builder
	for _, act := range []string{
		"partition n1 n2 | n3 n4 n5", "partition n1 | n2 | n3", "partition n1 n2 c1 | rest", "partition majority | minority",
		"partition leader | n2 n3", "isolate leader", "isolate n1 n2", "bridge n1", "majority-ring all",
		"majority-ring n1 n2 n3 n4", "cut n1 -> n2", "cut n1 <-> n2", "cut n1 n2 -> n4 n5", "cut leader", "cut leader -> rest",
		"cut followers -> leader", "cut leader <-> everyone", "cut site=eu -> site=us", "cut zone=a <-> zone=b", "clog n1", "hold n1 -> n2",
		"lookup-failure n1", "lookup-failure n1 -> n2", "lookup-failure leader <-> n1", "cut n? -> c*", "cut zone=a&followers -> leader+c1",
	} {
		c := newToy(t, 1, 5).install(t, "at 1s: "+act).run1(t, 2500*time.Millisecond)
		fmt.Fprintf(&b, "%s\n", act)
		for _, f := range c.plan.InForce() {
			if f.Text != act {
				fmt.Fprintf(&b, "= %s\n", f.Text)
			}
			if f.Since != time.Second || f.Until != 0 || len(f.Nodes) == 0 || len(f.Links) == 0 {
				t.Errorf("%s: in force is %+v", act, f)
			}
		}
		fmt.Fprintln(&b, c.reach(1500*time.Millisecond, 2500*time.Millisecond))
	}
	golden.Check(t, b.String(), "testdata/reach.txt")
}

// TestManual has the package comment tell the truth: its lines are faults.
func TestManual(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		example, ok := strings.CutPrefix(line, "//\t")
		if !ok {
			continue
		}
		what, _, _ := strings.Cut(strings.TrimSpace(example), "   ")
		if strings.Contains(what, ": ") {
			n++
			if _, err := faults.Parse(what); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
		if entryOf(strings.Trim(what, "(")) != nil {
			n++
			if w, err := faults.ParseWhat(what); err != nil {
				t.Errorf("%s: %v", what, err)
			} else if w.String() != what {
				t.Errorf("%q prints as %q", what, w)
			}
		}
	}
	if n < 9 {
		t.Errorf("found only %d examples", n)
	}
}

// TestCatalogValues has each sample be the value that its text says.
func TestCatalogValues(t *testing.T) {
	for _, s := range samples {
		w, err := faults.ParseWhat(s.act)
		if err != nil {
			t.Errorf("%s: %v", s.act, err)
			continue
		}
		again, err := faults.ParseWhat(w.String())
		if err != nil || w.String() != s.act || !reflect.DeepEqual(w, again) {
			t.Errorf("%q prints as %q, which is %#v (%v)", s.act, w, again, err)
		}
	}
}
