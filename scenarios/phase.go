package scenarios

import (
	"cmp"
	"slices"
	"time"

	"github.com/orrery-sim/orrery/checker"
)

// Phase is a stretch of the run in which the same faults were in force, and how the
// clients fared in it. An operation counts where it was called.
type Phase struct {
	From    time.Duration `json:"from_ns"`
	To      time.Duration `json:"to_ns"`
	Faults  []string      `json:"faults,omitempty"`
	Asked   int           `json:"asked"`
	OK      int           `json:"ok"`
	Failed  int           `json:"failed"`
	Unknown int           `json:"unknown"`

	// Latency from call to return of the operations that were ok.
	P50 time.Duration `json:"p50_ns"`
	P99 time.Duration `json:"p99_ns"`
	Max time.Duration `json:"max_ns"`

	// Unavailable is the sum of the stretches longer than Gap in which something
	// was asked and nothing was answered.
	Unavailable time.Duration `json:"unavailable_ns"`

	Tiers []Tier `json:"tiers,omitempty"` // what the operations of the phase spent in each, see [Report.Tiers]
}

// Gap is how long nothing must be answered to count as unavailable.
const Gap = 250 * time.Millisecond

// phases divides the run at the times at which faults begin and end. Each operation
// counts in one phase; what was called at the very end, in the last.
func phases(ops []checker.Operation, marks []mark, end time.Duration) []Phase {
	list := []Phase{{}}
	for _, m := range marks {
		if m.at >= end {
			break
		}
		last := &list[len(list)-1]
		if m.at == last.From {
			last.Faults = m.faults
			continue
		}
		last.To = m.at
		list = append(list, Phase{From: m.at, Faults: m.faults})
	}
	list[len(list)-1].To = end
	rest := ops
	for i := range list {
		n := len(rest)
		if i+1 < len(list) {
			n = calledBefore(rest, list[i].To)
		}
		list[i].measure(rest[:n])
		list[i].Unavailable = list[i].silence(ops)
		rest = rest[n:]
	}
	return list
}

// mark is a time from which on these faults are in force.
type mark struct {
	at     time.Duration
	faults []string
}

// calledBefore counts the operations called before a time; they are in that order.
func calledBefore(ops []checker.Operation, at time.Duration) int {
	n, _ := slices.BinarySearchFunc(ops, at, func(op checker.Operation, at time.Duration) int {
		return cmp.Compare(time.Duration(op.Call), at)
	})
	return n
}

// measure looks at the operations that were called in the phase.
func (f *Phase) measure(ops []checker.Operation) {
	var latencies []time.Duration
	for i := range ops {
		op := &ops[i]
		f.Asked++
		switch op.Outcome {
		case checker.OutcomeOK:
			f.OK++
			latencies = append(latencies, time.Duration(op.Return-op.Call))
		case checker.OutcomeFailed:
			f.Failed++
		default:
			f.Unknown++
		}
	}
	slices.Sort(latencies)
	f.P50, f.P99, f.Max = quantile(latencies, 50), quantile(latencies, 99), quantile(latencies, 100)
}

// quantile is the nearest rank: the smallest value that at least percent of all do
// not exceed.
func quantile(sorted []time.Duration, percent int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	rank := (len(sorted)*percent + 99) / 100
	return sorted[max(rank, 1)-1]
}

// silence sums the gaps between answers while something was asked. A gap begins
// with an answer or with the first question after one. The operations are in the
// order of their calls.
func (f *Phase) silence(ops []checker.Operation) time.Duration {
	var answers []time.Duration
	for i := range ops {
		if at := time.Duration(ops[i].Return); ops[i].Outcome == checker.OutcomeOK && at >= f.From && at < f.To {
			answers = append(answers, at)
		}
	}
	slices.Sort(answers)
	total, since := time.Duration(0), f.From
	next, waits := 0, time.Duration(0) // the first operation called after since; until when an earlier one waits
	for _, at := range append(answers, f.To) {
		for next < len(ops) && time.Duration(ops[next].Call) <= since {
			waits = max(waits, time.Duration(ops[next].Return))
			next++
		}
		begin := at
		switch {
		case waits > since:
			begin = since
		case next < len(ops):
			begin = min(at, time.Duration(ops[next].Call))
		}
		if at-begin > Gap {
			total += at - begin
		}
		since = at
	}
	return total
}
