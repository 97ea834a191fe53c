package tiers

import "github.com/orrery-sim/orrery/scenarios"

// The mistakes that can be made where two tiers meet.
const (
	forgetsInvalidation     = "forgets-invalidation"
	fillsFromReplica        = "fills-from-replica"
	repeatsWrites           = "repeats-writes"
	acknowledgesUnconfirmed = "acknowledges-unconfirmed"
	sharesSession           = "shares-session"
)

var mutants = []scenarios.Mutant{
	{
		Name: forgetsInvalidation, Breaks: "R1: who writes a row deletes it from the cache",
		Scenario: "fresh", Check: boundedStaleness, Seeds: 2,
	}, {
		Name: fillsFromReplica, Breaks: "R2: the cache is filled from the primary",
		Scenario: "fresh", Check: boundedStaleness, Seeds: 2,
	}, {
		Name: repeatsWrites, Breaks: "R3: a client repeats a write only if it knows that nothing was done",
		Scenario: "paused-app", Check: boundedStaleness, Seeds: 5,
	}, {
		Name: acknowledgesUnconfirmed, Breaks: "R4: what the database has not confirmed, a server does not acknowledge",
		Scenario: "every-tier", Check: durable, Seeds: 10,
	}, {
		Name: sharesSession, Breaks: "R5: writes that are under way at once go to the database in sessions of their own",
		Scenario: "every-tier", Check: durable, Seeds: 10,
	},
}
