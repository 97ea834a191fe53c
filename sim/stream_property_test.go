package sim

import (
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// streamPlan is what happens to connections between a and b: what each end sends
// and what is done to nodes and links.
type streamPlan struct {
	seed    uint64
	link    Link
	timeout time.Duration // Config.StreamTimeout
	bursts  [2][]burst
	faults  []streamFault
}

type burst struct {
	after time.Duration
	count int
	close bool
}

type streamFault struct {
	at, lasts time.Duration
	kind      string
}

var (
	gentleFaults = []string{"cut a-b", "cut b-a", "isolate", "hold a-b", "hold b-a", "pause a", "pause b", "slow a-b", "slow b-a",
		"drop-messages", "deliver-messages", "hold-messages"}
	roughFaults = append([]string{"crash a", "crash b", "lossy a-b", "lossy b-a"}, gentleFaults...)
)

func drawDuration(t *rapid.T, lo, hi time.Duration, what string) time.Duration {
	return time.Duration(rapid.Int64Range(int64(lo), int64(hi)).Draw(t, what))
}

// drawPlan draws a plan. Under a gentle one nothing can break: no machine crashes,
// nobody closes, and three cuts of at most a second leave one of the
// retransmissions within 15 s free, after 0.2, 0.6, 1.4, 3, 6.2 and 12.6 s.
func drawPlan(t *rapid.T, gentle bool) streamPlan {
	plan := streamPlan{seed: rapid.Uint64().Draw(t, "seed"), timeout: 15 * time.Second}
	plan.link.Latency = Uniform(0, drawDuration(t, 1, 100*time.Millisecond, "latency"))
	kinds, most, longest := gentleFaults, 3, time.Second
	if !gentle {
		kinds, most, longest = roughFaults, 8, 10*time.Second
		plan.timeout = drawDuration(t, time.Millisecond, 15*time.Second, "StreamTimeout")
		plan.link.Loss = rapid.SampledFrom([]float64{0, 0.1, 0.5}).Draw(t, "loss")
		plan.link.Bandwidth = rapid.SampledFrom([]int64{0, 0, 1000, 100_000}).Draw(t, "bandwidth")
	}
	for end := range plan.bursts {
		plan.bursts[end] = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) burst {
			return burst{
				after: drawDuration(t, 0, time.Second, "after"),
				count: rapid.IntRange(0, 5).Draw(t, "count"),
				close: !gentle && rapid.IntRange(0, 9).Draw(t, "close") == 9,
			}
		}), 0, 20).Draw(t, fmt.Sprint("bursts of ", end))
	}
	plan.faults = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) streamFault {
		return streamFault{
			at:    drawDuration(t, 0, 15*time.Second, "at"),
			lasts: drawDuration(t, 0, longest, "lasts"),
			kind:  rapid.SampledFrom(kinds).Draw(t, "fault"),
		}
	}), 0, most).Draw(t, "faults")
	return plan
}

// streamRun is a run of a plan and what both ends of every connection saw.
type streamRun struct {
	plan streamPlan
	w    *World
	ends map[*Conn]*endLog
	next int    // the next message, each is a number of its own
	step [2]int // how far each end is with its bursts
}

type endLog struct {
	sent, got []int
	err       error // the last of Recv
}

func (plan streamPlan) run(checking bool) *streamRun {
	r := &streamRun{plan: plan, ends: map[*Conn]*endLog{}}
	r.w = New(Config{Seed: plan.seed, Link: plan.link, StreamTimeout: plan.timeout, Checking: checking})
	r.w.Node("b", func(p *Proc) {
		l := p.Listen("x")
		for {
			c := l.Accept(p)
			p.Go("conn", func(p *Proc) { r.talk(p, c, 1) })
		}
	})
	r.w.Node("a", func(p *Proc) {
		for {
			c, err := p.Dial("b:x", 300*time.Millisecond)
			if err == nil {
				r.talk(p, c, 0)
			}
			p.Sleep(50 * time.Millisecond)
		}
	})
	for _, f := range plan.faults {
		r.w.At(f.at, f.kind, func() {
			undo := r.begin(f.kind)
			r.w.At(f.at+f.lasts, "undo "+f.kind, undo)
		})
	}
	return r
}

