package service

import (
	"strconv"
	"time"

	"github.com/orrery-sim/orrery/sim"
)

// Server is what an application server is like. It is a value: what changes is in the
// memory of the machine that boots it.
type Server struct {
	Service sim.Dist // how long a core works on a request
	Workers int      // requests that are carried out side by side, at least 1; each works on a core
	Queue   int      // requests that may wait for a worker; one more is turned away

	// Handle does what a request asks for, after the work. If it calls others, its
	// worker waits with it, as a thread does. It may be nil.
	Handle func(p *sim.Proc, r Request) (any, error)
	// Well answers a probe: nil if all is well. It may be nil: then it always is.
	Well func(p *sim.Proc) error

	Watch *Watch // may be nil

	mistake string
}

// server is a server's memory.
type server struct {
	Server
	rand    *sim.Rand
	workers *sim.Semaphore
	waiting int
	busy    int
	served  int
	wanted  map[attempt]bool // what waits, and whether its answer is still wanted; false too for what was cancelled before it came
}

// Boot is the server's code.
func (c Server) Boot(p *sim.Proc) {
	s := &server{
		Server: c, rand: p.Rand("service"), workers: sim.NewSemaphore(c.Workers), wanted: map[attempt]bool{},
	}
	s.Watch.up(p)
	defer s.Watch.down(p)
	p.Show(func() []sim.Field {
		return []sim.Field{
			{Name: "waiting", Value: strconv.Itoa(s.waiting)}, {Name: "busy", Value: strconv.Itoa(s.busy)},
			{Name: "served", Value: strconv.Itoa(s.served)},
		}
	})
	p.Serve(s.answer)
	new(sim.Cond).Wait(p) // until it crashes
}

func (s *server) answer(p *sim.Proc, m sim.Message) (any, error) {
	switch r := m.Body.(type) {
	case Request:
		return s.serve(p, r)
	case Cancel:
		s.cancel(p, attempt{r.ID, r.Attempt})
		return nil, nil
	case Probe:
		if s.Well != nil {
			return Alive{}, s.Well(p)
		}
		return Alive{}, nil
	}
	return nil, sim.ErrRefused
}

// early is how long a cancellation is remembered that has overtaken what it cancels.
const early = time.Second

// cancel has an attempt not begun, unless it was.
func (s *server) cancel(p *sim.Proc, a attempt) {
	_, waits := s.wanted[a]
	s.wanted[a] = false
	if !waits {
		p.After(early, func(*sim.Proc) { delete(s.wanted, a) })
	}
}

// serve waits for a worker and carries the request out: first come, first served.
func (s *server) serve(p *sim.Proc, r Request) (any, error) {
	if wanted, known := s.wanted[r.attempt()]; known && !wanted {
		return nil, ErrCancelled
	}
	came := p.World().Now()
	if !s.workers.TryAcquire() {
		if s.waiting >= s.Queue && s.mistake != queueUnbounded {
			s.Watch.rejected(p)
			return nil, ErrOverloaded
		}
		if !s.wait(p, r.attempt()) {
			return nil, ErrCancelled
		}
	}
	s.busy++
	defer func() {
		s.busy--
		s.workers.Release()
	}()
	s.Watch.begins(p, &r, p.World().Now()-came)
	p.Work(s.Service.Sample(s.rand))
	var body any
	var err error
	if s.Handle != nil {
		body, err = s.Handle(p, r)
	}
	s.served++
	return Response{p.Node().Name(), body}, err
}

// wait waits for a worker. If the answer is not wanted any more when there is one, the
// worker goes to the next.
func (s *server) wait(p *sim.Proc, a attempt) (wanted bool) {
	s.wanted[a] = true
	s.waiting++
	s.Watch.waits(p, s.waiting, s.Queue)
	s.workers.Acquire(p)
	s.waiting--
	wanted = s.wanted[a]
	delete(s.wanted, a)
	if !wanted {
		s.workers.Release()
	}
	return wanted
}
