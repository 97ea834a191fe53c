package faults_test

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/faults"
	_ "github.com/orrery-sim/orrery/internal/steady"
	"github.com/orrery-sim/orrery/sim"
	"pgregory.net/rapid"
)

// at asks a toy something at a time of its run, after what the faults do then.
func (c *toy) at(t time.Duration, f func()) { c.w.At(t+time.Microsecond, "look", f) }

// TestNodeState has what nodes are like follow the faults that overlap on them.
func TestNodeState(t *testing.T) {
	c := newToy(t, 1, 3)
	n1, n2, n3 := c.w.Lookup("n1"), c.w.Lookup("n2"), c.w.Lookup("n3")
	n1.SetCores(4)
	n1.Skew(-7 * time.Second) // wrong from the beginning, and so again at the end
	c.install(t,
		"at 1s for 4s: cores 1 n1", "at 2s for 1s: cores 3 n1",
		"at 1s for 2s: crash n2", "at 2s for 2s: crash n2", "at 2500ms: restart n2", "at 5s: restart n2",
		"at 1s for 4s: pause n3", "at 2s for 1s: pause n3", "at 6s for 4s: pause n3", "at 7s for 1s: crash n3",
		"at 1s for 4s: clock jump 2s n1", "at 2s for 1s: clock jump -5s n1", "at 2s for 2s: clock drift +1000000ppm n1",
	)
	state := func() string {
		cores, _ := n1.Cores()
		return fmt.Sprintf("cores %d, clock %v, n2 up %v (%d), n3 up %v paused %v",
			cores, n1.ClockError().Round(time.Millisecond), n2.Up(), n2.Incarnation(), n3.Up(), n3.Paused())
	}
	for when, want := range map[time.Duration]string{
		0:                        "cores 4, clock -7s, n2 up true (1), n3 up true paused false",
		1 * time.Second:          "cores 1, clock -5s, n2 up false (1), n3 up true paused true",
		2 * time.Second:          "cores 1, clock -10s, n2 up false (1), n3 up true paused true",
		3 * time.Second:          "cores 1, clock -4s, n2 up false (1), n3 up true paused true", // a second gained
		4 * time.Second:          "cores 1, clock -5s, n2 up true (2), n3 up true paused true",
		5 * time.Second:          "cores 4, clock -7s, n2 up true (3), n3 up true paused false",
		6 * time.Second:          "cores 4, clock -7s, n2 up true (3), n3 up true paused true",
		7 * time.Second:          "cores 4, clock -7s, n2 up true (3), n3 up false paused false",
		8 * time.Second:          "cores 4, clock -7s, n2 up true (3), n3 up true paused false",
		10500 * time.Millisecond: "cores 4, clock -7s, n2 up true (3), n3 up true paused false",
	} {
		c.at(when, func() {
			if got := state(); got != want {
				t.Errorf("at %v\n got %s\nwant %s", when, got, want)
			}
		})
	}
	c.run1(t, 11*time.Second)
}

// TestSpeed has slow nodes take as long as all that slows them says.
func TestSpeed(t *testing.T) {
	c := newToy(t, 1, 2).install(t, "at 1s for 3s: slow 4x n1", "at 2s for 1s: slow 2.5x n1")
	c.run1(t, 5*time.Second)
	for from, want := range map[time.Duration]string{0: "1ms", 1: "4ms", 2: "10ms", 3: "4ms", 4: "1ms"} {
		text := c.between(from*time.Second+beat/2, (from+1)*time.Second-beat/2)
		if n := strings.Count(text, "n1 work took "+want+","); n != 9 || strings.Contains(text, "n2 work took 2") {
			t.Errorf("from %ds on, %d of 9 times the work took %s", from, n, want)
		}
	}
}

// TestNodeAsItWas has a node that is slow and whose clock is wrong be as it was when
// the faults on it end.
func TestNodeAsItWas(t *testing.T) {
	c := newQuiet(t, 1, 2).install(t,
		"at 1s for 3s: slow 4x n1", "at 2s for 1s: slow 2.5x n1",
		"at 1s for 3s: clock drift +1000ppm n1", "at 2s for 1s: clock jump -5s n1",
		"at 6s for 1s: clock jump 1s n1",
	)
	n1 := c.w.Lookup("n1")
	n1.SetSpeed(0.5)
	n1.Drift(2000)
	state := func() string {
		return fmt.Sprintf("%v %v %v", n1.Speed(), n1.ClockDrift(), n1.ClockError().Round(10*time.Microsecond))
	}
	for when, want := range map[time.Duration]string{
		500 * time.Millisecond:  "0.5 2000 1ms",
		1500 * time.Millisecond: "0.125 3000 3.5ms",
		2500 * time.Millisecond: "0.05 3000 -4.9935s",
		3500 * time.Millisecond: "0.125 3000 9.5ms",
		4500 * time.Millisecond: "0.5 2000 9ms",
		6500 * time.Millisecond: "0.5 2000 1.013s",
		7500 * time.Millisecond: "0.5 2000 15ms",
	} {
		c.at(when, func() {
			if got := state(); got != want {
				t.Errorf("at %v %s, expected %s", when, got, want)
			}
		})
	}
	c.run1(t, 8*time.Second)
}

