package cache

import "github.com/orrery-sim/orrery/scenarios"

// The mistakes that a cache node, a client or the database can be made to make.
const (
	setsWithoutLease   = "sets-without-lease"
	leasesForAll       = "leases-for-all"
	deletesBeforeWrite = "deletes-before-write"
	ttlUnchecked       = "ttl-unchecked"
	jitterForgotten    = "jitter-forgotten"
	negativeStays      = "negative-stays"
	sharesAcrossWrites = "shares-across-writes"
	putsOutOfOrder     = "puts-out-of-order"
	dropsLaterWrite    = "drops-later-write"
	ringNotUpdated     = "ring-not-updated"
	unsynced           = "unsynced"
)

var mutants = []scenarios.Mutant{
	{
		Name: setsWithoutLease, Breaks: "L1: a row is kept only with the lease of its key, which a delete revokes",
		Scenario: "race-leases", Check: boundedStaleness, Seeds: 5,
	}, {
		Name: leasesForAll, Breaks: "L2: a key has one lease at a time, and who does not get it waits",
		Scenario: "stampede-leases", Check: databaseLoad, Seeds: 3,
	}, {
		Name: deletesBeforeWrite, Breaks: "L3: a row is written first and deleted from the cache then",
		Scenario: "race-leases", Check: boundedStaleness, Seeds: 5,
	}, {
		Name: ttlUnchecked, Breaks: "L4: an entry that has expired is no hit",
		Scenario: "lost-invalidation", Check: boundedStaleness, Seeds: 5,
	}, {
		Name: jitterForgotten, Breaks: "L5: entries that are filled together do not expire together",
		Scenario: "avalanche-jitter", Check: databaseLoad, Seeds: 3,
	}, {
		Name: negativeStays, Breaks: "L6: a write deletes also that there was no such row",
		Scenario: "penetration-negative", Check: boundedStaleness, Seeds: 5,
	}, {
		Name: sharesAcrossWrites, Breaks: "L7: a read under way is neither shared nor kept once the row has been written",
		Scenario: "read-through", Check: boundedStaleness, Seeds: 5,
	}, {
		Name: putsOutOfOrder, Breaks: "L8: the cache takes the writes of a key in the order in which the database does",
		Scenario: "write-through", Check: "linearizable", Seeds: 5,
	}, {
		Name: dropsLaterWrite, Breaks: "L9: a write leaves the queue when the database has it, and not when it has an earlier one",
		Scenario: "write-behind", Check: acknowledged, Seeds: 10,
	}, {
		Name: ringNotUpdated, Breaks: "L10: the keys of a node that is given up belong to others",
		Scenario: "node-dies", Check: hitRate, Seeds: 3,
	}, {
		Name: unsynced, Breaks: "L11: a write is on the database's disk before it is acknowledged",
		Scenario: "database-crash", Check: acknowledged, Seeds: 10,
	},
}
