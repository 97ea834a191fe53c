package replica

import (
	"fmt"
	"strings"
	"testing"
	"time"

	_ "github.com/orrery-sim/orrery/internal/steady"
	"pgregory.net/rapid"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/nodes/systest"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/scenarios/workload"
	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/sim/simtest"
)

// The examination that every system has to pass.
func TestSystem(t *testing.T) { systest.Check(t, System) }

// A group in a world of one's own, beside whatever else is there.
func ExampleAssemble() {
	w := sim.New(sim.Config{Seed: 1})
	defer w.Close()
	g := Assemble(w, Config{
		Servers: []string{"db1", "db2", "db3"}, Monitors: []string{"s1", "s2", "s3"},
		Knobs: scenarios.Values{"reads": "any", "token": "wait"},
	})
	w.Client("shop", func(p *sim.Proc) {
		p.Sleep(100 * time.Millisecond)
		session := g.Connect(p)
		fmt.Println(session.Write(p, "price", checker.Int(12), time.Second))
		fmt.Println(session.Read(p, "price", time.Second))
		w.Lookup("db1").Crash()
		fmt.Println(session.Write(p, "price", checker.Int(13), 5*time.Second))
		fmt.Println(session.Read(p, "price", time.Second))
		fmt.Println("primary:", g.Primary())
	})
	fmt.Println(w.RunUntil(func() bool { return w.ClientsLeft() == 0 }, time.Minute))
	// Output:
	// ok
	// 12 ok
	// ok
	// 13 ok
	// primary: db2
	// ok
}

// The stories of testdata: three servers, three monitors, and clients a and b that ask
// them.
func TestStories(t *testing.T) {
	for dir, knobs := range map[string]scenarios.Values{ // order-free: each by itself
		"async":    {"ack": "async", "reads": "any", "token": "redirect", "fencing": "none"},
		"semisync": {"log-keep": "5"},
	} {
		t.Run(dir, func(t *testing.T) { stories(t, "testdata/"+dir, knobs) })
	}
}

func stories(t *testing.T, dir string, knobs scenarios.Values) {
	clients := map[string]*asker{}
	build := func(w *sim.World) {
		g := Assemble(w, Config{Servers: []string{"n1", "n2", "n3"}, Monitors: []string{"m1", "m2", "m3"}, Knobs: knobs})
		g.watch.enforced = []string{onePrimary, sameHistory, sameState, persistence}
		clear(clients)
		for _, name := range []string{"a", "b"} {
			a := &asker{}
			clients[name] = a
			w.Node(name, func(p *sim.Proc) { a.serve(g, p) })
		}
	}
	simtest.Story(t, dir, build, map[string]simtest.Command{
		"ask": func(w *sim.World, words []string) (string, error) { return clients[words[0]].ask(w, words[1:]) },
	})
}

// asker is a client that asks what a story says.
type asker struct {
	questions *sim.Chan[workload.Op]
	session   *Session
	answer    string
}

func (a *asker) serve(g *Group, p *sim.Proc) {
	a.questions = sim.NewChan[workload.Op](1)
	a.session = g.Connect(p)
	for {
		op, _ := a.questions.Recv(p)
		began := p.Elapsed()
		value, outcome := a.session.Do(p, op, 3*time.Second)
		a.answer = outcome.String()
		if outcome == checker.OutcomeOK && op.Name == "read" {
			a.answer += " " + value.String()
		}
		a.answer += fmt.Sprintf(", after %v", (p.Elapsed() - began).Round(time.Millisecond))
	}
}

func (a *asker) ask(w *sim.World, words []string) (string, error) {
	op := workload.Op{Name: words[0], Key: words[1]}
	if len(words) > 2 {
		value, err := checker.ParseValue(strings.Join(words[2:], " "))
		if err != nil {
			return "", err
		}
		op.Input = value
	}
	if a.answer = ""; a.questions == nil {
		w.Run(0)
	}
	a.questions.TrySend(op)
	if out := w.RunUntil(func() bool { return a.answer != "" }, 10*time.Second); !out.OK() {
		return fmt.Sprintln(out), nil
	}
	return a.answer + "\n", nil
}

