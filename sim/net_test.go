package sim

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// pipe makes a world of two nodes: what a sends arrives in b's inbox, and comes
// out of the returned list as "time body".
func pipe(t testing.TB, config Config, send func(p *Proc)) (*World, *journal) {
	w := newWorld(t, config)
	j := &journal{w: w}
	w.Node("b", func(p *Proc) {
		for {
			m := p.Recv()
			j.note("%v", m.Body)
		}
	})
	w.Node("a", send)
	return w, j
}

// each sends 0, 1, 2, ... so many, at intervals.
func each(n int, every time.Duration) func(p *Proc) {
	return func(p *Proc) {
		for i := range n {
			p.Send("b", i)
			p.Sleep(every)
		}
	}
}

func TestLatency(t *testing.T) {
	for _, c := range []struct {
		name   string
		config Config
		want   string
	}{
		{"none given", Config{}, "1ms"},
		{"given for all", Config{Link: Link{Latency: Constant(7 * ms)}}, "7ms"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, j := pipe(t, c.config, each(1, 0))
			mustRun(t, w, time.Second)
			j.expect(t, c.want+" 0")
		})
	}
}

func TestUniformLatencyStaysInItsBounds(t *testing.T) {
	w := newWorld(t, Config{Link: Link{Latency: Uniform(2*ms, 4*ms)}})
	taken := map[time.Duration]bool{}
	w.Node("b", func(p *Proc) {
		for {
			m := p.Recv()
			d := w.Now() - m.Body.(time.Duration)
			taken[d] = true
			if d < 2*ms || d > 4*ms {
				t.Errorf("took %v", d)
			}
		}
	})
	w.Node("a", func(p *Proc) {
		for range 1000 {
			p.Send("b", w.Now())
			p.Sleep(ms)
		}
	})
	mustRun(t, w, 2*time.Second)
	if len(taken) < 990 {
		t.Errorf("1000 messages took only %d different times", len(taken))
	}
}

func TestMessageToOneself(t *testing.T) {
	w := newWorld(t, Config{Link: Link{Latency: Constant(time.Second)}})
	j := journal{w: w}
	w.Node("n", func(p *Proc) {
		p.Send("n", "to myself")
		m := p.Recv()
		j.note("%v from %v", m.Body, m.From)
	})
	mustRun(t, w, time.Second)
	j.expect(t, "20µs to myself from n") // not over the network
}

// One-way means one way.
func TestSetLinkIsDirected(t *testing.T) {
	w := newWorld(t, Config{})
	j := journal{w: w}
	w.Node("a", func(p *Proc) {
		p.Send("b", "ping")
		j.note("%v", p.Recv().Body)
	})
	w.Node("b", func(p *Proc) {
		j.note("%v", p.Recv().Body)
		p.Send("a", "pong")
	})
	w.SetLink("a", "b", Link{Latency: Constant(10 * ms)})
	mustRun(t, w, time.Second)
	j.expect(t, "10ms ping", "11ms pong")
}

func TestSites(t *testing.T) {
	w := newWorld(t, Config{})
	site := map[string]string{"a1": "eu/a", "a2": "eu/a", "b": "eu/b", "us": "us/a", "nowhere": ""}
	for _, name := range []string{"a1", "a2", "b", "us", "nowhere"} {
		n := w.Node(name, idle)
		if site[name] != "" {
			n.SetSite(site[name])
		}
	}
	link := func(d time.Duration) Link { return Link{Latency: Constant(d)} }
	w.SetSites("eu", "eu", link(2*ms))
	w.SetSites("eu", "us", link(99*ms))
	w.SetSites("eu", "us", link(40*ms)) // a later rule goes before
	w.SetSites("eu/a", "eu/a", link(500*us))
	w.SetSites("us/a", "eu/b", link(30*ms)) // zones go before regions
	r := w.Rand("test", "")
	for _, c := range []struct {
		from, to string
		want     time.Duration
	}{
		{"a1", "a2", 500 * us}, {"a1", "b", 2 * ms}, {"b", "a1", 2 * ms}, {"b", "b", 20 * us},
		{"a1", "us", 40 * ms}, {"us", "a1", 40 * ms}, {"b", "us", 30 * ms}, {"us", "b", 30 * ms},
		{"nowhere", "us", ms}, {"us", "nowhere", ms},
	} {
		link := w.route(w.Lookup(c.from), w.Lookup(c.to))
		if took := link.total.sample(r); took != c.want {
			t.Errorf("%s to %s takes %v, expected %v", c.from, c.to, took, c.want)
		}
	}
}

