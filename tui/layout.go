package tui

import (
	"fmt"
	"slices"

	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/panes"
)

// slot is a pane in its place on the screen, border included.
type slot struct {
	pane          int
	take          int // of a stage
	x, y          int
	width, height int
}

func (s *slot) has(x, y int) bool {
	return x >= s.x && y >= s.y && x < s.x+s.width && y < s.y+s.height
}

// layout says how many panes there are room for, and where.
//
//	below 80 columns        from 80              from 120, and 34 lines
//	+--------------+        +--------+-----+     +------------+-------+
//	|      0       |        |   0    |  1  |     |     0      |   1   |
//	+--------------+        |        |     |     +------------+-------+
//	                        +--------+-----+     |     2      |   3   |
//	                                             +------------+-------+
func layout(width, height int) []slot {
	switch {
	case width < 80:
		return []slot{{width: width, height: height}}
	case width < 120 || height < 34:
		left := width * 11 / 20
		return []slot{{width: left, height: height}, {x: left, width: width - left, height: height}}
	}
	left, top := width*11/20, height*11/20
	return []slot{
		{width: left, height: top}, {x: left, width: width - left, height: top},
		{y: top, width: left, height: height - top}, {x: left, y: top, width: width - left, height: height - top},
	}
}

// arrange returns the panes in their places.
func (p *player) arrange(width, height int) []slot {
	slots := layout(width, height)
	if p.zoom || len(slots) == 1 {
		slots = []slot{{pane: p.focus, take: p.active, width: width, height: height}}
	} else {
		for i := range slots {
			slots[i].pane, slots[i].take = p.places[i], p.active
		}
	}
	if len(p.takes) == 2 && slots[0].pane == paneStage && (len(slots) != 2 || p.focus == paneStage) {
		return besides(slots, width)
	}
	return slots
}

// besides splits the stage in two: the run as it was, and as it is after the fork. On
// narrow screens the pane beside it gives way, unless it has the focus.
func besides(slots []slot, width int) []slot {
	if len(slots) == 2 {
		slots = slots[:1]
		slots[0].width = width
	}
	other := slots[0]
	other.take = 1
	slots[0].take = 0
	slots[0].width /= 2
	other.x += slots[0].width
	other.width -= slots[0].width
	return slices.Insert(slots, 1, other)
}

// reveal shows a pane and gives it the focus.
func (p *player) reveal(pane int) {
	p.focus = pane
	if !slices.Contains(p.places, pane) {
		p.places[1] = pane
	}
}

// visible are the panes that are on the screen, in order.
func (p *player) visible() []int {
	var list []int
	for _, s := range p.slots {
		if !slices.Contains(list, s.pane) {
			list = append(list, s.pane)
		}
	}
	return list
}

// turn gives the focus to the next pane that is seen; where only one is, to the next of
// all.
func (p *player) turn(by int) {
	list := p.visible()
	if len(list) <= 1 {
		p.focus = (p.focus + by + paneCount) % paneCount
		return
	}
	i := slices.Index(list, p.focus)
	p.focus = list[(i+by+len(list))%len(list)]
}

// drawPanes draws the panes with their borders.
func (p *player) drawPanes(c *draw.Canvas) {
	p.slots = p.arrange(c.Width(), c.Height())
	if !slices.Contains(p.visible(), p.focus) {
		if shown := p.visible(); len(shown) > 1 { // the screen has become smaller
			p.places[1] = p.focus
			p.slots = p.arrange(c.Width(), c.Height())
		}
		if !slices.Contains(p.visible(), p.focus) {
			p.focus = p.slots[0].pane
		}
	}
	if c.Height() >= 12 && len(p.takes) == 2 {
		p.comparison(c.Part(0, c.Height()-comparisonHeight, c.Width(), comparisonHeight))
		c = c.Part(0, 0, c.Width(), c.Height()-comparisonHeight)
		p.slots = p.arrange(c.Width(), c.Height())
	}
	for i := range p.slots {
		s := &p.slots[i]
		part := c.Part(s.x, s.y, s.width, s.height)
		pane, focus := p.panes[s.pane], s.pane == p.focus
		if s.pane != paneStage { // it may have come on the screen just now
			pane.Show(&p.takes[p.active].scene)
		}
		title := fmt.Sprintf("%d %s", s.pane+1, pane.Title())
		if s.pane == paneStage {
			pane = p.takes[s.take].stage
			focus = focus && s.take == p.active
			if len(p.takes) == 2 {
				title = takeNames[s.take] + ": " + p.takes[s.take].last()
			}
		}
		part.Box(title, focus)
		inside := part.Inside()
		inside.Paste(0, 0, pane.Render(inside.Width(), inside.Height(), focus))
	}
	for i := range p.slots {
		p.slots[i].y++ // the line above them
	}
}

// under returns the pane at a place of the screen.
func (p *player) under(x, y int) (pane panes.Pane, s *slot) {
	for i := range p.slots {
		if s := &p.slots[i]; s.has(x, y) {
			if s.pane == paneStage {
				return p.takes[s.take].stage, s
			}
			return p.panes[s.pane], s
		}
	}
	return nil, nil
}
