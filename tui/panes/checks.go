package panes

import (
	"charm.land/bubbles/v2/key"

	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/tape"
)

// Checks shows what is promised, and what is known of it at the moment shown: which
// promise holds so far, which is broken and by what, and what the run came to.
type Checks struct {
	scene    *Scene
	progress tape.Progress
	list     draw.List
	lines    []checkLine
	height   int // of the list, when it was last drawn
	clicked  int // the line that was clicked last, or -1
}

// NewChecks returns the pane.
func NewChecks() *Checks { return &Checks{clicked: -1} }

// checkLine is a line of the pane.
type checkLine struct {
	parts []checkPart
	event uint64 // that it tells of; 0 is none
}

// checkPart is a text in a line, from a column on.
type checkPart struct {
	column int
	text   string
	ink    draw.Ink
}

// Title names the pane.
func (c *Checks) Title() string { return "checks" }

// Show gives the pane what it is to show.
func (c *Checks) Show(s *Scene) {
	if c.scene = s; s.Tape != nil {
		c.progress = s.Tape.Progress()
	}
}

// Keys are those that the pane answers.
func (c *Checks) Keys() []key.Binding {
	return []key.Binding{
		bind("↑/↓", "select a line", "up", "down", "pgup", "pgdown", "home", "end"),
		bind("enter", "go to the event that the line tells of", "enter"),
		bind("w", "ask why it happened", "w"),
		bind("n", "the next line that tells of a violation", "n"),
	}
}

// Press answers a key.
func (c *Checks) Press(k string) Action {
	if c.scene == nil {
		return nil
	}
	c.clicked = -1
	if c.list.Press(k, max(c.height, 1)) {
		return Handled{}
	}
	switch k {
	case "enter":
		return c.open()
	case "w":
		if event := c.event(); event != 0 {
			return AskWhy{event}
		}
		return checkNothing
	case "n":
		for i := range c.lines {
			if j := (c.list.Selected + 1 + i) % len(c.lines); c.lines[j].event != 0 {
				c.list.Selected = j
				return Handled{}
			}
		}
		return Say{"no promise is known to be broken"}
	}
	return nil
}

var checkNothing = Say{"this line tells of no event"}

// event is that of the selected line, or 0.
func (c *Checks) event() uint64 {
	if i := c.list.Selected; i < len(c.lines) {
		return c.lines[i].event
	}
	return 0
}

func (c *Checks) open() Action {
	if event := c.event(); event != 0 {
		return GoTo{event}
	}
	return checkNothing
}

// Click selects a line; once more, it goes to its event.
func (c *Checks) Click(_, y int) Action {
	if !c.list.Click(y) {
		return Handled{}
	}
	if c.clicked == c.list.Selected {
		return c.open()
	}
	c.clicked = c.list.Selected
	return Handled{}
}

// Wheel scrolls.
func (c *Checks) Wheel(lines int) Action {
	c.list.Scroll(lines, max(c.height, 1))
	return Handled{}
}

// Render draws the pane.
func (c *Checks) Render(width, height int, focus bool) *draw.Canvas {
	canvas := draw.New(width, height)
	c.height = height
	if c.scene == nil || c.scene.Tape == nil || c.scene.View == nil {
		return canvas
	}
	text := checkText{checks: c, width: max(width-4, 1)}
	text.write()
	c.lines = text.lines
	c.list.Count = len(c.lines)
	from, to := c.list.Show(height)
	for i := from; i < to; i++ {
		line := canvas.Part(2, i-from, text.width, 1)
		for _, p := range c.lines[i].parts {
			line.Fit(p.column, 0, text.width-p.column, p.text, p.ink)
		}
		if i == c.list.Selected && focus {
			canvas.Set(0, i-from, '▸', draw.Selected)
			canvas.Ink(0, i-from, width, draw.Selected)
		}
	}
	c.list.Mark(canvas)
	return canvas
}
