package metrics

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// labelValues are the values of a family's labels, in its order; the rest is empty.
type labelValues [4]string

// series is one metric: a value at each tick, or several of a histogram. What was is
// kept as what changed from tick to tick, in one byte for a value that stays and a few
// for one that counts on, so that a long run fits in memory: OpenMetrics wants all of a
// metric together.
type series struct {
	labels labelValues
	now    []float64
	has    bool // of a gauge: it has a value at this tick

	stretches []stretch
	past      []byte
	last      []uint64 // the values kept last, as bits
}

// stretch is ticks one after the other at which the series has values.
type stretch struct{ from, count int }

// keep takes the values as those of a tick.
func (s *series) keep(tick int) {
	if n := len(s.stretches); n == 0 || s.stretches[n-1].from+s.stretches[n-1].count != tick {
		s.stretches = append(s.stretches, stretch{from: tick})
	}
	s.stretches[len(s.stretches)-1].count++
	for i, v := range s.now {
		// Numbers near each other differ in the last bits of a double's mantissa, small
		// whole ones in the first: from the back, those are small, and the rest is rare.
		b := math.Float64bits(v)
		s.past = binary.AppendUvarint(s.past, bits.Reverse64(b^s.last[i]))
		s.last[i] = b
	}
}

// replay calls see with the values of every tick, in order. They are good until it
// returns.
func (s *series) replay(see func(tick int, values []float64)) {
	was, values, rest := make([]uint64, len(s.now)), make([]float64, len(s.now)), s.past
	for _, r := range s.stretches {
		for tick := r.from; tick < r.from+r.count; tick++ {
			for i := range was {
				change, n := binary.Uvarint(rest)
				rest = rest[n:]
				was[i] ^= bits.Reverse64(change)
				values[i] = math.Float64frombits(was[i])
			}
			see(tick, values)
		}
	}
}

// table is the series of one family.
type table struct {
	family *Family
	series map[labelValues]*series
	order  []*series // in which they came
}

// get finds the series with these values of the family's labels.
func (t *table) get(labels ...string) *series {
	var key labelValues
	copy(key[:], labels)
	s := t.series[key]
	if s == nil {
		width := 1
		if t.family.Type == Histogram {
			width = len(Buckets) + 2 // one more bucket, and the sum
		}
		s = &series{labels: key, now: make([]float64, width), last: make([]uint64, width)}
		t.series[key] = s
		t.order = append(t.order, s)
	}
	return s
}

// keep ends a tick. What counts begins with a zero at the tick before it is first seen,
// or its first increase would be lost on who asks for increases.
func (t *table) keep(tick int) {
	gauge := t.family.Type == Gauge
	for _, s := range t.order {
		if gauge && !s.has {
			continue
		}
		if !gauge && len(s.stretches) == 0 && tick > 0 && t.family.Type != Info {
			now := s.now
			s.now = make([]float64, len(now))
			s.keep(tick - 1)
			s.now = now
		}
		s.keep(tick)
		s.has = false
	}
}
