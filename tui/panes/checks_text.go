package panes

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/tui/draw"
)

// checkText writes the lines of the pane.
type checkText struct {
	checks *Checks
	width  int
	lines  []checkLine
}

// What there is room for decides where claims stand: in columns, or below.
const (
	checkState = 34 // columns of what is known
	checkName  = 24 // and of the check's name
	checkWide  = 96
)

func (t *checkText) write() {
	p := &t.checks.progress
	report := p.Report
	t.outcome(report)
	t.gap("checks")
	s := t.checks.scene.Tape.Scenario()
	for _, name := range s.Checks {
		t.check(s, name, report)
	}
	t.objectives(s, report)
	if report == nil {
		return
	}
	t.measures(report)
	t.tiers(report)
	t.gap("to see it again")
	t.wrapped(2, report.Command, draw.Plain, 0)
	if report.Stack != "" {
		t.gap("stack")
		t.wrapped(2, strings.TrimRight(report.Stack, "\n"), draw.Dim, 0)
	}
}

// line adds a line.
func (t *checkText) line(event uint64, parts ...checkPart) {
	t.lines = append(t.lines, checkLine{parts, event})
}

// gap begins a section.
func (t *checkText) gap(title string) {
	if len(t.lines) > 0 {
		t.line(0)
	}
	t.line(0, checkPart{0, title, draw.Strong})
}

// wrapped adds a text in as many lines as it takes.
func (t *checkText) wrapped(column int, text string, ink draw.Ink, event uint64) {
	for _, line := range draw.Wrap(strings.ReplaceAll(text, "\t", "  "), max(t.width-column, 8)) {
		t.line(event, checkPart{column, line, ink})
	}
}

// outcome says what the run came to, beside what it must come to.
func (t *checkText) outcome(r *scenarios.Report) {
	p := &t.checks.progress
	tp, view := t.checks.scene.Tape, t.checks.scene.View
	wanted, status := tp.Scenario().Expect.String(), ""
	if r != nil {
		wanted, status = strings.TrimSpace(r.Expected+" "+r.MustFail), r.Status
		if view.Event < tp.Events() {
			status += " in the end"
		}
	}
	switch {
	case p.Err != nil:
		t.line(0, checkPart{0, "✕ no verdict", draw.Bad})
		t.wrapped(2, p.Err.Error(), draw.Plain, 0)
	case r == nil && p.Ended:
		t.line(0, checkPart{0, "○ the run was stopped, and not judged", draw.Dim})
	case r == nil:
		share := 0.0
		if p.End > 0 {
			share = 100 * float64(p.At) / float64(p.End)
		}
		t.line(0, checkPart{0, fmt.Sprintf("○ the run is at %s, %.0f%%; expected: %s", draw.Clock(p.At), share, wanted), draw.Dim})
	case r.AsExpected():
		t.line(r.Event, checkPart{0, "● " + status + ", as expected", draw.Good})
	default:
		t.line(r.Event, checkPart{0, "✕ " + status + ", expected " + wanted, draw.Bad})
	}
	if r != nil && r.Reason != "" {
		t.wrapped(2, r.Reason, draw.Plain, r.Event)
	}
}

// checkKnown is what is known of a check at a moment.
type checkKnown struct {
	sign  rune
	words string
	ink   draw.Ink
	event uint64
}

// known says what is known of a check. The report tells of the whole run, so what is said
// of a moment before its end says whether it is about the future.
func (t *checkText) known(c *scenarios.Check, r *scenarios.Result) checkKnown {
	tp, view := t.checks.scene.Tape, t.checks.scene.View
	over := view.Event >= tp.Events()
	switch {
	case r == nil && t.checks.progress.Ended:
		return checkKnown{'○', "not judged", draw.Dim, 0}
	case r == nil && checkWatched(c):
		return checkKnown{'●', "holds so far", draw.Good, 0}
	case r == nil:
		return checkKnown{'○', "judged at the end", draw.Dim, 0}
	case r.Verdict == checker.OK && (over || !checkWatched(c)):
		return checkKnown{'●', "holds", draw.Good, 0}
	case r.Verdict == checker.OK:
		return checkKnown{'●', "holds so far", draw.Good, 0}
	case r.Verdict == checker.Unknown:
		return checkKnown{'◐', "unknown", draw.Unknown, 0}
	}
	event := checkEvent(r)
	if event == 0 { // it is about the whole run
		if over {
			return checkKnown{'✕', "violated", draw.Bad, tp.Events()}
		}
		return checkKnown{'○', "violated, judged at the end", draw.Warn, tp.Events()}
	}
	at := draw.Clock(0)
	if e, ok := tp.Event(event); ok {
		at = draw.Clock(e.At)
	}
	if view.Event < event {
		return checkKnown{'○', "will be violated at " + at, draw.Warn, event}
	}
	return checkKnown{'✕', "violated at " + at, draw.Bad, event}
}

// checkWatched says whether a check looks on while the run goes on.
func checkWatched(c *scenarios.Check) bool { return c.Watch != nil || c.Judge == nil }

// checkEvent is the event that broke a promise, or 0 if none did alone.
func checkEvent(r *scenarios.Result) uint64 {
	if v := checkViolation(r); r.Event == 0 && v != nil {
		return checkTold(&v.Op.Operation)
	}
	return r.Event
}

func checkViolation(r *scenarios.Result) *checker.Violation {
	if r == nil || r.History == nil {
		return nil
	}
	return r.History.Violation
}

