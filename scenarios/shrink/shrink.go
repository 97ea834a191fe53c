// Package shrink makes a failing run small: it leaves out and weakens what the
// failure does not need, until what is left can be read as the reason.
//
// A smaller candidate is run, and kept if it fails in the same check. Faults are
// dropped by delta debugging (Zeller and Hildebrandt, "Simplifying and Isolating
// Failure-Inducing Input", IEEE Transactions on Software Engineering 28(2), 2002,
// section 3). Around that, in this order and again as long as it helps:
//
//   - only the check that fails is asked;
//   - fewer servers, clients and keys, and longer pauses between questions;
//   - the run ends where it has failed;
//   - faults are written down as what they came to: which nodes, at which times;
//     those that cannot be are taken apart;
//   - faults begin earlier, last shorter, meet fewer nodes and are weaker;
//   - knobs go back to their defaults, and times are rounded.
//
// Fewer servers or clients make another run of the same seed, in which the mistake may
// not show by chance: such a candidate is also tried with a few other seeds. The seed is
// part of the result.
//
// The result is a function of the scenario and the options alone. What is found is
// small, not smallest: no single step of those above makes it smaller, if the number
// of runs was enough.
package shrink

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/internal/suggest"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/sim"
)

// Defaults of a [Config].
const (
	DefaultRuns  = 600
	DefaultSeeds = 5
)

// Names that stand for an outcome in the place of a check: the simulated code
// panicked, or the run came to a halt.
const (
	Crashed = "crashed"
	Stuck   = "stuck"
)

// Config says what to shrink.
type Config struct {
	Scenario *scenarios.Scenario
	Options  scenarios.Options // seed, mutant, knobs and faults; the rest counts for nothing

	Check string // that must go on failing, or [Crashed] or [Stuck]; "" is the first that fails
	Runs  int    // how many runs to spend at most; 0 is DefaultRuns
	Seeds int    // how many other seeds, from 1 on, to try; 0 is DefaultSeeds, -1 is none

	// Progress is told of every run that ends. It may be nil.
	Progress func(Progress)
}

// Progress is how far a search is.
type Progress struct {
	Runs, Most int // runs done, and at most
	Best       Size
}

// Size is how large a run is.
type Size struct {
	Faults  int           `json:"faults"` // of its schedule
	Acts    int           `json:"acts"`   // that they came to
	Nodes   int           `json:"nodes"`  // servers
	Clients int           `json:"clients"`
	Keys    int           `json:"keys"`
	Ops     int           `json:"operations"` // that were called
	Time    time.Duration `json:"time_ns"`    // virtual, to the end
	Events  uint64        `json:"events"`
}

// String renders "1 fault (4 acts), 5 nodes, 4 clients, 312 operations, 6.2s".
func (s Size) String() string {
	count := func(n int, what string) string {
		if n == 1 {
			return "1 " + what
		}
		return fmt.Sprintf("%d %ss", n, what)
	}
	done := count(s.Faults, "fault")
	if s.Acts != s.Faults {
		done += " (" + count(s.Acts, "act") + ")"
	}
	return strings.Join([]string{done, count(s.Nodes, "node"), count(s.Clients, "client"),
		count(s.Ops, "operation"), s.Time.Round(time.Millisecond).String()}, ", ")
}

// Result is the smallest run that was found.
type Result struct {
	// Scenario is all of it: running it with its DefaultSeed and no options is the
	// run. It expects the failure if a mutant is to blame, or if the scenario did,
	// and otherwise what must be once the failure is mended.
	Scenario *scenarios.Scenario `json:"-"`
	Check    string              `json:"check"`  // that fails, or Crashed or Stuck
	Reason   string              `json:"reason"` // why, in a line
	Before   Size                `json:"before"`
	After    Size                `json:"after"`
	Runs     int                 `json:"runs"`  // that were spent
	Whole    bool                `json:"whole"` // the search came to its end, neither interrupted nor out of runs
}

