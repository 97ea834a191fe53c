package panes

import "github.com/orrery-sim/orrery/tui/draw"

// matrixGrid is where the cells of a table from nodes to nodes are.
type matrixGrid struct {
	names     []string
	left, top int // of the first cell
	cell      int // columns of a cell
	upright   bool
}

// matrixFit finds the best table for which there is room: the names above the columns
// stand upright if they would be too wide.
func matrixFit(names []string, left, width, height int) (matrixGrid, bool) {
	longest := 1
	for _, n := range names {
		longest = max(longest, draw.Width(n))
	}
	for _, g := range []matrixGrid{
		{cell: max(longest, 4) + 1, top: 1}, {cell: max(longest, 3) + 1, top: 1}, {cell: max(longest+1, 3), top: 1},
		{cell: 3, top: longest, upright: true}, {cell: 2, top: longest, upright: true},
	} {
		if left+len(names)*g.cell <= width && g.top+len(names) <= height {
			g.left, g.names = left, names
			return g, true
		}
	}
	return matrixGrid{}, false
}

// heads writes the names above the columns.
func (g *matrixGrid) heads(c *draw.Canvas, ink func(column int) draw.Ink) {
	for k, name := range g.names {
		x := g.left + k*g.cell
		if !g.upright {
			c.Fit(x, 0, g.cell-1, name, ink(k))
			continue
		}
		runes := []rune(name)
		for y, r := range runes {
			c.Set(x, g.top-len(runes)+y, r, ink(k))
		}
	}
}

// at is the cell at a place of the canvas; false if there is none.
func (g *matrixGrid) at(x, y int) (row, column int, ok bool) {
	if g.cell == 0 || x < g.left || y < g.top {
		return 0, 0, false
	}
	row, column = y-g.top, (x-g.left)/g.cell
	return row, column, row < len(g.names) && column < len(g.names)
}
