package cache

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/nodes/systest"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/sim/simtest"
)

// The examination that every system has to pass.
func TestSystem(t *testing.T) { systest.Check(t, System) }

// defaults are the knobs as they are unless turned.
func defaults(turned scenarios.Values) scenarios.Values {
	v := scenarios.Values{}
	for _, k := range knobs {
		v[k.Name] = k.Default
	}
	for name, value := range turned { // order-free: into a map
		v[name] = value
	}
	return v
}

// A cache tier is placed in any world, before any Store.
func Example() {
	w := sim.New(sim.Config{Seed: 1})
	defer w.Close()
	db := &Database{ReadTime: sim.Constant(5 * time.Millisecond), WriteTime: sim.Constant(time.Millisecond)}
	w.Node("db", db.Boot)
	tier := &Tier{Config: Defaults(), Nodes: []string{"n1", "n2"}, Store: Remote("db")}
	for _, name := range tier.Nodes {
		w.Node(name, tier.Boot)
	}
	w.Client("alice", func(p *sim.Proc) {
		c := tier.Client(p)
		read := func() {
			row, err := c.Read(p, "greeting", time.Second)
			fmt.Println(row.Value, row.Found, err)
		}
		read()
		fmt.Println(c.Write(p, "greeting", checker.String("hello"), time.Second))
		read()
		read()
	})
	fmt.Println(w.Run(time.Minute))
	fmt.Println(tier.Count.Hits, "hit,", tier.Count.Misses, "misses,", db.Load.Reads, "reads of the database")
	// Output:
	// nil false <nil>
	// <nil>
	// "hello" true <nil>
	// "hello" true <nil>
	// ok
	// 1 hit, 2 misses, 2 reads of the database
}

// The stories of testdata: a folder is a strategy, with two cache nodes and clients a
// and b that ask what the story says.
func TestStories(t *testing.T) {
	for _, strategy := range []string{Aside, ReadThrough, WriteThrough, WriteBehind} {
		t.Run(strategy, func(t *testing.T) { tell(t, strategy) })
	}
}

func tell(t *testing.T, strategy string) {
	var tier *Tier
	askers := map[string]*asker{}
	build := func(w *sim.World) {
		w.Node("db", (&Database{
			ReadTime: sim.Constant(5 * time.Millisecond), WriteTime: sim.Constant(time.Millisecond),
		}).Boot)
		turned := scenarios.Values{"strategy": strategy, "jitter": "0", "ttl": "1s", "negative-ttl": "500ms"}
		tier = &Tier{
			Config: readConfig(defaults(turned)), Nodes: []string{"n1", "n2"}, Store: Remote("db"),
			Notice: func(p *sim.Proc, text string) { p.Log("%s", text) },
		}
		for _, name := range tier.Nodes {
			w.Node(name, tier.Boot)
		}
		clear(askers)
		for _, name := range []string{"a", "b"} {
			a := &asker{questions: sim.NewChan[question](1)}
			askers[name] = a
			w.Node(name, func(p *sim.Proc) { a.serve(p, tier.Client(p)) })
		}
	}
	simtest.Story(t, "testdata/"+strategy, build, map[string]simtest.Command{
		"read": func(w *sim.World, words []string) (string, error) {
			return askers[words[0]].ask(w, func(p *sim.Proc, c *Client) string {
				row, err := c.Read(p, words[1], time.Second)
				switch {
				case err != nil:
					return err.Error()
				case !row.Found:
					return "no such row"
				}
				return row.Value.String()
			}), nil
		},
		"write": func(w *sim.World, words []string) (string, error) {
			value, err := checker.ParseValue(strings.Join(words[2:], " "))
			if err != nil {
				return "", err
			}
			return askers[words[0]].ask(w, func(p *sim.Proc, c *Client) string {
				if err := c.Write(p, words[1], value, time.Second); err != nil {
					return err.Error()
				}
				return "written"
			}), nil
		},
		"count": func(*sim.World, []string) (string, error) {
			n := &tier.Count
			return fmt.Sprintf("%d hits, %d misses, %d waits, %d direct\n", n.Hits, n.Misses, n.Waits, n.Direct), nil
		},
		"owner": func(_ *sim.World, words []string) (string, error) {
			return NewPlacement(tier.Placement, tier.Nodes, tier.VirtualNodes).Owner(words[0]) + "\n", nil
		},
	})
}

// question is what a story has a client do; it returns what came of it.
type question func(p *sim.Proc, c *Client) string

// asker is a machine that does what a story says.
type asker struct {
	questions *sim.Chan[question]
	answer    string
}

func (a *asker) serve(p *sim.Proc, c *Client) {
	for {
		do, _ := a.questions.Recv(p)
		began := p.Elapsed()
		answer := do(p, c)
		a.answer = fmt.Sprintf("%s, after %v\n", answer, (p.Elapsed() - began).Round(time.Millisecond))
	}
}

func (a *asker) ask(w *sim.World, q question) string {
	a.answer = ""
	a.questions.TrySend(q)
	if out := w.RunUntil(func() bool { return a.answer != "" }, 10*time.Second); !out.OK() {
		return fmt.Sprintln(out)
	}
	return a.answer
}
