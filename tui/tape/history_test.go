package tape_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/tui/tape"
)

// TestStretches: a fault is in force in the views of its stretch and in no other.
func TestStretches(t *testing.T) {
	for _, name := range []string{"raft/minority-leader", "tiers/every-tier"} {
		tp := record(t, name, 42)
		list := tp.Stretches()
		if len(list) < 2 {
			t.Fatalf("%s has %d stretches", name, len(list))
		}
		for n := uint64(1); n <= tp.Events(); n += 53 {
			var want []string
			for _, s := range list {
				if s.Begin <= n && (n < s.End || s.Open) {
					want = append(want, s.Text)
				}
			}
			var got []string
			for _, f := range tp.At(n).Forces {
				got = append(got, f.Text)
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("%s, event %d: in force are %q, expected %q", name, n, got, want)
			}
		}
		if s := list[0]; s.To <= s.From || s.Open {
			t.Errorf("%+v", s)
		}
	}
}

// TestShown: the states of a node, in order, are those that views show.
func TestShown(t *testing.T) {
	tp := record(t, "raft/minority-leader", 42)
	last, n := time.Duration(-1), 0
	tp.Shown(1, func(s *tape.NodeState) bool {
		n++
		if s.At < last {
			t.Fatalf("event %d is shown after one at %v", s.Event, last)
		}
		last = s.At
		return true
	})
	if n < 100 {
		t.Errorf("%d states", n)
	}
	states := 0
	tp.Shown(1, func(*tape.NodeState) bool { states++; return states < 10 })
	if states != 10 {
		t.Errorf("asked %d times, and said no the tenth time", states)
	}
	var kept []*tape.NodeState
	tp.Shown(1, func(s *tape.NodeState) bool { kept = append(kept, s); return true })
	for _, s := range kept[:len(kept)-1] {
		if got := tp.At(s.Event).States[1]; got != s {
			t.Fatalf("after event %d the node shows %+v, expected %+v", s.Event, got, s)
		}
	}
}
