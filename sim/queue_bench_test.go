package sim

import (
	pq "container/heap"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// queueDelays draws delays ahead of time, so that drawing is not measured.
func queueDelays(kind string) []int64 {
	rng := rand.New(rand.NewPCG(1, 2))
	d := make([]int64, 1<<16)
	for i := range d {
		switch kind {
		case "constant":
			d[i] = 1e6
		case "uniform":
			d[i] = 1 + rng.Int64N(10e6)
		case "exponential":
			d[i] = 1 + int64(rng.ExpFloat64()*5e6)
		case "timeouts": // a zero-delay hop, three messages and four timeouts of ten
			switch rng.IntN(8) {
			case 0:
			case 1, 2, 3, 4:
				d[i] = 1e9 + rng.Int64N(29e9)
			default:
				d[i] = 1 + int64(rng.ExpFloat64()*5e6)
			}
		}
	}
	return d
}

// holdOrder scatters successive numbers as order keys do, and is cheap.
func holdOrder(i int) uint64 { return uint64(i) * golden }

// eventPointers is the queue that most simulators begin with.
type eventPointers []*eventPointer

type eventPointer struct {
	key
	body any
}

func (h eventPointers) Len() int           { return len(h) }
func (h eventPointers) Less(i, j int) bool { return h[i].before(h[j].key) }
func (h eventPointers) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *eventPointers) Push(x any)        { *h = append(*h, x.(*eventPointer)) }
func (h *eventPointers) Pop() any {
	s := *h
	x := s[len(s)-1]
	s[len(s)-1] = nil
	*h = s[:len(s)-1]
	return x
}

// BenchmarkQueueHold pops one key and pushes another while so many are pending:
// the hold model of D. W. Jones, "An empirical comparison of priority-queue and
// event-set implementations", CACM 29(4), 1986. Constant delays with two pending
// are a ping-pong.
func BenchmarkQueueHold(b *testing.B) {
	for _, kind := range []string{"constant", "uniform", "exponential", "timeouts"} {
		delays := queueDelays(kind)
		for _, n := range []int{1, 2, 3, 10, 30, 100, 1000, 10_000, 100_000, 1_000_000} {
			name := fmt.Sprintf("%s/%d/", kind, n)
			b.Run(name+"queue", func(b *testing.B) { holdQueue(b, n, delays) })
			b.Run(name+"binary", func(b *testing.B) { holdBinary(b, n, delays) })
			b.Run(name+"container", func(b *testing.B) { holdContainer(b, n, delays) })
		}
	}
}

func holdQueue(b *testing.B, n int, delays []int64) {
	var q queue
	for i := range n {
		q.push(key{delays[i&0xffff] * int64(i) / int64(n), holdOrder(i)})
	}
	hold := func(from, to int) {
		for i := from; i < to; i++ {
			k, _ := q.pop(math.MaxInt64)
			q.push(key{k.at + delays[i&0xffff], holdOrder(i)})
		}
	}
	hold(n, 4*n)
	b.ReportAllocs()
	b.ResetTimer()
	hold(4*n, 4*n+b.N)
}

func holdBinary(b *testing.B, n int, delays []int64) {
	var q keyHeap
	for i := range n {
		q.push(key{delays[i&0xffff] * int64(i) / int64(n), holdOrder(i)})
	}
	hold := func(from, to int) {
		for i := from; i < to; i++ {
			k, _ := q.pop(math.MaxInt64)
			q.push(key{k.at + delays[i&0xffff], holdOrder(i)})
		}
	}
	hold(n, 4*n)
	b.ReportAllocs()
	b.ResetTimer()
	hold(4*n, 4*n+b.N)
}

func holdContainer(b *testing.B, n int, delays []int64) {
	var q eventPointers
	for i := range n {
		pq.Push(&q, &eventPointer{key: key{delays[i&0xffff] * int64(i) / int64(n), holdOrder(i)}})
	}
	hold := func(from, to int) {
		for i := from; i < to; i++ {
			at := pq.Pop(&q).(*eventPointer).at
			pq.Push(&q, &eventPointer{key: key{at + delays[i&0xffff], holdOrder(i)}})
		}
	}
	hold(n, 4*n)
	b.ReportAllocs()
	b.ResetTimer()
	hold(4*n, 4*n+b.N)
}

