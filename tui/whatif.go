package tui

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/panes"
	"github.com/orrery-sim/orrery/tui/tape"
)

// takeNames are what the two runs are called.
var takeNames = [2]string{"A", "B"}

// fork begins a second run at the moment shown: the same so far, to be changed.
func (p *player) fork(m *Model) tea.Cmd {
	p.halt()
	if len(p.takes) == 2 {
		return m.say("there are two runs already: o goes to the other, X ends this comparison")
	}
	s, err := p.session().Fork()
	if err != nil {
		return m.try(err)
	}
	p.takes = append(p.takes, &take{Session: s, stage: &panes.Stage{}})
	p.active, p.focus, p.zoom = 1, paneStage, false
	p.changed()
	m.hints.Done("fork")
	return m.say("this is B, the same as A so far: a does something else now")
}

// other goes to the other of the two runs.
func (p *player) other() {
	if len(p.takes) == 2 {
		p.turnTo(1 - p.active)
	}
}

// turnTo acts on one of the runs from now on. What is asked or selected by the number of
// an event is forgotten: it was of the other.
func (p *player) turnTo(take int) {
	if take == p.active {
		return
	}
	p.active = take
	p.forget()
}

// forget is for another run than before: it has other events by the numbers that were
// selected or are asked about.
func (p *player) forget() {
	p.chain, p.selected = nil, panes.Selection{Node: p.selected.Node, Peer: p.selected.Peer}
}

// closeFork goes on with one run.
func (p *player) closeFork(m *Model) tea.Cmd {
	if len(p.takes) < 2 {
		return m.say("there is one run only: b forks it")
	}
	p.takes[1-p.active].Close()
	name := takeNames[p.active]
	p.takes = []*take{p.takes[p.active]}
	p.active, p.diff = 0, nil
	p.panes[paneStage] = p.takes[0].stage
	return m.say("goes on with " + name)
}

// toDifference goes to the first event in which the two runs differ.
func (p *player) toDifference(m *Model) tea.Cmd {
	p.halt()
	if p.diff == nil {
		return m.say("there is one run only: b forks it")
	}
	inA, inB, ok := p.diff.Found()
	switch {
	case !p.diff.Done():
		return m.say(fmt.Sprintf("no difference so far, in %d events", p.diff.Compared()))
	case !ok:
		return m.say("the two runs are the same")
	}
	if n := [2]uint64{inA, inB}[p.active]; n != 0 {
		p.goTo(n)
	}
	return nil
}

// comparisonHeight is that of the table below the two stages.
const comparisonHeight = 5

// comparison draws the two runs below each other: what was done, what became of it, and
// where they part.
func (p *player) comparison(c *draw.Canvas) {
	c.Box("what if", false)
	inside := c.Inside()
	for i, t := range p.takes {
		ink := draw.Plain
		if i == p.active {
			ink = draw.Selected
		}
		x := inside.Text(1, i, takeNames[i], ink)
		x = verdict(inside, x+2, i, t.Tape().Progress())
		x = inside.Text(x+2, i, "so far "+counts(t.Tape(), t.Event()), draw.Plain)
		inside.Fit(x+2, i, inside.Width()-x-3, t.last(), draw.Dim)
	}
	inside.Fit(1, 2, inside.Width()-2, p.parting(inside.Width()-2), draw.Chosen)
}

// parting tells the first difference in a line.
func (p *player) parting(width int) string {
	inA, inB, ok := p.diff.Found()
	if !ok {
		if p.diff.Done() {
			return "the two runs are the same"
		}
		return fmt.Sprintf("no difference so far, in %d events", p.diff.Compared())
	}
	text := "first difference: "
	room := (width - draw.Width(text) - 2) / 2 // half of it for each
	for i, n := range []uint64{inA, inB} {
		part := takeNames[i] + " has ended"
		if e, ok := p.takes[i].Tape().Event(n); ok {
			part = takeNames[i] + " " + draw.Clock(e.At) + " " + panes.Sentence(p.takes[i].Tape(), &e)
		}
		if i == 0 {
			text += draw.Shorten(part, room) + "; "
		} else {
			text += part
		}
	}
	return text
}

// last is the last change of the session, or that there is none.
func (t *take) last() string {
	if acts := t.Script().Acts; len(acts) > 0 {
		return acts[len(acts)-1].String()
	}
	return "as the scenario says"
}

// verdict writes how a run ended, or how far it is.
func verdict(c *draw.Canvas, x, y int, progress tape.Progress) int {
	text, ink := verdictText(progress)
	return c.Text(x, y, text, ink)
}

func verdictText(progress tape.Progress) (string, draw.Ink) {
	switch r := progress.Report; {
	case progress.Err != nil:
		return "✗ " + oneLine(progress.Err), draw.Bad
	case !progress.Ended:
		return fmt.Sprintf("running %.0f %%", 100*float64(progress.At)/float64(max(progress.End, 1))), draw.Dim
	case r == nil:
		return "stopped", draw.Dim
	case r.Status == "ok":
		return "✓ ok", draw.Good
	case r.Status == "unknown":
		return "? unknown", draw.Unknown
	default:
		text := "✗ " + r.Status
		for i := range r.Checks {
			if r.Checks[i].Verdict == checker.Violated {
				return text + ": " + r.Checks[i].Check, draw.Bad
			}
		}
		return text, draw.Bad
	}
}

// counts says how the operations up to an event went.
func counts(t *tape.Tape, upTo uint64) string {
	var ok, failed, unknown, open int
	t.EachOperation(0, true, func(_ int, op *checker.Operation) bool {
		switch {
		case op.CallEvent > upTo:
			return false
		case op.ReturnEvent == 0 || op.ReturnEvent > upTo:
			open++
		case op.Outcome == checker.OutcomeOK:
			ok++
		case op.Outcome == checker.OutcomeFailed:
			failed++
		default:
			unknown++
		}
		return true
	})
	text := fmt.Sprintf("%d ok", ok)
	for _, c := range []struct {
		n    int
		what string
	}{{failed, "failed"}, {unknown, "unknown"}, {open, "open"}} {
		if c.n > 0 {
			text += fmt.Sprintf(", %d %s", c.n, c.what)
		}
	}
	return text
}
