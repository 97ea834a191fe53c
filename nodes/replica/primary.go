package replica

import (
	"slices"
	"time"

	"github.com/orrery-sim/orrery/sim"
)

// lead is what a primary knows beside what every server does.
type lead struct {
	begin    uint64            // the last entry that it began with
	acked    map[string]uint64 // the last entry that each replica has on its disk
	lease    time.Duration     // until when it may serve, on its own clock
	degraded bool              // it has given up waiting for replicas
}

// beginEpoch begins with the entry that marks the epoch, unless the log has it from
// before a restart. All that the log has by then may have been committed, here or by an older
// primary, so nothing is answered before it is again.
func (s *server) beginEpoch(p *sim.Proc) {
	s.lead = lead{acked: map[string]uint64{}}
	if s.log.begin(s.epoch) == 0 {
		s.append(p, Entry{Epoch: s.epoch, Index: s.log.last() + 1, At: p.Now().UnixNano()})
	}
	s.lead.begin = s.log.last()
	if s.mistake == readsAfterRestart {
		s.lead.begin = s.log.begin(s.epoch)
	}
	s.touched()
}

// append puts an entry of the primary's own at the end of its log.
func (s *server) append(p *sim.Proc, e Entry) {
	s.watch.taken(p, s, e)
	s.log.add(e)
}

// leads says whether the server may answer as the primary: it is the one of the
// newest epoch that it knows and, with fencing, monitors give it their word that no
// other is made one.
func (s *server) leads(p *sim.Proc) bool {
	return s.primary == s.name && !s.down && (!s.fencing || p.Elapsed() < s.lead.lease || s.mistake == ignoresLease)
}

// write takes a write in, waits until as many replicas have it on disk as must, and
// answers.
func (s *server) write(p *sim.Proc, m Write) Answer {
	if !s.leads(p) {
		return s.elsewhere()
	}
	at := s.log.latest[m.Client]
	switch {
	case m.Seq < at.seq:
		return Answer{Status: Unsure} // the client has long asked for another
	case m.Seq > at.seq || s.mistake == writesRetries:
		e := Entry{s.epoch, s.log.last() + 1, p.Now().UnixNano(), m.Client, m.Seq, m.Key, m.Value}
		s.append(p, e)
		s.touched()
		at = ticket{m.Seq, Position{e.Epoch, e.Index}}
	}
	if !s.await(p, at.at.Index, m.Patience) || !s.leads(p) {
		return Answer{Status: Unsure, Epoch: s.epoch, Primary: s.primary}
	}
	s.watch.acknowledged(p, s, at.at)
	return Answer{Status: Done, At: at.at, Epoch: s.epoch, Primary: s.primary}
}

// await waits until an entry is committed.
func (s *server) await(p *sim.Proc, index uint64, patience time.Duration) bool {
	epoch, began := s.epoch, p.Elapsed()
	enough := func() bool {
		return s.committed >= index || s.mistake == acknowledgesEarly && s.disk.durable >= index
	}
	for !enough() {
		waited := p.Elapsed() - began
		if s.epoch != epoch || s.down || waited >= patience {
			return false
		}
		left := patience - waited
		if s.fallback > 0 && !s.lead.degraded {
			if waited >= s.fallback {
				s.milestone(p, "gives up waiting for replicas")
				s.lead.degraded = true
				s.advance(p)
				continue
			}
			left = min(left, s.fallback-waited)
		}
		s.changed.WaitTimeout(p, left)
	}
	return s.epoch == epoch && !s.down
}

// advance finds out how far the log is committed: on the disk of the primary and of
// as many replicas as must have it. Entries of older epochs are not counted by
// themselves, only with the first of this epoch (Raft, section 5.4.2, has the same
// rule for the same reason).
func (s *server) advance(p *sim.Proc) {
	if s.primary != s.name {
		return
	}
	n, replicated := s.disk.durable, s.replicated()
	if s.lead.degraded && replicated >= n {
		s.lead.degraded = false
		s.milestone(p, "replicas have caught up, and are waited for again")
	}
	if !s.lead.degraded {
		n = min(n, replicated)
	}
	if n >= s.lead.begin && n > s.committed {
		s.committed = n
		s.apply(p)
	}
}

// replicated is the last entry that as many replicas as must have on their disks.
func (s *server) replicated() uint64 {
	if s.need == 0 {
		return s.disk.durable
	}
	var list []uint64
	for _, name := range s.servers {
		if name != s.name {
			list = append(list, s.lead.acked[name])
		}
	}
	slices.Sort(list)
	return list[len(list)-s.need]
}

// fetch gives a replica what follows in the log, as soon as there is something, or
// nothing after a heartbeat. Only what is on the primary's own disk leaves it: after a
// crash it could not know what others have.
func (s *server) fetch(p *sim.Proc, f Fetch) (any, error) {
	s.learn(p, f.Epoch, "")
	if s.primary != s.name || f.Epoch != s.epoch {
		return Batch{Epoch: s.epoch, Primary: s.primary}, nil
	}
	reply := Batch{Epoch: s.epoch, Primary: s.name}
	if keep := s.log.common(f.Marks, f.Last); keep < f.Last && s.mistake != ignoresDivergence {
		reply.Cut, reply.Keep = true, keep
		return reply, nil
	}
	if f.Last > s.lead.acked[f.From] {
		s.lead.acked[f.From] = f.Last
		s.advance(p)
	}
	for s.shippable() <= f.Last && s.committed <= f.Commit && s.changed.WaitTimeout(p, heartbeat) {
		if s.primary != s.name || f.Epoch != s.epoch || s.down {
			return Batch{Epoch: s.epoch, Primary: s.primary}, nil
		}
	}
	if f.Last < s.log.base.index {
		reply.Copy = s.log.encode(s.mistake == copyForgetsClients)
	} else {
		const most = 100
		reply.Entries = s.log.after(f.Last, s.shippable(), most)
	}
	reply.Commit, reply.Last = s.committed, s.log.last()
	return reply, nil
}

// heartbeat is how long a primary lets a replica wait when there is nothing new.
const heartbeat = 100 * time.Millisecond

// shippable is the last entry that may leave the primary.
func (s *server) shippable() uint64 {
	if s.mistake == shipsBeforeSync {
		return s.log.last()
	}
	return s.disk.durable
}

// renew keeps a primary's lease, from a majority of the monitors. It runs from when it
// was asked for, and a tenth shorter than they count: clocks may drift so much.
func (s *server) renew(p *sim.Proc) {
	for {
		if s.primary == s.name {
			epoch, asked := s.epoch, p.Elapsed()
			g := sim.NewGroup[bool](p)
			for _, m := range s.monitors {
				g.Go("renew "+m, func(p *sim.Proc) (bool, error) { return sim.Call[bool](p, m, Renew{epoch}, s.lease/2) })
			}
			if _, err := g.First(len(s.monitors)/2 + 1); err == nil && s.epoch == epoch && s.primary == s.name {
				s.lead.lease = asked + s.lease*9/10
			}
		}
		s.changed.WaitTimeout(p, s.lease/4)
		p.Sleep(s.lease / 8)
	}
}
