package raft

import (
	"testing"

	pb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"
)

// A message comes out of the network as the library gave it in, but for fields that were
// not set and are zero now.
func TestMessagesComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := func(name string) *uint64 { return new(rapid.Uint64().Draw(t, name)) }
		m := &pb.Message{
			Type: pb.MessageType(rapid.IntRange(0, 22).Draw(t, "type")).Enum(), To: number("to"), From: number("from"),
			Term: number("term"), LogTerm: number("log term"), Index: number("index"), Commit: number("commit"),
			Reject: new(rapid.Bool().Draw(t, "reject")), RejectHint: number("hint"),
		}
		if rapid.Bool().Draw(t, "context") {
			m.Context = []byte("a context")
		}
		for i := range rapid.IntRange(0, 3).Draw(t, "entries") {
			m.Entries = append(m.Entries, &pb.Entry{Type: pb.EntryConfChangeV2.Enum(), Term: number("entry's term"), Index: new(uint64(i)), Data: []byte{byte(i)}})
		}
		if rapid.Bool().Draw(t, "snapshot") {
			s := &Snapshot{Index: *number("snapshot"), Term: 7, Members: Members{Voters: []uint64{1, 2}, Outgoing: []uint64{3}, AutoLeave: true}, Data: []byte("state")}
			m.Snapshot = s.decode()
		}
		var back pb.Message
		encode(m).decode(&back)
		if !proto.Equal(m, &back) {
			t.Fatalf("%v comes back as %v", m, &back)
		}
	})
}
