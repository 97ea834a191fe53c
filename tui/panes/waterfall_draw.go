package panes

import (
	"fmt"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/telemetry"
	"github.com/orrery-sim/orrery/tui/draw"
)

// Render draws the pane: the operation at the top, its spans, what is known of the one that
// is selected, and what the end had to wait for.
func (w *Waterfall) Render(width, height int, focus bool) *draw.Canvas {
	canvas := draw.New(width, height)
	w.height, w.top = 0, 0
	if !w.head(canvas) {
		return canvas
	}
	w.top = 1
	if height >= 16 {
		w.scale(canvas)
		w.top = 2
	}
	bottom := height
	if height >= 8 {
		bottom -= w.path(canvas)
	}
	if height >= 12 {
		bottom -= w.details(canvas, bottom)
	}
	w.height = max(bottom-w.top, 0)
	body := canvas.Part(0, w.top, width, w.height)
	from, to := w.list.Show(w.height)
	for i := from; i < to; i++ {
		w.row(body.Part(0, i-from, width-1, 1), &w.tree[w.rows[i]])
		if i == w.list.Selected {
			body.Set(0, i-from, '▸', draw.Selected)
		}
		if i == w.list.Selected && focus {
			body.Ink(0, i-from, w.titles(width), draw.Selected)
		}
	}
	w.list.Mark(body)
	return canvas
}

// head says what the pane shows, and whether it shows anything.
func (w *Waterfall) head(canvas *draw.Canvas) bool {
	y := 0
	say := func(text string, ink draw.Ink) {
		for _, line := range draw.Wrap(text, canvas.Width()) {
			canvas.Fit(0, y, canvas.Width(), line, ink)
			y++
		}
	}
	selected := w.operation()
	switch {
	case w.awaited != 0:
		say("running again, to see what the operation of event "+fmt.Sprint(w.awaited)+" did ...", draw.Chosen)
		return false
	case w.spans != nil:
		root := w.spans.Root
		text := fmt.Sprintf("%s: %s", root.Node, root.Name)
		if root.Error != "" {
			text += ", " + root.Error
		}
		text += fmt.Sprintf("  %s from %s", latencyText(float64(root.Took())), draw.Clock(root.Start))
		if selected != nil && selected.CallEvent != w.of {
			text += "  (t: trace " + waterfallName(selected) + ")"
		}
		canvas.Fit(0, 0, canvas.Width(), text, draw.Strong)
		return true
	case w.err != nil && (selected == nil || selected.CallEvent == w.of):
		say("✕ "+w.err.Error(), draw.Bad)
	case selected != nil:
		say(waterfallName(selected)+" is selected: press t to see what it did", draw.Plain)
		say("the run is run again for that, up to the operation's end", draw.Dim)
	default:
		say("select an operation of a client to see what it did", draw.Dim)
	}
	return false
}

func waterfallName(op *checker.Operation) string {
	text := op.Client + ": " + op.Op
	if op.Key != "" {
		text += " " + op.Key
	}
	if !op.Input.IsNil() {
		text += " " + op.Input.String()
	}
	return text
}

// titles is how many columns the titles have.
func (w *Waterfall) titles(width int) int { return min(max(width*2/5, 12), 46) }

const waterfallTook = 9 // columns for how long a span took

// bars returns the columns of the bars.
func (w *Waterfall) bars(width int) (from, columns int) {
	from = w.titles(width) + 1
	return from, max(width-1-waterfallTook-from, 4)
}

// extent is the time that the bars are over: that of the operation, and of what it left
// behind.
func (w *Waterfall) extent() (from, to time.Duration) {
	if w.near != nil {
		return w.near.Start, max(w.near.End, w.near.Start+1)
	}
	from, to = w.spans.Root.Start, w.spans.Root.End
	for _, s := range w.spans.All {
		to = max(to, s.End)
	}
	return from, max(to, from+1)
}

// column is where a time is among so many. What is outside is at the ends.
func (w *Waterfall) column(at time.Duration, columns int) int {
	from, to := w.extent()
	return int(max(0, min(float64(at-from)/float64(to-from)*float64(columns), float64(columns-1))))
}

