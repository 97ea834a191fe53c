package replica

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/scenarios"
)

// The checks, by the promises of doc.go.
const (
	onePrimary   = "one-primary-per-epoch"
	sameHistory  = "same-history"
	sameState    = "same-state"
	persistence  = "persistence"
	acknowledged = "acknowledged-writes"
	fenced       = "fenced"
	convergence  = "convergence"
)

var checks = slices.Concat(GroupChecks(of), sessionChecks())

// GroupChecks are the checks of a group, P1 to P6 and P9, for a system that has one beside
// other things in its world and finds it by group.
func GroupChecks(group func(c *scenarios.Cluster) *Group) []scenarios.Check {
	watched := func(name, claim string) scenarios.Check {
		return scenarios.Check{Name: name, Claim: claim, Watch: func(r *scenarios.Run) {
			v := group(r.Cluster).watch
			v.enforced = append(v.enforced, name)
		}}
	}
	return []scenarios.Check{
		watched(onePrimary, "at most one server is primary of an epoch"),
		watched(sameHistory, "logs that have an entry of the same epoch and index are equal up to it"),
		watched(sameState, "servers that have applied the same entries, each once, have the same state"),
		watched(persistence, "a server that crashed still has what it has said is on its disk"),
		{
			Name: acknowledged, Claim: "every write that a client was told of is in the final history",
			Judge: func(r *scenarios.Run) scenarios.Result { return group(r.Cluster).judgeWrites() },
		},
		watched(fenced, "once an epoch has a primary, that of an older one acknowledges nothing and answers no read as primary"),
		{
			Name: convergence, Claim: "when all faults are undone, every server comes to have what the primary has",
			AtEnd: true,
			Watch: func(r *scenarios.Run) {
				v := group(r.Cluster).watch
				r.World.At(r.Scenario.Run+r.Scenario.Settle/2, "the log so far is what all servers must have at the end", v.setMark)
			},
			Judge: func(r *scenarios.Run) scenarios.Result { return group(r.Cluster).judgeServers() },
		},
	}
}

// sessionChecks are the session guarantees, judged by the clients' history.
func sessionChecks() []scenarios.Check {
	var list []scenarios.Check
	for _, s := range checker.Sessions {
		list = append(list, scenarios.Check{Name: s.Name(), Claim: s.Doc(), Judge: func(r *scenarios.Run) scenarios.Result {
			return scenarios.FromHistory(s.Check(r.Workload.History(), checker.Limits{}))
		}})
	}
	return list
}

func (v *watch) setMark() {
	if s := v.primary(); s != nil {
		v.mark = s.log.at(s.committed)
	}
}

func violated(format string, args ...any) scenarios.Result {
	return scenarios.Result{Verdict: checker.Violated, Reason: fmt.Sprintf(format, args...)}
}

func (g *Group) judgeWrites() scenarios.Result {
	s := g.watch.primary()
	if s == nil {
		return scenarios.Result{Verdict: checker.Unknown, Reason: "there is no primary at the end"}
	}
	if lost := g.watch.lost(s); len(lost) > 0 {
		e := lost[0]
		return violated("%d of %d acknowledged writes are lost, the first of them %s = %v by %s, entry %d of epoch %d",
			len(lost), len(g.watch.acks), e.Key, e.Value, e.Client, e.Index, e.Epoch)
	}
	return scenarios.Result{Verdict: checker.OK}
}

func (g *Group) judgeServers() scenarios.Result {
	mark := g.watch.mark
	if mark.Index == 0 {
		return violated("half the settling time after the faults ended there was no primary")
	}
	for _, name := range g.servers {
		k := g.watch.servers[name]
		if !k.runs() {
			return violated("%s does not run at the end", name)
		}
		if !k.server.has(mark) {
			return violated("%s has applied entries up to %d of epoch %d, and entry %d of epoch %d was there half the settling time before the end",
				name, k.server.live.index, k.server.log.at(k.server.live.index).Epoch, mark.Index, mark.Epoch)
		}
	}
	return scenarios.Result{Verdict: checker.OK}
}

// measure tells what a run came to.
func measure(r *scenarios.Run) []scenarios.Measure {
	g := of(r.Cluster)
	v := g.watch
	lost := 0
	if s := v.primary(); s != nil {
		lost = len(v.lost(s))
	}
	var writes []time.Duration
	for _, op := range r.Workload.Ops() {
		if op.Op == "write" && op.Outcome == checker.OutcomeOK {
			writes = append(writes, time.Duration(op.Return-op.Call))
		}
	}
	share := func(n int) float64 { return float64(n) / float64(max(1, v.reads)) }
	count := func(name, help string, n int, unit string) scenarios.Measure {
		return scenarios.Measure{Name: name, Help: help, Value: float64(n), Unit: unit}
	}
	return []scenarios.Measure{
		count("lost-writes", "acknowledged, and not in the final history", lost, "writes"),
		count("divergent-writes", "dropped by servers that came back with another history", v.divergent, "writes"),
		count("failovers", "epochs that had a primary, after the first", len(v.primaries)-1, ""),
		count("full-copies", "replicas that had to copy everything", v.copies, ""),
		count("lost-sessions", "sessions told that what they wrote or saw is gone", v.gone, ""),
		scenarios.Took("write-p50", "latency of writes, median", percentile(writes, 50)),
		scenarios.Took("write-p99", "latency of writes, 99th percentile", percentile(writes, 99)),
		scenarios.Took("lag-p50", "from the primary's log to a replica's state, median", percentile(v.lags, 50)),
		scenarios.Took("lag-p99", "from the primary's log to a replica's state, 99th percentile", percentile(v.lags, 99)),
		{Name: "replica-reads", Help: "share of the reads that another than the primary answered", Value: share(v.remote), Unit: scenarios.UnitShare},
		{Name: "redirected", Help: "reads sent on to the primary, as a share of the reads", Value: share(v.redirected), Unit: scenarios.UnitShare},
	}
}

// percentile returns the least value that so many of a hundred are not above.
func percentile(list []time.Duration, percent int) time.Duration {
	if len(list) == 0 {
		return 0
	}
	sorted := slices.SortedFunc(slices.Values(list), cmp.Compare[time.Duration])
	return sorted[(len(sorted)*percent+99)/100-1]
}
