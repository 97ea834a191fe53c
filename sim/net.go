package sim

import (
	"math"
	"time"
)

// Message is what a process receives.
type Message struct {
	From string // the sender's node
	Body any

	from  int32
	event uint64 // its delivery
	call  uint64 // the call it is a request of; 0 if none
}

// set makes m the message that e has brought, in the place where it will be read:
// it is seven words, and was copied four times.
func (m *Message) set(w *World, e *pending) {
	m.From, m.Body = w.names[e.from], e.body
	m.from, m.event, m.call = e.from, w.cause, e.arg
}

// take returns the message and forgets its body, for the garbage collector.
func (m *Message) take() Message {
	taken := *m
	m.Body = nil
	return taken
}

// portID numbers port names in the order in which the world meets them.
func (w *World) portID(name string) uint16 {
	id, ok := w.ports[name]
	if !ok {
		if len(w.ports) > math.MaxUint16 {
			panic("sim: more than 65,536 names of ports")
		}
		id = uint16(len(w.ports))
		w.ports[name] = id
		w.portName = append(w.portName, name)
	}
	return id
}

// Flags of a message under way.
const (
	flagStream   = 1 << iota // carried by a stream: never lost, reordered or duplicated
	flagReply                // answers a call
	flagError                // the body is the error that answers it
	flagCorrupt              // damaged on the way
	attemptShift = 4         // the high bits count a stream's attempts
)

// Retransmission of streams: the first timeout and the doubling are those of
// RFC 6298 as Linux has them (RTO_MIN 200 ms).
const retransmitAfter = 200 * time.Millisecond

func backoff(attempt int) time.Duration { return retransmitAfter << attempt }

// Send gives a message for another node to the network, as a datagram: it may be
// lost, doubled or overtaken, and nobody will tell. The address is a node's name
// or "name:port"; an unknown name panics. The body must not be changed
// afterwards: it is not copied.
func (p *Proc) Send(to string, body any) {
	if p.gone() {
		return
	}
	a := p.resolve(to)
	if len(p.w.lookups) != 0 && p.lookupFails(a) {
		return
	}
	p.w.post(p.node, a, 0, 0, body)
}

// post sends a message, as the flags say; arg is the call it belongs to. Of the
// receiver's node it touches nothing if it can: that is a cache miss. So is each
// line of the process's stack, which is why what happens seldom has functions of
// its own: they keep the frame small.
func (w *World) post(src *Node, to address, flags uint8, arg uint64, body any) {
	w.messages++
	sent := w.fold(place(KindSend, src.id, to.node), w.cause, uint64(to.port)^Digest(body))
	if len(w.observers) != 0 {
		w.showSend(src, to, flags, arg, body)
	}
	if w.mutation != nil {
		body = seal(body, src)
	}
	l := w.route(src, w.nodes[to.node])
	if !l.plain {
		w.postRough(l, src, to, flags, arg, body)
		return
	}
	d := l.fixed
	if d < 0 {
		d = w.latency(l, src, to.node)
	}
	// Written where it will lie, and not first on the stack.
	e := w.enqueue(w.now + int64(d))
	e.kind, e.cause, e.from, e.to, e.port = doDeliver, sent, src.id, to.node, to.port
	e.flags, e.incarnation, e.arg, e.body = flags, 0, arg, body
	if flags&flagStream != 0 {
		e.incarnation = w.nodes[to.node].reached()
	}
}

// showSend shows observers a message that is being sent.
func (w *World) showSend(src *Node, to address, flags uint8, arg uint64, body any) {
	w.show(&fact{
		kind: KindSend, node: src, peer: w.nodes[to.node], cause: w.cause, arg: uint64(to.port), body: body,
		call: arg, answer: flags&flagReply != 0,
	})
}

// reached is the incarnation that a stream begins with; 0 if the node is down.
func (n *Node) reached() uint32 {
	if !n.up {
		return 0
	}
	return n.incarnation
}

// latency is how long a message takes over a link that only delays, by chance.
func (w *World) latency(l *link, src *Node, dst int32) time.Duration {
	r := w.draw(src, dst)
	if len(l.total.extra) == 0 {
		return l.total.base.random(&r)
	}
	return l.total.sample(&r)
}

