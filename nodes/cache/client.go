package cache

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/sim"
)

// Client is the library with which one machine, such as an application server, uses a
// cache tier. All processes of the machine share it. It is memory: make one when the
// machine boots.
type Client struct {
	*Tier
	fills     fills
	placement Placement
	live      []string                 // the nodes that are not given up
	failing   map[string]int           // how often each has not answered, one time after the other
	ejected   map[string]time.Duration // until when each is given up
	rand      *sim.Rand
}

// Client returns the library for the machine that p runs on.
func (t *Tier) Client(p *sim.Proc) *Client {
	c := &Client{
		Tier: t, fills: fills{}, live: slices.Clone(t.Nodes), failing: map[string]int{}, ejected: map[string]time.Duration{},
		rand: p.Rand(fmt.Sprintf("cache client %d", p.Node().Incarnation())),
	}
	c.placement = NewPlacement(t.Placement, c.live, t.VirtualNodes)
	return c
}

// deadline is a time on the machine's monotonic clock.
type deadline time.Duration

func within(p *sim.Proc, timeout time.Duration) deadline { return deadline(p.Elapsed() + timeout) }

// left is what remains, at most so much and at least a nanosecond, which is what a call
// must be given.
func (d deadline) left(p *sim.Proc, most time.Duration) time.Duration {
	return max(min(time.Duration(d)-p.Elapsed(), most), 1)
}

func (d deadline) passed(p *sim.Proc) bool { return p.Elapsed() >= time.Duration(d) }

// Read returns the row of a key, from the cache or from the store. An error says
// nothing about the row.
func (c *Client) Read(p *sim.Proc, key string, timeout time.Duration) (Row, error) {
	d := within(p, timeout)
	for {
		node := c.owner(p, key)
		if node == "" {
			return c.direct(p, key, d)
		}
		found, err := c.ask(p, node, key, d)
		switch {
		case err == errStore:
			c.Count.Misses++
			return Row{}, err
		case err != nil && c.Strategy == WriteBehind:
			return Row{}, err // the store does not have the last writes
		case err != nil:
			return c.direct(p, key, d)
		case found.Status == Hit:
			c.Count.Hits++
			return found.Row, nil
		case c.Strategy != Aside:
			c.Count.Misses++
			return found.Row, nil
		case found.Status == Miss:
			c.Count.Misses++
			return c.fill(p, node, key, found.Lease, d)
		}
		c.Count.Waits++
		if d.passed(p) {
			return Row{}, sim.ErrTimeout
		}
		p.Sleep(c.rand.Duration(c.LeaseWait/2, c.LeaseWait))
	}
}

// ask asks the node for a row, and where it reads through gives it the time for that.
func (c *Client) ask(p *sim.Proc, node, key string, d deadline) (Found, error) {
	var request any = Get{key}
	patience := c.CacheTimeout
	if c.Strategy != Aside {
		request, patience = Load{key}, c.CacheTimeout+c.StoreTimeout
	}
	found, err := sim.Call[Found](p, node, request, d.left(p, patience))
	c.heard(p, node, err, d)
	return found, err
}

// direct reads the store, since no cache node answers for the key.
func (c *Client) direct(p *sim.Proc, key string, d deadline) (Row, error) {
	c.Count.Direct++
	c.Count.Misses++
	return c.Store.Read(p, key, d.left(p, c.StoreTimeout))
}

// fill reads the store after a miss, and has the node keep what it read. With
// single-flight it rather waits for another process of this machine that does; but not
// with a lease, which it would not have been given if that read were not out of date.
func (c *Client) fill(p *sim.Proc, node, key string, token uint64, d deadline) (Row, error) {
	if under := c.fills.current(key); under != nil && c.SingleFlight && token == 0 {
		return under.wait(p, d.left(p, c.StoreTimeout))
	}
	var kept *Row
	row, err := c.fills.read(key,
		func() (Row, error) { return c.Store.Read(p, key, d.left(p, c.StoreTimeout)) },
		func(row Row) { kept = &row })
	if kept != nil {
		_, failure := sim.Call[Done](p, node, Set{key, row, token}, d.left(p, c.CacheTimeout))
		c.heard(p, node, failure, d)
	}
	return row, err
}

