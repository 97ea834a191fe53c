package study

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/telemetry"
)

// Spans are what went on for one operation of a client.
type Spans struct {
	Root  *telemetry.Span   // the operation itself
	All   []*telemetry.Span // the root among them, in the order of their ends
	Path  []telemetry.Step  // what its end had to wait for, without a gap
	Whole bool              // Path reaches back to the call
}

// Trace runs a scenario again and returns the spans of the operation whose call is that
// event. The run ends when the operation and what it left behind are over, at most
// [telemetry.Linger] after its return, or with an error when ctx ends.
func Trace(ctx context.Context, s *scenarios.Scenario, o scenarios.Options, operation uint64) (*Spans, error) {
	t := &tracing{ctx: ctx, operation: operation}
	before := o.Observe
	o.Observe = func(r *scenarios.Run) {
		if before != nil {
			before(r)
		}
		t.tracer = telemetry.Watch(r, t.take)
	}
	run, err := scenarios.NewRun(s, o)
	if err != nil {
		return nil, err
	}
	defer run.Close()
	t.run = run
	run.Start()
	t.pass(o.Until)
	t.tracer.Finish()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case t.found.Root == nil:
		return nil, fmt.Errorf("event %d is not the call of an operation", operation)
	}
	return &t.found, nil
}

// tracing gathers the spans of one operation.
type tracing struct {
	ctx       context.Context
	operation uint64
	run       *scenarios.Run
	tracer    *telemetry.Tracer
	looked    bool
	none      bool // the event is no call
	found     Spans
}

func (t *tracing) take(s *telemetry.Span) {
	if s.Trace != t.operation {
		return
	}
	t.found.All = append(t.found.All, s)
	if s.ID == t.operation && s.Kind == telemetry.Operation {
		t.found.Root = s
		t.found.Path, t.found.Whole = t.tracer.Past().Path(s)
	}
}

// pass lets time pass until the operation is over.
func (t *tracing) pass(until time.Duration) {
	s, w := t.run.Scenario, t.run.World
	end := s.Run + s.Settle
	if until > 0 {
		end = min(end, until)
	}
	// Clients finish what they have begun; none is waited for as long as this.
	const patience = 100
	w.RunUntil(func() bool {
		return t.over() || w.Now() >= end && (until > 0 || w.ClientsLeft() == 0)
	}, end+patience*s.Workload.Timeout)
}

// over is asked after every event.
func (t *tracing) over() bool {
	w := t.run.World
	if !t.looked && w.Events() >= t.operation {
		t.looked = true
		isCall := func(op checker.Operation) bool { return op.CallEvent == t.operation }
		t.none = !slices.ContainsFunc(t.run.Workload.Ops(), isCall)
	}
	root := t.found.Root
	return t.none || root != nil && w.Now() > root.End+telemetry.Linger || w.Events()%1024 == 0 && t.ctx.Err() != nil
}
