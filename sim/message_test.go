package sim

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// courier is a world in which a sends messages to b, numbered from 1, and b takes
// down which arrive when. They travel for 10 ms.
type courier struct {
	journal
	w     *World
	sends []uint64 // by number, from 1
	drops []string
}

// newCourier makes one that sends at the given times, in milliseconds, as datagrams,
// calls or over a connection.
func newCourier(t testing.TB, how string, link Link, at ...int) *courier {
	link.Latency = Constant(10 * ms)
	w := newWorld(t, Config{Seed: 1, Link: link, StreamTimeout: 2 * time.Second})
	c := &courier{journal: journal{w: w}, w: w, sends: []uint64{0}}
	w.Observe(ObserverFunc(func(e *Event) {
		switch text, ok := e.Body.(string); {
		case e.Kind == KindSend && ok && strings.HasPrefix(text, "m"):
			c.sends = append(c.sends, e.Number)
		case e.Kind == KindDrop && ok:
			c.drops = append(c.drops, fmt.Sprintf("%v %s %s", e.At, text, e.Text))
		}
	}))
	w.Node("b", func(p *Proc) {
		switch how {
		case "conn":
			for in := p.Listen("x").Accept(p); ; {
				body, err := in.Recv(p)
				if c.note("%v %v", body, err); err != nil {
					return
				}
			}
		default:
			p.Handle(func(p *Proc, m Message) {
				c.note("%v", m.Body)
				p.Reply(m, "yes", nil)
			})
		}
	})
	w.Node("a", func(p *Proc) {
		var out *Conn
		if how == "conn" {
			out, _ = p.Dial("b:x", time.Second)
		}
		for i, when := range at {
			p.Sleep(time.Duration(when)*ms - w.Now())
			body := fmt.Sprint("m", i+1)
			switch how {
			case "send":
				p.Send("b", body)
			case "call":
				p.Go("ask", func(p *Proc) {
					if _, err := Call[string](p, "b", body, 10*time.Second); err != nil {
						c.note("%s: %v", body, err)
					}
				})
			case "conn":
				out.Send(p, body)
			}
		}
		if how == "conn" {
			p.Sleep(20 * time.Second)
			out.Close(p)
		}
	})
	return c
}

// What is done to messages by hand, and with them.
var (
	dropIt        = func(c *courier, n int) error { return c.w.DropMessage(c.sends[n]) }
	deliverIt     = func(c *courier, n int) error { return c.w.DeliverMessage(c.sends[n]) }
	holdIt        = func(c *courier, n int) error { _, err := c.w.HoldMessage(c.sends[n]); return err }
	holdForAWhile = func(c *courier, n int) error { // until 400 ms
		h, err := c.w.HoldMessage(c.sends[n])
		if err == nil {
			c.w.At(400*ms, "release", h.Release)
		}
		return err
	}
	holdTwice = func(c *courier, n int) error {
		first, err := c.w.HoldMessage(c.sends[n])
		second, err2 := c.w.HoldMessage(c.sends[n])
		c.w.At(300*ms, "release", first.Release)
		c.w.At(301*ms, "again", first.Release)
		c.w.At(400*ms, "release", second.Release)
		return errors.Join(err, err2)
	}
	holdBriefly = func(c *courier, n int) error { // and gone before it would have arrived
		h, err := c.w.HoldMessage(c.sends[n])
		h.Release()
		return err
	}
	withHold  = func(c *courier) { c.w.At(350*ms, "release", c.w.Hold("a", "b").Release) }
	withCut   = func(c *courier) { c.w.At(350*ms, "mend", c.w.Cut("a", "b").Mend) }
	withPause = func(c *courier) {
		c.w.Lookup("b").Pause()
		c.w.At(350*ms, "resume", c.w.Lookup("b").Resume)
	}
	withCrash = func(c *courier) { c.w.Lookup("b").Crash() }
	withHeal  = func(c *courier) { c.w.At(350*ms, "heal", c.w.Heal) }
)

