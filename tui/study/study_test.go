package study_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/nodes"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/telemetry"
	"github.com/orrery-sim/orrery/tui/study"
)

func load(t testing.TB, name string) *scenarios.Scenario {
	s, err := nodes.All.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func run(t testing.TB, s *scenarios.Scenario, o scenarios.Options) *scenarios.Report {
	r, err := scenarios.NewRun(s, o)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	return r.Execute(nil)
}

// TestTrace compares the spans of an operation with those of a run that is traced to its
// end.
func TestTrace(t *testing.T) {
	s := load(t, "raft/minority-leader")
	o := scenarios.Options{Seed: 42, Until: 8 * time.Second}
	want := map[uint64][]string{}
	whole := o
	var tracer *telemetry.Tracer
	whole.Observe = func(r *scenarios.Run) {
		tracer = telemetry.Watch(r, func(s *telemetry.Span) { want[s.Trace] = append(want[s.Trace], line(s)) })
	}
	ops := run(t, s, whole).History().Ops
	tracer.Finish()
	behind := 0 // spans that went on when their operation had returned
	for i := 0; i < len(ops); i += len(ops) / 6 {
		op := ops[i]
		for op.Op != "write" && i+1 < len(ops) { // which a majority has before the others
			i++
			op = ops[i]
		}
		got, err := study.Trace(t.Context(), s, o, op.CallEvent)
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, s := range got.All {
			lines = append(lines, line(s))
			if s.End > got.Root.End {
				behind++
			}
		}
		if !slices.Equal(lines, want[op.CallEvent]) {
			t.Errorf("%v:\n%s\nexpected\n%s", op, strings.Join(lines, "\n"), strings.Join(want[op.CallEvent], "\n"))
		}
		sum := time.Duration(0)
		for _, step := range got.Path {
			sum += step.Took()
		}
		if !got.Whole || sum != got.Root.Took() || got.Root.Start != time.Duration(op.Call) {
			t.Errorf("%v: the steps of its path take %v, it took %v", op, sum, got.Root.Took())
		}
	}
	if behind == 0 {
		t.Error("nothing went on behind an answer")
	}
}

func line(s *telemetry.Span) string { return fmt.Sprint(s.Title(), s.StartEvent, s.EndEvent, s.Error) }

// TestTraceRefused: an event that is no call, an option that is impossible, and somebody
// who does not wait.
func TestTraceRefused(t *testing.T) {
	s := load(t, "raft/minority-leader")
	o := scenarios.Options{Seed: 42, Until: time.Second}
	for _, event := range []uint64{0, 1, 1 << 60} {
		if _, err := study.Trace(t.Context(), s, o, event); err == nil || !strings.Contains(err.Error(), "not the call of an operation") {
			t.Errorf("event %d: %v", event, err)
		}
	}
	if _, err := study.Trace(t.Context(), s, scenarios.Options{Knobs: scenarios.Values{"reads": "never"}}, 1); err == nil {
		t.Error("an impossible knob is no error")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := study.Trace(ctx, s, o, 1<<60); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

// wait reads a survey until it rests.
func wait(v *study.Survey, runs int) *study.Snapshot {
	for {
		if s := v.Snapshot(); !s.Running && len(s.Runs) == runs || s.Err != nil {
			return s
		}
		time.Sleep(time.Millisecond)
	}
}

// TestSurvey: asking for more runs more, asking for fewer hides some, and each seed came to
// what it comes to alone.
func TestSurvey(t *testing.T) {
	s := load(t, "echo/calm")
	v := study.Begin(s, scenarios.Options{}, 3, 2, time.Now)
	defer v.Stop()
	wait(v, 2)
	v.Ask(5)
	got := wait(v, 5)
	for i, r := range got.Runs {
		want := study.Sum(run(t, s, scenarios.Options{Seed: 3 + uint64(i)}))
		if fmt.Sprint(r) != fmt.Sprint(want) {
			t.Errorf("seed %d: %+v, expected %+v", 3+i, r, want)
		}
	}
	events := uint64(0)
	for _, r := range got.Runs {
		events += r.Events
	}
	if got.Events != events {
		t.Errorf("%d events, and those of the seeds asked for are %d", got.Events, events)
	}
	if got.Took <= 0 || got.Asked != 5 || got.From != 3 {
		t.Errorf("%+v", got)
	}
	if left, known := got.Left(); left != 0 || !known {
		t.Errorf("all is done and %v are left", left)
	}
	v.Ask(1)
	if got := wait(v, 1); got.Runs[0].Seed != 3 {
		t.Errorf("%+v", got.Runs)
	}
	v.Stop()
	v.Ask(100)
	if got := wait(v, 1); !got.Stopped {
		t.Error("asked after its end, a survey goes on")
	}
}

// TestSurveyStops: a survey ends when nobody wants it, however much it was asked for.
func TestSurveyStops(t *testing.T) {
	v := study.Begin(load(t, "raft/minority-leader"), scenarios.Options{}, 1, 1_000_000, time.Now)
	if s := v.Snapshot(); !s.Running || s.Asked != 1_000_000 {
		t.Errorf("%+v", s)
	}
	v.Stop()
	for v.Snapshot().Running {
		time.Sleep(time.Millisecond)
	}
}

func TestSurveyOfTheImpossible(t *testing.T) {
	v := study.Begin(load(t, "echo/calm"), scenarios.Options{Knobs: scenarios.Values{"nothing": "1"}}, 1, 10, time.Now)
	defer v.Stop()
	if s := wait(v, -1); s.Err == nil || len(s.Runs) != 0 {
		t.Errorf("%+v", s)
	}
}

// TestSum compares the numbers of a run with those that its report and its operations say.
func TestSum(t *testing.T) {
	r := run(t, load(t, "replica/failover"), scenarios.Options{Seed: 1})
	got := study.Sum(r)
	if !slices.Contains(got.Failed, "acknowledged-writes") || got.Outcome != "violated" || !got.Expected {
		t.Errorf("%+v", got)
	}
	above := 0
	for _, op := range r.History().Ops {
		if op.Outcome == checker.OutcomeOK && time.Duration(op.Return-op.Call) > got.P99 {
			above++
		}
	}
	if above == 0 || above > got.OK/100 {
		t.Errorf("%d of %d operations took longer than p99", above, got.OK)
	}
	numbers := study.Numbers([]study.Run{got})
	for _, m := range r.Measures {
		i := slices.IndexFunc(numbers, func(n study.Number) bool { return n.Name == m.Name })
		if i < 0 {
			t.Fatalf("no number %s", m.Name)
		}
		if value, ok := numbers[i].Of(&got); !ok || value != m.Value || numbers[i].Text(value) != m.Text() {
			t.Errorf("%s is %v, expected %v", m.Name, value, m.Value)
		}
	}
}
