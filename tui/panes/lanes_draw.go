package panes

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/tape"
)

// lanePic is a picture of lanes: where everything lies.
type lanePic struct {
	p            *Lanes
	width        int
	left         int // columns for the names
	plot         int // columns for the operations
	from         time.Duration
	column       time.Duration
	here         int // the column of the moment, in the plot
	names        []string
	tops         []int // the line of each lane that is seen, from the first one on
	first        int   // the lane that is seen first
	top, bottom  int   // lines of the lanes
	bars         []bar
	drawnFrom    time.Duration  // there are too many operations before
	rows         map[string]int // of a lane
	apart        int            // lines from a row to the next
	selectedLane int
}

// bar is an operation in the picture.
type bar struct {
	op     checker.Operation
	lane   int
	row    int
	x0, x1 int
	y      int
	number int  // of the violation that it is part of, from 1; 0 is none
	wrong  bool // it is the one that breaks the promise
}

// Render draws the lanes.
func (p *Lanes) Render(width, height int, _ bool) *draw.Canvas {
	c := draw.New(width, height)
	if p.empty() {
		c.Fit(0, 0, width, "no client has asked anything yet", draw.Dim)
		return c
	}
	pic := &lanePic{p: p, width: width}
	pic.names, pic.selectedLane = p.lanes()
	pic.place()
	p.picture = pic
	pic.top = pic.heads(c)
	pic.bottom = height - pic.foot(c, height)
	pic.collect()
	pic.choose()
	plot := c.Part(pic.left, 0, pic.plot, pic.bottom)
	for y := pic.top; y < pic.bottom; y++ {
		plot.Set(pic.here, y, '│', draw.Chosen)
	}
	pic.drawLanes(c)
	for i := range pic.bars {
		pic.bar(plot, &pic.bars[i])
	}
	pic.texts(plot)
	for y := pic.top; y < pic.bottom; y++ {
		plot.Ink(pic.here+1, y, pic.plot, draw.Dim)
	}
	pic.stress(plot)
	return c
}

// place lays out the time around the moment.
func (pic *lanePic) place() {
	p := pic.p
	for _, n := range pic.names {
		pic.left = max(pic.left, draw.Width(n))
	}
	pic.left = min(max(pic.left, 6), 10, pic.width/4) + 3
	pic.plot = max(pic.width-pic.left, 1)
	pic.column = p.column()
	at := p.scene.At / pic.column
	pic.from = max(at-time.Duration(pic.plot*3/5), 0) * pic.column
	pic.here = int(at - pic.from/pic.column)
}

// x is the column of a time, or somewhat outside of what is seen.
func (pic *lanePic) x(at int64) int {
	d := time.Duration(at) - pic.from
	if d < 0 {
		return -1
	}
	return int(min(d/pic.column, time.Duration(pic.plot)))
}

func (pic *lanePic) until() time.Duration { return pic.from + time.Duration(pic.plot)*pic.column }

// heads draws the times, the faults in force and the milestones, and returns how many
// lines they take.
func (pic *lanePic) heads(c *draw.Canvas) int {
	plot := c.Part(pic.left, 0, pic.plot, c.Height())
	c.Fit(0, 0, pic.left-1, pic.unit(), draw.Dim)
	pic.axis(plot)
	if c.Height() < 8 {
		return 1
	}
	y := 1
	for _, row := range pic.faults() {
		if y > max(2, c.Height()/5) {
			break
		}
		c.Fit(0, y, pic.left-1, "faults", draw.Dim)
		for _, s := range row {
			pic.fault(plot, y, &s)
		}
		y++
	}
	if pic.milestones(plot, y) {
		c.Fit(0, y, pic.left-1, "events", draw.Dim)
		y++
	}
	return y
}

func (pic *lanePic) unit() string {
	if pic.p.byKey {
		return "key"
	}
	return "client"
}

// axis draws times, as many as there is room for, and the moment.
func (pic *lanePic) axis(c *draw.Canvas) {
	const apart = 14
	step := time.Duration(1)
	for i := 0; step/pic.column < apart; i++ {
		step = step * [...]time.Duration{2, 5, 2}[i%3] / [...]time.Duration{1, 2, 1}[i%3]
	}
	text := "▼ " + draw.Clock(pic.p.scene.At)
	x := pic.here
	if x+draw.Width(text)+1 > c.Width() {
		text = draw.Clock(pic.p.scene.At) + " ▼"
		x = max(pic.here-draw.Width(text)+1, 0)
	}
	for at := (pic.from + step - 1) / step * step; at < pic.until(); at += step {
		tick := "╷" + shortTime(at, step)
		if t := pic.x(int64(at)); t > x+draw.Width(text) || t+draw.Width(tick) < x {
			c.Text(t, 0, tick, draw.Dim)
		}
	}
	c.Text(x, 0, text, draw.Chosen)
}

// shortTime is a time with as many digits as the steps need.
func shortTime(at, step time.Duration) string {
	digits := 0
	for unit := time.Second; unit > step && digits < 6; unit /= 10 {
		digits++
	}
	return fmt.Sprintf("%.*fs", digits, at.Seconds())
}