// talk is the life of one end: one process sends, this one receives to the end.
func (r *streamRun) talk(p *Proc, c *Conn, end int) {
	log := &endLog{}
	r.ends[c] = log
	sender := p.Go("send", func(p *Proc) { r.send(p, c, end, log) })
	for {
		body, err := c.Recv(p)
		if err != nil {
			log.err = err
			break
		}
		log.got = append(log.got, body.(int))
	}
	sender.Kill()
	c.Close(p)
}

func (r *streamRun) send(p *Proc, c *Conn, end int, log *endLog) {
	for r.step[end] < len(r.plan.bursts[end]) {
		b := r.plan.bursts[end][r.step[end]]
		p.Sleep(b.after)
		r.step[end]++
		for range b.count {
			if c.Send(p, r.next) != nil {
				return
			}
			log.sent = append(log.sent, r.next)
			r.next++
		}
		if b.close {
			c.Close(p)
			return
		}
	}
}

// begin does a fault and returns what undoes it.
func (r *streamRun) begin(kind string) func() {
	w := r.w
	var what, from, to string
	fmt.Sscanf(kind, "%s %1s-%1s", &what, &from, &to)
	n := w.Lookup(from)
	switch what {
	case "drop-messages":
		byHand(w, w.DropMessage)
		return func() {}
	case "deliver-messages":
		byHand(w, w.DeliverMessage)
		return func() {}
	case "hold-messages":
		return holdByHand(w)
	case "cut":
		return w.Cut(from, to).Mend
	case "isolate":
		return w.Isolate("b").Heal
	case "hold":
		return w.Hold(from, to).Release
	case "lossy":
		return w.Degrade(from, to, Link{Loss: 0.7}).Restore
	case "slow":
		return w.Degrade(from, to, Link{Latency: Uniform(0, time.Second)}).Restore
	case "pause":
		n.Pause()
		return n.Resume
	case "crash":
		n.Crash()
		return func() {
			if !n.Up() {
				n.Restart()
			}
		}
	}
	panic("unknown fault " + kind)
}

// finish runs the plan, heals everything, and lets a minute pass.
func (r *streamRun) finish(t *rapid.T) {
	for range 2 {
		if o := r.w.Run(time.Minute); !o.OK() {
			t.Fatal(o, o.Stack)
		}
		r.w.Heal()
	}
}

// The stream transport never reorders, invents or duplicates: what arrives is a
// prefix of what was sent, and all of it if the sender closes. What has not arrived
// when all is healed was dropped with an error, or a machine has crashed.
func TestStreamNeverReordersOrInvents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawPlan(t, false).run(false)
		defer r.w.Close()
		r.finish(t)
		for c, log := range r.ends {
			peer, flow := r.ends[c.peer], &c.peer.out
			if flow.queue.len() > 0 {
				t.Fatalf("%v: %d messages to it hang", c, flow.queue.len())
			}
			if peer == nil { // it gave up before it was connected
				peer = &endLog{}
			}
			if len(log.got) > len(peer.sent) || !slices.Equal(log.got, peer.sent[:len(log.got)]) {
				t.Fatalf("%v: sent %v, arrived %v", c, peer.sent, log.got)
			}
			silent := log.err == nil && !flow.over && !c.dead() && !c.peer.dead()
			if (silent || log.err == io.EOF) && len(log.got) < len(peer.sent) {
				t.Fatalf("%v: sent %v, only %v arrived, error %v", c, peer.sent, log.got, log.err)
			}
		}
	})
}

// What is cut, held, paused and slow in time breaks nothing: everything arrives.
func TestStreamHealedInTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawPlan(t, true).run(false)
		defer r.w.Close()
		r.finish(t)
		for c, log := range r.ends {
			peer := r.ends[c.peer]
			if peer == nil {
				if len(log.sent) > 0 && log.err == nil {
					t.Fatalf("%v: sent %v to nobody", c, log.sent)
				}
				continue
			}
			if log.err != nil || !slices.Equal(peer.got, log.sent) {
				t.Fatalf("%v: sent %v, arrived %v, error %v", c, log.sent, peer.got, log.err)
			}
		}
	})
}

