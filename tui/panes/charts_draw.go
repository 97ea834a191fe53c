package panes

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/tape"
)

const (
	chartGutter = 8  // columns in front of the plots, for what the lines of the grid stand for
	chartNarrow = 24 // below, there is none
	chartLeast  = 7  // lines of a chart that stands among others
	chartLanes  = 4  // lines of faults
)

// draw draws what happened at the top, the charts below, and at the bottom what the signs
// mean.
func (c *Charts) draw(canvas *draw.Canvas) {
	w, h := canvas.Width(), canvas.Height()
	top, bottom := 0, h
	if h >= 8 {
		top = c.faultLanes(canvas, max(1, min(h/12, chartLanes)))
	}
	if h >= 12 {
		bottom--
		if slices.ContainsFunc(c.source.marks, chartMarked) {
			c.markLane(canvas.Part(0, top, w, 1))
			top++
		}
	}
	places := c.places(top, bottom)
	for _, p := range places {
		part := canvas.Part(0, p.from, w, p.to-p.from)
		if p.to-p.from == 1 {
			part.Fit(0, 0, w, p.name+": "+p.empty, draw.Dim)
		} else {
			c.chart(part, p)
		}
	}
	if bottom < h {
		c.caption(canvas.Part(0, bottom, w, 1), len(places))
	}
}

// chartPlace is a chart with the lines that it has on the screen.
type chartPlace struct {
	name     string
	lines    []chartLine
	empty    string // what to say if there is nothing in it
	from, to int
}

// places divides the room among the charts: one alone, or all for which there is some.
// Among others, one with nothing in it is a line of text.
func (c *Charts) places(top, bottom int) []chartPlace {
	names := c.offered()
	if slices.Contains(names, c.only) {
		names = []string{c.only}
	}
	var places []chartPlace
	full, room := 0, bottom-top
	for _, name := range names {
		if room < 1 {
			break
		}
		p := chartPlace{name: name}
		p.lines, p.empty = c.lines(name)
		need := chartLeast
		if p.empty != "" && len(names) > 1 {
			need = 1
		}
		if need > room && len(places) > 0 {
			break
		}
		if need > 1 {
			full++
		}
		p.to = need
		room -= need
		places = append(places, p)
	}
	for i := range places {
		p := &places[i]
		size := p.to
		if size > 1 {
			size = max(size+room/full, 2)
			room -= room / full
			full--
		}
		p.from, p.to = top, top+size
		top += size
	}
	return places
}

// caption says what the signs mean, and what there is that is not seen.
func (c *Charts) caption(line *draw.Canvas, shown int) {
	parts := []string{"│ the moment"}
	if len(c.source.faults) > 0 {
		parts = append(parts, "░ fault in force")
	}
	if slices.ContainsFunc(c.source.marks, chartMarked) {
		parts = append(parts, "▼ the system did something", "✕ violation")
	}
	parts = append(parts, "a point is "+secondsText(c.step))
	if c.zoom > 0 {
		parts = slices.Insert(parts, 0, fmt.Sprintf("1/%d of the run", 1<<c.zoom))
	}
	if c.only != "" {
		parts = slices.Insert(parts, 0, "↑↓ other charts")
	} else if n := len(c.offered()) - shown; n > 0 {
		parts = slices.Insert(parts, 0, fmt.Sprintf("↑↓ %d more", n))
	}
	line.Fit(0, 0, line.Width(), strings.Join(parts, "  "), draw.Dim)
}

// column is where a time is, among the columns of the plots. It is what the charts do.
func (c *Charts) column(at time.Duration) int {
	part := float64(at-c.from) / float64(c.to-c.from)
	return int(math.Round(max(-1, min(part, 2))*float64(2*c.width-1))) / 2
}

