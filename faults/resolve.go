package faults

import (
	"fmt"
	"slices"
	"strings"

	"github.com/orrery-sim/orrery/sim"
)

// resolver finds out which nodes an act means. One is made for each time an act is
// done.
type resolver struct {
	c       Cluster
	servers []string
	rand    *sim.Rand
	next    int // how often "next" has been asked before

	// before is set when the run has not begun: nobody has a role, and what is drawn
	// will be drawn otherwise, but how many there are is known.
	before  bool
	unknown bool // a role was asked for before the run
	drawn   bool // nodes were chosen that another time will be others

	used  map[string]bool // nodes that the act selects
	split map[string][]string
}

// aimed is an act with the nodes that it means.
type aimed struct {
	entry  *Entry
	act    Act // as it is written with these nodes, which may be in another form
	groups [][]string
	links  []Link
}

func newResolver(c Cluster, r *sim.Rand) *resolver {
	return &resolver{c: c, servers: c.Servers(), rand: r, used: map[string]bool{}}
}

// aim resolves an act. The error is why it cannot be done.
func (r *resolver) aim(a Act) (aimed, error) {
	out := aimed{entry: lookup(a.Verb), act: a}
	found, err := r.terms(a.Where.Groups)
	if err != nil || r.unknown {
		return out, err
	}
	out.act.Where.Groups = nil
	for i, sel := range a.Where.Groups {
		var names []string
		var written Selection
		for j, t := range sel {
			for _, name := range found[i][j] {
				if !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
			switch {
			case !r.isFixed(t):
				written = append(written, named(found[i][j])...)
			case IsWord(t.Name) && strings.Contains(a.Where.Sep, ">"):
				written = append(written, named(others(found[i][j], found[1-i]))...)
			default:
				written = append(written, t)
			}
		}
		out.groups = append(out.groups, names)
		out.act.Where.Groups = append(out.act.Where.Groups, written)
	}
	if out.entry.aim != nil {
		err = out.entry.aim(r, &out)
	}
	return out, err
}

// others are the names without that at the other end of an arrow, if it is one alone:
// nobody has a link to himself.
func others(names []string, end [][]string) []string {
	if alone := slices.Concat(end...); len(alone) == 1 && len(names) > 1 {
		return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == alone[0] })
	}
	return names
}

// isFixed says whether a term always means the same nodes, and says which.
func (r *resolver) isFixed(t Term) bool {
	return !t.isDrawn() && (t.Name == all || t.Name == clients || t.Name == everyone || r.c.World().Lookup(t.Name) != nil)
}

// terms resolves all terms: first those that say whom they mean, then those that
// are drawn, which avoid the former, and the rest at last.
func (r *resolver) terms(groups []Selection) ([][][]string, error) {
	found := make([][][]string, len(groups))
	for i, sel := range groups {
		found[i] = make([][]string, len(sel))
	}
	for pass := range 3 {
		for i, sel := range groups {
			for j, t := range sel {
				if t.pass() != pass {
					continue
				}
				names, err := r.term(t)
				if err != nil {
					return nil, err
				}
				for _, name := range names {
					r.used[name] = true
				}
				found[i][j] = names
			}
		}
	}
	return found, nil
}

func (t Term) pass() int {
	switch {
	case t.Name == rest:
		return 2
	case t.isDrawn():
		return 1
	}
	return 0
}

// term returns the nodes that a term means, or nil if that is not known yet.
func (r *resolver) term(t Term) ([]string, error) {
	names, err := r.names(t)
	if err != nil || !t.isDrawn() || names == nil {
		return names, err
	}
	count := t.count(len(names))
	if count > len(names) || count == 0 {
		return nil, &Error{Word: t.String(), Text: fmt.Sprintf("%s: there are only %d", t, len(names))}
	}
	if t.UpTo {
		count = 1 + r.rand.IntN(count)
	}
	fresh := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return r.used[name] })
	if len(fresh) >= count {
		names = fresh
	}
	r.drawn = true
	return r.draw(names, count), nil
}

// draw takes so many of the names, and leaves them in their order.
func (r *resolver) draw(names []string, n int) []string {
	take := make([]bool, len(names))
	for _, i := range r.rand.Perm(len(names))[:n] {
		take[i] = true
	}
	var out []string
	for i, name := range names {
		if take[i] {
			out = append(out, name)
		}
	}
	return out
}

// names returns the nodes that a term's name stands for, or nil if that is not known
// yet.
func (r *resolver) names(t Term) ([]string, error) {
	var names []string
	switch t.Name {
	case there:
		return nil, &Error{Word: there, Text: `"there" stands alone, for the whole place of an act`}
	case all:
		names = r.servers
	case clients:
		names = r.nodes(func(n *sim.Node) bool { return n.Client() })
	case everyone:
		names = r.nodes(func(*sim.Node) bool { return true })
	case rest:
		names = slices.DeleteFunc(slices.Clone(r.servers), func(name string) bool { return r.used[name] })
	case majority, minority:
		names = r.divide()[t.Name]
	case next:
		if len(r.servers) > 0 {
			names = r.servers[r.next%len(r.servers):][:1]
		}
		r.next++
		r.drawn = true
	default:
		return r.special(t)
	}
	if len(names) == 0 {
		return nil, &Error{Word: t.Name, Text: fmt.Sprintf("%q selects nothing of %d servers", t.Name, len(r.servers))}
	}
	return names, nil
}

func (r *resolver) nodes(want func(*sim.Node) bool) []string {
	var names []string
	for _, n := range r.c.World().Nodes() {
		if want(n) {
			names = append(names, n.Name())
		}
	}
	return names
}

