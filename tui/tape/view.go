package tape

import (
	"maps"
	"slices"
	"sort"
	"time"

	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/sim"
)

// NodeState is what a node showed of itself at a moment. It is not to be changed.
type NodeState struct {
	Event       uint64        // after which it was so
	At          time.Duration // of that event
	Up, Paused  bool
	Incarnation int
	Fields      []sim.Field // what it says of itself, see [sim.Node.Fields]

	ClockError time.Duration // at At; positive is fast
	ClockDrift float64       // parts per million
	Cores      int
	Busy       int     // cores at work
	WorkQueue  int     // processes that wait for a core
	Speed      float64 // of the cores; 1 is full
	Inbox      int     // messages that wait to be received
	DiskUsed   int64   // bytes
	DiskQueue  int     // operations that wait for the device
}

// Field returns what the node says under a name, or "".
func (s *NodeState) Field(name string) string {
	for i := range s.Fields {
		if s.Fields[i].Name == name {
			return s.Fields[i].Value
		}
	}
	return ""
}

// ClockErrorAt is how far the clock was from the truth at a time at which this was
// still the node's state.
func (s *NodeState) ClockErrorAt(at time.Duration) time.Duration {
	return s.ClockError + time.Duration(float64(at-s.At)*s.ClockDrift/1e6)
}

// same says whether a later state shows nothing new.
func (s *NodeState) same(later *NodeState) bool {
	if d := s.ClockErrorAt(later.At) - later.ClockError; d < -time.Microsecond || d > time.Microsecond {
		return false
	}
	a, b := *s, *later
	a.Event, a.At, a.ClockError, a.Fields = b.Event, b.At, b.ClockError, nil
	b.Fields = nil
	return a.equal(&b) && slices.Equal(s.Fields, later.Fields)
}

func (s *NodeState) equal(o *NodeState) bool {
	return s.Up == o.Up && s.Paused == o.Paused && s.Incarnation == o.Incarnation && s.ClockDrift == o.ClockDrift && s.Cores == o.Cores &&
		s.Busy == o.Busy && s.WorkQueue == o.WorkQueue && s.Speed == o.Speed && s.Inbox == o.Inbox && s.DiskUsed == o.DiskUsed && s.DiskQueue == o.DiskQueue
}

// Pair is a directed link, by the indices of its nodes.
type Pair struct{ From, To int }

// LinkState is what is wrong with a link. Most have nothing, and are not told of.
type LinkState struct {
	Cuts     int // made and not mended
	Degraded int // effects in force that make it worse
	Holds    int // in force: messages are kept back
}

// Flight is a message under way.
type Flight struct {
	Send     uint64 // the number of the event that sent it: its address
	From, To int    // indices of nodes
	Sent     time.Duration
	Arrives  time.Duration // or when its way ends otherwise; 0 if the tape has not come so far
	Fate     sim.Kind      // of the event that ends its way; KindNone if not known yet
	Answer   bool
	Call     uint64
	Body     any
}

// View is the run at a moment: just after an event.
type View struct {
	Event  uint64 // 0 is before the first
	Again  bool   // it is run to again, see [Tape.Has]: till then this is what was shortly before
	At     time.Duration
	Last   sim.Event // the event of that number
	Nodes  []Node
	States []*NodeState // as Nodes; nil is a node that has not shown itself yet
	Links  map[Pair]LinkState
	Flying []Flight       // in the order in which they were sent
	Forces []faults.Force // in force
}

// Index returns the index of a node by its name, or -1.
func (v *View) Index(name string) int {
	return slices.IndexFunc(v.Nodes, func(n Node) bool { return n.Name == name })
}

// At returns the run as it was after an event; the last there is, if that has not
// come yet.
func (t *Tape) At(number uint64) *View {
	t.mu.Lock()
	defer t.mu.Unlock()
	number = min(number, t.events)
	v := &View{Event: number, Nodes: t.nodes, States: make([]*NodeState, len(t.nodes))}
	if len(t.chunks) == 0 {
		return v
	}
	return t.view(v)
}

