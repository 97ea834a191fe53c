package raft

import (
	"fmt"
	"slices"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/scenarios"
)

// The checks, by the invariants of doc.go.
const (
	oneLeader          = "one-leader-per-term"
	logMatching        = "log-matching"
	leaderCompleteness = "leader-completeness"
	stateMachineSafety = "state-machine-safety"
	persistence        = "persistence"
	acknowledged       = "acknowledged-writes"
	catchUp            = "catch-up"
)

var checks = []scenarios.Check{
	watched(oneLeader, "at most one server leads in a term"),
	watched(logMatching, "logs that have an entry of the same index and term are equal up to it"),
	watched(leaderCompleteness, "a leader has every entry that was committed in an earlier term"),
	watched(stateMachineSafety, "all servers apply the same entries, in order and each once, and come to the same state"),
	watched(persistence, "a server that crashed still knows the term, the vote and the entries that it has answered for"),
	{
		Name: acknowledged, Claim: "every write that a client was told of is in the final state",
		Judge: func(r *scenarios.Run) scenarios.Result { return of(r.Cluster).judgeWrites() },
	},
	{
		Name: catchUp, Claim: "when all faults are undone, every member catches up with the leader",
		AtEnd: true,
		Watch: func(r *scenarios.Run) {
			v := of(r.Cluster).watch
			r.World.At(r.Scenario.Run+r.Scenario.Settle/2, "the log so far is what all members must have at the end",
				v.setMark)
		},
		Judge: func(r *scenarios.Run) scenarios.Result { return of(r.Cluster).judgeMembers() },
	},
}

func watched(name, claim string) scenarios.Check {
	return scenarios.Check{Name: name, Claim: claim, Watch: func(r *scenarios.Run) {
		v := of(r.Cluster).watch
		v.enforced = append(v.enforced, name)
	}}
}

func (v *watch) setMark() {
	v.mark = mark{index: v.decided.last}
	if s := v.final(); s != nil {
		v.mark.members = s.members.Voters
	}
}

// final is the server that is furthest, or nil if none runs.
func (v *watch) final() *server {
	var best *server
	for _, k := range v.servers {
		if k.runs() && (best == nil || k.server.machine.index > best.machine.index) {
			best = k.server
		}
	}
	return best
}

func violated(format string, args ...any) scenarios.Result {
	return scenarios.Result{Verdict: checker.Violated, Reason: fmt.Sprintf(format, args...)}
}

// judgeWrites looks for every acknowledged write in what the state was made of, and
// for what it must have left there: that its session has come as far, or the element
// that was added.
func (c *cluster) judgeWrites() scenarios.Result {
	s := c.watch.final()
	if s == nil {
		return scenarios.Result{Verdict: checker.Unknown, Reason: "no server is up at the end"}
	}
	full := len(s.machine.sessions) >= c.sessions // then some may have been dropped
	for _, t := range c.watch.acks {
		index, carried := c.watch.carried[t]
		a := s.machine.sessions[t.session]
		switch {
		case !carried || index > s.machine.index:
			return violated("write %d of session %d was acknowledged, and %s has not carried it out", t.seq, t.session, s.name)
		case a == nil && !full || a != nil && a.seq < t.seq:
			return violated("write %d of session %d was acknowledged, and %s does not know of it", t.seq, t.session, s.name)
		}
	}
	for _, e := range c.watch.added {
		if o := s.machine.objects[e.key]; o == nil || !o.has[e.value] {
			return violated("%v was added to %s and acknowledged, and is not in the state of %s", e.value, e.key, s.name)
		}
	}
	return scenarios.Result{Verdict: checker.OK}
}

func (c *cluster) judgeMembers() scenarios.Result {
	s := c.watch.final()
	if s == nil {
		return scenarios.Result{Verdict: checker.Unknown, Reason: "no server is up at the end"}
	}
	for _, id := range s.members.Voters {
		k := c.watch.servers[id]
		switch {
		case !slices.Contains(c.watch.mark.members, id): // it has been a member for a moment only
		case !k.runs():
			return violated("%s is a member and does not run at the end", c.names[id])
		case k.server.machine.index < c.watch.mark.index:
			return violated("%s has applied entries up to %d, and %d was committed half the settling time before the end",
				c.names[id], k.server.machine.index, c.watch.mark.index)
		}
	}
	return scenarios.Result{Verdict: checker.OK}
}
