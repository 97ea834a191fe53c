package service

import (
	"math"
	"slices"
	"time"

	"github.com/orrery-sim/orrery/sim"
)

// Watch sees what a balancer, its servers and its clients do, from outside: it is not
// part of the cluster, and knows what none of them can. It ends the run when a rule that
// it is to enforce is broken, and counts. A nil Watch sees nothing.
type Watch struct {
	enforced []string    // the checks, by name
	faulted  func() bool // whether a fault has come
	paused   func() bool // whether the balancer has been paused
	servers  map[string]*seen
	balancer time.Duration // when it booted

	disturbed bool // some server was not like the others, for whatever reason
	avoided   int  // choices that passed over a server with an attempt at the same request
	detour    bool // the next one is such

	begun     map[ID]int // of requests that may not be repeated
	cancelled map[attempt]time.Duration
	clients   map[*Client]*spent

	asked, tried, retried, hedged, turnedAway, ejected int

	started, waited float64 // requests begun, and nanoseconds waited for it in all
}

// seen is a server as the watch knows it.
type seen struct {
	name                string
	up                  bool
	upSince, downSince  time.Duration
	draining, out       bool
	until               time.Duration // how long it is ejected; 0 if it is not
	inFlight            int           // requests sent and not answered
	picked              int           // while nothing was disturbed
	sent, begun, queued int           // requests; the longest queue
}

// spent is what a client has spent of its budget.
type spent struct{ asked, retried int }

// NewWatch returns a watch on these servers, which enforces nothing.
func NewWatch(servers []string) *Watch {
	w := &Watch{
		faulted: func() bool { return false }, paused: func() bool { return false }, servers: map[string]*seen{},
		begun: map[ID]int{}, cancelled: map[attempt]time.Duration{}, clients: map[*Client]*spent{},
	}
	for _, name := range servers {
		w.servers[name] = &seen{name: name}
	}
	return w
}

func (w *Watch) fail(p *sim.Proc, check, format string, args ...any) {
	if slices.Contains(w.enforced, check) {
		p.Fail(check, format, args...)
	}
}

// up and down are a server's boot and crash.
func (w *Watch) up(p *sim.Proc) {
	if w != nil {
		s := w.servers[p.Node().Name()]
		s.up, s.upSince = true, p.World().Now()
	}
}

func (w *Watch) down(p *sim.Proc) {
	if w != nil {
		s := w.servers[p.Node().Name()]
		s.up, s.downSince = false, p.World().Now()
		w.disturbed = true
	}
}

// waits is a request that waits for a worker, with so many in all.
func (w *Watch) waits(p *sim.Proc, waiting, limit int) {
	if w == nil {
		return
	}
	s := w.servers[p.Node().Name()]
	s.queued = max(s.queued, waiting)
	if waiting > limit {
		w.fail(p, queueLimit, "%s lets %d requests wait, and may let %d", s.name, waiting, limit)
	}
}

func (w *Watch) rejected(*sim.Proc) {
	if w != nil {
		w.turnedAway++
	}
}

// begins is a server that begins to carry a request out.
func (w *Watch) begins(p *sim.Proc, r *Request, waited time.Duration) {
	if w == nil {
		return
	}
	w.started++
	w.waited += float64(waited)
	w.servers[p.Node().Name()].begun++
	if !r.Repeatable {
		if w.begun[r.ID]++; w.begun[r.ID] > 1 {
			w.fail(p, atMostOnce, "request %d of %s may not be repeated, and %s carries it out a second time", r.ID.Number, r.ID.Client, p.Node().Name())
		}
	}
	const grace = 25 * time.Millisecond // for the message to come
	if at, ok := w.cancelled[r.attempt()]; ok && p.World().Now()-at > grace && !w.faulted() {
		w.fail(p, losersCancelled, "attempt %d at request %d of %s was lost to another %v ago, and %s begins it",
			r.Attempt, r.ID.Number, r.ID.Client, p.World().Now()-at, p.Node().Name())
	}
}

// forgets is the balancer's boot: it knows nothing of before.
func (w *Watch) forgets(p *sim.Proc) {
	if w == nil {
		return
	}
	w.balancer = p.World().Now()
	for _, s := range w.servers { // order-free: each by itself
		s.draining, s.out, s.until, s.inFlight = false, false, 0, 0
	}
}

