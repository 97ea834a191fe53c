package sim

import (
	"fmt"
	"math/bits"
	"slices"
)

// keyHeap is the oracle: a plain binary heap of keys.
type keyHeap []key

func (h *keyHeap) len() int { return len(*h) }

func (h *keyHeap) push(k key) {
	s := append(*h, k)
	i := len(s) - 1
	for ; i > 0 && k.before(s[(i-1)/2]); i = (i - 1) / 2 {
		s[i] = s[(i-1)/2]
	}
	s[i] = k
	*h = s
}

func (h *keyHeap) pop(limit int64) (key, bool) {
	s := *h
	if len(s) == 0 || s[0].at > limit {
		return key{}, false
	}
	top, last := s[0], s[len(s)-1]
	s = s[:len(s)-1]
	i := 0
	for c := 1; c < len(s); c = 2*i + 1 {
		if c+1 < len(s) && s[c+1].before(s[c]) {
			c++
		}
		if last.before(s[c]) {
			break
		}
		s[i] = s[c]
		i = c
	}
	if len(s) > 0 {
		s[i] = last
	}
	*h = s
	return top, true
}

func (h *keyHeap) prune(dead func(lo uint64) bool) {
	old := *h
	*h = old[:0] // never longer than what has been read
	for _, k := range old {
		if !dead(k.lo) {
			h.push(k)
		}
	}
}

func (h *keyHeap) reschedule(f func(key) key) {
	old := *h
	*h = old[:0]
	for _, k := range old {
		h.push(f(k))
	}
}

// verify checks the invariants that are written at the types queue and radix.
func (q *queue) verify() error {
	near := q.near[q.head:]
	if !slices.IsSortedFunc(near, key.compare) {
		return fmt.Errorf("near is not sorted: %v", near)
	}
	for i, k := range q.heap {
		if i > 0 && k.before(q.heap[(i-1)/2]) {
			return fmt.Errorf("heap[%d] = %v is before its parent", i, k)
		}
	}
	for _, k := range slices.Concat(near, q.heap) {
		if k.at > q.nearLast || k.at < q.now {
			return fmt.Errorf("%v is near, but now is %d and the last near time %d", k, q.now, q.nearLast)
		}
	}
	var err error
	q.far.each(func(k key) {
		if k.at <= q.nearLast || k.at < q.now {
			err = fmt.Errorf("%v is far, but now is %d and the last near time %d", k, q.now, q.nearLast)
		}
	})
	if err != nil {
		return err
	}
	return q.far.verify()
}

func (r *radix) verify() error {
	if r.buckets == nil {
		return nil
	}
	n, chunks, latest := 0, len(r.free), int64(-1)
	for x, b := range r.buckets {
		g, d := x/radixFan, x%radixFan
		if has := b.chunks > 0; has != (r.occupied[g]>>d&1 != 0) || has && r.active>>g&1 == 0 {
			return fmt.Errorf("bucket %d has %d chunks, and the bitmaps say otherwise", x, b.chunks)
		}
		if b.chunks == 0 {
			continue
		}
		first, last := r.span(uint(x))
		n += b.len()
		earlier := latest
		chunks += int(b.chunks)
		for ; b.chunks > 0; r.cut(&b) {
			for _, k := range r.tail(b) {
				to := r.route[bits.Len64(uint64(k.at^r.base))]
				y := int(to.first) + int(k.at>>to.shift)&int(to.mask)
				if y != x || k.at < r.base || k.at < first || k.at > last {
					return fmt.Errorf("%v is in bucket %d (%d to %d), but belongs into %d", k, x, first, last, y)
				}
				if k.at <= earlier {
					return fmt.Errorf("%v is in bucket %d, but one before that has time %d", k, x, earlier)
				}
				latest = max(latest, k.at)
			}
		}
	}
	if n != r.count || chunks != len(r.prev) {
		return fmt.Errorf("%d keys in %d chunks, but counted %d in %d", n, chunks, r.count, len(r.prev))
	}
	return nil
}
