package sim

import (
	"bytes"
	"fmt"
	"math"
	"math/bits"
	randv2 "math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var _ randv2.Source = (*Rand)(nil)

// The values below are what every run is made of: a change to them changes each
// run of each scenario and every golden hash. It is a change of the format, to
// be announced as one, and never an accident.
func TestRandGolden(t *testing.T) {
	zero := Rand{}
	streams := []struct {
		name string
		r    Rand
		want [8]uint64
	}{
		{"zero", zero, goldenZero},
		{"rand2(7, 1, 2)", rand2(7, 1, 2), goldenRand2},
		{"newRandNamed(7, workload, alice)", newRandNamed(7, "workload", "alice"), goldenNamed},
	}
	for _, s := range streams {
		var got [8]uint64
		for i := range got {
			got[i] = s.r.Uint64()
		}
		if got != s.want {
			t.Errorf("%s draws\n%#x, not\n%#x", s.name, got, s.want)
		}
	}
}

var (
	goldenZero = [8]uint64{
		0x38ffff682123e08a, 0xacfc572dc29cb1fd, 0x57ec35105c35c2db, 0x70cf668abad6ac57,
		0x664e36a97266a5fb, 0x13b0ac0baf9607d2, 0xba9c5b00f75963a1, 0x7b35a9996fa10ee2,
	}
	goldenRand2 = [8]uint64{
		0xcb379e9fd431f177, 0x1c0842bc90199d32, 0xc0573f31ce5e6191, 0x94217984a75dd7d,
		0xf5c781b5dfce1ba1, 0x594ced83bb339aee, 0x604dccd26b5f3220, 0x1686f5e534dcb4c,
	}
	goldenNamed = [8]uint64{
		0x6bb31d4adbc05ce0, 0x9e8dc093d485860a, 0x2030770de710db21, 0x75bc5730a61f7384,
		0xbf88ff4cb6c6da19, 0xbab9c1fe7c6ce65e, 0x8ca37b4c4c7dcd22, 0x4d8b757714234158,
	}
)

func TestMixAndHashGolden(t *testing.T) {
	got := []uint64{mix(0, 0), mix(0, 1), mix(1, 0), mix(1<<63, 1<<63)}
	for n := range 20 {
		got = append(got, hashString("the quick brown fox"[:n]))
	}
	if !slices.Equal(got, goldenMix) {
		t.Errorf("got\n%#x, want\n%#x", got, goldenMix)
	}
}

var goldenMix = []uint64{
	0x46c750a3955a4978, 0x8d5bd609db77f28e, 0xdb979a5f9b2ace95, 0xaed81a29733888ae,
	0x847b6e5231432f35, 0x555442607f424a30, 0x64ea95b293955478, 0x7fa8c59555c931d1,
	0xc7dddce16d3ce3b3, 0x5a04a5eda24ea21, 0x16d5119b692d146c, 0x791578113e1c0e2d,
	0xaf5301553efd4889, 0xba948adc7a15e5cd, 0x32ea22ed83bb8585, 0xb2244b440850e2e9,
	0xf9b16571736be5d9, 0xf18b4e6ff697dd7f, 0x46c844c4234d165c, 0xadccd45e0e7a03f6,
	0x83abbfd14f181d07, 0x23c79446645f303f, 0x392aa0fcecad4c02, 0xe812573254a306fd,
}

// The standard library's generator is the oracle: same state, same values.
func TestRandIsPCG(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := Rand{rapid.Uint64().Draw(t, "hi"), rapid.Uint64().Draw(t, "lo")}
		pcg := randv2.NewPCG(r.hi, r.lo)
		for range 20 {
			if got, want := r.Uint64(), pcg.Uint64(); got != want {
				t.Fatalf("got %#x, PCG draws %#x", got, want)
			}
		}
	})
}

func TestKeysOfEveryShapeAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := rapid.SliceOfN(rapid.Uint64(), 4, 4).Draw(t, "words")
		if rand2(w[0], w[1], w[2]) != newRand(w[0], w[1], w[2]) {
			t.Error("rand2 differs from newRand")
		}
		if rand3(w[0], w[1], w[2], w[3]) != newRand(w[0], w[1], w[2], w[3]) {
			t.Error("rand3 differs from newRand")
		}
		if rand2(mix(w[0], w[1]), w[2], w[3]) != newRand(w[0], w[1], w[2], w[3]) {
			t.Error("a prefix mixed ahead of time differs")
		}
	})
}

// unmultiply returns the y for which y*factor is x. The factor is odd.
func unmultiply(x, factor uint64) uint64 {
	inverse := factor
	for range 5 { // Newton's iteration doubles the correct bits, 3 at first
		inverse *= 2 - factor*inverse
	}
	return x * inverse
}

// unshift returns the y for which y ^ y>>by is x.
func unshift(x uint64, by int) uint64 {
	y := x
	for range 64 / by {
		y = x ^ y>>by
	}
	return y
}

// drawing returns a stream whose first draw is x, to reach the ends of everything
// that is made of a draw.
func drawing(x uint64) Rand {
	const incHi, incLo, mulLo, dxsm = 6364136223846793005, 1442695040888963407, 4865540595714422341, 0xda942042e4dd58b5
	hi := unshift(unmultiply(unshift(unmultiply(x, incLo), 48), dxsm), 32)
	return Rand{hi: unmultiply(hi-incHi, mulLo)}
}

func TestDrawing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Uint64().Draw(t, "x")
		if r := drawing(x); r.Uint64() != x {
			t.Errorf("a stream said to draw %#x does not", x)
		}
	})
}

// mix has an inverse in each argument, which is what makes it a bijection.
func TestMixAbsorbsNothing(t *testing.T) {
	word := rapid.OneOf(rapid.Uint64(),
		rapid.SampledFrom([]uint64{0, 1, golden, 1<<64 - golden, mixFirst, mixSecond, math.MaxUint64}))
	rapid.Check(t, func(t *rapid.T) {
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		joined := unshift(unmultiply(unshift(mix(a, b), 31), mixSecond), 27)
		if got := joined ^ ((b^b>>30)*mixFirst + golden); got != a {
			t.Errorf("a %#x came back as %#x", a, got)
		}
		if got := unshift(unmultiply((joined^a)-golden, mixFirst), 30); got != b {
			t.Errorf("b %#x came back as %#x", b, got)
		}
	})
}

func TestMixIsNotSymmetric(t *testing.T) {
	if mix(1, 2) == mix(2, 1) || mix(0, 0) == 0 || mix(mix(0, 0), 0) == mix(0, 0) {
		t.Error("mix loses the order or the number of its words")
	}
}

func TestHashTellsTextsApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "bytes")
		h := hashBytes(b)
		if hashString(string(b)) != h {
			t.Error("a string and its bytes differ")
		}
		if hashBytes(append(bytes.Clone(b), 0)) == h {
			t.Error("a zero at the end is not seen")
		}
		for i := range b {
			b[i] ^= 1 << (i % 8)
			if hashBytes(b) == h {
				t.Errorf("byte %d is not read", i)
			}
			b[i] ^= 1 << (i % 8)
		}
	})
	a, b := newRandNamed(1, "ab", "c"), newRandNamed(1, "a", "bc")
	if a == b {
		t.Error("purpose and place run together")
	}
}

func TestIntegersAreUnbiased(t *testing.T) {
	r := newRand(2)
	for _, n := range []int{2, 3, 7, 100} {
		checkCells(t, fmt.Sprint("IntN ", n), n, 100_000, func(int) uint64 { return uint64(r.IntN(n)) })
	}
	// Without rejection one number in three of these ranges would come up more
	// often than its neighbours: 2^64 is 8/3 and 4/3 times as large.
	checkCells(t, "Int64N", 3, 100_000, func(int) uint64 { return uint64(r.Int64N(3<<61)) % 3 })
	checkCells(t, "uint64n", 3, 100_000, func(int) uint64 { return r.uint64n(3<<62) % 3 })
}

