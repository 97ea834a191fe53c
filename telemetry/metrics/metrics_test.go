package metrics_test

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/nodes"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/telemetry/metrics"
)

// A run that is measured is the same run, and gives the same bytes each time.
func TestMeasuredRunsAreTheSame(t *testing.T) {
	for _, name := range []string{"raft/leader-crash", "raft/power-loss", "echo/restarts"} {
		s, err := nodes.All.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		r, err := scenarios.NewRun(s, scenarios.Options{Seed: 3})
		if err != nil {
			t.Fatal(err)
		}
		plain := r.Execute(nil)
		r.Close()
		report, text := measured(t, name, scenarios.Options{Seed: 3}, time.Second)
		_, again := measured(t, name, scenarios.Options{Seed: 3}, time.Second)
		if report.Hash != plain.Hash {
			t.Errorf("%s: hash %s, and %s when it is measured", name, plain.Hash, report.Hash)
		}
		if text != again {
			t.Errorf("%s: the same run gives two texts", name)
		}
	}
}

// What the text says is what the report and the clients' history say.
func TestAgainstTheReport(t *testing.T) {
	const every = 500 * time.Millisecond
	report, text := measured(t, "raft/leader-crash", scenarios.Options{Seed: 7}, every)
	list := samples(t, text)
	end := report.At.Round(0)
	if n := value(list, end, "orrery_events_total"); n != float64(report.Events) {
		t.Errorf("%v events, the report has %d", n, report.Events)
	}
	if n := value(list, end, "orrery_network_messages_sent_total"); n != float64(report.Messages) {
		t.Errorf("%v messages, the report has %d", n, report.Messages)
	}
	for at := time.Duration(0); at <= end; at += every {
		for _, outcome := range []checker.Outcome{checker.OutcomeOK, checker.OutcomeFailed, checker.OutcomeUnknown} {
			want, sum := 0, 0.0
			for _, op := range report.History().Ops {
				if op.Outcome == outcome && time.Duration(op.Return) <= at {
					want++
					sum += float64(op.Return - op.Call)
				}
			}
			label := `outcome="` + outcome.String() + `"`
			if n := value(list, at, "orrery_operations_total", label); n != float64(want) {
				t.Errorf("%v: %v operations are %s, in the history %d", at, n, outcome, want)
			}
			if n := value(list, at, "orrery_operation_duration_seconds_count", label); n != float64(want) {
				t.Errorf("%v: the histogram counts %v operations that are %s, in the history are %d", at, n, outcome, want)
			}
			got := value(list, at, "orrery_operation_duration_seconds_sum", label)
			if off := got - sum/1e9; off > 1e-9 || off < -1e-9 {
				t.Errorf("%v: operations that are %s took %v s, in the history %v s", at, outcome, got, sum/1e9)
			}
		}
	}
}

// The state of the nodes is that which the faults and the elections say.
func TestState(t *testing.T) {
	_, text := measured(t, "raft/leader-crash", scenarios.Options{Seed: 7}, time.Second)
	list := samples(t, text)
	for _, c := range []struct {
		at     time.Duration
		name   string
		label  []string
		expect float64
	}{
		{0, "orrery_node_up", nil, 9}, // 5 servers, 4 clients
		{4 * time.Second, "orrery_node_role", []string{`node="n4"`, `role="leader"`}, 1},
		{4 * time.Second, "orrery_node_role", []string{`role="leader"`}, 1},
		{4 * time.Second, "orrery_node_field", []string{`node="n4"`, `field="term"`}, 2},
		{4 * time.Second, "orrery_fault_active", nil, 0},
		{5 * time.Second, "orrery_node_crashes_total", nil, 1}, // what happens at a tick belongs to it
		{5 * time.Second, "orrery_node_up", []string{`node="n4"`}, 0},
		{5 * time.Second, "orrery_fault_active", []string{`fault="crash n4"`}, 1},
		{6 * time.Second, "orrery_node_up", []string{`node="n4"`}, 0},
		{6 * time.Second, "orrery_node_field", []string{`node="n4"`}, 0}, // it shows nothing
		{6 * time.Second, "orrery_node_role", []string{`role="leader"`}, 0},
		{6 * time.Second, "orrery_fault_active", []string{`fault="crash n4"`}, 1},
		{6 * time.Second, "orrery_node_crashes_total", nil, 1},
		{7 * time.Second, "orrery_node_role", []string{`node="n2"`, `role="leader"`}, 1},
		{7 * time.Second, "orrery_node_field", []string{`node="n2"`, `field="term"`}, 3},
		{10 * time.Second, "orrery_node_up", []string{`node="n4"`}, 1},
		{10 * time.Second, "orrery_node_boots_total", []string{`node="n4"`}, 2},
		{10 * time.Second, "orrery_fault_active", nil, 0},
		{36 * time.Second, "orrery_faults_begun_total", nil, 3},
		{36 * time.Second, "orrery_node_field", []string{`field="term"`}, 25}, // 5 servers in term 5
	} {
		if got := value(list, c.at, c.name, c.label...); got != c.expect {
			t.Errorf("%v: %s %v is %v, expected %v", c.at, c.name, c.label, got, c.expect)
		}
	}
}

