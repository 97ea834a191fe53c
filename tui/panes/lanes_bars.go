package panes

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/tui/draw"
)

const (
	mostOps  = 20_000 // that are looked at for one picture
	manyOps  = 1000   // from so many on, not all are drawn
	mostRows = 4      // of a lane
)

// collect finds the operations that are seen. If they are very many, one is drawn of those
// of a lane that are so short that they share a column: that which went worst.
func (pic *lanePic) collect() {
	p := pic.p
	index := make(map[string]int, len(pic.names))
	for i, n := range pic.names {
		index[n] = i
	}
	type cell struct{ lane, x int }
	drawn := map[cell]int{} // of bars
	t, seen, before := p.scene.Tape, 0, 0
	many := t.OperationsBy(pic.until())-t.OperationsBy(pic.from) >= manyOps
	from := int64(pic.from)
	t.EachOperation(t.OperationsBy(pic.until())-1, false, func(_ int, op *checker.Operation) bool {
		if seen++; op.Call < from {
			before++
		}
		lane, known := index[p.laneOf(op)]
		if op.Return < from || !known {
			return before < lookBack && seen < mostOps
		}
		b := bar{op: *op, lane: lane, x0: pic.x(op.Call), x1: pic.x(op.Return)}
		b.number, b.wrong = p.numberOf(op.CallEvent)
		at := cell{lane, b.x0}
		i, shared := drawn[at]
		switch {
		case !many || b.x0 != b.x1 || b.number > 0:
			pic.bars = append(pic.bars, b)
		case !shared:
			drawn[at] = len(pic.bars)
			pic.bars = append(pic.bars, b)
		case worse(op.Outcome, pic.bars[i].op.Outcome):
			pic.bars[i] = b
		}
		if pic.drawnFrom = time.Duration(op.Call); op.Call < from {
			pic.drawnFrom = pic.from
		}
		return before < lookBack && seen < mostOps
	})
	if seen < mostOps {
		pic.drawnFrom = pic.from
	}
	slices.SortStableFunc(pic.bars, func(a, b bar) int { return cmp.Compare(a.op.Call, b.op.Call) })
	pic.stack()
}

// worse orders outcomes by how much one wants to see them.
func worse(a, b checker.Outcome) bool {
	rank := func(o checker.Outcome) int {
		switch o {
		case checker.OutcomeUnknown:
			return 2
		case checker.OutcomeFailed:
			return 1
		}
		return 0
	}
	return rank(a) > rank(b)
}

// stack gives the operations of a lane that overlap rows of their own.
func (pic *lanePic) stack() {
	pic.rows = map[string]int{}
	ends := map[int][]int64{} // of the rows of a lane
	for i := range pic.bars {
		b := &pic.bars[i]
		rows := ends[b.lane]
		b.row = slices.IndexFunc(rows, func(end int64) bool { return end <= b.op.Call })
		switch {
		case b.row < 0 && len(rows) < mostRows:
			b.row = len(rows)
			rows = append(rows, 0)
		case b.row < 0:
			b.row = mostRows - 1
		}
		rows[b.row] = max(rows[b.row], b.op.Return)
		ends[b.lane] = rows
		pic.rows[pic.names[b.lane]] = len(rows)
	}
}

// numberOf says in which violation an operation plays a part.
func (p *Lanes) numberOf(call uint64) (number int, wrong bool) {
	for i := range p.broken {
		if w, ok := p.broken[i].ops[call]; ok && call != 0 {
			return i + 1, w
		}
	}
	return 0, false
}

// rowsOf is how many lines a lane takes.
func (pic *lanePic) rowsOf(lane int) int { return max(pic.rows[pic.names[lane]], 1) * pic.apart }

// choose finds the lanes that are seen, so that the selected one is.
func (pic *lanePic) choose() {
	room := max(pic.bottom-pic.top, 1)
	pic.apart = 1
	pic.apart = max(1, min(room/max(pic.below(0), 1), 3))
	first, used := pic.selectedLane, pic.rowsOf(pic.selectedLane)
	for first > 0 && (first > pic.p.list.Top || pic.below(first) < room) && used+pic.rowsOf(first-1) <= room {
		first--
		used += pic.rowsOf(first)
	}
	pic.first, pic.p.list.Top = first, first
	y := pic.top
	for i := first; i < len(pic.names) && y < pic.bottom; i++ {
		pic.tops = append(pic.tops, y)
		y += pic.rowsOf(i)
	}
	for i := range pic.bars {
		b := &pic.bars[i]
		if b.y = -1; b.lane >= first && b.lane < first+len(pic.tops) {
			b.y = pic.tops[b.lane-first] + b.row*pic.apart
		}
	}
	pic.bars = slices.DeleteFunc(pic.bars, func(b bar) bool { return b.y < 0 || b.y >= pic.bottom })
}

// below is how many lines the lanes from one on take.
func (pic *lanePic) below(first int) int {
	n := 0
	for i := first; i < len(pic.names); i++ {
		n += pic.rowsOf(i)
	}
	return n
}