// checkTold is the event with which an operation became known.
func checkTold(op *checker.Operation) uint64 {
	if op.ReturnEvent != 0 {
		return op.ReturnEvent
	}
	return op.CallEvent
}

// check writes a check: what is known, its name and claim, and why if it does not hold.
func (t *checkText) check(s *scenarios.Scenario, name string, report *scenarios.Report) {
	all := append(slices.Clone(s.System.Checks), scenarios.Common...)
	i := slices.IndexFunc(all, func(c scenarios.Check) bool { return c.Name == name })
	if i < 0 {
		return
	}
	c := &all[i]
	var result *scenarios.Result
	if report != nil {
		if k := slices.IndexFunc(report.Checks, func(r scenarios.Result) bool { return r.Check == name }); k >= 0 {
			result = &report.Checks[k]
		}
	}
	k := t.known(c, result)
	if t.width >= checkWide {
		t.line(k.event, checkPart{0, string(k.sign) + " " + k.words, k.ink}, checkPart{checkState, name, draw.Plain},
			checkPart{checkState + checkName + 1, c.Claim, draw.Dim})
	} else {
		parts := []checkPart{{0, string(k.sign), k.ink}, {2, name, draw.Plain}}
		if column := max(2+checkName, 3+draw.Width(name)); column+draw.Width(k.words) <= t.width {
			t.line(k.event, append(parts, checkPart{column, k.words, k.ink})...)
		} else {
			t.line(k.event, parts...)
			t.line(k.event, checkPart{4, k.words, k.ink})
		}
		t.wrapped(4, c.Claim, draw.Dim, k.event)
	}
	if result != nil && result.Verdict != checker.OK {
		t.why(result, k.event)
	}
}

// why says what broke a promise, and what it contradicts.
func (t *checkText) why(r *scenarios.Result, event uint64) {
	if r.Reason != "" {
		t.wrapped(4, r.Reason, draw.Plain, event)
	}
	v := checkViolation(r)
	if v == nil {
		return
	}
	t.operation("offending", &v.Op.Operation, draw.Bad)
	for i := range v.Contradicts {
		word := ""
		if i == 0 {
			word = "against"
		}
		t.operation(word, &v.Contradicts[i].Operation, draw.Plain)
	}
	if len(v.Could) > 0 {
		texts := make([]string, len(v.Could))
		for i, a := range v.Could {
			texts[i] = a.String()
		}
		t.wrapped(4, "it could have returned "+strings.Join(texts, " or "), draw.Dim, event)
	}
}

// operation writes an operation with its times.
func (t *checkText) operation(word string, op *checker.Operation, ink draw.Ink) {
	until := "open"
	if op.Return != checker.Never {
		until = draw.Clock(time.Duration(op.Return))
	}
	times := fmt.Sprintf("%s - %s", draw.Clock(time.Duration(op.Call)), until)
	t.line(checkTold(op), checkPart{4, word, draw.Dim}, checkPart{14, times, draw.Dim}, checkPart{15 + draw.Width(times), op.String(), ink})
}

// objectives writes what was wanted of how the clients fare.
func (t *checkText) objectives(s *scenarios.Scenario, report *scenarios.Report) {
	if len(s.Objectives) == 0 {
		return
	}
	t.gap("objectives")
	var explain string
	var judged bool
	if report != nil {
		for i := range report.Checks {
			if r := &report.Checks[i]; r.Check == "objectives" {
				explain, judged = strings.TrimRight(r.Explain, "\n"), r.Verdict == checker.OK
			}
		}
	}
	if explain != "" {
		for line := range strings.SplitSeq(explain, "\n") {
			ink := draw.Plain
			if strings.HasPrefix(line, "violated") {
				ink = draw.Bad
			}
			t.line(0, checkPart{2, line, ink})
		}
		return
	}
	for _, o := range s.Objectives {
		sign, ink := "○", draw.Dim
		if judged {
			sign, ink = "● met:", draw.Good
		}
		t.line(0, checkPart{0, sign, ink}, checkPart{draw.Width(sign) + 1, o.String(), draw.Plain})
	}
}

// measures writes the numbers that the run came to.
func (t *checkText) measures(r *scenarios.Report) {
	if len(r.Measures) == 0 {
		return
	}
	t.gap("measures of the whole run")
	for _, m := range r.Measures {
		value := draw.Shorten(m.Text(), 14)
		t.line(0, checkPart{14 - draw.Width(value), value, draw.Plain}, checkPart{16, m.Name, draw.Plain}, checkPart{16 + checkName, m.Help, draw.Dim})
	}
}

// tiers writes how the tiers of the system fared.
func (t *checkText) tiers(r *scenarios.Report) {
	if len(r.Tiers) == 0 {
		return
	}
	t.gap("tiers: where the time of operations went")
	t.line(0, checkPart{2, fmt.Sprintf("%-12s %8s %8s %8s %9s %9s  %s", "tier", "requests", "errors", "origins", "mean", "p99", "share of the time"), draw.Dim})
	for i := range r.Tiers {
		tier := &r.Tiers[i]
		text := fmt.Sprintf("%-12s %8d %8d %8d %9s %9s  %4.1f%%", draw.Shorten(tier.Name, 12), tier.Requests, tier.Errors, tier.Origins,
			latencyText(float64(tier.Mean)), latencyText(float64(tier.P99)), 100*tier.Share)
		const bar = 20
		t.line(0, checkPart{2, text, draw.Plain}, checkPart{4 + draw.Width(text), draw.Meter(tier.Share, bar), draw.Series1})
	}
}
