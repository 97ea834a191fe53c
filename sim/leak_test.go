package sim

import (
	"runtime"
	"strings"
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

// noGrowth expects that f leaves as many goroutines as there are, and as much
// memory in use.
func noGrowth(t *testing.T, f func()) {
	t.Helper()
	before, bytes := goroutines(), heap()
	f()
	for range 1000 { // one that is done may still be about to exit
		if goroutines() <= before {
			break
		}
		runtime.Gosched()
	}
	if n := goroutines(); n > before {
		t.Errorf("%d goroutines became %d", before, n)
	}
	if n := heap(); n > bytes+bytes/4+1<<20 {
		t.Errorf("%d bytes became %d", bytes, n)
	}
}

// goroutines counts those that have a stack: runtime.NumGoroutine now and then
// counts one of the runtime's own.
func goroutines() int { return strings.Count(allStacks(), "\n\ngoroutine ") }

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Worlds that are closed leave nothing behind, wherever they were.
func TestClosedWorldsLeaveNothing(t *testing.T) {
	worlds := 1000
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
	noGrowth(t, func() { round(worlds) })
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
	noGrowth(t, func() { round(worlds) })
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
	slots, procs, coroutines := len(w.slab), len(w.procs), goroutines()
	before := heap()
	mustRun(t, w, 20*time.Second)
	if n := heap(); n > before+before/4+1<<20 {
		t.Errorf("%d bytes became %d", before, n)
	}
	if len(w.slab) > 2*slots || len(w.procs) > procs+2 || goroutines() > coroutines+2 {
		t.Errorf("%d slots became %d, %d processes %d, %d coroutines %d", slots, len(w.slab), procs, len(w.procs), coroutines, goroutines())
	}
}
