package tui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/panes"
)

// box is what lies over the screen until it is done with.
type box interface {
	Press(key, text string) (done, cancelled bool)
	Render(width, height int) *draw.Canvas
}

// overlay is a box, and what happens when it is done.
type overlay struct {
	box
	done   func(m *Model) tea.Cmd
	escape func(m *Model) tea.Cmd // instead of just going away; nil is that
	x, y   int                    // where it was drawn
}

// press gives a key to the box.
func (o *overlay) press(m *Model, key, text string) tea.Cmd {
	done, cancelled := o.Press(key, text)
	switch {
	case done:
		m.overlay = nil
		if o.done != nil {
			return o.done(m)
		}
	case cancelled:
		m.overlay = nil
		if o.escape != nil {
			return o.escape(m)
		}
	}
	return nil
}

// click gives a press of the mouse to the box, or closes it if it is beside it.
func (o *overlay) click(m *Model, x, y int) tea.Cmd {
	c := o.Render(m.width, m.height-2)
	x, y = x-o.x, y-o.y
	if x < 0 || y < 0 || x >= c.Width() || y >= c.Height() {
		return o.press(m, "esc", "")
	}
	switch b := o.box.(type) {
	case interface{ Click(x, y int) bool }:
		if b.Click(x, y) {
			return o.press(m, "enter", "")
		}
	case interface{ Click(x, y int) }:
		b.Click(x, y)
	}
	return nil
}

func (o *overlay) wheel(rows int) {
	if b, ok := o.box.(interface{ Wheel(rows int) }); ok {
		b.Wheel(rows)
	}
}

func (o *overlay) paste(text string) {
	if b, ok := o.box.(interface{ Insert(text string) }); ok {
		b.Insert(text)
	}
}

// draw draws the box in the middle of the canvas.
func (o *overlay) draw(c *draw.Canvas) {
	b := o.Render(c.Width(), c.Height()-2)
	o.x, o.y = (c.Width()-b.Width())/2, max(1, (c.Height()-b.Height())/3)
	c.Paste(o.x, o.y, b)
}

// helpBox lets help be an overlay.
type helpBox struct{ *panes.Help }

func (h helpBox) Press(key, _ string) (done, cancelled bool) { return h.Help.Press(key), false }

// line is a dialog of one line, that is not done before the line is sound.
type line struct {
	panes.Input
	title string
	check func(text string) error // nil takes all
}

// Press answers a key.
func (l *line) Press(key, text string) (done, cancelled bool) {
	done, cancelled = l.Input.Press(key, text)
	if done && l.check != nil {
		if err := l.check(l.Value()); err != nil {
			l.Error = oneLine(err)
			return false, false
		}
	}
	return done, cancelled
}

// Render draws the line in a border.
func (l *line) Render(width, height int) *draw.Canvas {
	c := draw.New(min(width, 90), min(height, 6))
	c.Box(l.title, true)
	inside := c.Inside()
	l.Draw(inside.Part(1, 0, inside.Width()-2, inside.Height()), true)
	return c
}

// ask opens a line.
func (m *Model) ask(title, value, hint string, check func(text string) error, done func(m *Model, text string) tea.Cmd) tea.Cmd {
	l := &line{title: title, check: check}
	l.Prompt, l.Hint = "> ", hint
	l.SetValue(value)
	m.overlay = &overlay{box: l, done: func(m *Model) tea.Cmd { return done(m, l.Value()) }}
	return nil
}

// choose opens a list to choose from.
func (m *Model) choose(title string, entries []panes.Entry, done func(m *Model, e panes.Entry) tea.Cmd) tea.Cmd {
	p := panes.NewPalette(entries)
	p.Title = title
	return m.choosePalette(p, done)
}

func (m *Model) choosePalette(p *panes.Palette, done func(m *Model, e panes.Entry) tea.Cmd) tea.Cmd {
	m.overlay = &overlay{box: p, done: func(m *Model) tea.Cmd {
		e, ok := p.Selected()
		if !ok {
			return nil
		}
		return done(m, e)
	}}
	return nil
}
