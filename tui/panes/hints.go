package panes

import (
	"slices"

	"github.com/orrery-sim/orrery/tui/draw"
)

// Hint is a line for people who do something for the first time.
type Hint struct {
	ID   string // of when it helps, and what it is done with
	Text string
}

// Hints shows one hint at a time, each until its owner says that it was followed, or a
// person has had enough of it.
type Hints struct {
	Hints []Hint // the first that helps is shown
	Off   bool

	helps []string // ids
	done  []string
}

// Now says which hints would help at this moment, by their ids.
func (h *Hints) Now(ids ...string) { h.helps = ids }

// Done says that what a hint is about was done: it is never shown again.
func (h *Hints) Done(id string) {
	if !slices.Contains(h.done, id) {
		h.done = append(h.done, id)
	}
}

// Dismiss takes away the hint that is shown, for good.
func (h *Hints) Dismiss() {
	if hint, ok := h.Current(); ok {
		h.Done(hint.ID)
	}
}

// Known are the ids of the hints that are done with. They can be kept, and given to Done
// the next time.
func (h *Hints) Known() []string { return h.done }

// Current is the hint to show, if there is one.
func (h *Hints) Current() (Hint, bool) {
	for _, hint := range h.Hints {
		if !h.Off && slices.Contains(h.helps, hint.ID) && !slices.Contains(h.done, hint.ID) {
			return hint, true
		}
	}
	return Hint{}, false
}

// Render returns a line with the hint, or an empty one.
func (h *Hints) Render(width, height int) *draw.Canvas {
	c := draw.New(width, height)
	if hint, ok := h.Current(); ok {
		x := c.Text(0, 0, "hint: ", draw.Key)
		c.Fit(x, 0, width-x, hint.Text, draw.Dim)
	}
	return c
}
