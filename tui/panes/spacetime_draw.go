package panes

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/telemetry"
	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/tape"
)

// stPic is a space-time picture: where everything lies.
type stPic struct {
	p      *SpaceTime
	s      *Scene
	width  int
	height int // of the part below the names
	top    int
	gutter int // columns at the left, for times
	column int // how wide that of a node is
	text   int // where what is said at the right begins; width if there is no room

	cols        []int       // the nodes that have one
	x           map[int]int // of a node's line
	left, right int         // nodes that are not seen

	steps   []step
	ys      []int // of the steps
	here    int   // the line of the moment
	spacing int
	arrows  []arrow
	from    time.Duration // that the first line stands for, if lines are times
	line    time.Duration // how long a line is, then
	dense   bool          // there is too much to draw each message
}

const (
	leastColumn = 5  // column of a node
	mostColumn  = 16 // same
	leastText   = 22
	mostOfLine  = 8 // messages, before they are too many to be told apart
	mostEvents  = 6000
)

// Render draws the picture.
func (p *SpaceTime) Render(width, height int, _ bool) *draw.Canvas {
	c := draw.New(width, height)
	if p.empty() {
		c.Fit(0, 0, width, "no events yet", draw.Dim)
		return c
	}
	pic := &stPic{p: p, s: p.scene, width: width, height: max(height-1, 0), top: 1, spacing: p.spread + 1}
	if height >= 14 && width >= 60 {
		pic.height--
		pic.legend(c.Part(0, height-1, width, 1))
	}
	if p.byTime {
		pic.byTime()
	} else {
		pic.bySteps()
	}
	pic.layout()
	p.picture = pic
	body := c.Part(0, pic.top, width, pic.height)
	pic.names(c)
	pic.ways(body)
	pic.lifelines(body)
	pic.signs(body)
	pic.heads(body)
	pic.lines(body)
	return c
}

// bySteps lays the steps around the moment below each other.
func (pic *stPic) bySteps() {
	rows := (pic.height + pic.spacing - 1) / pic.spacing
	var here int
	pic.steps, here = stepsAround(pic.s, pic.p.number, rows, rows)
	first := max(0, min(here-rows/2, len(pic.steps)-rows))
	pic.steps = pic.steps[first:min(first+rows, len(pic.steps))]
	for i := range pic.steps {
		pic.ys = append(pic.ys, i*pic.spacing)
	}
	pic.here = (here - first) * pic.spacing
	pic.arrows = arrowsOf(pic.s, pic.steps)
}

// byTime lays out the time around the moment.
func (pic *stPic) byTime() {
	s := pic.s
	pic.line = pic.p.lineTime()
	first := s.At/pic.line - time.Duration(pic.height/2)
	pic.from = max(first, 0) * pic.line
	pic.here = int((s.At - pic.from) / pic.line)
	lo := uint64(1)
	if pic.from > 0 {
		lo = s.Tape.ByTime(pic.from-1) + 1
	}
	hi := s.Tape.ByTime(pic.from + time.Duration(pic.height)*pic.line - 1)
	if hi >= lo+mostEvents {
		pic.dense = true
		return
	}
	pic.steps = together(eventsIn(s.Tape, lo, hi), pic.p.number, s.View.Event)
	pic.steps = slices.DeleteFunc(pic.steps, func(st step) bool { return !st.shown })
	for i := range pic.steps {
		pic.ys = append(pic.ys, pic.lineOf(pic.steps[i].at))
	}
	pic.arrows = arrowsOf(s, pic.steps)
	pic.dense = len(pic.arrows) > mostOfLine*pic.height
}

// lineOf is the line that a time has; what lies far outside is drawn somewhat outside.
func (pic *stPic) lineOf(at time.Duration) int {
	d := at - pic.from
	if d < 0 {
		d -= pic.line - 1
	}
	far := time.Duration(3 * pic.height)
	return int(max(-far, min(d/pic.line, far)))
}

// y is the line of an event.
func (pic *stPic) y(event uint64, at time.Duration) int {
	const outside = 3
	if pic.line > 0 {
		return pic.lineOf(at)
	}
	i := sort.Search(len(pic.steps), func(i int) bool { return pic.steps[i].last >= event })
	switch {
	case i == len(pic.steps):
		return pic.height + outside
	case i == 0 && event < pic.steps[0].first:
		return -outside
	}
	return pic.ys[i]
}

