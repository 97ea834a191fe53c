package panes_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/internal/golden"
	"github.com/orrery-sim/orrery/nodes"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/tui/panes"
	"github.com/orrery-sim/orrery/tui/tape"
)

var stageTapes sync.Map // of runs by scenario, with seed 42

// stageTape is the whole run of a scenario, recorded once for all tests.
func stageTape(t testing.TB, name string) *tape.Tape {
	t.Helper()
	record := sync.OnceValue(func() *tape.Tape {
		s, err := nodes.All.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		tp, err := tape.Record(s, scenarios.Options{Seed: 42})
		if err != nil {
			t.Fatal(err)
		}
		tp.Wait()
		return tp
	})
	once, _ := stageTapes.LoadOrStore(name, record)
	return once.(func() *tape.Tape)()
}

// stageScene is a scenario at a time.
func stageScene(t testing.TB, name string, at time.Duration) *panes.Scene {
	t.Helper()
	tp := stageTape(t, name)
	return &panes.Scene{Tape: tp, View: tp.At(tp.ByTime(at)), At: at}
}

// stagePress presses keys as a person would, and lets what they pick be selected.
func stagePress(t testing.TB, p panes.Pane, s *panes.Scene, keys ...string) panes.Action {
	t.Helper()
	var did panes.Action
	for _, k := range keys {
		p.Show(s)
		p.Render(80, 24, true)
		if did = p.Press(k); did == nil {
			t.Fatalf("%s does not know the key %q", p.Title(), k)
		}
		if pick, ok := did.(panes.Pick); ok {
			s.Selected = pick.Selection
		}
	}
	p.Show(s)
	return did
}

// stageSizes are those that all screens are tested at.
var stageSizes = [][2]int{{80, 24}, {160, 48}, {38, 12}}

// stageGolden compares a pane with golden screens at all sizes.
func stageGolden(t *testing.T, p panes.Pane, name string) {
	t.Helper()
	for _, size := range stageSizes {
		path := fmt.Sprintf("testdata/%s-%dx%d.golden", name, size[0], size[1])
		golden.Check(t, p.Render(size[0], size[1], true).String(), path)
	}
}

// stageBecause is the chain of causes of an event, itself first.
func stageBecause(tp *tape.Tape, number uint64, most int) []uint64 {
	var chain []uint64
	for e, ok := tp.Event(number); ok && len(chain) < most; e, ok = tp.Event(e.Cause) {
		chain = append(chain, e.Number)
	}
	return chain
}

func TestStageScreens(t *testing.T) {
	for _, c := range []struct {
		golden, scenario string
		at               time.Duration
		keys             []string
	}{
		{"stage-calm", "raft/minority-leader", 4_996_500 * time.Microsecond, nil},
		{"stage-isolated-leader", "raft/minority-leader", 5_600_000 * time.Microsecond, []string{"tab"}},
		{"stage-after-election", "raft/minority-leader", 9_989_000 * time.Microsecond, []string{"m"}},
		{"stage-table", "raft/minority-leader", 9_989_000 * time.Microsecond, []string{"g", "tab", "l"}},
		{"stage-tiers", "tiers/every-tier", 6_003_000 * time.Microsecond, nil},
		{"stage-sites", "replica/sites", 9_030_000 * time.Microsecond, []string{"c"}},
		{"stage-slow-links", "replica/failover", 5_803_000 * time.Microsecond, nil},
		{"stage-held", "raft/storm", 6_010_000 * time.Microsecond, nil},
		{"stage-cache", "cache/node-dies", 8_001_000 * time.Microsecond, nil},
	} {
		t.Run(c.golden, func(t *testing.T) {
			s := stageScene(t, c.scenario, c.at)
			p := &panes.Stage{}
			p.Show(s)
			stagePress(t, p, s, c.keys...)
			stageGolden(t, p, c.golden)
		})
	}
}

// TestStageWhy: while somebody asks why, the nodes and messages of the answer are
// marked, and the step shown most.
func TestStageWhy(t *testing.T) {
	s := stageScene(t, "raft/minority-leader", 4_997_100*time.Microsecond)
	s.Chain = stageBecause(s.Tape, s.View.Event, 12)
	s.View = s.Tape.At(s.Chain[2])
	s.At = s.View.At
	p := &panes.Stage{}
	p.Show(s)
	stageGolden(t, p, "stage-why")
	if text := p.Render(80, 24, true).String(); !strings.Contains(text, "#3,") {
		t.Errorf("nothing is marked as the third step:\n%s", text)
	}
}
