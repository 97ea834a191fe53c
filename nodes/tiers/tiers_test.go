package tiers

import (
	"testing"

	"github.com/orrery-sim/orrery/nodes/systest"
)

// The examination that every system has to pass.
func TestSystem(t *testing.T) { systest.Check(t, System) }
