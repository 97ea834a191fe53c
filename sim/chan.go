package sim

import (
	"fmt"
	"slices"
	"time"
)

// Chan is a channel between processes of one node, as goroutines share it: it is
// memory. Make one with [NewChan].
type Chan[T any] struct {
	capacity  int
	values    []chanValue[T] // the first capacity of them are buffered
	closed    bool
	receivers waitlist
	senders   waitlist
}

type chanValue[T any] struct {
	v      T
	sender *Proc // who waits until it is buffered or received; nil if nobody
}

// NewChan returns a channel that buffers up to capacity values; with 0 a send
// lasts until a receiver has taken the value. A negative capacity panics.
func NewChan[T any](capacity int) *Chan[T] {
	if capacity < 0 {
		panic(fmt.Sprintf("sim: NewChan(%d): the capacity must not be negative", capacity))
	}
	return &Chan[T]{capacity: capacity}
}

// Send puts v into the channel, and blocks while it has no room. A send on a
// closed channel panics. What a sender could not yet send when it is killed is not
// sent.
func (c *Chan[T]) Send(p *Proc, v T) {
	p.willBlock("Chan.Send")
	c.put(v)
	if last := len(c.values) - 1; last >= c.capacity {
		c.values[last].sender = p
		p.onKill = c
		p.wait(&c.senders, "Chan.Send", forever)
		p.onKill = nil
	}
}

// killed takes back what the process has not sent.
func (c *Chan[T]) killed(p *Proc) {
	c.values = slices.DeleteFunc(c.values, func(v chanValue[T]) bool { return v.sender == p })
}

// TrySend puts v into the channel if that needs no waiting, and says whether it
// did.
func (c *Chan[T]) TrySend(v T) bool {
	if len(c.values) >= c.capacity && c.receivers.head == nil {
		return false
	}
	c.put(v)
	return true
}

func (c *Chan[T]) put(v T) {
	if c.closed {
		panic("sim: send on a closed channel")
	}
	c.values = append(c.values, chanValue[T]{v: v})
	c.receivers.ready()
}

// Recv takes the next value, and blocks until there is one. It returns false when
// the channel is closed and empty.
func (c *Chan[T]) Recv(p *Proc) (T, bool) {
	v, err := c.recv(p, forever)
	return v, err == nil
}

// RecvTimeout is Recv for at most d: then it returns [ErrTimeout]. It returns
// [ErrClosed] when the channel is closed and empty.
func (c *Chan[T]) RecvTimeout(p *Proc, d time.Duration) (T, error) {
	return c.recv(p, max(d, 0))
}

func (c *Chan[T]) recv(p *Proc, timeout time.Duration) (T, error) {
	p.willBlock("Chan.Recv")
	deadline := p.deadline(timeout)
	for len(c.values) == 0 {
		var zero T
		if c.closed {
			return zero, ErrClosed
		}
		if !p.wait(&c.receivers, "Chan.Recv", deadline.left(p)) {
			return zero, ErrTimeout
		}
	}
	return c.take(), nil
}

// TryRecv takes the next value if there is one.
func (c *Chan[T]) TryRecv() (v T, ok bool) {
	if len(c.values) == 0 {
		return v, false
	}
	return c.take(), true
}

func (c *Chan[T]) take() T {
	first := c.values[0]
	c.values[0] = chanValue[T]{}
	c.values = c.values[1:]
	sent := &first
	if full := c.capacity; full > 0 && full <= len(c.values) {
		sent = &c.values[full-1] // the one that has got into the buffer
	}
	if sent.sender != nil {
		sent.sender = nil
		c.senders.ready()
	}
	return first.v
}

// Close says that nothing more will be sent. What is buffered can still be
// received. To close twice panics.
func (c *Chan[T]) Close() {
	if c.closed {
		panic("sim: close of a closed channel")
	}
	c.closed = true
	for c.receivers.ready() != nil {
	}
}

// Len returns how many values can be received without waiting.
func (c *Chan[T]) Len() int { return len(c.values) }
