package panes

import (
	"fmt"

	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/tape"
)

// drawTable draws the table, or the part of it around the cursor if there is no room
// for all.
func (m *Matrix) drawTable(c *draw.Canvas, focus bool) {
	v := m.scene.View
	head := 0
	names := make([]string, len(m.shown))
	for k, i := range m.shown {
		names[k] = v.Nodes[i].Name
		head = max(head, draw.Width(names[k])+3)
	}
	top := 0
	if c.Height() > len(m.shown)+2 {
		c.Fit(0, 0, c.Width(), "rows send, columns receive", draw.Dim)
		top = 1
	}
	body := c.Part(0, top, c.Width(), c.Height()-top)
	grid, ok := matrixFit(names, head, body.Width(), body.Height())
	if !ok {
		m.grid = matrixGrid{}
		m.drawRow(body)
		return
	}
	m.grid, m.top = grid, top
	grid.heads(body, func(k int) draw.Ink { return m.headInk(k, m.column) })
	for row, i := range m.shown {
		y := grid.top + row
		m.drawHead(body, i, y, m.headInk(row, m.row))
		for column, j := range m.shown {
			at := focus && row == m.row && column == m.column
			m.drawCell(body, grid.left+column*grid.cell, y, grid.cell, tape.Pair{From: i, To: j}, at)
		}
	}
}

func (m *Matrix) headInk(k, at int) draw.Ink {
	if k == at {
		return draw.Strong
	}
	return draw.Plain
}

// drawHead names the node of a row, and its group.
func (m *Matrix) drawHead(c *draw.Canvas, i, y int, ink draw.Ink) {
	if ink == draw.Strong {
		c.Set(0, y, '▸', draw.Selected)
	}
	x := c.Text(1, y, m.scene.View.Nodes[i].Name, ink)
	if g := m.group[i]; m.grouping && g != 0 {
		c.Text(x, y, fmt.Sprintf(":%d", g), draw.Key)
	}
}

// drawCell draws a link: whether it is cut now, and whether it will be.
func (m *Matrix) drawCell(c *draw.Canvas, x, y, width int, p tape.Pair, at bool) {
	sign, ink := m.sign(p)
	c.Set(x+1, y, sign, ink)
	if at && width < 3 {
		c.Ink(x, y, width, draw.Selected)
		c.Set(x, y, '▸', draw.Selected)
	} else if at {
		c.Set(x, y, '[', draw.Selected)
		c.Set(x+2, y, ']', draw.Selected)
		c.Ink(x, y, 3, draw.Selected)
	}
}

func (m *Matrix) sign(p tape.Pair) (rune, draw.Ink) {
	now := m.scene.View.Links[p].Cuts > 0
	switch {
	case p.From == p.To:
		return ' ', draw.Plain
	case m.chosen[p]:
		return '╳', draw.Bad
	case now:
		return '▒', draw.Warn
	}
	return '·', draw.Dim
}

// drawRow draws the row of the cursor as a list, where there is no room for a table.
func (m *Matrix) drawRow(c *draw.Canvas) {
	v := m.scene.View
	from := m.shown[m.row]
	c.Fit(0, 0, c.Width(), fmt.Sprintf("▸ from %s to", v.Nodes[from].Name), draw.Strong)
	list := draw.List{Count: len(m.shown), Selected: m.column}
	first, last := list.Show(c.Height() - 1)
	for k := first; k < last; k++ {
		sign, ink := m.sign(tape.Pair{From: from, To: m.shown[k]})
		y := 1 + k - first
		c.Set(3, y, sign, ink)
		c.Fit(5, y, c.Width()-5, v.Nodes[m.shown[k]].Name, m.headInk(k, m.column))
		if k == m.column {
			c.Text(2, y, "[", draw.Selected)
			c.Text(4, y, "]", draw.Selected)
			c.Ink(2, y, 3, draw.Selected)
		}
	}
}

// drawBelow says what the cursor is on, what will be done, and what the signs mean.
func (m *Matrix) drawBelow(c *draw.Canvas) {
	v := m.scene.View
	h := c.Height()
	if h == 0 {
		return
	}
	text, ink := "nothing chosen", draw.Dim
	if what := m.Text(); what != "" {
		text, ink = "▸ "+what, draw.Chosen
	}
	c.Fit(0, 0, c.Width(), text, ink)
	if h < 3 {
		return
	}
	p := tape.Pair{From: m.shown[m.row], To: m.shown[m.column]}
	text = fmt.Sprintf("%s → %s: %s now", v.Nodes[p.From].Name, v.Nodes[p.To].Name, inspectLinkState(v, p))
	switch {
	case m.grouping:
		text = fmt.Sprintf("press a digit: the group of %s", v.Nodes[p.From].Name)
	case p.From == p.To:
		text = v.Nodes[p.From].Name
	case m.chosen[p]:
		text += ", will be cut"
	}
	c.Fit(0, 1, c.Width(), text, draw.Plain)
	c.Fit(0, 2, c.Width(), "╳ will be cut   ▒ is cut now   · works", draw.Dim)
}
