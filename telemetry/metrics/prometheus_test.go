package metrics_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/telemetry"
	"github.com/orrery-sim/orrery/telemetry/metrics"
)

// A real Prometheus takes a run in, and answers what the report says of it.
func TestPrometheus(t *testing.T) {
	for _, name := range []string{"promtool", "prometheus"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("there is no %s here: apt-get install prometheus", name)
		}
	}
	report, text := measured(t, "raft/leader-crash", scenarios.Options{Seed: 7}, time.Second)
	other, more := measured(t, "replica/failover", scenarios.Options{Seed: 1}, time.Second)
	p := prometheus(t, text, more) // at the same times
	t.Run("report", func(t *testing.T) { compareWithReport(t, p, report) })
	t.Run("dashboard", func(t *testing.T) {
		d := readDashboard(t)
		answers := d.ask(t, p, "raft/leader-crash 7", report.At)
		for i, n := range d.ask(t, p, "replica/failover 1", other.At) {
			if q := d.queries()[i]; answers[i]+n == 0 {
				t.Errorf("%s stays empty: %s", q[0], q[1])
			}
		}
	})
	if n := p.query(t, `max(orrery_node_field{run="raft/leader-crash 7",field="term"})`, 8*time.Second); n != 3 {
		t.Errorf("the term is %v at 8s, expected 3", n)
	}
	if n := p.query(t, `sum(orrery_fault_active{fault="crash n4"})`, 6*time.Second); n != 1 {
		t.Errorf("%v crashes of n4 are in force at 6s, expected 1", n)
	}
}

// compareWithReport asks for the rate and the quantiles of each phase. They are exactly
// those of the operations that returned in it. The report counts them by their call,
// which is another phase for those under way when it begins and ends.
func compareWithReport(t *testing.T, p *server, report *scenarios.Report) {
	history := report.History().Ops
	const clients = 4 // each has one operation under way when a phase begins, and when it ends
	for _, phase := range report.Phases {
		length := phase.To - phase.From
		span := fmt.Sprintf("[%ds]", int(length.Seconds()))
		var latencies []time.Duration
		for _, op := range history {
			if at := time.Duration(op.Return); op.Outcome == checker.OutcomeOK && at > phase.From && at <= phase.To {
				latencies = append(latencies, time.Duration(op.Return-op.Call))
			}
		}
		slices.Sort(latencies)
		rate := p.query(t, `sum(rate(orrery_operations_total{run="raft/leader-crash 7",outcome="ok"}`+span+`))`, phase.To)
		if want := float64(len(latencies)) / length.Seconds(); math.Abs(rate-want) > 1e-6 {
			t.Errorf("%v to %v: %v operations per second, in the history %v", phase.From, phase.To, rate, want)
		}
		if want := float64(phase.OK) / length.Seconds(); math.Abs(rate-want) > clients/length.Seconds() {
			t.Errorf("%v to %v: %v operations per second, the report says %v", phase.From, phase.To, rate, want)
		}
		for percent, reported := range map[int]time.Duration{50: phase.P50, 99: phase.P99} {
			query := fmt.Sprintf(`histogram_quantile(0.%d, sum by (le) (rate(orrery_operation_duration_seconds_bucket{run="raft/leader-crash 7",outcome="ok"}%s)))`, percent, span)
			got := time.Duration(p.query(t, query, phase.To) * float64(time.Second))
			exact := latencies[(len(latencies)*percent+99)/100-1]
			if bucket(got) != bucket(exact) {
				t.Errorf("%v to %v: p%d is %v, in the history %v", phase.From, phase.To, percent, got, exact)
			}
			if len(phase.Faults) == 0 && phase.From > 0 && bucket(got) != bucket(reported) {
				t.Errorf("%v to %v: p%d is %v, the report says %v", phase.From, phase.To, percent, got, reported)
			}
			t.Logf("%v to %v: %.1f/s, p%d %v; the report: %.1f/s, %v", phase.From, phase.To, rate, percent, got,
				float64(phase.OK)/length.Seconds(), reported)
		}
	}
}

// bucket is that in which a latency lies, which is all that a histogram knows.
func bucket(d time.Duration) int {
	i, _ := slices.BinarySearch(metrics.Buckets, d.Round(time.Microsecond))
	return i
}

// server is a Prometheus that runs.
type server struct{ url string }

// prometheus has one serve the runs until the test ends.
func prometheus(t *testing.T, runs ...string) *server {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	data := filepath.Join(dir, "data")
	limit, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	for _, text := range runs {
		convert := exec.CommandContext(limit, "promtool", "tsdb", "create-blocks-from", "openmetrics", write("run.om", text), data)
		if out, err := convert.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	var log bytes.Buffer
	c := exec.CommandContext(limit, "prometheus", "--config.file="+write("prometheus.yml", ""), "--storage.tsdb.path="+data,
		"--storage.tsdb.retention.time=100y", "--query.lookback-delta=2s", "--web.listen-address="+address)
	c.Stdout, c.Stderr = &log, &log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Process.Kill()
		c.Wait()
	})
	s := &server{"http://" + address}
	for range 300 {
		if _, err := s.get("/-/ready"); err == nil {
			return s
		}
		select {
		case <-limit.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
	c.Process.Kill()
	c.Wait()
	t.Fatalf("prometheus does not answer:\n%s", log.String())
	return nil
}

func (s *server) get(path string) ([]byte, error) {
	client := http.Client{Timeout: 10 * time.Second}
	answer, err := client.Get(s.url + path)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", answer.Status, text)
	}
	return text, err
}

// points counts the numbers that the answer has over the whole run.
func (s *server) points(t *testing.T, text string, length time.Duration) (count int) {
	t.Helper()
	values := url.Values{
		"query": {text}, "step": {"1"},
		"start": {telemetry.Wall(0).Format(time.RFC3339Nano)}, "end": {telemetry.Wall(length).Format(time.RFC3339Nano)},
	}
	body, err := s.get("/api/v1/query_range?" + values.Encode())
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	var answer struct {
		Data struct {
			Result []struct{ Values [][2]any }
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatalf("%s: %v: %s", text, err, body)
	}
	for _, r := range answer.Data.Result {
		for _, v := range r.Values {
			if v[1] != "NaN" {
				count++
			}
		}
	}
	return count
}

// query asks for one number at a time of the run.
func (s *server) query(t *testing.T, text string, at time.Duration) float64 {
	t.Helper()
	values := url.Values{"query": {text}, "time": {telemetry.Wall(at).Format(time.RFC3339Nano)}}
	body, err := s.get("/api/v1/query?" + values.Encode())
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	var answer struct {
		Data struct {
			Result []struct {
				Value [2]any
			}
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil || len(answer.Data.Result) != 1 {
		t.Fatalf("%s at %v: %v: %s", text, at, err, body)
	}
	number, err := strconv.ParseFloat(fmt.Sprint(answer.Data.Result[0].Value[1]), 64)
	if err != nil {
		t.Fatal(err)
	}
	return number
}
