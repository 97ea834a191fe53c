package panes

import (
	"fmt"
	"time"

	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/tape"
)

// inspectQuery is what was looked for along the tape.
type inspectQuery struct {
	node, peer int    // the latest events of a node or, with peer, of a link
	effects    uint64 // what followed from an event
	within     uint64 // what was done within a span
}

// inspectFinding is what was found.
type inspectFinding struct {
	events  []uint64
	missing bool // not all could be looked at: it is looked for again
	sent    int  // in the last second, on a link
	lost    int
	come    int
}

// Looking along the tape ends after so many events, so that a frame never takes long.
const (
	inspectFar    = 100_000
	inspectEvents = 20
)

func (p *Inspector) find(q inspectQuery, look func() inspectFinding) inspectFinding {
	if f, known := p.found[q]; known {
		return f
	}
	f := look()
	if f.missing {
		return f
	}
	if p.found == nil {
		p.found = map[inspectQuery]inspectFinding{}
	}
	p.found[q] = f
	return f
}

// recent finds the latest events of a node or, if there is a peer, of the link from it.
func (p *Inspector) recent(node, peer int) inspectFinding {
	t, v := p.scene.Tape, p.scene.View
	return p.find(inspectQuery{node: node, peer: peer}, func() inspectFinding {
		var f inspectFinding
		if t == nil || node < 0 {
			return f
		}
		f.missing = t.Skim(v.Event, false, inspectFar, func(g tape.Glimpse) bool {
			lately := peer >= 0 && g.At > v.At-time.Second
			if (peer < 0 && g.Node == node || peer >= 0 && inspectOnLink(&g, node, peer)) && len(f.events) < inspectEvents {
				f.events = append(f.events, g.Number)
			}
			if lately {
				f.count(&g, node, peer)
			}
			return lately || len(f.events) < inspectEvents
		})
		return f
	})
}

// count counts what became of messages on a link.
func (f *inspectFinding) count(g *tape.Glimpse, from, to int) {
	switch {
	case g.Kind == sim.KindSend && g.Node == from && g.Peer == to:
		f.sent++
	case g.Node != to || g.Peer != from:
	case g.Kind == sim.KindDeliver:
		f.come++
	case g.Kind == sim.KindDrop || g.Kind == sim.KindRefuse:
		f.lost++
	}
}

// inspectOnLink says whether an event is about the link from one node to another.
func inspectOnLink(g *tape.Glimpse, from, to int) bool {
	switch g.Kind {
	case sim.KindDeliver, sim.KindDrop, sim.KindHold, sim.KindRefuse, sim.KindRetry:
		return g.Node == to && g.Peer == from
	}
	return g.Node == from && g.Peer == to
}

// effects finds what followed from an event directly, also later than the moment shown.
func (p *Inspector) effects(number uint64) []uint64 {
	t := p.scene.Tape
	return p.find(inspectQuery{effects: number}, func() inspectFinding {
		var f inspectFinding
		_, end, _ := t.Flight(number)
		f.missing = t.Skim(number+1, true, inspectFar/5, func(g tape.Glimpse) bool {
			if g.Cause == number {
				f.events = append(f.events, g.Number)
			}
			return len(f.events) < inspectEvents
		})
		if n := len(f.events); end != 0 && (n == 0 || f.events[n-1] < end) {
			f.events = append(f.events, end)
		}
		return f
	}).events
}

// within finds what was done within a span up to the moment shown.
func (p *Inspector) within(span uint64) []uint64 {
	t, v := p.scene.Tape, p.scene.View
	return p.find(inspectQuery{within: span}, func() inspectFinding {
		var f inspectFinding
		f.missing = t.Skim(span+1, true, inspectFar, func(g tape.Glimpse) bool {
			if g.Span == span && g.Number <= v.Event {
				f.events = append(f.events, g.Number)
			}
			return g.Number < v.Event && len(f.events) < inspectEvents
		})
		return f
	}).events
}

// events adds lines that lead to events.
func (p *Inspector) events(list []uint64) {
	for _, n := range list {
		if e, ok := p.scene.Tape.Event(n); ok {
			p.lead(fmt.Sprint(n), draw.Clock(e.At)+"  "+Sentence(p.scene.Tape, &e), n)
		}
	}
}

// because adds what led to an event, back to its beginning or so many steps.
func (p *Inspector) because(number uint64) {
	const steps = 4
	e, ok := p.scene.Tape.Event(number)
	for range steps {
		if !ok || e.Cause == 0 {
			return
		}
		number = e.Cause
		if e, ok = p.scene.Tape.Event(number); ok {
			p.lead(fmt.Sprint(number), draw.Clock(e.At)+"  "+Sentence(p.scene.Tape, &e), number)
		}
	}
	if e.Cause != 0 {
		p.say(draw.Dim, "and more: w asks for all of it")
	}
}
