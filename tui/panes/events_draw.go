package panes

import (
	"fmt"
	"strings"

	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/tape"
)

// Render draws the list.
func (p *Events) Render(width, height int, focus bool) *draw.Canvas {
	c := draw.New(width, height)
	p.rows, p.lines = nil, 0
	foot := p.foot(c, focus)
	if p.empty() || p.sieve == nil {
		c.Fit(0, 0, width, "no events yet", draw.Dim)
		return c
	}
	y := 0
	if p.filter.Text != "" && height > 4 {
		y = p.filterLine(c)
	}
	l := p.layout(width)
	if height-foot-y > 3 {
		l.titles(c, y, p.delta)
		y++
	}
	p.top, p.lines = y, max(height-foot-y, 0)
	var moment int
	p.rows, moment = p.sieve.around(p.scene.View.Event, p.lines)
	marks := p.scene.Tape.Marks()
	for i, n := range p.rows {
		if e, ok := p.scene.Tape.Event(n); ok {
			p.row(c, l, y+i, &e, marks, i == moment)
		}
	}
	if len(p.rows) == 1 && !p.filter.Any() {
		c.Fit(0, y+1, width, p.nothing(), draw.Dim)
	}
	return c
}

func (p *Events) nothing() string {
	if !p.filled {
		return "looking for events that pass the filter..."
	}
	return "no other event passes the filter: x takes it away"
}

// filterLine says what is filtered, and how far that is known.
func (p *Events) filterLine(c *draw.Canvas) int {
	x := c.Text(0, 0, "filter ", draw.Dim)
	end := c.Width()
	all := p.scene.Tape.Events()
	found := fmt.Sprintf("%s pass", draw.Thousands(uint64(p.sieve.count())))
	if seen := p.sieve.hi + 1 - p.sieve.lo; seen < all {
		found += " of " + draw.Thousands(seen) + " seen"
	}
	if w := draw.Width(found); w+x+8 < end {
		c.Text(end-w, 0, found, draw.Dim)
		end -= w + 1
	}
	c.Fit(x, 0, end-x, p.filter.Text, draw.Strong)
	return 1
}

// foot draws what stands below the list, and returns how many lines it takes.
func (p *Events) foot(c *draw.Canvas, focus bool) int {
	w, h := c.Width(), c.Height()
	switch {
	case p.ask != askNothing:
		const most = 3
		n := min(2, h)
		switch {
		case p.input.Error != "":
			n = min(most, h)
		case p.input.Value() == "":
			n = min(1, h)
		}
		p.input.Draw(c.Part(0, h-n, w, n), focus)
		if p.input.Value() != "" && p.input.Error == "" || h < 2*len(FilterHelp) || w < 60 {
			return n
		}
		n += len(FilterHelp)
		for i, line := range FilterHelp {
			c.Fit(0, h-n+i, w, "  "+line, draw.Dim)
		}
		return n
	case h < 3:
		return 0
	case p.seek != nil:
		c.Fit(0, h-1, w, fmt.Sprintf("searching %s... %s (esc ends it)", p.seek.what, draw.Thousands(p.seek.looked)), draw.Warn)
		return 1
	case h >= 12 && w >= 60:
		x := 0
		for _, l := range []struct{ sign, word string }{
			{"▶", "the moment"}, {"↑", "its cause"}, {"↓", "its effect"}, {"✕", "lost or failed"}, {"◆", "noted"}, {"!", "done from outside"},
		} {
			if x+3+draw.Width(l.word) > w {
				break
			}
			x = c.Text(x, h-1, l.sign+" ", draw.Key)
			x = c.Text(x, h-1, l.word, draw.Dim) + 3
		}
		return 1
	}
	return 0
}

// columns say where the columns of the list begin and how wide they are; one that has
// no room has the width 0.
type columns struct {
	steps                  int // room for the numbers of a chain
	number, clock          int
	node, kind, what, by   int // where they begin
	nodeWide, kindWide     int
	whatWide, byWide, wide int
	short                  bool // times have fewer digits
}

// microDigits are the digits of a time that are left out where there is little room.
const microDigits = 3

func (p *Events) layout(width int) columns {
	const kindWide = 8
	s := p.scene
	l := columns{wide: width, number: len(fmt.Sprint(s.Tape.Events())), clock: len(draw.Clock(s.Tape.Progress().At)), kindWide: kindWide}
	if p.delta {
		l.clock++
	}
	if len(s.Chain) > 0 {
		l.steps = len(fmt.Sprint(len(s.Chain))) + 2
	}
	for _, n := range s.View.Nodes {
		l.nodeWide = max(l.nodeWide, draw.Width(n.Name))
	}
	l.number = max(l.number, 5)
	l.nodeWide = min(max(l.nodeWide, 4), 10)
	if width >= 76 {
		l.byWide = l.number + 2
	}
	if width < 60 {
		l.kindWide = 0
	}
	if l.short = width < 48; l.short {
		l.clock -= microDigits
	}
	if width < 34 {
		l.clock = 0
	}
	l.node = 3 + l.steps + l.number + 1
	if l.clock > 0 {
		l.node += l.clock + 1
	}
	l.node++
	l.kind = l.node + l.nodeWide + 1
	l.what = l.kind
	if l.kindWide > 0 {
		l.what += l.kindWide + 1
	}
	l.by = width - l.byWide
	l.whatWide = max(l.by-l.what, 0)
	if l.byWide > 0 {
		l.whatWide = max(l.whatWide-1, 0)
	}
	return l
}

