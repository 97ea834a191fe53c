package cache

import (
	"time"

	"github.com/orrery-sim/orrery/sim"
)

// How a cache and its database are read and written.
const (
	Aside        = "aside"         // the client fills the cache itself and deletes what it has written
	ReadThrough  = "read-through"  // the cache fills itself; the client deletes what it has written
	WriteThrough = "write-through" // the cache fills itself and writes the database before it answers
	WriteBehind  = "write-behind"  // the cache fills itself and writes the database later
)

// Config is what a cache tier is like. The knobs of the system have the same names
// and tell what each is.
type Config struct {
	Strategy     string
	Placement    string
	VirtualNodes int

	Eviction string
	Capacity int // entries of each node

	TTL         time.Duration // 0 is for ever
	Jitter      float64       // the share of TTL that is drawn
	NegativeTTL time.Duration // 0 is not to keep absent rows

	SingleFlight bool
	Leases       bool
	LeaseTime    time.Duration
	LeaseWait    time.Duration

	CacheTimeout, StoreTimeout time.Duration
	EjectAfter                 int
	EjectFor                   time.Duration

	Flush time.Duration
	Queue int
	Work  time.Duration // of a core of a cache node, for a request

	mistake string // the mutant that is run, or nothing
}

// Tier is one cache tier: what its nodes and clients have in common. Nothing of it
// changes but what is counted, which is for those who watch.
type Tier struct {
	Config
	Nodes []string
	Store Store

	// Warm has the nodes hold these keys from the beginning, as absent or as rows
	// with nil in them: as if they had been filled at the moment of their first boot.
	Warm map[string]Row

	Count Counts
	// Notice is told of what people want to know: that a node is given up. Nil is
	// nobody.
	Notice func(p *sim.Proc, text string)

	now map[string]*node // the present incarnation of each node, for those who watch
}

// Counts are what the clients of a tier met with since the beginning of the run.
type Counts struct {
	Hits    int // reads that were answered from a cache, be it that there is no such row
	Misses  int // reads that were not
	Waits   int // times that a client was told to wait for another's fill
	Refused int // sets that were refused because their lease was no more
	Evicted int // entries that went because there was no room
	Direct  int // requests that went to the store because no cache node answered

	// Before and After are the nodes that the first client knew that gave one up.
	Before, After []string
}

func (t *Tier) notice(p *sim.Proc, text string) {
	if t.Notice != nil {
		t.Notice(p, text)
	}
}

// InFlight is how long after it was read from the store a row may come to be kept: it
// and TTL bound the age of what is read. Without leases that holds as long as no
// message takes longer than the clients wait.
func (t *Tier) InFlight(timeout time.Duration) time.Duration {
	switch {
	case t.Strategy != Aside:
		return t.StoreTimeout
	case t.Leases:
		return t.LeaseTime
	}
	return timeout
}
