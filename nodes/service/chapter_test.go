package service

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/scenarios"
)

func execute(t *testing.T, name string, o scenarios.Options) *scenarios.Report {
	t.Helper()
	sc, err := System.Scenario(name)
	if err != nil {
		t.Fatal(err)
	}
	run, err := scenarios.NewRun(sc, o)
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	return run.Execute(nil)
}

// TestChapter runs what docs/52-services.md says was run, and looks for what it shows:
// a block's lines stand in the report, in a row.
func TestChapter(t *testing.T) {
	page, err := os.ReadFile(chapter)
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```\n\\$ orrery run service/([a-z-]+)\n\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	if len(blocks) < 4 {
		t.Fatalf("the chapter has %d blocks", len(blocks))
	}
	for _, b := range blocks {
		var text strings.Builder
		if err := execute(t, b[1], scenarios.Options{Seed: 1}).WriteText(&text); err != nil {
			t.Fatal(err)
		}
		for part := range strings.SplitSeq(b[2], "...\n") {
			if !strings.Contains(text.String(), part) {
				t.Errorf("orrery run service/%s does not print\n%s\nbut\n%s", b[1], part, text.String())
			}
		}
	}
}

// TestSlowServer has every algorithm meet a slow server, and what they are said to do
// about it is what they do.
func TestSlowServer(t *testing.T) {
	var b strings.Builder
	fmt.Fprintf(&b, "%-18s %10s %8s %8s %8s\n", "while n1 is slow", "objectives", "p50", "p95", "p99")
	const seeds = 5
	worst := map[string]time.Duration{}
	for _, algorithm := range Algorithms {
		var latencies []time.Duration
		met := 0
		for seed := uint64(1); seed <= seeds; seed++ {
			sc, err := System.Scenario("slow-round-robin")
			if err != nil {
				t.Fatal(err)
			}
			run, err := scenarios.NewRun(sc, scenarios.Options{Seed: seed, Knobs: scenarios.Values{"balance": algorithm}})
			if err != nil {
				t.Fatal(err)
			}
			report := run.Execute(nil)
			if report.Status == "ok" {
				met++
			}
			for _, op := range run.Workload.Ops() {
				if at := time.Duration(op.Call); at >= 4*time.Second && at < 10*time.Second {
					latencies = append(latencies, time.Duration(op.Return-op.Call))
				}
			}
			run.Close()
		}
		slices.Sort(latencies)
		at := func(share int) time.Duration {
			return latencies[(len(latencies)-1)*share/100].Round(time.Millisecond)
		}
		worst[algorithm] = at(99)
		fmt.Fprintf(&b, "%-18s %4d of %d  %8v %8v %8v\n", algorithm, met, seeds, at(50), at(95), at(99))
		blind := algorithm == RoundRobin || algorithm == Weighted || algorithm == Random
		if blind && met > 0 || !blind && met < seeds {
			t.Errorf("%s meets the objectives in %d of %d seeds", algorithm, met, seeds)
		}
	}
	t.Logf("\n%s", b.String())
	inChapter(t, b.String())
	if worst[PeakEWMA] >= worst[TwoChoices] || worst[TwoChoices] >= worst[RoundRobin] {
		t.Errorf("the 99th percentiles are %v", worst)
	}
}

// TestPausedBalancer sends what came while it was paused before it can look at its probes:
// that breaks no promise.
func TestPausedBalancer(t *testing.T) {
	pause, err := faults.Parse("at 4s for 2s: pause balancer")
	if err != nil {
		t.Fatal(err)
	}
	for seed := uint64(1); seed <= 5; seed++ {
		report := execute(t, "server-crash", scenarios.Options{Seed: seed, Faults: faults.Schedule{pause}})
		for _, c := range report.Checks {
			if c.Check != "objectives" && c.Verdict != checker.OK {
				t.Errorf("seed %d: %s is %s: %s", seed, c.Check, c.Verdict, c.Reason)
			}
		}
	}
}
