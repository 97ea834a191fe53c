package sim

import (
	"math/bits"
	"time"
)

// Rand is one stream of random numbers: a pure function of its key, equal on
// every architecture. It is two words of state and no pointer, so that it can
// lie by value in a link or on the stack; its methods are those of a *Rand. Do
// not copy a stream to go on drawing from both: they would draw the same.
//
// The generator is PCG with 128 bits of state and the DXSM output function, word
// for word the one of [math/rand/v2.PCG]. It was chosen because streams are made
// by the million, one for each message: a generator of 64 bits would let streams
// run into each other by the birthday bound, whereas here they start at
// scattered points of one orbit of 2^128, and DXSM is the output function made
// for many streams that share it. Sources: M. O'Neill, "PCG: A Family of Simple
// Fast Space-Efficient Statistically Good Algorithms for Random Number
// Generation" (HMC-CS-2014-0905, 2014); NumPy's manual, "Upgrading PCG64 with
// PCG64DXSM".
//
// A *Rand is a [math/rand/v2.Source], so rand.New(r) works; what its Uint64
// returns is promised for ever, but what the methods of rand.Rand make of it is
// not promised to be equal on every architecture. The methods here are.
//
// The zero Rand is a valid stream, always the same one.
type Rand struct{ hi, lo uint64 }

// newRand returns the stream of a key: the seed, then what tells this stream
// from all others (a purpose, a link, a time, an ordinal). Streams of different
// keys are independent, even if the keys differ in one bit only. A prefix can be
// mixed ahead of time: newRand(seed, a, b) is newRand(mix(seed, a), b).
func newRand(seed uint64, parts ...uint64) Rand {
	for _, p := range parts {
		seed = mix(seed, p)
	}
	return seeded(seed)
}

// rand2 is newRand(seed, a, b) without the loop, for use per message.
func rand2(seed, a, b uint64) Rand { return seeded(mix(mix(seed, a), b)) }

// rand3 is newRand(seed, a, b, c) without the loop, for use per message.
func rand3(seed, a, b, c uint64) Rand { return seeded(mix(mix(mix(seed, a), b), c)) }

// newRandNamed returns the stream for a purpose at a place, such as "workload"
// at "alice". The two do not run together: ("ab", "c") is not ("a", "bc").
func newRandNamed(seed uint64, purpose, place string) Rand {
	return rand2(seed, hashString(purpose), hashString(place))
}

// seeded spreads a mixed key over the state. The halves need not be unlike: the
// generator multiplies them into each other before the first output.
func seeded(key uint64) Rand { return Rand{hi: key, lo: key ^ golden} }

// golden is 2^64 divided by the golden ratio, an arbitrary word with no pattern.
const golden = 0x9e3779b97f4a7c15

// mix folds the word b into the state a. With b fixed it is a bijection of a, and
// with a fixed one of b: no value of one absorbs the other, and two running hashes
// that differ stay different while what is folded into them is equal. (The folded
// product of wyhash is a little faster, but a zero factor absorbs all that came
// before.) What is raw belongs into b: each of its bits flips each bit of the
// result with probability 1/2, whereas those of a do so after the next mix.
//
// It is the 64-bit finalizer of SplitMix, with the joining between its two rounds:
// G. Steele, D. Lea and C. Flood, "Fast Splittable Pseudorandom Number Generators",
// OOPSLA 2014, after D. Stafford's "Mix13". The addition keeps mix(0, 0) from
// being 0.
func mix(a, b uint64) uint64 {
	a ^= (b^b>>30)*mixFirst + golden
	a = (a ^ a>>27) * mixSecond
	return a ^ a>>31
}

const (
	mixFirst  = 0xbf58476d1ce4e5b9
	mixSecond = 0x94d049bb133111eb
)

// hashString returns a 64-bit hash of s that is equal on every architecture.
func hashString(s string) uint64 { return hashText(s) }

// hashBytes returns the hash of hashString(string(b)).
func hashBytes(b []byte) uint64 { return hashText(b) }

// hashText mixes in the length and then eight bytes at a time. The last bytes
// may be read twice, which is cheaper than a loop over them, and is no loss as
// the length tells how many were.
func hashText[T string | []byte](s T) uint64 {
	const start = 0x243f6a8885a308d3 // of pi; golden would be the one state that an empty text takes to 0
	n := len(s)
	h := mix(start, uint64(n))
	if n == 0 {
		return h
	}
	for i := 0; i+8 < n; i += 8 {
		h = mix(h, word(s[i:i+8]))
	}
	switch {
	case n >= 8:
		return mix(h, word(s[n-8:]))
	case n >= 4:
		return mix(h, half(s[:4])|half(s[n-4:])<<32)
	}
	return mix(h, uint64(s[0])|uint64(s[n/2])<<8|uint64(s[n-1])<<16)
}

