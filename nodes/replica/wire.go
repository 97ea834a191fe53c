package replica

import (
	"time"

	"github.com/orrery-sim/orrery/checker"
)

// Entry is one entry of the log: a write or, without a client, the beginning of an
// epoch.
type Entry struct {
	Epoch, Index uint64
	At           int64  // on the primary's wall clock when it took the write in, in nanoseconds
	Client       string // who wrote
	Seq          uint64 // its number among the client's writes
	Key          string
	Value        checker.Value
}

// Position is a place in the history of the data: an entry, and that there is none
// other at its index. The zero Position is before all.
type Position struct{ Epoch, Index uint64 }

// Mark says at which index an epoch begins. The marks of a log say of which epoch
// each of its entries is, also of those that are not kept any more.
type Mark struct{ Epoch, First uint64 }

// Write asks the primary to set a key. A client that asks again for the same write
// gives it the same number.
type Write struct {
	Client   string
	Seq      uint64
	Key      string
	Value    checker.Value
	Patience time.Duration // after which nobody waits for the answer
}

// Read asks for the value of a key.
type Read struct {
	Key     string
	Primary bool          // only the primary is to answer
	Least   Position      // what the session has written or seen: the answer must have it
	Wait    time.Duration // how long the server may wait until it has
}

// Status is what became of a request.
type Status uint8

// The statuses.
const (
	Done       Status = iota + 1
	NotPrimary        // nothing was done: Primary says who may be
	Unsure            // the write was taken in, and whether it is kept is not known
	Behind            // the server has not what the session has written or seen
	Gone              // nobody has it any more: it was lost in a failover
)

// Answer is the answer to Write, Read and Probe.
type Answer struct {
	Status  Status
	Value   checker.Value
	At      Position // of the write, or of the value that was read
	Epoch   uint64   // the newest that the server knows of
	Primary string   // of that epoch, or nothing
}

// Probe asks a server for nothing, to see how far away it is.
type Probe struct{}

// Fetch asks the primary for what follows in the log. It also says that everything
// up to Last is on the replica's disk.
type Fetch struct {
	From   string
	Epoch  uint64
	Marks  []Mark
	Last   uint64
	Commit uint64 // as far as the replica knows
}

// Batch is the answer to a Fetch. One that has another epoch than the Fetch only
// says who is primary.
type Batch struct {
	Epoch   uint64
	Primary string
	Cut     bool    // the replica's log is another's from Keep on, and is to end there
	Keep    uint64  //
	Copy    []byte  // the log as a file: what follows is not kept any more
	Entries []Entry // what follows
	Commit  uint64  // what may be shown to clients ends here
	Last    uint64  // end of the primary's log
}

// Ping asks a server whether it lives, and tells it who is primary.
type Ping struct {
	Epoch   uint64
	Primary string
}

// Pong is the answer: what the server knows.
type Pong struct {
	Epoch   uint64
	Primary string
}

// Prepare has a server promise to follow no primary of an epoch before this one.
type Prepare struct{ Epoch uint64 }

// Prepared is the promise, with the end of what is on the server's disk.
type Prepared struct{ Last Position }

// Promote makes a server that has made the promise the primary of the epoch.
type Promote struct{ Epoch uint64 }

// Renew asks a monitor for a lease for the primary of an epoch.
type Renew struct{ Epoch uint64 }

// Ask asks a monitor whether it too believes that the primary of an epoch is down and,
// if there is a candidate, for its vote in the next.
type Ask struct {
	About     uint64
	Epoch     uint64
	Candidate string
}

// Opinion is the answer.
type Opinion struct{ Down, Vote bool }
