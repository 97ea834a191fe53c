package sim

import (
	"testing"
	"time"
)

// A dial is refused at once by a node that is up, and is silence otherwise.
func TestDialRefusedOrSilent(t *testing.T) {
	serve := func(p *Proc, m Message) (any, error) { return nil, nil }
	for _, test := range []struct {
		name    string
		to      string
		boot    func(p *Proc)
		fault   func(w *World)
		timeout time.Duration
		err     error
		after   time.Duration
	}{
		{name: "listens", to: "b:x", boot: func(p *Proc) { p.Listen("x") }, after: 2 * time.Millisecond},
		{name: "accepts at its inbox", to: "b", boot: func(p *Proc) { p.Listen("").Accept(p) }, after: 2 * time.Millisecond},
		{name: "accepts beside a handler", to: "b:x", boot: func(p *Proc) {
			p.Listen("x").Serve(p, serve)
			p.Listen("x").Accept(p)
		}, after: 2 * time.Millisecond},
		{name: "no such port", to: "b:x", boot: func(p *Proc) {}, err: ErrRefused, after: 2 * time.Millisecond},
		{name: "inbox for messages", to: "b", boot: func(p *Proc) { p.Recv() }, err: ErrRefused, after: 2 * time.Millisecond},
		{name: "port for calls", to: "b:x", boot: func(p *Proc) { p.Listen("x").Serve(p, serve) }, err: ErrRefused, after: 2 * time.Millisecond},
		{
			name: "down", to: "b:x", boot: func(p *Proc) { p.Listen("x") },
			fault: func(w *World) { w.Lookup("b").Crash() }, err: ErrTimeout, after: time.Second,
		},
		{
			name: "down for longer than the network tries", to: "b:x", boot: func(p *Proc) { p.Listen("x") },
			fault:   func(w *World) { w.Lookup("b").Crash() },
			timeout: time.Minute, err: ErrBroken, after: 15*time.Second + time.Millisecond,
		},
		{
			name: "cut", to: "b:x", boot: func(p *Proc) { p.Listen("x") },
			fault: func(w *World) { w.Cut("a", "b") }, err: ErrTimeout, after: time.Second,
		},
		{
			name: "way back cut", to: "b:x", boot: func(p *Proc) { p.Listen("x") },
			fault: func(w *World) { w.Cut("b", "a") }, err: ErrTimeout, after: time.Second,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := New(Config{Seed: 1})
			defer w.Close()
			w.Node("b", test.boot)
			if test.fault != nil {
				w.At(time.Second, "fault", func() { test.fault(w) })
			}
			w.Client("a", func(p *Proc) {
				p.Sleep(2 * time.Second)
				c, err := p.Dial(test.to, orDefault(test.timeout, time.Second))
				if err != test.err || (c == nil) != (err != nil) {
					t.Errorf("Dial: %v, %v, expected %v", c, err, test.err)
				}
				if took := w.Now() - 2*time.Second; took != test.after {
					t.Errorf("Dial took %v, expected %v", took, test.after)
				}
			})
			mustRun(t, w, time.Minute)
		})
	}
}

// A dial that waits for a node to boot reaches its new life.
func TestDialReachesRestartedNode(t *testing.T) {
	w := New(Config{Seed: 1})
	defer w.Close()
	w.Node("b", func(p *Proc) { p.Listen("x") })
	w.Client("a", func(p *Proc) {
		p.Sleep(10 * time.Millisecond)
		p.Go("restart", func(p *Proc) { w.Lookup("b").Restart() })
		if _, err := p.Dial("b:x", time.Second); err != nil {
			t.Error(err)
		}
	})
	mustRun(t, w, time.Second)
}

