package tui

import (
	"time"

	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/tape"
)

// barHeight is the height of the scrubber: marks, and the bar.
const barHeight = 2

// span is the time that the scrubber stands for.
func (p *player) span() time.Duration {
	end := time.Duration(1)
	for _, t := range p.takes {
		end = max(end, t.Tape().Progress().End)
	}
	return end
}

// column is where a time is on the scrubber.
func (p *player) column(at time.Duration, width int) int {
	return min(int(float64(at)/float64(p.span())*float64(width-1)+0.5), width-1)
}

// timeAt is the time of a column of the scrubber.
func (p *player) timeAt(x int) time.Duration {
	share := float64(x-p.bar.x) / float64(max(p.bar.width-1, 1))
	return time.Duration(min(max(share, 0), 1) * float64(p.span()))
}

// signs of marks, the more important of two in one column last.
var markSigns = []struct {
	kind tape.MarkKind
	sign rune
	ink  draw.Ink
}{
	{tape.MarkFaultEnd, '△', draw.Dim},
	{tape.MarkMilestone, '◆', draw.Leader},
	{tape.MarkFault, '▼', draw.Warn},
	{tape.MarkEnd, '■', draw.Bad},
	{tape.MarkViolation, '✗', draw.Bad},
}

// scrubber draws the marks and how far one has come.
func (p *player) scrubber(c *draw.Canvas) {
	s, w := p.session(), c.Width()
	t := s.Tape()
	progress := t.Progress()
	for x := range w {
		c.Set(x, 1, '·', draw.Dim)
	}
	for x := range p.column(progress.At, w) + 1 {
		c.Set(x, 1, '─', draw.Frame)
	}
	marks := t.Marks()
	p.shade(c)
	for x := range p.column(s.At(), w) {
		if c.Get(x, 1) == '─' {
			c.Set(x, 1, '━', draw.Chosen)
		}
	}
	for _, sign := range markSigns {
		for _, m := range marks {
			if m.Kind == sign.kind {
				c.Set(p.column(m.At, w), 0, sign.sign, sign.ink)
			}
		}
	}
	for _, b := range s.Bookmarks() {
		if b <= progress.Events {
			c.Set(p.column(t.Time(b), w), 0, 'B', draw.Key)
		}
	}
	c.Set(p.column(s.At(), w), 1, '●', draw.Chosen)
}

// shade draws when faults are in force into the bar.
func (p *player) shade(c *draw.Canvas) {
	for _, f := range p.session().Tape().Stretches() {
		for x := p.column(f.From, c.Width()); x <= p.column(f.To, c.Width()); x++ {
			c.Set(x, 1, '▒', draw.Warn)
		}
	}
}
