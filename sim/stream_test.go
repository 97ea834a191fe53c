package sim

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

// talk makes a world in which a dials b and each end then runs its script.
func talk(config Config, a, b func(p *Proc, c *Conn)) *World {
	w := New(config)
	w.Node("b", func(p *Proc) {
		l := p.Listen("x")
		for {
			c := l.Accept(p)
			p.Go("conn", func(p *Proc) { b(p, c) })
		}
	})
	w.Node("a", func(p *Proc) {
		c, err := p.Dial("b:x", time.Second)
		if err != nil {
			p.Fail("dial", "%v", err)
			return
		}
		a(p, c)
	})
	return w
}

// received keeps what arrives at an end, as "1.001s hello", the error included.
type received []string

func (r *received) all(p *Proc, c *Conn) {
	for {
		body, err := c.Recv(p)
		if err != nil {
			*r = append(*r, fmt.Sprint(p.w.Now(), " ", err))
			return
		}
		*r = append(*r, fmt.Sprint(p.w.Now(), " ", body))
	}
}

func (r received) mustBe(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(r, want) {
		t.Errorf("received\n\t%s\nexpected\n\t%s", strings.Join(r, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// sleepUntil sleeps until a virtual time.
func sleepUntil(p *Proc, at time.Duration) { p.Sleep(at - p.w.Now()) }

func sendAll(p *Proc, c *Conn, bodies ...any) {
	for _, b := range bodies {
		c.Send(p, b)
	}
}

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

// A cut of the way there: nothing arrives, and the sender breaks.
func TestCutThere(t *testing.T) {
	var atA, atB received
	w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
		p.Go("send", func(p *Proc) {
			sleepUntil(p, time.Second)
			p.w.Cut("a", "b")
			sendAll(p, c, 1, 2)
		})
		atA.all(p, c)
		if err := c.Send(p, 3); err != ErrBroken {
			t.Errorf("Send on a broken connection: %v", err)
		}
	}, atB.all)
	defer w.Close()
	mustRun(t, w, time.Minute)
	atA.mustBe(t, "16.001s connection broken")
	atB.mustBe(t)
}

// A cut of the way back: what is sent before the first timeout arrives, and the
// sender breaks all the same, since no acknowledgement comes.
func TestCutBack(t *testing.T) {
	var atA, atB received
	w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
		p.Go("send", func(p *Proc) {
			sleepUntil(p, time.Second)
			p.w.Cut("b", "a")
			sendAll(p, c, 1, 2)
			p.Sleep(100 * time.Millisecond)
			c.Send(p, 3)
			p.Sleep(time.Second)
			c.Send(p, 4)
		})
		atA.all(p, c)
	}, atB.all)
	defer w.Close()
	mustRun(t, w, time.Minute)
	atA.mustBe(t, "16.001s connection broken")
	atB.mustBe(t, "1.001s 1", "1.001s 2", "1.101s 3")
}

// If the way back is mended in time, the sender hears that all has arrived: it is
// not sent twice, and what waited follows.
func TestCutBackMended(t *testing.T) {
	var atA, atB received
	w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
		p.Go("send", func(p *Proc) {
			sleepUntil(p, time.Second)
			cut := p.w.Cut("b", "a")
			c.Send(p, 1)
			p.Sleep(500 * time.Millisecond)
			c.Send(p, 2)
			p.Sleep(500 * time.Millisecond)
			cut.Mend()
			sleepUntil(p, 20*time.Second)
			c.Send(p, 3)
		})
		atA.all(p, c)
	}, atB.all)
	defer w.Close()
	mustRun(t, w, time.Minute)
	atA.mustBe(t)
	atB.mustBe(t, "1.001s 1", "2.402s 2", "20.001s 3") // sent again after 0.2, 0.4 and 0.8 s
}

