package sim

import (
	"math/bits"
	"slices"
)

const (
	radixFanBits = 6
	radixFan     = 1 << radixFanBits // buckets of a rung: as many as one bitmap word has bits
	radixTop     = 7                 // number of the top rung; the rungs below it come from splits
	radixSize    = (radixTop + 1) * radixFan
	radixLeaf    = 4 // keys a bucket should have after a split

	chunkBits = 5
	chunkLen  = 1 << chunkBits // keys of a chunk, 512 bytes

	countBits = 16 // largest table for a counting sort: 1<<countBits places
)

// A radix holds keys that are not due for a while, unsorted, in buckets by time.
//
// The top rung is the monotone radix heap of Ahuja, Mehlhorn, Orlin and Tarjan
// ("Faster algorithms for the shortest path problem", JACM 37(2), 1990): one
// bucket for each highest bit in which a time can differ from base. Where they
// halve the earliest bucket over and over, moving a key up to 63 times, split
// spreads it at once over a rung of up to 64 buckets, as a ladder queue does,
// so that a key moves two or three times whatever the distribution of times.
//
// Which bucket a time belongs to is still a function of the highest bit that
// differs from base: route says for each such bit which rung and which digit of
// the time count. A deeper rung has a lower number and, because its times share
// more bits with base, earlier keys; so the earliest bucket is the lowest set
// bit of active and occupied.
//
// Keys live in chunks of one slab, linked per bucket, so that memory follows
// the number of keys, whatever bucket they are in, and is reused at once.
type radix struct {
	base     int64 // not after any key
	count    int
	active   uint64 // bit g: rung g has keys
	buckets  *[radixSize]radixBucket
	keys     []key                // the slab
	prev     []uint32             // for each chunk of a bucket the one filled before it
	free     []uint32             // chunks of no bucket
	counts   []uint32             // for drainSorted
	route    [64]radixRoute       // by bit length of time^base
	occupied [radixTop + 1]uint64 // bit d of g: bucket d of rung g has keys
	rungs    [radixTop]radixRung
}

// A radixBucket is a chain of chunks, all full but the last.
type radixBucket struct {
	next   uint32 // slab index after the last key; 0 if there is none
	chunks uint32
}

// A radixRoute sends a time to bucket first + time>>shift&mask.
type radixRoute struct {
	first uint16
	shift uint8
	mask  uint8
}

// A radixRung divides 1<<(shift+bits) ns into 1<<bits buckets.
type radixRung struct {
	shift, bits uint8
}

func (b radixBucket) len() int {
	return int(b.chunks*chunkLen - -b.next%chunkLen)
}

// reset prepares an empty radix for keys from time base on.
func (r *radix) reset(base int64) {
	if r.buckets == nil {
		r.buckets = new([radixSize]radixBucket)
	}
	r.base = base
	for i := range r.route {
		r.route[i] = radixRoute{first: uint16(radixTop*radixFan + i)}
	}
}

func (r *radix) add(ks []key) {
	r.count += len(ks)
	for _, k := range ks {
		r.place(k)
	}
}

// put adds a key.
func (r *radix) put(k key) {
	r.count++
	r.place(k)
}

// place puts k into its bucket without counting it.
func (r *radix) place(k key) {
	to := r.route[bits.Len64(uint64(k.at^r.base))&63]
	x := (uint(to.first) + uint(k.at>>(to.shift&63))&uint(to.mask)) % radixSize
	b := &r.buckets[x]
	i := b.next
	if i%chunkLen == 0 {
		i = r.extend(x)
	}
	r.keys[i] = k
	b.next = i + 1
}

// extend gives bucket x another chunk and returns its first slab index.
func (r *radix) extend(x uint) uint32 {
	b := &r.buckets[x]
	r.active |= 1 << (x / radixFan)
	r.occupied[x/radixFan] |= 1 << (x % radixFan)
	c := uint32(len(r.prev))
	if n := len(r.free); n > 0 {
		c = r.free[n-1]
		r.free = r.free[:n-1]
	} else {
		r.prev = append(r.prev, 0)
		r.keys = append(r.keys, make([]key, chunkLen)...)
	}
	r.prev[c] = (b.next - 1) >> chunkBits
	b.chunks++
	return c << chunkBits
}

