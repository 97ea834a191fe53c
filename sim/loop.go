package sim

import (
	"fmt"
	"math"
	"time"
)

// The key of a queued event orders it among those due at the same instant, by
// class and then by a seeded permutation of its sequence number: first come
// first served would hide on every seed the races that a real cluster has. The
// low bits say where its payload lies.
const (
	slotBits  = 28
	orderBits = 33
	slotMask  = 1<<slotBits - 1
)

// Classes of events due at one instant, in the order in which they happen.
const (
	classAct    = 0 // what those outside the cluster do
	classNormal = 1
)

// todo is what a queued event makes happen.
type todo uint8

const (
	doStart   todo = iota // run a process for the first time
	doWake                // let a process go on
	doTimer               // call a timer's function
	doDeliver             // a datagram arrives
	doTake                // one that has arrived at a paused node is taken
	doAct                 // somebody outside acts
	doFire                // a part of the kernel goes on: body is a firer
)

// pending is an event that has yet to happen. It is one cache line.
type pending struct {
	key         uint64 // its key's low word; 0 if the slot is free
	cause       uint64
	kind        todo
	flags       uint8
	port        uint16
	incarnation uint32
	from, to    int32 // node ids
	arg         uint64
	proc        *Proc
	body        any
}

// A firer is a part of the kernel (a disk, a stream) that waits for its time.
type firer interface{ fire(w *World, arg uint64) }

// schedule queues an event and returns its key's low word, by which it can be
// cancelled.
func (w *World) schedule(at int64, class uint64, e *pending) uint64 {
	if class == classNormal {
		queued := w.enqueue(at)
		e.key = queued.key
		*queued = *e
		return e.key
	}
	slot := w.slot()
	w.acts++ // as asked for, and without moving the order of anything else
	e.key = class<<(slotBits+orderBits) | w.acts<<slotBits | uint64(slot)
	w.slab[slot] = *e
	w.queue.push(key{at, e.key})
	return e.key
}

// enqueue queues an event of the normal class and returns it for the caller to
// fill in, all but its key. What is not overwritten is of an event long past.
func (w *World) enqueue(at int64) *pending {
	slot := w.free
	if slot < 0 {
		slot = w.newSlot()
	}
	e := &w.slab[slot]
	w.free = int32(e.arg)
	w.seq++
	e.key = uint64(classNormal)<<(slotBits+orderBits) | w.order.order(w.seq)<<slotBits | uint64(slot)
	if w.queue.isFar(at) { // this is push, without a frame
		w.queue.far.put(key{at, e.key})
	} else {
		w.queue.pushNear(key{at, e.key})
	}
	return e
}

// slot takes a free slot of the slab, or a new one.
func (w *World) slot() int32 {
	slot := w.free
	if slot < 0 {
		slot = w.newSlot()
	}
	w.free = int32(w.slab[slot].arg)
	return slot
}

// newSlot makes a free slot, the only one. Its frame is not to be that of enqueue.
//
//go:noinline
func (w *World) newSlot() int32 {
	if len(w.slab) > slotMask {
		panic("sim: more than 268 million events are pending")
	}
	none := int64(w.free)
	w.slab = append(w.slab, pending{arg: uint64(none)})
	return int32(len(w.slab) - 1)
}

// after is schedule for the common case: d from now, in the normal class, because
// of what happens now.
func (w *World) after(d time.Duration, e *pending) uint64 {
	e.cause = w.cause
	return w.schedule(w.in(d), classNormal, e)
}

// in is the time d from now, or the end of time.
func (w *World) in(d time.Duration) int64 {
	at := w.now + int64(d)
	if at < w.now {
		return math.MaxInt64
	}
	return at
}

// wakeAfter lets p go on in d.
func (w *World) wakeAfter(d time.Duration, p *Proc) {
	e := w.enqueue(w.in(d))
	e.cause, e.kind, e.proc = w.cause, doWake, p
	p.wake = e.key
}

// fireAfter has f go on d from now.
func (w *World) fireAfter(d time.Duration, f firer, arg uint64) uint64 {
	return w.after(d, &pending{kind: doFire, arg: arg, body: f})
}

// cancel takes back a queued event. Its key stays in the queue until it comes up
// or until so many are dead that a sweep pays: timeouts are nearly always
// cancelled, and unlinking each would cost more.
func (w *World) cancel(k uint64) {
	if k == 0 || w.slab[k&slotMask].key != k {
		return
	}
	w.release(int32(k & slotMask))
	w.dead++
	if w.dead > 1024 && w.dead > w.queue.len()/2 {
		w.queue.prune(func(lo uint64) bool { return w.slab[lo&slotMask].key != lo })
		w.dead = 0
	}
}

func (w *World) release(slot int32) {
	e := &w.slab[slot]
	e.key, e.proc, e.body = 0, nil, nil
	e.arg = uint64(int64(w.free))
	w.free = slot
}

