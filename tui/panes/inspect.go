package panes

import (
	"charm.land/bubbles/v2/key"

	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/tape"
)

// Inspector shows all there is to say about what is selected: a node, a message, a
// link, an operation or, if nothing is, the event just shown.
type Inspector struct {
	scene  *Scene
	lines  []inspectLine
	list   draw.List
	height int
	found  map[inspectQuery]inspectFinding // at the moment shown
	at     inspectMoment
	moved  bool // to another event, since it was drawn
	about  inspectAbout
}

// inspectAbout is what the pane is about: what is selected, or else the answer to a why.
type inspectAbout struct {
	pick Selection
	why  bool
}

// inspectLine is a line of the inspector, and where enter leads from it.
type inspectLine struct {
	name  string // of what stands in it, at the left
	text  string
	ink   draw.Ink
	event uint64 // to go to
	pick  Selection
	step  bool // it begins a step of the answer to a why
}

// inspectMoment is what findings are about.
type inspectMoment struct {
	tape  *tape.Tape
	event uint64
	known uint64 // of the events behind it that are looked at
}

// Title names the pane.
func (p *Inspector) Title() string {
	if p.scene == nil {
		return "inspector"
	}
	switch pick := p.scene.Selected; {
	case pick.Operation != 0:
		return "operation"
	case pick.Message != 0:
		return "message"
	case pick.Peer != "":
		return "link"
	case pick.Node != "":
		return "node"
	}
	if len(p.scene.Chain) > 0 {
		return "why"
	}
	return "event"
}

// Show gives the pane what it is to show from now on.
func (p *Inspector) Show(s *Scene) {
	p.scene = s
	if s == nil || s.View == nil {
		p.list = draw.List{}
		return
	}
	if about := (inspectAbout{s.Selected, len(s.Chain) > 0}); about != p.about { // the scene may be the same, changed
		p.about, p.list = about, draw.List{}
	}
	now := inspectMoment{tape: s.Tape, event: s.View.Event}
	p.moved = p.moved || now.event != p.at.event
	if s.Tape != nil {
		now.known = min(s.Tape.Events(), now.event+inspectFar)
	}
	if now != p.at {
		p.at, p.found = now, map[inspectQuery]inspectFinding{}
	}
}

// Render draws the pane.
func (p *Inspector) Render(width, height int, focus bool) *draw.Canvas {
	c := draw.New(width, height)
	p.lines, p.height = nil, height
	if p.scene == nil || p.scene.View == nil {
		return c
	}
	p.build(width)
	p.list.Count = len(p.lines)
	p.keepStep()
	names := 0
	for _, l := range p.lines {
		names = max(names, draw.Width(l.name)+1)
	}
	names = min(names, 16, width/2)
	from, to := p.list.Show(height)
	for k := from; k < to; k++ {
		p.drawLine(c, k-from, p.lines[k], names)
		if l := &p.lines[k]; l.step && l.event == p.scene.View.Event {
			c.Set(0, k-from, '▶', draw.Chosen)
		}
		if focus && k == p.list.Selected {
			c.Ink(0, k-from, width, draw.Selected)
			c.Set(0, k-from, '▸', draw.Selected)
		}
	}
	p.list.Mark(c)
	return c
}

func (p *Inspector) drawLine(c *draw.Canvas, y int, l inspectLine, names int) {
	const left, right = 1, 1 // for the cursor and for the mark of the list
	room := c.Width() - left - right
	if l.name == "" {
		c.Fit(left, y, room, l.text, l.ink)
		return
	}
	c.Fit(left, y, names, l.name, draw.Dim)
	c.Fit(left+names, y, room-names, l.text, l.ink)
}

// build makes the lines anew.
func (p *Inspector) build(width int) {
	v, pick := p.scene.View, p.scene.Selected
	switch {
	case p.scene.Tape == nil:
		p.say(draw.Dim, "nothing is recorded")
	case pick.Operation != 0:
		p.operation(pick.Operation, width)
	case pick.Message != 0:
		p.message(pick.Message, width)
	case v.Index(pick.Node) >= 0 && v.Index(pick.Peer) >= 0:
		p.link(v.Index(pick.Node), v.Index(pick.Peer), width)
	case v.Index(pick.Node) >= 0:
		p.node(v.Index(pick.Node), width)
	case pick.Node != "":
		p.say(draw.Dim, "there is no node "+pick.Node+" yet")
	case len(p.scene.Chain) > 0:
		p.why(width)
	default:
		p.event(width)
	}
}

