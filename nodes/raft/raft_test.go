package raft

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/nodes/systest"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/scenarios/workload"
	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/sim/simtest"
)

// The examination that every system has to pass.
func TestSystem(t *testing.T) { systest.Check(t, System) }

// A scenario is run from Go like this.
func Example() {
	sc, err := System.Scenario("minority-leader")
	if err != nil {
		fmt.Println(err)
		return
	}
	run, err := scenarios.NewRun(sc, scenarios.Options{Seed: 42})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer run.Close()
	report := run.Execute(nil)
	for _, m := range report.Timeline {
		fmt.Printf("%7.3fs %-5s %s\n", m.At.Seconds(), m.Who, m.Text)
	}
	fmt.Println(report.Status)
	// Output:
	// 1.475s n4    leader of term 2
	//   5.000s fault isolate n4
	//   6.270s n1    leader of term 3
	//  10.000s fault end of isolate n4
	//  15.000s fault partition n2 n4 n5 | n1 n3
	//  16.360s n5    leader of term 4
	//  19.000s fault end of partition n2 n4 n5 | n1 n3
	// ok
}

// The stories of testdata: three servers, and clients a and b that ask them.
func TestStories(t *testing.T) {
	var c *cluster
	clients := map[string]*asker{}
	build := func(w *sim.World) {
		turned := scenarios.Values{"snapshot-every": "10", "snapshot-keep": "2"}
		c = assemble(w, defaults(turned), servers(3), func(p *sim.Proc, text string) { p.Log("%s", text) })
		for _, check := range checks {
			c.watch.enforced = append(c.watch.enforced, check.Name)
		}
		clear(clients)
		for _, name := range []string{"a", "b"} {
			a := &asker{}
			clients[name] = a
			w.Node(name, func(p *sim.Proc) { a.serve(c, p) })
		}
	}
	simtest.Story(t, "testdata", build, map[string]simtest.Command{
		"ask": func(w *sim.World, words []string) (string, error) { return clients[words[0]].ask(w, words[1:]) },
	})
}

// asker is a client that asks what a story says.
type asker struct {
	questions *sim.Chan[workload.Op]
	answer    string
}

func (a *asker) serve(c *cluster, p *sim.Proc) {
	a.questions = sim.NewChan[workload.Op](1)
	session := c.connect(p)
	for {
		op, _ := a.questions.Recv(p)
		began := p.Elapsed()
		value, outcome := session.Do(p, op, 3*time.Second)
		a.answer = outcome.String()
		if outcome == checker.OutcomeOK {
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
	a.answer = ""
	if a.questions == nil {
		w.Run(0)
	}
	a.questions.TrySend(op)
	out := w.RunUntil(func() bool { return a.answer != "" }, 10*time.Second)
	if !out.OK() {
		return fmt.Sprintln(out), nil
	}
	return a.answer + "\n", nil
}
