package sim

import (
	"math"
	"math/big"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const bigPrecision = 240

func bigFloat(x float64) *big.Float { return new(big.Float).SetPrec(bigPrecision).SetFloat64(x) }

// bigAtanh2 returns 2 atanh(x) by its power series, for |x| up to 1/3.
func bigAtanh2(x *big.Float) *big.Float {
	sum, power, square := bigFloat(0), bigFloat(0).Set(x), bigFloat(0).Mul(x, x)
	for n := 1; n < bigPrecision; n += 2 {
		sum.Add(sum, bigFloat(0).Quo(power, bigFloat(float64(n))))
		power.Mul(power, square)
	}
	return sum.Mul(sum, bigFloat(2))
}

// bigLog is the dumb logarithm: long arithmetic and a series taken far.
func bigLog(x float64) *big.Float {
	m, k := math.Frexp(x)
	if m < 0.75 {
		m, k = 2*m, k-1
	}
	f := bigFloat(m)
	log := bigAtanh2(f.Quo(bigFloat(0).Sub(f, bigFloat(1)), bigFloat(0).Add(f, bigFloat(1))))
	return log.Add(log, bigFloat(float64(k)).Mul(bigFloat(float64(k)), bigLn2))
}

var bigLn2 = bigAtanh2(bigFloat(0).Quo(bigFloat(1), bigFloat(3)))

// bigExp is the dumb exponential: e^x is the 2^20th power of e^(x/2^20).
func bigExp(x float64) *big.Float {
	small := bigFloat(math.Ldexp(x, -20))
	sum, term := bigFloat(1), bigFloat(1)
	for n := 1; n < 30; n++ {
		term.Mul(term, small)
		term.Quo(term, bigFloat(float64(n)))
		sum.Add(sum, term)
	}
	for range 20 {
		sum.Mul(sum, sum)
	}
	return sum
}

// ulpsOff returns how far got is from want, in units of got's last place.
func ulpsOff(got float64, want *big.Float) float64 {
	off := bigFloat(got)
	off.Sub(off, want)
	_, exponent := math.Frexp(got)
	ulp := bigFloat(math.Ldexp(1, max(exponent-53, -1074)))
	ulps, _ := off.Quo(off, ulp).Float64()
	return math.Abs(ulps)
}

func TestLogIsWithin1Ulp(t *testing.T) {
	r := newRand(1)
	worst := 0.0
	for i := range 3000 {
		x := math.Ldexp(1+r.Float64(), r.IntN(2046)-1022)
		switch i % 4 {
		case 1:
			x = 0.5 + r.Float64() // where the logarithm vanishes
		case 2:
			x = r.open()
		case 3:
			x = math.Float64frombits(r.Uint64() >> 12) // subnormal
		}
		worst = max(worst, ulpsOff(portableLog(x), bigLog(x)))
	}
	t.Log(worst)
	if worst > 1 {
		t.Errorf("off by %.3f ulp", worst)
	}
}

func TestExpIsWithin1Ulp(t *testing.T) {
	r := newRand(2)
	worst, worstSubnormal := 0.0, 0.0
	for i := range 3000 {
		x := r.Float64()*1417 - 708
		switch i % 3 {
		case 1:
			x = 2*r.Float64() - 1
		case 2:
			x = -708 - r.Float64()*37
			worstSubnormal = max(worstSubnormal, ulpsOff(portableExp(x), bigExp(x)))
			continue
		}
		worst = max(worst, ulpsOff(portableExp(x), bigExp(x)))
	}
	t.Log(worst, worstSubnormal)
	if worst > 1 || worstSubnormal > 2 {
		t.Errorf("off by %.3f ulp, %.3f where subnormal", worst, worstSubnormal)
	}
}

func TestPowIsWithinTheErrorOfItsExponent(t *testing.T) {
	r := newRand(3)
	for range 3000 {
		x, y := math.Ldexp(1+r.Float64(), r.IntN(100)-50), 20*r.Float64()-10
		got := portablePow(x, y)
		want := math.Pow(x, y)
		exponent := math.Abs(y * math.Log(x))
		if off := math.Abs(got-want) / want * 0x1p53; off > 4+3*exponent {
			t.Errorf("%v ^ %v is %v, off by %.1f half ulp", x, y, got, off)
		}
	}
}

func TestFloatEdges(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	const tiny, huge = math.SmallestNonzeroFloat64, math.MaxFloat64
	cases := []struct {
		what      string
		got, want float64
	}{
		{"log 0", portableLog(0), -inf},
		{"log -0", portableLog(math.Copysign(0, -1)), -inf},
		{"log -1", portableLog(-1), nan},
		{"log -Inf", portableLog(-inf), nan},
		{"log NaN", portableLog(nan), nan},
		{"log +Inf", portableLog(inf), inf},
		{"log 1", portableLog(1), 0},
		{"log least", portableLog(tiny), -744.4400719213812},
		{"log greatest", portableLog(huge), 709.782712893384},
		{"exp 0", portableExp(0), 1},
		{"exp -0", portableExp(math.Copysign(0, -1)), 1},
		{"exp +Inf", portableExp(inf), inf},
		{"exp -Inf", portableExp(-inf), 0},
		{"exp NaN", portableExp(nan), nan},
		{"exp, first too large", portableExp(709.7827128933841), inf},
		{"exp, much too large", portableExp(huge), inf},
		{"exp, last not 0", portableExp(-745.1332191019411), tiny},
		{"exp, first 0", portableExp(-745.1332191019412), 0},
		{"exp, much too small", portableExp(-huge), 0},
		{"pow 1, Inf", portablePow(1, inf), 1},
		{"pow 0, 0", portablePow(0, 0), 1},
		{"pow 2, 10", portablePow(2, 10), 1024},
		{"pow 2, -10000", portablePow(2, -10000), 0},
		{"pow 2, 10000", portablePow(2, 10000), inf},
		{"pow 0, 2", portablePow(0, 2), 0},
		{"median", normalQuantile(0.5), 0},
	}
	for _, c := range cases {
		if c.got != c.want && !(math.IsNaN(c.got) && math.IsNaN(c.want)) {
			t.Errorf("%s is %v, not %v", c.what, c.got, c.want)
		}
	}
}

func TestExpUndoesLog(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Float64Range(1e-300, 1e300).Draw(t, "x")
		y := portableExp(portableLog(x))
		if math.Abs(y-x) > x*1e-12 {
			t.Errorf("%v came back as %v", x, y)
		}
	})
}

