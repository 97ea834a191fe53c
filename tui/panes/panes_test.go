package panes_test

import (
	"errors"
	"slices"
	"testing"

	"charm.land/bubbles/v2/key"
	"pgregory.net/rapid"

	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/panes"
)

// TestInput edits a line and, beside it, does the same to two plain texts: what is before
// the cursor, and what is behind.
func TestInput(t *testing.T) {
	keys := rapid.SampledFrom([]string{"left", "right", "home", "end", "backspace", "delete", "ctrl+u", "ctrl+k", "ctrl+w", "f1", "a", "b", "猫", "space"})
	rapid.Check(t, func(t *rapid.T) {
		var in panes.Input
		var before, behind []rune
		for range rapid.IntRange(0, 20).Draw(t, "keys") {
			key := keys.Draw(t, "key")
			text := map[string]string{"a": "a", "b": "b", "猫": "猫", "space": " "}[key]
			in.Press(key, text)
			all := slices.Concat(before, behind)
			switch n, m := len(before), len(all); key {
			case "left":
				n = max(n-1, 0)
				before, behind = all[:n], all[n:]
			case "right":
				n = min(n+1, m)
				before, behind = all[:n], all[n:]
			case "home":
				before, behind = nil, all
			case "end":
				before, behind = all, nil
			case "backspace":
				before = before[:max(n-1, 0)]
			case "delete":
				behind = behind[min(1, m-n):]
			case "ctrl+u":
				before = nil
			case "ctrl+k":
				behind = nil
			case "ctrl+w":
				for len(before) > 0 && before[len(before)-1] == ' ' {
					before = before[:len(before)-1]
				}
				for len(before) > 0 && before[len(before)-1] != ' ' {
					before = before[:len(before)-1]
				}
			default:
				before = slices.Concat(before, []rune(text))
			}
			before, behind = slices.Clone(before), slices.Clone(behind)
			if got, want := in.Value(), string(before)+string(behind); got != want {
				t.Fatalf("after %s: %q, expected %q", key, got, want)
			}
		}
		w := rapid.IntRange(0, 12).Draw(t, "width")
		wide(t, in.Render(w, 2), w, 2)
	})
	in := panes.Input{}
	in.Insert("one\ntwo\x1b")
	if got := in.Value(); got != "one two " {
		t.Errorf("pasted %q", got)
	}
	if done, cancelled := in.Press("enter", ""); !done || cancelled {
		t.Error("enter does not end it")
	}
	if done, cancelled := in.Press("esc", ""); done || !cancelled {
		t.Error("escape does not give it up")
	}
	in.SetValue("12345678901234567890")
	if got := in.Render(8, 1).String(); got != "4567890\n" {
		t.Errorf("of a long line %q is seen, expected its end and the cursor", got)
	}
}

func TestPaletteOrder(t *testing.T) {
	p := panes.NewPalette([]panes.Entry{
		{Name: "undo", Help: "take back the last step"}, {Name: "go back one event"}, {Name: "backup"}, {Name: "bright: a, c, k"}, {Name: "play"},
	})
	names := func(typed string) (found []string) {
		p.Press("ctrl+u", "")
		p.Press("end", "")
		p.Press("ctrl+u", "")
		p.Insert(typed)
		for range 5 {
			if e, ok := p.Selected(); ok && !slices.Contains(found, e.Name) {
				found = append(found, e.Name)
			}
			p.Press("down", "")
		}
		return found
	}
	for typed, want := range map[string][]string{
		"back":      {"backup", "go back one event", "undo", "bright: a, c, k"},
		"step LAST": {"undo"},
		"event go":  {"go back one event"},
		"zzz":       nil,
		"":          {"undo", "go back one event", "backup", "bright: a, c, k", "play"},
	} {
		if got := names(typed); !slices.Equal(got, want) {
			t.Errorf("%q finds %q, expected %q", typed, got, want)
		}
	}
}

