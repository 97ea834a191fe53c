package sim

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Dist is a distribution of durations: how long a message travels, a disk takes,
// a client thinks. It is a value: compare it with ==, keep it in a map, copy it.
// The zero Dist is the constant 0.
//
// Every Dist has a text form, which [ParseDist] reads and [Dist.String] writes:
//
//	5ms                        always 5ms
//	uniform 1ms 5ms            any nanosecond from 1ms to 5ms, both included
//	normal 10ms 2ms            mean and standard deviation, truncated at 0
//	exponential 5ms            mean; the gaps of a Poisson process
//	pareto 1ms 1.5             scale (the least value) and alpha: heavy tail
//	lognormal 10ms 0.5         median and sigma: skewed, as latencies are
//	empirical 1ms 2ms 9ms      what was measured, interpolated
//
// Samples are never negative, and never above 876600h, which is 100 years; nor
// are parameters: a longer duration is taken for that one.
//
// The zero Dist stands for the default where there is one, and else for 0s.
type Dist struct {
	kind distKind
	// a and b are the durations in the order of the constructor's parameters.
	a, b time.Duration
	// shape is alpha, sigma, or for a normal distribution the share of it that
	// is left when what is below 0 has been cut off.
	shape float64
	// samples holds the sorted samples of an empirical distribution, 8 bytes
	// each: a string, unlike a slice, can neither change nor prevent ==.
	samples string
}

// longest bounds samples and parameters, so that a time plus a sample does not
// overflow. Nobody waits for 100 years.
const longest = 876600 * time.Hour

type distKind uint8

const (
	distConstant distKind = iota
	distUniform
	distNormal
	distExponential
	distPareto
	distLogNormal
	distEmpirical
)

// distFamilies says for each kind how it is written and built.
var distFamilies = [...]struct {
	name      string
	maker     string   // its constructor, for panics
	durations []string // the names of its parameters
	shape     string   // the name of a number after them, if there is one
}{
	distConstant:    {"constant", "Constant", []string{"d"}, ""},
	distUniform:     {"uniform", "Uniform", []string{"lo", "hi"}, ""},
	distNormal:      {"normal", "Normal", []string{"mean", "sd"}, ""},
	distExponential: {"exponential", "Exponential", []string{"mean"}, ""},
	distPareto:      {"pareto", "Pareto", []string{"scale"}, "alpha"},
	distLogNormal:   {"lognormal", "LogNormal", []string{"median"}, "sigma"},
	distEmpirical:   {"empirical", "Empirical", nil, ""},
}

// Constant is always d. It panics if d is negative.
func Constant(d time.Duration) Dist { return mustDist(distConstant, 0, d) }

// Uniform is any whole nanosecond from lo to hi, both included, equally likely.
// It panics if lo is negative or hi is below lo.
func Uniform(lo, hi time.Duration) Dist { return mustDist(distUniform, 0, lo, hi) }

// Normal is the normal distribution with this mean and standard deviation,
// truncated at 0: the part below 0 is cut off and the rest takes its share, so
// that nothing piles up at 0. If the mean is less than about three standard
// deviations, the mean of the samples, [Dist.Mean], is visibly larger than the
// parameter. It panics if a parameter is negative.
func Normal(mean, sd time.Duration) Dist { return mustDist(distNormal, 0, mean, sd) }

// Exponential is the exponential distribution with this mean, which the gaps
// between independent arrivals have. It panics if mean is negative.
func Exponential(mean time.Duration) Dist { return mustDist(distExponential, 0, mean) }

// Pareto is the Pareto distribution (type I): never below scale, and above x with
// probability (scale/x)^alpha. The variance is infinite for alpha up to 2, the
// mean for alpha up to 1. It panics if scale is negative, or alpha is not a
// positive number.
func Pareto(scale time.Duration, alpha float64) Dist { return mustDist(distPareto, alpha, scale) }

// LogNormal is the log-normal distribution: its logarithm is normal with standard
// deviation sigma, so that two thirds of it lie within a factor of e^sigma of the
// median. It panics if a parameter is negative or sigma is not a finite number.
func LogNormal(median time.Duration, sigma float64) Dist {
	return mustDist(distLogNormal, sigma, median)
}

// Empirical is the distribution of what was measured: the inverse of the
// cumulative distribution, linear between the sorted samples (definition 7 of
// R. Hyndman and Y. Fan, "Sample Quantiles in Statistical Packages", The American
// Statistician 50, 1996). The least and the greatest sample are its ends. It
// panics if there is no sample or a negative one.
func Empirical(samples ...time.Duration) Dist { return mustDist(distEmpirical, 0, samples...) }

func mustDist(kind distKind, shape float64, durations ...time.Duration) Dist {
	d, bad := newDist(kind, shape, durations)
	if bad != nil {
		panic("sim: " + distFamilies[kind].maker + ": " + bad.problem)
	}
	return d
}

