package sim

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// caller makes a world with a client that runs ask, and a node "server" that runs
// serve.
func caller(t *testing.T, config Config, serve, ask func(p *Proc)) *World {
	t.Helper()
	w := newWorld(t, config)
	w.Node("server", serve)
	w.Client("client", ask)
	return w
}

// echo answers what it is asked.
func echo(p *Proc) {
	p.Serve(func(p *Proc, m Message) (any, error) { return m.Body, nil })
}

// never receives requests and does not answer.
func never(p *Proc) {
	for {
		p.Recv()
	}
}

// There are four ways to answer a call; all look the same to the caller.
func TestAnswers(t *testing.T) {
	for name, serve := range map[string]func(p *Proc){
		"Serve": echo,
		"Handle": func(p *Proc) {
			p.Handle(func(p *Proc, m Message) { p.Reply(m, m.Body, nil) })
		},
		"Handle, later": func(p *Proc) {
			p.Handle(func(p *Proc, m Message) {
				p.After(0, func(p *Proc) { p.Reply(m, m.Body, nil) })
			})
		},
		"Recv": func(p *Proc) {
			for {
				m := p.Recv()
				if !m.IsCall() || m.From != "client" {
					t.Error("not a call of the client")
				}
				p.Reply(m, m.Body, nil)
			}
		},
		"twice": func(p *Proc) {
			p.Handle(func(p *Proc, m Message) {
				p.Reply(m, m.Body, nil)
				p.After(us, func(p *Proc) { p.Reply(m, "again", nil) })
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := caller(t, Config{}, serve, func(p *Proc) {
				for i := range 10 {
					began := p.Elapsed()
					got, err := Call[int](p, "server", i, time.Second)
					if took := p.Elapsed() - began; got != i || err != nil || took != 2*ms {
						t.Errorf("%d: got %v, %v after %v", i, got, err, took)
					}
				}
			})
			mustRun(t, w, time.Second)
		})
	}
}

func TestAnswersOfAnotherType(t *testing.T) {
	failure := errors.New("no such account")
	w := caller(t, Config{}, func(p *Proc) {
		p.Serve(func(p *Proc, m Message) (any, error) {
			if m.Body == "fail" {
				return "ignored", failure
			}
			return m.Body, nil
		})
	}, func(p *Proc) {
		if _, err := Call[string](p, "server", "fail", time.Second); err != failure {
			t.Errorf("the handler's error arrived as %v", err)
		}
		if got, err := Call[string](p, "server", nil, time.Second); got != "" || err != nil {
			t.Errorf("nothing arrived as %q, %v", got, err)
		}
		_, err := Call[string](p, "server", 7, time.Second)
		if err == nil || !strings.Contains(err.Error(), "the answer of server is a int, expected a string") {
			t.Errorf("an int arrived as %v", err)
		}
		if got, err := Call[fmt.Stringer](p, "server", time.Second, time.Second); got != time.Second || err != nil {
			t.Errorf("a duration arrived as %v, %v", got, err)
		}
	})
	mustRun(t, w, time.Minute)
}

func TestADatagramNeedsNoAnswer(t *testing.T) {
	w := caller(t, Config{}, echo, func(p *Proc) {
		p.Send("server", "hello")
		if m, ok := p.RecvTimeout(time.Second); ok {
			t.Errorf("it was answered by %v", m)
		}
	})
	mustRun(t, w, time.Minute)
}

func TestTimeout(t *testing.T) {
	w := caller(t, Config{}, never, func(p *Proc) {
		if _, err := Call[int](p, "server", 1, 30*ms); err != ErrTimeout || p.Elapsed() != 30*ms {
			t.Errorf("%v after %v", err, p.Elapsed())
		}
	})
	mustRun(t, w, time.Minute)
}

// The timeout counts by the caller's clock.
func TestTimeoutOfADriftingClock(t *testing.T) {
	w := caller(t, Config{}, never, func(p *Proc) {
		Call[int](p, "server", 1, 30*ms)
		if w := p.World(); w.Now() != 15*ms {
			t.Errorf("timed out at %v", w.Now())
		}
	})
	w.Lookup("client").Drift(1e6) // twice as fast
	mustRun(t, w, time.Minute)
}

// An answer that comes too late is for nobody, not for the next call either.
func TestLateAnswer(t *testing.T) {
	w := caller(t, Config{}, func(p *Proc) {
		p.Serve(func(p *Proc, m Message) (any, error) {
			p.Sleep(m.Body.(time.Duration))
			return m.Body, nil
		})
	}, func(p *Proc) {
		for range 3 {
			if _, err := Call[time.Duration](p, "server", 50*ms, 20*ms); err != ErrTimeout {
				t.Error(err)
			}
			if got, err := Call[time.Duration](p, "server", 60*ms, time.Second); got != 60*ms || err != nil {
				t.Errorf("got the answer %v, %v of an earlier call", got, err)
			}
		}
	})
	mustRun(t, w, time.Minute)
}

// Nor is it for the process that has the coroutine of the caller, which was
// killed, nor for the restarted node.
func TestLateAnswerToTheDead(t *testing.T) {
	for name, end := range map[string]func(n *Node, task Task){
		"killed":    func(n *Node, task Task) { task.Kill() },
		"restarted": func(n *Node, task Task) { n.Restart() },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Config{})
			askable(w)
			var task Task
			call := func(p *Proc, takes time.Duration) {
				if got, err := Call[int](p, "slow", takes, 100*ms); got != 1 || err != nil {
					t.Error(got, err)
				}
				if w.Now() != 10*ms+80*ms+2*ms {
					t.Errorf("answered at %v", w.Now())
				}
			}
			boot := func(p *Proc) {
				if p.Node().Incarnation() == 1 {
					task = p.Go("first", func(p *Proc) { call(p, 50*ms) })
					p.Recv()
				}
				call(p, 80*ms)
			}
			n := w.Node("n", boot)
			w.At(10*ms, "end", func() { end(n, task) })
			w.At(10*ms, "next", func() {
				if name == "killed" {
					w.spawn(n, "second", func(p *Proc) { call(p, 80*ms) })
				}
			})
			mustRun(t, w, time.Second)
		})
	}
}

