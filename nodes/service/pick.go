package service

import (
	"math"
	"slices"
	"time"

	"github.com/orrery-sim/orrery/sim"
)

// The algorithms of balancing.
const (
	RoundRobin       = "round-robin"
	Weighted         = "weighted"
	Random           = "random"
	LeastConnections = "least-connections"
	TwoChoices       = "two-choices"
	EWMA             = "ewma"
	PeakEWMA         = "peak-ewma"
	Hash             = "hash"
)

// Algorithms are all of them.
var Algorithms = []string{RoundRobin, Weighted, Random, LeastConnections, TwoChoices, EWMA, PeakEWMA, Hash}

// picker chooses a server for a request. The servers are at least one, in the order
// of their numbers.
type picker interface {
	pick(key string, now time.Duration, in []*backend) *backend
}

// newPicker returns the picker of an algorithm.
func newPicker(c *Balancer, all []*backend, rand *sim.Rand) picker {
	switch c.Algorithm {
	case RoundRobin:
		return &roundRobin{last: -1, skips: c.mistake == roundRobinSkips}
	case Weighted:
		return smooth{}
	case Random:
		return random{rand}
	case LeastConnections:
		return &leastConnections{roundRobin{last: -1}}
	case TwoChoices:
		return twoChoices{rand, func(b *backend, _ time.Duration) float64 { return float64(b.outstanding) }}
	case EWMA, PeakEWMA:
		return twoChoices{rand, (*backend).expected}
	case Hash:
		return newRing(all, c.Bound, c.mistake == boundIgnored)
	}
	panic("service: no algorithm is called " + c.Algorithm)
}

// roundRobin takes the servers in turn.
type roundRobin struct {
	last  int // the number of the server picked last
	skips bool
}

func (r *roundRobin) pick(_ string, _ time.Duration, in []*backend) *backend {
	i := slices.IndexFunc(in, func(b *backend) bool { return b.number > r.last })
	b := in[max(i, 0)]
	r.last = b.number
	if r.skips && b == in[len(in)-1] {
		r.last = in[0].number // the mutant: the first server is passed over
	}
	return b
}

// smooth is nginx's smooth weighted round robin (ngx_http_upstream_get_peer, since 1.3.1):
// every server gains its weight, the one that has most is picked and pays what all have
// gained. Over as many picks as the weights add up to, each has its share, and the picks of
// a heavy server are spread out: a a b a c a a for weights 5, 1, 1.
type smooth struct{}

func (smooth) pick(_ string, _ time.Duration, in []*backend) *backend {
	best, total := in[0], 0
	for _, b := range in {
		b.current += b.weight
		total += b.weight
		if b.current > best.current {
			best = b
		}
	}
	best.current -= total
	return best
}

// random takes any server.
type random struct{ rand *sim.Rand }

func (r random) pick(_ string, _ time.Duration, in []*backend) *backend {
	return in[r.rand.IntN(len(in))]
}

// leastConnections takes the server with the fewest outstanding requests for its weight;
// of several, they in turn.
type leastConnections struct{ turn roundRobin }

func (l *leastConnections) pick(key string, now time.Duration, in []*backend) *backend {
	var best []*backend
	for _, b := range in {
		if len(best) > 0 {
			// Loads per weight are compared as products: there is no rounding in them.
			mine, least := b.outstanding*best[0].weight, best[0].outstanding*b.weight
			if mine > least {
				continue
			}
			if mine < least {
				best = best[:0]
			}
		}
		best = append(best, b)
	}
	return l.turn.pick(key, now, best)
}

// twoChoices draws two servers and takes the one with the lower load (M. Mitzenmacher, "The
// Power of Two Choices in Randomized Load Balancing", IEEE TPDS 12(10), 2001). With the
// latency expected of a server as its load it is what Finagle does.
type twoChoices struct {
	rand *sim.Rand
	load func(b *backend, now time.Duration) float64
}

func (t twoChoices) pick(_ string, now time.Duration, in []*backend) *backend {
	i := t.rand.IntN(len(in))
	if len(in) == 1 {
		return in[i]
	}
	j := t.rand.IntN(len(in) - 1)
	if j >= i {
		j++
	}
	if t.load(in[j], now) < t.load(in[i], now) {
		return in[j]
	}
	return in[i]
}

// average is an exponentially weighted moving average of latencies, in nanoseconds, in
// which a sample counts half after each half-life. With peaks, a sample above the average
// takes its place at once: bad news is believed immediately and good news slowly
// (Finagle's PeakEwma).
type average struct {
	value    float64
	at       time.Duration // of the last sample
	measured bool          // there was one
	halfLife time.Duration
	peaks    bool
}

// decay is 2^(-dt/half-life), on a straight line between whole half-lives: it is exact
// there, and the same on every machine.
func decay(dt, halfLife time.Duration) float64 {
	whole := dt / halfLife
	part := float64(dt%halfLife) / float64(halfLife)
	const forgotten = 1000
	return math.Ldexp(1-float64(part/2), -int(min(whole, forgotten)))
}

func (a *average) observe(sample, now time.Duration) {
	old := decay(max(now-a.at, 0), a.halfLife)
	first := !a.measured
	a.at, a.measured = now, true
	if s := float64(sample); first || a.peaks && s > a.value {
		a.value = s
	} else {
		a.value = float64(a.value*old) + float64(s*(1-old))
	}
}

// unmeasured is the load of a server that has requests and has never answered one.
const unmeasured = float64(time.Minute)

// expected is the latency that one more request would see: what it was on average, for
// each request in front of it and itself. An average that nothing was added to fades, so
// that a server that was slow is tried again.
func (b *backend) expected(now time.Duration) float64 {
	if !b.latency.measured && b.outstanding > 0 {
		return unmeasured + float64(b.outstanding)
	}
	faded := float64(b.latency.value * decay(max(now-b.latency.at, 0), b.latency.halfLife))
	return float64(faded * float64(b.outstanding+1))
}
