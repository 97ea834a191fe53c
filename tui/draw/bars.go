package draw

import (
	"math"
	"strings"
)

// Bar is one of a chart of bars.
type Bar struct {
	Label string
	Value float64 // at least 0
	Ink   Ink
	Here  bool // what is marked, such as this run among many
}

// Bars is a chart of bars that lie one below the other.
type Bars struct {
	Bars   []Bar
	Format func(value float64) string // of the values behind the bars; nil leaves them out
	Mark   string                     // what is marked, such as "this run"
}

// Draw draws the bars. If there are more than lines, those around the marked one are seen.
func (b *Bars) Draw(c *Canvas) {
	labels, texts, most := 0, 0, 0.0
	values := make([]string, len(b.Bars))
	list := List{Count: len(b.Bars)}
	for i, bar := range b.Bars {
		if b.Format != nil {
			values[i] = b.Format(bar.Value)
		}
		if bar.Here {
			values[i] += " ◄ " + b.Mark
			list.Selected = i
		}
		labels, texts = max(labels, Width(bar.Label)), max(texts, Width(values[i]))
		if !math.IsNaN(bar.Value) && !math.IsInf(bar.Value, 0) {
			most = max(most, bar.Value)
		}
	}
	labels = min(labels, c.Width()/2)
	room := max(c.Width()-labels-texts-2, 3)
	list.Top = list.Selected - c.Height()/2
	from, to := list.Show(c.Height())
	for i := from; i < to; i++ {
		bar, y := b.Bars[i], i-from
		ink := Plain
		if bar.Here {
			ink = Chosen
		}
		c.Right(labels, y, Shorten(bar.Label, labels), ink)
		x := c.Text(labels+1, y, strings.TrimRight(eighths(share(bar.Value, most), room, ' '), " "), bar.Ink)
		c.Fit(x+1, y, c.Width()-x-1, values[i], ink)
	}
}

// Histogram counts values into so many bars of the same breadth, labelled with where each
// begins. The bar that holds here is marked.
func Histogram(values []float64, bars int, here float64, format func(float64) string) []Bar {
	least, most := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			least, most = min(least, v), max(most, v)
		}
	}
	if least > most || bars <= 0 {
		return nil
	}
	if least == most {
		bars = 1
	}
	found := make([]Bar, bars)
	step := (most - least) / float64(bars)
	bin := func(v float64) int { return max(0, min(int(share(v-least, most-least)*float64(bars)), bars-1)) }
	for i := range found {
		found[i] = Bar{Label: format(least + float64(step*float64(i))), Ink: Series1}
	}
	for _, v := range values {
		if v >= least && v <= most {
			found[bin(v)].Value++
		}
	}
	if here >= least && here <= most {
		found[bin(here)].Here = true
	}
	return found
}

// share is a part of a whole, from 0 to 1.
func share(part, whole float64) float64 {
	s := part / whole
	if math.IsNaN(s) {
		return 0
	}
	return max(0, min(s, 1))
}

// Spark draws values from 0 upwards as a line of text of so many columns, the last value
// at its end. If there are more values than columns, a column shows the greatest of its
// values; one that is no number leaves a gap.
func Spark(values []float64, width int) string {
	if width <= 0 {
		return ""
	}
	columns := make([]float64, min(width, len(values)))
	for i := range columns {
		columns[i] = math.NaN()
		for _, v := range values[i*len(values)/len(columns) : (i+1)*len(values)/len(columns)] {
			if math.IsNaN(columns[i]) || v > columns[i] {
				columns[i] = v
			}
		}
	}
	most := 0.0
	for _, v := range columns {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			most = max(most, v)
		}
	}
	var b strings.Builder
	b.WriteString(strings.Repeat(" ", width-len(columns)))
	for _, v := range columns {
		if math.IsNaN(v) {
			b.WriteByte(' ')
			continue
		}
		b.WriteRune([]rune("▁▂▃▄▅▆▇█")[int(math.Round(share(v, most)*7))])
	}
	return b.String()
}

// Meter draws a share from 0 to 1 as a text of so many columns. Only what is all full
// looks so, and what is not empty has a trace.
func Meter(share float64, width int) string { return eighths(share, width, '░') }

// eighths draws a share in eighths of a column, and the rest in a character.
func eighths(share float64, width int, rest rune) string {
	if width <= 0 {
		return ""
	}
	n := 0
	if !math.IsNaN(share) {
		n = int(math.Round(max(0, min(share, 1)) * float64(8*width)))
		if share > 0 {
			n = max(n, 1)
		}
		if share < 1 {
			n = min(n, 8*width-1)
		}
	}
	text := strings.Repeat("█", n/8)
	if n%8 > 0 {
		text += string([]rune("▏▎▍▌▋▊▉")[n%8-1])
	}
	return text + strings.Repeat(string(rest), width-(n+7)/8)
}
