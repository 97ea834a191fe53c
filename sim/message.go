package sim

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// This file is what those outside do to one message under way. It is found by
// searching all that is pending when somebody asks, so that a message that nobody
// asks for costs nothing more.

// ErrNotUnderWay: no message with that number is between its nodes now.
var ErrNotUnderWay = errors.New("it is not under way")

const droppedByHand = "dropped by hand"

// carried is a copy of a message under way, taken out of where it was.
type carried struct {
	pending
	at int64 // when it would have arrived
}

// kept is a message that is held by hand, with all its copies.
type kept struct {
	send    uint64
	holders int
	copies  []carried

	flow   *flow  // the connection of which it is a segment; nil if it is none
	event  uint64 // of its hold
	parked bool   // the segment has come as far as it is let
}

// MessageHold keeps one message back until it is released.
type MessageHold struct {
	w        *World
	kept     *kept
	released bool
}

// DropMessage has a message that is under way be lost, named by the number of its
// KindSend event, with all copies that the network has made of it. A datagram is
// gone. A call or its answer behaves as over TCP: it is sent again after the
// stream's timeout, which doubles each time, until it has been lost so often that
// the stream breaks. So does what a [Conn] sends: the loss shows when it would have
// arrived, and what was sent after it waits.
//
// The error, ErrNotUnderWay or one that says more, is why nothing was done: the
// message has arrived (also at a node that is paused: what has reached a machine
// has arrived), or is lost, or it was none. A message on a Conn that waits to be
// sent again cannot be lost once more before it is.
func (w *World) DropMessage(send uint64) error {
	if f, i := w.segmentOf(send); f != nil {
		return f.loseByHand(w, i)
	}
	list := w.take(send)
	for i := range list {
		e := &list[i].pending
		w.lose(w.nodes[e.from], w.nodes[e.to], e, droppedByHand)
	}
	return w.unlessNone(list, send)
}

// DeliverMessage has a message that is under way arrive now, as the next thing that
// is due but for others due at this instant: it overtakes what was sent before it,
// and passes links that hold. The messages of a [Conn] do not overtake each other,
// so that only the first under way can be delivered. See [World.DropMessage] for
// what names a message. It is an error, and the message stays on its way, if the
// link is cut or the node is down.
func (w *World) DeliverMessage(send uint64) error {
	if f, i := w.segmentOf(send); f != nil {
		return f.deliverByHand(w, i)
	}
	at := w.copiesOf(send)
	if len(at) == 0 {
		return w.unlessNone(nil, send)
	}
	if err := w.unreachable(w.nodes[at[0].from], w.nodes[at[0].to]); err != nil {
		return err
	}
	list := w.take(send)
	for i := range list {
		e := &list[i].pending
		e.kind = doTake // whatever holds
		w.schedule(w.now, classNormal, e)
	}
	return nil
}

// HoldMessage keeps back a message that is under way until it is released, and then
// lets it go on: it arrives when it would have, or at once if that is past. What
// was sent after it overtakes it, but not on a [Conn]. See [World.DropMessage] for
// what names a message and for the error. Several may hold one message, which goes
// on when the last lets it; one that is dropped or delivered is not held any more.
// That it is held is an event, KindHold, and the cause of what becomes of it; that it
// is let go is none: KindHeld and KindRelease are about links.
func (w *World) HoldMessage(send uint64) (*MessageHold, error) {
	for _, k := range w.kept {
		if k.send == send {
			k.holders++
			return &MessageHold{w: w, kept: k}, nil
		}
	}
	k := &kept{send: send, holders: 1}
	if f, i := w.segmentOf(send); f != nil {
		if f.rejected {
			return nil, errNoPeer
		}
		f.keep(w, k, i)
	} else {
		k.copies = w.take(send)
		if err := w.unlessNone(k.copies, send); err != nil {
			return nil, err
		}
		for i := range k.copies {
			e := &k.copies[i].pending
			e.kind = doDeliver // also if it was just about to be delivered by hand
			w.stopOver(e)
		}
	}
	w.kept = append(w.kept, k)
	return &MessageHold{w: w, kept: k}, nil
}

