package tui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/panes"
)

// matrixBox lets the table of links be an overlay.
type matrixBox struct {
	*panes.Matrix
	what string // is to be done
	note string
}

// Press answers a key.
func (b *matrixBox) Press(key, _ string) (done, cancelled bool) {
	b.note = ""
	switch a := b.Matrix.Press(key).(type) {
	case panes.Act:
		b.what = a.What
		return true, false
	case panes.CloseEditor:
		return false, true
	case panes.Say:
		b.note = a.Text
	}
	return false, false
}

// Render draws the table in a border, with what is wrong below it.
func (b *matrixBox) Render(width, height int) *draw.Canvas {
	c := draw.New(min(width, 100), min(height, 34))
	c.Box(b.Title(), true)
	inside := c.Inside()
	rows := inside.Height()
	if b.note != "" {
		rows--
		inside.Fit(1, rows, inside.Width()-1, b.note, draw.Warn)
	}
	inside.Paste(0, 0, b.Matrix.Render(inside.Width(), rows, true))
	return c
}

// Click answers a press of the mouse.
func (b *matrixBox) Click(x, y int) { b.Matrix.Click(x-1, y-1) }

// Wheel scrolls.
func (b *matrixBox) Wheel(rows int) { b.Matrix.Wheel(rows) }

// cutLinks opens the table of links.
func (p *player) cutLinks(m *Model) tea.Cmd {
	p.playing = false
	matrix := &panes.Matrix{}
	matrix.Show(&p.takes[p.active].scene)
	b := &matrixBox{Matrix: matrix}
	m.overlay = &overlay{box: b, done: func(m *Model) tea.Cmd { return m.player.do(m, b.what) }}
	return nil
}
