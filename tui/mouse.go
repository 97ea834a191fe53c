package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"
)

// mouse answers what the mouse did.
func (m *Model) mouse(msg tea.MouseMsg) tea.Cmd {
	at := msg.Mouse()
	_, wheel := msg.(tea.MouseWheelMsg)
	_, click := msg.(tea.MouseClickMsg)
	rows := 3
	if at.Button == tea.MouseWheelUp {
		rows = -3
	}
	switch {
	case wheel && m.overlay != nil:
		m.overlay.wheel(rows)
	case click && m.overlay != nil:
		return m.overlay.click(m, at.X, at.Y)
	case m.overlay != nil:
	case m.player != nil:
		return m.player.mouse(m, msg)
	case wheel:
		m.catalogue.Wheel(rows)
	case click:
		return m.openChosen(m.catalogue.Click(at.X, at.Y))
	}
	return nil
}

func (p *player) mouse(m *Model, msg tea.MouseMsg) tea.Cmd {
	defer p.show()
	at := msg.Mouse()
	if p.survey.open() {
		return p.survey.mouse(m, msg)
	}
	switch msg.(type) {
	case tea.MouseWheelMsg:
		rows := 3
		if at.Button == tea.MouseWheelUp {
			rows = -3
		}
		if pane, _ := p.under(at.X, at.Y); pane != nil {
			return p.act(m, pane.Wheel(rows))
		}
		if p.bar.has(at.X, at.Y) {
			p.goAt(p.session().At() + time.Duration(rows)*time.Second/3)
		}
	case tea.MouseClickMsg:
		if p.bar.has(at.X, at.Y) {
			p.dragged, p.playing = true, false
			p.goAt(p.timeAt(at.X))
			return nil
		}
		if pane, s := p.under(at.X, at.Y); pane != nil {
			if p.focus = s.pane; s.pane == paneStage {
				p.turnTo(s.take)
			}
			return p.act(m, pane.Click(at.X-s.x-1, at.Y-s.y-1))
		}
	case tea.MouseMotionMsg:
		if p.dragged {
			p.goAt(p.timeAt(at.X))
		}
	case tea.MouseReleaseMsg:
		p.dragged = false
	}
	return nil
}
