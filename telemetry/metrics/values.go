package metrics

import (
	"time"

	"github.com/orrery-sim/orrery/telemetry"
)

// Value is what a metric has at a time.
type Value struct {
	At     time.Duration
	Number float64 // of what is no histogram

	Counts []uint64 // of a histogram: how many lie in each of [Buckets], and above
	Count  uint64   // all of them
	Sum    float64  // in seconds
}

// Run is the value of the label run, which all metrics have.
func (m *Meter) Run() string { return m.name }

// Each calls see with every metric in the order of [Catalog], with the values of its
// labels and its own in the order of time. Finish must have been called.
func (m *Meter) Each(see func(f *Family, labels []string, values []Value)) {
	for i := range m.tables {
		t := &m.tables[i]
		for _, s := range t.sorted() {
			var list []Value
			s.replay(func(tick int, values []float64) {
				v := Value{At: m.ticks[tick]}
				if t.family.Type == Histogram {
					for _, n := range values[:len(Buckets)+1] {
						v.Counts = append(v.Counts, uint64(n))
						v.Count += uint64(n)
					}
					v.Sum = values[len(Buckets)+1] / float64(time.Second)
				} else {
					v.Number = t.family.shown(values)[0]
				}
				list = append(list, v)
			})
			see(t.family, s.labels[:len(t.family.Labels)], list)
		}
	}
}

// Describe tells exporters of the run that is measured.
func (m *Meter) Describe() telemetry.Run { return telemetry.Describe(m.run) }
