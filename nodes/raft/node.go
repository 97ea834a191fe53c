package raft

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	etcd "go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"

	"github.com/orrery-sim/orrery/sim"
)

// server is the memory of one server: all of it is lost in a crash. The library keeps
// the protocol; what it leaves to its user is here. Everything happens on handlers,
// inline, but for what waits for the disk.
type server struct {
	*cluster
	id   uint64
	name string
	down bool // the disk has failed: what timers are left do nothing

	raft    *etcd.RawNode
	in      pb.Message // what the library takes in: one for nearly all, since there are so many
	log     *log
	machine *machine
	members Members
	based   uint64 // index of the entry that made them members

	// What the library last said of itself.
	role   etcd.StateType
	lead   uint64
	term   uint64
	vote   uint64
	commit uint64

	clock electionClock
	desk  desk
	disk  disk
}

// boot returns what a server runs when its machine starts. If its disk fails, the
// server stops, and whoever supervises it starts it again after a while.
func (c *cluster) boot(id uint64) func(p *sim.Proc) {
	return func(p *sim.Proc) {
		for {
			s := &server{cluster: c, id: id, name: p.Node().Name()}
			err := s.run(p)
			s.stop(p)
			c.milestone(p, "stops: "+err.Error())
			if errors.Is(err, errDamaged) {
				c.watch.forgot(p, s, err)
				return
			}
			p.Sleep(c.supervise)
		}
	}
}

// run serves until the disk fails.
func (s *server) run(p *sim.Proc) error {
	if err := s.recover(p); err != nil {
		return err
	}
	s.start(p)
	return s.serveDisk(p)
}

// start makes the library's node out of what was on disk, and listens.
func (s *server) start(p *sim.Proc) {
	applied := s.machine.index
	if s.mistake == restartForgetsApplied {
		applied = 0
	}
	s.watch.booted(p, s)
	node, err := etcd.NewRawNode(&etcd.Config{
		ID: s.id, ElectionTick: s.electionTicks(), HeartbeatTick: 1, Storage: s.log, Applied: applied,
		AsyncStorageWrites: true, MaxSizePerMsg: 64 << 10, MaxCommittedSizePerReady: math.MaxInt64,
		MaxInflightMsgs: 256, CheckQuorum: s.checkQuorum, PreVote: s.preVote, Logger: quiet{},
		DisableProposalForwarding: !s.forward, StepDownOnRemoval: true,
	})
	if err != nil {
		panic(fmt.Sprintf("raft: %v", err)) // the configuration is ours
	}
	s.raft = node
	s.startClock(p)
	s.startDesk(p)
	p.Show(s.fields)
	p.Handle(s.receive)
	s.flush(p)
}

// stop leaves the machine to the next server on it.
func (s *server) stop(p *sim.Proc) {
	s.down = true
	s.clock.alarm.Stop()
	p.Show(func() []sim.Field { return []sim.Field{{Name: "role", Value: "stopped"}} })
	p.Handle(func(p *sim.Proc, m sim.Message) { p.Reply(m, nil, sim.ErrRefused) })
}

// receive is the handler of everything that arrives.
func (s *server) receive(p *sim.Proc, m sim.Message) {
	switch body := m.Body.(type) {
	case *Message:
		s.step(p, body)
		p.Reply(m, nil, nil) // a snapshot comes as a call, so that its sender knows how it went
	case *Command:
		s.ask(p, m, body)
	case *Change:
		s.change(p, m, body)
	default:
		p.Reply(m, nil, sim.ErrRefused)
	}
}

// step lets the library take in a message of another server.
func (s *server) step(p *sim.Proc, m *Message) {
	if m.To != s.id || s.abstains(p, m) {
		return
	}
	s.tellLease(p, m)
	in := &s.in
	if isKept(m.Type) {
		in = new(pb.Message)
	}
	m.decode(in)
	_ = s.raft.Step(in) // what it refuses is out of date, and as good as lost
	if m.Type == pb.MsgHeartbeatResp && !s.raft.HasReady() {
		return // which is cheaper to ask, and nearly always so
	}
	s.flush(p)
	if s.role == etcd.StateFollower && m.Term == s.term && isFromLeader(m.Type) {
		s.restartClock(p)
	}
}

// flush does what the library has to have done, until there is nothing more. It must
// be called after everything that may change the library's state.
func (s *server) flush(p *sim.Proc) {
	for more := true; more; {
		rd := s.raft.Ready()
		more = s.handle(p, &rd) && s.raft.HasReady()
	}
}

