// Package jaeger writes traces in the JSON of the Jaeger UI, which its "JSON File"
// upload opens. To send them to a running Jaeger, see telemetry/otlp.
package jaeger

import (
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"github.com/orrery-sim/orrery/telemetry"
	"github.com/orrery-sim/orrery/telemetry/internal/jsonlist"
)

// File writes traces as one document, an object for each trace.
type File struct {
	list *jsonlist.Writer
	run  telemetry.Run
}

// NewFile begins a document of the traces of a run.
func NewFile(out io.Writer, run telemetry.Run) *File {
	return &File{jsonlist.New(out, `{"data":[`, `]}`), run}
}

// The document, as the UI reads it: times in microseconds, so that a span of 499 ns
// has none.
type (
	trace struct {
		TraceID   string             `json:"traceID"`
		Spans     []span             `json:"spans"`
		Processes map[string]process `json:"processes"` // by their number; encoding/json sorts them
	}
	span struct {
		TraceID    string      `json:"traceID"`
		SpanID     string      `json:"spanID"`
		Operation  string      `json:"operationName"`
		References []reference `json:"references"`
		Start      int64       `json:"startTime"`
		Duration   int64       `json:"duration"`
		Tags       []tag       `json:"tags"`
		Logs       []log       `json:"logs"`
		Process    string      `json:"processID"`
	}
	reference struct {
		Type    string `json:"refType"`
		TraceID string `json:"traceID"`
		SpanID  string `json:"spanID"`
	}
	tag struct {
		Key   string `json:"key"`
		Type  string `json:"type"`
		Value any    `json:"value"`
	}
	log struct {
		Timestamp int64 `json:"timestamp"`
		Fields    []tag `json:"fields"`
	}
	process struct {
		Service string `json:"serviceName"`
		Tags    []tag  `json:"tags"`
	}
)

// Write writes the spans of one trace. After an error it writes nothing more, see Close.
func (f *File) Write(spans []*telemetry.Span) {
	if len(spans) > 0 {
		f.list.Add(f.trace(spans))
	}
}

// Close ends the document and returns what went wrong, if anything did.
func (f *File) Close() error { return f.list.Close() }

func (f *File) trace(spans []*telemetry.Span) trace {
	id := spans[0].TraceID(f.run.Seed)
	t := trace{TraceID: hex.EncodeToString(id[:]), Processes: map[string]process{}}
	numbers := map[string]string{}
	for _, s := range spans {
		if numbers[s.Node] == "" {
			numbers[s.Node] = fmt.Sprintf("p%d", len(numbers)+1)
			t.Processes[numbers[s.Node]] = f.process(s.Node)
		}
		t.Spans = append(t.Spans, f.span(s, t.TraceID, numbers[s.Node]))
	}
	return t
}

func (f *File) process(node string) process {
	r := f.run.Resource(node)
	p := process{Service: r.Service, Tags: []tag{text("service.instance.id", r.Instance), text("orrery.scenario", f.run.Scenario)}}
	if r.Zone != "" {
		p.Tags = append(p.Tags, text("cloud.availability_zone", r.Zone))
	}
	return p
}

func (f *File) span(s *telemetry.Span, trace, process string) span {
	id := telemetry.SpanID(f.run.Seed, s.ID)
	to := span{
		TraceID: trace, SpanID: hex.EncodeToString(id[:]), Operation: s.Name, References: []reference{}, Process: process,
		Start: jsonlist.Micros(s.Start), Duration: int64(s.Took() / time.Microsecond),
		Tags: []tag{text("orrery.kind", s.Kind.String()), {"orrery.event", "int64", s.StartEvent}}, Logs: []log{},
	}
	if s.Parent != 0 {
		parent := telemetry.SpanID(f.run.Seed, s.Parent)
		to.References = append(to.References, reference{"CHILD_OF", trace, hex.EncodeToString(parent[:])})
	}
	switch s.Kind {
	case telemetry.Call:
		to.Tags = append(to.Tags, text("span.kind", "client"), text("server.address", s.Peer))
	case telemetry.Serve:
		to.Tags = append(to.Tags, text("span.kind", "server"), text("client.address", s.Peer))
	case telemetry.Message:
		to.Tags = append(to.Tags, text("span.kind", "producer"), text("messaging.destination.name", s.Peer))
	}
	for _, a := range s.Attributes {
		to.Tags = append(to.Tags, text("orrery."+a.Name, a.Value))
	}
	if s.Error != "" {
		to.Tags = append(to.Tags, tag{"error", "bool", true}, text("otel.status_description", s.Error))
	}
	for _, m := range s.Marks {
		to.Logs = append(to.Logs, log{jsonlist.Micros(m.At), []tag{text("event", m.Name), {"orrery.event", "int64", m.Event}}})
	}
	return to
}

func text(key, value string) tag { return tag{key, "string", value} }
