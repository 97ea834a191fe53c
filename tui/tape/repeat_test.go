package tape_test

import (
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/orrery-sim/orrery/faults"
	_ "github.com/orrery-sim/orrery/internal/steady"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/tui/tape"
)

// little is a tape that keeps no more than it must.
func little(t testing.TB, name string, seed uint64) *tape.Tape {
	tp, err := tape.Keep(load(t, name), scenarios.Options{Seed: seed}, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tp.Stop)
	tp.Wait()
	return tp
}

// bare is a view without what messages say: those are other values in another run.
func bare(v *tape.View) *tape.View {
	c := *v
	c.Last.Body = nil
	c.Flying = append([]tape.Flight(nil), v.Flying...)
	for i := range c.Flying {
		c.Flying[i].Body = nil
	}
	return &c
}

// TestDropped: a tape that drops what nobody looks at keeps a bounded number of events, and
// shows each moment as a tape that keeps everything.
func TestDropped(t *testing.T) {
	for _, name := range []string{"raft/minority-leader", "tiers/every-tier"} {
		all, few := record(t, name, 42), little(t, name, 42)
		if len(few.Unlooked()) < 3 {
			t.Fatalf("%s: of %d events %d are kept", name, few.Events(), few.Kept())
		}
		if !reflect.DeepEqual(few.Marks(), all.Marks()) || !reflect.DeepEqual(few.Stretches(), all.Stretches()) {
			t.Errorf("%s: other marks, or faults in force", name)
		}
		rapid.Check(t, func(r *rapid.T) {
			n := rapid.Uint64Range(0, all.Events()).Draw(r, "event")
			if rapid.Bool().Draw(r, "at the edge of a chunk") {
				n = min(n/tape.ChunkSize*tape.ChunkSize+rapid.Uint64Range(0, 2).Draw(r, "behind"), all.Events())
			}
			equalAt(r, few, all, n)
			if kept := few.Kept(); kept > 10*tape.ChunkSize {
				r.Fatalf("%d events are kept", kept)
			}
		})
	}
}

// equalAt says whether all that can be asked about an event is the same.
func equalAt(t rapid.TB, few, all *tape.Tape, n uint64) {
	few.Await(n)
	if got, want := bare(few.At(n)), bare(all.At(n)); !reflect.DeepEqual(got, want) {
		t.Fatalf("after event %d:\n%+v\nexpected\n%+v", n, got, want)
	}
	if got, want := few.SendOf(n), all.SendOf(n); got != want {
		t.Fatalf("event %d is about the message of event %d, expected %d", n, got, want)
	}
	if got, want := few.Time(n), all.Time(n); got != want {
		t.Fatalf("event %d is at %v, expected %v", n, got, want)
	}
	x, okX := few.Event(n)
	y, okY := all.Event(n)
	if x.Body, y.Body = nil, nil; x != y || okX != okY {
		t.Fatalf("event %d is %v, expected %v", n, x, y)
	}
	f, endF, okF := few.Flight(n)
	g, endG, okG := all.Flight(n)
	if f.Body, g.Body = nil, nil; !reflect.DeepEqual(f, g) || endF != endG || okF != okG {
		t.Fatalf("event %d sends %+v until %d, expected %+v until %d", n, f, endF, g, endG)
	}
	for node := range all.Nodes() {
		equalChange(t, few, all, node, n)
	}
	at := all.Time(n)
	for want := all.ByTime(at); few.ByTime(at) != want; runtime.Gosched() {
		if few.Has(want) && few.ByTime(at) != want {
			t.Fatalf("by %v there are %d events, expected %d", at, few.ByTime(at), want)
		}
	}
	equalScan(t, few, all, n)
}

// equalChange compares what a node showed last. That may need three chunks, of which one can be
// dropped for another.
func equalChange(t rapid.TB, few, all *tape.Tape, node int, n uint64) {
	before, after := all.Changed(node, n)
	var b, a *tape.NodeState
	for range 5 {
		for _, s := range []*tape.NodeState{before, after} {
			if s != nil {
				few.Await(s.Event)
			}
		}
		few.Await(n)
		if b, a = few.Changed(node, n); reflect.DeepEqual(a, after) && reflect.DeepEqual(b, before) {
			return
		}
	}
	t.Fatalf("event %d: node %d changed from %+v to %+v, expected from %+v to %+v", n, node, b, a, before, after)
}

// equalScan scans and skims, both ways, and goes on when what was missing is there.
func equalScan(t rapid.TB, few, all *tape.Tape, n uint64) {
	for _, forward := range []bool{true, false} {
		var want, got []sim.Event
		all.Scan(n, forward, func(e *sim.Event) bool {
			want = append(want, *e)
			return len(want) < 300
		})
		for missing, from := true, n; missing; {
			few.Await(from)
			missing = few.Scan(from, forward, func(e *sim.Event) bool {
				if from = e.Number + 1; !forward {
					from = e.Number - 1
				}
				got = append(got, *e)
				return len(got) < 300
			})
		}
		if len(got) != len(want) {
			t.Fatalf("from event %d on, forward %v: %d events, expected %d", n, forward, len(got), len(want))
		}
		for i := range got {
			if got[i].Body, want[i].Body = nil, nil; got[i] != want[i] {
				t.Fatalf("%v, expected %v", got[i], want[i])
			}
		}
		few.Skim(n, forward, 100, func(g tape.Glimpse) bool {
			if e, _ := all.Event(g.Number); e.At != g.At || e.Kind != g.Kind || e.Cause != g.Cause {
				t.Fatalf("%+v is skimmed, expected %v", g, e)
			}
			return true
		})
	}
}