// word reads eight bytes with the least significant first.
func word[T string | []byte](s T) uint64 { return half(s[:4]) | half(s[4:8])<<32 }

// half reads four bytes with the least significant first.
func half[T string | []byte](s T) uint64 {
	_ = s[3]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24
}

// Uint64 returns a uniform 64-bit number.
func (r *Rand) Uint64() uint64 {
	const (
		mulHi, mulLo = 2549297995355413924, 4865540595714422341
		incHi, incLo = 6364136223846793005, 1442695040888963407
		dxsm         = 0xda942042e4dd58b5
	)
	hi, lo := bits.Mul64(r.lo, mulLo)
	hi += r.hi*mulLo + r.lo*mulHi
	lo, carry := bits.Add64(lo, incLo, 0)
	hi, _ = bits.Add64(hi, incHi, carry)
	r.hi, r.lo = hi, lo
	hi = (hi ^ hi>>32) * dxsm
	return (hi ^ hi>>48) * (lo | 1)
}

// uint64n returns a uniform number below n, which is not 0. See D. Lemire, "Fast
// Random Integer Generation in an Interval", ACM TOMACS 29 (2019).
func (r *Rand) uint64n(n uint64) uint64 {
	hi, lo := bits.Mul64(r.Uint64(), n)
	if lo < n {
		for least := -n % n; lo < least; {
			hi, lo = bits.Mul64(r.Uint64(), n)
		}
	}
	return hi
}

// IntN returns a uniform number in [0, n). It panics if n is not positive.
func (r *Rand) IntN(n int) int {
	if n <= 0 {
		panic("sim: IntN: n must be positive")
	}
	return int(r.uint64n(uint64(n)))
}

// Int64N returns a uniform number in [0, n). It panics if n is not positive.
func (r *Rand) Int64N(n int64) int64 {
	if n <= 0 {
		panic("sim: Int64N: n must be positive")
	}
	return int64(r.uint64n(uint64(n)))
}

// Float64 returns a uniform number in [0, 1), a multiple of 2^-53.
func (r *Rand) Float64() float64 { return float64(float64(r.Uint64()>>11) * 0x1p-53) }

// open returns a uniform number in (0, 1): an odd multiple of 2^-53, so that
// neither end is reached and both are equally far.
func (r *Rand) open() float64 { return float64(float64(r.Uint64()>>12<<1|1) * 0x1p-53) }

// Bool returns true with probability p: never if p is 0 or less, always if it is
// 1 or more. It draws once whatever p is.
func (r *Rand) Bool(p float64) bool { return r.Float64() < p }

// Duration returns a uniform duration from lo to hi, both included, in steps of
// a nanosecond. It panics if hi is below lo.
func (r *Rand) Duration(lo, hi time.Duration) time.Duration {
	if hi < lo {
		panic("sim: Duration: hi " + hi.String() + " is below lo " + lo.String())
	}
	span := uint64(hi) - uint64(lo) + 1
	if span == 0 { // all of the 2^64 durations
		return time.Duration(r.Uint64())
	}
	return lo + time.Duration(r.uint64n(span))
}

// NormFloat64 returns a number of the standard normal distribution, mean 0 and
// standard deviation 1. It draws once; the tails end at 8.2.
func (r *Rand) NormFloat64() float64 { return normalQuantile(r.open()) }

// ExpFloat64 returns a number of the exponential distribution with mean 1. It
// draws once; the tail ends at 36.7.
func (r *Rand) ExpFloat64() float64 { return -portableLog(1 - r.Float64()) }

// Perm returns the numbers 0 to n-1 in random order. It panics if n is negative.
func (r *Rand) Perm(n int) []int {
	if n < 0 {
		panic("sim: Perm: n must not be negative")
	}
	p := make([]int, n)
	for i := range p {
		p[i] = i
	}
	r.Shuffle(n, func(i, j int) { p[i], p[j] = p[j], p[i] })
	return p
}

// Shuffle puts n things into random order, each of the n! orders equally likely;
// swap exchanges those with index i and j. It panics if n is negative.
func (r *Rand) Shuffle(n int, swap func(i, j int)) {
	if n < 0 {
		panic("sim: Shuffle: n must not be negative")
	}
	for i := n - 1; i > 0; i-- { // Fisher and Yates, as in Knuth's Algorithm P
		swap(i, int(r.uint64n(uint64(i)+1)))
	}
}

// Pick returns one of xs, each equally likely. It panics if there is none.
func Pick[T any](r *Rand, xs []T) T {
	if len(xs) == 0 {
		panic("sim: Pick: nothing to pick from")
	}
	return xs[r.uint64n(uint64(len(xs)))]
}
