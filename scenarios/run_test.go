package scenarios

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/internal/golden"
	"github.com/orrery-sim/orrery/sim"
)

func verdicts(r *Report) string {
	var list []string
	for _, c := range r.Checks {
		list = append(list, c.Check+"="+c.Verdict.String())
	}
	return strings.Join(list, " ")
}

// TestOutcomes has a run end in every way there is, with the verdict of each check and
// the exit code, as expected and not.
func TestOutcomes(t *testing.T) {
	for _, c := range []struct {
		mutant, more, status, verdicts, reason string
		until                                  time.Duration
	}{
		{"", "", "ok", "linearizable=ok progress=ok positive=ok", "", 0},
		{"louder", "", "ok", "linearizable=ok progress=ok positive=ok", "", 0},
		{"stale", "", "violated", "linearizable=violated progress=ok positive=ok", "linearizable: read", 0},
		{"negative", "", "violated", "linearizable=ok progress=unknown positive=violated", "positive: k", 0},
		{"negative", "checks: [linearizable]", "violated", "linearizable=ok", "positive: k", 0},
		{"panics", "", "crashed", "linearizable=unknown progress=unknown positive=unknown", "a large value", 0},
		{"deaf", "", "stuck", "linearizable=ok progress=violated positive=ok", "progress: ", 0},
		{"hangs", "", "stuck", "linearizable=unknown progress=unknown positive=unknown", "clients wait", 0},
		{"", "", "unknown", "linearizable=ok progress=unknown positive=ok", "progress: the run ended early", 2 * time.Second},
		{"", "checks: [linearizable]", "ok", "linearizable=ok", "", 2 * time.Second},
		{"stale", "", "violated", "linearizable=violated progress=unknown positive=ok", "linearizable: read", 2 * time.Second},
		{"", "faults: [at 1s: crash n1]", "ok", "linearizable=violated progress=ok positive=ok", "", 0}, // see below
	} {
		t.Run(c.mutant+c.more+c.until.String(), func(t *testing.T) {
			s := scenario(t, c.more)
			if s.Faults != nil { // memory is lost: so it must be
				c.status, c.reason = "violated", "linearizable: "
			}
			r := execute(t, s, Options{Seed: 1, Mutant: c.mutant, Until: c.until})
			if r.Status != c.status || verdicts(r) != c.verdicts || !strings.Contains(r.Reason, c.reason) {
				t.Errorf("%s, %s: %s\nexpected %s, %s: %s", r.Status, verdicts(r), r.Reason, c.status, c.verdicts, c.reason)
			}
			for st := sim.OK; st <= sim.Crashed; st++ {
				r.Expected = st.String()
				want := r.Outcome().ExitCode()
				if r.AsExpected() {
					want = 0
				} else if want == 0 {
					want = 1
				}
				if got := r.ExitCode(); got != want || r.AsExpected() != (r.Status == r.Expected) {
					t.Errorf("exit code %d when %s is expected, and should be %d", got, r.Expected, want)
				}
			}
		})
	}
}

// TestStatus is the precedence of what happened and what was judged.
func TestStatus(t *testing.T) {
	res := func(name string, v checker.Verdict) Result { return Result{Check: name, Verdict: v} }
	ok, unknown, bad, hung := res("a", checker.OK), res("b", checker.Unknown), res("c", checker.Violated), res("progress", checker.Violated)
	for _, c := range []struct {
		results []Result
		want    sim.Status
	}{
		{nil, sim.OK},
		{[]Result{ok, unknown}, sim.Unknown},
		{[]Result{hung, unknown}, sim.Stuck},
		{[]Result{unknown, hung}, sim.Stuck},
		{[]Result{hung, bad}, sim.Violated},
		{[]Result{bad, hung, unknown, ok}, sim.Violated},
	} {
		if got := status(sim.Outcome{}, c.results); got != c.want {
			t.Errorf("%v is %v, expected %v", c.results, got, c.want)
		}
		if got := status(sim.Outcome{Status: sim.Crashed}, c.results); got != sim.Crashed {
			t.Errorf("a crash counts as %v", got)
		}
	}
}

