package cache

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/sim"
)

// errStore is what a cache node answers when its store did not: whether a row was
// written is not known.
var errStore = errors.New("the store did not answer")

// node is the memory of one cache node: all of it is lost in a crash.
type node struct {
	*Tier
	name    string
	memory  *memory
	leases  *leases
	fills   fills
	writing map[string]*turn // writes of one key go one after the other
	behind  *behind
	jitter  *sim.Rand
	writes  uint64
}

// Boot is the code of a cache node.
func (t *Tier) Boot(p *sim.Proc) {
	boot := p.Node().Incarnation()
	n := &node{
		Tier: t, name: p.Node().Name() + "." + strconv.Itoa(boot), fills: fills{}, writing: map[string]*turn{},
		memory: newMemory(t.Eviction, t.Capacity), leases: newLeases(t.LeaseTime, boot),
		jitter: p.Rand("jitter " + strconv.Itoa(boot)),
	}
	n.memory.expiry = t.mistake != ttlUnchecked
	n.behind = newBehind(n)
	if t.now == nil {
		t.now = map[string]*node{}
	}
	t.now[p.Node().Name()] = n
	if boot == 1 {
		n.warm(p)
	}
	p.Show(n.fields)
	p.Serve(n.serve)
	if t.Strategy == WriteBehind {
		n.behind.flush(p)
	}
}

// warm fills the node with those of the warm keys that are its own.
func (n *node) warm(p *sim.Proc) {
	if len(n.Warm) == 0 {
		return
	}
	placement := NewPlacement(n.Placement, n.Nodes, n.VirtualNodes)
	var own []string
	for key := range n.Warm { // order-free: sorted before use
		if placement.Owner(key) == p.Node().Name() {
			own = append(own, key)
		}
	}
	slices.Sort(own)
	for _, key := range own {
		n.keep(p, key, n.Warm[key])
	}
}

func (n *node) serve(p *sim.Proc, m sim.Message) (any, error) {
	if n.Work > 0 {
		p.Work(n.Work)
	}
	switch m := m.Body.(type) {
	case Get:
		return n.get(p, m.Key), nil
	case Set:
		n.set(p, m)
		return Done{}, nil
	case Delete:
		n.delete(m.Key)
		return Done{}, nil
	case Load:
		return n.load(p, m.Key)
	case Put:
		return Done{}, n.put(p, m.Key, m.Value)
	}
	return nil, sim.ErrRefused
}

// get answers from memory. Of those that miss, one is given the lease.
func (n *node) get(p *sim.Proc, key string) Found {
	now := p.Elapsed()
	if row, ok := n.memory.get(now, key); ok {
		return Found{Row: row, Status: Hit}
	}
	if !n.Leases {
		return Found{Status: Miss}
	}
	token, ok := n.leases.grant(now, key)
	if !ok && n.mistake != leasesForAll {
		return Found{Status: Wait}
	}
	return Found{Status: Miss, Lease: token}
}

// set keeps what a client has read, unless it may have been written since.
func (n *node) set(p *sim.Proc, s Set) {
	if n.Leases && !n.leases.redeem(p.Elapsed(), s.Key, s.Lease) && n.mistake != setsWithoutLease {
		n.Count.Refused++
		return
	}
	n.keep(p, s.Key, s.Row)
}

// keep puts a row in memory, for its time to live less what is drawn.
func (n *node) keep(p *sim.Proc, key string, row Row) {
	ttl := n.TTL
	if !row.Found {
		if ttl = n.NegativeTTL; ttl == 0 {
			return
		}
	}
	if spread := time.Duration(float64(ttl) * n.Jitter); spread > 0 && n.mistake != jitterForgotten {
		ttl -= n.jitter.Duration(0, spread)
	}
	expires := time.Duration(0)
	if ttl > 0 {
		expires = p.Elapsed() + max(ttl, 1)
	}
	before := n.memory.evicted
	n.memory.set(key, row, expires)
	n.Count.Evicted += n.memory.evicted - before
}

// delete forgets a key whose row was written, the lease of whoever is about to fill
// it, and the reads under way.
func (n *node) delete(key string) {
	if e := n.memory.entries[key]; e.row.Found || n.mistake != negativeStays {
		n.memory.delete(key)
	}
	n.leases.revoke(key)
	n.forget(key)
}

func (n *node) forget(key string) {
	if n.mistake != sharesAcrossWrites {
		n.fills.forget(key)
	}
}

// load answers from memory or from the store.
func (n *node) load(p *sim.Proc, key string) (Found, error) {
	if value, ok := n.behind.get(key); ok {
		return Found{Row{value, true}, Hit, 0}, nil
	}
	if row, ok := n.memory.get(p.Elapsed(), key); ok {
		return Found{Row: row, Status: Hit}, nil
	}
	if c := n.fills.current(key); c != nil && n.SingleFlight {
		row, err := c.wait(p, n.StoreTimeout)
		return Found{Row: row}, storeError(err)
	}
	row, err := n.fills.read(key,
		func() (Row, error) { return n.Store.Read(p, key, n.StoreTimeout) },
		func(row Row) { n.keep(p, key, row) })
	return Found{Row: row}, storeError(err)
}

// storeError hides how the store failed: to the client, an error of the network is one
// between it and the cache.
func storeError(err error) error {
	if err != nil {
		return errStore
	}
	return nil
}

// put writes a row. The memory takes the writes of a key in the order in which the
// store does.
func (n *node) put(p *sim.Proc, key string, value checker.Value) error {
	if n.Strategy == WriteBehind && n.behind.add(key, value) {
		n.forget(key)
		n.keep(p, key, Row{value, true})
		return nil
	}
	if n.mistake != putsOutOfOrder {
		defer n.turn(p, key)()
	}
	err := n.write(p, key, value)
	n.forget(key) // reads may have begun before the store had it
	if err != nil {
		n.memory.delete(key)
		return errStore
	}
	n.keep(p, key, Row{value, true})
	return nil
}

// write writes to the store, under a number of its own.
func (n *node) write(p *sim.Proc, key string, value checker.Value) error {
	n.writes++
	return n.Store.Write(p, Update{key, value, n.name, n.writes}, n.StoreTimeout)
}

// turn is whose turn it is to write a key.
type turn struct {
	lock  sim.Mutex
	users int
}

// turn waits until nobody else writes the key. What it returns ends the turn.
func (n *node) turn(p *sim.Proc, key string) (end func()) {
	t := n.writing[key]
	if t == nil {
		t = &turn{}
		n.writing[key] = t
	}
	t.users++
	leave := func() {
		if t.users--; t.users == 0 {
			delete(n.writing, key)
		}
	}
	taken := false
	defer func() {
		if !taken { // it was killed while it waited
			leave()
		}
	}()
	t.lock.Lock(p)
	taken = true
	return func() {
		t.lock.Unlock()
		leave()
	}
}

func (n *node) fields() []sim.Field {
	number := strconv.Itoa
	return []sim.Field{
		{Name: "entries", Value: number(len(n.memory.entries))},
		{Name: "evicted", Value: number(n.memory.evicted)},
		{Name: "leases", Value: number(len(n.leases.open))},
		{Name: "fills", Value: number(len(n.fills))},
		{Name: "unflushed", Value: number(len(n.behind.values))},
	}
}
