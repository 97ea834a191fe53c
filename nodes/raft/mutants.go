package raft

import "github.com/orrery-sim/orrery/scenarios"

// The mistakes that a server, or a client, can be made to make. Each is one that the
// library cannot prevent: it breaks a rule that the library leaves to its user.
const (
	votesBeforeSync         = "votes-before-sync"
	acknowledgesBeforeSync  = "acknowledges-before-sync"
	keepsConflicts          = "keeps-conflicting-entries"
	restartForgetsApplied   = "restart-forgets-applied"
	restartForgetsLease     = "restart-forgets-lease"
	renamesBeforeSync       = "renames-before-sync"
	syncsAgain              = "syncs-again"
	snapshotForgetsSessions = "snapshot-forgets-sessions"
	snapshotForgetsMembers  = "snapshot-forgets-members"
	snapshotLossUnreported  = "snapshot-loss-unreported"
	appliesRetries          = "applies-retries"
	answersBeforeCommit     = "answers-before-commit"
	readsWithoutQuorum      = "reads-without-quorum"
	readsBeforeApplied      = "reads-before-applied"
	lostIsFailed            = "lost-is-failed"
)

const linearizable = "linearizable"

// mutants say within how many seeds they are caught. Of 40 seeds, nearly all catch most of
// them; 30 catch acknowledges-before-sync, 27 snapshot-loss-unreported, 22
// reads-without-quorum, 8 lost-is-failed and 5 restart-forgets-lease.
var mutants = []scenarios.Mutant{
	{
		Name: votesBeforeSync, Breaks: "R5: a vote is on disk before the candidate is told of it",
		Scenario: "election-power-loss", Check: persistence, Seeds: 4, Knobs: scenarios.Values{"fsync": "20ms"},
	}, {
		Name: acknowledgesBeforeSync, Breaks: "R5: entries are on disk before the leader is told that they are there",
		Scenario: "power-loss", Check: persistence, Seeds: 8, Knobs: scenarios.Values{"fsync": "10ms"},
	}, {
		Name: keepsConflicts, Breaks: "R2: an entry that takes the place of another takes out all that followed that one",
		Scenario: "deposed-leader", Check: logMatching, Seeds: 4, Knobs: scenarios.Values{"retry": "2s"},
	}, {
		Name: restartForgetsApplied, Breaks: "R4: after a restart entries are applied from where the snapshot ends",
		Scenario: "power-loss", Check: stateMachineSafety, Seeds: 3,
	}, {
		Name: restartForgetsLease, Breaks: "R7: after a restart no vote is given while a leader's lease may still run",
		Scenario: "lease-restart", Check: linearizable, Seeds: 40, Storm: "storm-lease",
	}, {
		Name: renamesBeforeSync, Breaks: "R5: a snapshot is on disk before it takes the place of the one before",
		Scenario: "power-loss", Check: persistence, Seeds: 3,
	}, {
		Name: syncsAgain, Breaks: "R5: what a sync that failed has not written, another does not write either",
		Scenario: "disk-errors", Check: persistence, Seeds: 6,
	}, {
		Name: snapshotForgetsSessions, Breaks: "R4: the sessions are part of the state, and so of the snapshot",
		Scenario: "power-loss", Check: stateMachineSafety, Seeds: 3,
	}, {
		Name: snapshotForgetsMembers, Breaks: "R4: the members are part of the state, and so of the snapshot",
		Scenario: "membership", Check: stateMachineSafety, Seeds: 3,
	}, {
		Name: snapshotLossUnreported, Breaks: "R8: the library is told when a snapshot got lost, or it sends nothing more",
		Scenario: "lagging-follower", Check: catchUp, Seeds: 10, Knobs: scenarios.Values{"snapshot-every": "20", "snapshot-keep": "2"},
	}, {
		Name: appliesRetries, Breaks: "R7: a write that was asked for again takes effect once",
		Scenario: "lost-answers", Check: linearizable, Seeds: 3,
	}, {
		Name: answersBeforeCommit, Breaks: "R6: a write is answered when it is committed, not when it is in the log",
		Scenario: "minority-leader", Check: acknowledged, Seeds: 4,
	}, {
		Name: readsWithoutQuorum, Breaks: "R7: a leader makes sure that it still leads before it answers a read",
		Scenario: "minority-leader", Check: linearizable, Seeds: 12, Knobs: scenarios.Values{"check-quorum": "false"},
	}, {
		Name: readsBeforeApplied, Breaks: "R7: a read waits until all is applied that was committed when it came in",
		Scenario: "slow-disk", Check: linearizable, Seeds: 4, Knobs: scenarios.Values{"followers": "forward"},
	}, {
		Name: lostIsFailed, Breaks: "R7: what became of a write is unknown when the leader was deposed meanwhile, not failed",
		Scenario: "partial-partition-off", Check: linearizable, Seeds: 30,
	},
}
