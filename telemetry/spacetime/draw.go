package spacetime

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/orrery-sim/orrery/sim"
)

// Drawing says how a recording is drawn.
type Drawing struct {
	Title    string
	Marked   map[uint64]string // operations that stand out, by the event of their call, with a word for each
	Messages int               // how many are drawn at most; 0 means 250
	Lanes    int               // how many nodes are drawn at most; 0 means 40
	Name     string            // begins the ids in it, where a page has several; "" means st
}

// Sizes of what is drawn.
const (
	width      px = 12000
	left       px = 900
	right      px = width - 200
	faultRow   px = 190
	clientHead px = 60 // above the first row of a client
	clientRow  px = 320
	serverRow  px = 460
	barHeight  px = 110

	mostRows = 12 // of a client
)

// picture is a drawing in the making.
type picture struct {
	canvas
	rec      *Recording
	d        Drawing
	top, end px            // of the lanes
	lanes    []*Lane       // that are drawn
	y        map[string]px // the middle of a server's lane, or the bottom row of a client's
	from     map[string]px // the top of a lane
	row      map[*Operation]int
	rows     map[string]int // of a client
	labels   []box          // of operations and messages, as they were placed
	notes    []string       // what is said below
}

// box is the room that a label takes.
type box struct {
	left, right, y px
}

// claim finds out whether there is room for a label, and takes it.
func (p *picture) claim(x, y px, text string) bool {
	const high = 120
	b := box{x - 30, x + wide(text) + 30, y}
	for _, have := range p.labels {
		if b.left < have.right && have.left < b.right && b.y < have.y+high && have.y < b.y+high {
			return false
		}
	}
	p.labels = append(p.labels, b)
	return true
}

// wide is about how long a text gets.
func wide(text string) px { return px(utf8.RuneCountInString(text)) * letter }

// SVG draws the recording, time running to the right. The same recording gives the same
// bytes.
func (rec *Recording) SVG(d Drawing) string {
	const messages, lanes = 250, 40
	d.Messages, d.Lanes, d.Name = cmp.Or(d.Messages, messages), cmp.Or(d.Lanes, lanes), cmp.Or(d.Name, "st")
	p := &picture{canvas: newCanvas(), rec: rec, d: d, y: map[string]px{}, from: map[string]px{}, row: map[*Operation]int{}, rows: map[string]int{}}
	p.choose()
	p.stack()
	drawn, left := thin(p.between(), d.Messages, d.Marked)
	if left != "" {
		p.notes = append(p.notes, left)
	}
	if rec.Cut {
		p.notes = append(p.notes, "the window was cut short: there was too much in it")
	}
	p.operations() // they choose first where their labels stand, and lie above the messages
	operations := p.canvas
	p.canvas = newCanvas()
	p.faults()
	p.axis()
	for _, l := range p.lanes {
		p.lane(l)
	}
	p.add(`<g clip-path="url(#%s-plot)">`, d.Name)
	for _, s := range rec.Busy {
		p.busy(s)
	}
	for _, m := range drawn {
		p.message(m)
	}
	p.close()
	p.WriteString(operations.String())
	p.points()
	return p.frame(p.String())
}

// choose takes the lanes for which there is room: servers and then clients that did
// something, clients on top.
func (p *picture) choose() {
	active := map[string]int{}
	for _, m := range p.rec.Messages {
		active[m.From]++
		active[m.To]++
	}
	for _, o := range p.rec.Operations {
		active[o.Client] += 2
		if p.d.Marked[o.Event] != "" {
			active[o.Client] += len(p.rec.Messages) + len(p.rec.Operations) // in any case
		}
	}
	var list []*Lane
	for _, l := range p.rec.Lanes {
		if !l.Client || active[l.Name] > 0 {
			list = append(list, l)
		}
	}
	if len(list) > p.d.Lanes {
		order := slices.Clone(list)
		slices.SortStableFunc(order, func(a, b *Lane) int { return cmp.Compare(active[b.Name], active[a.Name]) })
		p.notes = append(p.notes, fmt.Sprintf("%d nodes that did least are not drawn", len(list)-p.d.Lanes))
		order = order[:p.d.Lanes]
		list = slices.DeleteFunc(list, func(l *Lane) bool { return !slices.Contains(order, l) })
	}
	slices.SortStableFunc(list, func(a, b *Lane) int {
		switch {
		case a.Client == b.Client:
			return 0
		case a.Client:
			return -1
		}
		return 1
	})
	p.lanes = list
}

