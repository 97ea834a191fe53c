package panes_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/tui/panes"
	"github.com/orrery-sim/orrery/tui/tape"
	"pgregory.net/rapid"
)

func TestMatrixScreens(t *testing.T) {
	s := stageScene(t, "raft/minority-leader", 5_600*time.Millisecond)
	m := &panes.Matrix{}
	m.Show(s)
	stagePress(t, m, s, "right", "space", "down", "right", "b")
	stageGolden(t, m, "matrix")
	s = stageScene(t, "tiers/every-tier", 6*time.Second)
	m = &panes.Matrix{}
	m.Show(s)
	stagePress(t, m, s, "1", "1", "2", "2")
	stageGolden(t, m, "matrix-groups")
}

// TestMatrixSession is a person who chooses links in all the ways there are.
func TestMatrixSession(t *testing.T) {
	s := stageScene(t, "raft/minority-leader", time.Second)
	for _, c := range []struct {
		keys []string
		want string
	}{
		{[]string{"right", "space"}, "cut n1 -> n2"},
		{[]string{"right", "space", "space", "right", "space"}, "cut n1 -> n3"},
		{[]string{"right", "b"}, "cut n1 <-> n2"},
		{[]string{"x"}, "cut n1 -> n2 n3 n4 n5"},
		{[]string{"right", "X"}, "cut n1 n3 n4 n5 -> n2"},
		{[]string{"down", "down", "x", "right", "right", "X"}, "partition n1 n2 n4 n5 | n3"},
		{[]string{"g", "1", "1", "2", "2", "2"}, "partition n1 n2 | n3 n4 n5"},
		{[]string{"1", "2", "0", "3"}, "partition n1 | n2 | n4"},
		{[]string{"right", "b", "right", "right", "space"}, "cut n1 <-> n2 and cut n1 -> n4"},
		{[]string{"c", "end", "left", "b"}, "cut c3 <-> c4"},
	} {
		m := &panes.Matrix{}
		m.Show(s)
		stagePress(t, m, s, c.keys...)
		if got := m.Press("enter"); got != (panes.Act{What: c.want}) {
			t.Errorf("%v: %+v, expected %s", c.keys, got, c.want)
		}
		if got := m.Text(); got != "" {
			t.Errorf("%v: after enter, %q is still chosen", c.keys, got)
		}
	}
}

func TestMatrixLeaves(t *testing.T) {
	s := stageScene(t, "raft/minority-leader", time.Second)
	m := &panes.Matrix{}
	m.Show(s)
	if _, said := stagePress(t, m, s, "space").(panes.Say); !said {
		t.Error("a node can be cut off from itself")
	}
	if _, said := stagePress(t, m, s, "enter").(panes.Say); !said {
		t.Error("nothing was done without a word")
	}
	stagePress(t, m, s, "x")
	if got := m.Press("backspace"); m.Text() != "" || got == nil {
		t.Errorf("backspace left %q", m.Text())
	}
	stagePress(t, m, s, "1", "2")
	if got := stagePress(t, m, s, "esc"); got != (panes.Handled{}) || m.Text() == "" {
		t.Errorf("the first esc ends the groups, and did %+v", got)
	}
	if got := stagePress(t, m, s, "esc"); got != (panes.CloseEditor{}) || m.Text() != "" {
		t.Errorf("the second esc leaves, and did %+v", got)
	}
	m.Render(80, 24, true)
	m.Click(10, 3) // of the line of n2, the cell of n2
	m.Click(5, 3)
	m.Click(5, 3)
	if got := m.Text(); got != "cut n2 -> n1" {
		t.Errorf("two clicks chose %q", got)
	}
}

// matrixIdle is a cluster whose nodes do nothing.
type matrixIdle struct {
	w       *sim.World
	servers []string
}

func (c matrixIdle) World() *sim.World    { return c.w }
func (c matrixIdle) Servers() []string    { return c.servers }
func (c matrixIdle) Roles() []string      { return []string{"leader"} }
func (c matrixIdle) Role(string) []string { return nil }

// TestMatrixCuts installs what the matrix says in a world: exactly the chosen links are cut.
func TestMatrixCuts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := sim.New(sim.Config{Seed: 1})
		defer w.Close()
		c, v := matrixIdle{w: w}, &tape.View{}
		run := func(p *sim.Proc) { p.Sleep(time.Hour) }
		for i := range rapid.IntRange(2, 6).Draw(t, "servers") {
			c.servers = append(c.servers, fmt.Sprintf("n%d", i+1))
			w.Node(c.servers[i], run)
			v.Nodes = append(v.Nodes, tape.Node{Name: c.servers[i]})
		}
		m := &panes.Matrix{}
		for i := range rapid.IntRange(0, 2).Draw(t, "clients") {
			name := fmt.Sprintf("c%d", i+1)
			w.Client(name, run)
			v.Nodes = append(v.Nodes, tape.Node{Name: name, Client: true})
		}
		m.Show(&panes.Scene{View: v})
		m.Press("c")
		chosen := matrixChoose(t, m, len(v.Nodes))
		cut := matrixCuts(t, c, m.Text())
		want := map[faults.Link]bool{}
		for p := range chosen {
			want[faults.Link{From: v.Nodes[p.From].Name, To: v.Nodes[p.To].Name}] = true
		}
		if !maps.Equal(cut, want) {
			t.Fatalf("%q cuts %v, expected %v", m.Text(), cut, want)
		}
	})
}

// matrixChoose chooses links cell by cell or by groups, and returns which.
func matrixChoose(t *rapid.T, m *panes.Matrix, n int) map[tape.Pair]bool {
	chosen := map[tape.Pair]bool{}
	m.Press("home")
	if rapid.Bool().Draw(t, "by groups") {
		groups := rapid.SliceOfN(rapid.IntRange(0, 3), n, n).Draw(t, "groups")
		for _, g := range groups {
			m.Press(fmt.Sprint(g))
		}
		for i, a := range groups {
			for j, b := range groups {
				if a != b && a != 0 && b != 0 {
					chosen[tape.Pair{From: i, To: j}] = true
				}
			}
		}
		return chosen
	}
	for range rapid.IntRange(0, 12).Draw(t, "links") {
		p := tape.Pair{From: rapid.IntRange(0, n-1).Draw(t, "from"), To: rapid.IntRange(0, n-1).Draw(t, "to")}
		for _, k := range slices.Concat([]string{"home"}, slices.Repeat([]string{"down"}, p.From), slices.Repeat([]string{"right"}, p.To), []string{"space"}) {
			m.Press(k)
		}
		if p.From != p.To {
			chosen[p] = !chosen[p]
		}
	}
	maps.DeleteFunc(chosen, func(_ tape.Pair, is bool) bool { return !is })
	return chosen
}

// matrixCuts does what a text says, and returns the links that are cut then.
func matrixCuts(t *rapid.T, c matrixIdle, text string) map[faults.Link]bool {
	cut := map[faults.Link]bool{}
	if text == "" {
		return cut
	}
	what, err := faults.ParseWhat(text)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	c.w.Observe(sim.ObserverFunc(func(e *sim.Event) {
		if e.Kind == sim.KindCut {
			if cut[faults.Link{From: e.Node, To: e.Peer}] {
				t.Fatalf("%q cuts %s -> %s twice", text, e.Node, e.Peer)
			}
			cut[faults.Link{From: e.Node, To: e.Peer}] = true
		}
	}))
	f := faults.Fault{What: what}
	f.At = time.Second
	if _, err := (faults.Schedule{f}).Install(c); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	c.w.Run(2 * time.Second)
	return cut
}
