package panes

import (
	"charm.land/bubbles/v2/key"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/telemetry"
	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/study"
)

// Waterfall shows what went on for one operation of a client: its spans as they nest, each
// with a bar over the time that it took, and what the operation's end had to wait for.
// The spans come from a run of their own, which takes a moment.
type Waterfall struct {
	scene *Scene

	awaited uint64 // the operation whose spans were asked for and have not come; 0 is none
	of      uint64 // the operation whose spans these are
	err     error
	spans   *study.Spans
	tree    []waterfallRow  // all spans
	rows    []int           // of tree: those that are not folded away
	folded  map[uint64]bool // by the span's ID
	near    *telemetry.Span // whose time the bars are over; nil is all
	list    draw.List
	height  int // of the list, when it was last drawn
	top     int // the line in which it began
	clicked int // the row that was clicked last, or -1
}

// waterfallRow is a span in the tree.
type waterfallRow struct {
	span  *telemetry.Span
	depth int
	below int // spans below it
}

// NewWaterfall returns the pane.
func NewWaterfall() *Waterfall { return &Waterfall{folded: map[uint64]bool{}, clicked: -1} }

// Title names the pane.
func (w *Waterfall) Title() string { return "trace" }

// Show gives the pane what it is to show.
func (w *Waterfall) Show(s *Scene) { w.scene = s }

// Await tells the pane that the spans of an operation have been asked for.
func (w *Waterfall) Await(operation uint64) { w.awaited = operation }

// SetSpans gives the pane the spans of an operation, or says why there are none. They
// are not shown if another operation has been asked for since. To be given the same again
// changes nothing.
func (w *Waterfall) SetSpans(operation uint64, spans *study.Spans, err error) {
	if w.awaited != 0 && w.awaited != operation {
		return
	}
	w.awaited, w.err = 0, err
	if operation == w.of && spans == w.spans {
		return
	}
	w.of, w.spans = operation, spans
	w.tree, w.folded, w.list, w.near, w.clicked = nil, map[uint64]bool{}, draw.List{}, nil, -1
	if spans == nil {
		w.rows = nil
		return
	}
	telemetry.Tree(spans.All, func(s *telemetry.Span, depth int) {
		w.tree = append(w.tree, waterfallRow{span: s, depth: depth})
	})
	for i := range w.tree {
		for j := i + 1; j < len(w.tree) && w.tree[j].depth > w.tree[i].depth; j++ {
			w.tree[i].below++
		}
	}
	w.unfold()
}

// unfold finds the rows that are seen.
func (w *Waterfall) unfold() {
	w.rows = w.rows[:0]
	for i := 0; i < len(w.tree); i++ {
		w.rows = append(w.rows, i)
		if w.folded[w.tree[i].span.ID] {
			i += w.tree[i].below
		}
	}
	w.list.Count = len(w.rows)
}

// Keys are those that the pane answers.
func (w *Waterfall) Keys() []key.Binding {
	return []key.Binding{
		bind("↑/↓", "select a span", "up", "down", "pgup", "pgdown", "home", "end"),
		bind("←/→", "fold, unfold what is part of it", "left", "right"),
		bind("enter", "go to the event with which it began", "enter"),
		bind("e", "go to the event with which it ended", "e"),
		bind("w", "ask why it ended as it did", "w"),
		bind("z", "see the time of the span closer, and all of it again", "z"),
		bind("t", "trace the selected operation", "t"),
	}
}

// selected is the row that keys act on, or nil.
func (w *Waterfall) selected() *waterfallRow {
	if w.list.Selected >= len(w.rows) {
		return nil
	}
	return &w.tree[w.rows[w.list.Selected]]
}

// Press answers a key.
func (w *Waterfall) Press(k string) Action {
	w.clicked = -1
	row := w.selected()
	switch {
	case k == "t", k == "enter" && row == nil:
		return w.ask()
	case w.list.Press(k, max(w.height, 1)):
		return Handled{}
	case row == nil:
		return nil
	}
	switch was := w.near; k {
	case "left":
		w.fold(row)
	case "right":
		delete(w.folded, row.span.ID)
		w.unfold()
	case "enter":
		return GoTo{row.span.StartEvent}
	case "e":
		return GoTo{row.span.EndEvent}
	case "w":
		return AskWhy{row.span.EndEvent}
	case "z":
		if w.near = row.span; was == row.span {
			w.near = nil
		}
	default:
		return nil
	}
	return Handled{}
}

// ask asks for the spans of the operation that is selected.
func (w *Waterfall) ask() Action {
	op := w.operation()
	if op == nil {
		return Say{"select an operation of a client to trace it"}
	}
	if op.CallEvent == w.of && w.spans != nil {
		return Handled{}
	}
	w.awaited = op.CallEvent
	return AskTrace{op.CallEvent}
}

// operation is the one that is selected, or nil.
func (w *Waterfall) operation() *checker.Operation {
	if w.scene == nil || w.scene.Tape == nil || w.scene.Selected.Operation == 0 {
		return nil
	}
	t := w.scene.Tape
	op, ok := t.OperationAt(w.scene.Selected.Operation, t.Events())
	if !ok {
		return nil
	}
	return &op
}

// fold hides what is part of a span; of one that has no parts, or is folded, it goes to
// the one that it is part of.
func (w *Waterfall) fold(row *waterfallRow) {
	if row.below > 0 && !w.folded[row.span.ID] {
		w.folded[row.span.ID] = true
		w.unfold()
		return
	}
	for i := w.list.Selected; i >= 0; i-- {
		if w.tree[w.rows[i]].depth < row.depth {
			w.list.Selected = i
			return
		}
	}
}

// Click selects a span; once more, it goes to its beginning.
func (w *Waterfall) Click(_, y int) Action {
	if y < w.top || y >= w.top+w.height || !w.list.Click(y-w.top) {
		return Handled{}
	}
	if w.clicked == w.list.Selected {
		return GoTo{w.selected().span.StartEvent}
	}
	w.clicked = w.list.Selected
	return Handled{}
}

// Wheel scrolls.
func (w *Waterfall) Wheel(lines int) Action {
	w.list.Scroll(lines, max(w.height, 1))
	return Handled{}
}
