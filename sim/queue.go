package sim

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// key is a queued event as the queue sees it: when it is due, and its order among
// what is due at the same instant with, in its low bits, where its payload lies.
// It has no pointers, so that the garbage collector passes the queue by.
type key struct {
	at int64
	lo uint64
}

func (k key) before(other key) bool {
	return k.at < other.at || k.at == other.at && k.lo < other.lo
}

func compareKeys(a, b key) int {
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.lo, b.lo))
}

const (
	nearFill = 32 // a bucket of so many keys is sorted rather than split further
	nearMost = 96 // with more, the near array is spilled: inserting would cost too much
)

// queue is a priority queue of keys for times that never go back. It is a radix heap
// (Ahuja, Mehlhorn, Orlin and Tarjan, "Faster algorithms for the shortest path
// problem", JACM 37, 1990) with two things before it: a small sorted array of what
// comes next, which is all there is in a small world, and a heap of what is due at
// this very instant, without which many hops at one instant would each move it.
//
// The order is that of (at, lo). The zero queue is not ready: see newQueue.
type queue struct {
	now  int64
	hops []uint64 // min-heap of what was pushed for now since it is now

	near    []key // sorted; near[head:] are all other keys below nearEnd
	head    int
	nearEnd int64

	base    int64 // not above now, nor any key in the buckets
	filled  uint64
	buckets [64][]key // by the length of at^base: the highest bit in which they differ
	count   int       // in the buckets
}

func newQueue() queue { return queue{nearEnd: math.MaxInt64} }

func (q *queue) len() int { return len(q.near) - q.head + len(q.hops) + q.count }

// upcoming returns the i-th key after the next pops, if it is known without work.
func (q *queue) upcoming(i int) (key, bool) {
	if i += q.head; i < len(q.near) {
		return q.near[i], true
	}
	return key{}, false
}

// push adds a key, which must not be due before now.
func (q *queue) push(k key) {
	if k.at >= q.nearEnd {
		q.place(k)
		return
	}
	if k.at <= q.now {
		if k.at < q.now {
			panic("sim: event in the past")
		}
		q.pushHop(k.lo)
		return
	}
	if n := len(q.near); n < cap(q.near) && (n == q.head || q.near[n-1].before(k)) {
		q.near = append(q.near, k)
		return
	}
	q.insert(k)
}

// insert puts a key where it belongs in the near array.
func (q *queue) insert(k key) {
	if q.head > 0 && len(q.near) == cap(q.near) {
		q.near = q.near[:copy(q.near, q.near[q.head:])]
		q.head = 0
	}
	q.near = append(q.near, k)
	i := len(q.near) - 1
	for i > q.head && k.before(q.near[i-1]) {
		q.near[i] = q.near[i-1]
		i--
	}
	q.near[i] = k
	if len(q.near)-q.head > nearMost {
		q.spill()
	}
}

// spill moves the later half of the near array to the buckets, at a boundary
// between two times. What is due now stays.
func (q *queue) spill() {
	near := q.near[q.head:]
	i := len(near) / 2
	for i < len(near) && near[i].at == near[i-1].at {
		i++
	}
	if i == len(near) {
		for i = len(near) / 2; i > 0 && near[i].at == near[i-1].at; {
			i--
		}
	}
	if near[i].at == q.now {
		return // all of them
	}
	q.nearEnd = near[i].at
	for _, k := range near[i:] {
		q.place(k)
	}
	q.near = q.near[:q.head+i]
}

// place puts a key into its bucket.
func (q *queue) place(k key) {
	if q.count == 0 {
		q.base = q.now
	}
	q.put(k)
}

func (q *queue) put(k key) {
	i := bits.Len64(uint64(k.at ^ q.base))
	q.buckets[i] = append(q.buckets[i], k)
	q.filled |= 1 << i
	q.count++
}

// pop takes the first key if it is due by limit, and makes its time now.
func (q *queue) pop(limit int64) (key, bool) {
	if len(q.hops) != 0 {
		return q.popHop(limit)
	}
	if q.head == len(q.near) && !q.refill(limit) {
		return key{}, false
	}
	k := q.near[q.head]
	if k.at > limit {
		return key{}, false
	}
	q.head++
	if q.head == len(q.near) {
		q.near, q.head = q.near[:0], 0
	}
	q.now = k.at
	return k, true
}

