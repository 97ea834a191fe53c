package panes

import (
	"fmt"

	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/tape"
)

// stageLinkSign is what is wrong with a link.
func stageLinkSign(l tape.LinkState) (rune, draw.Ink) {
	switch {
	case l.Cuts > 0:
		return '╳', draw.Bad
	case l.Holds > 0:
		return '‖', draw.Warn
	case l.Degraded > 0:
		return '~', draw.Warn
	}
	return '·', draw.Dim
}

// drawLinks draws a table of all links, from the rows to the columns, and says whether
// there is room for it.
func (s *Stage) drawLinks(c *draw.Canvas) bool {
	v := s.scene.View
	servers, clients := s.division()
	for _, shown := range [][]int{append(servers[:len(servers):len(servers)], clients...), servers} {
		head := s.rowHead(shown, c.Width())
		names := make([]string, len(shown))
		for k, i := range shown {
			names[k] = v.Nodes[i].Name
		}
		if grid, ok := matrixFit(names, head, c.Width(), c.Height()); ok {
			s.drawTable(c, grid, shown)
			return true
		}
	}
	return false
}

// rowHead is how wide the heads of the rows are.
func (s *Stage) rowHead(shown []int, width int) int {
	name, word := 0, 0
	for _, i := range shown {
		_, role, _ := stageLook(s.scene.View.States[i])
		name, word = max(name, draw.Width(s.scene.View.Nodes[i].Name)), max(word, draw.Width(role))
	}
	if head := name + word + 4; head <= width/3 {
		return head
	}
	return name + 3
}

func (s *Stage) drawTable(c *draw.Canvas, grid matrixGrid, shown []int) {
	v := s.scene.View
	flying := map[tape.Pair]int{}
	for i := range v.Flying {
		flying[tape.Pair{From: v.Flying[i].From, To: v.Flying[i].To}]++
	}
	grid.heads(c, func(k int) draw.Ink { return s.tableInk(shown[k]) })
	for row, i := range shown {
		y := grid.top + row
		sign, word, ink := stageLook(v.States[i])
		s.signs.see(sign)
		s.rects[i] = stageRect{0, y, grid.left, 1}
		s.targets = append(s.targets, stageTarget{s.rects[i], Selection{Node: v.Nodes[i].Name}})
		if s.selected(i) {
			c.Set(0, y, '▸', draw.Selected)
		} else {
			c.Set(0, y, sign, ink)
		}
		x := c.Fit(2, y, grid.left-3, v.Nodes[i].Name, s.tableInk(i))
		c.Fit(x+1, y, grid.left-x-2, word, ink)
		for column, j := range shown {
			if i != j {
				p := tape.Pair{From: i, To: j}
				s.drawTableCell(c, grid.left+column*grid.cell, y, grid.cell, p, flying[p])
			}
		}
	}
	s.signs.see('●')
}

func (s *Stage) tableInk(i int) draw.Ink {
	if s.happened(i) {
		return draw.Chosen
	}
	_, _, ink := stageLook(s.scene.View.States[i])
	return s.nodeInk(i, ink)
}

// drawTableCell draws the state of a link and how many messages are on it.
func (s *Stage) drawTableCell(c *draw.Canvas, x, y, width int, p tape.Pair, flying int) {
	v := s.scene.View
	sign, ink := stageLinkSign(v.Links[p])
	s.signs.see(sign)
	pick := Selection{Node: v.Nodes[p.From].Name, Peer: v.Nodes[p.To].Name}
	s.targets = append(s.targets, stageTarget{stageRect{x, y, width, 1}, pick})
	if s.scene.Selected == pick {
		ink = draw.Selected
	}
	c.Set(x, y, sign, ink)
	if flying > 0 && width > 2 {
		c.Fit(x+1, y, width-1, fmt.Sprintf("●%d", flying), draw.Strong)
	} else if flying > 0 && sign == '·' {
		c.Set(x, y, '●', draw.Strong)
	}
}

// drawCells draws nodes as cells beside and below each other: what there is room for
// when there is room for nothing else.
func (s *Stage) drawCells(c *draw.Canvas) {
	v := s.scene.View
	servers, clients := s.division()
	shown := append(servers[:len(servers):len(servers)], clients...)
	if s.noClients {
		shown = servers
	}
	name, word := 1, 0
	for _, i := range shown {
		_, role, _ := stageLook(v.States[i])
		name, word = max(name, draw.Width(v.Nodes[i].Name)), max(word, draw.Width(role)+1)
	}
	width, perLine := 0, 0
	for _, width = range []int{name + word + 14, name + 12, name + 2} {
		perLine = max(c.Width()/width, 1)
		if len(shown) <= perLine*c.Height() {
			break
		}
	}
	for k, i := range shown {
		x, y := k%perLine*width, k/perLine
		if left := len(shown) - k; y == c.Height()-1 && k%perLine == perLine-1 && left > 1 {
			c.Fit(x, y, c.Width()-x, fmt.Sprintf("+%d", left), draw.Dim)
			return
		}
		s.drawCell(c, i, stageRect{x, y, width, 1})
	}
}

// drawCell draws a node in a line: its sign, its name, and how many of its links are
// cut, worse, or have messages on them.
func (s *Stage) drawCell(c *draw.Canvas, i int, r stageRect) {
	s.rects[i] = r
	v := s.scene.View
	sign, word, ink := stageLook(v.States[i])
	s.signs.see(sign)
	s.targets = append(s.targets, stageTarget{r, Selection{Node: v.Nodes[i].Name}})
	if s.selected(i) {
		sign = '▸'
	}
	c.Set(r.x, r.y, sign, ink)
	x := c.Fit(r.x+1, r.y, r.w-1, v.Nodes[i].Name, s.tableInk(i))
	if room := r.w - (x - r.x) - 10; room > draw.Width(word) && word != "" {
		x = c.Text(x+1, r.y, word, ink)
	}
	cuts, worse, flying := s.linksAt(i)
	if cuts > 0 && sign == '■' && r.w < draw.Width(v.Nodes[i].Name)+5 {
		c.Set(r.x, r.y, '╳', draw.Bad)
	}
	for _, n := range []struct {
		sign  rune
		count int
		ink   draw.Ink
	}{{'╳', cuts, draw.Bad}, {'~', worse, draw.Warn}, {'●', flying, draw.Plain}} {
		if text := fmt.Sprintf(" %c%d", n.sign, n.count); n.count > 0 && x+draw.Width(text) < r.x+r.w {
			x = c.Text(x, r.y, text, n.ink)
			s.signs.see(n.sign)
		}
	}
}

// linksAt counts the links of a node that are cut, those that are worse than usual, and
// the messages from it and to it.
func (s *Stage) linksAt(i int) (cuts, worse, flying int) {
	v := s.scene.View
	for p, l := range v.Links {
		if p.From == i || p.To == i {
			if l.Cuts > 0 {
				cuts++
			} else {
				worse++
			}
		}
	}
	for k := range v.Flying {
		if v.Flying[k].From == i || v.Flying[k].To == i {
			flying++
		}
	}
	return cuts, worse, flying
}
