package panes_test

import (
	"strings"
	"testing"

	"github.com/orrery-sim/orrery/nodes"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/tui/panes"
	"github.com/orrery-sim/orrery/tui/tape"
)

func TestChecksScreens(t *testing.T) {
	tp := recorded(t, "replica/split-brain", 42)
	c := panes.NewChecks()
	c.Show(sceneAt(tp, 12000))
	screens(t, c, "checks-before")
	c.Show(sceneAt(tp, tp.Events()))
	screens(t, c, "checks-end")
	tp = recorded(t, "tiers/every-tier", 42)
	c = panes.NewChecks()
	c.Show(sceneAt(tp, 30000))
	screens(t, c, "checks-tiers")
	tp = recorded(t, "raft/local-reads", 1)
	c = panes.NewChecks()
	c.Show(sceneAt(tp, tp.Events()))
	screens(t, c, "checks-history")
}

// TestChecksByHand: somebody sees what will be violated, goes there, and asks why.
func TestChecksByHand(t *testing.T) {
	tp := recorded(t, "replica/split-brain", 42)
	c := panes.NewChecks()
	s := sceneAt(tp, 12000)
	c.Show(s)
	saw(t, c, "violated in the end, as expected", "○ will be violated at 6.188271s", "fenced", "● holds so far", "one-primary-per-epoch", "◐ unknown")
	press(t, c, "home", "down", "down")
	if a := press(t, c, "enter"); a != (panes.Say{"this line tells of no event"}) {
		t.Errorf("%#v", a)
	}
	press(t, c, "n", "n")
	if a, ok := press(t, c, "w").(panes.AskWhy); !ok || a.Event != 20250 {
		t.Errorf("%#v, expected to ask why event 20250 happened", a)
	}
	s = follow(t, c, s, press(t, c, "enter"))
	if s.View.Event != 20250 {
		t.Errorf("went to event %d", s.View.Event)
	}
	saw(t, c, "✕ violated at 6.188271s")
	unseen(t, c, "will be violated")
	if s.View.Event < tp.Events() {
		s = sceneAt(tp, tp.Events())
		c.Show(s)
	}
	saw(t, c, "✕ violated at 6.188271s", "◐ unknown", "the run ended early")
	unseen(t, c, "so far")
}

// TestChecksOfTheEnd: what only the whole run breaks is told as the future's before its end.
func TestChecksOfTheEnd(t *testing.T) {
	tp := recorded(t, "cache/avalanche", 1)
	c := panes.NewChecks()
	c.Show(sceneAt(tp, 100))
	saw(t, c, "○ violated, judged at the end")
	c.Show(sceneAt(tp, tp.Events()))
	saw(t, c, "✕ violated    ")
	unseen(t, c, "judged at the end")
}

// TestChecksClick: a click selects the operation that broke the promise, another goes
// there.
func TestChecksClick(t *testing.T) {
	tp := recorded(t, "raft/local-reads", 1)
	c := panes.NewChecks()
	c.Show(sceneAt(tp, 100))
	lines := strings.Split(c.Render(120, 40, true).String(), "\n")
	for y, line := range lines {
		if strings.Contains(line, "offending") {
			if a := c.Click(5, y); a != (panes.Handled{}) {
				t.Errorf("the first click: %#v", a)
			}
			g, ok := c.Click(5, y).(panes.GoTo)
			if e, _ := tp.Event(g.Event); !ok || !strings.Contains(e.Node, "c") {
				t.Errorf("the second click goes to %v", e)
			}
			return
		}
	}
	t.Errorf("no operation is blamed:\n%s", strings.Join(lines, "\n"))
}

// TestChecksWhileItRuns: what is not known yet is not told.
func TestChecksWhileItRuns(t *testing.T) {
	s, err := nodes.All.Load("raft/storm")
	if err != nil {
		t.Fatal(err)
	}
	tp, err := tape.Record(s, scenarios.Options{Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	c := panes.NewChecks()
	c.Show(sceneAt(tp, 0))
	early := c.Render(120, 40, true).String()
	tp.Stop()
	tp.Wait()
	if !strings.Contains(early, "judged at the end") || !strings.Contains(early, "holds so far") || !strings.Contains(early, "expected: ok") {
		t.Errorf("while it runs:\n%s", early)
	}
	c.Show(sceneAt(tp, 0))
	if !tp.Progress().Ended || tp.Progress().Report != nil {
		return // it was faster
	}
	saw(t, c, "stopped, and not judged", "not judged")
}

func TestChecksAnywhere(t *testing.T) {
	anywhere(t, panes.NewChecks(), recorded(t, "raft/minority-leader", 42), recorded(t, "replica/split-brain", 42), recorded(t, "tiers/every-tier", 42), emptyTape(t))
	panes.NewChecks().Render(80, 24, false)
}
