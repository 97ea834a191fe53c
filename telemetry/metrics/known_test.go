package metrics_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/scenarios/workload"
	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/telemetry/metrics"
)

const ms = time.Millisecond

// known is a system of which every number can be told without running it.
var known = &scenarios.System{
	Name: "known", Doc: "Package known is for tests.", Nodes: 2, Workloads: []string{"register"},
	Scenarios: fstest.MapFS{"scenarios/calm.yaml": {Data: []byte(`
scenario: calm
shows: Nothing breaks.
system: known
workload: {kind: register, clients: 1, keys: 1, every: 100ms}
run: 3s
settle: 1s
link: {latency: 1ms}
`)}},
	Place: func(c *scenarios.Cluster) {
		w := c.World()
		w.Node("n1", func(p *sim.Proc) {
			p.Show(func() []sim.Field {
				return []sim.Field{{Name: "term", Value: "17"}, {Name: "share", Value: "0.5"}, {Name: "mood", Value: "good"}}
			})
			p.Go("first", func(p *sim.Proc) { p.Work(400 * ms) })
			p.Go("second", func(p *sim.Proc) { p.Work(800 * ms) })
			p.Go("killed", func(p *sim.Proc) {
				p.Sleep(1500 * ms)
				t := p.Go("victim", func(p *sim.Proc) { p.Work(10 * time.Second) })
				p.Sleep(250 * ms)
				t.Kill()
			})
			p.Go("write", func(p *sim.Proc) {
				f, _ := p.Open("log")
				for range 3 {
					f.Append(p, make([]byte, 100))
					f.Sync(p)
				}
			})
			p.Go("talk", func(p *sim.Proc) {
				for range 5 {
					p.Send("n2", "hello")
				}
				sim.Call[string](p, "n2", "who?", 50*ms) // refused: n2 does not listen
				sim.Call[string](p, "n2:deaf", "who?", 50*ms)
			})
		})
		w.Node("n2", func(p *sim.Proc) {
			p.Listen("deaf")
			p.Sleep(time.Hour) // takes no message
		})
		w.Lookup("n1").SetDisk(sim.DiskConfig{Sync: sim.Constant(20 * ms)})
		w.Lookup("n2").Skew(-250 * ms)
	},
	Connect: func(*scenarios.Cluster, *sim.Proc) workload.Session { return prompt{} },
	Measure: func(r *scenarios.Run) []scenarios.Measure {
		return []scenarios.Measure{
			scenarios.Took("oldest-read", "the oldest value read", 1500*ms),
			{Name: "hits", Help: "of the cache", Value: 0.25, Unit: scenarios.UnitShare},
			{Name: "lost-writes", Help: "acknowledged and gone", Value: 3, Unit: "writes"},
		}
	},
}

// prompt answers after 4 ms, and fails every write.
type prompt struct{}

func (prompt) Do(p *sim.Proc, op workload.Op, _ time.Duration) (checker.Value, checker.Outcome) {
	p.Sleep(4 * ms)
	if op.Name == "write" {
		return checker.Nil, checker.OutcomeFailed
	}
	return checker.Nil, checker.OutcomeOK
}

