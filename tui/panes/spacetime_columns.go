package panes

import (
	"slices"
)

// columns chooses the nodes that have a column when there is room for so many. If that is
// not all, it is those that the moment is about and those to which something happens
// nearest to it, and they stay as long as they will do; or, once somebody has scrolled, a
// stretch of all. left and right are how many are not seen.
func (p *SpaceTime) columns(steps []step, room int) (list []int, left, right int) {
	n := len(p.scene.View.Nodes)
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	if n <= room {
		p.shift = 0
		return all, 0, 0
	}
	if p.shift != 0 {
		p.shift = max(1, min(p.shift, n-room+1))
		first := p.shift - 1
		return all[first : first+room], first, n - room - first
	}
	order := p.nearest(steps)
	focus := order[:min(p.focus(steps), room, len(order))]
	if len(p.kept) == room && !slices.ContainsFunc(focus, func(i int) bool { return !slices.Contains(p.kept, i) }) {
		return p.kept, 0, n - room
	}
	for i := 0; len(order) < room; i++ {
		if !slices.Contains(order, i) {
			order = append(order, i)
		}
	}
	p.kept = slices.Clone(order[:room])
	slices.Sort(p.kept)
	return p.kept, 0, n - room
}

// nearest are the nodes to which something happens, those at the moment first.
func (p *SpaceTime) nearest(steps []step) []int {
	var order []int
	add := func(i int) {
		if i >= 0 && !slices.Contains(order, i) {
			order = append(order, i)
		}
	}
	here := slices.IndexFunc(steps, func(s step) bool { return s.last >= p.scene.View.Event })
	if here < 0 {
		here = len(steps) - 1
	}
	visit := func(i int) {
		if i < 0 || i >= len(steps) {
			return
		}
		add(steps[i].node)
		for j := range steps[i].events {
			if e := &steps[i].events[j]; tells(e.Kind) {
				add(p.number(e.Node))
				add(p.number(e.Peer))
			}
		}
	}
	add(p.number(p.scene.View.Last.Node))
	add(p.number(p.scene.View.Last.Peer))
	add(p.number(p.scene.Selected.Node))
	for d := range len(steps) {
		visit(here + d)
		if d > 0 {
			visit(here - d)
		}
	}
	return order
}

// focus is how many of the nearest nodes have to be seen: those that something happens to
// at the very time of the moment.
func (p *SpaceTime) focus(steps []step) int {
	seen := map[int]bool{p.number(p.scene.View.Last.Node): true, p.number(p.scene.View.Last.Peer): true, p.number(p.scene.Selected.Node): true}
	for i := range steps {
		if steps[i].at == p.scene.View.At {
			seen[steps[i].node] = true
		}
	}
	delete(seen, -1)
	return len(seen)
}
