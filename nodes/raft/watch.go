package raft

import (
	"slices"

	etcd "go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/sim"
)

// watch looks on from outside, and finds out at the event at which it happens when a
// promise is broken. Servers tell it what they do; nothing of it comes back to them.
type watch struct {
	enforced []string // checks whose violation ends the run
	servers  []*seen  // by id

	leaders []election
	entries []entry            // the first that was seen at each index
	others  map[position]entry // those of other terms at the same index
	decided terms              // the entries that are committed
	results []uint64           // digest of the state after each entry
	acks    []ticket           // the writes that were acknowledged
	carried map[ticket]uint64  // the entry that carried out a write
	added   []element          // to sets, and acknowledged
	mark    mark               // what everybody must have at the end
}

// seen is what the watch knows of a server.
type seen struct {
	server *server   // the one that runs, or ran last
	node   *sim.Node // its machine
	boots  int       // of the machine, when it began
	log    terms     // the library's log, written or not

	applied uint64

	// What it has answered for, and must know again after a crash.
	term, vote uint64
	kept       uint64 // entries up to this one
}

// election is a leader, and the log with which it began.
type election struct {
	term, leader uint64
	log          terms
}

// position is where in a log an entry is.
type position struct{ index, term uint64 }

// entry is what two logs must agree in that have an entry of the same index and term.
type entry struct {
	term   uint64
	before uint64 // term of the entry before it
	sum    uint64 // of its content
}

// mark is how far the log had come at some time, and who the members were.
type mark struct {
	index   uint64
	members []uint64
}

type element struct {
	key   string
	value checker.Value
}

func newWatch(servers int) *watch {
	v := &watch{others: map[position]entry{}, carried: map[ticket]uint64{}}
	for range servers + 1 {
		v.servers = append(v.servers, &seen{})
	}
	v.decided.put(1, 1)
	return v
}

// fail ends the run, if the check is one that the scenario asks for.
func (v *watch) fail(p *sim.Proc, check, format string, args ...any) {
	if slices.Contains(v.enforced, check) {
		p.Fail(check, format, args...)
	}
}

// runs says whether the server is there, rather than only its machine or its remains.
func (k *seen) runs() bool {
	return k.server != nil && !k.server.down && k.node.Up() && k.node.Incarnation() == k.boots
}

// leader returns who leads in the newest term, or 0.
func (v *watch) leader() uint64 {
	best, term := uint64(0), uint64(0)
	for id, k := range v.servers {
		if k.runs() && k.server.role == etcd.StateLeader && k.server.term > term {
			best, term = uint64(id), k.server.term
		}
	}
	return best
}

// booted is told what a server has found on its disk.
func (v *watch) booted(p *sim.Proc, s *server) {
	k, log := v.servers[s.id], v.decided.upTo(s.log.snapshot.Index)
	old := k.log
	k.server, k.node, k.boots, k.log, k.applied = s, p.Node(), p.Node().Incarnation(), log, s.machine.index
	for _, e := range s.log.entries {
		if e.GetIndex() > s.log.snapshot.Index {
			v.match(p, s.id, e)
		}
	}
	v.result(p, s)
	switch {
	case s.term < k.term:
		v.fail(p, persistence, "%s answered in term %d, crashed, and is back in term %d", s.name, k.term, s.term)
	case s.term == k.term && k.vote != 0 && s.vote != k.vote:
		v.fail(p, persistence, "%s voted for %s in term %d, crashed, and does not know it", s.name, s.names[k.vote], k.term)
	case k.log.at(k.kept) != old.at(k.kept):
		v.fail(p, persistence, "%s acknowledged entry %d of term %d, crashed, and does not have it", s.name, k.kept, old.at(k.kept))
	}
}

// forgot is told that a server found less on its disk than must be there.
func (v *watch) forgot(p *sim.Proc, s *server, err error) {
	v.fail(p, persistence, "%s cannot start again: %v", s.name, err)
}

// promised is told what a server tells others only when it is on its disk.
func (v *watch) promised(id uint64, r *pb.Message) {
	k := v.servers[id]
	if r.GetReject() || r.GetTerm() < k.term {
		return
	}
	switch r.GetType() {
	case pb.MsgVoteResp:
		k.term, k.vote = r.GetTerm(), r.GetTo()
	case pb.MsgAppResp:
		if r.GetTerm() > k.term {
			k.term, k.vote = r.GetTerm(), 0
		}
		if r.GetTerm() == k.server.term { // else a new leader may have taken it out again
			k.kept = max(k.kept, r.GetIndex())
		}
	}
}

