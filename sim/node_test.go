package sim

import (
	"fmt"
	"testing"
	"time"
)

// What a boot function keeps in its variables is memory: it is lost in a crash.
// The node boots anew, and counts its boots.
func TestCrashLosesMemory(t *testing.T) {
	w := newWorld(t, Config{})
	j := journal{w: w}
	n := w.Node("n", func(p *Proc) {
		memory := 0
		for {
			memory++
			j.note("boot %d, memory %d", p.Node().Incarnation(), memory)
			p.Sleep(10 * ms)
		}
	})
	w.At(15*ms, "crash", n.Crash)
	w.At(16*ms, "crash what is down", n.Crash)
	w.At(30*ms, "restart", n.Restart)
	w.At(45*ms, "restart what is up", n.Restart)
	mustRun(t, w, 16*ms)
	if n.Up() {
		t.Error("up after a crash")
	}
	mustRun(t, w, 30*ms)
	j.expect(t,
		"0s boot 1, memory 1", "10ms boot 1, memory 2",
		"30ms boot 2, memory 1", "40ms boot 2, memory 2", "45ms boot 3, memory 1",
	)
	if !n.Up() || n.Incarnation() != 3 {
		t.Errorf("up %v, incarnation %d", n.Up(), n.Incarnation())
	}
}

// A crash stops processes in whatever call they block; what they deferred runs
// once and can touch nothing. No event meant for them reaches the node later,
// not even if it has restarted at the same instant.
func TestCrashInEveryBlockingCall(t *testing.T) {
	for _, c := range blocking {
		for _, after := range []time.Duration{0, us, time.Second} {
			t.Run(fmt.Sprintf("%s, restart after %v", c.name, after), func(t *testing.T) {
				w := newWorld(t, Config{})
				askable(w)
				j := journal{w: w}
				n := w.Node("n", func(p *Proc) {
					if p.Node().Incarnation() == 2 {
						j.note("boots")
						p.Sleep(time.Hour)
						j.note("slept for an hour")
						return
					}
					s := newThings()
					p.Go("other", func(p *Proc) {
						p.Sleep(15 * ms) // would end it, had it not crashed
						c.end(p, s)
					})
					defer j.note("unwound")
					defer touch(p, t)
					c.block(p, s)
					j.note("went on")
				})
				w.At(10*ms, "crash", n.Crash)
				w.At(10*ms+after, "restart", n.Restart)
				mustRun(t, w, 2*time.Hour)
				boot := 10*ms + after
				j.expect(t, "10ms unwound", fmt.Sprint(boot, " boots"), fmt.Sprint(boot+time.Hour, " slept for an hour"))
			})
		}
	}
}

// Nothing of what a node was told before a crash outlasts it: not its timers, what
// waits in its ports, its handlers nor the ports themselves.
func TestCrashForgetsAll(t *testing.T) {
	w := newWorld(t, Config{})
	j := journal{w: w}
	n := w.Node("n", func(p *Proc) {
		if p.Node().Incarnation() == 1 {
			p.After(20*ms, func(*Proc) { j.note("timer of the first boot") })
			p.Listen("handled").Handle(p, func(*Proc, Message) { j.note("handler of the first boot") })
			p.Listen("kept")
			return
		}
		p.Sleep(10 * ms)
		j.note("%d wait", p.Node().inbox.Waiting())
		if _, ok := p.Listen("kept").RecvTimeout(p, 0); ok {
			j.note("kept")
		}
		p.Sleep(50 * ms)
		p.Handle(func(p *Proc, m Message) { p.Reply(m, "again", nil) })
	})
	w.Client("c", func(p *Proc) {
		for _, to := range []string{"n", "n:kept", "n:handled"} {
			p.Send(to, "of the first boot")
		}
		p.Sleep(20 * ms)
		for _, to := range []string{"n", "n:handled"} {
			p.Send(to, nil)
			_, err := Call[string](p, to, nil, time.Second)
			j.note("%s: %v", to, err)
		}
		p.Sleep(60 * ms)
		answer, err := Call[string](p, "n", nil, time.Second)
		j.note("%s %v", answer, err)
	})
	w.At(10*ms, "restart", n.Restart)
	mustRun(t, w, time.Second)
	j.expect(t,
		"1ms handler of the first boot",
		"20ms 0 wait",
		"22ms n: connection refused", "24ms n:handled: connection refused",
		"86ms again <nil>",
	)
}

