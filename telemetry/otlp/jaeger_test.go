package otlp_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/telemetry"
	"github.com/orrery-sim/orrery/telemetry/otlp"
)

// TestJaeger sends a run to a real Jaeger and asks it for services, operations,
// dependencies and one trace. It is run where ORRERY_JAEGER is the path of a binary of
// Jaeger 2, see docs/60-traces.md; its ports must be free.
func TestJaeger(t *testing.T) {
	binary := os.Getenv("ORRERY_JAEGER")
	if binary == "" {
		t.Skip("ORRERY_JAEGER is not the path of a Jaeger; docs/60-traces.md says how to build one")
	}
	jaeger := exec.CommandContext(t.Context(), binary)
	if err := jaeger.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		jaeger.Process.Kill()
		jaeger.Wait()
	}()
	awaitJaeger(t)
	var c *otlp.Collector
	spans := record(t, "raft/leader-crash", func(run telemetry.Run) func([]*telemetry.Span) {
		var err error
		if c, err = otlp.Dial(t.Context(), "http://127.0.0.1:4318", run); err != nil {
			t.Fatal(err)
		}
		return c.Write
	})
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	begin, end := telemetry.Wall(0), telemetry.Wall(time.Minute)

	var services []string
	for tries := 0; tries < 100 && !slices.Contains(services, "faults"); tries++ { // they come last, and Jaeger keeps spans in batches
		time.Sleep(100 * time.Millisecond)
		ask(t, "services", nil, &services)
	}
	for _, want := range []string{"client", "faults", "raft"} {
		if !slices.Contains(services, want) {
			t.Errorf("services are %q, and not %s", services, want)
		}
	}
	var operations []string
	ask(t, "services/raft/operations", nil, &operations)
	for _, want := range []string{"write", "sync wal", "MsgApp"} {
		if !slices.Contains(operations, want) {
			t.Errorf("operations of raft are %q, and not %s", operations, want)
		}
	}
	var links []struct{ Parent, Child string }
	ask(t, "dependencies", url.Values{"endTs": {fmt.Sprint(end.UnixMilli())}, "lookback": {fmt.Sprint(time.Minute.Milliseconds())}}, &links)
	if !slices.ContainsFunc(links, func(l struct{ Parent, Child string }) bool { return l.Parent == "client" && l.Child == "raft" }) {
		t.Errorf("dependencies are %v, and not of raft by client", links)
	}
	var crashes []trace
	ask(t, "traces", url.Values{
		"service": {"faults"}, "start": {fmt.Sprint(begin.UnixMicro())}, "end": {fmt.Sprint(end.UnixMicro())}, "limit": {"10"},
	}, &crashes)
	if len(crashes) != 1 || crashes[0].Spans[0].OperationName != "crash n4" {
		t.Errorf("the faults are %v, expected the leader's crash", crashes)
	}
	oneTrace(t, spans)
}

// trace is what Jaeger answers of a trace.
type trace struct {
	TraceID string
	Spans   []struct {
		SpanID, OperationName string
		Duration              int64 // microseconds
		Logs                  []struct {
			Fields []struct{ Value any }
		}
	}
}

// oneTrace looks for the first operation that was called while the leader was down, and
// compares it with what was sent.
func oneTrace(t *testing.T, spans []*telemetry.Span) {
	const mark = "in force: crash n4"
	i := slices.IndexFunc(spans, func(s *telemetry.Span) bool {
		return s.Kind == telemetry.Operation && slices.ContainsFunc(s.Marks, func(m telemetry.Mark) bool { return m.Name == mark })
	})
	if i < 0 {
		t.Fatal("no operation was called while the leader was down")
	}
	want := 0
	for _, s := range spans {
		if s.Trace == spans[i].Trace {
			want++
		}
	}
	id := spans[i].TraceID(7)
	var got []trace
	ask(t, "traces/"+hex.EncodeToString(id[:]), nil, &got)
	if len(got) != 1 || len(got[0].Spans) != want {
		t.Fatalf("the trace is %v, expected one of %d spans", got, want)
	}
	root := telemetry.SpanID(7, spans[i].ID)
	for _, s := range got[0].Spans {
		if s.SpanID != hex.EncodeToString(root[:]) {
			continue
		}
		if s.OperationName != spans[i].Name || s.Duration != spans[i].Took().Microseconds() {
			t.Errorf("the root is %s of %d µs, expected %s of %v", s.OperationName, s.Duration, spans[i].Name, spans[i].Took())
		}
		for _, l := range s.Logs {
			for _, f := range l.Fields {
				if f.Value == mark {
					return
				}
			}
		}
	}
	t.Errorf("the crash is not marked on the root of %v", got[0])
}

const jaegerAPI = "http://127.0.0.1:16686/api/"

// awaitJaeger waits until Jaeger answers.
func awaitJaeger(t *testing.T) {
	for range 300 {
		if r, err := http.Get(jaegerAPI + "services"); err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("Jaeger does not answer within 30 s")
}

// ask asks Jaeger's HTTP API for data.
func ask(t *testing.T, path string, query url.Values, data any) {
	t.Helper()
	r, err := http.Get(jaegerAPI + path + "?" + query.Encode())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	answer := struct{ Data any }{data}
	if err := json.NewDecoder(r.Body).Decode(&answer); err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", path, r.Status, err)
	}
}
