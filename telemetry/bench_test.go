package telemetry_test

import (
	"testing"

	"github.com/orrery-sim/orrery/nodes"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/telemetry"
)

// BenchmarkTracer shows a tracer the events of a recorded run, over and over. The
// target is at most 3 µs of CPU time for each span.
func BenchmarkTracer(b *testing.B) {
	s, err := nodes.All.Load("raft/leader-crash")
	if err != nil {
		b.Fatal(err)
	}
	var events []sim.Event
	r, err := scenarios.NewRun(s, scenarios.Options{Seed: 7, Observe: func(r *scenarios.Run) {
		r.World.Observe(sim.ObserverFunc(func(e *sim.Event) { events = append(events, *e) }))
	}})
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	r.Execute(nil)
	spans := 0
	b.ReportAllocs()
	for b.Loop() {
		t := telemetry.NewTracer(telemetry.Depth, func(node string) bool { return node[0] == 'c' })
		t.Done = func(*telemetry.Span) { spans++ }
		for i := range events {
			t.Event(&events[i])
		}
		t.Finish()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(spans), "ns/span")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(events)), "ns/event")
}
