package sim

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// somewhere are the places in which simulated code runs: each calls f once, at
// 1 ms, on the node "n".
var somewhere = []struct {
	name string
	proc string // how an outcome names the place
	boot func(p *Proc, f func())
}{
	{"process", "process n, node n", func(p *Proc, f func()) { p.Sleep(ms); f() }},
	{"child", "process n/child, node n", func(p *Proc, f func()) {
		p.Go("child", func(p *Proc) { p.Sleep(ms); f() })
		p.Recv()
	}},
	{"service", "process n, node n", func(p *Proc, f func()) {
		p.Serve(func(*Proc, Message) (any, error) { f(); return nil, nil })
		p.Sleep(ms)
		p.Send("n", 1)
	}},
	{"handler", "process n, node n", func(p *Proc, f func()) {
		p.Handle(func(*Proc, Message) { f() })
		p.Sleep(ms)
		p.Send("n", 1)
	}},
	{"late handler", "process n, node n", func(p *Proc, f func()) {
		p.Send("n", 1)
		p.Sleep(ms)
		p.Handle(func(*Proc, Message) { f() })
	}},
	{"timer", "process n, node n", func(p *Proc, f func()) { p.After(ms, func(*Proc) { f() }) }},
}

// anywhere runs a world in which f is called in each of those places in turn.
func anywhere(t *testing.T, config Config, f func(), check func(t *testing.T, w *World, proc string)) {
	for _, s := range somewhere {
		t.Run(s.name, func(t *testing.T) {
			w := newWorld(t, config)
			w.Node("bystander", func(p *Proc) { p.Recv() })
			w.Node("n", func(p *Proc) { s.boot(p, f) })
			check(t, w, s.proc)
		})
	}
}

func explode() { panic(errors.New("exploded")) }

func TestPanicInSimulatedCode(t *testing.T) {
	anywhere(t, Config{}, explode, func(t *testing.T, w *World, proc string) {
		watch(w) // observers have no part in it
		out := w.Run(time.Second)
		mustEnd(t, out, Crashed, "crashed: panic: exploded (", proc, " at 1")
		if !strings.Contains(out.Stack, "sim.explode") {
			t.Errorf("the stack does not name the function that panicked:\n%s", out.Stack)
		}
		if again := w.Run(time.Second); again != out {
			t.Errorf("run again: %v", again)
		}
	})
}

func TestPanicsOfTheRuntime(t *testing.T) {
	var none *Node
	anywhere(t, Config{}, func() { none.up = true }, func(t *testing.T, w *World, proc string) {
		mustEnd(t, w.Run(time.Second), Crashed, "nil pointer dereference", proc)
	})
	anywhere(t, Config{}, func() { panic(nil) }, func(t *testing.T, w *World, proc string) {
		mustEnd(t, w.Run(time.Second), Crashed, "panic called with nil argument", proc)
	})
}

// A panic outside the simulated system is not its outcome: it goes to whoever
// called Run, with the stack on which it happened. The world is not to be used
// further then, and says so.
func TestPanicOutsideGoesToTheCaller(t *testing.T) {
	for name, set := range map[string]func(w *World){
		"act":       func(w *World) { w.At(ms, "explode", explode) },
		"invariant": func(w *World) { w.Invariant("explosive", func() error { explode(); return nil }) },
		"observer": func(w *World) {
			w.Observe(ObserverFunc(func(e *Event) {
				if e.Kind == KindWake {
					explode()
				}
			}))
		},
		"observer of what a process does": func(w *World) {
			w.Observe(ObserverFunc(func(e *Event) {
				if e.Kind == KindSend {
					explode()
				}
			}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Config{})
			w.Node("n", func(p *Proc) { p.Sleep(ms); p.Send("n", 1) })
			set(w)
			func() {
				defer func() {
					text := fmt.Sprint(recover())
					if !strings.Contains(text, "exploded") || !strings.Contains(text, "sim.explode") {
						t.Errorf("the caller got %q", text)
					}
				}()
				w.Run(time.Second)
				t.Error("Run returned")
			}()
			mustEnd(t, w.Run(time.Second), Unknown, "left in the middle of an event")
		})
	}
}