// drawLanes draws the names, and an empty line for each lane.
func (pic *lanePic) drawLanes(c *draw.Canvas) {
	begin := max(pic.x(int64(pic.drawnFrom)), 0)
	if begin > 0 {
		c.Fit(pic.left, pic.top, begin, "too many operations: + comes closer", draw.Warn)
	}
	end := min(pic.x(int64(pic.p.scene.Tape.Progress().End))+1, pic.plot)
	for i, y := range pic.tops {
		name := pic.names[pic.first+i]
		if name == "" {
			name = "(one)"
		}
		ink, sign := draw.Plain, " "
		if pic.first+i == pic.selectedLane {
			ink, sign = draw.Selected, "▸"
		}
		c.Text(0, y, sign, draw.Selected)
		c.Fit(1, y, pic.left-2, name, ink)
		for row := y; row < min(y+pic.rowsOf(pic.first+i), pic.bottom); row += pic.apart {
			for x := pic.left + begin; x < pic.left+end; x++ {
				if c.Get(x, row) == ' ' {
					c.Set(x, row, '·', draw.Dim)
				}
			}
		}
	}
	if hidden := len(pic.names) - len(pic.tops); hidden > 0 {
		list := draw.List{Count: len(pic.names), Top: pic.first}
		if pic.bottom-pic.top == len(pic.tops) {
			list.Mark(c.Part(pic.left-1, pic.top, 1, pic.bottom-pic.top))
		} else {
			c.Fit(0, 0, pic.left-1, draw.Pad(fmt.Sprintf("+%d more", hidden), pic.left-1), draw.Warn)
		}
	}
}

// look is how a bar is drawn: what it is made of, how it ends, and its ink.
func (b *bar) look() (body, end rune, ink draw.Ink) {
	switch {
	case b.op.Outcome == checker.OutcomeOK:
		return '━', '■', draw.Good
	case b.op.Outcome == checker.OutcomeFailed:
		return '╌', '✕', draw.Bad
	case b.op.Return == checker.Never:
		return '┄', '▸', draw.Unknown
	}
	return '┄', '?', draw.Unknown
}

// bar draws an operation.
func (pic *lanePic) bar(c *draw.Canvas, b *bar) {
	body, end, ink := b.look()
	if b.op.ReturnEvent > pic.p.scene.View.Event {
		body = '━' // nobody knows yet how it will end
	}
	last := min(b.x1, pic.plot-1)
	for x := max(b.x0, 0); x <= last; x++ {
		c.Set(x, b.y, body, ink)
	}
	if b.x0 >= 0 && b.x0 < b.x1 {
		c.Set(b.x0, b.y, '┣', ink)
	}
	if b.x1 < pic.plot {
		c.Set(b.x1, b.y, end, ink)
	} else if b.op.Return == checker.Never {
		c.Set(pic.plot-1, b.y, '▸', ink)
	}
}

// texts writes what was asked into the bars, or behind them where there is room.
func (pic *lanePic) texts(c *draw.Canvas) {
	below := map[int]int{} // how far texts reach below a line of bars
	for i := range pic.bars {
		b := &pic.bars[i]
		op := b.op
		if op.ReturnEvent > pic.p.scene.View.Event {
			op.Outcome = checker.OutcomeUnknown
		}
		text := shortOp(&op, !pic.p.byKey, true)
		if pic.p.byKey {
			text = op.Client + " " + text
		}
		x0, w := max(b.x0, -1), draw.Width(text)
		switch free := pic.free(i); {
		case w <= min(b.x1, pic.plot)-x0-2:
			c.Text(x0+1, b.y, text, draw.Plain)
		case b.x1 < 0:
		case w < free-b.x1-2:
			c.Text(b.x1+1, b.y, text+" ", draw.Plain)
		case pic.apart > 1 && max(x0, 0) > below[b.y]:
			below[b.y] = c.Text(max(x0, 0), b.y+1, text, draw.Plain)
		}
	}
}

// free is the column at which the next bar in the row of one begins.
func (pic *lanePic) free(i int) int {
	b := &pic.bars[i]
	for _, n := range pic.bars[i+1:] {
		if n.lane == b.lane && n.row == b.row {
			return n.x0
		}
	}
	return pic.plot
}

// stress draws what stands out: what is selected, and what breaks a promise, with its
// number.
func (pic *lanePic) stress(c *draw.Canvas) {
	for i := range pic.bars {
		b := &pic.bars[i]
		x0 := max(b.x0, 0)
		if b.op.CallEvent == pic.p.scene.Selected.Operation {
			c.Ink(x0, b.y, min(b.x1, pic.plot-1)-x0+1, draw.Selected)
		}
		if b.number == 0 {
			continue
		}
		ink := draw.Warn
		if b.wrong {
			ink = draw.Bad
			if b.x1 > b.x0 {
				c.Set(x0, b.y, '!', ink)
			}
		}
		c.Ink(x0, b.y, min(b.x1, pic.plot-1)-x0+1, ink)
		c.Text(x0-1, b.y, fmt.Sprint(b.number), ink)
	}
}

// laneAt is the lane in a line.
func (pic *lanePic) laneAt(y int) (string, bool) {
	i, exact := slices.BinarySearch(pic.tops, y)
	if !exact {
		i--
	}
	if i < 0 || i >= len(pic.tops) || y < pic.top || y >= pic.bottom || y >= pic.tops[i]+pic.rowsOf(pic.first+i) {
		return "", false
	}
	return pic.names[pic.first+i], true
}

// barAt is the operation at a place, the narrowest if there are several.
func (pic *lanePic) barAt(x, y int) *bar {
	var best *bar
	for i := range pic.bars {
		b := &pic.bars[i]
		if b.y == y && x >= b.x0 && x <= b.x1 && (best == nil || cmp.Compare(b.x1-b.x0, best.x1-best.x0) < 0) {
			best = b
		}
	}
	return best
}