// Write writes a row. sim.ErrRefused says that it was not written; after any other
// error it may have been, or may still be.
func (c *Client) Write(p *sim.Proc, key string, value checker.Value, timeout time.Duration) error {
	d := within(p, timeout)
	if c.Strategy == WriteThrough || c.Strategy == WriteBehind {
		return c.put(p, key, value, d)
	}
	if c.mistake == deletesBeforeWrite {
		c.invalidate(p, key, d)
	}
	err := c.Store.Write(p, Update{Key: key, Value: value}, d.left(p, c.StoreTimeout))
	c.fills.forget(key)
	if c.mistake != deletesBeforeWrite {
		c.invalidate(p, key, d) // after an error too: it may have been written
	}
	return err
}

// invalidate has the key's node forget it. A node that does not answer is asked until
// it is given up, and then the one that has the key instead. If none does, the row
// stays in some cache until it expires.
func (c *Client) invalidate(p *sim.Proc, key string, d deadline) {
	for range c.EjectAfter + 1 {
		node := c.owner(p, key)
		if node == "" || d.passed(p) {
			return
		}
		_, err := sim.Call[Done](p, node, Delete{key}, d.left(p, c.CacheTimeout))
		if c.heard(p, node, err, d); err == nil {
			return
		}
	}
}

// put has the cache write the row.
func (c *Client) put(p *sim.Proc, key string, value checker.Value, d deadline) error {
	node := c.owner(p, key)
	if node == "" {
		c.Count.Direct++
		return c.Store.Write(p, Update{Key: key, Value: value}, d.left(p, c.StoreTimeout))
	}
	_, err := sim.Call[Done](p, node, Put{key, value}, d.left(p, c.CacheTimeout+c.StoreTimeout))
	c.heard(p, node, err, d)
	return err
}

// owner returns the node that has the key among those that are not given up.
func (c *Client) owner(p *sim.Proc, key string) string {
	if len(c.ejected) > 0 {
		c.readmit(p)
	}
	return c.placement.Owner(key)
}

// readmit takes the nodes in again whose time is over.
func (c *Client) readmit(p *sim.Proc) {
	before := len(c.ejected)
	for _, n := range c.Nodes {
		if until, out := c.ejected[n]; out && p.Elapsed() >= until {
			delete(c.ejected, n)
			c.notice(p, "takes "+n+" in again")
		}
	}
	if len(c.ejected) < before {
		c.place()
	}
}

// heard notes whether a node has answered in the time that it was given; what was cut
// short because the client has no more time is not its fault. One that has not several
// times in a row is given up for a while, as twemproxy does (auto_eject_hosts,
// server_failure_limit, server_retry_timeout): its keys belong to others meanwhile.
func (c *Client) heard(p *sim.Proc, node string, err error, d deadline) {
	if err == nil || err == errStore {
		delete(c.failing, node)
		return
	}
	if d.passed(p) {
		return
	}
	c.failing[node]++
	if _, out := c.ejected[node]; out || c.failing[node] < c.EjectAfter {
		return
	}
	delete(c.failing, node)
	c.ejected[node] = p.Elapsed() + c.EjectFor
	before := c.live
	c.place()
	if c.Count.Before == nil {
		c.Count.Before, c.Count.After = before, c.live
	}
	c.notice(p, "gives up "+node+", left are "+strings.Join(c.live, " "))
}

// place places the keys on the nodes that are not given up.
func (c *Client) place() {
	c.live = nil
	for _, n := range c.Nodes {
		if _, out := c.ejected[n]; !out {
			c.live = append(c.live, n)
		}
	}
	if c.mistake != ringNotUpdated {
		c.placement = NewPlacement(c.Placement, c.live, c.VirtualNodes)
	}
}
