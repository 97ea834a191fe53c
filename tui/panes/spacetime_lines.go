package panes

import (
	"fmt"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/telemetry"
	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/tape"
)

// life is how a node was at a moment.
type life struct {
	up, paused bool
	asking     int // operations that a client waits for
}

// lifelines draws the line of each node: whole while it is up, dotted while it is paused,
// thick while it waits for the answer to an operation, and none while it is down.
func (pic *stPic) lifelines(c *draw.Canvas) {
	now := pic.begin()
	next := 0
	for y := range pic.height {
		if pic.line > 0 && pic.from+time.Duration(y)*pic.line > pic.end() {
			return
		}
		if pic.line > 0 && len(pic.steps) == 0 {
			pic.p.lifeAt(now, pic.s.Tape.At(pic.s.Tape.ByTime(pic.from+time.Duration(y+1)*pic.line-1)))
		}
		for next < len(pic.steps) && pic.ys[next] <= y {
			pic.p.live(now, &pic.steps[next])
			next++
		}
		for _, n := range pic.cols {
			l := &now[n]
			char, ink := '│', draw.Frame
			switch {
			case !l.up:
				continue
			case l.paused:
				char, ink = '┆', draw.Warn
			case l.asking > 0:
				char, ink = '┃', draw.Plain
			}
			if y > pic.here {
				ink = draw.Dim
			}
			c.Set(pic.x[n], y, char, ink)
		}
	}
}

// begin is how the nodes were before the first line.
func (pic *stPic) begin() []life {
	now := make([]life, len(pic.s.View.Nodes))
	first := uint64(0)
	if len(pic.steps) > 0 {
		first = pic.steps[0].first - 1
	}
	pic.p.lifeAt(now, pic.s.Tape.At(first))
	if len(pic.steps) > 0 {
		pic.p.openAt(now, first)
	}
	return now
}

// lifeAt takes over how nodes are in a view.
func (p *SpaceTime) lifeAt(now []life, v *tape.View) {
	for i := range now {
		now[i].up = i < len(v.Nodes) && v.Nodes[i].Client
		if i < len(v.States) && v.States[i] != nil {
			now[i].up, now[i].paused = v.States[i].Up, v.States[i].Paused
		}
	}
}

// openAt finds the operations that clients wait for after an event, among the last that were
// called.
func (p *SpaceTime) openAt(now []life, event uint64) {
	const back = 512
	e, _ := p.scene.Tape.Event(event)
	seen := 0
	p.scene.Tape.EachOperation(p.scene.Tape.OperationsBy(e.At)-1, false, func(_ int, op *checker.Operation) bool {
		if n := p.number(nodeOf(op.Client)); n >= 0 && op.CallEvent <= event && (op.ReturnEvent == 0 || op.ReturnEvent > event) {
			now[n].asking++
		}
		seen++
		return seen < back
	})
}

// nodeOf is the node of a client: several may be on one, such as c1.1 and c1#2.
func nodeOf(client string) string {
	if i := strings.IndexAny(client, ".#"); i > 0 {
		return client[:i]
	}
	return client
}

// live follows what a step does to its node.
func (p *SpaceTime) live(now []life, st *step) {
	for i := range st.events {
		e := &st.events[i]
		n := p.number(e.Node)
		if n < 0 {
			continue
		}
		l := &now[n]
		switch e.Kind {
		case sim.KindBoot:
			*l = life{up: true}
		case sim.KindCrash:
			*l = life{}
		case sim.KindPause:
			l.paused = true
		case sim.KindResume:
			l.paused = false
		case sim.KindSpan:
			if calls(p.scene.Tape, e.Number) {
				l.asking++
			}
		case sim.KindSpanEnd:
			if calls(p.scene.Tape, e.Arg) {
				l.asking = max(l.asking-1, 0)
			}
		}
	}
}

// signs are what nodes do, on their lines.
func (pic *stPic) signs(c *draw.Canvas) {
	for i := range pic.steps {
		st, y := &pic.steps[i], pic.ys[i]
		x, seen := pic.x[st.node]
		if !seen || st.node < 0 {
			pic.actSign(c, st, y)
			continue
		}
		old := c.Get(x, y)
		if st.acts() && (old == '│' || old == '┃') {
			ink := draw.Plain
			switch {
			case y == pic.here:
				ink = draw.Chosen
			case y > pic.here:
				ink = draw.Dim
			}
			c.Set(x, y, '●', ink)
		}
		for j := range st.events {
			if sign, ink := lifeSign(&st.events[j]); sign != 0 {
				c.Set(x, y, sign, ink)
			}
		}
	}
}

// actSign draws across the lines that something was done to the cluster.
func (pic *stPic) actSign(c *draw.Canvas, st *step, y int) {
	if st.node >= 0 || st.events[0].Kind != sim.KindAct && st.events[0].Kind != sim.KindFail {
		return
	}
	for x := pic.gutter; x < pic.gutter+len(pic.cols)*pic.column; x++ {
		if c.Get(x, y) == ' ' {
			c.Set(x, y, '┄', draw.Warn)
		}
	}
}