// say adds a line.
func (p *Inspector) say(ink draw.Ink, text string) {
	p.lines = append(p.lines, inspectLine{text: text, ink: ink})
}

// head begins a part.
func (p *Inspector) head(text string) {
	p.say(draw.Plain, "")
	p.say(draw.Title, text)
}

// tell adds a line with a name before it.
func (p *Inspector) tell(name, text string, ink draw.Ink) {
	p.lines = append(p.lines, inspectLine{name: name, text: text, ink: ink})
}

// tellWrapped adds as many lines as a text takes.
func (p *Inspector) tellWrapped(name, text string, ink draw.Ink, width int) {
	for _, part := range draw.Wrap(text, max(width-18, 12)) {
		p.tell(name, part, ink)
		name = " "
	}
}

// lead adds a line from which enter leads to an event.
func (p *Inspector) lead(name, text string, event uint64) {
	ink := draw.Plain
	if event == p.scene.View.Event {
		ink = draw.Chosen
	}
	p.lines = append(p.lines, inspectLine{name: name, text: text, ink: ink, event: event})
}

// Keys are those that the pane answers.
func (p *Inspector) Keys() []key.Binding {
	return []key.Binding{
		bind("↑↓", "move", "up", "down", "pgup", "pgdown", "home", "end"),
		bind("enter", "go to the event, or look into what the line names", "enter"),
		bind("w", "ask why it came to this", "w"),
		bind("t", "show the trace of the operation", "t"),
		bind("esc", "select nothing", "esc"),
	}
}

// Press answers a key.
func (p *Inspector) Press(k string) Action {
	if p.scene == nil || p.scene.View == nil {
		return nil
	}
	if p.list.Press(k, p.height) {
		return Handled{}
	}
	switch k {
	case "enter":
		return p.follow()
	case "w":
		if n := p.subject(); n != 0 {
			return AskWhy{n}
		}
		return Say{"nothing has happened yet"}
	case "t":
		if op := p.scene.Selected.Operation; op != 0 {
			return AskTrace{op}
		}
		return Say{"select an operation first: only operations have a trace"}
	case "esc":
		return unpick(p.scene)
	}
	return nil
}

// unpick selects nothing, if something is selected.
func unpick(s *Scene) Action {
	if s.Selected == (Selection{}) {
		return nil
	}
	return Pick{}
}

// follow goes where the line leads.
func (p *Inspector) follow() Action {
	if p.list.Selected >= len(p.lines) {
		return Handled{}
	}
	switch l := p.lines[p.list.Selected]; {
	case l.pick != Selection{}:
		return Pick{l.pick}
	case l.event != 0:
		return GoTo{l.event}
	}
	return Say{"this line leads nowhere: choose one with an event or a link"}
}

// subject is the event that a why is about: that of the line, or the latest of what
// is selected.
func (p *Inspector) subject() uint64 {
	v, pick := p.scene.View, p.scene.Selected
	if k := p.list.Selected; k < len(p.lines) && p.lines[k].event != 0 {
		return p.lines[k].event
	}
	switch {
	case pick.Operation != 0:
		if op, ok := p.scene.Tape.OperationAt(pick.Operation, v.Event); ok && op.ReturnEvent != 0 {
			return op.ReturnEvent
		}
		return pick.Operation
	case pick.Message != 0:
		if _, end, ok := p.scene.Tape.Flight(pick.Message); ok && end != 0 && end <= v.Event {
			return end
		}
		return pick.Message
	case pick.Node != "":
		if recent := p.recent(v.Index(pick.Node), v.Index(pick.Peer)).events; len(recent) > 0 {
			return recent[0]
		}
	}
	return v.Event
}

// Click moves to a line, and follows the one that is clicked again.
func (p *Inspector) Click(x, y int) Action {
	was := p.list.Selected
	if p.list.Click(y) && p.list.Selected == was {
		return p.follow()
	}
	return Handled{}
}

// Wheel scrolls.
func (p *Inspector) Wheel(lines int) Action {
	p.list.Scroll(lines, p.height)
	return Handled{}
}