// TestPaletteMouse clicks on an entry, which selects it, and once more, which takes it.
func TestPaletteMouse(t *testing.T) {
	p := panes.NewPalette([]panes.Entry{{Name: "one"}, {Name: "two"}, {Name: "three"}})
	y := lineOf(t, p.Render(40, 8), "two")
	if p.Click(3, y) {
		t.Error("the first click is done")
	}
	if e, _ := p.Selected(); e.Name != "two" || !p.Click(3, y) {
		t.Errorf("%v is selected, and the second click is not done", e)
	}
	for _, y := range []int{-1, 0, 1, 2, 7, 100} {
		if p.Click(3, y) {
			t.Errorf("a click on line %d is done", y)
		}
	}
	p.Wheel(1)
	p.Press("down", "")
	if done, _ := p.Press("enter", ""); !done {
		t.Error("enter is not done")
	}
}

// TestAskChecks refuses a dialog whose fields are sound one by one.
func TestAskChecks(t *testing.T) {
	a := panes.NewAsk("partition", panes.Field{Name: "from", Value: "n1"}, panes.Field{Name: "to", Value: "n1"})
	a.Check = func(values []string) error {
		if values[0] == values[1] {
			return errors.New("expected two nodes")
		}
		return nil
	}
	a.Text = "All that goes from one to the other is lost."
	if done, _ := a.Press("enter", ""); done {
		t.Fatal("done with the same node twice")
	}
	lineOf(t, a.Render(50, 20), "✗ expected two nodes")
	a.Click(5, lineOf(t, a.Render(50, 20), "to   "))
	person(func(key, text string) { a.Press(key, text) }, "backspace '2'")
	if done, _ := a.Press("enter", ""); !done || a.Value("to") != "n2" {
		t.Errorf("not done with %v", a.Values())
	}
	if _, cancelled := a.Press("esc", ""); !cancelled {
		t.Error("escape does not give it up")
	}
}

// TestAskClick turns a choice by clicking on it twice.
func TestAskClick(t *testing.T) {
	a := panes.NewAsk("disk", panes.Field{Name: "node", Value: "n1"}, panes.Field{Name: "full", Toggle: true, Value: "false"})
	for _, want := range []string{"false", "true", "false"} {
		a.Click(4, lineOf(t, a.Render(40, 10), "full"))
		if got := a.Value("full"); got != want {
			t.Fatalf("a click makes it %s, expected %s", got, want)
		}
	}
}

// TestSmall draws everything into hardly any room.
func TestSmall(t *testing.T) {
	size := rapid.IntRange(0, 90)
	words := rapid.StringOf(rapid.SampledFrom([]rune("ab 猫…")))
	key1 := rapid.SampledFrom([]string{"up", "down", "pgup", "pgdown", "home", "end", "left", "right", "tab", "enter", "a", "space"})
	rapid.Check(t, func(t *rapid.T) {
		var bindings []key.Binding
		var entries []panes.Entry
		var fields []panes.Field
		for range rapid.IntRange(0, 12).Draw(t, "items") {
			a, b := words.Draw(t, "a"), words.Draw(t, "b")
			bindings = append(bindings, bind(a, b))
			entries = append(entries, panes.Entry{Name: a, Help: b, Keys: a})
			fields = append(fields, panes.Field{Name: a, Help: b, Value: b, Toggle: rapid.Bool().Draw(t, "toggle"), Check: func(string) error { return errors.New(b) }})
		}
		help := panes.Help{Sections: []panes.Section{{a(t, words), bindings}, {a(t, words), bindings}}}
		palette, ask := panes.NewPalette(entries), panes.NewAsk(a(t, words), fields...)
		hints := panes.Hints{Hints: []panes.Hint{{"x", a(t, words)}}}
		hints.Now("x")
		for range rapid.IntRange(1, 6).Draw(t, "keys") {
			w, h := size.Draw(t, "width"), size.Draw(t, "height")
			for _, c := range []*draw.Canvas{help.Render(w, h), palette.Render(w, h), ask.Render(w, h), hints.Render(w, h)} {
				wide(t, c, w, h)
			}
			k := key1.Draw(t, "key")
			help.Press(k)
			palette.Press(k, "")
			ask.Press(k, "")
			ask.Click(w/2, h/2)
		}
	})
}

func a(t *rapid.T, words *rapid.Generator[string]) string { return words.Draw(t, "words") }
