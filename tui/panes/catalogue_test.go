package panes_test

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"github.com/orrery-sim/orrery/internal/golden"
	_ "github.com/orrery-sim/orrery/internal/steady"
	"github.com/orrery-sim/orrery/nodes"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/panes"
)

// person presses keys as they are written: names of keys between spaces, and what is in
// quotes letter by letter.
func person(press func(key, text string), keys string) {
	for i, part := range strings.Split(keys, "'") {
		if i%2 == 0 {
			for _, key := range strings.Fields(part) {
				press(key, map[string]string{"space": " "}[key])
			}
			continue
		}
		for _, r := range part {
			press(string(r), string(r))
		}
	}
}

// session is a catalogue of the real systems and what was asked of it last.
type session struct {
	*panes.Catalogue
	open *panes.Open
	left bool
}

func start(width, height int) *session {
	s := &session{Catalogue: panes.NewCatalogue(nodes.All)}
	s.Render(width, height)
	return s
}

func (s *session) keys(keys string) *session {
	s.open, s.left = nil, false
	person(func(key, text string) { s.open, s.left = s.Press(key, text) }, keys)
	return s
}

func TestCatalogueScreens(t *testing.T) {
	for _, size := range []struct{ width, height int }{{60, 20}, {80, 24}, {160, 48}} {
		for _, screen := range []struct{ name, keys string }{
			{"list", ""},
			{"filter", "'minority'"},
			{"details", "'raft/minority' tab down down right"},
			{"knob", "'raft/minority' tab end up up '-1' enter"},
			{"system", "tab"},
		} {
			s := start(size.width, size.height).keys(screen.keys)
			c := s.Render(size.width, size.height)
			golden.Check(t, c.String(), fmt.Sprintf("testdata/catalogue/%s-%dx%d.golden", screen.name, size.width, size.height))
		}
	}
}

// TestCatalogueSession finds a scenario, turns what can be turned, and opens it.
func TestCatalogueSession(t *testing.T) {
	s := start(80, 24)
	s.keys("'minority' enter")
	expect(t, s.open, "raft/minority-leader seed 1 knobs map[] mutant \"\"")

	s.keys("tab down 'x7' enter")
	shows(t, s, `seed: "x7" is not a whole number from 0 to 18446744073709551615`)
	s.keys("ctrl+u '42' enter down right")
	shows(t, s, "seed", "42 *", "votes-before-sync")
	s.keys("down right space")
	shows(t, s, "local *", "default quorum")
	s.keys("home enter")
	expect(t, s.open, "raft/minority-leader seed 42 knobs map[reads:local] mutant \"votes-before-sync\"")

	s.keys("down backspace down left down backspace home enter")
	expect(t, s.open, "raft/minority-leader seed 1 knobs map[] mutant \"\"")

	s.keys("esc esc")
	if s.left {
		t.Error("the first escape leaves, expected it to clear the filter")
	}
	if s.keys("esc"); !s.left {
		t.Error("escape does not leave")
	}
}

// TestCatalogueContradiction turns a knob so that it contradicts others: that is said, and
// nothing is opened.
func TestCatalogueContradiction(t *testing.T) {
	s := start(80, 24)
	if !s.Select("cache/calm") || s.Select("cache/clam") {
		t.Fatal("Select")
	}
	s.keys("tab")
	for range 40 {
		if s.keys("down"); strings.Contains(s.Render(80, 24).String(), "▸ negative-ttl") {
			break
		}
	}
	s.keys("'60s' enter")
	shows(t, s, "60s * default 1s")
	s.keys("home enter")
	if s.open != nil {
		t.Error("was opened")
	}
	shows(t, s, "✗ knob negative-ttl: 1m0s is longer", "expected at most that")
}

// TestCatalogueMutants turns through all mutants of a system.
func TestCatalogueMutants(t *testing.T) {
	sc, err := nodes.All.Load("echo/calm")
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	s := start(80, 24)
	s.Select("echo/calm")
	s.keys("tab down down")
	for range len(sc.System.Mutants) {
		s.keys("right")
		open := s.keys("home enter").open
		if open == nil {
			t.Fatal("was not opened")
		}
		names = append(names, open.Mutant)
		s.keys("down down")
	}
	for i, m := range sc.System.Mutants {
		if names[i] != m.Name {
			t.Errorf("turn %d chose %q, expected %q", i, names[i], m.Name)
		}
	}
	if s.keys("right home enter"); s.open.Mutant != "" {
		t.Errorf("all around is %q", s.open.Mutant)
	}
}

func expect(t *testing.T, o *panes.Open, want string) {
	t.Helper()
	if o == nil {
		t.Fatal("nothing was opened")
	}
	if got := fmt.Sprintf("%s seed %d knobs %v mutant %q", o.Scenario.FullName(), o.Seed, map[string]string(o.Knobs), o.Mutant); got != want {
		t.Errorf("opened %s, expected %s", got, want)
	}
}

func shows(t *testing.T, s *session, texts ...string) {
	t.Helper()
	screen := s.Render(80, 24).String()
	for _, text := range texts {
		if !strings.Contains(strings.Join(strings.Fields(unboxed(screen)), " "), text) {
			t.Errorf("%q is not on the screen:\n%s", text, screen)
		}
	}
}