// appended is told of entries at the end of a log, in the place of all that was there
// from the first of them on.
func (v *watch) appended(p *sim.Proc, id uint64, list []*pb.Entry) {
	if len(list) == 0 {
		return
	}
	k := v.servers[id]
	k.kept = min(k.kept, list[0].GetIndex()-1)
	for _, e := range list {
		v.match(p, id, e)
	}
}

// match puts an entry into a log, and compares it with that of the same index and
// term in other logs. That the entries before agree too follows by induction.
func (v *watch) match(p *sim.Proc, id uint64, e *pb.Entry) {
	k, index := v.servers[id], e.GetIndex()
	now := entry{term: e.GetTerm(), before: k.log.at(index - 1), sum: digestBytes(uint64(e.GetType()), e.GetData())}
	k.log.put(index, now.term)
	for uint64(len(v.entries)) <= index {
		v.entries = append(v.entries, entry{})
	}
	first := &v.entries[index]
	if first.term == 0 {
		*first = now
		return
	}
	have := *first
	if have.term != now.term {
		at, known := position{index, now.term}, false
		if have, known = v.others[at]; !known {
			v.others[at] = now
			return
		}
	}
	if have != now {
		v.fail(p, logMatching, "entry %d of term %d in the log of %s is not the one that another server has",
			index, now.term, v.servers[id].server.name)
	}
}

// restored is told that a snapshot has taken the place of a log. What that had beyond
// what is committed is taken back.
func (v *watch) restored(id, index uint64) {
	k := v.servers[id]
	for k.log.at(k.kept) != v.decided.at(k.kept) {
		k.kept--
	}
	k.log = v.decided.upTo(index)
}

// elected is told of a new leader.
func (v *watch) elected(p *sim.Proc, s *server) {
	k, last := v.servers[s.id], v.decided.last
	for _, e := range v.leaders {
		if e.term == s.term && e.leader != s.id {
			v.fail(p, oneLeader, "%s and %s both lead in term %d", s.names[e.leader], s.name, s.term)
		}
	}
	if k.log.at(last) != v.decided.at(last) {
		v.fail(p, leaderCompleteness, "%s leads in term %d without entry %d of term %d, which is committed",
			s.name, s.term, last, v.decided.at(last))
	}
	v.leaders = append(v.leaders, election{s.term, s.id, k.log.upTo(k.log.last)})
}

// committed is told how far a server knows the log to be committed.
func (v *watch) committed(p *sim.Proc, s *server) {
	log := &v.servers[s.id].log
	if s.commit <= v.decided.last {
		if log.at(s.commit) != v.decided.at(s.commit) {
			v.fail(p, stateMachineSafety, "%s takes entry %d of term %d for committed, which is of term %d",
				s.name, s.commit, log.at(s.commit), v.decided.at(s.commit))
		}
		return
	}
	for i := v.decided.last + 1; i <= s.commit; i++ {
		v.decided.put(i, log.at(i))
	}
	for _, e := range v.leaders {
		if e.term > s.term && e.log.at(s.commit) != log.at(s.commit) {
			v.fail(p, leaderCompleteness, "%s leads in term %d without entry %d of term %d, which is committed now",
				s.names[e.leader], e.term, s.commit, log.at(s.commit))
		}
	}
}

// applied is told that a server has carried out the next entry.
func (v *watch) applied(p *sim.Proc, s *server, c *parsed, r Response) {
	k := v.servers[s.id]
	if s.machine.index >= uint64(len(v.results)) && c.Session != 0 && r.Status == Done { // it is the first
		v.carried[ticket{c.Session, c.Seq}] = s.machine.index
	}
	if s.machine.index != k.applied+1 {
		v.fail(p, stateMachineSafety, "%s applied entry %d after entry %d", s.name, s.machine.index, k.applied)
	}
	k.applied = s.machine.index
	v.result(p, s)
}

// installed is told that a snapshot has become a server's state.
func (v *watch) installed(p *sim.Proc, s *server) {
	v.servers[s.id].applied = s.machine.index
	v.result(p, s)
}

// result compares a server's state with that of the others after the same entry.
func (v *watch) result(p *sim.Proc, s *server) {
	index, sum := s.machine.index, digest(s.machine.digest, s.members.digest())
	for uint64(len(v.results)) <= index {
		v.results = append(v.results, 0)
	}
	switch v.results[index] {
	case sum:
	case 0:
		v.results[index] = sum
	default:
		v.fail(p, stateMachineSafety, "the state of %s after entry %d is not that of another server", s.name, index)
	}
}

// answered is told that a client is told that something took effect.
func (v *watch) answered(c *Command, r Response) {
	if r.Status != Done || c.Verb == Open || c.Verb == Read {
		return
	}
	v.acks = append(v.acks, ticket{c.Session, c.Seq})
	if c.Verb == Add {
		v.added = append(v.added, element{c.Key, c.Value})
	}
}
