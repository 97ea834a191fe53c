package sim

import (
	"fmt"
	"math"
	"math/bits"
	"time"
)

// clock is a node's own view of time. Its monotonic reading runs at a rate of
// its own; its wall reading is that plus an offset which can jump.
type clock struct {
	anchor int64 // virtual time at which the rate last changed
	local  int64 // the monotonic reading then
	offset int64 // wall clock minus monotonic clock, in nanoseconds
	ppb    int64 // how much faster than true time, in parts per billion
}

const billion = 1_000_000_000

// monotonic is the reading at virtual time now.
func (c *clock) monotonic(now int64) int64 {
	d := now - c.anchor
	if c.ppb != 0 {
		d = muldiv(d, uint64(billion+c.ppb), billion, 0)
	}
	if d > math.MaxInt64-c.local {
		return math.MaxInt64
	}
	return c.local + d
}

// muldiv is (d*by+extra)/over, or the end of time if that is later, in integers:
// floats would differ between machines. No argument is negative.
func muldiv(d int64, by, over, extra uint64) int64 {
	hi, lo := bits.Mul64(uint64(d), by)
	lo, carry := bits.Add64(lo, extra, 0)
	if hi += carry; hi >= over {
		return math.MaxInt64
	}
	q, _ := bits.Div64(hi, lo, over)
	return int64(min(q, math.MaxInt64))
}

// global is how much virtual time passes until this clock has counted d >= 0. It
// is rounded up: whoever sleeps for d finds that d has passed.
func (c *clock) global(d time.Duration) time.Duration {
	if c.ppb == 0 {
		return d
	}
	rate := uint64(billion + c.ppb)
	return time.Duration(muldiv(int64(d), billion, rate, rate-1))
}

// Now is what the node's wall clock shows. It starts at [Epoch], may be wrong
// and may jump: an interval is better measured with Elapsed.
func (p *Proc) Now() time.Time {
	c := &p.node.clock
	return Epoch.Add(time.Duration(c.monotonic(p.w.now) + c.offset))
}

// Elapsed is what the node's monotonic clock shows: it never jumps, but runs as
// fast or slow as the node's oscillator does. Sleep and After count by it.
func (p *Proc) Elapsed() time.Duration {
	return time.Duration(p.node.clock.monotonic(p.w.now))
}

// Skew makes the node's wall clock jump by d, forward or back.
func (n *Node) Skew(d time.Duration) {
	n.clock.offset += int64(d)
	n.clockEvent(fmt.Sprintf("skew %v", d), int64(d))
}

// Drift makes the node's clock run fast by ppm parts per million of true time,
// or slow if negative. What already waits for a time of that clock comes sooner
// or later accordingly. A drift at which time would stand still panics.
func (n *Node) Drift(ppm float64) {
	if !(ppm > -1e6 && ppm <= 1e9) {
		panic(fmt.Sprintf("sim: Drift(%v) on node %s: the drift must be above -1,000,000 and at most 1,000,000,000 ppm", ppm, n.name))
	}
	n.setRate(int64(math.Round(float64(ppm * 1000))))
	n.clockEvent(fmt.Sprintf("drift %v ppm", ppm), n.clock.ppb)
}

// Sync sets the node's clock right again: no offset, no drift. Wall time jumps
// to the truth; the monotonic clock goes on from where it is, at the true rate.
func (n *Node) Sync() {
	n.setRate(0)
	n.clock.offset = n.w.now - n.clock.monotonic(n.w.now)
	n.clockEvent("sync", 0)
}

// ClockError is how far the node's wall clock is from the truth; positive is
// ahead.
func (n *Node) ClockError() time.Duration {
	return time.Duration(n.clock.monotonic(n.w.now) + n.clock.offset - n.w.now)
}

// ClockDrift is how fast the node's clock runs, in parts per million of true time;
// negative is slow.
func (n *Node) ClockDrift() float64 { return float64(n.clock.ppb) / 1000 }

func (n *Node) clockEvent(text string, arg int64) {
	n.w.emit(&fact{kind: KindClock, node: n, cause: n.w.cause, arg: uint64(arg), text: text})
}

// setRate changes the clock's rate, and with it the virtual time at which what
// waits for a reading of the clock is due.
func (n *Node) setRate(ppb int64) {
	w, c := n.w, &n.clock
	old := *c
	c.local, c.anchor, c.ppb = c.monotonic(w.now), w.now, ppb
	if old.ppb == ppb {
		return
	}
	w.queue.reschedule(func(k key) key {
		e := &w.slab[k.lo&slotMask]
		if e.key != k.lo || !n.timed(e) {
			return k
		}
		left := old.monotonic(k.at) - c.local
		k.at = w.in(c.global(time.Duration(max(left, 0))))
		return k
	})
}

// timed says whether a queued event waits for the node's own clock.
func (n *Node) timed(e *pending) bool {
	switch e.kind {
	case doTimer:
		return e.to == n.id
	case doWake:
		// Work and disks keep true time: they have something to give back, and no list.
		return e.proc.node == n && (e.proc.onKill == nil || e.proc.list != nil)
	}
	return false
}
