package sim_test

import (
	"fmt"
	"time"

	"github.com/orrery-sim/orrery/sim"
)

// Of three messages one is lost, one arrives at once and one is held for a second.
func ExampleWorld_HoldMessage() {
	w := sim.New(sim.Config{Seed: 1, Link: sim.Link{Latency: sim.Constant(100 * time.Millisecond)}})
	defer w.Close()
	w.Node("server", func(p *sim.Proc) {
		p.Handle(func(p *sim.Proc, m sim.Message) { fmt.Println(w.Now(), m.Body) })
	})
	var sends []uint64
	w.Observe(sim.ObserverFunc(func(e *sim.Event) {
		if e.Kind == sim.KindSend {
			sends = append(sends, e.Number)
		}
	}))
	w.Client("alice", func(p *sim.Proc) {
		for _, word := range []string{"one", "two", "three"} {
			p.Send("server", word)
		}
	})
	w.Run(50 * time.Millisecond)
	w.DropMessage(sends[0])
	w.DeliverMessage(sends[1])
	hold, _ := w.HoldMessage(sends[2])
	w.Run(time.Second)
	hold.Release()
	w.Run(time.Second)
	fmt.Println("dropped again:", w.DropMessage(sends[0]))
	// Output:
	// 50ms two
	// 1.05s three
	// dropped again: it is not under way
}