// lowest returns the bucket with the earliest keys.
func (r *radix) lowest() uint {
	g := uint(bits.TrailingZeros64(r.active))
	return g*radixFan + uint(bits.TrailingZeros64(r.occupied[g]))
}

// span returns the first and the last time that may be in bucket x. If base is
// among them, the bucket has been split: what belongs to rungs below is not here.
func (r *radix) span(x uint) (first, last int64) {
	g, d := x/radixFan, x%radixFan
	rung := radixRung{} // bucket 0 of the top is for base itself
	switch {
	case g < radixTop:
		rung = r.rungs[g]
	case d > 0: // bit d-1 is the highest that differs, so it is set
		rung = radixRung{shift: uint8(d - 1), bits: 1}
		d = 1
	}
	above := rung.shift + rung.bits
	first = r.base>>above<<above | int64(d)<<rung.shift
	return first, first | (1<<rung.shift - 1)
}

// tail returns the keys in the last chunk of b.
func (r *radix) tail(b radixBucket) []key {
	return r.keys[(b.next-1)&^(chunkLen-1) : b.next]
}

// cut removes the last chunk from b and returns it.
func (r *radix) cut(b *radixBucket) uint32 {
	c := (b.next - 1) >> chunkBits
	b.next = (r.prev[c] + 1) << chunkBits
	b.chunks--
	return c
}

// take empties bucket x. The caller walks what it returns and frees its chunks.
func (r *radix) take(x uint) radixBucket {
	b := r.buckets[x]
	r.buckets[x] = radixBucket{}
	g := x / radixFan
	r.occupied[g] &^= 1 << (x % radixFan)
	if r.occupied[g] == 0 {
		r.active &^= 1 << g
	}
	return b
}

// drain moves the keys of bucket x to the end of a slice.
func (r *radix) drain(x uint, to []key) []key {
	b := r.take(x)
	r.count -= b.len()
	for b.chunks > 0 {
		to = append(to, r.tail(b)...)
		r.free = append(r.free, r.cut(&b))
	}
	return to
}

// replace places the keys of bucket x again, by another base or route.
func (r *radix) replace(x uint) {
	b := r.take(x)
	for b.chunks > 0 {
		// By index: placing may grow the slab.
		for i := (b.next - 1) &^ (chunkLen - 1); i < b.next; i++ {
			r.place(r.keys[i])
		}
		r.free = append(r.free, r.cut(&b))
	}
}

// A radixSpread tells how far apart the keys of a bucket lie: one of them, and
// the bits in which others differ from it. Of at only the highest bit is sure
// to be right, and lo is complete only if at is zero.
type radixSpread struct {
	some   key
	at, lo uint64
}

// spread looks at the keys of bucket x, which covers width ns more than one. It
// stops when it knows that no smaller rung would do, since it is the only
// reason to touch a large bucket twice.
func (r *radix) spread(x uint, width int64) radixSpread {
	b := r.buckets[x]
	s := radixSpread{some: r.keys[b.next-1]}
	for b.chunks > 0 && s.at <= uint64(width)/2 {
		for _, k := range r.tail(b) {
			s.at |= uint64(k.at ^ s.some.at)
			s.lo |= k.lo ^ s.some.lo
		}
		r.cut(&b)
	}
	return s
}

// split spreads bucket x, which must be the lowest and not of the deepest rung,
// over a new rung below its own, and moves base to where that begins. The rung
// covers no more than the bits in which the keys differ, so that a burst is
// spread as well as an even load; unless it would then begin after limit.
func (r *radix) split(x uint, s radixSpread, limit int64) {
	n := r.buckets[x].len()
	first, last := r.span(x)
	below := bits.Len64(uint64(first ^ last))
	height := bits.Len64(s.at)
	r.base = s.some.at >> height << height
	if r.base > limit {
		r.base, height = first, below
	}
	g := x/radixFan - 1
	fan := min(max(bits.Len(uint(n/radixLeaf)), 2), height, radixFanBits)
	r.rungs[g] = radixRung{uint8(height - fan), uint8(fan)}
	for i := range below + 1 {
		if i <= height {
			r.route[i] = radixRoute{uint16(g * radixFan), uint8(height - fan), 1<<fan - 1}
		} else {
			r.route[i] = r.route[below+1] // what is later in the span of x stays with x
		}
	}
	r.replace(x)
}

