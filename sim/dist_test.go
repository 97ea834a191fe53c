package sim

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const ms = time.Millisecond

// families has one ordinary distribution of each.
var families = []Dist{
	Constant(3 * ms),
	Uniform(1*ms, 5*ms),
	Normal(10*ms, 2*ms),
	Exponential(5 * ms),
	Pareto(1*ms, 1.5),
	LogNormal(10*ms, 0.5),
	Empirical(9*ms, 1*ms, 2*ms, 2*ms),
}

// genDist draws any distribution, ordinary and extreme.
func genDist() *rapid.Generator[Dist] {
	return rapid.Custom(func(t *rapid.T) Dist {
		duration := rapid.OneOf(
			rapid.Map(rapid.Int64Range(0, int64(10*time.Second)), func(n int64) time.Duration { return time.Duration(n) }),
			rapid.SampledFrom([]time.Duration{0, 1, ms, 1<<53 + 1, longest - 1, longest, math.MaxInt64}))
		shape := rapid.OneOf(rapid.Float64Range(0.1, 5), rapid.Float64Range(0, math.MaxFloat64))
		a, b := duration.Draw(t, "a"), duration.Draw(t, "b")
		switch distKind(rapid.IntRange(0, int(distEmpirical)).Draw(t, "family")) {
		case distConstant:
			return Constant(a)
		case distUniform:
			return Uniform(min(a, b), max(a, b))
		case distNormal:
			return Normal(a, b)
		case distExponential:
			return Exponential(a)
		case distPareto:
			return Pareto(a, max(shape.Draw(t, "alpha"), math.SmallestNonzeroFloat64))
		case distLogNormal:
			return LogNormal(a, shape.Draw(t, "sigma"))
		}
		return Empirical(rapid.SliceOfN(duration, 1, 6).Draw(t, "samples")...)
	})
}

func TestDistTextReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := genDist().Draw(t, "d")
		text := d.String()
		back, err := ParseDist(text)
		if err != nil || back != d {
			t.Errorf("%q reads back as %q, %v", text, back, err)
		}
		wide := " " + strings.ReplaceAll(text, " ", " \t ") + "\n"
		if back, err := ParseDist(wide); err != nil || back != d {
			t.Errorf("%q reads back as %q, %v", wide, back, err)
		}
	})
}

func TestDistSamplesAreWithinBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := genDist().Draw(t, "d")
		seed := rapid.Uint64().Draw(t, "seed")
		for _, r := range []Rand{drawing(0), drawing(math.MaxUint64), drawing(seed), newRand(seed)} {
			if x := d.Sample(&r); x < d.Min() || x < 0 || x > longest {
				t.Fatalf("%v gave %v, which is %d", d, x, x)
			}
		}
		if m := d.Mean(); m < d.Min() || m > longest {
			t.Errorf("%v has mean %v and minimum %v", d, m, d.Min())
		}
	})
}

func TestDistWithoutSpreadIsConstant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := time.Duration(rapid.Int64Range(0, 1<<50).Draw(t, "v"))
		r := newRand(rapid.Uint64().Draw(t, "seed"))
		for _, d := range []Dist{Constant(v), Uniform(v, v), Normal(v, 0), LogNormal(v, 0), Empirical(v), Empirical(v, v, v)} {
			if x, m := d.Sample(&r), d.Mean(); x != v || m != v {
				t.Errorf("%v gave %v, mean %v", d, x, m)
			}
		}
	})
}

func TestDistOfZeroIsZero(t *testing.T) {
	r := newRand(1)
	for _, d := range []Dist{{}, Constant(0), Uniform(0, 0), Normal(0, 0), Exponential(0), Pareto(0, 1e-300), LogNormal(0, 1e300), Empirical(0)} {
		for range 100 {
			if x, m := d.Sample(&r), d.Mean(); x != 0 || m != 0 {
				t.Errorf("%v gave %v, mean %v", d, x, m)
			}
		}
	}
	if !(Dist{}).IsZero() || Constant(0).IsZero() || Constant(1).IsZero() || Uniform(0, 1).IsZero() {
		t.Error("IsZero is wrong")
	}
}

