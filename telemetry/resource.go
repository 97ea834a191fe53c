package telemetry

import (
	"time"

	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/sim"
)

// Resource says what a node is to the tools, in the words of OpenTelemetry's semantic
// conventions for resources.
type Resource struct {
	Service  string // service.name: the node's label "service", or "client", or the system's name
	Instance string // service.instance.id: the node's name
	Zone     string // cloud.availability_zone: the site that it is at, if any
	Version  string // service.version: the mutant, if there is one
}

// Run is what exporters have to know of a run besides its spans.
type Run struct {
	Scenario string
	Seed     uint64
	resource func(node string) Resource
}

// Describe tells exporters of a run.
func Describe(r *scenarios.Run) Run {
	return Run{
		Scenario: r.Scenario.FullName(), Seed: r.World.Seed(),
		resource: func(name string) Resource {
			res := Resource{Service: r.Scenario.System.Name, Instance: name, Version: r.Options.Mutant}
			n := r.World.Lookup(name)
			switch {
			case name == FaultNode:
				res.Service = FaultNode
				return res
			case n == nil:
				return res
			case n.Label("service") != "":
				res.Service = n.Label("service")
			case n.Client():
				res.Service = "client"
			}
			res.Zone = n.Site()
			return res
		},
	}
}

// Resource describes a node.
func (r *Run) Resource(node string) Resource {
	if r.resource == nil {
		return Resource{Service: node, Instance: node}
	}
	return r.resource(node)
}

// Wall is the time that tools are shown for a virtual time: as if the world had begun
// at [sim.Epoch].
func Wall(t time.Duration) time.Time { return sim.Epoch.Add(t) }
