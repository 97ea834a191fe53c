package tui

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"github.com/orrery-sim/orrery/tui/panes"
)

// longest is how far back causes are followed.
const longest = 10_000

// why asks what led to an event.
func (p *player) why(m *Model, event uint64) tea.Cmd {
	p.playing = false
	t := p.session().Tape()
	var chain []uint64
	for n := event; n != 0 && len(chain) < longest; {
		e, ok := t.Event(n)
		if !ok {
			break
		}
		chain = append(chain, n)
		n = e.Cause
	}
	if len(chain) == 0 {
		return m.say("there is no event here: step to one, and ask again")
	}
	p.chain, p.link = chain, 0
	p.goTo(chain[0])
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
	return fmt.Sprintf("why %d of %d  %s   w one cause back, W forward, esc ends", p.link+1, len(p.chain), panes.Sentence(t, &e))
}
