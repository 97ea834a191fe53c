package tape

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/sim"
)

// Record runs a scenario and tapes it, in the background. What is impossible in the
// options is an error, and nothing runs then.
func Record(s *scenarios.Scenario, o scenarios.Options) (*Tape, error) {
	return Keep(s, o, Budget)
}

// Keep is [Record] with a tape that keeps about so many events; 0 is [Budget].
func Keep(s *scenarios.Scenario, o scenarios.Options, events int) (*Tape, error) {
	if events == 0 {
		events = Budget
	}
	return record(s, o, events, nil, 0)
}

// Again runs the scenario with other options, of which it is known that they change
// nothing up to an event: so far the new tape is there at once.
func (t *Tape) Again(s *scenarios.Scenario, o scenarios.Options, upTo uint64) (*Tape, error) {
	return record(s, o, t.budget, t, upTo)
}

func record(s *scenarios.Scenario, o scenarios.Options, budget int, base *Tape, upTo uint64) (*Tape, error) {
	t := &Tape{scenario: s, options: o, done: make(chan struct{}), index: map[string]int16{}, procs: []string{""}, procID: map[string]uint32{"": 0}, budget: budget}
	rec := &recorder{watcher: watcher{tape: t, under: map[uint64]uint64{}}, passed: map[uint64]*passed{}}
	if base != nil {
		base.mu.Lock()
		rec.adopt(base, upTo)
		base.mu.Unlock()
	}
	o.Observe = rec.begin
	run, err := scenarios.NewRun(s, o)
	if err != nil {
		return nil, err
	}
	go rec.execute(run)
	return t, nil
}

// recorder fills a tape. It lives in the run's goroutine.
type recorder struct {
	watcher
	run *scenarios.Run

	links      map[Pair]LinkState
	passed     map[uint64]*passed // messages that are under way for longer than a chunk
	skip       uint64             // events that the tape has from another
	acted      bool               // the faults in force may have changed since they were last asked for
	failed     bool               // the run was told to end
	milestones int                // recorded
	hash       uint64
	hashAt     uint64 // the event after which the run that was taken over had that hash
}

// interrupted ends a run that nobody wants any more.
const interrupted = "interrupted"

