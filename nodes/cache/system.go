package cache

import (
	"embed"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/scenarios/workload"
	"github.com/orrery-sim/orrery/sim"
)

//go:embed doc.go
var doc string

//go:embed scenarios
var files embed.FS

// System is a cache tier before a database.
var System = &scenarios.System{
	Name:      "cache",
	Doc:       scenarios.DocText(doc),
	Nodes:     3,
	Knobs:     knobs,
	Sound:     sound,
	Workloads: []string{"register"},
	Checks:    checks,
	Mutants:   mutants,
	Roles: []scenarios.Role{{Name: "database", Help: "the database's node", Find: func(*scenarios.Cluster) []string {
		return []string{database}
	}}},
	Scenarios: files,
	Place:     place,
	Connect:   connect,
	Measure:   measure,
}

// database is the name of the database's node.
const database = "db"

var knobs = []scenarios.Knob{
	{Name: "strategy", Default: Aside, Choices: []string{Aside, ReadThrough, WriteThrough, WriteBehind},
		Help: "who fills the cache and who writes: the client fills it and deletes what it has written to the database; " +
			"the cache reads through; it also writes through; it writes behind its answer"},
	{Name: "placement", Default: PlaceRing, Choices: []string{PlaceRing, PlaceRendezvous, PlaceModulo},
		Help: "which node has a key: consistent hashing, rendezvous hashing, or the hash modulo the number of nodes"},
	{Name: "virtual-nodes", Default: "100", Min: "1", Max: "10000", Help: "points of each node on the ring"},
	{Name: "eviction", Default: EvictLRU, Choices: []string{EvictLRU, EvictLFU}, Help: "which entry goes when there is no room: least recently, or least frequently used"},
	{Name: "capacity", Default: "1000", Min: "1", Max: "1000000", Help: "entries that a node has room for"},
	{Name: "ttl", Default: "10s", Min: "0s", Help: "how long an entry lives at most; 0s is for ever"},
	{Name: "jitter", Default: "0.1", Min: "0", Max: "1", Help: "the share of the time to live that is drawn: with 0.1 an entry lives for 0.9 to 1 of it"},
	{Name: "negative-ttl", Default: "1s", Min: "0s", Help: "how long it is remembered that there is no such row; 0s is not at all"},
	{Name: "single-flight", Default: "true", Help: "those that miss the same key at one cache node, or with strategy aside and without leases at one client, wait for one read of it"},
	{Name: "leases", Default: "true", Help: "with strategy aside, a client that misses gets a token without which it may not fill; others wait, and a delete revokes it"},
	{Name: "lease-time", Default: "500ms", Min: "1ms", Help: "how long a lease lasts; for so long nobody else gets one for the key"},
	{Name: "lease-wait", Default: "10ms", Min: "1us", Help: "after how long at most a client asks again that was told to wait"},
	{Name: "cache-timeout", Default: "100ms", Min: "1us", Help: "how long a client waits for a cache node, beside what that waits for the database"},
	{Name: "store-timeout", Default: "500ms", Min: "1us", Help: "how long clients and cache nodes wait for the database"},
	{Name: "eject-after", Default: "2", Min: "1", Max: "1000", Help: "a client gives a cache node up that has not answered so often, one time after the other"},
	{Name: "eject-for", Default: "5s", Min: "1ms", Help: "for how long: its keys belong to others meanwhile"},
	{Name: "flush", Default: "200ms", Min: "0s", Help: "with strategy write-behind, the pause between writes of the queue to the database"},
	{Name: "queue", Default: "1000", Min: "1", Max: "1000000", Help: "keys that may wait to be written behind; beyond that writes go through"},
	{Name: "cache-work", Default: "20us", Min: "0s", Help: "time of a core of a cache node for a request"},
	{Name: "db-cores", Default: "2", Min: "1", Max: "1000", Help: "cores of the database"},
	{Name: "db-read", Default: "2ms", Min: "1us", Help: "mean time of a core of the database for a read, exponentially distributed"},
	{Name: "db-write", Default: "1ms", Min: "1us", Help: "mean time of a core of the database for a write, likewise; the sync comes on top"},
	{Name: "fsync", Default: "1ms", Min: "1us", Help: "how long a sync of the database's disk takes"},
	{Name: "rows", Default: "1000000", Min: "0", Max: "1000000", Help: "rows that the database has at first: k0, k1, and so on, with nil in them"},
	{Name: "warm", Default: "0", Min: "0", Max: "1000000", Help: "of these, how many the cache has at first"},
	{Name: "max-age", Default: "0s", Min: "0s", Help: "the check bounded-staleness lets values be so old; 0s is ttl and what may be in flight"},
	{Name: "min-hit-rate", Default: "0.0", Min: "0", Max: "1", Help: "the check hit-rate asks for so much"},
	{Name: "max-load", Default: "100", Min: "1", Max: "1000000", Help: "the check database-load lets the database have so many requests at once"},
}

