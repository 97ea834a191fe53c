package raft

import (
	"fmt"

	pb "go.etcd.io/raft/v3/raftpb"

	"github.com/orrery-sim/orrery/sim"
)

// The files of a server. Those that end in .new are being written, and nothing yet.
const (
	logFile      = "wal"
	snapshotFile = "snapshot"
	unfinished   = ".new"
)

// disk is the work that waits for the disk. One process does it, in order: only so
// does what is told to others rest on what was written before.
type disk struct {
	work    sim.Cond
	queue   []*pb.Message // MsgStorageAppend, in order
	busy    bool          // it works on what was in the queue
	file    *sim.File     // the write-ahead log
	synced  uint64        // bytes of it that are known to be durable
	buffer  []byte        // in which what is appended is put together
	written hardState
}

// enqueue takes in what the library wants written, and whom it wants told then. What
// nobody waits for can wait for what somebody waits for; and if there is nothing to
// write, now or before, they can be told at once. It says whether the library was.
func (s *server) enqueue(p *sim.Proc, m *pb.Message) (toldLibrary bool) {
	for _, r := range m.GetResponses() {
		if r.GetType() == pb.MsgVoteResp && !r.GetReject() && r.GetTo() != s.id {
			s.restartClock(p) // as the library has
		}
	}
	s.tell(p, s.early(m))
	d := &s.disk
	if !d.busy && len(d.queue) == 0 && !s.unwritten(m) {
		return s.tell(p, m.GetResponses())
	}
	d.queue = append(d.queue, m)
	d.work.Signal()
	return false
}

// unwritten says whether a message, or the hard state, has to be made durable. That
// the commit index has risen is no promise to anybody.
func (s *server) unwritten(m *pb.Message) bool {
	d := &s.disk
	return len(m.GetEntries()) > 0 || m.GetSnapshot() != nil || d.written.term != s.term || d.written.vote != s.vote
}

// early takes out of a message the answers that a mistaken server gives before
// anything is written.
func (s *server) early(m *pb.Message) []*pb.Message {
	var early, rest []*pb.Message
	for _, r := range m.GetResponses() {
		isEarly := s.mistake == votesBeforeSync && r.GetType() == pb.MsgVoteResp ||
			s.mistake == acknowledgesBeforeSync && r.GetType() == pb.MsgAppResp
		if isEarly && r.GetTo() != s.id {
			early = append(early, r)
		} else {
			rest = append(rest, r)
		}
	}
	if len(early) > 0 {
		m.Responses = rest
	}
	return early
}

// snapshotDue says whether the log should be compacted: it is long, or a snapshot of
// an older configuration would not do for the members that are new.
func (s *server) snapshotDue() bool {
	last := s.log.snapshot.Index
	return s.machine.index >= last+s.snapshotEvery || s.based > last
}

// serveDisk does the work until the disk fails.
func (s *server) serveDisk(p *sim.Proc) error {
	d := &s.disk
	for {
		for len(d.queue) == 0 && !s.snapshotDue() {
			d.work.Wait(p)
		}
		for d.busy = true; len(d.queue) > 0; {
			batch := d.queue
			d.queue = nil
			if err := s.write(p, batch); err != nil {
				return err
			}
			for _, m := range batch {
				s.tell(p, m.GetResponses())
			}
			s.flush(p)
		}
		d.busy = false
		if s.snapshotDue() {
			if err := s.takeSnapshot(p); err != nil {
				return err
			}
		}
	}
}

// tell gives answers to those whom the library wants told: other servers, or itself.
func (s *server) tell(p *sim.Proc, answers []*pb.Message) (library bool) {
	for _, r := range answers {
		s.watch.promised(s.id, r)
		if r.GetTo() == s.id {
			_ = s.raft.Step(r)
			library = true
		} else {
			s.send(p, r)
		}
	}
	return library
}

// write makes a batch durable.
func (s *server) write(p *sim.Proc, batch []*pb.Message) error {
	d := &s.disk
	b := d.mark(d.buffer[:0])
	mark := len(b)
	for _, m := range batch {
		if snap := m.GetSnapshot(); snap != nil {
			if err := s.install(p, encodeSnapshot(snap)); err != nil {
				return err
			}
			b = d.mark(b[:0]) // the log begins behind the snapshot
			mark = len(b)
		}
		for _, e := range m.GetEntries() {
			b = appendEntry(b, e)
		}
		s.log.append(m.GetEntries())
	}
	hard := s.hard()
	if len(b) > mark || hard.term != d.written.term || hard.vote != d.written.vote {
		b = appendHard(b, hard)
	}
	if d.buffer = b; len(b) == mark {
		return nil
	}
	if err := d.file.Append(p, b); err != nil {
		return err
	}
	size := uint64(d.file.Size())
	err := d.file.Sync(p)
	if err != nil && s.mistake == syncsAgain {
		err = d.file.Sync(p)
	}
	if err == nil {
		d.synced, d.written = size, hard
	}
	return err
}

// mark says in the log what of it is durable.
func (d *disk) mark(b []byte) []byte { return appendRecord(b, recordMark, d.synced) }

