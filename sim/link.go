package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Link is what one direction between two nodes is like.
type Link struct {
	Latency   Dist    // from sending to arrival; the zero Dist is what it is otherwise, Constant(0) is none
	Bandwidth int64   // bytes per second; 0 is without limit. What waits, waits in order
	Loss      float64 // probability that a datagram is lost, or that a stream must send again
	Duplicate float64 // probability that a datagram arrives twice
	Reorder   float64 // probability that a datagram takes two latencies more, and so is overtaken
	Corrupt   float64 // probability that a datagram is damaged; a stream notices and sends again
}

// orLike is the link with the latency of another if it has none of its own.
func (l Link) orLike(other *link) Link {
	if l.Latency.IsZero() {
		l.Latency = other.base.Latency
	}
	return l
}

// mustBeSound panics unless the link is possible.
func (l *Link) mustBeSound(where string) {
	chance := func(name string, p float64) {
		if !(p >= 0 && p <= 1) {
			panic(fmt.Sprintf("sim: %s: %s is %v; a probability is between 0 and 1", where, name, p))
		}
	}
	chance("Loss", l.Loss)
	chance("Duplicate", l.Duplicate)
	chance("Reorder", l.Reorder)
	chance("Corrupt", l.Corrupt)
	if l.Bandwidth < 0 {
		panic(fmt.Sprintf("sim: %s: Bandwidth is %d bytes per second; it must not be negative", where, l.Bandwidth))
	}
}

// String renders what is not zero: "1ms, loss 0.1".
func (l Link) String() string {
	parts := []string{l.Latency.String()}
	if l.Bandwidth > 0 {
		parts = append(parts, fmt.Sprintf("%d B/s", l.Bandwidth))
	}
	for _, c := range []struct {
		name string
		p    float64
	}{{"loss", l.Loss}, {"duplicate", l.Duplicate}, {"reorder", l.Reorder}, {"corrupt", l.Corrupt}} {
		if c.p > 0 {
			parts = append(parts, fmt.Sprintf("%s %v", c.name, c.p))
		}
	}
	return strings.Join(parts, ", ")
}

// conditions is a link with everything that now acts on it.
type conditions struct {
	base                              Dist
	extra                             []Dist
	bandwidth                         int64
	loss, duplicate, reorder, corrupt float64
}

func (c *conditions) sample(r *Rand) time.Duration {
	d := c.base.random(r)
	for i := range c.extra {
		d += c.extra[i].random(r)
	}
	return d
}

// link is the state of one direction between two nodes, or of all those that are
// alike and untouched.
type link struct {
	base      Link
	set       bool // by SetLink, so that sites do not matter
	effects   []*Effect
	cuts      []*Cut // each is mended by its owner alone
	holds     []*Hold
	held      []pending
	busyUntil int64 // when what was sent before will have left

	total conditions    // base and effects together
	plain bool          // all it does is delay
	fixed time.Duration // by how much, if that is always the same; else negative
}

func newLink(base Link) *link {
	l := &link{base: base}
	l.refresh()
	return l
}

// refresh works out what base and effects come to.
func (l *link) refresh() {
	b := &l.base
	c := conditions{
		base: b.Latency, bandwidth: b.Bandwidth,
		loss: b.Loss, duplicate: b.Duplicate, reorder: b.Reorder, corrupt: b.Corrupt,
	}
	for _, e := range l.effects {
		if !e.link.Latency.IsZero() {
			c.extra = append(c.extra, e.link.Latency)
		}
		if bw := e.link.Bandwidth; bw > 0 && (c.bandwidth == 0 || bw < c.bandwidth) {
			c.bandwidth = bw
		}
		c.loss = either(c.loss, e.link.Loss)
		c.duplicate = either(c.duplicate, e.link.Duplicate)
		c.reorder = either(c.reorder, e.link.Reorder)
		c.corrupt = either(c.corrupt, e.link.Corrupt)
	}
	l.total = c
	l.plain = len(l.cuts) == 0 && c.bandwidth == 0 && c.loss == 0 && c.duplicate == 0 && c.reorder == 0 && c.corrupt == 0
	l.fixed = -1
	if d, ok := c.base.constant(); ok && len(c.extra) == 0 {
		l.fixed = d
	}
}

