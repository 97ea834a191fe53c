package raft

import (
	"fmt"
	"strings"
	"testing"
	"time"

	pb "go.etcd.io/raft/v3/raftpb"
	"pgregory.net/rapid"

	"github.com/orrery-sim/orrery/sim"
)

// shelf is a server that only writes to its disk, and what it must find there.
type shelf struct {
	*cluster
	t       *rapid.T
	durable []*pb.Entry // entries after the first snapshot, as of the last write that returned
	writing []*pb.Entry // as of the one that is under way
	hard    hardState   // as of the last write that returned
	harder  hardState   // as of the one that is under way
}

// The disk keeps what a write has returned for, and of one that was under way when
// power failed some first entries or none, whether sectors are torn or not; and the log
// is compacted now and then.
func TestDiskKeepsWhatWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := sim.New(sim.Config{Seed: rapid.Uint64().Draw(t, "seed"), Disk: sim.DiskConfig{Torn: 0.5}})
		defer w.Close()
		s := &shelf{t: t, hard: hardState{term: 1}, cluster: &cluster{names: []string{"", "n1"}, watch: newWatch(1)}}
		s.sessions, s.snapshotKeep, s.snapshotEvery = 10, 3, 1<<40
		n := w.Node("n1", s.run)
		for range rapid.IntRange(1, 4).Draw(t, "crashes") {
			if out := w.Run(rapid.Custom(drawMoment).Draw(t, "until power fails")); !out.OK() {
				t.Fatal(out)
			}
			n.Crash()
			n.Restart()
		}
		if out := w.Run(time.Millisecond * 10); !out.OK() {
			t.Fatal(out)
		}
	})
}

func drawMoment(t *rapid.T) time.Duration {
	return time.Duration(rapid.IntRange(0, 30_000).Draw(t, "microseconds")) * time.Microsecond
}

func (h *shelf) run(p *sim.Proc) {
	s := &server{cluster: h.cluster, id: 1, name: "n1"}
	if err := s.recover(p); err != nil {
		panic(err)
	}
	h.compare(s)
	for {
		if h.t != nil && rapid.IntRange(0, 5).Draw(h.t, "what") == 0 && len(h.durable) > 0 {
			h.compact(p, s)
		} else {
			h.append(p, s)
		}
	}
}

// compare looks at what was recovered.
func (h *shelf) compare(s *server) {
	have := s.log.entries
	from := int(s.log.first) - 2 // the first entry has the index 2
	whole := equalEntries(have, h.durable[min(from, len(h.durable)):])
	begun := from+len(have) > common(h.durable, h.writing) && isPrefix(h.writing, have, from)
	if !whole && !begun {
		panic(fmt.Sprintf("recovered%s, expected%s, or of%s more than is in both", brief(have), brief(h.durable), brief(h.writing)))
	}
	if hard := (hardState{term: s.term, vote: s.vote}); hard != h.hard && hard != h.harder {
		panic(fmt.Sprintf("recovered term and vote %v, expected %v or %v", hard, h.hard, h.harder))
	}
	h.hard = hardState{term: s.term, vote: s.vote}
	h.durable = append(append([]*pb.Entry(nil), h.durable[:min(from, len(h.durable))]...), have...)
	h.writing = h.durable
}

// isPrefix says whether the recovered entries, which are missing before an offset, are
// the beginning of those expected.
func isPrefix(want, have []*pb.Entry, from int) bool {
	return from+len(have) <= len(want) && equalEntries(want[from:from+len(have)], have)
}

// common is how many first entries two logs share.
func common(a, b []*pb.Entry) int {
	n := 0
	for n < min(len(a), len(b)) && equalEntries(a[n:n+1], b[n:n+1]) {
		n++
	}
	return n
}

func brief(list []*pb.Entry) string {
	var b strings.Builder
	for _, e := range list {
		fmt.Fprintf(&b, " %d/%d", e.GetTerm(), e.GetIndex())
	}
	return b.String()
}

func (h *shelf) append(p *sim.Proc, s *server) {
	s.term += rapid.Uint64Range(0, 1).Draw(h.t, "term rises")
	s.vote = rapid.Uint64Range(0, 3).Draw(h.t, "vote")
	list := drawEntries(h.t, s.log.snapshot.Index, s.log.last(), s.term)
	keep := list[0].GetIndex() - 2
	h.writing = append(h.durable[:keep:keep], list...)
	h.harder = hardState{term: s.term, vote: s.vote}
	if err := s.write(p, []*pb.Message{{Entries: list}}); err != nil {
		panic(err)
	}
	h.durable, h.hard = h.writing, h.harder
}

func (h *shelf) compact(p *sim.Proc, s *server) {
	s.machine.index = min(s.log.last(), s.machine.index+2)
	if err := s.takeSnapshot(p); err != nil {
		panic(err)
	}
}
