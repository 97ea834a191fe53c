package raft

import (
	"testing"
	"time"

	"github.com/orrery-sim/orrery/scenarios"
)

// BenchmarkRun is one run of a scenario of five servers, four clients and faults, 35 s
// of virtual time, judged.
func BenchmarkRun(b *testing.B) { benchmark(b, "minority-leader", nil) }

// BenchmarkIdle is a cluster that is asked about once a second.
func BenchmarkIdle(b *testing.B) {
	benchmark(b, "calm", func(s *scenarios.Scenario) {
		s.Workload.Clients, s.Workload.Every, s.Workload.Reads = 1, time.Second, 0
		s.Run = 1000 * time.Second
	})
}

func benchmark(b *testing.B, name string, change func(s *scenarios.Scenario)) {
	sc, err := System.Scenario(name)
	if err != nil {
		b.Fatal(err)
	}
	if change != nil {
		change(sc)
	}
	var virtual time.Duration
	var events uint64
	b.ReportAllocs()
	for seed := uint64(1); b.Loop(); seed++ {
		run, err := scenarios.NewRun(sc, scenarios.Options{Seed: seed})
		if err != nil {
			b.Fatal(err)
		}
		if r := run.Execute(nil); !r.AsExpected() {
			b.Fatalf("seed %d is %s: %s", seed, r.Status, r.Reason)
		}
		virtual += run.World.Now()
		events += run.World.Events()
		run.Close()
	}
	b.ReportMetric(virtual.Seconds()/b.Elapsed().Seconds(), "virtual-s/s")
	b.ReportMetric(float64(events)/float64(b.N), "events/op")
}
