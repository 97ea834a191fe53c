package faults

import (
	"slices"
	"strconv"
	"strings"
)

// Where is the place of an act: some nodes, groups of them, or links between them.
type Where struct {
	Groups []Selection
	Sep    string // what stands between the groups: "->", "<->", "|", or nothing if there is one
}

// Selection are nodes: all that any of its terms selects.
type Selection []Term

// Term selects nodes: by name, by what they are now, by label.
type Term struct {
	// Random is how many of the nodes are taken, drawn from the seed; 0 takes all.
	Random int

	// Share takes a part of the nodes instead, in millionths, drawn from the seed and
	// rounded down; UpTo makes it the most that is taken, and 1 the least.
	Share int64
	UpTo  bool

	// Name is the name of a node, or a role that the cluster knows, or key=value for
	// the nodes with that label, or site=name for those in a site or region, or one
	// of the words:
	//
	//	all       the servers
	//	clients   the clients
	//	everyone  both
	//	minority  the largest part of the servers that is no majority, with the leader in it
	//	majority  the servers that are not in the minority
	//	rest      the servers that the act does not select otherwise
	//	next      one server after the other, each time that the fault comes
	//	there     what the act before it has met, the links included; it stands alone
	//
	// or a name with * for any text or ? for any character, or several of all these joined
	// by & for the nodes that are in all of them, or by +, which binds less, for those that
	// are in any.
	Name string
}

// The words that select nodes in any cluster.
const (
	all      = "all"
	clients  = "clients"
	everyone = "everyone"
	majority = "majority"
	minority = "minority"
	rest     = "rest"
	next     = "next"
	there    = "there"
)

var builtin = []string{all, clients, everyone, majority, minority, rest, next, there}

// IsWord says whether a word selects nodes in any cluster, so that it cannot be
// meant for the name of one.
func IsWord(word string) bool { return slices.Contains(builtin, word) }

// String renders the place as it is written in a fault.
func (w Where) String() string {
	groups := make([]string, len(w.Groups))
	for i, g := range w.Groups {
		groups[i] = g.String()
	}
	sep := w.Sep
	if sep != "" {
		sep = " " + sep + " "
	}
	return strings.Join(groups, sep)
}

// String renders "n1 n2" or "random 2 of followers".
func (s Selection) String() string {
	terms := make([]string, len(s))
	for i, t := range s {
		terms[i] = t.String()
	}
	return strings.Join(terms, " ")
}

// String renders "n1", "random 2", "random 2 of followers" or "random up to 50%".
func (t Term) String() string {
	if !t.isDrawn() {
		return t.Name
	}
	s := "random "
	switch {
	case t.UpTo:
		s += "up to " + t.share()
	case t.Share > 0:
		s += t.share()
	default:
		s += strconv.Itoa(t.Random)
	}
	if t.Name == all {
		return s
	}
	return s + " of " + t.Name
}

func (t Term) share() string { return Amount{Percent, t.Share}.String() }

// isDrawn says whether some of the nodes are drawn from the seed.
func (t Term) isDrawn() bool { return t.Random > 0 || t.Share > 0 }

// count is how many of n nodes are taken, or the most.
func (t Term) count(n int) int {
	if t.Share == 0 {
		return t.Random
	}
	return int(int64(n) * t.Share / units[Percent].most)
}

// isThere says whether the place is that of the act before.
func (w Where) isThere() bool {
	return len(w.Groups) == 1 && len(w.Groups[0]) == 1 && w.Groups[0][0] == Term{Name: there}
}

// label splits key=value.
func (t Term) label() (key, value string, ok bool) { return strings.Cut(t.Name, "=") }

// named makes the selection of exactly these nodes.
func named(names []string) Selection {
	s := make(Selection, len(names))
	for i, name := range names {
		s[i].Name = name
	}
	return s
}