// special returns the nodes of a term that names a label, a node, a role, or several.
func (r *resolver) special(t Term) ([]string, error) {
	switch {
	case strings.ContainsAny(t.Name, "+&"):
		return r.joined(t)
	case strings.ContainsAny(t.Name, "*?") && !strings.Contains(t.Name, "="):
		names := r.nodes(func(n *sim.Node) bool { return matches(t.Name, n.Name()) })
		if len(names) == 0 {
			return nil, &Error{Word: t.Name, Text: fmt.Sprintf("no node's name is like %s", t.Name), Hint: "servers are " + brief(r.servers)}
		}
		return names, nil
	}
	if key, value, ok := t.label(); ok {
		names := r.nodes(func(n *sim.Node) bool { return hasLabel(n, key, value) })
		if len(names) == 0 {
			return nil, &Error{Word: t.Name, Text: fmt.Sprintf("no node has %s", t.Name)}
		}
		return names, nil
	}
	isNode, isRole := r.c.World().Lookup(t.Name) != nil, slices.Contains(r.c.Roles(), t.Name)
	switch {
	case isNode && isRole:
		return nil, &Error{Word: t.Name, Text: fmt.Sprintf("%q is both a node and a role", t.Name)}
	case isNode:
		return []string{t.Name}, nil
	case !isRole:
		return nil, unknownName(r.c, t.Name)
	case r.before:
		r.unknown = true
		return nil, nil
	}
	names := r.role(t.Name)
	if len(names) == 0 {
		return nil, &Error{Word: t.Name, Text: "no " + t.Name}
	}
	return names, nil
}

// joined returns the nodes that are in all sets joined by &, of any of those joined
// by +.
func (r *resolver) joined(t Term) ([]string, error) {
	var union []string
	for part := range strings.SplitSeq(t.Name, "+") {
		both, err := r.intersection(part)
		if err != nil || both == nil {
			return nil, err
		}
		for _, name := range both {
			if !slices.Contains(union, name) {
				union = append(union, name)
			}
		}
	}
	if len(union) == 0 {
		return nil, &Error{Word: t.Name, Text: fmt.Sprintf("no node is %s", t.Name)}
	}
	return union, nil
}

// intersection returns the nodes that are in all sets joined by &; nil if that is not
// known yet.
func (r *resolver) intersection(text string) ([]string, error) {
	var both []string
	for i, atom := range strings.Split(text, "&") {
		names, err := r.names(Term{Name: atom})
		if err != nil || names == nil {
			return nil, err
		}
		if i == 0 {
			both = slices.Clone(names)
		}
		both = slices.DeleteFunc(both, func(name string) bool { return !slices.Contains(names, name) })
	}
	return both, nil
}

// matches says whether a name is like a pattern: * is any text, ? any character. A *
// that turned out to stand for too little takes one character more; only the last one
// has to.
func matches(pattern, name string) bool {
	p, n := []rune(pattern), []rune(name)
	i, j, star, taken := 0, 0, -1, 0
	for j < len(n) {
		switch {
		case i < len(p) && p[i] == '*':
			star, taken = i, j
			i++
		case i < len(p) && (p[i] == '?' || p[i] == n[j]):
			i++
			j++
		case star < 0:
			return false
		default:
			taken++
			i, j = star+1, taken
		}
	}
	return strings.Trim(string(p[i:]), "*") == ""
}

func (r *resolver) role(name string) []string {
	names := r.c.Role(name)
	for _, n := range names {
		if r.c.World().Lookup(n) == nil {
			panic(fmt.Sprintf("faults: the cluster says that %q is %s, but there is no such node", n, name))
		}
	}
	return names
}

// hasLabel says whether the node has the label. The label site is where the node
// is; a region stands for all its zones.
func hasLabel(n *sim.Node, key, value string) bool {
	if key == "site" {
		return n.Site() == value || strings.HasPrefix(n.Site(), value+"/")
	}
	return n.Label(key) == value
}

func unknownName(c Cluster, name string) error {
	known := slices.Concat(c.Roles(), builtin)
	for _, n := range c.World().Nodes() {
		known = append(known, n.Name())
	}
	hint := fmt.Sprintf("servers are %s", brief(c.Servers()))
	if roles := c.Roles(); len(roles) > 0 {
		hint += fmt.Sprintf("; roles are %s", brief(roles))
	}
	return &Error{Word: name, Text: fmt.Sprintf("there is no node or role %q%s", name, didYouMean(name, known)), Hint: hint}
}

// brief lists names, not more than fit a line.
func brief(names []string) string {
	const most = 8
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(names, ", ")
}

// divide draws, once for each act, who is in the minority and who in the majority.
// Who leads is in the minority: that is where a leader can promise nothing.
func (r *resolver) divide() map[string][]string {
	if r.split != nil {
		return r.split
	}
	r.drawn = true
	var leaders []string
	if !r.before && slices.Contains(r.c.Roles(), "leader") {
		leaders = r.role("leader")
	}
	order := make([]string, len(r.servers))
	for i, j := range r.rand.Perm(len(order)) {
		order[i] = r.servers[j]
	}
	rank := func(name string) int {
		if slices.Contains(leaders, name) {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(order, func(a, b string) int { return rank(a) - rank(b) })
	small := order[:max(len(order)-1, 0)/2]
	r.split = map[string][]string{}
	for _, name := range r.servers {
		side := majority
		if slices.Contains(small, name) {
			side = minority
		}
		r.split[side] = append(r.split[side], name)
	}
	return r.split
}
