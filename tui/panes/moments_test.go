package panes_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/orrery-sim/orrery/nodes"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/panes"
	"github.com/orrery-sim/orrery/tui/tape"
)

// ofMoments are the panes that show what happened around the moment.
func ofMoments() []panes.Pane {
	return []panes.Pane{&panes.Events{}, &panes.SpaceTime{}, &panes.Lanes{}}
}

// TestMomentsNothing: a pane that has nothing to show says so.
func TestMomentsNothing(t *testing.T) {
	for _, p := range ofMoments() {
		for _, s := range []*panes.Scene{nil, {}, sceneAt(emptyTape(t), 0)} {
			if s != nil {
				p.Show(s)
			}
			for _, k := range []string{"up", "down", "left", "right", "enter", "w", "n", "m", "v", "k", "+", "-", "x", "esc"} {
				p.Press(k)
			}
			p.Click(3, 3)
			p.Wheel(1)
			for _, size := range [][2]int{{80, 24}, {20, 5}, {0, 0}} {
				c := p.Render(size[0], size[1], true)
				if c.Width() != size[0] || c.Height() != size[1] || size[0] > 0 && isBlank(c) {
					t.Errorf("%s at %d by %d shows\n%s", p.Title(), size[0], size[1], c)
				}
			}
		}
	}
}

// TestMomentsAnyhow: whatever is shown, selected and pressed, at whatever size, a pane draws what it
// was asked for, and goes only where there is something.
func TestMomentsAnyhow(t *testing.T) {
	names := []string{"raft/minority-leader", "raft/lease-drift", "tiers/every-tier"}
	for _, n := range names {
		recorded(t, n, 42)
	}
	rapid.Check(t, func(rt *rapid.T) {
		p := rapid.SampledFrom(ofMoments()).Draw(rt, "pane")
		tp := recorded(t, rapid.SampledFrom(names).Draw(rt, "run"), 42)
		width, height := rapid.IntRange(0, 200).Draw(rt, "width"), rapid.IntRange(0, 60).Draw(rt, "height")
		event := rapid.OneOf(rapid.Uint64Range(0, 40), rapid.Uint64Range(0, tp.Events()), rapid.Just(tp.Events())).Draw(rt, "event")
		s := sceneAt(tp, event)
		s.Selected = rapid.SampledFrom([]panes.Selection{{}, {Node: "n2"}, {Node: "n1", Peer: "n2"}, {Message: 8971}, {Operation: 13343}, {Node: "nobody"}}).Draw(rt, "selected")
		if rapid.Bool().Draw(rt, "why") {
			s.Chain = chain(tp, event)
		}
		p.Show(s)
		keys := make([]string, 0, 40)
		for _, b := range p.Keys() {
			keys = append(keys, b.Keys()...)
		}
		for range rapid.IntRange(0, 8).Draw(rt, "presses") {
			var a panes.Action
			typist, _ := p.(panes.Typist)
			switch {
			case typist != nil && typist.Typing():
				typist.Type("n", "n")
				a = typist.Type("enter", "")
			case rapid.IntRange(0, 4).Draw(rt, "how") == 0:
				a = p.Click(rapid.IntRange(-1, width).Draw(rt, "x"), rapid.IntRange(-1, height).Draw(rt, "y"))
			default:
				a = p.Press(rapid.SampledFrom(keys).Draw(rt, "key"))
			}
			if to, ok := a.(panes.GoTo); ok {
				if to.Event == 0 || to.Event > tp.Events() {
					rt.Fatalf("goes to event %d of %d", to.Event, tp.Events())
				}
				s.View = tp.At(to.Event)
				s.At = s.View.At
				p.Show(s)
			}
			c := p.Render(width, height, rapid.Bool().Draw(rt, "focus"))
			if c.Width() != width || c.Height() != height {
				rt.Fatalf("%d by %d, expected %d by %d", c.Width(), c.Height(), width, height)
			}
			if width >= 20 && height >= 5 && isBlank(c) {
				rt.Fatalf("%s is blank at %d by %d", p.Title(), width, height)
			}
		}
	})
}

