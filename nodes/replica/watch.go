package replica

import (
	"slices"
	"time"

	"github.com/orrery-sim/orrery/sim"
)

// watch looks on from outside, and finds out at the event at which it happens when a
// promise is broken. Servers tell it what they do; nothing of it comes back to them.
type watch struct {
	enforced []string // checks whose violation ends the run
	world    *sim.World
	servers  map[string]*seen

	newest    uint64            // epoch that has a primary
	primaries map[uint64]string // by epoch
	entries   map[Position]*entry
	states    map[Position]uint64 // sum of the state after an entry

	acks       []Position      // of writes of which a client was told
	lags       []time.Duration // from when a primary took an entry in to when a replica applied it
	divergent  int             // writes dropped
	copies     int             // of everything
	redirected int             // reads, to the primary
	gone       int             // sessions whose write was lost
	reads      int
	remote     int      // reads that the primary did not answer
	mark       Position // what everybody must have at the end
}

// seen is what the watch knows of a server.
type seen struct {
	server   *server
	node     *sim.Node
	boots    int      // of the machine, when the server began
	told     Position // what it has said is on its disk
	promised uint64   // the epoch that it has said it has heard of
}

// entry is what all logs must agree in that have it.
type entry struct {
	Entry
	before uint64        // epoch of the entry before it
	born   time.Duration // when the primary took it in
	acked  bool
	known  bool // it is on a disk, or has left the primary
}

func newWatch(w *sim.World, first string) *watch {
	return &watch{
		world: w, servers: map[string]*seen{}, newest: 1, primaries: map[uint64]string{1: first},
		entries: map[Position]*entry{}, states: map[Position]uint64{},
	}
}

// fail ends the run, if the check is one that the scenario asks for.
func (v *watch) fail(p *sim.Proc, check, format string, args ...any) {
	if slices.Contains(v.enforced, check) {
		p.Fail(check, format, args...)
	}
}

// runs says whether the server is there, rather than only its machine or its remains.
func (k *seen) runs() bool {
	return k != nil && !k.server.down && k.node.Up() && k.node.Incarnation() == k.boots
}

// primary returns the server that is primary of the newest epoch, or nil if it does
// not run.
func (v *watch) primary() *server {
	if k := v.servers[v.primaries[v.newest]]; k.runs() && k.server.primary == k.server.name {
		return k.server
	}
	return nil
}

// booted is told what a server has found on its disk.
func (v *watch) booted(p *sim.Proc, s *server) {
	k := v.servers[s.name]
	if k == nil {
		k = &seen{}
		v.servers[s.name] = k
	}
	k.server, k.node, k.boots = s, p.Node(), p.Node().Incarnation()
	for _, e := range s.log.entries {
		v.match(p, s, e, s.log)
	}
	v.state(p, s)
	switch {
	case !s.log.has(k.told):
		v.fail(p, persistence, "%s said that entry %d of epoch %d is on its disk, crashed, and does not have it", s.name, k.told.Index, k.told.Epoch)
	case s.epoch < k.promised:
		v.fail(p, persistence, "%s promised epoch %d, crashed, and is back in epoch %d", s.name, k.promised, s.epoch)
	}
}

// told is told up to which entry a server says that its log is on its disk.
func (v *watch) told(s *server, last uint64) { v.servers[s.name].told = s.log.at(last) }

func (v *watch) promised(s *server, epoch uint64) { v.servers[s.name].promised = epoch }

func (v *watch) promoted(p *sim.Proc, s *server) {
	if other, ok := v.primaries[s.epoch]; ok && other != s.name {
		v.fail(p, onePrimary, "%s and %s are both primary of epoch %d", other, s.name, s.epoch)
	}
	v.primaries[s.epoch] = s.name
	v.newest = max(v.newest, s.epoch)
}

// taken is told of an entry that the primary takes in. Until it is on the disk there
// or has left the primary, a crash may put another in its place.
func (v *watch) taken(p *sim.Proc, s *server, e Entry) {
	if at := (Position{e.Epoch, e.Index}); v.entries[at] == nil || !v.entries[at].known {
		v.entries[at] = &entry{Entry: e, before: s.log.at(e.Index - 1).Epoch, born: v.world.Now()}
	}
}

