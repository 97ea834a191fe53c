package tape

import (
	"sort"

	"github.com/orrery-sim/orrery/sim"
)

// Diff looks for the first event in which two runs differ, apart from what was done to
// them from outside: the first thing that the clusters did differently.
type Diff struct {
	a, b *Tape
	x, y uint64 // the next events to compare
	done bool
}

// NewDiff begins to compare.
func NewDiff(a, b *Tape) *Diff { return &Diff{a: a, b: b, x: 1, y: 1} }

// Of says whether these are the tapes that are compared.
func (d *Diff) Of(a, b *Tape) bool { return d.a == a && d.b == b }

// Done says whether there is nothing more to find out, for now or at all.
func (d *Diff) Done() bool { return d.done }

// Found returns the events that differ; one is 0 if its run ended before. It is false
// if none have been found.
func (d *Diff) Found() (inA, inB uint64, ok bool) { return d.x, d.y, d.done && (d.x != 0 || d.y != 0) }

// Compared is how many events are known to be equal.
func (d *Diff) Compared() uint64 { return max(d.x, 1) - 1 }

// Advance compares at most so many events more, as far as both tapes have come.
func (d *Diff) Advance(events int) {
	if d.x == d.y && !d.done {
		d.x = max(d.x, d.a.common(d.b))
		d.y = d.x
	}
	for ; events > 0 && !d.done; events-- {
		a, moreA := d.a.next(&d.x)
		b, moreB := d.b.next(&d.y)
		switch {
		case a != nil && b != nil:
			if a.At != b.At || a.Kind != b.Kind || a.Node != b.Node || a.Peer != b.Peer || a.Text != b.Text {
				d.x, d.y, d.done = a.Number, b.Number, true
				return
			}
			d.x, d.y = a.Number+1, b.Number+1
		case a == nil && moreA || b == nil && moreB:
			return // a tape has to come further
		case a == nil && b == nil:
			d.x, d.y, d.done = 0, 0, true
		case a == nil:
			d.x, d.y, d.done = 0, b.Number, true
		default:
			d.x, d.y, d.done = a.Number, 0, true
		}
	}
}

// next returns the event of a number or, if that is something done from outside, the
// first behind it that is not; nil if there is none, and then whether more will come.
func (t *Tape) next(from *uint64) (e *sim.Event, more bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for ; *from <= t.events; *from++ {
		r := t.rec(*from)
		if r == nil {
			return nil, true
		}
		if r.kind != sim.KindAct && r.kind != sim.KindNone {
			found, _ := t.event(*from)
			return &found, true
		}
	}
	return nil, !t.ended
}

// common returns the first event of the last chunk up to whose beginning two runs have the
// same hash: what lies before is equal, whether or not it is there.
func (t *Tape) common(o *Tape) uint64 {
	a, b := t.hashes(), o.hashes()
	return first(max(sort.Search(min(len(a), len(b)), func(k int) bool { return a[k] != b[k] }), 1) - 1)
}

// hashes are those of the run after the first event of each chunk.
func (t *Tape) hashes() []uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := make([]uint64, len(t.chunks))
	for k, c := range t.chunks {
		list[k] = c.hash
	}
	return list
}