// unboxed is the text of the details, without their border.
func unboxed(screen string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(screen, "\n") {
		parts := strings.Split(strings.NewReplacer("║", "│", "┃", "", "┊", "").Replace(line), "│")
		b.WriteString(parts[max(0, len(parts)-2)] + "\n")
	}
	return b.String()
}

// TestCatalogueMouse clicks and turns the wheel.
func TestCatalogueMouse(t *testing.T) {
	s := start(80, 24)
	line := lineOf(t, s.Render(80, 24), "avalanche-jitter")
	if s.Click(5, line) != nil {
		t.Fatal("the first click opens")
	}
	expect(t, s.Click(5, line), "cache/avalanche-jitter seed 1 knobs map[] mutant \"\"")
	expect(t, func() *panes.Open {
		s.Click(40, lineOf(t, s.Render(80, 24), "[ open"))
		return s.Click(40, lineOf(t, s.Render(80, 24), "[ open"))
	}(),
		"cache/avalanche-jitter seed 1 knobs map[] mutant \"\"")
	s.Wheel(30)
	if screen := s.Render(80, 24).String(); strings.Contains(screen, "[ open") {
		t.Errorf("the wheel does not scroll the details:\n%s", screen)
	}
	s.keys("esc")
	s.Wheel(1000)
	lineOf(t, s.Render(80, 24), "tiers")
	s.Click(79, 23)
	s.Click(-1, -1)
}

func lineOf(t *testing.T, c *draw.Canvas, text string) int {
	t.Helper()
	for y, line := range strings.Split(c.String(), "\n") {
		if strings.Contains(line, text) {
			return y
		}
	}
	t.Fatalf("%q is not in\n%s", text, c)
	return 0
}

func TestCatalogueFold(t *testing.T) {
	s := start(80, 24).keys("left down enter down left")
	screen := s.Render(80, 24).String()
	for _, want := range []string{"▹ cache", "▹ echo", "▹ raft"} {
		if !strings.Contains(screen, want) {
			t.Errorf("no %q in\n%s", want, screen)
		}
	}
	s.keys("right")
	lineOf(t, s.Render(80, 24), "deposed-leader")
	s.keys("home enter")
	lineOf(t, s.Render(80, 24), "avalanche-jitter")
}

// TestCatalogueUnreadable has a scenario whose file is wrong.
func TestCatalogueUnreadable(t *testing.T) {
	broken := *nodes.All[1]
	broken.Scenarios = files{"scenarios/bad.yaml": "scenario: bad\nsystem: echo\nshows: x\nrun: soon\n"}.fs()
	s := &session{Catalogue: panes.NewCatalogue(scenarios.Catalog{&broken})}
	s.Render(100, 30)
	s.keys("down enter")
	if screen := s.Render(100, 30).String(); s.open != nil || !strings.Contains(screen, "echo/bad.yaml:4") {
		t.Errorf("opened %v, shows\n%s", s.open, screen)
	}
	empty := &session{Catalogue: panes.NewCatalogue(nil)}
	empty.Render(80, 24)
	empty.keys("enter tab down enter 'abc' enter left esc right")
	if empty.open != nil {
		t.Error("opened something of nothing")
	}
	empty.Render(80, 24)
}

// TestAnyKeys presses anything at any size, and clicks: nothing breaks, and every line is
// as wide as it was asked for.
func TestAnyKeys(t *testing.T) {
	keys := rapid.SampledFrom([]string{"up", "down", "pgup", "pgdown", "home", "end", "left", "right", "tab", "enter", "esc", "space", "backspace",
		"delete", "ctrl+u", "ctrl+w", "ctrl+k", "a", "r", "1", "0", "/", "s", "猫", "é", "f5"})
	size := rapid.OneOf(rapid.IntRange(0, 30), rapid.IntRange(0, 200))
	catalogue := panes.NewCatalogue(nodes.All)
	rapid.Check(t, func(t *rapid.T) {
		s := session{Catalogue: catalogue}
		for range rapid.IntRange(1, 25).Draw(t, "times") {
			w, h := size.Draw(t, "width"), size.Draw(t, "height")
			wide(t, s.Render(w, h), w, h)
			switch rapid.IntRange(0, 5).Draw(t, "what") {
			case 0:
				s.Click(rapid.IntRange(-1, w).Draw(t, "x"), rapid.IntRange(-1, h).Draw(t, "y"))
			case 1:
				s.Wheel(rapid.IntRange(-100, 100).Draw(t, "rows"))
			default:
				key := keys.Draw(t, "key")
				text := ""
				if len([]rune(key)) == 1 {
					text = key
				}
				s.Press(key, text)
			}
		}
	})
}

func wide(t interface{ Fatalf(string, ...any) }, c *draw.Canvas, w, h int) {
	if c.Width() > w || c.Height() > h {
		t.Fatalf("%d by %d, asked for %d by %d", c.Width(), c.Height(), w, h)
	}
	for line := range strings.SplitSeq(draw.Themes[0].Render(c), "\n") {
		if got := ansi.StringWidth(line); c.Height() > 0 && got != c.Width() {
			t.Fatalf("%q has %d columns, expected %d", line, got, c.Width())
		}
	}
}

// files are texts by path.
type files map[string]string

func (f files) fs() fs.FS {
	m := fstest.MapFS{}
	for path, text := range f { // order-free: into a map
		m[path] = &fstest.MapFile{Data: []byte(text)}
	}
	return m
}