// The complementary error function is the oracle: it returns the p that a
// quantile was made from.
func TestNormalQuantileInvertsErfc(t *testing.T) {
	check := func(p float64) {
		z := normalQuantile(p)
		got := math.Erfc(-z/math.Sqrt2) / 2
		// dp/p is -z dz in the tail, which makes z*z the condition number there.
		if tolerance := 1e-15 * (4 + z*z*4); math.Abs(got-p) > p*tolerance {
			t.Errorf("the quantile %v of %v has probability %v", z, p, got)
		}
	}
	r := newRand(4)
	for range 20_000 {
		check(r.open())
		check(math.Ldexp(r.open(), -r.IntN(1000)))
	}
	for p := 0x1p-53; p < 0.5; p *= 2 {
		check(p)
		if normalQuantile(p) != -normalQuantile(1-p) {
			t.Errorf("the quantiles of %v and %v are not opposite", p, 1-p)
		}
	}
}

func TestNormalQuantileIsMonotone(t *testing.T) {
	for _, edge := range []float64{0x1p-52, portableExp(-25), 0.075, 0.5, 0.925, 1 - 1e-9} {
		last := math.Inf(-1)
		for i := -1000; i <= 1000; i++ {
			p := edge * (1 + float64(i)*0x1p-20)
			if p >= 1 {
				break
			}
			z := normalQuantile(p)
			if z < last {
				t.Errorf("the quantile falls at %v", p)
			}
			last = z
		}
	}
}

