package metrics_test

import (
	"testing"
	"time"

	"github.com/orrery-sim/orrery/nodes"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/telemetry/metrics"
)

// What measuring adds to a run: compare the two.
func BenchmarkRun(b *testing.B) {
	for name, every := range map[string]time.Duration{"plain": 0, "measured": time.Second} { // order-free: named results
		b.Run(name, func(b *testing.B) {
			s, err := nodes.All.Load("raft/leader-crash")
			if err != nil {
				b.Fatal(err)
			}
			events := uint64(0)
			for b.Loop() {
				var m *metrics.Meter
				o := scenarios.Options{Seed: 7}
				if every > 0 {
					o.Observe = func(r *scenarios.Run) { m = metrics.Watch(r, every) }
				}
				r, err := scenarios.NewRun(s, o)
				if err != nil {
					b.Fatal(err)
				}
				report := r.Execute(nil)
				if m != nil {
					m.Finish(report)
				}
				events += report.Events
				r.Close()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(events), "ns/event")
		})
	}
}
