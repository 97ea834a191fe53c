package scenarios

import (
	"fmt"

	"github.com/orrery-sim/orrery/sim"
)

// around is how many events before and after the one that matters are shown.
const around = 6

// ShowAround adds the few events around what went wrong to the report. It runs the
// scenario again to see them: a run is not remembered, it is repeated.
func (r *Report) ShowAround(s *Scenario, o Options) error {
	if r.Event == 0 {
		return nil
	}
	first := uint64(1)
	if r.Event > around {
		first = r.Event - around
	}
	again := o
	again.Observe = func(run *Run) {
		if o.Observe != nil {
			o.Observe(run)
		}
		run.World.Observe(sim.ObserverFunc(func(e *sim.Event) {
			if e.Number >= first && e.Number <= r.Event+around {
				mark := "  "
				if e.Number == r.Event {
					mark = "> "
				}
				r.Around = append(r.Around, mark+e.String())
			}
		}))
	}
	run, err := NewRun(s, again)
	if err != nil {
		return err
	}
	defer run.Close()
	whole := true
	run.Execute(func() bool {
		if run.World.Events() > r.Event+around && run.World.Now() < r.At {
			whole = false
		}
		return !whole || run.World.Now() >= r.At
	})
	if got := fmt.Sprintf("%016x", run.World.Hash()); whole && got != r.Hash {
		return fmt.Errorf("the run was repeated and its hash is %s instead of %s: the system is not deterministic", got, r.Hash)
	}
	return nil
}
