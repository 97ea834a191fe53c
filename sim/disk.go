package sim

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"slices"
	"time"
)

// Errors of files. They come wrapped, with the operation and the file.
var (
	// ErrDisk: the disk could not do it (EIO).
	ErrDisk = errors.New("input/output error")
	// ErrDiskFull: there is no room for it (ENOSPC).
	ErrDiskFull = errors.New("no space left on device")
	// ErrNotExist: there is no file of that name (ENOENT).
	ErrNotExist = fs.ErrNotExist
	// ErrStale: the file was opened before a crash or before the disk was lost,
	// or the process is one that a crash has ended (ESTALE).
	ErrStale = errors.New("stale file handle")
)

// DiskConfig is what a disk is like. The zero value is a sound one: a solid-state
// disk without limits, whose writes and reads go through a cache in memory and
// cost nothing, and whose sync takes a millisecond. What fsync takes in life lies
// about there, up to some milliseconds, on drives without power-loss protection, and
// at tens of microseconds on drives with it (M. Callaghan, "SSDs, power loss
// protection and fsync latency", 2026). What takes no time does not block.
type DiskConfig struct {
	Read  Dist // time of a read at the device; zero is none: everything is cached
	Write Dist // time of a write to the cache; zero is none
	Sync  Dist // time of a sync at the device; zero is 1 ms

	// Bandwidth is how many bytes per second the device reads, and writes when it
	// syncs. 0 is without limit.
	Bandwidth int64

	// Capacity is how many bytes all files together may hold. 0 is without limit.
	Capacity int64

	// Torn is the probability that a sector which a crash lets through is torn:
	// its first bytes new, the others old. 0 is what disks promise.
	Torn float64
}

// fill panics unless the disk is possible, and puts defaults in place of zeros.
func (c *DiskConfig) fill(where string) {
	if c.Bandwidth < 0 {
		panic(fmt.Sprintf("sim: %s: Bandwidth is %d bytes per second; it must not be negative", where, c.Bandwidth))
	}
	if c.Capacity < 0 {
		panic(fmt.Sprintf("sim: %s: Capacity is %d bytes; it must not be negative", where, c.Capacity))
	}
	mustBeChance(where, "Torn", c.Torn)
	if c.Sync.IsZero() {
		c.Sync = Constant(time.Millisecond)
	}
}

func mustBeChance(where, name string, p float64) {
	if !(p >= 0 && p <= 1) {
		panic(fmt.Sprintf("sim: %s: %s is %v; a probability is between 0 and 1", where, name, p))
	}
}

// Disk is a node's disk: what it holds outlasts a crash of the node. Its methods
// are for those outside the cluster; processes work on it with [Proc.Open] and
// the methods of [File].
//
// What a program writes goes to a cache, where everyone sees it. [File.Sync] makes
// all that was written to the file before durable, and also every creation,
// renaming, removal and truncation on the disk before it: those go through one
// journal, which is committed in order, as that of ext4 is in its mode data=ordered
// (Linux, Documentation/filesystems/ext4/journal.rst). Of what no sync has made
// durable a crash keeps a part drawn from the seed:
//
//   - of the journal, the operations up to some point and none after it;
//   - of each file, sector by sector of 512 bytes, what one of the writes since had
//     made of the sector, or what was durable. So a later write to a sector is never
//     kept without an earlier one, and of two sectors either may be kept without the
//     other. How much gets through is drawn for each file and crash: nothing, a
//     quarter, half or three quarters of what was written to sectors, or all;
//   - the file is as long as what was kept makes it; what is missing inside is zeros.
//
// Nothing orders the data of one file with that of another, or with the journal: a
// file renamed before it was synced may come back under its new name and empty. That
// is less than ext4 keeps, which leaves no holes in what was appended, and no less
// than programs may rely on (Pillai et al., "All File Systems Are Not Created Equal",
// OSDI 2014, table 1).
//
// Nothing is written back unasked, except when more than 16 MiB of a file or 4096
// operations in the journal wait to be: then the older half becomes durable.
//
// After a sync that failed, programs go on to see what they wrote, but it counts as
// written: another sync of the file succeeds and does not write it, unless something
// has been written to the same sector since; a crash may lose it. So do ext4 and XFS
// (Rebello et al., "Can Applications Recover from fsync Failures?", ATC 2020,
// table 1).
type Disk struct {
	node    *Node
	config  DiskConfig
	effects []*DiskEffect
	total   DiskFault // all effects together
	key     uint64    // of its randomness

	files   map[string]*inode
	used    int64   // bytes in files
	journal []entry // not durable yet, oldest first
	number  uint64  // of the last change to files or names
	epoch   uint32  // counts crashes and losses: handles of another are stale

	holder  *Proc    // the process that uses the device
	queue   waitlist // those that will
	at      int64    // the ordinal of an operation is among those of this instant
	ordinal uint64
}

// entry is a change of names, or a truncation, in the journal. Undone, the names
// stand again for the files that they stood for before, or for none.
type entry struct {
	number uint64
	names  [2]struct {
		name string
		was  *inode
	}
}

