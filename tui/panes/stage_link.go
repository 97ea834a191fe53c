package panes

import (
	"math"
	"slices"

	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/tape"
)

// stageWay is the straight way between two nodes, from border to border.
type stageWay struct{ x0, y0, x1, y1 float64 }

// at returns the cell at a share of the way.
func (w stageWay) at(share float64) (x, y int) {
	fx := w.x0 + float64((w.x1-w.x0)*share)
	fy := w.y0 + float64((w.y1-w.y0)*share)
	return int(math.Floor(fx + 0.5 + 1e-6)), int(math.Floor(fy + 0.5 + 1e-6))
}

// way returns the way from one node to another; false if one of them has no place.
func (s *Stage) way(from, to int) (stageWay, bool) {
	if from < 0 || to < 0 || from >= len(s.rects) || to >= len(s.rects) || from == to {
		return stageWay{}, false
	}
	a, b := s.rects[from], s.rects[to]
	if !a.shown() || !b.shown() {
		return stageWay{}, false
	}
	ax, ay := a.middle()
	bx, by := b.middle()
	leave, enter := stageExit(a, bx-ax, by-ay), 1-stageExit(b, ax-bx, ay-by)
	if leave >= enter {
		return stageWay{}, false
	}
	return stageWay{ax + float64((bx-ax)*leave), ay + float64((by-ay)*leave), ax + float64((bx-ax)*enter), ay + float64((by-ay)*enter)}, true
}

// stageExit is the share of a way from the middle of a node at which it is one cell
// outside of the node.
func stageExit(r stageRect, dx, dy float64) float64 {
	share := math.Inf(1)
	if dx != 0 {
		share = min(share, (float64(r.w)/2+0.5)/math.Abs(dx))
	}
	if dy != 0 {
		share = min(share, (float64(r.h)/2+0.5)/math.Abs(dy))
	}
	return share
}

// open returns the share of a way nearest to one that no node covers.
func (s *Stage) open(w stageWay, share float64) float64 {
	covered := func(share float64) bool {
		x, y := w.at(share)
		for _, r := range s.rects {
			if r.holds(x, y) {
				return true
			}
		}
		return false
	}
	const step = 0.05
	for k := range 20 {
		for _, to := range []float64{share + step*float64(k), share - step*float64(k)} {
			if to >= 0 && to <= 1 && !covered(to) {
				return to
			}
		}
	}
	return share
}

// drawPicture draws frames, links, messages, and nodes over them.
func (s *Stage) drawPicture(c *draw.Canvas) {
	for _, g := range s.signs.groups {
		s.drawGroup(c, g)
	}
	s.drawPlainLinks(c)
	s.drawFaultyLinks(c)
	s.drawChain(c)
	s.drawPickedLink(c)
	s.drawHappening(c)
	s.drawMessages(c)
	s.markFaultyLinks(c)
	for i := range s.rects {
		s.drawNode(c, i)
	}
	s.nameClients(c)
}

// nameClients says who the dots in the last line are, if they are too close for names.
func (s *Stage) nameClients(c *draw.Canvas) {
	_, clients := s.division()
	if len(clients) == 0 || !s.rects[clients[0]].shown() || s.namesFit(clients, c.Width()) {
		return
	}
	nodes := s.scene.View.Nodes
	text := " clients " + nodes[clients[0]].Name + " … " + nodes[clients[len(clients)-1]].Name + " "
	c.Text((c.Width()-draw.Width(text))/2, c.Height()-1, text, draw.Dim)
}

func (s *Stage) drawGroup(c *draw.Canvas, g stageGroup) {
	name := g.name
	if name == "" {
		name = "elsewhere"
	}
	r := g.rect
	if !g.framed {
		c.Fit(r.x+1, r.y, r.w-1, name, draw.Dim)
		return
	}
	p := c.Part(r.x, r.y, r.w, r.h)
	w, h := r.w-1, r.h-1
	for x := range w {
		p.Set(x, 0, '┈', draw.Frame)
		p.Set(x, h, '┈', draw.Frame)
	}
	for y := range h {
		p.Set(0, y, '┊', draw.Frame)
		p.Set(w, y, '┊', draw.Frame)
	}
	for _, corner := range [][2]int{{0, 0}, {w, 0}, {0, h}, {w, h}} {
		p.Set(corner[0], corner[1], '·', draw.Frame)
	}
	c.Fit(r.x+2, r.y, r.w-2, " "+name+" ", draw.Dim)
}