func TestIntegersStayInRange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newRand(rapid.Uint64().Draw(t, "seed"))
		n := rapid.Int64Range(1, math.MaxInt64).Draw(t, "n")
		if x := r.Int64N(n); x < 0 || x >= n {
			t.Errorf("Int64N(%d) is %d", n, x)
		}
		small := int(n>>33 + 1)
		if x := r.IntN(small); x < 0 || x >= small {
			t.Errorf("IntN(%d) is %d", small, x)
		}
		lo := time.Duration(rapid.Int64().Draw(t, "lo"))
		hi := time.Duration(rapid.Int64Range(int64(lo), math.MaxInt64).Draw(t, "hi"))
		if d := r.Duration(lo, hi); d < lo || d > hi {
			t.Errorf("Duration(%v, %v) is %v", lo, hi, d)
		}
	})
}

func TestDurationReachesBothEnds(t *testing.T) {
	r := newRand(3)
	checkCells(t, "Duration", 5, 50_000, func(int) uint64 { return uint64(r.Duration(-2, 2) + 2) })
	if d := r.Duration(7, 7); d != 7 {
		t.Errorf("Duration(7, 7) is %d", d)
	}
	checkCells(t, "all durations", 256, 1<<16, func(int) uint64 {
		return uint64(r.Duration(math.MinInt64, math.MaxInt64)) >> 56
	})
}

func TestFloat64(t *testing.T) {
	r := newRand(4)
	for range 10_000 {
		if x := r.Float64(); x < 0 || x >= 1 || x*0x1p53 != math.Trunc(x*0x1p53) {
			t.Fatalf("Float64 is %v", x)
		}
	}
	checkCells(t, "Float64", 1000, 1<<18, func(int) uint64 { return uint64(r.Float64() * 1000) })
	least, greatest := drawing(0), drawing(math.MaxUint64)
	if x, y := least.Float64(), greatest.Float64(); x != 0 || y != 1-0x1p-53 {
		t.Errorf("Float64 lies between %v and %v", x, y)
	}
	least, greatest = drawing(0), drawing(math.MaxUint64)
	if x, y := least.open(), greatest.open(); x != 0x1p-53 || y != 1-0x1p-53 {
		t.Errorf("open lies between %v and %v", x, y)
	}
}

func TestBool(t *testing.T) {
	r := newRand(5)
	trues := map[float64]int{}
	probabilities := []float64{-1, 0, 0.01, 0.5, 0.99, 1, 2, math.NaN()}
	for range 100_000 {
		for _, p := range probabilities[:7] {
			if r.Bool(p) {
				trues[p]++
			}
		}
		if r.Bool(math.NaN()) {
			t.Fatal("Bool(NaN) is true")
		}
	}
	if trues[-1] != 0 || trues[0] != 0 || trues[1] != 100_000 || trues[2] != 100_000 {
		t.Errorf("what is certain was not: %v", trues)
	}
	for p, n := range trues {
		p = min(1, max(0, p))
		if math.Abs(float64(n)-1e5*p) > 5*math.Sqrt(1e5*p*(1-p)) {
			t.Errorf("Bool(%v) was true %d times in 100000", p, n)
		}
	}
	if least := drawing(0); least.Bool(0) {
		t.Error("Bool(0) is true if 0 is drawn")
	}
	a, b := newRand(6), newRand(6)
	a.Bool(0)
	b.Bool(0.3)
	if a != b {
		t.Error("Bool draws more or less for a certain outcome")
	}
}

func TestPermAndShuffle(t *testing.T) {
	r := newRand(7)
	counts := map[[4]int]uint64{}
	checkCells(t, "Perm", 24, 100_000, func(int) uint64 {
		p := [4]int(r.Perm(4))
		if _, ok := counts[p]; !ok {
			counts[p] = uint64(len(counts))
		}
		return counts[p]
	})
	rapid.Check(t, func(t *rapid.T) {
		r := newRand(rapid.Uint64().Draw(t, "seed"))
		n := rapid.IntRange(0, 50).Draw(t, "n")
		p := r.Perm(n)
		slices.Sort(p)
		for i, x := range p {
			if i != x || len(p) != n {
				t.Fatalf("not a permutation of %d: %v", n, p)
			}
		}
	})
}

