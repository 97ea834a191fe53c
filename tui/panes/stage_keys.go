package panes

import (
	"slices"

	"github.com/orrery-sim/orrery/tui/tape"
)

// Press answers a key.
func (s *Stage) Press(k string) Action {
	if s.scene == nil || s.scene.View == nil {
		return nil
	}
	switch k {
	case "left", "right", "up", "down":
		return s.move(k)
	case "tab", "shift+tab":
		return s.next(k == "tab")
	case "m", "M":
		return s.nextMessage(k == "m")
	case "l", "L":
		return s.nextLink(k == "l")
	case "enter":
		if s.scene.Selected == (Selection{}) {
			return Say{"nothing is selected: choose a node with the arrow keys"}
		}
		return Pick{s.scene.Selected}
	case "esc":
		return unpick(s.scene)
	case "w":
		if s.scene.View.Event == 0 {
			return Say{"nothing has happened yet"}
		}
		if s.scene.Selected.Message != 0 || s.scene.Selected.Operation != 0 {
			return nil // it is about that, and its end may lie ahead
		}
		return AskWhy{s.scene.View.Event}
	case "c":
		s.noClients = !s.noClients
		return Handled{}
	case "g":
		s.asMatrix = !s.asMatrix
		return Handled{}
	}
	return nil
}

// Click selects what is there: messages before nodes, nodes before links.
func (s *Stage) Click(x, y int) Action {
	pick, rank := Selection{}, 0
	for _, t := range s.targets {
		r := 2
		switch {
		case t.pick.Message != 0:
			r = 3
		case t.pick.Peer != "":
			r = 1
		}
		if t.rect.holds(x, y) && r > rank {
			pick, rank = t.pick, r
		}
	}
	if rank > 0 {
		return Pick{pick}
	}
	return s.clickLine(x, y)
}

// clickLine selects the link whose line is nearest, if it is near enough.
func (s *Stage) clickLine(x, y int) Action {
	if s.scene == nil || s.scene.View == nil {
		return Handled{}
	}
	v := s.scene.View
	const near = 2.0 // squared, in cells
	best, pick := near, Selection{}
	for i := range s.rects {
		for j := range s.rects {
			if v.Nodes[i].Client && v.Nodes[j].Client {
				continue
			}
			if w, ok := s.way(i, j); ok && s.rects[i].h > 1 {
				if d := w.distance(float64(x), float64(y)); d < best {
					best, pick = d, Selection{Node: v.Nodes[i].Name, Peer: v.Nodes[j].Name}
				}
			}
		}
	}
	if pick.Node == "" {
		return Pick{}
	}
	return Pick{pick}
}

// distance is how far a cell is from a way, squared.
func (w stageWay) distance(x, y float64) float64 {
	dx, dy := w.x1-w.x0, w.y1-w.y0
	t := 0.0
	if length := float64(dx*dx) + float64(dy*dy); length > 0 {
		t = min(max((float64((x-w.x0)*dx)+float64((y-w.y0)*dy))/length, 0), 1)
	}
	ex, ey := x-w.x0-float64(t*dx), y-w.y0-float64(t*dy)
	return float64(ex*ex) + float64(ey*ey)
}

// Wheel moves the selection from node to node.
func (s *Stage) Wheel(lines int) Action {
	if s.scene == nil || s.scene.View == nil {
		return Handled{}
	}
	return s.next(lines > 0)
}

// node is the node that is selected, or that of the link or message that is; -1 if
// there is none.
func (s *Stage) node() int {
	v, pick := s.scene.View, s.scene.Selected
	if pick.Message != 0 && s.scene.Tape != nil {
		if f, _, ok := s.scene.Tape.Flight(pick.Message); ok {
			return f.From
		}
	}
	return v.Index(pick.Node)
}

// order is the nodes that are shown.
func (s *Stage) order() []int {
	servers, clients := s.division()
	return append(servers[:len(servers):len(servers)], clients...)
}

// next selects the next node, or the one before.
func (s *Stage) next(forward bool) Action {
	order := s.order()
	if len(order) == 0 {
		return Handled{}
	}
	at, step := slices.Index(order, s.node()), 1
	if !forward {
		step = len(order) - 1
		at = max(at, 0)
	}
	return Pick{Selection{Node: s.scene.View.Nodes[order[(at+step)%len(order)]].Name}}
}

// move selects the nearest node in a direction, servers first. A line counts as much as
// two columns.
func (s *Stage) move(k string) Action {
	from := s.node()
	if from < 0 || from >= len(s.rects) || !s.rects[from].shown() {
		return s.next(true)
	}
	x, y := s.rects[from].middle()
	best, found := 0.0, -1
	for i, r := range s.rects {
		if i == from || !r.shown() {
			continue
		}
		rx, ry := r.middle()
		ahead, aside := rx-x, 2*(ry-y)
		switch k {
		case "left":
			ahead = -ahead
		case "up":
			ahead, aside = -aside, ahead
		case "down":
			ahead, aside = aside, ahead
		}
		if ahead < 1 {
			continue
		}
		d := ahead + max(aside, -aside)
		if s.scene.View.Nodes[i].Client {
			d += 60
		}
		if found < 0 || d < best {
			best, found = d, i
		}
	}
	if found < 0 {
		return Handled{}
	}
	return Pick{Selection{Node: s.scene.View.Nodes[found].Name}}
}

// nextMessage selects the next message under way.
func (s *Stage) nextMessage(forward bool) Action {
	flying := s.scene.View.Flying
	if len(flying) == 0 {
		return Say{"no message is under way at this moment"}
	}
	at := slices.IndexFunc(flying, func(f tape.Flight) bool { return f.Send == s.scene.Selected.Message })
	if at++; !forward {
		at = (max(at, 1) - 2 + len(flying)) % len(flying)
	}
	return Pick{Selection{Message: flying[at%len(flying)].Send}}
}

// nextLink selects the next link from the node.
func (s *Stage) nextLink(forward bool) Action {
	order := s.order()
	from := s.node()
	if from < 0 && len(order) > 0 {
		from = order[0]
	}
	if from < 0 || len(order) < 2 {
		return Say{"there is no link"}
	}
	v := s.scene.View
	at := slices.Index(order, v.Index(s.scene.Selected.Peer))
	step := 1
	if !forward {
		step = len(order) - 1
		at = max(at, 0)
	}
	for at = (at + step) % len(order); order[at] == from; at = (at + step) % len(order) {
	}
	return Pick{Selection{Node: v.Nodes[from].Name, Peer: v.Nodes[order[at]].Name}}
}
