// Package steady makes property tests repeatable: a test package that imports it
// for its effect draws with a fixed seed unless the command line says otherwise,
// so that the gate's answer depends on the commit alone.
//
//	import _ "github.com/orrery-sim/orrery/internal/steady"
//
// -rapid.seed=0 draws anew every time, which is how to look for what nobody has
// seen yet: go test ./sim -rapid.seed=0 -rapid.checks=10000
package steady

import (
	"flag"

	_ "pgregory.net/rapid" // registers the flag
)

func init() {
	if err := flag.Set("rapid.seed", "20261121"); err != nil {
		panic("steady: rapid no longer has the flag -rapid.seed: " + err.Error())
	}
}
