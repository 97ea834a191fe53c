package panes

import (
	"charm.land/bubbles/v2/key"

	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/tape"
)

// Matrix edits which links are to be cut: a table from nodes to nodes. What is chosen
// becomes a fault, and adds to what is cut already.
type Matrix struct {
	scene       *Scene
	withClients bool
	shown       []int // nodes, by index
	chosen      map[tape.Pair]bool
	row, column int

	grouping bool
	group    map[int]int // of nodes, from 1

	grid matrixGrid // of what was last drawn
	top  int        // the line that it begins in
}

// CloseEditor asks to put away the editor that has the focus.
type CloseEditor struct{}

func (CloseEditor) action() {}

// Title names the pane.
func (m *Matrix) Title() string { return "links to cut" }

// Show gives the pane what it is to show from now on.
func (m *Matrix) Show(s *Scene) {
	m.scene = s
	m.choose()
}

// choose finds out which nodes have a row.
func (m *Matrix) choose() {
	m.shown = m.shown[:0]
	if m.scene == nil || m.scene.View == nil {
		return
	}
	for i, n := range m.scene.View.Nodes {
		if !n.Client || m.withClients {
			m.shown = append(m.shown, i)
		}
	}
	m.row, m.column = max(min(m.row, len(m.shown)-1), 0), max(min(m.column, len(m.shown)-1), 0)
}

// Keys are those that the pane answers.
func (m *Matrix) Keys() []key.Binding {
	return []key.Binding{
		bind("←↑↓→", "move", "left", "right", "up", "down", "home", "end"),
		bind("space", "cut the link in this direction, or not", "space", " "),
		bind("b", "cut it both ways, or not", "b"),
		bind("x", "cut all that the row's node sends", "x"),
		bind("X", "cut all that reaches the column's node", "X"),
		bind("g", "put nodes into groups by 1 to 9, 0 for none, and cut between groups", "g"),
		bind("0-9", "the group of the row's node", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9"),
		bind("c", "with clients, or without", "c"),
		bind("backspace", "cut nothing", "backspace", "delete"),
		bind("enter", "do it", "enter"),
		bind("esc", "leave it", "esc"),
	}
}

// Press answers a key.
func (m *Matrix) Press(k string) Action {
	last := len(m.shown) - 1
	switch k {
	case "esc":
		if m.grouping {
			m.grouping = false
			return Handled{}
		}
		m.clear()
		return CloseEditor{}
	case "c":
		m.withClients = !m.withClients
		m.choose()
		return Handled{}
	case "enter":
		text := m.Text()
		if text == "" {
			return Say{"no link is chosen: space chooses one, g cuts between groups"}
		}
		m.clear()
		return Act{text}
	}
	if last < 0 {
		return nil
	}
	switch k {
	case "left":
		m.column = max(m.column-1, 0)
	case "right":
		m.column = min(m.column+1, last)
	case "up":
		m.row = max(m.row-1, 0)
	case "down":
		m.row = min(m.row+1, last)
	case "home":
		m.row, m.column = 0, 0
	case "end":
		m.row, m.column = last, last
	case "backspace", "delete":
		m.clear()
	default:
		return m.edit(k)
	}
	return Handled{}
}

// clear forgets what is chosen.
func (m *Matrix) clear() { m.chosen, m.group, m.grouping = nil, nil, false }

// edit answers the keys that choose links.
func (m *Matrix) edit(k string) Action {
	from, to := m.shown[m.row], m.shown[m.column]
	var links []tape.Pair
	switch {
	case k == "space" || k == " ":
		links = []tape.Pair{{From: from, To: to}}
	case k == "b":
		links = []tape.Pair{{From: from, To: to}, {From: to, To: from}}
	case k == "x":
		for _, i := range m.shown {
			links = append(links, tape.Pair{From: from, To: i})
		}
	case k == "X":
		for _, i := range m.shown {
			links = append(links, tape.Pair{From: i, To: to})
		}
	case k == "g":
		m.grouping = !m.grouping
		return Handled{}
	case len(k) == 1 && k >= "0" && k <= "9":
		m.assign(from, int(k[0]-'0'))
		return Handled{}
	default:
		return nil
	}
	return m.toggle(links)
}

// toggle chooses the links, or takes them all back if they are chosen.
func (m *Matrix) toggle(links []tape.Pair) Action {
	all, real := true, 0
	for _, p := range links {
		if p.From != p.To {
			all = all && m.chosen[p]
			real++
		}
	}
	if real == 0 {
		return Say{"a node has no link to itself"}
	}
	if m.chosen == nil {
		m.chosen = map[tape.Pair]bool{}
	}
	for _, p := range links {
		if p.From != p.To {
			m.set(p, !all)
		}
	}
	m.group = nil
	return Handled{}
}

func (m *Matrix) set(p tape.Pair, cut bool) {
	if cut {
		m.chosen[p] = true
	} else {
		delete(m.chosen, p)
	}
}

// assign puts a node into a group, goes to the next, and chooses the links between groups.
func (m *Matrix) assign(node, group int) {
	if m.group == nil {
		m.group = map[int]int{}
	}
	m.grouping, m.group[node] = true, group
	m.row = min(m.row+1, len(m.shown)-1)
	m.chosen = map[tape.Pair]bool{}
	for _, i := range m.shown {
		for _, j := range m.shown {
			if a, b := m.group[i], m.group[j]; a != 0 && b != 0 && a != b {
				m.chosen[tape.Pair{From: i, To: j}] = true
			}
		}
	}
}

// Click moves to a cell, and chooses the one that is clicked again.
func (m *Matrix) Click(x, y int) Action {
	row, column, ok := m.grid.at(x, y-m.top)
	if !ok || row >= len(m.shown) || column >= len(m.shown) {
		return Handled{}
	}
	if row == m.row && column == m.column {
		return m.edit("space")
	}
	m.row, m.column = row, column
	return Handled{}
}

// Wheel moves up and down.
func (m *Matrix) Wheel(lines int) Action {
	m.row = max(min(m.row+lines, len(m.shown)-1), 0)
	return Handled{}
}

// Render draws the table, and below it what will be done.
func (m *Matrix) Render(width, height int, focus bool) *draw.Canvas {
	c := draw.New(width, height)
	if m.scene == nil || m.scene.View == nil || len(m.shown) == 0 {
		c.Fit(0, 0, width, "there are no nodes yet", draw.Dim)
		return c
	}
	below := max(min(3, height-4), 1)
	m.drawTable(c.Part(0, 0, width, height-below), focus)
	m.drawBelow(c.Part(0, height-below, width, below))
	return c
}