// drawPlainLinks draws faintly who could talk with whom, if that is no thicket.
func (s *Stage) drawPlainLinks(c *draw.Canvas) {
	const most = 7
	servers, _ := s.division()
	if len(servers) > most || len(s.signs.groups) > 0 {
		return
	}
	for k, i := range servers {
		for _, j := range servers[k+1:] {
			if w, ok := s.way(i, j); ok {
				s.line(c, w, draw.Dim, draw.Fine|draw.Dotted)
			}
		}
	}
}

func (s *Stage) line(c *draw.Canvas, w stageWay, ink draw.Ink, kind draw.LineKind) {
	x0, y0 := w.at(0)
	x1, y1 := w.at(1)
	c.Line(x0, y0, x1, y1, ink, kind)
}

// stagePairs are the links with something wrong, in the order of the nodes.
func stagePairs(v *tape.View) []tape.Pair {
	pairs := make([]tape.Pair, 0, len(v.Links))
	for p := range v.Links {
		pairs = append(pairs, p)
	}
	slices.SortFunc(pairs, func(a, b tape.Pair) int {
		if a.From != b.From {
			return a.From - b.From
		}
		return a.To - b.To
	})
	return pairs
}

// drawFaultyLinks draws the links of which there is something to say: with ╳ where
// nothing passes, near the end that is not reached if it is one way only.
func (s *Stage) drawFaultyLinks(c *draw.Canvas) {
	v := s.scene.View
	s.cramped = map[int]bool{}
	for _, p := range stagePairs(v) {
		l := v.Links[p]
		w, ok := s.way(p.From, p.To)
		switch {
		case !ok && l.Cuts > 0:
			s.cramped[p.From], s.cramped[p.To] = true, true
		case !ok:
		case l.Cuts > 0:
			s.line(c, w, draw.Bad, draw.Fine|draw.Dashed)
		case l.Holds > 0:
			s.line(c, w, draw.Warn, draw.Fine|draw.Dashed)
		default:
			s.line(c, w, draw.Warn, draw.Fine|draw.Light)
		}
	}
	s.markFaultyLinks(c)
}

// markFaultyLinks writes on links what is wrong with them.
func (s *Stage) markFaultyLinks(c *draw.Canvas) {
	pairs := stagePairs(s.scene.View)
	for _, p := range pairs {
		if w, ok := s.way(p.From, p.To); ok {
			s.markFaultyLink(c, p, w, len(pairs))
		}
	}
}

func (s *Stage) markFaultyLink(c *draw.Canvas, p tape.Pair, w stageWay, all int) {
	v := s.scene.View
	l, back := v.Links[p], v.Links[tape.Pair{From: p.To, To: p.From}]
	pick := Selection{Node: v.Nodes[p.From].Name, Peer: v.Nodes[p.To].Name}
	mark := func(share float64, sign rune, ink draw.Ink) {
		x, y := w.at(s.open(w, share))
		c.Set(x, y, sign, ink)
		s.signs.see(sign)
		s.targets = append(s.targets, stageTarget{stageRect{x - 1, y, 3, 1}, pick})
	}
	if l.Cuts > 0 {
		if share := 0.75; back.Cuts == 0 {
			mark(share, '╳', draw.Bad)
			x, y := w.at(0)
			c.Set(x, y, stageHead(w, true), draw.Bad)
			s.signs.oneWay = true
		} else {
			mark(0.5, '╳', draw.Bad)
		}
	}
	if l.Holds > 0 {
		mark(0.6, '‖', draw.Warn)
	}
	if l.Degraded > 0 && (back.Degraded == 0 || p.From < p.To) {
		mark(0.4, '~', draw.Warn)
		text := stageWorse(v, p)
		if back.Degraded == 0 {
			text = string(stageHead(w, false)) + " " + text
		}
		if all <= 8 && stageWorse(v, p) != "" {
			s.labelLink(c, w, text, pick)
		}
	}
}

// labelLink writes on a link, where there is room, how it is worse than others.
func (s *Stage) labelLink(c *draw.Canvas, w stageWay, text string, pick Selection) {
	width := draw.Width(text)
	for _, share := range []float64{0.4, 0.3, 0.2, 0.6, 0.7} {
		x, y := w.at(share)
		r := stageRect{x - width/2, y, width, 1}
		if r.x < 0 || r.x+r.w > c.Width() || s.covered(r, pick) {
			continue
		}
		c.Text(r.x, r.y, text, draw.Warn)
		s.targets = append(s.targets, stageTarget{r, pick})
		return
	}
}

