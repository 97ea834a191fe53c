package sim

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// A key is a pending event as the queue sees it: sixteen bytes without a
// pointer, so that moving one is a single copy and the garbage collector never
// looks at a queue, however long. The world keeps the payloads in a slab.
type key struct {
	at int64  // virtual nanoseconds, not negative
	lo uint64 // class, order key and slot, from high to low; unique among pending keys
}

// before is the total order of events.
func (k key) before(other key) bool {
	return k.at < other.at || k.at == other.at && k.lo < other.lo
}

func (k key) compare(other key) int {
	return cmp.Or(cmp.Compare(k.at, other.at), cmp.Compare(k.lo, other.lo))
}

const (
	// queueHeapMost bounds the heap: with more keys than this a radix split
	// and a sort cost less per key than sifting does. Keys due right now are
	// exempt, since only a heap can order them against each other as they come.
	queueHeapMost = 32
	// queueBackMost and queueFrontMost are how many keys at either end of near
	// may have to make way for one that cannot be appended. This is what keeps
	// small worlds out of the heap, and messages that come soon from queueing
	// behind timeouts that come late.
	queueBackMost  = 4
	queueFrontMost = 12
	// queueRunLeast and queueRunMost bound how many keys of far are sorted at
	// once. A long run makes sorting cheap per key, but every key pushed into
	// its span has to go through the heap: a quarter of what is far is a good
	// compromise between the two.
	queueRunLeast = 24
	queueRunMost  = 1024
	queueNearCap  = 32 // first capacity of near: small worlds never need more
)

// A queue is the pending events of one world in the order in which they
// happen. It is monotone: nothing may be pushed before the last popped time.
// The zero value is an empty queue at time zero, which holds no memory beyond
// its own struct until it is used.
//
// It has three parts, divided by time. Invariants, with everything that is
// pending in exactly one of the three:
//
//  1. near[head:] is sorted; every key in it is at most nearLast.
//  2. heap is a binary heap; every key in it is at most nearLast.
//  3. every key in far is after nearLast.
//
// So the next event is the smaller of near[head] and heap[0], and far is asked
// only when both are used up. Keys reach near already sorted: appended in
// order, as messages over a link of constant latency or timeouts of one length
// come, or as a whole bucket of far. A key that comes out of order but belongs
// close to either end moves the few keys beyond it, at the front into the room
// that popped ones have left. What else comes out of order within nearLast, such
// as zero-delay hops while much is due now, goes to the heap. The rest waits
// unsorted in far, which is also where the heap spills to when it gets too long.
type queue struct {
	now      int64 // of the last popped key, unless advanced since
	nearLast int64
	head     int
	near     []key
	heap     []key
	far      radix
}

// newQueue returns an empty queue, as the zero value is one too.
func newQueue() queue { return queue{} }

func (q *queue) len() int {
	return len(q.near) - q.head + len(q.heap) + q.far.count
}

// upcoming returns keys that will be popped soon, in order, as far as they are at
// hand, so that their payloads can be fetched ahead. It is a hint: a key from the
// heap or a later push may come before them.
func (q *queue) upcoming() []key { return q.near[q.head:] }

// push adds k, which must not lie before now.
func (q *queue) push(k key) {
	if q.isFar(k.at) {
		q.far.put(k)
	} else {
		q.pushNear(k)
	}
}

// isFar says whether a key of that time belongs to far, see invariant 3.
func (q *queue) isFar(at int64) bool {
	return at > q.nearLast && at >= q.now && q.far.active != 0
}

// pushNear adds a key that is at most nearLast. While far is empty nothing is
// after nearLast, so the limit is lifted for one that is.
func (q *queue) pushNear(k key) {
	if k.at < q.now {
		panic("sim: event in the past")
	}
	if k.at > q.nearLast {
		q.nearLast = math.MaxInt64
	}
	n := len(q.near)
	if n == cap(q.near) {
		q.makeRoom()
		n = len(q.near)
	}
	if n == q.head || q.near[n-1].before(k) {
		q.near = q.near[:n+1]
		q.near[n] = k
		return
	}
	if n-q.head > queueBackMost && q.near[n-queueBackMost].before(k) {
		q.near = q.near[:n+1]
		insertBack(q.near, k)
		return
	}
	if q.head > 0 && (n-q.head <= queueFrontMost || k.before(q.near[q.head+queueFrontMost])) {
		q.head--
		insertFront(q.near[q.head:], k)
		return
	}
	n = len(q.heap)
	if n >= queueHeapMost || n == cap(q.heap) {
		q.pushFull(k)
		return
	}
	q.heap = q.heap[:n+1]
	siftUp(q.heap, k)
}

// insertBack puts k, which is after the first of them, into sorted keys, the last
// of which is yet to be.
func insertBack(ks []key, k key) {
	i := len(ks) - 1
	for ; k.before(ks[i-1]); i-- {
		ks[i] = ks[i-1]
	}
	ks[i] = k
}

// insertFront puts k, which is before the last of them, into sorted keys, the
// first of which has been popped.
func insertFront(ks []key, k key) {
	i := 0
	for ; ks[i+1].before(k); i++ {
		ks[i] = ks[i+1]
	}
	ks[i] = k
}

func siftUp(h []key, k key) {
	i := len(h) - 1
	for i > 0 {
		p := int(uint(i-1) / 2)
		if h[p].before(k) {
			break
		}
		h[i] = h[p]
		i = p
	}
	h[i] = k
}

// makeRoom is called when near has reached its capacity. It reuses the popped
// part if that is at least half, so that a key is copied once on average.
func (q *queue) makeRoom() {
	live := q.near[q.head:]
	to := q.near[:0]
	if 2*len(live) >= cap(q.near) {
		to = make([]key, 0, max(queueNearCap, 2*cap(q.near)))
	}
	q.near = append(to, live...)
	q.head = 0
}

