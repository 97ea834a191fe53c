package sim

import (
	"testing"
	"time"
)

// An observer costs no allocation for each event.
func TestObserversAllocateNothing(t *testing.T) {
	w := New(Config{Seed: 1})
	w.Node("a", func(p *Proc) {
		for {
			p.Sleep(time.Millisecond)
		}
	})
	seen := 0
	w.Observe(ObserverFunc(func(e *Event) { seen++ }))
	w.Run(time.Second)
	const runs, perRun = 10, 100
	allocs := testing.AllocsPerRun(runs, func() { w.Run(perRun * time.Millisecond) })
	w.Close()
	if seen < runs*perRun || allocs > perRun/10 {
		t.Errorf("%v allocations for %d events", allocs, perRun)
	}
}