// Families, metrics and times stand as OpenMetrics wants them, and each name and label is
// one of the catalog.
func TestOrder(t *testing.T) {
	_, text := measured(t, "raft/power-loss", scenarios.Options{Seed: 1}, 250*time.Millisecond)
	if !strings.HasSuffix(text, "\n# EOF\n") {
		t.Error("the text does not end in # EOF")
	}
	seen := map[string]bool{}  // families and metrics that have ended
	was := map[string]sample{} // by sample
	family, metric := "", ""   // at which the text is
	at := map[string]float64{} // of a metric
	step := func(now, next *string, what string) {
		if *now != *next {
			if seen[*next] {
				t.Errorf("%s %s comes in two parts", what, *next)
			}
			seen[*next], *now = true, *next
		}
	}
	for _, s := range samples(t, text) {
		f := slices.IndexFunc(metrics.Catalog[:], func(f metrics.Family) bool { return f.Name == s.family })
		if f < 0 || !slices.Contains(metrics.Catalog[f].Samples(), s.name) {
			t.Fatalf("%s of family %s is not in the catalog", s.name, s.family)
		}
		labels, le, _ := strings.Cut(s.labels, ",le=")
		for i, name := range append([]string{"run"}, metrics.Catalog[f].Labels...) {
			if !strings.Contains(","+labels, ","+name+`="`) {
				t.Errorf("%s{%s} has no label %d, %s", s.name, s.labels, i, name)
			}
		}
		step(&family, &s.family, "family")
		key := s.family + "{" + labels
		step(&metric, &key, "metric")
		if s.at < at[key] {
			t.Errorf("%s{%s} goes back in time at %v", s.name, s.labels, s.at)
		}
		at[key] = s.at
		before, again := was[s.name+s.labels]
		if again && before.at == s.at {
			t.Errorf("%s{%s} has two values at %v", s.name, s.labels, s.at)
		}
		if metrics.Catalog[f].Type != metrics.Gauge && s.value < before.value {
			t.Errorf("%s{%s} goes down at %v", s.name, s.labels, s.at)
		}
		if !again && metrics.Catalog[f].Type == metrics.Counter && s.value != 0 && s.at > 946684800 {
			t.Errorf("%s{%s} begins with %v at %v", s.name, s.labels, s.value, s.at)
		}
		was[s.name+s.labels] = s
		if _, err := strconv.ParseFloat(strings.Trim(le, `"`), 64); le != "" && err != nil {
			t.Errorf("le=%s is no number", le)
		}
	}
}

// Bounds lie so close that a quantile can be trusted.
func TestBuckets(t *testing.T) {
	for i, b := range metrics.Buckets[1:] {
		if before := metrics.Buckets[i]; b <= before || b > 2*before {
			t.Errorf("the bucket up to %v follows on that up to %v", b, before)
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }

func TestFullDisk(t *testing.T) {
	s, err := nodes.All.Load("echo/calm")
	if err != nil {
		t.Fatal(err)
	}
	var m *metrics.Meter
	r, err := scenarios.NewRun(s, scenarios.Options{Observe: func(r *scenarios.Run) { m = metrics.Watch(r, time.Second) }})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	m.Finish(r.Execute(nil))
	if _, err := m.WriteTo(full{}); err == nil || !strings.Contains(err.Error(), "full") {
		t.Errorf("error is %v", err)
	}
}
