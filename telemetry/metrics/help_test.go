package metrics_test

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/nodes"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/telemetry/metrics"
)

// measured runs a scenario and returns its report and its metrics as text.
func measured(t testing.TB, name string, o scenarios.Options, every time.Duration) (*scenarios.Report, string) {
	t.Helper()
	s, err := nodes.All.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return measure(t, s, o, every)
}

func measure(t testing.TB, s *scenarios.Scenario, o scenarios.Options, every time.Duration) (*scenarios.Report, string) {
	t.Helper()
	var m *metrics.Meter
	o.Observe = func(r *scenarios.Run) { m = metrics.Watch(r, every) }
	r, err := scenarios.NewRun(s, o)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	report := r.Execute(nil)
	m.Finish(report)
	var text bytes.Buffer
	if n, err := m.WriteTo(&text); err != nil || n != int64(text.Len()) {
		t.Fatalf("wrote %d of %d bytes: %v", n, text.Len(), err)
	}
	return report, text.String()
}

// sample is a line of OpenMetrics.
type sample struct {
	family, name, labels string
	value, at            float64
}

var sampleLine = regexp.MustCompile(`^([a-z_]+)\{(.*)\} (\S+) (\d+\.\d{3})$`)

// samples reads OpenMetrics.
func samples(t testing.TB, text string) (list []sample) {
	t.Helper()
	family := ""
	for line := range strings.Lines(strings.TrimSuffix(text, "# EOF\n")) {
		line = strings.TrimSuffix(line, "\n")
		if name, ok := strings.CutPrefix(line, "# TYPE "); ok {
			family, _, _ = strings.Cut(name, " ")
		}
		if strings.HasPrefix(line, "#") {
			continue
		}
		part := sampleLine.FindStringSubmatch(line)
		if part == nil {
			t.Fatalf("not a sample: %q", line)
		}
		value, bad := strconv.ParseFloat(part[3], 64)
		at, worse := strconv.ParseFloat(part[4], 64)
		if bad != nil || worse != nil {
			t.Fatalf("not a sample: %q", line)
		}
		list = append(list, sample{family, part[1], part[2], value, at})
	}
	return list
}

// value sums what samples of that name have at a time of the run, with all these labels.
func value(list []sample, at time.Duration, name string, labels ...string) (sum float64) {
	const epoch = 946684800
	for _, s := range list {
		if s.name != name || s.at != epoch+at.Seconds() {
			continue
		}
		has := true
		for _, l := range labels {
			has = has && strings.Contains(","+s.labels+",", ","+l+",")
		}
		if has {
			sum += s.value
		}
	}
	return sum
}
