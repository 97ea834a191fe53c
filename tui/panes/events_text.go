package panes

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/telemetry"
	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/tape"
)

// The directions in which an event tells of another node.
const (
	toPeer   = '→'
	fromPeer = '←'
)

// direction is where the other node of an event lies, or 0.
func direction(k sim.Kind) rune {
	switch k {
	case sim.KindSend, sim.KindCut, sim.KindMend, sim.KindDegrade, sim.KindRestore, sim.KindHeld, sim.KindRelease, sim.KindBreak, sim.KindLink:
		return toPeer
	case sim.KindDeliver, sim.KindDrop, sim.KindHold, sim.KindRefuse, sim.KindRetry:
		return fromPeer
	}
	return 0
}

// kindSign is the sign of what a kind of event is, with the ink for it. Most have none.
func kindSign(k sim.Kind) (rune, draw.Ink) {
	switch k {
	case sim.KindDrop, sim.KindRefuse, sim.KindBreak, sim.KindCrash, sim.KindKill, sim.KindFail:
		return '✕', draw.Bad
	case sim.KindHold, sim.KindPause, sim.KindHeld:
		return '║', draw.Warn
	case sim.KindCut, sim.KindDegrade, sim.KindImpair, sim.KindAct:
		return '!', draw.Warn
	case sim.KindNote:
		return '◆', draw.Strong
	case sim.KindBoot, sim.KindResume, sim.KindMend, sim.KindRestore, sim.KindRelease:
		return '●', draw.Good
	case sim.KindSend, sim.KindDeliver, sim.KindSpan, sim.KindSpanEnd, sim.KindRetry:
		return ' ', draw.Plain
	}
	return ' ', draw.Dim
}

// what says what happened, without where and when.
func what(e *sim.Event) string { return phrase(e, bodyText) }

// phrase is what happened, with what the event carries put into words.
func phrase(e *sim.Event, body func(any) string) string {
	text := ""
	if d := direction(e.Kind); d != 0 {
		text = string(d) + " " + e.Peer + " "
	}
	port := e.Kind == sim.KindSend || e.Kind == sim.KindDeliver || e.Kind == sim.KindRefuse
	switch {
	case e.Kind == sim.KindNone:
		return "the world is made" // before anybody could look
	case e.Kind == sim.KindBoot:
		text += "for the " + ordinal(e.Arg) + " time"
	case e.Kind == sim.KindWork:
		text += time.Duration(e.Arg).String()
	case port && e.Body == nil:
		text += "port " + e.Text
	case port || e.Text == "":
	case e.Body != nil:
		text += e.Text + ": "
	default:
		text += e.Text
	}
	if e.Body != nil {
		text += body(e.Body)
	}
	if text == "" && e.Proc != e.Node {
		return e.Proc
	}
	return strings.TrimSuffix(text, " ")
}

func ordinal(n uint64) string {
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			return fmt.Sprintf("%dst", n)
		case 2:
			return fmt.Sprintf("%dnd", n)
		case 3:
			return fmt.Sprintf("%drd", n)
		}
	}
	return fmt.Sprintf("%dth", n)
}

// bodyText shows what an event carries in one line: of a message its type, and then what
// it says.
func bodyText(body any) string {
	switch b := body.(type) {
	case string:
		return strconv.Quote(b)
	case []sim.Field:
		var parts []string
		for _, f := range b {
			parts = append(parts, f.Name+" "+f.Value)
		}
		return strings.Join(parts, ", ")
	}
	text, name := strings.TrimPrefix(fmt.Sprintf("%+v", body), "&"), telemetry.TypeName(body)
	if strings.HasPrefix(text, name) {
		return text
	}
	return name + " " + text
}

// described is what happened, for which the tape is asked where an event only points at another one.
func described(t *tape.Tape, e *sim.Event) string {
	if e.Kind == sim.KindSpanEnd {
		if begin, ok := t.Event(e.Arg); ok {
			fields, _ := e.Body.([]sim.Field)
			text := begin.Text + ":"
			for _, f := range fields {
				if f.Name == "outcome" || f.Name == "output" && f.Value != "nil" {
					text += " " + f.Value
				}
			}
			return strings.TrimSuffix(text, ":")
		}
	}
	if e.Kind == sim.KindDiskEnd && e.Text == "" {
		if begin, ok := t.Event(e.Arg); ok {
			return begin.Text
		}
	}
	return phrase(e, func(body any) string { return compact(bodyText(body)) })
}

// compact leaves out of a struct's text what says nothing: fields that are zero.
func compact(text string) string {
	var b strings.Builder
	for i, w := range strings.Split(text, " ") {
		start := strings.LastIndexByte(w, '{') + 1
		end := len(strings.TrimRight(w, "}"))
		name, value, field := strings.Cut(w[start:max(start, end)], ":")
		if field && name != "" {
			switch value {
			case "", "0", "nil", "<nil>", "false", "[]", "0s":
				w = w[:start] + w[end:]
			}
		}
		if i > 0 && strings.Trim(w, "}") != "" && !strings.HasSuffix(b.String(), "{") {
			b.WriteByte(' ')
		}
		b.WriteString(w)
	}
	return b.String()
}

// markAt returns the mark that an event has, other than a fault: those are events of
// their own.
func markAt(marks []tape.Mark, event uint64) (tape.Mark, bool) {
	i, _ := slices.BinarySearchFunc(marks, event, func(m tape.Mark, n uint64) int {
		if m.Event < n {
			return -1
		}
		return 1
	})
	for ; i < len(marks) && marks[i].Event == event; i++ {
		switch marks[i].Kind {
		case tape.MarkMilestone, tape.MarkViolation, tape.MarkEnd:
			return marks[i], true
		}
	}
	return tape.Mark{}, false
}

// markLine is a mark as a line of text, with its sign, and its ink.
func markLine(m *tape.Mark) (string, draw.Ink) {
	sign, ink := "◆ ", draw.Strong
	switch m.Kind {
	case tape.MarkFault:
		sign, ink = "! ", draw.Warn
	case tape.MarkFaultEnd:
		sign, ink = "● ", draw.Good
	case tape.MarkViolation, tape.MarkEnd:
		sign, ink = "✕ ", draw.Bad
	}
	if m.Node != "" {
		return sign + m.Node + " " + m.Text, ink
	}
	return sign + m.Text, ink
}

// stepInChain returns the number of an event in the answer to why, from 1, or 0.
func (s *Scene) stepInChain(event uint64) int { return slices.Index(s.Chain, event) + 1 }
