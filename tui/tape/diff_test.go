package tape_test

import (
	"testing"
	"time"

	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/tui/tape"
)

// taped is the whole tape of a run.
func taped(t testing.TB, s *scenarios.Scenario, o scenarios.Options) *tape.Tape {
	t.Helper()
	tp, err := tape.Record(s, o)
	if err != nil {
		t.Fatal(err)
	}
	tp.Wait()
	return tp
}

// clusters are the events of a tape that are not made from outside.
func clusters(tp *tape.Tape) (list []sim.Event) {
	tp.Scan(1, true, func(e *sim.Event) bool {
		if e.Kind != sim.KindAct && e.Kind != sim.KindNone {
			list = append(list, *e)
		}
		return true
	})
	return list
}

// TestDiff compares what is found in small steps with what is found by looking at all.
func TestDiff(t *testing.T) {
	s, o := brief(t)
	a := taped(t, s, o)
	for _, act := range []string{"at 1.9s: pause n2", "at 1.7s for 10ms: loss 100% n3", "at 1.95s: delay 1ms n1", "at 1.3s: load 2x"} {
		other := o
		other.Faults = append(o.Faults[:len(o.Faults):len(o.Faults)], faults.MustParse(act))
		b := taped(t, s, other)
		x, y := clusters(a), clusters(b)
		i := 0
		for i < len(x) && i < len(y) && x[i].At == y[i].At && x[i].Kind == y[i].Kind && x[i].Node == y[i].Node && x[i].Peer == y[i].Peer && x[i].Text == y[i].Text {
			i++
		}
		for _, d := range []*tape.Diff{tape.NewDiff(a, b), tape.NewDiff(b, a)} {
			for steps := 0; !d.Done(); steps++ {
				if d.Advance(100); steps > 1000 {
					t.Fatalf("%s: it does not end", act)
				}
			}
			inA, inB, ok := d.Found()
			if d.Of(b, a) {
				inA, inB = inB, inA
			}
			if !ok || inA != x[i].Number || inB != y[i].Number {
				t.Errorf("%s: events %d and %d differ (%v), expected %d and %d", act, inA, inB, ok, x[i].Number, y[i].Number)
			}
		}
	}
}

// TestSameDiff: a run does not differ from itself, and one that ends before another differs
// where it ends.
func TestSameDiff(t *testing.T) {
	s, o := brief(t)
	a, b := taped(t, s, o), taped(t, s, o)
	d := tape.NewDiff(a, b)
	d.Advance(1 << 30)
	if x, y, ok := d.Found(); ok || !d.Done() {
		t.Errorf("events %d and %d of the same run differ", x, y)
	}
	o.Until = 2 * time.Second
	c := taped(t, s, o)
	for _, d := range []*tape.Diff{tape.NewDiff(a, c), tape.NewDiff(c, a)} {
		d.Advance(1 << 30)
		x, y, ok := d.Found()
		if d.Of(c, a) {
			x, y = y, x
		}
		if !ok || x != c.Events()+1 || y != 0 {
			t.Errorf("events %d and %d differ (%v), expected that one run has ended after event %d", x, y, ok, c.Events())
		}
	}
}

// TestClock: between two states of a node its clock goes on to be wrong as it drifts.
func TestClock(t *testing.T) {
	s, o := brief(t)
	o.Faults = faults.Schedule{faults.MustParse("at 1s: clock drift +50000ppm n2"), faults.MustParse("at 1.2s: clock jump -2s n3")}
	tp := taped(t, s, o)
	run, err := scenarios.NewRun(s, o)
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	run.Start()
	w, wrong := run.World, 0
	for w.Now() < s.Run+s.Settle-time.Millisecond && w.Step() {
		if w.Events()%41 != 0 {
			continue
		}
		v := tp.At(w.Events())
		for i, n := range w.Nodes() {
			if v.States[i] == nil {
				continue
			}
			got, want := v.States[i].ClockErrorAt(w.Now()), n.ClockError()
			if d := got - want; v.At == w.Now() && (d < -2*time.Microsecond || d > 2*time.Microsecond) {
				t.Fatalf("after event %d the clock of %s is wrong by %v, expected %v", w.Events(), n.Name(), got, want)
			}
			if want != 0 {
				wrong++
			}
		}
	}
	if wrong < 20 {
		t.Errorf("a clock was wrong %d times", wrong)
	}
}

// TestCopies: both arrivals of a message that the network doubled lead to where it was sent.
func TestCopies(t *testing.T) {
	s, o := brief(t)
	o.Faults = faults.Schedule{faults.MustParse("at 1s: duplicate 50% all")}
	tp := taped(t, s, o)
	arrived := map[uint64]int{} // messages, by their send
	for _, e := range clusters(tp) {
		if e.Kind != sim.KindDeliver {
			continue
		}
		send := tp.SendOf(e.Number)
		sent, _ := tp.Event(send)
		if sent.Kind != sim.KindSend || sent.Node != e.Peer || sent.Peer != e.Node || sent.Call != e.Call || sent.Answer != e.Answer {
			t.Fatalf("event %d, %v, is about what event %d sent, %v", e.Number, e, send, sent)
		}
		arrived[send]++
	}
	twice := 0
	for _, n := range arrived { // order-free: a count
		if n == 2 {
			twice++
		}
	}
	if twice < 10 {
		t.Errorf("%d messages arrived twice", twice)
	}
}