var hash = regexp.MustCompile(`\b[0-9a-f]{16}\b`)

// withoutHash is a report that is the same whatever the kernel hashes.
func withoutHash(text string) string { return hash.ReplaceAllString(text, "HASH") }

// TestReport is what people and programs are shown, of a good run and a bad one.
func TestReport(t *testing.T) {
	s := scenario(t, "faults: [at 1s for 500ms: pause leader, at 2s: cut c1 -> n1]", "expect: violated")
	o := Options{Seed: 7, Mutant: "stale", Knobs: Values{"delay": "2ms", "mode": "fancy"}, Until: 3500 * time.Millisecond}
	extra, err := faults.Parse("at 2500ms for 100ms: slow leader 5x")
	if err != nil {
		t.Fatal(err)
	}
	o.Faults = faults.Schedule{extra}
	r := execute(t, s, o)
	if err := r.ShowAround(s, o); err != nil {
		t.Fatal(err)
	}
	var text, data strings.Builder
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, withoutHash(text.String()), "testdata/report.golden")
	if err := r.WriteJSON(&data); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, withoutHash(data.String()), "testdata/report.json.golden")
	if !json.Valid([]byte(data.String())) {
		t.Error("the JSON is none")
	}
	text.Reset()
	if err := execute(t, scenario(t), Options{Seed: 1}).WriteText(&text); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, withoutHash(text.String()), "testdata/report-ok.golden")
}

func TestCrashHasStack(t *testing.T) {
	var b strings.Builder
	r := execute(t, scenario(t), Options{Seed: 1, Mutant: "panics"})
	if err := r.WriteJSON(&b); err != nil || !strings.Contains(r.Stack, "toy_test.go") || !strings.Contains(b.String(), "toy_test.go") {
		t.Errorf("no stack of the panic in the report: %v\n%s", err, b.String())
	}
}

func TestPicture(t *testing.T) {
	for mutant, want := range map[string]string{"": "There is no violation to be drawn", "stale": "<script"} {
		var b strings.Builder
		if err := execute(t, scenario(t), Options{Seed: 1, Mutant: mutant}).WritePicture(&b); err != nil || !strings.Contains(b.String(), want) {
			t.Errorf("the picture of %q does not have %q: %v", mutant, want, err)
		}
	}
}

// TestPure runs a scenario again, stopped and watched: it is the same run.
func TestPure(t *testing.T) {
	s := scenario(t)
	first := execute(t, s, Options{Seed: 3})
	watched := execute(t, s, Options{Seed: 3, Checking: true, Observe: func(r *Run) {
		r.World.Observe(sim.ObserverFunc(func(*sim.Event) {}))
	}})
	if first.Hash != watched.Hash {
		t.Errorf("hash %s, and watched %s", first.Hash, watched.Hash)
	}
	if other := execute(t, s, Options{Seed: 4}); other.Hash == first.Hash {
		t.Error("seeds 3 and 4 have the same hash")
	}
	if err := first.History().Validate(); err != nil {
		t.Error(err)
	}
}