func (l *columns) titles(c *draw.Canvas, y int, delta bool) {
	c.Right(3+l.steps+l.number, y, "event", draw.Dim)
	if l.clock > 0 {
		title := "time"
		if delta {
			title = "from here"
		}
		c.Right(l.node-2, y, title, draw.Dim)
	}
	c.Fit(l.node, y, l.nodeWide, "node", draw.Dim)
	if l.kindWide > 0 {
		c.Text(l.kind, y, "kind", draw.Dim)
	}
	c.Fit(l.what, y, l.whatWide, "what", draw.Dim)
	if l.byWide > 0 {
		c.Right(l.wide, y, "cause", draw.Dim)
	}
}

// row draws an event.
func (p *Events) row(c *draw.Canvas, l columns, y int, e *sim.Event, marks []tape.Mark, moment bool) {
	s := p.scene
	sign, ink := kindSign(e.Kind)
	text := described(s.Tape, e)
	if l.kindWide == 0 && sign == ' ' && direction(e.Kind) == 0 {
		text = strings.TrimSpace(e.Kind.String() + " " + text)
	}
	if e.Kind == sim.KindSpanEnd {
		sign, ink = outcomeSign(e)
	}
	if m, ok := markAt(marks, e.Number); ok && m.Kind != tape.MarkEnd {
		line, markInk := markLine(&m)
		if e.Kind == sim.KindNote || e.Kind == sim.KindFail {
			ink = markInk
		} else {
			sign, ink, text = []rune(line)[0], markInk, line+"  "+text
		}
	}
	c.Set(0, y, p.relation(e), draw.Chosen)
	c.Set(1, y, sign, ink)
	if i := s.stepInChain(e.Number); i > 0 {
		c.Right(2+l.steps, y, fmt.Sprintf("#%d", i), draw.Chosen)
	}
	about := ink
	if ink == draw.Bad || ink == draw.Good || ink == draw.Unknown {
		about = draw.Plain
	}
	c.Right(3+l.steps+l.number, y, fmt.Sprint(e.Number), draw.Dim)
	if l.clock > 0 {
		text := p.clock(e, moment)
		if l.short && !(moment && p.delta) {
			text = text[:len(text)-microDigits-1] + "s"
		}
		c.Right(l.node-2, y, text, draw.Dim)
	}
	c.Fit(l.node, y, l.nodeWide, e.Node, about)
	if l.kindWide > 0 {
		c.Fit(l.kind, y, l.kindWide, e.Kind.String(), ink)
	}
	c.Fit(l.what, y, l.whatWide, text, about)
	if l.byWide > 0 && e.Cause != 0 {
		c.Right(l.wide, y, fmt.Sprint(e.Cause), draw.Dim)
	}
	switch {
	case moment:
		c.Ink(0, y, c.Width(), draw.Chosen)
	case p.selected(e):
		c.Ink(l.node, y, l.what+l.whatWide-l.node, draw.Selected)
	}
}

// relation says how an event stands to the moment.
func (p *Events) relation(e *sim.Event) rune {
	last := &p.scene.View.Last
	switch {
	case e.Number == p.scene.View.Event:
		return '▶'
	case p.scene.View.Event == 0:
		return ' '
	case e.Number == last.Cause:
		return '↑'
	case e.Cause == last.Number:
		return '↓'
	}
	return ' '
}

// selected says whether an event is about what is selected, if that is a message or an
// operation: a node has too many.
func (p *Events) selected(e *sim.Event) bool {
	sel := &p.scene.Selected
	switch {
	case sel.Message != 0:
		return p.scene.Tape.SendOf(e.Number) == sel.Message
	case sel.Operation != 0:
		return e.Number == sel.Operation || e.Kind == sim.KindSpanEnd && e.Arg == sel.Operation
	}
	return false
}

// clock is the time of an event, or how far it is from the moment.
func (p *Events) clock(e *sim.Event, moment bool) string {
	if !p.delta {
		return draw.Clock(e.At)
	}
	d := e.At - p.scene.View.At
	switch {
	case moment:
		return "here"
	case d < 0:
		return draw.Clock(d)
	}
	return "+" + draw.Clock(d)
}

// outcomeSign is how an operation ended.
func outcomeSign(e *sim.Event) (rune, draw.Ink) {
	fields, _ := e.Body.([]sim.Field)
	for _, f := range fields {
		if f.Name != "outcome" {
			continue
		}
		switch f.Value {
		case "ok":
			return '■', draw.Good
		case "failed":
			return '✕', draw.Bad
		}
		return '?', draw.Unknown
	}
	return ' ', draw.Plain
}
