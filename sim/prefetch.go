//go:build amd64 || arm64

package sim

import "unsafe"

// prefetch asks the processor to load the cache line at addr and the next lines
// behind it. It reads nothing that the program sees, so any address is allowed.
//
//go:noescape
func prefetch(addr uintptr)

// prefetchMore is prefetch for the six lines at addr.
//
//go:noescape
func prefetchMore(addr uintptr)

// currentG is the address of the goroutine's descriptor, which the scheduler reads
// at every switch to it.
func currentG() uintptr

// How many events ahead what kind of memory is asked for: a payload says where its
// process is, and a process where its stack is.
const (
	aheadStack   = 2
	aheadProc    = 4
	aheadNode    = 6
	aheadPayload = 8
)

// lookAhead prefetches what the next events will touch. With ten thousand processes
// each wake-up is a chain of cache misses: payload, process, stack and goroutine.
// The queue knows the order in advance, so the misses of several events can overlap.
func (w *World) lookAhead() {
	k, ok := w.queue.upcoming(aheadStack)
	if !ok {
		return
	}
	if p := w.expected(k); p != nil && p.co != nil {
		prefetchMore(p.co.stack)
		prefetchMore(p.co.g)
		prefetch(uintptr(unsafe.Pointer(p.node)))
		prefetch(p.co.resumeAt)
		prefetch(p.co.yieldAt)
	}
	if k, ok := w.queue.upcoming(aheadProc); ok {
		if p := w.expected(k); p != nil {
			prefetchMore(uintptr(unsafe.Pointer(p)))
			prefetch(uintptr(unsafe.Pointer(p.co)))
		}
	}
	if k, ok := w.queue.upcoming(aheadNode); ok {
		if e := &w.slab[k.lo&slotMask]; e.kind == doDeliver {
			prefetchMore(uintptr(unsafe.Pointer(w.nodes[e.to])))
		}
	}
	if k, ok := w.queue.upcoming(aheadPayload); ok {
		prefetch(uintptr(unsafe.Pointer(&w.slab[k.lo&slotMask])))
	}
}

// expected is the process that a queued event will most likely enter.
func (w *World) expected(k key) *Proc {
	e := &w.slab[k.lo&slotMask]
	if e.key == k.lo && e.kind == doDeliver {
		return w.nodes[e.to].inbox.receivers.head
	}
	return e.proc
}

// noteGoroutine keeps where the coroutine's descriptor and closures are.
func (c *coroutine) noteGoroutine() {
	c.g = currentG()
	c.resumeAt = *(*uintptr)(unsafe.Pointer(&c.resume))
	c.yieldAt = *(*uintptr)(unsafe.Pointer(&c.yield))
}

// noteStack keeps where the stack of a coroutine is that is about to yield.
func (c *coroutine) noteStack() {
	var here byte
	const below = 128 // the frames of the switch itself
	c.stack = uintptr(unsafe.Pointer(&here)) - below
}