// faultLanes draws when which fault was in force, with as many of their texts as there is
// room for: those that overlap below each other, in at most so many lines. It returns how
// many it took.
func (c *Charts) faultLanes(canvas *draw.Canvas, most int) int {
	var until []int // the first column that is free in each lane
	for _, f := range c.source.faults {
		if f.To < c.from || f.From > c.to {
			continue
		}
		from, to := max(c.column(f.From), 0), min(c.column(f.To), c.width-1)
		k := slices.IndexFunc(until, func(free int) bool { return free <= from })
		if k < 0 && len(until) < most {
			k, until = len(until), append(until, 0)
		}
		if k < 0 { // the last lane says that there is more
			k = most - 1
			from = until[k]
		}
		lane := canvas.Part(c.left, k, c.width, 1)
		for x := from; x <= to; x++ {
			lane.Set(x, 0, '░', draw.Warn)
		}
		if label := draw.Shorten(f.Text, to-from+1); draw.Width(label) >= min(4, draw.Width(f.Text)) {
			lane.Text(from, 0, label, draw.Warn)
		}
		until[k] = max(until[k], to+1)
	}
	for k := range until {
		c.cursor(canvas.Part(c.left, k, c.width, 1))
	}
	if len(until) > 0 && c.left > 0 {
		canvas.Right(c.left-1, 0, "faults", draw.Dim)
	}
	return len(until)
}

// markLane draws what the system did and what was violated.
func (c *Charts) markLane(line *draw.Canvas) {
	if c.left > 0 {
		line.Right(c.left-1, 0, "events", draw.Dim)
	}
	lane := line.Part(c.left, 0, c.width, 1)
	marks := chartNear(c.source.marks, c.from, c.to)
	for i, m := range marks {
		x, room := c.column(m.At), c.width
		if i+1 < len(marks) {
			room = c.column(marks[i+1].At)
		}
		text := strings.TrimSpace(m.Node + " " + m.Text)
		if room -= x + 2; room >= 8 {
			lane.Fit(x+1, 0, room, text, draw.Dim)
		}
	}
	for _, m := range marks {
		sign, ink := '▼', draw.Leader
		if m.Kind != tape.MarkMilestone {
			sign, ink = '✕', draw.Bad
		}
		lane.Set(c.column(m.At), 0, sign, ink)
	}
	c.cursor(lane)
}

// cursor marks the moment, where nothing else is said.
func (c *Charts) cursor(lane *draw.Canvas) {
	x := c.column(c.scene.At)
	if at := lane.Get(x, 0); at == ' ' || at == '░' {
		lane.Set(x, 0, '│', draw.Chosen)
	} else {
		lane.Ink(x, 0, 1, draw.Chosen)
	}
}

// chartLine is a line of a chart: what is so of each bucket.
type chartLine struct {
	name  string
	ink   draw.Ink
	value func(bucket int) float64
	text  func(value float64) string
}

// chart draws one chart: in its head are the values at the moment.
func (c *Charts) chart(canvas *draw.Canvas, p chartPlace) {
	lines, empty := p.lines, p.empty
	n := int(c.source.end/c.step) + 1
	now := max(0, min(int(c.scene.At/c.step), n-1))
	chart := draw.Chart{Cursor: new(float64)}
	*chart.Cursor = float64(c.scene.At)
	chart.X = draw.Axis{Min: float64(c.from), Max: float64(c.to), Format: func(v float64) string { return secondsText(time.Duration(v)) }}
	for i, l := range lines {
		head := l.name + " " + chartValue(l.value(now), l.text)
		if i == 0 {
			head = p.name + ": " + head
		}
		s := draw.Series{Name: head, Ink: l.ink}
		for k := int(c.from / c.step); k < n && time.Duration(k)*c.step <= c.to; k++ {
			middle := time.Duration(k)*c.step + c.step/2
			if middle >= c.from && middle <= c.to {
				s.Points = append(s.Points, draw.Point{X: float64(middle), Y: l.value(k)})
			}
		}
		chart.Series = append(chart.Series, s)
	}
	chart.Y = c.axis(p.name, lines[0].text, chart.Series)
	for _, f := range c.source.faults {
		if f.To >= c.from && f.From <= c.to {
			chart.Shades = append(chart.Shades, draw.Shade{From: float64(f.From), To: float64(f.To)})
		}
	}
	plot := canvas
	if len(lines) == 1 || canvas.Height() < 6 { // the chart writes the names of several lines itself
		heads := make([]string, len(lines))
		for i := range chart.Series {
			heads[i] = chart.Series[i].Name
		}
		canvas.Fit(0, 0, canvas.Width(), strings.Join(heads, "  "), lines[0].ink)
		plot = canvas.Part(0, 1, canvas.Width(), canvas.Height()-1)
	}
	chart.Draw(plot)
	if empty != "" && plot.Height() > 3 {
		plot.Fit(c.left+2, (plot.Height()-2)/2, c.width-4, empty, draw.Dim)
	}
}

