package sim

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// A port that is not open: a call is refused, a datagram is met with silence. So
// is everything by a node that is down.
func TestRefusalAndSilence(t *testing.T) {
	w := newWorld(t, Config{StreamTimeout: time.Second})
	w.Node("quiet", idle)
	w.Node("open", func(p *Proc) { p.Serve(func(*Proc, Message) (any, error) { return "yes", nil }) })
	w.Node("port", func(p *Proc) {
		p.Listen("x").Serve(p, func(*Proc, Message) (any, error) { return "yes", nil })
	})
	w.Node("receives", func(p *Proc) { p.Recv() })
	w.Node("down", func(p *Proc) { p.Recv() }).Crash()
	w.Client("c", func(p *Proc) {
		for _, c := range []struct {
			to   string
			want error
		}{
			{"open", nil}, {"open:", nil}, {"port:x", nil},
			{"open:x", ErrRefused}, {"port", ErrRefused}, {"port:y", ErrRefused}, {"quiet", ErrRefused},
			{"receives", ErrTimeout}, // somebody listens, but does not answer
			{"down", ErrTimeout},
		} {
			began := w.Now()
			_, err := Call[string](p, c.to, nil, 500*ms)
			if err != c.want {
				t.Errorf("call to %s: %v, expected %v", c.to, err, c.want)
			}
			if took := w.Now() - began; err == ErrRefused && took != 2*ms {
				t.Errorf("refusal by %s took %v, which is not there and back", c.to, took)
			}
			p.Send(c.to, nil)
			if c.want == ErrRefused || c.to == "down" {
				if m, ok := p.RecvTimeout(100 * ms); ok {
					t.Errorf("datagram to %s: answered by %v", c.to, m)
				}
			}
		}
	})
	mustRun(t, w, time.Minute)
}

// The inbox keeps datagrams from boot on, for whoever comes to take them, and in
// their order. A port with a name keeps nothing before it is open.
func TestMessagesBeforeAnybodyListens(t *testing.T) {
	takers := map[string]func(p *Proc, port *Port, got func(Message)){
		"Recv": func(p *Proc, port *Port, got func(Message)) {
			for {
				got(port.Recv(p))
			}
		},
		"Handle": func(p *Proc, port *Port, got func(Message)) { port.Handle(p, func(_ *Proc, m Message) { got(m) }) },
		"Serve": func(p *Proc, port *Port, got func(Message)) {
			port.Serve(p, func(_ *Proc, m Message) (any, error) { got(m); return nil, nil })
		},
	}
	for name, take := range takers {
		for _, port := range []string{"", "x"} {
			t.Run(name+" "+port, func(t *testing.T) {
				w := newWorld(t, Config{})
				var got []int
				w.Node("n", func(p *Proc) {
					p.Sleep(55 * ms)
					on := &p.Node().inbox
					if port != "" {
						on = p.Listen(port)
					}
					take(p, on, func(m Message) { got = append(got, m.Body.(int)) })
				})
				w.Node("m", func(p *Proc) {
					for i := range 10 {
						p.Send("n:"+port, i)
						p.Sleep(10 * ms)
					}
				})
				mustRun(t, w, time.Second)
				want := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
				if port != "" {
					want = want[6:]
				}
				if !slices.Equal(got, want) {
					t.Errorf("got %v, expected %v", got, want)
				}
			})
		}
	}
}

// A handler that is set at the instant of a crash or a pause does not get what
// waited for it before the node is ready.
func TestHandlerSetJustBefore(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(n *Node)
		want []string
	}{
		"crash":   {(*Node).Crash, nil},
		"restart": {(*Node).Restart, []string{"20ms 0 wait in boot 2"}},
		"pause":   {(*Node).Pause, []string{"1s 0", "1.000000001s 1"}},
	} {
		w := newWorld(t, Config{})
		j := journal{w: w}
		n := w.Node("b", func(p *Proc) {
			p.Sleep(10 * ms)
			if boot := p.Node().Incarnation(); boot > 1 {
				j.note("%d wait in boot %d", p.Node().inbox.Waiting(), boot)
				return
			}
			p.Handle(func(p *Proc, m Message) { j.note("%v", m.Body) })
			c.do(p.Node())
		})
		w.Node("a", each(2, ms))
		w.At(time.Second, "resume", n.Resume)
		mustRun(t, w, 2*time.Second)
		if !slices.Equal(j.lines, c.want) {
			t.Errorf("%s: %q, expected %q", name, j.lines, c.want)
		}
	}
}

func TestInboxIsBounded(t *testing.T) {
	w := newWorld(t, Config{})
	n := w.Node("n", idle)
	w.Node("m", func(p *Proc) {
		for range inboxLimit + 10 {
			p.Send("n", nil)
		}
	})
	refused := watch(w, KindRefuse)
	mustRun(t, w, time.Second)
	if n.inbox.Waiting() != inboxLimit || len(*refused) != 10 {
		t.Errorf("%d wait, %d were refused", n.inbox.Waiting(), len(*refused))
	}
}

func TestSeveralReceiversTakeTurns(t *testing.T) {
	w := newWorld(t, Config{})
	var got []string
	w.Node("b", func(p *Proc) {
		for _, name := range []string{"1", "2", "3"} {
			p.Go(name, func(p *Proc) {
				for {
					got = append(got, fmt.Sprint(p.Name(), " ", p.Recv().Body))
				}
			})
			p.Sleep(us) // they ask in this order
		}
	})
	w.Node("a", each(5, ms))
	mustRun(t, w, time.Second)
	if want := []string{"b/1 0", "b/2 1", "b/3 2", "b/1 3", "b/2 4"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// TestCauseOfWhatWaited: what a process does with a message that had to wait for it, it
// does because of that message, not of what it was at before.
func TestCauseOfWhatWaited(t *testing.T) {
	w := New(Config{Seed: 1, Link: Link{Latency: Constant(time.Millisecond)}})
	defer w.Close()
	w.Node("server", func(p *Proc) {
		p.Sleep(time.Second)
		p.Send("client", "answer to "+p.Recv().Body.(string))
	})
	w.Client("client", func(p *Proc) {
		p.Send("server", "question")
		p.Recv()
	})
	delivered, cause := uint64(0), uint64(0)
	w.Observe(ObserverFunc(func(e *Event) {
		switch {
		case e.Kind == KindDeliver && e.Node == "server":
			delivered = e.Number
		case e.Kind == KindSend && e.Node == "server":
			cause = e.Cause
		}
	}))
	w.Run(2 * time.Second)
	if delivered == 0 || cause != delivered {
		t.Errorf("the answer was sent because of event %d, expected the delivery %d", cause, delivered)
	}
}
