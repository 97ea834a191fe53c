// Package metrics measures a run as a monitoring system would that asks every node at the
// same instants, such as every second of virtual time: throughput, latency, errors,
// queues, cores, disks, links, roles and faults. It writes OpenMetrics with the virtual
// times, for Prometheus. Everything is derived from the run's events and from what can be
// read at them, so a run that is measured and one that is not have the same hash.
//
// Names and units follow OpenMetrics (https://prometheus.io/docs/specs/om/): base units,
// a suffix for the unit, _total on the samples of counters.
package metrics