// benchmarkedQueues are the ones that the following compare. Calling them by an
// interface costs both the same.
var benchmarkedQueues = map[string]func() prunableQueue{
	"queue":  func() prunableQueue { return &queue{} },
	"binary": func() prunableQueue { return &keyHeap{} },
}

type prunableQueue interface {
	eventQueue
	prune(dead func(lo uint64) bool)
}

// BenchmarkQueueHops has n actors that tick together every millisecond, and
// with each tick make so many zero-delay hops. An operation is one event.
func BenchmarkQueueHops(b *testing.B) {
	for _, hops := range []uint64{0, 1, 4} {
		for _, n := range []int{10, 1000, 10_000} {
			for name, make := range benchmarkedQueues {
				b.Run(fmt.Sprintf("%d-hops/%d/%s", hops, n, name), func(b *testing.B) {
					q, order := make(), newPermuter(1)
					seq := uint64(0)
					push := func(at int64, left uint64) {
						seq++
						q.push(key{at, order.order(seq)<<slotBits | left})
					}
					for range n {
						push(1e6, hops)
					}
					step := func() {
						k, _ := q.pop(math.MaxInt64)
						if left := k.lo & 7; left > 0 {
							push(k.at, left-1)
						} else {
							push(k.at+1e6, hops)
						}
					}
					for range 10 * n {
						step()
					}
					b.ReportAllocs()
					for b.Loop() {
						step()
					}
				})
			}
		}
	}
}

// BenchmarkQueueBurst pushes n keys for one far instant, beyond a few others,
// and pops them all. An operation is one key.
func BenchmarkQueueBurst(b *testing.B) {
	for _, n := range []int{100, 10_000, 1_000_000} {
		for name, make := range benchmarkedQueues {
			b.Run(fmt.Sprintf("%d/%s", n, name), func(b *testing.B) {
				q, order := make(), newPermuter(1)
				at := int64(0)
				round := func() {
					for i := range int64(50) {
						q.push(key{at + i, uint64(i)})
					}
					at += 1e9
					for i := range uint64(n) {
						q.push(key{at, order.order(i) << slotBits})
					}
					for range 50 + n {
						q.pop(math.MaxInt64)
					}
				}
				round()
				b.ReportAllocs()
				b.ResetTimer()
				for i := 0; i < b.N; i += n {
					round()
				}
			})
		}
	}
}

// BenchmarkQueueTimeouts has n clients whose requests take some milliseconds.
// Each sets a timeout of one second, which is dead once the answer is there; the
// dead are pruned when they are more than half. An operation is one request.
func BenchmarkQueueTimeouts(b *testing.B) {
	for _, n := range []int{10, 1000, 100_000} {
		for name, make := range benchmarkedQueues {
			b.Run(fmt.Sprintf("%d/%s", n, name), func(b *testing.B) {
				q := make()
				delays := queueDelays("exponential")
				const timeout = 1 << 63
				live, dead, seq := n, 0, uint64(0)
				alive := func(lo uint64) bool { return lo&timeout == 0 }
				request := func(at int64) {
					seq++
					q.push(key{at + delays[seq&0xffff], seq})
					q.push(key{at + 1e9, seq | timeout})
					dead++ // by the time anybody counts
				}
				step := func() {
					k, _ := q.pop(math.MaxInt64)
					for ; !alive(k.lo); k, _ = q.pop(math.MaxInt64) {
						dead--
					}
					request(k.at)
					if dead > 1024 && dead > live {
						q.prune(func(lo uint64) bool { return !alive(lo) })
						dead = 0
					}
				}
				for range n {
					request(0)
				}
				for range 4*n + 4096 {
					step()
				}
				b.ReportAllocs()
				for b.Loop() {
					step()
				}
			})
		}
	}
}

func BenchmarkPermuter(b *testing.B) {
	p, i, sum := newPermuter(1), uint64(0), uint64(0)
	for b.Loop() {
		i++
		sum += p.order(i)
	}
	if sum == 0 {
		b.Error("all order keys are zero")
	}
}
