package scenarios

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/sim"
)

func sweep(t *testing.T, s Sweep) *Summary {
	t.Helper()
	sum, err := s.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// TestSweep counts, with as many workers as one likes, the same.
func TestSweep(t *testing.T) {
	s := Sweep{Scenario: scenario(t), Options: Options{Mutant: "stale"}, From: 15, To: 44}
	var first *Summary
	for _, s.Workers = range []int{1, 3} {
		shown := 0
		s.Progress = func(sum *Summary) {
			if shown++; sum.Done != shown {
				t.Errorf("progress shows %d done at call %d", sum.Done, shown)
			}
		}
		sum := sweep(t, s)
		if first == nil {
			first = sum
		}
		if !reflect.DeepEqual(sum, first) {
			t.Errorf("%d workers: %+v\nand one: %+v", s.Workers, sum, first)
		}
		if shown != 30 || sum.Done != 30 || sum.Outcomes["violated"] != sum.Failed || sum.Failed < 20 || sum.OK() || sum.Twice != 2 {
			t.Errorf("shown %d times; %+v", shown, sum)
		}
		if len(sum.Failures) != keptFailures || sum.Failures[0].Seed != 15 || sum.Failures[0].Outcome != "violated" ||
			sum.Failures[0].Command != "orrery run toy/calm --seed 15 --mutant stale" {
			t.Errorf("failures %+v", sum.Failures)
		}
	}
	s.Scenario, s.Progress = scenario(t, "expect: violated"), nil
	if sum := sweep(t, s); sum.Failed != sum.Outcomes["ok"] {
		t.Errorf("expected violations count as failures: %+v", sum)
	}
}

func TestSweepStops(t *testing.T) {
	s := Sweep{Scenario: scenario(t), Options: Options{Mutant: "stale"}, From: 1, To: 1 << 60, Workers: 1, Stop: 2}
	if sum := sweep(t, s); sum.Failed != 2 || sum.Done > 10 {
		t.Errorf("stops with %+v", sum)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.Stop, s.Workers = 0, 2
	s.Progress = func(sum *Summary) {
		if sum.Done == 5 {
			cancel()
		}
	}
	sum, err := s.Run(ctx)
	if err != nil || sum.Done != 5 || sum.Outcomes["violated"]+sum.Outcomes["ok"] != 5 {
		t.Errorf("interrupted: %+v, %v", sum, err)
	}
	if sum, err = s.Run(ctx); err != nil || sum.Done != 0 {
		t.Errorf("interrupted before it began: %+v, %v", sum, err)
	}
}

// TestSweepLast has the greatest seed there is: the count must not go around.
func TestSweepLast(t *testing.T) {
	const last = 1<<64 - 1
	if sum := sweep(t, Sweep{Scenario: scenario(t), From: last - 1, To: last}); sum.Done != 2 {
		t.Errorf("%+v", sum)
	}
}

func TestSweepErrors(t *testing.T) {
	for _, s := range []Sweep{
		{From: 2, To: 1}, {From: 1, To: 2, Workers: -1}, {From: 1, To: 2, Options: Options{Mutant: "x"}},
	} {
		s.Scenario = scenario(t)
		if _, err := s.Run(context.Background()); err == nil {
			t.Errorf("no error for %+v", s)
		}
	}
}

// TestNondeterministic has a system that is not a function of the seed: the sweep says
// so, and names the first event that differs.
func TestNondeterministic(t *testing.T) {
	for _, mistake := range []string{"chance", "maps"} {
		sum := sweep(t, Sweep{Scenario: scenario(t), Options: Options{Mutant: mistake}, From: 20, To: 20})
		if sum.Outcomes["nondeterministic"] != 1 || sum.OK() || len(sum.Failures) != 1 {
			t.Fatalf("%s: %+v", mistake, sum)
		}
		reason := sum.Failures[0].Reason
		lines := strings.Split(reason, "\n")
		if len(lines) != 3 || !strings.HasPrefix(reason, "two runs of the seed differ, first in:\n") {
			t.Fatalf("%s: reason %q", mistake, reason)
		}
		// Nothing differs before the server first waits, in answer to the first request.
		for _, line := range lines[1:] {
			if !strings.Contains(line, " n1 ") {
				t.Errorf("%s: the first event that differs is said to be %q", mistake, line)
			}
		}
	}
}

// TestShowAround refuses to show the events of another run.
func TestShowAround(t *testing.T) {
	o := Options{Seed: 1, Mutant: "stale"}
	r := execute(t, scenario(t), o)
	if err := r.ShowAround(scenario(t), o); err != nil {
		t.Fatal(err)
	}
	mark := fmt.Sprintf("> %6d ", r.Event)
	if n := 2*around + 1; len(r.Around) != n || !strings.HasPrefix(r.Around[around], mark) {
		t.Errorf("%d events, and in the middle %q; expected %d and %q", len(r.Around), r.Around[around], n, mark)
	}
	o.Mutant = "chance"
	if r = execute(t, scenario(t), o); r.Status != sim.OK.String() {
		t.Fatal(r.Status)
	}
	r.Event = r.Events
	if err := r.ShowAround(scenario(t), o); err == nil || !strings.Contains(err.Error(), "not deterministic") {
		t.Errorf("a run that differs is shown: %v", err)
	}
}

// TestCheckPanics: a check that panics is a crashed run that names the check, and neither
// the end of the sweep nor a verdict on what was promised.
func TestCheckPanics(t *testing.T) {
	for _, where := range []string{"check worried", "the measures"} {
		system := *toy
		if where == "the measures" {
			system.Measure = func(*Run) []Measure { panic("out of range") }
		} else {
			system.Checks = append(system.Checks[:1:1], Check{Name: "worried", Claim: "nothing", Judge: func(*Run) Result { panic("out of range") }})
		}
		s := *scenario(t)
		s.System = &system
		if where != "the measures" {
			s.Checks = append(s.Checks[:len(s.Checks):len(s.Checks)], "worried")
		}
		sum := sweep(t, Sweep{Scenario: &s, From: 1, To: 3, Workers: 2, Each: func(r *Report) {
			if !strings.Contains(r.Stack, "TestCheckPanics") {
				t.Errorf("the stack %q does not say where", r.Stack)
			}
			if slices.ContainsFunc(r.Checks, func(c Result) bool { return c.Check == "linearizable" && c.Verdict != checker.OK }) {
				t.Errorf("%+v: the other checks have no verdict", r.Checks)
			}
		}})
		if sum.Outcomes["crashed"] != 3 || len(sum.Failures) != 3 || sum.Failures[0].Reason != where+" panics: out of range" {
			t.Errorf("%+v", sum)
		}
	}
}
