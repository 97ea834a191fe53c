package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/panes"
	"github.com/orrery-sim/orrery/tui/play"
	"github.com/orrery-sim/orrery/tui/study"
)

// survey is the run over many seeds, in the background, and its screen. A nil one has
// not been asked for.
type survey struct {
	study *study.Survey
	of    play.Script // but for the seed
	pane  *panes.Seeds
	shown bool
}

// firstSeeds is how many seeds are run unless more are asked for.
const firstSeeds = 200

func (v *survey) open() bool { return v != nil && v.shown }

func (v *survey) running() bool { return v != nil && v.study.Snapshot().Running }

func (v *survey) typing() bool { return v.open() && v.pane.Typing() }

func (v *survey) stop() {
	if v != nil {
		v.study.Stop()
	}
}

// openSeeds shows how the script fares over many seeds.
func (p *player) openSeeds(m *Model) tea.Cmd {
	p.playing = false
	script := p.session().Script()
	script.Seed = 1
	if p.survey == nil || p.survey.of.String() != script.String() {
		p.survey.stop()
		p.survey = &survey{study: study.Begin(script.Base(), script.Options(), 1, firstSeeds, time.Now), of: script, pane: panes.NewSeeds()}
	}
	p.survey.shown = true
	return nil
}

// press answers a key on the screen of seeds.
func (v *survey) press(m *Model, key, text string) tea.Cmd {
	if c := find(playerCommands(), key); c != nil && !v.typing() {
		switch c.name {
		case "help":
			return m.help(playerCommands(), "over seeds", v.pane.Keys())
		case "quit", "back", "over seeds":
			v.shown = false
			return nil
		}
	}
	if v.typing() {
		return v.act(m, v.pane.Type(key, text))
	}
	return v.act(m, v.pane.Press(key))
}

func (v *survey) act(m *Model, action panes.Action) tea.Cmd {
	switch a := action.(type) {
	case panes.OpenSeed:
		v.shown = false
		p := m.player
		script := p.session().Script()
		script.Seed = a.Seed
		return p.change(m, script, "seed "+draw.Thousands(a.Seed))
	case panes.AskSurvey:
		v.study.Ask(a.Seeds)
	}
	return nil
}

func (v *survey) render(scene *panes.Scene, width, height int) *draw.Canvas {
	v.pane.Show(scene)
	v.pane.SetSurvey(v.study.Snapshot())
	return v.pane.Render(width, height, true)
}

func (v *survey) mouse(m *Model, msg tea.MouseMsg) tea.Cmd {
	at := msg.Mouse()
	switch msg.(type) {
	case tea.MouseWheelMsg:
		rows := 3
		if at.Button == tea.MouseWheelUp {
			rows = -3
		}
		return v.act(m, v.pane.Wheel(rows))
	case tea.MouseClickMsg:
		return v.act(m, v.pane.Click(at.X, at.Y))
	}
	return nil
}
