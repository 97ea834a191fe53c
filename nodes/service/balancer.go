package service

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/sim"
)

// Balancer is what a balancer is like: it passes requests on to servers. It is a value:
// what changes is in the memory of the machine that boots it.
type Balancer struct {
	Servers   []string // the names of their nodes
	Weights   []int    // of the servers, from the first; those left out have 1
	Algorithm string   // one of Algorithms

	HalfLife time.Duration // of latencies, for EWMA and PeakEWMA; 0 is a second
	Bound    float64       // for Hash: of the average load, from 1
	Timeout  time.Duration // how long it waits for a server
	Health   Health

	Watch     *Watch                         // may be nil
	Milestone func(p *sim.Proc, text string) // may be nil

	mistake string
}

// balancer is a balancer's memory.
type balancer struct {
	Balancer
	backends []*backend
	picker   picker
	sent     map[attempt]*backend // what is outstanding, and where
	tried    map[ID][]*backend    // the same by request
	early    map[attempt]bool     // cancellations that have overtaken what they cancel
}

// backend is what the balancer knows of a server.
type backend struct {
	name        string
	number      int
	weight      int
	current     int // of smooth weighted round robin
	outstanding int // requests that it has not answered
	latency     average
	draining    bool
	health
}

// Boot is the balancer's code.
func (c Balancer) Boot(p *sim.Proc) {
	b := &balancer{Balancer: c, sent: map[attempt]*backend{}, tried: map[ID][]*backend{}, early: map[attempt]bool{}}
	for i, name := range c.Servers {
		s := &backend{name: name, number: i, weight: 1, latency: average{halfLife: cmp.Or(c.HalfLife, time.Second), peaks: c.Algorithm == PeakEWMA}}
		if i < len(c.Weights) {
			s.weight = c.Weights[i]
		}
		b.backends = append(b.backends, s)
	}
	b.picker = newPicker(&b.Balancer, b.backends, p.Rand("pick"))
	b.Watch.forgets(p)
	p.Show(b.show)
	p.Serve(b.answer)
	b.probeAll(p)
}

func (b *balancer) show() []sim.Field {
	var in, load []string
	for _, s := range b.rotation() {
		in = append(in, s.name)
	}
	for _, s := range b.backends {
		load = append(load, strconv.Itoa(s.outstanding))
	}
	return []sim.Field{
		{Name: "balance", Value: b.Algorithm}, {Name: "rotation", Value: strings.Join(in, " ")},
		{Name: "outstanding", Value: strings.Join(load, " ")},
	}
}

func (b *balancer) milestone(p *sim.Proc, text string) {
	if b.Milestone != nil {
		b.Milestone(p, text)
	}
}

func (b *balancer) answer(p *sim.Proc, m sim.Message) (any, error) {
	switch r := m.Body.(type) {
	case Request:
		return b.forward(p, r)
	case Cancel:
		b.cancel(p, r)
		return nil, nil
	case Drain:
		return b.drain(p, r)
	case Load:
		if s := b.named(r.Server); s != nil {
			return Load{s.name, s.outstanding, s.out()}, nil
		}
	}
	return nil, sim.ErrRefused
}

func (b *balancer) named(server string) *backend {
	i := slices.IndexFunc(b.backends, func(s *backend) bool { return s.name == server })
	if i < 0 {
		return nil
	}
	return b.backends[i]
}

// cancel passes a cancellation on.
func (b *balancer) cancel(p *sim.Proc, c Cancel) {
	a := attempt{c.ID, c.Attempt}
	if s := b.sent[a]; s != nil {
		p.Send(s.name, c)
		return
	}
	b.early[a] = true
	p.After(early, func(*sim.Proc) { delete(b.early, a) })
}

// forward passes a request on to a server and its answer back.
func (b *balancer) forward(p *sim.Proc, r Request) (any, error) {
	if b.early[r.attempt()] {
		return nil, ErrCancelled
	}
	s := b.choose(p, &r)
	if s == nil {
		return nil, ErrNoServer
	}
	begun := p.Elapsed()
	b.take(s, &r)
	b.Watch.sends(p, b, s, &r)
	answer, err := sim.Call[Response](p, s.name, r, b.Timeout)
	b.Watch.hears(s)
	b.give(s, &r, err)
	if !NotDone(err) { // a server that turns everybody away is quick at it
		s.latency.observe(p.Elapsed()-begun, p.Elapsed())
	}
	b.judge(p, s, err)
	return answer, err
}

// choose picks a server of those in rotation. Another attempt at a request goes to a
// server that has none of it, if there is one.
func (b *balancer) choose(p *sim.Proc, r *Request) *backend {
	in := b.rotation()
	if tried := b.tried[r.ID]; len(tried) > 0 {
		fresh := slices.DeleteFunc(slices.Clone(in), func(s *backend) bool { return slices.Contains(tried, s) })
		if len(fresh) > 0 {
			b.Watch.avoids()
			in = fresh
		}
	}
	if len(in) == 0 {
		return nil
	}
	return b.picker.pick(r.Key, p.Elapsed(), in)
}

// take and give count what is outstanding.
func (b *balancer) take(s *backend, r *Request) {
	s.outstanding++
	b.sent[r.attempt()] = s
	b.tried[r.ID] = append(b.tried[r.ID], s)
}

func (b *balancer) give(s *backend, r *Request, err error) {
	if err == nil || b.mistake != failuresLeak {
		s.outstanding--
	}
	delete(b.sent, r.attempt())
	if left := b.tried[r.ID]; len(left) > 1 {
		i := slices.Index(left, s)
		b.tried[r.ID] = slices.Delete(left, i, i+1)
	} else {
		delete(b.tried, r.ID)
	}
}

func (b *balancer) drain(p *sim.Proc, d Drain) (any, error) {
	s := b.named(d.Server)
	if s == nil {
		return nil, errors.New("no server is called " + d.Server)
	}
	s.draining = d.On
	b.Watch.drains(s.name, d.On)
	if d.On {
		b.milestone(p, "drains "+s.name)
	} else {
		b.milestone(p, "uses "+s.name+" again")
	}
	return Load{s.name, s.outstanding, s.out()}, nil
}
