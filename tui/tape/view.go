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
	k := int(max(v.Event, 1)-1) / chunkSize
	if k >= len(t.chunks) {
		k = len(t.chunks) - 1
	}
	c := t.chunks[k]
	copy(v.States, c.nodes)
	for i := range c.changes {
		if c.changes[i].event > v.Event {
			break
		}
		v.States[c.changes[i].node] = c.changes[i].state
	}
	if v.Event > 0 {
		v.Last = t.event(v.Event)
		v.At = v.Last.At
	}
	v.Links = maps.Clone(c.links)
	for _, send := range c.flying {
		t.fly(v, uint64(send))
	}
	for i := range c.records {
		n := uint64(k)*chunkSize + uint64(i) + 1
		if n > v.Event {
			break
		}
		r := &c.records[i]
		if r.kind == sim.KindSend {
			t.fly(v, n)
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
func (t *Tape) fly(v *View, send uint64) {
	r := t.rec(send)
	if r.end != 0 && uint64(r.end) <= v.Event {
		return
	}
	f := Flight{Send: send, From: int(r.node), To: int(r.peer), Sent: r.at, Answer: r.answer, Call: r.call, Body: r.body}
	if r.end != 0 {
		end := t.rec(uint64(r.end))
		f.Arrives, f.Fate = end.at, end.kind
	}
	v.Flying = append(v.Flying, f)
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
// event; before is nil if it is the first.
func (t *Tape) Changed(node int, upTo uint64) (before, after *NodeState) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for k := int(min(upTo, t.events)) / chunkSize; k >= 0; k-- {
		if k >= len(t.chunks) {
			continue
		}
		for i := len(t.chunks[k].changes) - 1; i >= 0; i-- {
			c := &t.chunks[k].changes[i]
			switch {
			case c.event > upTo || int(c.node) != node:
			case after == nil:
				after = c.state
			default:
				return c.state, after
			}
		}
	}
	return nil, after
}

// Flight returns the message that an event sent, whatever became of it, and the event
// that ended its way, or 0.
func (t *Tape) Flight(send uint64) (f Flight, end uint64, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if send == 0 || send > t.events || t.rec(send).kind != sim.KindSend {
		return f, 0, false
	}
	v := &View{}
	t.fly(v, send)
	if len(v.Flying) == 0 {
		return f, 0, false
	}
	return v.Flying[0], uint64(t.rec(send).end), true
}

// SendOf returns the event that sent the message which an event is about, or 0.
func (t *Tape) SendOf(number uint64) uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	if number == 0 || number > t.events {
		return 0
	}
	if r := t.rec(number); r.kind != sim.KindSend {
		return uint64(r.send)
	}
	return number
}