// handle does what one Ready asks for, and says whether there may be another.
func (s *server) handle(p *sim.Proc, rd *etcd.Ready) (more bool) {
	if !etcd.IsEmptySnap(rd.Snapshot) {
		s.watch.restored(s.id, rd.Snapshot.GetMetadata().GetIndex())
	}
	s.watch.appended(p, s.id, rd.Entries)
	s.note(p, rd)
	for _, m := range rd.Messages {
		switch m.GetTo() {
		case etcd.LocalAppendThread:
			more = s.enqueue(p, m) || more
		case etcd.LocalApplyThread:
			s.apply(p, m.GetEntries())
			s.stepAll(m.GetResponses())
			more = true
		default:
			s.send(p, m)
		}
	}
	for i := range rd.ReadStates {
		s.confirmed(p, &rd.ReadStates[i])
	}
	return more
}

// note takes down what the library has become.
func (s *server) note(p *sim.Proc, rd *etcd.Ready) {
	turned, lead := false, s.lead
	if h := rd.HardState; !etcd.IsEmptyHardState(h) {
		turned = h.GetTerm() != s.term
		s.term, s.vote, s.commit = h.GetTerm(), h.GetVote(), h.GetCommit()
		s.watch.committed(p, s)
	}
	if soft := rd.SoftState; soft != nil {
		turned = turned || soft.RaftState != s.role
		s.role, s.lead = soft.RaftState, soft.Lead
	}
	if turned || s.lead != lead {
		s.dismiss(p)
	}
	if turned {
		s.turn(p)
	}
}

// turn is the beginning of a new role or term.
func (s *server) turn(p *sim.Proc) {
	s.desk.lease = 0
	s.redrawClock(p)
	if s.role == etcd.StateLeader {
		s.milestone(p, "leader of term "+strconv.FormatUint(s.term, 10))
		s.watch.elected(p, s)
	}
}

// stepAll gives the library its own answers back.
func (s *server) stepAll(list []*pb.Message) {
	for _, m := range list {
		_ = s.raft.Step(m)
	}
}

// send gives a message to the network, which may lose it. A snapshot goes by itself:
// the library has to be told how that went, since until then it sends nothing else.
func (s *server) send(p *sim.Proc, m *pb.Message) {
	to := s.names[m.GetTo()]
	w := encode(m)
	if w.Type != pb.MsgSnap {
		p.Send(to, w)
		return
	}
	p.Go("snapshot", func(p *sim.Proc) {
		_, err := sim.Call[any](p, to, w, s.electionMax)
		if s.down || s.mistake == snapshotLossUnreported {
			return
		}
		status := etcd.SnapshotFinish
		if err != nil {
			status = etcd.SnapshotFailure
		}
		s.raft.ReportSnapshot(w.To, status)
		s.flush(p)
	})
}

// apply carries out entries that are committed, and answers those who wait for them.
func (s *server) apply(p *sim.Proc, entries []*pb.Entry) {
	for _, e := range entries {
		if e.GetType() != pb.EntryNormal {
			s.changeMembers(p, e)
		}
		c, r := s.machine.apply(e)
		s.watch.applied(p, s, &c, r)
		s.answer(p, &c, r)
	}
	s.serveRipe(p)
	if s.snapshotDue() {
		s.disk.work.Signal()
	}
}

// fields are what the server shows of itself.
func (s *server) fields() []sim.Field {
	number := func(n uint64) string { return strconv.FormatUint(n, 10) }
	return []sim.Field{
		{Name: "role", Value: roleNames[s.role]},
		{Name: "term", Value: number(s.term)},
		{Name: "leader", Value: s.names[s.lead]},
		{Name: "commit", Value: number(s.commit)},
		{Name: "applied", Value: number(s.machine.index)},
		{Name: "log", Value: number(s.log.first) + "-" + number(s.log.last())},
		{Name: "snapshot", Value: number(s.log.snapshot.Index)},
	}
}

var roleNames = [...]string{
	etcd.StateFollower: "follower", etcd.StateCandidate: "candidate", etcd.StateLeader: "leader",
	etcd.StatePreCandidate: "pre-candidate",
}

// quiet is the library's log: it says nothing, and what it takes for impossible ends
// the run.
type quiet struct{}

func (quiet) Debug(...any)            {}
func (quiet) Debugf(string, ...any)   {}
func (quiet) Info(...any)             {}
func (quiet) Infof(string, ...any)    {}
func (quiet) Warning(...any)          {}
func (quiet) Warningf(string, ...any) {}
func (quiet) Error(...any)            {}
func (quiet) Errorf(string, ...any)   {}
func (quiet) Fatal(v ...any)          { panic("raft: " + fmt.Sprint(v...)) }
func (quiet) Fatalf(f string, v ...any) {
	panic("raft: " + fmt.Sprintf(f, v...))
}
func (quiet) Panic(v ...any)            { panic("raft: " + fmt.Sprint(v...)) }
func (quiet) Panicf(f string, v ...any) { panic("raft: " + fmt.Sprintf(f, v...)) }
