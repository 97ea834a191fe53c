package sim

import (
	"iter"
	"math"
	"slices"
)

// sectorSize is the unit in which disks write: all of a sector or nothing of it.
const sectorSize = 512

// cacheLimit is how much of one file is cached before the older half of it is
// written back unasked, so that a program which never syncs does not grow for
// ever; Linux has vm.dirty_background_bytes for it.
const cacheLimit = 16 << 20

// changeSize is about what keeping a change costs, beside its bytes.
const changeSize = 64

// inode is a file, whatever its name is. Its data is as programs see it; how to
// get back from there to what is durable is told by its changes.
type inode struct {
	data    []byte
	durable int64    // how long the file is on the disk
	changes []change // what is not durable yet, oldest first
	undo    []byte   // the bytes that the changes put others in place of
	dirty   int64    // how many bytes a sync has to write
	failed  int      // how many of the changes are failed
	linked  bool     // it has a name
}

// change is a write or a truncation that a crash may take back.
type change struct {
	off, n    int64  // the bytes that it put, added or cut off
	before    int64  // how long the file was
	number    uint64 // of the change; for a truncation also its number in the journal
	old       int    // where in undo stand those bytes of before that it covers
	truncates bool
	failed    bool // a sync failed to write it: later ones pass it over
}

func (c *change) end() int64 { return c.off + c.n }

// had is how many of the bytes that it covers there were before.
func (c *change) had() int64 { return min(max(c.before-c.off, 0), c.n) }

// after is how long a truncation left the file.
func (c *change) after() int64 {
	if c.off < c.before {
		return c.off
	}
	return c.end()
}

// part returns the change as far as it lies in [from, to).
func (c *change) part(from, to int64) change {
	p := *c
	p.off, p.n = from, to-from
	p.old += int(min(from, c.off+c.had()) - c.off)
	return p
}

// old returns the bytes that a change covers, without those beyond the end.
func (in *inode) old(c *change) []byte { return in.undo[c.old : c.old+int(c.had())] }

// weight is how much memory the changes take that a write-back would free.
func (in *inode) weight() int64 {
	return in.dirty + changeSize*int64(len(in.changes)-in.failed)
}

// write puts b at off and returns by how much the file grew.
func (in *inode) write(b []byte, off int64, number uint64) int64 {
	before := int64(len(in.data))
	c := change{off: off, n: int64(len(b)), before: before, number: number, old: len(in.undo)}
	in.undo = append(in.undo, in.data[min(off, before):min(c.end(), before)]...)
	if c.end() > int64(cap(in.data)) { // append alone would copy four times as much in all
		in.data = slices.Grow(in.data, int(max(c.end(), 2*before)-before))
	}
	in.extend(off)
	n := copy(in.data[off:], b)
	in.data = append(in.data, b[n:]...)
	in.changes = append(in.changes, c)
	in.dirty += c.n
	return int64(len(in.data)) - before
}

// truncate makes the file n bytes long and returns by how much it grew.
func (in *inode) truncate(n int64, number uint64) int64 {
	before := int64(len(in.data))
	c := change{off: min(n, before), before: before, number: number, old: len(in.undo), truncates: true}
	c.n = max(n, before) - c.off
	in.undo = append(in.undo, in.data[c.off:]...)
	in.changes = append(in.changes, c)
	in.extend(n)
	in.data = in.data[:n]
	return n - before
}

// extend makes the file at least n bytes long, with zeros.
func (in *inode) extend(n int64) {
	if more := n - int64(len(in.data)); more > 0 {
		in.data = append(in.data, make([]byte, more)...)
	}
}

// fail is a sync that could not write the changes up to the number: they are taken
// for written.
func (in *inode) fail(upto uint64) {
	for i := range in.changes {
		c := &in.changes[i]
		if c.number > upto {
			return
		}
		if !c.truncates && !c.failed {
			c.failed = true
			in.failed++
			in.dirty -= c.n
		}
	}
}

// settle makes the changes up to the number durable, those of failed syncs aside.
func (in *inode) settle(upto uint64) {
	k := 0
	for k < len(in.changes) && in.changes[k].number <= upto {
		if !in.changes[k].truncates {
			in.dirty -= in.changes[k].n
		}
		k++
	}
	switch {
	case in.failed > 0:
		in.settleAround(k)
	case k == len(in.changes):
		in.durable = int64(len(in.data))
		in.forget()
	case k > 0:
		in.durable = in.changes[k].before
		in.keep(in.changes[k:])
	}
}