func TestLoss(t *testing.T) {
	for loss, want := range map[float64][2]int{0: {1000, 1000}, 0.25: {700, 800}, 1: {0, 0}} {
		w, j := pipe(t, Config{Link: Link{Latency: Constant(ms), Loss: loss}}, each(1000, ms))
		drops := watch(w, KindDrop)
		mustRun(t, w, 2*time.Second)
		if n := len(j.lines); n < want[0] || n > want[1] || n+len(*drops) != 1000 {
			t.Errorf("of 1000 messages with loss %v %d arrived and %d were dropped", loss, n, len(*drops))
		}
	}
}

func TestDuplication(t *testing.T) {
	w, j := pipe(t, Config{Link: Link{Latency: Constant(ms), Duplicate: 1}}, each(2, 10*ms))
	mustRun(t, w, time.Second)
	j.expect(t, "1ms 0", "2ms 0", "11ms 1", "12ms 1")
}

func TestReordering(t *testing.T) {
	w, j := pipe(t, Config{Link: Link{Latency: Constant(5 * ms), Reorder: 0.3}}, each(100, ms))
	mustRun(t, w, time.Second)
	if slices.IsSortedFunc(bodies(j), strings.Compare) || len(j.lines) != 100 {
		t.Errorf("%d of 100 arrived, in the order in which they were sent", len(j.lines))
	}
}

// What is sent at one instant does not share its fate.
func TestDrawsOfOneInstantDiffer(t *testing.T) {
	w, j := pipe(t, Config{Link: Link{Latency: Uniform(ms, 2*ms)}}, each(10, 0))
	mustRun(t, w, time.Second)
	at := map[string]bool{}
	for _, line := range j.lines {
		at[line[:strings.Index(line, " ")]] = true
	}
	if len(at) != 10 {
		t.Errorf("%q", j.lines)
	}
}

// Without reordering, messages a fixed latency apart keep their order.
func TestOrderWithoutReordering(t *testing.T) {
	w, j := pipe(t, Config{Link: Link{Latency: Constant(5 * ms)}}, each(100, us))
	mustRun(t, w, time.Second)
	if !slices.IsSortedFunc(bodies(j), strings.Compare) {
		t.Error(j.lines)
	}
}

// bodies are the bodies of a pipe's journal, padded to sort as numbers do.
func bodies(j *journal) (list []string) {
	for _, line := range j.lines {
		list = append(list, fmt.Sprintf("%5s", line[strings.Index(line, " ")+1:]))
	}
	return list
}

// Text and bytes arrive with one bit flipped, anything else as Corrupted. The
// sender's copy is not touched.
func TestCorruption(t *testing.T) {
	type custom struct{ n int }
	for _, sent := range []any{"some text", []byte("some bytes"), custom{7}, 7} {
		for _, checking := range []bool{false, true} {
			w := newWorld(t, Config{Checking: checking, Link: Link{Latency: Constant(ms), Corrupt: 1}})
			before := fmt.Sprint(sent)
			var got any
			w.Node("b", func(p *Proc) { got = p.Recv().Body })
			w.Node("a", func(p *Proc) { p.Send("b", sent) })
			mustRun(t, w, time.Second)
			if fmt.Sprint(sent) != before {
				t.Errorf("the sender's %T was changed", sent)
			}
			switch v := got.(type) {
			case string:
				flippedBits(t, []byte(sent.(string)), []byte(v))
			case []byte:
				flippedBits(t, sent.([]byte), v)
			case Corrupted:
				if v.Original != sent {
					t.Errorf("%v became %v", sent, v)
				}
			default:
				t.Errorf("%v became %v", sent, got)
			}
		}
	}
}

func flippedBits(t *testing.T, a, b []byte) {
	t.Helper()
	flipped := 0
	for i := range a {
		for bit := range 8 {
			flipped += int((a[i] ^ b[i]) >> bit & 1)
		}
	}
	if len(a) != len(b) || flipped != 1 {
		t.Errorf("%q became %q", a, b)
	}
}

func TestEmptyTextIsNotCorrupted(t *testing.T) {
	w := newWorld(t, Config{Link: Link{Latency: Constant(ms), Corrupt: 1}})
	w.Node("b", func(p *Proc) {
		if got := p.Recv().Body; got != "" {
			t.Errorf("%q", got)
		}
	})
	w.Node("a", func(p *Proc) { p.Send("b", "") })
	mustRun(t, w, time.Second)
}

type parcel int

func (p parcel) Size() int { return int(p) }

