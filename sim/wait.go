package sim

import "time"

// waitlist holds the processes that wait for one thing, first come first served.
// The links are in the processes, so that waiting allocates nothing.
type waitlist struct{ head, tail *Proc }

func (l *waitlist) push(p *Proc) {
	p.list, p.prev, p.next = l, l.tail, nil
	if l.tail != nil {
		l.tail.next = p
	} else {
		l.head = p
	}
	l.tail = p
}

func (l *waitlist) remove(p *Proc) {
	if p.prev != nil {
		p.prev.next = p.next
	} else {
		l.head = p.next
	}
	if p.next != nil {
		p.next.prev = p.prev
	} else {
		l.tail = p.prev
	}
	p.list, p.prev, p.next = nil, nil, nil
}

// forever is the timeout of a wait that has none.
const forever time.Duration = -1

// deadline is when a wait of several parts must end, as the node's monotonic
// clock shows it.
type deadline time.Duration

// deadline returns the deadline of a wait that begins now.
func (p *Proc) deadline(timeout time.Duration) deadline {
	if timeout < 0 {
		return deadline(forever)
	}
	return deadline(p.Elapsed() + timeout)
}

// left is the timeout that remains.
func (d deadline) left(p *Proc) time.Duration {
	if d < 0 {
		return forever
	}
	return max(time.Duration(d)-p.Elapsed(), 0)
}

// wait blocks p in l until it is woken, or for at most timeout as the node's
// clock counts it. It says whether it was woken rather than timed out.
func (p *Proc) wait(l *waitlist, what string, timeout time.Duration) bool {
	p.willBlock(what)
	if timeout >= 0 {
		p.w.wakeAfter(p.node.clock.global(timeout), p)
	}
	l.push(p)
	p.memory.noteStack()
	if alive := p.yield(struct{}{}); !alive || p.killed {
		p.leave(alive)
	}
	p.readied = nil
	return !p.expired()
}

// expired is asked once after a wait: whoever wakes a process takes it off its
// list, so one that is still on it was woken by its timeout.
func (p *Proc) expired() bool {
	if p.list == nil {
		return false
	}
	p.list.remove(p)
	return true
}

// unwait takes p off its list and its timeout back: something has come for it.
func (p *Proc) unwait() {
	p.list.remove(p)
	if p.wake != 0 || len(p.node.stashed) != 0 {
		p.unwake()
	}
}

// unwake takes back what would have let p go on, be it due already on a node
// that was paused.
func (p *Proc) unwake() {
	p.w.cancel(p.wake)
	p.wake = 0
	if len(p.node.stashed) != 0 {
		p.node.unstash(func(e pending) bool { return e.proc == p })
	}
}

// ready lets the first process in l go on, at this instant and in its turn among
// what else is due. It returns the process, or nil if none waited.
func (l *waitlist) ready() *Proc {
	p := l.head
	if p == nil {
		return nil
	}
	p.unwait()
	p.readied = l
	p.w.wakeAfter(0, p)
	return p
}