// Contradictory knobs are told before the run, at their lines.
func TestSound(t *testing.T) {
	text := `scenario: wrong
system: replica
nodes: 2
knobs:
  k: 2
  quorum: 4
  fencing: lease
  by-hand: 3s
`
	for _, c := range []struct{ more, want string }{
		{"", "w.yaml:5:3: knob k: semisync waits for 2 replicas, and there are 1, expected k from 1 to that, or ack: async\n" +
			"w.yaml:6:3: knob quorum: 4 of 3 monitors can never agree\n" +
			"w.yaml:8:3: knob by-hand: monitors make another server primary, expected failover: manual"},
		{"  failover: manual\n  ack: async\n", "w.yaml:7:3: knob fencing: lease needs monitors to give it, expected failover: monitors, or fencing: none"},
	} {
		_, err := scenarios.Parse("w.yaml", []byte(text+c.more), func(string) (*scenarios.System, []string) { return System, nil })
		if fmt.Sprint(err) != c.want {
			t.Errorf("error:\n%v\nexpected:\n%s", err, c.want)
		}
	}
	_, err := scenarios.Parse("w.yaml", []byte("scenario: wrong\nsystem: replica\nnodes: 1\nknobs:\n  ack: sync\n"),
		func(string) (*scenarios.System, []string) { return System, nil })
	if want := "w.yaml:5:3: knob ack: sync waits for all replicas, and there are none, expected at least 2 nodes"; fmt.Sprint(err) != want {
		t.Errorf("error %v, expected %s", err, want)
	}
}

// Whatever crashes or is cut off, and when: with semisync nothing that was acknowledged
// is lost, and in the end all logs are one. Whether a log is a prefix of its epoch's
// history is looked at whenever one grows.
func TestOneHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		servers := []string{"n1", "n2", "n3"}
		ack := rapid.SampledFrom([]string{"async", "semisync", "sync"}).Draw(t, "ack")
		w := sim.New(sim.Config{Seed: rapid.Uint64().Draw(t, "seed"), Checking: true})
		defer w.Close()
		g := Assemble(w, Config{Servers: servers, Monitors: []string{"m1", "m2", "m3"},
			Knobs: scenarios.Values{"ack": ack, "log-keep": "10", "down-after": "400ms", "lease": "400ms"}})
		g.watch.enforced = []string{onePrimary, sameHistory, sameState, persistence, fenced}
		for i := range rapid.IntRange(0, 6).Draw(t, "faults") {
			at := time.Duration(rapid.IntRange(100, 5000).Draw(t, "at, in ms")) * time.Millisecond
			for_ := time.Duration(rapid.IntRange(10, 1500).Draw(t, "for, in ms")) * time.Millisecond
			name := rapid.SampledFrom(servers).Draw(t, "server")
			if rapid.Bool().Draw(t, "crash") {
				w.At(at, "crash", w.Lookup(name).Crash)
				w.At(at+for_, "restart", w.Lookup(name).Restart)
				continue
			}
			rest := append([]string{"m1", "m2", "m3"}, servers...)
			var cuts []*sim.Cut
			w.At(at, fmt.Sprint("cut ", i), func() {
				for _, other := range rest {
					if other != name {
						cuts = append(cuts, w.Cut(name, other), w.Cut(other, name))
					}
				}
			})
			w.At(at+for_, fmt.Sprint("mend ", i), func() {
				for _, c := range cuts {
					c.Mend()
				}
			})
		}
		for c := range 3 {
			w.Client(fmt.Sprint("c", c), func(p *sim.Proc) {
				session := g.Connect(p)
				for i := range 60 {
					session.Write(p, fmt.Sprint("k", i%2), checker.Int(int64(1000*i+c)), 300*time.Millisecond)
					p.Sleep(70 * time.Millisecond)
				}
			})
		}
		if out := w.Run(15 * time.Second); !out.OK() {
			t.Fatal(out)
		}
		for _, name := range servers {
			s := g.watch.servers[name].server
			if first := g.watch.servers["n1"].server; s.live.sum != first.live.sum || s.log.at(s.log.last()) != first.log.at(first.log.last()) {
				t.Fatalf("%s ends at %v, n1 at %v", name, s.log.at(s.log.last()), first.log.at(first.log.last()))
			}
			if lost := g.watch.lost(s); ack != "async" && len(lost) > 0 {
				t.Fatalf("%s: %d acknowledged writes are lost, the first is %+v", name, len(lost), lost[0])
			}
		}
	})
}
