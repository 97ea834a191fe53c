package report

import (
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/telemetry"
)

// bucket is a stretch of the run and how the clients fared in it. An operation counts
// where it ended.
type bucket struct {
	ok, failed, unknown int
	p50, p99            time.Duration
	latencies           []time.Duration
}

// bucketLength is the shortest of some usual lengths that gives a picture of a run.
func bucketLength(end time.Duration) time.Duration {
	const most = 120
	for _, length := range []time.Duration{
		250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second,
		30 * time.Second, time.Minute, 5 * time.Minute, 10 * time.Minute, time.Hour,
	} {
		if end <= most*length {
			return length
		}
	}
	return end/most + 1
}

func buckets(ops []checker.Operation, end, length time.Duration) []bucket {
	list := make([]bucket, max((end+length-1)/length, 1))
	for i := range ops {
		op := &ops[i]
		at := min(time.Duration(op.Return), end) // what never returned was waited for until the end
		b := &list[min(int(at/length), len(list)-1)]
		switch op.Outcome {
		case checker.OutcomeOK:
			b.ok++
			b.latencies = append(b.latencies, time.Duration(op.Return-op.Call))
		case checker.OutcomeFailed:
			b.failed++
		default:
			b.unknown++
		}
	}
	for i := range list {
		b := &list[i]
		slices.Sort(b.latencies)
		b.p50, b.p99 = rank(b.latencies, 50), rank(b.latencies, 99)
	}
	return list
}

// rank is the smallest value that at least percent of all do not exceed.
func rank(sorted []time.Duration, percent int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[(len(sorted)*percent+99)/100-1]
}

// Sizes of the charts. All coordinates are whole numbers, so that a page has the same
// bytes on every machine; ten of them are a pixel.
const (
	chartWidth  = 12000
	chartLeft   = 900
	chartRight  = chartWidth - 200
	panelHeight = 1100
	panelGap    = 420
	bandRow     = 190
	bandTop     = 60
	mostBands   = 6 // rows of faults
)

// chart is a picture of a run in the making.
type chart struct {
	strings.Builder
	list   []bucket
	length time.Duration
	end    time.Duration
	bottom int
}

func (c *chart) add(format string, args ...any) { fmt.Fprintf(c, format+"\n", args...) }

func (c *chart) x(at time.Duration) int {
	return chartLeft + int(float64(at)/float64(c.end)*(chartRight-chartLeft))
}

