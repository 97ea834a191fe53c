package sim

import (
	"fmt"
	"sort"
)

// Zipf draws from n things of which the i-th, counted from 1, has a probability in
// proportion to 1/i^skew: with 0 all are alike, with 1 it is Zipf's law. Make one
// with [NewZipf].
type Zipf struct{ upTo []float64 }

// NewZipf returns the distribution. An n below 1 or a negative skew panics.
func NewZipf(n int, skew float64) *Zipf {
	if n < 1 || !(skew >= 0 && skew <= 100) {
		panic(fmt.Sprintf("sim: NewZipf(%d, %v): expected at least one thing and a skew of 0 to 100", n, skew))
	}
	z := &Zipf{upTo: make([]float64, n)}
	total := 0.0
	for i := range z.upTo {
		total += 1 / portablePow(float64(i+1), skew)
		z.upTo[i] = total
	}
	for i := range z.upTo {
		z.upTo[i] /= total
	}
	return z
}

// Draw returns one of the things, counted from 0.
func (z *Zipf) Draw(r *Rand) int {
	x := r.Float64()
	return min(sort.Search(len(z.upTo), func(i int) bool { return x < z.upTo[i] }), len(z.upTo)-1)
}
