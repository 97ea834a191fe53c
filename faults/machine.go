package faults

import (
	"math"
	"math/bits"
	"slices"
	"time"

	"github.com/orrery-sim/orrery/sim"
)

// machine is what the faults in force do to one node. The kernel keeps the books
// for links and disks; what a node has only one of is kept here, so that the end
// of one fault does not undo another.
type machine struct {
	node   *sim.Node
	down   int // crashes in force
	paused int // pauses in force
	slows  []*float64
	speed  float64 // what its cores have without faults, while slows is not empty
	fewer  []*int
	cores  int // how many it has without faults, while fewer is not empty
	skews  []*skew
	own    skew // how wrong its clock is without faults, while skews is not empty
}

// skew is one fault of a clock, or what is wrong with it anyway.
type skew struct {
	jump  time.Duration
	rate  int64 // in thousandths of a part per million
	since time.Duration
}

// gained is by how much it has put the clock forward at a time.
func (s *skew) gained(now time.Duration) time.Duration {
	const billion = 1_000_000_000
	hi, lo := bits.Mul64(uint64(now-s.since), uint64(max(s.rate, -s.rate)))
	q, _ := bits.Div64(min(hi, billion-1), lo, billion)
	if s.rate < 0 {
		return s.jump - time.Duration(q)
	}
	return s.jump + time.Duration(q)
}

func (p *Plan) machine(name string) *machine {
	m := p.machines[name]
	if m == nil {
		m = &machine{node: p.w.Lookup(name)}
		p.machines[name] = m
	}
	return m
}

// machinesOf returns the machines of all groups.
func (p *Plan) machinesOf(groups [][]string) []*machine {
	var list []*machine
	for _, g := range groups {
		for _, name := range g {
			if m := p.machine(name); !slices.Contains(list, m) {
				list = append(list, m)
			}
		}
	}
	return list
}

func names(machines []*machine) []string {
	list := make([]string, len(machines))
	for i, m := range machines {
		list[i] = m.node.Name()
	}
	return list
}

// without returns the list without one of its items.
func without[T comparable](list []T, gone T) []T {
	return slices.DeleteFunc(list, func(x T) bool { return x == gone })
}

// crash keeps the node down until the last that does so is undone.
func (m *machine) crash() func() {
	m.down++
	m.node.Crash()
	return func() {
		if m.down--; m.down == 0 && !m.node.Up() {
			m.node.Restart()
		}
	}
}

// pause keeps the node from running until the last that does so is undone.
func (m *machine) pause() func() {
	m.paused++
	m.node.Pause()
	return func() {
		if m.paused--; m.paused == 0 {
			m.node.Resume()
		}
	}
}

func (m *machine) slow(by float64) func() {
	if len(m.slows) == 0 {
		m.speed = m.node.Speed()
	}
	owner := &by
	m.slows = append(m.slows, owner)
	m.setSpeed()
	return func() {
		m.slows = without(m.slows, owner)
		m.setSpeed()
	}
}

// slowest is the least speed that the kernel is given.
const slowest = 1e-9

func (m *machine) setSpeed() {
	speed := m.speed
	for _, by := range m.slows {
		speed /= *by
	}
	m.node.SetSpeed(max(speed, slowest))
}

// allCores is how many cores the node has without faults.
func (m *machine) allCores() int {
	if len(m.fewer) > 0 {
		return m.cores
	}
	has, _ := m.node.Cores()
	return has
}

// leave leaves the node so many cores.
func (m *machine) leave(cores int) func() {
	m.cores = m.allCores()
	owner := &cores
	m.fewer = append(m.fewer, owner)
	m.setCores()
	return func() {
		m.fewer = without(m.fewer, owner)
		m.setCores()
	}
}

func (m *machine) setCores() {
	left := m.cores
	for _, n := range m.fewer {
		left = min(left, *n)
	}
	m.node.SetCores(left)
}

func (m *machine) jump(by time.Duration) func() {
	return m.skew(&skew{jump: by})
}

func (m *machine) drift(rate int64) func() {
	return m.skew(&skew{rate: rate})
}

// skew makes the clock wrong. When the last that does so is undone, the clock is as
// wrong as it would be without.
func (m *machine) skew(s *skew) func() {
	w := m.node.World()
	if len(m.skews) == 0 {
		rate := int64(math.Round(float64(m.node.ClockDrift() * 1e3)))
		m.own = skew{jump: m.node.ClockError(), rate: rate, since: w.Now()}
	}
	s.since = w.Now()
	m.skews = append(m.skews, s)
	m.setClock(s.rate != 0, s.jump)
	return func() {
		m.skews = without(m.skews, s)
		back := -s.gained(w.Now())
		if len(m.skews) == 0 {
			back = m.own.gained(w.Now()) - m.node.ClockError() // exact, whatever was rounded
		}
		m.setClock(s.rate != 0, back)
	}
}

// setClock gives the clock the rate that all drifts add up to, if that changes, and
// lets it jump.
func (m *machine) setClock(rateChanges bool, jump time.Duration) {
	if rateChanges {
		rate := m.own.rate
		for _, s := range m.skews {
			rate += s.rate
		}
		rate = min(max(rate, units[PPM].least), units[PPM].most)
		m.node.Drift(float64(rate) / 1e3)
	}
	if jump != 0 {
		m.node.Skew(jump)
	}
}
