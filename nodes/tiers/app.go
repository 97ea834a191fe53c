package tiers

import (
	"errors"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/nodes/cache"
	"github.com/orrery-sim/orrery/nodes/service"
	"github.com/orrery-sim/orrery/scenarios/workload"
	"github.com/orrery-sim/orrery/sim"
)

// Get asks for the value of a key.
type Get struct{ Key string }

// Put asks for a key to be set.
type Put struct {
	Key   string
	Value checker.Value
}

// Done is the answer to a Put.
type Done struct{}

// app is what an application server does: it knows the cache tier and, through it, the
// database.
type app struct {
	cache   *cache.Client
	store   cache.Store
	timeout time.Duration // for a request
	mistake string
}

// handle answers a request. It is called on a worker, which waits with it.
func (a *app) handle(p *sim.Proc, r service.Request) (any, error) {
	switch m := r.Body.(type) {
	case Get:
		row, err := a.cache.Read(p, m.Key, a.timeout)
		return row.Value, err
	case Put:
		return Done{}, a.write(p, m)
	}
	return nil, sim.ErrRefused
}

func (a *app) write(p *sim.Proc, m Put) error {
	if a.mistake == forgetsInvalidation {
		return a.store.Write(p, cache.Update{Key: m.Key, Value: m.Value}, a.timeout)
	}
	err := a.cache.Write(p, m.Key, m.Value, a.timeout)
	if a.mistake == acknowledgesUnconfirmed && !errors.Is(err, sim.ErrRefused) {
		return nil
	}
	return err
}

// session is how the workload asks: all sessions of a machine share its client, and so
// its budget of retries.
type session struct {
	client  *service.Client
	mistake string
}

// Do implements workload.Session. A read without an answer has failed, since it has no
// effect.
func (s session) Do(p *sim.Proc, op workload.Op, timeout time.Duration) (checker.Value, checker.Outcome) {
	if op.Name == "read" {
		answer, err := s.client.Do(p, op.Key, true, Get{op.Key}, timeout)
		if err != nil {
			return checker.Nil, checker.OutcomeFailed
		}
		return answer.Body.(checker.Value), checker.OutcomeOK
	}
	_, err := s.client.Do(p, op.Key, s.mistake == repeatsWrites, Put{op.Key, op.Input}, timeout)
	switch {
	case err == nil:
		return checker.Nil, checker.OutcomeOK
	case service.NotDone(err):
		return checker.Nil, checker.OutcomeFailed
	}
	return checker.Nil, checker.OutcomeUnknown
}
