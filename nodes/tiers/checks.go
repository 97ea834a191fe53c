package tiers

import (
	"fmt"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/nodes/replica"
	"github.com/orrery-sim/orrery/scenarios"
)

// The checks, by the promises of doc.go.
const (
	boundedStaleness = "bounded-staleness"
	durable          = "end-to-end-durability"
)

var checks = append([]scenarios.Check{
	{
		Name: durable, Claim: "T1: at the end the primary has, of every key, the last write that a client was told of or a later one",
		Judge: func(r *scenarios.Run) scenarios.Result { return of(r.Cluster).judgeWrites(r) },
	}, {
		Name: boundedStaleness, Claim: "T2: no value that was read is older than ttl and what may be in flight, or than max-age",
		Judge: func(r *scenarios.Run) scenarios.Result { return of(r.Cluster).judgeAges(r) },
	},
}, replica.GroupChecks(func(c *scenarios.Cluster) *replica.Group { return of(c).group })...)

func (s *parts) judgeAges(r *scenarios.Run) scenarios.Result {
	bound := r.Cluster.Duration("max-age")
	if bound == 0 {
		bound = s.tier.TTL + s.tier.InFlight(appTimeout)
	}
	return scenarios.FromHistory(checker.BoundedStaleness{MaxAge: bound}.Check(r.Workload.History(), checker.Limits{}))
}

// judgeWrites reads every key that was written from the primary, as a client would that
// comes last of all and passes all tiers by.
func (s *parts) judgeWrites(r *scenarios.Run) scenarios.Result {
	if s.group.Primary() == "" {
		return scenarios.Result{Verdict: checker.Unknown, Reason: "there is no primary at the end"}
	}
	losses, err := s.losses(r)
	switch {
	case err != nil:
		return scenarios.Result{Verdict: checker.Unknown, Reason: err.Error()}
	case len(losses) > 0:
		return scenarios.Result{Verdict: checker.Violated, Reason: losses[0] + fmt.Sprintf("; so it is with %d keys", len(losses))}
	}
	return scenarios.Result{Verdict: checker.OK}
}

// losses tells of the keys of which the primary has an older value than a client was told.
func (s *parts) losses(r *scenarios.Run) (losses []string, err error) {
	h := r.Workload.History()
	end, asked := int64(r.World.Now())+1, len(h.Ops)
	seen := map[string]bool{}
	for i := range asked {
		key := h.Ops[i].Key
		if h.Ops[i].Op != "write" || seen[key] {
			continue
		}
		seen[key] = true
		h.Ops = append(h.Ops, checker.Operation{
			Client: fmt.Sprint("the end ", len(h.Ops)), Op: "read", Key: key, Output: s.group.Value(key),
			Call: end, Return: end, Outcome: checker.OutcomeOK,
		})
	}
	ages, err := checker.Ages(h)
	for _, a := range ages {
		if op := &h.Ops[a.Read]; a.Read >= asked && a.Age > 0 {
			losses = append(losses, fmt.Sprintf("at the end the primary has %v under %s, which %d acknowledged or read writes had overwritten", op.Output, op.Key, a.Behind))
		}
	}
	return losses, err
}

// measure tells what the run came to.
func measure(r *scenarios.Run) []scenarios.Measure {
	s := of(r.Cluster)
	n := &s.tier.Count
	ages, _ := checker.Ages(r.Workload.History()) // what is wrong with it the checks say
	stale := checker.Summarize(ages)
	losses, _ := s.losses(r)
	share := func(part, of int) float64 { return float64(part) / float64(max(of, 1)) }
	return []scenarios.Measure{
		{Name: "hit-rate", Help: "reads that the cache answered", Value: share(n.Hits, n.Hits+n.Misses), Unit: scenarios.UnitShare},
		{Name: "cache-passed-by", Help: "requests that went to the database because no cache node answered", Value: float64(n.Direct)},
		{Name: "stale-reads", Help: "reads of values that had been overwritten", Value: share(stale.Stale, stale.Reads), Unit: scenarios.UnitShare},
		scenarios.Took("age-max", "the oldest value that was read", stale.MaxAge),
		{Name: "lost-keys", Help: "keys of which the primary lacks a write that a client was told of", Value: float64(len(losses))},
	}
}
