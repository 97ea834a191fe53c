//go:build amd64 || arm64

package sim

import "unsafe"

// prefetch asks the processor to load what a switch to p touches, if there is a p,
// three cache lines at each of receiver and place, and the one at payload. Nothing is
// read at those that the program sees, so any address is allowed.
//
//go:noescape
func prefetch(p *Proc, receiver, place, payload uintptr)

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
	aheadReceiver = 4 // of a message; of a wake-up the node
	aheadPlace    = 6
	aheadPayload  = 8
)

// lookAhead prefetches what the next events will touch. With ten thousand processes
// each wake-up is a chain of cache misses: payload, process, stack and goroutine.
// The queue knows the order in advance, so the misses of several events can overlap.
// Nothing is read here that was not asked for some events before. When few events are
// at hand the world is small, or it is the end of a run of many.
func (w *World) lookAhead() {
	near := w.queue.upcoming()
	if len(near) <= aheadPayload {
		return
	}
	slab := w.slab
	p := slab[near[aheadSwitch].lo&slotMask].proc
	if e := &slab[near[aheadSwitch].lo&slotMask]; e.kind == doDeliver {
		p = w.nodes[e.to].inbox.receivers.head
	}
	var receiver, place uintptr
	if e := &slab[near[aheadReceiver].lo&slotMask]; e.kind == doDeliver {
		receiver = uintptr(unsafe.Pointer(w.nodes[e.to].inbox.receivers.head))
	} else if e.proc != nil {
		receiver = uintptr(unsafe.Pointer(e.proc.node))
	}
	if e := &slab[near[aheadPlace].lo&slotMask]; e.kind == doDeliver {
		place = uintptr(unsafe.Pointer(w.nodes[e.to]))
	} else {
		place = uintptr(unsafe.Pointer(e.proc))
	}
	prefetch(p, receiver, place, uintptr(unsafe.Pointer(&slab[near[aheadPayload].lo&slotMask])))
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
