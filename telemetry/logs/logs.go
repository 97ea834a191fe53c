// Package logs hands what happens to the nodes of a run, and what they note themselves,
// to log/slog: records with the virtual time, the node, the number of the event, and the
// trace and span that it is part of.
package logs

import (
	"context"
	"encoding/hex"
	"io"
	"log/slog"
	"time"

	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/telemetry"
)

// Record is a line of a log.
type Record struct {
	At      time.Duration
	Event   uint64
	Level   slog.Level
	Node    string // [telemetry.FaultNode] for what was done to the cluster
	Process string // that noted it, if one did
	Text    string
	Trace   uint64 // the operation that it is part of, by the ID of its span; 0 for none
	Span    uint64 // the span that it is part of
}

// Watch calls emit with the records of a run that has not begun, in their order. The
// tracer is one that watches the run already.
func Watch(r *scenarios.Run, t *telemetry.Tracer, emit func(r *Record)) {
	r.World.Observe(sim.ObserverFunc(func(e *sim.Event) {
		level, text, wanted := reading(e)
		if !wanted {
			return
		}
		rec := Record{At: e.At, Event: e.Number, Level: level, Node: e.Node, Process: e.Proc, Text: text}
		if e.Kind == sim.KindAct {
			rec.Node = telemetry.FaultNode
		}
		rec.Trace, rec.Span = t.Context(e.Number)
		emit(&rec)
	}))
}

// reading says how an event is told, if it is.
func reading(e *sim.Event) (level slog.Level, text string, wanted bool) {
	switch e.Kind {
	case sim.KindNote, sim.KindAct:
		return slog.LevelInfo, e.Text, true
	case sim.KindBoot, sim.KindResume:
		return slog.LevelInfo, e.Kind.String(), true
	case sim.KindCrash, sim.KindPause:
		return slog.LevelWarn, e.Kind.String(), true
	case sim.KindFail:
		return slog.LevelError, e.Text, true
	}
	return 0, "", false
}

// Writer hands records to a handler of log/slog.
type Writer struct {
	handler slog.Handler
	seed    uint64
	err     error
}

// NewText makes a writer of text, a line for each record, as [slog.TextHandler] has it.
func NewText(out io.Writer, seed uint64) *Writer {
	return &Writer{handler: slog.NewTextHandler(out, options()), seed: seed}
}

// NewJSON makes a writer of JSON, an object in a line for each record, as
// [slog.JSONHandler] has it.
func NewJSON(out io.Writer, seed uint64) *Writer {
	return &Writer{handler: slog.NewJSONHandler(out, options()), seed: seed}
}

// options have times written with all their digits, which the handlers would not.
func options() *slog.HandlerOptions {
	return &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey && len(groups) == 0 {
			return slog.String(a.Key, a.Value.Time().Format("2006-01-02T15:04:05.000000000Z07:00"))
		}
		return a
	}}
}

// Write writes a record. After an error it writes nothing more, see Err.
func (w *Writer) Write(r *Record) {
	if w.err == nil {
		w.err = w.handler.Handle(context.Background(), r.slog(w.seed))
	}
}

// Err returns what went wrong, if anything did.
func (w *Writer) Err() error { return w.err }

// slog is the record as log/slog has it. The names of the identities are those that
// OpenTelemetry wants in logs that are not its own.
func (r *Record) slog(seed uint64) slog.Record {
	record := slog.NewRecord(telemetry.Wall(r.At), r.Level, r.Text, 0)
	record.AddAttrs(slog.String("node", r.Node))
	if r.Process != "" && r.Process != r.Node {
		record.AddAttrs(slog.String("process", r.Process))
	}
	record.AddAttrs(slog.Uint64("event", r.Event))
	if r.Span != 0 {
		trace, span := r.IDs(seed)
		record.AddAttrs(slog.String("trace_id", hex.EncodeToString(trace[:])), slog.String("span_id", hex.EncodeToString(span[:])))
	}
	return record
}

// IDs are the identities of the record's trace and span in the tools, see
// [telemetry.Span.TraceID].
func (r *Record) IDs(seed uint64) (trace [16]byte, span [8]byte) {
	return (&telemetry.Span{Trace: r.Trace}).TraceID(seed), telemetry.SpanID(seed, r.Span)
}