func TestUniformReachesBothEnds(t *testing.T) {
	r := newRand(2)
	d := Uniform(3, 7)
	checkCells(t, "uniform 3ns 7ns", 5, 50_000, func(int) uint64 { return uint64(d.Sample(&r) - 3) })
	d = Uniform(1*ms, 5*ms)
	checkCells(t, "uniform 1ms 5ms", 100, 100_000, func(int) uint64 {
		return uint64(d.Sample(&r)-ms) * 100 / uint64(4*ms+1)
	})
}

// A float64 cannot hold this scale and would round it down.
func TestParetoIsNeverBelowItsScale(t *testing.T) {
	least, d := drawing(0), Pareto(1<<53+1, 2)
	if x := d.Sample(&least); x != d.Min() {
		t.Errorf("%d is below %d", x, d.Min())
	}
}

func TestEmpiricalReachesBothEnds(t *testing.T) {
	r := newRand(3)
	d := Empirical(5, 4, 3)
	// The ends take what rounds to them, half as much as the middle.
	checkCells(t, "empirical 3ns 4ns 5ns", 4, 40_000, func(int) uint64 {
		switch d.Sample(&r) {
		case 3:
			return 0
		case 5:
			return 1
		}
		return 2 + r.Uint64()&1
	})
}

// Moments of 200,000 samples must agree with theory within 5 standard errors.
func TestDistMoments(t *testing.T) {
	const m = float64(ms)
	half := 0.7978845608028654 // mean of |z| for a standard normal z: sqrt(2/pi)
	cases := []struct {
		d                  Dist
		mean, sd, kurtosis float64
	}{
		{Constant(3 * ms), 3 * m, 0, 1},
		{Uniform(1*ms, 5*ms), 3 * m, 4 * m / math.Sqrt(12), 1.8},
		{Normal(10*ms, 2*ms), 10*m + 2.97, 2 * m, 3}, // even 5 deviations from 0 truncation is seen
		{Normal(0, 2*ms), 2 * m * half, 2 * m * math.Sqrt(1-half*half), 3.87},
		{Exponential(5 * ms), 5 * m, 5 * m, 9},
		{Pareto(1*ms, 9), 9. / 8 * m, m * math.Sqrt(9./7) / 8, 22},
		{LogNormal(10*ms, 0.5), 10 * m * math.Exp(0.125), 10 * m * math.Exp(0.125) * math.Sqrt(math.Expm1(0.25)), 8.9},
		// A mixture of uniform parts 1 to 2, 2 to 2, 2 to 9.
		{Empirical(9*ms, 1*ms, 2*ms, 2*ms), 3 * m, m * math.Sqrt((7./3+4+103./3)/3-9), 3.9},
	}
	for i, c := range cases {
		r := newRand(4, uint64(i))
		checkMoments(t, c.d.String(), c.mean, c.sd, c.kurtosis, func() float64 { return float64(c.d.Sample(&r)) })
		if got := float64(c.d.Mean()); math.Abs(got-c.mean) > 1 {
			t.Errorf("%v: Mean is %v, theory says %v", c.d, got, c.mean)
		}
	}
}

// The share of samples below the quantile of p must be p, within 5 standard
// errors.
func TestDistQuantiles(t *testing.T) {
	cumulative := func(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }
	cases := []struct {
		d     Dist
		below func(x float64) float64 // the share of the distribution below x ms
	}{
		{Exponential(5 * ms), func(x float64) float64 { return -math.Expm1(-x / 5) }},
		{Pareto(1*ms, 1.5), func(x float64) float64 { return max(0, 1-math.Pow(x, -1.5)) }},
		{Pareto(1*ms, 0.5), func(x float64) float64 { return max(0, 1-math.Pow(x, -0.5)) }},
		{LogNormal(10*ms, 0.5), func(x float64) float64 { return cumulative(math.Log(x/10) / 0.5) }},
		{Normal(10*ms, 2*ms), func(x float64) float64 { return cumulative((x - 10) / 2) }},
		{Normal(1*ms, 2*ms), func(x float64) float64 {
			cut := cumulative(-0.5)
			return (cumulative((x-1)/2) - cut) / (1 - cut)
		}},
	}
	for i, c := range cases {
		r := newRand(5, uint64(i))
		const n = 200_000
		samples := make([]time.Duration, n)
		for i := range samples {
			samples[i] = c.d.Sample(&r)
		}
		for _, x := range []float64{0.01, 0.1, 1.02, 2, 4, 6, 8, 10, 12, 16, 24, 50, 100, 1000} {
			below := 0
			for _, s := range samples {
				if float64(s) < x*float64(ms) {
					below++
				}
			}
			p := c.below(x)
			if got := float64(below) / n; math.Abs(got-p) > 5*math.Sqrt(p*(1-p)/n)+1e-12 {
				t.Errorf("%v: %v of it is below %vms, theory says %v", c.d, got, x, p)
			}
		}
	}
}