// view fills in what there was at v.Event.
func (t *Tape) view(v *View) *View {
	k := min(chunkOf(max(v.Event, 1)), len(t.chunks)-1)
	v.Again = !t.look(k)
	c := t.chunks[k]
	copy(v.States, c.nodes)
	for i := range c.changes {
		if c.changes[i].event > v.Event {
			break
		}
		v.States[c.changes[i].node] = c.changes[i].state
	}
	if v.Event > 0 {
		v.At = t.timeOf(v.Event)
		v.Last, _ = t.event(v.Event)
	}
	v.Links = maps.Clone(c.links)
	for _, f := range c.flying {
		v.fly(f.Flight, f.end)
	}
	for i := range c.records {
		n := first(k) + uint64(i)
		if n > v.Event {
			break
		}
		r := &c.records[i]
		if r.kind == sim.KindSend && (r.end == 0 || uint64(r.end) > v.Event) {
			f, end, _ := t.message(n)
			v.fly(f, end)
		}
		v.Links = relink(v.Links, r.kind, r.node, r.peer)
	}
	i := sort.Search(len(t.forces), func(i int) bool { return t.forces[i].event > v.Event })
	if i > 0 {
		v.Forces = t.forces[i-1].list
	}
	return v
}

// fly adds a message to the view if it is under way there.
func (v *View) fly(f Flight, end uint64) {
	if end == 0 || end > v.Event {
		v.Flying = append(v.Flying, f)
	}
}

// relink is what an event does to the links. It makes the map if there is none.
func relink(links map[Pair]LinkState, kind sim.Kind, node, peer int16) map[Pair]LinkState {
	var cuts, degraded, holds int
	switch kind {
	case sim.KindCut:
		cuts = 1
	case sim.KindMend:
		cuts = -1
	case sim.KindDegrade:
		degraded = 1
	case sim.KindRestore:
		degraded = -1
	case sim.KindHeld:
		holds = 1
	case sim.KindRelease:
		holds = -1
	default:
		return links
	}
	if links == nil {
		links = map[Pair]LinkState{}
	}
	p := Pair{int(node), int(peer)}
	l := links[p]
	l.Cuts, l.Degraded, l.Holds = max(l.Cuts+cuts, 0), max(l.Degraded+degraded, 0), max(l.Holds+holds, 0)
	if l == (LinkState{}) {
		delete(links, p)
	} else {
		links[p] = l
	}
	return links
}

// Changed returns what a node showed before and after its last change up to an
// event; before is nil if it is the first, or not there at the moment, see [Tape.Has].
func (t *Tape) Changed(node int, upTo uint64) (before, after *NodeState) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if after = t.state(node, min(upTo, t.events)); after != nil && after.Event > 1 {
		before = t.state(node, after.Event-1)
	}
	return before, after
}

// state returns what a node showed at an event, or nil.
func (t *Tape) state(node int, number uint64) (s *NodeState) {
	if number == 0 {
		return nil
	}
	k := chunkOf(number)
	t.look(k)
	c := t.chunks[k]
	if node < len(c.nodes) {
		s = c.nodes[node]
	}
	for i := range c.changes {
		if c.changes[i].event > number {
			break
		}
		if int(c.changes[i].node) == node {
			s = c.changes[i].state
		}
	}
	return s
}

// Flight returns the message that an event sent, whatever became of it, and the event
// that ended its way, or 0. It is false also if that is not there at the moment, see
// [Tape.Has].
func (t *Tape) Flight(send uint64) (f Flight, end uint64, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if send == 0 || send > t.events {
		return f, 0, false
	}
	return t.message(send)
}

// SendOf returns the event that sent the message which an event is about, or 0.
func (t *Tape) SendOf(number uint64) uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	if number == 0 || number > t.events {
		return 0
	}
	if t.sent(number) {
		return number
	}
	if r := t.rec(number); r != nil {
		return uint64(r.send)
	}
	return 0
}
