package panes

import (
	"time"

	"charm.land/bubbles/v2/key"

	"github.com/orrery-sim/orrery/tui/tape"
)

// SpaceTime draws the run as Lamport did ("Time, Clocks, and the Ordering of Events in a
// Distributed System", CACM 21(7), 1978): a line for every node, time running down, and
// every message an arrow from where it was sent to where it arrived. The lines of the
// screen are steps in their order, or stretches of time of the same length. The zero
// SpaceTime shows steps.
type SpaceTime struct {
	scene  *Scene
	byTime bool
	spread int // lines a step, less one
	scale  int // of the time a line stands for: an index into scales, from the default
	shift  int // 0 is the nodes that matter; otherwise the first node that is seen, from 1

	index   map[string]int
	nodes   int    // of which index knows
	picture *stPic // what was last rendered
	beneath *tape.Tape
	kept    []int // the nodes that had a column when there was not enough room
}

// scales are what a line may stand for.
var scales = func() []time.Duration {
	var list []time.Duration
	for unit := 10 * time.Microsecond; unit <= time.Second; unit *= 10 {
		list = append(list, unit, 2*unit, 5*unit)
	}
	return append(list, 10*time.Second)
}()

const usualScale = 6 // a millisecond

const mostSpread = 3

// Title is "space-time".
func (p *SpaceTime) Title() string { return "space-time" }

// Show gives the pane a moment to show.
func (p *SpaceTime) Show(s *Scene) {
	p.scene = s
	if s.Tape == nil || s.View == nil {
		return
	}
	if p.beneath != s.Tape || p.nodes != len(s.View.Nodes) {
		p.beneath, p.nodes, p.picture = s.Tape, len(s.View.Nodes), nil
		p.kept = nil
		p.index = make(map[string]int, p.nodes)
		for i, n := range s.View.Nodes {
			p.index[n.Name] = i
		}
	}
}

func (p *SpaceTime) empty() bool {
	return p.scene == nil || p.scene.Tape == nil || p.scene.View == nil || p.scene.Tape.Events() == 0
}

// number returns the index of a node by its name, or -1.
func (p *SpaceTime) number(name string) int {
	if i, ok := p.index[name]; ok {
		return i
	}
	return -1
}

func (p *SpaceTime) lineTime() time.Duration {
	return scales[max(0, min(usualScale+p.scale, len(scales)-1))]
}

// Keys are the keys of the pane.
func (p *SpaceTime) Keys() []key.Binding {
	return []key.Binding{
		bind("↑ ↓", "previous, next line", "up", "down"),
		bind("← →", "all nodes in their order, if there are too many; back to those that matter", "left", "right"),
		bind("pgup pgdn", "half a screen", "pgup", "pgdown"),
		bind("+ -", "closer, further", "+", "-"),
		bind("m", "lines are steps in their order, or equal stretches of time", "m"),
		bind("enter", "select the message, operation or node of this line", "enter"),
		bind("g", "to the other end of this message", "g"),
		bind("w", "why did it happen", "w"),
	}
}

// Press answers a key.
func (p *SpaceTime) Press(k string) Action {
	switch k {
	case "m":
		p.byTime = !p.byTime
	case "+", "=":
		p.zoom(1)
	case "-":
		p.zoom(-1)
	case "left", "right":
		if p.picture == nil || p.picture.left+p.picture.right == 0 {
			return nil // all nodes are seen
		}
		if p.shift++; k == "left" {
			p.shift = max(p.shift-2, 0)
		}
	default:
		return p.pressMoment(k)
	}
	return Handled{}
}

func (p *SpaceTime) zoom(by int) {
	if p.byTime {
		p.scale = max(-usualScale, min(p.scale-by, len(scales)-1-usualScale))
		return
	}
	p.spread = max(0, min(p.spread+by, mostSpread))
}

