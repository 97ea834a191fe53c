package panes_test

import (
	"strings"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/tui/panes"
)

func TestInspectorScreens(t *testing.T) {
	const apart = 5_600 * time.Millisecond // the leader is cut off since 5 s
	flying := func(s *panes.Scene) panes.Selection {
		return panes.Selection{Message: s.View.Flying[len(s.View.Flying)-1].Send}
	}
	latest := func(s *panes.Scene) panes.Selection {
		ops := s.Tape.Operations(s.View.Event)
		return panes.Selection{Operation: ops[len(ops)-1].CallEvent}
	}
	always := func(pick panes.Selection) func(*panes.Scene) panes.Selection {
		return func(*panes.Scene) panes.Selection { return pick }
	}
	for _, c := range []struct {
		golden, scenario string
		at               time.Duration
		pick             func(*panes.Scene) panes.Selection
	}{
		{"inspect-event", "raft/minority-leader", 4_996_500 * time.Microsecond, always(panes.Selection{})},
		{"inspect-node", "raft/minority-leader", apart, always(panes.Selection{Node: "n4"})},
		{"inspect-crashed", "replica/failover", 6_003 * time.Millisecond, always(panes.Selection{Node: "n1"})},
		{"inspect-link", "raft/minority-leader", apart, always(panes.Selection{Node: "n4", Peer: "n1"})},
		{"inspect-request", "tiers/every-tier", 6_003 * time.Millisecond, flying},
		{"inspect-answer", "replica/failover", 5_803 * time.Millisecond, always(panes.Selection{Message: 25952})},
		{"inspect-operation", "raft/minority-leader", 9_990 * time.Millisecond, latest},
	} {
		t.Run(c.golden, func(t *testing.T) {
			s := stageScene(t, c.scenario, c.at)
			s.Selected = c.pick(s)
			p := &panes.Inspector{}
			p.Show(s)
			stageGolden(t, p, c.golden)
		})
	}
}

// TestInspectorSession is a person who follows a lost message: from the link to the
// message, to where it was lost, and who asks why.
func TestInspectorSession(t *testing.T) {
	s := stageScene(t, "raft/minority-leader", 5_600*time.Millisecond)
	s.Selected = panes.Selection{Node: "n4"}
	p := &panes.Inspector{}
	p.Show(s)
	inspectMoveTo(t, p, "n4 → n1 cut")
	if stagePress(t, p, s, "enter"); s.Selected != (panes.Selection{Node: "n4", Peer: "n1"}) {
		t.Fatalf("enter on a link selected %+v", s.Selected)
	}
	inspectMoveTo(t, p, "never gets what n4 sent")
	gone, ok := stagePress(t, p, s, "enter").(panes.GoTo)
	if e, _ := s.Tape.Event(gone.Event); !ok || e.Kind != sim.KindDrop || e.Peer != "n4" || e.Node != "n1" {
		t.Fatalf("enter on an event went to %+v", e)
	}
	if did := stagePress(t, p, s, "w"); did != (panes.AskWhy{Event: gone.Event}) {
		t.Errorf("w asked %+v", did)
	}
	s.View, s.Selected = s.Tape.At(gone.Event), panes.Selection{}
	p.Show(s)
	inspectMoveTo(t, p, "sent by event")
	stagePress(t, p, s, "enter")
	if s.Selected.Message != s.Tape.SendOf(gone.Event) {
		t.Errorf("enter on the message selected %+v", s.Selected)
	}
	if text := p.Render(80, 24, true).String(); !strings.Contains(text, "lost") || !strings.Contains(text, "the link is cut") {
		t.Errorf("the message does not say that it was lost:\n%s", text)
	}
	if _, said := stagePress(t, p, s, "t").(panes.Say); !said {
		t.Error("a message has no trace")
	}
	s.Selected = panes.Selection{Operation: s.Tape.Operations(s.View.Event)[3].CallEvent}
	if did := stagePress(t, p, s, "t"); did != (panes.AskTrace{Operation: s.Selected.Operation}) {
		t.Errorf("t asked %+v", did)
	}
	if stagePress(t, p, s, "esc"); s.Selected != (panes.Selection{}) {
		t.Errorf("esc left %+v", s.Selected)
	}
}

// inspectMoveTo moves the cursor down to a line.
func inspectMoveTo(t *testing.T, p *panes.Inspector, text string) {
	t.Helper()
	p.Press("home")
	for range 60 {
		for line := range strings.SplitSeq(p.Render(80, 24, true).String(), "\n") {
			if strings.HasPrefix(line, "▸") && strings.Contains(line, text) {
				return
			}
		}
		p.Press("down")
	}
	t.Fatalf("no line says %q:\n%s", text, p.Render(80, 60, true))
}

// TestInspectorChange: what the event just shown has changed stands beside what was.
func TestInspectorChange(t *testing.T) {
	tp := stageTape(t, "raft/minority-leader")
	for event := tp.ByTime(5 * time.Second); event < tp.Events(); event++ {
		v := tp.At(event)
		i := v.Index(v.Last.Node)
		if i < 0 {
			continue
		}
		before, after := tp.Changed(i, event)
		if before == nil || after.Event != event || before.Field("role") == after.Field("role") {
			continue
		}
		p := &panes.Inspector{}
		want := before.Field("role") + " → " + after.Field("role")
		for _, pick := range []panes.Selection{{}, {Node: v.Last.Node}} {
			p.Show(&panes.Scene{Tape: tp, View: v, At: v.At, Selected: pick})
			if text := p.Render(80, 40, true).String(); !strings.Contains(text, want) {
				t.Errorf("event %d: nothing says %q:\n%s", event, want, text)
			}
		}
		return
	}
	t.Fatal("no server ever changed its role")
}
