package tui

import (
	"fmt"
	"strconv"

	tea "charm.land/bubbletea/v2"

	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/panes"
)

// firstHints help people who are here for the first time, in this order.
var firstHints = []panes.Hint{
	{ID: "play", Text: "␣ plays and stops; . and , go one event on and back; G goes to a time"},
	{ID: "help", Text: "? shows all keys, : finds a command by name"},
	{ID: "act", Text: "tab goes from pane to pane; a breaks something, at the moment shown"},
	{ID: "why", Text: "w asks what led to the event shown, or to what is selected"},
	{ID: "fork", Text: "b forks the run here: do one thing differently, and see both"},
	{ID: "save", Text: "S saves what you did as a scenario file and as a Go test"},
}

// status draws the line on top: what is run, which moment is shown, and the verdict.
func (p *player) status(c *draw.Canvas) {
	s := p.session()
	script, progress := s.Script(), s.Tape().Progress()
	sign := "‖"
	if p.playing {
		sign = "▶"
	}
	text, ink := verdictText(progress)
	if !s.Follow() {
		text, ink = "running again to this moment: "+text, draw.Warn
	}
	moment := fmt.Sprintf("%s %s  event %s of %s", sign, clock(s.At()), thousands(s.Event()), thousands(progress.Events))
	if c.Width() < 80 {
		moment = fmt.Sprintf("%s %s  event %s", sign, clock(s.At()), thousands(s.Event()))
	}
	if p.playing {
		moment += "  " + p.speedText()
	}
	c.Right(c.Width()-1, 0, draw.Shorten(text, c.Width()/2), ink)
	c = c.Part(0, 0, c.Width()-2-min(draw.Width(text), c.Width()/2), 1)
	x := c.Fit(1, 0, c.Width()-draw.Width(moment)-1, script.Scenario.FullName(), draw.Strong)
	x = c.Text(x+1, 0, "seed "+strconv.FormatUint(script.Seed, 10), draw.Dim)
	if script.Mutant != "" {
		x = c.Text(x+1, 0, "mutant "+script.Mutant, draw.Warn)
	}
	if n := len(script.Acts); n > 0 {
		x = c.Text(x+1, 0, fmt.Sprintf("+%d by hand", n), draw.Warn)
	}
	c.Text(min(x+2, c.Width()-draw.Width(moment)), 0, moment, draw.Chosen)
}

// thousands writes a number with commas.
func thousands(n uint64) string {
	text := strconv.FormatUint(n, 10)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// line draws what was just done or is asked, or a hint.
func (p *player) line(m *Model, c *draw.Canvas) {
	switch {
	case m.notice != "" && m.wrong:
		c.Fit(1, 0, c.Width()-2, "✗ "+m.notice, draw.Bad)
	case m.notice != "":
		c.Fit(1, 0, c.Width()-2, m.notice, draw.Strong)
	case p.chain != nil:
		c.Fit(1, 0, c.Width()-2, p.whyText(), draw.Chosen)
	default:
		m.hints.Now("play", "help", "act", "why", "fork", "save")
		c.Paste(1, 0, m.hints.Render(c.Width()-2, 1))
	}
}

func size(width, height int) string { return fmt.Sprintf("%dx%d", width, height) }

var _ tea.Model = (*Model)(nil)
