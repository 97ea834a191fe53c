package sim

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"testing"
)

// The statistics below have fixed seeds, so their outcome is always the same. Their
// limits, 5 standard deviations and more, are for whoever changes a constant: a
// sound generator passes thousands of such checks, a flawed one fails many.

// avalanche flips each bit of each word and demands that each bit of the result
// flips half the time.
func avalanche(t *testing.T, words int, f func(in []uint64) uint64) {
	t.Helper()
	const trials = 1024
	r := newRand(1, uint64(words))
	limit := 5.5 * math.Sqrt(trials) / 2
	in := make([]uint64, words)
	for flip := range 64 * words {
		var flips [64]int
		for trial := range trials {
			for i := range in {
				in[i] = r.Uint64() >> (trial % 8 * 8) // large and small numbers
			}
			before := f(in)
			in[flip/64] ^= 1 << (flip % 64)
			changed := before ^ f(in)
			for bit := range flips {
				flips[bit] += int(changed >> bit & 1)
			}
		}
		for bit, n := range flips {
			if math.Abs(float64(n)-trials/2) > limit {
				t.Errorf("bit %d of word %d flips bit %d %d times in %d", flip%64, flip/64, bit, n, trials)
			}
		}
	}
}

func TestMixAvalanche(t *testing.T) {
	const state = 0x13198a2e03707344
	avalanche(t, 1, func(w []uint64) uint64 { return mix(state, w[0]) })
	avalanche(t, 3, func(w []uint64) uint64 { return mix(mix(w[0], w[1]), w[2]) })
}

func TestFirstDrawAvalanche(t *testing.T) {
	avalanche(t, 1, func(w []uint64) uint64 { r := newRand(w[0]); return r.Uint64() })
	avalanche(t, 3, func(w []uint64) uint64 { r := rand2(w[0], w[1], w[2]); return r.Uint64() })
	avalanche(t, 4, func(w []uint64) uint64 { r := rand3(w[0], w[1], w[2], w[3]); return r.Uint64() })
}

func TestHashAvalanche(t *testing.T) {
	for _, n := range []int{1, 2, 3} {
		avalanche(t, n, func(in []uint64) uint64 {
			text := make([]byte, 0, 24)
			for _, w := range in {
				for ; len(text)%8 != 7; w >>= 8 {
					text = append(text, byte(w))
				}
				text = append(text, byte(w))
			}
			return hashBytes(text)
		})
	}
}

// similarKeys are the ways in which the keys of a run resemble each other.
var similarKeys = []struct {
	name   string
	stream func(i uint64) Rand
}{
	{"seeds in a row", func(i uint64) Rand { return newRand(i) }},
	{"seeds in a row, same place", func(i uint64) Rand { return rand2(i, 3, 1) }},
	{"places in a row", func(i uint64) Rand { return rand2(7, 3, i) }},
	{"purposes in a row", func(i uint64) Rand { return rand2(7, i, 3) }},
	{"times a millisecond apart", func(i uint64) Rand { return rand3(7, 1<<32|2, i*1e6, 0) }},
	{"ordinals at one time", func(i uint64) Rand { return rand3(7, 1<<32|2, 5e9, i) }},
	{"links at one time", func(i uint64) Rand { return rand3(7, i>>8<<32|i&255, 5e9, 0) }},
	{"time and ordinal together", func(i uint64) Rand { return rand3(7, 1, i, i) }},
	{"high bits", func(i uint64) Rand { return rand2(7, i<<47, 0) }},
	{"seed and place cancelling", func(i uint64) Rand { return rand2(i, i, i) }},
	{"names", func(i uint64) Rand { return newRandNamed(7, "link", "node-"+strconv.FormatUint(i, 10)) }},
}

const similarStreams = 1 << 16

// TestFirstDrawsAreIndependent takes the first two draws of many streams with
// similar keys, as a message does, and looks at them from all sides.
func TestFirstDrawsAreIndependent(t *testing.T) {
	for _, keys := range similarKeys {
		t.Run(keys.name, func(t *testing.T) {
			first := make([]uint64, similarStreams)
			second := make([]uint64, similarStreams)
			for i := range first {
				r := keys.stream(uint64(i))
				first[i], second[i] = r.Uint64(), r.Uint64()
			}
			checkUniform(t, "first draw", first)
			checkUniform(t, "second draw", second)
			checkUnrelated(t, "first and second draw", first, second)
			for _, lag := range []int{1, 2, 3, 16, 255, 256, 4096} {
				checkUnrelated(t, fmt.Sprintf("first draws %d keys apart", lag), first[lag:], first)
			}
			slices.Sort(first)
			if n := len(slices.Compact(first)); n != similarStreams {
				t.Errorf("%d streams of %d begin alike", similarStreams-n, similarStreams)
			}
		})
	}
}

