package shrink

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/sim"
)

// search is one search for a smaller run.
type search struct {
	ctx    context.Context
	c      Config
	target string // the check that must fail
	runs   int
	best   found
	seen   map[string]bool // candidates that have been run, as YAML
}

// found is a run that fails.
type found struct {
	scenario *scenarios.Scenario // whole, with its seed
	size     Size
	log      []faults.Done
	reason   string
	status   sim.Status
	failedAt time.Duration // when it was clear that it fails
}

// begin runs what is to be shrunk.
func (s *search) begin() (Size, error) {
	o := s.c.Options
	o.Until, o.Observe = 0, nil
	run, err := scenarios.NewRun(s.c.Scenario, o)
	if err != nil {
		return Size{}, err
	}
	defer run.Close()
	saved := run.Saved()
	report := s.execute(run)
	if err := s.ctx.Err(); err != nil {
		return Size{}, err
	}
	s.target = cmp.Or(s.c.Check, blamed(report))
	if s.c.Check == "" && s.target != "" || fails(report, s.target) {
		s.took(saved, run, report)
		return s.best.size, nil
	}
	// Another check may have ended the run before the one that is asked for could fail.
	if only := s.only(saved); s.c.Check != "" && s.try(only) {
		return s.best.size, nil
	}
	return Size{}, doesNotFail(report, s.c.Check)
}

// only is the scenario with no other check than the one that must fail.
func (s *search) only(of *scenarios.Scenario) *scenarios.Scenario {
	c := *of
	c.Check = ""
	if c.System.HasCheck(s.target) {
		c.Checks = []string{s.target}
	}
	return &c
}

func (s *search) execute(run *scenarios.Run) *scenarios.Report {
	s.runs++
	return run.Execute(func() bool { return s.ctx.Err() != nil })
}

// exhausted says whether the search has to end.
func (s *search) exhausted() bool { return s.ctx.Err() != nil || s.runs >= s.c.Runs }

// try runs a candidate, and keeps it if it fails as it must. One that cannot be run,
// or was run before, is none.
func (s *search) try(c *scenarios.Scenario) bool {
	if s.exhausted() {
		return false
	}
	key := string(c.YAML())
	if s.seen[key] {
		return false
	}
	s.seen[key] = true
	run, err := scenarios.NewRun(c, scenarios.Options{Seed: c.DefaultSeed()})
	if err != nil {
		return false
	}
	defer run.Close()
	report := s.execute(run)
	ok := s.ctx.Err() == nil && fails(report, s.target)
	if ok {
		s.took(c, run, report)
	}
	if s.c.Progress != nil {
		s.c.Progress(Progress{Runs: s.runs, Most: s.c.Runs, Best: s.best.size})
	}
	return ok
}

// trySeeds tries a candidate with its seed and, if that does not fail, with others.
func (s *search) trySeeds(c *scenarios.Scenario) bool {
	if s.try(c) {
		return true
	}
	for seed := uint64(1); seed <= uint64(max(s.c.Seeds, 0)); seed++ {
		if seed == c.DefaultSeed() {
			continue
		}
		other := *c
		other.Seed = new(seed)
		if s.try(&other) {
			return true
		}
	}
	return false
}

func (s *search) took(c *scenarios.Scenario, run *scenarios.Run, r *scenarios.Report) {
	log := slices.Clone(run.Faults.Log())
	s.seen[string(c.YAML())] = true
	s.best = found{scenario: c, log: log, reason: r.Reason, status: r.Outcome(), failedAt: failedAt(r, s.target)}
	s.best.size = Size{
		Faults: len(c.Faults), Acts: acts(log), Nodes: c.Nodes, Clients: c.Workload.Clients, Keys: c.Workload.Keys,
		Ops: len(run.Workload.Ops()), Time: r.At, Events: r.Events,
	}
	for _, res := range r.Checks {
		if res.Check == s.target {
			s.best.reason = res.Check + ": " + res.Reason
		}
	}
	if r.Outcome() == sim.Crashed {
		s.best.reason = r.Reason
	}
}

// acts counts what was done.
func acts(log []faults.Done) int {
	n := 0
	for _, d := range log {
		if !d.Undo && d.Skipped == "" {
			n++
		}
	}
	return n
}

// failedAt is the virtual time from which on nothing is needed for the check to fail, as
// far as the report tells.
func failedAt(r *scenarios.Report, check string) time.Duration {
	for _, res := range r.Checks {
		if res.Check == check && res.History != nil && res.History.Violation != nil {
			return min(r.At, time.Duration(res.History.Violation.Op.Return))
		}
	}
	return r.At
}

// edit tries the best so far with a change. It says whether that is kept.
func (s *search) edit(change func(c *scenarios.Scenario)) bool { return s.try(s.changed(change)) }

func (s *search) changed(change func(c *scenarios.Scenario)) *scenarios.Scenario {
	c := *s.best.scenario
	c.Faults = slices.Clone(c.Faults)
	change(&c)
	return &c
}
