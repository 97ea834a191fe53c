package draw

// LineKind is how a line looks: one of Light, Dashed and Dotted, and any of the others.
type LineKind uint8

// The kinds of lines.
const (
	Light     LineKind = 0
	Dashed    LineKind = 1
	Dotted    LineKind = 2  // for what is slow
	Cut       LineKind = 4  // a break with ╳ in the middle: nothing comes through
	HeadAt0   LineKind = 8  // an arrow head at the first point
	HeadAt1   LineKind = 16 // an arrow head at the second point
	Fine      LineKind = 32 // of dots, eight in a cell: straight in any direction
	lineStyle          = Dashed | Dotted
)

// Line draws a line between two cells, both included. Where it crosses another one, a
// Light line that is level or upright leaves a "┼".
func (c *Canvas) Line(x0, y0, x1, y1 int, ink Ink, kind LineKind) {
	if kind&Fine != 0 {
		c.fineLine(x0, y0, x1, y1, ink, kind)
	} else {
		c.stairs(x0, y0, x1, y1, ink, kind)
	}
	if kind&Cut != 0 {
		c.cut(x0, y0, x1, y1)
	}
	if kind&HeadAt0 != 0 {
		c.Set(x0, y0, head(x0-x1, y0-y1), ink)
	}
	if kind&HeadAt1 != 0 {
		c.Set(x1, y1, head(x1-x0, y1-y0), ink)
	}
}

// cut makes the break in the middle of a line.
func (c *Canvas) cut(x0, y0, x1, y1 int) {
	if x, y := (x0+x1)/2, (y0+y1)/2; abs(x1-x0) >= 4 && abs(x1-x0) > abs(y1-y0) {
		c.Text(x-1, y, " ╳ ", Bad)
	} else {
		c.Set(x, y, '╳', Bad)
	}
}

// head is the arrow head for a direction. A cell is about twice as high as wide.
func head(dx, dy int) rune {
	switch {
	case abs(dx) >= 2*abs(dy) && dx >= 0:
		return '►'
	case abs(dx) >= 2*abs(dy):
		return '◄'
	case dy > 0:
		return '▼'
	}
	return '▲'
}

func abs(n int) int { return max(n, -n) }

// along is the whole number nearest to the line through two points at a.
func along(a, a0, b0, a1, b1 int) int {
	if a1 == a0 {
		return b0
	}
	n, d := int64(b1-b0)*int64(a-a0), int64(a1-a0)
	if d < 0 {
		n, d = -n, -d
	}
	steps := (2*n + d) / (2 * d)
	if (2*n+d)%(2*d) < 0 {
		steps-- // division rounds towards zero
	}
	return b0 + int(steps)
}

// stairs draws a line of whole cells, with corners where it changes its row or column.
func (c *Canvas) stairs(x0, y0, x1, y1 int, ink Ink, kind LineKind) {
	if abs(x1-x0) == abs(y1-y0) && x0 != x1 {
		c.diagonal(x0, y0, x1, y1, ink)
		return
	}
	if abs(x1-x0) > abs(y1-y0) {
		if x0 > x1 {
			x0, y0, x1, y1 = x1, y1, x0, y0
		}
		for x := max(x0, 0); x <= min(x1, c.width-1); x++ {
			y := along(x, x0, y0, x1, y1)
			next := along(min(x+1, x1), x0, y0, x1, y1)
			c.step(x, y, x, next, ink, kind)
		}
		return
	}
	if y0 > y1 {
		x0, y0, x1, y1 = x1, y1, x0, y0
	}
	for y := max(y0, 0); y <= min(y1, c.height-1); y++ {
		x := along(y, y0, x0, y1, x1)
		next := along(min(y+1, y1), y0, x0, y1, x1)
		c.step(x, y, next, y, ink, kind|upright)
	}
}

const upright LineKind = 64 // the line goes more down than to the right

// step draws one cell of a line, or the two corners by which it comes to the next row or
// column.
func (c *Canvas) step(x, y, x1, y1 int, ink Ink, kind LineKind) {
	switch {
	case y1 > y:
		c.Set(x, y, '╮', ink)
		c.Set(x, y1, '╰', ink)
	case y1 < y:
		c.Set(x, y, '╯', ink)
		c.Set(x, y1, '╭', ink)
	case x1 > x:
		c.Set(x, y, '╰', ink)
		c.Set(x1, y, '╮', ink)
	case x1 < x:
		c.Set(x, y, '╯', ink)
		c.Set(x1, y, '╭', ink)
	default:
		c.straight(x, y, ink, kind)
	}
}

func (c *Canvas) straight(x, y int, ink Ink, kind LineKind) {
	level, up := []rune("─┄┈"), []rune("│┆┊")
	this, other := level, up
	if kind&upright != 0 {
		this, other = up, level
	}
	style := kind & lineStyle
	char := this[min(int(style), 2)]
	if at := c.Get(x, y); style == Light && (at == other[0] || at == '┼') {
		char = '┼'
	}
	c.Set(x, y, char, ink)
}

func (c *Canvas) diagonal(x0, y0, x1, y1 int, ink Ink) {
	if x0 > x1 {
		x0, y0, x1, y1 = x1, y1, x0, y0
	}
	char := '╲'
	if y1 < y0 {
		char = '╱'
	}
	for x := max(x0, 0); x <= min(x1, c.width-1); x++ {
		c.Set(x, along(x, x0, y0, x1, y1), char, ink)
	}
}

// fineLine draws from the middle of one cell to that of another.
func (c *Canvas) fineLine(x0, y0, x1, y1 int, ink Ink, kind LineKind) {
	c.dots(2*x0, 4*y0+1, 2*x1, 4*y1+1, ink, kind)
}

// dots draws a line between two dots; there are two in a row of a cell, and four in a
// column.
func (c *Canvas) dots(x0, y0, x1, y1 int, ink Ink, kind LineKind) {
	on, period := 1, 1 // dots shown, and of how many
	switch kind & lineStyle {
	case Dashed:
		on, period = 3, 5
	case Dotted:
		on, period = 1, 3
	}
	if abs(x1-x0) >= abs(y1-y0) {
		if x0 > x1 {
			x0, y0, x1, y1 = x1, y1, x0, y0
		}
		for x := max(x0, 0); x <= min(x1, 2*c.width-1); x++ {
			if (x-x0)%period < on {
				c.Dot(x, along(x, x0, y0, x1, y1), ink)
			}
		}
		return
	}
	if y0 > y1 {
		x0, y0, x1, y1 = x1, y1, x0, y0
	}
	for y := max(y0, 0); y <= min(y1, 4*c.height-1); y++ {
		if (y-y0)%period < on {
			c.Dot(along(y, y0, x0, y1, x1), y, ink)
		}
	}
}

// Dot sets a dot of a canvas that is twice as wide and four times as high: the dots of a
// cell are a character of braille. Other dots in the cell stay, other characters go.
func (c *Canvas) Dot(x, y int, ink Ink) {
	if x < 0 || y < 0 {
		return
	}
	const blank = 0x2800
	bits := [4][2]rune{{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}
	char := c.Get(x/2, y/4)
	if char < blank || char > blank+0xff {
		char = blank
	}
	c.Set(x/2, y/4, char|bits[y%4][x%2], ink)
}
