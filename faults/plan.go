package faults

import (
	"fmt"
	"slices"
	"time"

	"github.com/orrery-sim/orrery/sim"
)

// Plan is the faults of one run, and what has become of them.
type Plan struct {
	c        Cluster
	w        *sim.World
	inForce  []*force
	due      []*due
	machines map[string]*machine
	log      []Done
	surges   []*float64     // of load, in force
	alike    map[string]int // how many faults have begun with the same words
	stopped  bool
}

// Force is an act that is in force.
type Force struct {
	Fault string        // the line of the fault that it is part of
	Text  string        // the act, with the nodes it met
	Nodes []string      // those nodes
	Links []Link        // the links that it changes, if it is one that does
	Since time.Duration // when it was done
	Until time.Duration // when it will be undone; 0 if that is not known
}

// force is a Force and how to end it.
type force struct {
	Force
	scope *scope
	undo  func()
}

// due is what the plan will do.
type due struct {
	scope *scope // with which it ends; nil if only with the faults
	timer sim.Timer
}

// Done is one thing that the plan has done.
type Done struct {
	At      time.Duration
	Event   uint64 // the event of the run in which it was done
	Fault   string // the line of the fault that it is part of
	Text    string // the act, with the nodes it met
	Undo    bool   // it was undone, not done
	Skipped string // why it was not done; empty if it was
}

// String renders "5s isolate n3", "10s end of isolate n3" or "15s skipped isolate
// leader: no leader".
func (d Done) String() string { return durationText(d.At) + " " + d.act() }

// act is what the event says in which it was done.
func (d Done) act() string {
	switch {
	case d.Undo:
		return "end of " + d.Text
	case d.Skipped != "":
		return fmt.Sprintf("skipped %s: %s", d.Text, d.Skipped)
	}
	return d.Text
}

// NewPlan makes a plan without faults.
func NewPlan(c Cluster) *Plan {
	return &Plan{c: c, w: c.World(), machines: map[string]*machine{}, alike: map[string]int{}}
}

// Install schedules the faults in the cluster's world. The error is that of
// [Schedule.Check]; nothing is scheduled then.
//
// When a fault is due, the run has an act with its line, and then, where that does
// not say it all, one for each of its acts with the nodes that it meets, such as
// "isolate n3", or why it was skipped, such as "skipped isolate leader: no leader".
// Its end is an act too.
func (s Schedule) Install(c Cluster) (*Plan, error) {
	if err := s.Check(c); err != nil {
		return nil, err
	}
	p := NewPlan(c)
	for _, f := range s {
		p.schedule(f)
	}
	return p, nil
}

// Add schedules one fault more, such as one that a person asks for now. The error
// is that of [Fault.Check], or that the faults have been stopped.
func (p *Plan) Add(f Fault) error {
	if p.stopped {
		return Errors{{Text: "the faults of this run have ended"}}
	}
	if err := f.Check(p.c); err != nil {
		return err
	}
	p.schedule(f)
	return nil
}

// schedule lets a fault begin in its time. What it draws depends on its beginning
// and on what it does, not on other faults, nor on how long it lasts.
func (p *Plan) schedule(f Fault) {
	key := (Fault{When: When{At: f.At, After: f.After}, What: f.What}).String()
	p.alike[key]++
	if n := p.alike[key]; n > 1 {
		key = fmt.Sprintf("%s #%d", key, n)
	}
	r := &running{plan: p, fault: f, line: f.String(), rand: p.w.Rand("fault", key), whole: &scope{until: f.Until.Time}}
	if f.After.isZero() {
		p.at(f.At, r.line, r.whole, r.due)
		return
	}
	p.at(f.At, "waiting for "+f.After.String(), r.whole, func() {
		r.watch(f.After, r.whole, func() { r.soon(r.line, r.whole, r.due) })
	})
}

// at does something at a time of the run, unless the scope or the faults have ended
// by then.
func (p *Plan) at(t time.Duration, text string, s *scope, f func()) {
	if p.stopped || s.ended() {
		return
	}
	d := &due{scope: s}
	d.timer = p.w.At(t, text, func() {
		p.due = without(p.due, d)
		f()
	})
	p.due = append(p.due, d)
}

// forget takes back what is due.
func (p *Plan) forget(which func(d *due) bool) {
	p.due = slices.DeleteFunc(p.due, func(d *due) bool { return which(d) && d.timer.Stop() })
}

// Stop undoes everything that is in force, the last first, and lets nothing begin
// any more: what follows is the tail without faults. For the run to have an event
// that says so, call it in one: w.At(t, "the faults end", plan.Stop).
func (p *Plan) Stop() {
	p.stopped = true
	p.forget(func(*due) bool { return true })
	for len(p.inForce) > 0 {
		p.end(p.inForce[len(p.inForce)-1])
	}
}

// InForce returns what is in force now, in the order in which it was done.
func (p *Plan) InForce() []Force {
	list := make([]Force, len(p.inForce))
	for i, f := range p.inForce {
		list[i] = f.Force
	}
	return list
}

// Log returns what has been done, undone and skipped so far. It is not to be
// changed.
func (p *Plan) Log() []Done { return p.log }

func (p *Plan) took(d Done) {
	d.At, d.Event = p.w.Now(), p.w.Current()
	p.log = append(p.log, d)
}

// end undoes what is in force.
func (p *Plan) end(f *force) {
	p.inForce = slices.DeleteFunc(p.inForce, func(g *force) bool { return g == f })
	p.took(Done{Fault: f.Fault, Text: f.Text, Undo: true})
	f.undo()
}

// endAll undoes what came in force within a scope, the last first.
func (p *Plan) endAll(s *scope) {
	s.over = true
	p.forget(func(d *due) bool { return d.scope.within(s) })
	for _, f := range slices.Backward(slices.Clone(p.inForce)) {
		if f.scope.within(s) {
			p.end(f)
		}
	}
}