// pushFull adds to a heap that has to grow or, if it is longer than it should
// be, to spill.
func (q *queue) pushFull(k key) {
	if q.heap == nil {
		q.heap = make([]key, 0, queueHeapMost+1)
	}
	q.heap = append(q.heap, k)
	siftUp(q.heap, k)
	if len(q.heap) > queueHeapMost && k.at > q.now {
		q.spill()
	}
}

// spill moves the later half of the heap, and what lies as late in near, to
// far. The cut is between two times, as nearLast demands: keys of one time go
// together, and keys due now all stay.
func (q *queue) spill() {
	sortKeys(q.heap) // a sorted slice is a heap
	first := max(q.heap[len(q.heap)/2].at, q.now+1)
	q.nearLast = first - 1
	if q.far.active == 0 {
		q.far.reset(q.now)
	} else if first < q.far.base {
		q.far.rebase(first)
	}
	i := firstAt(q.heap, first)
	q.far.add(q.heap[i:])
	q.heap = q.heap[:i]
	i = q.head + firstAt(q.near[q.head:], first)
	q.far.add(q.near[i:])
	q.near = q.near[:i]
}

// pop removes and returns the smallest key and moves now to its time, unless
// there is none or its time is after limit.
//
// To remove it from the heap is written out here because a call would cost a
// tenth of the whole while few events are pending: the last key, which remains
// behind the end as a sentinel so that every parent has two children, sinks down
// from the root. Which child is the smaller one nobody can predict, so that
// choice is arithmetic instead of a branch.
func (q *queue) pop(limit int64) (k key, ok bool) {
	h := q.heap
	if len(h) == 0 || q.head < len(q.near) && q.near[q.head].before(h[0]) {
		if q.head == len(q.near) && !q.refill(limit) {
			return key{}, false
		}
		k = q.near[q.head]
		if k.at > limit {
			return key{}, false
		}
		q.head++
		q.now = k.at
		return k, true
	}
	k = h[0]
	if k.at > limit {
		return key{}, false
	}
	q.now = k.at
	n := len(h) - 1
	q.heap = h[:n]
	last := h[n]
	i := 0
	for c := 1; c < n; c = 2*i + 1 {
		_, less := bits.Sub64(h[c+1].lo, h[c].lo, 0)
		_, less = bits.Sub64(uint64(h[c+1].at), uint64(h[c].at), less)
		c += int(less)
		if !h[c].before(last) {
			break
		}
		h[i] = h[c]
		i = c
	}
	h[i] = last
	return k, true
}

// refill moves the earliest keys of far to near, which is used up as the heap
// is, and reports whether there are any. Buckets that begin after limit are
// left alone: pop would not return their keys, and touching them would move
// far's base past times that may still be pushed.
func (q *queue) refill(limit int64) bool {
	q.near, q.head = q.near[:0], 0
	r := &q.far
	run := min(max(r.count/4, queueRunLeast), queueRunMost)
	for r.active != 0 {
		x := r.lowest()
		n := r.buckets[x].len()
		first, last := r.span(x)
		if first > limit || len(q.near) > 0 && len(q.near)+n > queueRunLeast {
			return len(q.near) > 0
		}
		if n <= queueRunLeast {
			q.near = r.drain(x, q.near)
			insertionSort(q.near[len(q.near)-n:])
			q.nearLast = last
			continue
		}
		s := r.spread(x, last-first)
		oneTime := s.at == 0 && s.some.at <= limit
		if n <= run || oneTime || x < radixFan {
			q.near = r.drainSorted(x, s, q.near)
			q.nearLast = last
			return true
		}
		r.split(x, s, limit)
		q.nearLast = r.base - 1
	}
	return len(q.near) > 0
}

// each calls f with every pending key, in no particular order.
func (q *queue) each(f func(k key)) {
	for _, k := range q.near[q.head:] {
		f(k)
	}
	for _, k := range q.heap {
		f(k)
	}
	q.far.each(f)
}

// prune removes the keys for which dead is true. It looks at every key.
func (q *queue) prune(dead func(lo uint64) bool) {
	deadKey := func(k key) bool { return dead(k.lo) }
	live := slices.DeleteFunc(q.near[q.head:], deadKey)
	q.near = q.near[:q.head+len(live)]
	q.heap = slices.DeleteFunc(q.heap, deadKey)
	sortKeys(q.heap)
	q.far.prune(dead)
}

// reschedule replaces every key by f of it, which must not lie in the past
// either: timers move when their node's clock does.
func (q *queue) reschedule(f func(k key) key) {
	all := make([]key, 0, q.len())
	q.each(func(k key) { all = append(all, k) })
	q.near, q.head, q.heap = q.near[:0], 0, q.heap[:0]
	q.far.clear()
	for _, k := range all {
		q.push(f(k))
	}
}

// advanceTo moves now on to a time by which pop has found nothing.
func (q *queue) advanceTo(now int64) { q.now = now }

// firstAt returns the index of the first key not before time at.
func firstAt(sorted []key, at int64) int {
	i, _ := slices.BinarySearchFunc(sorted, key{at: at}, key.compare)
	return i
}

// sortKeys sorts keys that are few or of which nothing is known.
func sortKeys(ks []key) {
	if len(ks) <= 2*queueRunLeast {
		insertionSort(ks)
	} else {
		slices.SortFunc(ks, key.compare)
	}
}

func insertionSort(ks []key) {
	for i := 1; i < len(ks); i++ {
		k := ks[i]
		j := i
		for ; j > 0 && k.before(ks[j-1]); j-- {
			ks[j] = ks[j-1]
		}
		ks[j] = k
	}
}