// Run looks for a smaller run that fails alike. When ctx ends it returns what it has
// found so far. It is an error if the run cannot be made or does not fail.
func Run(ctx context.Context, c Config) (*Result, error) {
	if c.Runs < 0 || c.Seeds < -1 {
		return nil, fmt.Errorf("%d runs and %d seeds, expected no negative number", c.Runs, c.Seeds)
	}
	if c.Runs == 0 {
		c.Runs = DefaultRuns
	}
	if c.Seeds == 0 {
		c.Seeds = DefaultSeeds
	}
	if err := knownCheck(c.Scenario, c.Check); err != nil {
		return nil, err
	}
	s := &search{ctx: ctx, c: c, seen: map[string]bool{}}
	before, err := s.begin()
	if err != nil {
		return nil, err
	}
	s.shrink()
	r := &Result{
		Scenario: s.best.scenario, Check: s.target, Reason: s.best.reason,
		Before: before, After: s.best.size, Runs: s.runs, Whole: !s.exhausted(),
	}
	r.name(c.Scenario, c.Options, s.best.status)
	return r, nil
}

// name says in the scenario where it comes from and what must become of it.
func (r *Result) name(from *scenarios.Scenario, o scenarios.Options, status sim.Status) {
	s := r.Scenario
	s.Shows = fmt.Sprintf("Shrunk from %s, seed %d: %s.", from.FullName(), o.Seed, strings.TrimSuffix(r.Reason, "."))
	s.Name = s.Mutant
	if s.Mutant == "" {
		s.Name = fmt.Sprintf("%s-%s-seed%d", from.Name, r.Check, o.Seed)
	}
	if s.System.HasCheck(r.Check) {
		s.Check = r.Check
	}
	if s.Mutant == "" && from.Expect == sim.OK {
		s.Expect = sim.OK
		return
	}
	s.Expect = status
}

func knownCheck(s *scenarios.Scenario, check string) error {
	if check == "" || check == Crashed || check == Stuck {
		return nil
	}
	for _, name := range s.Checks {
		if name == check {
			return nil
		}
	}
	known := append([]string{Crashed, Stuck}, s.Checks...)
	hint := suggest.Hint(check, known)
	if hint == "" {
		hint = ", expected one of " + strings.Join(known, ", ")
	}
	return fmt.Errorf("unknown check of %s %q%s", s.FullName(), check, hint)
}

// blamed is the check that a report is about, or the outcome, or nothing.
func blamed(r *scenarios.Report) string {
	switch r.Outcome() {
	case sim.Crashed:
		return Crashed
	case sim.Violated, sim.Stuck:
		for _, c := range r.Checks {
			if c.Verdict == checker.Violated && (c.Check != "progress" || r.Outcome() == sim.Stuck) {
				return c.Check
			}
		}
		return Stuck
	}
	return ""
}

// fails says whether the report is of a run that fails in the check.
func fails(r *scenarios.Report, check string) bool {
	switch check {
	case Crashed:
		return r.Outcome() == sim.Crashed
	case Stuck:
		return r.Outcome() == sim.Stuck
	}
	return r.Failed(check)
}

// doesNotFail is the error about a run in which there is nothing to shrink.
func doesNotFail(r *scenarios.Report, check string) error {
	if other := blamed(r); other != "" {
		return fmt.Errorf("%s, seed %d, does not fail in check %s but in %s: %s", r.Scenario, r.Seed, check, other, r.Reason)
	}
	text := fmt.Sprintf("%s, seed %d, is %s: there is nothing to shrink", r.Scenario, r.Seed, r.Status)
	if r.Mutant == "" {
		text += "\nhint: find a seed that fails with orrery sweep"
	} else {
		text += "\nhint: find a seed that fails with orrery sweep --mutant " + r.Mutant
	}
	return errors.New(text)
}
