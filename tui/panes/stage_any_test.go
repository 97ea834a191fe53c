package panes_test

import (
	"strings"
	"testing"
	"time"

	_ "github.com/orrery-sim/orrery/internal/steady"
	"github.com/orrery-sim/orrery/nodes"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/panes"
	"github.com/orrery-sim/orrery/tui/tape"
	"pgregory.net/rapid"
)

// TestStageAnything shows any moment with any selection at any size, and presses any
// keys: there is always a picture of just that size, and it says where something is cut.
func TestStageAnything(t *testing.T) {
	names := []string{"raft/minority-leader", "replica/failover", "replica/sites", "tiers/every-tier", "cache/node-dies", "raft/storm"}
	tapes := map[string]*tape.Tape{}
	for _, name := range names {
		tapes[name] = stageTape(t, name)
	}
	rapid.Check(t, func(t *rapid.T) {
		tp := tapes[rapid.SampledFrom(names).Draw(t, "scenario")]
		s := &panes.Scene{Tape: tp}
		stageMoment(t, s)
		all := []panes.Pane{&panes.Stage{}, &panes.Inspector{}, &panes.Matrix{}}
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			p := rapid.SampledFrom(all).Draw(t, "pane")
			p.Show(s)
			stageStep(t, p, s)
			width, height := rapid.IntRange(0, 200).Draw(t, "width"), rapid.IntRange(0, 60).Draw(t, "height")
			c := p.Render(width, height, rapid.Bool().Draw(t, "focus"))
			if c.Width() != width || c.Height() != height {
				t.Fatalf("%s is %dx%d, expected %dx%d", p.Title(), c.Width(), c.Height(), width, height)
			}
			text := c.String()
			if width >= 20 && height >= 5 && strings.TrimSpace(text) == "" {
				t.Fatalf("%s draws nothing at %dx%d", p.Title(), width, height)
			}
			if _, stage := p.(*panes.Stage); stage && width >= 30 && height >= 12 && stageIsCut(s.View) && !strings.Contains(text, "╳") {
				t.Fatalf("no cut can be seen at %dx%d:\n%s", width, height, text)
			}
		}
	})
}

// stageIsCut says whether a link between servers is cut.
func stageIsCut(v *tape.View) bool {
	for p, l := range v.Links {
		if l.Cuts > 0 && !v.Nodes[p.From].Client && !v.Nodes[p.To].Client {
			return true
		}
	}
	return false
}

// stageMoment draws a moment and a selection.
func stageMoment(t *rapid.T, s *panes.Scene) {
	last := s.Tape.Events()
	event := func(label string) uint64 {
		return rapid.OneOf(rapid.Uint64Range(0, 60), rapid.Uint64Range(0, last+2)).Draw(t, label)
	}
	s.View = s.Tape.At(event("event"))
	s.At = s.View.At + time.Duration(rapid.Int64Range(0, int64(10*time.Millisecond)).Draw(t, "later"))
	node := func(label string) string {
		return rapid.SampledFrom([]string{"n1", "n2", "n3", "db1", "c1", "lb", "nobody"}).Draw(t, label)
	}
	switch rapid.IntRange(0, 4).Draw(t, "kind") {
	case 1:
		s.Selected.Node = node("node")
	case 2:
		s.Selected.Node, s.Selected.Peer = node("node"), node("peer")
	case 3:
		s.Selected.Message = event("message")
	case 4:
		s.Selected.Operation = event("operation")
	}
	if rapid.Bool().Draw(t, "why") {
		s.Chain = stageBecause(s.Tape, event("chain"), 50)
	}
}

// stageStep does something a person can do.
func stageStep(t *rapid.T, p panes.Pane, s *panes.Scene) {
	var did panes.Action
	switch rapid.IntRange(0, 3).Draw(t, "deed") {
	case 0:
		keys := []string{" ", "?"}
		for _, b := range p.Keys() {
			keys = append(keys, b.Keys()...)
		}
		did = p.Press(rapid.SampledFrom(keys).Draw(t, "key"))
	case 1:
		did = p.Click(rapid.IntRange(-1, 200).Draw(t, "x"), rapid.IntRange(-1, 60).Draw(t, "y"))
	case 2:
		did = p.Wheel(rapid.IntRange(-5, 5).Draw(t, "lines"))
	case 3:
		stageMoment(t, s)
		p.Show(s)
	}
	if pick, ok := did.(panes.Pick); ok {
		s.Selected = pick.Selection
		p.Show(s)
	}
}