func TestDistMeans(t *testing.T) {
	for _, c := range []struct {
		d    Dist
		want time.Duration
	}{
		{Pareto(1*ms, 1), longest},
		{Pareto(1*ms, 0.3), longest},
		{Pareto(1*ms, 2), 2 * ms},
		{LogNormal(1*ms, 100), longest},
		{Uniform(0, math.MaxInt64), longest / 2},
		{Empirical(longest, longest, longest, longest, math.MaxInt64), longest},
		{Empirical(0, 10), 5},
		{Normal(longest, longest), longest},
	} {
		if got := c.d.Mean(); got != c.want {
			t.Errorf("%v: Mean is %v, not %v", c.d, got, c.want)
		}
	}
}

// The interpolated empirical distribution against the definition of its quantile
// in floating point.
func TestEmpiricalInterpolates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		samples := rapid.SliceOfN(rapid.Int64Range(0, 1<<40), 1, 10).Draw(t, "samples")
		durations := make([]time.Duration, len(samples))
		for i, s := range samples {
			durations[i] = time.Duration(s)
		}
		u := rapid.Uint64().Draw(t, "u")
		d := Empirical(durations...)
		got := float64(d.interpolate(u))

		slices.Sort(durations)
		at := float64(u) * 0x1p-64 * float64(len(durations)-1)
		i := min(int(at), max(0, len(durations)-2))
		lo, hi := float64(durations[i]), float64(durations[min(i+1, len(durations)-1)])
		if want := lo + (hi-lo)*(at-float64(i)); math.Abs(got-want) > 1 {
			t.Errorf("%v at %v is %v, not %v", d, at, got, want)
		}
	})
}

// A change to these changes each run that draws from the distribution: see
// TestRandGolden.
func TestDistGolden(t *testing.T) {
	for i, d := range families {
		r := newRand(6, 1)
		var got [8]time.Duration
		for j := range got {
			got[j] = d.Sample(&r)
		}
		if got != goldenSamples[i] {
			t.Errorf("%v draws\n%d, not\n%d", d, got, goldenSamples[i])
		}
	}
}

var goldenSamples = [...][8]time.Duration{
	{3000000, 3000000, 3000000, 3000000, 3000000, 3000000, 3000000, 3000000},
	{3601588, 3210840, 3229101, 3313902, 1610159, 4280795, 4312828, 3835659},
	{10772785, 10265023, 10288130, 10395990, 7948801, 11832245, 11894207, 11100434},
	{5254784, 4022740, 4074036, 4319386, 827558, 8579512, 8807324, 6170694},
	{2015038, 1709781, 1721515, 1778763, 1116659, 3139096, 3235909, 2276773},
	{12131207, 10684997, 10746901, 11040634, 5988163, 15810056, 16056870, 13166734},
	{2000000, 2000000, 2000000, 2000000, 1457620, 5224171, 5392346, 2887208},
}

// TestDistGoldenMany folds samples of all kinds of distributions into one word, so
// that each architecture can prove itself.
func TestDistGoldenMany(t *testing.T) {
	r := newRand(7)
	fold := uint64(0)
	for range 20_000 {
		a, b := r.Duration(0, 100*ms), r.Duration(0, 100*ms)
		shape := 0.1 + 3*r.Float64()
		for _, d := range []Dist{Normal(a, b), Exponential(a), Pareto(a, shape), LogNormal(a, shape), Empirical(a, b)} {
			fold = mix(mix(fold, uint64(d.Sample(&r))), uint64(d.Mean()))
		}
	}
	if fold != goldenDists {
		t.Errorf("got %#x, want %#x", fold, uint64(goldenDists))
	}
}