// draw returns the randomness of one message. It is keyed by the link, the time
// and the ordinal among what the node sends at this instant, not by how much was
// drawn before: a message more or less elsewhere, or earlier on the same link,
// changes nothing for this one.
func (w *World) draw(src *Node, dst int32) Rand {
	if src.drawAt != w.now {
		src.drawAt, src.draws = w.now, 0
	}
	src.draws++
	return rand3(w.config.Seed, uint64(src.id)<<32|uint64(dst), uint64(w.now), src.draws)
}

// postRough sends over a link that does more than delay; the send is the event
// counted last.
func (w *World) postRough(l *link, src *Node, to address, flags uint8, arg uint64, body any) {
	dst := w.nodes[to.node]
	e := pending{
		kind: doDeliver, cause: w.number, from: src.id, to: to.node, port: to.port,
		flags: flags, arg: arg, body: body,
	}
	stream := flags&flagStream != 0
	if stream {
		e.incarnation = dst.reached()
	}
	if len(l.cuts) > 0 {
		w.lose(src, dst, &e, "the link is cut")
		return
	}
	r := w.draw(src, dst.id)
	c := &l.total
	delay := l.transmission(w.now, e.body) + c.sample(&r)
	if stream {
		w.postStream(c, src, dst, e, delay, &r)
		return
	}
	if r.Bool(c.loss) {
		w.lose(src, dst, &e, "lost on the way")
		return
	}
	if r.Bool(c.reorder) {
		delay += c.sample(&r) + c.sample(&r)
	}
	if r.Bool(c.corrupt) {
		e.flags |= flagCorrupt
		e.body = corrupt(unsealed(e.body), &r)
	}
	again := r.Bool(c.duplicate)
	w.schedule(w.now+int64(delay), classNormal, &e)
	if again {
		w.schedule(w.now+int64(delay+c.sample(&r)), classNormal, &e)
	}
}

// postStream turns loss and corruption, which checksums find, into the delay of
// sending again.
func (w *World) postStream(c *conditions, src, dst *Node, e pending, delay time.Duration, r *Rand) {
	for attempt := 0; r.Bool(c.loss) || r.Bool(c.corrupt); attempt++ {
		delay += backoff(attempt)
		if delay > w.config.StreamTimeout {
			w.giveUp(src, dst, &e, w.config.StreamTimeout)
			return
		}
	}
	w.schedule(w.now+int64(delay), classNormal, &e)
}

// lose is what happens to a message that does not get through: a datagram is
// gone, a stream tries again.
func (w *World) lose(src, dst *Node, e *pending, why string) {
	if e.flags&flagStream != 0 {
		w.retry(src, dst, e)
		return
	}
	w.emit(&fact{
		kind: KindDrop, node: dst, peer: src, cause: e.cause, sum: hashString(why), text: why, body: unsealed(e.body),
		call: e.arg, answer: e.flags&flagReply != 0,
	})
	delete(w.sends, e.cause)
}

// retry sends a stream's message again after a timeout that doubles, until the
// stream breaks.
func (w *World) retry(src, dst *Node, e *pending) {
	attempt := int(e.flags >> attemptShift)
	passed := backoff(attempt+1) - retransmitAfter // the sum of the timeouts up to this one
	if passed > w.config.StreamTimeout || attempt == 1<<(8-attemptShift)-1 {
		w.giveUp(src, dst, e, max(w.config.StreamTimeout-(passed-backoff(attempt)), 0))
		return
	}
	w.goOn(e, w.emit(&fact{kind: KindRetry, node: dst, peer: src, cause: e.cause, arg: uint64(attempt)}))
	e.kind = doDeliver // also if it had reached a machine that then crashed
	e.flags += 1 << attemptShift
	w.schedule(w.now+int64(backoff(attempt)), classNormal, e)
}

// giveUp breaks the stream after a last wait: whoever called learns it. A reply
// that cannot get through is lost; the caller has its own timeout.
func (w *World) giveUp(src, dst *Node, e *pending, after time.Duration) {
	w.fireAfter(after, &breaking{src, dst, e.flags&flagReply == 0, e.arg, e.cause}, 0)
	delete(w.sends, e.cause)
}

type breaking struct {
	src, dst *Node
	request  bool
	call     uint64
	cause    uint64
}

