package cache

import (
	"errors"
	"slices"
	"time"

	"github.com/orrery-sim/orrery/sim"
)

// fills are the reads of the database under way on one machine, by key. They serve
// single-flight (several that want a row wait for one read of it, as Go's
// golang.org/x/sync/singleflight does), and tell a read that the row has been
// written meanwhile: what it brings must not be kept.
type fills map[string][]*fill

// fill is one read of a row.
type fill struct {
	fresh bool // nobody has written the row since it began
	done  bool
	row   Row
	err   error
	ended sim.Cond
}

// errAbandoned is what those get who waited for a read that was killed.
var errAbandoned = errors.New("the read that was shared did not end")

// current is a read that may be shared: one that has begun after the last write.
func (f fills) current(key string) *fill {
	if under := f[key]; len(under) > 0 {
		return under[0]
	}
	return nil
}

// read reads a row, and keeps it unless the row is forgotten meanwhile.
func (f fills) read(key string, load func() (Row, error), keep func(Row)) (Row, error) {
	c := &fill{fresh: true, err: errAbandoned}
	f[key] = append(f[key], c)
	defer f.end(key, c)
	row, err := load()
	c.row, c.err = row, err
	if err == nil && c.fresh {
		keep(row)
	}
	return row, err
}

// end runs also when the process is killed, so that nobody waits for ever.
func (f fills) end(key string, c *fill) {
	if c.fresh {
		if f[key] = slices.DeleteFunc(f[key], func(other *fill) bool { return other == c }); len(f[key]) == 0 {
			delete(f, key)
		}
	}
	c.done = true
	c.ended.Broadcast()
}

// wait waits for a read that another began.
func (c *fill) wait(p *sim.Proc, timeout time.Duration) (Row, error) {
	for until := p.Elapsed() + timeout; !c.done; {
		left := until - p.Elapsed()
		if left <= 0 {
			return Row{}, sim.ErrTimeout
		}
		c.ended.WaitTimeout(p, left)
	}
	return c.row, c.err
}

// forget is called when the row has been written: reads under way may bring what it
// was before, so that nobody who asks from now on may share them.
func (f fills) forget(key string) {
	for _, c := range f[key] {
		c.fresh = false
	}
	delete(f, key)
}

// leases are the tokens of one cache node, as in Nishtala et al., "Scaling Memcache at
// Facebook", NSDI 2013, section 3.2.1. Whoever misses gets a token for the key and
// fills the entry with it. A key has one token at a time, others wait: that ends the
// thundering herd. A delete revokes it: that ends the stale set.
//
// In the paper a token keeps others waiting for 10 s and does not expire. Here it
// expires when another may be given, so that a set that was long under way is refused.
type leases struct {
	lasting time.Duration
	given   uint64 // the last token; tokens of other boots are different
	open    map[string]lease
	oldest  []lease // in the order in which they were given, those used since included
}

type lease struct {
	key   string
	token uint64
	until time.Duration
}

func newLeases(lasting time.Duration, boot int) *leases {
	return &leases{lasting: lasting, given: uint64(boot) << 40, open: map[string]lease{}}
}

// grant gives out a token for the key, unless there is one.
func (l *leases) grant(now time.Duration, key string) (token uint64, ok bool) {
	for len(l.oldest) > 0 && l.oldest[0].until < now {
		if old := l.oldest[0]; l.open[old.key].token == old.token {
			delete(l.open, old.key)
		}
		l.oldest = l.oldest[1:]
	}
	if _, taken := l.open[key]; taken {
		return 0, false
	}
	l.given++
	given := lease{key, l.given, now + l.lasting}
	l.open[key] = given
	l.oldest = append(l.oldest, given)
	return l.given, true
}

// redeem says whether the token is the one of the key, and takes it.
func (l *leases) redeem(now time.Duration, key string, token uint64) bool {
	given, ok := l.open[key]
	if !ok || given.token != token || given.until < now {
		return false
	}
	delete(l.open, key)
	return true
}

// revoke makes the token of the key worthless.
func (l *leases) revoke(key string) { delete(l.open, key) }
