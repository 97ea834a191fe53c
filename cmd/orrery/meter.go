package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/telemetry/metrics"
	"github.com/orrery-sim/orrery/telemetry/otlp"
)

// metering says where the metrics of a run go.
type metering struct {
	file   string
	every  time.Duration
	stdout io.Writer
}

func (m *metering) register(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&m.file, "metrics", "", "write metrics to a `file` of OpenMetrics, for Prometheus, or - for standard output")
	f.DurationVar(&m.every, "metrics-every", time.Second, "virtual time between two values of a metric")
}

// check says what is wrong with the flags, before anything is run.
func (m *metering) check() error {
	if m.every < metrics.Least || m.every%metrics.Least != 0 {
		return fmt.Errorf("--metrics-every %v: expected a multiple of %v", m.every, metrics.Least)
	}
	return nil
}

// measurement carries the metrics of one run to where they go.
type measurement struct {
	meter *metrics.Meter
	path  string
	out   io.Writer
	file  *pending // nil for standard output
	err   error

	ctx       context.Context // of the command
	collector string          // "" for none
}

// send has the metrics go to a collector too.
func (p *measurement) send(ctx context.Context, collector string, r *scenarios.Run, every time.Duration) {
	p.ctx, p.collector = ctx, collector
	if p.meter == nil {
		p.meter = metrics.Watch(r, every)
	}
}

// attach begins to measure a run that has not begun.
func (m *metering) attach(r *scenarios.Run) *measurement {
	p := &measurement{path: m.file}
	if m.file == "" {
		return p
	}
	if m.file == "-" {
		p.out = m.stdout
	} else {
		if p.file, p.err = create(m.file); p.err != nil {
			return p
		}
		p.out = p.file
	}
	p.meter = metrics.Watch(r, m.every)
	return p
}

// ended is told that the run is over, before it is closed.
func (p *measurement) ended(report *scenarios.Report) {
	if p.meter != nil {
		p.meter.Finish(report)
	}
}

// finish writes what there is.
func (p *measurement) finish() error {
	err := p.err
	var wrong error // with the file: what the collector says is not its business
	if p.collector != "" {
		err = errors.Join(err, otlp.SendMetrics(p.ctx, p.collector, p.meter))
	}
	if p.meter != nil && p.out != nil {
		if _, failed := p.meter.WriteTo(p.out); failed != nil {
			wrong = fmt.Errorf("cannot write %s: %w", p.path, failed)
		}
	}
	if p.file != nil {
		wrong = errors.Join(wrong, p.file.close(wrong))
	}
	return errors.Join(err, wrong)
}