func TestKnown(t *testing.T) {
	s, err := scenarios.Catalog{known}.Load("known/calm")
	if err != nil {
		t.Fatal(err)
	}
	report, text := measure(t, s, scenarios.Options{Seed: 1}, 100*ms)
	list := samples(t, text)
	node := func(more ...string) []string { return append([]string{`node="n1"`}, more...) }
	for _, c := range []struct {
		at     time.Duration
		name   string
		labels []string
		expect float64
	}{
		{200 * ms, "orrery_cpu_busy_cores", node(), 1},
		{200 * ms, "orrery_cpu_queue_length", node(), 1},
		{200 * ms, "orrery_cpu_time_seconds_total", node(), 0.2},
		{500 * ms, "orrery_cpu_queue_length", node(), 0},
		{1400 * ms, "orrery_cpu_busy_cores", node(), 0},
		{1400 * ms, "orrery_cpu_time_seconds_total", node(), 1.2},
		{1700 * ms, "orrery_cpu_busy_cores", node(), 1},
		{3000 * ms, "orrery_cpu_busy_cores", node(), 0},
		{3000 * ms, "orrery_cpu_time_seconds_total", node(), 1.45},
		{3000 * ms, "orrery_cpu_cores", node(), 1},
		{100 * ms, "orrery_disk_operations_total", node(`operation="sync"`), 3},
		{100 * ms, "orrery_disk_operation_time_seconds_total", node(`operation="sync"`), 0.06},
		{100 * ms, "orrery_disk_io_bytes_total", node(`operation="sync"`), 300},
		{100 * ms, "orrery_network_messages_sent_total", []string{`from="n1"`, `to="n2"`}, 7},
		{100 * ms, "orrery_network_messages_delivered_total", []string{`from="n1"`, `to="n2"`}, 7},
		{100 * ms, "orrery_network_messages_refused_total", []string{`from="n1"`, `to="n2"`}, 1},
		{100 * ms, "orrery_inbox_length", []string{`node="n2"`}, 6},
		{100 * ms, "orrery_rpc_calls_total", node(), 2},
		{100 * ms, "orrery_rpc_errors_total", node(), 2},
		{100 * ms, "orrery_rpc_errors_total", node(`error_type="connection refused"`), 1},
		{100 * ms, "orrery_rpc_errors_total", node(`error_type="timeout"`), 1},
		{100 * ms, "orrery_node_field", node(`field="term"`), 17},
		{100 * ms, "orrery_node_field", node(), 17.5}, // a mood is no number
		{100 * ms, "orrery_clock_error_seconds", []string{`node="n2"`}, -0.25},
		{report.At, "orrery_measure_seconds", []string{`measure="oldest-read"`}, 1.5},
		{report.At, "orrery_measure_ratio", []string{`measure="hits"`}, 0.25},
		{report.At, "orrery_measure", []string{`measure="lost-writes"`, `unit="writes"`}, 3},
		{report.At, "orrery_operation_duration_seconds_bucket", []string{`outcome="failed"`, `kind="write"`, `le="0.003"`}, 0},
	} {
		if got := value(list, c.at, c.name, c.labels...); got != c.expect {
			t.Errorf("%v: %s %v is %v, expected %v", c.at, c.name, c.labels, got, c.expect)
		}
	}
	const buckets = "orrery_operation_duration_seconds_bucket"
	for _, outcome := range []string{`outcome="ok"`, `outcome="failed"`} {
		all := value(list, report.At, "orrery_operations_total", outcome)
		below, within := value(list, report.At, buckets, outcome, `le="0.003"`), value(list, report.At, buckets, outcome, `le="0.005"`)
		if all == 0 || below != 0 || within != all {
			t.Errorf("of %v operations with %s that took 4 ms, %v took up to 3 ms and %v up to 5 ms", all, outcome, below, within)
		}
	}
	if strings.Contains(text, "mood") {
		t.Error("a field that is no number is a metric")
	}
}

// A label may hold anything, and a text that differs each time does not make a series
// each time.
func TestLabels(t *testing.T) {
	noisy := *known
	noisy.Place = func(c *scenarios.Cluster) {
		c.World().Node("n1", func(p *sim.Proc) {
			p.Serve(func(_ *sim.Proc, m sim.Message) (any, error) { return nil, fmt.Errorf("no %v", m.Body) })
		})
		c.World().Node("n2", func(p *sim.Proc) {
			for i := range 100 {
				sim.Call[any](p, "n1", i, 50*ms)
			}
		})
	}
	noisy.Measure = func(*scenarios.Run) []scenarios.Measure {
		return []scenarios.Measure{{Name: "a \"quoted\" back\\slash\nline", Unit: "x"}}
	}
	s, err := scenarios.Catalog{&noisy}.Load("known/calm")
	if err != nil {
		t.Fatal(err)
	}
	report, text := measure(t, s, scenarios.Options{Seed: 1}, time.Second)
	if !strings.Contains(text, `measure="a \"quoted\" back\\slash\nline",unit="x"} 0 `) {
		t.Errorf("the label is not escaped:\n%s", text[strings.Index(text, "# TYPE orrery_measure"):])
	}
	kinds, all := 0, 0.0
	list := samples(t, text)
	for _, s := range list {
		if s.name == "orrery_rpc_errors_total" && s.at == list[len(list)-1].at {
			kinds++
			all += s.value
		}
	}
	if kinds != 51 || all != 100 {
		t.Errorf("%v errors have %d kinds, expected 100 of 51", all, kinds)
	}
	if n := value(list, report.At, "orrery_rpc_errors_total", `error_type="other"`); n != 50 {
		t.Errorf("%v errors are others, expected 50", n)
	}
}

func TestWatchRefuses(t *testing.T) {
	for _, every := range []time.Duration{0, -time.Second, 1500 * time.Microsecond} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a tick every %v is accepted", every)
				}
			}()
			metrics.Watch(nil, every)
		}()
	}
}
