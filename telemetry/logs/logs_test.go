package logs_test

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/nodes"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/telemetry"
	"github.com/orrery-sim/orrery/telemetry/logs"
)

const seed = 7

// logged runs a scenario and gives its records to write.
func logged(t testing.TB, name string, write func(r *logs.Record), span func(s *telemetry.Span)) *scenarios.Report {
	t.Helper()
	s, err := nodes.All.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	var tracer *telemetry.Tracer
	r, err := scenarios.NewRun(s, scenarios.Options{Seed: seed, Observe: func(r *scenarios.Run) {
		tracer = telemetry.Watch(r, span)
		logs.Watch(r, tracer, write)
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	report := r.Execute(nil)
	tracer.Finish()
	return report
}

// A note belongs to the operation in which it was made, and to the call within it.
func ExampleWatch() {
	w := sim.New(sim.Config{Seed: 1})
	w.Node("a", func(p *sim.Proc) {
		p.Serve(func(p *sim.Proc, m sim.Message) (any, error) {
			p.Log("asked for %v", m.Body)
			return nil, nil
		})
		p.Log("ready")
	})
	w.Client("c", func(p *sim.Proc) {
		s := p.Span("read k0")
		sim.Call[any](p, "a", "k0", time.Second)
		s.End()
	})
	tracer := telemetry.NewTracer(telemetry.Depth, func(node string) bool { return w.Lookup(node).Client() })
	out := logs.NewText(os.Stdout, 1)
	w.Observe(tracer)
	logs.Watch(&scenarios.Run{World: w}, tracer, out.Write)
	w.Run(time.Second)
	// Output:
	// time=2000-01-01T00:00:00.000000000Z level=INFO msg=ready node=a event=5
	// time=2000-01-01T00:00:00.001000000Z level=INFO msg="asked for k0" node=a event=8 trace_id=40c3dcf98742a9c486d6fd953217ae03 span_id=9e5651b0ef953636
}

// The records of a run are those of its timeline, in JSON that can be read back, and
// lead to spans that the run's traces have.
func TestJSON(t *testing.T) {
	var texts [2]bytes.Buffer
	var report *scenarios.Report
	spans := map[string]string{}
	for i := range texts {
		out := logs.NewJSON(&texts[i], seed)
		report = logged(t, "raft/leader-crash", out.Write, func(s *telemetry.Span) {
			id, trace := telemetry.SpanID(seed, s.ID), s.TraceID(seed)
			spans[hex.EncodeToString(id[:])] = hex.EncodeToString(trace[:])
		})
		if out.Err() != nil {
			t.Fatal(out.Err())
		}
	}
	if texts[0].String() != texts[1].String() {
		t.Error("the same run gives two logs")
	}
	said, traced := map[string]bool{}, 0
	for lines := bufio.NewScanner(&texts[0]); lines.Scan(); {
		var r struct {
			Time              time.Time
			Msg, Node         string
			Event             uint64
			Trace_id, Span_id string
		}
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatalf("%v: %s", err, lines.Bytes())
		}
		said[r.Time.Sub(sim.Epoch).String()+" "+r.Node+" "+r.Msg] = true
		if r.Span_id != "" {
			traced++
			if spans[r.Span_id] != r.Trace_id {
				t.Errorf("%s is part of span %s of trace %q, which the traces have in %q", r.Msg, r.Span_id, r.Trace_id, spans[r.Span_id])
			}
		}
	}
	for _, m := range report.Timeline {
		who := m.Who
		if who == "fault" {
			who = telemetry.FaultNode
		}
		if line := m.At.String() + " " + who + " " + m.Text; !said[line] {
			t.Errorf("the log has no %q", line)
		}
	}
	if traced == 0 {
		t.Error("no record is part of a span")
	}
}

// A run that is logged is the same run.
func TestLoggedRunsAreTheSame(t *testing.T) {
	count := 0
	report := logged(t, "raft/leader-crash", func(*logs.Record) { count++ }, nil)
	s, err := nodes.All.Load("raft/leader-crash")
	if err != nil {
		t.Fatal(err)
	}
	r, err := scenarios.NewRun(s, scenarios.Options{Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if plain := r.Execute(nil); plain.Hash != report.Hash || count == 0 {
		t.Errorf("hash %s, and %s with a log of %d records", plain.Hash, report.Hash, count)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }

func TestFullDisk(t *testing.T) {
	out := logs.NewText(full{}, seed)
	out.Write(&logs.Record{Text: "one"})
	out.Write(&logs.Record{Text: "two"})
	if err := out.Err(); err == nil || !strings.Contains(err.Error(), "full") {
		t.Errorf("error is %v", err)
	}
}
