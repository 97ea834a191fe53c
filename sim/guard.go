package sim

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"
)

// watchdog notices, in real time, that simulated code does not come back. It is
// the one place in the kernel that knows real time, and all it can do is end a
// run that would never end by itself.
type watchdog struct {
	asked atomic.Bool
	hung  bool
}

// answer tells the watchdog that the loop is alive.
func (d *watchdog) answer() {
	if d.asked.Load() {
		d.asked.Store(false)
	}
}

// drive runs the loop on a goroutine of its own, so that a process that never
// yields can be left behind, and waits for it here.
func (w *World) drive(limit int64, upTo uint64, done func() bool) Outcome {
	if w.driving {
		panic("sim: a world cannot be run from inside itself")
	}
	if limit < w.now { // overflow: until the end of time
		limit = 1<<63 - 1
	}
	if w.over() {
		return *w.ended
	}
	w.driving = true
	defer func() { w.driving = false }()
	var r loopResult
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		defer r.recover(w)
		w.loop(limit, upTo, done)
		r.returned = true
	}()
	if stack := w.await(finished); stack != "" {
		return w.hangs(stack)
	}
	if !r.returned {
		w.end(Outcome{Status: Unknown, Reason: "the run was left in the middle of an event, by a panic or runtime.Goexit"})
	}
	switch {
	case r.returned:
	case r.panicked != nil:
		panic(r.panicked)
	default:
		runtime.Goexit() // a test's FailNow, passed on to the test
	}
	if w.mutation != nil && w.ended == nil {
		w.mutation.verifyAll(w)
	}
	return w.outcome()
}

// loopResult is how the loop's goroutine ended.
type loopResult struct {
	returned bool
	panicked any
}

// recover turns a panic in a handler or timer into the run's outcome. One in the
// kernel, an observer or an act is not the simulated system's: it goes to the
// caller of Run, with the stack that would be lost otherwise.
func (r *loopResult) recover(w *World) {
	if r.returned {
		return
	}
	cause := recover()
	if cause == nil {
		w.running = nil
		return
	}
	p := w.running
	w.running, w.cause = nil, 0
	if p == nil || w.showing {
		r.panicked = fmt.Sprintf("%v\n\n%s", cause, debug.Stack())
		return
	}
	r.returned = true
	w.end(Outcome{
		Status: Crashed, Reason: fmt.Sprintf("panic: %v", cause),
		Node: p.node.name, Proc: p.name, Stack: string(debug.Stack()),
	})
}

// await returns "" when the loop has finished, and the stack of the process that
// keeps it from doing so if it has not come round for a whole period.
func (w *World) await(finished chan struct{}) (stack string) {
	tick := time.NewTicker(w.config.HangAfter)
	defer tick.Stop()
	w.watch.asked.Store(false)
	for {
		select {
		case <-finished:
			return ""
		case <-tick.C:
			if w.watch.asked.Swap(true) {
				return w.hungStack()
			}
		}
	}
}

// hungStack finds, among the stacks of all goroutines, that of the coroutine, or
// else the loop, which runs or waits outside the world's knowledge. Other worlds
// may run beside this one: it is known by its argument.
//
//go:norace
func (w *World) hungStack() string {
	frame := fmt.Sprintf("sim.(*World).loop(%p", w)
	if p := w.running; p != nil && !p.handler {
		frame = fmt.Sprintf("sim.(*Proc).live(%p", p)
	}
	all := allStacks()
	for _, g := range strings.Split(all, "\n\n") {
		if strings.Contains(g, frame) {
			return g
		}
	}
	return "no stack found among:\n" + all
}

// allStacks returns the stacks of all goroutines, of which there may be one for
// each process.
func allStacks() string {
	const most = 1 << 28
	for size := 1 << 20; ; size *= 4 {
		buf := make([]byte, size)
		if n := runtime.Stack(buf, true); n < size || size >= most {
			return string(buf[:n])
		}
	}
}

// hangs ends the run. The goroutine that does not come back cannot be stopped
// from outside, so the world is left to it and never touched again.
//
//go:norace
func (w *World) hangs(stack string) Outcome {
	w.watch.hung = true
	o := Outcome{
		Status: Stuck, Event: w.number, At: time.Duration(w.now), Stack: stack,
		Reason: fmt.Sprintf("a process did not yield for %v of real time", w.config.HangAfter),
	}
	if p := w.running; p != nil {
		o.Node, o.Proc = p.node.name, p.name
	}
	w.ended = &o
	return o
}
