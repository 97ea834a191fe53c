package faults

import (
	"cmp"
	"time"

	"github.com/orrery-sim/orrery/sim"
)

// running is a fault in a run.
type running struct {
	plan  *Plan
	fault Fault
	line  string
	rand  *sim.Rand
	whole *scope // all times that the fault comes
	next  int    // how often "next" has been asked for
	last  Where  // the place of the act that was aimed last; nothing if that could not be done
}

// scope is a stretch of time at whose end everything that came in force within it
// is undone.
type scope struct {
	parent *scope
	until  time.Duration // when it ends; 0 if that is not known
	over   bool
	text   string // the act that came in force in it last, with its nodes
}

func (s *scope) within(outer *scope) bool {
	for ; s != nil; s = s.parent {
		if s == outer {
			return true
		}
	}
	return false
}

// ended says whether the scope, or one around it, was ended.
func (s *scope) ended() bool {
	for ; s != nil; s = s.parent {
		if s.over {
			return true
		}
	}
	return false
}

// isOver says whether the scope, or one around it, has ended by that time.
func (s *scope) isOver(now time.Duration) bool {
	for ; s != nil; s = s.parent {
		if s.over || s.until > 0 && now >= s.until {
			return true
		}
	}
	return false
}

// end is when the first of the scopes around it ends; 0 if that is not known.
func (s *scope) end() time.Duration {
	first := time.Duration(0)
	for ; s != nil; s = s.parent {
		if s.until > 0 && (first == 0 || s.until < first) {
			first = s.until
		}
	}
	return first
}

func (r *running) now() time.Duration { return r.plan.w.Now() }

// at does something later in a scope, unless that has ended by then.
func (r *running) at(t time.Duration, text string, s *scope, f func()) {
	if end := s.end(); end > 0 && t >= end {
		return
	}
	r.plan.at(t, text, s, func() {
		if !s.isOver(r.now()) {
			f()
		}
	})
}

// soon does something at this instant, in an event of its own, after what was asked
// for before: what stands together in a fault is done in the order in which it stands.
func (r *running) soon(text string, s *scope, f func()) { r.plan.at(r.now(), text, s, f) }

// skip takes down that something cannot be done, and why.
func (r *running) skip(what, why string, then func(done bool)) {
	d := Done{Fault: r.line, Text: what, Skipped: why}
	r.soon(d.act(), nil, func() {
		r.plan.took(d)
		then(false)
	})
}

// holds asks the cluster.
func (r *running) holds(c Condition) bool { return (len(r.plan.c.Role(c.Role)) == 0) == c.None }

// lookEvery is how often the cluster is asked whether a condition holds.
const lookEvery = 10 * time.Millisecond

// watch asks the cluster again and again, from now on, and does f once the condition
// holds.
func (r *running) watch(c Condition, s *scope, f func()) {
	if r.holds(c) {
		f()
		return
	}
	r.at(r.now()+lookEvery, "waiting for "+c.String(), s, func() { r.watch(c, s, f) })
}

// due is the moment from which on the fault may begin, in an event with its line.
func (r *running) due() {
	r.come(1)
	if c := r.fault.Until.That; !c.isZero() {
		r.endWhen(c, r.whole, r.fault.What, func() { r.plan.endAll(r.whole) })
	}
}

// endWhen ends something once a condition holds.
func (r *running) endWhen(c Condition, s *scope, w What, end func()) {
	r.watch(c, s, func() { r.soon("end of "+w.String()+": "+c.String(), s, end) })
}

// come is one of the times that the fault comes, counted from 1.
func (r *running) come(n int) {
	f := &r.fault
	if c := f.Until.That; !c.isZero() && r.holds(c) {
		r.plan.endAll(r.whole)
		r.skip(f.What.String(), c.String(), func(bool) {})
		return
	}
	if f.Every > 0 && n != f.Times {
		r.at(r.now()+f.Every, r.line, r.whole, func() { r.come(n + 1) })
	}
	length := f.For
	if left := f.Until.Time - r.now(); f.Until.Time > 0 && (length == 0 || left < length) {
		length = left
	}
	s := &scope{parent: r.whole}
	end := func() { r.plan.endAll(s) }
	r.bounded(f.What, s, length, end, func(done bool, arm func()) {
		if done {
			arm()
		}
	})
}