// either is the probability of at least one of two independent things.
func either(a, b float64) float64 {
	both := float64(a * b) // rounded on its own: fused multiply and subtract differ between machines
	return float64(a+b) - both
}

// transmission is how long a message waits for those before it and for its own
// bytes to leave.
func (l *link) transmission(now int64, body any) time.Duration {
	if l.total.bandwidth == 0 {
		return 0
	}
	l.busyUntil = max(now, l.busyUntil) + int64(SizeOf(unsealed(body)))*billion/l.total.bandwidth
	return time.Duration(l.busyUntil - now)
}

func pair(src, dst *Node) uint64 { return uint64(src.id)<<32 | uint64(dst.id) }

// route is the link from src to dst.
func (w *World) route(src, dst *Node) *link {
	if len(w.links) != 0 {
		if l := w.links[pair(src, dst)]; l != nil {
			return l
		}
	}
	l := &w.deflt
	if src == dst {
		l = &w.loopback
	} else if len(w.sites.names) != 0 {
		l = w.siteLink(src, dst)
	}
	if l.total.bandwidth != 0 {
		return w.ownLink(src, dst) // its queue is its own
	}
	return l
}

// ownLink is the link from src to dst with a state of its own.
func (w *World) ownLink(src, dst *Node) *link {
	key := pair(src, dst)
	l := w.links[key]
	if l == nil {
		l = newLink(w.like(src, dst).base)
		if w.links == nil {
			w.links = map[uint64]*link{}
		}
		w.links[key] = l
	}
	return l
}

// like is what the link from src to dst is like if nothing was set or done to it.
func (w *World) like(src, dst *Node) *link {
	switch {
	case src == dst:
		return &w.loopback
	case len(w.sites.names) != 0:
		return w.siteLink(src, dst)
	}
	return &w.deflt
}

// mustLookup returns the node of that name and panics if there is none.
func (w *World) mustLookup(name string) *Node {
	n := w.byName[name]
	if n == nil {
		panic(fmt.Sprintf("sim: there is no node named %q%s", name, w.nearest(name)))
	}
	return n
}

// SetLink says what the link from one node to another is like, in that direction
// only. Cuts, holds and effects on it stay. Without a latency it has that of its
// sites, or of Config.Link.
func (w *World) SetLink(from, to string, l Link) {
	l.mustBeSound(fmt.Sprintf("SetLink(%s, %s)", from, to))
	src, dst := w.mustLookup(from), w.mustLookup(to)
	own := w.ownLink(src, dst)
	l = l.orLike(w.like(src, dst))
	own.base, own.set = l, true
	own.refresh()
	text := l.String()
	w.emit(&fact{kind: KindLink, node: src, peer: dst, cause: w.cause, sum: hashString(text), text: text})
}

// Cut is a cut of one directed link. Links may be cut by several at once, and
// work again when all are mended.
type Cut struct {
	w        *World
	src, dst *Node
	mended   bool
}

// Cut cuts the link from one node to another, in that direction only: datagrams
// are lost, also those under way that have not arrived when it is mended; streams
// wait, and break in the end.
func (w *World) Cut(from, to string) *Cut {
	return w.cut(w.mustLookup(from), w.mustLookup(to))
}

func (w *World) cut(src, dst *Node) *Cut {
	l, c := w.ownLink(src, dst), &Cut{w: w, src: src, dst: dst}
	l.cuts = append(l.cuts, c)
	l.refresh()
	w.emit(&fact{kind: KindCut, node: src, peer: dst, cause: w.cause, arg: uint64(len(l.cuts))})
	return c
}

// Mend takes this cut back. To mend it again is nothing.
func (c *Cut) Mend() {
	if c.mended {
		return
	}
	c.mended = true
	l := c.w.ownLink(c.src, c.dst)
	l.cuts = without(l.cuts, c)
	l.refresh()
	c.w.emit(&fact{kind: KindMend, node: c.src, peer: c.dst, cause: c.w.cause, arg: uint64(len(l.cuts))})
}

// without returns the list without one of its owners.
func without[T comparable](list []T, gone T) []T {
	return slices.DeleteFunc(list, func(x T) bool { return x == gone })
}

