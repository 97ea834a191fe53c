// Package nodes is the shelf: one folder is one simulated system, and All lists them.
package nodes

import (
	"github.com/orrery-sim/orrery/nodes/cache"
	"github.com/orrery-sim/orrery/nodes/echo"
	"github.com/orrery-sim/orrery/nodes/raft"
	"github.com/orrery-sim/orrery/nodes/replica"
	"github.com/orrery-sim/orrery/nodes/service"
	"github.com/orrery-sim/orrery/nodes/tiers"
	"github.com/orrery-sim/orrery/scenarios"
)

// All is every system on the shelf.
var All = scenarios.Catalog{cache.System, echo.System, raft.System, replica.System, service.System, tiers.System}