// rebase moves base back to a time before it, but not after any key.
func (r *radix) rebase(base int64) {
	all := make([]key, 0, r.count)
	for r.active != 0 {
		all = r.drain(r.lowest(), all)
	}
	r.reset(base)
	r.add(all)
}

// drainSorted moves the keys of bucket x to the end of a slice in order. It is a
// counting sort by the highest bits in which they differ, of the time or, if
// they have one time, of lo, and an insertion sort of what falls together.
func (r *radix) drainSorted(x uint, s radixSpread, to []key) []key {
	n := r.buckets[x].len()
	d := newDigits(s, min(bits.Len(uint(n-1)), countBits))
	places, most := r.countDigits(x, d)
	start := len(to)
	to = slices.Grow(to, n)[:start+n]
	b := r.take(x)
	r.count -= n
	for b.chunks > 0 {
		for _, k := range r.tail(b) {
			p := &places[d.of(k)]
			to[start+int(*p)] = k
			*p++
		}
		r.free = append(r.free, r.cut(&b))
	}
	if most > 2*queueRunLeast { // badly skewed: insertion could become quadratic
		slices.SortFunc(to[start:], key.compare)
	} else {
		insertionSort(to[start:])
	}
	return to
}

// countDigits returns for each digit how many keys of bucket x have a smaller
// one, and the largest number of keys with the same.
func (r *radix) countDigits(x uint, d digits) (places []uint32, most uint32) {
	size := int(d.atMask|d.loMask) + 1
	if cap(r.counts) < size {
		r.counts = make([]uint32, size)
	}
	places = r.counts[:size]
	clear(places)
	for b := r.buckets[x]; b.chunks > 0; r.cut(&b) {
		for _, k := range r.tail(b) {
			places[d.of(k)]++
		}
	}
	sum := uint32(0)
	for i, c := range places {
		places[i] = sum
		sum += c
		most = max(most, c)
	}
	return places, most
}

// digits cuts a few bits out of either half of a key; the other mask is zero.
type digits struct {
	atShift, loShift int
	atMask, loMask   uint64
}

func newDigits(s radixSpread, n int) digits {
	if s.at == 0 {
		return digits{loShift: max(bits.Len64(s.lo)-n, 0), loMask: 1<<n - 1}
	}
	return digits{atShift: max(bits.Len64(s.at)-n, 0), atMask: 1<<n - 1}
}

func (d digits) of(k key) uint64 {
	return uint64(k.at)>>(d.atShift&63)&d.atMask | k.lo>>(d.loShift&63)&d.loMask
}

// each calls f with every key.
func (r *radix) each(f func(k key)) {
	if r.count == 0 {
		return
	}
	for x := range r.buckets {
		for b := r.buckets[x]; b.chunks > 0; r.cut(&b) {
			for _, k := range r.tail(b) {
				f(k)
			}
		}
	}
}

// prune removes the keys for which dead is true.
func (r *radix) prune(dead func(lo uint64) bool) {
	if r.count == 0 {
		return
	}
	for x := range r.buckets {
		if r.buckets[x].chunks > 0 {
			r.pruneBucket(uint(x), dead)
		}
	}
}

func (r *radix) pruneBucket(x uint, dead func(lo uint64) bool) {
	b := r.take(x)
	r.count -= b.len()
	for b.chunks > 0 {
		for i := (b.next - 1) &^ (chunkLen - 1); i < b.next; i++ {
			if k := r.keys[i]; !dead(k.lo) {
				r.place(k)
				r.count++
			}
		}
		r.free = append(r.free, r.cut(&b))
	}
}

// clear removes all keys.
func (r *radix) clear() {
	for r.active != 0 {
		for b := r.take(r.lowest()); b.chunks > 0; {
			r.free = append(r.free, r.cut(&b))
		}
	}
	r.count = 0
}