// badParam says what is wrong with the parameter of that index.
type badParam struct {
	index   int
	problem string
}

// newDist builds a distribution of parameters that are as many as its family
// takes, or says which of them is impossible.
func newDist(kind distKind, shape float64, durations []time.Duration) (Dist, *badParam) {
	if bad := checkDist(kind, shape, durations); bad != nil {
		return Dist{}, bad
	}
	d := Dist{kind: kind, shape: shape + 0} // which makes -0 a 0
	if kind == distEmpirical {
		d.samples = packSamples(durations)
		return d, nil
	}
	d.a = min(durations[0], longest)
	if kind == distConstant {
		d.shape = 1
	}
	if len(durations) > 1 {
		d.b = min(durations[1], longest)
	}
	if kind == distNormal {
		d.shape = normalMassBelow(d.deviations())
	}
	return d, nil
}

func checkDist(kind distKind, shape float64, durations []time.Duration) *badParam {
	family := &distFamilies[kind]
	for i, d := range durations {
		if d < 0 {
			name := "sample"
			if kind != distEmpirical {
				name = family.durations[i]
			}
			return &badParam{i, fmt.Sprintf("%s %v is negative", name, d)}
		}
	}
	number := strconv.FormatFloat(shape, 'g', -1, 64)
	switch {
	case kind == distEmpirical && len(durations) == 0:
		return &badParam{0, "no samples"}
	case kind == distUniform && durations[1] < durations[0]:
		return &badParam{1, fmt.Sprintf("hi %v is below lo %v", durations[1], durations[0])}
	case math.IsNaN(shape) || math.IsInf(shape, 0):
		return &badParam{1, family.shape + " " + number + " is not a finite number"}
	case kind == distPareto && shape <= 0:
		return &badParam{1, "alpha " + number + " is not positive"}
	case shape < 0:
		return &badParam{1, family.shape + " " + number + " is negative"}
	}
	return nil
}

// deviations returns how many standard deviations of a normal distribution its
// mean lies above 0. Without deviation, which no sample then depends on, any
// finite number does.
func (d *Dist) deviations() float64 { return float64(d.a) / max(float64(d.b), 1) }

// normalMassBelow returns the probability that a standard normal variable is
// below x, for x at least 0. It inverts the function that the samples are taken
// from, bit by bit, so that the two agree.
func normalMassBelow(x float64) float64 {
	lo, hi := 0.5, 1.0
	for {
		mid := lo + float64((hi-lo)/2)
		if mid == lo || mid == hi {
			return hi
		}
		if normalQuantile(mid) < x {
			lo = mid
		} else {
			hi = mid
		}
	}
}

// Sample draws a duration. A constant draws nothing from r, a uniform distribution
// once or, rarely, again, and every other exactly once.
func (d Dist) Sample(r *Rand) time.Duration {
	return d.random(r)
}

// random is Sample, and does not copy d.
func (d *Dist) random(r *Rand) time.Duration {
	if d.kind == distConstant {
		return d.a
	}
	return d.draw(r)
}

// constant returns the duration that every sample is, if all are alike.
func (d *Dist) constant() (time.Duration, bool) { return d.a, d.kind == distConstant }

func (d *Dist) draw(r *Rand) time.Duration {
	switch d.kind {
	case distUniform:
		return d.a + time.Duration(r.uint64n(uint64(d.b-d.a)+1))
	case distNormal:
		// By symmetry: next to 0 a probability has digits enough for the upper
		// tail, next to 1 it has not.
		z := -normalQuantile(float64(d.shape * (1 - r.open())))
		return nanoseconds(float64(d.a) + float64(float64(d.b)*z))
	case distExponential:
		return nanoseconds(float64(float64(d.a) * r.ExpFloat64()))
	case distPareto:
		x := portablePow(1-r.Float64(), -1/d.shape)
		return max(d.a, nanoseconds(float64(float64(d.a)*x)))
	case distLogNormal:
		factor := portableExp(float64(d.shape * r.NormFloat64()))
		return nanoseconds(float64(float64(d.a) * factor))
	}
	return d.interpolate(r.Uint64())
}

// nanoseconds rounds x into the range of a sample. NaN is 0 times infinity, which
// is 0 as it would have been with any number.
func nanoseconds(x float64) time.Duration {
	switch {
	case x >= float64(longest):
		return longest
	case x > 0:
		return time.Duration(x + 0.5)
	}
	return 0
}