func oneAndOther(f, g func(c *courier, n int) error) func(c *courier, n int) error {
	return func(c *courier, n int) error { return errors.Join(f(c, n), g(c, n)) }
}

// oneMessage is what is done to messages in each of the places where they can be. All are
// sent from 100 ms on.
var oneMessage = []struct {
	name string
	how  string
	link Link
	with func(c *courier) // at 50 ms
	at   time.Duration    // when it is done to the first message; 105 ms if it is 0
	do   func(c *courier, n int) error
	err  string
	want string // what b saw
}{
	{name: "nothing", how: "send", want: "110ms m1, 112ms m2"},
	{name: "drop", how: "send", do: dropIt, want: "112ms m2"},
	{name: "drop", how: "call", do: dropIt, want: "112ms m2, 305ms m1"},
	{name: "drop", how: "conn", do: dropIt, want: "310ms m1, 320ms m2"},
	{name: "deliver", how: "send", do: deliverIt, want: "105ms m1, 112ms m2"},
	{name: "deliver", how: "call", do: deliverIt, want: "105ms m1, 112ms m2"},
	{name: "deliver", how: "conn", do: deliverIt, want: "105ms m1, 112ms m2"},
	{name: "hold", how: "send", do: holdIt, want: "112ms m2"},
	{name: "hold for a while", how: "send", do: holdForAWhile, want: "112ms m2, 400ms m1"},
	{name: "hold for a while", how: "call", do: holdForAWhile, want: "112ms m2, 400ms m1"},
	{name: "hold for a while", how: "conn", do: holdForAWhile, want: "400ms m1, 400ms m2"},
	{name: "hold twice", how: "send", do: holdTwice, want: "112ms m2, 400ms m1"},
	{name: "hold twice", how: "conn", do: holdTwice, want: "400ms m1, 400ms m2"},
	{name: "hold briefly", how: "send", do: holdBriefly, want: "110ms m1, 112ms m2"},
	{name: "hold briefly", how: "conn", do: holdBriefly, want: "110ms m1, 112ms m2"},
	{name: "hold, drop", how: "send", do: oneAndOther(holdForAWhile, dropIt), want: "112ms m2"},
	{name: "hold, drop", how: "call", do: oneAndOther(holdForAWhile, dropIt), want: "112ms m2, 305ms m1"},
	{name: "hold, drop", how: "conn", do: oneAndOther(holdForAWhile, dropIt), want: "310ms m1, 320ms m2"},
	{name: "hold, deliver", how: "send", do: oneAndOther(holdForAWhile, deliverIt), want: "105ms m1, 112ms m2"},
	{name: "hold, deliver", how: "conn", do: oneAndOther(holdForAWhile, deliverIt), want: "105ms m1, 112ms m2"},
	{name: "deliver, hold", how: "send", do: oneAndOther(deliverIt, holdForAWhile), want: "112ms m2, 400ms m1"},
	{name: "deliver, drop", how: "call", do: oneAndOther(deliverIt, dropIt), want: "112ms m2, 305ms m1"},
	{name: "drop, deliver", how: "call", do: oneAndOther(dropIt, deliverIt), want: "105ms m1, 112ms m2"},
	{name: "drop, deliver", how: "conn", do: oneAndOther(dropIt, deliverIt), want: "105ms m1, 112ms m2"},
	{name: "hold, heal", how: "send", with: withHeal, do: holdIt, want: "112ms m2, 350ms m1"},
	{name: "hold, heal", how: "conn", with: withHeal, do: holdIt, want: "350ms m1, 350ms m2"},
	// Of two that are alike, both.
	{name: "drop both", how: "send", link: Link{Duplicate: 1}, do: dropIt, want: "112ms m2, 122ms m2"},
	{name: "drop the other", how: "send", link: Link{Duplicate: 1}, at: 115 * ms, do: dropIt, want: "110ms m1, 112ms m2, 122ms m2"},
	{name: "deliver both", how: "send", link: Link{Duplicate: 1}, do: deliverIt, want: "105ms m1, 105ms m1, 112ms m2, 122ms m2"},
	{name: "hold both", how: "send", link: Link{Duplicate: 1}, do: holdForAWhile, want: "112ms m2, 122ms m2, 400ms m1, 400ms m1"},
	// Held by the link until 350 ms.
	{name: "drop of a link", how: "send", with: withHold, at: 200 * ms, do: dropIt, want: "350ms m2"},
	{name: "drop of a link", how: "call", with: withHold, at: 200 * ms, do: dropIt, want: "350ms m2, 400ms m1"},
	{name: "drop of a link", how: "conn", with: withHold, at: 200 * ms, do: dropIt, want: "400ms m1, 410ms m2"},
	{name: "deliver of a link", how: "send", with: withHold, at: 200 * ms, do: deliverIt, want: "200ms m1, 350ms m2"},
	{name: "deliver of a link", how: "conn", with: withHold, at: 200 * ms, do: deliverIt, want: "200ms m1, 350ms m2"},
	{name: "hold of a link", how: "send", with: withHold, at: 200 * ms, do: holdForAWhile, want: "350ms m2, 400ms m1"},
	{name: "hold of a link", how: "conn", with: withHold, at: 200 * ms, do: holdForAWhile, want: "400ms m1, 400ms m2"},
	{name: "hold before a link", how: "send", with: withHold, do: holdForAWhile, want: "350ms m2, 400ms m1"},
	// Waiting to be sent again: a call 200 and 600 ms after it was sent, and a connection's
	// message after it should have arrived.
	{name: "a cut", how: "call", with: withCut, want: "700ms m1, 702ms m2"},
	{name: "drop what waits", how: "call", with: withCut, at: 330 * ms, do: dropIt, want: "702ms m2, 1.13s m1"},
	{name: "deliver what waits", how: "call", with: withCut, at: 400 * ms, do: deliverIt, want: "400ms m1, 702ms m2"},
	{name: "hold what waits", how: "call", with: withCut, at: 330 * ms, do: holdForAWhile, want: "700ms m1, 702ms m2"},
	{name: "drop what waits", how: "conn", with: withCut, at: 330 * ms, do: dropIt, err: "its connection waits to send it again", want: "710ms m1, 720ms m2"},
	{name: "deliver what waits", how: "conn", with: withCut, at: 400 * ms, do: deliverIt, err: "its connection waits to send it again", want: "710ms m1, 720ms m2"},
	{name: "hold what waits", how: "conn", with: withCut, at: 330 * ms, do: holdForAWhile, want: "710ms m1, 720ms m2"},
	// What cannot be done.
	{name: "drop what has arrived", how: "send", at: 150 * ms, do: dropIt, err: "it is not under way", want: "110ms m1, 112ms m2"},
	{name: "deliver what has arrived", how: "conn", at: 150 * ms, do: deliverIt, err: "it is not under way", want: "110ms m1, 112ms m2"},
	{name: "drop at a paused node", how: "send", with: withPause, at: 200 * ms, do: dropIt, err: "it has reached b, which is paused", want: "350ms m1, 350ms m2"},
	{name: "deliver at a paused node", how: "call", with: withPause, at: 200 * ms, do: deliverIt, err: "it has reached b, which is paused", want: "350ms m1, 350ms m2"},
	{name: "hold at a paused node", how: "call", with: withPause, at: 200 * ms, do: holdIt, err: "it has reached b, which is paused", want: "350ms m1, 350ms m2"},
	{name: "deliver over a cut", how: "call", with: withCut, do: deliverIt, err: "the link from a to b is cut", want: "700ms m1, 702ms m2"},
	{name: "deliver over a cut", how: "conn", with: withCut, do: deliverIt, err: "the link from a to b is cut", want: "710ms m1, 720ms m2"},
	{name: "deliver to nobody", how: "send", with: withCrash, do: deliverIt, err: "b is down", want: ""},
	{name: "deliver the second", how: "conn", at: 105 * ms, do: func(c *courier, _ int) error { return deliverIt(c, 2) }, err: "message N, which was sent before it on the same connection, has not arrived", want: "110ms m1, 112ms m2"},
}