// layout gives the nodes their columns.
func (pic *stPic) layout() {
	pic.gutter = 8
	if pic.width >= 60 {
		pic.gutter = 13
	}
	if len(pic.s.Chain) > 0 {
		pic.gutter += 4
	}
	room := pic.width - pic.gutter
	text := 0
	if pic.width >= 64 {
		text = leastText + max(0, pic.width-100)/3
	}
	pic.cols, pic.left, pic.right = pic.p.columns(pic.steps, max((room-text)/leastColumn, 1))
	pic.column = max(leastColumn, min((room-text)/max(len(pic.cols), 1), mostColumn))
	pic.x = map[int]int{}
	for i, n := range pic.cols {
		pic.x[n] = pic.gutter + i*pic.column + pic.column/2
	}
	pic.text = pic.width
	if text > 0 {
		pic.text = pic.gutter + len(pic.cols)*pic.column + 1
	}
}

// nodeAt is the node whose column is at x, or -1.
func (pic *stPic) nodeAt(x int) int {
	if i := (x - pic.gutter) / pic.column; x >= pic.gutter && i < len(pic.cols) {
		return pic.cols[i]
	}
	return -1
}

// names are what stands above the lines.
func (pic *stPic) names(c *draw.Canvas) {
	last := &pic.s.View.Last
	for _, n := range pic.cols {
		name := squeeze(pic.s.View.Nodes[n].Name, pic.column-1)
		ink := draw.Strong
		switch pic.s.View.Nodes[n].Name {
		case pic.s.Selected.Node:
			ink = draw.Selected
		case last.Node:
			ink = draw.Chosen
		}
		c.Text(pic.x[n]-draw.Width(name)/2, 0, name, ink)
	}
	unit := "steps"
	if pic.line > 0 {
		unit = pic.line.String() + " a line"
	}
	switch {
	case pic.left+pic.right == 0:
		c.Fit(0, 0, pic.gutter-1, unit, draw.Dim)
	case pic.left > 0:
		c.Fit(0, 0, pic.gutter-1, fmt.Sprintf("← %d more", pic.left), draw.Dim)
	}
	if pic.right > 0 && pic.text < pic.width {
		c.Fit(pic.text, 0, pic.width-pic.text, fmt.Sprintf("%d more →", pic.right), draw.Dim)
	} else if pic.text < pic.width {
		c.Fit(pic.text, 0, pic.width-pic.text, "what", draw.Dim)
	}
}

// squeeze shortens a name so that the number at its end stays: monitor1 is mon1.
func squeeze(name string, width int) string {
	if draw.Width(name) <= width {
		return name
	}
	number := name[len(strings.TrimRight(name, "0123456789")):]
	if len(number) == 0 || len(number) >= width {
		return draw.Shorten(name, width)
	}
	return strings.TrimSuffix(draw.Shorten(name, width-len(number)+1), "…") + number
}

func (pic *stPic) legend(c *draw.Canvas) {
	x := 0
	for _, l := range []struct{ sign, word string }{
		{"▶", "the moment"}, {"►", "arrives"}, {"✕", "lost, failed, crashed"}, {"║", "held"}, {"┆", "paused"}, {"┃■?", "asked, ok, unknown"},
	} {
		if x+3+draw.Width(l.sign+l.word) > c.Width() {
			break
		}
		x = c.Text(x, 0, l.sign+" ", draw.Key)
		x = c.Text(x, 0, l.word, draw.Dim) + 3
	}
}

// ends are the two ends of an arrow.
func (pic *stPic) ends(a *arrow) (x0, y0, x1, y1 int, ok bool) {
	x0, from := pic.x[a.from]
	x1, to := pic.x[a.to]
	if !from || !to {
		return 0, 0, 0, 0, false
	}
	y0 = pic.y(a.send, a.sent)
	if a.end == 0 {
		y1 = pic.height + 3
	} else {
		y1 = pic.y(a.end, a.ended)
	}
	side := 1
	if x1 < x0 {
		side = -1
	}
	return x0 + side, y0, x1 - side, y1, true
}

