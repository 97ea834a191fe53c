package tape

import (
	"slices"
	"testing"
)

// TestMarkWhileRead: what somebody has been given stays as it was when a mark goes in
// between.
func TestMarkWhileRead(t *testing.T) {
	var tp Tape
	for _, n := range []uint64{10, 20, 30} { // leaves room for a fourth
		tp.mark(Mark{Event: n})
	}
	seen := tp.Marks()
	before := slices.Clone(seen)
	tp.mark(Mark{Event: 15})
	if !slices.Equal(seen, before) {
		t.Errorf("%v has become %v", before, seen)
	}
	var events []uint64
	for _, m := range tp.Marks() {
		events = append(events, m.Event)
	}
	if want := []uint64{10, 15, 20, 30}; !slices.Equal(events, want) {
		t.Errorf("marks at %d, expected %d", events, want)
	}
}
