package sim

import (
	"fmt"
	"testing"
	"time"
)

// The end that does not send is told nothing when the other breaks. It learns it
// from a reset when it sends, and can receive before what had arrived.
func TestHalfOpen(t *testing.T) {
	var atA, atB received
	w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
		p.Go("send", func(p *Proc) {
			sleepUntil(p, time.Second)
			part := p.w.Partition([]string{"a"}, []string{"b"})
			c.Send(p, 1)
			sleepUntil(p, 20*time.Second)
			part.Heal()
		})
		atA.all(p, c)
	}, func(p *Proc, c *Conn) {
		p.Go("send", func(p *Proc) {
			sleepUntil(p, 30*time.Second)
			if err := c.Send(p, 2); err != nil {
				t.Errorf("first Send on a half-open connection: %v", err)
			}
			p.Sleep(time.Second)
			if err := c.Send(p, 3); err != ErrReset {
				t.Errorf("Send after the reset: %v", err)
			}
		})
		atB.all(p, c)
	})
	defer w.Close()
	mustRun(t, w, time.Minute)
	atA.mustBe(t, "16.001s connection broken")
	atB.mustBe(t, "30.002s connection reset")
}

// A node that has restarted knows nothing of the connection.
func TestRestartResets(t *testing.T) {
	var atA, atB received
	w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
		p.Go("send", func(p *Proc) {
			sleepUntil(p, 2*time.Second)
			sendAll(p, c, 1, 2)
		})
		atA.all(p, c)
	}, atB.all)
	defer w.Close()
	events := watch(w, KindDrop, KindBreak)
	w.At(time.Second, "restart", w.Lookup("b").Restart)
	mustRun(t, w, time.Minute)
	atA.mustBe(t, "2.002s connection reset")
	atB.mustBe(t)
	var seen received
	for _, e := range *events {
		seen = append(seen, fmt.Sprint(e.At, " ", e.Node, " ", e.Kind, " ", e.Text, " ", e.Body))
	}
	seen.mustBe(t,
		"2.001s b drop the connection has ended there 1",
		"2.002s a break the peer knows nothing of it <nil>",
		"2.002s b drop connection reset 2")
}

// A reset that meets a hold or a cut is not lost: the one waits, and another takes
// the place of the other.
func TestResetHeldOrCut(t *testing.T) {
	hold := func(w *World) func() { return w.Hold("b", "a").Release }
	cut := func(w *World) func() { return w.Cut("b", "a").Mend }
	restart := func(p *Proc, c *Conn) { p.Node().Restart() }
	hangUp := func(p *Proc, c *Conn) { c.Close(p) }
	for _, test := range []struct {
		name  string
		begin func(w *World) (end func())
		b     func(p *Proc, c *Conn)
		want  string
	}{
		{"restarted, held", hold, restart, "10s break"},
		{"restarted, cut", cut, restart, "14.603s break"},
		{"closed, held", hold, hangUp, "10s break"},
		{"closed, cut", cut, hangUp, "14.603s break"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var broken received
			w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
				sleepUntil(p, 2*time.Second)
				c.Send(p, 1)
				p.Sleep(time.Minute)
				if err := c.Send(p, 2); err != ErrReset {
					t.Errorf("Send: %v, expected %v", err, ErrReset)
				}
			}, func(p *Proc, c *Conn) {
				sleepUntil(p, time.Second)
				test.b(p, c)
			})
			defer w.Close()
			broken.note(w, KindBreak)
			w.At(2*time.Second+1500*time.Microsecond, "begin", func() {
				w.At(10*time.Second, "end", test.begin(w))
			})
			mustRun(t, w, 2*time.Minute)
			broken.mustBe(t, test.want)
		})
	}
}

// A reset on its way stops the sender from sending again, however long it takes; one
// that gets lost after a long way does not.
func TestResetTakesLong(t *testing.T) {
	for _, test := range []struct {
		cut  bool
		want []string
	}{
		{false, []string{"2.201s retry", "22.201s break"}},
		{true, []string{"2.201s retry", "22.401s retry", "22.801s retry", "42.801s break"}},
	} {
		var events received
		w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
			sleepUntil(p, 2*time.Second)
			there := p.w.Cut("a", "b")
			p.w.SetLink("b", "a", Link{Latency: Constant(20 * time.Second)})
			c.Send(p, 1)
			p.Sleep(100 * time.Millisecond)
			there.Mend()
			if test.cut {
				sleepUntil(p, 22*time.Second)
				back := p.w.Cut("b", "a")
				p.Sleep(500 * time.Millisecond)
				back.Mend()
			}
		}, func(p *Proc, c *Conn) {})
		events.note(w, KindRetry, KindBreak)
		w.At(time.Second, "restart", w.Lookup("b").Restart)
		mustRun(t, w, time.Minute)
		w.Close()
		events.mustBe(t, test.want...)
	}
}

