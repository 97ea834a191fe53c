package scenarios

import (
	"errors"
	"fmt"
	"time"

	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/scenarios/workload"
	"github.com/orrery-sim/orrery/sim"
)

// Scenario is a system, what is asked of it, what breaks, and what must hold. It is
// a value: running it changes nothing in it.
type Scenario struct {
	Name     string // as in raft/minority-leader, the part behind the slash
	Shows    string // one sentence: what it teaches
	System   *System
	Nodes    int // servers
	Knobs    Values
	Link     sim.Link // between all nodes, clients included
	Workload workload.Spec
	Faults   faults.Schedule
	Checks   []string // by name: those in Common and the system's own
	Run      time.Duration
	Settle   time.Duration // after Run, without faults
	Expect   sim.Status

	File string // where it was read from, for reproduction; empty if built in
}

// FullName is system/name.
func (s *Scenario) FullName() string { return s.System.Name + "/" + s.Name }

// DefaultLink is what links are like in a scenario that does not say: about a local
// network, with enough jitter that messages overtake each other.
var DefaultLink = sim.Link{Latency: sim.Uniform(500*time.Microsecond, 2*time.Millisecond)}

// check returns everything that is impossible in the scenario, at once. at gives
// the place of a field for the message; it may be nil.
func (s *Scenario) check(at func(field string) string) error {
	if at == nil {
		at = func(field string) string { return field }
	}
	var errs []error
	fail := func(field, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: %s", at(field), fmt.Sprintf(format, args...)))
	}
	if least := max(s.System.Least, 1); s.Nodes < least || s.Nodes > 1000 {
		fail("nodes", "%d nodes, expected %d to 1000 for %s", s.Nodes, least, s.System.Name)
	}
	if s.Run <= 0 {
		fail("run", "%v, expected a positive duration", s.Run)
	}
	if s.Settle < 0 {
		fail("settle", "%v, expected no negative duration", s.Settle)
	}
	if err := s.Workload.Check(); err != nil {
		fail("workload", "%v", err)
	} else if !contains(s.System.Workloads, s.Workload.Kind) {
		fail("workload", "%v", unknown("workload of system "+s.System.Name, s.Workload.Kind, s.System.Workloads))
	}
	for _, err := range unjoin(second(fill(s.System.Knobs, s.Knobs))) {
		fail("knobs", "%v", err)
	}
	for _, name := range s.Checks {
		if s.System.check(name) == nil {
			fail("checks", "%v", unknown("check", name, s.System.CheckNames()))
		}
	}
	return errors.Join(errs...)
}

// CheckNames lists the checks that a scenario of the system may name.
func (s *System) CheckNames() []string {
	var names []string
	for _, list := range [][]Check{Common, s.Checks} {
		for i := range list {
			names = append(names, list[i].Name)
		}
	}
	return names
}

// check returns the check of that name, or nil.
func (s *System) check(name string) *Check {
	for _, list := range [][]Check{Common, s.Checks} {
		for i := range list {
			if list[i].Name == name {
				return &list[i]
			}
		}
	}
	return nil
}

// mutantNames lists the system's mutants.
func (s *System) mutantNames() []string {
	var names []string
	for i := range s.Mutants {
		names = append(names, s.Mutants[i].Name)
	}
	return names
}

// serverNames are n1, n2, ...
func serverNames(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("n%d", i+1)
	}
	return names
}
