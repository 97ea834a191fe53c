package sim_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/sim"
)

// Addresses are known by where their text lies, and there are more texts than
// places: each must be found all the same, by every copy of it, with its port.
func TestAddressesOfManyTexts(t *testing.T) {
	const nodes, rounds = 6000, 3
	w := sim.New(sim.Config{Seed: 1})
	defer w.Close()
	got := map[string]int{}
	for i := range nodes {
		w.Node(fmt.Sprintf("n%d", i), func(p *sim.Proc) {
			port := p.Listen("side")
			p.Go("side", func(p *sim.Proc) {
				for {
					got[port.Recv(p).Body.(string)+"@"+p.Node().Name()+":side"]++
				}
			})
			for {
				got[p.Recv().Body.(string)+"@"+p.Node().Name()]++
			}
		})
	}
	var texts []string
	for i := range nodes {
		side := fmt.Sprintf("n%d:side", i)
		texts = append(texts, side, strings.TrimSuffix(side, ":side")) // both begin at the same byte
	}
	w.Node("sender", func(p *sim.Proc) {
		p.Sleep(time.Second)
		for range rounds {
			for _, text := range texts {
				p.Send(text, text)
				p.Send(strings.Clone(text), text)
			}
			p.Sleep(time.Second)
		}
	})
	w.Run(10 * time.Second)
	for _, text := range texts {
		if n := got[text+"@"+text]; n != 2*rounds {
			t.Fatalf("%d messages for %s arrived, expected %d", n, text, 2*rounds)
		}
	}
	if len(got) != len(texts) {
		t.Errorf("messages arrived at %d addresses, expected %d", len(got), len(texts))
	}
}

// A send's event is caused by what its process did it for.
func TestCauseOfSend(t *testing.T) {
	w := sim.New(sim.Config{Seed: 1})
	defer w.Close()
	w.Node("a", func(p *sim.Proc) {
		p.Sleep(time.Millisecond)
		p.Send("b", "hello")
	})
	w.Node("b", func(p *sim.Proc) { p.Recv() })
	var wake uint64
	w.Observe(sim.ObserverFunc(func(e *sim.Event) {
		switch {
		case e.Kind == sim.KindWake && e.Node == "a":
			wake = e.Number
		case e.Kind == sim.KindSend && (wake == 0 || e.Cause != wake):
			t.Errorf("the send is caused by %d, expected %d, the wake-up", e.Cause, wake)
		}
	}))
	w.Run(time.Second)
}