// faults are those in force, laid below each other where they overlap.
func (pic *lanePic) faults() [][]tape.Stretch {
	var rows [][]tape.Stretch
	var ends []int
	for _, s := range pic.p.scene.Tape.Stretches() {
		if s.To < pic.from || s.From >= pic.until() {
			continue
		}
		x0, x1 := max(pic.x(int64(s.From)), 0), pic.x(int64(s.To))
		i := slices.IndexFunc(ends, func(end int) bool { return end < x0 })
		if i < 0 {
			i = len(rows)
			rows, ends = append(rows, nil), append(ends, 0)
		}
		rows[i] = append(rows[i], s)
		ends[i] = max(x1, x0+draw.Width(s.Text)+2)
	}
	return rows
}

func (pic *lanePic) fault(c *draw.Canvas, y int, s *tape.Stretch) {
	x0, x1 := max(pic.x(int64(s.From)), 0), pic.x(int64(s.To))
	if s.Open && pic.p.scene.Tape.Progress().Ended {
		x1 = pic.plot
	}
	for x := x0; x <= x1; x++ {
		c.Set(x, y, '▒', draw.Warn)
	}
	c.Fit(x0+1, y, pic.plot-x0-1, " "+s.Text+" ", draw.Warn)
}

// milestones draws what the system did that people want to know of. It returns whether
// there is any.
func (pic *lanePic) milestones(c *draw.Canvas, y int) bool {
	var seen []tape.Mark
	for _, m := range pic.p.scene.Tape.Marks() {
		if m.At >= pic.from && m.At < pic.until() && (m.Kind == tape.MarkMilestone || m.Kind == tape.MarkViolation) {
			seen = append(seen, m)
		}
	}
	for i := range seen {
		text, ink := markLine(&seen[i])
		x, next := pic.x(int64(seen[i].At)), pic.plot
		if i+1 < len(seen) {
			next = pic.x(int64(seen[i+1].At))
		}
		const least = 6
		if next-x > least {
			c.Fit(x, y, next-x-1, text, ink)
		}
		c.Set(x, y, []rune(text)[0], ink)
	}
	return len(seen) > 0
}

// foot draws what stands below the lanes, and returns how many lines it takes.
func (pic *lanePic) foot(c *draw.Canvas, height int) int {
	if height < 10 {
		return 0
	}
	n := 0
	if height >= 14 && pic.width >= 60 {
		n++
		pic.legend(c.Part(0, height-1, pic.width, 1))
	}
	if op, ok := pic.p.operation(pic.names[pic.selectedLane]); ok {
		n++
		c.Fit(0, height-n, pic.width, pic.about(&op), draw.Strong)
	}
	for i := min(len(pic.p.broken), 9, height/6) - 1; i >= 0; i-- {
		lines := draw.Wrap(fmt.Sprintf("%d ✕ %s", i+1, pic.p.broken[i].text), pic.width)
		lines = lines[:min(len(lines), 2)]
		n += len(lines)
		for j, line := range lines {
			c.Text(0, height-n+j, line, draw.Bad)
		}
	}
	return n
}

func (pic *lanePic) legend(c *draw.Canvas) {
	x := 0
	for _, l := range []struct{ sign, word string }{
		{"┣━■", "ok"}, {"┣╌✕", "failed"}, {"┣┄?", "nobody knows"}, {"┣┄▸", "still open"}, {"1", "part of ✕ 1"}, {"▒", "fault"},
	} {
		if l.sign == "1" && len(pic.p.broken) == 0 || x+3+draw.Width(l.sign+l.word) > c.Width() {
			continue
		}
		x = c.Text(x, 0, l.sign+" ", draw.Key)
		x = c.Text(x, 0, l.word, draw.Dim) + 3
	}
}

// about tells all of an operation, as far as it is known at the moment.
func (pic *lanePic) about(op *checker.Operation) string {
	text := fmt.Sprintf("%s: %s, called %s", op.Client, shortOp(op, true, false), draw.Clock(time.Duration(op.Call)))
	if op.ReturnEvent == 0 || op.ReturnEvent > pic.p.scene.View.Event {
		return text + ", open"
	}
	text += fmt.Sprintf(", %s after %v", op.Outcome, time.Duration(op.Return-op.Call))
	if !op.Output.IsNil() {
		text += ": " + op.Output.String()
	}
	return text
}

// shortOp is an operation in a few letters: w k1 17.
func shortOp(op *checker.Operation, key, output bool) string {
	name := op.Op
	switch {
	case key && !output:
	case name == "write":
		name = "w"
	case name == "read":
		name = "r"
	}
	if key && op.Key != "" {
		name += " " + op.Key
	}
	if !op.Input.IsNil() {
		name += " " + op.Input.String()
	}
	if output && op.Outcome == checker.OutcomeOK && (!op.Output.IsNil() || op.Op == "read") {
		if !op.Input.IsNil() {
			name += " ="
		}
		name += " " + strings.TrimSpace(op.Output.String())
	}
	return name
}
