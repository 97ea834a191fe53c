package telemetry_test

import (
	"fmt"

	"github.com/orrery-sim/orrery/telemetry"
)

func ExampleWaterfall() {
	fmt.Print(telemetry.Waterfall([]*telemetry.Span{
		{ID: 9, Parent: 8, Kind: telemetry.Disk, Name: "sync wal", Node: "n1", Start: 12 * ms, End: 17 * ms},
		{ID: 8, Parent: 7, Kind: telemetry.Serve, Name: "Write", Node: "n1", Peer: "c1", Start: 11 * ms, End: 18 * ms, Error: "the node crashed", Marks: []telemetry.Mark{{At: 18 * ms, Event: 42, Name: "n1: crash"}}},
		{ID: 7, Kind: telemetry.Operation, Name: "write k0 1001", Node: "c1", Start: 10 * ms, End: 30 * ms, Error: "unknown"},
	}, 100))
	// Output:
	// c1: write k0 1001                             ================================        0s +20ms  ! unknown
	//   n1: serve c1: Write                          ===========                           1ms +7ms  ! the node crashed
	//     * n1: crash at +8ms, event 42
	//     n1: sync wal                                 ========                            2ms +5ms
}