// between are the messages between nodes that are drawn.
func (p *picture) between() []*Message {
	var list []*Message
	for _, m := range p.rec.Messages {
		if _, ok := p.y[m.From]; !ok {
			continue
		}
		if _, ok := p.y[m.To]; ok && m.From != m.To {
			list = append(list, m)
		}
	}
	return list
}

// stack gives the lanes their heights: a client with several operations at once gets a row
// for each.
func (p *picture) stack() {
	ends := map[string][]time.Duration{} // of the rows
	ops := slices.Clone(p.rec.Operations)
	slices.SortStableFunc(ops, func(a, b *Operation) int { return cmp.Compare(a.Call, b.Call) })
	missing := 0
	for _, o := range ops {
		rows := ends[o.Client]
		i := slices.IndexFunc(rows, func(end time.Duration) bool { return end <= o.Call })
		if i < 0 && len(rows) >= mostRows && p.d.Marked[o.Event] == "" {
			missing++
			continue
		}
		if i < 0 {
			i = len(rows)
			rows = append(rows, 0)
		}
		rows[i] = o.Return
		ends[o.Client], p.row[o] = rows, i
	}
	if missing > 0 {
		p.notes = append(p.notes, fmt.Sprintf("%d operations are not drawn: a client had more than %d at once", missing, mostRows))
	}
	p.top = 340 + px(len(p.faultRows()))*faultRow + 220
	y := p.top
	for _, l := range p.lanes {
		p.from[l.Name] = y
		if l.Client {
			p.rows[l.Name] = max(len(ends[l.Name]), 1)
			y += clientHead + px(p.rows[l.Name])*clientRow
			p.y[l.Name] = y - 90
			continue
		}
		y += serverRow
		p.y[l.Name] = y - serverRow/2
	}
	p.end = y + 60
}

// x is where a time is drawn. What lies far outside is drawn a little outside.
func (p *picture) x(at time.Duration) px {
	w := p.rec.Window
	length := int64(w.To - w.From)
	off := int64(at - w.From)
	off = max(min(off, 4*length), -4*length) // keeps the product within 64 bits for windows of days
	return left + px(float64(off)/float64(length)*float64(right-left))
}

func (p *picture) clamp(x px) px { return max(left, min(x, right)) }

// faultRows lays faults that overlap below each other.
func (p *picture) faultRows() [][]*Fault {
	var rows [][]*Fault
	var ends []px
	for _, f := range p.rec.Faults {
		from := p.clamp(p.x(f.From))
		i := slices.IndexFunc(ends, func(end px) bool { return end <= from })
		if i < 0 {
			i = len(rows)
			rows, ends = append(rows, nil), append(ends, 0)
		}
		rows[i] = append(rows[i], f)
		ends[i] = max(p.clamp(p.x(f.To)), from+wide(p.faultLabel(f))+100)
	}
	return rows
}

func (p *picture) faultLabel(f *Fault) string {
	text := f.Text
	if f.From < p.rec.Window.From {
		text = "since " + clockText(f.From) + ": " + text
	}
	if f.To > p.rec.Window.To {
		text += ", until " + clockText(f.To)
	}
	return text
}