func TestOneMessage(t *testing.T) {
	for _, c := range oneMessage {
		t.Run(c.name+", "+c.how, func(t *testing.T) {
			x := newCourier(t, c.how, c.link, 100, 102)
			x.w.At(50*ms, "with", func() {
				if c.with != nil {
					c.with(x)
				}
			})
			var err error
			at := c.at
			if at == 0 {
				at = 105 * ms
			}
			x.w.At(at, "by hand", func() {
				if c.do != nil {
					err = c.do(x, 1)
				}
			})
			mustRun(t, x.w, 5*time.Second)
			want := strings.ReplaceAll(c.err, "N", fmt.Sprint(x.sends[1]))
			if got := fmt.Sprint(err); got != want && (err != nil || want != "") {
				t.Errorf("the error is %q, expected %q", got, want)
			}
			if got := strings.ReplaceAll(x.said(), " <nil>", ""); got != c.want {
				t.Errorf("arrived are\n\t%s\nexpected\n\t%s", got, c.want)
			}
			if c.with == nil && len(x.w.sends)+len(x.w.kept) > 0 && !strings.HasPrefix(c.name, "hold") {
				t.Errorf("remembered are %v and %v", x.w.sends, x.w.kept)
			}
		})
	}
}

// said is the journal in a line, times without what lies below a millisecond.
func (c *courier) said() string {
	var list []string
	for _, line := range c.lines {
		at, what, _ := strings.Cut(line, " ")
		d, _ := time.ParseDuration(at)
		list = append(list, fmt.Sprint(d.Truncate(ms), " ", what))
	}
	return strings.Join(list, ", ")
}