// Goexit, which is how a test's FailNow and SkipNow work, passes through to the
// test.
func TestGoexitReachesTheTest(t *testing.T) {
	places := map[string]func(w *World, leave func()){
		"act": func(w *World, leave func()) { w.At(ms, "leave", leave) },
		"observer": func(w *World, leave func()) {
			w.Observe(ObserverFunc(func(e *Event) {
				if e.Kind == KindWake {
					leave()
				}
			}))
		},
		"killed process": func(w *World, leave func()) {
			w.Node("killer", func(p *Proc) {
				victim := p.Go("victim", func(p *Proc) { defer leave(); p.Recv() })
				p.Sleep(ms)
				victim.Kill()
			})
		},
	}
	for _, s := range somewhere {
		places[s.name] = func(w *World, leave func()) { w.Node("n", func(p *Proc) { s.boot(p, leave) }) }
	}
	for name, place := range places {
		var left *World
		skipped := t.Run(name, func(t *testing.T) {
			left = New(Config{})
			left.Node("sleeper", func(p *Proc) { p.Sleep(2 * ms) })
			place(left, t.SkipNow)
			left.Run(time.Second)
			t.Error("Run returned")
		})
		if !skipped {
			t.Errorf("%s: the test was not skipped by SkipNow", name)
		}
		mustEnd(t, left.Run(time.Second), Unknown, "left in the middle of an event")
		left.Close()
	}
}

// A world that passes no time at an instant ends as a livelock, which names who
// spins. As many events as are allowed are no livelock.
func TestLivelock(t *testing.T) {
	for name, boot := range map[string]func(p *Proc){
		"process": func(p *Proc) {
			for {
				p.Sleep(0)
			}
		},
		"timer": func(p *Proc) {
			var again func(p *Proc)
			again = func(p *Proc) { p.After(0, again) }
			p.After(0, again)
		},
		"handler": func(p *Proc) {
			p.Handle(func(p *Proc, m Message) { p.Send("n", nil) })
			p.Send("n", nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Config{InstantLimit: 1000})
			w.Node("bystander", func(p *Proc) { p.Recv() })
			w.Node("n", func(p *Proc) { p.Sleep(ms); boot(p) })
			w.SetLink("n", "n", Link{Latency: Constant(0)})
			mustEnd(t, w.Run(time.Second), Stuck, "livelock: 1001 events at 1ms", "process n, node n")
			if w.Now() != ms {
				t.Errorf("it ended at %v", w.Now())
			}
		})
	}
	w := newWorld(t, Config{InstantLimit: 1000})
	w.Node("n", func(p *Proc) {
		for range 5 {
			p.Sleep(ms)
			for range 1000 {
				p.Sleep(0)
			}
		}
	})
	mustRun(t, w, time.Second)
}

// Code that does not come back ends the run, which names it. What it waits for is
// outside the world: a loop, a real channel. It cannot be stopped, so its world
// is left alone from then on.
func TestHang(t *testing.T) {
	never := make(chan int)
	t.Cleanup(func() { close(never) })
	anywhere(t, Config{HangAfter: 500 * ms}, func() { waitOutside(never) }, func(t *testing.T, w *World, proc string) {
		t.Parallel() // each must find its own stack among those of the others
		mustHang(t, w, proc, "sim.waitOutside")
	})
}

func TestHangInALoop(t *testing.T) {
	t.Parallel()
	var free atomic.Bool
	w := newWorld(t, Config{HangAfter: 500 * ms})
	w.Node("n", func(p *Proc) { p.Sleep(ms); spin(&free) })
	mustHang(t, w, "process n, node n", "sim.spin")
	free.Store(true)
}

// mustHang expects that the world hangs in that place and that function, and is
// left alone then.
func mustHang(t *testing.T, w *World, place, function string) {
	t.Helper()
	out := w.Run(time.Second)
	mustEnd(t, out, Stuck, "a process did not yield for 500ms of real time", place)
	if !strings.Contains(out.Stack, function) || strings.Count(out.Stack, "goroutine ") > 2 {
		t.Errorf("the stack is not that of the code which hangs, but %d bytes:\n%.5000s", len(out.Stack), out.Stack)
	}
	if again := w.Run(time.Second); again != out || w.Step() {
		t.Errorf("run again: %v", again)
	}
	w.Close()
	w.Close()
}