// hoard is up to which capacity buffers are kept for the next changes.
const hoard = 1 << 20

// forget drops all changes: everything is durable.
func (in *inode) forget() {
	in.changes, in.undo = in.changes[:0], in.undo[:0]
	in.dirty, in.failed = 0, 0
	if cap(in.undo) > hoard || cap(in.changes) > hoard/changeSize {
		in.changes, in.undo = nil, nil
	}
}

// keep drops all changes but the last ones, which it is given.
func (in *inode) keep(last []change) {
	base := last[0].old
	in.undo = in.undo[:copy(in.undo, in.undo[base:])]
	in.changes = in.changes[:copy(in.changes, last)]
	for i := range in.changes {
		in.changes[i].old -= base
	}
}

// mostFailed is how many pieces of failed changes are kept. Of older ones it is
// assumed that they had reached the disk after all, as any of them may have.
const mostFailed = 1024

// settleAround makes the first k changes durable but for those of failed syncs.
// What is written is whole sectors, as programs see them: so a failed change
// becomes durable after all where a later write to the same sector does.
func (in *inode) settleAround(k int) {
	written := sectorsOf(in.changes[:k])
	var left []change // newest first
	size, limit, reach := int64(-1), int64(math.MaxInt64), int64(0)
	for i := k - 1; i >= 0; i-- {
		c := &in.changes[i]
		switch {
		case c.truncates:
			if size < 0 {
				size = max(reach, c.after())
			}
			limit = min(limit, c.after())
			continue
		case !c.failed:
			for from := range c.pieces() {
				written.add(from)
			}
			reach = max(reach, c.end())
			continue
		}
		for from, to := range c.pieces() {
			if to = min(to, limit); from >= to {
				break
			}
			if written.has(from) || len(left) >= mostFailed {
				reach = max(reach, to)
			} else {
				left = append(left, c.part(from, to))
			}
		}
	}
	if size < 0 {
		size = max(reach, in.durable)
	}
	in.durable = size
	in.rebuild(left, in.changes[k:])
}

// rebuild makes the changes those that are left of the first ones, newest first,
// and the last ones.
func (in *inode) rebuild(left, last []change) {
	slices.Reverse(left)
	left = append(left, last...)
	var undo []byte
	in.dirty, in.failed = 0, 0
	for i := range left {
		c := &left[i]
		at := len(undo)
		undo = append(undo, in.old(c)...)
		c.old = at
		if c.failed {
			in.failed++
		} else if !c.truncates {
			in.dirty += c.n
		}
	}
	in.changes, in.undo = left, undo
}

// flip flips a bit of what is durable. A change not yet durable hides it: then it
// is the first such under which the bit lies.
func (in *inode) flip(at int64, bit int) {
	for i := range in.changes {
		c := &in.changes[i]
		if c.off <= at && at < c.end() {
			if old := in.old(c); at-c.off < int64(len(old)) {
				old[at-c.off] ^= 1 << bit
			}
			return
		}
	}
	in.data[at] ^= 1 << bit
}

// pieces are the parts of a change that lie in different sectors.
func (c *change) pieces() iter.Seq2[int64, int64] {
	return func(yield func(from, to int64) bool) {
		for from := c.off; from < c.end(); {
			to := min((from/sectorSize+1)*sectorSize, c.end())
			if !yield(from, to) {
				return
			}
			from = to
		}
	}
}

// sectorSet is a set of sectors of a file.
type sectorSet struct {
	first int64
	bits  []uint64
}

// sectorsOf returns an empty set with room for those that the changes touch.
func sectorsOf(changes []change) sectorSet {
	first, last := int64(math.MaxInt64), int64(-1)
	for i := range changes {
		if c := &changes[i]; !c.truncates {
			first = min(first, c.off/sectorSize)
			last = max(last, (c.end()-1)/sectorSize)
		}
	}
	return sectorSet{first, make([]uint64, max(last-first+64, 0)/64)}
}

// has says whether the byte at an offset lies in a sector of the set.
func (s *sectorSet) has(off int64) bool {
	i := off/sectorSize - s.first
	return s.bits[i/64]>>(i%64)&1 != 0
}

// add adds the sector in which the byte at an offset lies.
func (s *sectorSet) add(off int64) {
	i := off/sectorSize - s.first
	s.bits[i/64] |= 1 << (i % 64)
}
