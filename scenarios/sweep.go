package scenarios

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"

	"github.com/orrery-sim/orrery/sim"
)

// Sweep is a scenario over many seeds.
type Sweep struct {
	Scenario *Scenario
	Options  Options // but for the seed
	From, To uint64  // seeds, both inclusive
	Workers  int     // side by side; 0 is one per core
	Stop     int     // stop after so many unexpected outcomes; 0 is never

	// Each is given the report of every run that ends, one at a time, in the order
	// in which they end. It may be nil.
	Each func(r *Report)

	// Progress is told of every run that ends, one at a time. It may be nil.
	Progress func(s *Summary)
}

// Summary is what a sweep found.
type Summary struct {
	Scenario string         `json:"scenario"`
	Mutant   string         `json:"mutant,omitempty"`
	From     uint64         `json:"from"`
	To       uint64         `json:"to"`
	Done     int            `json:"done"`
	Outcomes map[string]int `json:"outcomes"`
	Expected string         `json:"expected"`
	Failures []Failure      `json:"failures,omitempty"` // the lowest seeds that ended otherwise
	Failed   int            `json:"failed"`             // how many did
	Twice    int            `json:"twice"`              // seeds run twice to compare their hashes
	Events   uint64         `json:"events"`
}

// Failure is a run of a sweep that did not end as expected.
type Failure struct {
	Seed    uint64 `json:"seed"`
	Outcome string `json:"outcome"`
	Reason  string `json:"reason"`
	Command string `json:"reproduce"`
}

const (
	keptFailures = 10
	twiceEvery   = 20 // of so many seeds, one is run twice
)

// Run runs the sweep, until ctx ends at the latest: then it returns what it has. The
// error is about what could not be run at all.
func (s Sweep) Run(ctx context.Context) (*Summary, error) {
	if s.To < s.From {
		return nil, fmt.Errorf("seeds %d-%d: the last is below the first", s.From, s.To)
	}
	if s.Workers < 0 {
		return nil, fmt.Errorf("%d workers, expected at least one, or 0 for one per core", s.Workers)
	}
	probe, err := NewRun(s.Scenario, s.options(s.From))
	if err != nil {
		return nil, err
	}
	probe.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sum := &Summary{
		Scenario: s.Scenario.FullName(), Mutant: s.Options.mutant(s.Scenario), From: s.From, To: s.To,
		Outcomes: map[string]int{}, Expected: s.Scenario.Expect.String(),
	}
	workers := s.Workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	var lock sync.Mutex
	next := s.From
	take := func() (seed uint64, ok bool) {
		lock.Lock()
		defer lock.Unlock()
		if ctx.Err() != nil || next > s.To || next < s.From {
			return 0, false
		}
		next++
		return next - 1, true
	}
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for {
				seed, ok := take()
				if !ok {
					return
				}
				found := s.one(ctx, seed)
				lock.Lock()
				if found != nil {
					if s.Each != nil {
						s.Each(found.report)
					}
					sum.add(found, s.Progress)
					if s.Stop > 0 && sum.Failed >= s.Stop {
						cancel()
					}
				}
				lock.Unlock()
			}
		})
	}
	all.Wait()
	return sum, nil
}

func (s Sweep) options(seed uint64) Options {
	o := s.Options
	o.Seed = seed
	return o
}

// single is what one seed came to.
type single struct {
	report *Report
	twice  bool
	differ string // what differed when it was run twice
}

// one runs a seed, and some of them twice. It returns nil if it was interrupted.
func (s Sweep) one(ctx context.Context, seed uint64) *single {
	report := s.execute(ctx, seed)
	if report == nil {
		return nil
	}
	found := &single{report: report}
	if seed%twiceEvery == 0 {
		found.twice = true
		if again := s.execute(ctx, seed); again != nil && again.Hash != report.Hash {
			found.differ = s.difference(seed)
		}
	}
	return found
}

func (s Sweep) execute(ctx context.Context, seed uint64) *Report {
	r, err := NewRun(s.Scenario, s.options(seed))
	if err != nil {
		return nil // the probe had none
	}
	defer r.Close()
	report := r.Execute(func() bool { return ctx.Err() != nil })
	if ctx.Err() != nil {
		return nil
	}
	return report
}

// difference names the first event in which two runs of a seed differ.
func (s Sweep) difference(seed uint64) string {
	make := func() *sim.World {
		r, err := NewRun(s.Scenario, s.options(seed))
		if err != nil {
			panic(err)
		}
		r.Start()
		return r.World
	}
	end := s.Scenario.Run + s.Scenario.Settle
	a, b, differ := sim.FirstDifference(make, make, func(w *sim.World, upTo uint64) {
		over := func() bool { return w.Events() >= upTo || w.Now() >= end && w.ClientsLeft() == 0 }
		w.RunUntil(over, end+patience*s.Scenario.Workload.Timeout)
	}, math.MaxUint64) // which ends by its time
	if !differ {
		return "two runs of the seed differed, and two more did not"
	}
	return fmt.Sprintf("two runs of the seed differ, first in:\n  %s\n  %s", eventText(a), eventText(b))
}

// eventText is an event, or that one of the runs had ended by then.
func eventText(e *sim.Event) string {
	if e == nil {
		return "(nothing more)"
	}
	return e.String()
}

func (s *Summary) add(found *single, progress func(*Summary)) {
	r := found.report
	s.Done++
	s.Events += r.Events
	if found.twice {
		s.Twice++
	}
	outcome, reason := r.Status, r.Reason
	if found.differ != "" {
		outcome, reason = "nondeterministic", found.differ
	}
	s.Outcomes[outcome]++
	if found.differ != "" || !r.AsExpected() {
		s.Failed++
		s.Failures = append(s.Failures, Failure{r.Seed, outcome, reason, r.Command})
		slices.SortFunc(s.Failures, func(a, b Failure) int { return cmp.Compare(a.Seed, b.Seed) })
		s.Failures = s.Failures[:min(len(s.Failures), keptFailures)]
	}
	if progress != nil {
		progress(s)
	}
}

// OK says whether every seed ended as expected.
func (s *Summary) OK() bool { return s.Failed == 0 }
