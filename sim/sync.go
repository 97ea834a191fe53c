package sim

import (
	"fmt"
	"time"
)

// Mutex is a lock between processes of one node. Between two blocking calls a
// process is alone anyway; a mutex is for what must stay together across them.
// The zero Mutex is unlocked. It is handed on in the order of asking.
type Mutex struct {
	locked bool
	queue  waitlist
}

// Lock blocks until the lock is free and takes it.
func (m *Mutex) Lock(p *Proc) {
	p.willBlock("Mutex.Lock")
	if m.locked {
		p.onKill = m
		p.wait(&m.queue, "Mutex.Lock", forever)
		p.onKill = nil
	}
	m.locked = true
}

// TryLock takes the lock if it is free, and says whether it did.
func (m *Mutex) TryLock() bool {
	if m.locked {
		return false
	}
	m.locked = true
	return true
}

// Unlock hands the lock to the next who waits. To unlock what is not locked
// panics.
func (m *Mutex) Unlock() {
	if !m.locked {
		panic("sim: unlock of an unlocked mutex")
	}
	m.locked = m.queue.ready() != nil
}

// killed passes the lock on if it was handed to a process killed since.
func (m *Mutex) killed(p *Proc) {
	if p.readied != nil {
		m.Unlock()
	}
}

// Cond is where processes of one node wait until something has become true that
// they look at themselves. The zero Cond is ready for use.
type Cond struct{ queue waitlist }

// Wait blocks until a Signal or Broadcast. Nothing is locked meanwhile: look
// again, in a loop, at what was waited for.
func (c *Cond) Wait(p *Proc) { p.wait(&c.queue, "Cond.Wait", forever) }

// WaitTimeout is Wait for at most d, and says whether it was woken.
func (c *Cond) WaitTimeout(p *Proc, d time.Duration) bool {
	return p.wait(&c.queue, "Cond.Wait", max(d, 0))
}

// Signal wakes the process that has waited longest, if any.
func (c *Cond) Signal() { c.queue.ready() }

// Broadcast wakes all that wait.
func (c *Cond) Broadcast() {
	for c.queue.ready() != nil {
	}
}

// Semaphore counts permits, which are given in the order of asking. Make one with
// [NewSemaphore].
type Semaphore struct {
	free  int
	queue waitlist
}

// NewSemaphore returns a semaphore with so many permits. A negative number
// panics.
func NewSemaphore(permits int) *Semaphore {
	if permits < 0 {
		panic(fmt.Sprintf("sim: NewSemaphore(%d): permits must not be negative", permits))
	}
	return &Semaphore{free: permits}
}

// Acquire takes a permit, and blocks until there is one.
func (s *Semaphore) Acquire(p *Proc) { s.acquire(p, forever) }

// AcquireTimeout is Acquire for at most d, and says whether it got one.
func (s *Semaphore) AcquireTimeout(p *Proc, d time.Duration) bool {
	return s.acquire(p, max(d, 0))
}

func (s *Semaphore) acquire(p *Proc, timeout time.Duration) bool {
	p.willBlock("Semaphore.Acquire")
	if s.TryAcquire() {
		return true
	}
	p.onKill = s
	got := p.wait(&s.queue, "Semaphore.Acquire", timeout)
	p.onKill = nil
	return got
}

// TryAcquire takes a permit if there is one, and says whether it did.
func (s *Semaphore) TryAcquire() bool {
	if s.free == 0 {
		return false
	}
	s.free--
	return true
}

// Release gives a permit back, to the next who waits.
func (s *Semaphore) Release() {
	if s.queue.ready() == nil {
		s.free++
	}
}

// killed passes on a permit that was handed to a process killed since.
func (s *Semaphore) killed(p *Proc) {
	if p.readied != nil {
		s.Release()
	}
}

// WaitGroup waits until a number of things are done. The zero WaitGroup is ready
// for use.
type WaitGroup struct {
	left  int
	queue waitlist
}

// Add says that n more things are to be done, or -n done. Below zero it panics.
func (g *WaitGroup) Add(n int) {
	g.left += n
	if g.left < 0 {
		panic("sim: negative WaitGroup counter")
	}
	for g.left == 0 && g.queue.ready() != nil {
	}
}

// Done says that one thing is done.
func (g *WaitGroup) Done() { g.Add(-1) }

// Wait blocks until nothing is left to be done.
func (g *WaitGroup) Wait(p *Proc) {
	p.willBlock("WaitGroup.Wait")
	for g.left > 0 {
		p.wait(&g.queue, "WaitGroup.Wait", forever)
	}
}
