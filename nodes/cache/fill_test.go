package cache

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/sim"
)

// A lease is given to one at a time, lasts for its time, and ends with a delete.
func TestLeases(t *testing.T) {
	const lasting = 10
	l := newLeases(lasting, 1)
	first, ok := l.grant(0, "x")
	if _, again := l.grant(lasting, "x"); !ok || again {
		t.Error("two have the lease of a key")
	}
	if _, ok := l.grant(0, "y"); !ok {
		t.Error("the lease of one key keeps others from another's")
	}
	second, ok := l.grant(lasting+1, "x")
	if !ok || second == first {
		t.Error("a lease that has expired is not given to the next")
	}
	if l.redeem(lasting+1, "x", first) {
		t.Error("an old lease counts")
	}
	if !l.redeem(lasting+1, "x", second) || l.redeem(lasting+1, "x", second) {
		t.Error("a lease does not count once")
	}
	third, _ := l.grant(lasting+2, "x")
	l.revoke("x")
	if l.redeem(lasting+2, "x", third) {
		t.Error("a lease counts after a delete")
	}
	late, _ := l.grant(100, "z")
	if l.redeem(100+lasting+1, "z", late) {
		t.Error("a lease counts after its time")
	}
	if other, _ := newLeases(lasting, 2).grant(0, "x"); other == first {
		t.Error("after a restart the same lease is given again")
	}
	for i := range 1000 {
		l.grant(time.Duration(1000+i*20), fmt.Sprint("k", i))
	}
	if len(l.open) > 2 || len(l.oldest) > 2 {
		t.Errorf("%d leases are remembered that have expired", len(l.open))
	}
}

// Those that share a read get what it brings, and nobody waits for ever for one that
// was killed.
func TestFills(t *testing.T) {
	w := sim.New(sim.Config{Seed: 1})
	defer w.Close()
	f, kept := fills{}, 0
	slow := func(p *sim.Proc, value int64, took time.Duration) (Row, error) {
		return f.read("x",
			func() (Row, error) { p.Sleep(took); return Row{checker.Int(value), true}, nil },
			func(Row) { kept++ })
	}
	w.Client("c", func(p *sim.Proc) {
		wait := func() (Row, error) { return f.current("x").wait(p, time.Second) }
		reader := p.Go("first", func(p *sim.Proc) { slow(p, 1, time.Second/2) })
		p.Sleep(1)
		if row, err := wait(); err != nil || row.Value != checker.Int(1) || kept != 1 {
			t.Errorf("shared %v, %v, kept %d times", row, err, kept)
		}
		reader = p.Go("overtaken", func(p *sim.Proc) { slow(p, 2, time.Second/2) })
		p.Sleep(1)
		under := f.current("x")
		f.forget("x")
		if f.current("x") != nil {
			t.Error("a read that a write has overtaken is shared")
		}
		p.Go("next", func(p *sim.Proc) { slow(p, 3, time.Second/4) })
		p.Sleep(1)
		if row, _ := wait(); row.Value != checker.Int(3) || kept != 2 {
			t.Errorf("after the write %v was read, and kept %d times", row, kept)
		}
		if row, _ := under.wait(p, time.Second); row.Value != checker.Int(2) || kept != 2 {
			t.Errorf("who waited before the write got %v, and it was kept %d times", row, kept)
		}
		reader = p.Go("killed", func(p *sim.Proc) { slow(p, 4, time.Hour) })
		p.Sleep(1)
		p.After(time.Millisecond, func(*sim.Proc) { reader.Kill() })
		if _, err := wait(); !errors.Is(err, errAbandoned) {
			t.Errorf("who waited for a read that was killed got %v", err)
		}
		p.Go("slow", func(p *sim.Proc) { slow(p, 5, 2*time.Second) })
		p.Sleep(1)
		if _, err := wait(); !errors.Is(err, sim.ErrTimeout) {
			t.Errorf("who waited too long got %v", err)
		}
		p.Sleep(3 * time.Second)
	})
	if out := w.Run(time.Minute); !out.OK() || len(f) != 0 {
		t.Errorf("%v, and %d reads are still remembered", out, len(f))
	}
}

// A read that a write of the same machine has overtaken is not shared with those who
// ask after the write; one that a write of another machine has overtaken is not shared
// where there are leases. Without them it may be: that is what may be in flight.
func TestSharingAcrossWrites(t *testing.T) {
	for _, test := range []struct {
		leases      string
		sameMachine bool
		want        checker.Value
	}{
		{"false", true, checker.Int(1)}, {"true", true, checker.Int(1)},
		{"false", false, checker.Nil}, {"true", false, checker.Int(1)},
	} {
		w := sim.New(sim.Config{Seed: 1})
		db := &Database{ReadTime: sim.Constant(50 * time.Millisecond), WriteTime: sim.Constant(time.Millisecond)}
		w.Node("db", db.Boot).SetCores(4)
		tier := &Tier{Config: readConfig(defaults(scenarios.Values{"leases": test.leases})), Nodes: []string{"n"}, Store: Remote("db")}
		w.Node("n", tier.Boot)
		var other *Client
		w.Node("b", func(p *sim.Proc) {
			other = tier.Client(p)
			if p.Sleep(15 * time.Millisecond); !test.sameMachine {
				other.Write(p, "x", checker.Int(1), time.Second)
			}
		})
		var got Row
		w.Client("a", func(p *sim.Proc) {
			c := tier.Client(p)
			p.Go("first", func(p *sim.Proc) { c.Read(p, "x", time.Second) })
			if p.Sleep(15 * time.Millisecond); test.sameMachine {
				c.Write(p, "x", checker.Int(1), time.Second)
			}
			p.Sleep(20 * time.Millisecond)
			got, _ = c.Read(p, "x", time.Second)
		})
		if out := w.Run(2 * time.Second); !out.OK() || got.Value != test.want {
			t.Errorf("leases %s, same machine %v: %v was read, expected %v (%v)", test.leases, test.sameMachine, got.Value, test.want, out)
		}
		w.Close()
	}
}

// Knobs that contradict each other are errors before the run.
func TestContradictions(t *testing.T) {
	sc, err := System.Scenario("calm")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		knobs scenarios.Values
		want  string
	}{
		{scenarios.Values{"ttl": "1s", "negative-ttl": "2s"}, "knob negative-ttl: 2s is longer than ttl, which is 1s"},
		{scenarios.Values{"lease-time": "5ms"}, "knob lease-wait: 10ms is longer than lease-time, which is 5ms"},
		{scenarios.Values{"warm": "20", "rows": "10"}, "knob warm: 20 of 10 rows"},
		{scenarios.Values{"warm": "4000"}, "knob warm: 4000 rows do not fit into 3 nodes of 1000 entries"},
		{scenarios.Values{"jitter": "1.5"}, "knob jitter: 1.5 is above"},
		{scenarios.Values{"strategy": "write-trough"}, "write-through"},
		{scenarios.Values{"ttl": "0s"}, ""},
	} {
		run, err := scenarios.NewRun(sc, scenarios.Options{Seed: 1, Knobs: test.knobs})
		if err == nil {
			run.Close()
		}
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v: %v, expected %q", test.knobs, err, test.want)
		}
	}
}
