package service

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/scenarios"
)

// The checks, by the rules of doc.go.
const (
	atMostOnce      = "at-most-once"
	inRotation      = "in-rotation"
	deadServer      = "no-dead-server"
	counts          = "counts"
	readmission     = "readmission"
	fair            = "fair"
	boundedLoad     = "bounded-load"
	queueLimit      = "queue-limit"
	retryBudget     = "retry-budget"
	losersCancelled = "losers-cancelled"
)

var checks = []scenarios.Check{
	watched(atMostOnce, "S1: a request that may not be repeated is begun at most once"),
	watched(inRotation, "S2: nothing new is sent to a server that is draining or was taken out, unless too many were"),
	watchedUnpaused(deadServer, "S3: nothing is sent to a dead server once the probes have had time to show that it is"),
	watched(counts, "S4: the balancer counts as outstanding what has not been answered, and nothing else"),
	{
		Name: readmission, Claim: "S5: a server that was ejected gets another chance when its time is over",
		Judge: func(r *scenarios.Run) scenarios.Result { return of(r.Cluster).judgeReadmission(r.World.Now()) },
	}, {
		Name: fair, Claim: "S6: equal servers get equal shares, as close as the algorithm promises",
		Watch: func(r *scenarios.Run) {
			of(r.Cluster).watch.faulted = func() bool { return len(r.Faults.Log()) > 0 }
		},
		Judge: func(r *scenarios.Run) scenarios.Result { return of(r.Cluster).judgeFairness() },
	},
	watched(boundedLoad, "S7: with hash, no server has more than bound times the average load, rounded up"),
	watched(queueLimit, "S8: no more requests wait for a server than its queue may hold"),
	watched(retryBudget, "S9: a client repeats no more than its budget allows"),
	watched(losersCancelled, "S10: the attempt that lost a hedge is not begun any more"),
}

func watched(name, claim string) scenarios.Check {
	return scenarios.Check{Name: name, Claim: claim, Watch: func(r *scenarios.Run) {
		v := of(r.Cluster).watch
		v.enforced = append(v.enforced, name)
		v.faulted = func() bool { return len(r.Faults.Log()) > 0 }
	}}
}

// watchedUnpaused is of a promise that a balancer which was paused cannot keep: what came
// meanwhile is sent before it can look at its probes.
func watchedUnpaused(name, claim string) scenarios.Check {
	c := watched(name, claim)
	watch := c.Watch
	c.Watch = func(r *scenarios.Run) {
		watch(r)
		of(r.Cluster).watch.paused = func() bool {
			return slices.ContainsFunc(r.Faults.Log(), func(d faults.Done) bool {
				return strings.HasPrefix(d.Text, "pause") && strings.Contains(d.Text, balancerName)
			})
		}
	}
	return c
}

func violated(format string, args ...any) scenarios.Result {
	return scenarios.Result{Verdict: checker.Violated, Reason: fmt.Sprintf(format, args...)}
}

func (k *cluster) judgeReadmission(now time.Duration) scenarios.Result {
	for _, name := range k.names {
		if s := k.watch.servers[name]; s.until > 0 && now > s.until+time.Second {
			return violated("%s was ejected until %v, and at %v still is", name, s.until, now)
		}
	}
	return scenarios.Result{Verdict: checker.OK}
}

// judgeFairness looks at what was picked until the first fault, or the first server that
// crashed, drained or was taken out: until then they were equal but for their weights.
func (k *cluster) judgeFairness() scenarios.Result {
	total, weights, heaviest := 0, 0, 1
	for i, name := range k.names {
		total += k.watch.servers[name].picked
		weights += k.weight(i)
		heaviest = max(heaviest, k.weight(i))
	}
	for i, name := range k.names {
		share := float64(k.weight(i)) / float64(weights)
		expected := float64(share * float64(total))
		slack := k.slack(expected, share, heaviest)
		if got := float64(k.watch.servers[name].picked); math.Abs(got-expected) > slack {
			return violated("%s got %v of %d requests, expected %.1f, give or take %.1f", name, got, total, expected, slack)
		}
	}
	return scenarios.Result{Verdict: checker.OK}
}

// slack is how far from its share a server may be. Algorithms that count are exact, but for
// the cycle under way and requests that had to avoid a server; those that draw have a
// binomial spread, of which five standard deviations are allowed (once in two million);
// those that look at load follow what the load was, which here may be a quarter more.
func (k *cluster) slack(expected, share float64, heaviest int) float64 {
	const sigmas = 5
	spread := float64(sigmas * math.Sqrt(float64(expected*(1-share))))
	switch k.balancer.Algorithm {
	case RoundRobin, Weighted:
		return float64(heaviest + k.watch.avoided)
	case Random:
		return spread + 1
	case Hash:
		return math.Inf(1) // keys decide, and bounded-load judges
	}
	return spread + 1 + float64(expected/4)
}

// measure tells what the run came to.
func measure(r *scenarios.Run) []scenarios.Measure {
	k := of(r.Cluster)
	w := k.watch
	sent, most, queued := 0, 0, 0
	for _, name := range k.names {
		s := w.servers[name]
		sent, most, queued = sent+s.sent, max(most, s.sent), max(queued, s.queued)
	}
	ratio := func(a, b float64) float64 {
		if b == 0 {
			return 0
		}
		return a / b
	}
	count := func(name, help string, n int) scenarios.Measure {
		return scenarios.Measure{Name: name, Help: help, Value: float64(n)}
	}
	return []scenarios.Measure{
		{Name: "amplification", Help: "attempts for each request", Value: ratio(float64(w.tried), float64(w.asked))},
		count("retries", "attempts paid from the budget, hedges included", w.retried),
		count("hedges", "attempts made while another was under way", w.hedged),
		count("rejected", "attempts turned away because a queue was full", w.turnedAway),
		count("ejections", "servers ejected because requests failed", w.ejected),
		count("longest-queue", "requests that waited for one server at once", queued),
		scenarios.Took("mean-wait", "from a request's arrival at a server until it is begun", time.Duration(ratio(w.waited, w.started))),
		{Name: "busiest", Help: "of the requests went to the server that got most", Value: ratio(float64(most), float64(sent)), Unit: scenarios.UnitShare},
	}
}