// Messages leave one after another, each as fast as the bandwidth lets its bytes.
func TestBandwidth(t *testing.T) {
	for _, checking := range []bool{false, true} { // which wraps bodies, and must not weigh
		config := Config{Checking: checking, Link: Link{Latency: Constant(ms), Bandwidth: 1000}}
		w, j := pipe(t, config, func(p *Proc) {
			p.Send("b", "0123456789")    // leaves at 10 ms
			p.Send("b", parcel(20))      // 30 ms
			p.Send("b", make([]byte, 5)) // 35 ms
			p.Send("b", 1)               // 99 ms: any other body is 64 bytes
			p.Send("b", parcel(-5))      // 99 ms
			p.Sleep(200 * ms)
			p.Send("b", "x") // a link that was idle saved nothing up
		})
		mustRun(t, w, time.Second)
		j.lines[0] = strings.Replace(j.lines[0], "0123456789", "text", 1)
		sameSet(t, j.lines, "11ms text", "31ms 20", "36ms [0 0 0 0 0]", "100ms 1", "100ms -5", "202ms x")
	}
}

func sameSet(t *testing.T, got []string, want ...string) {
	t.Helper()
	got = slices.Clone(got)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("saw %q, expected %q", got, want)
	}
}

// Every directed link has a queue of its own, also between equal nodes.
func TestBandwidthIsPerLink(t *testing.T) {
	w := newWorld(t, Config{Link: Link{Latency: Constant(ms), Bandwidth: 1000}})
	j := journal{w: w}
	for _, name := range []string{"b", "c"} {
		w.Node(name, func(p *Proc) { p.Recv(); j.note("arrived") })
	}
	w.Node("a", func(p *Proc) {
		p.Send("b", parcel(10))
		p.Send("c", parcel(10))
	})
	mustRun(t, w, time.Second)
	j.expect(t, "11ms arrived", "11ms arrived")
}

func TestCutOneWay(t *testing.T) {
	w := newWorld(t, Config{})
	j := journal{w: w}
	for _, pair := range [][2]string{{"a", "b"}, {"b", "a"}} {
		w.Node(pair[0], func(p *Proc) {
			p.Handle(func(p *Proc, m Message) { j.note("%s hears %s", p.Name(), m.From) })
			for {
				p.Send(pair[1], nil)
				p.Sleep(10 * ms)
			}
		})
	}
	cut := w.Cut("a", "b")
	mustRun(t, w, 5*ms)
	cut.Mend()
	cut.Mend() // again is nothing
	mustRun(t, w, 8*ms)
	sameSet(t, j.lines, "1ms a hears b", "11ms a hears b", "11ms b hears a")
}

// A datagram under way is lost if the link is cut when it would arrive.
func TestCutUnderWay(t *testing.T) {
	for _, c := range []struct {
		cut, mend time.Duration
		lost      bool
	}{{1 * ms, 2 * ms, false}, {1 * ms, 20 * ms, true}, {10*ms + 1, 20 * ms, false}} {
		w, j := pipe(t, Config{Link: Link{Latency: Constant(10 * ms)}}, each(1, 0))
		var cut *Cut
		w.At(c.cut, "cut", func() { cut = w.Cut("a", "b") })
		w.At(c.mend, "mend", func() { cut.Mend() })
		mustRun(t, w, time.Second)
		if lost := len(j.lines) == 0; lost != c.lost {
			t.Errorf("cut from %v to %v: lost %v", c.cut, c.mend, lost)
		}
	}
}

// A cut belongs to the fault that made it: the end of one does not end another.
func TestOverlappingCuts(t *testing.T) {
	w := newWorld(t, Config{})
	for _, name := range []string{"a", "b", "c", "d"} {
		w.Node(name, idle)
	}
	works := func(want string) {
		t.Helper()
		got := ""
		for _, from := range w.nodes {
			for _, to := range w.nodes {
				if from != to && len(w.route(from, to).cuts) == 0 {
					got += " " + from.name + to.name
				}
			}
		}
		if strings.TrimSpace(got) != want {
			t.Errorf("links that work:%s, expected %s", got, want)
		}
	}
	halves := w.Partition([]string{"a", "b"}, []string{"c", "d"})
	works("ab ba cd dc")
	alone := w.Isolate("a")
	works("cd dc")
	one := w.Cut("c", "d")
	works("dc")
	halves.Heal()
	works("bc bd cb db dc")
	one.Mend()
	halves.Heal()
	works("bc bd cb cd db dc")
	alone.Heal()
	works("ab ac ad ba bc bd ca cb cd da db dc")
	three := w.Partition([]string{"a"}, []string{"b"}, []string{"c", "c"})
	works("ad bd cd da db dc") // d is in no group
	three.Heal()
}

