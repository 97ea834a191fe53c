package study

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/orrery-sim/orrery/scenarios"
)

// Survey runs a scenario over many seeds in the background. What it has found can be
// read at any time.
type Survey struct {
	scenario *scenarios.Scenario
	options  scenarios.Options
	from     uint64
	now      func() time.Time
	cancel   context.CancelFunc
	ctx      context.Context
	wake     chan struct{} // more may have been asked for

	mu      sync.Mutex // guards all below
	asked   int
	runs    map[uint64]Run
	list    []Run              // of the seeds asked for, by seed; nil if it has to be made anew
	stopped bool               // for good
	running bool               // some seeds are being run
	skip    context.CancelFunc // ends the sweep that goes on
	took    time.Duration      // by the sweeps that have ended
	began   time.Time          // the one that goes on
	events  uint64
	err     error
}

// nondeterministic is the outcome of a seed of which two runs differed.
const nondeterministic = "nondeterministic"

// Begin begins to run so many seeds from one on. now tells the time by which the rate is
// measured, such as time.Now. Stop must be called at the end.
func Begin(s *scenarios.Scenario, o scenarios.Options, from uint64, seeds int, now func() time.Time) *Survey {
	v := &Survey{scenario: s, options: o, from: from, now: now, asked: seeds, runs: map[uint64]Run{}, wake: make(chan struct{}, 1)}
	v.ctx, v.cancel = context.WithCancel(context.Background())
	v.running = seeds > 0
	v.began = now()
	go v.work()
	return v
}

// Ask changes how many seeds are wanted. Those that have been run stay.
func (v *Survey) Ask(seeds int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.stopped {
		return
	}
	v.asked, v.list = max(seeds, 0), nil
	_, _, more := v.gap()
	switch {
	case more && !v.running:
		v.running, v.began = true, v.now()
	case !more && v.skip != nil:
		v.skip()
	}
	select {
	case v.wake <- struct{}{}:
	default:
	}
}

// Stop ends the survey. What was found can still be read.
func (v *Survey) Stop() {
	v.mu.Lock()
	v.stopped = true
	v.mu.Unlock()
	v.cancel()
}

// work sweeps over what is missing, whenever something is.
func (v *Survey) work() {
	for v.ctx.Err() == nil {
		v.mu.Lock()
		from, to, more := v.gap()
		if !more && v.running {
			v.running = false
			v.took += v.now().Sub(v.began)
		}
		ctx, skip := context.WithCancel(v.ctx)
		v.skip = skip
		v.mu.Unlock()
		if more {
			v.sweep(ctx, from, to)
		} else {
			select {
			case <-v.wake:
			case <-v.ctx.Done():
			}
		}
		skip()
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.running {
		v.running = false
		v.took += v.now().Sub(v.began)
	}
}

// gap returns the first seeds that are asked for and have not been run.
func (v *Survey) gap() (from, to uint64, more bool) {
	if v.err != nil || v.asked <= 0 {
		return 0, 0, false
	}
	last := v.from + uint64(v.asked) - 1
	for from = v.from; from <= last; from++ {
		if _, done := v.runs[from]; !done {
			break
		}
	}
	for to = from; to < last; to++ {
		if _, done := v.runs[to+1]; done {
			break
		}
	}
	return from, to, from <= last
}

// sweep runs seeds side by side, and leaves a core for who looks on.
func (v *Survey) sweep(ctx context.Context, from, to uint64) {
	sweep := scenarios.Sweep{
		Scenario: v.scenario, Options: v.options, From: from, To: to, Workers: max(runtime.NumCPU()-1, 1),
		Each: func(r *scenarios.Report) {
			run := Sum(r)
			v.mu.Lock()
			defer v.mu.Unlock()
			v.runs[run.Seed], v.list = run, nil
			v.events += run.Events
			if v.done() >= v.asked {
				v.skip()
			}
		},
		Progress: v.differed,
	}
	sweep.Options.Observe = nil
	if _, err := sweep.Run(ctx); err != nil {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.err = err
	}
}

// differed notes the seeds of which two runs were not the same: no report tells it.
func (v *Survey) differed(sum *scenarios.Summary) {
	if sum.Outcomes[nondeterministic] == 0 {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, f := range sum.Failures {
		if f.Outcome == nondeterministic {
			run := v.runs[f.Seed]
			run.Outcome, run.Reason, run.Expected = f.Outcome, f.Reason, false
			v.runs[f.Seed], v.list = run, nil
		}
	}
}

// done is how many of the seeds asked for have been run.
func (v *Survey) done() int {
	n := 0
	for seed := range v.runs {
		if seed-v.from < uint64(v.asked) {
			n++
		}
	}
	return n
}

// Snapshot is what a survey has found so far. It does not change any more.
type Snapshot struct {
	Scenario string
	From     uint64 // the first seed
	Asked    int
	Runs     []Run // of the seeds asked for, by seed; the same slice as before if none has been added
	Expected string
	Took     time.Duration // by the clock on the wall
	Events   uint64        // in all runs
	Running  bool
	Stopped  bool
	Err      error // why nothing can be run
}

// Snapshot returns what has been found so far.
func (v *Survey) Snapshot() *Snapshot {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := &Snapshot{
		Scenario: v.scenario.FullName(), From: v.from, Asked: v.asked, Expected: v.scenario.Expect.String(),
		Took: v.took, Events: v.events, Running: v.running, Stopped: v.stopped, Err: v.err,
	}
	if v.running {
		s.Took += v.now().Sub(v.began)
	}
	if v.list == nil {
		v.list = make([]Run, 0, len(v.runs))
		for _, seed := range slices.Sorted(maps.Keys(v.runs)) {
			if seed-v.from < uint64(v.asked) {
				v.list = append(v.list, v.runs[seed])
			}
		}
	}
	s.Runs = slices.Clip(v.list)
	return s
}

// Left is how long what is missing will take at the rate so far; it is false if that is not
// known.
func (s *Snapshot) Left() (time.Duration, bool) {
	if len(s.Runs) == 0 || s.Took <= 0 {
		return 0, false
	}
	return time.Duration(float64(s.Took) / float64(len(s.Runs)) * float64(s.Asked-len(s.Runs))), true
}

// String says in a line how far the survey has come.
func (s *Snapshot) String() string {
	return fmt.Sprintf("%s: %d of %d seeds from %d", s.Scenario, len(s.Runs), s.Asked, s.From)
}