// Partition is a set of cuts that divide nodes into groups.
type Partition struct {
	cuts  []*Cut
	alone *Node // cut off from nodes to come as well, if not nil
}

// Partition cuts every link between nodes of different groups, in both
// directions. Nodes in no group are not touched. A node in two groups panics.
func (w *World) Partition(groups ...[]string) *Partition {
	side := map[*Node]int{}
	var members []*Node
	for i, g := range groups {
		for _, name := range g {
			n := w.mustLookup(name)
			if other, taken := side[n]; taken && other != i {
				panic(fmt.Sprintf("sim: Partition: node %s is in two groups", name))
			} else if !taken {
				side[n] = i
				members = append(members, n)
			}
		}
	}
	part := &Partition{}
	for _, a := range members {
		for _, b := range members {
			if side[a] != side[b] {
				part.cuts = append(part.cuts, w.cut(a, b))
			}
		}
	}
	return part
}

// Isolate cuts a node off from all others, in both directions; also from those that
// are added while it lasts.
func (w *World) Isolate(name string) *Partition {
	n := w.mustLookup(name)
	part := &Partition{alone: n}
	for _, other := range w.nodes {
		if other != n {
			part.cutOff(other)
		}
	}
	w.isolated = append(w.isolated, part)
	return part
}

func (p *Partition) cutOff(other *Node) {
	w := other.w
	p.cuts = append(p.cuts, w.cut(p.alone, other), w.cut(other, p.alone))
}

// Heal takes the partition back. What others have cut stays cut.
func (p *Partition) Heal() {
	if n := p.alone; n != nil {
		n.w.isolated = without(n.w.isolated, p)
	}
	for _, c := range p.cuts {
		c.Mend()
	}
}

// Effect is something that makes a directed link worse for a while.
type Effect struct {
	w        *World
	src, dst *Node
	link     Link
	restored bool
}

// Degrade makes the link from one node to another worse, on top of what it is
// like and of what others have done to it: latencies add up, probabilities join,
// the lowest bandwidth holds.
func (w *World) Degrade(from, to string, by Link) *Effect {
	by.mustBeSound(fmt.Sprintf("Degrade(%s, %s)", from, to))
	e := &Effect{w: w, src: w.mustLookup(from), dst: w.mustLookup(to), link: by}
	l := w.ownLink(e.src, e.dst)
	l.effects = append(l.effects, e)
	l.refresh()
	text := by.String()
	w.emit(&fact{kind: KindDegrade, node: e.src, peer: e.dst, cause: w.cause, sum: hashString(text), text: text})
	return e
}

// Restore takes this effect back, and no other.
func (e *Effect) Restore() {
	if e.restored {
		return
	}
	e.restored = true
	l := e.w.ownLink(e.src, e.dst)
	l.effects = without(l.effects, e)
	l.refresh()
	text := e.link.String()
	e.w.emit(&fact{kind: KindRestore, node: e.src, peer: e.dst, cause: e.w.cause, sum: hashString(text), text: text})
}

// Hold keeps what arrives over a directed link until it is released.
type Hold struct {
	w        *World
	src, dst *Node
	released bool
}

// Hold keeps back all messages that would arrive over the link from one node to
// another, those under way included. None is lost.
func (w *World) Hold(from, to string) *Hold {
	h := &Hold{w: w, src: w.mustLookup(from), dst: w.mustLookup(to)}
	l := w.ownLink(h.src, h.dst)
	l.holds = append(l.holds, h)
	w.emit(&fact{kind: KindHeld, node: h.src, peer: h.dst, cause: w.cause})
	return h
}

// Release lets the messages go, in the order in which they came, unless another
// hold keeps them.
func (h *Hold) Release() {
	if h.released {
		return
	}
	h.released = true
	w, l := h.w, h.w.ownLink(h.src, h.dst)
	l.holds = without(l.holds, h)
	w.emit(&fact{kind: KindRelease, node: h.src, peer: h.dst, cause: w.cause})
	if len(l.holds) > 0 {
		return
	}
	waiting := l.held
	l.held = nil
	for i, e := range waiting {
		w.schedule(w.now+int64(i), classNormal, &e)
	}
}
