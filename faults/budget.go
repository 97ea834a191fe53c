package faults

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Share is how many servers something may happen to at once: a number, or one of
// the words that depend on how many there are. The zero value is none.
type Share int

// The shares that have a name.
const (
	NoServer        Share = 0
	MinorityServers Share = -1 // the most that are no majority and leave one
	AllServers      Share = -2
)

// ParseShare reads "none", "minority", "all" or a number.
func ParseShare(text string) (Share, error) {
	switch text {
	case "none":
		return NoServer, nil
	case minority:
		return MinorityServers, nil
	case all:
		return AllServers, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%q is no share of the servers: expected none, minority, all, or a number%s",
			text, didYouMean(text, []string{"none", minority, all}))
	}
	return Share(n), nil
}

// String renders it as ParseShare reads it.
func (s Share) String() string {
	switch s {
	case NoServer:
		return "none"
	case MinorityServers:
		return minority
	case AllServers:
		return all
	}
	return strconv.Itoa(int(s))
}

// Of is how many of so many servers the share is.
func (s Share) Of(servers int) int {
	switch s {
	case MinorityServers:
		return max(servers-1, 0) / 2
	case AllServers:
		return servers
	}
	return int(s)
}

// Budget is what a system claims to survive: what a storm never exceeds, at any
// instant of the run. What overlaps is added up as it adds up in the cluster. The
// zero value of a field allows nothing of it.
type Budget struct {
	// Down is how many servers may be out at once: crashed, paused, or cut off from
	// others. Of a partition those are out that are not in its largest group; in
	// general, the fewest without which all others reach each other.
	Down Share

	// PowerLoss is how many servers may be out at once while some have lost power at
	// the same instant, if that is more.
	PowerLoss Share

	// Recover is how much longer a server counts as out when it is not any more, in
	// which it catches up.
	Recover time.Duration

	Loss      Amount        // a Percent: of the messages lost, doubled, reordered and damaged, added up
	Delay     time.Duration // by which messages are late
	Bandwidth Amount        // a Rate: the least of a link
	Slow      Amount        // a Factor: how much slower processors, and disks, are
	Drift     Amount        // a PPM: of a clock, in either direction
	Jump      time.Duration // of a clock, in either direction

	Disk   Share // servers whose disks are full or fail, at once
	Damage Share // servers whose disks are lost, rot or lie, in the whole run
}

// String renders what is allowed: "down minority, power-loss all, loss 20%".
func (b *Budget) String() string {
	var parts []string
	say := func(name string, allowed bool, value any) {
		if allowed {
			parts = append(parts, fmt.Sprintf("%s %v", name, value))
		}
	}
	say("down", b.Down != NoServer, b.Down)
	say("power-loss", b.PowerLoss != NoServer, b.PowerLoss)
	say("recover", b.Recover > 0, durationText(b.Recover))
	say("loss", b.Loss.N > 0, b.Loss)
	say("delay", b.Delay > 0, durationText(b.Delay))
	say("bandwidth", b.Bandwidth.N > 0, b.Bandwidth)
	say("slow", b.Slow.N > 0, b.Slow)
	say("clock-drift", b.Drift.N > 0, b.Drift)
	say("clock-jump", b.Jump > 0, durationText(b.Jump))
	say("disk", b.Disk != NoServer, b.Disk)
	say("damage", b.Damage != NoServer, b.Damage)
	return strings.Join(parts, ", ")
}

// load is what a fault takes from the budget while it is in force.
type load struct {
	out    crowd // servers that are down or cut off
	power  bool  // since they have lost power
	disk   crowd
	damage crowd

	loss, drift int64 // in the units of their amounts
	delay, jump time.Duration
	slow, lag   int64 // factors of processors and disks, in the unit of their amount; 0 is as fast as ever
}

// crowd is some servers: those that are known by name, and how many more.
type crowd struct {
	names   []string
	unnamed int // known only when the run has come so far; at worst none of the named
}

func (c *crowd) add(more crowd) {
	for _, name := range more.names {
		if !slices.Contains(c.names, name) {
			c.names = append(c.names, name)
		}
	}
	c.unnamed += more.unnamed
}

// most is how many servers it is at its worst.
func (c *crowd) most() int { return len(c.names) + c.unnamed }

// add is what both come to together.
func (l *load) add(m *load) {
	l.out.add(m.out)
	l.power = l.power || m.power
	l.disk.add(m.disk)
	l.damage.add(m.damage)
	l.loss += m.loss
	l.drift += m.drift
	l.delay += m.delay
	l.jump += m.jump
	l.slow = times(l.slow, m.slow)
	l.lag = times(l.lag, m.lag)
}

// times multiplies factors, of which 0 is none.
func times(a, b int64) int64 {
	const one = 1000
	if a == 0 || b == 0 {
		return a + b
	}
	return min(a, units[Factor].most) * min(b, units[Factor].most) / one
}

// holds says whether so much is within the budget of so many servers.
func (b *Budget) holds(l *load, servers int) bool {
	out := b.Down.Of(servers)
	if l.power {
		out = max(out, b.PowerLoss.Of(servers))
	}
	return min(l.out.most(), servers) <= out &&
		min(l.disk.most(), servers) <= b.Disk.Of(servers) &&
		min(l.damage.most(), servers) <= b.Damage.Of(servers) &&
		l.loss <= b.Loss.N && l.drift <= b.Drift.N && l.delay <= b.Delay && l.jump <= b.Jump &&
		max(l.slow, l.lag) <= b.Slow.N
}

// check says what is impossible in the budget of so many servers.
func (b *Budget) check(servers int, fail func(field, format string, args ...any)) {
	for _, s := range []struct {
		field string
		share Share
	}{{"down", b.Down}, {"power-loss", b.PowerLoss}, {"disk", b.Disk}, {"damage", b.Damage}} {
		if s.share < AllServers || s.share.Of(servers) > servers {
			fail("budget."+s.field, "%v of %d servers", s.share, servers)
		}
	}
	for _, a := range []struct {
		field  string
		amount Amount
		unit   Unit
	}{{"loss", b.Loss, Percent}, {"bandwidth", b.Bandwidth, Rate}, {"slow", b.Slow, Factor}, {"clock-drift", b.Drift, PPM}} {
		if u := &units[a.unit]; a.amount != (Amount{}) && (a.amount.Unit != a.unit || a.amount.N < max(u.least, 1) || a.amount.N > u.most) {
			fail("budget."+a.field, "%v is no %s %s", a.amount, u.name, u.bounds)
		}
	}
	for _, t := range []struct {
		field string
		time  time.Duration
	}{{"recover", b.Recover}, {"delay", b.Delay}, {"clock-jump", b.Jump}} {
		if t.time < 0 || t.time > longest || t.time > 0 && t.time < time.Millisecond {
			fail("budget."+t.field, "%v, expected a time of at least 1ms", t.time)
		}
	}
}