// TestMissing: what is not there at the moment is said to be so, and what is known of it
// is shown meanwhile.
func TestMissing(t *testing.T) {
	tp := little(t, "raft/minority-leader", 42)
	all := record(t, "raft/minority-leader", 42)
	n := uint64(tp.Unlooked()[0])*tape.ChunkSize + 100
	v := tp.At(n)
	if !v.Again || v.Event != n || v.At > all.Time(n) || v.States[0] == nil || v.States[0].Event > n {
		t.Errorf("%+v", v)
	}
	if _, to, ok := tp.Repeating(); !ok || to != n-99 {
		t.Errorf("it is run again to event %d (%v), expected %d", to, ok, n-99)
	}
	if got, want := tp.ByTime(all.Time(n)), all.ByTime(all.Time(n)); got > want || got+tape.ChunkSize < want {
		t.Errorf("event %d is the last by %v, expected one shortly before %d", got, all.Time(n), want)
	}
	tp.Await(n)
	if tp.At(n).Again {
		t.Error("it does not come")
	}
}

// TestDroppedAgain: a tape that takes over from one that has dropped what it takes over is
// that of a run from the beginning, and so is one that took over what is open still.
func TestDroppedAgain(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs the same run again and again, as TestDropped does")
	}
	base := little(t, "raft/minority-leader", 42)
	for _, at := range []time.Duration{4 * time.Second, 7 * time.Second, 9500 * time.Millisecond} {
		o := scenarios.Options{Seed: 42, Faults: faults.Schedule{faults.MustParse(fmt.Sprintf("at %v for 3s: crash n1", at))}}
		s := load(t, "raft/minority-leader")
		got, err := base.Again(s, o, base.ByTime(at-1))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(got.Stop)
		want, err := tape.Record(s, o)
		if err != nil {
			t.Fatal(err)
		}
		got.Wait()
		want.Wait()
		if a, b := got.Progress(), want.Progress(); a.Err != nil || a.Report.Hash != b.Report.Hash || a.Events != b.Events {
			t.Fatalf("%+v\nexpected\n%+v", a, b)
		}
		for n := uint64(0); n <= want.Events(); n += 1997 {
			equalAt(t, got, want, n)
		}
	}
}

// TestDroppedDiff: what two runs have in common need not be there to be known.
func TestDroppedDiff(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs the same run again and again, as TestDropped does")
	}
	a, all := little(t, "raft/calm", 3), record(t, "raft/calm", 3)
	o := scenarios.Options{Seed: 3, Faults: faults.Schedule{faults.MustParse("at 5s for 3s: crash leader")}}
	b, err := a.Again(load(t, "raft/calm"), o, a.ByTime(5*time.Second-1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Stop)
	b.Wait()
	other, err := tape.Record(load(t, "raft/calm"), o)
	if err != nil {
		t.Fatal(err)
	}
	other.Wait()
	d, e := tape.NewDiff(a, b), tape.NewDiff(all, other)
	for !d.Done() || !e.Done() {
		d.Advance(1000)
		e.Advance(1000)
		runtime.Gosched()
	}
	d.Advance(1) // changes nothing any more
	x, y, ok := d.Found()
	if x2, y2, ok2 := e.Found(); x != x2 || y != y2 || ok != ok2 {
		t.Errorf("%d and %d differ, expected %d and %d", x, y, x2, y2)
	}
}

// TestStopRepeating: a tape that is stopped ends the runs that wait.
func TestStopRepeating(t *testing.T) {
	before := runtime.NumGoroutine()
	tp := little(t, "raft/minority-leader", 42)
	for _, k := range tp.Unlooked() {
		tp.Await(uint64(k)*tape.ChunkSize + 1)
	}
	if tp.Parked() == 0 {
		t.Fatal("no run waits")
	}
	tp.Stop()
	for i := 0; tp.Parked() != 0; i++ {
		if time.Sleep(time.Millisecond); i == 20_000 {
			t.Fatalf("%d runs wait", tp.Parked())
		}
	}
	settles(t, before)
}

// settles waits until there are as many goroutines as before.
func settles(t *testing.T, before int) {
	t.Helper()
	for i := 0; runtime.NumGoroutine() > before; i++ {
		if time.Sleep(time.Millisecond); i == 20_000 {
			buf := make([]byte, 1<<20)
			t.Fatalf("%d goroutines, expected %d\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
		}
	}
}

// TestRepeatDiffers: a run that is another when it is run again is said to be so, and what
// was dropped stays away.
func TestRepeatDiffers(t *testing.T) {
	tp := little(t, "raft/minority-leader", 42)
	tp.Other(scenarios.Options{Seed: 43})
	n := uint64(tp.Unlooked()[0])*tape.ChunkSize + 1
	tp.Await(n)
	if err := tp.Progress().Err; err == nil || !strings.Contains(err.Error(), "not repeatable") {
		t.Errorf("%v, expected that the run is not repeatable", err)
	}
	if tp.Has(n) {
		t.Error("events of another run are shown")
	}
}
