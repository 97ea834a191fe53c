package sim

import "math"

// The functions here return equal bits on every architecture, which those of
// package math do not: some have versions in assembly, and the others are
// compiled with multiply and add fused where the processor can (Go's
// specification, "Floating-point operators"). Written below as elsewhere in the
// kernel, float64(x*y)+z forbids fusing; so does float64(x/2), which is compiled
// as a product. Add, multiply, divide, Sqrt, Frexp and Ldexp round in one way only.

// ln2Hi and ln2Lo add up to ln 2. The high part has 32 bits, so that its product
// with any binary exponent is exact.
const (
	ln2Hi = 0x1.62e42feep-1
	ln2Lo = math.Ln2 - ln2Hi
)

// portableLog returns the natural logarithm of x, within 1 ulp. It is -Inf for 0,
// +Inf for +Inf, and NaN for NaN and below 0. Subnormal numbers lose nothing.
//
// With x = 2^k (1+f), where 1+f lies between sqrt(1/2) and sqrt(2), and
// s = f/(2+f), log(1+f) is 2 atanh(s) = 2s + s r, where r is the sum of
// 2 s^2n / (2n+1) for n from 1. Ten terms of it leave less than 2^-60.
func portableLog(x float64) float64 {
	switch {
	case x == 0:
		return math.Inf(-1)
	case !(x > 0):
		return math.NaN()
	case x > math.MaxFloat64:
		return x
	}
	m, exponent := math.Frexp(x)
	if m < math.Sqrt2/2 {
		m, exponent = float64(m*2), exponent-1
	}
	k, f := float64(exponent), m-1
	s := f / (2 + f)
	z := float64(s * s)
	w := float64(z * z) // the odd and the even terms apart, so that they are computed side by side
	odd := 2.0/15 + float64(w*(2.0/19))
	odd = 2.0/11 + float64(w*odd)
	odd = 2.0/7 + float64(w*odd)
	odd = 2.0/3 + float64(w*odd)
	even := 2.0/17 + float64(w*(2.0/21))
	even = 2.0/13 + float64(w*even)
	even = 2.0/9 + float64(w*even)
	even = 2.0/5 + float64(w*even)
	r := float64(z*odd) + float64(w*even)
	// 2s is f - f*f/2 + s*f*f/2 (W. Kahan's identity, as in fdlibm), and f is
	// exact: nothing is lost by cancellation near x = 1.
	square := float64(f * f * 0.5)
	low := float64(s*(square+r)) + float64(k*ln2Lo)
	return float64(k*ln2Hi) - ((square - low) - f)
}

// portableExp returns e^x, within 1 ulp, or 2 where the result is subnormal. It
// is +Inf above 709.79, 0 below -745.14, and NaN for NaN.
//
// With x = k ln 2 + r, |r| at most ln(2)/2, it is 2^k e^r, where
// e^r = 1 + r + r*r q and q is the sum of r^n / (n+2)!. Twelve terms of it leave
// less than 2^-57.
func portableExp(x float64) float64 {
	switch {
	case x != x:
		return x
	case x > 709.79:
		return math.Inf(1)
	case x < -745.14:
		return 0
	}
	k := math.Floor(float64(x*math.Log2E) + 0.5)
	low := float64(k * ln2Lo)
	r := (x - float64(k*ln2Hi)) - low
	z := float64(r * r)
	odd := 1.0/39916800 + float64(z*(1.0/6227020800)) // 1/11!, 1/13!, as far as 1/3!
	odd = 1.0/362880 + float64(z*odd)
	odd = 1.0/5040 + float64(z*odd)
	odd = 1.0/120 + float64(z*odd)
	odd = 1.0/6 + float64(z*odd)
	even := 1.0/3628800 + float64(z*(1.0/479001600)) // 1/10!, 1/12!, as far as 1/2!
	even = 1.0/40320 + float64(z*even)
	even = 1.0/720 + float64(z*even)
	even = 1.0/24 + float64(z*even)
	even = 1.0/2 + float64(z*even)
	q := even + float64(r*odd)
	return math.Ldexp(1+(r+float64(z*q)), int(k))
}

// portablePow returns x^y for x not below 0, as e^(y ln x), within 1 + 1.5 |y ln x|
// ulp: good for samples, not for accounts. It is 1 if x is 1 or y is 0, and +Inf
// or 0 beyond the range of a float64.
func portablePow(x, y float64) float64 {
	if x == 1 || y == 0 {
		return 1
	}
	return portableExp(float64(y * portableLog(x)))
}

// normalQuantile returns the z that a standard normal variable stays below with
// probability p, for p in (0, 1), with a relative error of about 1e-15. It is
// M. J. Wichura's PPND16: "Algorithm AS 241: The Percentage Points of the Normal
// Distribution", Applied Statistics 37 (1988). To invert the distribution, and
// not to reject, makes every sample cost one draw and move one way with it.
func normalQuantile(p float64) float64 {
	q := p - 0.5
	if math.Abs(q) <= 0.425 {
		return float64(q * ratio(&normalCentre, 0.180625-float64(q*q)))
	}
	r := math.Sqrt(-portableLog(min(p, 1-p)))
	z := 0.0
	if r <= 5 {
		z = ratio(&normalTail, r-1.6)
	} else {
		z = ratio(&normalFarTail, r-5)
	}
	return math.Copysign(z, q)
}

// rational holds the coefficients of two polynomials, highest power first.
type rational [8]struct{ above, below float64 }

// ratio returns the quotient of the two polynomials at x, by Horner's rule.
func ratio(c *rational, x float64) float64 {
	above, below := c[0].above, c[0].below
	for _, next := range c[1:] {
		above = float64(above*x) + next.above
		below = float64(below*x) + next.below
	}
	return above / below
}

// The coefficients a and b, c and d, e and f of AS 241.
var (
	normalCentre = rational{
		{2.5090809287301226727e3, 5.2264952788528545610e3},
		{3.3430575583588128105e4, 2.8729085735721942674e4},
		{6.7265770927008700853e4, 3.9307895800092710610e4},
		{4.5921953931549871457e4, 2.1213794301586595867e4},
		{1.3731693765509461125e4, 5.3941960214247511077e3},
		{1.9715909503065514427e3, 6.8718700749205790830e2},
		{1.3314166789178437745e2, 4.2313330701600911252e1},
		{3.3871328727963666080e0, 1},
	}
	normalTail = rational{
		{7.74545014278341407640e-4, 1.05075007164441684324e-9},
		{2.27238449892691845833e-2, 5.47593808499534494600e-4},
		{2.41780725177450611770e-1, 1.51986665636164571966e-2},
		{1.27045825245236838258e0, 1.48103976427480074590e-1},
		{3.64784832476320460504e0, 6.89767334985100004550e-1},
		{5.76949722146069140550e0, 1.67638483018380384940e0},
		{4.63033784615654529590e0, 2.05319162663775882187e0},
		{1.42343711074968357734e0, 1},
	}
	normalFarTail = rational{
		{2.01033439929228813265e-7, 2.04426310338993978564e-15},
		{2.71155556874348757815e-5, 1.42151175831644588870e-7},
		{1.24266094738807843860e-3, 1.84631831751005468180e-5},
		{2.65321895265761230930e-2, 7.86869131145613259100e-4},
		{2.96560571828504891230e-1, 1.48753612908506148525e-2},
		{1.78482653991729133580e0, 1.36929880922735805310e-1},
		{5.46378491116411436990e0, 5.99832206555887937690e-1},
		{6.65790464350110377720e0, 1},
	}
)
