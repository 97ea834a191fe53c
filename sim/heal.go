package sim

import (
	"maps"
	"slices"
)

// Heal undoes every fault that is still in force, whoever made it: links are
// mended, released and restored, held messages go on, paused nodes resume, nodes that are down boot,
// cores run at full speed, impairments are restored, clocks are right and disks sound. What the faults
// have done, they have done.
func (w *World) Heal() {
	w.isolated = nil
	for _, key := range slices.Sorted(maps.Keys(w.links)) {
		l := w.links[key]
		for _, c := range slices.Clone(l.cuts) {
			c.Mend()
		}
		for _, h := range slices.Clone(l.holds) {
			h.Release()
		}
		for _, e := range slices.Clone(l.effects) {
			e.Restore()
		}
	}
	for _, k := range slices.Clone(w.kept) {
		w.letGo(k)
	}
	for _, n := range w.nodes {
		n.heal()
	}
}

func (n *Node) heal() {
	if n.cpu.speed != 1 {
		n.SetSpeed(1)
	}
	for _, i := range slices.Clone(n.impairments) {
		i.Restore()
	}
	if n.clock.ppb != 0 || n.ClockError() != 0 {
		n.Sync()
	}
	if n.disk != nil {
		n.disk.Heal()
	}
	n.Resume()
	if !n.up && !n.client {
		n.Restart()
	}
}

// ClientsLeft returns how many client processes have not ended.
func (w *World) ClientsLeft() int { return w.clients }
