package sim

import (
	"bytes"
	"errors"
	"fmt"
	"time"
)

// These are the worlds of goldenWorlds. Their one purpose is to use everything.

// buildDatagrams is gossip over links that do all that links can do.
func buildDatagrams(w *World) {
	const nodes = 5
	name := func(i int) string { return fmt.Sprint("n", i) }
	for i := range nodes {
		n := w.Node(name(i), func(p *Proc) {
			r := p.Rand("gossip")
			p.Listen("gossip").Handle(p, func(p *Proc, m Message) {
				if hops, ok := m.Body.(int); ok && hops > 0 {
					p.Send(name(r.IntN(nodes))+":gossip", hops-1)
				}
			})
			for i := 0; ; i++ {
				p.Send(name(r.IntN(nodes))+":gossip", 5)
				p.Send(name(r.IntN(nodes)), fmt.Sprint("text ", i)) // nobody takes it
				p.Send(name(r.IntN(nodes))+":closed", []byte{1, 2, 3})
				p.Sleep(r.Duration(0, 50*ms))
			}
		})
		n.SetSite([]string{"eu/a", "eu/b", "us/a"}[i%3])
	}
	w.SetSites("eu", "eu", Link{Latency: Uniform(ms, 2*ms), Duplicate: 0.1})
	w.SetSites("eu", "us", Link{Latency: Normal(40*ms, 5*ms), Bandwidth: 20_000, Reorder: 0.2})
	w.SetSites("eu/a", "eu/b", Link{Latency: LogNormal(ms, 1), Loss: 0.1, Corrupt: 0.2})
	w.SetLink("n0", "n1", Link{Latency: Pareto(ms, 1.5), Corrupt: 0.5})
}

// buildCalls has clients ask servers that answer in every way, and that crash,
// pause and restart.
func buildCalls(w *World) {
	w.Node("serve", func(p *Proc) {
		r := p.Rand("serve")
		p.Serve(func(p *Proc, m Message) (any, error) {
			p.Sleep(r.Duration(0, 20*ms))
			if r.Bool(0.1) {
				return nil, errors.New("unlucky")
			}
			return m.Body, nil
		})
	})
	w.Node("handle", func(p *Proc) {
		p.Handle(func(p *Proc, m Message) {
			p.After(5*ms, func(p *Proc) { p.Reply(m, "later", nil) })
		})
	})
	w.Node("recv", func(p *Proc) {
		for {
			if m, ok := p.RecvTimeout(30 * ms); ok {
				p.Reply(m, true, nil)
			}
		}
	})
	for i, to := range []string{"serve", "handle", "recv", "recv:closed"} {
		w.Client(fmt.Sprint("c", i), func(p *Proc) {
			for n := range 100 {
				_, err := Call[any](p, to, n, time.Duration(20+n)*ms)
				p.Log("%d: %v", n, err)
				p.Sleep(10 * ms)
			}
		})
	}
	serve, recv := w.Lookup("serve"), w.Lookup("recv")
	w.At(500*ms, "crash", serve.Crash)
	w.At(600*ms, "pause", recv.Pause)
	w.At(900*ms, "restart", serve.Restart)
	w.At(time.Second, "resume", recv.Resume)
	w.At(1200*ms, "isolate", func() {
		w.At(4*time.Second, "heal", w.Isolate("handle").Heal)
	})
	w.At(1500*ms, "restart", recv.Restart)
}

// buildStreams has a client talk to an echo over connections that break.
func buildStreams(w *World) {
	w.Node("server", func(p *Proc) {
		l := p.Listen("echo")
		for {
			c := l.Accept(p)
			p.Go("serve", func(p *Proc) {
				defer c.Close(p)
				for {
					body, err := c.Recv(p)
					if err != nil {
						p.Log("%v: %v", c, err)
						return
					}
					c.Send(p, body)
				}
			})
		}
	})
	for i := range 3 {
		w.Client(fmt.Sprint("c", i), func(p *Proc) {
			for round := range 20 {
				c, err := p.Dial("server:echo", time.Second)
				for n := 0; n < 30 && err == nil; n++ {
					c.Send(p, fmt.Sprint("round ", round, ", message ", n))
					_, err = c.RecvTimeout(p, time.Second)
				}
				if p.Log("%v", err); c != nil {
					c.Close(p)
				}
				p.Sleep(10 * ms)
			}
		})
	}
	server := w.Lookup("server")
	w.At(time.Second, "cut", func() { w.At(3*time.Second, "mend", w.Cut("c0", "server").Mend) })
	w.At(2*time.Second, "hold", func() { w.At(4*time.Second, "release", w.Hold("server", "c1").Release) })
	w.At(5*time.Second, "pause", server.Pause)
	w.At(5500*ms, "resume", server.Resume)
	w.At(6*time.Second, "restart", server.Restart)
}

