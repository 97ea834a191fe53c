package panes_test

import (
	"strings"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/tui/panes"
)

// TestStageSession is a person who looks around: what is here, who leads, what is on
// its way, which links does the leader have.
func TestStageSession(t *testing.T) {
	s := stageScene(t, "raft/minority-leader", 4_996_500*time.Microsecond)
	p := &panes.Stage{}
	expect := func(want panes.Selection, keys ...string) {
		t.Helper()
		stagePress(t, p, s, keys...)
		if s.Selected != want {
			t.Fatalf("%v selected %+v, expected %+v", keys, s.Selected, want)
		}
	}
	expect(panes.Selection{Node: "n1"}, "tab")
	expect(panes.Selection{Node: "n2"}, "right")
	expect(panes.Selection{Node: "n3"}, "down")
	expect(panes.Selection{Node: "n4"}, "left")
	expect(panes.Selection{Node: "n5"}, "up")
	expect(panes.Selection{Node: "n4"}, "shift+tab")
	expect(panes.Selection{Node: "n4", Peer: "n1"}, "l")
	expect(panes.Selection{Node: "n4", Peer: "n3"}, "l", "l")
	expect(panes.Selection{Node: "n4", Peer: "n2"}, "L")
	first, last := s.View.Flying[0].Send, s.View.Flying[len(s.View.Flying)-1].Send
	expect(panes.Selection{Message: first}, "m")
	expect(panes.Selection{Message: last}, "M")
	expect(panes.Selection{}, "esc")
	if did := stagePress(t, p, s, "w"); did != (panes.AskWhy{Event: s.View.Event}) {
		t.Errorf("w asked %+v", did)
	}
	if did, ok := p.Press("enter").(panes.Say); !ok {
		t.Errorf("enter with nothing selected did %+v", did)
	}
	with := p.Render(80, 24, true).String()
	stagePress(t, p, s, "c")
	if without := p.Render(80, 24, true).String(); !strings.Contains(with, "c1") || strings.Contains(without, "c1") {
		t.Errorf("c did not hide the clients:\n%s", without)
	}
	if p.Press("z") != nil {
		t.Error("z is no key of the stage")
	}
}

// TestStageClick clicks on all that can be seen of an isolated leader.
func TestStageClick(t *testing.T) {
	s := stageScene(t, "raft/minority-leader", 9_989_000*time.Microsecond)
	p := &panes.Stage{}
	p.Show(s)
	lines := strings.Split(p.Render(80, 24, true).String(), "\n")
	click := func(text string, within int) panes.Selection {
		t.Helper()
		for y, line := range lines {
			if x := strings.Index(line, text); x >= 0 {
				x = len([]rune(line[:x])) + within
				pick, ok := p.Click(x, y).(panes.Pick)
				if !ok {
					t.Fatalf("a click on %q at %d,%d picked nothing", text, x, y)
				}
				return pick.Selection
			}
		}
		t.Fatalf("there is no %q in\n%s", text, strings.Join(lines, "\n"))
		return panes.Selection{}
	}
	for text, want := range map[string]string{"■ n5": "n5", "★ n1": "n1", "□c3": "c3", "term 2": "n4"} {
		if got := click(text, 1); got != (panes.Selection{Node: want}) {
			t.Errorf("a click on %q selected %+v", text, got)
		}
	}
	if got := click("●", 0); got.Message == 0 {
		t.Errorf("a click on a message selected %+v", got)
	}
	if got := click("╳", 0); got.Peer == "" || got.Node != "n4" && got.Peer != "n4" {
		t.Errorf("a click on a cut selected %+v", got)
	}
	if got := p.Click(0, 0); got != (panes.Pick{}) {
		t.Errorf("a click on nothing did %+v", got)
	}
}
