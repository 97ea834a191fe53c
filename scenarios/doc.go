// Package scenarios runs systems: a [Scenario] says what is asked of a [System], what
// breaks meanwhile and what must hold, and running it gives a [Report]. A [Sweep] runs
// it over many seeds.
//
// A scenario is most often a YAML file, see [Parse]:
//
//	scenario: minority-leader
//	shows: A leader without a majority can promise nothing.
//	system: raft
//	nodes: 5
//	knobs: {reads: quorum}
//	workload: {kind: register, clients: 4, keys: 3, every: 50ms}
//	faults:
//	  - at 5s for 5s: isolate leader
//	checks: [linearizable]
//	run: 30s
//	settle: 5s
//	expect: ok
//
// The run lasts for run with its faults and for settle without: first safety, then
// liveness. Then the clients end, and the checks judge.
package scenarios
