package panes

import (
	"math"
	"slices"
	"strings"

	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/tape"
)

// stageSizes are what a node may take, from the largest; of one line, it is as wide as
// its name.
var stageSizes = []stageRect{
	{w: 26, h: 7}, {w: 22, h: 6}, {w: 20, h: 5}, {w: 17, h: 5}, {w: 17, h: 4}, {w: 14, h: 5}, {w: 14, h: 4}, {w: 12, h: 5}, {w: 12, h: 4},
	{w: 14, h: 3}, {w: 12, h: 3}, {w: 9, h: 3}, {h: 1},
}

// stageGroup is nodes that stand together: of a site, or of a tier.
type stageGroup struct {
	name   string
	nodes  []int
	rect   stageRect
	framed bool
}

// layOut gives every node its place, and says whether there is room for all.
func (s *Stage) layOut(width, height int) bool {
	servers, clients := s.division()
	if len(clients) > 0 && height > 6 {
		room := s.placeClients(clients, width, height)
		height -= room
	}
	groups := s.groups(servers)
	sizes := s.sizes(servers)
	for _, size := range sizes {
		if len(groups) == 1 && s.ring(servers, stageRect{w: width, h: height}, size) {
			return true
		}
		if len(groups) == 2 && size.h > 1 && s.rings(groups, width, height, size) {
			return true
		}
	}
	for _, size := range sizes {
		if len(groups) > 1 && s.rows(groups, width, height, size) {
			return true
		}
	}
	return false
}

// sizes are those in which there is room for the servers' names.
func (s *Stage) sizes(servers []int) []stageRect {
	name := 1
	for _, i := range servers {
		name = max(name, draw.Width(s.scene.View.Nodes[i].Name))
	}
	var sizes []stageRect
	for _, size := range stageSizes {
		if size.h == 1 {
			size.w = name + 2
		}
		if size.h == 1 || size.w >= name+4 {
			sizes = append(sizes, size)
		}
	}
	return sizes
}

// division tells servers and clients, without clients that are hidden.
func (s *Stage) division() (servers, clients []int) {
	for i, n := range s.scene.View.Nodes {
		switch {
		case !n.Client:
			servers = append(servers, i)
		case !s.noClients:
			clients = append(clients, i)
		}
	}
	if len(servers) == 0 {
		return clients, nil
	}
	return servers, clients
}

// placeClients gives clients the last line, and returns how many lines that takes. If
// there are too many for their names, their places are one cell each.
func (s *Stage) placeClients(clients []int, width, height int) int {
	n := len(clients)
	for k, i := range clients {
		name := draw.Width(s.scene.View.Nodes[i].Name)
		x := (2*k + 1) * width / (2 * n)
		s.rects[i] = stageRect{x, height - 1, 1, 1}
		if s.namesFit(clients, width) {
			s.rects[i] = stageRect{max(x-(name+2)/2, 0), height - 1, name + 2, 1}
		}
	}
	return 2
}

func (s *Stage) namesFit(clients []int, width int) bool {
	longest := 0
	for _, i := range clients {
		longest = max(longest, draw.Width(s.scene.View.Nodes[i].Name))
	}
	return len(clients)*(longest+4) <= width
}

// ring places servers on an ellipse in a part of the canvas.
func (s *Stage) ring(servers []int, part, size stageRect) bool {
	width, height := part.w, part.h
	if size.w > width || size.h > height {
		return false
	}
	x, y := stageCircle(len(servers))
	whole := func(f float64) int { return int(math.Floor(f + 0.5 + 1e-6)) } // alike everywhere, whatever the last bit is
	for k, i := range servers {
		s.rects[i] = stageRect{part.x + whole(x[k]*float64(width-size.w)), part.y + whole(y[k]*float64(height-size.h)), size.w, size.h}
	}
	for k, i := range servers {
		for _, j := range servers[k+1:] {
			if !stageApart(s.rects[i], s.rects[j]) {
				return false
			}
		}
	}
	return true
}

// stageCircle places points on a circle, the first on top, and stretches it so that
// they reach from 0 to 1 both ways. Two are beside each other.
func stageCircle(n int) (x, y []float64) {
	x, y = make([]float64, n), make([]float64, n)
	for k := range n {
		angle := float64(2*math.Pi*float64(k))/float64(n) - math.Pi/2
		if n == 2 {
			angle -= math.Pi / 2
		}
		x[k], y[k] = math.Cos(angle), math.Sin(angle)
	}
	stageStretch(x)
	stageStretch(y)
	return x, y
}

func stageStretch(list []float64) {
	least, most := slices.Min(list), slices.Max(list)
	for k := range list {
		if most-least < 1e-6 {
			list[k] = 0.5
		} else {
			list[k] = (list[k] - least) / (most - least)
		}
	}
}

// stageApart says whether there is room between two nodes to see what passes.
func stageApart(a, b stageRect) bool {
	dx := max(a.x, b.x) - min(a.x, b.x) - a.w
	dy := max(a.y, b.y) - min(a.y, b.y) - a.h
	if a.h == 1 {
		return dx >= 2 || dy >= 1
	}
	return dx >= 6 || dy >= 2
}

