package otlp

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"

	"github.com/orrery-sim/orrery/telemetry"
	"github.com/orrery-sim/orrery/telemetry/logs"
)

// LogCollector sends the log of a run to a collector.
type LogCollector struct {
	sender *sender
	run    telemetry.Run
	logs   plog.Logs
	places map[string]plog.LogRecordSlice // by node
	count  int
	err    error
}

// DialLogs makes one of a URL, as [Dial] does. Nothing is sent yet.
func DialLogs(ctx context.Context, address string, run telemetry.Run) (*LogCollector, error) {
	s, err := connect(ctx, address)
	if err != nil {
		return nil, err
	}
	c := &LogCollector{sender: s, run: run}
	c.begin()
	return c, nil
}

func (c *LogCollector) begin() {
	c.logs, c.places, c.count = plog.NewLogs(), map[string]plog.LogRecordSlice{}, 0
}

// severities are OpenTelemetry's names for slog's levels.
var severities = map[slog.Level]plog.SeverityNumber{
	slog.LevelInfo: plog.SeverityNumberInfo, slog.LevelWarn: plog.SeverityNumberWarn, slog.LevelError: plog.SeverityNumberError,
}

// Write takes a record, and sends those that wait when there are enough. After an error
// it sends nothing more, see Close.
func (c *LogCollector) Write(r *logs.Record) {
	if c.err != nil {
		return
	}
	place, ok := c.places[r.Node]
	if !ok {
		rl := c.logs.ResourceLogs().AppendEmpty()
		rl.SetSchemaUrl(semconv.SchemaURL)
		put(rl.Resource().Attributes(), resource(&c.run, r.Node))
		sl := rl.ScopeLogs().AppendEmpty()
		sl.Scope().SetName(scope)
		place = sl.LogRecords()
		c.places[r.Node] = place
	}
	to := place.AppendEmpty()
	at := pcommon.NewTimestampFromTime(telemetry.Wall(r.At))
	to.SetTimestamp(at)
	to.SetObservedTimestamp(at)
	to.SetSeverityNumber(severities[r.Level])
	to.SetSeverityText(r.Level.String())
	to.Body().SetStr(r.Text)
	to.Attributes().PutInt(eventKey, int64(r.Event))
	if r.Process != "" {
		to.Attributes().PutStr(processKey, r.Process)
	}
	if r.Span != 0 {
		trace, span := r.IDs(c.run.Seed)
		to.SetTraceID(trace)
		to.SetSpanID(span)
	}
	if c.count++; c.count == batch {
		c.flush()
	}
}

func (c *LogCollector) flush() {
	c.err = c.sender.logs(plogotlp.NewExportRequestFromLogs(c.logs))
	c.begin()
}

// Close sends what is left and returns what went wrong, if anything did.
func (c *LogCollector) Close() error {
	if c.err == nil && c.count > 0 {
		c.flush()
	}
	return c.sender.close(c.err)
}
