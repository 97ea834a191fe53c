package checker

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Lanes draws the offending operation, what it contradicts and what happened
// around it: one line for each client, time running to the right, not to scale
// but so that everything stands in its order. It is at most width columns wide;
// 0 means 80, and less than 40 is taken as 40.
//
//	client 1 [-write 7-] [-write 9-]
//	client 3                         [!read 7!]
//
// The offending operation has ! in its frame, one of unknown outcome ends in ?.
func (v *Violation) Lanes(width int) string {
	if width == 0 {
		width = 80
	}
	d := &drawing{width: max(width, 40), history: v.history, last: v.Op.Index}
	contradicts := slices.Clone(v.Contradicts)
	slices.SortStableFunc(contradicts, func(a, b Involved) int { return cmp.Compare(b.Return, a.Return) })
	d.choose(slices.Concat([]Involved{v.Op}, contradicts, v.near))
	return d.render()
}

// drawing is a picture of some operations in the making.
type drawing struct {
	width   int
	history *History
	last    int // index of the offending operation
	boxes   []*box
	lanes   []string // clients
	margin  int      // columns that the names of the clients take
}

// box is an operation in a drawing, which stands in the columns from to to.
type box struct {
	op       *Operation
	index    int
	label    string
	from, to int
}

// choose takes in the operations that there is room for. The first, which is the
// offending one, always is.
func (d *drawing) choose(candidates []Involved) {
	for _, x := range candidates {
		d.boxes = append(d.boxes, newBox(x))
		if !d.layout() && len(d.boxes) > 1 {
			d.boxes = d.boxes[:len(d.boxes)-1]
		}
	}
	d.layout()
}

func newBox(x Involved) *box {
	text := phrase(&x.Operation)
	answered := x.Outcome == OutcomeOK
	if answered && (x.Op == "read" || !x.Output.IsNil() && x.Output != x.Input) {
		text += " " + x.Output.String()
	}
	return &box{op: &x.Operation, index: x.Index, label: shorten(text, 16)}
}

// frame is how a box looks if it gets no more columns than it needs.
func (d *drawing) frame(b *box, columns int) string {
	fill, end := "-", "]"
	if b.index == d.last {
		fill = "!"
	}
	if b.op.Outcome == OutcomeUnknown {
		end = "?"
	}
	inner := max(columns-2, utf8.RuneCountInString(b.label)+2)
	left := (inner - utf8.RuneCountInString(b.label)) / 2
	right := inner - utf8.RuneCountInString(b.label) - left
	return "[" + strings.Repeat(fill, left) + b.label + strings.Repeat(fill, right) + end
}

// layout gives every box its columns and reports whether they fit. Going
// through the calls and returns in their order it puts each to the right of the
// one before, and further if a box needs the room.
func (d *drawing) layout() bool {
	d.nameLanes()
	type moment struct {
		at       int64
		isReturn bool
		box      *box
	}
	var moments []moment
	for _, b := range d.boxes {
		moments = append(moments, moment{b.op.Call, false, b})
		if b.op.Outcome != OutcomeUnknown {
			moments = append(moments, moment{b.op.Return, true, b})
		}
	}
	slices.SortFunc(moments, func(a, b moment) int {
		return cmp.Or(cmp.Compare(a.at, b.at), compareBool(a.isReturn, b.isReturn), cmp.Compare(a.box.index, b.box.index))
	})
	column, end := d.margin, 0
	laneEnd := make(map[string]int)
	for _, m := range moments {
		need := utf8.RuneCountInString(m.box.label) + 3 // from the first column to the last
		if m.isReturn {
			column = max(column+1, m.box.from+need)
			m.box.to = column
		} else {
			column = max(column+1, laneEnd[m.box.op.Client]+1)
			m.box.from, m.box.to = column, column+need
		}
		laneEnd[m.box.op.Client] = max(laneEnd[m.box.op.Client], m.box.to+1)
		end = max(end, m.box.to)
	}
	d.separate()
	return end < d.width
}

// separate ends a box before the next one of its lane begins, where a client
// asks again at the very instant of an answer.
func (d *drawing) separate() {
	for _, client := range d.lanes {
		lane := d.sorted(client)
		for i := 1; i < len(lane); i++ {
			lane[i-1].to = min(lane[i-1].to, lane[i].from-1)
		}
	}
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

func (d *drawing) nameLanes() {
	d.lanes, d.margin = nil, 0
	for _, b := range d.boxes {
		if !slices.Contains(d.lanes, b.op.Client) {
			d.lanes = append(d.lanes, b.op.Client)
		}
		d.margin = max(d.margin, utf8.RuneCountInString(laneName(b.op.Client)))
	}
	slices.SortFunc(d.lanes, compareNatural)
}

func laneName(client string) string { return shorten(clientName(client), 16) }

func (d *drawing) render() string {
	var out strings.Builder
	out.WriteString(d.axis())
	for _, client := range d.lanes {
		line := pad(laneName(client), d.margin+1)
		for _, b := range d.sorted(client) {
			line = pad(line, b.from) + d.frame(b, b.to-b.from+1)
		}
		out.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return out.String()
}

// sorted returns the boxes of a lane from left to right.
func (d *drawing) sorted(client string) []*box {
	var boxes []*box
	for _, b := range d.boxes {
		if b.op.Client == client {
			boxes = append(boxes, b)
		}
	}
	slices.SortFunc(boxes, func(a, b *box) int { return cmp.Compare(a.from, b.from) })
	return boxes
}

// axis names the times of the first call and of the offending return, right
// above them where there is room.
func (d *drawing) axis() string {
	first := d.boxes[0]
	for _, b := range d.boxes {
		if b.from < first.from {
			first = b
		}
	}
	last := d.boxes[0]
	line := pad("", first.from) + d.mark(first.op.Call)
	label := d.mark(last.op.Return)
	start := last.to + 1 - utf8.RuneCountInString(label)
	if start > utf8.RuneCountInString(line) {
		line = pad(line, start) + label
	}
	return line + "\n"
}

func (d *drawing) mark(at int64) string {
	return strings.TrimPrefix(d.history.moment(at), "position ")
}

func pad(s string, columns int) string {
	return s + strings.Repeat(" ", max(0, columns-utf8.RuneCountInString(s)))
}
