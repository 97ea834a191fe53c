package raft

import (
	"slices"
	"strconv"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/scenarios/workload"
	"github.com/orrery-sim/orrery/sim"
)

// session is a client's side: it asks who it believes leads, and asks again elsewhere
// when it is refused or not answered. A write that is asked again has the number of the
// first time, so that it takes effect once.
type session struct {
	*cluster
	client uint64 // the number of the client among all
	asked  uint64 // requests without a session so far
	id     uint64 // of the session, 0 if there is none
	seq    uint64 // of the last write
	target uint64 // who is asked next
	before uint64 // who was asked before
	rand   *sim.Rand
}

// pause is how long a client waits when nobody knows who leads.
const pause = 50 * time.Millisecond

func (c *cluster) connect(p *sim.Proc) *session {
	c.clients++
	s := &session{cluster: c, client: c.clients, rand: p.Rand("session " + strconv.FormatUint(c.clients, 10))}
	s.target = s.home()
	return s
}

// home is the server next to the client: it asks there first, and for reads that need
// no leader always.
func (s *session) home() uint64 { return 1 + (s.client-1)%uint64(len(s.names)-1) }

// Do implements workload.Session. What a read comes to is never unknown: it has no
// effect, so that one without an answer has failed.
func (s *session) Do(p *sim.Proc, op workload.Op, timeout time.Duration) (checker.Value, checker.Outcome) {
	deadline := p.Elapsed() + timeout
	c := &Command{Verb: verbs[op.Name], Key: op.Key, Value: op.Input}
	if c.Verb == Read {
		c.Seq = s.unique()
		if s.reads == readLocal {
			s.target = s.home()
		}
		r, outcome := s.insist(p, c, deadline)
		if outcome != checker.OutcomeOK {
			return checker.Nil, checker.OutcomeFailed
		}
		return r.Output, outcome
	}
	if c.Verb == CAS {
		pair, _ := op.Input.Elems()
		c.Old, c.Value = pair[0], pair[1]
	}
	if !s.open(p, deadline) {
		return checker.Nil, checker.OutcomeFailed
	}
	s.seq++
	c.Session, c.Seq = s.id, s.seq
	r, outcome := s.insist(p, c, deadline)
	return r.Output, outcome
}

// unique is a number for a request without a session, which no other has.
func (s *session) unique() uint64 {
	s.asked++
	return s.client<<32 | s.asked
}

// open makes sure that there is a session.
func (s *session) open(p *sim.Proc, deadline time.Duration) bool {
	if s.id == 0 {
		r, outcome := s.insist(p, &Command{Verb: Open, Seq: s.unique()}, deadline)
		if outcome == checker.OutcomeOK {
			s.id, s.seq = r.Session, 0
		}
	}
	return s.id != 0
}

// insist asks until there is an answer or no time left. The outcome is unknown if some
// server may have taken the request in and has not said what became of it.
func (s *session) insist(p *sim.Proc, c *Command, deadline time.Duration) (Response, checker.Outcome) {
	outcome := checker.OutcomeFailed
	for {
		left := deadline - p.Elapsed()
		if left <= 0 {
			return Response{}, outcome
		}
		r, err := sim.Call[Response](p, s.names[s.target], c, min(left, s.retry))
		switch {
		case sim.NothingDone(err):
			s.lookElsewhere(p, "", deadline)
		case err != nil:
			outcome = checker.OutcomeUnknown
			s.lookElsewhere(p, "", deadline)
		case r.Status == Done:
			return r, checker.OutcomeOK
		case r.Status == Expired:
			s.id = 0
			return Response{}, outcome
		case r.Status == Lost:
			if s.mistake != lostIsFailed {
				outcome = checker.OutcomeUnknown
			}
			s.lookElsewhere(p, r.Leader, deadline)
		default:
			s.lookElsewhere(p, r.Leader, deadline)
		}
	}
}

// lookElsewhere turns to another server: the leader, if somebody knows it, or else the
// next, after a pause. There is one too if two servers name each other.
func (s *session) lookElsewhere(p *sim.Proc, leader string, deadline time.Duration) {
	next := uint64(0)
	if leader != "" {
		next = uint64(max(slices.Index(s.names, leader), 0))
	}
	if next == 0 || next == s.before {
		p.Sleep(min(s.rand.Duration(pause/2, pause), deadline-p.Elapsed()))
	}
	if next == 0 {
		next = s.target%uint64(len(s.names)-1) + 1
	}
	s.before, s.target = s.target, next
}
