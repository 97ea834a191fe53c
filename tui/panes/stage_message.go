package panes

import (
	"fmt"
	"time"

	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/telemetry"
	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/tape"
)

// stageCluster is messages that are at the same place on the same way.
type stageCluster struct {
	x, y   int
	way    stageWay
	sign   rune
	ink    draw.Ink
	count  int
	first  *tape.Flight
	picked bool
	waits  bool // for a link to work again
}

// drawMessages draws the messages on their way: ● asks, ○ answers, ‖ is kept back, ✕
// will be lost.
func (s *Stage) drawMessages(c *draw.Canvas) {
	clusters := s.clusters()
	for k := range clusters {
		m := &clusters[k]
		c.Set(m.x, m.y, m.sign, m.ink)
		s.signs.see(m.sign)
		x, y := stageBeside(m)
		if m.count > 1 {
			c.Text(m.x+1, m.y, fmt.Sprint(m.count), m.ink)
		} else if m.sign != '‖' && !m.waits {
			c.Set(x, y, stageHead(m.way, false), m.ink)
		}
		s.targets = append(s.targets, stageTarget{stageRect{min(x, m.x), min(y, m.y), 2, 1 + max(y, m.y) - min(y, m.y)}, Selection{Message: m.first.Send}})
	}
	taken := s.taken(clusters)
	for k := range clusters {
		m := &clusters[k]
		if m.picked || len(clusters) <= 10 {
			s.nameMessage(c, m, taken)
		}
	}
}

// stageBeside is the cell before a message, where its arrow head is.
func stageBeside(m *stageCluster) (x, y int) {
	switch stageHead(m.way, false) {
	case '►':
		return m.x + 1, m.y
	case '◄':
		return m.x - 1, m.y
	case '▼':
		return m.x, m.y + 1
	}
	return m.x, m.y - 1
}

// clusters puts together the messages that have the same place.
func (s *Stage) clusters() []stageCluster {
	type place struct {
		x, y   int
		answer bool
		head   rune
	}
	v := s.scene.View
	var list []stageCluster
	at := map[place]int{}
	for i := range v.Flying {
		f := &v.Flying[i]
		w, ok := s.way(f.From, f.To)
		if !ok {
			continue
		}
		m := stageCluster{way: w, count: 1, first: f, picked: s.scene.Selected.Message == f.Send}
		m.waits = v.Links[tape.Pair{From: f.From, To: f.To}].Cuts > 0
		var share float64
		share, m.sign, m.ink = stageProgress(v, f, s.scene.At)
		m.x, m.y = w.at(s.open(w, share))
		switch {
		case m.picked:
			m.ink = draw.Selected
		case v.Event == f.Send:
			m.ink = draw.Chosen
		}
		p := place{m.x, m.y, f.Answer, stageHead(w, false)}
		k, known := at[p]
		if !known {
			at[p] = len(list)
			list = append(list, m)
			continue
		}
		list[k].count++
		if m.picked {
			list[k].picked, list[k].first, list[k].ink = true, f, m.ink
		}
	}
	return list
}

// stageProgress is how far a message has come, as a share of its way, and how it looks.
func stageProgress(v *tape.View, f *tape.Flight, at time.Duration) (share float64, sign rune, ink draw.Ink) {
	sign, ink = '●', draw.Strong
	if f.Answer {
		sign = '○'
	}
	share = 0.5
	if f.Arrives > f.Sent {
		share = min(max(float64(at-f.Sent)/float64(f.Arrives-f.Sent), 0), 1)
	}
	l := v.Links[tape.Pair{From: f.From, To: f.To}]
	switch {
	case l.Holds > 0:
		return 0.35, '‖', draw.Warn
	case l.Cuts > 0: // it waits for the link to work again, or is lost there
		return min(share, 0.4), sign, ink
	case share > 0.7 && (f.Fate == sim.KindDrop || f.Fate == sim.KindBreak || f.Fate == sim.KindRefuse):
		return share, '✕', draw.Bad
	}
	return share, sign, ink
}

// taken is the cells that must not be written over.
func (s *Stage) taken(clusters []stageCluster) func(x, y int) bool {
	marks := map[[2]int]bool{}
	for k := range clusters {
		m := &clusters[k]
		marks[[2]int{m.x, m.y}] = true
		x, y := stageBeside(m)
		marks[[2]int{x, y}] = true
	}
	return func(x, y int) bool {
		if marks[[2]int{x, y}] {
			return true
		}
		for _, r := range s.rects {
			if r.holds(x, y) {
				return true
			}
		}
		for _, t := range s.targets {
			if t.pick.Peer != "" && t.rect.holds(x, y) {
				return true
			}
		}
		return false
	}
}

// nameMessage writes what a message is beside it, where there is room.
func (s *Stage) nameMessage(c *draw.Canvas, m *stageCluster, taken func(x, y int) bool) {
	name := telemetry.TypeName(m.first.Body)
	width := draw.Width(name)
	right, left := m.x+3, m.x-2-width
	for _, start := range [][2]int{{right, m.y}, {left, m.y}, {right, m.y + 1}, {left, m.y + 1}, {right, m.y - 1}, {left, m.y - 1}} {
		if s.freeText(c, start[0], start[1], width, taken) {
			ink := draw.Dim
			if m.ink == draw.Selected || m.ink == draw.Chosen {
				ink = m.ink
			}
			c.Text(start[0], start[1], name, ink)
			return
		}
	}
}

func (s *Stage) freeText(c *draw.Canvas, x, y, width int, taken func(x, y int) bool) bool {
	if x < 0 || y < 0 || x+width > c.Width() || y >= c.Height() {
		return false
	}
	for k := -1; k <= width; k++ {
		if char := c.Get(x+k, y); taken(x+k, y) || char != 0 && char != ' ' && (char < 0x2800 || char > 0x28ff) {
			return false
		}
	}
	return true
}
