package faults_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/sim"
)

// tester is a *testing.T or a *rapid.T.
type tester interface {
	Helper()
	Cleanup(func())
	Fatal(...any)
	Fatalf(string, ...any)
	Errorf(string, ...any)
}

// toy is a cluster whose nodes do nothing but notice what is wrong: ten times a
// second each sends its name to all others, works, sleeps, and uses its disk, and
// takes down how that went. Who leads is what the test says.
type toy struct {
	w       *sim.World
	servers []string
	leader  func() string
	seen    []sighting
	plan    *faults.Plan
	load    float64
}

type sighting struct {
	at   time.Duration
	text string
}

const beat = 100 * time.Millisecond

func newToy(t tester, seed uint64, servers int) *toy {
	c := &toy{}
	c.fill(t, seed, servers, c.run)
	return c
}

// newQuiet makes a toy whose nodes do nothing at all.
func newQuiet(t tester, seed uint64, servers int) *toy {
	c := &toy{}
	c.fill(t, seed, servers, func(p *sim.Proc) { p.Sleep(time.Hour) })
	return c
}

func (c *toy) fill(t tester, seed uint64, servers int, run func(p *sim.Proc)) {
	c.w = sim.New(sim.Config{Seed: seed, Cores: 2})
	c.leader, c.load = func() string { return "n3" }, 1
	t.Cleanup(c.w.Close)
	for i := range servers {
		name := fmt.Sprintf("n%d", i+1)
		c.servers = append(c.servers, name)
		n := c.w.Node(name, run)
		n.SetLabel("zone", string(rune('a'+i%2)))
		n.SetSite([]string{"eu/1", "eu/2", "us/1"}[i%3])
	}
	c.w.Client("c1", run)
}

func (c *toy) World() *sim.World { return c.w }
func (c *toy) Servers() []string { return c.servers }
func (c *toy) Surge(by float64)  { c.load = by }
func (c *toy) Roles() []string   { return []string{"leader", "followers"} }

func (c *toy) Role(role string) []string {
	var list []string
	for _, s := range c.servers {
		if (s == c.leader()) == (role == "leader") {
			list = append(list, s)
		}
	}
	return list
}

// firstUp is a leader for toys: the first server that runs.
func (c *toy) firstUp() string {
	for _, s := range c.servers {
		if n := c.w.Lookup(s); n.Up() && !n.Paused() {
			return s
		}
	}
	return ""
}

func (c *toy) saw(p *sim.Proc, format string, args ...any) {
	c.seen = append(c.seen, sighting{c.w.Now(), p.Node().Name() + " " + fmt.Sprintf(format, args...)})
}

// run is the code of a node.
func (c *toy) run(p *sim.Proc) {
	p.Handle(func(p *sim.Proc, m sim.Message) {
		if m.IsCall() {
			p.Reply(m, "yes", nil)
			return
		}
		c.saw(p, "<- %s %v", m.From, m.Body)
	})
	for {
		p.Sleep(beat - c.w.Now()%beat)
		if c.w.Now()%beat == 0 {
			c.tick(p)
		}
	}
}

func (c *toy) tick(p *sim.Proc) {
	for _, n := range c.w.Nodes() {
		if n != p.Node() {
			p.Send(n.Name(), "beat "+c.w.Now().String())
		}
	}
	all, _ := p.Node().Cores()
	c.saw(p, "%d cores, clock off by %v, load %v, expired %v", all, p.Node().ClockError(), c.load, p.Node().CertificateExpired())
	if p.Node().Name() == "n2" { // alone: equal draws for equal calls need no order among them
		p.Go("ask", func(p *sim.Proc) {
			_, err := sim.Call[string](p, "n1", "?", beat/2)
			c.saw(p, "asked: %v", err)
		})
	}
	c.timed(p, "work", func() error { p.Work(time.Millisecond); return nil })
	c.timed(p, "sleep", func() error { p.Sleep(10 * time.Millisecond); return nil })
	c.disk(p)
}

func (c *toy) timed(p *sim.Proc, what string, f func() error) {
	begin := c.w.Now()
	err := f()
	c.saw(p, "%s took %v, error %v", what, c.w.Now()-begin, err)
}

// disk reads what the tick before has written, and writes it again.
func (c *toy) disk(p *sim.Proc) {
	f, err := p.Open("file")
	if err != nil {
		c.saw(p, "open: %v", err)
		return
	}
	got, err := f.ReadAll(p)
	c.saw(p, "read %q, error %v", got, err)
	err = f.WriteAt(p, []byte("the same as ever"), 0)
	c.saw(p, "write: error %v", err)
	c.timed(p, "sync", func() error { return f.Sync(p) })
	if grown, err := p.Open("grown"); err == nil {
		c.saw(p, "grow: error %v", grown.Append(p, []byte("more")))
		p.Remove("grown")
	}
}

// install parses faults and installs them.
func (c *toy) install(t tester, lines ...string) *toy {
	t.Helper()
	var s faults.Schedule
	for _, line := range lines {
		f, err := faults.Parse(line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		s = append(s, f)
	}
	plan, err := s.Install(c)
	if err != nil {
		t.Fatal(err)
	}
	c.plan = plan
	return c
}

func (c *toy) run1(t tester, d time.Duration) *toy {
	t.Helper()
	if out := c.w.Run(d); !out.OK() {
		t.Fatal(out, out.Stack)
	}
	return c
}

// between is what was seen in a stretch of time, sorted: what is due at one instant
// happens in another order when something else happened before.
func (c *toy) between(from, to time.Duration) string {
	var lines []string
	for _, s := range c.seen {
		if s.at >= from && s.at < to {
			lines = append(lines, fmt.Sprintf("%8v %s\n", s.at, s.text))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// reach is who hears whom in a stretch of time: a row for each sender, a column for
// each receiver.
func (c *toy) reach(from, to time.Duration) string {
	text := c.between(from, to)
	var b strings.Builder
	for _, src := range c.w.Nodes() {
		for _, dst := range c.w.Nodes() {
			mark := "."
			switch {
			case src == dst:
				mark = "-"
			case strings.Contains(text, fmt.Sprintf(" %s <- %s ", dst.Name(), src.Name())):
				mark = "x"
			}
			b.WriteString(mark + " ")
		}
		b.WriteString(" " + src.Name() + "\n")
	}
	return b.String()
}

// log is what the plan has done, one a line.
func (c *toy) log() string {
	var b strings.Builder
	for _, d := range c.plan.Log() {
		fmt.Fprintln(&b, d)
	}
	return b.String()
}

// same fails the test at the first line in which two texts differ.
func same(t tester, what, got, want string) {
	t.Helper()
	if got == want {
		return
	}
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		if i >= len(g) || i >= len(w) || g[i] != w[i] {
			t.Errorf("%s: line %d of %d and %d\n got %q\nwant %q", what, i+1, len(g), len(w), at(g, i), at(w, i))
			return
		}
	}
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "nothing"
}
