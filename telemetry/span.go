package telemetry

import (
	"encoding/binary"
	"time"

	"github.com/orrery-sim/orrery/sim"
)

// Kind says what a [Span] is a stretch of.
type Kind uint8

// The kinds of spans.
const (
	Operation Kind = iota // what a client asked for, from its call to its return: the root of a trace
	Section               // a span that a process opened itself, see [sim.Proc.Span]
	Call                  // a request, at the caller: until the answer came or none will
	Serve                 // a request, at the node that answers it: until the answer is sent
	Message               // a datagram or a part of a stream under way
	Queue                 // a process that waits for a core
	Work                  // a process that has a core
	Disk                  // a disk operation, the wait for the device included
	Fault                 // a fault in force, a trace of its own on the node [FaultNode]
)

// FaultNode is where faults are shown, beside the nodes.
const FaultNode = "faults"

var kindNames = [...]string{"operation", "section", "call", "serve", "message", "queue", "work", "disk", "fault"}

// String returns the kind's name.
func (k Kind) String() string { return kindNames[k] }

// Span is a stretch of virtual time in which a node did one thing for a client's
// operation.
type Span struct {
	ID     uint64 // the number of the event with which it began; of a queue, with [QueueBit]
	Parent uint64 // the span that it is part of; 0 for the root
	Trace  uint64 // the ID of the root
	Kind   Kind
	Name   string // what was done: "write k0 17", "sync wal", the type of a message
	Node   string // where
	Proc   string // the process that began it, if one did
	Peer   string // the other node, of a call, a served request or a message

	Start, End           time.Duration // virtual time since the world began
	StartEvent, EndEvent uint64        // the events with which it began and ended

	Attributes []sim.Field // what it said of itself, in order
	Marks      []Mark      // what happened while it lasted, in order
	Error      string      // why it did not end well; empty if it did. Of an operation: its outcome, if that is not ok

	place int // among the open ones
}

// QueueBit tells the span of a wait for a core from that of the work, which begin to
// be known with the same event.
const QueueBit = 1 << 63

// Mark is something that happened while a span lasted: a message lost, a node
// crashed, a leader elected, a fault begun.
type Mark struct {
	At    time.Duration
	Event uint64
	Name  string
}

// Took is the span's length.
func (s *Span) Took() time.Duration { return s.End - s.Start }

// TraceID is the identity of the span's trace in the tools that take 16 bytes for it.
// It depends on the run's seed and the operation's event alone.
func (s *Span) TraceID(seed uint64) (id [16]byte) {
	binary.BigEndian.PutUint64(id[:8], scramble(seed^0x6f7272657279))
	binary.BigEndian.PutUint64(id[8:], scramble(scramble(seed)^s.Trace))
	return id
}

// SpanID is the identity of the span of that ID in the tools that take 8 bytes for it.
func SpanID(seed, id uint64) (bytes [8]byte) {
	binary.BigEndian.PutUint64(bytes[:], max(scramble(seed+id), 1)) // zeros would mean none
	return bytes
}

// scramble is the finalizer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): a
// permutation, so that different spans of a run have different identities.
func scramble(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