// What is under way when a timeout stops the flow goes on, whatever becomes of the
// sender; what waited to be sent is sent when the acknowledgement comes.
func TestUnderWayWhenStalled(t *testing.T) {
	for _, test := range []struct {
		name string
		do   func(w *World, cut *Cut)
		want []string
	}{
		{"mended", func(w *World, cut *Cut) { w.At(1499*time.Millisecond, "mend", cut.Mend) },
			[]string{"1.3s 1", "1.6s 2", "1.74s 3", "1.86s 4"}},
		{"mended later", func(w *World, cut *Cut) { w.At(1550*time.Millisecond, "mend", cut.Mend) },
			[]string{"1.3s 1", "1.6s 2", "1.74s 3", "1.9s 4"}},
		{"sender crashed", func(w *World, cut *Cut) { w.At(1570*time.Millisecond, "crash", w.Lookup("a").Crash) },
			[]string{"1.3s 1", "1.6s 2"}},
		{"sender crashed, then mended", func(w *World, cut *Cut) {
			w.At(1570*time.Millisecond, "crash", w.Lookup("a").Crash)
			w.At(1580*time.Millisecond, "mend", cut.Mend)
		}, []string{"1.3s 1", "1.6s 2"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var atB received
			w := talk(Config{Seed: 1, Link: Link{Latency: Constant(300 * time.Millisecond)}}, func(p *Proc, c *Conn) {
				for i, at := range []time.Duration{1000, 1300, 1440, 1560} {
					sleepUntil(p, at*time.Millisecond)
					if i == 0 {
						test.do(p.w, p.w.Cut("b", "a"))
					}
					c.Send(p, i+1)
				}
			}, atB.all)
			defer w.Close()
			mustRun(t, w, time.Minute)
			atB.mustBe(t, test.want...)
		})
	}
}

// What a hold keeps when the sender breaks does not arrive after all.
func TestHeldWhenBroken(t *testing.T) {
	var atA, atB received
	w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
		p.Go("send", func(p *Proc) {
			sleepUntil(p, time.Second)
			p.w.Cut("b", "a")
			c.Send(p, 1)
			p.Sleep(10 * time.Millisecond)
			hold := p.w.Hold("a", "b")
			c.Send(p, 2)
			sleepUntil(p, 20*time.Second)
			hold.Release()
		})
		atA.all(p, c)
	}, atB.all)
	defer w.Close()
	mustRun(t, w, time.Minute)
	atA.mustBe(t, "16.001s connection broken")
	atB.mustBe(t, "1.001s 1")
}

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
	var events []string
	w.Observe(ObserverFunc(func(e *Event) {
		if e.Kind == KindDrop || e.Kind == KindBreak {
			events = append(events, fmt.Sprint(e.At, " ", e.Node, " ", e.Kind, " ", e.Text, " ", e.Body))
		}
	}))
	w.At(time.Second, "restart", w.Lookup("b").Restart)
	mustRun(t, w, time.Minute)
	atA.mustBe(t, "2.002s connection reset")
	atB.mustBe(t)
	received(events).mustBe(t,
		"2.001s b drop the connection has ended there 1",
		"2.002s a break the peer knows nothing of it <nil>",
		"2.002s b drop connection reset 2")
}

// A node that is down is silence; what is sent meanwhile is answered with a reset
// when it is up again, or breaks the connection.
func TestCrash(t *testing.T) {
	for _, test := range []struct {
		restart time.Duration
		want    string
	}{
		{3 * time.Second, "3.402s connection reset"}, // sent again after 0.2, 0.4 and 0.8 s
		{20 * time.Second, "17.001s connection broken"},
	} {
		var atA received
		w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
			p.Go("send", func(p *Proc) {
				sleepUntil(p, 2*time.Second)
				c.Send(p, 1)
			})
			atA.all(p, c)
		}, func(p *Proc, c *Conn) {})
		w.At(time.Second, "crash", w.Lookup("b").Crash)
		w.At(test.restart, "restart", w.Lookup("b").Restart)
		mustRun(t, w, time.Minute)
		w.Close()
		atA.mustBe(t, test.want)
	}
}

