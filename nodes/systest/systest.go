// Package systest examines a system as every system must be examined: one call in its
// test, and what is wrong with it is said.
//
//	func TestSystem(t *testing.T) { systest.Check(t, raft.System) }
//
// Saved failures are run first: the files *.yaml in testdata/fail of the package, each of
// which is a run that once failed, such as orrery shrink writes. That of a mutant says
// expect: violated and check:, and must still be caught; that of the system itself must
// end ok, as it does since it was mended.
//
// The seeds of each scenario are those from 1 to the flag -systest.seeds (20; 3 with
// -short). Every mutant is run over the seeds within which it says that it is caught.
package systest

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/checker"
	_ "github.com/orrery-sim/orrery/internal/steady" // for the property tests beside its callers
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/sim"
)

var seedCount = flag.Uint64("systest.seeds", 0, "how many seeds of each scenario to run (default 20, or 3 with -short)")

func seeds() uint64 {
	switch {
	case *seedCount > 0:
		return *seedCount
	case underRace:
		return 1
	case testing.Short():
		return 3
	}
	return 20
}

// savedIn is where a package keeps its saved failures.
const savedIn = "testdata/fail"

// Check fails the test with whatever [Saved] and [Exams] find, each exam a subtest of
// its own. The saved failures come first, one after the other.
func Check(t *testing.T, s *scenarios.System) {
	t.Helper()
	for _, e := range Saved(scenarios.Catalog{s}, savedIn) {
		t.Run(e.Name, func(t *testing.T) {
			if err := e.Run(); err != nil {
				t.Error(err)
			}
		})
	}
	for _, e := range Exams(s, seeds()) {
		if underRace && strings.HasPrefix(e.Name, "mutant/") {
			continue // a mistake made on one thread has no race in it
		}
		t.Run(e.Name, func(t *testing.T) {
			t.Parallel()
			if err := e.Run(); err != nil {
				t.Error(err)
			}
		})
	}
}

// Exam is a part of the examination.
type Exam struct {
	Name string
	Run  func() error // what is wrong with the system, all of it
}

// Exams examine the system, with the seeds of each scenario from 1 on:
//
//   - its documents are complete;
//   - every scenario ends as it expects, over those seeds;
//   - the same seed gives the same hash, with an observer and in checking mode too,
//     which also finds messages that are changed after they were sent;
//   - messages that it does not know, messages that come twice, and random restarts of
//     servers, one at a time, do no harm;
//   - every mutant is caught by its check, within its seeds.
//
// They may run side by side.
func Exams(s *scenarios.System, seeds uint64) []Exam {
	list := []Exam{{"documents", func() error { return documents(s) }}}
	for _, name := range s.ScenarioNames() {
		sc, err := s.Scenario(name)
		if err != nil {
			list = append(list, Exam{"scenario/" + name, func() error { return err }})
			continue
		}
		list = append(list,
			Exam{"scenario/" + name, func() error { return sweep(sc, seeds) }},
			Exam{"hash/" + name, func() error { return hashes(sc) }})
	}
	if sc, err := s.Scenario("calm"); err == nil {
		list = append(list, Exam{"nuisances", func() error { return nuisances(sc, min(seeds, 5)) }})
	}
	for i := range s.Mutants {
		list = append(list, Exam{"mutant/" + s.Mutants[i].Name, func() error { return mutant(s, &s.Mutants[i]) }})
	}
	return list
}

// Saved are exams of the failures that are saved in a folder, if there is one: each file
// *.yaml is a scenario of one of the systems, and must end as it expects.
func Saved(systems scenarios.Catalog, folder string) []Exam {
	files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil {
		return []Exam{{"fail", func() error { return err }}}
	}
	var list []Exam
	for _, file := range files {
		name := "fail/" + strings.TrimSuffix(filepath.Base(file), ".yaml")
		list = append(list, Exam{name, func() error { return saved(systems, file) }})
	}
	return list
}

// saved runs a saved failure.
func saved(systems scenarios.Catalog, file string) error {
	sc, err := systems.Load(file)
	if err != nil {
		return err
	}
	report, err := execute(sc, scenarios.Options{Seed: sc.DefaultSeed()})
	switch {
	case err != nil:
		return err
	case report.AsExpected():
		return nil
	case sc.Expect == sim.OK:
		return fmt.Errorf("it fails again: %s: %s\nreproduce: %s", report.Status, report.Reason, report.Command)
	}
	what := strings.TrimSpace(report.Expected + " " + report.MustFail)
	return fmt.Errorf("%s, expected %s: what was caught is not caught any more\nhint: if the run has changed for a good reason, "+
		"shrink another failure: see orrery shrink\nreproduce: %s", report.Status, what, report.Command)
}

