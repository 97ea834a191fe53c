package draw

import (
	"math"
	"strconv"
	"strings"
)

// Point is one of a series.
type Point struct{ X, Y float64 }

// Series is a line of a chart. A point whose Y is no number (NaN) breaks it.
type Series struct {
	Name   string
	Ink    Ink
	Points []Point // by X
	Signs  bool    // the points alone, each as the sign of the series
}

// Axis is what a chart shows of X or of Y.
type Axis struct {
	Min, Max float64 // both 0 is what the points take, of Y from 0
	Log      bool    // a step is a factor of 10; what is not positive is not shown
	Format   func(value float64) string
}

// Shade is a stretch of X that stands out, such as that of a fault.
type Shade struct{ From, To float64 }

// Chart is lines over time, or over whatever X is. Series are told apart by signs on
// them, not by inks alone.
type Chart struct {
	Series []Series
	X, Y   Axis
	Shades []Shade
	Cursor *float64 // an X that is marked; nil is none
}

// signs tell series apart; theme ascii has another character for each too.
var signs = []rune("●▲■◆○▽")

func sign(series int) rune { return signs[series%len(signs)] }

// Draw draws the chart: a line with the names of the series if there is more than one,
// the lines with the axis of Y at the left, and below them the axis of X. On a canvas that
// is too small, names and axes are left out.
func (ch *Chart) Draw(c *Canvas) {
	x, y := ch.scales()
	top := 0
	if c.Height() >= 6 && len(ch.Series) > 1 {
		ch.legend(c)
		top = 1
	}
	bottom, left := 0, 0
	var ticks []float64
	if c.Height() >= 4 {
		bottom = 2
	}
	height := c.Height() - top - bottom
	if ticks = y.ticks(max(height/2, 2)); c.Width() >= 24 {
		for _, v := range ticks {
			left = max(left, Width(y.format(v))+1)
		}
		left = min(left, c.Width()/3)
	}
	plot := c.Part(left, top, c.Width()-left, height)
	if left > 0 {
		for _, v := range ticks {
			line := top + y.dot(v, 4*height, true)/4
			c.Right(left-1, line, Shorten(y.format(v), left-1), Dim)
			c.Set(left-1, line, '┤', Frame)
		}
	}
	if bottom > 0 {
		x.below(c.Part(left, top+height, plot.Width(), bottom))
	}
	ch.plot(plot, x, y)
}

// legend writes the sign and the name of each series.
func (ch *Chart) legend(c *Canvas) {
	at := 0
	for i, s := range ch.Series {
		at = c.Fit(at, 0, c.Width()-at, string(sign(i))+" "+s.Name, s.Ink) + 2
	}
}

// plot draws what is between the axes: stretches, then lines, then signs, and the cursor
// where nothing else is.
func (ch *Chart) plot(c *Canvas, x, y scale) {
	for _, s := range ch.Shades {
		from, to := x.dot(s.From, 2*c.Width(), false)/2, x.dot(s.To, 2*c.Width(), false)/2
		if s.To < x.min || s.From > x.max {
			continue
		}
		for column := max(from, 0); column <= min(to, c.Width()-1); column++ {
			for line := range c.Height() {
				c.Set(column, line, '░', Warn)
			}
		}
	}
	cursor := -1
	if ch.Cursor != nil && *ch.Cursor >= x.min && *ch.Cursor <= x.max {
		cursor = x.dot(*ch.Cursor, 2*c.Width(), false) / 2
		for line := range c.Height() {
			c.Set(cursor, line, '│', Chosen)
		}
	}
	for i := range ch.Series {
		ch.Series[i].line(c, x, y)
	}
	for i := range ch.Series {
		if s := &ch.Series[i]; s.Signs || len(ch.Series) > 1 {
			s.mark(c, x, y, sign(i), i)
		}
	}
	if cursor >= 0 {
		for line := range c.Height() {
			c.Ink(cursor, line, 1, Chosen)
		}
	}
}

func (s *Series) line(c *Canvas, x, y scale) {
	if s.Signs {
		return
	}
	for i, p := range s.Points {
		if !x.has(p.X) || !y.has(p.Y) {
			continue
		}
		px, py := x.dot(p.X, 2*c.Width(), false), y.dot(p.Y, 4*c.Height(), true)
		if i > 0 && x.has(s.Points[i-1].X) && y.has(s.Points[i-1].Y) {
			q := s.Points[i-1]
			c.dots(x.dot(q.X, 2*c.Width(), false), y.dot(q.Y, 4*c.Height(), true), px, py, s.Ink, Fine)
		} else {
			c.Dot(px, py, s.Ink)
		}
	}
}

// mark puts the sign of a series on its points: on all, or on some far from each other.
func (s *Series) mark(c *Canvas, x, y scale, sign rune, nth int) {
	const apart = 16
	next := nth * apart / 4 // so that series that lie on each other show in turn
	for i, p := range s.Points {
		if !x.has(p.X) || !y.has(p.Y) || p.X < x.min || p.X > x.max {
			continue
		}
		column := x.dot(p.X, 2*c.Width(), false) / 2
		if last := i == len(s.Points)-1; s.Signs || column >= next || last && nth == 0 {
			c.Set(column, y.dot(p.Y, 4*c.Height(), true)/4, sign, s.Ink)
			next = column + apart
		}
	}
}

// scale is an axis with its ends: of logarithms if it is of such.
type scale struct {
	Axis
	min, max float64 // as values
}