// advance makes the next event happen if it is due by limit, and says whether it
// did. The process that goes on because of it, if one does, is left to the loop
// to enter.
func (w *World) advance(limit int64) (p *Proc, ok bool) {
	for {
		k, ok := w.queue.pop(limit)
		if !ok {
			return nil, false
		}
		e := &w.slab[k.lo&slotMask]
		if e.key != k.lo {
			w.dead--
			continue
		}
		w.lookAhead()
		w.now = k.at
		if e.kind == doWake {
			p, cause := e.proc, e.cause
			w.release(int32(k.lo & slotMask))
			return w.wakeUp(p, cause), true
		}
		event := *e
		w.release(int32(k.lo & slotMask))
		return w.dispatch(&event), true
	}
}

// wakeUp lets a process go on whose time has come. It returns it, unless that
// has to wait.
func (w *World) wakeUp(p *Proc, cause uint64) *Proc {
	p.wake = 0
	n := p.node
	if n.paused {
		n.stash(pending{kind: doWake, cause: cause, proc: p})
		return nil
	}
	w.cause = w.fold(place(KindWake, n.id, -1), cause, 0)
	if len(w.observers) != 0 {
		w.running = p
		w.show(&fact{kind: KindWake, node: n, cause: cause, call: p.calling})
		w.running = nil
	}
	return p
}

// dispatch makes one event happen. Everything that runs before it returns is
// caused by that event, and so is what the process does that it returns and that
// the caller then enters, if there is one.
func (w *World) dispatch(e *pending) *Proc {
	switch e.kind {
	case doDeliver, doTake:
		return w.arrive(e)
	case doStart:
		return w.start(e)
	case doTimer:
		w.fireTimer(e)
	case doAct:
		a := e.body.(*act)
		w.cause = w.emit(&fact{kind: KindAct, cause: e.cause, sum: hashString(a.text), text: a.text})
		a.f()
	case doFire:
		w.cause = e.cause
		e.body.(firer).fire(w, e.arg)
	}
	return nil
}

// loop handles events until limit, until the event number upTo, until done says
// so, or until the run has ended.
func (w *World) loop(limit int64, upTo uint64, done func() bool) {
	for w.ended == nil && w.number < upTo {
		p, ok := w.advance(limit)
		if !ok {
			if w.deadlocked() {
				w.deadlock()
			}
			if w.ended == nil && limit != math.MaxInt64 {
				w.now = limit
				w.queue.advanceTo(limit)
			}
			return
		}
		if p != nil {
			// This is enter, without a frame: after a switch between coroutines the
			// processor mispredicts every return, at some 5 ns each, so that
			// nothing should stand between the loop and the switch.
			if p.resume == nil {
				w.lend(p)
			}
			w.running, w.recent = p, p
			p.active = true
			p.resume()
			p.active = false
			w.running = nil
			if p.unwound {
				w.exorcise(p)
			}
		}
		w.cause = 0
		w.watch.answer()
		if w.now != w.instantAt {
			w.instantAt, w.instant = w.now, 0
		} else if w.instant++; w.instant > w.config.InstantLimit {
			w.livelock()
		}
		if len(w.invariants) != 0 && w.ended == nil {
			w.checkInvariants()
		}
		if done != nil && done() {
			return
		}
	}
}

// Run lets d of virtual time pass. It returns ok when it has, and sooner with
// another outcome when the run ends: a check failed, simulated code panicked,
// nothing can make progress. See [World.Ended] for when it can be run on.
func (w *World) Run(d time.Duration) Outcome {
	if d < 0 {
		panic(fmt.Sprintf("sim: Run(%v): time does not run backwards", d))
	}
	if w.over() { // by a hang, perhaps: then nothing else can be read
		return *w.ended
	}
	return w.drive(w.now+int64(d), ^uint64(0), nil)
}

// RunUntil lets time pass until done returns true, which it asks after every
// event. It returns ok when it does; stuck if it has not within d of virtual time.
func (w *World) RunUntil(done func() bool, d time.Duration) Outcome {
	if d < 0 {
		panic(fmt.Sprintf("sim: RunUntil(%v): time does not run backwards", d))
	}
	if w.over() || done() {
		return w.outcome()
	}
	met := false
	out := w.drive(w.now+int64(d), ^uint64(0), func() bool { met = done(); return met })
	if out.OK() && !met {
		return Outcome{
			Status: Stuck, Event: w.number, At: w.Now(),
			Reason: fmt.Sprintf("the condition waited for has not come true within %v", d),
		}
	}
	return out
}

// RunTo runs until the event of that number has happened. What one step of a
// process or handler does is not cut in two: the world stops after the step in
// which the event lies. It returns ok also if the world fell silent before.
func (w *World) RunTo(event uint64) Outcome {
	return w.drive(math.MaxInt64, event, nil)
}

// Step lets the next thing that is due happen, whenever that is, and says
// whether there was one.
func (w *World) Step() bool {
	if w.over() {
		return false
	}
	before := w.number
	w.drive(math.MaxInt64, before+1, nil)
	return w.number != before
}

func (w *World) outcome() Outcome {
	if w.ended != nil {
		return *w.ended
	}
	return Outcome{Event: w.number, At: w.Now()}
}

func (w *World) livelock() {
	o := Outcome{
		Status: Stuck,
		Reason: fmt.Sprintf("livelock: %d events at %v and time does not pass", w.instant, w.Now()),
	}
	if p := w.recent; p != nil && p.node != nil {
		o.Node, o.Proc = p.node.name, p.name
	}
	w.end(o)
}
