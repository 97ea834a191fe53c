package tape

import (
	"slices"
	"time"
)

// MarkKind says what a [Mark] marks.
type MarkKind uint8

// The kinds of marks.
const (
	MarkFault     MarkKind = iota // a fault began, or something else was done from outside
	MarkFaultEnd                  // one ended
	MarkMilestone                 // the system did what people want to know of, such as an election
	MarkViolation                 // a check failed here
	MarkEnd                       // the run ended early: it crashed, or is stuck
)

// String returns the kind's name.
func (k MarkKind) String() string {
	return [...]string{"fault", "end of fault", "milestone", "violation", "end"}[k]
}

// Mark is a moment to go to.
type Mark struct {
	Event uint64
	At    time.Duration
	Kind  MarkKind
	Node  string
	Text  string
}

// Marks returns all marks in the order of their events. It is not to be changed.
func (t *Tape) Marks() []Mark {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clip(t.marks)
}

// NextMark returns the first mark of the kinds after an event, or, backward, the last
// before it.
func (t *Tape) NextMark(from uint64, forward bool, kinds ...MarkKind) (Mark, bool) {
	marks := t.Marks()
	if !forward {
		for i := len(marks) - 1; i >= 0; i-- {
			if marks[i].Event < from && slices.Contains(kinds, marks[i].Kind) {
				return marks[i], true
			}
		}
		return Mark{}, false
	}
	for _, m := range marks {
		if m.Event > from && slices.Contains(kinds, m.Kind) {
			return m, true
		}
	}
	return Mark{}, false
}
