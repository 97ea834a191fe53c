package tiers

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/nodes/service"
	"github.com/orrery-sim/orrery/nodes/systest"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/scenarios/workload"
	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/sim/simtest"
)

// The examination that every system has to pass.
func TestSystem(t *testing.T) { systest.Check(t, System) }

// The stories of testdata: all tiers, with two application servers, and a client that
// asks what the story says.
func TestStories(t *testing.T) {
	a := &asker{}
	simtest.Story(t, "testdata/stories", func(w *sim.World) {
		values := scenarios.Values{}
		for _, k := range knobs {
			values[k.Name] = k.Default
		}
		values["balance"], values["work"] = service.RoundRobin, "constant 4ms"
		s := assemble(w, config{
			Values: values, apps: apps(len(others) + 2),
			milestone: func(p *sim.Proc, text string) { p.Log("%s", text) },
		})
		*a = asker{questions: sim.NewChan[workload.Op](1), parts: s}
		w.Node("client", a.serve)
	}, map[string]simtest.Command{
		"read": func(w *sim.World, words []string) (string, error) {
			return a.ask(w, workload.Op{Name: "read", Key: words[0]}), nil
		},
		"write": func(w *sim.World, words []string) (string, error) {
			value, err := checker.ParseValue(strings.Join(words[1:], " "))
			if err != nil {
				return "", err
			}
			return a.ask(w, workload.Op{Name: "write", Key: words[0], Input: value}), nil
		},
		"primary": func(_ *sim.World, words []string) (string, error) { // who it is, and what it has
			return fmt.Sprintln(a.parts.group.Primary(), a.parts.group.Value(words[0])), nil
		},
	})
}

// asker is a machine that does what a story says.
type asker struct {
	parts     *parts
	questions *sim.Chan[workload.Op]
	answer    string
}

func (a *asker) serve(p *sim.Proc) {
	client := service.NewClient(p, balancer, service.Policy{Timeout: 1300 * time.Millisecond, Retries: 2, Budget: 1, Reserve: 10}, nil)
	for {
		op, _ := a.questions.Recv(p)
		hits, began := a.parts.tier.Count.Hits, p.Elapsed()
		value, outcome := session{client: client}.Do(p, op, 5*time.Second)
		took := (p.Elapsed() - began).Round(time.Millisecond)
		a.answer = outcome.String()
		if op.Name == "read" && outcome == checker.OutcomeOK {
			from := "the database"
			if a.parts.tier.Count.Hits > hits {
				from = "the cache"
			}
			a.answer = fmt.Sprintf("%v from %s", value, from)
		}
		a.answer += fmt.Sprintf(", after %v\n", took)
	}
}

func (a *asker) ask(w *sim.World, op workload.Op) string {
	a.answer = ""
	a.questions.TrySend(op)
	if out := w.RunUntil(func() bool { return a.answer != "" }, 10*time.Second); !out.OK() {
		return fmt.Sprintln(out)
	}
	return a.answer
}
