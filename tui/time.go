package tui

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/tui/panes"
	"github.com/orrery-sim/orrery/tui/tape"
)

func timeCommands() []command {
	step := func(by int) func(m *Model) tea.Cmd {
		return func(m *Model) tea.Cmd { m.player.step(m, by); return nil }
	}
	second := func(by time.Duration) func(m *Model) tea.Cmd {
		return simply(func(p *player) { p.halt(); p.goAt(p.session().At() + by) })
	}
	to := func(what string, forward bool, wanted func(e *sim.Event) bool) func(m *Model) tea.Cmd {
		return of(func(p *player, m *Model) tea.Cmd { return p.stepTo(m, what, forward, wanted) })
	}
	mark := func(what string, forward bool, kinds ...tape.MarkKind) func(m *Model) tea.Cmd {
		return of(func(p *player, m *Model) tea.Cmd { return p.toMark(m, what, forward, kinds...) })
	}
	return []command{
		{group: "time", name: "play", help: "play, and stop", keys: []string{"space"}, first: true, brief: "play", run: of((*player).playOrStop)},
		{group: "time", name: "faster", help: "play twice as fast or more", keys: []string{"]"}, run: of(func(p *player, m *Model) tea.Cmd { return p.setSpeed(m, 1) })},
		{group: "time", name: "slower", help: "play slower", keys: []string{"["}, run: of(func(p *player, m *Model) tea.Cmd { return p.setSpeed(m, -1) })},
		{group: "time", name: "next event", help: "one event on", keys: []string{".", "right"}, brief: "step", run: step(1)},
		{group: "time", name: "previous event", help: "one event back", keys: []string{",", "left"}, brief: "back", run: step(-1)},
		{group: "time", name: "next message", help: "to the next message that arrives or is lost", keys: []string{">"}, run: to("message", true, arrives)},
		{group: "time", name: "previous message", help: "to the one before", keys: []string{"<"}, run: to("message", false, arrives)},
		{group: "time", name: "next operation", help: "to the next call or return of a client", keys: []string{"}"}, run: of(func(p *player, m *Model) tea.Cmd { return p.stepOperation(m, true) })},
		{group: "time", name: "previous operation", help: "to the one before", keys: []string{"{"}, run: of(func(p *player, m *Model) tea.Cmd { return p.stepOperation(m, false) })},
		{group: "time", name: "next failure", help: "to where the next operation fails, or nobody knows its outcome", keys: []string{"!"}, run: of(func(p *player, m *Model) tea.Cmd { return p.toFailure(m, true) })},
		{group: "time", name: "previous failure", help: "to the one before", run: of(func(p *player, m *Model) tea.Cmd { return p.toFailure(m, false) })},
		{group: "time", name: "second on", help: "one second on", keys: []string{")"}, run: second(time.Second)},
		{group: "time", name: "second back", help: "one second back", keys: []string{"("}, run: second(-time.Second)},
		{group: "time", name: "go to", help: "go to a time or an event", keys: []string{"G"}, brief: "go to", run: of((*player).jump)},
		{group: "time", name: "beginning", help: "to before the first event", keys: []string{"home"}, run: simply(func(p *player) { p.halt(); p.goTo(0) })},
		{group: "time", name: "end", help: "to the last event so far", keys: []string{"end"}, run: simply(func(p *player) { p.halt(); p.goTo(p.session().Tape().Events()) })},
		{group: "time", name: "next fault", help: "to the next fault or other act", keys: []string{"F"}, run: mark("fault", true, tape.MarkFault)},
		{group: "time", name: "previous fault", help: "to the one before", keys: []string{"alt+f"}, run: mark("fault", false, tape.MarkFault)},
		{group: "time", name: "next election", help: "to the next milestone of the system, such as an election", keys: []string{"E"}, run: mark("milestone", true, tape.MarkMilestone)},
		{group: "time", name: "previous election", help: "to the one before", keys: []string{"alt+e"}, run: mark("milestone", false, tape.MarkMilestone)},
		{group: "time", name: "next violation", help: "to where a check fails next", keys: []string{"V"}, run: mark("violation", true, tape.MarkViolation, tape.MarkEnd)},
		{group: "time", name: "previous violation", help: "to the one before", keys: []string{"alt+v"}, run: mark("violation", false, tape.MarkViolation, tape.MarkEnd)},
		{group: "time", name: "bookmark", help: "set a bookmark here, or take it away", keys: []string{"B"}, run: of((*player).bookmark)},
		{group: "time", name: "next bookmark", help: "go to the next bookmark", keys: []string{"'"}, run: of((*player).toBookmark)},
	}
}

// halt stops playing, and asking why: somebody goes elsewhere.
func (p *player) halt() { p.playing, p.chain = false, nil }

func (p *player) playOrStop(m *Model) tea.Cmd {
	p.playing, p.chain = !p.playing, nil
	m.hints.Done("play")
	return nil
}