// Loss and corruption become delay: a stream sends again after 200 ms, then 400,
// and so on.
func TestCallOverALossyLink(t *testing.T) {
	for name, link := range map[string]Link{
		"loss":                                  {Latency: Constant(ms), Loss: 0.3},
		"corruption":                            {Latency: Constant(ms), Corrupt: 0.3},
		"both, and what does not touch streams": {Latency: Constant(ms), Loss: 0.2, Corrupt: 0.2, Duplicate: 1, Reorder: 1},
	} {
		t.Run(name, func(t *testing.T) {
			served, delays := 0, map[time.Duration]bool{}
			w := caller(t, Config{Seed: 1, Link: link, StreamTimeout: time.Hour}, func(p *Proc) {
				p.Serve(func(p *Proc, m Message) (any, error) { served++; return m.Body, nil })
			}, func(p *Proc) {
				for i := range 100 {
					began := p.Elapsed()
					if got, err := Call[int](p, "server", i, time.Hour); got != i || err != nil {
						t.Errorf("%v, %v", got, err)
					}
					delay := p.Elapsed() - began - 2*ms
					delays[delay] = true
					if delay%(200*ms) != 0 {
						t.Errorf("delayed by %v", delay)
					}
				}
			})
			mustRun(t, w, 10*time.Hour)
			if served != 100 || !delays[0] || !delays[200*ms] || !delays[600*ms] {
				t.Errorf("served %d of 100 requests, with delays %v", served, delays)
			}
		})
	}
}