// counts numbers the messages from a to b, one every 10 ms, and returns those that
// arrive, with the time, and what they say of the links.
func counts(t *testing.T, lines ...string) (arrived []int, at []time.Duration) {
	w := sim.New(sim.Config{Seed: 5})
	t.Cleanup(w.Close)
	c := &toy{w: w, servers: []string{"a", "b"}, leader: func() string { return "a" }}
	w.Node("a", func(p *sim.Proc) {
		for i := range 1000 {
			p.Send("b", i)
			p.Sleep(10 * time.Millisecond)
		}
	})
	w.Node("b", func(p *sim.Proc) {
		p.Handle(func(p *sim.Proc, m sim.Message) {
			i, ok := m.Body.(int)
			if !ok {
				i = -1
			}
			arrived, at = append(arrived, i), append(at, w.Now())
		})
	})
	c.install(t, lines...).run1(t, 20*time.Second)
	return arrived, at
}

// TestLinkEffects counts what becomes of a thousand messages.
func TestLinkEffects(t *testing.T) {
	var plain []int
	for i := range 1000 {
		plain = append(plain, i)
	}
	between := func(n, least, most int) bool { return n >= least && n <= most }
	tests := []struct {
		line string
		good func(arrived []int, at []time.Duration) bool
	}{
		{"at 0s: hold b -> a", func(a []int, _ []time.Duration) bool { return slices.Equal(a, plain) }},
		{"at 0s: cut b -> a", func(a []int, _ []time.Duration) bool { return slices.Equal(a, plain) }},
		{"at 0s: loss 100% b", func(a []int, _ []time.Duration) bool { return len(a) == 0 }},
		{"at 2s for 1s: cut a -> b", func(a []int, _ []time.Duration) bool {
			return between(len(a), 899, 901) && !slices.Contains(a, 250) && slices.IsSorted(a)
		}},
		{"at 2s for 1s: hold a -> b", func(a []int, at []time.Duration) bool {
			return slices.Equal(a, plain) && at[250] >= 3*time.Second && at[250] < 3*time.Second+time.Millisecond
		}},
		{"at 2s for 1s: clog b", func(a []int, at []time.Duration) bool {
			return slices.Equal(a, plain) && at[250] >= 3*time.Second && at[301] == 3011*time.Millisecond
		}},
		{"at 0s: delay 7ms a -> b and delay 20ms a -> b", func(a []int, at []time.Duration) bool {
			return slices.Equal(a, plain) && at[10] == 128*time.Millisecond
		}},
		{"at 0s: jitter 50ms a -> b", func(a []int, at []time.Duration) bool {
			return len(a) == 1000 && !slices.IsSorted(a) && slices.Max(at) < 10051*time.Millisecond
		}},
		{"at 0s: loss 20% a -> b", func(a []int, _ []time.Duration) bool { return between(len(a), 750, 850) }},
		{"at 0s: loss 50% a and loss 50% b", func(a []int, _ []time.Duration) bool { return between(len(a), 200, 300) }},
		{"at 0s: duplicate 10% a -> b", func(a []int, _ []time.Duration) bool {
			return between(len(a), 1060, 1140) && len(slices.Compact(slices.Sorted(slices.Values(a)))) == 1000
		}},
		{"at 0s: reorder 30% a -> b and delay 9ms b", func(a []int, _ []time.Duration) bool {
			return len(a) == 1000 && !slices.IsSorted(a)
		}},
		{"at 0s: corrupt 30% a -> b", func(a []int, _ []time.Duration) bool {
			broken := len(slices.DeleteFunc(slices.Clone(a), func(i int) bool { return i >= 0 }))
			return len(a) == 1000 && between(broken, 240, 360)
		}},
		{"at 0s: bandwidth 3200B/s a -> b", func(a []int, at []time.Duration) bool { // 64 bytes are 20 ms then
			return slices.Equal(a[:900], plain[:900]) && at[100] == 101*20*time.Millisecond+time.Millisecond
		}},
	}
	for _, x := range tests {
		if a, at := counts(t, x.line); !x.good(a, at) {
			t.Errorf("%s: %d arrived: %v", x.line, len(a), a)
		}
	}
}

