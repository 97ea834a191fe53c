package sim

import (
	"fmt"
	"io"
	"time"
)

// backlogLimit is how many connections wait to be accepted at a port before more
// are refused: Linux's somaxconn.
const backlogLimit = 4096

// Conn is one end of a connection between two nodes: a pair of flows, one in each
// direction, that behave as TCP does.
//
// What arrives is a prefix of what was sent, in its order, each message once and
// whole. Loss and corruption turn into the delay of sending again, after 200 ms
// and then twice as long each time (RFC 6298, section 5). A flow of which nothing
// is acknowledged for [Config.StreamTimeout] breaks the end that sends: both its
// Send and its Recv say [ErrBroken], and what has not arrived is dropped. The
// other end is told nothing. It stays half open, silent, until it sends something
// itself: a node that has restarted, or an end that is broken or closed, answers
// what it is sent with a reset, and the sender's end says [ErrReset].
//
// Acknowledgements are not messages, but need a link that is not cut: if only the
// way back is, what is sent within the first 200 ms arrives, and the sender breaks
// all the same. Loss and holds do not stop them. While a flow waits to send again
// it sends nothing else; what has not arrived by then is sent anew, as by a TCP
// without selective acknowledgements.
//
// A pause stops a node's processes but not its network: what arrives is
// acknowledged and waits. A hold keeps back what arrives for as long as it lasts,
// and breaks nothing. A crash ends every Conn of the node; what had left before it
// may still arrive.
//
// There is no window: an end sends as fast as the program does, into buffers
// without a limit.
type Conn struct {
	node        *Node
	incarnation uint32 // of the node, when the connection began
	port        uint16 // the listener's, for the events
	peer        *Conn
	fault       error // why it is of no more use
	ended       bool  // the peer has closed; all that it sent is here
	inbox       fifo[any]
	receivers   waitlist
	stashed     bool // they are told when the node resumes
	dialling    bool // the peer's answer has not come
	early       bool // something of the peer has overtaken it, and waits
	out         flow
}

// connection is both ends of one. It is also the message that opens it.
type connection struct{ dialer, listener Conn }

// The bodies of what a connection sends for itself, as traces show them.
type (
	accepted struct{}
	closing  struct{}
)

func (*connection) String() string { return "connect" }
func (accepted) String() string    { return "accepted" }
func (closing) String() string     { return "close" }

func (c *Conn) open(n *Node, port uint16, peer *Conn) {
	c.node, c.incarnation, c.port, c.peer = n, n.incarnation, port, peer
	c.out.from, c.out.to = c, peer
}