// lifeSign is the sign of an event on its node's line, or 0.
func lifeSign(e *sim.Event) (rune, draw.Ink) {
	switch e.Kind {
	case sim.KindCrash, sim.KindFail, sim.KindRefuse:
		return '✕', draw.Bad
	case sim.KindBoot:
		return '▲', draw.Good
	case sim.KindNote:
		return '◆', draw.Strong
	case sim.KindSpanEnd:
		if sign, ink := outcomeSign(e); sign != ' ' {
			return sign, ink
		}
	}
	return 0, draw.Plain
}

// weight says how much a step matters to who looks.
func (s *step) weight(scene *Scene, marks []tape.Mark) int {
	best := 0
	for i := range s.events {
		e, w := &s.events[i], 0
		if _, ok := markAt(marks, e.Number); ok {
			w = 9
		}
		switch e.Kind {
		case sim.KindFail, sim.KindAct:
			w = 10
		case sim.KindCrash, sim.KindBoot, sim.KindPause, sim.KindResume:
			w = 8
		case sim.KindNote:
			w = 7
		case sim.KindSpanEnd:
			w = 3
		case sim.KindDrop, sim.KindRefuse:
			w = 2
		case sim.KindDeliver:
			w = 1
		}
		if e.Number == scene.View.Event {
			w += 5
		}
		best = max(best, w)
	}
	return best
}

// words tell what a step was.
func (s *step) words(scene *Scene, marks []tape.Mark) (string, draw.Ink) {
	for i := range s.events {
		if m, ok := markAt(marks, s.events[i].Number); ok {
			return markLine(&m)
		}
	}
	var parts []string
	ink := draw.Plain
	for i := range s.events {
		text, strong := eventWords(scene.Tape, &s.events[i])
		if text != "" {
			parts = append(parts, text)
		}
		if strong != draw.Plain {
			ink = strong
		}
	}
	lost, why := s.traffic(sim.KindDrop)
	sent, _ := s.traffic(sim.KindSend)
	if len(lost) > 0 {
		parts, ink = append(parts, "✕ "+strings.Join(lost, ", ")+" lost: "+why), draw.Bad
	} else if len(sent) > 0 {
		parts = append(parts, "→ "+strings.Join(sent, ", "))
	}
	text := strings.Join(parts, " ")
	if len(parts) == 0 {
		text = s.events[0].Kind.String() + " " + what(&s.events[0])
	}
	if node := s.events[0].Node; node != "" && s.node >= 0 {
		text = node + " " + text
	}
	return text, ink
}

// eventWords tell what an event was, if it is more than a message that was sent.
func eventWords(t *tape.Tape, e *sim.Event) (string, draw.Ink) {
	switch e.Kind {
	case sim.KindAct:
		return "! " + e.Text, draw.Warn
	case sim.KindFail:
		return "✕ " + e.Text, draw.Bad
	case sim.KindNote:
		return "◆ " + e.Text, draw.Strong
	case sim.KindCrash:
		return "✕ crashes", draw.Bad
	case sim.KindBoot:
		return "▲ starts", draw.Good
	case sim.KindPause, sim.KindResume, sim.KindImpair, sim.KindClock, sim.KindKill:
		return strings.TrimSpace(e.Kind.String() + " " + e.Text), draw.Warn
	case sim.KindSpan:
		return e.Text, draw.Plain
	case sim.KindSpanEnd:
		return described(t, e), draw.Plain
	case sim.KindDeliver:
		return "← " + e.Peer + " " + telemetry.TypeName(e.Body), draw.Plain
	case sim.KindRefuse, sim.KindBreak, sim.KindHold:
		return e.Kind.String() + " " + what(e), draw.Bad
	}
	return "", draw.Plain
}

// traffic sums up the messages of a step that were sent, or lost, by their types: to whom.
func (s *step) traffic(kind sim.Kind) (list []string, why string) {
	to := map[string][]string{}
	var types []string
	for i := range s.events {
		e := &s.events[i]
		if e.Kind != kind {
			continue
		}
		name, peer := telemetry.TypeName(e.Body), e.Peer
		if kind == sim.KindDrop {
			why = e.Text
			if e.Cause >= s.first {
				name, peer = name+" to", e.Node
			} else {
				name += " of"
			}
		}
		if to[name] == nil {
			types = append(types, name)
		}
		to[name] = append(to[name], peer)
	}
	for _, name := range types {
		names := strings.Join(to[name], " ")
		if n := len(to[name]); n > 2 {
			names = fmt.Sprintf("%d nodes", n)
		}
		if kind == sim.KindDrop {
			list = append(list, name+" "+names)
		} else {
			list = append(list, names+" "+name)
		}
	}
	return list, why
}

// acts says whether the node itself did something in a step: it knows nothing of a message
// to it that is lost.
func (s *step) acts() bool {
	for i := range s.events {
		if k := s.events[i].Kind; k != sim.KindDrop && k != sim.KindHold {
			return true
		}
	}
	return false
}