// TestCutsOracle compares who hears whom, under any faults that cut, with what their
// times say: a link works if and only if no fault is in force that cuts it.
func TestCutsOracle(t *testing.T) {
	if testing.Short() {
		t.Skip("many runs")
	}
	type cutting struct{ from, to, begin, length int }
	nodes := []string{"n1", "n2", "n3", "c1"}
	gen := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) cutting {
		x := cutting{rapid.IntRange(0, 3).Draw(t, "from"), 0, rapid.IntRange(0, 20).Draw(t, "begin"), rapid.IntRange(1, 20).Draw(t, "length")}
		x.to = (x.from + rapid.IntRange(1, 3).Draw(t, "to")) % 4
		return x
	}), 1, 12)
	rapid.Check(t, func(t *rapid.T) {
		list := gen.Draw(t, "cuts")
		var lines []string
		for _, x := range list { // half a beat off, so that no message is sent when one comes or goes
			lines = append(lines, fmt.Sprintf("at %dms for %dms: cut %s -> %s", 50+100*x.begin, 100*x.length, nodes[x.from], nodes[x.to]))
		}
		c := newToy(t, 1, 3).install(t, lines...).run1(t, 5*time.Second)
		for k := 1; k < 49; k++ {
			sent := time.Duration(k) * beat
			text := c.between(sent, sent+beat)
			for i, from := range nodes {
				for j, to := range nodes {
					open := i != j && !slices.ContainsFunc(list, func(x cutting) bool {
						return x.from == i && x.to == j && k > x.begin && k <= x.begin+x.length
					})
					if heard := strings.Contains(text, fmt.Sprintf(" %s <- %s beat %v\n", to, from, sent)); heard != open {
						t.Fatalf("at %v %s heard %s: %v, want %v\n%s", sent, to, from, heard, open, strings.Join(lines, "\n"))
					}
				}
			}
		}
	})
}

// TestMinority has the leader always be in the minority, and everybody be somewhere.
func TestMinority(t *testing.T) {
	sides := map[string]bool{}
	for seed := range uint64(30) {
		for servers := 3; servers <= 6; servers++ {
			c := newToy(t, seed, servers).install(t, "at 1s: partition majority | minority").run1(t, 2*time.Second)
			big, small, _ := strings.Cut(strings.TrimPrefix(c.plan.InForce()[0].Text, "partition "), " | ")
			sides[small] = true
			b, s := strings.Fields(big), strings.Fields(small)
			if len(b)+len(s) != servers || len(b) != servers/2+1 || !slices.Contains(s, "n3") {
				t.Errorf("seed %d, %d servers: %s | %s", seed, servers, big, small)
			}
		}
	}
	if len(sides) < 6 {
		t.Errorf("the minority is always one of %v", sides)
	}
}

// TestDraws has what a fault draws depend on the seed, and on nothing but itself.
func TestDraws(t *testing.T) {
	drawn := func(seed uint64, lines ...string) (list []string) {
		c := newToy(t, seed, 5).install(t, lines...).run1(t, 9*time.Second)
		for _, d := range c.plan.Log() {
			if d.Fault == lines[len(lines)-1] && !d.Undo {
				list = append(list, d.String())
			}
		}
		return list
	}
	const line = "at 5s for 1s every 1s times 3: crash random 2"
	alone := drawn(1, line)
	if more := drawn(1, "at 5s: cut random 1 -> random 1", "at 4s: pause random 3", "at 5s: pick crash n1 or crash n2", line); !slices.Equal(alone, more) {
		t.Errorf("with other faults it draws %v, not %v", more, alone)
	}
	if shorter := drawn(1, "at 5s for 10ms every 1s times 3: crash random 2"); !slices.Equal(alone, shorter) {
		t.Errorf("shorter it draws %v, not %v", shorter, alone)
	}
	if twice := drawn(1, line, line); len(twice) != 6 || twice[0] == twice[1] && twice[2] == twice[3] && twice[4] == twice[5] {
		t.Errorf("two that are alike draw alike: %v", twice)
	}
	if other := drawn(2, line); slices.Equal(alone, other) {
		t.Errorf("another seed draws the same: %v", other)
	}
	if len(alone) != 3 || alone[0][3:] == alone[1][3:] && alone[1][3:] == alone[2][3:] {
		t.Errorf("it draws the same each time: %v", alone)
	}
}

// old and new are what disk tests write: two sectors each.
var old, fresh = bytes.Repeat([]byte("o"), 1024), bytes.Repeat([]byte("n"), 1024)

// diskAfter writes a file, syncs it, writes it anew, syncs that if asked to, and
// returns what is on the disk after the faults.
func diskAfter(t *testing.T, seed uint64, synced bool, lines ...string) []byte {
	w := sim.New(sim.Config{Seed: seed})
	t.Cleanup(w.Close)
	c := &toy{w: w, servers: []string{"a"}, leader: func() string { return "a" }}
	n := w.Node("a", func(p *sim.Proc) {
		if p.Node().Incarnation() > 1 {
			return
		}
		f, err := p.Open("file")
		if err != nil {
			t.Error(err)
			return
		}
		f.WriteAt(p, old, 0)
		f.Sync(p)
		p.Sleep(time.Second)
		f.WriteAt(p, fresh, 0)
		if synced {
			f.Sync(p)
		}
	})
	c.install(t, lines...).run1(t, 5*time.Second)
	content, _ := n.Disk().Content("file")
	return content
}

