package service

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/orrery-sim/orrery/internal/steady"
	"pgregory.net/rapid"

	"github.com/orrery-sim/orrery/sim"
)

// backends are a, b, c, ... with these loads and weights of 1.
func backends(loads ...int) []*backend {
	var list []*backend
	for i, load := range loads {
		list = append(list, &backend{name: string(rune('a' + i)), number: i, weight: 1, outstanding: load, latency: average{halfLife: time.Second}})
	}
	return list
}

// picks are the names of so many picks of an algorithm.
func picks(c Balancer, in []*backend, n int) string {
	w := sim.New(sim.Config{Seed: 1})
	defer w.Close()
	p := newPicker(&c, in, w.Rand("pick", "here"))
	var b strings.Builder
	for range n {
		b.WriteString(p.pick("key", 0, in).name)
	}
	return b.String()
}

// TestSequences are picks that are known: nginx's are those of its documentation of
// smooth weighted round robin.
func TestSequences(t *testing.T) {
	weighted := func(weights ...int) []*backend {
		list := backends(make([]int, len(weights))...)
		for i, w := range weights {
			list[i].weight = w
		}
		return list
	}
	for _, c := range []struct {
		algorithm string
		in        []*backend
		want      string
	}{
		{RoundRobin, backends(0, 9, 0), "abcabcabc"},
		{Weighted, weighted(5, 1, 1), "aabacaaaabacaa"},
		{Weighted, weighted(1, 1, 1), "abcabc"},
		{Weighted, weighted(2, 1), "abaaba"},
		{LeastConnections, backends(3, 1, 2), "bbbb"},
		{LeastConnections, backends(2, 1, 1, 2), "bcbcbc"},
		{TwoChoices, backends(4), "aaa"},
		{TwoChoices, backends(4, 3), "bbbbbb"},
	} {
		if got := picks(Balancer{Algorithm: c.algorithm}, c.in, len(c.want)); got != c.want {
			t.Errorf("%s of %d servers: %s, expected %s", c.algorithm, len(c.in), got, c.want)
		}
	}
}

// TestTurns has servers leave and come back in the middle of a round.
func TestTurns(t *testing.T) {
	all := backends(0, 0, 0, 0)
	r := &roundRobin{last: -1}
	var got strings.Builder
	for _, out := range []string{"", "", "c", "c", "bd", "bd", "", "a", ""} {
		in := slices.DeleteFunc(slices.Clone(all), func(b *backend) bool { return strings.Contains(out, b.name) })
		got.WriteString(r.pick("", 0, in).name)
	}
	if got.String() != "abdacabcd" {
		t.Errorf("picked %s", got.String())
	}
}

// TestWeights is exact over every cycle, whatever the weights.
func TestWeights(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.IntRange(1, 9), 1, 6).Draw(t, "weights")
		in := backends(make([]int, len(weights))...)
		total := 0
		for i, w := range weights {
			in[i].weight = w
			total += w
		}
		for range 3 {
			got := make([]int, len(in))
			for range total {
				got[smooth{}.pick("", 0, in).number]++
			}
			if !slices.Equal(got, weights) {
				t.Fatalf("a cycle has %v, expected %v", got, weights)
			}
		}
	})
}

// TestLeast compares with a dumb search for the least load per weight.
func TestLeast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := backends(rapid.SliceOfN(rapid.IntRange(0, 5), 1, 6).Draw(t, "loads")...)
		for _, b := range in {
			b.weight = rapid.IntRange(1, 3).Draw(t, "weight")
		}
		l := &leastConnections{roundRobin{last: rapid.IntRange(-1, 5).Draw(t, "last")}}
		before := l.turn.last
		got := l.pick("", 0, in)
		var least []*backend
		for _, b := range in {
			beaten := slices.ContainsFunc(in, func(o *backend) bool {
				return float64(o.outstanding)/float64(o.weight) < float64(b.outstanding)/float64(b.weight)
			})
			if !beaten {
				least = append(least, b)
			}
		}
		want := least[0]
		for _, b := range slices.Backward(least) {
			if b.number > before {
				want = b
			}
		}
		if got != want {
			t.Fatalf("picked %s, expected %s", got.name, want.name)
		}
	})
}