// charts draws what was answered, how fast, and what was not, over the run, with the
// faults above.
func charts(r *scenarios.Report, faults []*telemetry.Span) string {
	end := max(r.At, time.Millisecond)
	length := bucketLength(end)
	c := &chart{list: buckets(r.History().Ops, end, length), length: length, end: end}
	rows, more := bandRows(c, faults)
	top := bandTop + len(rows)*bandRow + 260
	if more > 0 {
		top += bandRow
	}
	c.bottom = top + 3*panelHeight + 2*panelGap
	c.bands(rows, more)
	c.throughput(top)
	c.latency(top + panelHeight + panelGap)
	c.errors(top + 2*(panelHeight+panelGap))
	c.times()
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="ch" viewBox="0 0 %d %d" role="img" aria-labelledby="ch-t ch-d"><title id="ch-t">Throughput, latency and errors</title><desc id="ch-d">%s</desc>`+"\n",
		chartWidth, c.bottom+300, html.EscapeString(c.summary()))
	b.WriteString(`<defs><pattern id="ch-hatch" width="60" height="60" patternUnits="userSpaceOnUse"><path class="hatch" d="M-10 70L70 -10"/></pattern></defs>` + "\n")
	b.WriteString(c.String())
	b.WriteString("</svg>\n")
	return b.String()
}

func (c *chart) summary() string {
	worst, at, errors := time.Duration(0), 0, 0
	for i, b := range c.list {
		if b.p99 > worst {
			worst, at = b.p99, i
		}
		errors += b.failed + b.unknown
	}
	return fmt.Sprintf("In steps of %v. The highest 99th percentile of latency is %s, from %v; %d operations failed or are of unknown outcome. The phases have the numbers.",
		c.length, brief(worst), time.Duration(at)*c.length, errors)
}

// bandRows lays faults that overlap below each other, and counts those for which there
// is no room.
func bandRows(c *chart, faults []*telemetry.Span) (rows [][]*telemetry.Span, more int) {
	list := slices.Clone(faults)
	slices.SortStableFunc(list, func(a, b *telemetry.Span) int { return int(min(max(a.Start-b.Start, -1), 1)) })
	var ends []int
	for _, f := range list {
		from := c.x(f.Start)
		i := slices.IndexFunc(ends, func(end int) bool { return end <= from })
		if i < 0 && len(rows) == mostBands {
			more++
			continue
		}
		if i < 0 {
			i = len(rows)
			rows, ends = append(rows, nil), append(ends, 0)
		}
		rows[i] = append(rows[i], f)
		ends[i] = max(c.x(f.End), from+len([]rune(f.Name))*66+100)
	}
	return rows, more
}

func (c *chart) bands(rows [][]*telemetry.Span, more int) {
	for i, row := range rows {
		y := bandTop + i*bandRow
		for _, f := range row {
			from, to := c.x(f.Start), c.x(f.End)
			c.add(`<g><title>%s</title>`, html.EscapeString(fmt.Sprintf("event %d: %s, %s to %s", f.StartEvent, f.Name, seconds(f.Start), seconds(f.End))))
			if to > from {
				c.add(`<rect class="shade" x="%d" y="%d" width="%d" height="%d"/>`, from, y, to-from, c.bottom-y)
				c.add(`<rect class="band" x="%d" y="%d" width="%d" height="%d"/>`, from, y, to-from, bandRow-40)
			}
			c.add(`<path class="edge" d="M%d %dV%d"/>`, from, y, c.bottom)
			if to > from {
				c.add(`<path class="edge" d="M%d %dV%d"/>`, to, y, c.bottom)
			}
			c.add(`<text class="b" x="%d" y="%d">%s</text></g>`, max(chartLeft, min(from+50, chartRight-len([]rune(f.Name))*66)), y+115, html.EscapeString(f.Name))
		}
	}
	if more > 0 {
		c.add(`<text x="%d" y="%d">and %d more faults, see the timeline</text>`, chartLeft, bandTop+len(rows)*bandRow+115, more)
	}
}

// panel draws the frame of a chart and two lines of its scale.
func (c *chart) panel(top int, title, full, half string, middle int) {
	c.add(`<text class="b" x="%d" y="%d">%s</text>`, chartLeft, top-50, title)
	c.add(`<path class="grid" d="M%d %dH%dM%d %dH%d"/><path class="axis" d="M%d %dH%d"/>`,
		chartLeft, top, chartRight, chartLeft, top+middle, chartRight, chartLeft, top+panelHeight, chartRight)
	c.add(`<text class="end" x="%d" y="%d">%s</text><text class="end" x="%d" y="%d">%s</text><text class="end" x="%d" y="%d">0</text>`,
		chartLeft-60, top+40, full, chartLeft-60, top+middle+40, half, chartLeft-60, top+panelHeight+40)
}

// nice is a round number that is not smaller, and even so that its half is one too.
func nice(n int) int {
	for unit := 1; ; unit *= 10 {
		for _, f := range []int{2, 4, 6, 10} {
			if f*unit >= n {
				return f * unit
			}
		}
	}
}

func (c *chart) column(class string, i, y, height int) {
	from, to := c.x(time.Duration(i)*c.length), c.x(min(time.Duration(i+1)*c.length, c.end))
	c.add(`<rect class="%s" x="%d" y="%d" width="%d" height="%d"/>`, class, from+5, y, max(to-from-10, 5), height)
}

func (c *chart) from(i int) string { return (time.Duration(i) * c.length).String() }

func (c *chart) throughput(top int) {
	perSecond := func(n int) int { return int((int64(n)*int64(time.Second) + int64(c.length)/2) / int64(c.length)) }
	full := 0
	for _, b := range c.list {
		full = max(full, perSecond(b.ok))
	}
	full = nice(full)
	c.panel(top, "answered, per second", fmt.Sprint(full), fmt.Sprint(full/2), panelHeight/2)
	for i, b := range c.list {
		if b.ok > 0 {
			h := perSecond(b.ok) * panelHeight / full
			c.add(`<g><title>%s: %d per second</title>`, c.from(i), perSecond(b.ok))
			c.column("ok", i, top+panelHeight-h, h)
			c.add("</g>")
		}
	}
}

func (c *chart) errors(top int) {
	full := 0
	for _, b := range c.list {
		full = max(full, b.failed+b.unknown)
	}
	full = nice(full)
	c.panel(top, fmt.Sprintf("not answered, in %v: failed solid, unknown hatched", c.length), fmt.Sprint(full), fmt.Sprint(full/2), panelHeight/2)
	for i, b := range c.list {
		if b.failed+b.unknown == 0 {
			continue
		}
		c.add(`<g><title>%s: %d failed, %d unknown</title>`, c.from(i), b.failed, b.unknown)
		f, u := b.failed*panelHeight/full, b.unknown*panelHeight/full
		if f > 0 {
			c.column("failed", i, top+panelHeight-f, f)
		}
		if u > 0 {
			c.column("unknown", i, top+panelHeight-f-u, u)
		}
		c.add("</g>")
	}
}

// octave is the logarithm of a duration to base 2, straight between whole ones: it is
// the same on every machine, and nobody sees the difference.
func octave(d time.Duration) float64 {
	fraction, exponent := math.Frexp(float64(max(d, 1)))
	return float64(exponent-1) + (2*fraction - 1)
}

func (c *chart) latency(top int) {
	low, high := time.Duration(math.MaxInt64), time.Duration(0)
	for _, b := range c.list {
		if b.ok > 0 {
			low, high = min(low, b.p50), max(high, b.p99)
		}
	}
	c.add(`<text class="b" x="%d" y="%d">latency of what was answered: half below the solid line (p50), 99%% below the dashed one (p99)</text>`, chartLeft, top-50)
	c.add(`<path class="axis" d="M%d %dH%d"/>`, chartLeft, top+panelHeight, chartRight)
	if high == 0 {
		return
	}
	floor := octave(max(low, time.Microsecond)) - 0.5
	scale := octave(max(high, time.Microsecond)) + 0.5 - floor
	y := func(d time.Duration) int {
		part := (octave(max(d, time.Microsecond)) - floor) / scale
		return top + panelHeight - int(float64(part*panelHeight))
	}
	steps := []time.Duration{1, 3}
	if scale < 5 {
		steps = []time.Duration{1, 2, 5}
	}
	for unit := time.Microsecond; unit <= 1000*time.Second; unit *= 10 {
		for _, n := range steps {
			if at := y(n * unit); at >= top && at <= top+panelHeight-60 {
				c.add(`<path class="grid" d="M%d %dH%d"/><text class="end" x="%d" y="%d">%v</text>`, chartLeft, at, chartRight, chartLeft-60, at+40, n*unit)
			}
		}
	}
	c.curve("p99", y, func(b *bucket) time.Duration { return b.p99 })
	c.curve("p50", y, func(b *bucket) time.Duration { return b.p50 })
}

// curve joins the middles of the buckets in which something was answered.
func (c *chart) curve(class string, y func(time.Duration) int, value func(*bucket) time.Duration) {
	var path strings.Builder
	next := "M"
	for i := range c.list {
		if c.list[i].ok == 0 {
			next = "M" // a gap
			continue
		}
		x := (c.x(time.Duration(i)*c.length) + c.x(min(time.Duration(i+1)*c.length, c.end))) / 2
		fmt.Fprintf(&path, "%s%d %d", next, x, y(value(&c.list[i])))
		next = "L"
		c.add(`<circle class="dot" cx="%d" cy="%d" r="22"><title>%s: %s %s</title></circle>`, x, y(value(&c.list[i])), c.from(i), class, brief(value(&c.list[i])))
	}
	c.add(`<path class="%s" d="%s"/>`, class, path.String())
}

// times writes the times below.
func (c *chart) times() {
	step := time.Second
	for i := 0; c.end/step > 12; i++ {
		step = step * [...]time.Duration{2, 5, 2}[i%3] / [...]time.Duration{1, 2, 1}[i%3]
	}
	if c.end < 2*time.Second {
		step = max(c.end/4, 1)
	}
	for at := time.Duration(0); at <= c.end; at += step {
		x := c.x(at)
		c.add(`<path class="axis" d="M%d %dv50"/><text class="mid" x="%d" y="%d">%v</text>`, x, c.bottom, x, c.bottom+170, at)
	}
}
