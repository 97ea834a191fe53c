package sim

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestProcessRunsFromTopToBottom(t *testing.T) {
	w := newWorld(t, Config{})
	j := journal{w: w}
	w.Node("n", func(p *Proc) {
		j.note("%s begins", p.Name())
		child := p.Go("child", func(p *Proc) {
			j.note("%s begins", p.Name())
			p.Sleep(3 * ms)
			j.note("child ends")
		})
		j.note("a child starts when its parent blocks")
		p.Sleep(2 * ms)
		j.note("child done: %v", child.Done())
		p.Sleep(2 * ms)
		j.note("child done: %v", child.Done())
	})
	mustRun(t, w, time.Second)
	j.expect(t,
		"0s n begins",
		"0s a child starts when its parent blocks",
		"0s n/child begins",
		"2ms child done: false",
		"3ms child ends",
		"4ms child done: true",
	)
	if w.Now() != time.Second {
		t.Errorf("after Run(1s) it is %v", w.Now())
	}
}

func TestSleepOfZeroLetsOthersHaveTheirTurn(t *testing.T) {
	w := newWorld(t, Config{})
	turns := ""
	w.Node("n", func(p *Proc) {
		p.Go("child", func(p *Proc) { turns += "child " })
		p.Sleep(-1)
		p.Sleep(0)
		turns += fmt.Sprint("parent at ", w.Now())
	})
	mustRun(t, w, 0)
	if turns != "child parent at 0s" {
		t.Error(turns)
	}
}

// A process killed in any blocking call unwinds at once, never goes on, and what
// would have ended its wait does not reach whoever is its heir in the pool.
func TestKillInEveryBlockingCall(t *testing.T) {
	for _, c := range blocking {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, Config{})
			askable(w)
			j := journal{w: w}
			w.Node("n", func(p *Proc) {
				s := newThings()
				victim := p.Go("victim", func(p *Proc) {
					defer j.note("unwound")
					c.block(p, s)
					j.note("went on")
				})
				p.Sleep(10 * ms)
				victim.Kill()
				j.note("killed, done: %v", victim.Done())
				victim.Kill() // again is nothing
				heir := p.Go("heir", func(p *Proc) {
					p.Sleep(time.Hour)
					j.note("heir slept for an hour")
				})
				if heir.p != victim.p {
					t.Error("the process was not used again")
				}
				if victim.Kill(); !victim.Done() || heir.Done() {
					t.Error("the task of the dead is that of its heir")
				}
				p.Sleep(ms)
				c.end(p, s)
			})
			mustRun(t, w, 2*time.Hour)
			j.expect(t, "10ms unwound", "10ms killed, done: true", "1h0m0.01s heir slept for an hour")
		})
	}
}

func TestKillBeforeTheStart(t *testing.T) {
	w := newWorld(t, Config{})
	w.Node("n", func(p *Proc) {
		child := p.Go("child", func(p *Proc) { t.Error("ran") })
		child.Kill()
		if !child.Done() {
			t.Error("not done")
		}
	})
	mustRun(t, w, time.Second)
}

func TestTheNoTaskIsDone(t *testing.T) {
	var none Task
	none.Kill()
	if !none.Done() {
		t.Error("the zero Task is not done")
	}
}

// On a node that is up, what a killed process deferred can do all but block.
func TestWhatAKilledProcessDeferred(t *testing.T) {
	w := newWorld(t, Config{})
	j := journal{w: w}
	w.Node("n", func(p *Proc) {
		victim := p.Go("victim", func(p *Proc) {
			defer j.note("last")
			defer func() {
				p.Sleep(ms)
				j.note("slept")
			}()
			defer p.After(5*ms, func(*Proc) { j.note("its timer fires") })
			defer p.Go("orphan", func(p *Proc) { j.note("orphan runs") })
			defer p.Send("n", "farewell")
			p.Recv()
		})
		p.Sleep(ms)
		victim.Kill()
		j.note("received %v", p.Recv().Body)
	})
	mustRun(t, w, time.Second)
	j.expect(t, "1ms last", "1ms orphan runs", "1.02ms received farewell", "6ms its timer fires")
}

func TestKillOneself(t *testing.T) {
	w := newWorld(t, Config{})
	j := journal{w: w}
	w.Node("n", func(p *Proc) {
		var self Task
		self = p.Go("self", func(p *Proc) {
			defer j.note("unwound")
			self.Kill()
			t.Error("went on")
		})
	})
	mustRun(t, w, time.Second)
	j.expect(t, "0s unwound")
}

// What a killed process deferred may kill others: one that waits, the one that is
// killing it, and itself.
func TestKillInsideKill(t *testing.T) {
	w := newWorld(t, Config{})
	j := journal{w: w}
	w.Node("n", func(p *Proc) {
		var a, b, c Task
		a = p.Go("a", func(p *Proc) {
			defer j.note("a unwound")
			p.Sleep(ms)
			b.Kill()
			j.note("a goes on to its next blocking call")
			p.Sleep(0)
			t.Error("a survived")
		})
		b = p.Go("b", func(p *Proc) {
			defer j.note("b unwound")
			defer func() { c.Kill(); a.Kill(); b.Kill() }()
			p.Recv()
		})
		c = p.Go("c", func(p *Proc) {
			defer j.note("c unwound")
			defer func() { b.Kill() }()
			p.Recv()
		})
	})
	mustRun(t, w, time.Second)
	j.expect(t, "1ms c unwound", "1ms b unwound", "1ms a goes on to its next blocking call", "1ms a unwound")
}