// kept is told that entries are on a server's disk.
func (v *watch) kept(p *sim.Proc, s *server, entries []Entry) {
	for _, e := range entries {
		v.match(p, s, e, s.log)
	}
}

// match compares an entry with that of the same place in other logs. That the entries
// before agree too follows by induction.
func (v *watch) match(p *sim.Proc, s *server, e Entry, l *log) {
	at, before := Position{e.Epoch, e.Index}, l.at(e.Index-1).Epoch
	have := v.entries[at]
	if have == nil {
		have = &entry{Entry: e, before: before, born: v.world.Now()}
		v.entries[at] = have
	}
	if have.known = true; have.Entry != e || have.before != before {
		v.fail(p, sameHistory, "entry %d of epoch %d in the log of %s is not the one that another server has, or does not follow the same",
			e.Index, e.Epoch, s.name)
	}
}

// cut is told that entries behind an index are dropped.
func (v *watch) cut(p *sim.Proc, s *server, keep uint64) {
	lost := 0
	for i := keep + 1; i <= s.log.last(); i++ {
		x := v.entries[s.log.at(i)]
		if x != nil && x.Client != "" {
			v.divergent++
		}
		if x != nil && x.acked {
			lost++
		}
	}
	if lost > 0 {
		s.milestone(p, "of these, acknowledged and lost: "+plural(lost, "write"))
	}
	if k := v.servers[s.name]; k.told.Index > keep {
		k.told = s.log.at(keep)
	}
}

func (v *watch) copied(p *sim.Proc, s *server, l *log) {
	v.copies++
	for _, e := range l.entries {
		v.match(p, s, e, l)
	}
}

// restored is told that a server has another state than it had.
func (v *watch) restored(p *sim.Proc, s *server) {
	k := v.servers[s.name]
	if !s.log.has(k.told) {
		k.told = Position{}
	}
	v.state(p, s)
}

// applied is told that a server has carried out an entry.
func (v *watch) applied(p *sim.Proc, s *server, e Entry) {
	v.state(p, s)
	if x := v.entries[Position{e.Epoch, e.Index}]; x != nil && s.role() == "replica" && e.Client != "" {
		v.lags = append(v.lags, v.world.Now()-x.born)
	}
}

// state compares a server's state with that of others after the same entry.
func (v *watch) state(p *sim.Proc, s *server) {
	at := s.log.at(s.live.index)
	have, known := v.states[at]
	if !known {
		v.states[at] = s.live.sum
	} else if have != s.live.sum {
		v.fail(p, sameState, "the state of %s after entry %d of epoch %d is not that of another server", s.name, at.Index, at.Epoch)
	}
}

// acknowledged is told that a primary says that a write is done.
func (v *watch) acknowledged(p *sim.Proc, s *server, at Position) {
	v.serves(p, s, "acknowledges a write")
	if k := v.servers[s.name]; s.disk.durable >= at.Index {
		k.told = at
	}
}

// serves is told that a server does what only the primary may.
func (v *watch) serves(p *sim.Proc, s *server, what string) {
	if s.epoch < v.newest {
		v.fail(p, fenced, "%s %s as primary of epoch %d, and %s is primary of epoch %d", s.name, what, s.epoch, v.primaries[v.newest], v.newest)
	}
}

// learned is told that a client knows that its write is done.
func (v *watch) learned(at Position) {
	v.acks = append(v.acks, at)
	if x := v.entries[at]; x != nil {
		x.acked = true
	}
}

// read is told who answered a client's read.
func (v *watch) read(from string) {
	v.reads++
	if from != v.primaries[v.newest] {
		v.remote++
	}
}

// lost returns the writes that a client was told of and that are not in the history
// of the server.
func (v *watch) lost(s *server) []*entry {
	var list []*entry
	for _, at := range v.acks {
		if !s.log.has(at) {
			list = append(list, v.entries[at])
		}
	}
	return list
}
