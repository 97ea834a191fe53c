// Package otlp gives spans, metrics and logs to whatever speaks OpenTelemetry's protocol:
// spans to files of OTLP JSON, which the Jaeger UI opens, and all three to collectors over
// gRPC or HTTP. Names of spans and attributes follow OpenTelemetry's semantic conventions
// where there is one; what there is none for begins with "orrery.".
package otlp

import (
	"io"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"

	"github.com/orrery-sim/orrery/telemetry"
)

// scope is the instrumentation scope of all spans.
const scope = "github.com/orrery-sim/orrery"

// File writes traces as OTLP JSON, a line for each, as the collector's file exporter
// does. The same run gives the same bytes.
type File struct {
	out io.Writer
	run telemetry.Run
	err error
}

// NewFile makes a file of the traces of a run.
func NewFile(out io.Writer, run telemetry.Run) *File { return &File{out: out, run: run} }

// Write writes the spans of one trace. After an error it writes nothing more, see Close.
func (f *File) Write(spans []*telemetry.Span) {
	if f.err != nil {
		return
	}
	text, err := (&ptrace.JSONMarshaler{}).MarshalTraces(Traces(&f.run, spans))
	if err == nil {
		_, err = f.out.Write(append(text, '\n'))
	}
	f.err = err
}

// Close returns what went wrong, if anything did.
func (f *File) Close() error { return f.err }

// Traces makes OTLP of spans, a resource for each node in the order in which they first
// come.
func Traces(run *telemetry.Run, spans []*telemetry.Span) ptrace.Traces {
	traces := ptrace.NewTraces()
	places := map[string]ptrace.SpanSlice{}
	for _, s := range spans {
		place, ok := places[s.Node]
		if !ok {
			rs := traces.ResourceSpans().AppendEmpty()
			rs.SetSchemaUrl(semconv.SchemaURL)
			put(rs.Resource().Attributes(), resource(run, s.Node))
			ss := rs.ScopeSpans().AppendEmpty()
			ss.Scope().SetName(scope)
			place = ss.Spans()
			places[s.Node] = place
		}
		fill(place.AppendEmpty(), run.Seed, s)
	}
	return traces
}

// put copies attributes, which are texts and whole numbers.
func put(to pcommon.Map, list []attribute.KeyValue) {
	for _, a := range list {
		if a.Value.Type() == attribute.INT64 {
			to.PutInt(string(a.Key), a.Value.AsInt64())
		} else {
			to.PutStr(string(a.Key), a.Value.AsString())
		}
	}
}

func fill(to ptrace.Span, seed uint64, s *telemetry.Span) {
	to.SetTraceID(s.TraceID(seed))
	to.SetSpanID(telemetry.SpanID(seed, s.ID))
	if s.Parent != 0 {
		to.SetParentSpanID(telemetry.SpanID(seed, s.Parent))
	}
	to.SetName(s.Name)
	to.SetKind(kinds[s.Kind])
	to.SetStartTimestamp(pcommon.NewTimestampFromTime(telemetry.Wall(s.Start)))
	to.SetEndTimestamp(pcommon.NewTimestampFromTime(telemetry.Wall(s.End)))
	put(to.Attributes(), attributes(s))
	for _, m := range s.Marks {
		e := to.Events().AppendEmpty()
		e.SetName(m.Name)
		e.SetTimestamp(pcommon.NewTimestampFromTime(telemetry.Wall(m.At)))
		e.Attributes().PutInt(eventKey, int64(m.Event))
	}
	if s.Error != "" {
		to.Status().SetCode(ptrace.StatusCodeError)
		to.Status().SetMessage(s.Error)
	}
}

var kinds = map[telemetry.Kind]ptrace.SpanKind{
	telemetry.Operation: ptrace.SpanKindInternal,
	telemetry.Section:   ptrace.SpanKindInternal,
	telemetry.Call:      ptrace.SpanKindClient,
	telemetry.Serve:     ptrace.SpanKindServer,
	telemetry.Message:   ptrace.SpanKindProducer,
	telemetry.Queue:     ptrace.SpanKindInternal,
	telemetry.Work:      ptrace.SpanKindInternal,
	telemetry.Disk:      ptrace.SpanKindInternal,
	telemetry.Fault:     ptrace.SpanKindInternal,
}
