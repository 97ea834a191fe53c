package scenarios

import (
	"errors"
	"fmt"
	"slices"
	"strings"
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
	Labels   []Label
	Link     sim.Link // between all nodes, clients included; without a latency it has one of 1 ms
	Workload workload.Spec
	Faults   faults.Schedule
	Storm    *faults.Storm // faults drawn from the seed, beside Faults; nil is none
	Checks   []string      // by name: those in Common and the system's own
	Run      time.Duration
	Settle   time.Duration // after Run, without faults
	Expect   sim.Status

	Objectives []Objective // which the check of that name judges

	// A saved run, such as a failure that was shrunk, is a scenario that says more.
	Seed   *uint64 // which a run of it takes unless it is told; nil is left open
	Mutant string  // the mistake that is made in it
	Check  string  // the check that must fail if Expect is violated or stuck, or that once did

	File string // where it was read from, for reproduction; empty if built in
}

// Label is a label of a node, by which faults select it. Every server has the label
// app with the name of the system, and every client app=client.
type Label struct{ Node, Name, Value string }

// FullName is system/name.
func (s *Scenario) FullName() string { return s.System.Name + "/" + s.Name }

// DefaultSeed is the seed that a run of the scenario takes unless it is told: the
// scenario's own, or 1.
func (s *Scenario) DefaultSeed() uint64 {
	if s.Seed != nil {
		return *s.Seed
	}
	return 1
}

// DefaultLink is what links are like in a scenario that does not say: about a local
// network, with enough jitter that messages overtake each other. What a scenario's
// file leaves out of its link is as here.
var DefaultLink = sim.Link{Latency: sim.Uniform(500*time.Microsecond, 2*time.Millisecond)}

// problem is something impossible in a scenario, and the field that it is in, such as
// "run", "workload.keys" or "checks.0".
type problem struct {
	field string
	err   error
}

// longest is what a run and its tail may last, far from where durations overflow.
const longest = 10_000 * time.Hour

// check returns everything that is impossible in the scenario, but for its faults:
// those are checked against a cluster.
func (s *Scenario) check() []problem {
	var found []problem
	fail := func(field, format string, args ...any) {
		found = append(found, problem{field, fmt.Errorf(format, args...)})
	}
	if least := max(s.System.Least, 1); s.Nodes < least || s.Nodes > 1000 {
		fail("nodes", "%d nodes, expected %d to 1000 for %s", s.Nodes, least, s.System.Name)
	}
	if s.Run <= 0 || s.Run > longest {
		fail("run", "%v, expected a positive duration of at most %v", s.Run, longest)
	}
	if s.Settle < 0 || s.Settle > longest {
		fail("settle", "%v, expected a duration from 0s to %v", s.Settle, longest)
	}
	for _, err := range unjoin(s.Workload.Check()) {
		field := "workload"
		if e := new(workload.Error); errors.As(err, &e) {
			field += "." + e.Field
		}
		fail(field, "%w", err)
	}
	if workload.Find(s.Workload.Kind) != nil && !contains(s.System.Workloads, s.Workload.Kind) {
		fail("workload.kind", "%w", unknown("workload of system "+s.System.Name, s.Workload.Kind, s.System.Workloads))
	}
	values, wrong := fill(s.System.Knobs, s.Knobs)
	if len(wrong) == 0 && !hasAny(found, "nodes") {
		wrong = s.System.contradictions(values, s.Nodes)
	}
	found = append(found, wrong...)
	if len(found) == 0 { // else there may be no end of nodes
		names := s.nodeNames()
		for _, l := range s.Labels {
			if !contains(names, l.Node) {
				fail("labels."+l.Node, "%w", unknown("node", l.Node, names))
			}
		}
	}
	for i, name := range s.Checks {
		if err := s.checkCheck(name); err != nil {
			fail(fmt.Sprintf("checks.%d", i), "%w", err)
		}
	}
	for i, o := range s.Objectives {
		switch end := s.Run + s.Settle; {
		case o.During.To > end:
			fail(fmt.Sprintf("objectives.%d", i), "%s: the run ends at %v", o, end)
		case (o.During.Name == PartFaults || o.During.Name == PartAfter) && len(s.Faults) == 0 && s.Storm == nil:
			fail(fmt.Sprintf("objectives.%d", i), "%s: the scenario has no faults", o)
		}
	}
	if s.Mutant != "" && !contains(s.System.mutantNames(), s.Mutant) {
		fail("mutant", "%w", unknown("mutant of system "+s.System.Name, s.Mutant, s.System.mutantNames()))
	}
	switch {
	case s.Check == "":
	case s.System.check(s.Check) == nil:
		fail("check", "%w", unknown("check", s.Check, s.System.CheckNames()))
	case !contains(s.Checks, s.Check):
		fail("check", "check %q is not one of the scenario's checks: %s", s.Check, strings.Join(s.Checks, ", "))
	}
	return found
}

// checkCheck says why a check cannot judge the scenario.
func (s *Scenario) checkCheck(name string) error {
	kind := workload.Find(s.Workload.Kind)
	switch {
	case s.System.check(name) == nil:
		return unknown("check", name, s.System.CheckNames())
	case name == linearizable.Name && kind != nil && kind.Model == "":
		return fmt.Errorf("the answers of workload %s are of no model, so that there is nothing to be linearizable: expected another check", kind.Name)
	case name == objectives.Name && len(s.Objectives) == 0:
		return errors.New("there is nothing to judge: expected objectives in the scenario")
	}
	return nil
}

// defaultChecks are all that can judge the scenario.
func (s *Scenario) defaultChecks() []string {
	return slices.DeleteFunc(s.System.CheckNames(), func(name string) bool { return s.checkCheck(name) != nil })
}

// joined is all problems in one error, each behind the field of the scenario.
func joined(problems []problem) error {
	var errs []error
	for _, p := range problems {
		field, _, _ := strings.Cut(p.field, ".")
		errs = append(errs, fmt.Errorf("%s: %w", field, p.err))
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

// nodeNames are those of servers and clients.
func (s *Scenario) nodeNames() []string {
	names := s.System.serverNames(s.Nodes)
	for i := range s.Workload.Clients {
		names = append(names, workload.ClientName(i))
	}
	return names
}

// serverNames are n1, n2, ..., or what the system says.
func (s *System) serverNames(n int) []string {
	if s.Names != nil {
		return s.Names(n)
	}
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("n%d", i+1)
	}
	return names
}

// HasCheck says whether a scenario of the system may name the check.
func (s *System) HasCheck(name string) bool { return s.check(name) != nil }
