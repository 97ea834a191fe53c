package sim

import (
	"runtime"
	"testing"
	"time"
)

// busy fills a world with processes in every state in which one can be left.
func busy(w *World) {
	askable(w)
	for _, c := range blocking {
		name := ""
		for _, r := range c.name {
			if r != ' ' && r != ',' {
				name += string(r)
			}
		}
		n := w.Node(name, func(p *Proc) {
			s := newThings()
			p.Go("child", func(p *Proc) { c.block(p, s) })
			p.Go("stubborn", func(p *Proc) {
				for p.Node().Up() { // recovers from its kill for as long as it is let
					func() {
						defer func() { recover() }()
						c.block(p, s)
					}()
				}
			})
			p.Go("blocks when unwound", func(p *Proc) {
				defer p.Sleep(ms)
				c.block(p, s)
			})
			p.After(time.Hour, func(*Proc) {})
			c.block(p, s)
		})
		w.At(3*ms, "pause", n.Pause)
	}
	w.Node("crashed", func(p *Proc) { p.Recv() })
	w.At(3*ms, "crash", w.Lookup("crashed").Crash)
	w.At(3*ms, "panic", func() {
		w.Node("endless", func(p *Proc) {
			for {
				func() {
					defer func() { recover() }()
					p.Sleep(100 * us)
				}()
			}
		})
	})
	w.Node("ended", idle)
}

// usage is how many goroutines there are, and how much memory is in use.
func usage() (goroutines int, bytes uint64) {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return runtime.NumGoroutine(), m.HeapAlloc
}

// Worlds that are closed leave nothing behind, wherever they were.
func TestClosedWorldsLeaveNothing(t *testing.T) {
	worlds := 2000
	if testing.Short() {
		worlds = 200
	}
	round := func(n int) {
		for i := range n {
			w := New(Config{Seed: uint64(i), Checking: i%2 == 0})
			busy(w)
			w.RunTo(uint64(i % 400)) // before the first event, and at any after it
			w.Close()
		}
	}
	round(200)
	goroutines, bytes := usage()
	round(worlds)
	if g, b := usage(); g > goroutines || b > bytes+bytes/4+1<<20 {
		t.Errorf("%d worlds took %d goroutines to %d, and %d bytes to %d", worlds, goroutines, g, bytes, b)
	}
}

// Many small worlds, as a sweep makes them.
func TestManyWorldsLeaveNothing(t *testing.T) {
	worlds := 10_000
	if testing.Short() {
		worlds = 500
	}
	round := func(n int) {
		for i := range n {
			w := New(Config{Seed: uint64(i)})
			w.Node("server", echo)
			w.Client("client", func(p *Proc) { Call[int](p, "server", 1, time.Second) })
			if out := w.Run(time.Minute); !out.OK() {
				t.Fatal(out)
			}
			w.Close()
		}
	}
	round(500)
	goroutines, bytes := usage()
	round(worlds)
	if g, b := usage(); g > goroutines || b > bytes+bytes/4+1<<20 {
		t.Errorf("%d worlds took %d goroutines to %d, and %d bytes to %d", worlds, goroutines, g, bytes, b)
	}
}

// One world that goes on does not grow with what has happened in it, but for the
// checkpoints: not by messages, timers, timeouts that were taken back, processes,
// crashes or kills.
func TestAWorldDoesNotGrow(t *testing.T) {
	w := newWorld(t, Config{})
	w.Node("server", func(p *Proc) {
		p.Serve(func(p *Proc, m Message) (any, error) { p.Work(10 * us); return m.Body, nil })
	})
	n := w.Node("client", func(p *Proc) {
		for {
			Call[int](p, "server", 1, time.Hour) // whose timeout is taken back
			p.After(time.Hour, func(*Proc) {}).Stop()
			child := p.Go("child", func(p *Proc) { p.Recv() })
			p.Sleep(ms)
			child.Kill()
			p.Send("server", 1)
		}
	})
	for at := time.Second; at < 30*time.Second; at += 100 * ms {
		w.At(at, "restart", n.Restart)
	}
	mustRun(t, w, 5*time.Second)
	goroutines, bytes := usage()
	slots, procs := len(w.slab), len(w.procs)
	mustRun(t, w, 20*time.Second)
	if g, b := usage(); g > goroutines || b > bytes+bytes/4+1<<20 {
		t.Errorf("20 s took %d goroutines to %d, and %d bytes to %d", goroutines, g, bytes, b)
	}
	if len(w.slab) > 2*slots || len(w.procs) > procs+2 {
		t.Errorf("20 s took %d slots to %d, and %d processes to %d", slots, len(w.slab), procs, len(w.procs))
	}
}