// faults are bands over all lanes, with their names above.
func (p *picture) faults() {
	for i, row := range p.faultRows() {
		y := 340 + px(i)*faultRow
		for _, f := range row {
			from, to := p.clamp(p.x(f.From)), p.clamp(p.x(f.To))
			p.open("fault", fmt.Sprintf("event %d: %s, %s to %s", f.Event, f.Text, clockText(f.From), clockText(f.To)))
			if to > from {
				p.add(`<rect class="band" fill-opacity=".55" x="%v" y="%v" width="%v" height="%v"/>`, from, y, to-from, p.end-y)
				p.add(`<rect class="band op" x="%v" y="%v" width="%v" height="%v"/>`, from, y, to-from, faultRow-40)
			}
			if f.From >= p.rec.Window.From {
				p.line("edge", from, y, from, p.end)
			}
			if f.To <= p.rec.Window.To && to > from {
				p.line("edge", to, y, to, p.end)
			}
			label := p.faultLabel(f)
			p.text("ink b", max(left, min(from+50, right-wide(label))), y+115, label)
			p.close()
		}
	}
}

// axis draws the times, and a line across the lanes at each.
func (p *picture) axis() {
	w := p.rec.Window
	step := time.Duration(1)
	const most = 10
	for i := 0; (w.To-w.From)/step > most; i++ {
		step = step * [...]time.Duration{2, 5, 2}[i%3] / [...]time.Duration{1, 2, 1}[i%3]
	}
	for at := (w.From + step - 1) / step * step; at <= w.To; at += step {
		x := p.x(at)
		p.line("grid", x, p.top-60, x, p.end)
		p.text("soft mid", x, p.top-80, axisText(at, step))
	}
}

// axisText renders a time with as many digits as the steps need.
func axisText(at, step time.Duration) string {
	digits := 0
	for unit := time.Second; unit > step && digits < 9; unit /= 10 {
		digits++
	}
	return fmt.Sprintf("%.*fs", digits, at.Seconds())
}

func clockText(at time.Duration) string {
	if at == endless {
		return "the end"
	}
	return fmt.Sprintf("%.6fs", at.Seconds())
}

// lane draws a node's line with its gaps and pauses.
func (p *picture) lane(l *Lane) {
	y := p.y[l.Name]
	p.text("ink b end", left-120, y+40, l.Name)
	if l.Client {
		p.line("grid", left, y+barHeight/2+10, right, y+barHeight/2+10)
		return
	}
	at := left
	for _, s := range l.Down {
		from, to := p.clamp(p.x(s.From)), p.clamp(p.x(s.To))
		if from > at {
			p.line("lane", at, y, from, y)
		}
		p.open("down", fmt.Sprintf("event %d: %s down, %s to %s", s.Event, l.Name, clockText(s.From), clockText(s.To)))
		p.line("gone", from, y, to, y)
		if to-from > 8*letter {
			p.text("soft mid halo", (from+to)/2, y-40, "down")
		}
		p.close()
		at = to
	}
	if at < right {
		p.line("lane", at, y, right, y)
	}
	for _, s := range l.Paused {
		from, to := p.clamp(p.x(s.From)), p.clamp(p.x(s.To))
		p.open("paused", fmt.Sprintf("event %d: %s paused, %s to %s", s.Event, l.Name, clockText(s.From), clockText(s.To)))
		p.add(`<rect class="op" fill="url(#%s-hatch)" x="%v" y="%v" width="%v" height="12"/>`, p.d.Name, from, y-60, max(to-from, 20))
		p.text("ink halo", from+30, y-90, "paused")
		p.close()
	}
}

// busy is a bar below a server's line.
func (p *picture) busy(s *Stretch) {
	y, ok := p.y[s.Node]
	if !ok || p.rows[s.Node] > 0 {
		return
	}
	from, to := p.x(s.From), p.x(s.To)
	p.open("work", fmt.Sprintf("event %d: %s: %s, %s to %s", s.Event, s.Node, s.What, clockText(s.From), clockText(s.To)))
	p.add(`<rect class="busy" x="%v" y="%v" width="%v" height="4"/>`, from, y, max(to-from, 10))
	p.close()
}

