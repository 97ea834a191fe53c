package tui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/panes"
	"github.com/orrery-sim/orrery/tui/play"
)

// firstHints help people who are here for the first time, in this order.
var firstHints = []panes.Hint{
	{ID: "play", Text: "space plays; . , step on and back; G goes to a time"},
	{ID: "help", Text: "? shows all keys, : finds a command by its name"},
	{ID: "act", Text: "a breaks something, now; tab goes from pane to pane"},
	{ID: "why", Text: "w asks what led to the event shown"},
	{ID: "fork", Text: "b forks the run: do one thing differently, see both"},
	{ID: "save", Text: "S saves what you did as a scenario and as a Go test"},
}

// status draws the line on top: what is run, which moment is shown, and the verdict. Where
// there is little room, how many events there are is left out first, then which check was
// violated; then the name is shortened.
func (p *player) status(c *draw.Canvas) {
	s := p.session()
	script, progress := s.Script(), s.Tape().Progress()
	verdict, ink := verdictText(progress)
	short, _, _ := strings.Cut(verdict, ":")
	if !s.Follow() {
		verdict, short, ink = "running again to this moment: "+verdict, "running again", draw.Warn
	}
	if at, to, ok := s.Tape().Repeating(); ok {
		verdict, ink = fmt.Sprintf("running again to event %s, now at %s", draw.Thousands(to), draw.Thousands(at)), draw.Warn
		short = "running again"
	}
	what := whatIsRun(&script)
	moment := p.moment("")
	room := func() int {
		room := c.Width() - draw.Width(moment) - draw.Width(verdict) - 5
		for _, w := range what {
			room -= draw.Width(w.text) + 1
		}
		return room
	}
	if long := p.moment(" of " + draw.Thousands(progress.Events)); room() >= draw.Width(long)-draw.Width(moment) {
		moment = long
	}
	if room() < 0 {
		verdict = short
	}
	verdict = draw.Shorten(verdict, c.Width()/2)
	const least = 8 // columns of the name
	for len(what) > 1 && draw.Width(what[0].text)+room() < least {
		what = slices.Delete(what, 1, 2)
	}
	what[0].text = draw.Shorten(what[0].text, max(draw.Width(what[0].text)+min(room(), 0), least))
	x := 0
	for _, w := range what {
		x = c.Text(x+1, 0, w.text, w.ink)
	}
	c.Text(x+2, 0, moment, draw.Chosen)
	c.Right(c.Width()-1, 0, " "+verdict, ink)
}

// moment says which moment is shown, and at which speed time passes.
func (p *player) moment(of string) string {
	s, sign := p.session(), "‖"
	if p.playing {
		sign = "▶"
	}
	text := fmt.Sprintf("%s %s  event %s%s", sign, draw.Clock(s.At()), draw.Thousands(s.Event()), of)
	if p.playing {
		text += "  " + p.speedText()
	}
	return text
}

// inked is a text and how it looks.
type inked struct {
	text string
	ink  draw.Ink
}

// whatIsRun is what is run, and what is different from it.
func whatIsRun(script *play.Script) []inked {
	list := []inked{{script.Scenario.FullName(), draw.Strong}, {"seed " + strconv.FormatUint(script.Seed, 10), draw.Dim}}
	if script.Mutant != "" {
		list = append(list, inked{"mutant " + script.Mutant, draw.Warn})
	}
	if n := len(script.Acts); n > 0 {
		list = append(list, inked{fmt.Sprintf("+%d by hand", n), draw.Warn})
	}
	return list
}

// message is what was just done, is wrong, or is asked; a hint if there is nothing.
func (p *player) message(m *Model) inked {
	switch {
	case m.notice != "" && m.wrong:
		return inked{"✗ " + m.notice, draw.Bad}
	case m.notice != "":
		return inked{m.notice, draw.Strong}
	case p.chain != nil:
		return inked{p.whyText(), draw.Chosen}
	}
	return inked{}
}

// lines is how many lines the message takes: more than one where it is long, and there is
// room.
func (p *player) lines(m *Model, width, height int) int {
	const most = 3
	if m.notice == "" || height < 20 {
		return 1
	}
	return min(max(len(draw.Wrap(p.message(m).text, width-2)), 1), most)
}

// line draws the message, or a hint.
func (p *player) line(m *Model, c *draw.Canvas) {
	msg := p.message(m)
	if msg.text == "" {
		m.hints.Now("play", "help", "act", "why", "fork", "save")
		c.Paste(1, 0, m.hints.Render(c.Width()-2, 1))
		return
	}
	lines := []string{msg.text}
	if draw.Width(msg.text) > c.Width()-2 {
		lines = draw.Wrap(msg.text, c.Width()-2)
	}
	if last := c.Height() - 1; len(lines) > c.Height() {
		lines = append(lines[:last:last], strings.Join(lines[last:], " "))
	}
	for y, line := range lines {
		c.Fit(1, y, c.Width()-2, line, msg.ink)
	}
}

func size(width, height int) string { return fmt.Sprintf("%dx%d", width, height) }

var _ tea.Model = (*Model)(nil)