// A process that recovers from its kill is unwound by means that it cannot
// recover from when it blocks again.
func TestRecoverDoesNotSurviveKill(t *testing.T) {
	for _, c := range blocking {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, Config{})
			askable(w)
			unwound := 0
			var stubborn Task
			w.Node("n", func(p *Proc) {
				s := newThings()
				stubborn = p.Go("stubborn", func(p *Proc) {
					defer func() { unwound++ }()
					for {
						func() {
							defer func() { recover() }()
							c.block(p, s)
						}()
					}
				})
				p.Sleep(10 * ms)
				stubborn.Kill()
			})
			mustRun(t, w, time.Second)
			if unwound != 1 || !stubborn.Done() {
				t.Errorf("unwound %d times, done %v", unwound, stubborn.Done())
			}
		})
	}
}

func TestRecoverFromKillAndReturn(t *testing.T) {
	w := newWorld(t, Config{})
	w.Node("n", func(p *Proc) {
		polite := p.Go("polite", func(p *Proc) {
			defer func() { recover() }()
			p.Sleep(time.Hour)
		})
		p.Sleep(ms)
		polite.Kill()
		if !polite.Done() {
			t.Error("not done")
		}
	})
	mustRun(t, w, 2*time.Hour)
}

func TestTimers(t *testing.T) {
	w := newWorld(t, Config{})
	j := journal{w: w}
	w.Node("n", func(p *Proc) {
		p.After(3*ms, func(*Proc) { j.note("third") })
		p.After(-ms, func(*Proc) { j.note("at once") })
		p.After(ms, func(p *Proc) {
			j.note("first, on %s", p.Name())
			p.After(ms, func(*Proc) { j.note("set by the first") })
		})
		stopped := p.After(2*ms, func(*Proc) { t.Error("fired though stopped") })
		p.Sleep(ms + us)
		j.note("stop: %v, again: %v", stopped.Stop(), stopped.Stop())
		fired := p.After(0, func(*Proc) {})
		p.Sleep(us)
		j.note("stop after it fired: %v", fired.Stop())
		j.note("stop of none: %v", Timer{}.Stop())
	})
	mustRun(t, w, time.Second)
	j.expect(t,
		"0s at once",
		"1ms first, on n",
		"1.001ms stop: true, again: false",
		"1.002ms stop after it fired: false",
		"1.002ms stop of none: false",
		"2ms set by the first",
		"3ms third",
	)
}

func TestATimerStopsItself(t *testing.T) {
	w := newWorld(t, Config{})
	w.Node("n", func(p *Proc) {
		var own Timer
		own = p.After(ms, func(*Proc) {
			if own.Stop() {
				t.Error("a timer that fires is still to fire")
			}
		})
	})
	mustRun(t, w, time.Second)
}

// Handlers and timers must not block, in none of the ways.
func TestBlockingInAHandlerSaysSo(t *testing.T) {
	for _, c := range blocking {
		if strings.HasPrefix(c.name, "Work,") {
			continue // it takes a process to get there
		}
		for where, set := range map[string]func(p *Proc, f func(p *Proc)){
			"timer":   func(p *Proc, f func(p *Proc)) { p.After(ms, f) },
			"handler": func(p *Proc, f func(p *Proc)) { p.Handle(func(p *Proc, _ Message) { f(p) }) },
		} {
			t.Run(c.name+" in a "+where, func(t *testing.T) {
				w := newWorld(t, Config{})
				askable(w)
				w.Node("n", func(p *Proc) {
					set(p, func(p *Proc) { c.block(p, newThings()) })
					p.Send("n", "go")
				})
				mustEnd(t, w.Run(time.Second), Crashed, "blocks, and a handler or timer must not", "node n")
			})
		}
	}
}