func isBlank(c *draw.Canvas) bool {
	for y := range c.Height() {
		for x := range c.Width() {
			if c.Get(x, y) != ' ' {
				return false
			}
		}
	}
	return true
}

// TestMomentsASCII: every sign has one of ASCII.
func TestMomentsASCII(t *testing.T) {
	theme, err := draw.ThemeNamed("ascii")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range ofMoments() {
		for _, event := range []uint64{4330, 8622, 13352} {
			s := sceneAt(recorded(t, "raft/lease-drift", 42), event)
			s.Chain = chain(s.Tape, event)
			p.Show(s)
			c := p.Render(160, 48, true)
			want := strings.Count(c.String(), "?")
			if got := strings.Count(theme.Render(c), "?"); got != want {
				t.Errorf("%s has %d characters without one of ASCII:\n%s", p.Title(), got-want, theme.Render(c))
			}
		}
	}
}

// TestMomentsGrowing: what is shown while the run goes on is what it has come to.
func TestMomentsGrowing(t *testing.T) {
	sc, err := nodes.All.Load("raft/minority-leader")
	if err != nil {
		t.Fatal(err)
	}
	tp, err := tape.Record(sc, scenarios.Options{Seed: 42})
	if err != nil {
		t.Fatal(err)
	}
	list := ofMoments()
	for done := false; !done; {
		done = tp.Progress().Ended
		s := sceneAt(tp, tp.Events())
		for _, p := range list {
			p.Show(s)
			p.Render(80, 24, true)
			p.Press("down")
			p.Press("-")
		}
	}
	want := sceneAt(tp, tp.Events())
	for i, fresh := range ofMoments() {
		list[i].Show(want)
		fresh.Show(want)
		for _, p := range []panes.Pane{list[i], fresh} {
			for range 30 {
				p.Press("+")
			}
			p.Press("home")
		}
		if a, b := list[i].Render(80, 24, true).String(), fresh.Render(80, 24, true).String(); a != b {
			t.Errorf("%s that saw the run grow shows\n%s\nexpected\n%s", fresh.Title(), a, b)
		}
	}
}

// BenchmarkMoments draws every pane at another moment of a run each time.
func BenchmarkMoments(b *testing.B) {
	tp := recorded(b, "raft/minority-leader", 42)
	for _, p := range ofMoments() {
		b.Run(p.Title(), func(b *testing.B) {
			b.ReportAllocs()
			for i := range b.N {
				b.StopTimer()
				s := sceneAt(tp, uint64(i*7919)%tp.Events())
				b.StartTimer()
				p.Show(s)
				p.Render(160, 48, true)
			}
		})
	}
}

// BenchmarkFar draws so much time that there is too much to look at each event.
func BenchmarkFar(b *testing.B) {
	tp := recorded(b, "raft/minority-leader", 42)
	p := &panes.SpaceTime{}
	s := sceneAt(tp, 8974)
	p.Show(s)
	p.Press("m")
	for _, k := range []string{"-", "---", "-----", "---------"} {
		for range k {
			p.Press("-")
		}
		b.Run(k, func(b *testing.B) {
			for range b.N {
				p.Render(160, 48, true)
			}
		})
	}
}

// BenchmarkSearch is one slice of a search in what messages say.
func BenchmarkSearch(b *testing.B) {
	for _, word := range []string{"nowhere", "kind:fail"} {
		b.Run(word, func(b *testing.B) {
			p := &panes.Events{}
			s := sceneAt(recorded(b, "raft/minority-leader", 42), 1)
			p.Show(s)
			p.Press("/")
			p.Type("", word)
			p.Type("enter", "")
			for range b.N {
				if p.Work(); !p.Working() {
					p.Press("n")
				}
			}
		})
	}
}