// stress says how much a message stands out, and the number of its step in a chain.
func (pic *stPic) stress(a *arrow) (ink draw.Ink, kind draw.LineKind, number int) {
	s := pic.s
	number = max(s.stepInChain(a.end), s.stepInChain(a.send))
	switch {
	case number > 0 && a.end != 0 && s.stepInChain(a.end) > 0 && s.stepInChain(a.send) > 0:
		return draw.Strong, draw.Light, number
	case a.send == s.Selected.Message:
		return draw.Selected, draw.Light, 0
	case s.View.Event != 0 && (a.send == s.View.Event || a.end == s.View.Event):
		return draw.Chosen, draw.Fine, 0
	case a.fate == sim.KindDrop:
		return draw.Bad, draw.Fine | draw.Dashed, 0
	case a.send > s.View.Event:
		return draw.Dim, draw.Fine, 0
	}
	return draw.Plain, draw.Fine, 0
}

// ways draws the ways of all messages, those that stand out over the others.
func (pic *stPic) ways(c *draw.Canvas) {
	if pic.dense {
		return
	}
	for _, strong := range []bool{false, true} {
		for i := range pic.arrows {
			if ink, _, _ := pic.stress(&pic.arrows[i]); strong == (ink == draw.Strong || ink == draw.Selected || ink == draw.Chosen) {
				pic.arrow(c, &pic.arrows[i])
			}
		}
	}
}

// arrow draws a message's way, without its head.
func (pic *stPic) arrow(c *draw.Canvas, a *arrow) {
	x0, y0, x1, y1, ok := pic.ends(a)
	if !ok {
		return
	}
	ink, kind, _ := pic.stress(a)
	if a.fate == sim.KindDrop {
		x1, y1 = pic.lostAt(x0, y0, x1, y1)
	}
	if y0 == y1 {
		kind &^= draw.Fine
	}
	c.Line(x0, y0, x1, y1, ink, kind)
}

// lostAt is where a message that is lost ends: three quarters of its way.
func (pic *stPic) lostAt(x0, y0, x1, y1 int) (x, y int) {
	return pic.beside(x0+(x1-x0)*3/4, x1 < x0), y0 + (y1-y0)*3/4
}

// beside moves a sign at a message off the line of a node that has nothing to do with it.
func (pic *stPic) beside(x int, leftward bool) int {
	switch {
	case (x-pic.gutter-pic.column/2)%pic.column != 0:
		return x
	case leftward:
		return x + 1
	}
	return x - 1
}

// heads are how the arrows end, and words at those that stand out.
func (pic *stPic) heads(c *draw.Canvas) {
	if pic.dense {
		c.Fit(pic.gutter, pic.height-1, pic.width-pic.gutter, " too many messages to draw: + comes closer ", draw.Warn)
		return
	}
	for i := range pic.arrows {
		a := &pic.arrows[i]
		x0, y0, x1, y1, ok := pic.ends(a)
		if !ok {
			continue
		}
		ink, kind, number := pic.stress(a)
		head := '►'
		if x1 < x0 {
			head = '◄'
		}
		switch {
		case a.fate == sim.KindDrop:
			x, y := pic.lostAt(x0, y0, x1, y1)
			c.Set(x, y, '✕', draw.Bad)
		case a.end != 0:
			c.Set(x1, y1, head, ink)
		}
		if a.held {
			c.Set(pic.beside((x0+x1)/2, x1 < x0), (y0+y1)/2, '║', draw.Warn)
		}
		if label := pic.label(a, kind, number); label != "" && draw.Width(label)+2 <= max(x1-x0, x0-x1) {
			c.Text((x0+x1+1)/2-draw.Width(label)/2, (y0+y1)/2, label, ink)
		}
	}
}

// label is what is written at an arrow that stands out.
func (pic *stPic) label(a *arrow, kind draw.LineKind, number int) string {
	e, _ := pic.s.Tape.Event(a.send)
	switch {
	case number > 0:
		return fmt.Sprintf("#%d", number)
	case kind == draw.Light || a.send == pic.s.View.Event:
		return telemetry.TypeName(e.Body)
	}
	return ""
}