// pressMoment answers the keys that need a moment.
func (p *SpaceTime) pressMoment(k string) Action {
	if p.empty() {
		return nil
	}
	event := p.scene.View.Event
	switch k {
	case "up", "down":
		return p.move(k == "down", 1)
	case "pgup", "pgdown":
		rows := 10
		if p.picture != nil {
			rows = max(p.picture.height/2/p.picture.spacing, 1)
		}
		return p.move(k == "pgdown", rows)
	case "enter":
		return pickEvent(p.scene.Tape, event)
	case "w":
		if event == 0 {
			return Say{"nothing has happened yet"}
		}
		return AskWhy{event}
	case "g":
		return otherEnd(p.scene.Tape, event)
	}
	return nil
}

// otherEnd goes from where a message was sent to where its way ended, and back.
func otherEnd(t *tape.Tape, event uint64) Action {
	send := t.SendOf(event)
	if send == 0 {
		return Say{"this event is about no message"}
	}
	if send != event {
		return GoTo{send}
	}
	if _, end, _ := t.Flight(send); end != 0 {
		return GoTo{end}
	}
	return Say{"the message is still under way where the run has come to"}
}

// move goes so many lines on or back.
func (p *SpaceTime) move(forward bool, by int) Action {
	s := p.scene
	if p.byTime {
		return p.moveTime(forward, by)
	}
	steps, here := stepsAround(s, p.number, by+1, by+2)
	if len(steps) == 0 {
		return Say{"there is nothing to show"}
	}
	to := here + by
	if !forward {
		to = here - by
	}
	to = max(0, min(to, len(steps)-1))
	event := steps[to].said()
	if forward && event <= s.View.Event || !forward && event >= s.View.Event {
		return Say{edge(forward)}
	}
	return GoTo{event}
}

func edge(forward bool) string {
	if forward {
		return "this is the last line there is"
	}
	return "this is the first line"
}

// moveTime goes on or back by as much time as lines stand for, and by an event at least.
func (p *SpaceTime) moveTime(forward bool, by int) Action {
	s := p.scene
	d := time.Duration(by) * p.lineTime()
	if !forward {
		if s.View.Event <= 1 {
			return Say{edge(false)}
		}
		return GoTo{max(min(s.Tape.ByTime(s.View.At-d), s.View.Event-1), 1)}
	}
	if s.View.Event >= s.Tape.Events() {
		return Say{edge(true)}
	}
	return GoTo{max(s.Tape.ByTime(s.View.At+d), s.View.Event+1)}
}

// said is the event that a step is mostly about: the first that the picture shows.
func (s *step) said() uint64 {
	for i := range s.events {
		if tells(s.events[i].Kind) {
			return s.events[i].Number
		}
	}
	return s.first
}

// Click goes to what is at a place: the event of the node whose line is there, or else the
// first of the line.
func (p *SpaceTime) Click(x, y int) Action {
	if p.empty() || p.picture == nil {
		return nil
	}
	pic := p.picture
	node := pic.nodeAt(x)
	if y < pic.top {
		if node >= 0 {
			return Pick{Selection{Node: p.scene.View.Nodes[node].Name}}
		}
		return nil
	}
	best := uint64(0)
	for i := range pic.steps {
		st := &pic.steps[i]
		if pic.ys[i] != y-pic.top {
			continue
		}
		if best == 0 {
			best = st.said()
		}
		for j := range st.events {
			if e := &st.events[j]; tells(e.Kind) && node >= 0 && p.number(e.Node) == node {
				if e.Number == p.scene.View.Event {
					return pickEvent(p.scene.Tape, e.Number)
				}
				return GoTo{e.Number}
			}
		}
	}
	if best == 0 {
		return Handled{}
	}
	return GoTo{best}
}

// Wheel moves the moment by so many lines.
func (p *SpaceTime) Wheel(lines int) Action {
	if p.empty() || lines == 0 {
		return nil
	}
	return p.move(lines > 0, max(lines, -lines))
}

var _ Pane = (*SpaceTime)(nil)