// lines are those of a chart, and what to say if there is nothing in it.
func (c *Charts) lines(name string) (lines []chartLine, empty string) {
	b := c.source.buckets(c.step)
	list := func(values []float64) func(int) float64 { return func(k int) float64 { return values[k] } }
	percent := func(v float64) string { return draw.Number(v) + "%" }
	switch name {
	case chartThroughput:
		return []chartLine{{"ok per second", draw.Series1, func(k int) float64 { return c.source.rate(b, k) }, draw.Number}}, ""
	case chartLatency:
		return []chartLine{{"p50", draw.Series1, list(b.p50), latencyText}, {"p99", draw.Series2, list(b.p99), latencyText}}, ""
	case chartErrors:
		return []chartLine{
			{"failed", draw.Series2, func(k int) float64 { return b.share(k, b.failed) }, percent},
			{"unknown", draw.Series4, func(k int) float64 { return b.share(k, b.unknown) }, percent},
		}, emptyIf(!chartAny(b.failed) && !chartAny(b.unknown), "no operation failed")
	case chartStaleness:
		ages := c.source.ageBuckets(c.step)
		told := "every read returned the newest value"
		if c.source.ages == nil {
			told = "not told: of some values it is not known which write they are from"
		}
		return []chartLine{{"oldest value read", draw.Series3, list(ages), latencyText}}, emptyIf(!chartSome(ages), told)
	}
	q := c.source.queue(c.node(), c.step)
	who := c.scene.Selected.Node
	return []chartLine{
		{who + " inbox", draw.Series1, list(q.inbox), draw.Number},
		{"work", draw.Series2, list(q.work), draw.Number},
		{"disk", draw.Series3, list(q.disk), draw.Number},
	}, emptyIf(!chartSome(q.inbox) && !chartSome(q.work) && !chartSome(q.disk), "nothing ever waits at "+who)
}

func emptyIf(empty bool, text string) string {
	if empty {
		return text
	}
	return ""
}

func chartAny(counts []int) bool {
	return slices.ContainsFunc(counts, func(n int) bool { return n > 0 })
}

func chartSome(values []float64) bool {
	return slices.ContainsFunc(values, func(v float64) bool { return v > 0 })
}

// chartValue is a value at the moment, or that there is none.
func chartValue(v float64, text func(float64) string) string {
	if math.IsNaN(v) {
		return "-"
	}
	return text(v)
}

// axis is that of the values: its texts are as wide as the room in front of the plots, so
// that all charts begin in one column.
func (c *Charts) axis(name string, text func(float64) string, series []draw.Series) draw.Axis {
	most, least := 0.0, math.Inf(1)
	for _, s := range series {
		for _, p := range s.Points {
			if p.Y > 0 {
				most, least = max(most, p.Y), min(least, p.Y)
			}
		}
	}
	axis := draw.Axis{Max: most, Format: func(v float64) string { return fmt.Sprintf("%*s", chartGutter-1, text(v)) }}
	switch {
	case name == chartLatency && !c.linear && most > 0:
		axis.Log = true
		axis.Min, axis.Max = math.Pow(10, math.Floor(math.Log10(least))), math.Pow(10, math.Ceil(math.Log10(most)))
		if axis.Min == axis.Max {
			axis.Max *= 10
		}
	case name == chartErrors:
		axis.Max = min(100, max(most*1.1, 10))
	case name == chartStaleness || name == chartLatency:
		axis.Max = max(most, float64(time.Millisecond))
	default:
		axis.Max = max(most, 1)
	}
	return axis
}

// secondsText is a virtual time without what is not needed of it: 5s, 12.25s.
func secondsText(d time.Duration) string {
	return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + "s"
}

// latencyText is a length of virtual time in nanoseconds, with three digits: 12.3ms.
func latencyText(ns float64) string {
	d := time.Duration(ns)
	switch {
	case d == 0:
		return "0s"
	case d < time.Millisecond:
		return fmt.Sprintf("%.3gµs", ns/1e3)
	case d < time.Second:
		return fmt.Sprintf("%.3gms", ns/1e6)
	}
	return fmt.Sprintf("%.3gs", ns/1e9)
}