func TestHold(t *testing.T) {
	w, j := pipe(t, Config{}, each(5, 10*ms))
	mustRun(t, w, 5*ms)
	one, two := w.Hold("a", "b"), w.Hold("a", "b")
	mustRun(t, w, 20*ms)
	one.Release()
	one.Release() // again is nothing, in particular not the other's
	mustRun(t, w, 10*ms)
	two.Release()
	mustRun(t, w, 10*ms)
	j.expect(t, "1ms 0", "35ms 1", "35.000001ms 2", "35.000002ms 3", "41ms 4")
}

// What is released may still be lost to a cut.
func TestReleaseIntoACut(t *testing.T) {
	w, j := pipe(t, Config{}, each(1, 0))
	hold := w.Hold("a", "b")
	mustRun(t, w, 5*ms)
	cut := w.Cut("a", "b")
	hold.Release()
	mustRun(t, w, 5*ms)
	cut.Mend()
	mustRun(t, w, time.Second)
	j.expect(t)
}

func TestDegrade(t *testing.T) {
	w := newWorld(t, Config{Link: Link{Latency: Constant(ms), Bandwidth: 1000, Loss: 0.5}})
	w.Node("a", idle)
	w.Node("b", idle)
	now := func() *conditions { return &w.route(w.Lookup("a"), w.Lookup("b")).total }
	r := w.Rand("test", "")
	slow := w.Degrade("a", "b", Link{Latency: Constant(10 * ms), Bandwidth: 5000})
	lossy := w.Degrade("a", "b", Link{Bandwidth: 100, Loss: 0.5, Duplicate: 0.25})
	if c := now(); c.sample(r) != 11*ms || c.bandwidth != 100 || c.loss != 0.75 || c.duplicate != 0.25 {
		t.Errorf("two effects: %+v", c)
	}
	lossy.Restore()
	lossy.Restore() // again is nothing
	if c := now(); c.sample(r) != 11*ms || c.bandwidth != 1000 || c.loss != 0.5 || c.duplicate != 0 {
		t.Errorf("one effect: %+v", c)
	}
	w.SetLink("a", "b", Link{Latency: Constant(2 * ms)}) // effects stay
	if c := now(); c.sample(r) != 12*ms || c.bandwidth != 5000 {
		t.Errorf("another base: %+v", c)
	}
	slow.Restore()
	if c := now(); c.sample(r) != 2*ms || c.bandwidth != 0 {
		t.Errorf("no effects: %+v", c)
	}
}

// Heal undoes what is in force, whoever did it; what its makers undo later is
// nothing then.
func TestHealAll(t *testing.T) {
	w, j := pipe(t, Config{}, each(40, 10*ms))
	a, b := w.Lookup("a"), w.Lookup("b")
	cut, part, hold := w.Cut("a", "b"), w.Isolate("b"), w.Hold("a", "b")
	slow := w.Degrade("a", "b", Link{Latency: Constant(time.Second)})
	b.Crash()
	a.Skew(time.Second)
	a.Drift(100)
	a.SetSpeed(0.1)
	mustRun(t, w, 15*ms)
	a.Pause()
	mustRun(t, w, 10*ms)
	w.Heal()
	cut.Mend()
	part.Heal()
	hold.Release()
	slow.Restore()
	if !b.Up() || a.Paused() || a.ClockError() != 0 || a.cpu.speed != 1 {
		t.Error("not healed")
	}
	mustRun(t, w, 2*ms)
	j.expect(t, "26ms 2")
}

// Draws are keyed by link and time: a message more elsewhere, or earlier on the
// same link, changes nothing for the others.
func TestAMessageMoreChangesNoOther(t *testing.T) {
	run := func(more bool) []string {
		link := Link{Latency: Uniform(ms, 9*ms), Loss: 0.2, Duplicate: 0.2, Reorder: 0.2}
		w, j := pipe(t, Config{Seed: 5, Link: link}, func(p *Proc) {
			for i := range 200 {
				if more && i%3 == 0 {
					p.Send("c", "more")
					p.Sleep(us)
				} else {
					p.Sleep(us)
				}
				p.Send("b", i)
				p.Sleep(ms)
			}
		})
		w.Node("c", idle)
		mustRun(t, w, time.Second)
		return j.lines
	}
	if without, with := run(false), run(true); !slices.Equal(without, with) {
		t.Error("messages to c changed those to b")
	}
}