func (rec *recorder) execute(run *scenarios.Run) {
	t := rec.tape
	defer close(t.done)
	defer run.Close()
	defer rec.survive()
	run.Start()
	out := run.Pass(t.cancelled.Load)
	hung := out.Status == sim.Stuck && out.Stack != "" // then the world is left to what does not come back
	if !hung {
		rec.conclude()
	}
	var report *scenarios.Report
	if !t.cancelled.Load() {
		report = run.Judge(out)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !hung {
		t.follow(run)
	}
	t.ended, t.report = true, report
	if report != nil {
		t.now = max(t.now, report.At)
		t.markReport(report)
	}
}

// conclude takes in what the last event led to.
func (rec *recorder) conclude() {
	t := rec.tape
	t.mu.Lock()
	defer t.mu.Unlock()
	rec.settle(t.events)
}

// survive lets a check that panics end the tape, and not the player.
func (rec *recorder) survive() {
	if wrong := recover(); wrong != nil {
		t := rec.tape
		t.mu.Lock()
		defer t.mu.Unlock()
		t.ended, t.err = true, fmt.Errorf("the run could not be judged: %v", wrong)
	}
}

// begin is told of the run before its first event.
func (rec *recorder) begin(run *scenarios.Run) {
	rec.run = run
	t := rec.tape
	t.mu.Lock()
	defer t.mu.Unlock()
	rec.enter(run.World)
	// What made the world, such as its links, was not observed: it is told of by number only.
	for n := t.events + 1; n <= run.World.Events(); n++ {
		rec.append(&sim.Event{Number: n})
	}
	run.World.Observe(rec)
}

// Event takes in an event of the run.
func (rec *recorder) Event(e *sim.Event) {
	t := rec.tape
	if t.cancelled.Load() {
		if !rec.failed {
			rec.failed = true
			rec.run.World.Fail(interrupted, "nobody looks any more")
		}
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if e.Number <= rec.skip {
		rec.pass(e)
		return
	}
	if rec.begins(e) {
		rec.settle(e.Number - 1)
	}
	rec.append(e)
}

// pass follows an event that the tape has already.
func (rec *recorder) pass(e *sim.Event) {
	rec.travel(e)
	t := rec.tape
	differs := e.Number == rec.hashAt && rec.run.World.Hash() != rec.hash
	if records := t.chunks[chunkOf(e.Number)].records; records != nil {
		was := &records[(e.Number-1)%chunkSize]
		differs = differs || was.at != e.At || was.kind != e.Kind || was.node != rec.id(e.Node)
	}
	if differs && t.err == nil {
		t.err = fmt.Errorf("the run is not repeatable: by event %d it differs from the run before, though nothing was done until event %d", e.Number, rec.skip)
	}
}

// settle takes in what nodes show and what the run recorded, after an event.
func (rec *recorder) settle(number uint64) {
	t := rec.tape
	if number <= rec.skip { // it is there from the other tape
		rec.dirty, rec.milestones = rec.dirty[:0], len(rec.run.Cluster.Milestones())
		return
	}
	rec.sample(number)
	if rec.acted {
		rec.acted = false
		t.forces = append(t.forces, inForce{number, t.timeOf(max(number, 1)), slices.Clone(rec.run.Faults.InForce())})
	}
	list := rec.run.Cluster.Milestones()
	for _, m := range list[min(rec.milestones, len(list)):] {
		t.mark(Mark{m.Event, m.At, MarkMilestone, m.Node, m.Text})
	}
	rec.milestones = len(list)
}

// append adds an event to the tape.
func (rec *recorder) append(e *sim.Event) {
	t := rec.tape
	c := rec.chunk(e)
	send, ended := rec.travel(e)
	if p := rec.passed[send]; ended && p != nil {
		p.end, p.Arrives, p.Fate = e.Number, e.At, e.Kind
		delete(rec.passed, send)
	}
	if e.Kind == sim.KindSend {
		t.markSend(e.Number)
	}
	r := rec.add(c, e, send, ended)
	t.events, t.now = e.Number, e.At
	rec.links = relink(rec.links, e.Kind, r.node, r.peer)
	switch e.Kind {
	case sim.KindAct:
		rec.acted = true
		if kind, ok := t.markOf(e); ok {
			t.mark(Mark{e.Number, e.At, kind, "", e.Text})
		}
	case sim.KindFail:
		if !strings.HasPrefix(e.Text, interrupted) {
			t.mark(Mark{e.Number, e.At, MarkViolation, e.Node, e.Text})
		}
	}
	if e.Number%256 == 0 {
		t.follow(rec.run)
	}
}

// chunk returns the chunk that an event belongs to, a new one if it is its first.
func (rec *recorder) chunk(e *sim.Event) *chunk {
	t := rec.tape
	k := chunkOf(e.Number)
	if k < len(t.chunks) {
		return t.chunks[k]
	}
	c := &chunk{begin: e.Number, nodes: slices.Clone(rec.states), hash: rec.run.World.Hash(), at: e.At, records: make([]entry, 0, chunkSize)}
	c.links = maps.Clone(rec.links)
	for last, send := range rec.under { // order-free: they are sorted below
		p := rec.passed[send]
		if p == nil {
			p = &passed{Flight: t.chunks[k-1].records[(send-1)%chunkSize].flight(send)}
			rec.passed[send] = p
		}
		c.flying = append(c.flying, aloft{last, p})
	}
	slices.SortFunc(c.flying, func(a, b aloft) int { return cmp.Compare(a.Send, b.Send) })
	t.chunks = append(t.chunks, c)
	t.keep(k)
	return c
}

// sample asks the nodes to which something has happened what they show after an event.
func (rec *recorder) sample(number uint64) {
	t := rec.tape
	if number == 0 || number > t.events {
		return
	}
	rec.ask(t.chunks[chunkOf(number)], number)
}

// mark adds a mark in its place: nearly always the last. Somebody may be reading those
// that there are, so where some move, they move to another array.
func (t *Tape) mark(m Mark) {
	i := len(t.marks)
	for i > 0 && t.marks[i-1].Event > m.Event {
		i--
	}
	if i < len(t.marks) {
		t.marks = slices.Clip(t.marks)
	}
	t.marks = slices.Insert(t.marks, i, m)
}

// markOf says how an act is marked: as a fault, or what a fault does, or as the end of one.
// What a check or another part of the run does at its time is neither.
func (t *Tape) markOf(e *sim.Event) (kind MarkKind, ok bool) {
	if strings.HasPrefix(e.Text, "end of ") || e.Text == "the faults end" {
		return MarkFaultEnd, true
	}
	if e.Cause != 0 && e.Cause < e.Number && t.rec(e.Cause).kind == sim.KindAct {
		return MarkFault, true
	}
	if _, err := faults.Parse(e.Text); err == nil {
		return MarkFault, true
	}
	_, err := faults.ParseWhat(e.Text)
	return MarkFault, err == nil
}

// markReport marks what was found when the run had ended.
func (t *Tape) markReport(r *scenarios.Report) {
	if out := r.Outcome(); out == sim.Crashed || out == sim.Stuck {
		t.mark(Mark{min(r.Event, t.events), r.At, MarkEnd, "", r.Reason})
	}
	for i := range r.Checks {
		c := &r.Checks[i]
		if c.Verdict != checker.Violated || t.events == 0 {
			continue
		}
		event := c.Event
		if event == 0 || event > t.events {
			event = t.events // what is judged when all is over
		}
		known := func(m Mark) bool { return m.Kind == MarkViolation && m.Event == event && c.Event != 0 }
		if !slices.ContainsFunc(t.marks, known) {
			t.mark(Mark{event, t.found(event), MarkViolation, "", c.Check + ": " + c.Reason})
		}
	}
}

// found is the time of an event that a check has found something in: nearly always the
// call or the return of an operation, which is known even if the event was dropped.
func (t *Tape) found(event uint64) time.Duration {
	for i := range t.ops {
		switch event {
		case t.ops[i].CallEvent:
			return time.Duration(t.ops[i].Call)
		case t.ops[i].ReturnEvent:
			return time.Duration(t.ops[i].Return)
		}
	}
	return t.timeOf(event)
}

// follow takes in the operations that are new and those that have returned.
func (t *Tape) follow(run *scenarios.Run) {
	all := run.Workload.Ops()
	still := t.open[:0]
	for _, i := range t.open {
		if all[i].ReturnEvent == 0 {
			still = append(still, i)
		}
		t.ops[i] = all[i]
	}
	t.open = still
	for i := len(t.ops); i < len(all); i++ {
		t.ops = append(t.ops, all[i])
		if all[i].ReturnEvent == 0 {
			t.open = append(t.open, i)
		}
	}
}