// TestDiskEffects looks at what is on a disk after a crash.
func TestDiskEffects(t *testing.T) {
	const crash = "at 2s for 1s: crash a"
	const seeds = 40
	count := func(synced bool, what func([]byte) bool, lines ...string) (n int) {
		for seed := range uint64(seeds) {
			if what(diskAfter(t, seed, synced, lines...)) {
				n++
			}
		}
		return n
	}
	isNew := func(b []byte) bool { return bytes.Equal(b, fresh) }
	torn := func(b []byte) bool {
		return bytes.Contains(b[:512], []byte("no")) || bytes.Contains(b[512:], []byte("no"))
	}
	if n := count(true, isNew, crash); n != seeds {
		t.Errorf("a crash lost what was synced on %d of %d seeds", seeds-n, seeds)
	}
	if n := count(false, isNew, crash); n == 0 || n == seeds {
		t.Errorf("of what was not synced, all was left on %d of %d seeds", n, seeds)
	}
	if n := count(true, isNew, "at 500ms for 4s: disk sync-lies a", crash); n == 0 || n == seeds {
		t.Errorf("of what a lying sync synced, all was left on %d of %d seeds", n, seeds)
	}
	if n := count(false, torn, crash); n > 0 {
		t.Errorf("a sector is torn on %d of %d seeds without the fault", n, seeds)
	}
	if n := count(false, torn, "at 2s for 1s: disk torn-write 100% a and crash a"); n == 0 {
		t.Errorf("no sector is torn on any of %d seeds", seeds)
	}
	if n := count(true, func(b []byte) bool { return len(b) == 0 }, "at 2s for 1s: wipe a"); n != seeds {
		t.Errorf("the disk was lost on %d of %d seeds", n, seeds)
	}
	if n := count(true, isNew, "at 2s: disk bit-rot 3 a"); n != 0 {
		t.Errorf("nothing rotted on %d of %d seeds", n, seeds)
	}
}

// TestStreams has a stream stand a short cut and break in a long one.
func TestStreams(t *testing.T) {
	for _, x := range []struct {
		line string
		ok   bool
	}{{"at 500ms for 2s: isolate n1", true}, {"at 500ms for 40s: isolate n1", false}} {
		w := sim.New(sim.Config{Seed: 1})
		t.Cleanup(w.Close)
		c := &toy{w: w, servers: []string{"n1", "n2"}, leader: func() string { return "n1" }}
		var got error
		w.Node("n1", func(p *sim.Proc) {
			p.Sleep(time.Second)
			_, got = sim.Call[string](p, "n2", "hello", time.Minute)
		})
		w.Node("n2", func(p *sim.Proc) {
			p.Serve(func(p *sim.Proc, m sim.Message) (any, error) { return "hi", nil })
		})
		c.install(t, x.line).run1(t, 30*time.Second)
		if (got == nil) != x.ok {
			t.Errorf("%s: the call returned %v", x.line, got)
		}
	}
}

// TestInForce says what is in force while it is.
func TestInForce(t *testing.T) {
	const both, long, short = "at 1s for 3s: pause n1 and cut leader -> n2", "at 1s for 3s: slow 2x n2 for 10s", "at 1s: slow 3x n2 for 2s"
	c := newQuiet(t, 1, 3).install(t, both, long, short, "at 2s: slow 4x n2")
	want := []faults.Force{
		{Fault: long, Text: "slow 2x n2", Nodes: []string{"n2"}, Since: time.Second, Until: 4 * time.Second},
		{Fault: short, Text: "slow 3x n2", Nodes: []string{"n2"}, Since: time.Second, Until: 3 * time.Second},
		{Fault: both, Text: "pause n1", Nodes: []string{"n1"}, Since: time.Second, Until: 4 * time.Second},
		{
			Fault: both, Text: "cut n3 -> n2", Nodes: []string{"n3", "n2"}, Links: []faults.Link{{From: "n3", To: "n2"}},
			Since: time.Second, Until: 4 * time.Second,
		},
		{Fault: "at 2s: slow 4x n2", Text: "slow 4x n2", Nodes: []string{"n2"}, Since: 2 * time.Second},
	}
	c.run1(t, 2500*time.Millisecond)
	byFault := func(a, b faults.Force) int { return strings.Compare(a.Fault, b.Fault) }
	slices.SortStableFunc(want, byFault)
	got := c.plan.InForce()
	slices.SortStableFunc(got, byFault)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
}
