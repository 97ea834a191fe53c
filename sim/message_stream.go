package sim

import (
	"errors"
	"fmt"
	"slices"
)

// What stands in the way of acting on a message of a connection.
var (
	errSentAgain = errors.New("its connection waits to send it again")
	errNoPeer    = errors.New("its connection has ended there")
	errReset     = errors.New("it is a reset, which goes with its connection")
)

// segmentOf finds the connection on which a message is under way, and its place
// among what is. A connection with something under way has an event pending, or is
// held.
func (w *World) segmentOf(send uint64) (*flow, int) {
	for i := range w.slab {
		if e := &w.slab[i]; e.key != 0 && e.kind == doFire {
			if f, i := e.carries(send); f != nil {
				return f, i
			}
		}
	}
	for _, l := range w.links { // order-free: one at most has it
		for i := range l.held {
			if f, i := l.held[i].carries(send); f != nil {
				return f, i
			}
		}
	}
	for _, k := range w.kept {
		if k.flow != nil && k.send == send {
			return k.flow, k.flow.find(send)
		}
	}
	return nil, 0
}

// carries is segmentOf for one thing that is pending.
func (e *pending) carries(send uint64) (*flow, int) {
	if f, ok := e.body.(*flow); ok {
		if i := f.find(send); i >= 0 {
			return f, i
		}
	}
	return nil, 0
}

// find returns the place of a message among what is under way, or -1.
func (f *flow) find(send uint64) int {
	return slices.IndexFunc(f.queue.rest(), func(s segment) bool { return s.event == send })
}

// isReset says whether a reset is on its way that was sent in that event.
func (w *World) isReset(send uint64) bool {
	return slices.ContainsFunc(w.slab, func(e pending) bool {
		_, ok := e.body.(*flow)
		return ok && e.key != 0 && e.arg == resetArrives && e.cause == send
	})
}

// blocked says why a segment is not on its way now, though it is not there.
func (f *flow) blocked() error {
	switch {
	case f.rejected:
		return errNoPeer
	case f.stalled && !f.held:
		return errSentAgain
	}
	return nil
}

// loseByHand has a segment not get there this time.
func (f *flow) loseByHand(w *World, i int) error {
	if err := f.blocked(); err != nil {
		return err
	}
	s := &f.queue.rest()[i]
	s.lost = true
	f.free(w, s)
	if f.stalled && !f.held {
		f.startTimer(w)
	} else {
		f.await(w)
	}
	return nil
}

// deliverByHand has the first segment arrive now.
func (f *flow) deliverByHand(w *World, i int) error {
	first := f.queue.first()
	switch err := f.blocked(); {
	case err != nil:
		return err
	case i > 0:
		return fmt.Errorf("message %d, which was sent before it on the same connection, has not arrived", first.event)
	}
	if err := w.unreachable(f.from.node, f.to.node); err != nil {
		return err
	}
	first.lost = false
	f.free(w, first)
	w.cancel(f.arriving)
	f.arriving = w.schedule(w.now, classNormal, &pending{kind: doFire, cause: first.event, arg: headPasses, body: f})
	return nil
}

// free ends all that holds a segment, of a link or by hand.
func (f *flow) free(w *World, s *segment) {
	held := func(e pending) bool { return e.body == firer(f) && e.arg == headArrives }
	if l := w.links[pair(f.from.node, f.to.node)]; l != nil && s == f.queue.first() && slices.ContainsFunc(l.held, held) {
		l.held = slices.DeleteFunc(l.held, held)
		f.held = false
	}
	for _, k := range f.kept {
		if k.send == s.event && k.parked {
			f.held = false
		}
	}
	f.kept = slices.DeleteFunc(f.kept, func(k *kept) bool { return k.send == s.event })
	w.forgetKept(s.event)
}

// keep has a segment go no further than to the end of its way.
func (f *flow) keep(w *World, k *kept, i int) {
	s := &f.queue.rest()[i]
	k.flow = f
	k.event = w.emit(&fact{kind: KindHold, node: f.to.node, peer: f.from.node, cause: s.event, body: unsealed(s.body)})
	f.kept = append(f.kept, k)
}

// isKept says whether the first segment, which arrives, is held by hand.
func (f *flow) isKept() bool {
	for _, k := range f.kept {
		if k.send == f.queue.first().event {
			k.parked = true
			f.attempt = 0 // a hold is no failure
			return true
		}
	}
	return false
}

// letGo has a segment that was held by hand go on.
func (f *flow) letGo(w *World, k *kept) {
	f.kept = without(f.kept, k)
	if k.parked {
		f.arriving = w.schedule(w.now, classNormal, &pending{kind: doFire, cause: k.event, arg: headArrives, body: f})
	}
}