func waitOutside(c chan int) { <-c }

func spin(free *atomic.Bool) {
	for !free.Load() {
		runtime.Gosched()
	}
}

// A process hangs while it is unwound.
func TestHangWhileUnwinding(t *testing.T) {
	for name, swallow := range map[string]bool{"at once": false, "after it recovered from its kill": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			never := make(chan int)
			t.Cleanup(func() { close(never) })
			w := newWorld(t, Config{HangAfter: 500 * ms})
			n := w.Node("n", func(p *Proc) {
				p.Go("child", func(p *Proc) {
					defer waitOutside(never)
					defer func() {
						if swallow {
							p.Sleep(1)
						}
					}()
					p.Recv()
				})
				p.Recv()
			})
			w.At(ms, "crash", n.Crash)
			mustHang(t, w, "process n/child, node n", "sim.waitOutside")
		})
	}
}

// The stack is found among those of thousands of processes.
func TestHangAmongMany(t *testing.T) {
	t.Parallel()
	never := make(chan int)
	t.Cleanup(func() { close(never) })
	w := newWorld(t, Config{})
	w.Node("many", func(p *Proc) {
		for range 3000 {
			p.Go("one", func(p *Proc) { p.Recv() })
		}
	})
	mustRun(t, w, ms)
	w.Node("n", func(p *Proc) { waitOutside(never) })
	w.config.HangAfter = 500 * ms
	mustHang(t, w, "process n, node n", "sim.waitOutside")
}

// When nothing is due any more and clients wait, the run is stuck, and says for
// what they wait. Nodes may wait for ever: that is what servers do.
func TestDeadlock(t *testing.T) {
	w := newWorld(t, Config{})
	w.Node("server", func(p *Proc) { p.Recv() })
	w.Client("done", func(p *Proc) { p.Sleep(ms) })
	mustRun(t, w, time.Minute)
	w.Client("alice", func(p *Proc) {
		p.After(time.Hour, func(*Proc) {}).Stop() // is not due any more
		new(Cond).Wait(p)
	})
	w.Client("bob", func(p *Proc) {
		p.Go("left behind", func(p *Proc) { p.Recv() })
		NewChan[int](0).Send(p, 1)
	})
	mustEnd(t, w.Run(time.Minute), Stuck, "deadlock: nothing is due and clients wait: alice in Cond.Wait, bob in Chan.Send, bob/left behind in Recv", "process alice")
}

func TestDeadlockOfManyNamesSome(t *testing.T) {
	w := newWorld(t, Config{})
	for i := range 100 {
		w.Client(fmt.Sprint("client-", i), func(p *Proc) { p.Recv() })
	}
	mustEnd(t, w.Run(time.Minute), Stuck, "client-0 in Recv", "client-4 in Recv, 95 more")
}

// With Config.Checking a message that is changed after it was sent is found,
// whoever changed it; without, it is not looked for.
func TestChangedMessage(t *testing.T) {
	deep := func() any { return map[string][]*int{"x": {new(int)}} }
	change := func(body any) { *body.(map[string][]*int)["x"][0] = 1 }
	for name, c := range map[string]struct{ sender, receiver func(p *Proc, body any) }{
		"by the sender, at once":   {sender: func(p *Proc, body any) { change(body) }},
		"by the sender, later":     {sender: func(p *Proc, body any) { p.Sleep(500 * ms); change(body) }},
		"by the receiver, at once": {receiver: func(p *Proc, body any) { change(body) }},
		"by the receiver, later":   {receiver: func(p *Proc, body any) { p.Sleep(500 * ms); change(body) }},
		"by nobody":                {},
	} {
		for _, checking := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, checking %v", name, checking), func(t *testing.T) {
				w := newWorld(t, Config{Checking: checking})
				w.Node("b", func(p *Proc) {
					if m := p.Recv(); c.receiver != nil {
						c.receiver(p, m.Body)
					}
				})
				w.Node("a", func(p *Proc) {
					body := deep()
					p.Send("b", body)
					if c.sender != nil {
						c.sender(p, body)
					}
				})
				out := w.Run(time.Second)
				if checking && name != "by nobody" {
					mustEnd(t, out, Crashed, "a message from a to b was changed after it was sent", "node a")
				} else if !out.OK() {
					t.Error(out)
				}
				if checking && name == "by the sender, at once" && out.At != ms {
					t.Errorf("found at %v, expected when it arrived", out.At)
				}
			})
		}
	}
}