func (b *breaking) fire(w *World, _ uint64) {
	if b.src.paused {
		b.src.stash(pending{kind: doFire, cause: b.cause, body: b})
		return
	}
	const why = "no acknowledgement within the stream's timeout"
	f := fact{kind: KindBreak, node: b.src, peer: b.dst, cause: b.cause, text: why}
	if b.request {
		f.call = b.call
	}
	if w.cause = w.emit(&f); b.request {
		if p := w.answerCall(b.src, b.call, nil, ErrBroken); p != nil {
			w.enter(p)
		}
	}
}

// arrive is the end of a message's way. It returns the process that goes on with
// it, if there is one.
func (w *World) arrive(e *pending) *Proc {
	src, dst := w.nodes[e.from], w.nodes[e.to]
	if len(w.links) != 0 && e.kind == doDeliver {
		if l := w.route(src, dst); len(l.cuts) > 0 {
			w.lose(src, dst, e, "the link is cut")
			return nil
		} else if len(l.holds) > 0 {
			w.stopOver(e)
			l.held = append(l.held, *e)
			return nil
		}
	}
	switch {
	case !dst.up:
		w.lose(src, dst, e, "the node is down")
		return nil
	case e.incarnation != 0 && e.incarnation != dst.incarnation && !e.opens():
		w.reset(src, dst, e)
		return nil
	case dst.paused:
		e.kind = doTake
		dst.stash(*e)
		return nil
	}
	if w.mutation != nil {
		e.body = w.mutation.open(w, dst, e.body)
	}
	if len(w.sends) != 0 {
		delete(w.sends, e.cause)
	}
	w.cause = w.fold(place(KindDeliver, e.to, e.from), e.cause, uint64(e.port))
	if len(w.observers) != 0 {
		w.show(&fact{
			kind: KindDeliver, node: dst, peer: src, cause: e.cause, arg: uint64(e.port), body: e.body,
			call: e.arg, answer: e.flags&flagReply != 0,
		})
	}
	if e.flags&flagReply != 0 {
		return w.takeReply(dst, e)
	}
	if both, ok := e.body.(*connection); ok {
		return w.greet(both, dst, e)
	}
	if e.arg != 0 && dst.errorReplies != 0 && w.failsReply(src, dst, e) {
		return nil
	}
	if port := dst.port(e.port); port != nil && port.takes(e.arg) {
		return port.take(e)
	}
	w.refuse(src, dst, e)
	return nil
}

// reset is what a node says that has restarted since the stream began: it knows
// nothing of it.
func (w *World) reset(src, dst *Node, e *pending) {
	const why = "the node has restarted since the stream began"
	n := w.emit(&fact{kind: KindDrop, node: dst, peer: src, cause: e.cause, text: why, body: unsealed(e.body)})
	delete(w.sends, e.cause)
	if e.flags&flagReply == 0 {
		before := w.cause
		w.cause = n
		w.post(dst, address{node: e.from}, flagStream|flagReply|flagError, e.arg, ErrReset)
		w.cause = before
	}
}

// refuse is what a node says on whose port nobody listens: of a datagram nothing.
func (w *World) refuse(src, dst *Node, e *pending) {
	w.cause = w.emit(&fact{
		kind: KindRefuse, node: dst, peer: src, cause: w.cause, arg: uint64(e.port), body: e.body,
	})
	if e.arg != 0 {
		w.post(dst, address{node: e.from}, flagStream|flagReply|flagError, e.arg, ErrRefused)
	}
}

// Sizer is a message body that knows its size in bytes, for links with a
// bandwidth.
type Sizer interface{ Size() int }

// SizeOf is the size that a body has on the wire: that of a string or byte slice
// is its length, that of a [Sizer] its own word, and any other 64 bytes.
func SizeOf(body any) int {
	switch v := body.(type) {
	case string:
		return len(v)
	case []byte:
		return len(v)
	case Sizer:
		return max(v.Size(), 0)
	}
	return 64
}

// Corrupted is what arrives in place of a datagram that was damaged on the way
// and is neither text nor bytes, whose bits are flipped instead. A program that
// checks its messages drops it.
type Corrupted struct{ Original any }

func corrupt(body any, r *Rand) any {
	flip := func(b []byte) []byte {
		if len(b) > 0 {
			b[r.IntN(len(b))] ^= 1 << r.IntN(8)
		}
		return b
	}
	switch v := body.(type) {
	case string:
		return string(flip([]byte(v)))
	case []byte:
		return flip(append([]byte(nil), v...))
	}
	return Corrupted{body}
}
