package tape_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/orrery-sim/orrery/tui/tape"
)

// TestMarks: faults are marked with what they do, and so are their ends; what a check does
// at a time of the run is not a fault. What is judged at the end is marked there.
func TestMarks(t *testing.T) {
	list := func(name string, kinds ...tape.MarkKind) (list []string) {
		for _, m := range record(t, name, 1).Marks() {
			if slices.Contains(kinds, m.Kind) {
				list = append(list, fmt.Sprintf("%v %v %s", m.At, m.Kind, m.Text))
			}
		}
		return list
	}
	want := []string{
		"5s fault at 5s for 5s: isolate leader", "5s fault isolate n3", "10s end of fault end of isolate n3",
		"15s fault at 15s for 4s: partition majority | minority", "15s fault partition n1 n2 n5 | n3 n4",
		"19s end of fault end of partition n1 n2 n5 | n3 n4", "30s end of fault the faults end",
	}
	if got := list("raft/minority-leader", tape.MarkFault, tape.MarkFaultEnd); !slices.Equal(got, want) {
		t.Errorf("%q, expected\n%q", got, want)
	}
	tp := record(t, "replica/failover", 1)
	last := tp.Marks()[len(tp.Marks())-1]
	if last.Kind != tape.MarkViolation || last.Event != tp.Events() {
		t.Errorf("%+v is marked last", last)
	}
}
