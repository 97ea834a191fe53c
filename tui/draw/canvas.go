// Package draw is what the player's panes draw on: a grid of cells, each a character
// and an ink. Inks say what something means; a [Theme] says how that looks, so no pane
// knows a colour.
package draw

// Ink says what a cell means.
type Ink uint8

// The inks. No state is told by ink alone: beside each stands a sign or a word.
const (
	Plain    Ink = iota
	Dim          // less important: hints, axes, what is idle
	Strong       // what a line is about
	Title        // the head of a pane that has the focus
	Frame        // borders
	Good         // ok, up, holding
	Bad          // violated, failed, crashed
	Warn         // a fault in force, degraded, paused
	Unknown      // nobody knows: an operation that stayed open
	Selected     // what keys act on
	Chosen       // the moment shown, and what belongs to it
	Key          // a key to press
	Leader       // who leads
	Series1      // of charts, and whatever has to be told apart
	Series2
	Series3
	Series4
	inkCount
)

// cell is one column of one line. The right half of a wide character is a cell with
// the character 0.
type cell struct {
	char rune
	ink  Ink
}

// Canvas is a grid of cells. What is drawn outside of it is not there.
type Canvas struct {
	cells         []cell
	left, top     int // of this part in the whole
	width, height int
	stride        int
}

// New returns an empty canvas of so many columns and lines.
func New(width, height int) *Canvas {
	width, height = max(width, 0), max(height, 0)
	c := &Canvas{cells: make([]cell, width*height), width: width, height: height, stride: width}
	for i := range c.cells {
		c.cells[i].char = ' '
	}
	return c
}

// Width returns how many columns there are.
func (c *Canvas) Width() int { return c.width }

// Height returns how many lines there are.
func (c *Canvas) Height() int { return c.height }

// Part returns a canvas that is a part of this one: what is drawn on it is drawn here.
func (c *Canvas) Part(x, y, width, height int) *Canvas {
	x0, y0 := min(max(x, 0), c.width), min(max(y, 0), c.height)
	x1, y1 := min(max(x+width, x0), c.width), min(max(y+height, y0), c.height)
	return &Canvas{cells: c.cells, left: c.left + x0, top: c.top + y0, width: x1 - x0, height: y1 - y0, stride: c.stride}
}

// Inside returns the part within the border.
func (c *Canvas) Inside() *Canvas { return c.Part(1, 1, c.width-2, c.height-2) }

// at returns the cell, or nil if it is outside.
func (c *Canvas) at(x, y int) *cell {
	if x < 0 || y < 0 || x >= c.width || y >= c.height {
		return nil
	}
	return &c.cells[(c.top+y)*c.stride+c.left+x]
}

// Set puts a character of one column. One of another width, or of none, is a "?".
func (c *Canvas) Set(x, y int, char rune, ink Ink) {
	if char = known(char); runeWidth(char) != 1 {
		char = '?'
	}
	c.put(x, y, char, ink)
}

// put changes a cell. Of a wide character that loses one half, the other half becomes a
// space, so that every line keeps its width.
func (c *Canvas) put(x, y int, char rune, ink Ink) {
	if x < 0 || y < 0 || x >= c.width || y >= c.height {
		return
	}
	column := c.left + x
	line := c.cells[(c.top+y)*c.stride:][:c.stride]
	if line[column].char == 0 {
		line[column-1].char = ' '
	}
	if column+1 < c.stride && line[column+1].char == 0 {
		line[column+1].char = ' '
	}
	line[column] = cell{char, ink}
}

// Get returns the character at a place, or 0 if it is outside.
func (c *Canvas) Get(x, y int) rune {
	if p := c.at(x, y); p != nil {
		return p.char
	}
	return 0
}

// Ink changes the ink of so many cells and leaves what they show.
func (c *Canvas) Ink(x, y, width int, ink Ink) {
	for i := range width {
		if p := c.at(x+i, y); p != nil {
			p.ink = ink
		}
	}
}

// Text writes a line and returns the column behind it. What has no room is cut off,
// also at the left end; control characters become a space.
func (c *Canvas) Text(x, y int, text string, ink Ink) int {
	for _, r := range text {
		r = known(r)
		w := runeWidth(r)
		if x+w > c.width {
			return x
		}
		if w == 2 && x >= 0 {
			c.put(x, y, ' ', ink)
			c.put(x+1, y, ' ', ink)
			if p := c.at(x+1, y); p != nil {
				c.at(x, y).char, p.char = r, 0
			}
		} else if w == 1 {
			c.put(x, y, r, ink)
		}
		x += w
	}
	return x
}

// Fit is Text in at most so many columns; where that is not enough, it ends in "…".
func (c *Canvas) Fit(x, y, width int, text string, ink Ink) int {
	return c.Text(x, y, Shorten(text, width), ink)
}

// Right writes a line that ends before column x.
func (c *Canvas) Right(x, y int, text string, ink Ink) {
	c.Text(x-Width(text), y, text, ink)
}

// Box draws a border around the whole canvas, with a title in it. The pane that has
// the focus has a double one.
func (c *Canvas) Box(title string, focus bool) {
	w, h := c.width-1, c.height-1
	if w < 1 || h < 1 {
		return
	}
	signs, ink := []rune("┌┐└┘─│"), Frame
	if focus {
		signs, ink = []rune("╔╗╚╝═║"), Title
	}
	for x := 1; x < w; x++ {
		c.Set(x, 0, signs[4], ink)
		c.Set(x, h, signs[4], ink)
	}
	for y := 1; y < h; y++ {
		c.Set(0, y, signs[5], ink)
		c.Set(w, y, signs[5], ink)
	}
	c.Set(0, 0, signs[0], ink)
	c.Set(w, 0, signs[1], ink)
	c.Set(0, h, signs[2], ink)
	c.Set(w, h, signs[3], ink)
	if title != "" && w > 4 {
		c.Fit(2, 0, w-3, " "+title+" ", ink)
	}
}

// Fill puts a character into every cell.
func (c *Canvas) Fill(char rune, ink Ink) {
	for y := range c.height {
		for x := range c.width {
			c.Set(x, y, char, ink)
		}
	}
}

// Paste draws another canvas on this one, its upper left corner at a place.
func (c *Canvas) Paste(x, y int, other *Canvas) {
	for j := range other.height {
		for i := range other.width {
			p := other.at(i, j)
			switch wide := other.at(i+1, j); {
			case p.char == 0:
			case wide != nil && wide.char == 0:
				c.Text(x+i, y+j, string(p.char), p.ink)
			default:
				c.put(x+i, y+j, p.char, p.ink)
			}
		}
	}
}

// Center draws another canvas in the middle of this one, as a dialog over what is there,
// and returns where its upper left corner is.
func (c *Canvas) Center(other *Canvas) (x, y int) {
	x, y = max((c.width-other.width)/2, 0), max((c.height-other.height)/2, 0)
	c.Paste(x, y, other)
	return x, y
}
