package otlp

import (
	"context"
	"fmt"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	otelresource "go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/orrery-sim/orrery/telemetry"
)

// Collector sends spans to a collector, such as Jaeger or OpenTelemetry's own, with the
// exporters of OpenTelemetry's SDK.
type Collector struct {
	ctx      context.Context // of the command: when it ends, so does the sending
	url      string
	exporter sdk.SpanExporter
	run      telemetry.Run
	waiting  map[string][]*telemetry.Span // by node
	nodes    []string
	count    int
	err      error
}

// patience is how long the collector may take to accept a batch.
const patience = 10 * time.Second

// Dial makes a collector of a URL: http://host:4318 or https:// for OTLP over HTTP, and
// grpc://host:4317 for gRPC. Nothing is sent yet, so an unreachable one is found with
// the first batch.
func Dial(ctx context.Context, address string, run telemetry.Run) (*Collector, error) {
	u, err := parse(address)
	if err != nil {
		return nil, err
	}
	var client otlptrace.Client
	if u.Scheme == "grpc" {
		client = otlptracegrpc.NewClient(otlptracegrpc.WithEndpoint(u.Host), otlptracegrpc.WithInsecure(), otlptracegrpc.WithTimeout(patience),
			otlptracegrpc.WithRetry(otlptracegrpc.RetryConfig{}))
	} else {
		if u.Path == "" || u.Path == "/" {
			u.Path = "/v1/traces"
		}
		client = otlptracehttp.NewClient(otlptracehttp.WithEndpointURL(u.String()), otlptracehttp.WithTimeout(patience),
			otlptracehttp.WithRetry(otlptracehttp.RetryConfig{}))
	}
	exporter, err := otlptrace.New(ctx, client)
	if err != nil {
		return nil, fmt.Errorf("collector %s: %w", address, err)
	}
	return &Collector{ctx: ctx, url: address, exporter: exporter, run: run, waiting: map[string][]*telemetry.Span{}}, nil
}

// batch is how many spans are sent at once.
const batch = 512

// Write takes the spans of one trace, and sends them when there are enough. After an
// error it sends nothing more, see Close.
func (c *Collector) Write(spans []*telemetry.Span) {
	if c.err != nil {
		return
	}
	for _, s := range spans {
		if c.waiting[s.Node] == nil {
			c.nodes = append(c.nodes, s.Node)
		}
		c.waiting[s.Node] = append(c.waiting[s.Node], s)
	}
	if c.count += len(spans); c.count >= batch {
		c.flush()
	}
}

// flush sends what waits, one node after the other: an export of several resources
// would lay them in the order of a map.
func (c *Collector) flush() {
	for _, node := range c.nodes {
		for part := range slices.Chunk(c.waiting[node], batch) {
			if c.err == nil {
				c.err = c.exporter.ExportSpans(c.ctx, c.snapshots(node, part))
			}
		}
		delete(c.waiting, node)
	}
	c.nodes, c.count = c.nodes[:0], 0
}

// Close sends what is left and returns what went wrong, if anything did.
func (c *Collector) Close() error {
	if c.err == nil {
		c.flush()
	}
	if err := c.exporter.Shutdown(c.ctx); c.err == nil {
		c.err = err
	}
	if c.err != nil {
		return fmt.Errorf("collector %s: %w\nhint: is it running, and is this its port for OTLP?", c.url, c.err)
	}
	return nil
}

// snapshots are the spans of one node as the SDK has them.
func (c *Collector) snapshots(node string, spans []*telemetry.Span) []sdk.ReadOnlySpan {
	at := otelresource.NewWithAttributes(semconv.SchemaURL, resource(&c.run, node)...)
	list := make([]sdk.ReadOnlySpan, len(spans))
	for i, s := range spans {
		list[i] = snapshot(c.run.Seed, s, at).Snapshot()
	}
	return list
}

func snapshot(seed uint64, s *telemetry.Span, at *otelresource.Resource) tracetest.SpanStub {
	identity := func(id uint64) trace.SpanContext {
		if id == 0 {
			return trace.SpanContext{}
		}
		return trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: s.TraceID(seed), SpanID: telemetry.SpanID(seed, id), TraceFlags: trace.FlagsSampled,
		})
	}
	stub := tracetest.SpanStub{
		Name: s.Name, SpanContext: identity(s.ID), Parent: identity(s.Parent), SpanKind: trace.SpanKind(kinds[s.Kind]),
		StartTime: telemetry.Wall(s.Start), EndTime: telemetry.Wall(s.End), Attributes: attributes(s),
		Resource: at, InstrumentationScope: instrumentation.Scope{Name: scope},
	}
	for _, m := range s.Marks {
		stub.Events = append(stub.Events, sdk.Event{
			Name: m.Name, Time: telemetry.Wall(m.At), Attributes: []attribute.KeyValue{attribute.Int64(eventKey, int64(m.Event))},
		})
	}
	if s.Error != "" {
		stub.Status = sdk.Status{Code: codes.Error, Description: s.Error}
	}
	return stub
}
