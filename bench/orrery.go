package main

import (
	"strconv"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/sim"
)

// What the messages of W2 say.
const (
	ask    = "ask"
	answer = "answer"
)

func newWorld(latency sim.Dist) *sim.World {
	return sim.New(sim.Config{Seed: 1, Link: sim.Link{Latency: latency}})
}

// measureWorld warms a world up and measures span of its time. The processes
// count in ops.
func measureWorld(t *testing.T, w *sim.World, span time.Duration, ops *int64) sample {
	defer w.Close()
	w.Run(warmUp)
	events := w.Events()
	s := measure(func() int64 {
		before := *ops
		if out := w.Run(span); !out.OK() {
			t.Fatal(out)
		}
		return *ops - before
	})
	s.Events = w.Events() - events
	return s
}

// orreryW1 is a process that receives on each side.
func orreryW1(t *testing.T, span time.Duration) sample {
	var ops int64
	w := newWorld(sim.Constant(time.Millisecond))
	w.Node("pong", func(p *sim.Proc) {
		for {
			m := p.Recv()
			ops++
			p.Send(m.From, nil)
		}
	})
	w.Node("ping", func(p *sim.Proc) {
		for {
			p.Send("pong", nil)
			p.Recv()
			ops++
		}
	})
	return measureWorld(t, w, span, &ops)
}

// orreryW1Handler is an inline handler on each side.
func orreryW1Handler(t *testing.T, span time.Duration) sample {
	var ops int64
	w := newWorld(sim.Constant(time.Millisecond))
	reply := func(p *sim.Proc, m sim.Message) {
		ops++
		p.Send(m.From, nil)
	}
	w.Node("pong", func(p *sim.Proc) { p.Handle(reply) })
	w.Node("ping", func(p *sim.Proc) {
		p.Handle(reply)
		p.Send("pong", nil)
	})
	return measureWorld(t, w, span, &ops)
}

// orreryW2 has two processes on each node, one that sends and one that receives.
func orreryW2(t *testing.T, span time.Duration) sample {
	var ops int64
	w := newWorld(sim.Uniform(minDelay, maxDelay))
	names := nodeNames(actors)
	receive := func(p *sim.Proc) {
		for {
			m := p.Recv()
			ops++
			if m.Body == ask {
				p.Send(m.From, answer)
			}
		}
	}
	for _, name := range names {
		w.Node(name, func(p *sim.Proc) {
			p.Go("receive", receive)
			askOthers(p, names)
		})
	}
	return measureWorld(t, w, span, &ops)
}

// orreryW2Handler has a process that sends and a handler that receives.
func orreryW2Handler(t *testing.T, span time.Duration) sample {
	var ops int64
	w := newWorld(sim.Uniform(minDelay, maxDelay))
	names := nodeNames(actors)
	receive := func(p *sim.Proc, m sim.Message) {
		ops++
		if m.Body == ask {
			p.Send(m.From, answer)
		}
	}
	for _, name := range names {
		w.Node(name, func(p *sim.Proc) {
			p.Handle(receive)
			askOthers(p, names)
		})
	}
	return measureWorld(t, w, span, &ops)
}

// askOthers sends a message to a random node in each period.
func askOthers(p *sim.Proc, names []string) {
	r := p.Rand("targets")
	for {
		p.Sleep(period)
		p.Send(names[r.IntN(len(names))], ask)
	}
}

// orreryW3 is a node with a process for each sleeper.
func orreryW3(t *testing.T, span time.Duration) sample {
	var ops int64
	w := newWorld(sim.Constant(time.Millisecond))
	for _, name := range nodeNames(sleepers) {
		w.Node(name, func(p *sim.Proc) {
			r := p.Rand("sleep")
			for {
				p.Sleep(minSleep + time.Duration(r.IntN(int(maxSleep-minSleep)+1)))
				ops++
			}
		})
	}
	return measureWorld(t, w, span, &ops)
}

func nodeNames(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = "n" + strconv.Itoa(i)
	}
	return names
}