// touch tries everything that must have no effect any more after a crash.
func touch(p *Proc, t *testing.T) {
	w := p.World()
	number, queued := w.Events(), w.queue.len()
	p.Send("slow", "from the grave")
	p.Reply(Message{From: "slow", call: 1}, 1, nil)
	p.After(ms, func(*Proc) { t.Error("timer of the dead") })
	p.Go("ghost", func(*Proc) { t.Error("process of the dead") })
	p.Log("note")
	p.Fail("check", "of the dead")
	p.Span("span").End()
	p.Show(func() []Field { return []Field{{"alive", "yes"}} })
	p.Serve(func(*Proc, Message) (any, error) { t.Error("service of the dead"); return nil, nil })
	p.Handle(func(*Proc, Message) { t.Error("handler of the dead") })
	p.Listen("grave").Handle(p, func(*Proc, Message) { t.Error("handler of the dead") })
	if w.Events() != number || w.queue.len() != queued || p.Node().Field("alive") != "" {
		t.Errorf("what a crashed process deferred did something: %d events, %d queued", w.Events()-number, w.queue.len()-queued)
	}
}

// To crash or restart one's own node ends the caller, wherever it calls from.
func TestSuicide(t *testing.T) {
	for _, how := range []struct {
		name  string
		do    func(n *Node)
		boots int
	}{{"crash", (*Node).Crash, 1}, {"restart", (*Node).Restart, 2}} {
		for where, from := range map[string]func(p *Proc, do func(n *Node)){
			"process": func(p *Proc, do func(n *Node)) { do(p.Node()); t.Error("went on") },
			"child": func(p *Proc, do func(n *Node)) {
				p.Go("child", func(p *Proc) { do(p.Node()); t.Error("went on") })
				p.Recv()
			},
			"timer": func(p *Proc, do func(n *Node)) { p.After(ms, func(p *Proc) { do(p.Node()); touch(p, t) }) },
			"handler": func(p *Proc, do func(n *Node)) {
				p.Send("n", 1)
				p.Handle(func(p *Proc, _ Message) { do(p.Node()); touch(p, t) })
			},
			"service": func(p *Proc, do func(n *Node)) {
				p.Send("n", 1)
				p.Serve(func(p *Proc, _ Message) (any, error) { do(p.Node()); t.Error("went on"); return nil, nil })
			},
			"what a killed child deferred": func(p *Proc, do func(n *Node)) {
				child := p.Go("child", func(p *Proc) {
					defer do(p.Node())
					p.Recv()
				})
				p.Sleep(ms)
				child.Kill()
				p.Sleep(0)
				t.Error("went on")
			},
			"what it deferred when it crashed": func(p *Proc, do func(n *Node)) {
				defer do(p.Node())
				p.Node().Crash()
				t.Error("went on")
			},
		} {
			t.Run(how.name+" from "+where, func(t *testing.T) {
				w := newWorld(t, Config{})
				boots, unwound := 0, 0
				n := w.Node("n", func(p *Proc) {
					boots++
					if boots == 1 {
						p.Go("bystander", func(p *Proc) {
							defer func() { unwound++ }()
							p.Recv()
						})
						p.Sleep(ms)
						from(p, how.do)
					}
				})
				mustRun(t, w, time.Second)
				if boots != how.boots || unwound != 1 || n.Up() != (how.boots == 2) {
					t.Errorf("%d boots, up %v; %d bystanders unwound", boots, n.Up(), unwound)
				}
			})
		}
	}
}

// A process that is unwound by a crash may restart the node: it boots once.
func TestDeferredRestart(t *testing.T) {
	for name, stop := range map[string]func(*Node){"crash": (*Node).Crash, "restart": (*Node).Restart} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Config{})
			boots := 0
			n := w.Node("n", func(p *Proc) {
				if boots++; boots == 1 {
					p.Go("child", func(p *Proc) { p.Recv() })
					defer p.Node().Restart()
				}
				p.Recv()
			})
			w.At(ms, "stop", func() { stop(n) })
			mustRun(t, w, time.Second)
			if boots != 2 || !n.Up() || n.Incarnation() != 2 {
				t.Errorf("%d boots, up %v, incarnation %d", boots, n.Up(), n.Incarnation())
			}
		})
	}
}

// What arrives, fires or wakes while a node is paused waits, in the order in
// which it was due.
func TestPause(t *testing.T) {
	w := newWorld(t, Config{Link: Link{Latency: Constant(ms)}})
	j := journal{w: w}
	n := w.Node("n", func(p *Proc) {
		p.After(25*ms, func(*Proc) { j.note("timer") })
		p.After(45*ms, func(*Proc) { j.note("later timer") })
		p.Handle(func(p *Proc, m Message) { j.note("message %v", m.Body) })
		p.Go("sleeper", func(p *Proc) { p.Sleep(35 * ms); j.note("sleeper") })
	})
	w.Node("m", func(p *Proc) {
		for i := range 3 {
			p.Sleep(10 * ms)
			p.Send("n", i)
		}
	})
	mustRun(t, w, 15*ms)
	n.Pause()
	n.Pause() // again is nothing
	if !n.Paused() || !n.Up() {
		t.Error("a paused node is up, and paused")
	}
	mustRun(t, w, 25*ms)
	n.Resume()
	n.Resume()
	mustRun(t, w, 10*ms)
	j.expect(t,
		"11ms message 0",
		"40ms message 1", "40.000001ms timer", "40.000002ms message 2", "40.000003ms sleeper",
		"45ms later timer",
	)
}

