package tiers

import (
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/nodes/cache"
	"github.com/orrery-sim/orrery/nodes/replica"
	"github.com/orrery-sim/orrery/sim"
)

// store is the database as the cache tier sees it: a [cache.Store]. Every machine that
// asks has sessions of its own, which a crash closes.
type store struct {
	group    *replica.Group
	machines map[string]*sessions
	shared   bool // a mistake: see R5
}

// sessions are those of one machine since it was booted, as a pool of connections.
type sessions struct {
	boot int
	free []*replica.Session
}

var _ cache.Store = (*store)(nil)

// Read reads a row. A key that nobody has written is a row with nil in it.
func (s *store) Read(p *sim.Proc, key string, timeout time.Duration) (cache.Row, error) {
	session, release := s.acquire(p)
	defer release()
	value, outcome := session.Read(p, key, timeout)
	return cache.Row{Value: value, Found: true}, asError(outcome)
}

// Write writes a row. It is done once, whoever sent it: the session sees to that.
func (s *store) Write(p *sim.Proc, u cache.Update, timeout time.Duration) error {
	session, release := s.acquire(p)
	defer release()
	switch outcome := session.Write(p, u.Key, u.Value, timeout); outcome {
	case checker.OutcomeFailed:
		return sim.ErrRefused
	default:
		return asError(outcome)
	}
}

// asError is what a cache is told of an operation.
func asError(o checker.Outcome) error {
	if o == checker.OutcomeOK {
		return nil
	}
	return sim.ErrTimeout
}

// acquire takes a session that nobody uses, the one used last if there are several: it
// knows who is primary.
func (s *store) acquire(p *sim.Proc) (session *replica.Session, release func()) {
	m := s.machines[p.Node().Name()]
	if m == nil || m.boot != p.Node().Incarnation() {
		m = &sessions{boot: p.Node().Incarnation()}
		s.machines[p.Node().Name()] = m
	}
	last := len(m.free) - 1
	if last < 0 {
		session = s.group.Connect(p)
	} else {
		session, m.free = m.free[last], m.free[:last]
	}
	if s.shared {
		m.free = append(m.free, session)
		return session, func() {}
	}
	return session, func() { m.free = append(m.free, session) }
}