// buildDisks has a log written, synced, renamed and read again, on a disk on
// which all goes wrong.
func buildDisks(w *World) {
	n := w.Node("n", func(p *Proc) {
		old, _ := p.Open("log")
		was, err := old.ReadAll(p)
		p.Log("%d %v", len(was), err)
		p.Send("n", was) // so that what is left is part of the hash
		for i := 0; ; i++ {
			f, err := p.Open(fmt.Sprint("log.", i))
			if err != nil {
				continue
			}
			for range 10 {
				f.Append(p, bytes.Repeat([]byte{byte(i)}, 300))
				f.Sync(p)
				p.Sleep(ms)
			}
			f.WriteAt(p, []byte("header"), 0)
			f.Truncate(p, 2500)
			p.Rename(f.Name(), "log")
			if i%3 == 0 {
				p.SyncDir()
				p.Remove(fmt.Sprint("log.", i-1))
			}
		}
	})
	n.SetDisk(DiskConfig{
		Read: Uniform(0, ms), Write: Exponential(100 * us), Sync: LogNormal(2*ms, 0.5),
		Bandwidth: 10_000_000, Capacity: 100_000, Torn: 0.5,
	})
	d := n.Disk()
	w.At(500*ms, "worse", func() { d.Degrade(DiskFault{Slow: 2, WriteError: 0.1, SyncError: 0.1, ReadError: 0.1}) })
	w.At(800*ms, "lies", func() { w.At(1200*ms, "truth", d.Degrade(DiskFault{SyncLies: true}).Restore) })
	w.At(time.Second, "rot", func() { d.Rot("log", 3) })
	for at := 700 * ms; at < 4*time.Second; at += 333 * ms {
		w.At(at, "restart", n.Restart)
	}
	w.At(3*time.Second, "full", func() { d.Degrade(DiskFault{Full: true}) })
	w.At(3500*ms, "wipe", d.Wipe)
	w.At(4*time.Second, "heal", w.Heal)
}

// buildProcesses has processes of one node wait for each other, work, kill and
// be killed.
func buildProcesses(w *World) {
	n := w.Node("n", func(p *Proc) {
		var (
			r       = p.Rand("n")
			c       = NewChan[int](2)
			permits = NewSemaphore(2)
			mutex   Mutex
			cond    Cond
			done    WaitGroup
		)
		worker := func(p *Proc) {
			defer done.Done()
			for i := range 20 {
				permits.Acquire(p)
				p.Work(r.Duration(0, 5*ms))
				permits.Release()
				c.Send(p, i)
			}
		}
		for i := range 4 {
			done.Add(1)
			p.Go(fmt.Sprint("worker", i), worker)
		}
		p.Go("reader", func(p *Proc) {
			for {
				if _, err := c.RecvTimeout(p, 50*ms); err == ErrClosed {
					return
				}
				mutex.Lock(p)
				p.Sleep(ms)
				cond.Signal()
				mutex.Unlock()
			}
		})
		for range 3 {
			waiter := p.Go("waiter", func(p *Proc) {
				defer p.Log("unwound")
				for {
					p.Log("woken: %v", cond.WaitTimeout(p, 7*ms))
				}
			})
			p.After(r.Duration(0, time.Second), func(p *Proc) { waiter.Kill() })
		}
		done.Wait(p)
		c.Close()
		g := NewGroup[int](p)
		for i := range 5 {
			g.Go("member", func(p *Proc) (int, error) {
				p.Sleep(r.Duration(0, 10*ms))
				return i, nil
			})
		}
		first, _ := g.First(2)
		g.Cancel()
		p.Log("%v", first)
		timer := p.After(time.Hour, func(*Proc) {})
		p.Log("%v", timer.Stop())
	})
	w.At(100*ms, "slower", func() { n.SetSpeed(0.5); n.SetCores(1) })
	w.At(200*ms, "restart", n.Restart)
	w.At(300*ms, "faster", func() { n.SetSpeed(3); n.SetCores(3) })
}