func TestInterrupted(t *testing.T) {
	r, err := NewRun(scenario(t), Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	asked := 0
	report := r.Execute(func() bool { asked++; return asked > 2 })
	if report.At != 2*time.Second || report.Status != "unknown" {
		t.Errorf("stopped at %v, %s: expected unknown at 2s", report.At, report.Status)
	}
}

// TestOptionErrors gives everything wrong at once.
func TestOptionErrors(t *testing.T) {
	bad := func(o Options, change func(s *Scenario)) string {
		s := scenario(t)
		if change != nil {
			change(s)
		}
		_, err := NewRun(s, o)
		return fmt.Sprintf("%v\n\n", err)
	}
	missing, err := faults.Parse("at 1s: crash n7")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString(bad(Options{Mutant: "stael", Until: -1, Knobs: Values{
		"dely": "1ms", "delay": "2s", "limit": "1.5", "loud": "yes", "share": "NaN", "mode": "fanci",
	}}, nil))
	b.WriteString(bad(Options{Knobs: Values{"limit": "0", "delay": "-1s", "share": "x", "loud": "1"}}, nil))
	late, err := faults.Parse("at 3s: crash n1")
	if err != nil {
		t.Fatal(err)
	}
	b.WriteString(bad(Options{Faults: faults.Schedule{missing, late}}, nil))
	b.WriteString(bad(Options{}, func(s *Scenario) {
		s.Nodes, s.Run, s.Settle, s.Checks = 0, 0, -1, []string{"linearisable", "x"}
		s.Knobs = Values{"limit": "99"}
		s.Workload.Kind, s.Workload.Clients, s.Workload.Timeout = "set", 0, 0
	}))
	golden.Check(t, b.String(), "testdata/options.golden")
}

// TestRolesAndClients has faults find both.
func TestRolesAndClients(t *testing.T) {
	r := execute(t, scenario(t, "faults: [at 1s for 100ms: pause leader, at 2s for 100ms: cut clients -> n1]"), Options{Seed: 1})
	var b strings.Builder
	for _, m := range r.Timeline {
		fmt.Fprintf(&b, "%v %s %s; ", m.At, m.Who, m.Text)
	}
	const want = "0s n1 serves; 1s fault pause n1; 1.1s fault end of pause n1; 2s fault cut c1 c2 -> n1; 2.1s fault end of cut c1 c2 -> n1; "
	if b.String() != want {
		t.Errorf("timeline\n%s\nexpected\n%s", b.String(), want)
	}
}

// TestCommand is the line to reproduce, in words that a shell takes apart again.
func TestCommand(t *testing.T) {
	s := scenario(t)
	s.File = "it's mine.yaml"
	f, err := faults.Parse("at 1s: cut c1 -> n1")
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewRun(s, Options{Seed: 9, Program: "go run ./cmd/orrery", Mutant: "stale", Until: time.Second,
		Knobs: Values{"mode": "fancy", "limit": "2"}, Faults: faults.Schedule{f}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	const want = `go run ./cmd/orrery run 'it'\''s mine.yaml' --seed 9 --mutant stale --knob limit=2 --knob mode=fancy --fault 'at 1s: cut c1 -> n1' --until 1s`
	if got := r.command(); got != want {
		t.Errorf("%s\nexpected\n%s", got, want)
	}
}

// TestUnanswered has many keys and a system that is dead at the end: the run ends, and
// what the history shows is judged.
func TestUnanswered(t *testing.T) {
	s := scenario(t)
	s.Workload.Keys = 100
	r := execute(t, s, Options{Seed: 1, Mutant: "deaf"})
	if r.Status != "stuck" || r.Checks[0].Verdict != checker.OK || r.At > 20*time.Second {
		t.Errorf("%s at %v: %s", r.Status, r.At, verdicts(r))
	}
}

// Contradictory knobs are an error wherever they come from.
func TestContradiction(t *testing.T) {
	s := scenario(t, "knobs: {mode: fancy}")
	_, err := NewRun(s, Options{Knobs: Values{"limit": "1"}})
	if err == nil || err.Error() != "knob limit: 1 is too few for mode fancy, expected at least 2" {
		t.Errorf("error %v", err)
	}
	s.Knobs["limit"] = "1"
	if _, err := NewRun(s, Options{}); err == nil || !strings.Contains(err.Error(), "knobs: knob limit: 1 is too few") {
		t.Errorf("error %v", err)
	}
}

// A knob whose values are texts of its own form says itself what is wrong with one.
func TestTextKnob(t *testing.T) {
	system := *toy
	system.Knobs = append(slices.Clone(toy.Knobs), Knob{Name: "think", Default: "exponential 2ms", Help: "a distribution",
		Text: func(value string) error { _, err := sim.ParseDist(value); return err }})
	s := scenario(t)
	s.System = &system
	s.Knobs = Values{"think": "constant 1ms"}
	execute(t, s, Options{})
	_, err := NewRun(s, Options{Knobs: Values{"think": "expnential 2ms"}})
	if err == nil || !strings.HasPrefix(err.Error(), "knob think: ") {
		t.Errorf("error %v", err)
	}
}