// refill loads the near array, which is empty, from the lowest bucket.
func (q *queue) refill(limit int64) bool {
	for q.count > 0 {
		i := bits.TrailingZeros64(q.filled)
		b := q.buckets[i]
		if i == 0 || len(b) <= nearFill {
			q.load(i)
			return true
		}
		least := slices.MinFunc(b, compareKeys).at
		if least > limit {
			return false // base must not pass now
		}
		q.base = least
		q.empty(i)
		for _, k := range b {
			q.put(k) // each comes into a lower bucket
		}
	}
	q.nearEnd = math.MaxInt64
	return false
}

// load makes bucket i the near array.
func (q *queue) load(i int) {
	q.near = append(q.near[:0], q.buckets[i]...)
	q.head = 0
	q.empty(i)
	if len(q.near) <= nearFill {
		insertionSort(q.near)
	} else {
		slices.SortFunc(q.near, compareKeys)
	}
	// The bucket's times agree with base above bit i and differ in bit i-1.
	q.nearEnd = math.MaxInt64
	if end := (q.base>>i + 1) << i; q.count > 0 && end > 0 {
		q.nearEnd = end
	}
}

func (q *queue) empty(i int) {
	q.count -= len(q.buckets[i])
	q.buckets[i] = q.buckets[i][:0]
	q.filled &^= 1 << i
}

func insertionSort(keys []key) {
	for i := 1; i < len(keys); i++ {
		k, j := keys[i], i
		for j > 0 && k.before(keys[j-1]) {
			keys[j] = keys[j-1]
			j--
		}
		keys[j] = k
	}
}

func (q *queue) pushHop(lo uint64) {
	h := append(q.hops, lo)
	i := len(h) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if h[parent] < lo {
			break
		}
		h[i] = h[parent]
		i = parent
	}
	h[i] = lo
	q.hops = h
}

// popHop pops while something is due now: the first of the hops or, if its order is
// lower, of the near array.
func (q *queue) popHop(limit int64) (key, bool) {
	if q.now > limit {
		return key{}, false
	}
	if q.head < len(q.near) {
		if k := q.near[q.head]; k.at == q.now && k.lo < q.hops[0] {
			q.head++
			return k, true
		}
	}
	h := q.hops
	first, last := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	i := 0
	for {
		child := 2*i + 1
		if child >= len(h) {
			break
		}
		if child+1 < len(h) && h[child+1] < h[child] {
			child++
		}
		if last <= h[child] {
			break
		}
		h[i] = h[child]
		i = child
	}
	if len(h) > 0 {
		h[i] = last
	}
	q.hops = h
	return key{q.now, first}, true
}

// prune removes the keys of which dead is true.
func (q *queue) prune(dead func(lo uint64) bool) {
	gone := func(k key) bool { return dead(k.lo) }
	q.near = append(q.near[:0], slices.DeleteFunc(q.near[q.head:], gone)...)
	q.head = 0
	q.hops = slices.DeleteFunc(q.hops, dead)
	slices.Sort(q.hops) // sorted is a heap
	q.count = 0
	for i := range q.buckets {
		q.buckets[i] = slices.DeleteFunc(q.buckets[i], gone)
		q.count += len(q.buckets[i])
		if len(q.buckets[i]) == 0 {
			q.filled &^= 1 << i
		}
	}
}

// reschedule gives every key another time. It is for the rare change that moves many.
func (q *queue) reschedule(to func(k key) key) {
	keys := slices.Clone(q.near[q.head:])
	for _, lo := range q.hops {
		keys = append(keys, key{q.now, lo})
	}
	for i := range q.buckets {
		keys = append(keys, q.buckets[i]...)
	}
	now := q.now
	*q = newQueue()
	q.now = now
	for _, k := range keys {
		q.push(to(k))
	}
}

// advanceTo makes it a later time at which nothing is due.
func (q *queue) advanceTo(now int64) { q.now = now }