// TestNothingIsFused looks for fused instructions in the whole package as it is
// compiled for arm64: golden bits cannot show each place where one would change a
// result once in a million times.
func TestNothingIsFused(t *testing.T) {
	goTool, err := exec.LookPath("go")
	if testing.Short() || err != nil {
		t.Skip("needs the go command and some seconds to compile")
	}
	build := exec.Command(goTool, "build", "-gcflags=-S", ".")
	build.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0")
	listing, err := build.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, listing)
	}
	for line := range strings.Lines(string(listing)) {
		if fused.MatchString(line) {
			t.Errorf("multiply and add are fused, write float64(x*y)+z: %s", strings.TrimSpace(line))
		}
	}
}

var fused = regexp.MustCompile(`\tF(N?)M(ADD|SUB)[SD]\t`)

// The golden bits prove on each architecture that it computes the same as all
// others; a change to them changes runs.
func TestFloatGolden(t *testing.T) {
	for _, g := range goldenFloats {
		var got [32]uint64
		for i := range got {
			got[i] = math.Float64bits(g.f(g.lo + float64((g.hi-g.lo)/31*float64(i))))
		}
		if got != g.want {
			t.Errorf("%s from %v to %v is\n%#x, not\n%#x", g.name, g.lo, g.hi, got, g.want)
		}
	}
}

// TestManyFloatsGolden folds 100,000 results of each function into one word.
func TestManyFloatsGolden(t *testing.T) {
	r := newRand(5)
	fold := uint64(0)
	for range 100_000 {
		for _, x := range []float64{
			portableLog(math.Float64frombits(r.Uint64() % (0x7ff << 52))), // all magnitudes
			portableExp(float64(1500*r.Float64()) - 750),
			portablePow(r.open(), float64(40*r.Float64())-20),
			normalQuantile(math.Ldexp(r.open(), -r.IntN(1000))),
			r.NormFloat64(),
			r.ExpFloat64(),
		} {
			fold = mix(fold, math.Float64bits(x))
		}
	}
	if fold != goldenMany {
		t.Errorf("got %#x, want %#x", fold, uint64(goldenMany))
	}
}

const goldenMany = 0x5377158d6d28f588

// ofBits makes a function of f that takes the bits of its argument for a number,
// so that evenly spaced arguments cover all magnitudes.
func ofBits(f func(float64) float64) func(float64) float64 {
	return func(x float64) float64 { return f(math.Float64frombits(uint64(x))) }
}

