package raft

import (
	"bytes"
	"errors"
	"testing"

	pb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"
)

// written is a write-ahead log as it was written, with what it held after each batch.
type written struct {
	bytes []byte
	ends  []int         // of the batches, in bytes
	held  [][]*pb.Entry // after each batch
}

// drawLog draws batches of entries, each of which may replace the end of the log, and
// begins with a mark that says that those before were synced.
func drawLog(t *rapid.T) written {
	w := written{bytes: appendRecord(nil, recordBegin, 1, 1)}
	w.bytes = appendHard(w.bytes, hardState{term: 1, commit: 1})
	w.ends, w.held = []int{len(w.bytes)}, [][]*pb.Entry{nil}
	term := uint64(1)
	for range rapid.IntRange(1, 8).Draw(t, "batches") {
		have := w.held[len(w.held)-1]
		term += rapid.Uint64Range(0, 1).Draw(t, "term rises")
		list := drawEntries(t, 1, uint64(len(have))+1, term)
		w.bytes = appendRecord(w.bytes, recordMark, uint64(w.ends[len(w.ends)-1]))
		for _, e := range list {
			w.bytes = appendEntry(w.bytes, e)
		}
		w.bytes = appendHard(w.bytes, hardState{term: term, commit: 1})
		keep := list[0].GetIndex() - 2
		w.held = append(w.held, append(have[:keep:keep], list...))
		w.ends = append(w.ends, len(w.bytes))
	}
	return w
}

func equalEntries(a, b []*pb.Entry) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !proto.Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

// What was synced is recovered, whatever a crash has made of what was not: it is cut
// off somewhere, and bytes of it are zeros.
func TestRecoveryAfterCrash(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawLog(t)
		synced := rapid.IntRange(0, len(w.ends)-1).Draw(t, "batches synced")
		tail := 0 // of the batch that was being written
		if synced+1 < len(w.ends) {
			tail = rapid.IntRange(0, w.ends[synced+1]-w.ends[synced]).Draw(t, "bytes of the next")
		}
		b := bytes.Clone(w.bytes[:w.ends[synced]+tail])
		if tail > 0 {
			from := rapid.IntRange(0, tail).Draw(t, "zeros from")
			to := rapid.IntRange(from, tail).Draw(t, "zeros to")
			clear(b[w.ends[synced]+from : w.ends[synced]+to])
		}
		r, err := recoverLog(b, false)
		if err != nil {
			t.Fatalf("%d of %d bytes: %v", len(b), len(w.bytes), err)
		}
		if r.size < w.ends[synced] {
			t.Fatalf("%d bytes recovered, and %d were synced", r.size, w.ends[synced])
		}
		if r.size == w.ends[synced] && !equalEntries(r.entries, w.held[synced]) {
			t.Fatalf("recovered %v, expected %v", r.entries, w.held[synced])
		}
	})
}

// A byte that changes where a mark says that it was synced is found, and one behind it
// is taken for the work of a crash.
func TestDamageIsTold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawLog(t)
		at := rapid.IntRange(0, len(w.bytes)-1).Draw(t, "at")
		b := bytes.Clone(w.bytes)
		b[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "by"))
		_, err := recoverLog(b, false)
		lastMark := w.ends[len(w.ends)-2]
		if at < lastMark && !errors.Is(err, errDamaged) {
			t.Fatalf("byte %d of %d is damaged, a mark at %d says that it was synced, and the error is %v", at, len(b), lastMark, err)
		}
		if at >= lastMark && err != nil {
			t.Fatalf("byte %d of %d is damaged, which no mark says was synced: %v", at, len(b), err)
		}
	})
}

// A snapshot comes out of its file as it went in, or not at all.
func TestSnapshotFile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOfN(rapid.Uint64(), 0, 5)
		s := &Snapshot{
			Index: rapid.Uint64().Draw(t, "index"), Term: rapid.Uint64().Draw(t, "term"),
			Members: Members{ids.Draw(t, "voters"), ids.Draw(t, "outgoing"), rapid.Bool().Draw(t, "auto leave")},
			Data:    rapid.SliceOf(rapid.Byte()).Draw(t, "data"),
		}
		b := sealSnapshot(s)
		back, err := openSnapshot(b)
		if err != nil || back.Members.digest() != s.Members.digest() || back.Index != s.Index || !bytes.Equal(back.Data, s.Data) {
			t.Fatalf("%+v comes back as %+v, %v", s, back, err)
		}
		b[rapid.IntRange(0, len(b)-1).Draw(t, "at")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if back, err := openSnapshot(b); err == nil {
			t.Fatalf("a bit flipped, and it comes back as %+v", back)
		}
		if _, err := openSnapshot(b[:rapid.IntRange(0, len(b)-1).Draw(t, "length")]); err == nil {
			t.Fatal("it is cut off, and no error")
		}
	})
}