func (p *player) setSpeed(m *Model, by int) tea.Cmd {
	p.speed = min(max(p.speed+by, 0), len(speeds)-1)
	return m.say("plays " + p.speedText())
}

func (p *player) speedText() string {
	return strconv.FormatFloat(speeds[p.speed], 'g', -1, 64) + "x"
}

func (p *player) step(m *Model, by int) {
	p.halt()
	m.hints.Done("play")
	p.session().Step(by)
	p.together()
}

// arrives says whether a message's way ends in an event.
func arrives(e *sim.Event) bool {
	return e.Kind == sim.KindDeliver || e.Kind == sim.KindDrop || e.Kind == sim.KindRefuse
}

func (p *player) stepTo(m *Model, what string, forward bool, wanted func(e *sim.Event) bool) tea.Cmd {
	p.halt()
	if !p.session().StepTo(forward, wanted) {
		return m.say("there is no " + where(forward) + " " + what)
	}
	p.together()
	return nil
}

func where(forward bool) string {
	if forward {
		return "further"
	}
	return "earlier"
}

// nearest is the event that comes next after one, or, backward, last before it.
type nearest struct {
	from, best uint64
	forward    bool
}

// take looks at an event, and says whether it is the nearest so far.
func (n *nearest) take(event uint64) bool {
	if event == 0 || n.forward && event <= n.from || !n.forward && event >= n.from || n.best != 0 && n.forward != (event < n.best) {
		return false
	}
	n.best = event
	return true
}

// stepOperation goes to the next call or return of an operation.
func (p *player) stepOperation(m *Model, forward bool) tea.Cmd {
	p.halt()
	near := nearest{from: p.session().Event(), forward: forward}
	p.session().Tape().EachOperation(0, true, func(_ int, op *checker.Operation) bool {
		near.take(op.CallEvent)
		near.take(op.ReturnEvent)
		return true
	})
	if near.best == 0 {
		return m.say("there is no " + where(forward) + " operation")
	}
	p.goTo(near.best)
	return nil
}

// toFailure goes to where the next operation ends that did not end well, and selects it.
func (p *player) toFailure(m *Model, forward bool) tea.Cmd {
	p.halt()
	near := nearest{from: p.session().Event(), forward: forward}
	var failed checker.Operation
	p.session().Tape().EachOperation(0, true, func(_ int, op *checker.Operation) bool {
		if op.Outcome != checker.OutcomeOK && near.take(op.ReturnEvent) {
			failed = *op
		}
		return true
	})
	if near.best == 0 {
		return m.say("there is no " + where(forward) + " failed operation")
	}
	p.goTo(near.best)
	p.act(m, panes.Pick{Selection: panes.Selection{Operation: failed.CallEvent}})
	return m.say(failed.String() + "   (w asks why)")
}

func (p *player) toMark(m *Model, what string, forward bool, kinds ...tape.MarkKind) tea.Cmd {
	p.halt()
	s := p.session()
	mark, ok := s.Tape().NextMark(s.Event(), forward, kinds...)
	if !ok {
		return m.say("there is no " + where(forward) + " " + what)
	}
	p.goTo(mark.Event)
	return m.say(mark.Text)
}

func (p *player) bookmark(m *Model) tea.Cmd {
	if p.session().Bookmark() {
		return m.say("bookmark set; ' goes to the next one")
	}
	return m.say("bookmark taken away")
}

// toBookmark goes to the next bookmark, and from the last to the first.
func (p *player) toBookmark(m *Model) tea.Cmd {
	p.halt()
	s := p.session()
	list := s.Bookmarks()
	if len(list) == 0 {
		return m.say("there is no bookmark: B sets one")
	}
	for _, b := range list {
		if b > s.Event() {
			p.goTo(b)
			return nil
		}
	}
	p.goTo(list[0])
	return nil
}

// jump asks where to go.
func (p *player) jump(m *Model) tea.Cmd {
	p.halt()
	return m.ask("go to", "", "a time such as 5s or 5.25s, or the number of an event such as 8112", func(text string) error {
		_, _, err := place(text)
		return err
	}, func(m *Model, text string) tea.Cmd {
		m.hints.Done("play")
		event, at, _ := place(text)
		if event != 0 {
			m.player.goTo(event)
		} else {
			m.player.goAt(at)
		}
		return nil
	})
}

// place reads a time or the number of an event.
func place(text string) (event uint64, at time.Duration, err error) {
	text = strings.ReplaceAll(strings.TrimPrefix(strings.TrimSpace(text), "#"), ",", "")
	if n, err := strconv.ParseUint(text, 10, 64); err == nil && n > 0 {
		return n, 0, nil
	}
	at, err = time.ParseDuration(text)
	if err != nil || at < 0 {
		return 0, 0, fmt.Errorf("%q: expected a time such as 5s or 5.25s, or the number of an event from 1 on", text)
	}
	return 0, at, nil
}
