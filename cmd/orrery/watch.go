package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/telemetry"
	"github.com/orrery-sim/orrery/telemetry/jaeger"
	"github.com/orrery-sim/orrery/telemetry/logs"
	"github.com/orrery-sim/orrery/telemetry/otlp"
	"github.com/orrery-sim/orrery/telemetry/zipkin"
)

// watching says where the traces of a run go, and which of them.
type watching struct {
	collector string
	signals   []string
	file      string
	sample    string
	metrics   metering
	log       logging
}

func (w *watching) register(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&w.collector, "otlp", "", "send traces to a collector such as Jaeger, at a `URL`: http://127.0.0.1:4318 or grpc://127.0.0.1:4317")
	f.StringSliceVar(&w.signals, "otlp-signals", signals[:1], "what to send there: traces, metrics, logs; several with commas")
	f.StringVar(&w.file, "traces", "", "write traces to a `file`: .otlp.json, .jaeger.json or .zipkin.json")
	f.StringVar(&w.sample, "sample", "all", "which traces: all, failed, slow:100ms, 0.1 for a tenth, or violation; several with commas")
	w.metrics.register(c)
	w.log.register(c)
}

// signals are what a collector may be sent. Jaeger takes the first only.
var signals = []string{"traces", "metrics", "logs"}

// sends says whether the collector is to be sent a signal.
func (w *watching) sends(signal string) bool {
	return w.collector != "" && slices.Contains(w.signals, signal)
}

// wanted says whether anything of the run is to be recorded.
func (w *watching) wanted() bool {
	return w.collector != "" || w.file != "" || w.metrics.file != "" || w.log.file != ""
}

// traced says whether its traces are.
func (w *watching) traced() bool { return w.sends("traces") || w.file != "" }

// check says what is wrong with the flags, before anything is run.
func (w *watching) check() error {
	_, err := w.sampler(0, nil)
	if w.file != "" && err == nil {
		_, err = traceFile(w.file, io.Discard, telemetry.Run{})
	}
	for _, s := range w.signals {
		if !slices.Contains(signals, s) {
			err = errors.Join(err, fmt.Errorf("--otlp-signals %q: expected some of %s", s, strings.Join(signals, ", ")))
		}
	}
	return errors.Join(err, w.metrics.check(), w.log.check())
}

// sampler reads --sample. What a violated check names is known after the run only.
func (w *watching) sampler(seed uint64, events []uint64) (func(*telemetry.Span) bool, error) {
	var list []func(*telemetry.Span) bool
	for part := range strings.SplitSeq(w.sample, ",") {
		part = strings.TrimSpace(part)
		limit, slow := strings.CutPrefix(part, "slow:")
		than, badLimit := time.ParseDuration(limit)
		share, notShare := strconv.ParseFloat(part, 64)
		switch {
		case part == "all":
			return nil, nil
		case part == "failed":
			list = append(list, telemetry.Failed)
		case part == "violation":
			list = append(list, telemetry.UnderWay(events...))
		case slow && badLimit == nil:
			list = append(list, telemetry.Slower(than))
		case notShare == nil && share >= 0 && share <= 1:
			list = append(list, telemetry.Ratio(share, seed))
		default:
			return nil, fmt.Errorf("--sample %q: expected all, failed, violation, slow: with a duration, or a share from 0 to 1", part)
		}
	}
	return telemetry.Either(list...), nil
}

// attach begins to record a run that has not begun.
func (w *watching) attach(ctx context.Context, r *scenarios.Run, events []uint64) *pipeline {
	p := &pipeline{metrics: w.metrics.attach(r)}
	if w.sends("metrics") {
		p.metrics.send(ctx, w.collector, r, w.metrics.every)
	}
	if w.traced() {
		p.trace(ctx, w, r, events)
	}
	if w.log.file == "" && !w.sends("logs") {
		return p
	}
	if p.tracer == nil {
		p.tracer = telemetry.Watch(r, nil)
	}
	if w.log.file != "" {
		p.log = w.log.attach(r, p.tracer)
	}
	if w.sends("logs") {
		var err error
		if p.logs, err = otlp.DialLogs(ctx, w.collector, telemetry.Describe(r)); err != nil {
			p.err = errors.Join(p.err, err)
			return p
		}
		logs.Watch(r, p.tracer, p.logs.Write)
	}
	return p
}