// scales are the axes of the chart, with ends that differ.
func (ch *Chart) scales() (x, y scale) {
	xs, ys := []float64{}, []float64{}
	for _, s := range ch.Series {
		for _, p := range s.Points {
			xs, ys = append(xs, p.X), append(ys, p.Y)
		}
	}
	x, y = ends(ch.X, xs), ends(ch.Y, ys)
	if !y.Log && ch.Y.Min == 0 && ch.Y.Max == 0 {
		y.min = min(y.min, 0)
		y.max = max(y.max, 0)
	}
	return x.apart(), y.apart()
}

// ends finds the least and the greatest of the values that can be shown.
func ends(a Axis, values []float64) scale {
	s := scale{Axis: a, min: a.Min, max: a.Max}
	if a.Min != 0 || a.Max != 0 {
		return s
	}
	s.min, s.max = math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if s.has(v) {
			s.min, s.max = min(s.min, v), max(s.max, v)
		}
	}
	if s.min > s.max {
		s.min, s.max = 0, 1
	}
	return s
}

// apart widens a scale without extent.
func (s scale) apart() scale {
	if s.Log {
		if s.max <= 0 {
			s.max = 1
		}
		if s.min <= 0 {
			s.min = s.max / 1000
		}
		if s.min >= s.max {
			s.min, s.max = s.max/10, s.max*10
		}
		return s
	}
	if !(s.min < s.max) {
		s.max = s.min + max(1, math.Abs(s.min)/10)
	}
	return s
}

// has says whether a value has a place.
func (s scale) has(v float64) bool {
	return !math.IsNaN(v) && !math.IsInf(v, 0) && (!s.Log || v > 0)
}

// dot is the place of a value in so many dots, from the left, or from below if it is
// of Y. Of what is outside it is too, but not far.
func (s scale) dot(v float64, dots int, up bool) int {
	low, high := s.min, s.max
	if s.Log {
		v, low, high = math.Log10(max(v, math.SmallestNonzeroFloat64)), math.Log10(low), math.Log10(high)
	}
	// Halves keep the difference of the greatest numbers finite.
	part := (v/2 - low/2) / (high/2 - low/2)
	if math.IsNaN(part) {
		part = 0
	}
	at := int(math.Round(max(-100, min(part, 100)) * float64(dots-1)))
	if up {
		return dots - 1 - at
	}
	return at
}

func (s scale) format(v float64) string {
	if s.Format == nil {
		return Number(v)
	}
	return s.Format(v)
}

// ticks are at most about so many round values within the scale.
func (s scale) ticks(most int) []float64 {
	if s.Log {
		return s.decades(most)
	}
	step := roundStep((s.max/2 - s.min/2) / float64(max(most, 1)) * 2)
	if step <= 0 || math.IsInf(step, 0) || s.min+step == s.min || s.max-step == s.max {
		return []float64{s.min, s.max}
	}
	var found []float64
	for i := math.Ceil(s.min/step - 1e-9); i <= s.max/step+1e-9; i++ {
		found = append(found, i*step+0) // 0 and not -0
	}
	return found
}

// decades are powers of ten.
func (s scale) decades(most int) []float64 {
	from, to := math.Ceil(math.Log10(s.min)-1e-9), math.Floor(math.Log10(s.max)+1e-9)
	every := max(1, math.Ceil((to-from+1)/float64(max(most, 1))))
	var found []float64
	for e := from; e <= to; e += every {
		found = append(found, math.Pow(10, e))
	}
	if len(found) == 0 {
		return []float64{s.min, s.max}
	}
	return found
}

// roundStep is the least of 1, 2, 5, 10, 20 and so on that is not below a value.
func roundStep(v float64) float64 {
	if v <= 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, f := range []float64{1, 2, 5} {
		if f*power >= v*(1-1e-9) {
			return f * power
		}
	}
	return 10 * power
}

// below draws the axis of X and its labels.
func (s scale) below(c *Canvas) {
	for x := range c.Width() {
		c.Set(x, 0, '─', Frame)
	}
	c.Set(0, 0, '└', Frame)
	ticks := s.ticks(max(c.Width()/12, 1))
	free := 0
	for _, v := range ticks {
		at := s.dot(v, 2*c.Width(), false) / 2
		label := s.format(v)
		from := max(0, min(at-Width(label)/2, c.Width()-Width(label)))
		if from < free || Width(label) > c.Width() {
			continue
		}
		c.Set(at, 0, '┴', Frame)
		free = c.Text(from, 1, label, Dim) + 1
	}
}

// Number writes a number for people, in at most about six columns: 0.25, 1500, 12k, 3.4M.
func Number(v float64) string {
	units := []struct {
		size float64
		name string
	}{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e4, "k"}}
	for _, u := range units {
		if math.Abs(v) >= u.size {
			size := u.size
			if u.name == "k" {
				size = 1e3
			}
			return trimmed(v/size) + u.name
		}
	}
	return trimmed(v)
}

// trimmed writes three digits, or all in front of the point.
func trimmed(v float64) string {
	digits := 2
	switch a := math.Abs(v); {
	case a >= 100:
		digits = 0
	case a >= 10:
		digits = 1
	case a < 0.01 && a > 0:
		return strconv.FormatFloat(v, 'g', 2, 64)
	}
	text := strconv.FormatFloat(v, 'f', digits, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}
