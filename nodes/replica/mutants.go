package replica

import "github.com/orrery-sim/orrery/scenarios"

// The mistakes that a server, a monitor or a client can be made to make.
const (
	acknowledgesEarly    = "acknowledges-early"
	acknowledgesUnsynced = "acknowledges-before-sync"
	shipsBeforeSync      = "ships-before-sync"
	promotesLeast        = "promotes-least"
	asksTooFew           = "asks-too-few"
	followsDeposed       = "follows-deposed-primary"
	ignoresDivergence    = "ignores-divergence"
	replaysEntries       = "replays-entries"
	copyForgetsClients   = "copy-forgets-clients"
	writesRetries        = "writes-retries"
	votesTwice           = "votes-twice"
	readsAfterRestart    = "reads-after-restart"
	ignoresLease         = "ignores-lease"
	forgetsLease         = "restart-forgets-lease"
	ignoresOldTokens     = "ignores-old-tokens"
	answersAfterWait     = "answers-after-wait"
)

var mutants = []scenarios.Mutant{
	{
		Name: acknowledgesEarly, Breaks: "P5: a write is acknowledged when k replicas have it on disk",
		Scenario: "failover-semisync", Check: acknowledged, Seeds: 5,
	}, {
		Name: acknowledgesUnsynced, Breaks: "P4: a replica acknowledges an entry when it is on its disk",
		Scenario: "power-loss", Check: persistence, Seeds: 5, Knobs: scenarios.Values{"fsync": "10ms"},
	}, {
		Name: shipsBeforeSync, Breaks: "P2: an entry leaves the primary when it is on its own disk",
		Scenario: "power-loss", Check: sameHistory, Seeds: 5, Knobs: scenarios.Values{"fsync": "10ms"},
	}, {
		Name: promotesLeast, Breaks: "P5: the replica that is furthest becomes primary",
		Scenario: "failover-semisync", Check: acknowledged, Seeds: 5,
	}, {
		Name: asksTooFew, Breaks: "P5: N-k servers are asked before one of them is made primary",
		Scenario: "storm", Check: acknowledged, Seeds: 20,
	}, {
		Name: followsDeposed, Breaks: "P5: a replica that has promised an epoch follows no primary of an older one",
		Scenario: "fenced-by-epoch", Check: acknowledged, Seeds: 10,
	}, {
		Name: ignoresDivergence, Breaks: "P2: a replica goes on where its history and the primary's part",
		Scenario: "old-primary-returns", Check: sameHistory, Seeds: 5,
	}, {
		Name: replaysEntries, Breaks: "P3: an entry is applied once",
		Scenario: "restarts", Check: sameState, Seeds: 5,
	}, {
		Name: copyForgetsClients, Breaks: "P3: who has written what is part of a copy",
		Scenario: "full-copy", Check: sameState, Seeds: 5,
	}, {
		Name: writesRetries, Breaks: "P7: a write that a client asks for again is done once",
		Scenario: "restarts", Check: "linearizable", Seeds: 20,
	}, {
		Name: votesTwice, Breaks: "P1: a monitor votes once in an epoch",
		Scenario: "split-vote", Check: onePrimary, Seeds: 20,
	}, {
		Name: readsAfterRestart, Breaks: "P7: a primary that was restarted answers reads when it knows again what was committed",
		Scenario: "primary-restarts", Check: "linearizable", Seeds: 10,
	}, {
		Name: ignoresLease, Breaks: "P6: a primary whose lease is over serves nobody",
		Scenario: "split-brain-fenced", Check: fenced, Seeds: 5,
	}, {
		Name: forgetsLease, Breaks: "P6: a monitor that crashed may have given its word for a lease, and so gives no vote until that must be over",
		Scenario: "lease-restart", Check: fenced, Seeds: 10,
	}, {
		Name: ignoresOldTokens, Breaks: "P8: what a session wrote in an older epoch is asked for in a newer one as well",
		Scenario: "failover-sessions", Check: "read-your-writes", Seeds: 10,
	}, {
		Name: answersAfterWait, Breaks: "P8: a replica that has not what the session wrote or saw does not answer",
		Scenario: "own-post-token", Check: "read-your-writes", Seeds: 10,
	},
}
