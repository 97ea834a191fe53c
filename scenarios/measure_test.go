package scenarios_test

import (
	"fmt"
	"time"

	"github.com/orrery-sim/orrery/scenarios"
)

func ExampleMeasure() {
	for _, m := range []scenarios.Measure{
		scenarios.Took("lag", "", 12300*time.Microsecond),
		scenarios.Took("lag", "", 0),
		{Name: "hit-rate", Value: 0.0412, Unit: scenarios.UnitShare},
		{Name: "lost-writes", Value: 17, Unit: "writes"},
		{Name: "messages-per-operation", Value: 3.25},
	} {
		fmt.Println(m.Name, m.Text())
	}
	// Output:
	// lag 12.3ms
	// lag -
	// hit-rate 4.12%
	// lost-writes 17 writes
	// messages-per-operation 3.25
}
