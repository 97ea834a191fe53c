package tui

import (
	"fmt"
	"strconv"

	tea "charm.land/bubbletea/v2"

	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/panes"
	"github.com/orrery-sim/orrery/tui/play"
)

// firstHints help people who are here for the first time, in this order.
var firstHints = []panes.Hint{
	{ID: "play", Text: "space plays; . and , step on and back; G goes to a time"},
	{ID: "help", Text: "? shows all keys, : finds a command by its name"},
	{ID: "act", Text: "a breaks something, now; tab goes from pane to pane"},
	{ID: "why", Text: "w asks what led to the event shown"},
	{ID: "fork", Text: "b forks the run: do one thing differently, see both"},
	{ID: "save", Text: "S saves what you did as a scenario and as a Go test"},
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
	x := whatIsRun(c.Part(0, 0, c.Width()-draw.Width(moment)-2, 1), &script)
	c.Text(x+2, 0, moment, draw.Chosen)
}

// whatIsRun writes what is run, and what is different from it. Where there is little room,
// the name is shortened. It returns the column behind it.
func whatIsRun(c *draw.Canvas, script *play.Script) (end int) {
	type part struct {
		text string
		ink  draw.Ink
	}
	parts := []part{{"seed " + strconv.FormatUint(script.Seed, 10), draw.Dim}}
	if script.Mutant != "" {
		parts = append(parts, part{"mutant " + script.Mutant, draw.Warn})
	}
	if n := len(script.Acts); n > 0 {
		parts = append(parts, part{fmt.Sprintf("+%d by hand", n), draw.Warn})
	}
	room := c.Width() - 1
	for _, p := range parts {
		room -= draw.Width(p.text) + 1
	}
	x := c.Fit(1, 0, max(room, 8), script.Scenario.FullName(), draw.Strong)
	for _, p := range parts {
		x = c.Fit(x+1, 0, max(c.Width()-x-1, 0), p.text, p.ink)
	}
	return x
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