// message is an arrow. One that is lost ends in a cross before it is there.
func (p *picture) message(m *Message) {
	class := "msg"
	focus := p.d.Marked[m.Operation] != ""
	tip := "tip"
	if focus {
		class, tip = class+" focus", "ftip"
	}
	if m.Held || m.Retries > 0 {
		class += " held"
	}
	end := m.Arrived
	if m.Fate == UnderWay {
		end = max(p.rec.Window.To, m.Sent)
	}
	x1, y1, x2, y2 := p.x(m.Sent), p.y[m.From], p.x(end), p.y[m.To]
	title := fmt.Sprintf("event %d, %s: %s -> %s: %s", m.Event, clockText(m.Sent), m.From, m.To, strings.TrimSpace(m.Type+" "+m.Text))
	switch m.Fate {
	case Delivered, Refused:
		title += fmt.Sprintf("\nevent %d, %s: arrived", m.ArrivedEvent, clockText(m.Arrived))
	case Lost:
		title += fmt.Sprintf("\nevent %d, %s", m.ArrivedEvent, clockText(m.Arrived))
	}
	if f := m.fate(); f != "" {
		title += "\n" + f
	}
	p.open("m", title)
	switch m.Fate {
	case Lost: // nobody saw it arrive
		x2, y2 = x1+(x2-x1)*3/4, y1+(y2-y1)*3/4
		p.line(class+" lost", x1, y1, x2, y2)
		p.cross("x", x2, y2, 35)
	case UnderWay:
		x2, y2 = x1+(x2-x1)*3/4, y1+(y2-y1)*3/4
		p.line(class, x1, y1, x2, y2)
	default:
		p.add(`<line class="%s" x1="%v" y1="%v" x2="%v" y2="%v" marker-end="url(#%s-%s)"/>`, class, x1, y1, x2, y2, p.d.Name, tip)
		if m.Fate == Refused {
			p.cross("x", x2, y2, 35)
		}
	}
	if at := x1 + (x2-x1)/3 + 40; focus && p.claim(at, y1+(y2-y1)/3+40, m.Type) {
		p.text("ink halo", at, y1+(y2-y1)/3+40, m.Type)
	}
	p.close()
}

// points are crosses where nodes crash, rings where they start, and flags with what
// they said.
func (p *picture) points() {
	ends := map[string]px{} // of the labels of a lane
	for _, pt := range p.rec.Points {
		if pt.Kind == sim.KindFail {
			p.fail(pt)
			continue
		}
		y, ok := p.y[pt.Node]
		if !ok {
			continue
		}
		x := p.x(pt.At)
		p.open("point", fmt.Sprintf("event %d, %s: %s: %s", pt.Event, clockText(pt.At), pt.Node, pt.Text))
		label := strings.TrimPrefix(pt.Text, "note ")
		switch pt.Kind {
		case sim.KindCrash:
			p.cross("x", x, y, 60)
		case sim.KindBoot:
			p.add(`<circle class="op none" cx="%v" cy="%v" r="4.5"/>`, x, y)
		default:
			p.add(`<path class="op ink" d="M%v %vl-4 -7h8z"/>`, x, y)
		}
		if x > ends[pt.Node] {
			p.text("ink halo", min(x+60, right-wide(label)), y-75, label)
			ends[pt.Node] = x + 60 + wide(label)
		}
		p.close()
	}
}

// fail is a line through all lanes, at which a check ended the run.
func (p *picture) fail(pt *Point) {
	x, label := p.x(pt.At), "✗ "+strings.TrimPrefix(pt.Text, "fail ")
	p.open("point", fmt.Sprintf("event %d, %s: %s", pt.Event, clockText(pt.At), pt.Text))
	p.line("lane focus", x, p.top-60, x, p.end)
	p.text("ink b halo end", max(x-60, left+wide(label)), p.end-20, label)
	p.close()
}