// panics says whether so many servers are out that health is to be ignored.
func (w *Watch) panics(b *balancer) bool {
	live, out := 0, 0
	for _, s := range w.servers { // order-free: a count
		if !s.draining {
			live++
			if s.out {
				out++
			}
		}
	}
	return b.tooMany(out, live)
}

// sends is a request that the balancer sends to a server, and has counted.
func (w *Watch) sends(p *sim.Proc, b *balancer, to *backend, r *Request) {
	if w == nil {
		return
	}
	s, now := w.servers[to.name], p.World().Now()
	s.sent++
	s.inFlight++
	if !w.disturbed && !w.faulted() {
		s.picked++
	}
	h := &b.Health
	noticed := time.Duration(h.Fall)*h.Interval + h.Timeout
	since := max(s.downSince, w.balancer)
	switch {
	case s.draining:
		w.fail(p, inRotation, "a request is sent to %s, which is draining", s.name)
	case s.out && !w.panics(b):
		w.fail(p, inRotation, "a request is sent to %s, which was taken out", s.name)
	case !s.up && h.Interval > 0 && now-since > noticed && !w.panics(b) && !w.paused():
		w.fail(p, deadServer, "a request is sent to %s, which has been dead for %v; the probes show it within %v", s.name, now-since, noticed)
	case to.outstanding != s.inFlight:
		w.fail(p, counts, "the balancer counts %d requests at %s, and %d are not answered", to.outstanding, s.name, s.inFlight)
	case b.Algorithm == Hash && !w.detour:
		w.bounded(p, b, to)
	}
	w.detour = false
}

// bounded looks at consistent hashing with bounded loads. The request is counted already.
func (w *Watch) bounded(p *sim.Proc, b *balancer, to *backend) {
	in := b.rotation()
	total := 0
	for _, s := range in {
		total += s.outstanding
	}
	most := int(math.Ceil(float64(b.Bound*float64(total)) / float64(len(in))))
	if to.outstanding > most {
		w.fail(p, boundedLoad, "%s has %d of %d outstanding requests, and may have %d", to.name, to.outstanding, total, most)
	}
}

// hears is the answer of a server, or that the balancer gives it up.
func (w *Watch) hears(from *backend) {
	if w != nil {
		w.servers[from.name].inFlight--
	}
}

func (w *Watch) avoids() {
	if w != nil {
		w.avoided++
		w.detour = true
	}
}

func (w *Watch) drains(name string, on bool) {
	if w != nil {
		w.servers[name].draining = on
		w.disturbed = true
	}
}

// marks is what the balancer has found out of a server.
func (w *Watch) marks(of *backend) {
	if w == nil {
		return
	}
	s := w.servers[of.name]
	s.out = of.out()
	if !of.ejected {
		s.until = 0
	}
	w.disturbed = true
}

func (w *Watch) ejects(p *sim.Proc, of *backend, long time.Duration) {
	if w == nil {
		return
	}
	w.marks(of)
	w.servers[of.name].until = p.World().Now() + long
	w.ejected++
}

// asks, tries, retries and hedges are what clients do.
func (w *Watch) asks(c *Client) {
	if w == nil {
		return
	}
	w.asked++
	if w.clients[c] == nil {
		w.clients[c] = &spent{}
	}
	w.clients[c].asked++
}

func (w *Watch) tries() {
	if w != nil {
		w.tried++
	}
}

func (w *Watch) hedges() {
	if w != nil {
		w.hedged++
	}
}

func (w *Watch) retries(p *sim.Proc, c *Client) {
	if w == nil {
		return
	}
	w.retried++
	s := w.clients[c]
	s.retried++
	may := max(c.Reserve, 1) + float64(c.Budget*float64(s.asked))
	const rounding = 1e-6
	if float64(s.retried) > may+rounding {
		w.fail(p, retryBudget, "%s has asked %d times and repeats for the %dth time; its budget is %.1f", c.id.Client, s.asked, s.retried, may)
	}
}

func (w *Watch) cancels(p *sim.Proc, c Cancel) {
	if w != nil {
		w.cancelled[attempt{c.ID, c.Attempt}] = p.World().Now()
	}
}
