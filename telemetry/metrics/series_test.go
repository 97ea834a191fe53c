package metrics

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	_ "github.com/orrery-sim/orrery/internal/steady"
)

// What a series keeps, it replays: any values, at any ticks.
func TestSeries(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type point struct {
			tick   int
			values []float64
		}
		value := rapid.OneOf(rapid.Float64(), rapid.Map(rapid.IntRange(0, 1000), func(n int) float64 { return float64(n) }), rapid.Just(math.Inf(1)))
		width := rapid.IntRange(1, 4).Draw(t, "width")
		s := &series{now: make([]float64, width), last: make([]uint64, width)}
		var want, got []point
		tick := 0
		for range rapid.IntRange(0, 50).Draw(t, "points") {
			tick += rapid.SampledFrom([]int{1, 1, 1, 2, 7}).Draw(t, "step")
			for i := range s.now {
				s.now[i] = value.Draw(t, "value")
			}
			s.keep(tick)
			want = append(want, point{tick, slices.Clone(s.now)})
		}
		s.replay(func(tick int, values []float64) { got = append(got, point{tick, slices.Clone(values)}) })
		if !slices.EqualFunc(got, want, func(a, b point) bool { return a.tick == b.tick && slices.Equal(a.values, b.values) }) {
			t.Fatalf("replayed %v\nexpected %v", got, want)
		}
	})
}

// A value that stays costs a byte, one that counts a few.
func TestSeriesAreSmall(t *testing.T) {
	still, counts := &series{now: []float64{17}, last: []uint64{0}}, &series{now: []float64{0}, last: []uint64{0}}
	const ticks = 10_000
	for tick := range ticks {
		still.keep(tick)
		counts.now[0] += float64(tick % 100)
		counts.keep(tick)
	}
	if len(still.past) > ticks+9 || len(counts.past) > 5*ticks || len(still.stretches) != 1 {
		t.Errorf("%d ticks take %d and %d bytes in %d stretches", ticks, len(still.past), len(counts.past), len(still.stretches))
	}
	t.Logf("%d ticks take %d and %d bytes", ticks, len(still.past), len(counts.past))
}