const goldenDists = 0x224e3fd0ff5611b7

func TestDistDrawsOnce(t *testing.T) {
	for _, d := range families[2:] {
		a, b := newRand(8), newRand(8)
		d.Sample(&a)
		b.Uint64()
		if a != b {
			t.Errorf("%v does not draw exactly once", d)
		}
	}
	a, b := newRand(8), newRand(8)
	if Constant(ms).Sample(&a); a != b {
		t.Error("a constant draws")
	}
}

func TestDistIsAValue(t *testing.T) {
	samples := []time.Duration{3, 1, 2}
	d := Empirical(samples...)
	samples[0] = 9
	if d != Empirical(1, 2, 3) || d == Empirical(1, 2, 4) {
		t.Error("an empirical distribution is not its samples")
	}
	if !slices.Equal(samples, []time.Duration{9, 1, 2}) {
		t.Error("the caller's samples were sorted")
	}
	if LogNormal(1, math.Copysign(0, -1)).String() != "lognormal 1ns 0" {
		t.Error("there are two zeros")
	}
}

func TestImpossibleDistsPanic(t *testing.T) {
	for want, f := range map[string]func(){
		"sim: Constant: d -1ns is negative":                 func() { Constant(-1) },
		"sim: Uniform: hi 1ms is below lo 5ms":              func() { Uniform(5*ms, 1*ms) },
		"sim: Uniform: lo -1ms is negative":                 func() { Uniform(-1*ms, 1*ms) },
		"sim: Normal: mean -1ms is negative":                func() { Normal(-1*ms, 1*ms) },
		"sim: Normal: sd -1ms is negative":                  func() { Normal(1*ms, -1*ms) },
		"sim: Exponential: mean -5ms is negative":           func() { Exponential(-5 * ms) },
		"sim: Pareto: scale -1ns is negative":               func() { Pareto(-1, 2) },
		"sim: Pareto: alpha 0 is not positive":              func() { Pareto(1*ms, 0) },
		"sim: Pareto: alpha -1.5 is not positive":           func() { Pareto(1*ms, -1.5) },
		"sim: Pareto: alpha NaN is not a finite number":     func() { Pareto(1*ms, math.NaN()) },
		"sim: Pareto: alpha +Inf is not a finite number":    func() { Pareto(1*ms, math.Inf(1)) },
		"sim: LogNormal: median -1ns is negative":           func() { LogNormal(-1, 1) },
		"sim: LogNormal: sigma -0.5 is negative":            func() { LogNormal(1, -0.5) },
		"sim: LogNormal: sigma -Inf is not a finite number": func() { LogNormal(1, math.Inf(-1)) },
		"sim: Empirical: no samples":                        func() { Empirical() },
		"sim: Empirical: sample -2ms is negative":           func() { Empirical(1*ms, -2*ms) },
	} {
		if got := panicText(f); got != want {
			t.Errorf("panics with %q, not %q", got, want)
		}
	}
}