// Dial opens a connection to a port that somebody listens on, "name:port", and
// blocks for one round trip. It fails with [ErrRefused] if the node is up and
// nobody listens there or too many connections wait to be accepted, with
// [ErrTimeout] if nothing was heard within the timeout, as the node's clock counts
// it, and with [ErrBroken] if the network took nothing for [Config.StreamTimeout].
// An unknown name panics, and so does a timeout that is not positive.
func (p *Proc) Dial(to string, timeout time.Duration) (*Conn, error) {
	if timeout <= 0 {
		panic(fmt.Sprintf("sim: Dial(%q) with a timeout of %v: it must be positive", to, timeout))
	}
	a := p.resolve(to)
	both := &connection{}
	c := &both.dialer
	c.open(p.node, a.port, &both.listener)
	c.peer.node = p.w.nodes[a.node]
	c.dialling = true
	err := ErrClosed // what the peer finds if the process is killed meanwhile
	defer func() { c.dialled(p.w, err) }()
	_, err = p.call("Dial", to, both, timeout)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// dialled ends the handshake.
func (c *Conn) dialled(w *World, err error) {
	c.dialling, c.fault = false, err
	if c.early {
		w.fireAfter(0, &c.peer.out, headArrives)
	}
}

// backlog is what of a port has to do with connections.
type backlog struct {
	open      bool // somebody has asked for one
	waiting   fifo[*Conn]
	acceptors waitlist
}

// takesConns says whether a connection would be accepted. A port that was opened
// for messages, or has a handler for them, takes one only if somebody accepts.
func (port *Port) takesConns() bool {
	b := &port.backlog
	listens := b.open || port.open && !port.isDefault && port.serve == nil && port.inline == nil
	return listens && b.waiting.len() < backlogLimit
}

// Accept blocks until somebody has dialled the port and returns this end of the
// connection. They are established before: from [Proc.Listen] on they wait to be
// accepted, up to 4,096 of them.
func (port *Port) Accept(p *Proc) *Conn {
	c, _ := port.accept(p, forever)
	return c
}

// AcceptTimeout is [Port.Accept] for at most d, with [ErrTimeout] if nobody came.
func (port *Port) AcceptTimeout(p *Proc, d time.Duration) (*Conn, error) {
	return port.accept(p, max(d, 0))
}

func (port *Port) accept(p *Proc, timeout time.Duration) (*Conn, error) {
	if port.node != p.node {
		panic(fmt.Sprintf("sim: Port of node %s used on node %s", port.node.name, p.node.name))
	}
	b := &port.backlog
	b.open = true
	if b.waiting.len() > 0 {
		return b.waiting.shift(), nil
	}
	if timeout == 0 || !p.wait(&b.acceptors, "Accept", timeout) {
		return nil, ErrTimeout
	}
	c := p.message.Body.(*Conn)
	p.message = Message{}
	return c, nil
}

// opens says whether the message opens a connection: it is for whichever life of
// the node it finds.
func (e *pending) opens() bool {
	_, ok := unsealed(e.body).(*connection)
	return ok
}

// greet is the arrival of a connection at its listener's node. It returns the
// process that accepts it, if one waits.
func (w *World) greet(both *connection, dst *Node, e *pending) *Proc {
	c := &both.listener
	port := dst.port(e.port)
	switch {
	case port == nil || !port.takesConns():
		w.refuse(w.nodes[e.from], dst, e)
		return nil
	case both.dialer.fault != nil:
		return nil // the last step of the handshake will never come
	}
	c.open(dst, e.port, &both.dialer)
	w.reply(dst, &Message{from: e.from, call: e.arg}, accepted{}, nil)
	b := &port.backlog
	if p := b.acceptors.head; p != nil {
		p.unwait()
		p.message.Body = c
		return p
	}
	b.waiting.push(c)
	return nil
}

// Send gives a message to the connection and does not block. That it returns nil
// says nothing of its arrival. The error is [ErrBroken], [ErrReset] or
// [ErrClosed], and is the same ever after. The body must not be changed
// afterwards: it is not copied.
func (c *Conn) Send(p *Proc, body any) error {
	if !c.usable(p) {
		return ErrClosed
	}
	if c.fault == nil {
		c.out.send(p.w, body, false)
	}
	return c.fault
}

// Recv blocks until the next message arrives. When the peer has closed and all it
// sent has been received, the error is [io.EOF]; when the connection is broken or
// reset, [ErrBroken] or [ErrReset], also after what had arrived before; when this
// end has closed it, [ErrClosed].
func (c *Conn) Recv(p *Proc) (any, error) { return c.recv(p, forever) }

// RecvTimeout is [Conn.Recv] for at most d, as the node's clock counts it, with
// [ErrTimeout] if nothing came.
func (c *Conn) RecvTimeout(p *Proc, d time.Duration) (any, error) { return c.recv(p, max(d, 0)) }

func (c *Conn) recv(p *Proc, timeout time.Duration) (any, error) {
	if c.usable(p) && c.ready() {
		return c.next()
	}
	if timeout == 0 {
		return nil, ErrTimeout
	}
	if !p.wait(&c.receivers, "Recv on a connection", timeout) {
		return nil, ErrTimeout
	}
	body, err := p.message.Body, p.fault
	p.message, p.fault = Message{}, nil
	return body, err
}

// Close ends the connection in both directions and does not block. What was sent
// before still arrives, and then the peer's Recv says [io.EOF]; what the peer goes
// on to send is answered with a reset. To close again is nothing.
func (c *Conn) Close(p *Proc) {
	if !c.usable(p) || c.fault != nil {
		return
	}
	c.fault = ErrClosed
	c.inbox = fifo[any]{}
	c.out.send(p.w, closing{}, true)
	if c.receivers.head != nil { // other processes of the node
		p.w.fireAfter(0, c, 0)
	}
}

// Peer returns the name of the node at the other end.
func (c *Conn) Peer() string { return c.peer.node.name }

// String names the two nodes, this end's first.
func (c *Conn) String() string { return fmt.Sprintf("connection %s-%s", c.node.name, c.Peer()) }

// usable says whether the process may touch the connection. What a crashed node
// deferred may not; to use that of another node, or of a life before the crash, is
// a mistake in the program.
func (c *Conn) usable(p *Proc) bool {
	gone := p.gone()
	switch {
	case c.node != p.node:
		panic(fmt.Sprintf("sim: Conn of node %s used on node %s", c.node.name, p.node.name))
	case gone:
		return false
	case c.dead():
		panic(fmt.Sprintf("sim: Conn of node %s used after the node has restarted", c.node.name))
	}
	return true
}

// dead says that the end's node has crashed since.
func (c *Conn) dead() bool { return c.incarnation != c.node.incarnation }

// ready says whether Recv has something to return.
func (c *Conn) ready() bool { return c.inbox.len() > 0 || c.ended || c.fault != nil }

// next is what Recv returns when ready.
func (c *Conn) next() (any, error) {
	switch {
	case c.inbox.len() > 0:
		return c.inbox.shift(), nil
	case c.ended && c.fault != ErrClosed:
		return nil, io.EOF
	}
	return nil, c.fault
}

// take is the arrival of a message, or of the peer's close.
func (c *Conn) take(w *World, body any, last bool) {
	if last {
		c.ended = true
	} else {
		c.inbox.push(body)
	}
	c.tell(w)
}

// fail makes the end useless. One that is closed has nothing left to lose but what
// has not arrived.
func (c *Conn) fail(w *World, err error, why string) {
	if c.fault == nil {
		w.cause = w.emit(&fact{kind: KindBreak, node: c.node, peer: c.peer.node, cause: w.cause, text: why})
		c.fault = err
	}
	c.out.drop(w, err.Error())
	c.tell(w)
}

// tell lets the processes that receive go on, as far as there is something for
// them; those of a paused node when it resumes.
func (c *Conn) tell(w *World) {
	if c.receivers.head == nil {
		return
	}
	if c.node.paused {
		if !c.stashed {
			c.stashed = true
			c.node.stash(pending{kind: doFire, cause: w.cause, body: c})
		}
		return
	}
	for p := c.receivers.head; p != nil && c.ready(); p = c.receivers.head {
		p.unwait()
		p.message.Body, p.fault = c.next()
		w.enter(p)
	}
}

func (c *Conn) fire(w *World, _ uint64) {
	c.stashed = false
	c.tell(w)
}

// forgotten says that the end's machine knows nothing of the connection any more.
func (c *Conn) forgotten() bool {
	return c.dead() || c.fault != nil && c.fault != ErrClosed
}

// rejects says whether the end's machine answers a segment with a reset. That this
// end has closed too is no news to a peer that closes.
func (c *Conn) rejects(s *segment) bool {
	return c.forgotten() || c.fault == ErrClosed && !s.last
}
