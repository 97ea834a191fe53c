package telemetry

import (
	"time"

	"github.com/orrery-sim/orrery/sim"
)

// Fact is what is remembered of an event of the past.
type Fact struct {
	Number uint64
	Cause  uint64
	At     time.Duration
	Since  time.Duration // of a KindWork, see [sim.Event]
	Kind   sim.Kind
	Node   string
	Peer   string
	span   uint64 // that what it causes is part of; 0 for none
	trace  uint64 // of that span
	call   uint64 // of a message
	before uint64 // the event before it in its process, or that made the process; 0 if it is not part of one
	wait   Wait   // what went on until it happened, if that is not seen from its kind and its cause's
}

// Past remembers the latest events of a run, for those who ask why: each leads to its
// cause. It is a ring, so that its memory is bounded however long the run is.
type Past struct {
	ring []Fact
	last uint64 // number of the latest event
	most int
}

// NewPast remembers at least so many events, rounded up to a power of two.
func NewPast(most int) *Past {
	const least = 1 << 10
	size := least
	for size < most {
		size *= 2
	}
	return &Past{ring: make([]Fact, least), most: size}
}

// add remembers an event. What is returned is good until the next.
func (p *Past) add(f Fact) *Fact {
	p.last = f.Number
	if f.Number > uint64(len(p.ring)) && len(p.ring) < p.most {
		p.grow()
	}
	place := &p.ring[f.Number%uint64(len(p.ring))]
	*place = f
	return place
}

// grow doubles the ring: a short run needs little.
func (p *Past) grow() {
	old := p.ring
	p.ring = make([]Fact, 2*len(old))
	for _, f := range old {
		p.ring[f.Number%uint64(len(p.ring))] = f
	}
}

// Get returns the event of that number. It is false if there is none, or it is so long
// ago that it has been forgotten.
func (p *Past) Get(number uint64) (Fact, bool) {
	f := p.at(number)
	if f == nil {
		return Fact{}, false
	}
	return *f, true
}

func (p *Past) at(number uint64) *Fact {
	if f := &p.ring[number%uint64(len(p.ring))]; number != 0 && f.Number == number {
		return f
	}
	return nil
}

// explain notes what went on until an event happened, where only a later one tells.
func (p *Past) explain(number uint64, w Wait) {
	if f := p.at(number); f != nil {
		f.wait = w
	}
}
