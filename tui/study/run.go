package study

import (
	"slices"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/scenarios"
)

// Run is what one seed came to.
type Run struct {
	Seed     uint64
	Outcome  string
	Expected bool // it ended as the scenario says it must
	Reason   string
	Failed   []string // checks that were violated
	Events   uint64

	Asked, OK     int // operations of clients
	P50, P99, Max time.Duration
	Unavailable   time.Duration // see [scenarios.Phase]
	Measures      []scenarios.Measure
}

// Sum takes from a report what is compared between seeds.
func Sum(r *scenarios.Report) Run {
	run := Run{
		Seed: r.Seed, Outcome: r.Status, Expected: r.AsExpected(), Reason: r.Reason, Events: r.Events, Measures: r.Measures,
	}
	for i := range r.Checks {
		if r.Checks[i].Verdict == checker.Violated {
			run.Failed = append(run.Failed, r.Checks[i].Check)
		}
	}
	for i := range r.Phases {
		run.Unavailable += r.Phases[i].Unavailable
	}
	ops := r.History().Ops
	run.Asked = len(ops)
	latencies := Latencies(ops)
	run.OK = len(latencies)
	run.P50, run.P99, run.Max = Rank(latencies, 50), Rank(latencies, 99), Rank(latencies, 100)
	return run
}

// Latencies returns how long the operations took that were ok, from call to return,
// sorted.
func Latencies(ops []checker.Operation) []time.Duration {
	var found []time.Duration
	for i := range ops {
		if op := &ops[i]; op.Outcome == checker.OutcomeOK {
			found = append(found, time.Duration(op.Return-op.Call))
		}
	}
	slices.Sort(found)
	return found
}

// Rank is the nearest rank: the least of the values that so many percent do not exceed,
// 0 if there are none.
func Rank(sorted []time.Duration, percent int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max((len(sorted)*percent+99)/100, 1)-1]
}

// Number is something that every run has one of, by which runs are compared.
type Number struct {
	Name string
	Help string
	unit string
	of   func(r *Run) (float64, bool)
}

// Of returns the number of a run. It is false if the run has none.
func (n *Number) Of(r *Run) (float64, bool) { return n.of(r) }

// Text renders a value of the number for people: 12.3ms, 4.1%, 17 writes.
func (n *Number) Text(value float64) string {
	return scenarios.Measure{Value: value, Unit: n.unit}.Text()
}

// Numbers returns what the runs of a survey can be compared by: what all runs have, and
// then the measures of the system.
func Numbers(runs []Run) []Number {
	took := func(of func(r *Run) time.Duration) func(r *Run) (float64, bool) {
		return func(r *Run) (float64, bool) { return float64(of(r)), r.OK > 0 }
	}
	list := []Number{
		{"p99 latency", "99 of 100 operations that were ok took no longer", scenarios.UnitTime, took(func(r *Run) time.Duration { return r.P99 })},
		{"p50 latency", "half of the operations that were ok took no longer", scenarios.UnitTime, took(func(r *Run) time.Duration { return r.P50 })},
		{"max latency", "the longest operation that was ok", scenarios.UnitTime, took(func(r *Run) time.Duration { return r.Max })},
		{"unavailable", "how long nothing was answered while something was asked", scenarios.UnitTime, func(r *Run) (float64, bool) { return float64(r.Unavailable), true }},
		{"not ok", "operations that failed or whose outcome is unknown", scenarios.UnitShare, func(r *Run) (float64, bool) {
			return float64(r.Asked-r.OK) / float64(max(r.Asked, 1)), r.Asked > 0
		}},
		{"events", "events of the run", "", func(r *Run) (float64, bool) { return float64(r.Events), true }},
	}
	if len(runs) == 0 {
		return list
	}
	for _, m := range runs[0].Measures {
		list = append(list, Number{m.Name, m.Help, m.Unit, func(r *Run) (float64, bool) {
			i := slices.IndexFunc(r.Measures, func(o scenarios.Measure) bool { return o.Name == m.Name })
			if i < 0 {
				return 0, false
			}
			return r.Measures[i].Value, true
		}})
	}
	return list
}