// TestShares draws often and compares with what is exact: with n servers of different
// loads, the one that k others beat is the better of two with probability
// 2(n-1-k)/(n(n-1)).
func TestShares(t *testing.T) {
	const n, draws = 5, 100_000
	in := backends(3, 0, 4, 1, 2)
	for _, algorithm := range []string{Random, TwoChoices} {
		text := picks(Balancer{Algorithm: algorithm}, in, draws)
		for _, b := range in {
			want := 1.0 / n
			if algorithm == TwoChoices {
				want = 2 * float64(n-1-b.outstanding) / (n * (n - 1))
			}
			got := float64(strings.Count(text, b.name)) / draws
			if math.Abs(got-want) > 5*math.Sqrt(want*(1-want)/draws) {
				t.Errorf("%s picks the server with load %d with probability %.4f, expected %.4f", algorithm, b.outstanding, got, want)
			}
		}
	}
}

// TestAverage is of numbers that can be worked out by hand.
func TestAverage(t *testing.T) {
	const second = time.Second
	a := average{halfLife: second}
	peak := average{halfLife: second, peaks: true}
	var got []string
	for _, s := range []struct{ sample, now time.Duration }{{100, 0}, {200, second}, {200, 2 * second}, {0, 4 * second}, {1000, 4500 * time.Millisecond}, {0, 5500 * time.Millisecond}} {
		a.observe(s.sample, s.now)
		peak.observe(s.sample, s.now)
		got = append(got, fmt.Sprint(a.value, " ", peak.value))
	}
	want := []string{"100 100", "150 200", "175 200", "43.75 50", "282.8125 1000", "141.40625 500"}
	if !slices.Equal(got, want) {
		t.Errorf("averages are %q, expected %q", got, want)
	}
	b := backends(3)[0]
	if b.expected(0) <= unmeasured {
		t.Error("a server that has requests and has never answered is not expected to be slow")
	}
	b.latency.observe(100, 0)
	if got := b.expected(2 * second); got != 100.0/4*4 {
		t.Errorf("three requests in front, 100 ns each two half-lives ago: expected latency %v, not 100", got)
	}
}

func TestDecay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		half := time.Duration(rapid.Int64Range(1, 1e12).Draw(t, "half-life"))
		dt := time.Duration(rapid.Int64Range(0, 900*int64(half)).Draw(t, "dt"))
		exact := math.Exp2(-float64(dt) / float64(half))
		if got := decay(dt, half); got < exact*(1-1e-9) || got > exact*1.0615 {
			t.Fatalf("decay(%v, %v) = %v, exact is %v", dt, half, got, exact)
		}
	})
}

// TestRing compares with a dumb walk: of all points in the order of their distance from the
// key, the first whose server has room.
func TestRing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := backends(rapid.SliceOfN(rapid.IntRange(0, 8), 2, 6).Draw(t, "loads")...)
		bound := rapid.SampledFrom([]float64{1, 1.25, 2, 100}).Draw(t, "bound")
		in := slices.DeleteFunc(slices.Clone(all), func(b *backend) bool { return b.number > 0 && rapid.Bool().Draw(t, "out") })
		r := newRing(all, bound, false)
		key := rapid.StringMatching(`[a-z]{1,6}`).Draw(t, "key")
		got := r.pick(key, 0, in)

		total := 1
		for _, b := range in {
			total += b.outstanding
		}
		var want *backend
		least := uint64(math.MaxUint64)
		for _, b := range in {
			// At most bound times the average, rounded up: it may have one more if it
			// has less than that now.
			if float64(b.outstanding*len(in)) >= math.Ceil(bound*float64(total)/float64(len(in)))*float64(len(in)) {
				continue
			}
			for i := range pointsPerServer {
				if d := hash(fmt.Sprintf("%s#%d", b.name, i)) - hash(key); d < least {
					want, least = b, d
				}
			}
		}
		if got != want {
			t.Fatalf("picked %s, expected %s", got.name, want.name)
		}
	})
}

// TestRingMoves is what consistent hashing is for: when a server leaves, its keys move and
// no others, and all servers have had about the same number.
func TestRingMoves(t *testing.T) {
	all := backends(0, 0, 0, 0, 0)
	r := newRing(all, 1000, false)
	rest := all[1:]
	const keys = 5000
	owned := map[string]int{}
	for i := range keys {
		key := fmt.Sprint("k", i)
		before, after := r.pick(key, 0, all), r.pick(key, 0, rest)
		owned[before.name]++
		if before != all[0] && before != after {
			t.Fatalf("%s was %s's, and went to %s when a left", key, before.name, after.name)
		}
	}
	for _, b := range all {
		if n := owned[b.name]; n < keys/5*7/10 || n > keys/5*13/10 {
			t.Errorf("%s owns %d of %d keys", b.name, n, keys)
		}
	}
}
