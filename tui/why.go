package tui

import (
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/orrery-sim/orrery/tui/panes"
)

// why asks what led to an event. The answer stands in the inspector, which shows what is
// selected only when something is selected again.
func (p *player) why(m *Model, event uint64) tea.Cmd {
	p.playing = false
	chain := panes.Causes(p.session().Tape(), event)
	if len(chain) == 0 {
		return m.say("there is no event here: step to one, and ask again")
	}
	p.chain, p.selected = chain, panes.Selection{}
	p.follow(0)
	m.hints.Done("why")
	return nil
}

// whyHere asks about what is selected or shown, and goes one cause back if somebody
// asks already.
func (p *player) whyHere(m *Model) tea.Cmd {
	if p.chain == nil {
		return p.why(m, p.asked())
	}
	if p.link+1 >= len(p.chain) {
		if e, _ := p.session().Tape().Event(p.chain[p.link]); e.Cause != 0 {
			return m.say("this is where it was asked: esc and w ask what led to that")
		}
		return m.say("this is where it began: nothing in the run led to it")
	}
	p.follow(p.link + 1)
	return nil
}

func (p *player) whyForward(m *Model) tea.Cmd {
	if p.chain == nil {
		return m.say("w asks why, and W goes back towards what was asked about")
	}
	p.follow(max(p.link-1, 0))
	return nil
}

func (p *player) follow(link int) {
	p.link = link
	p.goTo(p.chain[link])
}

// whyAt is told that somebody went to an event in another way than by following causes.
func (p *player) whyAt(event uint64) {
	if i := slices.Index(p.chain, event); i >= 0 {
		p.link = i
	}
}

// asked is the event that a question is about: the end of the operation or the message
// that is selected, or else the event that is shown.
func (p *player) asked() uint64 {
	t, s := p.session().Tape(), p.session()
	switch sel := p.selected; {
	case sel.Operation != 0:
		for _, op := range t.AllOperations() {
			if op.CallEvent == sel.Operation && op.ReturnEvent != 0 {
				return op.ReturnEvent
			}
		}
	case sel.Message != 0:
		if _, end, ok := t.Flight(sel.Message); ok && end != 0 {
			return end
		}
		return sel.Message
	}
	return s.Event()
}

// whyText says where in the chain of causes one is.
func (p *player) whyText() string {
	t := p.session().Tape()
	e, _ := t.Event(p.chain[p.link])
	return fmt.Sprintf("why %d of %d: %s", p.link+1, len(p.chain), panes.Sentence(t, &e))
}
