package faults_test

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/orrery-sim/orrery/internal/steady"
	"pgregory.net/rapid"

	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/sim"
)

// history is what can be seen of a run until a moment.
type history struct {
	hash, events uint64
	log          string

	sends []uint64        // the numbers of what was sent
	began []time.Duration // when there were acts with the watched line
	sum   uint64          // of all events, without that line
}

// historyOf runs a schedule in a toy of four servers until just before a moment. What
// stands in the text of acts of one line of it is left out of the sum.
func historyOf(t *rapid.T, s faults.Schedule, line string, before time.Duration, meanwhile func(c *toy)) history {
	c := newToy(t, 1, 4)
	defer c.w.Close()
	c.leader = c.firstUp
	h, sum := history{}, fnv.New64a()
	c.w.Observe(sim.ObserverFunc(func(e *sim.Event) {
		text := e.Text
		if e.Kind == sim.KindSend {
			h.sends = append(h.sends, e.Number)
		}
		if e.Kind == sim.KindAct && text == line {
			h.began = append(h.began, e.At)
			text = ""
		}
		fmt.Fprintln(sum, e.Number, e.Cause, e.At, e.Kind, e.Node, e.Peer, e.Arg, text)
	}))
	plan, err := s.Install(c)
	if err != nil {
		t.Fatal(err)
	}
	c.plan = plan
	if meanwhile != nil {
		meanwhile(c)
	}
	if out := c.w.Run(before - 1 - c.w.Now()); !out.OK() {
		t.Fatal(out, out.Stack)
	}
	h.hash, h.events, h.log, h.sum = c.w.Hash(), c.w.Events(), c.log(), sum.Sum64()
	return h
}

// byHand draws a fault that begins at a moment at which nothing else does.
func byHand(t *rapid.T, gen *rapid.Generator[faults.Fault]) faults.Fault {
	f := gen.Draw(t, "by hand")
	at := time.Duration(rapid.IntRange(100, 4000).Draw(t, "at, in ms"))*time.Millisecond + 333_333
	if rapid.Bool().Draw(t, "just after a beat") { // when messages are under way
		at -= at%beat - 333_333
	}
	if f.Until.Time != 0 {
		f.Until.Time += at - f.At
	}
	f.At = at
	return f
}

// TestWhatIsDoneChangesNothingBefore is the law on which stepping back and forks rest:
// any fault more, from some moment on, leaves all before that moment as it was.
func TestWhatIsDoneChangesNothingBefore(t *testing.T) {
	gen := genRunnable(newToy(t, 1, 4))
	rapid.Check(t, func(t *rapid.T) {
		others := faults.Schedule(rapid.SliceOfN(gen, 0, 4).Draw(t, "others"))
		f := byHand(t, gen)
		without := historyOf(t, others, "", f.At, nil)
		f = meet(t, f, without.sends)
		place := rapid.IntRange(0, len(others)).Draw(t, "place")
		with := historyOf(t, slices.Insert(slices.Clone(others), place, f), "", f.At, nil)
		if with.hash != without.hash || with.events != without.events || with.log != without.log {
			t.Fatalf("%s\nchanges what was before it:\n%d events with hash %x, and %d with %x\n%s\n%s",
				f, without.events, without.hash, with.events, with.hash, without.log, with.log)
		}
		// Added in the run, it does what it does in a schedule.
		end := f.At + time.Second
		first := historyOf(t, append(slices.Clone(others), f), "", end, nil)
		added := historyOf(t, others, "", end, func(c *toy) {
			c.w.Run(f.At - 1)
			if err := c.plan.Add(f); err != nil {
				t.Fatal(err)
			}
		})
		if first.hash != added.hash || first.log != added.log {
			t.Fatalf("%s\nadded just before, it is another:\n%s\n%s", f, first.log, added.log)
		}
	})
}

// meet gives an act on message 8112 the number of something sent by then, perhaps so
// lately that it is under way.
func meet(t *rapid.T, f faults.Fault, sends []uint64) faults.Fault {
	if line := f.String(); strings.Contains(line, "message 8112") && len(sends) > 0 {
		n := sends[len(sends)-1-rapid.IntRange(0, min(20, len(sends)-1)).Draw(t, "message")]
		return faults.MustParse(strings.ReplaceAll(line, "8112", fmt.Sprint(n)))
	}
	return f
}

// TestEndedSooner has a fault that ends sooner leave all before that end as it was, but
// for the line that says how long it will last.
func TestEndedSooner(t *testing.T) {
	gen := genRunnable(newToy(t, 1, 4)).Filter(func(f faults.Fault) bool { return f.For > 1 })
	rapid.Check(t, func(t *rapid.T) {
		others := faults.Schedule(rapid.SliceOfN(genRunnable(newToy(t, 1, 4)), 0, 4).Draw(t, "others"))
		f := byHand(t, gen)
		sooner := f
		sooner.For = time.Duration(rapid.Int64Range(1, int64(f.For)-1).Draw(t, "for"))
		end := 6 * time.Second // of what does not begin before
		if all := historyOf(t, append(slices.Clone(others), f), f.String(), end, nil); len(all.began) > 0 {
			end = all.began[0] + sooner.For
		}
		a := historyOf(t, append(slices.Clone(others), f), f.String(), end, nil)
		b := historyOf(t, append(slices.Clone(others), sooner), sooner.String(), end, nil)
		if a.sum != b.sum {
			t.Fatalf("%s\nhas another beginning than\n%s\n%s\n%s", f, sooner, a.log, b.log)
		}
	})
}