// The last few hundred messages that arrived are looked at again and again.
func TestChangedMessageAmongMany(t *testing.T) {
	w := newWorld(t, Config{Checking: true})
	w.Node("b", never)
	w.Node("a", func(p *Proc) {
		body := []int{1}
		p.Send("b", body)
		p.Sleep(2 * ms)
		body[0] = 2
		for range 1000 {
			p.Send("b", []int{1})
			p.Sleep(ms)
		}
	})
	out := w.Run(time.Second)
	mustEnd(t, out, Crashed, "changed after it was sent; it is now [2]")
	if out.At > 500*ms {
		t.Errorf("found at %v", out.At)
	}
}

// Bodies that look as if they changed, and do not.
func TestUnchangedMessages(t *testing.T) {
	cyclic := map[string]any{}
	cyclic["self"] = &cyclic
	w := newWorld(t, Config{Checking: true, Link: Link{Latency: Constant(ms), Duplicate: 0.5, Corrupt: 0.3}})
	n := w.Node("b", func(p *Proc) {
		for {
			p.Recv()
		}
	})
	bodies := []any{
		nil, 1, 1.5, "text", []byte("bytes"), cyclic, n, w, func() {}, make(chan int), math.NaN(), 1i, time.Now(),
		struct{ a, b any }{1, []string{"x"}}, [2]*int{}, errors.New("error"), map[string]int{"a": 1, "b": 2, "c": 3}, uintptr(1),
	}
	w.Client("a", func(p *Proc) {
		for _, body := range bodies {
			for range 10 {
				p.Send("b", body)
				p.Sleep(ms)
			}
		}
	})
	mustRun(t, w, time.Second)
}

func TestImpossibleConfigs(t *testing.T) {
	for part, c := range map[string]Config{
		"Config.Link: Loss is 1.5; a probability is between 0 and 1": {Link: Link{Loss: 1.5}},
		"Config.Link: Loss is NaN":                                   {Link: Link{Loss: math.NaN()}},
		"Config.Link: Duplicate is -1":                               {Link: Link{Duplicate: -1}},
		"Config.Link: Reorder is 2":                                  {Link: Link{Reorder: 2}},
		"Config.Link: Corrupt is +Inf":                               {Link: Link{Corrupt: math.Inf(1)}},
		"Config.Link: Bandwidth is -1 bytes per second":              {Link: Link{Bandwidth: -1}},
		"Config.Cores is -1":                                         {Cores: -1},
		"Config.StreamTimeout, ":                                     {StreamTimeout: -1},
		"InstantLimit and ":                                          {InstantLimit: -1},
		"HangAfter must not be negative":                             {HangAfter: -1},
	} {
		mustPanic(t, part, func() { New(c) })
	}
}

