package sim

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"pgregory.net/rapid"
)

// queuePair is a queue beside its oracle.
type queuePair struct {
	queue  queue
	oracle keyHeap
	now    int64
	seq    uint64
	order  permuter
}

func (p *queuePair) push(at int64) key {
	p.seq++
	k := key{at, p.seq%3<<(slotBits+orderBits) | p.order.order(p.seq)<<slotBits | p.seq&0xffff}
	p.queue.push(k)
	p.oracle.push(k)
	return k
}

// pop pops from both, and returns false if there was nothing to pop by limit.
func (p *queuePair) pop(t interface{ Fatalf(string, ...any) }, limit int64) bool {
	want, wantOK := p.oracle.pop(limit)
	got, ok := p.queue.pop(limit)
	if got != want || ok != wantOK {
		t.Fatalf("pop(%d) = %v, %v; a heap says %v, %v", limit, got, ok, want, wantOK)
	}
	if ok {
		p.now = got.at
	}
	if p.queue.now != p.now || p.queue.len() != p.oracle.len() {
		t.Fatalf("now %d and length %d, want %d and %d", p.queue.now, p.queue.len(), p.now, p.oracle.len())
	}
	return ok
}

func (p *queuePair) drain(t interface{ Fatalf(string, ...any) }) {
	for p.pop(t, math.MaxInt64) {
		if err := p.queue.verify(); err != nil {
			t.Fatalf("%v", err)
		}
	}
}

// delay is drawn from distances of every magnitude, so that each level of the
// radix is met, with a preference for few different ones, so that times repeat.
var queueDelay = rapid.OneOf(
	rapid.Just(int64(0)),
	rapid.Int64Range(1, 3),
	rapid.Map(rapid.IntRange(0, 40), func(b int) int64 { return 1 << b }),
	rapid.Map(rapid.Uint64Range(0, 40<<32), func(x uint64) int64 { return int64(x&0xffffffff) << 8 >> (x >> 32) }),
	rapid.Int64Range(1e9, 30e9),
)

func TestQueuePopsLikeAHeap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := &queuePair{order: newPermuter(rapid.Uint64().Draw(t, "seed"))}
		p.now = rapid.SampledFrom([]int64{0, 0, 1, 1000, math.MaxInt64 / 2}).Draw(t, "start")
		p.queue.now = p.now
		salt := uint64(0)
		several := rapid.OneOf(rapid.IntRange(1, 4), rapid.IntRange(1, 150))
		actions := map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				for range several.Draw(t, "n") {
					p.push(p.now + queueDelay.Draw(t, "delay"))
				}
			},
			"burst at one instant": func(t *rapid.T) {
				at := p.now + queueDelay.Draw(t, "delay")
				for range several.Draw(t, "n") {
					p.push(at)
				}
			},
			"equal steps": func(t *rapid.T) {
				at, step := p.now, queueDelay.Draw(t, "step")
				for range several.Draw(t, "n") {
					at += step
					p.push(at)
				}
			},
			"pop": func(t *rapid.T) {
				for range several.Draw(t, "n") {
					p.pop(t, math.MaxInt64)
				}
			},
			"pop by limit": func(t *rapid.T) {
				for limit := p.now + queueDelay.Draw(t, "span"); p.pop(t, limit); {
				}
			},
			"pop in vain and go on from there": func(t *rapid.T) {
				limit := p.now + queueDelay.Draw(t, "span")
				for p.pop(t, limit) {
				}
				p.now = limit
				p.queue.advanceTo(limit)
			},
			"prune": func(t *rapid.T) {
				salt++
				share := rapid.Uint64Range(0, 4).Draw(t, "dead quarters")
				dead := func(lo uint64) bool { return mix(salt, lo)%4 < share }
				p.queue.prune(dead)
				p.oracle.prune(dead)
			},
			"reschedule": func(t *rapid.T) {
				salt++
				by := queueDelay.Draw(t, "by")
				f := func(k key) key {
					switch mix(salt, k.lo) % 4 {
					case 0:
						k.at += by
					case 1:
						k.at = p.now + (k.at-p.now)/2
					}
					return k
				}
				p.queue.reschedule(f)
				p.oracle.reschedule(f)
			},
			"": func(t *rapid.T) {
				if err := p.queue.verify(); err != nil {
					t.Fatalf("%v", err)
				}
				if all := eachSorted(&p.queue); len(all) != p.oracle.len() {
					t.Fatalf("each visits %d of %d keys", len(all), p.oracle.len())
				}
			},
		}
		t.Repeat(actions)
		p.drain(t)
	})
}

func eachSorted(q *queue) []key {
	var all []key
	q.each(func(k key) { all = append(all, k) })
	slices.SortFunc(all, key.compare)
	return slices.Compact(all)
}

