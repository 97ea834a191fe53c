package raft

import (
	"strconv"
	"time"

	etcd "go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"

	"github.com/orrery-sim/orrery/sim"
)

// electionClock says when a server stands for election, and when a leader sends its
// heartbeats.
//
// The library counts ticks, and draws its election timeout from crypto/rand. Here only
// a leader ticks, once per heartbeat. Of the others the time is taken here, to the
// nanosecond: the count restarts whenever the library's own does, the timeout is drawn
// from the seed whenever the library draws its own, and when it is over the server is
// told to campaign. The library's count matters in one more place: a server that has
// heard of a leader within the least timeout refuses its vote (CheckQuorum). So before
// it sees a request for votes it is told whether that time is over.
type electionClock struct {
	rand    *sim.Rand
	since   time.Duration // when the library's count was last 0, on the node's clock
	timeout time.Duration
	told    bool // the library knows that the least timeout is over
	booted  time.Duration

	alarm sim.Timer
	due   time.Duration // when the alarm goes off; it may have to be set again then
	ring  func(p *sim.Proc)
}

// electionTicks is the least election timeout in heartbeats: so often a leader looks
// whether a majority still answers it.
func (c *settings) electionTicks() int {
	return max(2, int((c.electionMin+c.heartbeat-1)/c.heartbeat))
}

// startClock begins a server's time. Each start has randomness of its own: a server
// that draws after a restart what it drew before would be no match for chance.
func (s *server) startClock(p *sim.Proc) {
	k := &s.clock
	k.rand = p.Rand("election " + strconv.Itoa(p.Node().Incarnation()) + " " + p.Elapsed().String())
	k.booted = p.Elapsed()
	k.ring = func(p *sim.Proc) {
		if !s.down {
			s.ring(p)
		}
	}
	s.redrawClock(p)
}

// restartClock is called when the library's count is 0 again: the leader was heard
// of, or a vote was given.
func (s *server) restartClock(p *sim.Proc) {
	s.clock.since, s.clock.told = p.Elapsed(), false
}

// redrawClock begins a new timeout: with every role and term, and with every
// campaign.
func (s *server) redrawClock(p *sim.Proc) {
	s.restartClock(p)
	k := &s.clock
	k.timeout = k.rand.Duration(s.electionMin, s.electionMax)
	k.alarm.Stop()
	if s.role == etcd.StateLeader {
		s.setAlarm(p, s.heartbeat)
	} else {
		s.setAlarm(p, k.timeout)
	}
}

func (s *server) setAlarm(p *sim.Proc, d time.Duration) {
	s.clock.due = p.Elapsed() + d
	s.clock.alarm = p.After(d, s.clock.ring)
}

// ring is the alarm. That of a follower is not moved whenever it hears of the leader,
// but looks, when it goes off, whether the timeout is really over.
func (s *server) ring(p *sim.Proc) {
	k := &s.clock
	if s.role == etcd.StateLeader {
		s.setAlarm(p, s.heartbeat)
		s.raft.Tick()
		s.flush(p)
		return
	}
	if left := k.since + k.timeout - p.Elapsed(); left > 0 {
		s.setAlarm(p, left)
		return
	}
	s.redrawClock(p)
	_ = s.raft.Campaign() // it refuses if the server is no member, as far as it knows
	s.flush(p)
}

// tellLease tells the library that the least timeout is over, if it has to know.
// Ticks that campaign would not do: the timeout it has drawn itself may be the least.
func (s *server) tellLease(p *sim.Proc, m *Message) {
	k := &s.clock
	if k.told || m.Type != pb.MsgVote && m.Type != pb.MsgPreVote || s.role == etcd.StateLeader ||
		p.Elapsed()-k.since < s.electionMin {
		return
	}
	for range s.electionTicks() {
		s.raft.TickQuiesced()
	}
	k.told = true
}

// abstains says whether the server must not hear of an election, because it may have
// been in a leader's lease when it crashed, and has forgotten.
func (s *server) abstains(p *sim.Proc, m *Message) bool {
	return s.reads == readLease && (m.Type == pb.MsgVote || m.Type == pb.MsgPreVote) &&
		p.Elapsed()-s.clock.booted < s.electionMin && s.mistake != restartForgetsLease
}

// isFromLeader says whether a message is one that only a leader sends.
func isFromLeader(t pb.MessageType) bool {
	return t == pb.MsgHeartbeat || t == pb.MsgApp || t == pb.MsgSnap
}