var goldenFloats = []struct {
	name   string
	f      func(float64) float64
	lo, hi float64
	want   [32]uint64
}{
	{"log", portableLog, 0x1p-1074, 3, [32]uint64{
		0xc0874385446d71c3, 0xc002aed90b3aa9d5, 0xbffa469096f836b2, 0xbff3c9c79bc8509f,
		0xbfee5ede2ef63374, 0xbfe73ae03d0f8cec, 0xbfe1654c3896674f, 0xbfd8ecfda10be549,
		0xbfd061365ff7f30a, 0xbfc1aee908da6ca1, 0xbfa0c9d3e1552fc4, 0x3fb001558891aede,
		0x3fc323db198f4a80, 0x3fcd62b1ff6e27c6, 0x3fd36f885ce88e95, 0x3fd7d9e97094f253,
		0x3fdbfb4f9dfc80d4, 0x3fdfdc95b5fead28, 0x3fe1c288bcc39ec7, 0x3fe37d73eb28255f,
		0x3fe521a5c0e4e6f3, 0x3fe6b15624d41371, 0x3fe82e6db00c6fcb, 0x3fe99a93ca5c286d,
		0x3feaf739c55e0c8f, 0x3fec45a3b2cb8d7c, 0x3fed86ef7ed5c3e0, 0x3feebc1ab3236aec,
		0x3fefe6072d6e813a, 0x3ff082bf8126a894, 0x3ff10d9bdba2598c, 0x3ff193ea7aad030a,
	}},
	{"log of bits", ofBits(portableLog), 1, 0x1.ffbfp62, [32]uint64{
		0xc0874385446d71c3, 0xc084ba7c1765345d, 0xc0834c42b1684c32, 0xc081de0b1f0670c6,
		0xc0806fd545843d5e, 0xc07e034218c1ba2b, 0xc07b26dcba30a76e, 0xc0784a7a45dbcd35,
		0xc0756e1a957acabb, 0xc07291bd85a494a2, 0xc06f6ac5eb0f5e59, 0xc069b2158d55e9de,
		0xc063f969b96b70bb, 0xc05c818474f8fda9, 0xc051103dbe7700b7, 0xc0367bfbcc926db5,
		0x403748e10d1f798c, 0x4051436835b30ed9, 0x405cb491300d54d5, 0x406412d9bcdc2550,
		0x4069cb67aaf1282d, 0x406f83f281eca429, 0x40729e3d2fd56120, 0x40757a7fb02f70de,
		0x407856c0cf593f9c, 0x407b330099f0ac8f, 0x407e0f3f1be98e02, 0x408075be304cb60f,
		0x4081e3dc39611e95, 0x408351f9ae4e1e56, 0x4084c01693ef7a0c, 0x40862e32eee4c466,
	}},
	{"exp", portableExp, -30, 30, [32]uint64{
		0x3d3a56e0c2ac7f75, 0x3d66ced293e6608c, 0x3d93bffa9ba24403, 0x3dc11a1874ea4823,
		0x3ded9e3312f04fb3, 0x3e19a59c8fc6f6c4, 0x3e463552c1996346, 0x3e733b0f65b24c6e,
		0x3ea0a6ff76f399c5, 0x3eccd6de29ac9ea8, 0x3ef8f90161dbeb84, 0x3f259fdbffd954fe,
		0x3f52b9a2be111145, 0x3f8036ed172341de, 0x3fac14c6c5c01e4c, 0x3fd850efdbc97b8e,
		0x40050e53260712a2, 0x40323b9d204cb925, 0x405f9399f0728201, 0x408b57c9a29b4122,
		0x40b7ad497382945b, 0x40e4809dc24b4404, 0x4111c0e7a639926b, 0x413ebf168c0680f1,
		0x416a9fc469098860, 0x41970df06c825a05, 0x41c3f6a214c83afe, 0x41f1496c03c8e0b9,
		0x421df02963846210, 0x4249ec95a8f416b6, 0x427672c7d264e762, 0x42a370470aec28ed,
	}},
	{"exp, whole range", portableExp, -745, 709, [32]uint64{
		0x1, 0xfd0682f1877be0, 0x5370b2c5f24c168, 0x9724b6ce3f8754c,
		0xdad0c74e001c264, 0x11e70fe4a6cf3b9a, 0x16224f2c289c35e1, 0x1a5d126806359db6,
		0x1e97149de5f5279d, 0x22d252ec31ba9ea6, 0x270d185c6462e521, 0x2b4719581cc93608,
		0x2f8256acff7bef02, 0x33bd1e51fac980a6, 0x37f71e134b7e21d0, 0x3c325a6e92086c54,
		0x406d2448c9a9655f, 0x44a722cf7246ad6e, 0x48e25e30e9886314, 0x4d1d2a40d14291da,
		0x5157278c9155ae6a, 0x559261f406242eda, 0x59cd303a11d51393, 0x5e072c4aa8ddf926,
		0x624265b7e8042ca3, 0x667d36348ba10526, 0x6ab73109b91277fe, 0x6ef2697c8f50c3fc,
		0x732d3c303ee68e4e, 0x776735c9c2261710, 0x7ba26d41fc3264b5, 0x7fdd422d2be5dc9b,
	}},
	{"power -1/1.5", func(x float64) float64 { return portablePow(x, -1/1.5) }, 0x1p-53, 1, [32]uint64{
		0x422428a2f98d7282, 0x4023bc8e334fb07e, 0x4018ddd22c988b54, 0x4012fa07d7db7ca6,
		0x400f546e8ef61aba, 0x400affcc74ea18f4, 0x4007e8bc2cf84768, 0x400592f75b358592,
		0x4003bc8e334fb08a, 0x40023efebcaa130a, 0x400102290a2d4ac9, 0x3fffec34a5ab90db,
		0x3ffe1fa498015be8, 0x3ffc8eec23fdc478, 0x3ffb2e805ced4b56, 0x3ff9f5b143225ae7,
		0x3ff8ddd22c988b5d, 0x3ff7e1aacfaf0a10, 0x3ff6fd15c3152154, 0x3ff62cbc587e6210,
		0x3ff56de5f279913c, 0x3ff4be5498967a6d, 0x3ff41c2abe17ec68, 0x3ff385d78b674b7c,
		0x3ff2fa07d7db7cab, 0x3ff2779a9175ced7, 0x3ff1fd97afed67a7, 0x3ff18b29112a640a,
		0x3ff11f94c9ec4b2a, 0x3ff0ba3894886ea7, 0x3ff05a861dcd5274, 0x3ff0000000000000,
	}},
	{"normal quantile", normalQuantile, 0x1p-53, 1 - 0x1p-53, [32]uint64{
		0xc0206b48528cea51, 0xbffd93d9b3a9edab, 0xbff849701621a290, 0xbff4cd6dafc13f8f,
		0xbff2187bf9febd72, 0xbfefa744f7150819, 0xbfebad36ef218ab7, 0xbfe8165ab2431550,
		0xbfe4c742f174b10d, 0xbfe1ad9c123f382d, 0xbfdd78be165bce74, 0xbfd7d396c0f63129,
		0xbfd25c784da6c556, 0xbfca0dbcc4dc5976, 0xbfbf2059c88501d5, 0xbfa4b49e4b7234b5,
		0x3fa4b49e4b7234b5, 0x3fbf2059c88501cb, 0x3fca0dbcc4dc596f, 0x3fd25c784da6c556,
		0x3fd7d396c0f63129, 0x3fdd78be165bce74, 0x3fe1ad9c123f382b, 0x3fe4c742f174b10c,
		0x3fe8165ab243154d, 0x3febad36ef218ab7, 0x3fefa744f7150819, 0x3ff2187bf9febd72,
		0x3ff4cd6dafc13f8d, 0x3ff849701621a28c, 0x3ffd93d9b3a9edab, 0x40206b48528cea51,
	}},
	{"normal quantile of bits", ofBits(normalQuantile), 0x1p57, 0x1.fcp61, [32]uint64{
		0xc04278a8dda56c87, 0xc0422bb77892ffc1, 0xc041dd8f959a69e6, 0xc0418e28fcaf2684,
		0xc0413d70b42b2bf7, 0xc040eaeb527ba12f, 0xc04096e2fe367cdb, 0xc0404149769b5a16,
		0xc03fd3e5b4d9a529, 0xc03f20da7346c9f4, 0xc03e69e73233b208, 0xc03daed93d6c6275,
		0xc03cef11b15f0282, 0xc03c29b7c9e67c82, 0xc03b5f0eb5d1d194, 0xc03a8eb6c4c3f784,
		0xc039b79f797af46b, 0xc038d8e0d52d9a57, 0xc037f259501255dd, 0xc037033f6b85a654,
		0xc03609a8916d01be, 0xc035043f26e8f6df, 0xc033f1e069c08dc1, 0xc032d0826fac86ea,
		0xc0319bf46716ae8b, 0xc03050aa1f45c9e4, 0xc02dd2e12c035c1b, 0xc02abbb0a0efbf2c,
		0xc0273a5cea9f3083, 0xc0231a1fc2fbdea6, 0xc01bac274564e6be, 0xc00357292e7715f5,
	}},
}
