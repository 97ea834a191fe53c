// Package compare runs a scenario once for every combination of some knobs' values,
// over the same seeds, and lays beside each other what they came to: what a guarantee
// gives, and what it costs.
package compare

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/scenarios"
)

// Axis is a knob, and the values of it that are compared.
type Axis struct {
	Knob   string
	Values []string
}

// ParseAxis reads "knob=value,value".
func ParseAxis(text string) (Axis, error) {
	knob, list, ok := strings.Cut(text, "=")
	a := Axis{Knob: strings.TrimSpace(knob)}
	for v := range strings.SplitSeq(list, ",") {
		v = strings.TrimSpace(v)
		switch {
		case !ok || v == "" || a.Knob == "":
			return Axis{}, fmt.Errorf("%q: expected a knob and its values, such as fsync=1ms,10ms", text)
		case slices.Contains(a.Values, v):
			return Axis{}, fmt.Errorf("%q: the value %s is there twice", text, v)
		}
		a.Values = append(a.Values, v)
	}
	return a, nil
}

// Comparison says what is compared.
type Comparison struct {
	Scenario *scenarios.Scenario
	Options  scenarios.Options // but for the seed; knobs that are no axis
	Axes     []Axis            // none is one column: the scenario as it is
	From, To uint64            // seeds, both inclusive
	Workers  int               // side by side; 0 is one per core

	// Progress is told of every run that ends, one at a time. It may be nil.
	Progress func(done uint64)
}

// most is how many combinations are compared at most: nobody reads more.
const most = 64

// Run compares, until ctx ends at the latest: then it returns what it has. The error is
// about what could not be run at all; every combination is tried before the first run.
func (c Comparison) Run(ctx context.Context) (*Table, error) {
	choices, err := c.choices()
	if err != nil {
		return nil, err
	}
	for _, o := range choices {
		o.Seed = c.From
		probe, err := scenarios.NewRun(c.Scenario, o)
		if err != nil {
			return nil, fmt.Errorf("with %s: %w", strings.Join(c.labels(o), " "), err)
		}
		probe.Close()
	}
	t := &Table{Scenario: c.Scenario.FullName(), Mutant: c.Options.Mutant, From: c.From, To: c.To, Expected: c.Scenario.Expect.String()}
	done := uint64(0)
	for _, o := range choices {
		col := newColumn(c.labels(o))
		sum, err := scenarios.Sweep{
			Scenario: c.Scenario, Options: o, From: c.From, To: c.To, Workers: c.Workers, Each: col.add,
			Progress: func(*scenarios.Summary) {
				done++
				if c.Progress != nil {
					c.Progress(done)
				}
			},
		}.Run(ctx)
		if err != nil {
			return nil, err
		}
		t.Columns = append(t.Columns, col.finish(sum))
	}
	return t, nil
}

// Runs is how many runs there will be.
func (c Comparison) Runs() uint64 {
	n := c.To - c.From + 1
	for _, a := range c.Axes {
		n *= uint64(len(a.Values))
	}
	return n
}

// choices are the options of each combination; the last axis changes fastest.
func (c Comparison) choices() ([]scenarios.Options, error) {
	list := []scenarios.Options{c.Options}
	for i, a := range c.Axes {
		for _, b := range c.Axes[:i] {
			if a.Knob == b.Knob {
				return nil, fmt.Errorf("knob %s is compared twice\nhint: --knob %s=%s", a.Knob, a.Knob, strings.Join(append(slices.Clone(b.Values), a.Values...), ","))
			}
		}
		var wider []scenarios.Options
		for _, o := range list {
			for _, v := range a.Values {
				with := o
				if with.Knobs = maps.Clone(o.Knobs); with.Knobs == nil {
					with.Knobs = scenarios.Values{}
				}
				with.Knobs[a.Knob] = v
				wider = append(wider, with)
			}
		}
		if list = wider; len(list) > most {
			return nil, fmt.Errorf("%d combinations or more, expected at most %d", len(list), most)
		}
	}
	return list, nil
}

// labels are the values of the axes in one combination: "ack=async".
func (c Comparison) labels(o scenarios.Options) []string {
	if len(c.Axes) == 0 {
		return []string{c.Scenario.Name}
	}
	var list []string
	for _, a := range c.Axes {
		list = append(list, a.Knob+"="+o.Knobs[a.Knob])
	}
	return list
}

// column gathers the runs of one combination.
type column struct {
	Column
	latency  *hdrhistogram.Histogram // of the operations that were ok, in nanoseconds
	measured map[uint64][]scenarios.Measure
}

func newColumn(labels []string) *column {
	const digits = 3
	return &column{
		Column:   Column{Labels: labels},
		latency:  hdrhistogram.New(1, int64(time.Hour), digits),
		measured: map[uint64][]scenarios.Measure{},
	}
}

// add counts a run. The order in which runs end depends on the machine, and what they
// come to must not: only whole numbers are summed here.
func (c *column) add(r *scenarios.Report) {
	for _, op := range r.History().Ops {
		c.Asked++
		switch op.Outcome {
		case checker.OutcomeOK:
			c.OK++
			_ = c.latency.RecordValue(min(op.Return-op.Call, int64(time.Hour))) // within its range
		case checker.OutcomeFailed:
			c.Failed++
		default:
			c.Unknown++
		}
	}
	c.messages += r.Messages
	if len(r.Measures) > 0 {
		c.measured[r.Seed] = r.Measures
	}
}

func (c *column) finish(sum *scenarios.Summary) Column {
	c.Runs, c.Outcomes = sum.Done, sum.Outcomes
	if len(sum.Failures) > 0 {
		c.Reproduce = sum.Failures[0].Command
	}
	c.P50, c.P99, c.Max = c.at(50), c.at(99), c.at(100)
	if c.Asked > 0 {
		c.Available = float64(c.OK) / float64(c.Asked)
		c.PerOperation = float64(c.messages) / float64(c.Asked)
	}
	var seeds []uint64
	for seed := range c.measured {
		seeds = append(seeds, seed)
	}
	slices.Sort(seeds)
	for _, seed := range seeds {
		c.Measures = sumUp(c.Measures, c.measured[seed])
	}
	for i := range c.Measures {
		c.Measures[i].Value /= float64(len(seeds))
	}
	return c.Column
}

func (c *column) at(percent float64) time.Duration {
	return time.Duration(c.latency.ValueAtQuantile(percent))
}

// sumUp adds a run's measures to those of the runs before it.
func sumUp(sums []Average, run []scenarios.Measure) []Average {
	if sums == nil {
		for _, m := range run {
			sums = append(sums, Average{Measure: m, Max: m.Value})
		}
		return sums
	}
	for i, m := range run {
		if i < len(sums) && sums[i].Name == m.Name { // a system gives always the same
			sums[i].Value += m.Value
			sums[i].Max = max(sums[i].Max, m.Value)
		}
	}
	return sums
}
