package cache

import (
	"fmt"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/scenarios"
)

// The checks, by the promises of doc.go.
const (
	boundedStaleness = "bounded-staleness"
	acknowledged     = "acknowledged-writes"
	hitRate          = "hit-rate"
	databaseLoad     = "database-load"
)

var checks = []scenarios.Check{
	{
		Name: boundedStaleness, Claim: "C1: no value that was read is older than ttl and what may be in flight, or than max-age",
		Judge: func(r *scenarios.Run) scenarios.Result { return of(r.Cluster).judgeAges(r) },
	}, {
		Name: acknowledged, Claim: "C2: at the end the database has, or is about to be told, every acknowledged write or a later one",
		Judge: func(r *scenarios.Run) scenarios.Result { return of(r.Cluster).judgeWrites(r) },
	}, {
		Name: hitRate, Claim: "C3: of the reads, at least the share min-hit-rate is answered from the cache",
		Judge: func(r *scenarios.Run) scenarios.Result { return of(r.Cluster).judgeHits() },
	}, {
		Name: databaseLoad, Claim: "C4: the database never has more than max-load requests at once",
		Judge: func(r *scenarios.Run) scenarios.Result { return of(r.Cluster).judgeLoad() },
	},
}

func (c *cluster) judgeAges(r *scenarios.Run) scenarios.Result {
	bound := c.Duration("max-age")
	if bound == 0 {
		if c.tier.TTL == 0 {
			return scenarios.Result{Verdict: checker.Unknown, Reason: "neither ttl nor max-age bounds the age of what is read"}
		}
		bound = c.tier.TTL + c.tier.InFlight(r.Scenario.Workload.Timeout)
	}
	return scenarios.FromHistory(checker.BoundedStaleness{MaxAge: bound}.Check(r.Workload.History(), checker.Limits{}))
}

// lost is a key whose last acknowledged writes the database does not have.
type lost struct {
	key    string
	value  checker.Value // what it has
	writes int           // that are newer
}

// losses compares the database at the end with what clients were told, as if it were
// read once more. A write that still waits in the queue of a cache node is not lost.
func (c *cluster) losses(r *scenarios.Run) (losses []lost, err error) {
	h := r.Workload.History()
	end, clients := int64(r.World.Now())+1, len(h.Ops)
	seen := map[string]bool{}
	ask := func(key string, value checker.Value) {
		h.Ops = append(h.Ops, checker.Operation{
			Client: fmt.Sprintf("the end %d", len(h.Ops)), Op: "read", Key: key, Output: value,
			Call: end, Return: end, Outcome: checker.OutcomeOK,
		})
	}
	for i := range clients {
		if key := h.Ops[i].Key; h.Ops[i].Op == "write" && !seen[key] {
			seen[key] = true
			ask(key, c.db.Row(key).Value)
		}
	}
	ages, err := checker.Ages(h)
	for _, a := range ages {
		if op := &h.Ops[a.Read]; a.Read >= clients && a.Age > 0 && !c.queued(r, op.Key) {
			losses = append(losses, lost{op.Key, op.Output, a.Behind})
		}
	}
	return losses, err
}

// queued says whether some cache node is about to write the key.
func (c *cluster) queued(r *scenarios.Run, key string) bool {
	for _, name := range r.Cluster.Servers() {
		if n := c.tier.now[name]; n != nil && r.World.Lookup(name).Up() {
			if _, ok := n.behind.get(key); ok {
				return true
			}
		}
	}
	return false
}

func (c *cluster) judgeWrites(r *scenarios.Run) scenarios.Result {
	if !r.World.Lookup(database).Up() {
		return scenarios.Result{Verdict: checker.Unknown, Reason: "the database is down at the end"}
	}
	losses, err := c.losses(r)
	switch {
	case err != nil:
		return scenarios.Result{Verdict: checker.Unknown, Reason: err.Error()}
	case len(losses) > 0:
		l := losses[0]
		return violated("the database has %v under %s at the end, and %d newer writes of it had been acknowledged; so it is with %d keys",
			l.value, l.key, l.writes, len(losses))
	}
	return scenarios.Result{Verdict: checker.OK}
}