// Mean returns the mean of the distribution, to a nanosecond or 1e-12 of it,
// whichever is more. A mean above 876600h, or infinite as that of a Pareto
// distribution with alpha up to 1, is reported as 876600h.
func (d Dist) Mean() time.Duration {
	switch a := float64(d.a); d.kind {
	case distUniform:
		return d.a + (d.b-d.a)/2
	case distNormal:
		x := d.deviations()
		density := portableExp(float64(-x*x/2)) / math.Sqrt(2*math.Pi)
		return nanoseconds(a + float64(float64(d.b)*density/d.shape))
	case distPareto:
		factor := math.Inf(1)
		if d.shape > 1 {
			factor = d.shape / (d.shape - 1)
		}
		// Near 2^53 ns the rounding of a float can lead below the scale.
		return max(d.a, nanoseconds(float64(a*factor)))
	case distLogNormal:
		return nanoseconds(float64(a * portableExp(float64(d.shape*d.shape/2))))
	case distEmpirical:
		return d.trapezoids()
	}
	return d.a
}

// Min returns a lower bound of the samples: the least value of a constant, uniform,
// Pareto or empirical distribution, and 0 for all others.
func (d Dist) Min() time.Duration {
	switch d.kind {
	case distNormal, distExponential, distLogNormal:
		return 0
	case distEmpirical:
		return d.sample(0)
	}
	return d.a
}

// IsZero reports whether d is the zero Dist. Its samples are 0, but where there is a
// default it stands for that, as Constant(0) does not.
func (d Dist) IsZero() bool { return d == Dist{} }

// packSamples sorts a copy of the samples into a string.
func packSamples(samples []time.Duration) string {
	samples = slices.Clone(samples)
	slices.Sort(samples)
	packed := make([]byte, 0, 8*len(samples))
	for _, s := range samples {
		for shift := 0; shift < 64; shift += 8 {
			packed = append(packed, byte(min(s, longest)>>shift))
		}
	}
	return string(packed)
}

func (d *Dist) sample(i int) time.Duration {
	return time.Duration(word(d.samples[8*i : 8*i+8]))
}

// interpolate takes u for a fraction of 2^64 and returns the sample at that
// fraction of the way from the first to the last.
func (d *Dist) interpolate(u uint64) time.Duration {
	gaps := len(d.samples)/8 - 1
	if gaps == 0 {
		return d.sample(0)
	}
	i, fraction := bits.Mul64(u, uint64(gaps))
	lo, hi := d.sample(int(i)), d.sample(int(i)+1)
	whole, rest := bits.Mul64(uint64(hi-lo), fraction)
	return lo + time.Duration(whole+rest>>63)
}

// trapezoids returns the mean of the interpolated samples: the mean of the
// middles of the gaps, since each gap is equally likely.
func (d *Dist) trapezoids() time.Duration {
	gaps := len(d.samples)/8 - 1
	if gaps == 0 {
		return d.sample(0)
	}
	var hi, lo, carry uint64
	for i := range gaps {
		lo, carry = bits.Add64(lo, uint64(d.sample(i)+d.sample(i+1)), 0)
		hi += carry
	}
	mean, _ := bits.Div64(hi, lo, 2*uint64(gaps))
	return time.Duration(mean)
}

// String returns the text form of d, which [ParseDist] reads back as d.
func (d Dist) String() string {
	if d.kind == distConstant {
		return d.a.String()
	}
	family := &distFamilies[d.kind]
	var out strings.Builder
	out.WriteString(family.name)
	for i := range family.durations {
		out.WriteString(" " + [...]time.Duration{d.a, d.b}[i].String())
	}
	if family.shape != "" {
		out.WriteString(" " + strconv.FormatFloat(d.shape, 'g', -1, 64))
	}
	for i := range len(d.samples) / 8 {
		out.WriteString(" " + d.sample(i).String())
	}
	return out.String()
}

// ParseDist reads the text form of a distribution: see [Dist]. An error says in
// which column (counted in characters from 1) of s what was expected.
func ParseDist(s string) (Dist, error) {
	p := distParser{words: distWords(s)}
	d, err := p.parse()
	if err != nil {
		return Dist{}, fmt.Errorf("distribution %q, %w", s, err)
	}
	return d, nil
}

type distWord struct {
	text   string
	column int
}

// distWords splits s at white space and adds an empty word where s ends.
func distWords(s string) []distWord {
	var words []distWord
	rest, column := s, 1
	for rest != "" {
		text := rest
		if end := strings.IndexFunc(rest, unicode.IsSpace); end >= 0 {
			text = rest[:end]
		}
		if text == "" {
			_, size := utf8.DecodeRuneInString(rest)
			rest, column = rest[size:], column+1
			continue
		}
		words = append(words, distWord{text, column})
		rest, column = rest[len(text):], column+utf8.RuneCountInString(text)
	}
	return append(words, distWord{"", column})
}

// distParser holds the words still to be read. The last is the empty one at the
// end, which is never taken away.
type distParser struct{ words []distWord }