// Release lets the message go on, unless another hold keeps it or it is gone. To
// release it again is nothing.
func (h *MessageHold) Release() {
	if h.released {
		return
	}
	h.released = true
	if h.kept.holders--; h.kept.holders == 0 {
		h.w.letGo(h.kept)
	}
}

// letGo has a held message go on, whoever holds it.
func (w *World) letGo(k *kept) {
	if !slices.Contains(w.kept, k) {
		return // it was dropped or delivered
	}
	w.kept = without(w.kept, k)
	if k.flow != nil {
		k.flow.letGo(w, k)
		return
	}
	for i := range k.copies {
		c := &k.copies[i]
		w.schedule(max(w.now, c.at), classNormal, &c.pending)
	}
}

// stopOver is the event of a message being held.
func (w *World) stopOver(e *pending) {
	w.goOn(e, w.emit(&fact{
		kind: KindHold, node: w.nodes[e.to], peer: w.nodes[e.from], cause: e.cause, body: unsealed(e.body),
	}))
}

// goOn has what becomes of a message be caused by another event than before, such
// as that it was sent again. Its send stays known.
func (w *World) goOn(e *pending, because uint64) {
	if w.sends == nil {
		w.sends = map[uint64]uint64{}
	}
	sent := w.sentAs(e)
	delete(w.sends, e.cause)
	w.sends[because] = sent
	e.cause = because
}

// sentAs is the number of a message's send.
func (w *World) sentAs(e *pending) uint64 {
	if sent, ok := w.sends[e.cause]; ok {
		return sent
	}
	return e.cause
}

// isCopy says whether something pending is a copy of the message.
func (w *World) isCopy(e *pending, send uint64) bool {
	return (e.kind == doDeliver || e.kind == doTake) && w.sentAs(e) == send
}

// copiesOf returns all copies of a message that are under way, those that are due
// first, and then those that are held.
func (w *World) copiesOf(send uint64) []carried {
	var list []carried
	w.queue.each(func(k key) {
		if e := &w.slab[k.lo&slotMask]; e.key == k.lo && w.isCopy(e, send) {
			list = append(list, carried{*e, k.at})
		}
	})
	// The queue's own order depends on how far the run was driven at a time.
	slices.SortFunc(list, func(a, b carried) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.key, b.key)) })
	for _, id := range slices.Sorted(maps.Keys(w.links)) {
		for _, e := range w.links[id].held {
			if w.isCopy(&e, send) {
				e.key = 0
				list = append(list, carried{e, w.now})
			}
		}
	}
	for _, k := range w.kept {
		if k.send == send {
			list = append(list, k.copies...)
		}
	}
	return list
}

// take is copiesOf, and takes them out of where they are.
func (w *World) take(send uint64) []carried {
	list := w.copiesOf(send)
	for i := range list {
		c := &list[i]
		w.cancel(c.key)
		c.key = 0
		if l := w.links[uint64(c.from)<<32|uint64(c.to)]; l != nil {
			l.held = slices.DeleteFunc(l.held, func(e pending) bool { return w.isCopy(&e, send) })
		}
	}
	w.forgetKept(send)
	return list
}

// forgetKept ends all holds by hand of a message.
func (w *World) forgetKept(send uint64) {
	w.kept = slices.DeleteFunc(w.kept, func(k *kept) bool { return k.send == send })
}

// unlessNone is why there is no copy of a message, if there is none.
func (w *World) unlessNone(list []carried, send uint64) error {
	if len(list) > 0 {
		return nil
	}
	for _, n := range w.nodes {
		if slices.ContainsFunc(n.stashed, func(e pending) bool { return w.isCopy(&e, send) }) {
			return fmt.Errorf("it has reached %s, which is paused", n.name)
		}
	}
	if w.isReset(send) {
		return errReset
	}
	return ErrNotUnderWay
}

// unreachable says why nothing can arrive.
func (w *World) unreachable(src, dst *Node) error {
	switch {
	case !dst.up:
		return fmt.Errorf("%s is down", dst.name)
	case w.isCut(src, dst):
		return fmt.Errorf("the link from %s to %s is cut", src.name, dst.name)
	}
	return nil
}
