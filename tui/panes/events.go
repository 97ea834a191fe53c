package panes

import (
	"fmt"

	"charm.land/bubbles/v2/key"

	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/tui/tape"
)

// Events is the list of what happened around the moment, one event a line, through a
// filter if one was typed. The zero Events shows all.
type Events struct {
	scene  *Scene
	filter Filter
	sieve  *sieve
	filled bool // the sieve has all that the screen needs

	ask    asking
	input  Input
	search *Filter
	seek   *seek
	delta  bool // times are from the moment

	rows  []uint64 // of what was last rendered, from line top on
	top   int
	lines int
}

// asking is what is being typed, if something is.
type asking uint8

const (
	askNothing asking = iota
	askFilter
	askSearch
)

var (
	_ Typist = (*Events)(nil)
	_ Worker = (*Events)(nil)
)

// Title is "events".
func (p *Events) Title() string { return "events" }

// Filter is the filter in force.
func (p *Events) Filter() string { return p.filter.Text }

// SetFilter puts a filter in force, see [FilterHelp].
func (p *Events) SetFilter(text string) error {
	f, err := ParseFilter(text)
	if err != nil {
		return err
	}
	p.use(f)
	return nil
}

func (p *Events) use(f *Filter) {
	p.filter, p.sieve = *f, nil
	if p.scene != nil {
		p.Show(p.scene)
	}
}

// Show gives the pane a moment to show.
func (p *Events) Show(s *Scene) {
	if p.scene == nil || p.scene.Tape != s.Tape {
		p.sieve, p.seek = nil, nil
	}
	p.scene = s
	if s.Tape == nil || s.View == nil {
		return
	}
	if p.sieve == nil || !p.sieve.reaches(s.View.Event) {
		p.sieve = newSieve(s.Tape, &p.filter, s.View.Event)
	}
	p.fill()
}

func (p *Events) fill() { p.filled = !p.sieve.fill(p.scene.View.Event, max(p.lines, 24)) }

// empty says whether there is nothing to show.
func (p *Events) empty() bool {
	return p.scene == nil || p.scene.Tape == nil || p.scene.View == nil || p.scene.Tape.Events() == 0
}

// Working says whether a search is under way, or the events that pass the filter are
// still being looked for.
func (p *Events) Working() bool { return !p.empty() && (p.seek != nil || !p.filled) }

// Work looks at some more events.
func (p *Events) Work() Action {
	if !p.Working() {
		return nil
	}
	if p.seek == nil {
		p.fill()
		return Handled{}
	}
	found, done := p.seek.step()
	if !done {
		return Handled{}
	}
	what := p.seek.what
	p.seek = nil
	if found == 0 {
		return Say{what + ": there is none"}
	}
	return GoTo{found}
}

// begin begins a search, with a first slice at once.
func (p *Events) begin(s *seek) Action {
	s.tape = p.scene.Tape
	p.seek = s
	return p.Work()
}

// look searches for an event that the filter lets pass, and that another condition holds
// for if there is one.
func (p *Events) look(what string, also *Filter, forward bool) Action {
	next := p.scene.View.Event + 1
	if !forward {
		if next <= 2 {
			return Say{"this is the first event"}
		}
		next -= 2
	}
	return p.begin(&seek{what: what, next: next, forward: forward, judge: func(e *sim.Event) (bool, int) {
		ok, cost := p.filter.judge(e)
		if ok && also != nil {
			var more int
			ok, more = also.judge(e)
			cost += more - 1 // it was looked at once
		}
		return ok, cost
	}})
}

// Keys are the keys of the pane.
func (p *Events) Keys() []key.Binding {
	return []key.Binding{
		bind("↑ ↓", "previous, next event that passes the filter", "up", "down"),
		bind("pgup pgdn", "a page of them", "pgup", "pgdown"),
		bind("home end", "first, last event", "home", "end"),
		bind("enter", "select its message, operation or node", "enter"),
		bind("w", "why did it happen", "w"),
		bind("c", "go to its cause", "c"),
		bind("e", "go to its first effect", "e"),
		bind("f", "filter, such as node:n1 kind:send,drop not msg:Heartbeat", "f"),
		bind("x", "no filter", "x"),
		bind("s", "only what happens at the node that is selected, or else that of the moment", "s"),
		bind("/", "search, as a filter is written", "/"),
		bind("n N", "next, previous that was searched for", "n", "N"),
		bind("t", "times from the moment, or from the beginning", "t"),
		bind("esc", "end the search", "esc"),
	}
}

// Press answers a key.
func (p *Events) Press(k string) Action {
	switch k {
	case "f", "/":
		p.startTyping(k)
		return Handled{}
	case "t":
		p.delta = !p.delta
		return Handled{}
	case "x":
		if p.filter.Any() {
			return Say{"there is no filter"}
		}
		p.use(&Filter{})
		return Handled{}
	case "esc":
		if p.seek == nil {
			return nil
		}
		p.seek = nil
		return Handled{}
	}
	if p.empty() {
		return nil
	}
	return p.pressEvent(k)
}