// sound says which knobs contradict each other.
func sound(v scenarios.Values, nodes int) error {
	var errs []error
	wrong := func(bad bool, knob, format string, args ...any) {
		if bad {
			errs = append(errs, &scenarios.KnobError{Knob: knob, Text: fmt.Sprintf(format, args...)})
		}
	}
	ttl, negative := v.Duration("ttl"), v.Duration("negative-ttl")
	wrong(ttl > 0 && negative > ttl, "negative-ttl", "%v is longer than ttl, which is %v: expected at most that", negative, ttl)
	wait, lasts := v.Duration("lease-wait"), v.Duration("lease-time")
	wrong(v.Bool("leases") && wait > lasts, "lease-wait", "%v is longer than lease-time, which is %v: expected at most that", wait, lasts)
	warm, rows := v.Int("warm"), v.Int("rows")
	wrong(warm > rows, "warm", "%d of %d rows, see rows", warm, rows)
	wrong(warm > nodes*v.Int("capacity"), "warm", "%d rows do not fit into %d nodes of %s entries, see capacity", warm, nodes, v.String("capacity"))
	return errors.Join(errs...)
}

// cluster is what the servers and clients of one run have in common.
type cluster struct {
	scenarios.Values
	tier    *Tier
	db      *Database
	clients map[string]*Client // by machine and boot
}

func place(c *scenarios.Cluster) {
	tier := &Tier{Config: readConfig(c.Values), Nodes: c.Servers(), Store: Remote(database), Notice: c.Milestone}
	rows := c.Int("rows")
	db := &Database{
		ReadTime: sim.Exponential(c.Duration("db-read")), WriteTime: sim.Exponential(c.Duration("db-write")),
		Initial: func(key string) bool { return numbered(key) < rows },
	}
	for i := range mutants {
		if c.Mutant(mutants[i].Name) {
			tier.mistake = mutants[i].Name
		}
	}
	db.unsynced = tier.mistake == unsynced
	if n := c.Int("warm"); n > 0 {
		tier.Warm = map[string]Row{}
		for i := range n {
			tier.Warm["k"+strconv.Itoa(i)] = Row{Found: true}
		}
	}
	w := c.World()
	for _, name := range c.Servers() {
		w.Node(name, tier.Boot)
	}
	n := w.Node(database, db.Boot)
	n.SetDisk(sim.DiskConfig{Sync: sim.Constant(c.Duration("fsync"))})
	n.SetCores(c.Int("db-cores"))
	c.SetState(&cluster{Values: c.Values, tier: tier, db: db, clients: map[string]*Client{}})
}

// numbered is the number of a key such as k17; one that has none is beyond all rows.
func numbered(key string) int {
	n, err := strconv.Atoi(strings.TrimPrefix(key, "k"))
	if err != nil || n < 0 {
		return 1 << 30
	}
	return n
}

// Defaults is a tier as it is when no knob is turned, to begin from.
func Defaults() Config {
	v := scenarios.Values{}
	for i := range knobs {
		v[knobs[i].Name] = knobs[i].Default
	}
	return readConfig(v)
}

func readConfig(v scenarios.Values) Config {
	return Config{
		Strategy: v.String("strategy"), Placement: v.String("placement"), VirtualNodes: v.Int("virtual-nodes"),
		Eviction: v.String("eviction"), Capacity: v.Int("capacity"),
		TTL: v.Duration("ttl"), Jitter: v.Float("jitter"), NegativeTTL: v.Duration("negative-ttl"),
		SingleFlight: v.Bool("single-flight"), Leases: v.Bool("leases"),
		LeaseTime: v.Duration("lease-time"), LeaseWait: v.Duration("lease-wait"),
		CacheTimeout: v.Duration("cache-timeout"), StoreTimeout: v.Duration("store-timeout"),
		EjectAfter: v.Int("eject-after"), EjectFor: v.Duration("eject-for"),
		Flush: v.Duration("flush"), Queue: v.Int("queue"), Work: v.Duration("cache-work"),
	}
}

// of returns the cluster of a run.
func of(c *scenarios.Cluster) *cluster { return c.State().(*cluster) }

// session is one client of the workload: all of a machine share its library.
type session struct{ client *Client }

func connect(c *scenarios.Cluster, p *sim.Proc) workload.Session {
	k := of(c)
	machine := fmt.Sprintf("%s/%d", p.Node().Name(), p.Node().Incarnation())
	if k.clients[machine] == nil {
		k.clients[machine] = k.tier.Client(p)
	}
	return session{k.clients[machine]}
}

// Do implements workload.Session. What a read comes to is never unknown: it has no
// effect, so that one without an answer has failed.
func (s session) Do(p *sim.Proc, op workload.Op, timeout time.Duration) (checker.Value, checker.Outcome) {
	if op.Name == "read" {
		row, err := s.client.Read(p, op.Key, timeout)
		if err != nil {
			return checker.Nil, checker.OutcomeFailed
		}
		return row.Value, checker.OutcomeOK
	}
	switch err := s.client.Write(p, op.Key, op.Input, timeout); {
	case errors.Is(err, sim.ErrRefused):
		return checker.Nil, checker.OutcomeFailed
	case err != nil:
		return checker.Nil, checker.OutcomeUnknown
	}
	return checker.Nil, checker.OutcomeOK
}
