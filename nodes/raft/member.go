package raft

import (
	"fmt"
	"slices"
	"strings"

	etcd "go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	"github.com/orrery-sim/orrery/sim"
)

// Change asks the leader to put one server in the place of another. Without either it
// asks only who the members are.
type Change struct{ Add, Remove uint64 }

// Roster answers a Change.
type Roster struct {
	Leader   string // who leads, if it was not the leader that was asked
	Members  []uint64
	Changing bool // another change is not over yet
}

// change takes in a request of the administrator. The two steps of joint consensus are
// the library's, which takes the second by itself.
func (s *server) change(p *sim.Proc, m sim.Message, c *Change) {
	r := Roster{Leader: s.names[s.lead], Members: s.members.Voters, Changing: len(s.members.Outgoing) > 0}
	if s.role != etcd.StateLeader || c.Add == 0 || r.Changing {
		p.Reply(m, r, nil)
		return
	}
	one := func(t pb.ConfChangeType, id uint64) *pb.ConfChangeSingle {
		return &pb.ConfChangeSingle{Type: &t, NodeId: &id}
	}
	_ = s.raft.ProposeConfChange(&pb.ConfChangeV2{Changes: []*pb.ConfChangeSingle{
		one(pb.ConfChangeAddNode, c.Add), one(pb.ConfChangeRemoveNode, c.Remove),
	}}) // what is refused is asked for again
	r.Changing = true
	p.Reply(m, r, nil)
	s.flush(p)
}

// changeMembers carries out a change of members that is committed.
func (s *server) changeMembers(p *sim.Proc, e *pb.Entry) {
	var cc pb.ConfChangeV2
	if err := proto.Unmarshal(e.GetData(), &cc); err != nil {
		panic(fmt.Sprintf("raft: entry %d: %v", e.GetIndex(), err)) // the library wrote it
	}
	s.members = membersOf(s.raft.ApplyConfChange(&cc))
	s.based, s.log.demand = e.GetIndex(), e.GetIndex()
	if s.role == etcd.StateLeader && len(s.members.Outgoing) == 0 {
		s.milestone(p, "members are "+s.roll(s.members.Voters))
	}
}

// roll is the names of servers in a line.
func (c *cluster) roll(ids []uint64) string {
	var names []string
	for _, id := range ids {
		names = append(names, c.names[id])
	}
	return strings.Join(names, " ")
}

// administer is what the administrator does: again and again it puts a server that is
// no member in the place of one that is, the leader too.
func (c *cluster) administer(p *sim.Proc) {
	r := p.Rand("administrator")
	target := uint64(1)
	for {
		p.Sleep(c.reconfigure)
		roster, err := sim.Call[Roster](p, c.names[target], &Change{}, c.retry)
		for id, name := range c.names {
			if err == nil && name == roster.Leader && name != "" {
				target = uint64(id)
			}
		}
		if err != nil || roster.Leader == "" {
			target = uint64(1 + r.IntN(len(c.names)-1))
			continue
		}
		if roster.Changing {
			continue
		}
		c.replaceOne(p, r, target, roster.Members)
	}
}

func (c *cluster) replaceOne(p *sim.Proc, r *sim.Rand, leader uint64, members []uint64) {
	var spare []uint64
	for id := uint64(1); id < uint64(len(c.names)); id++ {
		if !slices.Contains(members, id) {
			spare = append(spare, id)
		}
	}
	if len(spare) == 0 || len(members) == 0 {
		return
	}
	change := &Change{Add: sim.Pick(r, spare), Remove: sim.Pick(r, members)}
	if _, err := sim.Call[Roster](p, c.names[leader], change, c.retry); err != nil {
		p.Log("no answer to the change of members: %v", err)
	}
}