func violated(format string, args ...any) scenarios.Result {
	return scenarios.Result{Verdict: checker.Violated, Reason: fmt.Sprintf(format, args...)}
}

// rate is the share of hits among the reads, 1 if there were none.
func (n *Counts) rate() float64 {
	if n.Hits+n.Misses == 0 {
		return 1
	}
	return float64(n.Hits) / float64(n.Hits+n.Misses)
}

func (c *cluster) judgeHits() scenarios.Result {
	if rate, least := c.tier.Count.rate(), c.Float("min-hit-rate"); rate < least {
		return violated("%.1f%% of the reads were answered from the cache, expected at least %.1f%%", float64(100*rate), float64(100*least))
	}
	return scenarios.Result{Verdict: checker.OK}
}

func (c *cluster) judgeLoad() scenarios.Result {
	if peak, most := c.db.Load.Peak, c.Int("max-load"); peak > most {
		return violated("the database had %d requests at once, expected at most %d", peak, most)
	}
	return scenarios.Result{Verdict: checker.OK}
}

// moved counts, among the first keys of the workload, those that have another node
// after the first loss of one, and those of them that the lost node had.
func (c *cluster) moved(keys int) (moved, had int) {
	n := &c.tier.Count
	before := NewPlacement(c.tier.Placement, n.Before, c.tier.VirtualNodes)
	after := NewPlacement(c.tier.Placement, n.After, c.tier.VirtualNodes)
	left := map[string]bool{}
	for _, name := range n.After {
		left[name] = true
	}
	for i := range keys {
		key := fmt.Sprintf("k%d", i)
		if was := before.Owner(key); was != after.Owner(key) {
			moved++
			if !left[was] {
				had++
			}
		}
	}
	return moved, had
}

func measure(r *scenarios.Run) []scenarios.Measure {
	c := of(r.Cluster)
	n, load := &c.tier.Count, c.db.Load
	ages, _ := checker.Ages(r.Workload.History()) // what is wrong with it the checks say
	s := checker.Summarize(ages)
	losses, _ := c.losses(r)
	writes := 0
	for _, l := range losses {
		writes += l.writes
	}
	moved, had := c.moved(r.Scenario.Workload.Keys)
	share := func(n, of int) float64 { return float64(n) / float64(max(of, 1)) }
	counted := func(name, help string, n int, unit string) scenarios.Measure {
		return scenarios.Measure{Name: name, Help: help, Value: float64(n), Unit: unit}
	}
	shared := func(name, help string, n, of int) scenarios.Measure {
		return scenarios.Measure{Name: name, Help: help, Value: share(n, of), Unit: scenarios.UnitShare}
	}
	return []scenarios.Measure{
		shared("hit-rate", "reads that the cache answered", n.Hits, n.Hits+n.Misses),
		counted("database-reads", "reads that the database was asked for", load.Reads, "reads"),
		counted("database-writes", "writes that it was asked for", load.Writes, "writes"),
		counted("database-peak", "the most requests that it had at once", load.Peak, "requests"),
		counted("lease-waits", "times that a client was told to wait for another's fill", n.Waits, "waits"),
		counted("refused-sets", "fills that came after their lease was revoked", n.Refused, "sets"),
		counted("evicted", "entries that went because there was no room", n.Evicted, "entries"),
		shared("stale-reads", "reads of values that had been overwritten", s.Stale, s.Reads),
		scenarios.Took("age-p99", "99 of 100 reads returned values no older than that", s.P99Age),
		scenarios.Took("age-max", "the oldest value that was read", time.Duration(s.MaxAge)),
		counted("versions-behind", "the most versions by which a value read was overwritten", s.MaxBehind, "versions"),
		counted("lost-writes", "acknowledged writes that the database neither has nor has a later one of", writes, "writes"),
		shared("moved-keys", "keys that got another node when the first was given up", moved, r.Scenario.Workload.Keys),
		shared("moved-needlessly", "keys that did though the node given up did not have them", moved-had, r.Scenario.Workload.Keys),
	}
}
