package raft

import (
	"fmt"

	etcd "go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"
)

// log is what the server has written to its disk, as the library reads it: the snapshot
// and the entries after it, with some before it for followers that lag. It implements
// the library's Storage. What is not yet written, the library keeps itself.
type log struct {
	snapshot *Snapshot
	first    uint64 // index of entries[0], or of the next entry if there are none
	before   uint64 // term of the entry before that
	entries  []*pb.Entry
	hard     hardState
	demand   uint64 // a snapshot that is sent must reach this index
}

var _ etcd.Storage = (*log)(nil)

// hardState is what a server must know again after a crash, besides its log.
type hardState struct{ term, vote, commit uint64 }

// newLog is the log of a server whose disk holds no more than a snapshot.
func newLog(s *Snapshot) *log {
	return &log{
		snapshot: s, first: s.Index + 1, before: s.Term, hard: hardState{term: s.Term, commit: s.Index},
	}
}

func (l *log) last() uint64 { return l.first + uint64(len(l.entries)) - 1 }

// append puts entries in the place of all from the first of them on.
func (l *log) append(list []*pb.Entry) {
	if len(list) == 0 {
		return
	}
	at := list[0].GetIndex()
	if at < l.first || at > l.last()+1 {
		panic(fmt.Sprintf("raft: entries from %d to a log of %d to %d", at, l.first, l.last()))
	}
	if keep := at - l.first; keep < uint64(len(l.entries)) {
		l.entries = l.entries[:keep:keep] // the library may still hold what is cut off
	}
	l.entries = append(l.entries, list...)
}

// compact takes a snapshot in, and drops the entries that it stands for but the last
// keep of them.
func (l *log) compact(s *Snapshot, keep uint64) {
	l.snapshot = s
	if s.Index < l.first+keep {
		return
	}
	first := s.Index + 1 - keep
	l.before, _ = l.Term(first - 1)
	l.entries = append([]*pb.Entry(nil), l.entries[first-l.first:]...)
	l.first = first
}

// fill puts what a write-ahead log holds behind the snapshot, as far as it fits. The
// error is errDamaged, wrapped.
func (l *log) fill(r recovered) error {
	at := l.snapshot.Index
	last := r.index + uint64(len(r.entries))
	if r.index > at {
		return fmt.Errorf("it begins behind entry %d, and the snapshot ends with %d: %w", r.index, at, errDamaged)
	}
	if term := r.term; at <= last {
		if at > r.index {
			term = r.entries[at-r.index-1].GetTerm()
		}
		if term == l.snapshot.Term { // else they are of a leader that has lost against that of the snapshot
			l.first, l.before, l.entries = r.index+1, r.term, r.entries
		}
	}
	l.hard = r.hard
	l.hard.commit = min(max(r.hard.commit, at), l.last())
	return nil
}

// InitialState implements the library's Storage.
func (l *log) InitialState() (*pb.HardState, *pb.ConfState, error) {
	h := l.hard
	return &pb.HardState{Term: &h.term, Vote: &h.vote, Commit: &h.commit}, l.snapshot.Members.confState(), nil
}

// Entries implements the library's Storage.
func (l *log) Entries(lo, hi, maxSize uint64) ([]*pb.Entry, error) {
	switch {
	case lo < l.first:
		return nil, etcd.ErrCompacted
	case hi > l.last()+1:
		return nil, etcd.ErrUnavailable
	}
	list := l.entries[lo-l.first : hi-l.first]
	size := uint64(0)
	for i, e := range list {
		const overhead = 16 // at most, of type, term and index
		if size += overhead + uint64(len(e.GetData())); size > maxSize && i > 0 {
			list = list[:i]
			break
		}
	}
	return list[:len(list):len(list)], nil
}

// Term implements the library's Storage.
func (l *log) Term(i uint64) (uint64, error) {
	switch {
	case i == l.first-1:
		return l.before, nil
	case i < l.first:
		return 0, etcd.ErrCompacted
	case i > l.last():
		return 0, etcd.ErrUnavailable
	}
	return l.entries[i-l.first].GetTerm(), nil
}

// LastIndex implements the library's Storage.
func (l *log) LastIndex() (uint64, error) { return l.last(), nil }

// FirstIndex implements the library's Storage.
func (l *log) FirstIndex() (uint64, error) { return l.first, nil }

// Snapshot implements the library's Storage. A server that has just become a member
// would refuse a snapshot from before that, so it must wait for the next.
func (l *log) Snapshot() (*pb.Snapshot, error) {
	if l.snapshot.Index < l.demand {
		return nil, etcd.ErrSnapshotTemporarilyUnavailable
	}
	return l.snapshot.decode(), nil
}
