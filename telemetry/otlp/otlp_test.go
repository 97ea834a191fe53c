package otlp_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"

	"github.com/orrery-sim/orrery/nodes"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/telemetry"
	"github.com/orrery-sim/orrery/telemetry/otlp"
)

// record runs a scenario and hands its traces to whoever open makes.
func record(t *testing.T, name string, open func(run telemetry.Run) func([]*telemetry.Span)) []*telemetry.Span {
	t.Helper()
	s, err := nodes.All.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	var all []*telemetry.Span
	var traces telemetry.Traces
	var tracer *telemetry.Tracer
	r, err := scenarios.NewRun(s, scenarios.Options{Seed: 7, Until: 8e9, Observe: func(r *scenarios.Run) {
		write := open(telemetry.Describe(r))
		traces.Emit = func(spans []*telemetry.Span) {
			all = append(all, spans...)
			write(spans)
		}
		tracer = telemetry.Watch(r, traces.Add)
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	r.Execute(nil)
	tracer.Finish()
	traces.Finish()
	return all
}

// A file of a run is read back with the collector's own reader, and is the same bytes
// each time.
func TestFile(t *testing.T) {
	var files [2]bytes.Buffer
	var spans []*telemetry.Span
	for i := range files {
		var f *otlp.File
		spans = record(t, "raft/leader-crash", func(run telemetry.Run) func([]*telemetry.Span) {
			f = otlp.NewFile(&files[i], run)
			return f.Write
		})
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if files[0].String() != files[1].String() {
		t.Error("the same run gives two files")
	}
	read := ptrace.NewTraces()
	for line := range strings.Lines(files[0].String()) {
		part, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		part.ResourceSpans().MoveAndAppendTo(read.ResourceSpans())
	}
	compare(t, read, spans)
}

// compare reports what of the spans has not arrived as it was.
func compare(t *testing.T, read ptrace.Traces, spans []*telemetry.Span) {
	t.Helper()
	byID := map[string]*telemetry.Span{}
	for _, s := range spans {
		id := telemetry.SpanID(7, s.ID)
		byID[hex.EncodeToString(id[:])] = s
	}
	if read.SpanCount() != len(spans) || len(byID) != len(spans) {
		t.Fatalf("%d spans arrived, with %d identities; expected %d", read.SpanCount(), len(byID), len(spans))
	}
	marked, faults := 0, 0
	for _, rs := range read.ResourceSpans().All() {
		service, _ := rs.Resource().Attributes().Get("service.name")
		instance, _ := rs.Resource().Attributes().Get("service.instance.id")
		for _, s := range rs.ScopeSpans().At(0).Spans().All() {
			want := byID[s.SpanID().String()]
			parent := telemetry.SpanID(7, want.Parent)
			client := want.Node[0] == 'c'
			switch {
			case s.Name() != want.Name, instance.Str() != want.Node, client != (service.Str() == "client"),
				s.StartTimestamp().AsTime() != telemetry.Wall(want.Start), s.EndTimestamp().AsTime() != telemetry.Wall(want.End),
				s.Events().Len() != len(want.Marks), s.Status().Message() != want.Error,
				want.Parent != 0 && s.ParentSpanID() != parent, want.Parent == 0 && !s.ParentSpanID().IsEmpty(),
				s.TraceID() != want.TraceID(7):
				t.Errorf("arrived %s of %s: %v; expected %+v", s.Name(), instance.Str(), s.Attributes().AsRaw(), want)
			}
			for _, e := range s.Events().All() {
				if e.Name() == "in force: crash n4" {
					marked++
				}
			}
			if service.Str() == "faults" && s.Name() == "crash n4" {
				faults++
			}
		}
	}
	if marked == 0 || faults != 1 {
		t.Errorf("%d spans have the leader's crash marked, %d show it; expected some, and one", marked, faults)
	}
}

// receiver is a collector's front door, with the collector's own protocol.
type receiver struct {
	ptraceotlp.UnimplementedGRPCServer
	got ptrace.Traces
}

func (r *receiver) Export(_ context.Context, request ptraceotlp.ExportRequest) (ptraceotlp.ExportResponse, error) {
	request.Traces().ResourceSpans().MoveAndAppendTo(r.got.ResourceSpans())
	return ptraceotlp.NewExportResponse(), nil
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body := io.Reader(req.Body)
	if req.Header.Get("Content-Encoding") == "gzip" {
		body, _ = gzip.NewReader(body)
	}
	text, _ := io.ReadAll(body)
	request := ptraceotlp.NewExportRequest()
	if err := request.UnmarshalProto(text); err != nil || req.URL.Path != "/v1/traces" {
		http.Error(w, "not understood", http.StatusBadRequest)
		return
	}
	r.Export(req.Context(), request)
}

func TestCollectorOverHTTP(t *testing.T) {
	r := &receiver{got: ptrace.NewTraces()}
	server := httptest.NewServer(r)
	defer server.Close()
	send(t, server.URL, r)
}

func TestCollectorOverGRPC(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &receiver{got: ptrace.NewTraces()}
	server := grpc.NewServer()
	ptraceotlp.RegisterGRPCServer(server, r)
	go server.Serve(listener)
	defer server.Stop()
	send(t, "grpc://"+listener.Addr().String(), r)
}

func send(t *testing.T, url string, r *receiver) {
	var c *otlp.Collector
	spans := record(t, "raft/leader-crash", func(run telemetry.Run) func([]*telemetry.Span) {
		var err error
		if c, err = otlp.Dial(t.Context(), url, run); err != nil {
			t.Fatal(err)
		}
		return c.Write
	})
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	compare(t, r.got, spans)
}

func TestCollectorsThatAreNotThere(t *testing.T) {
	for _, url := range []string{"", "127.0.0.1:4318", "ftp://127.0.0.1", "http://", "::"} {
		if _, err := otlp.Dial(t.Context(), url, telemetry.Run{}); err == nil {
			t.Errorf("%q is taken for a collector", url)
		}
	}
	refusing := httptest.NewServer(http.NotFoundHandler())
	closed := httptest.NewServer(nil)
	closed.Close()
	defer refusing.Close()
	for _, url := range []string{refusing.URL, closed.URL, "grpc" + strings.TrimPrefix(closed.URL, "http")} {
		c, err := otlp.Dial(t.Context(), url, telemetry.Run{})
		if err != nil {
			t.Fatal(err)
		}
		c.Write([]*telemetry.Span{{ID: 1, Trace: 1, Node: "n1"}})
		if err := c.Close(); err == nil || !strings.Contains(err.Error(), url) {
			t.Errorf("%s: error is %v", url, err)
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }

func TestFullDisk(t *testing.T) {
	f := otlp.NewFile(full{}, telemetry.Run{})
	f.Write([]*telemetry.Span{{ID: 1, Trace: 1, Node: "n1"}})
	f.Write([]*telemetry.Span{{ID: 2, Trace: 2, Node: "n1"}})
	if err := f.Close(); err == nil || !strings.Contains(err.Error(), "full") {
		t.Errorf("error is %v", err)
	}
}