// What came due during a pause has not happened yet: what comes first of it can
// take the rest back. The first is a message at 9.5 ms.
func TestDueDuringPause(t *testing.T) {
	for _, c := range []struct {
		name string
		boot func(p *Proc, j *journal)
		want []string
	}{
		{"a timer is stopped", func(p *Proc, j *journal) {
			var timer Timer
			p.After(10*ms, func(*Proc) { j.note("stop: %v, again: %v", timer.Stop(), timer.Stop()) })
			timer = p.After(11*ms, func(*Proc) { j.note("fired") })
		}, []string{"1.000000001s stop: true, again: false"}},
		{"the answer came before the timeout", func(p *Proc, j *journal) {
			_, err := Call[int](p, "slow", 5*ms, 12*ms)
			j.note("%v", err)
			p.Sleep(time.Hour)
			j.note("slept")
		}, []string{"1s <nil>", "1h0m1s slept"}},
		{"the timeout came before the answer", func(p *Proc, j *journal) {
			_, err := Call[int](p, "slow", 12*ms, 12*ms)
			j.note("%v", err)
			p.Sleep(time.Hour)
			j.note("slept")
		}, []string{"1.000000001s timeout", "1h0m1.000000001s slept"}},
		{"the message came before the timeout", func(p *Proc, j *journal) {
			m, ok := p.RecvTimeout(11 * ms)
			j.note("%v %v", m.Body, ok)
			p.Sleep(time.Hour)
			j.note("slept")
		}, []string{"1s hello true", "1h0m1s slept"}},
		{"the timeout came before the message", func(p *Proc, j *journal) {
			_, ok := p.RecvTimeout(9 * ms)
			j.note("%v", ok)
			j.note("%v", p.Recv().Body)
			p.Sleep(time.Hour)
			j.note("slept")
		}, []string{"1s false", "1.000000001s hello", "1h0m1.000000001s slept"}},
		{"a process is killed", func(p *Proc, j *journal) {
			var b Task
			p.Go("a", func(p *Proc) {
				p.Sleep(10 * ms)
				b.Kill()
				p.Sleep(time.Hour)
				j.note("slept")
			})
			b = p.Go("b", func(p *Proc) { p.Sleep(11 * ms); j.note("survived") })
		}, []string{"1h0m1.000000001s slept"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, Config{Link: Link{Latency: Constant(ms)}})
			askable(w)
			j := journal{w: w}
			n := w.Node("n", func(p *Proc) { c.boot(p, &j) })
			w.Node("m", func(p *Proc) { p.Sleep(8500 * us); p.Send("n", "hello") })
			w.At(5*ms, "pause", n.Pause)
			w.At(time.Second, "resume", n.Resume)
			mustRun(t, w, 2*time.Hour)
			j.expect(t, c.want...)
		})
	}
}

// Those outside may wake a process whose timeout came due during a pause. It is
// woken once.
func TestWokenFromOutsideDuringPause(t *testing.T) {
	w := newWorld(t, Config{})
	j := journal{w: w}
	permits := NewSemaphore(0)
	n := w.Node("n", func(p *Proc) {
		j.note("got it: %v", permits.AcquireTimeout(p, 10*ms))
		p.Sleep(time.Hour)
		j.note("slept for an hour")
	})
	w.At(5*ms, "pause", n.Pause)
	w.At(15*ms, "release", permits.Release)
	w.At(20*ms, "resume", n.Resume)
	mustRun(t, w, 2*time.Hour)
	j.expect(t, "20ms got it: true", "1h0m0.02s slept for an hour")
}

