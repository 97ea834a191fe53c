package draw

import "slices"

// Column is one of a table.
type Column struct {
	Title string
	Right bool // numbers stand at the right
}

// Table is rows in columns, as wide as their contents. Where there is no room for all,
// the widest column gives way first, and the last ones go if that is not enough.
type Table struct {
	Columns []Column
	Rows    [][]string
	Ink     func(row, column int) Ink // nil is Plain
	List    *List                     // which rows are seen and which is selected; nil shows the first
}

const columnGap = 2

// Draw draws the table with its titles above, and a "▸" before the selected row.
func (t *Table) Draw(c *Canvas) {
	indent := 0
	if t.List != nil {
		t.List.Count = len(t.Rows)
		indent = 2
	}
	body := c.Part(0, 1, c.Width(), c.Height()-1)
	room := c.Width() - indent
	if len(t.Rows) > body.Height() {
		room -= 2 // the mark of the list
	}
	widths := t.widths(room)
	titles := make([]string, len(t.Columns))
	for i, column := range t.Columns {
		titles[i] = column.Title
	}
	t.row(c, indent, 0, widths, titles, func(int) Ink { return Dim })
	from, to := 0, min(len(t.Rows), body.Height())
	if t.List != nil {
		from, to = t.List.Show(body.Height())
	}
	for r := from; r < to; r++ {
		t.row(body, indent, r-from, widths, t.Rows[r], func(column int) Ink {
			if t.Ink == nil {
				return Plain
			}
			return t.Ink(r, column)
		})
		if t.List != nil && r == t.List.Selected {
			body.Set(0, r-from, '▸', Selected)
			body.Ink(0, r-from, body.Width(), Selected)
		}
	}
	if t.List != nil {
		t.List.Mark(body)
	}
}

func (t *Table) row(c *Canvas, x, y int, widths []int, texts []string, ink func(column int) Ink) {
	for i, w := range widths {
		if i < len(texts) && w > 0 {
			text := Shorten(texts[i], w)
			at := x
			if t.Columns[i].Right {
				at += w - Width(text)
			}
			c.Text(at, y, text, ink(i))
		}
		x += w + columnGap
	}
}

// widths are those of the columns that have room.
func (t *Table) widths(room int) []int {
	widths := make([]int, len(t.Columns))
	for i, column := range t.Columns {
		widths[i] = Width(column.Title)
		for _, row := range t.Rows {
			if i < len(row) {
				widths[i] = max(widths[i], Width(row[i]))
			}
		}
		widths[i] = min(widths[i], max(room, 0))
	}
	const least = 4
	for {
		over := columnGap*(len(widths)-1) - room
		for _, w := range widths {
			over += w
		}
		if over <= 0 || len(widths) == 0 {
			return widths
		}
		widest := slices.Index(widths, slices.Max(widths))
		if widths[widest] <= least && len(widths) > 1 {
			widths = widths[:len(widths)-1]
			continue
		}
		widths[widest]--
	}
}
