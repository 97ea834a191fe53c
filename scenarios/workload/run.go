package workload

import (
	"slices"
	"strconv"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/sim"
)

// Run is a workload in a world.
type Run struct {
	spec    Spec
	kind    *Kind
	world   *sim.World
	connect func(p *sim.Proc) Session
	until   time.Duration
	load    float64 // how many times as often as specified the clients ask
	ops     []checker.Operation
}

// Start adds the clients c1, c2, ... to the world. They ask until the virtual time
// until; then the first reads every key once more, or the first hundred if there are
// more, and they end. The specification must be sound, see [Spec.Check].
func Start(w *sim.World, spec Spec, until time.Duration, connect func(p *sim.Proc) Session) *Run {
	r := &Run{spec: spec, kind: Find(spec.Kind), world: w, connect: connect, until: until, load: 1}
	keys := sim.NewZipf(spec.Keys, spec.Zipf)
	for i := range spec.Clients {
		name := ClientName(i)
		// It outlives crashes of the client, so that no value is given twice.
		g := newGenerator(&r.spec, i, keys, w.Rand("workload", name))
		w.Client(name, func(p *sim.Proc) { r.client(p, g) })
	}
	return r
}

// ClientName is the name of a client, counted from 0.
func ClientName(i int) string { return "c" + strconv.Itoa(i+1) }

// History returns what the clients asked and were answered, so far.
func (r *Run) History() checker.History { return checker.History{Ops: slices.Clone(r.ops)} }

// Ops returns the operations in the order in which they were called. It is not to
// be changed.
func (r *Run) Ops() []checker.Operation { return r.ops }

// Model is the name of the model of package checker that the answers are of, or
// nothing if they are of none.
func (r *Run) Model() string { return r.kind.Model }

// Surge has the clients ask so many times as often as the specification says, from
// their next question on. The factor is above zero.
func (r *Run) Surge(factor float64) { r.load = factor }

// pause is how long a client waits before it asks again, if the specification says d.
func (r *Run) pause(d time.Duration) time.Duration {
	if r.load == 1 {
		return d
	}
	return time.Duration(float64(d) / r.load)
}

func (r *Run) client(p *sim.Proc, g *generator) {
	if r.spec.open() {
		r.open(p, g)
	} else {
		r.closed(p, g)
	}
	r.finish(p, g)
}

// closed asks, waits for the answer, thinks, and asks again.
func (r *Run) closed(p *sim.Proc, g *generator) {
	session := r.connect(p)
	for {
		p.Sleep(r.pause(g.rand.Duration(r.spec.Every/2, r.spec.Every+r.spec.Every/2)))
		if r.world.Now() >= r.until {
			return
		}
		r.do(p, session, g, p.Name(), g.next())
	}
}

// open asks when it is due, each time on a process of its own. A record
// of one client has one operation at a time, so each runs under the name of the
// first slot that is free.
func (r *Run) open(p *sim.Proc, g *generator) {
	due := newArrivals(r, g)
	var slots []bool
	var sessions []Session
	var left sim.WaitGroup
	for {
		now := r.world.Now()
		at := due.next(now)
		if at == never {
			at = r.until + 1
		}
		p.Sleep(at - now)
		if r.world.Now() >= r.until {
			break
		}
		slot := slices.Index(slots, false)
		if slot < 0 {
			slot = len(slots)
			slots, sessions = append(slots, false), append(sessions, nil)
		}
		slots[slot] = true
		op := g.next()
		left.Add(1)
		p.Go("ask", func(p *sim.Proc) {
			if sessions[slot] == nil {
				sessions[slot] = r.connect(p)
			}
			name := p.Node().Name() + "." + strconv.Itoa(slot+1)
			if _, outcome := r.do(p, sessions[slot], g, name, op); outcome == checker.OutcomeUnknown {
				sessions[slot] = nil // the old one may still be at it
			}
			slots[slot] = false
			left.Done()
		})
	}
	left.Wait(p)
}

// finish asks the last operation of every key. A system that does not answer costs
// it a few timeouts, not as many for every key.
func (r *Run) finish(p *sim.Proc, g *generator) {
	if r.kind.last == "" || g.client != 0 {
		return
	}
	const patience, most = 5, 100
	session := r.connect(p)
	failures := 0
	for i := 0; i < min(r.spec.Keys, most) && failures < patience; {
		if _, outcome := r.do(p, session, g, p.Name(), Op{Name: r.kind.last, Key: keyName(i)}); outcome == checker.OutcomeOK {
			i++
		} else {
			failures++
		}
	}
}

// next draws the next operation.
func (g *generator) next() Op { return Find(g.spec.Kind).next(g) }

// do carries out one operation and records it.
func (r *Run) do(p *sim.Proc, session Session, g *generator, client string, op Op) (checker.Value, checker.Outcome) {
	span := p.Span(op.String())
	i := len(r.ops)
	r.ops = append(r.ops, checker.Operation{
		Client: client, Op: op.Name, Key: op.Key, Input: op.Input,
		Call: int64(r.world.Now()), Return: checker.Never, CallEvent: span.ID(),
	})
	output, outcome := session.Do(p, op, r.spec.Timeout)
	if outcome == checker.OutcomeOK {
		g.learn(op, output)
	} else {
		output = checker.Nil
	}
	span.End(sim.Field{Name: "outcome", Value: outcome.String()}, sim.Field{Name: "output", Value: output.String()})
	done := &r.ops[i]
	done.Output, done.Outcome = output, outcome
	done.Return, done.ReturnEvent = int64(r.world.Now()), r.world.Events()
	return output, outcome
}