// TestStageEmpty: before there is anything to show, there is something to read.
func TestStageEmpty(t *testing.T) {
	for _, s := range []*panes.Scene{nil, {}, {View: &tape.View{}}, {View: &tape.View{}, Selected: panes.Selection{Node: "n1"}}} {
		for _, p := range []panes.Pane{&panes.Stage{}, &panes.Inspector{}, &panes.Matrix{}} {
			p.Show(s)
			for _, b := range p.Keys() {
				for _, k := range b.Keys() {
					p.Press(k)
				}
			}
			p.Click(3, 3)
			p.Wheel(1)
			p.Render(80, 24, true)
			p.Render(0, 0, true)
		}
	}
}

// TestStageGrows looks at a tape that is still being recorded.
func TestStageGrows(t *testing.T) {
	sc, err := nodes.All.Load("tiers/every-tier")
	if err != nil {
		t.Fatal(err)
	}
	tp, err := tape.Record(sc, scenarios.Options{Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	all := []panes.Pane{&panes.Stage{}, &panes.Inspector{}, &panes.Matrix{}}
	for ended := false; !ended; {
		ended = tp.Progress().Ended
		v := tp.At(tp.Events())
		for _, p := range all {
			p.Show(&panes.Scene{Tape: tp, View: v, At: v.At})
			if c := p.Render(80, 24, false); strings.TrimSpace(c.String()) == "" {
				t.Fatalf("%s draws nothing after %d events", p.Title(), tp.Events())
			}
		}
	}
}

// TestStageInManyNodes: 50 nodes have a place each, whatever the room.
func TestStageInManyNodes(t *testing.T) {
	v := &tape.View{Links: map[tape.Pair]tape.LinkState{{From: 0, To: 49}: {Cuts: 1}}}
	for i := range 50 {
		v.Nodes = append(v.Nodes, tape.Node{Name: "n" + string(rune('0'+i/10)) + string(rune('0'+i%10))})
		v.States = append(v.States, &tape.NodeState{Up: true, Incarnation: 1, Speed: 1, Cores: 1})
	}
	for _, size := range stageSizes {
		p := &panes.Stage{}
		p.Show(&panes.Scene{View: v})
		text := p.Render(size[0], size[1], true).String()
		for _, n := range v.Nodes {
			if !strings.Contains(text, n.Name) {
				t.Errorf("%s is not shown at %v:\n%s", n.Name, size, text)
				break
			}
		}
		if !strings.Contains(text, "╳") {
			t.Errorf("the cut is not shown at %v:\n%s", size, text)
		}
		if draw.Width(strings.Split(text, "\n")[0]) > size[0] {
			t.Error("too wide")
		}
	}
}

// TestStageInAscii: what is told apart by a sign is told apart in ASCII too.
func TestStageInAscii(t *testing.T) {
	theme, err := draw.ThemeNamed("ascii")
	if err != nil {
		t.Fatal(err)
	}
	show := func(text string) string {
		c := draw.New(draw.Width(text), 1)
		c.Text(0, 0, text, draw.Plain)
		return theme.Render(c)
	}
	for _, together := range []string{"■□★✕‖◌!", "●○✕‖", "·╳‖~●", "·╳▒"} {
		seen := map[rune]bool{}
		for _, r := range together {
			for _, a := range show(string(r)) {
				if a == '?' || a > '~' || seen[a] {
					t.Errorf("%c is %c, as another of %s", r, a, together)
				}
				seen[a] = true
			}
		}
	}
}

// BenchmarkStage draws a moment of an election, as while time passes.
func BenchmarkStage(b *testing.B) {
	s := stageScene(b, "raft/minority-leader", 9_989*time.Millisecond)
	p := &panes.Stage{}
	for b.Loop() {
		p.Show(s)
		p.Render(160, 48, true)
	}
}

// BenchmarkInspector shows a node at one moment after another.
func BenchmarkInspector(b *testing.B) {
	s := stageScene(b, "raft/minority-leader", 9_989*time.Millisecond)
	s.Selected.Node = "c1"
	p := &panes.Inspector{}
	for b.Loop() {
		s.View = s.Tape.At((s.View.Event + 1) % s.Tape.Events())
		p.Show(s)
		p.Render(160, 48, true)
	}
}
