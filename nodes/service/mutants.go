package service

import "github.com/orrery-sim/orrery/scenarios"

// The mistakes that the parts can be made to make.
const (
	postsRetried    = "posts-retried"
	ejectedStays    = "ejected-stays-in-rotation"
	drainIgnored    = "drain-ignored"
	probesIgnored   = "probes-ignored"
	shareIgnored    = "share-ignored"
	failuresLeak    = "failures-leak"
	neverReadmitted = "never-readmitted"
	roundRobinSkips = "round-robin-skips"
	boundIgnored    = "bound-ignored"
	queueUnbounded  = "queue-unbounded"
	budgetUnpaid    = "budget-unpaid"
	loserRunsOn     = "loser-runs-on"
)

var mutants = []scenarios.Mutant{
	{
		Name: postsRetried, Breaks: "S1: what may not be repeated is not, unless it is known that nothing was done",
		Scenario: "gray-failure", Check: atMostOnce, Seeds: 3,
	}, {
		Name: ejectedStays, Breaks: "S2: a server that was taken out is sent nothing",
		Scenario: "server-crash", Check: inRotation, Seeds: 2,
	}, {
		Name: drainIgnored, Breaks: "S2: a server that is draining is sent nothing new",
		Scenario: "rollout", Check: inRotation, Seeds: 2,
	}, {
		Name: shareIgnored, Breaks: "S2: when more than max-out of the servers were out, all are used",
		Scenario: "ill-checks", Check: "objectives", Seeds: 2,
	}, {
		Name: probesIgnored, Breaks: "S3: a server whose probes fail is taken out",
		Scenario: "server-crash", Check: deadServer, Seeds: 2,
	}, {
		Name: failuresLeak, Breaks: "S4: a request that failed is outstanding no more",
		Scenario: "server-crash", Check: counts, Seeds: 2,
	}, {
		Name: neverReadmitted, Breaks: "S5: a server that was ejected gets another chance",
		Scenario: "gray-failure", Check: readmission, Seeds: 3,
	}, {
		Name: roundRobinSkips, Breaks: "S6: round robin passes over nobody",
		Scenario: "calm", Check: fair, Seeds: 1,
	}, {
		Name: boundIgnored, Breaks: "S7: a key whose server is full goes to the next on the ring",
		Scenario: "hot-key", Check: boundedLoad, Seeds: 2,
	}, {
		Name: queueUnbounded, Breaks: "S8: a server whose queue is full turns requests away",
		Scenario: "overload", Check: queueLimit, Seeds: 2,
	}, {
		Name: budgetUnpaid, Breaks: "S9: every retry is paid for",
		Scenario: "retry-budget", Check: retryBudget, Seeds: 2,
	}, {
		Name: loserRunsOn, Breaks: "S10: who has an answer cancels the other attempt",
		Scenario: "hedging", Check: losersCancelled, Seeds: 5,
	},
}