// eventQueue is what play needs: a queue or the oracle.
type eventQueue interface {
	push(k key)
	pop(limit int64) (key, bool)
	len() int
}

// play runs a small made-up simulation, in which what an event does depends on
// nothing but the event and the seed, and returns a hash of the order of events.
// Any difference in that order changes everything after it.
func play(seed uint64, q eventQueue, events int) (hash uint64) {
	rng := rand.New(rand.NewPCG(seed, 1))
	crowd := 1 << rng.IntN(14)
	kinds := 1 + rng.Uint64N(1<<7)
	order := newPermuter(seed)
	now, seq, limit := int64(0), uint64(0), int64(0)
	push := func(d int64) {
		seq++
		q.push(key{now + d, order.order(seq)<<slotBits | seq&0xffffff})
	}
	for range events {
		k, ok := q.pop(limit)
		if !ok {
			hash = mix(hash, uint64(limit))
			limit = max(limit, now) + 1<<(mix(hash, seed)%36)
			if q.len() == 0 {
				push(playDelay(kinds, hash))
			}
			continue
		}
		now = k.at
		hash = mix(mix(hash, uint64(k.at)), k.lo)
		n := 1
		switch x := mix(seed, k.lo) % 256; {
		case x < 60 && q.len() < crowd:
			n = 3
		case x < 61 && q.len() < crowd:
			n = crowd / 2
		case x < 100 || q.len() > 2*crowd:
			n = 0
		}
		same := mix(k.lo, seed)%8 == 0
		for i := range n {
			x := mix(hash, uint64(i))
			if same {
				x = hash
			}
			push(playDelay(kinds, x))
		}
	}
	return hash
}

// playDelay draws a delay of one of the kinds whose bit is set.
func playDelay(kinds, x uint64) int64 {
	y := int64(mix(x, 2))
	switch kinds & (1 << (x % 8)) {
	case 1:
		return 0
	case 1 << 1:
		return 1e6
	case 1 << 2:
		return 1e9
	case 1 << 3:
		return 1 + y&0xfffff
	case 1 << 4:
		return 1e9 + y&0x3ffffffff
	case 1 << 5:
		return 1 << (y & 31)
	case 1 << 6:
		return y & (1<<(x>>32%40) - 1)
	}
	return 1 + y&0xff
}

func TestQueuePlaysLikeAHeap(t *testing.T) {
	seeds := uint64(300)
	if testing.Short() {
		seeds = 30
	}
	for seed := range seeds {
		got, want := play(seed, &queue{}, 30_000), play(seed, &keyHeap{}, 30_000)
		if got != want {
			t.Errorf("seed %d: order has hash %x, with a heap %x", seed, got, want)
		}
	}
}

func TestQueueOrdersByTimeThenLow(t *testing.T) {
	for _, base := range []int64{0, 1, math.MaxInt64/2 - 1, math.MaxInt64/2 + 1, math.MaxInt64 - 1} {
		p := &queuePair{now: base}
		p.queue.now = base
		for range 200 {
			p.push(base)
			p.push(base + 1)
		}
		p.push(math.MaxInt64)
		p.drain(t)
	}
}

func TestQueueOfManyDueAtOnceWithHops(t *testing.T) {
	for _, n := range []int{20, 100, 1000, 10_000} {
		p := &queuePair{order: newPermuter(uint64(n))}
		p.push(1)
		for range n {
			p.push(1e9)
		}
		for i := 0; p.pop(t, math.MaxInt64); i++ {
			if i < 2*n {
				p.push(p.now)
			}
			if i%3 == 0 && i < n {
				p.push(p.now + 1e9)
			}
		}
	}
}

// TestQueueMovesFewKeys pushes out of order at either end of a long near and in
// the middle, which must not cost a move of half of it.
func TestQueueMovesFewKeys(t *testing.T) {
	p := &queuePair{}
	for at := range int64(1000) {
		p.push(10 * at)
	}
	p.pop(t, math.MaxInt64)
	for _, c := range []struct {
		at   int64
		heap int
	}{{10*queueFrontMost - 5, 0}, {5000 - 5, 1}, {9990 - 10*queueBackMost + 25, 1}} {
		p.push(c.at)
		if n := len(p.queue.heap); n != c.heap {
			t.Errorf("after a push at %d the heap has %d keys, want %d", c.at, n, c.heap)
		}
	}
	p.drain(t)
}

// TestQueueSpillsOneInstant has the heap overflow with keys of one future time.
func TestQueueSpillsOneInstant(t *testing.T) {
	p := &queuePair{}
	p.farBurst(50)
	if n := len(p.queue.heap); n > queueHeapMost {
		t.Errorf("%d keys are left in the heap, more than %d", n, queueHeapMost)
	}
	if p.queue.nearLast != 49 {
		t.Errorf("the last near time is %d, want 49", p.queue.nearLast)
	}
	p.push(20) // before what was spilled
	p.push(49)
	p.push(51)
	p.drain(t)
}