func TestMisuseOfTheWorld(t *testing.T) {
	w := newWorld(t, Config{})
	w.Node("a", idle)
	w.Node("b", idle)
	mustRun(t, w, time.Second)
	for part, f := range map[string]func(){
		`node name "": `:                         func() { w.Node("", idle) },
		`node name "a:b": `:                      func() { w.Node("a:b", idle) },
		`node name "a b": `:                      func() { w.Client("a b", idle) },
		`node name "a|b": `:                      func() { w.Node("a|b", idle) },
		`there is already a node named "a"`:      func() { w.Client("a", idle) },
		`node "c" has no function to boot`:       func() { w.Node("c", nil) },
		`At(1ms, "late"): it is already 1s`:      func() { w.At(ms, "late", func() {}) },
		"Run(-1ns): time does not run backwards": func() { w.Run(-1) },
		"RunUntil(-1ns): time does not run":      func() { w.RunUntil(func() bool { return false }, -1) },
		`there is no node named "x"`:             func() { w.Cut("a", "x") },
		`there is no node named "y"`:             func() { w.Hold("y", "a") },
		`there is no node named "z"`:             func() { w.Isolate("z") },
		"Partition: node a is in two groups":     func() { w.Partition([]string{"a"}, []string{"b", "a"}) },
		"SetLink(a, b): Loss is -1":              func() { w.SetLink("a", "b", Link{Loss: -1}) },
		"Degrade(a, b): Corrupt is 7":            func() { w.Degrade("a", "b", Link{Corrupt: 7}) },
		"SetSites(eu, us): Bandwidth is -1":      func() { w.SetSites("eu", "us", Link{Bandwidth: -1}) },
	} {
		mustPanic(t, part, f)
	}
}

// The world cannot be run or closed by those who live in it.
func TestMisuseFromInside(t *testing.T) {
	for part, f := range map[string]func(w *World){
		"a world cannot be run from inside itself":    func(w *World) { w.Run(1) },
		"a world cannot be closed from inside itself": func(w *World) { w.Close() },
	} {
		w := newWorld(t, Config{})
		w.Node("n", func(p *Proc) { f(p.World()) })
		mustEnd(t, w.Run(time.Second), Crashed, part)
	}
}

// A deadlock stands as long as it is one: somebody outside may end it.
func TestDeadlockIsNotForEver(t *testing.T) {
	for name, c := range map[string]struct{ jam func(w *World) (free func()) }{
		"hold":  {jam: func(w *World) func() { return w.Hold("s", "c").Release }},
		"pause": {jam: func(w *World) func() { w.Lookup("s").Pause(); return w.Lookup("s").Resume }},
		"crash": {jam: func(w *World) func() { w.Lookup("s").Crash(); return w.Lookup("s").Restart }},
		"kill":  {jam: func(w *World) func() { w.Lookup("s").Crash(); return w.Lookup("c").Crash }},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Config{})
			w.Node("s", func(p *Proc) {
				p.Sleep(ms)
				p.Send("c", "hello")
			})
			w.Client("c", func(p *Proc) { p.Recv() })
			free := c.jam(w)
			out := w.Run(time.Second)
			mustEnd(t, out, Stuck, "deadlock: nothing is due and clients wait: c in Recv")
			at := w.Now()
			for range 3 {
				if again := w.Run(time.Second); again != out || w.Now() != at || w.Step() {
					t.Fatalf("it ran on: %v at %v", again, w.Now())
				}
				if ended, is := w.Ended(); !is || ended != out {
					t.Fatalf("ended %v: %v", is, ended)
				}
			}
			free()
			if out, is := w.Ended(); is {
				t.Errorf("it is still %v", out)
			}
			mustRun(t, w, time.Second)
			if w.ClientsLeft() != 0 || w.Now() != at+time.Second {
				t.Errorf("%d clients left at %v", w.ClientsLeft(), w.Now())
			}
		})
	}
}

// What is done from outside in a deadlock and does not end it leaves it stuck.
func TestDeadlockThatActsDoNotEnd(t *testing.T) {
	w := newWorld(t, Config{})
	w.Client("c", func(p *Proc) { p.Recv() })
	mustEnd(t, w.Run(time.Second), Stuck, "deadlock")
	w.Hold("c", "c").Release()
	mustEnd(t, w.Run(time.Second), Stuck, "deadlock", "event 1 at 0s")
	w.At(ms, "nothing", func() {})
	if _, is := w.Ended(); is {
		t.Error("it has ended, and something is due")
	}
	mustEnd(t, w.Run(time.Second), Stuck, "deadlock", "at 1ms")
	mustEnd(t, w.RunUntil(func() bool { return false }, time.Second), Stuck, "deadlock", "at 1ms")
}