func TestParseDistErrors(t *testing.T) {
	const all = "expected a duration such as 5ms, or one of " +
		"constant, uniform, normal, exponential, pareto, lognormal, empirical"
	for text, want := range map[string]string{
		"":                    "column 1: " + all,
		"  ":                  "column 3: " + all,
		"unifrom 1ms 5ms":     "column 1: unknown distribution \"unifrom\", " + all + "\nhint: did you mean \"uniform LO HI\"?",
		" exp 5ms":            "column 2: unknown distribution \"exp\", " + all + "\nhint: did you mean \"exponential MEAN\"?",
		"EMPIRICAL 5ms":       "column 1: unknown distribution \"EMPIRICAL\", " + all + "\nhint: did you mean \"empirical SAMPLE...\"?",
		"zipf 2":              "column 1: unknown distribution \"zipf\", " + all,
		"5":                   "column 1: 5 has no unit, expected a duration such as 5ms\nhint: write 5ms, 5s, ...",
		"5msec":               "column 1: \"5msec\" is not a duration such as 1.5ms",
		"1ms 5ms":             "column 5: unexpected \"5ms\" after constant D",
		"constant":            "column 9: d is missing, expected a duration such as 5ms, as in constant D",
		"uniform 1ms":         "column 12: hi is missing, expected a duration such as 5ms, as in uniform LO HI",
		"uniform 1 5":         "column 9: 1 has no unit, expected a duration such as 5ms\nhint: write 1ms, 1s, ...",
		"uniform 1ms ö 5ms":   "column 13: \"ö\" is not a duration such as 1.5ms",
		"uniform 1ms 5ms ö x": "column 17: unexpected \"ö\" after uniform LO HI",
		"uniform  5ms  1ms":   "column 15: hi 1ms is below lo 5ms",
		"uniform 5µs 1µs":     "column 13: hi 1µs is below lo 5µs",
		"uniform\u00a05ms x":  "column 13: \"x\" is not a duration such as 1.5ms",
		"normal 10ms -2ms":    "column 13: sd -2ms is negative",
		"pareto 1ms":          "column 11: alpha is missing, expected a number such as 1.5, as in pareto SCALE ALPHA",
		"pareto 1ms 2ms":      "column 12: alpha is \"2ms\", expected a number such as 1.5",
		"pareto 1ms nan":      "column 12: alpha NaN is not a finite number",
		"lognormal 1ms -1":    "column 15: sigma -1 is negative",
		"empirical":           "column 10: a sample is missing, expected a duration such as 5ms, as in empirical SAMPLE...",
		"empirical 1ms -2ms":  "column 15: sample -2ms is negative",
	} {
		want = fmt.Sprintf("distribution %q, %s", text, want)
		if d, err := ParseDist(text); err == nil || err.Error() != want {
			t.Errorf("%v, %v\nwant %s", d, err, want)
		}
	}
}

func TestParseDistNeverPanics(t *testing.T) {
	words := rapid.SampledFrom([]string{"uniform", "normal", "pareto", "empirical", "constant", "1ms", "0", "-1s", "1.5", "NaN", " ", "\u00a0", "\xff"})
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(words, 0, 6).Draw(t, "words"), rapid.SampledFrom([]string{" ", ""}).Draw(t, "between"))
		d, err := ParseDist(text)
		if err == nil {
			if back, err := ParseDist(d.String()); err != nil || back != d {
				t.Errorf("%q is %v, which reads back as %v, %v", text, d, back, err)
			}
		}
	})
}

func TestEditDistance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		short := rapid.StringOfN(rapid.SampledFrom([]rune("ab")), 0, 6, -1)
		a, b := short.Draw(t, "a"), short.Draw(t, "b")
		if got, want := editDistance(a, b), slowEditDistance(a, b); got != want {
			t.Errorf("from %q to %q: %d, not %d", a, b, got, want)
		}
	})
}

// slowEditDistance is the definition.
func slowEditDistance(a, b string) int {
	switch {
	case a == "" || b == "":
		return len(a) + len(b)
	case a[0] == b[0]:
		return slowEditDistance(a[1:], b[1:])
	}
	return 1 + min(slowEditDistance(a[1:], b), slowEditDistance(a, b[1:]), slowEditDistance(a[1:], b[1:]))
}

func TestDistSamplesWithoutAllocation(t *testing.T) {
	r := newRand(9)
	for _, d := range families {
		if n := testing.AllocsPerRun(100, func() { d.Sample(&r) }); n != 0 {
			t.Errorf("%v: %v allocations", d, n)
		}
	}
}

func BenchmarkDistSample(b *testing.B) {
	r := newRand(1)
	for _, d := range families {
		name, _, _ := strings.Cut(d.String(), " ")
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			sum := time.Duration(0)
			for range b.N {
				sum += d.Sample(&r)
			}
			if sum == 1 {
				b.Fatal("the samples must be used")
			}
		})
	}
}
