package scenarios

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/scenarios/workload"
	"github.com/orrery-sim/orrery/sim"
)

// toy is the system of these tests: registers on one server, and a mutant for each
// way in which a run can end.
var toy = &System{
	Name: "toy", Doc: "Package toy is registers on one server. It is for\ntests.\n\n# Promises\n",
	Nodes: 1, Workloads: []string{"register", "cas-register"},
	Knobs: []Knob{
		{Name: "delay", Default: "1ms", Help: "of every answer", Min: "0s", Max: "1s"},
		{Name: "limit", Default: "5", Help: "a number", Min: "1", Max: "10"},
		{Name: "loud", Default: "false", Help: "log every request"},
		{Name: "share", Default: "0.5", Help: "a fraction", Min: "0", Max: "1"},
		{Name: "mode", Default: "plain", Help: "a choice", Choices: []string{"plain", "fancy"}},
	},
	Sound: func(v Values, nodes int) error {
		var errs []error
		if v.String("mode") == "fancy" && v.Int("limit") == 1 {
			errs = append(errs, &KnobError{"limit", "1 is too few for mode fancy, expected at least 2"})
		}
		if v.String("mode") == "fancy" && nodes == 9 {
			errs = append(errs, &KnobError{"mode", "fancy is not for 9 nodes"})
		}
		return errors.Join(errs...)
	},
	Checks: []Check{{Name: "positive", Claim: "no value is negative"}},
	Mutants: []Mutant{
		{Name: "stale", Breaks: "a read answers what was there before", Scenario: "calm", Check: "linearizable", Seeds: 3},
		{Name: "panics", Breaks: "it dies of a write", Scenario: "calm", Check: "progress", Seeds: 3},
		{Name: "negative", Breaks: "it answers -1", Scenario: "calm", Check: "positive", Seeds: 3},
		{Name: "deaf", Breaks: "it answers nobody after 2s", Scenario: "calm", Check: "progress", Seeds: 3},
		{Name: "hangs", Breaks: "its clients wait without a timeout", Scenario: "calm", Check: "progress", Seeds: 3},
		{Name: "chance", Breaks: "it is not a function of the seed", Scenario: "calm", Check: "progress", Seeds: 3},
		{Name: "maps", Breaks: "the order of a map shows", Scenario: "calm", Check: "progress", Seeds: 3},
		{Name: "louder", Breaks: "it logs", Scenario: "calm", Check: "progress", Seeds: 3, Knobs: Values{"loud": "true"}},
	},
	Roles:     []Role{{Name: "leader", Help: "the server", Find: func(c *Cluster) []string { return c.ByField("role", "leader") }}},
	Scenarios: fstest.MapFS{"scenarios/calm.yaml": {Data: []byte(calm)}, "scenarios/other.yaml": {Data: []byte(calm)}},
	Place: func(c *Cluster) {
		for _, name := range c.Servers() {
			c.World().Node(name, func(p *sim.Proc) { serve(c, p) })
		}
	},
	Connect: func(c *Cluster, _ *sim.Proc) workload.Session { return toyClient{c} },
}

const calm = `
scenario: calm
shows: Nothing breaks.
system: toy
workload: {kind: register, clients: 2, keys: 2, every: 20ms}
run: 3s
settle: 1s
`

// requests is the same, but asked what no model tells the answers of.
var requests = func() *System {
	s := *toy
	s.Name, s.Workloads = "requests", []string{"request"}
	return &s
}()

var toys = Catalog{toy}

// chance is what the mutant of that name looks at, and must not.
var chance atomic.Int64

// many is what the mutant "maps" ranges over.
var many = map[int]bool{1: true, 2: true, 3: true, 4: true, 5: true, 6: true, 7: true, 8: true}

type (
	get struct{ Key string }
	put struct {
		Key   string
		Value int64
	}
)

func serve(c *Cluster, p *sim.Proc) {
	now, before := map[string]checker.Value{}, map[string]checker.Value{}
	c.Milestone(p, "serves")
	p.Show(func() []sim.Field { return []sim.Field{{Name: "role", Value: "leader"}} })
	p.Serve(func(p *sim.Proc, m sim.Message) (any, error) {
		if c.Bool("loud") {
			p.Log("asked")
		}
		p.Sleep(c.Duration("delay"))
		if c.Mutant("chance") {
			p.Sleep(time.Duration(chance.Add(1)))
		}
		for i := range many {
			if c.Mutant("maps") {
				p.Sleep(time.Duration(i))
			}
			break
		}
		for c.Mutant("deaf") && c.World().Now() > 2*time.Second || c.Mutant("hangs") {
			p.Sleep(time.Hour)
		}
		switch m := m.Body.(type) {
		case put:
			if c.Mutant("panics") && m.Value > 5000 {
				panic("a large value")
			}
			before[m.Key], now[m.Key] = now[m.Key], checker.Int(m.Value)
			return nil, nil
		case get:
			switch {
			case c.Mutant("stale"):
				return before[m.Key], nil
			case c.Mutant("negative"):
				p.Fail("positive", "%s is %d", m.Key, -1)
			}
			return now[m.Key], nil
		}
		return nil, sim.ErrRefused
	})
}

type toyClient struct{ c *Cluster }

func (cl toyClient) Do(p *sim.Proc, op workload.Op, timeout time.Duration) (checker.Value, checker.Outcome) {
	if cl.c.Mutant("hangs") {
		timeout = 1000 * time.Hour
	}
	var request any = get{op.Key}
	if op.Name == "write" {
		n, _ := op.Input.Int()
		request = put{op.Key, n}
	}
	value, err := sim.Call[any](p, "n1", request, timeout)
	switch {
	case errors.Is(err, sim.ErrRefused):
		return checker.Nil, checker.OutcomeFailed
	case err != nil:
		return checker.Nil, checker.OutcomeUnknown
	}
	v, _ := value.(checker.Value)
	return v, checker.OutcomeOK
}

// scenario parses one, with lines added to calm.
func scenario(t *testing.T, more ...string) *Scenario {
	t.Helper()
	s, err := Parse("calm.yaml", []byte(calm+strings.Join(more, "\n")), toys.find)
	if err != nil {
		t.Fatal(err)
	}
	s.File = ""
	return s
}

func execute(t *testing.T, s *Scenario, o Options) *Report {
	t.Helper()
	r, err := NewRun(s, o)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	return r.Execute(nil)
}
