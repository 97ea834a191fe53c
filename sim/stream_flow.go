package sim

import "time"

// flow is one direction of a connection: what its end sends to the other.
//
// Only the first of what is under way has an event in the queue, and an arrival
// always takes the first: so equal times, holds and changes of the link cannot
// reorder.
type flow struct {
	from, to *Conn
	queue    fifo[segment] // sent and not arrived
	arriving uint64        // key of the event in which the first arrives; 0 if none
	held     bool          // the first waits for a hold or a handshake to end
	arrival  int64         // when the last of what was under way arrives, at the earliest
	over     bool          // nothing is sent any more
	kept     []*kept       // segments held by hand

	// Retransmission.
	timer    uint64 // key of the event in which it sends again, or a reset arrives; 0 if none
	attempt  int    // how often it has sent again without an acknowledgement
	since    int64  // when it began to wait for one
	stalled  bool   // it sends nothing but retransmissions
	unacked  bool   // what it waits for is only the acknowledgement
	rejected bool   // what it waits for is a reset
}

// segment is a message of a flow.
type segment struct {
	body  any
	event uint64 // its send
	at    int64  // its arrival at the earliest, if it has been given to the link
	lost  bool   // it will not get there this time
	last  bool   // the sender has closed
}

// What a flow's events are.
const (
	headArrives = iota
	headPasses  // it arrives, whatever holds
	timerExpires
	resetArrives
)

func (f *flow) fire(w *World, what uint64) {
	if f.over {
		return
	}
	switch what {
	case headArrives:
		f.arriving, f.held = 0, false
		f.arrive(w)
	case headPasses:
		if f.arriving, f.held = 0, false; f.reaches(w) {
			f.pass(w)
		} else {
			f.stall(w)
		}
	case timerExpires:
		f.timer = 0
		f.expire(w)
	case resetArrives:
		f.timer = 0
		f.takeReset(w)
	}
}

func (f *flow) send(w *World, body any, last bool) {
	src, dst := f.from.node, f.to.node
	w.messages++
	port := uint64(f.from.port)
	s := segment{body: body, last: last, event: w.count(KindSend, src, dst, w.cause, port^Digest(body))}
	if len(w.observers) != 0 {
		w.show(&fact{kind: KindSend, node: src, peer: dst, cause: w.cause, arg: port, body: body})
	}
	if w.mutation != nil {
		s.body = seal(body, src)
	}
	if !f.stalled {
		f.transmit(w, &s)
	}
	f.queue.push(s)
	f.await(w)
}

// transmit gives a segment to the link.
func (f *flow) transmit(w *World, s *segment) {
	src, dst := f.from.node, f.to.node
	l := w.route(src, dst)
	delay := l.fixed
	s.lost = false
	if !l.plain || delay < 0 {
		r := w.draw(src, dst.id)
		delay = l.transmission(w.now, s.body) + l.total.sample(&r)
		s.lost = l.loses(&r)
	}
	s.at = w.now + int64(delay)
	f.arrival = max(f.arrival, s.at)
}

// loses draws whether what is sent now gets lost, or is damaged so that it counts
// as lost.
func (l *link) loses(r *Rand) bool {
	return len(l.cuts) > 0 || r.Bool(l.total.loss) || r.Bool(l.total.corrupt)
}

// await has the first segment arrive at its time.
func (f *flow) await(w *World) {
	if f.arriving != 0 || f.held || f.stalled || f.queue.len() == 0 {
		return
	}
	s := f.queue.first()
	f.arriving = w.schedule(max(w.now, s.at), classNormal, &pending{
		kind: doFire, cause: s.event, arg: headArrives, body: f,
	})
}

// arrive is the end of the first segment's way.
func (f *flow) arrive(w *World) {
	s := f.queue.first()
	switch {
	case s.lost || !f.reaches(w):
		f.stall(w)
	case f.park(w, f.from.node, f.to.node, unsealed(s.body), headArrives),
		len(f.kept) != 0 && f.isKept():
		f.held = true
	default:
		f.pass(w)
	}
}

// pass is arrive for what nothing keeps from it.
func (f *flow) pass(w *World) {
	s := f.queue.first()
	switch {
	case f.to.dialling:
		f.held, f.to.early = true, true
	case f.to.rejects(s):
		f.dropFirst(w, "the connection has ended there")
		f.reject(w)
	default:
		f.deliver(w)
	}
}

// reaches says whether something that arrives now finds a link and a machine.
func (f *flow) reaches(w *World) bool {
	return f.to.node.up && !w.isCut(f.from.node, f.to.node)
}

func (w *World) isCut(src, dst *Node) bool {
	if len(w.links) == 0 {
		return false
	}
	l := w.links[pair(src, dst)]
	return l != nil && len(l.cuts) > 0
}

// park gives an arrival to the link to keep, if it holds.
func (f *flow) park(w *World, src, dst *Node, body any, what uint64) bool {
	if len(w.links) == 0 {
		return false
	}
	l := w.links[pair(src, dst)]
	if l == nil || len(l.holds) == 0 {
		return false
	}
	f.attempt = 0 // a hold is no failure
	cause := w.emit(&fact{kind: KindHold, node: dst, peer: src, cause: w.cause, body: body})
	l.held = append(l.held, pending{
		kind: doFire, cause: cause, from: src.id, to: dst.id, arg: what, body: f,
	})
	return true
}

// deliver gives the first segment to the peer.
func (f *flow) deliver(w *World) {
	src, dst := f.from.node, f.to.node
	s := f.queue.shift()
	if w.mutation != nil {
		s.body = w.mutation.open(w, dst, s.body)
	}
	cause, port := w.cause, uint64(f.to.port)
	w.cause = w.count(KindDeliver, dst, src, cause, port)
	if len(w.observers) != 0 {
		w.show(&fact{kind: KindDeliver, node: dst, peer: src, cause: cause, arg: port, body: s.body})
	}
	f.acknowledge(w)
	f.to.take(w, s.body, s.last)
}

