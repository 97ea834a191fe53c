package sim

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// toll is what a crash took.
type toll struct {
	writes, lost    int // writes not yet durable, and those of which not all is left
	entries, undone int // operations in the journal, and those of them that are undone
	digest          uint64
}

// crash is the loss of power: of what is not durable a seeded part is kept. The
// draws of a crash are its own, and those of a file within it too: another crash
// before, or another file, changes nothing for them.
func (d *Disk) crash() {
	d.epoch++
	d.holder, d.queue = nil, waitlist{}
	var t toll
	r := d.crashRand("")
	undone := d.rewind(&r, &t)
	for _, name := range d.Files() {
		if in := d.files[name]; len(in.changes) > 0 {
			r := d.crashRand(name)
			d.resized(in, in.crash(&r, undone, d.torn(), &t))
		}
	}
	if t.writes+t.entries > 0 {
		d.tell(t.String(), t.digest, uint64(t.lost+t.undone))
	}
}

func (d *Disk) crashRand(file string) Rand {
	return rand3(d.node.w.config.Seed, d.key+drawCrash, uint64(d.node.incarnation), hashString(file))
}

// torn is the probability that a sector which a crash lets through is torn.
func (d *Disk) torn() float64 { return either(d.config.Torn, d.total.Torn) }

// rewind undoes the journal's end, from a seeded point on, and returns the number
// of the first operation that is undone.
func (d *Disk) rewind(r *Rand, t *toll) (undone uint64) {
	t.entries = len(d.journal)
	kept := r.IntN(t.entries + 1)
	t.undone = t.entries - kept
	undone = math.MaxUint64
	for i := t.entries - 1; i >= kept; i-- {
		e := &d.journal[i]
		for _, n := range slices.Backward(e.names[:]) {
			if n.name != "" {
				d.bind(n.name, n.was)
			}
		}
		undone = e.number
	}
	t.digest = mix(t.digest, uint64(kept))
	d.journal = nil
	return undone
}

// crash goes back from what programs saw to what the disk has, one change after
// the other, and returns by how much the file grew. Truncations from the number
// undone on have not happened, and what was written after them, to blocks that the
// journal would have had to allocate, is nowhere.
func (in *inode) crash(r *Rand, undone uint64, torn float64, t *toll) int64 {
	before := int64(len(in.data))
	s := sieve{
		inode: in, rand: r, torn: torn, toll: t, chance: float64(r.IntN(5)) / 4,
		settled: sectorsOf(in.changes), size: -1, limit: math.MaxInt64,
	}
	first := len(in.changes) // of those that have not happened
	for i := range in.changes {
		c := &in.changes[i]
		in.extend(max(c.before, c.end()))
		if first > i && c.truncates && c.number >= undone {
			first = i
		}
	}
	for i := len(in.changes) - 1; i >= 0; i-- {
		c := &in.changes[i]
		switch {
		case i >= first:
			s.drop(c)
		case c.truncates:
			s.cut(c)
		default:
			s.sift(c)
		}
	}
	if s.size < 0 {
		s.size = max(s.reach, in.durable)
	}
	in.data = in.data[:s.size]
	in.durable = s.size
	in.forget()
	return s.size - before
}

// sieve is a crash's way through the changes of a file, from the last to the
// first.
type sieve struct {
	inode   *inode
	rand    *Rand
	chance  float64 // that what a write did to a sector is kept
	torn    float64
	toll    *toll
	settled sectorSet // sectors that are as the disk has them
	reach   int64     // where what is kept ends
	size    int64     // of the file, once a truncation has told; -1 before
	limit   int64     // what lies beyond was cut off by a truncation seen already
}

// drop undoes a change.
func (s *sieve) drop(c *change) {
	s.restore(c, c.off, c.end())
	if !c.truncates {
		s.toll.writes++
		s.toll.lost++
	}
}

// cut keeps a truncation: earlier writes beyond it are gone with or without the
// crash, and the file's length does not depend on them.
func (s *sieve) cut(c *change) {
	if s.size < 0 {
		s.size = max(s.reach, c.after())
	}
	s.limit = min(s.limit, c.after())
}

// sift decides of each sector of a write whether it is kept. If so, it is kept as
// the write left it, with what earlier writes had put there.
func (s *sieve) sift(c *change) {
	s.toll.writes++
	whole := true
	for from, to := range c.pieces() {
		if to = min(to, s.limit); from >= to {
			break
		}
		kept := to
		if !s.settled.has(from) {
			kept = s.draw(from, to)
			s.restore(c, kept, to)
			s.toll.digest = mix(s.toll.digest, uint64(kept))
		}
		if kept > from {
			s.settled.add(from)
			s.reach = max(s.reach, kept)
		}
		whole = whole && kept == to
	}
	if !whole {
		s.toll.lost++
	}
}

// draw returns up to where the piece of a write in one sector is kept: from if it
// is lost, to if it is kept, something between if the sector is torn.
func (s *sieve) draw(from, to int64) int64 {
	switch {
	case !s.rand.Bool(s.chance):
		return from
	case to-from > 1 && s.torn > 0 && s.rand.Bool(s.torn):
		return from + 1 + int64(s.rand.IntN(int(to-from-1)))
	}
	return to
}

// restore puts back what a change replaced in [from, to).
func (s *sieve) restore(c *change, from, to int64) {
	old := s.inode.old(c)
	dst := s.inode.data[from:to]
	n := copy(dst, old[min(from-c.off, int64(len(old))):])
	clear(dst[n:])
}

// String tells what was lost.
func (t *toll) String() string {
	var parts []string
	if t.writes > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d unsynced writes lost or torn", t.lost, t.writes))
	}
	if t.entries > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d metadata operations undone", t.undone, t.entries))
	}
	return "crash: " + strings.Join(parts, ", ")
}
