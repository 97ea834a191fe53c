package sim_test

import (
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/sim"
)

// One op of these benchmarks is a message (W1, W2, W5), a wake-up (W3) or a call
// (W4), so that figures compare with those of other simulators, see bench/; how
// many events that is, and the time for one event, are metrics beside it. Worlds
// are built and warmed up before the clock starts.

const ms = time.Millisecond

// BenchmarkW1 is ping-pong between two processes over a link of 1 ms.
func BenchmarkW1(b *testing.B) {
	var ops int
	w := pingPong(&ops)
	defer w.Close()
	measure(b, w, ms, &ops)
}

// BenchmarkW1Handler is W1 with an inline handler on each side.
func BenchmarkW1Handler(b *testing.B) {
	var ops int
	w := sim.New(sim.Config{Seed: 1})
	defer w.Close()
	reply := func(p *sim.Proc, m sim.Message) {
		ops++
		p.Send(m.From, nil)
	}
	w.Node("pong", func(p *sim.Proc) { p.Handle(reply) })
	w.Node("ping", func(p *sim.Proc) {
		p.Handle(reply)
		p.Send("pong", nil)
	})
	measure(b, w, ms, &ops)
}

// BenchmarkW2 is a thousand nodes, each of which every 10 ms sends to a random
// other, which replies; a process on each sends, another receives. The latency
// is uniform in 1 to 5 ms.
func BenchmarkW2(b *testing.B) {
	benchmarkCrowd(b, func(p *sim.Proc, take func(*sim.Proc, sim.Message)) {
		p.Go("receive", func(p *sim.Proc) {
			for {
				take(p, p.Recv())
			}
		})
	})
}

// BenchmarkW2Handler is W2 with an inline handler that receives.
func BenchmarkW2Handler(b *testing.B) {
	benchmarkCrowd(b, (*sim.Proc).Handle)
}

func benchmarkCrowd(b *testing.B, receive func(p *sim.Proc, take func(*sim.Proc, sim.Message))) {
	const nodes, period = 1000, 10 * ms
	var ops int
	w := sim.New(sim.Config{Seed: 1, Link: sim.Link{Latency: sim.Uniform(ms, 5*ms)}})
	defer w.Close()
	take := func(p *sim.Proc, m sim.Message) {
		ops++
		if m.Body == "ask" {
			p.Send(m.From, "answer")
		}
	}
	names := nodeNames(nodes)
	for _, name := range names {
		w.Node(name, func(p *sim.Proc) {
			receive(p, take)
			r := p.Rand("targets")
			for {
				p.Sleep(period)
				p.Send(names[r.IntN(nodes)], "ask")
			}
		})
	}
	measure(b, w, period/(2*nodes), &ops)
}

// BenchmarkW3 is ten thousand processes that sleep a random 1 to 100 ms.
func BenchmarkW3(b *testing.B) {
	const nodes = 10_000
	var ops int
	w := sim.New(sim.Config{Seed: 1})
	defer w.Close()
	for _, name := range nodeNames(nodes) {
		w.Node(name, func(p *sim.Proc) {
			r := p.Rand("sleep")
			for {
				p.Sleep(ms + time.Duration(r.IntN(int(99*ms)+1)))
				ops++
			}
		})
	}
	measure(b, w, (1+100)*ms/2/nodes, &ops)
}

// BenchmarkW4 is ten clients that call a node, which for each answer calls
// another. Every call has a timeout, which never comes.
func BenchmarkW4(b *testing.B) {
	const clients = 10
	var ops int
	w := sim.New(sim.Config{Seed: 1})
	defer w.Close()
	w.Node("back", func(p *sim.Proc) {
		p.Serve(func(p *sim.Proc, m sim.Message) (any, error) { return "value", nil })
	})
	w.Node("front", func(p *sim.Proc) {
		p.Serve(func(p *sim.Proc, m sim.Message) (any, error) {
			return sim.Call[any](p, "back", m.Body, 500*ms)
		})
	})
	for _, name := range nodeNames(clients) {
		w.Client(name, func(p *sim.Proc) {
			for {
				if _, err := sim.Call[string](p, "front", "key", time.Second); err != nil {
					p.Fail("calls", "%v", err)
				}
				ops++
			}
		})
	}
	measure(b, w, 4*ms/clients, &ops) // a call crosses four links
}