// columns is where a stretch of time is among so many. It is false if it is nowhere.
func (w *Waterfall) columns(since, until time.Duration, columns int) (first, last int, seen bool) {
	from, to := w.extent()
	return w.column(since, columns), w.column(until, columns), since <= to && until >= from
}

// scale writes above the bars what time they are over, from the operation's call on.
func (w *Waterfall) scale(canvas *draw.Canvas) {
	left, columns := w.bars(canvas.Width())
	from, to := w.extent()
	begin := w.spans.Root.Start
	const apart = 16
	steps := max(columns/apart, 1)
	free := 0
	for i := range steps + 1 {
		at := from + time.Duration(float64(to-from)*float64(i)/float64(steps))
		text := "+" + latencyText(float64(at-begin))
		x := left + min(w.column(at, columns), columns-draw.Width(text))
		if x >= free {
			free = canvas.Fit(x, 1, canvas.Width()-x, text, draw.Dim) + 2
		}
	}
	if w.near != nil {
		canvas.Fit(2, 1, w.titles(canvas.Width())-2, "z: all of it again", draw.Dim)
	}
}

// The signs of bars, by the kind of span.
var waterfallBars = map[telemetry.Kind]struct {
	sign rune
	ink  draw.Ink
}{
	telemetry.Operation: {'━', draw.Strong},
	telemetry.Section:   {'━', draw.Plain},
	telemetry.Call:      {'─', draw.Series1},
	telemetry.Serve:     {'═', draw.Series3},
	telemetry.Message:   {'┄', draw.Series1},
	telemetry.Queue:     {'░', draw.Warn},
	telemetry.Work:      {'▓', draw.Series2},
	telemetry.Disk:      {'▓', draw.Series4},
	telemetry.Fault:     {'▒', draw.Warn},
}

// row draws a span: its title as deep as it lies, its bar with what happened meanwhile, and
// how long it took.
func (w *Waterfall) row(line *draw.Canvas, r *waterfallRow) {
	titles := w.titles(line.Width() + 1)
	s := r.span
	ink, sign := draw.Plain, "  "
	switch {
	case w.folded[s.ID]:
		sign = "+ "
	case r.below > 0:
		sign = "- "
	}
	title := s.Title()
	if w.folded[s.ID] {
		title = fmt.Sprintf("%s (%d)", title, r.below)
	}
	if s.Error != "" && r.depth > 0 {
		ink, title = draw.Bad, "✕ "+title
	}
	line.Fit(0, 0, titles, strings.Repeat(" ", min(r.depth+1, titles/2))+sign+title, ink)

	left, columns := w.bars(line.Width() + 1)
	lane := line.Part(left, 0, columns, 1)
	bar := waterfallBars[s.Kind]
	if from, to, seen := w.columns(s.Start, s.End, columns); seen {
		for x := from; x <= to; x++ {
			lane.Set(x, 0, bar.sign, bar.ink)
		}
	}
	for i := range s.Marks {
		if x, _, seen := w.columns(s.Marks[i].At, s.Marks[i].At, columns); seen {
			lane.Set(x, 0, '▼', draw.Leader)
		}
	}
	w.cursor(lane)
	line.Right(left+columns+waterfallTook, 0, latencyText(float64(s.Took())), draw.Dim)
}

// cursor marks the moment, if it is within the time that is seen.
func (w *Waterfall) cursor(lane *draw.Canvas) {
	if w.scene == nil {
		return
	}
	if x, _, seen := w.columns(w.scene.At, w.scene.At, lane.Width()); seen {
		if lane.Get(x, 0) == ' ' {
			lane.Set(x, 0, '│', draw.Chosen)
		}
		lane.Ink(x, 0, 1, draw.Chosen)
	}
}