// documents says what a reader would miss.
func documents(s *scenarios.System) error {
	var errs []error
	missing := func(what string, ok bool) {
		if !ok {
			errs = append(errs, fmt.Errorf("%s is missing", what))
		}
	}
	missing("Name", s.Name != "")
	missing("Doc", s.Doc != "")
	for _, heading := range []string{"# Promises", "# Messages", "# What it survives"} {
		missing("Doc: "+heading, strings.Contains(s.Doc, heading))
	}
	missing("Place", s.Place != nil)
	missing("Connect", s.Connect != nil)
	missing("a mutant", len(s.Mutants) > 0)
	_, err := s.Scenario("calm")
	missing("a scenario calm", err == nil)
	for _, k := range s.Knobs {
		missing("knob "+k.Name+": help", k.Help != "")
	}
	for _, c := range s.Checks {
		missing("check "+c.Name+": claim", c.Claim != "")
	}
	for _, r := range s.Roles {
		missing("role "+r.Name+": help", r.Help != "")
	}
	for _, m := range s.Mutants {
		missing("mutant "+m.Name+": the rule it breaks", m.Breaks != "")
		missing("mutant "+m.Name+": seeds", m.Seeds > 0)
		if m.Storm != "" {
			storm, err := s.Scenario(m.Storm)
			missing("mutant "+m.Name+": storm "+m.Storm, err == nil && storm.Storm != nil)
		}
	}
	for _, name := range s.ScenarioNames() {
		if sc, err := s.Scenario(name); err == nil {
			missing("scenario "+name+": shows", sc.Shows != "")
		}
	}
	return errors.Join(errs...)
}

// sweep runs seeds of a scenario, which must end as it expects.
func sweep(sc *scenarios.Scenario, seeds uint64) error {
	sum, err := scenarios.Sweep{Scenario: sc, From: 1, To: seeds, Workers: 1, Stop: 3}.Run(context.Background())
	if err != nil {
		return err
	}
	var errs []error
	for _, f := range sum.Failures {
		errs = append(errs, fmt.Errorf("seed %d, %s, expected %s: %s\nreproduce: %s", f.Seed, f.Outcome, sum.Expected, f.Reason, f.Command))
	}
	return errors.Join(errs...)
}

// hashes compares runs of one seed that must not differ.
func hashes(sc *scenarios.Scenario) error {
	plain, err := execute(sc, scenarios.Options{Seed: 1})
	if err != nil {
		return err
	}
	watched, err := execute(sc, scenarios.Options{Seed: 1, Checking: true, Observe: func(r *scenarios.Run) {
		r.World.Observe(sim.ObserverFunc(func(e *sim.Event) { _ = e.String() }))
	}})
	switch {
	case err != nil:
		return err
	case watched.Status != plain.Status:
		return fmt.Errorf("seed 1 is %s, and when it is observed in checking mode %s: %s", plain.Status, watched.Status, watched.Reason)
	case plain.Hash != watched.Hash:
		return fmt.Errorf("seed 1 has the hash %s, and %s when it is observed in checking mode", plain.Hash, watched.Hash)
	}
	return nil
}

func execute(sc *scenarios.Scenario, o scenarios.Options) (*scenarios.Report, error) {
	r, err := scenarios.NewRun(sc, o)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return r.Execute(nil), nil
}

// nonsense is a message that no system knows.
type nonsense struct{ Text string }

// nuisances runs the calm scenario with what a real network and its neighbours do.
func nuisances(sc *scenarios.Scenario, seeds uint64) error {
	noisy := *sc
	noisy.Link.Duplicate, noisy.Link.Reorder = 0.2, 0.2
	var errs []error
	for seed := uint64(1); seed <= seeds; seed++ {
		report, err := execute(&noisy, scenarios.Options{Seed: seed, Checking: true, Observe: func(r *scenarios.Run) {
			pester(r)
			restarts(r)
		}})
		if err != nil {
			return err
		}
		if !report.AsExpected() {
			errs = append(errs, fmt.Errorf("seed %d with unknown and doubled messages and restarts: %s: %s", seed, report.Status, report.Reason))
		}
	}
	return errors.Join(errs...)
}

// pester adds a client that asks every server what it does not know.
func pester(r *scenarios.Run) {
	r.World.Client("stranger", func(p *sim.Proc) {
		for i := range 5 {
			for _, s := range r.Cluster.Servers() {
				p.Send(s, nonsense{fmt.Sprint(i)})
				sim.Call[any](p, s, nonsense{fmt.Sprint(i)}, 100*time.Millisecond) // whatever it answers
			}
			p.Sleep(500 * time.Millisecond)
		}
	})
}

// restarts crashes one server after the other for a second.
func restarts(r *scenarios.Run) {
	rand := r.World.Rand("systest", "restarts")
	const apart, down = 4 * time.Second, time.Second
	for at := apart; at+down < r.Scenario.Run; at += apart {
		n := r.World.Lookup(sim.Pick(rand, r.Cluster.Servers()))
		r.World.At(at, "systest: crash "+n.Name(), n.Crash)
		r.World.At(at+down, "systest: restart "+n.Name(), n.Restart)
	}
}

// mutant runs a mistake until its check catches it.
func mutant(s *scenarios.System, m *scenarios.Mutant) error {
	sc, err := s.Scenario(m.Scenario)
	if err != nil {
		return err
	}
	for seed := uint64(1); seed <= uint64(m.Seeds); seed++ {
		report, err := execute(sc, scenarios.Options{Seed: seed, Mutant: m.Name})
		if err != nil {
			return err
		}
		for _, c := range report.Checks {
			if c.Check == m.Check && c.Verdict == checker.Violated {
				return nil
			}
		}
	}
	return fmt.Errorf("%s did not catch it in %s within %d seeds", m.Check, m.Scenario, m.Seeds)
}
