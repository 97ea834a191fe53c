package echo

import (
	"embed"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/scenarios/workload"
	"github.com/orrery-sim/orrery/sim"
)

// Source is this package's own source, for orrery new.
//
//go:embed *.go scenarios testdata
var Source embed.FS

//go:embed doc.go
var doc string

//go:embed scenarios
var files embed.FS

// System is echo.
var System = &scenarios.System{
	Name:      "echo",
	Doc:       scenarios.DocText(doc),
	Nodes:     1,
	Workloads: []string{"counter"},
	Checks:    []scenarios.Check{{Name: "says-back", Claim: "E1: an answer has the word that was said"}},
	Mutants: []scenarios.Mutant{{
		Name: "unsynced", Breaks: "E3: it answers before the word is on disk",
		Scenario: "restarts", Check: "linearizable", Seeds: 20,
	}},
	Scenarios: files,
	Place: func(c *scenarios.Cluster) {
		for _, name := range c.Servers() {
			c.World().Node(name, func(p *sim.Proc) {
				s := &server{unsynced: c.Mutant("unsynced")}
				s.run(p)
			})
		}
	},
	Connect: func(c *scenarios.Cluster, _ *sim.Proc) workload.Session { return client{c} },
}

// client asks the one server there is.
type client struct{ c *scenarios.Cluster }

func (cl client) Do(p *sim.Proc, op workload.Op, timeout time.Duration) (checker.Value, checker.Outcome) {
	var request any = Ask{op.Key}
	if op.Name == "add-and-get" {
		request = Say{op.Key}
	}
	heard, err := sim.Call[Heard](p, cl.c.Servers()[0], request, timeout)
	switch {
	case sim.NothingDone(err):
		return checker.Nil, checker.OutcomeFailed
	case err != nil:
		return checker.Nil, checker.OutcomeUnknown
	case heard.Word != op.Key:
		p.Fail("says-back", "said %q and was answered %q", op.Key, heard.Word)
	}
	return checker.Int(heard.Count), checker.OutcomeOK
}