// A stream through which nothing gets for Config.StreamTimeout breaks, whatever
// keeps it; one that gets through before only takes longer.
func TestBrokenStream(t *testing.T) {
	for name, fault := range map[string]func(w *World) (undo func()){
		"cut":  func(w *World) func() { return w.Cut("client", "server").Mend },
		"down": func(w *World) func() { w.Lookup("server").Crash(); return w.Lookup("server").Restart },
		"lost": func(w *World) func() { return w.Degrade("client", "server", Link{Loss: 1}).Restore },
	} {
		for _, undone := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, undone %v", name, undone), func(t *testing.T) {
				w := caller(t, Config{StreamTimeout: 3 * time.Second}, echo, func(p *Proc) {
					p.Sleep(2 * ms)
					_, err := Call[int](p, "server", 1, time.Minute)
					took := p.Elapsed() - 2*ms
					switch {
					case undone && name != "lost": // which was drawn when it was sent
						if err != nil || took < 1400*ms || took > 1402*ms {
							t.Errorf("%v after %v", err, took)
						}
					case err != ErrBroken || took != map[string]time.Duration{"cut": 3000 * ms, "lost": 3000 * ms, "down": 3001 * ms}[name]:
						t.Errorf("%v after %v", err, took)
					}
				})
				mustRun(t, w, ms)
				undo := fault(w)
				if undone {
					w.At(time.Second, "undo", undo)
				}
				mustRun(t, w, time.Minute)
			})
		}
	}
}

// The caller's own timeout is not waited for, and not prolonged.
func TestTimeoutBeforeTheStreamBreaks(t *testing.T) {
	w := caller(t, Config{}, echo, func(p *Proc) {
		p.World().Isolate("server")
		if _, err := Call[int](p, "server", 1, time.Second); err != ErrTimeout || p.Elapsed() != time.Second {
			t.Errorf("%v after %v", err, p.Elapsed())
		}
		p.Sleep(time.Minute) // the break comes and is for nobody
	})
	mustRun(t, w, time.Hour)
}

func TestBreakReachesACallerThatWasPaused(t *testing.T) {
	w := caller(t, Config{StreamTimeout: time.Second}, echo, func(p *Proc) {
		p.World().Isolate("server")
		if _, err := Call[int](p, "server", 1, time.Hour); err != ErrBroken || p.Elapsed() != time.Minute {
			t.Errorf("%v after %v", err, p.Elapsed())
		}
	})
	mustRun(t, w, ms)
	w.Lookup("client").Pause()
	w.At(time.Minute, "resume", w.Lookup("client").Resume)
	mustRun(t, w, time.Hour)
}

// A request to a node that has restarted since it was sent is reset; one that is
// sent while it is down reaches what boots.
func TestRestartUnderWay(t *testing.T) {
	for _, c := range []struct {
		name           string
		crash, restart time.Duration // the request is sent at 10 ms and takes 10
		want           error
		took           time.Duration
	}{
		{"restarted before it arrives", 12 * ms, 15 * ms, ErrReset, 20 * ms},
		{"restarted at once", 15 * ms, 15 * ms, ErrReset, 20 * ms},
		{"down when it arrives", 12 * ms, 30 * ms, ErrReset, 220 * ms}, // sent again after 200 ms
		{"down when it is sent, up when it arrives", 5 * ms, 15 * ms, nil, 20 * ms},
		{"down when it is sent and arrives", 5 * ms, 30 * ms, nil, 220 * ms},
		{"crashes while serving", 22 * ms, 30 * ms, ErrTimeout, time.Second}, // nothing more is sent to it
	} {
		t.Run(c.name, func(t *testing.T) {
			config := Config{Link: Link{Latency: Constant(10 * ms)}}
			w := caller(t, config, func(p *Proc) {
				p.Serve(func(p *Proc, m Message) (any, error) {
					if c.name == "crashes while serving" {
						p.Sleep(5 * ms)
					}
					return m.Body, nil
				})
			}, func(p *Proc) {
				p.Sleep(10 * ms)
				if _, err := Call[int](p, "server", 1, time.Second); err != c.want || p.Elapsed() != 10*ms+c.took {
					t.Errorf("%v after %v", err, p.Elapsed()-10*ms)
				}
			})
			w.At(c.crash, "crash", w.Lookup("server").Crash)
			w.At(c.restart, "restart", w.Lookup("server").Restart)
			mustRun(t, w, time.Minute)
		})
	}
}