func TestTheProcOfAnother(t *testing.T) {
	const hint = "use the *Proc that your function was given"
	for name, use := range map[string]func(p *Proc){
		"Sleep": func(p *Proc) { p.Sleep(ms) },
		"Send":  func(p *Proc) { p.Send("n", 1) },
		"Log":   func(p *Proc) { p.Log("x") },
		"After": func(p *Proc) { p.After(ms, idle) },
		"Go":    func(p *Proc) { p.Go("x", idle) },
		"Span":  func(p *Proc) { p.Span("x") },
		"Rand":  func(p *Proc) { p.Rand("x") },
		"Fail":  func(p *Proc) { p.Fail("x", "y") },
		"Open":  func(p *Proc) { p.Open("x") },
		"Serve": func(p *Proc) { p.Serve(func(*Proc, Message) (any, error) { return nil, nil }) },
		"Show":  func(p *Proc) { p.Show(func() []Field { return nil }) },
		"Reply": func(p *Proc) { p.Reply(Message{}, nil, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			places := map[string]func(p *Proc){
				"by process n/child": func(parent *Proc) { parent.Go("child", func(*Proc) { use(parent) }) },
				"by process m":       func(parent *Proc) { parent.w.Node("m", func(*Proc) { use(parent) }) },
				"by process n":       func(parent *Proc) { parent.After(us, func(*Proc) { use(parent) }) },
			}
			for by, misuse := range places {
				w := newWorld(t, Config{})
				w.Node("n", func(p *Proc) { misuse(p); p.Sleep(time.Second) })
				mustEnd(t, w.Run(time.Second), Crashed, `on process "n" while `+by[3:]+" runs", hint, by[3:])
				w = newWorld(t, Config{})
				w.Node("n", func(p *Proc) { misuse(p) })
				mustEnd(t, w.Run(time.Second), Crashed, "on a process that has ended while "+by[3:]+" runs", hint, by[3:])
			}
			var kept *Proc
			w := newWorld(t, Config{})
			w.Node("n", func(p *Proc) { kept = p; p.Recv() })
			mustRun(t, w, ms)
			mustPanic(t, `on process "n" while no process runs: `+hint, func() { use(kept) })
			w.At(2*ms, "misuse", func() { mustPanic(t, "no process runs", func() { use(kept) }) })
			w.Invariant("misuse", func() error { mustPanic(t, "no process runs", func() { use(kept) }); return nil })
			mustRun(t, w, 2*ms)
		})
	}
}

// What only looks may be asked of any process, by observers above all; and a span
// may be ended by another than opened it.
func TestTheProcOfAnotherMayBeLookedAt(t *testing.T) {
	w := newWorld(t, Config{})
	seen := watch(w, KindSpanEnd)
	w.Node("n", func(p *Proc) {
		s := p.Span("x")
		p.Show(func() []Field { return []Field{{"at", p.Elapsed().String()}, {"name", p.Name()}} })
		p.Go("child", func(*Proc) { s.End() })
		p.Recv()
	})
	mustRun(t, w, ms)
	if n := w.Lookup("n"); n.Field("at") != "1ms" || n.Field("name") != "n" || len(*seen) != 1 {
		t.Errorf("fields %v, ends %v", n.Fields(), *seen)
	}
}

// Requests are served by processes from a pool: their number follows how many
// are served side by side, not how many there were.
func TestPool(t *testing.T) {
	w := newWorld(t, Config{})
	w.Node("server", func(p *Proc) {
		p.Serve(func(p *Proc, m Message) (any, error) { p.Sleep(100 * us); return m.Body, nil })
	})
	w.Client("client", func(p *Proc) {
		for i := range 1000 {
			if got, err := Call[int](p, "server", i, time.Second); got != i || err != nil {
				t.Fatal(i, got, err)
			}
		}
	})
	mustRun(t, w, time.Minute)
	if n := len(w.procs); n > 3 {
		t.Errorf("%d coroutines for one request at a time", n)
	}
}

func TestSpansNest(t *testing.T) {
	w := newWorld(t, Config{})
	seen := watch(w, KindSpan, KindSpanEnd, KindNote)
	w.Node("n", func(p *Proc) {
		outer := p.Span("outer", Field{"key", "x"})
		inner := p.Span("inner")
		p.Log("inside %d", 1)
		inner.End()
		p.Log("between")
		outer.End(Field{"result", "ok"})
		p.Log("outside")
	})
	mustRun(t, w, time.Second)
	outer, inner := (*seen)[0].Number, (*seen)[1].Number
	want := []struct {
		kind Kind
		text string
		span uint64
		arg  uint64
	}{
		{KindSpan, "outer", 0, 0},
		{KindSpan, "inner", outer, 0},
		{KindNote, "inside 1", inner, 0},
		{KindSpanEnd, "", inner, inner},
		{KindNote, "between", outer, 0},
		{KindSpanEnd, "", outer, outer},
		{KindNote, "outside", 0, 0},
	}
	for i, e := range *seen {
		if i >= len(want) || e.Kind != want[i].kind || e.Text != want[i].text || e.Span != want[i].span || e.Arg != want[i].arg {
			t.Errorf("event %v in span %d", &e, e.Span)
		}
	}
}

// A handler begins outside of all spans, also of those that one before it left
// open.
func TestSpansOfHandlers(t *testing.T) {
	w := newWorld(t, Config{})
	seen := watch(w, KindNote)
	w.Node("n", func(p *Proc) {
		p.After(ms, func(p *Proc) { p.Span("left open"); p.Log("inside") })
		p.After(2*ms, func(p *Proc) { p.Log("outside") })
	})
	mustRun(t, w, time.Second)
	if notes := *seen; notes[0].Span == 0 || notes[1].Span != 0 {
		t.Errorf("in spans %d and %d", notes[0].Span, notes[1].Span)
	}
}
