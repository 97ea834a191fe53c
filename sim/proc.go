package sim

import (
	"fmt"
	"iter"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"
)

// Proc is a process: straight-line code running on a node, with calls that
// block. Every function that the world runs is given the Proc it runs on, and
// must use that one and no other: on the Proc of another, also of one that has
// ended, all calls panic but those that only look, such as Name and Elapsed.
// Exactly one process runs at a time, so code between two blocking calls is
// atomic: no other code sees it half done.
//
// A handler and a timer's function get a Proc too, on which everything works
// but the calls that block: those panic.
type Proc struct {
	// What every wait and every message touch lies together, in three cache lines:
	// the whole has a size of five, so that it begins with one.
	w       *World
	node    *Node
	wake    uint64                  // key of the queued event that will let it go on
	resume  func() (struct{}, bool) // those of its coroutine, nil while it has none
	yield   func(struct{}) bool
	list    *waitlist
	prev    *Proc // in list
	next    *Proc
	readied *waitlist // the list that let it go on, until it does

	incarnation uint32 // of the node, when the process began
	index       int32  // in World.procs
	handler     bool   // runs inline on the loop; must not block
	active      bool   // entered and not yet blocked again
	killed      bool   // to unwind when it next blocks, or unwinding
	unwound     bool   // was given the value to unwind with
	returned    bool   // the function returned, rather than panicked
	client      bool   // the first process of a client
	blocked     string // the call it blocks in, for reports
	message     Message
	memory      memory // of its coroutine
	calling     uint64 // the call it waits for

	fault      error
	co         *coroutine // while it lives
	name       string
	span       uint64 // the innermost open span
	born       uint64 // the event that made it
	generation uint32 // counts the processes that this struct has been
	calls      uint32 // counts its calls, so that a late reply is known for one
	older      *Proc  // on the node
	younger    *Proc
	onKill     killer // told if it is killed while it waits
	run        func(p *Proc)
	serve      Handler
}

// coroutine is what a process runs on. It is pooled apart from the process: a
// thousand that have not begun, or begin one after the other, need one between
// them.
type coroutine struct {
	p      *Proc
	resume func() (struct{}, bool)
	stop   func()
	yield  func(struct{}) bool
	memory memory
}

// unwinding is what a killed process panics with.
type unwinding struct{}

// Name returns the process's name: its node's for the boot process, and
// node/name for those it spawned.
func (p *Proc) Name() string { return p.name }

// Node returns the node that the process runs on.
func (p *Proc) Node() *Node { return p.node }

// World returns the world. Simulated code uses it at the price of seeing what
// no real process could; tests and workloads do so rightly.
func (p *Proc) World() *World { return p.w }

// newProc takes a process from the pool or makes one. It gets a coroutine when it
// first runs.
func (w *World) newProc(n *Node, name string) *Proc {
	var p *Proc
	if last := len(w.spare) - 1; last >= 0 {
		p = w.spare[last]
		w.spare = w.spare[:last]
	} else {
		p = &Proc{w: w, index: int32(len(w.procs))}
		w.procs = append(w.procs, p)
	}
	p.node, p.name, p.incarnation, p.born = n, name, n.incarnation, w.cause
	p.generation++
	n.adopt(p)
	return p
}

// startBlock is what a process waits for that has not run yet.
const startBlock = "its start"

// spawn makes a process that starts at this instant, in its turn.
func (w *World) spawn(n *Node, name string, run func(p *Proc)) *Proc {
	p := w.newProc(n, name)
	p.run = run
	p.blocked = startBlock
	p.wake = w.after(0, &pending{kind: doStart, proc: p})
	return p
}

// start returns a process that is to begin, unless that has to wait.
func (w *World) start(e *pending) *Proc {
	p := e.proc
	p.wake = 0
	if p.node.paused {
		p.node.stash(*e)
		return nil
	}
	w.cause = e.cause
	return p
}

