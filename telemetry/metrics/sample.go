package metrics

import (
	"slices"
	"strconv"
	"time"

	"github.com/orrery-sim/orrery/scenarios"
)

// tick reads what has a state, and keeps all values as those of a time.
func (m *Meter) tick(at time.Duration) {
	m.tables[events].get().now[0] = float64(m.count)
	m.set(operationsInFlight, float64(len(m.asked)))
	for _, n := range m.order {
		m.sample(n, at)
	}
	m.roles()
	m.faults()
	tick := len(m.ticks)
	m.ticks = append(m.ticks, at)
	for i := range m.tables {
		m.tables[i].keep(tick)
	}
}

// sample reads a node.
func (m *Meter) sample(n *node, at time.Duration) {
	name := n.Name()
	m.set(nodeUp, number(n.up), name)
	m.set(nodePaused, number(n.paused), name)
	m.set(clockError, n.ClockError().Seconds(), name)
	m.set(inboxLength, float64(n.InboxQueue()), name)
	n.bring(at)
	cores, _ := n.Cores()
	m.set(cpuCores, float64(cores), name)
	m.set(cpuBusy, float64(n.busy), name)
	m.set(cpuQueue, float64(n.WorkQueue()), name)
	m.tables[cpuTime].get(name).now[0] = float64(n.held)
	if n.disk {
		m.set(diskQueue, float64(n.Disk().Queue()), name)
	}
	if !n.up {
		return
	}
	for _, f := range n.Fields() {
		if v, err := strconv.ParseFloat(f.Value, 64); err == nil {
			m.set(nodeField, v, name, f.Name)
		}
	}
}

// roles reads which servers have which role.
func (m *Meter) roles() {
	c := m.run.Cluster
	for _, role := range c.Roles() {
		now := c.Role(role)
		for _, server := range c.Servers() {
			m.set(nodeRole, number(slices.Contains(now, server)), server, role)
		}
	}
}

// faults reads which faults are in force, and counts those that have begun.
func (m *Meter) faults() {
	if m.run.Faults == nil { // nothing has begun
		return
	}
	log := m.run.Faults.Log()
	for _, d := range log[m.log:] {
		if !d.Undo && d.Skipped == "" {
			m.add(faultsBegun, 1, d.Text)
			m.set(faultActive, 0, d.Text)
		}
	}
	m.log = len(log)
	for _, s := range m.tables[faultActive].order {
		s.now[0], s.has = 0, true
	}
	for _, f := range m.run.Faults.InForce() {
		m.set(faultActive, 1, f.Text)
	}
}

func number(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// Finish reads everything once more, when the run is over and before it is closed, and
// takes in what the system's own measures came to.
func (m *Meter) Finish(report *scenarios.Report) {
	m.resync(nil)
	end := m.run.World.Now()
	for m.due < end {
		m.tick(m.due)
		m.due += m.every
	}
	for _, v := range report.Measures {
		switch v.Unit {
		case scenarios.UnitTime:
			m.set(measureTime, v.Value/float64(time.Second), v.Name)
		case scenarios.UnitShare:
			m.set(measureShare, v.Value, v.Name)
		default:
			m.set(measure, v.Value, v.Name, v.Unit)
		}
	}
	m.now = end
	m.tick((end + Least - 1).Truncate(Least)) // nothing happens after the end
}