// hard is the state that must outlast a crash. It may be newer than what is written
// with it. The commit index is no promise to anybody, but must not be beyond the log.
func (s *server) hard() hardState {
	return hardState{s.term, s.vote, min(s.commit, s.log.last())}
}

// install makes a snapshot that another server has sent the state of this one.
func (s *server) install(p *sim.Proc, snap *Snapshot) error {
	if err := s.writeSnapshot(p, snap); err != nil {
		return err
	}
	*s.log = *newLog(snap) // the library holds the pointer
	if err := s.machine.restore(snap.Index, snap.Data); err != nil {
		return fmt.Errorf("snapshot %d: %w", snap.Index, errDamaged)
	}
	s.members, s.based = snap.Members, 0
	p.Log("takes over the snapshot at entry %d", snap.Index)
	s.watch.installed(p, s)
	return s.rewriteLog(p)
}

// takeSnapshot writes what the state machine has come to, and drops the entries that
// it stands for.
func (s *server) takeSnapshot(p *sim.Proc) error {
	index := s.machine.index
	term, err := s.log.Term(index)
	if err != nil {
		panic(fmt.Sprintf("raft: no term of entry %d, which was applied: %v", index, err))
	}
	snap := &Snapshot{Index: index, Term: term, Members: s.members, Data: s.machine.encode()}
	if s.mistake == snapshotForgetsMembers {
		snap.Members = s.log.snapshot.Members
	}
	if err := s.writeSnapshot(p, snap); err != nil {
		return err
	}
	s.log.compact(snap, s.snapshotKeep)
	return s.rewriteLog(p)
}

// writeSnapshot puts a snapshot in the place of the one before. Whenever the power
// fails, one of them is whole.
func (s *server) writeSnapshot(p *sim.Proc, snap *Snapshot) error {
	return replace(p, snapshotFile, sealSnapshot(snap), s.mistake != renamesBeforeSync)
}

// rewriteLog writes the log anew, without what it need not hold any more.
func (s *server) rewriteLog(p *sim.Proc) error {
	d := &s.disk
	b := appendRecord(nil, recordBegin, s.log.first-1, s.log.before)
	for _, e := range s.log.entries {
		b = appendEntry(b, e)
	}
	hard := s.hard()
	b = appendHard(b, hard)
	if err := replace(p, logFile, b, true); err != nil {
		return err
	}
	if err := p.SyncDir(); err != nil {
		return err
	}
	f, err := p.Open(logFile)
	d.file, d.synced, d.written = f, uint64(len(b)), hard
	return err
}

// replace gives a file another content, all of it or nothing, whenever the power
// fails: it is written under another name, synced, and renamed, which is durable with
// the next sync of any file.
func replace(p *sim.Proc, name string, b []byte, sync bool) error {
	if p.Exists(name + unfinished) {
		if err := p.Remove(name + unfinished); err != nil {
			return err
		}
	}
	f, err := p.Open(name + unfinished)
	if err != nil {
		return err
	}
	if err := f.Append(p, b); err != nil {
		return err
	}
	if sync {
		if err := f.Sync(p); err != nil {
			return err
		}
	}
	return p.Rename(name+unfinished, name)
}

// recover reads what the disk has kept. The log is then written anew: what a sync that
// failed has left in the cache would pass for durable (Rebello et al., "Can Applications
// Recover from fsync Failures?", ATC 2020).
func (s *server) recover(p *sim.Proc) error {
	snap, err := s.readSnapshot(p)
	if err != nil {
		return err
	}
	s.log = newLog(snap)
	s.machine, s.members = newMachine(s.sessions, s.mistake), snap.Members
	if err := s.machine.restore(snap.Index, snap.Data); err != nil {
		return fmt.Errorf("%s: %w", snapshotFile, errDamaged)
	}
	if err := s.readLog(p); err != nil {
		return err
	}
	s.term, s.vote, s.commit = s.log.hard.term, s.log.hard.vote, s.log.hard.commit
	return s.rewriteLog(p)
}

// readSnapshot returns the snapshot on the disk, or that with which a cluster begins.
func (s *server) readSnapshot(p *sim.Proc) (*Snapshot, error) {
	if !p.Exists(snapshotFile) {
		return s.first(), nil
	}
	b, err := readFile(p, snapshotFile)
	if err != nil {
		return nil, err
	}
	snap, err := openSnapshot(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", snapshotFile, err)
	}
	return snap, nil
}

// readLog puts the entries on the disk behind the snapshot.
func (s *server) readLog(p *sim.Proc) error {
	if !p.Exists(logFile) {
		return nil
	}
	b, err := readFile(p, logFile)
	if err != nil {
		return err
	}
	r, err := recoverLog(b, s.mistake == keepsConflicts)
	if err != nil {
		return fmt.Errorf("%s: %w", logFile, err)
	}
	if err := s.log.fill(r); err != nil {
		return fmt.Errorf("%s: %w", logFile, err)
	}
	return nil
}

func readFile(p *sim.Proc, name string) ([]byte, error) {
	f, err := p.Open(name)
	if err != nil {
		return nil, err
	}
	return f.ReadAll(p)
}
