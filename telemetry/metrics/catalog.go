package metrics

import "time"

// Type is what OpenMetrics calls the type of a metric family.
type Type string

// The types that there are here.
const (
	Counter   Type = "counter"
	Gauge     Type = "gauge"
	Histogram Type = "histogram"
	Info      Type = "info"
)

// Family is a metric with all its labels' values.
type Family struct {
	Name   string // without _total, _bucket and the like, see Samples
	Type   Type
	Unit   string   // seconds, bytes, ratio; "" for what is counted
	Labels []string // besides run, which all have
	Help   string
}

// Samples are the names under which the family's values stand.
func (f *Family) Samples() []string {
	switch f.Type {
	case Counter:
		return []string{f.Name + "_total"}
	case Histogram:
		return []string{f.Name + "_bucket", f.Name + "_count", f.Name + "_sum"}
	case Info:
		return []string{f.Name + "_info"}
	}
	return []string{f.Name}
}

// The families, as places in [Catalog].
const (
	runInfo = iota
	events
	operations
	operationDuration
	operationsInFlight
	rpcCalls
	rpcErrors
	nodeUp
	nodePaused
	nodeBoots
	nodeCrashes
	nodeRole
	nodeField
	inboxLength
	clockError
	cpuTime
	cpuCores
	cpuBusy
	cpuQueue
	diskOperations
	diskTime
	diskIO
	diskErrors
	diskQueue
	messagesSent
	messagesDelivered
	messagesDropped
	messagesRefused
	retransmissions
	connectionsBroken
	faultActive
	faultsBegun
	measure
	measureTime
	measureShare
	families // how many
)

// Catalog is all there is to see of a run. What a run has nothing of, it does not show.
var Catalog = [families]Family{
	runInfo: {"orrery_run", Info, "", []string{"scenario", "seed", "system", "mutant"}, "what was run"},
	events:  {"orrery_events", Counter, "", nil, "events of the simulation"},

	operations:         {"orrery_operations", Counter, "", []string{"kind", "outcome"}, "operations of clients that have returned; the outcome is ok, failed or unknown"},
	operationDuration:  {"orrery_operation_duration_seconds", Histogram, "seconds", []string{"kind", "outcome"}, "time from a client's call to its return"},
	operationsInFlight: {"orrery_operations_in_flight", Gauge, "", nil, "operations that clients wait for"},
	rpcCalls:           {"orrery_rpc_calls", Counter, "", []string{"node"}, "requests that the node sent and waits for"},
	rpcErrors:          {"orrery_rpc_errors", Counter, "", []string{"node", "error_type"}, "requests of the node that were answered with an error, or not in time"},

	nodeUp:      {"orrery_node_up", Gauge, "", []string{"node"}, "1 while the node runs or is paused"},
	nodePaused:  {"orrery_node_paused", Gauge, "", []string{"node"}, "1 while the node is paused"},
	nodeBoots:   {"orrery_node_boots", Counter, "", []string{"node"}, "starts of the node, the first included"},
	nodeCrashes: {"orrery_node_crashes", Counter, "", []string{"node"}, "crashes of the node"},
	nodeRole:    {"orrery_node_role", Gauge, "", []string{"node", "role"}, "1 while the server has the role, one of those that the system's faults can aim at"},
	nodeField:   {"orrery_node_field", Gauge, "", []string{"node", "field"}, "a number that the node shows of itself, such as its term"},
	inboxLength: {"orrery_inbox_length", Gauge, "", []string{"node"}, "messages that have arrived and that no process has taken"},
	clockError:  {"orrery_clock_error_seconds", Gauge, "seconds", []string{"node"}, "how far the node's clock is ahead of the true time"},

	cpuTime:  {"orrery_cpu_time_seconds", Counter, "seconds", []string{"node"}, "time for which processes held cores, summed over the cores"},
	cpuCores: {"orrery_cpu_cores", Gauge, "", []string{"node"}, "cores of the node"},
	cpuBusy:  {"orrery_cpu_busy_cores", Gauge, "", []string{"node"}, "cores that processes hold"},
	cpuQueue: {"orrery_cpu_queue_length", Gauge, "", []string{"node"}, "processes that wait for a core"},

	diskOperations: {"orrery_disk_operations", Counter, "", []string{"node", "operation"}, "disk operations that have ended"},
	diskTime:       {"orrery_disk_operation_time_seconds", Counter, "seconds", []string{"node", "operation"}, "time that these took, the wait for the device included"},
	diskIO:         {"orrery_disk_io_bytes", Counter, "bytes", []string{"node", "operation"}, "bytes that these moved"},
	diskErrors:     {"orrery_disk_errors", Counter, "", []string{"node", "error_type"}, "disk operations that ended with an error"},
	diskQueue:      {"orrery_disk_queue_length", Gauge, "", []string{"node"}, "processes that wait for the disk"},

	messagesSent:      {"orrery_network_messages_sent", Counter, "", []string{"from", "to"}, "messages that a node gave to the network"},
	messagesDelivered: {"orrery_network_messages_delivered", Counter, "", []string{"from", "to"}, "messages that arrived"},
	messagesDropped:   {"orrery_network_messages_dropped", Counter, "", []string{"from", "to", "reason"}, "messages that were lost"},
	messagesRefused:   {"orrery_network_messages_refused", Counter, "", []string{"from", "to"}, "messages that nobody there took"},
	retransmissions:   {"orrery_network_retransmissions", Counter, "", []string{"from", "to"}, "times that a stream sent again"},
	connectionsBroken: {"orrery_network_connections_broken", Counter, "", []string{"from", "to"}, "streams and calls that the network took nothing of for too long"},

	faultActive: {"orrery_fault_active", Gauge, "", []string{"fault"}, "1 while the fault is in force"},
	faultsBegun: {"orrery_faults_begun", Counter, "", []string{"fault"}, "times that the fault was done"},

	measure:      {"orrery_measure", Gauge, "", []string{"measure", "unit"}, "what the run came to in the system's own terms, at its end"},
	measureTime:  {"orrery_measure_seconds", Gauge, "seconds", []string{"measure"}, "the same, of measures of time"},
	measureShare: {"orrery_measure_ratio", Gauge, "ratio", []string{"measure"}, "the same, of shares from 0 to 1"},
}

// Buckets are the upper bounds of the histogram's buckets; above the last lies one more.
// Each is at most twice the one before it, so that a quantile read from them is off by
// less than half.
var Buckets = []time.Duration{
	500 * time.Microsecond, 750 * time.Microsecond,
	1 * time.Millisecond, 1500 * time.Microsecond, 2 * time.Millisecond, 3 * time.Millisecond, 5 * time.Millisecond, 7500 * time.Microsecond,
	10 * time.Millisecond, 15 * time.Millisecond, 20 * time.Millisecond, 30 * time.Millisecond, 50 * time.Millisecond, 75 * time.Millisecond,
	100 * time.Millisecond, 150 * time.Millisecond, 200 * time.Millisecond, 300 * time.Millisecond, 500 * time.Millisecond, 750 * time.Millisecond,
	1 * time.Second, 1500 * time.Millisecond, 2 * time.Second, 3 * time.Second, 5 * time.Second, 7500 * time.Millisecond, 10 * time.Second,
}