// pressEvent answers the keys that need a moment.
func (p *Events) pressEvent(k string) Action {
	s := p.scene
	event := s.View.Event
	switch k {
	case "up", "down", "pgup", "pgdown", "c":
		p.seek = nil // who moves on does not want to be taken elsewhere later
	}
	switch k {
	case "up", "down":
		return p.move(k == "down", 1)
	case "pgup", "pgdown":
		return p.move(k == "pgdown", max(p.lines-1, 1))
	case "home":
		return p.begin(&seek{what: "events that pass the filter", next: 1, forward: true, judge: p.filter.judge})
	case "end":
		return p.begin(&seek{what: "events that pass the filter", next: s.Tape.Events(), judge: p.filter.judge})
	case "n", "N":
		if p.search == nil {
			return Say{"nothing was searched for: / searches"}
		}
		return p.look(p.search.Text, p.search, k == "n")
	case "enter":
		return pickEvent(s.Tape, event)
	case "s":
		return p.only()
	case "w":
		if event == 0 {
			return Say{"nothing has happened yet"}
		}
		return AskWhy{event}
	case "c":
		if e, ok := s.Tape.Event(event); ok && e.Cause != 0 {
			return GoTo{e.Cause}
		}
		return Say{"no event caused this one"}
	case "e":
		return p.begin(&seek{what: fmt.Sprintf("effects of event %d", event), next: event + 1, forward: true,
			judge: func(e *sim.Event) (bool, int) { return e.Cause == event, 1 }})
	}
	return nil
}

// only filters for the node that is selected, or that of the moment.
func (p *Events) only() Action {
	sel, filter := p.scene.Selected, "node:"+p.scene.View.Last.Node
	switch {
	case sel.Peer != "":
		filter = fmt.Sprintf("node:%s,%s peer:%s,%s", sel.Node, sel.Peer, sel.Node, sel.Peer)
	case sel.Node != "":
		filter = "node:" + sel.Node
	case p.scene.View.Last.Node == "":
		return Say{"no node is selected, and the moment is at none"}
	}
	if err := p.SetFilter(filter); err != nil {
		return Say{err.Error()}
	}
	return Handled{}
}

// move goes so many events that pass on or back, as far as they are known; to the next
// one in any case.
func (p *Events) move(forward bool, by int) Action {
	event := p.scene.View.Event
	i, sieve := p.sieve.index(event), p.sieve
	if forward {
		if i < sieve.count() && sieve.at(i) == event {
			i++
		}
		if i < sieve.count() {
			return GoTo{sieve.at(min(i+by, sieve.count()) - 1)}
		}
		if sieve.ended(true) {
			return Say{"there is none after this one"}
		}
		return p.look("events that pass the filter", nil, true)
	}
	if i > 0 {
		return GoTo{sieve.at(max(i-by, 0))}
	}
	if sieve.ended(false) {
		return Say{"there is none before this one"}
	}
	return p.look("events that pass the filter", nil, false)
}

// calls says whether an event is the call of an operation.
func calls(t *tape.Tape, event uint64) bool {
	_, ok := t.OperationAt(event, event)
	return ok
}

// pickEvent selects what an event is about: a message, an operation, or a node.
func pickEvent(t *tape.Tape, event uint64) Action {
	e, ok := t.Event(event)
	if !ok {
		return Say{"nothing has happened yet"}
	}
	if send := t.SendOf(event); send != 0 {
		return Pick{Selection{Message: send}}
	}
	call := event
	if e.Kind == sim.KindSpanEnd {
		call = e.Arg
	}
	switch {
	case calls(t, call):
		return Pick{Selection{Operation: call}}
	case e.Peer != "":
		return Pick{Selection{Node: e.Node, Peer: e.Peer}}
	case e.Node != "":
		return Pick{Selection{Node: e.Node}}
	}
	return Say{"this event is about no node"}
}

// Click goes to the event in that line; a click at the moment selects what it is about.
func (p *Events) Click(_, y int) Action {
	i := y - p.top
	if p.empty() || i < 0 || i >= len(p.rows) {
		return nil
	}
	if p.rows[i] == p.scene.View.Event {
		return pickEvent(p.scene.Tape, p.rows[i])
	}
	return GoTo{p.rows[i]}
}

// Wheel moves the moment by so many lines.
func (p *Events) Wheel(lines int) Action {
	if p.empty() || lines == 0 {
		return nil
	}
	if lines < 0 {
		return p.move(false, -lines)
	}
	return p.move(true, lines)
}

// Typing says whether a filter or a search is being typed.
func (p *Events) Typing() bool { return p.ask != askNothing }

func (p *Events) startTyping(k string) {
	if k == "/" {
		p.ask, p.input = askSearch, Input{Prompt: "search: ", Hint: filterHint}
		return
	}
	p.ask, p.input = askFilter, Input{Prompt: "filter: ", Hint: filterHint}
	p.input.SetValue(p.filter.Text)
}

// filterHint is shown while nothing is typed.
const filterHint = "words, node:n1 kind:send,drop msg:Request cause:8112 not ..."

// Type takes in what is typed.
func (p *Events) Type(k, text string) Action {
	done, cancelled := p.input.Press(k, text)
	switch {
	case cancelled:
		p.ask = askNothing
	case done:
		return p.typed()
	}
	return Handled{}
}

// typed takes what was typed, if it is right.
func (p *Events) typed() Action {
	f, err := ParseFilter(p.input.Value())
	if err != nil {
		p.input.Error = err.Error()
		return Handled{}
	}
	was := p.ask
	p.ask = askNothing
	if was == askFilter {
		p.use(f)
		return Handled{}
	}
	p.search = f
	if p.empty() || f.Any() {
		return Handled{}
	}
	return p.look(f.Text, f, true)
}
