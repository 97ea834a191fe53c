package raft

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	pb "go.etcd.io/raft/v3/raftpb"
)

// The write-ahead log is a file of records:
//
//	length of the rest    uint32, little endian
//	checksum of the rest  uint32, CRC-32C
//	kind                  byte
//	content               varints and bytes
//
// Kinds are begin (index and term of what comes before the first entry), entry, hard
// state, and mark: that everything in the file before some offset was synced when this
// was written. What a crash has torn is at the end of the file, behind all that was
// synced. So if a record is broken, and a mark behind it says that it was synced, the
// disk has lost what it promised to keep. Without such a mark the two cannot be told
// apart (Alagappan et al., "Protocol-Aware Recovery for Consensus-Based Storage", FAST
// 2018, section 2.2).

const (
	recordBegin byte = iota + 1
	recordEntry
	recordHard
	recordMark
)

const recordHeader = 8

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errDamaged says that a file has lost what was durable in it.
var errDamaged = errors.New("damaged")

// seal fills the header of a record that begins at an offset of b.
func seal(b []byte, at int) []byte {
	body := b[at+recordHeader:]
	binary.LittleEndian.PutUint32(b[at:], uint32(len(body)))
	binary.LittleEndian.PutUint32(b[at+4:], crc32.Checksum(body, castagnoli))
	return b
}

func appendRecord(b []byte, kind byte, numbers ...uint64) []byte {
	at := len(b)
	b = append(b, 0, 0, 0, 0, 0, 0, 0, 0, kind)
	for _, n := range numbers {
		b = binary.AppendUvarint(b, n)
	}
	return seal(b, at)
}

func appendEntry(b []byte, e *pb.Entry) []byte {
	at := len(b)
	b = append(b, 0, 0, 0, 0, 0, 0, 0, 0, recordEntry)
	b = binary.AppendUvarint(b, e.GetIndex())
	b = binary.AppendUvarint(b, e.GetTerm())
	b = append(append(b, byte(e.GetType())), e.GetData()...)
	return seal(b, at)
}

func appendHard(b []byte, h hardState) []byte {
	return appendRecord(b, recordHard, h.term, h.vote, h.commit)
}

// record returns the record that b begins with and its length, or false if there is
// none that is whole.
func record(b []byte) (kind byte, content []byte, size int, ok bool) {
	if len(b) <= recordHeader {
		return 0, nil, 0, false
	}
	n := binary.LittleEndian.Uint32(b)
	if n == 0 || uint64(n) > uint64(len(b)-recordHeader) {
		return 0, nil, 0, false
	}
	body := b[recordHeader : recordHeader+int(n)]
	if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(b[4:]) {
		return 0, nil, 0, false
	}
	return body[0], body[1:], recordHeader + len(body), true
}

// recovered is what a write-ahead log holds.
type recovered struct {
	index, term uint64 // of what comes before the first entry
	hard        hardState
	entries     []*pb.Entry
	size        int // bytes that are sound: what follows was never synced

	keepsConflicts bool // a mistake
}

// recoverLog reads a write-ahead log as far as it is sound. The error is errDamaged,
// wrapped, if more must have been.
func recoverLog(b []byte, keepsConflicts bool) (recovered, error) {
	r := recovered{keepsConflicts: keepsConflicts}
	for r.size < len(b) {
		kind, content, n, ok := record(b[r.size:])
		if !ok {
			break
		}
		if err := r.take(kind, content); err != nil {
			return r, fmt.Errorf("record at byte %d of %d: %w", r.size, len(b), err)
		}
		r.size += n
	}
	if r.size < len(b) && syncedTo(b[r.size:]) > uint64(r.size) {
		return r, fmt.Errorf("record at byte %d of %d, which was synced: %w", r.size, len(b), errDamaged)
	}
	return r, nil
}

func (r *recovered) take(kind byte, content []byte) error {
	d := &decoder{b: content}
	switch kind {
	case recordBegin:
		r.index, r.term = d.uvarint(), d.uvarint()
	case recordHard:
		r.hard = hardState{d.uvarint(), d.uvarint(), d.uvarint()}
	case recordEntry:
		w := Entry{Index: d.uvarint(), Term: d.uvarint(), Type: pb.EntryType(d.byte())}
		if w.Data = d.b; d.err == nil {
			return r.put(w)
		}
	}
	if d.err != nil {
		return errDamaged
	}
	return nil
}

// put takes an entry in the place of all from its index on: a newer leader had others.
func (r *recovered) put(w Entry) error {
	at := w.Index - r.index - 1
	if w.Index <= r.index || at > uint64(len(r.entries)) {
		return errDamaged
	}
	w.Data = append([]byte(nil), w.Data...)
	tail := r.entries[at:]
	r.entries = append(r.entries[:at:at], decodeEntries([]Entry{w})...)
	if r.keepsConflicts && len(tail) > 1 {
		r.entries = append(r.entries, tail[1:]...)
	}
	return nil
}

// syncedTo is the greatest offset that a mark, anywhere in b, says was synced.
func syncedTo(b []byte) uint64 {
	most := uint64(0)
	for at := range b {
		if kind, content, _, ok := record(b[at:]); ok && kind == recordMark {
			d := &decoder{b: content}
			most = max(most, d.uvarint())
		}
	}
	return most
}

// sealSnapshot is a snapshot as a file: a record.
func sealSnapshot(s *Snapshot) []byte {
	b := make([]byte, recordHeader, recordHeader+64+len(s.Data))
	b = binary.AppendUvarint(binary.AppendUvarint(b, s.Index), s.Term)
	for _, list := range [][]uint64{s.Members.Voters, s.Members.Outgoing} {
		b = binary.AppendUvarint(b, uint64(len(list)))
		for _, id := range list {
			b = binary.AppendUvarint(b, id)
		}
	}
	leave := byte(0)
	if s.Members.AutoLeave {
		leave = 1
	}
	return seal(append(append(b, leave), s.Data...), 0)
}

func openSnapshot(b []byte) (*Snapshot, error) {
	first, rest, size, ok := record(b)
	if !ok || size != len(b) {
		return nil, errDamaged
	}
	d := &decoder{b: append([]byte{first}, rest...)}
	s := &Snapshot{Index: d.uvarint(), Term: d.uvarint()}
	for _, list := range []*[]uint64{&s.Members.Voters, &s.Members.Outgoing} {
		for n := d.uvarint(); n > 0 && d.err == nil; n-- {
			*list = append(*list, d.uvarint())
		}
	}
	s.Members.AutoLeave = d.byte() == 1
	s.Data = d.b
	if d.err != nil {
		return nil, errDamaged
	}
	return s, nil
}
