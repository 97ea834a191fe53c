package scenarios

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	_ "github.com/orrery-sim/orrery/internal/steady"
	"pgregory.net/rapid"

	"github.com/orrery-sim/orrery/checker"
)

// TestObjectiveText reads back what any objective prints as.
func TestObjectiveText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.SampledFrom(Metrics).Draw(t, "metric")
		o := Objective{Metric: m.Name, Comparison: rapid.SampledFrom([]string{"<", "<=", ">", ">="}).Draw(t, "comparison")}
		switch m.unit {
		case UnitTime:
			o.Bound = float64(rapid.Int64Range(0, 1e15).Draw(t, "ns"))
		case UnitShare:
			o.Bound = rapid.Float64Range(0, 1).Draw(t, "share")
		default:
			o.Bound = rapid.Float64Range(0, 1e6).Draw(t, "rate")
		}
		if m.Name == "p" {
			o.Percent = rapid.Float64Range(0.001, 100).Draw(t, "percent")
		}
		o.During.Name = rapid.SampledFrom(append([]string{""}, partNames...)).Draw(t, "part")
		if rapid.Bool().Draw(t, "times") {
			o.During = Part{From: 3 * time.Second, To: time.Duration(rapid.Int64Range(4e9, 1e13).Draw(t, "to"))}
		}
		if got, err := ParseObjective(o.String()); err != nil || got != o {
			t.Fatalf("%q is read as %+v, %v, expected %+v", o.String(), got, err, o)
		}
	})
}

// TestObjectiveNonsense never panics, and says where something is wrong.
func TestObjectiveNonsense(t *testing.T) {
	pieces := []string{"p", "(", "95", ")", "<", "=", ">", " ", "500ms", "1%", "failed", "during", "faults", "5s-9s", "-", "é", "NaN", "Inf"}
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 9).Draw(t, "pieces"), "")
		o, err := ParseObjective(text)
		if e := new(ObjectiveError); err != nil && (!errors.As(err, &e) || e.Column < 0 || e.Column > len(text)) {
			t.Fatalf("%q: %#v", text, err)
		}
		if err == nil && o.String() == "" {
			t.Fatalf("%q is read as nothing", text)
		}
	})
}

// TestObjectives is of operations made by hand, whose numbers can be counted.
func TestObjectives(t *testing.T) {
	ops := []checker.Operation{
		op(0, 10, checker.OutcomeOK),
		op(10, 30, checker.OutcomeOK),
		op(20, 50, checker.OutcomeOK),
		op(30, 70, checker.OutcomeOK),
		op(100, 200, checker.OutcomeFailed), // the fault begins
		op(150, 450, checker.OutcomeOK),     // and ends before this was answered
		op(300, 301, checker.OutcomeUnknown),
		op(310, 311, checker.OutcomeFailed),
	}
	parts := divide([]mark{{100 * ms, []string{"crash n1"}}, {150 * ms, []string{"crash n1", "x"}}, {300 * ms, nil}}, 500*ms)
	for text, want := range map[string]string{ // order-free: each by itself
		"p(50) < 21ms during calm":        "ok",
		"p(50) < 20ms during calm":        "violated measured 20ms of 4 operations",
		"p(51) <= 29ms during calm":       "violated measured 30ms of 4 operations",
		"p(100) < 40ms during calm":       "violated measured 40ms of 4 operations",
		"med >= 21ms during calm":         "violated measured 20ms of 4 operations",
		"avg < 25ms during calm":          "violated measured 25ms of 4 operations",
		"avg <= 25ms during calm":         "ok",
		"min > 10ms during calm":          "violated measured 10ms of 4 operations",
		"min >= 10ms during calm":         "ok",
		"max < 300ms during faults":       "violated measured 300ms of 2 operations",
		"failed < 50% during faults":      "violated measured 0.5 of 2 operations",
		"failed < 1 during after":         "violated measured 1 of 2 operations",
		"max < 1h during after":           "violated none of 2 operations was answered during after",
		"failed < 37.5%":                  "violated measured 0.375 of 8 operations",
		"throughput > 40 during calm":     "violated measured 40 of 4 operations",
		"throughput > 10":                 "violated measured 10 of 8 operations",
		"throughput > 0 during 90ms-99ms": "violated measured 0 of 0 operations",
		"failed < 1 during 90ms-99ms":     "unknown nothing was asked during 90ms-99ms",
		"max <= 40ms during 0s-100ms":     "ok",
		"max <= 10ms during 0s-10ms":      "ok",
	} {
		o, err := ParseObjective(text)
		if err != nil {
			t.Fatal(err)
		}
		res := parts.judge([]Objective{o}, ops)
		got := res.Verdict.String()
		if got != "ok" {
			_, measured, _ := strings.Cut(res.Reason, ": ")
			got += " " + measured
		}
		if got != want {
			t.Errorf("%s: %s\nexpected %s", text, got, want)
		}
	}
}

// TestObjectivesReport has all objectives side by side, and one that is violated in
// each part of the run.
func TestObjectivesReport(t *testing.T) {
	s := scenario(t, `faults: ["at 1s for 500ms: crash n1"]`, `objectives: [max < 1s, failed < 10%, max < 100ms, max < 100ms during faults, failed < 1e-9 during calm]`)
	r := execute(t, s, Options{Seed: 1})
	var found string
	for _, c := range r.Checks {
		if c.Check == "objectives" {
			found = fmt.Sprintf("%s: %s\n%s", c.Verdict, c.Reason, c.Explain)
		}
	}
	const want = `violated: wanted max < 100ms: measured 604ms of 287 operations
ok       wanted max < 1s: measured 604ms of 287 operations
ok       wanted failed < 0.1: measured 0 of 287 operations
violated wanted max < 100ms: measured 604ms of 287 operations
           calm    measured 4.88ms of 86 operations
           faults  measured 604ms of 2 operations
           after   measured 4.73ms of 199 operations
violated wanted max < 100ms during faults: measured 604ms of 2 operations
ok       wanted failed < 1e-09 during calm: measured 0 of 86 operations
`
	if found != want || r.Status != "violated" {
		t.Errorf("%s: %s\nexpected\n%s", r.Status, found, want)
	}
	if r = execute(t, s, Options{Seed: 1, Until: time.Second}); !strings.Contains(verdicts(r), "objectives=unknown") {
		t.Errorf("a run cut short is %s", verdicts(r))
	}
}
