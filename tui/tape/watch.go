package tape

import (
	"fmt"
	"slices"
	"time"

	"github.com/orrery-sim/orrery/sim"
)

// watcher makes entries of events, and asks nodes what they show of themselves. It lives in the
// goroutine of a run, and is used with the tape's lock held.
type watcher struct {
	tape   *Tape
	world  *sim.World
	nodes  []*sim.Node
	states []*NodeState      // shown last
	under  map[uint64]uint64 // messages under way: the event that sent it, by the last event about it, which the next will name as its cause
	dirty  []int16           // nodes to which something has happened since they were last asked
	step   uint64            // the event with which what happens now began
}

// enter begins to watch a world from its beginning: all nodes are new.
func (w *watcher) enter(world *sim.World) {
	w.world = world
	w.meet()
	for i := range w.nodes {
		w.dirty = append(w.dirty, int16(i))
	}
}

// meet takes in the nodes that are new.
func (w *watcher) meet() {
	t := w.tape
	all := w.world.Nodes()
	for _, n := range all[len(w.nodes):] {
		w.nodes = append(w.nodes, n)
		if len(t.nodes) < len(w.nodes) {
			t.index[n.Name()] = int16(len(t.nodes))
			t.nodes = append(t.nodes[:len(t.nodes):len(t.nodes)], Node{n.Name(), n.Client(), n.Site()})
		}
	}
	for len(w.states) < len(w.nodes) {
		w.states = append(w.states, nil)
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

// begins says whether all that happened before an event is done.
func (w *watcher) begins(e *sim.Event) bool {
	if !starts(e.Kind) && e.Cause >= w.step {
		return false
	}
	w.step = e.Number
	return true
}

// add adds an event to its chunk. send is the message that it is about, and ended says
// that it ended its way.
func (w *watcher) add(c *chunk, e *sim.Event, send uint64, ended bool) *entry {
	node, peer := w.id(e.Node), w.id(e.Peer)
	c.records = append(c.records, entry{
		at: e.At, since: e.Since, arg: e.Arg, text: e.Text, body: e.Body, cause: uint32(e.Cause), send: uint32(send),
		procID: e.ProcID, born: uint32(e.Born), span: uint32(e.Span), call: e.Call, proc: w.tape.proc(e.Proc),
		node: node, peer: peer, kind: e.Kind, answer: e.Answer,
	})
	if ended && chunkOf(send) == chunkOf(e.Number) {
		c.records[(send-1)%chunkSize].end = uint32(e.Number)
	}
	w.touch(node)
	return &c.records[len(c.records)-1]
}

// touch notes that something has happened to a node.
func (w *watcher) touch(node int16) {
	if node >= 0 && !slices.Contains(w.dirty, node) {
		w.dirty = append(w.dirty, node)
	}
}

// travel follows a message on its way, and returns the event that sent it if e is
// about one, and whether e ends its way.
func (w *watcher) travel(e *sim.Event) (send uint64, ended bool) {
	switch e.Kind {
	case sim.KindSend:
		w.under[e.Number] = e.Number
	case sim.KindHold, sim.KindRetry:
		if send = w.under[e.Cause]; send != 0 {
			delete(w.under, e.Cause)
			w.under[e.Number] = send
		}
	case sim.KindDeliver, sim.KindDrop, sim.KindBreak, sim.KindRefuse:
		if send = w.under[e.Cause]; send != 0 {
			delete(w.under, e.Cause)
			return send, true
		}
		if e.Cause < e.Number && w.tape.sent(e.Cause) {
			send = e.Cause // a copy that the network made
		}
	}
	return send, false
}

// id is the index of a node, or -1.
func (w *watcher) id(name string) int16 {
	if name == "" {
		return -1
	}
	id, known := w.tape.index[name]
	if !known || int(id) >= len(w.nodes) {
		w.meet()
		if id, known = w.tape.index[name]; !known {
			return -1
		}
	}
	return id
}

// proc is the index of a process's name.
func (t *Tape) proc(name string) uint32 {
	id, known := t.procID[name]
	if !known {
		id = uint32(len(t.procs))
		t.procID[name] = id
		t.procs = append(t.procs, name)
	}
	return id
}

// ask asks the nodes to which something has happened what they show after an event of a
// chunk.
func (w *watcher) ask(c *chunk, number uint64) {
	for _, i := range w.dirty {
		s := show(w.nodes[i], number, c.records[(number-1)%chunkSize].at, w.world.Now())
		if old := w.states[i]; old == nil || !old.same(s) {
			w.states[i] = s
			c.changes = append(c.changes, change{number, i, s})
		}
	}
	w.dirty = w.dirty[:0]
}

// show asks a node what it has shown since an event. Nothing has happened since but that its
// clock went on.
func show(n *sim.Node, number uint64, at, now time.Duration) *NodeState {
	cores, busy := n.Cores()
	s := &NodeState{
		Event: number, At: now, Up: n.Up(), Paused: n.Paused(), Incarnation: n.Incarnation(), Fields: fields(n),
		ClockError: n.ClockError(), ClockDrift: n.ClockDrift(), Cores: cores, Busy: busy, WorkQueue: n.WorkQueue(), Speed: n.Speed(),
		Inbox: n.InboxQueue(), DiskUsed: n.Disk().Used(), DiskQueue: n.Disk().Queue(),
	}
	s.At, s.ClockError = at, s.ClockErrorAt(at)
	return s
}

// fields asks a node what it says of itself. That is code of a system: if it panics,
// this is what it says.
func fields(n *sim.Node) (list []sim.Field) {
	defer func() {
		if wrong := recover(); wrong != nil {
			list = []sim.Field{{Name: "panic", Value: fmt.Sprint(wrong)}}
		}
	}()
	return n.Fields()
}
