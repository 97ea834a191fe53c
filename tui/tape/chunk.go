package tape

import (
	"slices"
	"sort"
	"time"

	"github.com/orrery-sim/orrery/sim"
)

// chunkSize is how many events lie between two keyframes. A view is the keyframe
// before it and the events since: some tens of microseconds.
const chunkSize = 4096

// Budget is how many events a tape keeps. Of the others it has keyframes and marks, and
// runs the run again when they are looked at: a run is not remembered, it is repeated.
const Budget = 2_000_000

// pinned is how many chunks at the beginning are never dropped.
const pinned = 5

// chunk is a stretch of the tape: a keyframe, and the events since, which may have been
// dropped. Once it is full, nothing in it changes but the ends of the messages that were
// under way before it.
type chunk struct {
	begin  uint64       // its first event
	nodes  []*NodeState // before that
	links  map[Pair]LinkState
	flying []aloft       // messages under way before it, in the order in which they were sent
	hash   uint64        // of the run just after its first event
	at     time.Duration // of its first event
	peaks  []change      // once events were dropped: when a queue of a node was longest
	used   uint64        // when it was looked at last

	records []entry // nil once they were dropped
	changes []change
}

// aloft is a message that was under way when a chunk began.
type aloft struct {
	last    uint64 // the last event about it before
	*passed        // for all chunks in which it is under way
}

// passed is a message that is under way for longer than a chunk.
type passed struct {
	Flight
	end uint64 // the event that ended its way, or 0
}

// chunkOf is the index of the chunk of an event.
func chunkOf(number uint64) int { return int(number-1) / chunkSize }

// first is the number of the first event of a chunk.
func first(k int) uint64 { return uint64(k)*chunkSize + 1 }

// rec returns the entry of an event that there is; nil if it was dropped: then it is
// asked for.
func (t *Tape) rec(number uint64) *entry {
	if !t.look(chunkOf(number)) {
		return nil
	}
	return &t.chunks[chunkOf(number)].records[(number-1)%chunkSize]
}

// look says whether the events of a chunk are there. If not, it asks for them.
func (t *Tape) look(k int) bool {
	c := t.chunks[k]
	t.looks++
	c.used = t.looks
	if c.records == nil {
		t.want(k)
		return false
	}
	return true
}

// timeOf is the time of an event that there is. Of one that was dropped it is that of the
// first event of its chunk.
func (t *Tape) timeOf(number uint64) time.Duration {
	if r := t.rec(number); r != nil {
		return r.at
	}
	return t.chunks[chunkOf(number)].at
}

// keep counts a chunk whose events are there now, and drops those of others if that is
// too many: of those that nobody has looked at for the longest time. Those that stay
// always are the last and the first few, which tell what the system is like.
func (t *Tape) keep(k int) {
	if _, isWanted := t.again.wants[k]; isWanted {
		t.looks++
	}
	t.chunks[k].used = t.looks
	for t.kept++; t.kept > max(t.budget/chunkSize, pinned+5); t.kept-- {
		oldest := -1
		for i := pinned; i < len(t.chunks)-1; i++ {
			if c := t.chunks[i]; i != k && c.records != nil && (oldest < 0 || c.used < t.chunks[oldest].used) {
				oldest = i
			}
		}
		if oldest < 0 {
			return
		}
		t.chunks[oldest].drop()
	}
}

// drop forgets the events of a chunk.
func (c *chunk) drop() {
	if c.peaks == nil {
		c.peaks = peaks(c.changes)
	}
	c.records, c.changes = nil, nil
}

// peaks returns, of each node, when its queues were longest.
func peaks(changes []change) []change {
	queues := []func(s *NodeState) int{
		func(s *NodeState) int { return s.Inbox },
		func(s *NodeState) int { return s.WorkQueue },
		func(s *NodeState) int { return s.DiskQueue },
	}
	kept := []change{}
	for _, length := range queues {
		most := map[int16]change{}
		for _, c := range changes {
			if m, have := most[c.node]; !have || length(c.state) > length(m.state) {
				most[c.node] = c
			}
		}
		for _, c := range most { // order-free: they are sorted below
			kept = append(kept, c)
		}
	}
	slices.SortFunc(kept, func(a, b change) int { return (int(a.event)-int(b.event))*1024 + int(a.node) - int(b.node) })
	return slices.Compact(kept)
}

// find returns a message that was under way when the chunk began, or nil.
func (c *chunk) find(send uint64) *passed {
	i := sort.Search(len(c.flying), func(i int) bool { return c.flying[i].Send >= send })
	if i == len(c.flying) || c.flying[i].Send != send {
		return nil
	}
	return c.flying[i].passed
}

// message returns the message that an event sent, and the event that ended its way, or
// 0. It is false if that event sent none, or was dropped.
func (t *Tape) message(send uint64) (f Flight, end uint64, ok bool) {
	k := chunkOf(send)
	if k+1 < len(t.chunks) { // it is known beyond its chunk, if it was under way then
		if p := t.chunks[k+1].find(send); p != nil {
			return p.Flight, p.end, true
		}
	}
	r := t.rec(send)
	if r == nil || r.kind != sim.KindSend {
		return f, 0, false
	}
	f = r.flight(send)
	if r.end != 0 {
		last := t.rec(uint64(r.end))
		f.Arrives, f.Fate = last.at, last.kind
	}
	return f, uint64(r.end), true
}

// flight is the message that was sent, without what became of it.
func (r *entry) flight(send uint64) Flight {
	return Flight{Send: send, From: int(r.node), To: int(r.peer), Sent: r.at, Answer: r.answer, Call: r.call, Body: r.body}
}

// markSend notes that an event sent a message; sent says so of all events, also of those
// that were dropped.
func (t *Tape) markSend(number uint64) {
	for uint64(len(t.sends)) <= number/64 {
		t.sends = append(t.sends, 0)
	}
	t.sends[number/64] |= 1 << (number % 64)
}

func (t *Tape) sent(number uint64) bool {
	return number/64 < uint64(len(t.sends)) && t.sends[number/64]>>(number%64)&1 != 0
}
