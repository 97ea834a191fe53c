package raft

import (
	"fmt"
	"strings"

	pb "go.etcd.io/raft/v3/raftpb"
)

// Message is what servers send each other: the library's own message without its
// pointers and caches. What arrives is copied out of it before the library sees it, so
// that no two servers share memory but for bytes that never change.
type Message struct {
	Type       pb.MessageType
	From, To   uint64
	Term       uint64
	LogTerm    uint64 // of the entry before Entries; see the library for other types
	Index      uint64 // of that entry
	Commit     uint64
	Reject     bool
	RejectHint uint64
	Context    []byte
	Entries    []Entry
	Snapshot   *Snapshot
}

// Entry is one entry of the log.
type Entry struct {
	Type  pb.EntryType
	Term  uint64
	Index uint64
	Data  []byte
}

// Snapshot is all that the entries up to an index came to.
type Snapshot struct {
	Index, Term uint64
	Members     Members
	Data        []byte
}

// Members is a configuration: who votes. While it changes, majorities of both the new
// voters and the outgoing ones are needed (joint consensus, Raft section 6).
type Members struct {
	Voters, Outgoing []uint64
	AutoLeave        bool
}

// encode makes a message of one of the library's.
func encode(m *pb.Message) *Message {
	w := &Message{
		Type: m.GetType(), From: m.GetFrom(), To: m.GetTo(), Term: m.GetTerm(), LogTerm: m.GetLogTerm(),
		Index: m.GetIndex(), Commit: m.GetCommit(), Reject: m.GetReject(), RejectHint: m.GetRejectHint(),
		Context: m.GetContext(),
	}
	if list := m.GetEntries(); len(list) > 0 {
		w.Entries = make([]Entry, len(list))
		for i, e := range list {
			w.Entries[i] = Entry{e.GetType(), e.GetTerm(), e.GetIndex(), e.GetData()}
		}
	}
	if s := m.GetSnapshot(); s != nil {
		w.Snapshot = encodeSnapshot(s)
	}
	return w
}

// decode makes one of the library's messages of w, in place of what m was: its fields
// are those of w, which the library reads and never writes.
func (w *Message) decode(m *pb.Message) {
	*m = pb.Message{
		Type: &w.Type, From: &w.From, To: &w.To, Term: &w.Term, LogTerm: &w.LogTerm, Index: &w.Index,
		Commit: &w.Commit, Reject: &w.Reject, RejectHint: &w.RejectHint, Context: w.Context,
	}
	if len(w.Entries) > 0 {
		m.Entries = decodeEntries(w.Entries)
	}
	if w.Snapshot != nil {
		m.Snapshot = w.Snapshot.decode()
	}
}

// isKept says whether the library keeps messages of a type when it has taken them in.
func isKept(t pb.MessageType) bool { return t == pb.MsgProp || t == pb.MsgReadIndex }

type decodedEntry struct {
	pb   pb.Entry
	wire Entry
}

func decodeEntries(list []Entry) []*pb.Entry {
	all := make([]decodedEntry, len(list))
	pointers := make([]*pb.Entry, len(list))
	for i := range list {
		d := &all[i]
		d.wire = list[i]
		d.pb.Type, d.pb.Term, d.pb.Index, d.pb.Data = &d.wire.Type, &d.wire.Term, &d.wire.Index, d.wire.Data
		pointers[i] = &d.pb
	}
	return pointers
}

func encodeSnapshot(s *pb.Snapshot) *Snapshot {
	meta := s.GetMetadata()
	return &Snapshot{
		Index: meta.GetIndex(), Term: meta.GetTerm(), Members: membersOf(meta.GetConfState()), Data: s.GetData(),
	}
}

func (s *Snapshot) decode() *pb.Snapshot {
	index, term := s.Index, s.Term
	return &pb.Snapshot{
		Data:     s.Data,
		Metadata: &pb.SnapshotMetadata{ConfState: s.Members.confState(), Index: &index, Term: &term},
	}
}

func membersOf(c *pb.ConfState) Members {
	return Members{Voters: c.GetVoters(), Outgoing: c.GetVotersOutgoing(), AutoLeave: c.GetAutoLeave()}
}

func (m Members) confState() *pb.ConfState {
	leave := m.AutoLeave
	return &pb.ConfState{
		Voters: append([]uint64(nil), m.Voters...), VotersOutgoing: append([]uint64(nil), m.Outgoing...), AutoLeave: &leave,
	}
}

func (m Members) digest() uint64 {
	d := uint64(len(m.Voters))
	for _, list := range [][]uint64{m.Voters, m.Outgoing} {
		for _, id := range list {
			d = digest(d, id)
		}
		d = digest(d, 0)
	}
	return d
}

// Size is the message's size on the wire in bytes.
func (w *Message) Size() int {
	const header, perEntry = 40, 12
	n := header + len(w.Context)
	for i := range w.Entries {
		n += perEntry + len(w.Entries[i].Data)
	}
	if w.Snapshot != nil {
		n += header + len(w.Snapshot.Data)
	}
	return n
}

// Digest is what the message adds to the run's hash: all but the bytes of entries,
// whose terms and indexes say which they are.
func (w *Message) Digest() uint64 {
	d := digest(uint64(w.Type), w.Term)
	d = digest(digest(digest(d, w.LogTerm), w.Index), w.Commit)
	return digest(d, uint64(len(w.Entries))<<1|w.RejectHint<<16)
}

// TraceName is what traces call the message: its type.
func (w *Message) TraceName() string { return w.Type.String() }

// String is the message in a line: "MsgApp term 3 after 2/17, entries 18-19, commit 17".
func (w *Message) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v term %d", w.Type, w.Term)
	switch w.Type {
	case pb.MsgApp:
		fmt.Fprintf(&b, " after %d/%d", w.LogTerm, w.Index)
	case pb.MsgVote, pb.MsgPreVote:
		fmt.Fprintf(&b, " last %d/%d", w.LogTerm, w.Index)
	case pb.MsgAppResp, pb.MsgReadIndexResp:
		fmt.Fprintf(&b, " index %d", w.Index)
	}
	if n := len(w.Entries); n > 0 && w.Type == pb.MsgApp {
		fmt.Fprintf(&b, ", entries %d-%d", w.Entries[0].Index, w.Entries[n-1].Index)
	}
	if w.Commit > 0 {
		fmt.Fprintf(&b, ", commit %d", w.Commit)
	}
	if w.Snapshot != nil {
		fmt.Fprintf(&b, ", snapshot %d/%d", w.Snapshot.Term, w.Snapshot.Index)
	}
	if w.Reject {
		b.WriteString(", rejected")
	}
	return b.String()
}

// digest folds a word into another (the finalizer of splitmix64, Steele et al., "Fast
// splittable pseudorandom number generators", OOPSLA 2014).
func digest(a, b uint64) uint64 {
	x := (a ^ b) * 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31 ^ a<<1
}

func digestBytes(h uint64, b []byte) uint64 {
	h = digest(h, uint64(len(b)))
	for ; len(b) >= 8; b = b[8:] {
		h = digest(h, uint64(b[0])|uint64(b[1])<<8|uint64(b[2])<<16|uint64(b[3])<<24|
			uint64(b[4])<<32|uint64(b[5])<<40|uint64(b[6])<<48|uint64(b[7])<<56)
	}
	for _, c := range b {
		h = h<<8 ^ h>>56 ^ uint64(c)
	}
	return digest(h, 0)
}
