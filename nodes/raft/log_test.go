package raft

import (
	"errors"
	"testing"

	etcd "go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"
)

// drawEntries draws entries that may follow a log, or replace its end: from an index
// after what must stay, of terms that do not fall.
func drawEntries(t *rapid.T, stays, last, term uint64) []*pb.Entry {
	at := rapid.Uint64Range(stays+1, last+1).Draw(t, "from")
	var list []Entry
	for range rapid.IntRange(1, 5).Draw(t, "how many") {
		data := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "data")
		if len(data) == 0 {
			data = nil
		}
		list = append(list, Entry{Term: term, Index: at, Data: data})
		at++
	}
	return decodeEntries(list)
}

// The log answers the library as the library's own storage in memory does.
func TestLogAgainstLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := &Snapshot{Index: 1, Term: 1, Members: Members{Voters: []uint64{1, 2, 3}}}
		mine, theirs := newLog(first), etcd.NewMemoryStorage()
		if err := theirs.ApplySnapshot(first.decode()); err != nil {
			t.Fatal(err)
		}
		term := uint64(1)
		t.Repeat(map[string]func(*rapid.T){
			"append": func(t *rapid.T) {
				term += rapid.Uint64Range(0, 1).Draw(t, "term rises")
				list := drawEntries(t, mine.snapshot.Index, mine.last(), term)
				mine.append(list)
				if err := theirs.Append(list); err != nil {
					t.Fatal(err)
				}
			},
			"compact": func(t *rapid.T) {
				if mine.last() == mine.snapshot.Index {
					t.Skip("there is nothing to compact")
				}
				index := rapid.Uint64Range(mine.snapshot.Index+1, mine.last()).Draw(t, "index")
				keep := rapid.Uint64Range(0, 6).Draw(t, "keep")
				at, _ := mine.Term(index)
				mine.compact(&Snapshot{Index: index, Term: at, Members: first.Members}, keep)
				if _, err := theirs.CreateSnapshot(index, first.Members.confState(), nil); err != nil {
					t.Fatal(err)
				}
				if err := theirs.Compact(mine.first - 1); err != nil && !errors.Is(err, etcd.ErrCompacted) {
					t.Fatal(err)
				}
			},
			"": func(t *rapid.T) { compareStorage(t, mine, theirs) },
		})
	})
}

func compareStorage(t *rapid.T, mine, theirs etcd.Storage) {
	first, _ := mine.FirstIndex()
	last, _ := mine.LastIndex()
	theirFirst, _ := theirs.FirstIndex()
	theirLast, _ := theirs.LastIndex()
	if first != theirFirst || last != theirLast {
		t.Fatalf("the log is %d to %d, expected %d to %d", first, last, theirFirst, theirLast)
	}
	for i := first - min(first, 2); i <= last+1; i++ {
		a, errA := mine.Term(i)
		b, errB := theirs.Term(i)
		if a != b || !errors.Is(errA, errB) {
			t.Fatalf("term of %d is %d %v, expected %d %v", i, a, errA, b, errB)
		}
	}
	if last < first {
		return
	}
	lo := rapid.Uint64Range(first, last).Draw(t, "lo")
	hi := rapid.Uint64Range(lo+1, last+1).Draw(t, "hi")
	a, errA := mine.Entries(lo, hi, 1<<30)
	b, errB := theirs.Entries(lo, hi, 1<<30)
	if errA != nil || errB != nil || len(a) != len(b) {
		t.Fatalf("entries %d to %d: %d %v, expected %d %v", lo, hi, len(a), errA, len(b), errB)
	}
	for i := range a {
		if !proto.Equal(a[i], b[i]) {
			t.Fatalf("entry %d is %v, expected %v", lo+uint64(i), a[i], b[i])
		}
	}
	if limited, _ := mine.Entries(lo, hi, 1); len(limited) != 1 {
		t.Fatalf("%d entries with a limit of a byte, expected 1", len(limited))
	}
	// What the library was given stays as it is, whatever it appends to it.
	_ = append(a[:len(a):len(a)], &pb.Entry{})
}

// The terms of a log are those that a list of them has.
func TestTerms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var runs terms
		list := []uint64{0} // by index
		term := uint64(1)
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				index := rapid.IntRange(1, len(list)).Draw(t, "index")
				term += rapid.Uint64Range(0, 2).Draw(t, "term rises")
				runs.put(uint64(index), term)
				list = append(list[:index:index], term)
			},
			"up to": func(t *rapid.T) {
				index := rapid.IntRange(0, len(list)).Draw(t, "index")
				runs = runs.upTo(uint64(index))
				list = list[:min(index+1, len(list))]
				term = list[len(list)-1]
			},
			"": func(t *rapid.T) {
				for i := range len(list) + 2 {
					want := uint64(0)
					if i < len(list) {
						want = list[i]
					}
					if got := runs.at(uint64(i)); got != want {
						t.Fatalf("term of entry %d is %d, expected %d of %v", i, got, want, list)
					}
				}
			},
		})
	})
}
