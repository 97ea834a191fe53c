package panes

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/tape"
)

// stageSigns is what the picture has used, so that the legend says what it means.
type stageSigns struct {
	groups []stageGroup
	seen   []rune
	oneWay bool
}

func (s *stageSigns) see(r rune) {
	if !slices.Contains(s.seen, r) {
		s.seen = append(s.seen, r)
	}
}

var stageLegend = []struct {
	sign rune
	text string
}{
	{'★', "leads"}, {'✕', "crashed, lost"}, {'‖', "paused, held"}, {'◌', "not started"}, {'╳', "cut"}, {'~', "link is worse"},
	{'!', "trouble"}, {'●', "message"}, {'○', "answer"}, {'□', "client"},
}

// legend says what the signs mean that are on the picture.
func (s *stageSigns) legend() string {
	var list []string
	for _, l := range stageLegend {
		if !slices.Contains(s.seen, l.sign) {
			continue
		}
		text := l.text
		if l.sign == '╳' && s.oneWay {
			text = "cut (near who is not reached)"
		}
		list = append(list, string(l.sign)+" "+text)
	}
	return strings.Join(list, "   ")
}

// drawFooter says what happened, what faults are in force, and what the signs mean.
func (s *Stage) drawFooter(c *draw.Canvas) {
	h := c.Height()
	if h == 0 {
		return
	}
	v := s.scene.View
	eventLines, forceLines := 1, min(h-1, 1)
	if h >= 5 {
		eventLines, forceLines = 2, 2
	}
	text, ink := "before the first event", draw.Dim
	if v.Event > 0 {
		text, ink = fmt.Sprintf("▸ %s", Sentence(s.scene.Tape, &v.Last)), draw.Chosen
	}
	stageWrapped(c.Part(0, 0, c.Width(), eventLines), text, ink)
	if forceLines > 0 {
		text, ink = stageForces(v)
		stageWrapped(c.Part(0, eventLines, c.Width(), forceLines), text, ink)
	}
	if h >= 3 {
		c.Fit(0, h-1, c.Width(), s.signs.legend(), draw.Dim)
	}
}

// stageWrapped writes a text on as many lines as there are.
func stageWrapped(c *draw.Canvas, text string, ink draw.Ink) {
	lines := draw.Wrap(text, c.Width())
	if len(lines) > c.Height() && c.Height() > 0 {
		lines[c.Height()-1] += " " + strings.Join(lines[c.Height():], " ")
	}
	for y := range min(len(lines), c.Height()) {
		c.Fit(0, y, c.Width(), lines[y], ink)
	}
}

// stageForces is a line about the faults in force.
func stageForces(v *tape.View) (string, draw.Ink) {
	if len(v.Forces) == 0 {
		return "no fault in force", draw.Dim
	}
	list := make([]string, len(v.Forces))
	for i, f := range v.Forces {
		list[i] = f.Text
		if f.Until > 0 {
			list[i] += " until " + stageTime(f.Until)
		}
	}
	return "faults: " + strings.Join(list, " · "), draw.Warn
}

// stageTime is a time of the run, without zeros at its end.
func stageTime(d time.Duration) string {
	text := strings.TrimRight(strings.TrimSuffix(draw.Clock(d), "s"), "0")
	return strings.TrimSuffix(text, ".") + "s"
}

// Sentence says what happened.
func Sentence(t *tape.Tape, e *sim.Event) string {
	text := stageDeed(e)
	if e.Kind == sim.KindSpanEnd && t != nil {
		if began, ok := t.Event(e.Arg); ok && began.Text != "" {
			text = "ends " + began.Text
		}
	}
	if t != nil {
		if waited, ok := causesDeed(t, e); ok {
			text = waited
		}
	}
	if e.Node != "" {
		text = e.Node + " " + text
	}
	if e.Body != nil {
		text += ": " + inspectBrief(e.Body, 200)
	}
	return text
}

// stageDeed is what an event says of its node.
func stageDeed(e *sim.Event) string {
	why := func(text string) string {
		if e.Text == "" {
			return text
		}
		return text + ", " + e.Text
	}
	switch e.Kind {
	case sim.KindNone:
		return "the world is made"
	case sim.KindBoot:
		return fmt.Sprintf("boots, incarnation %d", e.Arg)
	case sim.KindCrash:
		return "crashes"
	case sim.KindPause:
		return "is paused"
	case sim.KindResume:
		return "runs again"
	case sim.KindSpawn:
		return "starts the process " + e.Text
	case sim.KindExit:
		return "ends the process " + e.Proc
	case sim.KindWake:
		if e.Proc == "" || e.Proc == e.Node {
			return "goes on"
		}
		return "goes on with " + e.Proc
	case sim.KindTimer:
		return "has a timer fire"
	case sim.KindWork:
		return fmt.Sprintf("works for %v", time.Duration(e.Arg))
	case sim.KindWorkEnd:
		return "has done its work"
	case sim.KindDisk:
		return "disk: " + e.Text
	case sim.KindDiskEnd:
		return why("disk: done")
	case sim.KindNote:
		return "says: " + e.Text
	case sim.KindSpan:
		return "begins " + e.Text
	case sim.KindSpanEnd:
		return fmt.Sprintf("ends what event %d began", e.Arg)
	case sim.KindAct:
		return "from outside: " + e.Text
	case sim.KindFail:
		return "check failed: " + e.Text
	case sim.KindKill:
		return "has a process killed, " + e.Text
	}
	return stageNetworkDeed(e, why)
}

func stageNetworkDeed(e *sim.Event, why func(string) string) string {
	switch e.Kind {
	case sim.KindSend:
		if e.Answer {
			return "answers " + e.Peer
		}
		return "sends to " + e.Peer
	case sim.KindDeliver:
		if e.Answer {
			return "gets an answer of " + e.Peer
		}
		return "gets from " + e.Peer
	case sim.KindDrop:
		return why("never gets what " + e.Peer + " sent")
	case sim.KindHold:
		return "waits for what " + e.Peer + " sent, which is held back"
	case sim.KindRefuse:
		return why("refuses what " + e.Peer + " sent")
	case sim.KindRetry:
		return "did not get it yet: " + e.Peer + " sends again"
	case sim.KindBreak:
		return why("loses its connection to " + e.Peer)
	case sim.KindCut:
		return "cannot reach " + e.Peer + " any more, the link is cut"
	case sim.KindMend:
		if e.Arg > 0 {
			return fmt.Sprintf("reaches %s again once %d more cuts are mended", e.Peer, e.Arg)
		}
		return "reaches " + e.Peer + " again, the link is mended"
	case sim.KindDegrade:
		return why("has a worse link to " + e.Peer)
	case sim.KindRestore:
		return why("has a better link to " + e.Peer)
	case sim.KindHeld:
		return "has what it sends to " + e.Peer + " held back"
	case sim.KindRelease:
		return "has what it sent to " + e.Peer + " let go"
	case sim.KindLink:
		return why("has its link to " + e.Peer + " set")
	}
	return why(e.Kind.String())
}
