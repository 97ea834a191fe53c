package scenarios

import (
	"fmt"
	"testing"
	"testing/fstest"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/scenarios/workload"
	"github.com/orrery-sim/orrery/sim"
)

// layered is a web server that asks a store: every message takes 1ms, the server works for
// 3ms and the store for 5ms.
var layered = &System{
	Name: "layered", Doc: "Package layered is for tests.\n", Nodes: 3, Workloads: []string{"request"},
	Names: func(int) []string { return []string{"web", "store", "clock"} },
	Tiers: []string{"front", "back"},
	Knobs: []Knob{
		{Name: "store", Default: "answers", Choices: []string{"answers", "fails", "slow"}, Help: "what the store does"},
		{Name: "web", Default: "asks", Choices: []string{"asks", "retries", "twice", "behind"}, Help: "how the server asks it"},
	},
	Scenarios: fstest.MapFS{},
	Place: func(c *Cluster) {
		w := c.World()
		w.Node("web", func(p *sim.Proc) {
			p.Serve(func(p *sim.Proc, _ sim.Message) (any, error) {
				p.Work(3 * time.Millisecond)
				return nil, layeredWeb(p, c.String("web"))
			})
		}).SetLabel("service", "front")
		w.Node("store", func(p *sim.Proc) {
			p.Serve(func(p *sim.Proc, _ sim.Message) (any, error) {
				if p.Work(5 * time.Millisecond); c.String("store") == "slow" {
					p.Sleep(100 * time.Millisecond)
				}
				if c.String("store") == "fails" {
					return nil, sim.ErrUnavailable
				}
				sim.Call[any](p, "clock", "a node of no tier", time.Second) // refused: it takes 2ms more
				return nil, nil
			})
		}).SetLabel("service", "back")
		w.Node("clock", func(*sim.Proc) {})
		w.Client("stranger", func(p *sim.Proc) { sim.Call[any](p, "web", "for no operation", time.Second) })
	},
	Connect: func(*Cluster, *sim.Proc) workload.Session { return layeredClient{} },
}

// layeredWeb asks the store.
func layeredWeb(p *sim.Proc, how string) error {
	ask := func(p *sim.Proc) error {
		_, err := sim.Call[any](p, "store", "", 40*time.Millisecond)
		return err
	}
	switch how {
	case "retries":
		ask(p)
		return nil // whatever it says
	case "twice":
		g := sim.NewGroup[any](p)
		for range 2 {
			g.Go("ask", func(p *sim.Proc) (any, error) { return nil, ask(p) })
		}
		_, err := g.First(2)
		return err
	case "behind":
		p.Go("behind", func(p *sim.Proc) { ask(p) })
		p.Go("later", func(p *sim.Proc) { p.Sleep(1500 * time.Microsecond); ask(p) })
		p.Sleep(time.Millisecond)
		return nil
	}
	return ask(p)
}

type layeredClient struct{}

func (layeredClient) Do(p *sim.Proc, _ workload.Op, timeout time.Duration) (checker.Value, checker.Outcome) {
	p.Sleep(time.Millisecond)
	inner := p.Span("inner")
	_, err := sim.Call[any](p, "web", "", timeout)
	if inner.End(); err != nil {
		return checker.Nil, checker.OutcomeUnknown
	}
	return checker.Nil, checker.OutcomeOK
}

// TestTiers has the time and the errors of requests be those of the tier that they are of.
func TestTiers(t *testing.T) {
	for _, test := range []struct {
		store, web string
		timeout    time.Duration
		want       string // by tier: requests for each operation, errors, origins, own time
	}{
		{"answers", "asks", time.Second, "clients 1 0 0 1ms, front 1 0 0 5ms, back 1 0 0 9ms"},
		{"fails", "asks", time.Second, "clients 1 1 0 1ms, front 1 1 0 5ms, back 1 1 1 7ms"},
		{"fails", "retries", time.Second, "clients 1 0 0 1ms, front 1 0 0 5ms, back 1 1 1 7ms"},
		{"slow", "asks", time.Second, "clients 1 1 0 1ms, front 1 1 0 5ms, back 1 1 1 40ms"},           // web gives up
		{"slow", "asks", 20 * time.Millisecond, "clients 1 1 0 1ms, front 1 1 0 4ms, back 1 1 1 16ms"}, // the client gives up first
		{"answers", "behind", time.Second, "clients 1 0 0 1ms, front 1 0 0 5ms, back 1 0 0 1ms"},       // until it is answered
		{"answers", "twice", time.Second, "clients 1 0 0 1ms, front 1 0 0 5ms, back 2 0 0 11.5ms"},     // one waits for the other's work
		{"answers", "asks", 2 * time.Millisecond, "clients 1 1 0 1ms, front 1 1 1 2ms, back 0 0 0 0s"}, // gone before the store is asked
	} {
		s := &Scenario{
			Name: "x", System: layered, Nodes: 3, Run: time.Second, Link: sim.Link{Latency: sim.Constant(time.Millisecond)},
			Workload: workload.Spec{Kind: "request", Clients: 1, Keys: 1, Every: 200 * time.Millisecond, Reads: 1, Timeout: test.timeout},
			Knobs:    Values{"store": test.store, "web": test.web}, Checks: []string{"progress"},
		}
		r := execute(t, s, Options{Seed: 1})
		got, asked := "", len(r.History().Ops)
		for i, tier := range r.Tiers {
			if i > 0 {
				got += ", "
			}
			mean := time.Duration(0)
			if tier.Requests > 0 {
				mean = tier.Mean
			}
			got += fmt.Sprintf("%s %v %v %v %v", tier.Name, tier.Requests/asked, tier.Errors/asked, tier.Origins/asked, mean)
		}
		if got != test.want {
			t.Errorf("store %s, web %s, timeout %v:\n%s, expected\n%s", test.store, test.web, test.timeout, got, test.want)
		}
		blind := *layered
		blind.Tiers = nil
		s.System = &blind
		if plain := execute(t, s, Options{Seed: 1}); plain.Hash != r.Hash || plain.Tiers != nil || plain.Phases[0].Tiers != nil {
			t.Errorf("without tiers the hash is %s and was %s with them; and the report has tiers %v", plain.Hash, r.Hash, plain.Tiers)
		}
	}
}

// TestTierThatCrashes has a node that crashes be blamed itself, and not the one that it was
// waiting for, which has done nothing wrong.
func TestTierThatCrashes(t *testing.T) {
	s := &Scenario{
		Name: "x", System: layered, Nodes: 3, Run: 200 * time.Millisecond, Link: sim.Link{Latency: sim.Constant(time.Millisecond)},
		Workload: workload.Spec{Kind: "request", Clients: 1, Keys: 1, Rate: 20, Reads: 1, Arrivals: workload.Constant, Timeout: 100 * time.Millisecond},
		Checks:   []string{"progress"},
	}
	asks := time.Duration(execute(t, s, Options{Seed: 1}).History().Ops[0].Call)
	r, err := NewRun(s, Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	r.World.At(asks+8*time.Millisecond, "while the store is at work", r.World.Lookup("web").Crash)
	got := ""
	for _, tier := range r.Execute(nil).Tiers {
		got += fmt.Sprintf("%s %d %d; ", tier.Name, tier.Errors, tier.Origins)
	}
	if asked := len(r.Workload.Ops()); got != fmt.Sprintf("clients %[1]d 0; front %[1]d %[1]d; back 0 0; ", asked) {
		t.Errorf("of %d operations, errors and their origins: %s", asked, got)
	}
}