// The same plan gives the same run, whether it is checked or watched or not.
func TestStreamRunsAreEqual(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plan := drawPlan(t, false)
		one, two := plan.run(false), plan.run(true)
		defer one.w.Close()
		defer two.w.Close()
		two.w.Observe(ObserverFunc(func(e *Event) { _ = e.String() }))
		one.finish(t)
		two.finish(t)
		if one.w.Hash() != two.w.Hash() || one.w.Events() != two.w.Events() {
			t.Fatalf("%d events with hash %x, and %d with %x", one.w.Events(), one.w.Hash(), two.w.Events(), two.w.Hash())
		}
	})
}

// span is a stretch of time during which a link is cut: from <= t < to.
type span struct{ from, to time.Duration }

// arrivals is when the messages of one flow arrive, worked out the dumb way: the
// clever one lives by events. The way takes a millisecond; the times of the rest,
// which do not arrive because the flow breaks, are missing.
func arrivals(sent []time.Duration, cuts []span, timeout time.Duration) []time.Duration {
	cut := func(at time.Duration) bool {
		return slices.ContainsFunc(cuts, func(s span) bool { return s.from <= at && at < s.to })
	}
	given := slices.Clone(sent) // to the link
	var out []time.Duration
	for i := range given {
		at := given[i] + time.Millisecond
		if i > 0 {
			at = max(at, out[i-1])
		}
		if cut(given[i]) || cut(at) {
			failed, wait := at, 200*time.Millisecond
			for cut(at) || at == failed {
				if at += wait; at-failed >= timeout {
					return out
				}
				wait *= 2
			}
			for j := i + 1; j < len(given); j++ { // all that waited is sent anew
				given[j] = max(given[j], at)
			}
		}
		out = append(out, at)
	}
	return out
}

// Messages arrive when the dumb way of working it out says, and a flow that is cut
// breaks when it says so.
func TestStreamArrivals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Cuts begin and end at microseconds of their own, so that nothing else is due then.
		ms := rapid.IntRange(10, 20_000)
		timeout := time.Duration(rapid.IntRange(1, 10_000).Draw(t, "timeout"))*time.Millisecond + 500*time.Microsecond
		var sent []time.Duration
		for _, at := range rapid.SliceOfN(ms, 1, 30).Draw(t, "sent") {
			sent = append(sent, time.Duration(at)*time.Millisecond)
		}
		slices.Sort(sent)
		var cuts []span
		for range rapid.IntRange(0, 5).Draw(t, "cuts") {
			from := time.Duration(ms.Draw(t, "from"))*time.Millisecond + 300*time.Microsecond
			cuts = append(cuts, span{from, from + time.Duration(rapid.IntRange(1, 5_000).Draw(t, "ms"))*time.Millisecond})
		}
		want := arrivals(sent, cuts, timeout)

		var got []time.Duration
		var end error
		w := talk(Config{Seed: rapid.Uint64().Draw(t, "seed"), StreamTimeout: timeout}, func(p *Proc, c *Conn) {
			for i, at := range sent {
				sleepUntil(p, at)
				end = c.Send(p, i)
			}
			if end == nil {
				_, end = c.RecvTimeout(p, time.Minute)
			}
		}, func(p *Proc, c *Conn) {
			for {
				if _, err := c.Recv(p); err != nil {
					return
				}
				got = append(got, p.w.Now())
			}
		})
		defer w.Close()
		for _, s := range cuts {
			w.At(s.from, "cut", func() { w.At(s.to, "mend", w.Cut("a", "b").Mend) })
		}
		if o := w.Run(2 * time.Minute); !o.OK() {
			t.Fatal(o)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("arrived at\n%v, expected\n%v", got, want)
		}
		if broken := len(want) < len(sent); broken != (end == ErrBroken) {
			t.Fatalf("ends with %v, expected that it broke: %v", end, broken)
		}
	})
}
