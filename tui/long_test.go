package tui_test

import (
	"testing"
	"time"

	"github.com/orrery-sim/orrery/nodes"
	"github.com/orrery-sim/orrery/tui"
	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/play"
)

// sitKeeping is sit with tapes that keep so many events.
func sitKeeping(t testing.TB, scenario string, seed uint64, events int) *person {
	t.Helper()
	s, err := nodes.All.Load(scenario)
	if err != nil {
		t.Fatal(err)
	}
	long := *s
	long.Run += 60 * time.Second
	m, err := tui.New(tui.Config{
		Catalog: nodes.All, Theme: draw.Themes[0], Dir: t.TempDir(), NoHints: true,
		Script: &play.Script{Scenario: &long, Seed: seed, Keep: events},
	})
	if err != nil {
		t.Fatal(err)
	}
	return seat(t, m, 160, 48)
}

// TestLongRun: who plays with a run of which nearly nothing is kept sees what one sees who
// has all of it, and is told that it is run again meanwhile.
func TestLongRun(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs the same run dozens of times")
	}
	few, all := sitKeeping(t, "raft/minority-leader", 42, 20*4096), sitKeeping(t, "raft/minority-leader", 42, 0)
	few.keys("G", "28700", "enter").sees("running again to event 28,673")
	few.keys("esc", "home")
	for _, session := range [][]string{
		{"G", "28700", "enter"}, {","}, {","}, {"."}, {"<"}, {">"}, {"{"}, {"}"}, {"F"}, {"E"}, {"alt+e"}, {"("}, {")"},
		{"G", "6.001s", "enter"}, {"3"}, {"4"}, {"5"}, {"6"}, {"7"}, {"G", "24578", "enter"}, {",", ","}, {"B"},
		{"G", "8s", "enter"}, {"a", "crash leader", "enter"}, {"."}, {"b"}, {"a", "isolate n1", "enter"}, {"o"}, {"X"}, {"u"},
	} {
		few.keys(session...)
		for range 4 { // what is drawn asks for what has to be run again
			few.wait().screen()
		}
		all.keys(session...).wait()
		if got, want := few.screen(), all.screen(); got != want {
			t.Fatalf("after %q:\n%s\nexpected\n%s", session, got, want)
		}
	}
}