// What has arrived and is not acknowledged asks for it again; a node that has crashed
// since is silent, and one that has restarted answers with a reset.
func TestCrashWhileUnacknowledged(t *testing.T) {
	for _, test := range []struct {
		restart time.Duration
		want    string
	}{
		{time.Hour, "16.001s connection broken"},
		{1300 * time.Millisecond, "1.602s connection reset"},
	} {
		var atA received
		w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
			p.Go("send", func(p *Proc) {
				sleepUntil(p, time.Second)
				back := p.w.Cut("b", "a")
				c.Send(p, 1)
				p.Sleep(10 * time.Millisecond)
				p.w.Lookup("b").Crash()
				back.Mend()
			})
			atA.all(p, c)
		}, func(p *Proc, c *Conn) {})
		w.At(test.restart, "restart", w.Lookup("b").Restart)
		mustRun(t, w, time.Minute)
		w.Close()
		atA.mustBe(t, test.want)
	}
}

// What had left before a crash arrives, the close included; what waited to be sent
// again does not.
func TestCrashOfSender(t *testing.T) {
	for _, test := range []struct {
		name string
		cut  bool
		want []string
	}{
		{"under way", false, []string{"1.001s 1", "1.001s 2", "1.001s EOF"}},
		{"lost", true, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			var atB received
			w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
				sleepUntil(p, time.Second)
				sendAll(p, c, 1, 2)
				c.Close(p)
			}, atB.all)
			defer w.Close()
			if test.cut {
				w.At(1000500*time.Microsecond, "cut", func() {
					part := w.Isolate("b")
					w.At(1100*time.Millisecond, "heal", part.Heal)
				})
			}
			w.At(1000600*time.Microsecond, "crash", w.Lookup("a").Crash)
			mustRun(t, w, time.Minute)
			atB.mustBe(t, test.want...)
		})
	}
}

// A pause keeps what arrives, however long; nothing breaks.
func TestPauseKeeps(t *testing.T) {
	var atA, atB received
	w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
		p.Go("send", func(p *Proc) {
			for i := 1; i <= 3; i++ {
				sleepUntil(p, time.Duration(i)*time.Second)
				sendAll(p, c, i*10, i*10+1)
			}
			c.Close(p)
		})
		atA.all(p, c)
	}, atB.all)
	defer w.Close()
	b := w.Lookup("b")
	w.At(1500*time.Millisecond, "pause", b.Pause)
	w.At(time.Minute, "resume", b.Resume)
	mustRun(t, w, 2*time.Minute)
	atA.mustBe(t, "3s closed")
	atB.mustBe(t, "1.001s 10", "1.001s 11", "1m0s 20", "1m0s 21", "1m0s 30", "1m0s 31", "1m0s EOF")
}

// A timeout that was due before the message, both during a pause, comes first.
func TestPauseAndTimeout(t *testing.T) {
	var errs []error
	w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
		sleepUntil(p, 3*time.Second)
		sendAll(p, c, 1, 2)
	}, func(p *Proc, c *Conn) {
		for range 3 {
			_, err := c.RecvTimeout(p, 2*time.Second)
			errs = append(errs, err)
		}
	})
	defer w.Close()
	w.At(time.Second, "pause", w.Lookup("b").Pause)
	w.At(time.Minute, "resume", w.Lookup("b").Resume)
	mustRun(t, w, 2*time.Minute)
	if want := []error{ErrTimeout, nil, nil}; !slices.Equal(errs, want) {
		t.Errorf("received %v, expected %v", errs, want)
	}
}

// A hold keeps what arrives and breaks nothing, whatever happens meanwhile.
func TestHoldKeeps(t *testing.T) {
	var atA, atB received
	w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
		p.Go("send", func(p *Proc) {
			for i := 1; i <= 3; i++ {
				sleepUntil(p, time.Duration(i)*time.Second)
				c.Send(p, i)
			}
		})
		atA.all(p, c)
	}, atB.all)
	defer w.Close()
	var hold *Hold
	w.At(1500*time.Millisecond, "hold", func() { hold = w.Hold("a", "b") })
	w.At(time.Minute, "release", func() { hold.Release() })
	mustRun(t, w, 2*time.Minute)
	atA.mustBe(t)
	atB.mustBe(t, "1.001s 1", "1m0s 2", "1m0s 3")
}