// A crash ends a pause, and what waited for the node is lost with its memory.
func TestPauseCrashRestartResume(t *testing.T) {
	for _, late := range []bool{false, true} {
		t.Run(fmt.Sprint("resume after the crash: ", late), func(t *testing.T) {
			w := newWorld(t, Config{})
			j := journal{w: w}
			n := w.Node("n", func(p *Proc) {
				boot := p.Node().Incarnation()
				p.Handle(func(p *Proc, m Message) { j.note("message in boot %d", boot) })
				p.After(10*ms, func(*Proc) { j.note("timer of boot %d", boot) })
				p.Go("child", func(p *Proc) { p.Sleep(10 * ms); j.note("child of boot %d", boot) })
				p.Sleep(11 * ms)
				j.note("end of boot %d", boot)
			})
			w.Node("m", func(p *Proc) { p.Sleep(10 * ms); p.Send("n", 1) })
			w.At(5*ms, "pause", n.Pause)
			if !late {
				w.At(20*ms, "resume", n.Resume) // nothing has happened when it crashes
			}
			w.At(20*ms, "crash", n.Crash)
			w.At(20*ms, "restart", n.Restart)
			w.At(21*ms, "resume", n.Resume)
			mustRun(t, w, 30*ms+999*us)
			if n.Paused() || !n.Up() {
				t.Error("a node that crashed is not paused when it is back")
			}
			mustRun(t, w, time.Second)
			if len(j.lines) != 3 || j.lines[2] != "31ms end of boot 2" {
				t.Errorf("%q", j.lines)
			}
		})
	}
}

func TestPauseAgainBeforeAllIsDone(t *testing.T) {
	w := newWorld(t, Config{})
	j := journal{w: w}
	n := w.Node("n", func(p *Proc) {
		for i := range 4 {
			p.After(time.Duration(i+1)*ms, func(p *Proc) {
				j.note("timer %d", i)
				if i == 1 {
					p.Node().Pause()
				}
			})
		}
	})
	mustRun(t, w, 0)
	n.Pause()
	w.At(10*ms, "resume", n.Resume)
	w.At(20*ms, "resume", n.Resume)
	mustRun(t, w, time.Second)
	j.expect(t, "10ms timer 0", "10.000001ms timer 1", "20ms timer 2", "20.000001ms timer 3")
}

func TestBootOfAPausedNodeWaits(t *testing.T) {
	w := newWorld(t, Config{})
	j := journal{w: w}
	n := w.Node("n", func(p *Proc) { j.note("boots") })
	n.Pause()
	w.At(10*ms, "resume", n.Resume)
	mustRun(t, w, time.Second)
	j.expect(t, "10ms boots")
}

// A node shows fields; a crash forgets how.
func TestFields(t *testing.T) {
	w := newWorld(t, Config{})
	n := w.Node("n", func(p *Proc) {
		term := 1
		p.Show(func() []Field { return []Field{{"role", "leader"}, {"term", fmt.Sprint(term)}} })
		p.Sleep(ms)
		term++
	})
	check := func(role, term string, fields int) {
		t.Helper()
		if n.Field("role") != role || n.Field("term") != term || len(n.Fields()) != fields || n.Field("lag") != "" {
			t.Errorf("at %v it shows %v", w.Now(), n.Fields())
		}
	}
	check("", "", 0)
	mustRun(t, w, 0)
	check("leader", "1", 2)
	mustRun(t, w, time.Second)
	check("leader", "2", 2)
	n.Crash()
	check("", "", 0)
}

// Labels and sites are given from outside, and outlast crashes.
func TestLabelsAndSites(t *testing.T) {
	w := newWorld(t, Config{})
	n := w.Node("n", idle)
	if n.Label("rack") != "" || n.Site() != "" {
		t.Error("a new node has a label or a site")
	}
	n.SetLabel("rack", "1")
	n.SetLabel("zone", "a")
	n.SetLabel("rack", "2")
	n.SetSite("eu/a")
	n.Restart()
	if n.Label("rack") != "2" || n.Label("zone") != "a" || n.Site() != "eu/a" {
		t.Error(n.labels, n.Site())
	}
}

func TestNodesAndClients(t *testing.T) {
	w := newWorld(t, Config{})
	b := w.Node("b", idle)
	a := w.Client("a", func(p *Proc) { p.Sleep(ms) })
	if nodes := w.Nodes(); len(nodes) != 2 || nodes[0] != b || nodes[1] != a {
		t.Error("nodes are in the order in which they were added")
	}
	if w.Lookup("a") != a || w.Lookup("c") != nil || !a.Client() || b.Client() || a.Name() != "a" || a.World() != w {
		t.Error("a node does not know what it is")
	}
	if w.ClientsLeft() != 1 {
		t.Error("clients left:", w.ClientsLeft())
	}
	a.Restart()
	mustRun(t, w, time.Second)
	if w.ClientsLeft() != 0 {
		t.Error("clients left:", w.ClientsLeft())
	}
}

// Nodes may be added at any time, by simulated code too.
func TestNodeAddedDuringTheRun(t *testing.T) {
	w := newWorld(t, Config{})
	j := journal{w: w}
	w.Node("parent", func(p *Proc) {
		p.Sleep(ms)
		p.World().Node("child", func(p *Proc) {
			j.note("child boots")
			p.Send("parent", "hello")
		})
		j.note("parent received %v", p.Recv().Body)
	})
	mustRun(t, w, time.Second)
	j.expect(t, "1ms child boots", "2ms parent received hello")
}