// checkUniform demands that each bit is set half the time, and that the highest
// and the lowest byte take each value equally often.
func checkUniform(t *testing.T, what string, xs []uint64) {
	t.Helper()
	checkBits(t, what, len(xs), func(i int) uint64 { return xs[i] })
	checkCells(t, what+", high byte", 256, len(xs), func(i int) uint64 { return xs[i] >> 56 })
	checkCells(t, what+", low byte", 256, len(xs), func(i int) uint64 { return xs[i] & 255 })
}

// checkUnrelated demands that the draws a[i] and b[i] differ in each bit half the
// time, do not correlate, and fill the square of their high and low bits evenly.
func checkUnrelated(t *testing.T, what string, a, b []uint64) {
	t.Helper()
	n := len(a)
	checkBits(t, what, n, func(i int) uint64 { return a[i] ^ b[i] })
	checkCells(t, what+", high bits", 256, n, func(i int) uint64 { return a[i]>>60<<4 | b[i]>>60 })
	checkCells(t, what+", low bits", 256, n, func(i int) uint64 { return a[i]&15<<4 | b[i]&15 })
	if c := correlation(a, b); math.Abs(c) > 5/math.Sqrt(float64(n)) {
		t.Errorf("%s: correlation %.4f", what, c)
	}
}

func checkBits(t *testing.T, what string, n int, x func(i int) uint64) {
	t.Helper()
	var set [64]int
	for i := range n {
		for bit, v := 0, x(i); v != 0; bit, v = bit+1, v>>1 {
			set[bit] += int(v & 1)
		}
	}
	limit := 5 * math.Sqrt(float64(n)) / 2
	for bit, count := range set {
		if math.Abs(float64(count)-float64(n)/2) > limit {
			t.Errorf("%s: bit %d is set %d times in %d", what, bit, count, n)
		}
	}
}

// checkCells is the chi-square test that n things fall evenly into cells.
func checkCells(t *testing.T, what string, cells, n int, cell func(i int) uint64) {
	t.Helper()
	counts := make([]float64, cells)
	for i := range n {
		counts[cell(i)]++
	}
	chi, expected := 0.0, float64(n)/float64(cells)
	for _, c := range counts {
		chi += (c - expected) * (c - expected) / expected
	}
	free := float64(cells - 1)
	if math.Abs(chi-free) > 5*math.Sqrt(2*free) { // too even is as wrong as too uneven
		t.Errorf("%s: chi-square %.1f with %.0f degrees of freedom", what, chi, free)
	}
}

// checkMoments draws 200,000 times and demands that mean and variance lie within
// 5 standard errors. The kurtosis says how far the variance may stray.
func checkMoments(t *testing.T, what string, mean, sd, kurtosis float64, draw func() float64) {
	t.Helper()
	const n = 200_000
	sum, squares := 0.0, 0.0
	for range n {
		x := draw() - mean
		sum += x
		squares += x * x
	}
	if off := sum / n; math.Abs(off) > 5*sd/math.Sqrt(n) {
		t.Errorf("%s: mean is %v off %v", what, off, mean)
	}
	variance := sd * sd
	if off := squares/n - variance; math.Abs(off) > 5*variance*math.Sqrt((kurtosis-1)/n) {
		t.Errorf("%s: variance is %v off %v", what, off, variance)
	}
}

func correlation(a, b []uint64) float64 {
	sum := 0.0
	for i := range a {
		sum += (float64(a[i])*0x1p-64 - 0.5) * (float64(b[i])*0x1p-64 - 0.5)
	}
	return sum / float64(len(a)) * 12
}

// Streams that live long must not resemble each other anywhere.
func TestStreamsAreIndependent(t *testing.T) {
	const streams, draws = 12, 8192
	var xs [streams][]uint64
	for s := range xs {
		r := newRandNamed(1, "disk", strconv.Itoa(s))
		for range draws {
			xs[s] = append(xs[s], r.Uint64())
		}
		checkUniform(t, fmt.Sprint("stream ", s), xs[s])
		checkUnrelated(t, fmt.Sprint("successive draws of stream ", s), xs[s][1:], xs[s])
		for other := range s {
			checkUnrelated(t, fmt.Sprint("streams ", other, " and ", s), xs[other], xs[s])
		}
	}
}

// A million keys on a grid give a million streams.
func TestKeysDoNotCollide(t *testing.T) {
	const side = 100
	seen := make([]Rand, 0, side*side*side)
	for a := range uint64(side) {
		for b := range uint64(side) {
			for c := range uint64(side) {
				seen = append(seen, rand3(1, a, b, c))
			}
		}
	}
	slices.SortFunc(seen, func(a, b Rand) int { return cmp.Compare(a.hi, b.hi) })
	if len(slices.Compact(seen)) != cap(seen) {
		t.Error("two keys have one stream")
	}
}
