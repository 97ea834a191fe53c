package tape_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/nodes"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/tui/tape"
)

func load(t testing.TB, name string) *scenarios.Scenario {
	s, err := nodes.All.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func record(t testing.TB, name string, seed uint64) *tape.Tape {
	tp, err := tape.Record(load(t, name), scenarios.Options{Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	tp.Wait()
	return tp
}

// TestHash: a run that is taped is the run that is not.
func TestHash(t *testing.T) {
	s := load(t, "raft/minority-leader")
	run, err := scenarios.NewRun(s, scenarios.Options{Seed: 42})
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	var events []sim.Event
	run.Options.Observe = func(r *scenarios.Run) {
		r.World.Observe(sim.ObserverFunc(func(e *sim.Event) { events = append(events, *e) }))
	}
	want := run.Execute(nil)
	tp := record(t, "raft/minority-leader", 42)
	got := tp.Progress()
	if got.Report == nil || got.Report.Hash != want.Hash || got.Events != want.Events {
		t.Fatalf("%+v, expected hash %s after %d events", got, want.Hash, want.Events)
	}
	for _, e := range events {
		have, ok := tp.Event(e.Number)
		have.Body, e.Body = nil, nil
		if !ok || have != e {
			t.Fatalf("event %d is %+v, expected %+v", e.Number, have, e)
		}
	}
	if ops := tp.Operations(got.Events); !reflect.DeepEqual(ops, want.History().Ops) {
		t.Errorf("%d operations, expected %d", len(ops), len(want.History().Ops))
	}
}

// TestView compares views with what a world shows that has been run so far.
func TestView(t *testing.T) {
	tp := record(t, "raft/minority-leader", 42)
	s := load(t, "raft/minority-leader")
	run, err := scenarios.NewRun(s, scenarios.Options{Seed: 42})
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	run.Start()
	for w, n := run.World, 0; n < 4000; n++ {
		before := w.Events()
		if !w.Step() {
			break
		}
		if n%7 != 0 || w.Events() == before {
			continue
		}
		v := tp.At(w.Events())
		for i, node := range w.Nodes() {
			s := v.States[i]
			if s == nil {
				continue
			}
			if fmt.Sprint(s.Fields) != fmt.Sprint(node.Fields()) || s.Up != node.Up() || s.Inbox != node.InboxQueue() {
				t.Fatalf("after event %d %s shows %v, expected %v", w.Events(), node.Name(), s.Fields, node.Fields())
			}
		}
	}
}

// TestAgain: what is taken over from another tape, and what is run anew behind it, is
// what a tape from the beginning has.
func TestAgain(t *testing.T) {
	base := record(t, "raft/minority-leader", 42)
	at := 7 * time.Second
	upTo := base.ByTime(at - 1)
	o := scenarios.Options{Seed: 42, Faults: faults.Schedule{faults.MustParse(fmt.Sprintf("at %v for 3s: crash n1", at))}}
	s := load(t, "raft/minority-leader")
	got, err := base.Again(s, o, upTo)
	if err != nil {
		t.Fatal(err)
	}
	got.Wait()
	want, err := tape.Record(s, o)
	if err != nil {
		t.Fatal(err)
	}
	want.Wait()
	a, b := got.Progress(), want.Progress()
	if a.Err != nil || a.Report.Hash != b.Report.Hash || a.Events != b.Events {
		t.Fatalf("%+v\nexpected\n%+v", a, b)
	}
	if base.Progress().Report.Hash == b.Report.Hash {
		t.Error("the crash changed nothing")
	}
	for n := uint64(0); n <= a.Events; n += 97 {
		x, y := got.At(n), want.At(n)
		x.Last.Body, y.Last.Body = nil, nil
		for i := range x.Flying {
			x.Flying[i].Body = nil
		}
		for i := range y.Flying {
			y.Flying[i].Body = nil
		}
		if !reflect.DeepEqual(x, y) {
			t.Fatalf("after event %d (taken over up to %d):\n%+v\nexpected\n%+v", n, upTo, x, y)
		}
	}
	if !reflect.DeepEqual(got.Marks(), want.Marks()) || !reflect.DeepEqual(got.AllOperations(), want.AllOperations()) {
		t.Error("other marks or operations")
	}
}