// A handler that recovers from everything, as many do, does not answer from a
// node that has crashed under it.
func TestNoAnswerFromTheDead(t *testing.T) {
	for _, restart := range []bool{false, true} {
		w := caller(t, Config{}, func(p *Proc) {
			p.Serve(func(p *Proc, m Message) (answer any, err error) {
				defer func() {
					if cause := recover(); cause != nil {
						err = fmt.Errorf("internal error: %v", cause)
					}
				}()
				p.Sleep(100 * ms)
				return 1, nil
			})
		}, func(p *Proc) {
			if got, err := Call[int](p, "server", 1, time.Second); err != ErrTimeout {
				t.Error(got, err)
			}
		})
		w.At(50*ms, "crash", w.Lookup("server").Crash)
		if restart {
			w.At(50*ms, "restart", w.Lookup("server").Restart)
		}
		mustRun(t, w, time.Minute)
	}
}

// A service may itself call, receive and wait before it answers.
func TestServiceThatAsksOthers(t *testing.T) {
	w := newWorld(t, Config{})
	w.Node("server", echo)
	w.Node("proxy", func(p *Proc) {
		p.Serve(func(p *Proc, m Message) (any, error) {
			sum := 0
			for range m.Body.(int) {
				one, err := Call[int](p, "server", 1, time.Second)
				if err != nil {
					return nil, err
				}
				sum += one
			}
			p.Listen("x").RecvTimeout(p, ms)
			return sum, nil
		})
	})
	w.Client("client", func(p *Proc) {
		if got, err := Call[int](p, "proxy", 5, time.Second); got != 5 || err != nil {
			t.Error(got, err)
		}
	})
	mustRun(t, w, time.Minute)
}

// Calls overtake each other: each waits for its own answer.
func TestCallsSideBySide(t *testing.T) {
	w := newWorld(t, Config{})
	askable(w)
	j := journal{w: w}
	w.Client("c", func(p *Proc) {
		g := NewGroup[time.Duration](p)
		for _, d := range []time.Duration{30 * ms, 10 * ms, 20 * ms} {
			g.Go(d.String(), func(p *Proc) (time.Duration, error) {
				_, err := Call[int](p, "slow", d, time.Second)
				j.note("%v", d)
				return d, err
			})
		}
		g.All()
	})
	mustRun(t, w, time.Minute)
	j.expect(t, "12ms 10ms", "22ms 20ms", "32ms 30ms")
}

// A request that gets through keeps being tried while its link is held.
func TestHeldCall(t *testing.T) {
	w := caller(t, Config{}, echo, func(p *Proc) {
		if _, err := Call[int](p, "server", 1, time.Minute); err != nil || p.Elapsed() != 30*time.Second+ms {
			t.Errorf("%v after %v", err, p.Elapsed())
		}
	})
	hold := w.Hold("client", "server")
	w.At(30*time.Second, "release", hold.Release) // longer than a stream takes to break
	mustRun(t, w, time.Hour)
}

func TestMisusedCalls(t *testing.T) {
	for part, ask := range map[string]func(p *Proc){
		`Call("server") with a timeout of 0s: it must be positive`: func(p *Proc) { Call[int](p, "server", 1, 0) },
		`there is no node named "sever"; did you mean "server"?`:   func(p *Proc) { Call[int](p, "sever", 1, 1) },
		`there is no node named "nobody"`:                          func(p *Proc) { p.Send("nobody", 1) },
	} {
		w := caller(t, Config{}, echo, ask)
		mustEnd(t, w.Run(time.Second), Crashed, part, "client")
	}
}