func TestPick(t *testing.T) {
	r := newRand(8)
	colours := []string{"red", "green", "blue"}
	checkCells(t, "Pick", 3, 30_000, func(int) uint64 { return uint64(slices.Index(colours, Pick(&r, colours))) })
}

func TestNormalAndExponentialMoments(t *testing.T) {
	least, greatest := drawing(0), drawing(math.MaxUint64)
	if x, y := least.NormFloat64(), greatest.NormFloat64(); x != -y || math.Abs(y-8.2095) > 1e-4 {
		t.Errorf("NormFloat64 lies between %v and %v", x, y)
	}
	least, greatest = drawing(0), drawing(math.MaxUint64)
	if x, y := least.ExpFloat64(), greatest.ExpFloat64(); x != 0 || math.Abs(y-36.7368) > 1e-4 {
		t.Errorf("ExpFloat64 lies between %v and %v", x, y)
	}
	r := newRand(9)
	checkMoments(t, "NormFloat64", 0, 1, 3, r.NormFloat64)
	checkMoments(t, "ExpFloat64", 1, 1, 9, r.ExpFloat64)
}

func TestRandPanics(t *testing.T) {
	r := newRand(1)
	cases := map[string]func(){
		"sim: IntN: n must be positive":         func() { r.IntN(0) },
		"sim: Int64N: n must be positive":       func() { r.Int64N(-1) },
		"sim: Duration: hi 1ms is below lo 5ms": func() { r.Duration(5*time.Millisecond, time.Millisecond) },
		"sim: Perm: n must not be negative":     func() { r.Perm(-1) },
		"sim: Shuffle: n must not be negative":  func() { r.Shuffle(-1, nil) },
		"sim: Pick: nothing to pick from":       func() { Pick(&r, []int{}) },
	}
	for want, f := range cases {
		if got := panicText(f); got != want {
			t.Errorf("panics with %q, not %q", got, want)
		}
	}
}

func panicText(f func()) (text string) {
	defer func() { text = fmt.Sprint(recover()) }()
	f()
	return ""
}

func TestRandAllocatesNothing(t *testing.T) {
	parts, name := uint64(1), strings.Repeat("n", 20)
	var sink uint64
	n := testing.AllocsPerRun(100, func() {
		parts++
		a, b := newRand(1, parts, 2, 3, 4), newRandNamed(1, "link", name)
		sink += a.Uint64() + b.Uint64()
		sink += uint64(a.NormFloat64() + a.ExpFloat64())
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// per-draw costs; the keyed ones are what a message pays.
func BenchmarkRand(b *testing.B) {
	r := newRand(1)
	sum, durations := uint64(0), time.Duration(0)
	floats := 0.0
	link := mix(7, 1)
	run := func(name string, f func(i uint64)) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := range uint64(b.N) {
				f(i)
			}
		})
	}
	run("Empty", func(i uint64) { sum += i })
	run("Uint64", func(uint64) { sum += r.Uint64() })
	run("KeyOf2AndDraw", func(i uint64) { r := rand2(link, i*1000, i); sum += r.Uint64() })
	run("KeyOf3AndDraw", func(i uint64) { r := rand3(7, 1, i*1000, i); sum += r.Uint64() })
	run("KeyOf2And4Draws", func(i uint64) {
		r := rand2(link, i*1000, i)
		sum += r.Uint64() + r.Uint64() + r.Uint64() + r.Uint64()
	})
	run("Mix", func(i uint64) { sum = mix(sum, i) })
	run("IntN", func(uint64) { sum += uint64(r.IntN(10)) })
	run("Duration", func(uint64) { durations += r.Duration(1e6, 5e6) })
	run("Float64", func(uint64) { floats += r.Float64() })
	run("NormFloat64", func(uint64) { floats += r.NormFloat64() })
	run("ExpFloat64", func(uint64) { floats += r.ExpFloat64() })
	for _, n := range []int{5, 20, 1000} {
		text := strings.Repeat("x", n)
		run(fmt.Sprint("HashString/", n), func(uint64) { sum += hashString(text) })
	}
	if bits.OnesCount64(sum) == 65 || durations == 1 || floats == 1 {
		b.Fatal("the results must be used")
	}
}
