package scenarios

import (
	"strings"
	"sync/atomic"
	"testing"

	"github.com/orrery-sim/orrery/sim"
)

// TestNeverYields tells of a run that was left behind without asking its world, which still
// belongs to the process that does not yield.
func TestNeverYields(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds to be sure that a process does not yield")
	}
	var enough atomic.Bool
	defer enough.Store(true)
	s := scenario(t, "")
	run, err := NewRun(s, Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	run.World.Node("busy", func(*sim.Proc) {
		for !enough.Load() {
		}
	})
	r := run.Execute(nil)
	run.Close()
	var text strings.Builder
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"a process did not yield", "(process busy)", "left behind after", "progress"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is not in\n%s", want, text.String())
		}
	}
	if r.Status != "stuck" || r.Stack == "" || len(r.History().Ops) != 0 {
		t.Errorf("%+v", r)
	}
}