// Nobody accepts what its dialler has given up: the handshake's last step is missing.
func TestDialGivenUpIsNotAccepted(t *testing.T) {
	w := New(Config{Seed: 1})
	defer w.Close()
	w.Node("b", func(p *Proc) {
		if _, err := p.Listen("x").AcceptTimeout(p, 30*time.Second); err != ErrTimeout {
			t.Errorf("AcceptTimeout: %v, expected %v", err, ErrTimeout)
		}
	})
	w.Node("a", func(p *Proc) {
		cut := w.Cut("a", "b")
		if _, err := p.Dial("b:x", time.Second); err != ErrTimeout {
			t.Errorf("Dial: %v, expected %v", err, ErrTimeout)
		}
		cut.Mend()
	})
	mustRun(t, w, time.Minute)
}

// The end of a killed dialler is known to nobody: what it is sent is answered with
// a reset.
func TestDialKilled(t *testing.T) {
	w := New(Config{Seed: 1})
	defer w.Close()
	var got received
	w.Node("b", func(p *Proc) {
		c := p.Listen("x").Accept(p)
		c.Send(p, "hello")
		got.all(p, c)
	})
	w.Node("a", func(p *Proc) {
		dialler := p.Go("dial", func(p *Proc) { p.Dial("b:x", time.Second) })
		p.Sleep(1500 * time.Microsecond)
		dialler.Kill()
	})
	mustRun(t, w, time.Minute)
	got.mustBe(t, "3ms connection reset")
}

// What the listener sends may overtake its answer to the dialler. It waits for it, or
// is answered with a reset if the dialler gives up.
func TestDialOvertaken(t *testing.T) {
	for _, test := range []struct {
		timeout   time.Duration
		atA, atB  received
		afterDial error
	}{
		{timeout: 5 * time.Second, atA: received{"2.001s hello", "2.001s EOF"}},
		{timeout: time.Second, atB: received{"1.001s connection reset"}, afterDial: ErrTimeout},
	} {
		var atA, atB received
		w := New(Config{Seed: 1})
		w.Node("b", func(p *Proc) {
			c := p.Listen("x").Accept(p)
			w.SetLink("b", "a", Link{Latency: Constant(time.Millisecond)})
			c.Send(p, "hello")
			if test.afterDial == nil {
				c.Close(p)
				return
			}
			atB.all(p, c)
		})
		w.Node("a", func(p *Proc) {
			w.SetLink("b", "a", Link{Latency: Constant(2 * time.Second)})
			c, err := p.Dial("b:x", test.timeout)
			if err != test.afterDial {
				t.Errorf("Dial: %v, expected %v", err, test.afterDial)
			}
			if err == nil {
				atA.all(p, c)
			}
		})
		mustRun(t, w, time.Minute)
		w.Close()
		atA.mustBe(t, test.atA...)
		atB.mustBe(t, test.atB...)
	}
}

// More connections than the backlog holds are refused.
func TestBacklog(t *testing.T) {
	w := New(Config{Seed: 1})
	defer w.Close()
	w.Node("b", func(p *Proc) { p.Listen("x") })
	w.Client("a", func(p *Proc) {
		for range backlogLimit {
			if _, err := p.Dial("b:x", time.Second); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := p.Dial("b:x", time.Second); err != ErrRefused {
			t.Errorf("Dial of a full port: %v, expected %v", err, ErrRefused)
		}
	})
	mustRun(t, w, time.Minute)
}

// Who dials is blocked in Dial, and says so.
func TestBlockedInDial(t *testing.T) {
	w := newWorld(t, Config{})
	w.Node("s", idle)
	w.Client("c", func(p *Proc) { p.Dial("s:x", time.Minute) })
	w.Hold("c", "s")
	mustRun(t, w, time.Second)
	if p := w.Lookup("c").first; p.blocked != "Dial" {
		t.Errorf("blocked in %q", p.blocked)
	}
	w = newWorld(t, Config{})
	w.Node("s", func(p *Proc) { p.After(ms, func(p *Proc) { p.Dial("s:x", time.Minute) }) })
	mustEnd(t, w.Run(time.Second), Crashed, "Dial blocks, and a handler or timer must not")
}
