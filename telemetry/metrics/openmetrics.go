package metrics

import (
	"bufio"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/telemetry"
)

// WriteTo writes the run as OpenMetrics text, the times as [telemetry.Wall] has them.
// The same run gives the same bytes. Finish must have been called.
func (m *Meter) WriteTo(out io.Writer) (int64, error) {
	w := &writer{out: bufio.NewWriter(out)}
	for _, at := range m.ticks {
		wall := telemetry.Wall(at).UnixMilli()
		w.times = append(w.times, strconv.FormatInt(wall/1000, 10)+"."+strconv.FormatInt(1000+wall%1000, 10)[1:])
	}
	run := `run="` + escape.Replace(m.name) + `"`
	for i := range m.tables {
		if t := &m.tables[i]; len(t.order) != 0 {
			w.head(t.family)
			for _, s := range t.sorted() {
				w.metric(t.family, run+pairs(t.family.Labels, s.labels[:]), s)
			}
		}
	}
	w.text("# EOF\n")
	if err := w.out.Flush(); w.err == nil {
		w.err = err
	}
	return w.size, w.err
}

// sorted are the series in the order of their labels.
func (t *table) sorted() []*series {
	return slices.SortedFunc(slices.Values(t.order), func(a, b *series) int { return slices.Compare(a.labels[:], b.labels[:]) })
}

var escape = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

func pairs(names, values []string) string {
	var b strings.Builder
	for i, name := range names {
		b.WriteString("," + name + `="` + escape.Replace(values[i]) + `"`)
	}
	return b.String()
}

type writer struct {
	out   *bufio.Writer
	times []string // of the ticks
	size  int64
	err   error
}

func (w *writer) text(parts ...string) {
	for _, part := range parts {
		if w.err == nil {
			_, w.err = w.out.WriteString(part)
			w.size += int64(len(part))
		}
	}
}

func (w *writer) head(f *Family) {
	w.text("# TYPE ", f.Name, " ", string(f.Type), "\n")
	if f.Unit != "" {
		w.text("# UNIT ", f.Name, " ", f.Unit, "\n")
	}
	w.text("# HELP ", f.Name, " ", f.Help, "\n")
}

// metric writes the samples of a series, those of one time together.
func (w *writer) metric(f *Family, labels string, s *series) {
	names := f.Samples()
	var heads []string
	if f.Type == Histogram {
		for _, b := range Buckets {
			heads = append(heads, names[0]+"{"+labels+`,le="`+bound(b)+"\"} ")
		}
		heads = append(heads, names[0]+"{"+labels+`,le="+Inf"} `)
	}
	for _, name := range names[len(names)-max(len(names)-1, 1):] {
		heads = append(heads, name+"{"+labels+"} ")
	}
	s.replay(func(tick int, values []float64) {
		for i, v := range f.shown(values) {
			w.text(heads[i], decimal(v), " ", w.times[tick], "\n")
		}
	})
}

// shown are the values as the tools are shown them, in the order of a family's samples:
// of a histogram the buckets, each with all below it, their count and the sum.
func (f *Family) shown(values []float64) []float64 {
	if f.Type == Histogram {
		last := len(values) - 1
		var list []float64
		below := 0.0
		for _, n := range values[:last] {
			below += n
			list = append(list, below)
		}
		return append(list, below, values[last]/float64(time.Second))
	}
	if f.Unit == "seconds" && f.Type == Counter { // counted in nanoseconds
		return []float64{values[0] / float64(time.Second)}
	}
	return values
}

// decimal writes a number with as few digits as tell it from its neighbours, and whole
// ones without an exponent where they are exact.
func decimal(v float64) string {
	const exact = 1 << 53
	if v == math.Trunc(v) && math.Abs(v) <= exact {
		return strconv.FormatInt(int64(v), 10)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// bound is a bucket's upper bound, as OpenMetrics wants it: with a point.
func bound(d time.Duration) string {
	text := decimal(d.Seconds())
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}
