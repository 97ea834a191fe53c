package faults

import (
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
)

var builtin = []string{all, clients, everyone, majority, minority, rest, next}

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

// String renders "n1", "random 2" or "random 2 of followers".
func (t Term) String() string {
	switch {
	case t.Random == 0:
		return t.Name
	case t.Name == all:
		return "random " + strconv.Itoa(t.Random)
	}
	return "random " + strconv.Itoa(t.Random) + " of " + t.Name
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