// TestQueueNeverSpillsWhatIsDueNow has the heap full of keys due now when a
// later one makes it spill.
func TestQueueNeverSpillsWhatIsDueNow(t *testing.T) {
	p := &queuePair{now: 7}
	p.queue.now = 7
	p.push(100)
	for range 3 * queueHeapMost {
		p.push(7)
	}
	if p.queue.far.buckets != nil {
		t.Error("keys due now have made the heap spill")
	}
	p.push(50)
	if n := len(p.queue.heap); n != 3*queueHeapMost || p.queue.far.count != 2 {
		t.Errorf("%d keys are in the heap and %d far, want %d and 2", n, p.queue.far.count, 3*queueHeapMost)
	}
	for range queueHeapMost {
		p.push(7)
		p.pop(t, math.MaxInt64)
	}
	p.drain(t)
}

// farPair returns a pair with n keys in far, evenly from first on.
func farPair(n int, first, step int64) *queuePair {
	p := &queuePair{order: newPermuter(1)}
	for i := n; i > 0; i-- {
		p.push(first + int64(i-1)*step)
	}
	return p
}

// farBurst pushes a burst at one instant, which overflows into far.
func (p *queuePair) farBurst(at int64) {
	for lo := uint64(1000); lo > 900; lo-- { // descending, so that none can be appended
		p.queue.push(key{at, lo})
		p.oracle.push(key{at, lo})
	}
}

// TestQueueTakesKeysBeforeBase pops in vain with a limit within the earliest
// bucket, so that base moves on to where that begins, and then pushes before it
// until the heap spills there.
func TestQueueTakesKeysBeforeBase(t *testing.T) {
	for _, burst := range []int64{1 << 20, 3 << 39} {
		p := &queuePair{order: newPermuter(1)}
		p.farBurst(burst)
		for i := range int64(1000) {
			p.push(3<<39 + i<<28)
		}
		for p.pop(t, 1<<20) {
		}
		if p.pop(t, 5<<38) {
			t.Fatal("nothing is due by then")
		}
		if p.queue.far.base != 1<<40 {
			t.Fatalf("base is %d, want the beginning of the first bucket", p.queue.far.base)
		}
		for i := range int64(200) {
			p.push(1<<40 - 1 - i*31%97)
			if err := p.queue.verify(); err != nil {
				t.Fatal(err)
			}
		}
		if p.queue.far.base >= 1<<40 {
			t.Error("base has not moved back")
		}
		p.drain(t)
	}
}

// TestQueueLeavesLaterBucketsAlone pops in vain with limits before the earliest
// bucket: it must not be touched however often that happens.
func TestQueueLeavesLaterBucketsAlone(t *testing.T) {
	p := &queuePair{order: newPermuter(1)}
	p.farBurst(5 << 38)
	base := p.queue.far.base
	p.pop(t, 1<<40-1)
	if p.queue.far.base != base || p.queue.far.count != 100 {
		t.Errorf("base %d and %d keys far, want %d and 100", p.queue.far.base, p.queue.far.count, base)
	}
	p.pop(t, 5<<38-1) // into the bucket, but before its only time
	if p.queue.far.count != 100 {
		t.Errorf("%d keys are far, want 100", p.queue.far.count)
	}
	p.drain(t)
}

// TestQueueOfNestedBursts has bursts within bursts, each of which needs a rung
// of its own until there are none left.
func TestQueueOfNestedBursts(t *testing.T) {
	p := &queuePair{order: newPermuter(1)}
	for l := range 10 {
		for i := range int64(60) {
			p.push(1<<61 + i<<(6*l))
		}
		for range 30 {
			p.push(1<<61 + 1)
		}
	}
	p.drain(t)
}

func TestQueueSkewedRun(t *testing.T) {
	p := &queuePair{}
	for lo := range uint64(1000) { // two distant values of lo, and the rest close together
		p.queue.push(key{1 << 30, lo<<63 | (lo*7919)%1009})
		p.oracle.push(key{1 << 30, lo<<63 | (lo*7919)%1009})
	}
	p.push(3)
	p.drain(t)
}