// acknowledge lets the flow go on, if its sender hears that something arrived. If
// not it keeps what it has under way, until the timer runs out.
func (f *flow) acknowledge(w *World) {
	switch {
	case f.from.dead(): // nobody hears
	case w.isCut(f.to.node, f.from.node):
		f.unacked = true
		f.startTimer(w)
	default:
		f.settle(w)
	}
	f.await(w)
}

// settle ends the wait for an acknowledgement. What is still under way goes on, and
// the rest is sent now.
func (f *flow) settle(w *World) {
	w.cancel(f.timer)
	f.timer, f.attempt, f.unacked = 0, 0, false
	if !f.stalled {
		return
	}
	f.stalled = false
	waiting := f.queue.rest()
	if f.held {
		waiting = waiting[1:]
	}
	for i := range waiting {
		if s := &waiting[i]; s.lost || s.at <= w.now {
			f.transmit(w, s)
		}
	}
}

// stall is for what did not get there.
func (f *flow) stall(w *World) {
	f.stalled = true
	f.startTimer(w)
}

// startTimer has the flow send again, or break if it is time.
func (f *flow) startTimer(w *World) {
	if f.timer != 0 {
		return
	}
	if f.attempt == 0 {
		f.since = w.now
	}
	left := w.config.StreamTimeout - time.Duration(w.now-f.since)
	f.timer = w.fireAfter(min(backoff(f.attempt), left), f, timerExpires)
}

// expire is the end of a wait for an acknowledgement: it sends again the oldest
// that is without one.
func (f *flow) expire(w *World) {
	src, dst := f.from.node, f.to.node
	switch {
	case f.from.dead():
		f.drop(w, "its sender has crashed")
		return
	case w.now-f.since >= int64(w.config.StreamTimeout):
		f.from.fail(w, ErrBroken, "no acknowledgement within the stream's timeout")
		return
	}
	w.cause = w.emit(&fact{kind: KindRetry, node: dst, peer: src, cause: w.cause, arg: uint64(f.attempt)})
	f.attempt++
	f.stalled = true
	r := w.draw(src, dst.id)
	switch {
	case w.route(src, dst).loses(&r) || !dst.up:
		f.startTimer(w)
	case !f.unacked:
		f.queue.first().lost = false
		f.arrive(w)
	case f.rejected || f.to.forgotten():
		f.reject(w)
	default:
		f.acknowledge(w)
	}
}

// reject answers what a machine knows nothing of with a reset. It goes the way
// back after what its end sent before. If it is lost, the next retransmission
// elicits another.
func (f *flow) reject(w *World) {
	src, dst := f.from.node, f.to.node
	w.cancel(f.timer)
	f.timer, f.stalled, f.unacked, f.rejected = 0, true, true, true
	l, r := w.route(dst, src), w.draw(dst, src.id)
	if l.loses(&r) {
		f.startTimer(w)
		return
	}
	f.attempt = 0 // the machine is there
	at := w.now + int64(l.total.sample(&r))
	if !f.to.dead() {
		at = max(at, f.to.out.arrival+1) // equal times would be shuffled
	}
	event := w.emit(&fact{
		kind: KindSend, node: dst, peer: src, cause: w.cause, arg: uint64(f.to.port), body: ErrReset,
	})
	f.timer = w.schedule(at, classNormal, &pending{kind: doFire, cause: event, arg: resetArrives, body: f})
}

// takeReset is the arrival of a reset at the flow's sender.
func (f *flow) takeReset(w *World) {
	src, dst := f.from.node, f.to.node
	switch {
	case f.from.dead():
		f.drop(w, "its sender has crashed")
		return
	case w.isCut(dst, src):
		f.startTimer(w)
		return
	case f.park(w, dst, src, ErrReset, resetArrives):
		return
	}
	w.cause = w.emit(&fact{
		kind: KindDeliver, node: src, peer: dst, cause: w.cause, arg: uint64(f.from.port), body: ErrReset,
	})
	f.from.fail(w, ErrReset, "the peer knows nothing of it")
}

// drop ends the flow.
func (f *flow) drop(w *World, why string) {
	for f.queue.len() > 0 {
		f.dropFirst(w, why)
	}
	for _, k := range f.kept {
		w.forgetKept(k.send)
	}
	f.over, f.kept = true, nil
}

func (f *flow) dropFirst(w *World, why string) {
	s := f.queue.shift()
	w.emit(&fact{
		kind: KindDrop, node: f.to.node, peer: f.from.node, cause: s.event,
		sum: hashString(why), text: why, body: unsealed(s.body),
	})
}

// fifo is a queue in a slice that is used again.
type fifo[T any] struct {
	items []T
	taken int
}

func (q *fifo[T]) len() int  { return len(q.items) - q.taken }
func (q *fifo[T]) push(v T)  { q.items = append(q.items, v) }
func (q *fifo[T]) first() *T { return &q.items[q.taken] }
func (q *fifo[T]) rest() []T { return q.items[q.taken:] }
func (q *fifo[T]) shift() T {
	var zero T
	v := q.items[q.taken]
	q.items[q.taken] = zero
	q.taken++
	if q.taken == len(q.items) {
		q.items, q.taken = q.items[:0], 0
	} else if q.taken >= 64 && q.taken*2 >= len(q.items) {
		n := copy(q.items, q.items[q.taken:])
		clear(q.items[n:])
		q.items, q.taken = q.items[:n], 0
	}
	return v
}