// TestDropUntilItBreaks has a call be lost as often as it is sent again.
func TestDropUntilItBreaks(t *testing.T) {
	c := newCourier(t, "call", Link{}, 100)
	for at := 105 * ms; at < 5*time.Second; at += 50 * ms {
		c.w.At(at, "drop", func() { c.w.DropMessage(c.sends[1]) })
	}
	mustRun(t, c.w, 5*time.Second)
	if got := c.said(); !strings.HasSuffix(got, "m1: connection broken") || strings.Contains(got, ",") {
		t.Error(got)
	}
	if len(c.w.sends) > 0 {
		t.Errorf("remembered are %v", c.w.sends)
	}
}

// TestHoldOfWhatEnds has a connection break while something on it is held: nothing is
// acknowledged for the two seconds of its timeout.
func TestHoldOfWhatEnds(t *testing.T) {
	c := newCourier(t, "conn", Link{}, 100, 102)
	c.w.At(50*ms, "cut", func() { c.w.Cut("b", "a") })
	var h *MessageHold
	c.w.At(105*ms, "hold", func() { h, _ = c.w.HoldMessage(c.sends[2]) })
	mustRun(t, c.w, 3*time.Second)
	if got := strings.Join(c.drops, ", "); got != "2.11s m2 connection broken" || len(c.w.kept) > 0 {
		t.Errorf("dropped: %s; held are %v", got, c.w.kept)
	}
	if _, err := c.w.HoldMessage(c.sends[2]); err != ErrNotUnderWay {
		t.Error(err)
	}
	h.Release()
	mustRun(t, c.w, time.Second)
	c.expect(t, "110ms m1 <nil>")
}

// TestReset has nothing be done to what a connection sends that has ended on the other
// side, nor to the reset that says so.
func TestReset(t *testing.T) {
	c := newCourier(t, "conn", Link{}, 100, 102)
	c.w.At(50*ms, "restart", c.w.Lookup("b").Restart)
	reset := uint64(0)
	c.w.Observe(ObserverFunc(func(e *Event) {
		if e.Kind == KindSend && e.Body == ErrReset {
			reset = e.Number
		}
	}))
	mustRun(t, c.w, 111*ms)
	for _, x := range []struct {
		send uint64
		want error
	}{{c.sends[1], ErrNotUnderWay}, {c.sends[2], errNoPeer}, {reset, errReset}} {
		_, held := c.w.HoldMessage(x.send)
		for _, got := range []error{c.w.DropMessage(x.send), c.w.DeliverMessage(x.send), held} {
			if got != x.want {
				t.Errorf("message %d: %v, expected %v", x.send, got, x.want)
			}
		}
	}
}

