package raft

import (
	"cmp"
	"encoding/binary"
	"maps"
	"slices"
	"time"

	etcd "go.etcd.io/raft/v3"

	"github.com/orrery-sim/orrery/sim"
)

// desk is where a server keeps the requests that it has not answered yet.
type desk struct {
	waiting map[ticket]ask  // for their entry to be applied
	reads   map[uint64]read // for a majority to confirm the leader, by the number they go by
	ripe    []read          // for entries up to an index to be applied
	number  uint64          // of the last read
	lease   time.Duration   // until then, on the node's clock, nobody else can be elected
	renews  bool            // a confirmation is under way that nobody waits for
}

// ticket names a request: a session and its count, or no session and a number that
// nobody else has.
type ticket struct{ session, seq uint64 }

type ask struct {
	request sim.Message
	command *Command
}

// read is a read that does not go through the log (Ongaro, section 6.4): once it is
// sure that the server was leader after it had come in, it may be answered by a state
// that has everything up to what was committed then.
type read struct {
	ask
	index uint64
	asked time.Duration // when it came in, on the node's clock
}

// startDesk begins the numbers of reads at the time, so that no answer to one from
// before a crash is taken for that to another.
func (s *server) startDesk(p *sim.Proc) {
	s.desk = desk{waiting: map[ticket]ask{}, reads: map[uint64]read{}, number: uint64(p.Elapsed())}
}

// ask takes in a request.
func (s *server) ask(p *sim.Proc, m sim.Message, c *Command) {
	a := ask{m, c}
	leads := s.role == etcd.StateLeader
	switch {
	case c.Verb == Read && (s.reads == readLocal || leads && s.mistake == readsWithoutQuorum):
		s.answerRead(p, a)
	case !leads && (!s.forward || s.lead == etcd.None):
		s.refuse(p, a)
	case c.Verb == Read && s.reads != readLog:
		s.confirm(p, a)
	default:
		s.propose(p, a)
	}
}

// propose puts a command into the log: the leader's own, or by way of the library the
// leader's.
func (s *server) propose(p *sim.Proc, a ask) {
	if err := s.raft.Propose(a.command.encode()); err != nil {
		s.refuse(p, a)
		return
	}
	if s.mistake == answersBeforeCommit && a.command.Verb != Open && a.command.Verb != Read {
		p.Reply(a.request, Response{}, nil)
		s.watch.answered(a.command, Response{})
	} else {
		s.desk.waiting[ticket{a.command.Session, a.command.Seq}] = a
	}
	s.flush(p)
}

// answer answers the request that an entry has carried out, if it waits here.
func (s *server) answer(p *sim.Proc, c *parsed, r Response) {
	t := ticket{c.Session, c.Seq}
	a, ok := s.desk.waiting[t]
	if !ok {
		return
	}
	delete(s.desk.waiting, t)
	s.watch.answered(a.command, r)
	p.Reply(a.request, r, nil)
}

// refuse says that nothing was done, and who may know better.
func (s *server) refuse(p *sim.Proc, a ask) {
	r := Response{Status: NotHere}
	if s.lead != s.id {
		r.Leader = s.names[s.lead]
	}
	p.Reply(a.request, r, nil)
}

// dismiss answers all that waits when the leader has changed. What was to be written
// may be in the log of a server that leads next.
func (s *server) dismiss(p *sim.Proc) {
	d := &s.desk
	r := Response{Status: Lost}
	if s.lead != s.id {
		r.Leader = s.names[s.lead]
	}
	tickets := slices.SortedFunc(maps.Keys(d.waiting), func(a, b ticket) int {
		return cmp.Or(cmp.Compare(a.session, b.session), cmp.Compare(a.seq, b.seq))
	})
	for _, t := range tickets {
		p.Reply(d.waiting[t].request, r, nil)
	}
	clear(d.waiting)
	for _, id := range slices.Sorted(maps.Keys(d.reads)) {
		s.refuse(p, d.reads[id].ask)
	}
	clear(d.reads)
	d.renews = false
}

// confirm makes sure that the server leads, or asks the leader whether it does. Within
// a lease the leader is sure: a majority has heard of it less than the least election
// timeout ago, and gives nobody else a vote before that is over. A lease that is half
// over is renewed, so that no read waits for it.
func (s *server) confirm(p *sim.Proc, a ask) {
	d, now := &s.desk, p.Elapsed()
	if s.role != etcd.StateLeader || now >= d.lease {
		s.askMajority(p, read{ask: a, asked: now})
		return
	}
	s.ripen(p, read{ask: a, index: s.commit})
	if d.lease-now < s.lease/2 && !d.renews {
		d.renews = true
		s.askMajority(p, read{asked: now})
	}
}

func (s *server) askMajority(p *sim.Proc, r read) {
	d := &s.desk
	d.number++
	d.reads[d.number] = r
	s.raft.ReadIndex(binary.LittleEndian.AppendUint64(nil, d.number))
	s.flush(p)
}

// confirmed is told by the library that a read may be answered, once the state has all
// entries up to an index. That a majority has heard of the leader since the read came
// in begins a lease at the time at which it came in.
func (s *server) confirmed(p *sim.Proc, state *etcd.ReadState) {
	d := &s.desk
	number := binary.LittleEndian.Uint64(state.RequestCtx)
	r, ok := d.reads[number]
	if !ok {
		return
	}
	delete(d.reads, number)
	if s.reads == readLease && s.role == etcd.StateLeader {
		d.lease = max(d.lease, r.asked+s.lease)
	}
	if r.command == nil {
		d.renews = false
		return
	}
	r.index = state.Index
	s.ripen(p, r)
}

// ripen answers a read, now or when the state is as far as it must be.
func (s *server) ripen(p *sim.Proc, r read) {
	if r.index > s.machine.index && s.mistake != readsBeforeApplied {
		s.desk.ripe = append(s.desk.ripe, r)
		return
	}
	s.answerRead(p, r.ask)
}

func (s *server) serveRipe(p *sim.Proc) {
	if len(s.desk.ripe) == 0 {
		return
	}
	s.desk.ripe = slices.DeleteFunc(s.desk.ripe, func(r read) bool {
		if r.index > s.machine.index {
			return false
		}
		s.answerRead(p, r.ask)
		return true
	})
}

func (s *server) answerRead(p *sim.Proc, a ask) {
	p.Reply(a.request, Response{Output: s.machine.read([]byte(a.command.Key))}, nil)
}