// lines are what stands at the left and at the right of each line.
func (pic *stPic) lines(c *draw.Canvas) {
	marks := pic.s.Tape.Marks()
	if pic.line > 0 {
		pic.timeLines(c, marks)
		return
	}
	for i := range pic.steps {
		st, y := &pic.steps[i], pic.ys[i]
		ink := draw.Dim
		if y == pic.here {
			ink = draw.Chosen
		}
		if pic.width >= 60 {
			c.Fit(1, y, 11, fmt.Sprintf("%10s", draw.Clock(st.at)), ink)
		} else {
			c.Fit(1, y, 7, fmt.Sprintf("%6d", st.said()), ink)
		}
		pic.chainNumber(c, st, y)
		pic.say(c, y, st, marks)
	}
	c.Set(0, pic.here, '▶', draw.Chosen)
}

func (pic *stPic) chainNumber(c *draw.Canvas, st *step, y int) {
	for j := range st.events {
		if n := pic.s.stepInChain(st.events[j].Number); n > 0 {
			c.Right(pic.gutter, y, fmt.Sprintf("#%d", n), draw.Chosen)
			return
		}
	}
}

// say writes what a step was, at the right.
func (pic *stPic) say(c *draw.Canvas, y int, st *step, marks []tape.Mark) {
	if pic.text >= pic.width {
		return
	}
	text, ink := st.words(pic.s, marks)
	switch {
	case y == pic.here:
		ink = draw.Chosen
	case st.first > pic.s.View.Event && ink == draw.Plain:
		ink = draw.Dim
	}
	c.Fit(pic.text, y, pic.width-pic.text, text, ink)
}

// timeLines are those of a picture whose lines are equal stretches of time. Of what
// happens in one line, what matters most is said.
func (pic *stPic) timeLines(c *draw.Canvas, marks []tape.Mark) {
	for y := range pic.height {
		ink := draw.Dim
		if y == pic.here {
			ink = draw.Chosen
		}
		at := pic.from + time.Duration(y)*pic.line
		if at > pic.end() {
			break
		}
		if pic.width >= 60 {
			c.Fit(1, y, 11, fmt.Sprintf("%10s", draw.Clock(at)), ink)
		} else {
			c.Fit(1, y, 7, fmt.Sprintf("%6.3f", at.Seconds()), ink)
		}
	}
	c.Set(0, pic.here, '▶', draw.Chosen)
	best := make([]int, pic.height) // the step to be told of, plus one
	for i := range pic.steps {
		y := pic.ys[i]
		if y < 0 || y >= pic.height {
			continue
		}
		pic.chainNumber(c, &pic.steps[i], y)
		if best[y] == 0 || pic.steps[i].weight(pic.s, marks) > pic.steps[best[y]-1].weight(pic.s, marks) {
			best[y] = i + 1
		}
	}
	for y, i := range best {
		if i > 0 {
			pic.say(c, y, &pic.steps[i-1], marks)
		}
	}
	if len(pic.steps) == 0 {
		pic.sayMarks(c, marks)
	}
}

// end is when the run ends, or has come to.
func (pic *stPic) end() time.Duration { return max(pic.s.Tape.Progress().At, pic.s.At) }

// sayMarks tells of what is known of a time in which too much happened to look at all:
// what stands out, or else how much it was.
func (pic *stPic) sayMarks(c *draw.Canvas, marks []tape.Mark) {
	if pic.text >= pic.width {
		return
	}
	room := pic.width - pic.text
	i := sort.Search(len(marks), func(i int) bool { return marks[i].At >= pic.from })
	before := uint64(0)
	if pic.from > 0 {
		before = pic.s.Tape.ByTime(pic.from - 1)
	}
	for y := range pic.height {
		first := i
		for i < len(marks) && pic.lineOf(marks[i].At) == y {
			i++
		}
		last := pic.s.Tape.ByTime(pic.from + time.Duration(y+1)*pic.line - 1)
		if i == first && last > before {
			c.Fit(pic.text, y, room, draw.Thousands(last-before)+" events", draw.Dim)
		}
		before = last
		if i == first {
			continue
		}
		more := ""
		if i-first > 1 {
			more = fmt.Sprintf(" +%d", i-first-1)
		}
		text, ink := markLine(&marks[first])
		x := c.Fit(pic.text, y, room-draw.Width(more), text, ink)
		c.Text(x, y, more, draw.Dim)
	}
}