// enter runs p until it blocks or ends.
func (w *World) enter(p *Proc) {
	if p.resume == nil {
		w.lend(p)
	}
	before := w.running
	w.running, w.recent = p, p
	p.active = true
	p.resume()
	p.active = false
	w.running = before
	if p.unwound {
		w.exorcise(p)
	}
}

// lend gives p a coroutine, from the pool or a new one.
func (w *World) lend(p *Proc) {
	if last := len(w.idle) - 1; last >= 0 {
		p.co = w.idle[last]
		w.idle = w.idle[:last]
	} else {
		p.co = &coroutine{}
		p.co.resume, p.co.stop = iter.Pull(p.co.work)
	}
	p.co.p = p
	p.resume, p.yield, p.memory = p.co.resume, p.co.yield, p.co.memory
}

// exorcise ends a killed process that recovered from the unwinding and blocked
// again. A Goexit cannot be recovered from, but passes to the caller of stop:
// that has to be a goroutine made for it.
func (w *World) exorcise(p *Proc) {
	before := w.running
	w.running = p
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.co.stop()
	}()
	<-done
	w.running = before
	p.co = nil
	w.finish(p)
}

// work is the body of a coroutine: it runs one process after another.
func (c *coroutine) work(yield func(struct{}) bool) {
	c.yield = yield
	c.memory.note(c)
	c.p.yield, c.p.memory = c.yield, c.memory
	for c.p != nil {
		c.p.live()
		c.p.w.finish(c.p)
		c.p = nil
		if !yield(struct{}{}) {
			return
		}
	}
}

func (p *Proc) live() {
	p.returned = false
	defer p.caught()
	if p.serve != nil {
		request := p.message
		p.message = Message{} // where a call that it makes will find its answer
		reply, err := p.serve(p, request)
		if !p.killed { // it may have recovered from its kill
			p.w.reply(p.node, &request, reply, err)
		}
	} else {
		p.run(p)
	}
	p.returned = true
}

// caught ends the run if the process panicked. A Goexit, such as a test's
// FailNow, passes through to whoever called Run.
func (p *Proc) caught() {
	if p.returned {
		return
	}
	cause := recover()
	if _, ok := cause.(unwinding); ok || cause == nil || p.killed {
		return
	}
	if p.w.showing {
		panic(fmt.Sprintf("%v\n\n%s", cause, debug.Stack())) // to the caller of Run
	}
	p.w.end(Outcome{
		Status: Crashed, Reason: fmt.Sprintf("panic: %v", cause),
		Node: p.node.name, Proc: p.name, Stack: string(debug.Stack()),
	})
}

// finish is the end of a process, however it came.
func (w *World) finish(p *Proc) {
	if !p.killed {
		w.count(KindExit, p.node, nil, w.cause, 0)
		if len(w.observers) != 0 {
			w.show(&fact{kind: KindExit, node: p.node, cause: w.cause})
		}
	}
	if p.client {
		w.clients--
	}
	p.node.disown(p)
	if p.co != nil {
		w.idle = append(w.idle, p.co)
	}
	*p = Proc{w: w, index: p.index, generation: p.generation, calls: p.calls}
	w.spare = append(w.spare, p)
}

// willBlock is how every blocking call begins, before it arranges to be woken:
// a killed process unwinds here, and one that cannot block is told so.
func (p *Proc) willBlock(what string) {
	if p.w.running != p || p.handler || p.killed {
		p.cannotBlock(what)
	}
	p.blocked = what
}

func (p *Proc) cannotBlock(what string) {
	if p.w.running != p || p.handler {
		p.mustNotBlock(what)
	}
	p.blocked = what
	p.unwind()
}

// park blocks the process until something enters it again. What blocks most has
// it written out, to save the frame: see [World.loop].
func (p *Proc) park() {
	p.memory.noteStack()
	if alive := p.yield(struct{}{}); !alive || p.killed {
		p.leave(alive)
	}
}

// leave is what a process does when it goes on only to end.
func (p *Proc) leave(alive bool) {
	if !alive {
		runtime.Goexit()
	}
	p.unwind()
}

