package service

import (
	"errors"
	"fmt"
	"time"

	"github.com/orrery-sim/orrery/sim"
)

// Health says how a balancer finds out which servers are well. Actively, it probes all of
// them. Passively, it sees what becomes of requests, and ejects a server of which too many
// in a row fail (Envoy's outlier detection, consecutive 5xx).
type Health struct {
	Interval time.Duration // from one probe of a server to the next; 0: none are sent
	Timeout  time.Duration // how long a probe may take
	Fall     int           // probes in a row that fail until a server is taken out
	Rise     int           // probes in a row that succeed until it is back

	Outlier  int           // requests in a row that fail until a server is ejected; 0: never
	EjectFor time.Duration // how long the first time; the second time twice as long, and so on

	// MaxOut is the share of servers that may be out. If more were, health would be
	// ignored and all used (Envoy's panic threshold, which is 1-MaxOut): a balancer
	// that finds everybody ill is ill itself. With 1, all may be out.
	MaxOut float64
}

// health is what a balancer knows of a server's health.
type health struct {
	failing   bool // its probes fail
	bad, good int  // probes in a row
	failures  int  // requests in a row
	ejected   bool
	ejections int // since it was last well
}

// rotation is the servers that may be picked.
func (b *balancer) rotation() []*backend {
	var live, well []*backend
	for _, s := range b.backends {
		if s.draining && b.mistake != drainIgnored {
			continue
		}
		live = append(live, s)
		if !s.out() || b.mistake == ejectedStays {
			well = append(well, s)
		}
	}
	if b.tooMany(len(live)-len(well), len(live)) && b.mistake != shareIgnored {
		return live
	}
	return well
}

func (s *backend) out() bool { return s.failing || s.ejected }

// tooMany says whether more servers are out than may be.
func (b *balancer) tooMany(out, of int) bool {
	return float64(out) > float64(b.Health.MaxOut*float64(of))
}

// probeAll probes every server at intervals, each beginning somewhere in the first.
func (b *balancer) probeAll(p *sim.Proc) {
	if b.Health.Interval == 0 {
		return
	}
	start := p.Rand("probe")
	for _, s := range b.backends {
		first := start.Duration(0, b.Health.Interval)
		p.Go("probe", func(p *sim.Proc) {
			for p.Sleep(first); ; {
				begun := p.Elapsed()
				_, err := sim.Call[Alive](p, s.name, Probe{}, b.Health.Timeout)
				b.probed(p, s, err)
				p.Sleep(b.Health.Interval - (p.Elapsed() - begun))
			}
		})
	}
}

// probed counts probes in a row.
func (b *balancer) probed(p *sim.Proc, s *backend, err error) {
	if err != nil {
		s.bad, s.good = s.bad+1, 0
	} else {
		s.bad, s.good = 0, s.good+1
	}
	switch {
	case !s.failing && s.bad >= b.Health.Fall && b.mistake != probesIgnored:
		s.failing = true
		b.milestone(p, fmt.Sprintf("takes %s out: %v", s.name, err))
	case s.failing && s.good >= b.Health.Rise:
		s.failing = false
		b.milestone(p, s.name+" is well again")
	default:
		return
	}
	b.Watch.marks(s)
}

// judge counts failures in a row. A server that turns a request away because it is full,
// or because nobody wants the answer, is well.
func (b *balancer) judge(p *sim.Proc, s *backend, err error) {
	switch {
	case err == nil:
		s.failures = 0
		if !s.ejected {
			s.ejections = 0
		}
		return
	case NotDone(err) && !errors.Is(err, sim.ErrRefused):
		return
	}
	s.failures++
	if b.Health.Outlier == 0 || s.failures < b.Health.Outlier || s.ejected {
		return
	}
	s.ejected = true
	s.ejections++
	long := time.Duration(s.ejections) * b.Health.EjectFor
	b.milestone(p, fmt.Sprintf("ejects %s for %v: %v", s.name, long, err))
	b.Watch.ejects(p, s, long)
	p.After(long, func(p *sim.Proc) { b.readmit(p, s) })
}

// readmit gives a server that was ejected another chance, but one: the next request that
// fails ejects it again.
func (b *balancer) readmit(p *sim.Proc, s *backend) {
	if b.mistake == neverReadmitted {
		return
	}
	s.ejected = false
	s.failures = b.Health.Outlier - 1
	b.milestone(p, "gives "+s.name+" another chance")
	b.Watch.marks(s)
}
