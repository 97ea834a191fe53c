package cache

import (
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/sim"
)

// Row is what the database has under a key. A row that is there may still hold nil.
type Row struct {
	Value checker.Value
	Found bool // there is such a row
}

// Query asks the database for a row; the answer is a Row.
type Query struct{ Key string }

// Update asks the database to write a row; the answer is Done. A writer with a name
// numbers its updates of a key upwards and may send one again: of each key the
// database carries out no update whose number is not above the last one of the
// same writer.
type Update struct {
	Key    string
	Value  checker.Value
	Writer string // "" if the update is sent once only
	Number uint64
}

// Get asks a cache node for what it has; the answer is a Found.
type Get struct{ Key string }

// Status is how a cache node answers.
type Status uint8

// The answers. A miss is the asker's to fill; Wait says that somebody else is
// already filling it, so ask again soon.
const (
	Miss Status = iota
	Hit
	Wait
)

// Found is the answer to Get and Load.
type Found struct {
	Row    Row
	Status Status
	Lease  uint64 // with a miss, when there are leases: what a Set has to show
}

// Set asks a cache node to keep a row that was read from the database after a miss.
// The answer is Done, whether or not it did.
type Set struct {
	Key   string
	Row   Row
	Lease uint64
}

// Delete asks a cache node to forget a key, whose row was written. The answer is
// Done.
type Delete struct{ Key string }

// Load asks a cache node for a row, to be read from the database if need be.
type Load struct{ Key string }

// Put asks a cache node to write a row: through to the database, or behind the
// answer. The answer is Done.
type Put struct {
	Key   string
	Value checker.Value
}

// Done is the answer to what changes something.
type Done struct{}

// Store is what a cache tier stands before: the truth. An error of Write that is
// not sim.ErrRefused leaves open whether the row was written.
type Store interface {
	Read(p *sim.Proc, key string, timeout time.Duration) (Row, error)
	Write(p *sim.Proc, u Update, timeout time.Duration) error
}

// Remote is a [Store] that is a [Database] on the node of that name.
type Remote string

// Read asks the database for a row.
func (r Remote) Read(p *sim.Proc, key string, timeout time.Duration) (Row, error) {
	return sim.Call[Row](p, string(r), Query{key}, timeout)
}

// Write asks the database to write a row.
func (r Remote) Write(p *sim.Proc, u Update, timeout time.Duration) error {
	_, err := sim.Call[Done](p, string(r), u, timeout)
	return err
}