// A hold that begins while the flow waits to send again stops the clock that would
// break it: even if the first acknowledgement after it is lost, nothing breaks.
func TestHoldWhileStalled(t *testing.T) {
	var atA, atB received
	w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
		p.Go("send", func(p *Proc) {
			sleepUntil(p, time.Second)
			cut := p.w.Cut("a", "b")
			c.Send(p, 1)
			hold := p.w.Hold("a", "b")
			p.Sleep(time.Second)
			cut.Mend()
			c.Send(p, 2)
			p.Sleep(time.Minute)
			back := p.w.Cut("b", "a")
			hold.Release()
			p.Sleep(100 * time.Millisecond)
			back.Mend()
		})
		atA.all(p, c)
	}, atB.all)
	defer w.Close()
	mustRun(t, w, 2*time.Minute)
	atA.mustBe(t)
	atB.mustBe(t, "1m2s 1", "1m2.201s 2")
}

// What is held is not sent again by a flow that goes on, and so cannot get lost.
func TestHeldIsNotSentAgain(t *testing.T) {
	for seed := range uint64(20) {
		var atB received
		w := talk(Config{Seed: seed}, func(p *Proc, c *Conn) {
			sleepUntil(p, time.Second)
			back := p.w.Cut("b", "a")
			c.Send(p, 1)
			p.Sleep(10 * time.Millisecond)
			hold := p.w.Hold("a", "b")
			c.Send(p, 2)
			p.Sleep(10 * time.Millisecond)
			p.w.Degrade("a", "b", Link{Loss: 0.5})
			p.Sleep(time.Second)
			back.Mend()
			sleepUntil(p, time.Minute)
			hold.Release()
		}, atB.all)
		mustRun(t, w, 2*time.Minute)
		w.Close()
		if len(atB) < 2 || atB[1] != "1m0s 2" {
			t.Errorf("seed %d: received %v", seed, atB)
		}
	}
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
		{"restarted, held", hold, restart, "10s"},
		{"restarted, cut", cut, restart, "14.603s"},
		{"closed, held", hold, hangUp, "10s"},
		{"closed, cut", cut, hangUp, "14.603s"},
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
			w.Observe(ObserverFunc(func(e *Event) {
				if e.Kind == KindBreak {
					broken = append(broken, e.At.String())
				}
			}))
			w.At(2*time.Second+1500*time.Microsecond, "begin", func() {
				w.At(10*time.Second, "end", test.begin(w))
			})
			mustRun(t, w, 2*time.Minute)
			broken.mustBe(t, test.want)
		})
	}
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
		c.Close(p)
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

// Two ends that close at once, or one after the other, do not disturb each other.
func TestCloseBoth(t *testing.T) {
	for _, later := range []time.Duration{0, time.Millisecond, time.Second} {
		w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
			sleepUntil(p, time.Second)
			c.Close(p)
		}, func(p *Proc, c *Conn) {
			sleepUntil(p, time.Second+later)
			c.Close(p)
		})
		var odd []string
		w.Observe(ObserverFunc(func(e *Event) {
			if e.Kind == KindDrop || e.Kind == KindBreak || e.Kind == KindRetry {
				odd = append(odd, e.String())
			}
		}))
		mustRun(t, w, time.Minute)
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