// BenchmarkW5 is W1 beside 100,000 nodes that do nothing. B/idle is the memory of
// one of them, x/W1 how long a message took compared to a world without them.
func BenchmarkW5(b *testing.B) {
	b.Run("process", func(b *testing.B) {
		benchmarkIdle(b, func(p *sim.Proc) { p.Recv() })
	})
	b.Run("handler", func(b *testing.B) {
		ignore := func(*sim.Proc, sim.Message) {}
		benchmarkIdle(b, func(p *sim.Proc) { p.Handle(ignore) })
	})
}

func benchmarkIdle(b *testing.B, boot func(p *sim.Proc)) {
	const idle, warmUp = 100_000, 100 * ms
	var ops, ignored int
	alone := pingPong(&ignored)
	defer alone.Close()
	w := pingPong(&ops)
	defer w.Close()
	names := nodeNames(idle)
	alone.Run(warmUp)
	w.Run(warmUp)
	before := memory()
	for _, name := range names {
		w.Node(name, boot)
	}
	w.Run(warmUp)
	each := float64(memory()-before) / idle
	times := race(b, w, alone)
	b.ReportMetric(each, "B/idle")
	b.ReportMetric(times, "x/W1")
	runtime.KeepAlive(names)
}

// race lets b.N milliseconds pass in w, and as many in the other world off the
// benchmark's clock, in turns, so that what else the machine does slows both. It
// returns how many times longer w took, in the median of the turns.
func race(b *testing.B, w, other *sim.World) float64 {
	turns := min(b.N, 20)
	times := make([]float64, turns)
	b.ReportAllocs()
	b.ResetTimer()
	for i := range turns {
		b.StopTimer()
		d := time.Duration(b.N*(i+1)/turns-b.N*i/turns) * ms
		took := clock(other, d)
		b.StartTimer()
		times[i] = float64(clock(w, d)) / float64(took)
	}
	b.StopTimer()
	slices.Sort(times)
	return times[turns/2]
}

// clock returns how long it takes until d of virtual time has passed.
func clock(w *sim.World, d time.Duration) time.Duration {
	start := time.Now()
	w.Run(d)
	return time.Since(start)
}

// memory is what the heap's objects and all stacks take.
func memory() int64 {
	runtime.GC()
	runtime.GC() // what finalizers and pools held is gone only after the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// pingPong is the world of W1, which counts its messages in ops.
func pingPong(ops *int) *sim.World {
	w := sim.New(sim.Config{Seed: 1})
	w.Node("pong", func(p *sim.Proc) {
		for {
			m := p.Recv()
			*ops++
			p.Send(m.From, nil)
		}
	})
	w.Node("ping", func(p *sim.Proc) {
		for {
			p.Send("pong", nil)
			p.Recv()
			*ops++
		}
	})
	return w
}

// measure runs the world for as long as b.N ops of that virtual time take.
func measure(b *testing.B, w *sim.World, perOp time.Duration, ops *int) {
	w.Run(200 * ms)
	events, done := w.Events(), *ops
	b.ReportAllocs()
	b.ResetTimer()
	out := w.Run(time.Duration(b.N) * perOp)
	b.StopTimer()
	if !out.OK() {
		b.Fatal(out)
	}
	took := float64(b.Elapsed().Nanoseconds())
	if done = *ops - done; done > 0 { // W2 does nothing in its first ms
		b.ReportMetric(took/float64(done), "ns/op")
		b.ReportMetric(float64(w.Events()-events)/float64(done), "events/op")
		b.ReportMetric(took/float64(w.Events()-events), "ns/event")
	}
}

func nodeNames(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = "n" + strconv.Itoa(i)
	}
	return names
}
