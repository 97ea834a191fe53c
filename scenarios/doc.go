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
// Instead of faults, or beside them, a scenario may have a storm: faults that are drawn
// from the seed, within a budget of what the system claims to survive.
//
//	storm:
//	  budget: {down: minority, power-loss: all, clock-drift: 50000ppm}
//	  families: [partition, crash, power, clock]
//	  roles: [leader]
//	  faults: 1-12
//	  for: 200ms-4s
//
// Only the budget is needed. What it leaves out, it does not allow:
//
//	down         servers that are crashed, paused or cut off at once: none, minority, all,
//	             or a number
//	power-loss   servers that are out at once while some have lost power, if that is more
//	recover      how much longer a server counts as out, in which it catches up: 1s
//	loss         of messages lost, doubled, reordered and damaged, together: 20%
//	delay        of messages: 100ms
//	bandwidth    of a link, at least: 64KB/s
//	slow         processors and disks: 20x
//	clock-drift  of clocks, fast or slow: 50000ppm
//	clock-jump   of clocks, forward or back: 2s
//	disk         servers whose disks are full or fail, at once
//	damage       servers whose disks are lost, rot or lie, in the whole run
//
// The families are those of faults.Families, by default all that the budget has something
// for; the roles those of the system at which faults are aimed, by default all; faults is
// how many there are, for how long each lasts. The faults of a run stand in its report,
// and a scenario that lists them instead runs the same; see [Run.Schedule].
//
// A saved run, such as a failure of which only what it needs was left (see
// [github.com/orrery-sim/orrery/scenarios/shrink]), says three things more:
//
//	seed: 7                  which a run of the file takes unless it is told
//	mutant: syncs-again      the deliberate mistake that is made
//	check: persistence       the check that must fail if expect is violated or stuck
//
// [Scenario.YAML] writes what Parse reads. Files in testdata/fail of a system's package
// are run first by its test.
//
// The run lasts for run with its faults and for settle without: first safety, then
// liveness. Then the clients end, and the checks judge.
package scenarios
