package telemetry_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/nodes"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/telemetry"
)

func printPath(steps []telemetry.Step) {
	for _, s := range steps {
		others := ""
		if s.Others {
			others = ", waiting for others"
		}
		fmt.Printf("%8v + %-8v %s, %s%s\n", s.From, s.Took(), s.What, s.Where, others)
	}
}

// Of two requests that want one core, the second waits for the first.
func ExamplePast_Path() {
	w := sim.New(sim.Config{Seed: 1})
	w.Node("a", func(p *sim.Proc) {
		p.Serve(func(p *sim.Proc, m sim.Message) (any, error) {
			p.Work(10 * ms)
			f, _ := p.Open("log")
			f.Append(p, []byte("x"))
			return nil, f.Sync(p)
		})
	})
	w.Client("c", func(p *sim.Proc) {
		for i := range 2 {
			p.Go("ask", func(p *sim.Proc) {
				s := p.Span(fmt.Sprintf("write %d", i))
				if i == 1 {
					p.Sleep(2 * ms)
				}
				sim.Call[any](p, "a", i, time.Second)
				s.End(sim.Field{Name: "outcome", Value: "ok"})
			})
		}
	})
	t := telemetry.NewTracer(telemetry.Depth, func(node string) bool { return node == "c" })
	t.Done = func(s *telemetry.Span) {
		if s.Kind == telemetry.Operation {
			fmt.Println(s.Name)
			steps, _ := t.Past().Path(s)
			printPath(steps)
		}
	}
	w.Observe(t)
	w.Run(time.Second)
	w.Close()
	// Output:
	// write 0
	//       0s + 1ms      network, c -> a
	//      1ms + 10ms     work, a
	//     11ms + 1ms      disk, a
	//     12ms + 1ms      network, a -> c
	// write 1
	//       0s + 2ms      sleep, c
	//      2ms + 1ms      network, c -> a
	//      3ms + 8ms      queue for a core, a
	//     11ms + 10ms     work, a
	//     21ms + 1ms      disk, a
	//     22ms + 1ms      network, a -> c
}

// The path of an operation has no gap, and whatever is slow in a cluster is where the
// time went.
func TestPathsAddUp(t *testing.T) {
	s, err := nodes.All.Load("raft/slow-disk")
	if err != nil {
		t.Fatal(err)
	}
	var all []telemetry.Step
	var tracer *telemetry.Tracer
	r, err := scenarios.NewRun(s, scenarios.Options{Seed: 2, Observe: func(r *scenarios.Run) {
		tracer = telemetry.Watch(r, func(s *telemetry.Span) {
			if s.Kind != telemetry.Operation {
				return
			}
			steps, complete := tracer.Past().Path(s)
			at := s.Start
			for _, step := range steps {
				if step.From != at {
					t.Errorf("%s at %v: a step begins at %v, and the one before ended at %v", s.Name, s.Start, step.From, at)
				}
				at = step.To
			}
			if at != s.End || !complete {
				t.Errorf("%s at %v ends at %v, its path at %v; complete: %v", s.Name, s.Start, s.End, at, complete)
			}
			all = append(all, steps...)
		})
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	r.Execute(nil)
	tracer.Finish()
	total := time.Duration(0)
	for _, s := range all {
		total += s.Took()
	}
	if top := telemetry.Shares(all)[0]; top.What != telemetry.WaitDisk || top.Took < total/2 {
		t.Errorf("most time went to %s on %s, %v of %v; expected the leader's slow disk", top.What, top.Where, top.Took, total)
	}
}
