package sim

import (
	"fmt"
	"strings"
	"time"
)

// DiskFault is what can be wrong with a disk. The zero value is nothing.
type DiskFault struct {
	Slow       float64       // everything that takes time takes so many times as long; 0 is 1
	Delay      time.Duration // what takes time takes so much longer, with the probability DelayRate
	DelayRate  float64       // 0 is 1
	ReadError  float64       // probability that a read fails with [ErrDisk]
	WriteError float64       // probability that a write or change of names fails with [ErrDisk]
	SyncError  float64       // probability that a sync fails with [ErrDisk]; see [Disk] for what it leaves
	SyncLies   bool          // a sync takes its time and reports success, but makes nothing durable
	Full       bool          // what would make a file longer fails with [ErrDiskFull]
	Torn       float64       // probability that a sector which a crash lets through is torn

	// ReadMistake and WriteMistake are the probabilities that some of the bytes that
	// are read, or written, are others, and nobody says so: 1 to 8 in a row.
	ReadMistake, WriteMistake float64
}

// longestDelay bounds DiskFault.Delay, far from where sums of it overflow.
const longestDelay = 100_000 * time.Hour

// slowest bounds DiskFault.Slow.
const slowest = 1e6

func (f *DiskFault) mustBeSound(where string) {
	if !(f.Slow >= 0 && f.Slow <= slowest) {
		panic(fmt.Sprintf("sim: %s: Slow is %v; the factor must be above 0 and at most %v, or 0 for none", where, f.Slow, slowest))
	}
	if !(f.Delay >= 0 && f.Delay <= longestDelay) {
		panic(fmt.Sprintf("sim: %s: Delay is %v; it must be between 0 and %v", where, f.Delay, longestDelay))
	}
	mustBeChance(where, "DelayRate", f.DelayRate)
	mustBeChance(where, "ReadMistake", f.ReadMistake)
	mustBeChance(where, "WriteMistake", f.WriteMistake)
	mustBeChance(where, "ReadError", f.ReadError)
	mustBeChance(where, "WriteError", f.WriteError)
	mustBeChance(where, "SyncError", f.SyncError)
	mustBeChance(where, "Torn", f.Torn)
}

// String renders what is not zero: "slow 10x, sync errors 0.1, sync lies".
func (f DiskFault) String() string {
	var parts []string
	if f.Slow != 0 && f.Slow != 1 {
		parts = append(parts, fmt.Sprintf("slow %vx", f.Slow))
	}
	if f.Delay != 0 {
		parts = append(parts, fmt.Sprintf("%v later", f.Delay))
	}
	for _, c := range []struct {
		name string
		p    float64
	}{
		{"of them", f.DelayRate}, {"read errors", f.ReadError}, {"write errors", f.WriteError}, {"sync errors", f.SyncError},
		{"torn", f.Torn}, {"read mistakes", f.ReadMistake}, {"write mistakes", f.WriteMistake},
	} {
		if c.p > 0 {
			parts = append(parts, fmt.Sprintf("%s %v", c.name, c.p))
		}
	}
	if f.SyncLies {
		parts = append(parts, "sync lies")
	}
	if f.Full {
		parts = append(parts, "full")
	}
	if parts == nil {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}

// DiskEffect is something that makes a disk worse for a while.
type DiskEffect struct {
	disk     *Disk
	fault    DiskFault
	restored bool
}

// Degrade makes the disk worse, on top of what others have done to it: factors
// multiply, probabilities join. It lasts through crashes. Impossible values panic.
func (d *Disk) Degrade(by DiskFault) *DiskEffect {
	by.mustBeSound("Degrade of the disk of node " + d.node.name)
	e := &DiskEffect{disk: d, fault: by}
	d.effects = append(d.effects, e)
	d.refresh()
	d.tell("degrade: "+by.String(), 0, 0)
	return e
}

// Restore takes this effect back, and no other. What it did, such as bytes that
// were not written, stays.
func (e *DiskEffect) Restore() {
	if e.restored {
		return
	}
	e.restored = true
	e.disk.effects = without(e.disk.effects, e)
	e.disk.refresh()
	e.disk.tell("restore: "+e.fault.String(), 0, 0)
}

// Heal takes back every effect, whoever made it.
func (d *Disk) Heal() {
	for len(d.effects) > 0 {
		d.effects[0].Restore()
	}
}

// refresh works out what all effects come to.
func (d *Disk) refresh() {
	t := DiskFault{Slow: 1}
	for _, e := range d.effects {
		t.Slow = float64(t.Slow * orDefault(e.fault.Slow, 1))
		t.ReadError = either(t.ReadError, e.fault.ReadError)
		t.WriteError = either(t.WriteError, e.fault.WriteError)
		t.SyncError = either(t.SyncError, e.fault.SyncError)
		t.Torn = either(t.Torn, e.fault.Torn)
		t.ReadMistake = either(t.ReadMistake, e.fault.ReadMistake)
		t.WriteMistake = either(t.WriteMistake, e.fault.WriteMistake)
		t.SyncLies = t.SyncLies || e.fault.SyncLies
		t.Full = t.Full || e.fault.Full
	}
	d.total = t
}