// covered says whether a line of text would hide a node, or what is on another link.
func (s *Stage) covered(r stageRect, pick Selection) bool {
	for x := r.x - 1; x <= r.x+r.w; x++ {
		for _, node := range s.rects {
			if node.holds(x, r.y) {
				return true
			}
		}
		for _, t := range s.targets {
			if t.pick != pick && (t.pick.Peer != pick.Node || t.pick.Node != pick.Peer) && t.rect.holds(x, r.y) {
				return true
			}
		}
	}
	return false
}

// stageWorse is how a link is worse than others, in a few words, if a fault says it.
func stageWorse(v *tape.View, p tape.Pair) string {
	text := ""
	for _, f := range v.Forces {
		if slices.Contains(f.Links, faults.Link{From: v.Nodes[p.From].Name, To: v.Nodes[p.To].Name}) {
			if verb := stageVerb(f); verb != "cut" && verb != "isolate" && verb != "partition" && verb != "hold" {
				if text != "" {
					text += ", "
				}
				text += verb
			}
		}
	}
	return text
}

// stageHead is an arrow head along a way, or back.
func stageHead(w stageWay, back bool) rune {
	dx, dy := w.x1-w.x0, w.y1-w.y0
	if back {
		dx, dy = -dx, -dy
	}
	switch {
	case math.Abs(dx) >= 2*math.Abs(dy) && dx >= 0:
		return '►'
	case math.Abs(dx) >= 2*math.Abs(dy):
		return '◄'
	case dy > 0:
		return '▼'
	}
	return '▲'
}

// drawPickedLink draws the link that is selected.
func (s *Stage) drawPickedLink(c *draw.Canvas) {
	v, pick := s.scene.View, s.scene.Selected
	if pick.Message != 0 && s.scene.Tape != nil {
		if f, _, ok := s.scene.Tape.Flight(pick.Message); ok {
			if w, ok := s.way(f.From, f.To); ok {
				s.line(c, w, draw.Selected, draw.Fine|draw.HeadAt1)
			}
		}
	}
	if pick.Peer == "" {
		return
	}
	if w, ok := s.way(v.Index(pick.Node), v.Index(pick.Peer)); ok {
		s.line(c, w, draw.Selected, draw.Fine|draw.HeadAt1)
		if p := (tape.Pair{From: v.Index(pick.Node), To: v.Index(pick.Peer)}); v.Links[p] != (tape.LinkState{}) {
			s.markFaultyLink(c, p, w, 1)
		}
	}
}

// drawChain draws the ways of the messages in the answer to a why.
func (s *Stage) drawChain(c *draw.Canvas) {
	v := s.scene.View
	s.chain(func(step int, e *sim.Event) {
		from, to := v.Index(e.Node), v.Index(e.Peer)
		if e.Kind == sim.KindDeliver {
			from, to = to, from
		}
		if w, ok := s.way(from, to); ok && (e.Kind == sim.KindSend || e.Kind == sim.KindDeliver) {
			ink := draw.Series1
			if e.Number == v.Event {
				ink = draw.Chosen
			}
			s.line(c, w, ink, draw.Fine|draw.HeadAt1)
		}
	})
}

// drawHappening draws what just happened on a link.
func (s *Stage) drawHappening(c *draw.Canvas) {
	v := s.scene.View
	e := &v.Last
	node, peer := v.Index(e.Node), v.Index(e.Peer)
	switch e.Kind {
	case sim.KindSend:
		if w, ok := s.way(node, peer); ok {
			s.line(c, w, draw.Chosen, draw.Fine|draw.Dashed|draw.HeadAt1)
		}
	case sim.KindDeliver:
		if w, ok := s.way(peer, node); ok {
			s.line(c, w, draw.Chosen, draw.Fine|draw.HeadAt1)
		}
	case sim.KindDrop, sim.KindRefuse, sim.KindBreak:
		if w, ok := s.way(peer, node); ok {
			s.line(c, w, draw.Chosen, draw.Fine|draw.Dashed)
			s.lost(c, w)
		}
	}
}

func (s *Stage) lost(c *draw.Canvas, w stageWay) {
	x, y := w.at(0.75)
	c.Text(x-1, y, "✕", draw.Bad)
	c.Text(x, y, "lost", draw.Bad)
}
