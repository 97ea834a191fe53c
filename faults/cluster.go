package faults

import "github.com/orrery-sim/orrery/sim"

// Cluster is what faults happen to: a world, and what its nodes are at the moment.
// Whoever runs a system gives one.
type Cluster interface {
	// World is where the nodes live.
	World() *sim.World

	// Servers returns the names of the nodes that can be meant by "all". All other
	// nodes, clients first of all, have to be named.
	Servers() []string

	// Roles returns the roles that a node can have, such as leader and follower.
	// "minority" and "majority" are not asked for; if there is a role leader, the
	// minority has its nodes in it.
	Roles() []string

	// Role returns the nodes that have the role at this moment, always in the same
	// order; none if nobody has. It must only look, as an observer does.
	Role(role string) []string
}

// Link is a directed pair of nodes.
type Link struct{ From, To string }