// unwind leaves the process by panic; by Goexit if it recovered from the panic
// and blocked again, see exorcise.
func (p *Proc) unwind() {
	if p.unwound {
		p.yield(struct{}{})
		runtime.Goexit()
	}
	p.unwound = true
	panic(unwinding{})
}

func (p *Proc) mustNotBlock(what string) {
	if p.handler {
		panic(fmt.Sprintf("sim: %s blocks, and a handler or timer must not: use Serve or Go instead", what))
	}
	p.misused(what)
}

// misused panics because somebody uses p who was not given it.
func (p *Proc) misused(what string) {
	runs, whose := "no process", "process "+strconv.Quote(p.name)
	if q := p.w.running; q != nil {
		runs = "process " + q.name
	}
	if p.node == nil {
		whose = "a process that has ended"
	}
	panic(fmt.Sprintf("sim: %s on %s while %s runs: use the *Proc that your function was given", what, whose, runs))
}

// gone is how every call begins that has an effect and does not block. It says that
// the process may touch nothing any more, see crashed, and panics if it is not the
// one that runs.
func (p *Proc) gone() bool {
	if p.w.running != p {
		p.misused("a call")
	}
	return p.crashed()
}

// crashed says that the node has crashed since the process began. It is what
// deferred functions of a crashed node find.
func (p *Proc) crashed() bool { return p.incarnation != p.node.incarnation }

// kill unwinds a process now: what it deferred has run when kill returns. One
// that is itself in the middle of killing unwinds when it next blocks.
func (w *World) kill(p *Proc) {
	if p.killed {
		return
	}
	p.killed = true
	switch {
	case p == w.running:
		p.unwound = true
		panic(unwinding{})
	case p.active:
	case p.blocked == startBlock:
		p.detach()
		w.finish(p)
	default:
		p.detach()
		w.enter(p)
	}
}

// detach takes a process out of whatever it waits in.
func (p *Proc) detach() {
	p.unwake()
	p.calling = 0
	if p.list != nil {
		p.list.remove(p)
	}
	if p.crashed() {
		return // with it all that it could give back
	}
	if k := p.onKill; k != nil {
		p.onKill = nil
		k.killed(p)
	} else if p.readied != nil {
		p.readied.ready() // it will not look at what it was woken for; another may
	}
	p.readied = nil
}

// A killer holds something for a process that waits: a core, a lock. It takes it
// back if the process is killed, after it was let go (readied) or before.
type killer interface{ killed(p *Proc) }

// Task is a spawned process as seen by others.
type Task struct {
	p          *Proc
	generation uint32
}

// Done says whether the process has ended.
func (t Task) Done() bool { return t.p == nil || t.p.generation != t.generation || t.p.run == nil }

// running says whether it is the process that runs now.
func (t Task) running() bool { return !t.Done() && t.p.w.running == t.p }

// Kill unwinds the process now: its blocking call panics with a value that must
// not be swallowed, and what it deferred runs. To kill what has ended is nothing.
func (t Task) Kill() {
	if t.Done() || t.p.killed {
		return
	}
	w := t.p.w
	before := w.cause
	defer func() { w.cause = before }() // it may be the end of the caller
	w.cause = w.emit(&fact{kind: KindKill, node: t.p.node, cause: before, sum: hashString(t.p.name), text: t.p.name})
	w.kill(t.p)
}

// Go spawns a process on the same node. It starts at the same instant, after
// the caller blocks, in its turn among what else is due.
func (p *Proc) Go(name string, run func(p *Proc)) Task {
	if p.gone() {
		return Task{}
	}
	full := p.node.name + "/" + name
	before := p.w.cause
	p.w.cause = p.w.emit(&fact{kind: KindSpawn, node: p.node, cause: before, sum: hashString(name), text: full})
	child := p.w.spawn(p.node, full, run)
	p.w.cause = before
	return Task{child, child.generation}
}