// groups divides servers by their sites or, if they have none, by their names without
// numbers. One group is no division.
func (s *Stage) groups(servers []int) []stageGroup {
	var groups []stageGroup
	v := s.scene.View
	sites := slices.ContainsFunc(servers, func(i int) bool { return v.Nodes[i].Site != "" })
	for _, i := range servers {
		name := v.Nodes[i].Site
		if !sites {
			name = stagePrefix(v.Nodes[i].Name)
		}
		at := slices.IndexFunc(groups, func(g stageGroup) bool { return g.name == name })
		if at < 0 {
			at = len(groups)
			groups = append(groups, stageGroup{name: name})
		}
		groups[at].nodes = append(groups[at].nodes, i)
	}
	if len(groups) == len(servers) || len(groups) < 3 && !stageMany(groups) {
		return []stageGroup{{nodes: servers}}
	}
	if !sites {
		tiers := s.knownTiers()
		slices.SortStableFunc(groups, func(a, b stageGroup) int { return tiers[a.name] - tiers[b.name] })
	}
	return groups
}

// stageMany says whether more than one group has more than one node.
func stageMany(groups []stageGroup) bool {
	many := 0
	for _, g := range groups {
		if len(g.nodes) > 1 {
			many++
		}
	}
	return many > 1
}

// stagePrefix is a name without the number at its end.
func stagePrefix(name string) string { return strings.TrimRight(name, "0123456789") }

// knownTiers is how far each kind of server is from the clients: those that clients ask
// are 1, those that these ask 2, and so on. It looks at the beginning of the run.
func (s *Stage) knownTiers() map[string]int {
	const enough = 20000
	t := s.scene.Tape
	if t == nil || s.settled && s.tape == t {
		return s.tiers
	}
	s.tape, s.settled = t, t.Events() >= enough || t.Progress().Ended
	nodes := t.Nodes()
	kind := func(i int) string {
		if nodes[i].Client {
			return ""
		}
		return stagePrefix(nodes[i].Name)
	}
	asked := map[[2]string]bool{}
	var order [][2]string
	t.Skim(1, true, enough, func(g tape.Glimpse) bool {
		if g.Kind == sim.KindSend && !g.Answer && g.Node >= 0 && g.Peer >= 0 && g.Node < len(nodes) && g.Peer < len(nodes) {
			if pair := [2]string{kind(g.Node), kind(g.Peer)}; !asked[pair] {
				asked[pair] = true
				order = append(order, pair)
			}
		}
		return true
	})
	tiers := map[string]int{"": 1}
	for range len(order) {
		for _, pair := range order {
			if from := tiers[pair[0]]; from > 0 && tiers[pair[1]] == 0 {
				tiers[pair[1]] = from + 1
			}
		}
	}
	for _, n := range nodes { // those that nobody asks come last
		if k := stagePrefix(n.Name); tiers[k] == 0 {
			tiers[k] = len(nodes) + 2
		}
	}
	s.tiers = tiers
	return tiers
}

// rings places two groups beside each other, each on an ellipse in a frame.
func (s *Stage) rings(groups []stageGroup, width, height int, size stageRect) bool {
	const right = 5
	w := (width - right) / 2
	for k := range groups {
		g := &groups[k]
		g.framed, g.rect = true, stageRect{k * (w + right), 0, w, height}
		if !s.ring(g.nodes, stageRect{g.rect.x + 2, 1, w - 4, height - 2}, size) {
			return false
		}
	}
	s.signs.groups = groups
	return true
}

// rows places groups beside each other, in as few rows as there is room for, in frames
// if there is room for those too.
func (s *Stage) rows(groups []stageGroup, width, height int, size stageRect) bool {
	for _, framed := range []bool{true, false} {
		for cols := len(groups); cols >= 1; cols-- {
			if s.rowsOf(cols, groups, width, height, size, framed) {
				s.signs.groups = groups
				return true
			}
		}
	}
	return false
}

func (s *Stage) rowsOf(cols int, groups []stageGroup, width, height int, size stageRect, framed bool) bool {
	const right, below = 5, 2 // of a group, there is room for messages
	rows := (len(groups) + cols - 1) / cols
	cell := stageRect{w: (width+right)/cols - right, h: (height+below)/rows - below}
	if cell.w < 1 || cell.h < 1 {
		return false
	}
	for k := range groups {
		cell.x, cell.y = k%cols*(cell.w+right), k/cols*(cell.h+below)
		if left := len(groups) % cols; k >= len(groups)-left { // the last row stands in the middle
			cell.x += (cols - left) * (cell.w + right) / 2
		}
		if !s.group(&groups[k], cell, size, framed) {
			return false
		}
	}
	return true
}

// group places the nodes of a group in a part of the canvas, below the group's name.
func (s *Stage) group(g *stageGroup, cell, size stageRect, framed bool) bool {
	n, side, ends := len(g.nodes), 0, 1
	if framed {
		side, ends = 2, 2
	}
	for cols := 1; cols <= n; cols++ {
		rows := (n + cols - 1) / cols
		right, below := 2, 0 // of a node, there is room for messages
		if size.h > 1 {
			right, below = 5, 1
		}
		w, h := cols*(size.w+right)-right+2*side, rows*(size.h+below)-below+ends
		if w > cell.w || h > cell.h {
			continue
		}
		more := min((cell.h-h)/rows, 2)
		h += more * (rows - 1)
		g.framed = framed
		g.rect = stageRect{cell.x + (cell.w-w)/2, cell.y + (cell.h-h)/2, w, h}
		for k, i := range g.nodes {
			s.rects[i] = stageRect{g.rect.x + side + k%cols*(size.w+right), g.rect.y + 1 + k/cols*(size.h+below+more), size.w, size.h}
		}
		return true
	}
	return false
}
