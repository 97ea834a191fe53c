package tape

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/sim"
)

// Most is how many events a tape keeps. A longer run goes on to its end and is judged,
// but what lies behind cannot be shown.
const Most = 4_000_000

// Record runs a scenario and tapes it, in the background. What is impossible in the
// options is an error, and nothing runs then.
func Record(s *scenarios.Scenario, o scenarios.Options) (*Tape, error) {
	return record(s, o, nil, 0)
}

// Again runs the scenario with other options, of which it is known that they change
// nothing up to an event: so far the new tape is there at once.
func (t *Tape) Again(s *scenarios.Scenario, o scenarios.Options, upTo uint64) (*Tape, error) {
	return record(s, o, t, upTo)
}

func record(s *scenarios.Scenario, o scenarios.Options, base *Tape, upTo uint64) (*Tape, error) {
	t := &Tape{scenario: s, options: o, done: make(chan struct{}), index: map[string]int16{}, procs: []string{""}}
	rec := &recorder{tape: t, under: map[uint64]uint64{}, procs: map[string]uint32{"": 0}}
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
	tape  *Tape
	run   *scenarios.Run
	nodes []*sim.Node
	procs map[string]uint32

	under      map[uint64]uint64 // the message that the next event about it will name as cause, by that event
	links      map[Pair]LinkState
	dirty      []int16 // nodes to which something has happened since they were last asked
	states     []*NodeState
	step       uint64 // the event with which what happens now began
	skip       uint64 // events that the tape has from another
	acted      bool   // the faults in force may have changed since they were last asked for
	failed     bool   // the run was told to end
	milestones int    // recorded
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
	t.mu.Lock()
	rec.settle(t.events)
	t.mu.Unlock()
	var report *scenarios.Report
	if !t.cancelled.Load() {
		report = run.Judge(out)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.follow(run)
	t.ended, t.report = true, report
	if report != nil {
		t.now = max(t.now, run.World.Now())
		t.markReport(report)
	}
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
	rec.meet()
	// What made the world, such as its links, was not observed: it is told of by number only.
	for n := t.events + 1; n <= run.World.Events(); n++ {
		rec.append(&sim.Event{Number: n})
	}
	for i := range rec.nodes {
		rec.dirty = append(rec.dirty, int16(i))
	}
	run.World.Observe(rec)
}

// meet takes in the nodes that are new.
func (rec *recorder) meet() {
	t := rec.tape
	all := rec.run.World.Nodes()
	for _, n := range all[len(rec.nodes):] {
		rec.nodes = append(rec.nodes, n)
		if len(t.nodes) < len(rec.nodes) {
			t.index[n.Name()] = int16(len(t.nodes))
			t.nodes = append(t.nodes[:len(t.nodes):len(t.nodes)], Node{n.Name(), n.Client(), n.Site()})
		}
	}
	for len(rec.states) < len(rec.nodes) {
		rec.states = append(rec.states, nil)
	}
}

// starts says whether an event is the first of what happens at once: all before it is
// done, and nodes can be asked what they show. So is one whose cause lies further back.
func starts(k sim.Kind) bool {
	switch k {
	case sim.KindWake, sim.KindTimer, sim.KindDeliver, sim.KindAct, sim.KindBoot, sim.KindWorkEnd, sim.KindDiskEnd:
		return true
	}
	return false
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
	if e.Number > Most {
		return
	}
	if starts(e.Kind) || e.Cause < rec.step {
		rec.settle(e.Number - 1)
		rec.step = e.Number
	}
	rec.append(e)
}

// pass follows an event that the tape has already.
func (rec *recorder) pass(e *sim.Event) {
	rec.travel(e)
	if e.Number == rec.hashAt && rec.run.World.Hash() != rec.hash && rec.tape.err == nil {
		rec.tape.err = fmt.Errorf("the run is not repeatable: by event %d it differs from the run before, though nothing was done until event %d", e.Number, rec.skip)
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
		t.forces = append(t.forces, inForce{number, slices.Clone(rec.run.Faults.InForce())})
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
	node, peer := rec.id(e.Node), rec.id(e.Peer)
	c := rec.chunk(e.Number)
	send := rec.travel(e)
	c.records = append(c.records, entry{
		at: e.At, since: e.Since, arg: e.Arg, text: e.Text, body: e.Body, cause: uint32(e.Cause), send: uint32(send),
		procID: e.ProcID, born: uint32(e.Born), span: uint32(e.Span), call: e.Call, proc: rec.proc(e.Proc),
		node: node, peer: peer, kind: e.Kind, answer: e.Answer,
	})
	t.events, t.now = e.Number, e.At
	rec.links = relink(rec.links, e.Kind, node, peer)
	if node >= 0 && !slices.Contains(rec.dirty, node) {
		rec.dirty = append(rec.dirty, node)
	}
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
func (rec *recorder) chunk(number uint64) *chunk {
	t := rec.tape
	k := int(number-1) / chunkSize
	if k < len(t.chunks) {
		return t.chunks[k]
	}
	c := &chunk{nodes: slices.Clone(rec.states), hash: rec.run.World.Hash(), records: make([]entry, 0, chunkSize)}
	c.links = make(map[Pair]LinkState, len(rec.links))
	for p, l := range rec.links {
		c.links[p] = l
	}
	if k > 0 {
		before := t.chunks[k-1]
		for _, send := range before.flying {
			if t.rec(uint64(send)).end == 0 {
				c.flying = append(c.flying, send)
			}
		}
		for i := range before.records {
			if r := &before.records[i]; r.kind == sim.KindSend && r.end == 0 {
				c.flying = append(c.flying, uint32(uint64(k-1)*chunkSize)+uint32(i)+1)
			}
		}
	}
	t.chunks = append(t.chunks, c)
	return c
}

// travel follows a message on its way, and returns the event that sent it if e is
// about one.
func (rec *recorder) travel(e *sim.Event) (send uint64) {
	switch e.Kind {
	case sim.KindSend:
		rec.under[e.Number] = e.Number
	case sim.KindHold, sim.KindRetry:
		if send = rec.under[e.Cause]; send != 0 {
			delete(rec.under, e.Cause)
			rec.under[e.Number] = send
		}
	case sim.KindDeliver, sim.KindDrop, sim.KindBreak, sim.KindRefuse:
		if send = rec.under[e.Cause]; send != 0 {
			delete(rec.under, e.Cause)
			if r := rec.tape.rec(send); e.Number > rec.skip {
				r.end = uint32(e.Number)
			}
		} else if e.Cause != 0 && e.Cause < e.Number && rec.tape.rec(e.Cause).kind == sim.KindSend {
			send = e.Cause // a copy that the network made
		}
	}
	return send
}

func (rec *recorder) id(name string) int16 {
	if name == "" {
		return -1
	}
	id, known := rec.tape.index[name]
	if !known {
		rec.meet()
		if id, known = rec.tape.index[name]; !known {
			return -1
		}
	}
	return id
}

func (rec *recorder) proc(name string) uint32 {
	id, known := rec.procs[name]
	if !known {
		id = uint32(len(rec.tape.procs))
		rec.procs[name] = id
		rec.tape.procs = append(rec.tape.procs, name)
	}
	return id
}

// sample asks the nodes to which something has happened what they show after an event.
func (rec *recorder) sample(number uint64) {
	t := rec.tape
	if number == 0 || number > t.events {
		return
	}
	c := t.chunks[(number-1)/chunkSize]
	for _, i := range rec.dirty {
		s := show(rec.nodes[i], number, t.rec(number).at, rec.run.World.Now())
		if old := rec.states[i]; old == nil || !old.same(s) {
			rec.states[i] = s
			c.changes = append(c.changes, change{number, i, s})
		}
	}
	rec.dirty = rec.dirty[:0]
}

// show asks a node what it has shown since an event. Nothing has happened since but that its
// clock went on.
func show(n *sim.Node, number uint64, at, now time.Duration) *NodeState {
	cores, busy := n.Cores()
	s := &NodeState{
		Event: number, At: now, Up: n.Up(), Paused: n.Paused(), Incarnation: n.Incarnation(), Fields: n.Fields(),
		ClockError: n.ClockError(), ClockDrift: n.ClockDrift(), Cores: cores, Busy: busy, WorkQueue: n.WorkQueue(), Speed: n.Speed(),
		Inbox: n.InboxQueue(), DiskUsed: n.Disk().Used(), DiskQueue: n.Disk().Queue(),
	}
	s.At, s.ClockError = at, s.ClockErrorAt(at)
	return s
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
			t.mark(Mark{event, t.rec(event).at, MarkViolation, "", c.Check + ": " + c.Reason})
		}
	}
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
