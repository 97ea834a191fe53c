// Package telemetry shows a run in the tools that people use for real systems: traces,
// metrics, logs, space-time diagrams and a report, all in virtual time. Everything is
// derived from the run's events, so a run that is watched and one that is not have the
// same hash.
package telemetry