// buildClocks has nodes disagree about the time.
func buildClocks(w *World) {
	for i := range 3 {
		n := w.Node(fmt.Sprint("n", i), func(p *Proc) {
			tick := 0
			p.Show(func() []Field { return []Field{{"tick", fmt.Sprint(tick)}} })
			for ; ; tick++ {
				s := p.Span("tick", Field{"now", p.Now().String()})
				p.Sleep(100 * ms)
				p.After(50*ms, func(p *Proc) { p.Log("%v", p.Elapsed()) })
				s.End()
				if p.Now().Sub(Epoch) > 10*time.Second {
					p.Send("n0", p.Now().String())
				}
			}
		})
		n.Drift(float64(i) * 33_333.3)
		w.At(time.Duration(i+1)*time.Second, "skew", func() { n.Skew(time.Duration(i-1) * time.Second) })
		w.At(time.Duration(i+4)*time.Second, "drift", func() { n.Drift(-12_345.678) })
		w.At(time.Duration(i+9)*time.Second, "sync", n.Sync)
	}
}

// buildFaults has faults of all kinds overlap, then heals all.
func buildFaults(w *World) {
	names := []string{"a", "b", "c", "d"}
	for i, name := range names {
		next := names[(i+1)%len(names)]
		w.Node(name, func(p *Proc) {
			p.Serve(func(p *Proc, m Message) (any, error) { p.Work(ms); return m.Body, nil })
			for i := 0; ; i++ {
				p.Send(next, i)
				_, err := Call[int](p, next, i, 300*ms)
				p.Log("%v", err)
			}
		})
	}
	r := w.Rand("faults", "")
	for at := 50 * ms; at < 3*time.Second; at += 40 * ms {
		a, b := names[r.IntN(4)], names[r.IntN(4)]
		n := w.Lookup(a)
		undo := at + r.Duration(0, 500*ms)
		w.At(at, "fault", func() {
			switch r.IntN(8) {
			case 0:
				w.At(undo, "mend", w.Cut(a, b).Mend)
			case 1:
				w.At(undo, "heal", w.Isolate(a).Heal)
			case 2:
				w.At(undo, "heal", w.Partition(names[:2], names[2:]).Heal)
			case 3:
				w.At(undo, "release", w.Hold(a, b).Release)
			case 4:
				w.At(undo, "restore", w.Degrade(a, b, Link{Latency: Uniform(0, 99*ms), Loss: 0.2, Duplicate: 0.3}).Restore)
			case 5:
				n.Pause()
				w.At(undo, "resume", n.Resume)
			case 6:
				n.Crash()
				w.At(undo, "restart", n.Restart)
			case 7:
				n.SetSpeed(0.2)
			}
		})
	}
	w.At(4*time.Second, "heal all", w.Heal)
}

// buildViolation is a race that a check finds.
func buildViolation(w *World) {
	holders := 0
	w.Invariant("one-holder", func() error {
		if holders > 1 {
			return fmt.Errorf("%d hold the lock", holders)
		}
		return nil
	})
	w.Node("lock", func(p *Proc) {
		free := true
		p.Serve(func(p *Proc, m Message) (any, error) {
			if m.Body == "release" {
				free = true
				return true, nil
			}
			was := free
			p.Sleep(10 * us) // the mistake: another may look in the meantime
			free = false
			return was, nil
		})
	})
	for i := range 3 {
		w.Client(fmt.Sprint("c", i), func(p *Proc) {
			r := p.Rand("think")
			for {
				p.Sleep(r.Duration(0, 20*ms))
				if got, _ := Call[bool](p, "lock", "acquire", time.Second); got {
					holders++
					p.Sleep(ms)
					holders--
					Call[bool](p, "lock", "release", time.Second)
				}
			}
		})
	}
}
