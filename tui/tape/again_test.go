package tape_test

import (
	"fmt"
	"reflect"
	"runtime"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/orrery-sim/orrery/faults"
	_ "github.com/orrery-sim/orrery/internal/steady"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/tui/tape"
)

// brief is a run of a few seconds in which something happens.
func brief(t testing.TB) (*scenarios.Scenario, scenarios.Options) {
	s := load(t, "raft/calm")
	s.Run, s.Settle = 2*time.Second, time.Second
	return s, scenarios.Options{Seed: 3, Faults: faults.Schedule{
		faults.MustParse("at 1s for 500ms: isolate leader"), faults.MustParse("at 1.2s for 200ms: loss 20% all"), faults.MustParse("at 1800ms: crash n1"),
	}}
}

// TestAgainAnywhere: from wherever a run is run again, what is taken over and what comes
// behind it are the tape that is made from the beginning.
func TestAgainAnywhere(t *testing.T) {
	s, o := brief(t)
	want, err := tape.Record(s, o)
	if err != nil {
		t.Fatal(err)
	}
	want.Wait()
	end := want.Events()
	rapid.Check(t, func(t *rapid.T) {
		base, upTo := want, uint64(0)
		for range rapid.IntRange(1, 2).Draw(t, "times") { // what was taken over is taken over in turn
			upTo = rapid.Uint64Range(0, end+1).Draw(t, "upTo")
			again, err := base.Again(s, o, upTo)
			if err != nil {
				t.Fatal(err)
			}
			again.Wait()
			base = again
		}
		sameTape(t, base, want, upTo)
	})
}

// sameTape compares all that two tapes tell.
func sameTape(t *rapid.T, got, want *tape.Tape, upTo uint64) {
	t.Helper()
	if a, b := got.Progress(), want.Progress(); a.Err != nil || a.Events != b.Events || a.At != b.At || a.Report.Hash != b.Report.Hash {
		t.Fatalf("%+v, expected %+v", a, b)
	}
	if a, b := got.Marks(), want.Marks(); !reflect.DeepEqual(a, b) {
		t.Fatalf("taken over up to %d: marks\n%v\nexpected\n%v", upTo, a, b)
	}
	if a, b := got.Stretches(), want.Stretches(); !reflect.DeepEqual(a, b) {
		t.Fatalf("taken over up to %d: stretches\n%v\nexpected\n%v", upTo, a, b)
	}
	if a, b := got.Operations(got.Events()), want.Operations(want.Events()); !reflect.DeepEqual(a, b) {
		t.Fatalf("taken over up to %d: operations\n%v\nexpected\n%v", upTo, a, b)
	}
	step := uint64(rapid.IntRange(50, 150).Draw(t, "step"))
	for n := uint64(0); n <= want.Events(); n += step {
		sameView(t, got, want, n, upTo)
	}
	for n := upTo - min(upTo, 20); n <= upTo+20; n++ {
		sameView(t, got, want, n, upTo)
	}
}

func sameView(t *rapid.T, got, want *tape.Tape, n, upTo uint64) {
	t.Helper()
	x, y := got.At(n), want.At(n)
	for _, v := range []*tape.View{x, y} {
		v.Last.Body = nil
		for i := range v.Flying {
			v.Flying[i].Body = nil
		}
	}
	if !reflect.DeepEqual(x, y) {
		t.Fatalf("taken over up to %d, after event %d:\n%+v\nexpected\n%+v", upTo, n, x, y)
	}
}

// TestLookedAt looks at a tape all the time while it is made, and runs it again from where
// it has come to: under -race, nobody writes what somebody reads.
func TestLookedAt(t *testing.T) {
	s, o := brief(t)
	s.Run = 6 * time.Second // long enough for the scheduler to let both in
	for at := 3; at < 6; at++ {
		o.Faults = append(o.Faults, faults.MustParse(fmt.Sprintf("at %ds for 500ms: isolate n%d", at, at%5+1)))
	}
	var tapes []*tape.Tape
	first, err := tape.Record(s, o)
	if err != nil {
		t.Fatal(err)
	}
	for tapes = append(tapes, first); len(tapes) < 4; {
		last := tapes[len(tapes)-1]
		for last.Events() < uint64(len(tapes))*1500 && !last.Progress().Ended {
			look(tapes)
		}
		again, err := last.Again(s, o, last.Events())
		if err != nil {
			t.Fatal(err)
		}
		tapes = append(tapes, again)
	}
	for !tapes[0].Progress().Ended || !tapes[3].Progress().Ended {
		look(tapes)
	}
	calm, err := tape.Record(s, o)
	if err != nil {
		t.Fatal(err)
	}
	calm.Wait()
	for _, tp := range tapes {
		tp.Wait()
		if got, want := tp.Progress(), calm.Progress(); got.Err != nil || got.Report.Hash != want.Report.Hash {
			t.Errorf("%+v, expected %+v", got, want)
		}
		if got, want := tp.Marks(), calm.Marks(); !reflect.DeepEqual(got, want) {
			t.Errorf("marks\n%v\nexpected\n%v", got, want)
		}
		if got, want := tp.Stretches(), calm.Stretches(); !reflect.DeepEqual(got, want) {
			t.Errorf("stretches\n%v\nexpected\n%v", got, want)
		}
	}
}

// look reads all that a screen shows.
func look(tapes []*tape.Tape) {
	for _, t := range tapes {
		v := t.At(t.Events())
		for _, s := range v.States {
			if s != nil {
				_ = s.Field("role")
			}
		}
		for _, m := range t.Marks() {
			_ = m.At
		}
		for _, s := range t.Stretches() {
			_ = s.To
		}
		_ = t.Operations(v.Event)
	}
	runtime.Gosched()
}
