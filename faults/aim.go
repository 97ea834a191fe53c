package faults

import (
	"errors"
	"fmt"
	"slices"
)

// linkSet collects directed links, each once, in the order in which they come.
type linkSet struct {
	links []Link
	seen  map[Link]bool
}

func (s *linkSet) add(from, to string) {
	l := Link{from, to}
	if from == to || s.seen[l] {
		return
	}
	if s.seen == nil {
		s.seen = map[Link]bool{}
	}
	s.seen[l] = true
	s.links = append(s.links, l)
}

// cross adds the links from each of a to each of b, and back if both.
func (s *linkSet) cross(a, b []string, both bool) {
	for _, x := range a {
		for _, y := range b {
			s.add(x, y)
			if both {
				s.add(y, x)
			}
		}
	}
}

var errNoLink = errors.New("there is no link between different nodes")

func (a *aimed) setLinks(s *linkSet) error {
	a.links = s.links
	if len(a.links) == 0 {
		return errNoLink
	}
	return nil
}

// linked takes the links that an arrow says, or all of the nodes' links.
func linked(r *resolver, a *aimed) error {
	if len(a.groups) == 1 {
		return surrounded(r, a)
	}
	var s linkSet
	s.cross(a.groups[0], a.groups[1], a.act.Where.Sep == "<->")
	return a.setLinks(&s)
}

// surrounded takes all links of the nodes, those with clients included.
func surrounded(r *resolver, a *aimed) error {
	var s linkSet
	everybody, _ := r.names(Term{Name: everyone})
	s.cross(a.groups[0], everybody, true)
	return a.setLinks(&s)
}

// lookedUp takes the links that an arrow says, or all on which the nodes send.
func lookedUp(r *resolver, a *aimed) error {
	if len(a.groups) != 1 {
		return linked(r, a)
	}
	var s linkSet
	everybody, _ := r.names(Term{Name: everyone})
	s.cross(a.groups[0], everybody, false)
	return a.setLinks(&s)
}

// isolated takes all links between each of the nodes and the other servers.
func isolated(r *resolver, a *aimed) error {
	var s linkSet
	s.cross(a.groups[0], r.servers, true)
	return a.setLinks(&s)
}

// disjoint takes the links between groups. A node that two groups select, as a
// role and by name, belongs to the first.
func disjoint(r *resolver, a *aimed) error {
	if r.drawn && r.before {
		return nil
	}
	var taken []string
	twice := false
	for i, g := range a.groups {
		left := slices.DeleteFunc(slices.Clone(g), func(name string) bool { return slices.Contains(taken, name) })
		if len(left) == 0 || r.before && len(left) < len(g) {
			both := slices.DeleteFunc(slices.Clone(g), func(name string) bool { return slices.Contains(left, name) })
			return fmt.Errorf("%s is in two groups", brief(both))
		}
		twice = twice || len(left) < len(g)
		a.groups[i] = left
		taken = append(taken, left...)
	}
	if twice {
		a.writePartition()
	}
	var s linkSet
	for i, g := range a.groups {
		for _, h := range a.groups[i+1:] {
			s.cross(g, h, true)
		}
	}
	return a.setLinks(&s)
}

// writePartition writes the act anew: as a partition of its groups.
func (a *aimed) writePartition() {
	a.act.Verb = "partition"
	a.act.Where = Where{Sep: "|"}
	for _, g := range a.groups {
		a.act.Where.Groups = append(a.act.Where.Groups, named(g))
	}
}

// bridged divides the other servers. What it comes to is a partition that leaves
// the bridge out.
func bridged(r *resolver, a *aimed) error {
	others := slices.DeleteFunc(slices.Clone(r.servers), func(name string) bool { return slices.Contains(a.groups[0], name) })
	if len(others) < 2 {
		return fmt.Errorf("a bridge needs 2 other servers, there are %d", len(others))
	}
	half := r.draw(others, len(others)/2)
	a.groups = [][]string{half, slices.DeleteFunc(others, func(name string) bool { return slices.Contains(half, name) })}
	a.writePartition()
	var s linkSet
	s.cross(a.groups[0], a.groups[1], true)
	return a.setLinks(&s)
}

// ringed takes the links between nodes that are far from each other in the ring.
// A node sees as many neighbours on its one side as on the other, the fewest with
// which it sees a majority.
func ringed(_ *resolver, a *aimed) error {
	ring := a.groups[0]
	n := len(ring)
	if n < 4 {
		return fmt.Errorf("a ring of majorities needs 4 nodes, there are %d", n)
	}
	reach := (n/2 + 1) / 2 // half of the majority without the node itself, rounded up
	var s linkSet
	for i, x := range ring {
		for j, y := range ring {
			if away := (j - i + n) % n; min(away, n-away) > reach {
				s.add(x, y)
			}
		}
	}
	return a.setLinks(&s)
}

// fewerCores makes sure before the run that each of the nodes has more cores.
func fewerCores(r *resolver, a *aimed) error {
	if r.drawn || !r.before {
		return nil
	}
	want := int(a.act.Amounts[0].N)
	for _, name := range a.groups[0] {
		if has, _ := r.c.World().Lookup(name).Cores(); has <= want {
			return tooFewCores(name, has, want)
		}
	}
	return nil
}

// mostWorkers is how many workers of one stress a node can be asked to run: each costs the
// simulation hundreds of events a second.
const mostWorkers = 1000

func stressed(_ *resolver, a *aimed) error {
	if n := a.act.Amounts[0].N; n > mostWorkers {
		return fmt.Errorf("%d workers, expected at most %d", n, mostWorkers)
	}
	return nil
}

// loaded makes sure that somebody asks something.
func loaded(r *resolver, _ *aimed) error {
	if _, ok := r.c.(Loader); !ok {
		return errors.New("there is no workload in this cluster, and so no load")
	}
	return nil
}

func tooFewCores(name string, has, want int) error {
	return fmt.Errorf("%s has %d cores, and %d are not fewer", name, has, want)
}
