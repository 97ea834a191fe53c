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

// note keeps what happens of some kinds, as "2.001s break".
func (r *received) note(w *World, kinds ...Kind) {
	w.Observe(ObserverFunc(func(e *Event) {
		if slices.Contains(kinds, e.Kind) {
			*r = append(*r, fmt.Sprint(e.At, " ", e.Kind))
		}
	}))
}

// sleepUntil sleeps until a virtual time.
func sleepUntil(p *Proc, at time.Duration) { p.Sleep(at - p.w.Now()) }

func sendAll(p *Proc, c *Conn, bodies ...any) {
	for _, b := range bodies {
		c.Send(p, b)
	}
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
	unwound := false
	w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
		if leaked == nil {
			leaked = c
			defer func() {
				c.Send(p, "touches nothing")
				c.Close(p)
				unwound = true
			}()
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
	if !unwound {
		t.Error("what was deferred has not run to its end")
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
	all := watch(w)
	w.At(2*time.Second, "hold", func() {
		h := w.Hold("a", "b")
		w.At(3*time.Second, "release", h.Release)
	})
	w.At(4*time.Second, "isolate", func() { w.Isolate("b") })
	mustRun(t, w, time.Minute)
	events := *all
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