func (w distWord) errorf(format string, args ...any) error {
	return fmt.Errorf("column %d: "+format, append([]any{w.column}, args...)...)
}

func (p *distParser) next() distWord {
	w := p.words[0]
	if w.text != "" {
		p.words = p.words[1:]
	}
	return w
}

func (p *distParser) parse() (Dist, error) {
	kind, err := p.family()
	if err != nil {
		return Dist{}, err
	}
	params := p.words
	durations, err := p.durations(kind)
	if err != nil {
		return Dist{}, err
	}
	shape := 0.0
	if distFamilies[kind].shape != "" {
		if shape, err = p.shape(kind); err != nil {
			return Dist{}, err
		}
	}
	if w := p.next(); w.text != "" {
		return Dist{}, w.errorf("unexpected %q after %s", w.text, distUsage(kind))
	}
	d, bad := newDist(kind, shape, durations)
	if bad != nil {
		return Dist{}, params[bad.index].errorf("%s", bad.problem)
	}
	return d, nil
}

// family reads the name of a family. What begins like a number is a constant,
// whose name is not written.
func (p *distParser) family() (distKind, error) {
	w := p.words[0]
	if w.text == "" {
		return 0, w.errorf("expected a duration such as 5ms, or one of %s", distNames())
	}
	if strings.ContainsAny(w.text[:1], "0123456789.+-") {
		return distConstant, nil
	}
	p.next()
	for kind := range distFamilies {
		if distFamilies[kind].name == w.text {
			return distKind(kind), nil
		}
	}
	err := w.errorf("unknown distribution %q, expected a duration such as 5ms, or one of %s", w.text, distNames())
	if kind, ok := nearestDist(w.text); ok {
		err = fmt.Errorf("%w\nhint: did you mean %q?", err, distUsage(kind))
	}
	return 0, err
}

func (p *distParser) durations(kind distKind) ([]time.Duration, error) {
	if kind == distEmpirical {
		var samples []time.Duration
		for len(samples) == 0 || p.words[0].text != "" {
			d, err := p.duration(kind, "a sample")
			if err != nil {
				return nil, err
			}
			samples = append(samples, d)
		}
		return samples, nil
	}
	var durations []time.Duration
	for _, name := range distFamilies[kind].durations {
		d, err := p.duration(kind, name)
		if err != nil {
			return nil, err
		}
		durations = append(durations, d)
	}
	return durations, nil
}

func (p *distParser) duration(kind distKind, name string) (time.Duration, error) {
	w := p.next()
	if w.text == "" {
		return 0, w.errorf("%s is missing, expected a duration such as 5ms, as in %s", name, distUsage(kind))
	}
	d, err := time.ParseDuration(w.text)
	if err == nil {
		return d, nil
	}
	if _, err := strconv.ParseFloat(w.text, 64); err == nil {
		return 0, w.errorf("%s has no unit, expected a duration such as 5ms\nhint: write %sms, %ss, ...", w.text, w.text, w.text)
	}
	return 0, w.errorf("%q is not a duration such as 1.5ms", w.text)
}

func (p *distParser) shape(kind distKind) (float64, error) {
	name := distFamilies[kind].shape
	w := p.next()
	if w.text == "" {
		return 0, w.errorf("%s is missing, expected a number such as 1.5, as in %s", name, distUsage(kind))
	}
	x, err := strconv.ParseFloat(w.text, 64)
	if err != nil {
		return 0, w.errorf("%s is %q, expected a number such as 1.5", name, w.text)
	}
	return x, nil
}

// distUsage returns how a family is written, such as uniform LO HI.
func distUsage(kind distKind) string {
	family := &distFamilies[kind]
	if kind == distEmpirical {
		return family.name + " SAMPLE..."
	}
	words := append([]string{family.name}, family.durations...)
	if family.shape != "" {
		words = append(words, family.shape)
	}
	return words[0] + strings.ToUpper(" "+strings.Join(words[1:], " "))
}

func distNames() string {
	var names []string
	for _, family := range distFamilies {
		names = append(names, family.name)
	}
	return strings.Join(names, ", ")
}

// nearestDist returns the family that was probably meant: what was written begins
// its name, or takes at most 3 edits to become it.
func nearestDist(written string) (distKind, bool) {
	const tooMany = 4
	written = strings.ToLower(written)
	nearest, least := distKind(0), tooMany
	for kind, family := range distFamilies {
		n := editDistance(written, family.name)
		if len(written) > 1 && strings.HasPrefix(family.name, written) {
			n = 0
		}
		if n < least {
			nearest, least = distKind(kind), n
		}
	}
	return nearest, least < tooMany
}

// editDistance returns the Levenshtein distance of a and b: the least number of bytes
// to insert, delete or replace that makes one of the other.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1) // distances of a prefix of a to all prefixes of b
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