// Loss is delay, and so is corruption: everything arrives, in order, as it was.
func TestLossIsDelay(t *testing.T) {
	var atB received
	bad := Link{Latency: Uniform(0, 10*time.Millisecond), Loss: 0.2, Corrupt: 0.2, Duplicate: 0.5, Reorder: 0.5}
	w := talk(Config{Seed: 3}, func(p *Proc, c *Conn) {
		p.w.SetLink("a", "b", bad)
		for i := range 200 {
			c.Send(p, i)
			p.Sleep(time.Millisecond)
		}
	}, atB.all)
	defer w.Close()
	retries := 0
	w.Observe(ObserverFunc(func(e *Event) {
		if e.Kind == KindRetry {
			retries++
		}
	}))
	mustRun(t, w, 10*time.Minute)
	for i, line := range atB {
		if _, body, _ := strings.Cut(line, " "); body != fmt.Sprint(i) {
			t.Fatalf("message %d is %q", i, body)
		}
	}
	if len(atB) != 200 || retries < 50 {
		t.Errorf("%d of 200 messages arrived with %d retries", len(atB), retries)
	}
}

// A link that loses everything breaks the stream as a cut does.
func TestLossOfEverything(t *testing.T) {
	var atA received
	w := talk(Config{Seed: 1, StreamTimeout: 3 * time.Second}, func(p *Proc, c *Conn) {
		p.Go("send", func(p *Proc) {
			sleepUntil(p, time.Second)
			p.w.Degrade("a", "b", Link{Loss: 1})
			c.Send(p, 1)
		})
		atA.all(p, c)
	}, func(p *Proc, c *Conn) {})
	defer w.Close()
	mustRun(t, w, time.Minute)
	atA.mustBe(t, "4.001s connection broken")
}

// What waited during a stall is sent at the link's pace when it is over.
func TestBandwidthAfterStall(t *testing.T) {
	var atB received
	link := Link{Latency: Constant(time.Millisecond), Bandwidth: 1000}
	body := strings.Repeat("x", 100) // 0.1 s
	w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
		sleepUntil(p, time.Second)
		cut := p.w.Cut("a", "b")
		c.Send(p, "")
		p.Sleep(500 * time.Millisecond)
		sendAll(p, c, body, body)
		p.Sleep(100 * time.Millisecond)
		cut.Mend()
	}, func(p *Proc, c *Conn) {
		for {
			c.Recv(p)
			atB = append(atB, p.w.Now().String())
		}
	})
	defer w.Close()
	w.SetLink("a", "b", link)
	mustRun(t, w, time.Minute)
	atB.mustBe(t, "1.601s", "1.702s", "1.802s")
}

// Each message goes to the process that waited first.
func TestReceiversInTurn(t *testing.T) {
	var got []string
	w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
		sleepUntil(p, time.Second)
		sendAll(p, c, 1, 2, 3, 4)
		c.Close(p)
	}, func(p *Proc, c *Conn) {
		for i, name := range []string{"x", "y"} {
			p.Go(name, func(p *Proc) {
				p.Sleep(time.Duration(i) * time.Millisecond)
				for {
					body, err := c.Recv(p)
					got = append(got, fmt.Sprint(name, " ", body, " ", err))
					if err != nil {
						return
					}
				}
			})
		}
	})
	defer w.Close()
	mustRun(t, w, time.Minute)
	if want := []string{"x 1 <nil>", "y 2 <nil>", "x 3 <nil>", "y 4 <nil>", "x <nil> EOF", "y <nil> EOF"}; !slices.Equal(got, want) {
		t.Errorf("received %v, expected %v", got, want)
	}
}

func TestStreamTimeouts(t *testing.T) {
	w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
		sleepUntil(p, time.Second)
		c.Send(p, 1)
	}, func(p *Proc, c *Conn) {
		begin := p.w.Now()
		for _, d := range []time.Duration{-1, 0, time.Millisecond} {
			if body, err := c.RecvTimeout(p, d); body != nil || err != ErrTimeout {
				t.Errorf("RecvTimeout(%v): %v, %v", d, body, err)
			}
		}
		if took := p.w.Now() - begin; took != time.Millisecond {
			t.Errorf("they took %v", took)
		}
		if body, err := c.RecvTimeout(p, time.Minute); body != 1 || err != nil {
			t.Errorf("RecvTimeout: %v, %v", body, err)
		}
		if _, err := p.Listen("x").AcceptTimeout(p, 0); err != ErrTimeout {
			t.Errorf("AcceptTimeout(0): %v", err)
		}
	})
	defer w.Close()
	mustRun(t, w, time.Minute)
}

