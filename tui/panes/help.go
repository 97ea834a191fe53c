package panes

import (
	"charm.land/bubbles/v2/key"

	"github.com/orrery-sim/orrery/tui/draw"
)

// Section is keys of one place, such as of a pane.
type Section struct {
	Title string
	Keys  []key.Binding
}

// Help is the keys and what they do, over what is on the screen. Bindings that are
// disabled or say nothing of themselves are left out.
type Help struct {
	Sections []Section
	list     draw.List // of lines; Top is what matters
	height   int       // of what was seen last
}

// helpColumn is the least width in which a key and what it does can be read.
const helpColumn = 36

// Press scrolls, and tells whether the help is to be closed.
func (h *Help) Press(key string) (done bool) {
	switch key {
	case "esc", "?", "q", "enter":
		return true
	case "up":
		h.Wheel(-1)
	case "down":
		h.Wheel(1)
	case "pgup":
		h.Wheel(1 - h.height)
	case "pgdown", "space":
		h.Wheel(h.height - 1)
	case "home":
		h.Wheel(-h.list.Count)
	case "end":
		h.Wheel(h.list.Count)
	}
	return false
}

// Wheel scrolls by so many lines.
func (h *Help) Wheel(rows int) { h.list.Scroll(rows, h.height) }

// Render returns a box that is no larger than it must be, with as few columns as have
// room.
func (h *Help) Render(width, height int) *draw.Canvas {
	most := max((width-2)/helpColumn, 1)
	columns := 1
	for columns < most && h.lines(columns, width) > height-2 {
		columns++
	}
	w := h.column(columns, width)
	h.list.Count = h.lines(columns, width)
	h.height = max(min(h.list.Count, height-2), 0)
	h.list.Scroll(0, h.height)

	all := draw.New(columns*w, h.list.Count)
	h.draw(all, columns, w)
	box := draw.New(min(columns*w+4, width), min(h.list.Count+2, height))
	box.Box("keys", true)
	inside := box.Inside()
	inside.Paste(1, -h.list.Top, all)
	h.list.Mark(inside)
	const more = " esc closes "
	if bottom := box.Height() - 1; bottom > 0 && box.Width() > len(more)+4 {
		box.Right(box.Width()-2, bottom, more, draw.Title)
	}
	return box
}

// column is the width of a column.
func (h *Help) column(columns, width int) int {
	return max(min((width-4)/columns, 60), 0)
}

// lines is the height of the highest of so many columns.
func (h *Help) lines(columns, width int) int {
	return h.draw(draw.New(0, 0), columns, h.column(columns, width))
}

// draw draws the sections below each other, in a new column where that makes the columns
// more even, and returns how many lines the highest has.
func (h *Help) draw(c *draw.Canvas, columns, width int) int {
	var blocks []*draw.Canvas
	total := 0
	for _, s := range h.Sections {
		if b := s.render(width - 2); b != nil {
			blocks = append(blocks, b)
			total += b.Height()
		}
	}
	x, y, highest := 0, 0, 0
	for _, b := range blocks {
		if y > 0 && x < columns-1 && y+b.Height()/2 > (total+columns-1)/columns {
			x, y = x+1, 0
		}
		c.Paste(x*width, y, b)
		y += b.Height()
		highest = max(highest, y-1) // below the last block no line is needed
	}
	return highest
}

// render returns the title, a line for each key, and an empty line, or nil.
func (s *Section) render(width int) *draw.Canvas {
	type line struct{ key, text string }
	var found []line
	keys := 0
	for _, b := range s.Keys {
		if !b.Enabled() || b.Help().Desc == "" {
			continue
		}
		keys = max(keys, draw.Width(b.Help().Key))
		found = append(found, line{b.Help().Key, b.Help().Desc})
	}
	if found == nil {
		return nil
	}
	keys = min(keys, max(width/2, 0))
	var keyed []line // with what is wrapped below
	for _, l := range found {
		for i, text := range draw.Wrap(l.text, width-keys-2) {
			if i > 0 {
				l.key = ""
			}
			keyed = append(keyed, line{l.key, text})
		}
	}
	c := draw.New(width, len(keyed)+2)
	c.Text(0, 0, s.Title, draw.Title)
	for i, l := range keyed {
		c.Fit(0, i+1, keys, l.key, draw.Key)
		c.Text(keys+2, i+1, l.text, draw.Plain)
	}
	return c
}
