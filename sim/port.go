package sim

import "time"

// Handler answers requests: it is given each on a process of its own. What it
// returns goes back to the caller.
type Handler func(p *Proc, request Message) (any, error)

// inboxLimit is how many messages wait at a port before more are dropped, as a
// socket's buffer drops them.
const inboxLimit = 1 << 16

// Port is where messages arrive at a node: the node's inbox, or one with a name,
// addressed as "node:name". What arrives is taken by processes that receive, by
// a handler with a process for each request, or by an inline handler.
type Port struct {
	node      *Node
	id        uint16
	isDefault bool
	open      bool  // somebody listens, so that calls are not refused
	taken     int32 // how many of waiting have been received
	receivers waitlist
	serve     Handler
	inline    func(p *Proc, m Message)
	waiting   []Message
	backlog   backlog
}

// port finds the node's port of that id, or nil.
func (n *Node) port(id uint16) *Port {
	if id == 0 {
		return &n.inbox
	}
	for _, p := range n.ports {
		if p.id == id {
			return p
		}
	}
	return nil
}

// Listen opens a port with a name on the node. To listen again gives the same
// port. A crash closes it.
func (p *Proc) Listen(name string) *Port {
	gone := p.gone()
	id := p.w.portID(name)
	port := p.node.port(id)
	if port == nil {
		port = &Port{node: p.node, id: id}
		if !gone {
			p.node.ports = append(p.node.ports, port)
		}
	}
	port.open = true
	return port
}

// Serve answers requests to the node's inbox: each call and each message is
// given to a process of its own, all side by side. It does not block.
func (p *Proc) Serve(h Handler) {
	if !p.gone() {
		p.node.inbox.Serve(p, h)
	}
}

// Handle gives every message for the node's inbox to a handler that runs inline,
// several times cheaper than a process, and must not block. Requests are answered
// with [Proc.Reply], now or later. It does not block.
func (p *Proc) Handle(h func(p *Proc, m Message)) {
	if !p.gone() {
		p.node.inbox.Handle(p, h)
	}
}

// Recv blocks until a message arrives in the node's inbox.
func (p *Proc) Recv() Message {
	return p.node.inbox.recv(p, forever).take()
}

// RecvTimeout is Recv for at most d; false means that nothing came.
func (p *Proc) RecvTimeout(d time.Duration) (Message, bool) {
	return p.node.inbox.RecvTimeout(p, d)
}

// Serve is [Proc.Serve] for this port.
func (port *Port) Serve(p *Proc, h Handler) {
	if p.gone() {
		return
	}
	port.open, port.serve, port.inline = true, h, nil
	port.drain()
}

// Handle is [Proc.Handle] for this port.
func (port *Port) Handle(p *Proc, h func(p *Proc, m Message)) {
	if p.gone() {
		return
	}
	port.open, port.inline, port.serve = true, h, nil
	port.drain()
}

// Recv is [Proc.Recv] for this port.
func (port *Port) Recv(p *Proc) Message {
	return port.recv(p, forever).take()
}

// RecvTimeout is [Proc.RecvTimeout] for this port.
func (port *Port) RecvTimeout(p *Proc, d time.Duration) (Message, bool) {
	if m := port.recv(p, max(d, 0)); m != nil {
		return m.take(), true
	}
	return Message{}, false
}

// Waiting returns how many messages wait at the port.
func (port *Port) Waiting() int { return len(port.waiting) - int(port.taken) }

// InboxQueue returns how many messages wait at the node's ports, all together.
func (n *Node) InboxQueue() int {
	waiting := n.inbox.Waiting()
	for _, port := range n.ports {
		waiting += port.Waiting()
	}
	return waiting
}

// drain gives what already waited to a handler, in the order in which it came: a
// nanosecond apart, since equal times would be shuffled.
func (port *Port) drain() {
	w, n := port.node.w, port.node
	for i, m := range port.waiting[port.taken:] {
		w.schedule(w.now+int64(i), classNormal, &pending{
			kind: doFire, cause: m.event, body: &late{port, n.incarnation, m},
		})
	}
	port.waiting, port.taken = nil, 0
}

// late is a message that arrived before its handler was there.
type late struct {
	port        *Port
	incarnation uint32
	m           Message
}

func (l *late) fire(w *World, _ uint64) {
	n := l.port.node
	switch {
	case l.incarnation != n.incarnation: // it crashed in between
	case n.paused:
		n.stash(pending{kind: doFire, cause: l.m.event, body: l})
	default:
		if p := l.port.pass(&l.m); p != nil {
			w.enter(p)
		}
	}
}

// recv returns where a message lies that has come, or nil if none has in time.
func (port *Port) recv(p *Proc, timeout time.Duration) *Message {
	p.willBlock("Recv")
	port.open = true
	if int(port.taken) < len(port.waiting) {
		p.message = port.shift()
		p.w.cause = p.message.event // what the process does next, it does because of the message
		return &p.message
	}
	if timeout == 0 {
		return nil
	}
	// What follows is p.wait written out, since each return after a switch is
	// mispredicted, see World.loop.
	if timeout > 0 {
		p.w.wakeAfter(p.node.clock.global(timeout), p)
	}
	port.receivers.push(p)
	p.memory.noteStack()
	if alive := p.yield(struct{}{}); !alive || p.killed {
		p.leave(alive)
	}
	p.readied = nil
	if p.expired() {
		return nil
	}
	return &p.message
}

// shift takes the first of those that wait. Its frame is not to be that of recv.
//
//go:noinline
func (port *Port) shift() Message {
	m := port.waiting[port.taken]
	port.waiting[port.taken] = Message{}
	port.taken++
	if taken := int(port.taken); taken == len(port.waiting) {
		port.waiting, port.taken = port.waiting[:0], 0
	} else if taken >= 64 && taken*2 >= len(port.waiting) {
		n := copy(port.waiting, port.waiting[port.taken:])
		clear(port.waiting[n:])
		port.waiting, port.taken = port.waiting[:n], 0
	}
	return m
}

// takes says whether a message would be accepted, which is the request of a call
// unless that is 0. The inbox buffers datagrams from boot on, but a call to it is
// refused until somebody listens.
func (port *Port) takes(call uint64) bool {
	if !port.open && (!port.isDefault || call != 0) {
		return false
	}
	return port.Waiting() < inboxLimit
}

// take gives a message to whoever is there for it. A process that goes on with it
// is returned.
func (port *Port) take(e *pending) *Proc {
	w := port.node.w
	if p := port.receivers.head; p != nil && port.inline == nil && port.serve == nil {
		p.unwait()
		p.message.set(w, e)
		return p
	}
	var m Message
	m.set(w, e)
	if port.inline != nil {
		port.handle(&m)
		return nil
	}
	return port.pass(&m)
}

// handle gives a message to the inline handler.
func (port *Port) handle(m *Message) {
	w := port.node.w
	before := w.running
	p := port.node.inline()
	p.message.from = m.from // most likely it will answer, see resolve
	w.running, w.recent = p, p
	port.inline(p, *m)
	w.running = before
}

// pass is take for what does not come as it was sent.
func (port *Port) pass(m *Message) *Proc {
	w, n := port.node.w, port.node
	switch {
	case port.inline != nil:
		port.handle(m)
	case port.serve != nil:
		p := w.newProc(n, n.name)
		p.serve, p.message = port.serve, *m
		return p
	case port.receivers.head != nil:
		p := port.receivers.head
		p.unwait()
		p.message = *m
		return p
	default:
		port.waiting = append(port.waiting, *m)
	}
	return nil
}