// A node may talk to itself.
func TestLoopback(t *testing.T) {
	var got received
	w := New(Config{Seed: 1})
	defer w.Close()
	w.Node("a", func(p *Proc) {
		l := p.Listen("x")
		p.Go("dial", func(p *Proc) {
			c, err := p.Dial("a:x", time.Second)
			if err != nil {
				t.Error(err)
				return
			}
			c.Send(p, 1)
			c.Close(p)
		})
		got.all(p, l.Accept(p))
	})
	mustRun(t, w, time.Second)
	got.mustBe(t, "60µs 1", "60µs EOF")
}

// A handler may send and close; only Recv blocks.
func TestConnInHandler(t *testing.T) {
	var got received
	w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
		p.After(time.Second, func(p *Proc) {
			c.Send(p, 1)
			c.Close(p)
		})
	}, got.all)
	defer w.Close()
	mustRun(t, w, time.Minute)
	got.mustBe(t, "1.003s 1", "1.003s EOF")
}

func TestConnMisuse(t *testing.T) {
	var leaked *Conn
	for _, test := range []struct {
		name string
		do   func(p *Proc)
		want string
	}{
		{"other node", func(p *Proc) { leaked.Send(p, 1) }, "sim: Conn of node a used on node c"},
		{"port of another node", func(p *Proc) {
			p.w.Lookup("b").ports[0].Accept(p)
		}, "sim: Port of node b used on node c"},
		{"timeout", func(p *Proc) { p.Dial("b:x", 0) }, `sim: Dial("b:x") with a timeout of 0s: it must be positive`},
		{"unknown node", func(p *Proc) { p.Dial("bee:x", time.Second) }, `sim: there is no node named "bee"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) { leaked = c }, func(p *Proc, c *Conn) {})
			defer w.Close()
			w.Node("c", func(p *Proc) {
				p.Sleep(time.Second)
				test.do(p)
			})
			if o := w.Run(time.Minute); o.Status != Crashed || !strings.Contains(o.Reason, test.want) {
				t.Errorf("%v, expected a panic with %q", o, test.want)
			}
		})
	}
}

// A connection is memory: it does not survive a crash, not even in a variable that
// wrongly does.
func TestConnOfFormerLife(t *testing.T) {
	var leaked *Conn
	w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
		if leaked == nil {
			leaked = c
			defer c.Send(p, "touches nothing")
			defer c.Close(p)
			p.Sleep(time.Minute)
		}
		leaked.Send(p, 1)
	}, func(p *Proc, c *Conn) {})
	defer w.Close()
	w.At(time.Second, "restart", w.Lookup("a").Restart)
	o := w.Run(time.Minute)
	if want := "sim: Conn of node a used after the node has restarted"; !strings.Contains(o.Reason, want) {
		t.Errorf("%v, expected a panic with %q", o, want)
	}
}

// Every arrival leads back to its send by its causes, and every send that does not
// arrive is told of as dropped.
func TestStreamCauses(t *testing.T) {
	w := talk(Config{Seed: 2}, func(p *Proc, c *Conn) {
		p.w.SetLink("a", "b", Link{Latency: Uniform(0, 10*time.Millisecond), Loss: 0.3})
		for i := range 100 {
			c.Send(p, i)
			p.Sleep(50 * time.Millisecond)
		}
	}, func(p *Proc, c *Conn) {
		for {
			c.Recv(p)
		}
	})
	defer w.Close()
	var events []Event
	w.Observe(ObserverFunc(func(e *Event) { events = append(events, *e) }))
	w.At(2*time.Second, "hold", func() {
		h := w.Hold("a", "b")
		w.At(3*time.Second, "release", h.Release)
	})
	w.At(4*time.Second, "isolate", func() { w.Isolate("b") })
	mustRun(t, w, time.Minute)
	first := events[0].Number
	open := map[any]bool{}
	for _, e := range events {
		i, isMessage := e.Body.(int)
		if !isMessage {
			continue
		}
		switch e.Kind {
		case KindSend:
			open[i] = true
		case KindDeliver, KindDrop:
			if !open[i] {
				t.Fatalf("%v: it is not under way", &e)
			}
			delete(open, i)
			from := e
			for from.Kind != KindSend {
				from = events[from.Cause-first]
			}
			if from.Body != e.Body {
				t.Fatalf("%v: its causes lead to %v", &e, &from)
			}
		}
	}
	if len(open) != 0 {
		t.Errorf("of %d messages nothing more is heard", len(open))
	}
}

// A message that is changed after it was sent is found.
func TestStreamMutation(t *testing.T) {
	w := talk(Config{Seed: 1, Checking: true}, func(p *Proc, c *Conn) {
		body := []int{1}
		c.Send(p, body)
		body[0] = 2
	}, func(p *Proc, c *Conn) { c.Recv(p) })
	defer w.Close()
	if o := w.Run(time.Second); !strings.Contains(o.Reason, "changed after it was sent") {
		t.Errorf("outcome %v", o)
	}
}

// A client that waits for an end that is gone for good is found.
func TestStreamDeadlock(t *testing.T) {
	w := New(Config{Seed: 1})
	defer w.Close()
	b := w.Node("b", func(p *Proc) { p.Listen("x").Accept(p) })
	w.Client("a", func(p *Proc) {
		c, _ := p.Dial("b:x", time.Second)
		b.Crash()
		c.Recv(p)
	})
	o := w.Run(time.Minute)
	if o.Status != Stuck || !strings.Contains(o.Reason, "a in Recv on a connection") {
		t.Errorf("outcome %v", o)
	}
}

// Errors are told apart by comparing.
func TestStreamErrorsDiffer(t *testing.T) {
	all := []error{ErrTimeout, ErrBroken, ErrReset, ErrRefused, ErrClosed, io.EOF}
	for i, e := range all {
		if slices.IndexFunc(all, func(x error) bool { return errors.Is(e, x) }) != i {
			t.Errorf("%v is another", e)
		}
	}
}

// A message costs no allocation.
func TestStreamAllocations(t *testing.T) {
	if testing.CoverMode() != "" {
		t.Skip("counting statements allocates")
	}
	w := pingPong()
	defer w.Close()
	mustRun(t, w, time.Second)
	perRun := testing.AllocsPerRun(10, func() { w.Run(time.Second) }) // 1,000 messages
	if perRun > 50 {
		t.Errorf("%v allocations for 1,000 messages", perRun)
	}
}

// pingPong is a message that goes there and back over one connection, each way in
// a millisecond.
func pingPong() *World {
	return talk(Config{Seed: 7}, func(p *Proc, c *Conn) {
		for {
			c.Send(p, nil)
			c.Recv(p)
		}
	}, func(p *Proc, c *Conn) {
		for {
			c.Recv(p)
			c.Send(p, nil)
		}
	})
}

// One op is one message.
func BenchmarkStreamPingPong(b *testing.B) {
	w := pingPong()
	defer w.Close()
	w.Run(time.Second)
	b.ReportAllocs()
	b.ResetTimer()
	w.Run(time.Duration(b.N) * time.Millisecond)
}

// One op is one of a thousand messages that are sent at once.
func BenchmarkStreamBurst(b *testing.B) {
	const burst = 1000
	w := talk(Config{Seed: 7}, func(p *Proc, c *Conn) {
		for {
			for range burst {
				c.Send(p, nil)
			}
			p.Sleep(burst * time.Millisecond)
		}
	}, func(p *Proc, c *Conn) {
		for {
			c.Recv(p)
		}
	})
	defer w.Close()
	w.Run(time.Minute)
	b.ReportAllocs()
	b.ResetTimer()
	w.Run(time.Duration(b.N) * time.Millisecond)
}
