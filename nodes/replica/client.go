package replica

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/scenarios/workload"
	"github.com/orrery-sim/orrery/sim"
)

// Session is a client's side: writes go to the primary, reads where the knobs say. A
// write that is asked again has the number of the first time, so that it is done once.
type Session struct {
	*Group
	name   string    // of the client, among all
	seq    uint64    // of the last write
	target string    // who is believed to be primary
	near   string    // the nearest server, once it is known
	seen   *Position // the token: the newest that was written or read. The client's machine keeps it, as a cookie
	epoch  uint64    // the newest heard of
	rand   *sim.Rand
}

// Connect returns a new session for a process that asks.
func (g *Group) Connect(p *sim.Proc) *Session {
	g.sessions++
	client := p.Node().Name()
	if g.tokens[client] == nil {
		g.tokens[client] = &Position{}
	}
	name := client + "#" + strconv.Itoa(g.sessions)
	return &Session{Group: g, name: name, target: g.servers[0], seen: g.tokens[client], rand: p.Rand("session " + name)}
}

// Do carries out an operation of a workload of registers.
func (s *Session) Do(p *sim.Proc, op workload.Op, timeout time.Duration) (checker.Value, checker.Outcome) {
	if op.Name == "write" {
		return checker.Nil, s.Write(p, op.Key, op.Input, timeout)
	}
	return s.Read(p, op.Key, timeout)
}

// Write sets a key. The outcome is unknown if some server may have taken it in and
// has not said what became of it.
func (s *Session) Write(p *sim.Proc, key string, value checker.Value, timeout time.Duration) checker.Outcome {
	s.seq++
	deadline, outcome := p.Elapsed()+timeout, checker.OutcomeFailed
	for {
		left := deadline - p.Elapsed()
		if left <= 0 {
			return outcome
		}
		m := Write{Client: s.name, Seq: s.seq, Key: key, Value: value, Patience: left}
		a, err := sim.Call[Answer](p, s.target, m, min(left, s.patience()))
		switch {
		case errors.Is(err, sim.ErrRefused):
		case err != nil, a.Status == Unsure:
			outcome = checker.OutcomeUnknown
		case a.Status == Done:
			s.saw(a)
			s.watch.learned(a.At)
			return checker.OutcomeOK
		}
		s.lookElsewhere(p, a, deadline)
	}
}

// patience is how long a client waits for one server before it asks another: for a
// write longer than for a read, since replicas may have to be waited for.
func (s *Session) patience() time.Duration {
	if s.need > 0 {
		return 2 * s.retry
	}
	return s.retry
}

// saw takes down what the session must find again.
func (s *Session) saw(a Answer) {
	s.epoch = max(s.epoch, a.Epoch)
	if a.At.Epoch > s.seen.Epoch || a.At.Epoch == s.seen.Epoch && a.At.Index > s.seen.Index {
		*s.seen = a.At
	}
}

// lookElsewhere turns to the primary of whom it was told, or else to the next server.
// It waits a little if that is who was asked.
func (s *Session) lookElsewhere(p *sim.Proc, a Answer, deadline time.Duration) {
	before := s.target
	if a.Primary != "" && a.Epoch >= s.epoch {
		s.target, s.epoch = a.Primary, a.Epoch
	} else {
		s.target = s.servers[(slices.Index(s.servers, s.target)+1)%len(s.servers)]
	}
	const pause = 50 * time.Millisecond
	if a.Primary == "" || s.target == before {
		p.Sleep(max(0, min(s.rand.Duration(pause/2, pause), deadline-p.Elapsed())))
	}
}

// Read returns the value of a key. It has no effect, so one without an answer has
// failed.
func (s *Session) Read(p *sim.Proc, key string, timeout time.Duration) (checker.Value, checker.Outcome) {
	deadline := p.Elapsed() + timeout
	m := Read{Key: key, Primary: s.reads == readPrimary}
	if s.token != tokenOff {
		m.Least = *s.seen
	}
	if s.token == tokenWait {
		m.Wait = s.wait
	}
	to := s.choose(p)
	for {
		left := deadline - p.Elapsed()
		if left <= 0 {
			return checker.Nil, checker.OutcomeFailed
		}
		a, err := sim.Call[Answer](p, to, m, min(left, s.retry+m.Wait))
		switch {
		case err == nil && a.Status == Done:
			s.saw(a)
			s.watch.read(to)
			return a.Value, checker.OutcomeOK
		case err == nil && a.Status == Gone:
			s.watch.gone++
			p.Log("what the session has written or seen, entry %d of epoch %d, is lost", s.seen.Index, s.seen.Epoch)
			*s.seen = Position{}
			return checker.Nil, checker.OutcomeFailed
		case err == nil && a.Status == Behind && a.Primary != "" && to != a.Primary:
			s.watch.redirected++
			to = a.Primary
		case m.Primary:
			s.lookElsewhere(p, a, deadline)
			to = s.target
		default:
			if s.near == to {
				s.near = ""
			}
			const pause = 20 * time.Millisecond
			p.Sleep(min(pause, deadline-p.Elapsed()))
			to = sim.Pick(s.rand, s.servers)
		}
	}
}

// choose returns the server that is to answer a read.
func (s *Session) choose(p *sim.Proc) string {
	switch s.reads {
	case readPrimary:
		return s.target
	case readNearest:
		if s.near == "" {
			s.near = s.nearest(p)
		}
		return s.near
	}
	return sim.Pick(s.rand, s.servers)
}

// nearest is the server that is first to answer when all are asked.
func (s *Session) nearest(p *sim.Proc) string {
	g := sim.NewGroup[string](p)
	for _, server := range s.servers {
		g.Go("probe "+server, func(p *sim.Proc) (string, error) {
			_, err := sim.Call[Answer](p, server, Probe{}, s.retry)
			return server, err
		})
	}
	if list, _ := g.First(1); len(list) > 0 {
		return list[0]
	}
	return sim.Pick(s.rand, s.servers)
}