// Sleep blocks for d as the node's own clock counts it. With d of zero or less
// it only lets everything else that is due at this instant have its turn.
func (p *Proc) Sleep(d time.Duration) {
	p.willBlock("Sleep")
	p.w.wakeAfter(p.node.clock.global(max(d, 0)), p)
	p.memory.noteStack()
	if alive := p.yield(struct{}{}); !alive || p.killed {
		p.leave(alive)
	}
}

// Timer is what [Proc.After] or [World.At] set.
type Timer struct {
	w   *World
	n   *Node // if it is one of a node's
	key uint64
}

// Stop takes the timer back, and says whether it was still to fire. If not, that is
// nothing.
func (t Timer) Stop() bool {
	if t.key == 0 || t.w.closed {
		return false
	}
	if t.w.slab[t.key&slotMask].key == t.key {
		t.w.cancel(t.key)
		return true
	}
	return t.n != nil && t.n.unstash(func(e pending) bool { return e.key == t.key })
}

// After calls f in d, as the node's own clock counts it, unless the node crashes
// or the timer is stopped before. It does not block; nor may f, which is a
// handler.
func (p *Proc) After(d time.Duration, f func(p *Proc)) Timer {
	if p.gone() {
		return Timer{}
	}
	key := p.w.after(p.node.clock.global(max(d, 0)), &pending{
		kind: doTimer, to: p.node.id, incarnation: p.incarnation, body: f,
	})
	return Timer{p.w, p.node, key}
}

func (w *World) fireTimer(e *pending) {
	n := w.nodes[e.to]
	if e.incarnation != n.incarnation {
		return // the node that set it has crashed
	}
	if n.paused {
		n.stash(*e)
		return
	}
	w.cause = w.emit(&fact{kind: KindTimer, node: n, cause: e.cause})
	before := w.running
	w.running = n.inline()
	w.recent = w.running
	e.body.(func(*Proc))(w.running)
	w.running = before
}

// Rand returns the node's own stream of random numbers for a purpose. The same
// purpose gives the same stream from its beginning: keep it, do not ask again.
func (p *Proc) Rand(purpose string) *Rand {
	p.gone() // which changes no stream, but is asked of the right process
	return p.w.Rand(purpose, p.node.name)
}

// Log writes a note, a line for people, into the run's events. It is formatted
// only if somebody watches.
func (p *Proc) Log(format string, args ...any) {
	if p.gone() {
		return
	}
	f := fact{kind: KindNote, node: p.node, cause: p.w.cause, sum: hashString(format)}
	if len(p.w.observers) != 0 {
		f.text = fmt.Sprintf(format, args...)
	}
	p.w.emit(&f)
}

// Fail ends the run as violated: the process found what must not be. It returns;
// the run ends when the process blocks.
func (p *Proc) Fail(check, format string, args ...any) {
	if !p.gone() {
		p.w.Fail(check, format, args...)
	}
}

// Span is a stretch of a process's time with a name, such as a client's
// operation or a step of a protocol.
type Span struct {
	p     *Proc
	id    uint64
	outer uint64
}

// Span opens a span in the process; spans nest. The attributes, if any, are for
// observers and must not be changed afterwards.
func (p *Proc) Span(name string, attributes ...Field) Span {
	if p.gone() {
		return Span{}
	}
	f := fact{kind: KindSpan, node: p.node, cause: p.w.cause, sum: hashString(name), text: name}
	if len(attributes) != 0 && len(p.w.observers) != 0 {
		f.body = attributes
	}
	s := Span{p, p.w.emit(&f), p.span}
	p.span = s.id
	return s
}

// End closes the span. The attributes tell how it went.
func (s Span) End(attributes ...Field) {
	if s.p == nil || s.p.crashed() {
		return
	}
	f := fact{kind: KindSpanEnd, node: s.p.node, cause: s.p.w.cause, arg: s.id}
	if len(attributes) != 0 && len(s.p.w.observers) != 0 {
		f.body = attributes
	}
	s.p.w.emit(&f)
	s.p.span = s.outer
}

// ID is the number of the event that opened the span.
func (s Span) ID() uint64 { return s.id }