// afterwards says whether the traces are chosen by what the checks found, so that the run
// has to be repeated for them.
func (w *watching) afterwards() bool {
	for part := range strings.SplitSeq(w.sample, ",") {
		if strings.TrimSpace(part) == "violation" {
			return true
		}
	}
	return false
}

// A sink takes traces.
type sink interface {
	Write(spans []*telemetry.Span)
	Close() error
}

// traceFile makes a sink of the form that the file's name says.
func traceFile(path string, out io.Writer, run telemetry.Run) (sink, error) {
	base := filepath.Base(path)
	switch {
	case strings.HasSuffix(base, ".jaeger.json"):
		return jaeger.NewFile(out, run), nil
	case strings.HasSuffix(base, ".zipkin.json"):
		return zipkin.NewFile(out, run), nil
	case strings.HasSuffix(base, ".otlp.json"), strings.HasSuffix(base, ".otlp.jsonl"):
		return otlp.NewFile(out, run), nil
	}
	return nil, fmt.Errorf("--traces %q: expected a name that ends in .otlp.json, .jaeger.json or .zipkin.json", path)
}

// pipeline carries what is recorded of one run to where it goes.
type pipeline struct {
	metrics *measurement
	log     *journal
	logs    *otlp.LogCollector

	tracer *telemetry.Tracer
	traces telemetry.Traces
	sinks  []sink
	file   *pending
	err    error
}

// trace begins to trace the run.
func (p *pipeline) trace(ctx context.Context, w *watching, r *scenarios.Run, events []uint64) {
	run := telemetry.Describe(r)
	if p.traces.Keep, p.err = w.sampler(run.Seed, events); p.err != nil {
		return
	}
	if w.sends("traces") {
		c, err := otlp.Dial(ctx, w.collector, run)
		if err != nil {
			p.err = err
			return
		}
		p.sinks = append(p.sinks, c)
	}
	if w.file != "" {
		if p.file, p.err = create(w.file); p.err != nil {
			return
		}
		s, err := traceFile(w.file, p.file, run)
		if err != nil {
			p.err = err
			return
		}
		p.sinks = append(p.sinks, s)
	}
	p.traces.Emit = func(spans []*telemetry.Span) {
		for _, s := range p.sinks {
			s.Write(spans)
		}
	}
	p.tracer = telemetry.Watch(r, p.traces.Add)
}

// ended is told that the run is over, before it is closed.
func (p *pipeline) ended(r *scenarios.Report) { p.metrics.ended(r) }

// finish sends and writes what is left.
func (p *pipeline) finish() error {
	err := p.err
	if p.tracer != nil {
		p.tracer.Finish()
		p.traces.Finish()
	}
	for _, s := range p.sinks {
		err = errors.Join(err, s.Close())
	}
	if p.file != nil {
		err = errors.Join(err, p.file.close(err))
	}
	if p.logs != nil {
		err = errors.Join(err, p.logs.Close())
	}
	if p.log != nil {
		err = errors.Join(err, p.log.finish())
	}
	return errors.Join(err, p.metrics.finish())
}

// pending is a file that gets its name only when it is whole.
type pending struct {
	*os.File
	path string
}

// create begins a file. What is there and no file, such as /dev/stdout, is written to as
// it is.
func create(path string) (*pending, error) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err == nil {
		if info, e := f.Stat(); e == nil && !info.Mode().IsRegular() {
			return &pending{f, ""}, nil
		}
		f.Close()
	}
	f, err = os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return nil, fmt.Errorf("cannot write %s: %w", path, err)
	}
	return &pending{f, path}, nil
}

// close gives the file its name, unless something went wrong: then it is gone.
func (p *pending) close(failed error) error {
	err := p.Close()
	if p.path == "" {
		return err
	}
	if err == nil && failed == nil {
		err = os.Chmod(p.Name(), 0o644)
	}
	if err == nil && failed == nil {
		err = os.Rename(p.Name(), p.path)
	}
	if err != nil || failed != nil {
		os.Remove(p.Name())
	}
	if err != nil {
		err = fmt.Errorf("cannot write %s: %w", p.path, err)
	}
	return err
}