// journalLimit is how long the journal gets before it is committed unasked, as
// a real one is when it is full.
const journalLimit = 4096

// Disk returns the node's disk.
func (n *Node) Disk() *Disk {
	if n.disk == nil {
		d := &Disk{node: n, config: n.w.config.Disk, files: map[string]*inode{}}
		d.config.fill("Config.Disk")
		d.key = mix(hashString("disk"), hashString(n.name))
		d.refresh()
		n.disk = d
	}
	return n.disk
}

// SetDisk says what the node's disk is like from now on. What it holds, and the
// faults on it, stay. Impossible values panic.
func (n *Node) SetDisk(c DiskConfig) {
	c.fill("SetDisk of node " + n.name)
	n.Disk().config = c
}

// Files returns the names of all files, sorted.
func (d *Disk) Files() []string { return slices.Sorted(maps.Keys(d.files)) }

// Content returns a copy of what a program that reads the file now would find, and
// whether there is such a file.
func (d *Disk) Content(name string) ([]byte, bool) {
	in := d.files[name]
	if in == nil {
		return nil, false
	}
	return slices.Clone(in.data), true
}

// Used returns how many bytes all files together hold.
func (d *Disk) Used() int64 { return d.used }

// Queue returns how many processes wait for the device.
func (d *Disk) Queue() int {
	n := 0
	for p := d.queue.head; p != nil; p = p.next {
		n++
	}
	return n
}

// Rot flips bits of a file, each at a place drawn from the seed, in what is durable
// of it, and says whether there was anything to flip. Nothing tells the programs;
// they see it unless something not yet synced covers it.
func (d *Disk) Rot(name string, bits int) bool {
	if bits < 1 {
		panic(fmt.Sprintf("sim: Rot(%q, %d) on node %s: at least 1 bit rots", name, bits, d.node.name))
	}
	in := d.files[name]
	if in == nil || in.durable == 0 {
		return false
	}
	o := d.operation(nil, "rot", name, int64(bits))
	r := o.rand(drawRot)
	sum := uint64(0)
	for range bits {
		at, bit := int64(r.IntN(int(in.durable))), r.IntN(8)
		in.flip(at, bit)
		sum = mix(sum, uint64(at)<<3|uint64(bit))
	}
	d.tell(fmt.Sprintf("rot %s: bits flipped", name), sum, uint64(bits))
	return true
}

// Wipe loses the disk and puts an empty one in its place. Files that are open are
// stale.
func (d *Disk) Wipe() {
	d.tell("wipe", 0, uint64(d.used))
	clear(d.files)
	d.journal, d.used = nil, 0
	d.epoch++
}

// tell emits an event of what the disk did by itself, or somebody outside to it.
func (d *Disk) tell(text string, sum, arg uint64) {
	w := d.node.w
	w.emit(&fact{kind: KindDisk, node: d.node, cause: w.cause, arg: arg, sum: mix(hashString(text), sum), text: text})
}

// bind makes a name stand for a file, or for none.
func (d *Disk) bind(name string, in *inode) {
	if was := d.files[name]; was != nil {
		was.linked = false
		d.used -= int64(len(was.data))
	}
	if in == nil {
		delete(d.files, name)
		return
	}
	in.linked = true
	d.used += int64(len(in.data))
	d.files[name] = in
}

// log takes down in the journal that names are about to change.
func (d *Disk) log(names ...string) uint64 {
	d.number++
	e := entry{number: d.number}
	for i, name := range names {
		e.names[i].name, e.names[i].was = name, d.files[name]
	}
	d.journal = append(d.journal, e)
	if len(d.journal) > journalLimit {
		d.commit(d.journal[journalLimit/2].number)
	}
	return d.number
}

// commit makes the journal durable up to the change of that number.
func (d *Disk) commit(upto uint64) {
	k := 0
	for k < len(d.journal) && d.journal[k].number <= upto {
		k++
	}
	left := copy(d.journal, d.journal[k:])
	clear(d.journal[left:])
	d.journal = d.journal[:left]
}

// room is by how many bytes files may grow.
func (d *Disk) room() int64 {
	switch {
	case d.total.Full:
		return 0
	case d.config.Capacity == 0:
		return math.MaxInt64 / 2
	}
	return max(d.config.Capacity-d.used, 0)
}

// write puts b at off into a file.
func (d *Disk) write(in *inode, b []byte, off int64) {
	if len(b) == 0 {
		return
	}
	d.number++
	d.resized(in, in.write(b, off, d.number))
	if in.weight() > cacheLimit {
		d.writeBack(in)
	}
}

// truncate makes a file n bytes long.
func (d *Disk) truncate(in *inode, n int64) {
	d.resized(in, in.truncate(n, d.log()))
}

// resized keeps the books after a file has grown by that many bytes.
func (d *Disk) resized(in *inode, by int64) {
	if in.linked {
		d.used += by
	}
}

// writeBack makes the older half of what is cached of a file durable, unasked.
func (d *Disk) writeBack(in *inode) {
	half := len(in.changes) / 2
	if half == 0 {
		return
	}
	upto := in.changes[half-1].number
	d.commit(upto)
	in.settle(upto)
}
