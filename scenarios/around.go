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
	run.Execute(func() bool { return run.World.Events() > r.Event+around })
	if got := fmt.Sprintf("%016x", run.World.Hash()); run.World.Events() == r.Events && got != r.Hash {
		return fmt.Errorf("the run was repeated and its hash is %s instead of %s: the system is not deterministic", got, r.Hash)
	}
	return nil
}