// TestEventsOfOneMessage shows what observers see.
func TestEventsOfOneMessage(t *testing.T) {
	for how, want := range map[string]string{ // order-free: only reports
		"send": "send a b, hold b a, deliver b a",
		"call": "send a b, hold b a, deliver b a",
		"conn": "send a b, hold b a, deliver b a",
	} {
		c := newCourier(t, how, Link{}, 100)
		seen := watch(c.w, KindSend, KindHold, KindDeliver)
		c.w.At(105*ms, "hold", func() {
			h, err := c.w.HoldMessage(c.sends[1])
			if err != nil {
				t.Fatal(err)
			}
			c.w.At(300*ms, "release", h.Release)
		})
		mustRun(t, c.w, time.Second)
		var got []string
		from := uint64(0)
		for _, e := range *seen {
			if e.Body != "m1" {
				continue
			}
			if e.Kind != KindSend && e.Cause != from {
				t.Errorf("%s: the cause of %v is not %d", how, &e, from)
			}
			from = e.Number
			got = append(got, fmt.Sprint(e.Kind, " ", e.Node, " ", e.Peer))
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%s: %v, expected %s", how, got, want)
		}
	}
}

// TestHoldChangesNothing has all that is under way be held and let go again and again,
// while links are cut and hold and nodes pause and crash: every message arrives when it
// does without, but for the nanoseconds between those that are let go together. What an observer takes to be under way, can be held.
func TestHoldChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		loss := rapid.SampledFrom([]float64{0, 0.1}).Draw(t, "loss") // no stream gives up, which is no event
		script := rapid.SliceOfN(rapid.IntRange(0, 9), 2, 8).Draw(t, "script")
		plain, _ := shaken(t, seed, loss, script, false)
		held, some := shaken(t, seed, loss, script, true)
		if !slices.Equal(plain, held) {
			missing := slices.DeleteFunc(slices.Clone(plain), func(line string) bool { return slices.Contains(held, line) })
			more := slices.DeleteFunc(held, func(line string) bool { return slices.Contains(plain, line) })
			t.Fatalf("arrived only without holds\n%s\nonly with\n%s", strings.Join(missing, "\n"), strings.Join(more, "\n"))
		}
		if some == 0 {
			t.Fatal("nothing was under way")
		}
	})
}

// shaken runs a world of datagrams and calls, in which something happens every 40 ms,
// and returns what arrived, and how often a message was held.
func shaken(t *rapid.T, seed uint64, loss float64, script []int, hold bool) (arrived []string, held int) {
	w := New(Config{Seed: seed, Link: Link{Latency: Uniform(ms, 30*ms), Loss: loss}})
	defer w.Close()
	names := []string{"a", "b", "c"}
	for _, name := range names {
		w.Node(name, func(p *Proc) {
			p.Handle(func(*Proc, Message) {})
			for { // one at an instant: what a message meets depends on those beside it
				for _, to := range names {
					p.Sleep(ms)
					p.Send(to, "text")
					p.Sleep(ms)
					p.Go("ask", func(p *Proc) { Call[string](p, to, "question", time.Minute) })
				}
			}
		})
	}
	root, open, at := map[uint64]uint64{}, map[uint64]bool{}, map[uint64]time.Duration{}
	w.Observe(ObserverFunc(func(e *Event) {
		sent := root[e.Cause]
		switch e.Kind {
		case KindSend:
			root[e.Number], open[e.Number], at[e.Number] = e.Number, true, e.At
		case KindHold, KindRetry:
			root[e.Number] = sent
		case KindDeliver, KindDrop:
			delete(open, sent)
			arrived = append(arrived, fmt.Sprintf("%v %v %s <- %s %v, sent %v", e.At.Truncate(10*us), e.Kind, e.Node, e.Peer, e.Body, at[sent]))
		}
	}))
	undo := map[int]func(){}
	for _, what := range script {
		shake(w, what, undo)
		for n := uint64(1); hold && n <= w.Events(); n++ {
			if !open[n] && n%10 != 0 {
				continue
			}
			h, err := w.HoldMessage(n)
			waits := err != nil && strings.Contains(err.Error(), "paused")
			if (err == nil || waits) != open[n] {
				t.Fatalf("message %d: under way is %v, and the error %v", n, open[n], err)
			}
			if err == nil {
				h.Release()
				held++
			}
		}
		if out := w.Run(40 * ms); !out.OK() {
			t.Fatal(out)
		}
	}
	slices.Sort(arrived) // of those of one instant the order is drawn
	return arrived, held
}

