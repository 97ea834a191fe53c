package sim

import (
	cheap "container/heap"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// oracle is the obvious queue: all keys in one heap.
type oracle struct {
	now  int64
	keys []key
}

func (o *oracle) Len() int           { return len(o.keys) }
func (o *oracle) Less(i, j int) bool { return o.keys[i].before(o.keys[j]) }
func (o *oracle) Swap(i, j int)      { o.keys[i], o.keys[j] = o.keys[j], o.keys[i] }
func (o *oracle) Push(x any)         { o.keys = append(o.keys, x.(key)) }
func (o *oracle) Pop() any {
	last := o.keys[len(o.keys)-1]
	o.keys = o.keys[:len(o.keys)-1]
	return last
}

func (o *oracle) pop(limit int64) (key, bool) {
	if len(o.keys) == 0 || o.keys[0].at > limit {
		return key{}, false
	}
	k := cheap.Pop(o).(key)
	o.now = k.at
	return k, true
}

// both drives the queue and the oracle side by side.
type both struct {
	t      interface{ Fatalf(string, ...any) }
	q      queue
	o      oracle
	order  permuter
	pushed uint64
}

func newBoth(t interface{ Fatalf(string, ...any) }, seed uint64) *both {
	return &both{t: t, q: newQueue(), order: newPermuter(seed)}
}

func (b *both) push(after int64) {
	b.pushed++
	k := key{b.o.now + after, b.order.order(b.pushed) << slotBits}
	b.q.push(k)
	cheap.Push(&b.o, k)
}

func (b *both) pop(limit int64) bool {
	got, ok := b.q.pop(limit)
	want, wantOK := b.o.pop(limit)
	if got != want || ok != wantOK || b.q.len() != b.o.Len() || b.q.now != b.o.now {
		b.t.Fatalf("pop(%d) is %v %v at %d with %d left, expected %v %v at %d with %d left",
			limit, got, ok, b.q.now, b.q.len(), want, wantOK, b.o.now, b.o.Len())
	}
	if next, known := b.q.upcoming(0); known && len(b.q.hops) == 0 && next != b.o.keys[0] {
		b.t.Fatalf("upcoming(0) is %v, expected %v", next, b.o.keys[0])
	}
	return ok
}

func (b *both) drain() {
	for b.pop(math.MaxInt64) {
	}
}

func TestQueueIsAHeap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := newBoth(t, rapid.Uint64().Draw(t, "seed"))
		delay := rapid.OneOf(
			rapid.Just(int64(0)), rapid.Int64Range(0, 3), rapid.Int64Range(0, 1000), rapid.Int64Range(1e6, 1e8),
			rapid.Just(int64(1e9)), rapid.Int64Range(1e9, 30e9), rapid.Int64Range(0, math.MaxInt64/4))
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) { b.push(delay.Draw(t, "after")) },
			"burst": func(t *rapid.T) {
				after := delay.Draw(t, "after")
				for range rapid.IntRange(1, 300).Draw(t, "n") {
					b.push(after)
				}
			},
			"scatter": func(t *rapid.T) {
				step := rapid.Int64Range(1, 1e7).Draw(t, "step")
				for i := range rapid.Int64Range(1, 300).Draw(t, "n") {
					b.push(i * step)
				}
			},
			"pop": func(t *rapid.T) {
				for range rapid.IntRange(1, 200).Draw(t, "n") {
					b.pop(math.MaxInt64)
				}
			},
			"popUntil": func(t *rapid.T) {
				limit := b.o.now + delay.Draw(t, "limit")
				for b.pop(limit) {
				}
				b.o.now = limit
				b.q.advanceTo(limit)
			},
			"prune": func(t *rapid.T) {
				bit := uint64(1) << (slotBits + rapid.IntRange(0, 8).Draw(t, "bit"))
				dead := func(lo uint64) bool { return lo&bit == 0 }
				b.q.prune(dead)
				b.o.keys = slices.DeleteFunc(b.o.keys, func(k key) bool { return dead(k.lo) })
				cheap.Init(&b.o)
			},
			"reschedule": func(t *rapid.T) {
				by := delay.Draw(t, "by")
				later := func(k key) key {
					if k.lo>>slotBits&1 == 0 {
						k.at += by
					}
					return k
				}
				b.q.reschedule(later)
				for i, k := range b.o.keys {
					b.o.keys[i] = later(k)
				}
				cheap.Init(&b.o)
			},
		})
		b.drain()
	})
}

// Long runs in the way a world uses the queue: what is popped pushes more.
func TestQueueInUse(t *testing.T) {
	for seed := uint64(1); seed <= 20; seed++ {
		b, r := newBoth(t, seed), newRand(seed)
		for range 1 + r.IntN(2000) {
			b.push(r.Int64N(1e8))
		}
		for range 5000 {
			if !b.pop(math.MaxInt64) {
				b.push(0)
				continue
			}
			switch r.IntN(8) {
			case 0:
				b.push(0)
			case 1:
				b.push(0)
				b.push(1e9)
			case 2: // it ends
			case 3:
				b.push(r.Int64N(30e9))
			default:
				b.push(1 + r.Int64N(1e8))
			}
		}
		b.drain()
	}
}

func TestQueueCorners(t *testing.T) {
	for name, run := range map[string]func(b *both){
		"the beginning of time": func(b *both) { b.push(0); b.push(0); b.drain() },
		"the end of time":       func(b *both) { b.push(math.MaxInt64); b.push(1); b.drain() },
		"one far instant": func(b *both) {
			for range 1000 {
				b.push(1e9)
			}
			b.push(5)
			b.drain()
		},
		"many before one far instant": func(b *both) {
			for range 200 {
				b.push(1e9)
			}
			for i := range int64(500) {
				b.push(500 - i)
			}
			b.drain()
		},
		"hops at one instant": func(b *both) {
			for range 1000 {
				b.push(7)
			}
			for range 3000 {
				b.pop(math.MaxInt64)
				b.push(0)
			}
			b.drain()
		},
	} {
		t.Run(name, func(t *testing.T) { run(newBoth(t, 1)) })
	}
}

func TestQueueRefusesThePast(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a key before now was taken")
		}
	}()
	q := newQueue()
	q.push(key{5, 1})
	q.pop(math.MaxInt64)
	q.push(key{4, 2})
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

func BenchmarkQueue(b *testing.B) {
	for _, pending := range []int{2, 1000, 100_000} {
		b.Run("", func(b *testing.B) {
			q, r := newQueue(), newRand(1)
			for i := range pending {
				q.push(key{r.Int64N(1e7), uint64(i)})
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				k, _ := q.pop(math.MaxInt64)
				q.push(key{k.at + 1 + r.Int64N(1e7), uint64(pending + i)})
			}
		})
	}
}