// A reset on its way also stops the wait for an acknowledgement of what was sent
// before.
func TestResetInsteadOfAcknowledgement(t *testing.T) {
	var events received
	w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
		sleepUntil(p, time.Second)
		back := p.w.Cut("b", "a")
		c.Send(p, 1)
		p.Sleep(10 * time.Millisecond)
		p.w.Lookup("b").Restart()
		p.w.SetLink("b", "a", Link{Latency: Constant(time.Second)})
		back.Mend()
		c.Send(p, 2)
	}, func(p *Proc, c *Conn) {})
	defer w.Close()
	events.note(w, KindRetry, KindBreak)
	mustRun(t, w, time.Minute)
	events.mustBe(t, "2.011s break")
}

// A reset that comes to a machine which has crashed meanwhile is not heard.
func TestResetOfCrashed(t *testing.T) {
	w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
		sleepUntil(p, 2*time.Second)
		c.Send(p, 1)
	}, func(p *Proc, c *Conn) {})
	defer w.Close()
	w.At(time.Second, "restart", w.Lookup("b").Restart)
	w.At(2*time.Second+1500*time.Microsecond, "crash", func() {
		w.Lookup("a").Crash()
		w.Observe(ObserverFunc(func(e *Event) {
			if e.Node == "a" {
				t.Errorf("%v on a machine that is down", e)
			}
		}))
	})
	mustRun(t, w, time.Minute)
}

// What was sent before the close arrives, then the end of it; what is sent to the
// end that closed is answered with a reset, which leaves what arrived to be
// received.
func TestStreamClose(t *testing.T) {
	var atA, other, atB received
	w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
		p.Go("other", func(p *Proc) { other.all(p, c) })
		sendAll(p, c, 1, 2)
		c.Close(p)
		c.Close(p) // is nothing
		if err := c.Send(p, 3); err != ErrClosed {
			t.Errorf("Send after Close: %v", err)
		}
		atA.all(p, c)
	}, func(p *Proc, c *Conn) {
		p.Sleep(time.Second)
		if err := c.Send(p, 9); err != nil {
			t.Errorf("Send to an end that has closed: %v", err)
		}
		p.Sleep(time.Second)
		if err := c.Send(p, 9); err != ErrReset {
			t.Errorf("Send after the reset: %v", err)
		}
		atB.all(p, c)
		atB.all(p, c)
		c.Close(p)
	})
	defer w.Close()
	mustRun(t, w, time.Minute)
	atA.mustBe(t, "2ms closed")
	other.mustBe(t, "2ms closed")
	atB.mustBe(t, "2.001s 1", "2.001s 2", "2.001s EOF", "2.001s EOF")
}

// A reset does not overtake what its end sent before it closed.
func TestResetDoesNotOvertake(t *testing.T) {
	for seed := range uint64(50) {
		var atB received
		w := talk(Config{Seed: seed}, func(p *Proc, c *Conn) {
			p.w.SetLink("a", "b", Link{Latency: Uniform(0, time.Second)})
			sleepUntil(p, time.Second)
			sendAll(p, c, 1, 2)
			c.Close(p)
		}, func(p *Proc, c *Conn) {
			sleepUntil(p, time.Second)
			c.Send(p, 9)
			for {
				if _, err := c.Recv(p); err != nil {
					atB = append(atB, err.Error())
					return
				}
			}
		})
		mustRun(t, w, time.Minute)
		w.Close()
		atB.mustBe(t, "EOF")
	}
}

// What an end has not received when it closes is gone.
func TestCloseUnread(t *testing.T) {
	var atA received
	w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
		sleepUntil(p, time.Second)
		c.Close(p)
		atA.all(p, c)
	}, func(p *Proc, c *Conn) { c.Send(p, 1) })
	defer w.Close()
	mustRun(t, w, time.Minute)
	atA.mustBe(t, "1s closed")
}

// Two ends that close at once, or one after the other, do not disturb each other.
func TestCloseBoth(t *testing.T) {
	for _, later := range []time.Duration{0, time.Millisecond, time.Second} {
		w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
			sleepUntil(p, time.Second)
			c.Close(p)
			p.Sleep(time.Minute)
			if _, err := c.Recv(p); err != ErrClosed {
				t.Errorf("Recv when both have closed: %v, expected %v", err, ErrClosed)
			}
		}, func(p *Proc, c *Conn) {
			sleepUntil(p, time.Second+later)
			c.Close(p)
		})
		var odd received
		odd.note(w, KindDrop, KindBreak, KindRetry)
		mustRun(t, w, 2*time.Minute)
		w.Close()
		if odd != nil {
			t.Errorf("closed %v apart: %v", later, odd)
		}
	}
}

// A close that gets lost is sent again like anything else.
func TestCloseDuringCut(t *testing.T) {
	var atB received
	w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
		sleepUntil(p, time.Second)
		part := p.w.Isolate("b")
		c.Send(p, 1)
		c.Close(p)
		p.Sleep(time.Second)
		part.Heal()
	}, atB.all)
	defer w.Close()
	mustRun(t, w, time.Minute)
	atB.mustBe(t, "2.401s 1", "2.402s EOF")
}