// bounded begins something whose scope ends after a time. Of a single act the end
// is announced with the nodes that it met: begun is told whether it was done, and
// arms the end. Without a time, there is no end.
func (r *running) bounded(w What, s *scope, length time.Duration, end func(), begun func(done bool, arm func())) {
	if length == 0 {
		w.begin(r, s, func(done bool) { begun(done, func() {}) })
		return
	}
	s.until = r.now() + length
	arm := func() {
		if outer := s.parent.end(); outer == 0 || outer > s.until || s.parent == r.whole {
			r.plan.at(s.until, "end of "+cmp.Or(s.text, w.String()), s, end)
		} // else what is around it ends it
	}
	if _, single := w.(Act); single {
		w.begin(r, s, func(done bool) { begun(done, arm) })
		return
	}
	arm()
	w.begin(r, s, func(bool) {})
}

// begin does the act now, if it is all of the fault and says itself what it meets,
// and else in an event of its own.
func (a Act) begin(r *running, s *scope, then func(done bool)) {
	if a.Where.isThere() {
		if a.Where = r.last; len(a.Where.Groups) == 0 {
			r.skip(a.Verb+" "+there, "nothing was done there", then)
			return
		}
	}
	res := newResolver(r.plan.c, r.rand)
	res.next = r.next
	aim, err := res.aim(a)
	if r.next = res.next; len(a.Where.Groups) > 0 {
		r.last = aim.act.Where
	}
	if err != nil {
		r.last = Where{}
		r.skip(a.String(), reason(err), then)
		return
	}
	do := func() { r.do(&aim, s, then) }
	text := aim.act.String()
	if w, single := r.fault.What.(Act); single && text == w.String() {
		do()
		return
	}
	r.soon(text, s, func() {
		if !s.isOver(r.now()) {
			do()
		}
	})
}

// do is the moment at which an act is done.
func (r *running) do(aim *aimed, s *scope, then func(done bool)) {
	p, text := r.plan, aim.act.String()
	d := &doing{plan: p, scope: s, aimed: aim, text: text, rand: r.rand, nodes: p.machinesOf(aim.groups)}
	undo, err := aim.entry.do(d)
	if err != nil {
		r.skip(text, reason(err), then)
		return
	}
	p.took(Done{Fault: r.line, Text: text})
	if undo != nil {
		s.text = text
		p.inForce = append(p.inForce, &force{
			Force: Force{Fault: r.line, Text: text, Nodes: names(d.nodes), Links: aim.links, Since: r.now(), Until: s.end()},
			scope: s, undo: undo,
		})
	}
	then(undo != nil)
}

func (t Timed) begin(r *running, s *scope, then func(done bool)) {
	switch {
	case t.After.Time > 0:
		r.at(r.now()+t.After.Time, t.String(), s, func() { t.start(r, s, then) })
	case !t.After.That.isZero():
		r.watch(t.After.That, s, func() { t.start(r, s, then) })
	default:
		t.start(r, s, then)
	}
}

// start begins what has been waited for, and goes on when it has ended, if it has
// an end, or at once.
func (t Timed) start(r *running, outer *scope, then func(done bool)) {
	if c := t.Until; !c.isZero() && r.holds(c) {
		r.skip(t.What.String(), c.String(), then)
		return
	}
	s := &scope{parent: outer}
	end := func() {
		if s.over {
			return
		}
		r.plan.endAll(s)
		if !outer.isOver(r.now()) {
			then(true)
		}
	}
	r.bounded(t.What, s, t.For, end, func(done bool, arm func()) {
		if arm(); t.For == 0 && t.Until.isZero() {
			then(done)
		}
	})
	if !t.Until.isZero() {
		r.endWhen(t.Until, s, t.What, end)
	}
}

func (t Together) begin(r *running, s *scope, then func(done bool)) {
	left, some := len(t), false
	for _, w := range t {
		w.begin(r, s, func(done bool) {
			some = some || done
			if left--; left == 0 {
				then(some)
			}
		})
	}
}

func (t Then) begin(r *running, s *scope, then func(done bool)) {
	t[0].begin(r, s, func(done bool) {
		if len(t) == 1 {
			then(done)
			return
		}
		t[1:].begin(r, s, then)
	})
}

func (p Pick) begin(r *running, s *scope, then func(done bool)) {
	p[r.rand.IntN(len(p))].begin(r, s, then)
}