// details tells of the selected span in the lines above the bottom, and returns how many
// it took.
func (w *Waterfall) details(canvas *draw.Canvas, bottom int) int {
	row := w.selected()
	if row == nil {
		return 0
	}
	s, begin := row.span, w.spans.Root.Start
	most := max(canvas.Height()/5, 2)
	texts := []string{fmt.Sprintf("%s, +%s to +%s, events %d to %d%s", s.Title(), latencyText(float64(s.Start-begin)), latencyText(float64(s.End-begin)), s.StartEvent, s.EndEvent, fieldsText(s.Attributes))}
	if s.Error != "" {
		texts = append(texts, "✕ "+s.Error)
	}
	for i := range s.Marks {
		m := &s.Marks[i]
		texts = append(texts, fmt.Sprintf("▼ %s at +%s, event %d", m.Name, latencyText(float64(m.At-begin)), m.Event))
	}
	if len(texts) > most {
		texts = append(texts[:most-1], fmt.Sprintf("and %d more", len(texts)-most+1))
	}
	n := len(texts) + 1
	rule(canvas, bottom-n)
	for i, text := range texts {
		canvas.Fit(0, bottom-n+1+i, canvas.Width(), text, draw.Plain)
	}
	return n
}

// rule draws a line from side to side.
func rule(canvas *draw.Canvas, y int) {
	for x := range canvas.Width() {
		canvas.Set(x, y, '─', draw.Frame)
	}
}

func fieldsText(fields []sim.Field) string {
	var b strings.Builder
	for _, f := range fields {
		fmt.Fprintf(&b, ", %s %s", f.Name, f.Value)
	}
	return b.String()
}

// waitLetters stand for what there is to wait for, by their order.
const waitLetters = "pnrhqwdst"

func waitLetter(w telemetry.Wait) rune { return rune(waitLetters[int(w)%len(waitLetters)]) }

var waitInks = [...]draw.Ink{draw.Plain, draw.Series1, draw.Warn, draw.Warn, draw.Warn, draw.Series2, draw.Series4, draw.Dim, draw.Bad}

// path draws at the bottom what the operation's end had to wait for: a letter for each
// moment, and below what they stand for, the most time first. It returns how many lines
// it took.
func (w *Waterfall) path(canvas *draw.Canvas) int {
	if len(w.spans.Path) == 0 {
		return 0
	}
	lines := 3
	if canvas.Height() >= 20 {
		lines = 4
	}
	y := canvas.Height() - lines
	rule(canvas, y)
	width := canvas.Width()
	title := "critical path"
	if !w.spans.Whole {
		title = "critical path (its end)"
	}
	canvas.Fit(0, y+1, w.titles(width), title, draw.Strong)
	left, columns := w.bars(width)
	lane := canvas.Part(left, y+1, columns, 1)
	for _, s := range w.spans.Path {
		if from, to, seen := w.columns(s.From, s.To, columns); seen {
			for x := from; x <= to; x++ {
				lane.Set(x, 0, waitLetter(s.What), waitInks[int(s.What)%len(waitInks)])
			}
		}
	}
	w.shares(canvas.Part(0, y+2, width, lines-2))
	return lines
}

// shares says how much of the time went where, as far as there is room and it is not
// next to nothing.
func (w *Waterfall) shares(canvas *draw.Canvas) {
	shares := telemetry.Shares(w.spans.Path)
	total := float64(max(w.spans.Root.Took(), 1))
	x, y := 0, 0
	for i, s := range shares {
		percent := 100 * float64(s.Took) / total
		if percent < 0.5 && i > 0 {
			canvas.Fit(x, y, canvas.Width()-x, fmt.Sprintf("and %d more", len(shares)-i), draw.Dim)
			return
		}
		text := fmt.Sprintf("%.0f%% %c %s %s", percent, waitLetter(s.What), s.What, s.Where)
		if s.Others {
			text += " (for others)"
		}
		if x > 0 && x+draw.Width(text) > canvas.Width() && y+1 < canvas.Height() {
			x, y = 0, y+1
		}
		x = canvas.Fit(x, y, canvas.Width()-x, text, waitInks[int(s.What)%len(waitInks)]) + 2
	}
}