func TestQueueRefusesThePast(t *testing.T) {
	near := &queuePair{}
	near.push(1000)
	near.push(2000)
	near.pop(t, math.MaxInt64)
	far := farPair(500, 1000, 1) // base is a round number below
	far.pop(t, 1000)
	far.pop(t, 1000)
	idle := farPair(500, 1e9, 1e6)
	idle.pop(t, 1e6)
	idle.queue.advanceTo(1e6)
	for name, p := range map[string]*queuePair{"near": near, "far": far, "idle": idle} {
		for at := p.queue.now - 1; at >= 0; at -= 1 + at/7 {
			if text := panicText(func() { p.queue.push(key{at, 1}) }); text != "sim: event in the past" {
				t.Errorf("%s: push at %d when now is %d: panic %q", name, at, p.queue.now, text)
			}
		}
		p.queue.push(key{p.queue.now, 1})
	}
}

func TestQueueUpcomingAreTheNext(t *testing.T) {
	p := farPair(1000, 1e9, 1e6)
	for len(p.queue.upcoming()) < 8 { // until a run has been sorted
		p.pop(t, math.MaxInt64)
	}
	for range 3 {
		p.pop(t, math.MaxInt64)
	}
	for i, w := range slices.Clone(p.queue.upcoming()) {
		if got, _ := p.queue.pop(math.MaxInt64); got != w {
			t.Fatalf("key %d after the first is %v, but upcoming said %v", i, got, w)
		}
	}
	if next := (&queue{}).upcoming(); len(next) != 0 {
		t.Errorf("an empty queue has upcoming keys: %v", next)
	}
}

func TestQueueIsSmall(t *testing.T) {
	if n := unsafe.Sizeof(queue{}); n > 1024 {
		t.Errorf("an unused queue takes %d bytes, more than 1 KiB", n)
	}
	var q queue
	allocs := testing.AllocsPerRun(100, func() {
		q = queue{}
		for range 100 {
			for d := range int64(3) {
				q.push(key{q.now + d*7%3, uint64(d)})
			}
			for range 3 {
				q.pop(math.MaxInt64)
			}
		}
	})
	size := int(unsafe.Sizeof(q)) + 16*(cap(q.near)+cap(q.heap))
	if allocs > 2 || size > 3<<10 || q.far.buckets != nil {
		t.Errorf("three pending events take %v allocations and %d bytes, far %v", allocs, size, q.far.buckets != nil)
	}
}

func TestQueueAllocatesNothingOnceWarm(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{2, 50, 1000, 20_000} {
		var q queue
		seq := uint64(0)
		push := func() {
			seq++
			d := rng.Int64N(5e6)
			if seq%4 == 0 {
				d = 1e9
			}
			q.push(key{q.now + d, mix(1, seq)})
		}
		for range n {
			push()
		}
		hold := func() { q.pop(math.MaxInt64); push() }
		for range 40 * n {
			hold()
		}
		if a := testing.AllocsPerRun(20*n, hold); a != 0 {
			t.Errorf("with %d pending: %v allocations per event", n, a)
		}
	}
}

// TestQueuePruneFreesItsMemory pushes and cancels for ever.
func TestQueuePruneFreesItsMemory(t *testing.T) {
	p := farPair(1000, 1e9, 1e6)
	round := func() {
		for i := range int64(5000) {
			p.queue.push(key{2e9 + i%977*1e6, 1<<63 | uint64(i)})
		}
		p.queue.prune(func(lo uint64) bool { return lo>>63 == 1 })
	}
	round()
	size := cap(p.queue.far.keys) + cap(p.queue.near) + cap(p.queue.heap)
	for range 50 {
		round()
	}
	if got := cap(p.queue.far.keys) + cap(p.queue.near) + cap(p.queue.heap); got != size {
		t.Errorf("room for %d keys has become room for %d", size, got)
	}
	p.drain(t)
}

func TestOrderIsABijection(t *testing.T) {
	p := newPermuter(7)
	const n = 1 << 20
	seen := make(map[uint64]bool, n)
	for seq := range uint64(n) {
		x := p.order(seq)
		if x > orderMask || seen[x] {
			t.Fatalf("order(%d) is %d, which is too large or was there before", seq, x)
		}
		seen[x] = true
	}
}

// Three events due at one instant come in each of the six orders about equally
// often, over seeds and over the places at which they are scheduled.
func TestOrderIsFair(t *testing.T) {
	count := map[[3]int]int{}
	const rounds = 60_000
	for i := range uint64(rounds) {
		p := newPermuter(i % 300)
		seq := i * 7
		x := []uint64{p.order(seq), p.order(seq + 1), p.order(seq + 2)}
		rank := [3]int{}
		for j := range x {
			for k := range x {
				if x[k] < x[j] {
					rank[j]++
				}
			}
		}
		count[rank]++
	}
	for rank, n := range count {
		if share := float64(n) / rounds; share < 0.13 || share > 0.205 {
			t.Errorf("order %v has a share of %.3f, expected about 1/6", rank, share)
		}
	}
	if len(count) != 6 {
		t.Errorf("%d of 6 orders appear", len(count))
	}
}
