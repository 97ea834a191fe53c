//go:build amd64 || arm64

package sim

import "unsafe"

// prefetch asks the processor to load the cache line at addr. It reads nothing
// that the program sees, so any address is allowed.
//
//go:noescape
func prefetch(addr uintptr)

// prefetchTwo is prefetch for two lines.
//
//go:noescape
func prefetchTwo(addr uintptr)

// prefetchThree is prefetch for three lines.
//
//go:noescape
func prefetchThree(addr uintptr)

// prefetchSwitch is prefetch for what a switch to a coroutine touches.
//
//go:noescape
func prefetchSwitch(m *memory)

// currentG is the address of the goroutine's descriptor, which the scheduler reads
// at every switch to it.
func currentG() uintptr

// memory is where in memory that lies which a switch to a coroutine touches.
type memory struct {
	stack uintptr
	g     uintptr // the goroutine's descriptor
	pull  uintptr // the state of iter.Pull, with its functions behind it
}

// How many events ahead what kind of memory is asked for: a payload says where its
// process or node is, a node which process receives, and a process where its
// coroutine is.
const (
	aheadSwitch   = 2
	aheadReceiver = 4
	aheadPlace    = 6
	aheadPayload  = 8
)

// lookAhead prefetches what the next events will touch. With ten thousand processes
// each wake-up is a chain of cache misses: payload, process, stack and goroutine.
// The queue knows the order in advance, so the misses of several events can overlap.
// Nothing is read that was not asked for before, and nothing asked for that is not
// needed: both were measured to cost more than they give.
func (w *World) lookAhead() {
	near := w.queue.near[w.queue.head:]
	if len(near) <= aheadSwitch {
		return
	}
	if p := w.expected(near[aheadSwitch]); p != nil {
		prefetchSwitch(&p.memory)
	}
	if len(near) <= aheadReceiver {
		return
	}
	if e := &w.slab[near[aheadReceiver].lo&slotMask]; e.kind == doDeliver {
		prefetchThree(uintptr(unsafe.Pointer(w.nodes[e.to].inbox.receivers.head)))
	} else if e.proc != nil {
		prefetchTwo(uintptr(unsafe.Pointer(e.proc.node)))
	}
	if len(near) <= aheadPlace {
		return
	}
	if e := &w.slab[near[aheadPlace].lo&slotMask]; e.kind == doDeliver {
		prefetchThree(uintptr(unsafe.Pointer(w.nodes[e.to])))
	} else {
		prefetchThree(uintptr(unsafe.Pointer(e.proc)))
	}
	if len(near) > aheadPayload {
		prefetch(uintptr(unsafe.Pointer(&w.slab[near[aheadPayload].lo&slotMask])))
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

// note keeps where that of a coroutine is which runs now. The functions of iter.Pull
// are closures, whose second word points to the state that they share.
func (m *memory) note(c *coroutine) {
	m.g = currentG()
	resume := *(*unsafe.Pointer)(unsafe.Pointer(&c.resume))
	m.pull = *(*uintptr)(unsafe.Add(resume, unsafe.Sizeof(uintptr(0))))
}

// noteStack keeps where the stack of a coroutine is that is about to yield.
func (m *memory) noteStack() {
	var here byte
	const below = 192 // the frames of the switch itself, and of a send after it
	m.stack = uintptr(unsafe.Pointer(&here)) - below
}