// shake does or undoes one thing.
func shake(w *World, what int, undo map[int]func()) {
	if back := undo[what]; back != nil {
		back()
		delete(undo, what)
		return
	}
	switch what {
	case 0, 1:
		undo[what] = w.Cut("a", "b").Mend
	case 2, 3:
		undo[what] = w.Hold("b", "c").Release
	case 4:
		w.Lookup("c").Pause()
		undo[what] = w.Lookup("c").Resume
	case 5:
		w.Lookup("b").Crash()
		undo[what] = w.Lookup("b").Restart
	}
}

// TestUnusedActsAllocateNothing has a message that nobody touches cost nothing.
func TestUnusedActsAllocateNothing(t *testing.T) {
	w := newWorld(t, Config{Seed: 1})
	w.Node("b", func(p *Proc) { p.Handle(func(*Proc, Message) {}) })
	w.Node("a", func(p *Proc) {
		for {
			p.Send("b", nil)
			p.Sleep(ms)
		}
	})
	mustRun(t, w, time.Second)
	few := testing.AllocsPerRun(10, func() { w.Run(ms) })
	many := testing.AllocsPerRun(10, func() { w.Run(100 * ms) })
	if many > few || w.sends != nil || w.kept != nil {
		t.Errorf("%v allocations for 1 message, %v for 100", few, many)
	}
}

// byHand does something to all messages among the last hundred events that are under
// way, and returns how many those were.
func byHand(w *World, do func(send uint64) error) (done int) {
	last := w.Events()
	for n := last - min(last, 100); n <= last; n++ {
		if do(n) == nil {
			done++
		}
	}
	return done
}

// holdByHand is byHand for holds, and returns what ends them.
func holdByHand(w *World) (release func()) {
	var holds []*MessageHold
	byHand(w, func(send uint64) error {
		h, err := w.HoldMessage(send)
		if err == nil {
			holds = append(holds, h)
		}
		return err
	})
	return func() {
		for _, h := range holds {
			h.Release()
		}
	}
}

// buildByHand is a world of goldenWorlds in which all this is done to datagrams, calls
// and what travels on connections.
func buildByHand(w *World) {
	buildDatagrams(w)
	buildStreams(w)
	w.Node("answers", func(p *Proc) { p.Serve(func(_ *Proc, m Message) (any, error) { return m.Body, nil }) })
	w.Client("asks", func(p *Proc) {
		for n := range 100 {
			_, err := Call[int](p, "answers", n, time.Second)
			p.Log("%d: %v", n, err)
		}
	})
	for at := 100 * ms; at < 2*time.Second; at += 100 * ms {
		switch at / (100 * ms) % 4 {
		case 0:
			w.At(at, "drop", func() { byHand(w, w.DropMessage) })
		case 1:
			w.At(at, "deliver", func() { byHand(w, w.DeliverMessage) })
		case 2:
			w.At(at, "hold", func() { w.At(at+300*ms, "release", holdByHand(w)) })
		}
	}
}
