package panes

import (
	"slices"
	"strings"

	"github.com/orrery-sim/orrery/tui/tape"
)

// Text is the fault that cuts what is chosen, or "" if nothing is.
func (m *Matrix) Text() string {
	if len(m.chosen) == 0 || m.scene == nil || m.scene.View == nil {
		return ""
	}
	if groups := m.partition(); groups != nil {
		var parts []string
		for _, g := range groups {
			parts = append(parts, m.names(g))
		}
		return "partition " + strings.Join(parts, " | ")
	}
	both, single := map[int][]int{}, map[int][]int{}
	n := len(m.scene.View.Nodes)
	for i := range n {
		for j := range n {
			switch {
			case !m.chosen[tape.Pair{From: i, To: j}]:
			case !m.chosen[tape.Pair{From: j, To: i}]:
				single[i] = append(single[i], j)
			case i < j:
				both[i] = append(both[i], j)
			}
		}
	}
	list := append(m.cuts(both, " <-> "), m.cuts(single, " -> ")...)
	return strings.Join(list, " and ")
}

// cuts writes links, those of nodes that have the same ends together.
func (m *Matrix) cuts(ends map[int][]int, arrow string) []string {
	var list []string
	done := map[int]bool{}
	n := len(m.scene.View.Nodes)
	for i := range n {
		if done[i] || len(ends[i]) == 0 {
			continue
		}
		froms := []int{i}
		for j := i + 1; j < n; j++ {
			if !done[j] && slices.Equal(ends[i], ends[j]) {
				froms = append(froms, j)
				done[j] = true
			}
		}
		list = append(list, "cut "+m.names(froms)+arrow+m.names(ends[i]))
	}
	return list
}

func (m *Matrix) names(nodes []int) string {
	var list []string
	for _, i := range nodes {
		list = append(list, m.scene.View.Nodes[i].Name)
	}
	return strings.Join(list, " ")
}

// partition returns the groups between which all links are chosen, and no others, or
// nil if it is not so. Nodes without a chosen link are in none. A link that is cut
// both ways is no partition.
func (m *Matrix) partition() [][]int {
	var nodes []int
	for i := range m.scene.View.Nodes {
		for p := range m.chosen {
			if p.From == i || p.To == i {
				nodes = append(nodes, i)
				break
			}
		}
	}
	if len(nodes) < 3 {
		return nil
	}
	var groups [][]int
	for _, i := range nodes { // together with those from which it is not cut off
		at := slices.IndexFunc(groups, func(g []int) bool { return !m.chosen[tape.Pair{From: g[0], To: i}] })
		if at < 0 {
			groups = append(groups, []int{i})
		} else {
			groups[at] = append(groups[at], i)
		}
	}
	links := 0
	for k, g := range groups {
		for _, h := range groups[k+1:] {
			for _, i := range g {
				for _, j := range h {
					if !m.chosen[tape.Pair{From: i, To: j}] || !m.chosen[tape.Pair{From: j, To: i}] {
						return nil
					}
					links += 2
				}
			}
		}
	}
	if links != len(m.chosen) {
		return nil
	}
	return groups
}
