package tui_test

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/orrery-sim/orrery/nodes"
	"github.com/orrery-sim/orrery/tui"
	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/play"
)

// helper is a test, of testing or of rapid.
type helper interface {
	Helper()
	Fatalf(format string, args ...any)
	Cleanup(f func())
}

// person sits in front of the player.
type person struct {
	t helper
	m *tui.Model
}

// sit opens the player with a scenario, or with the catalogue. A scenario in which nothing
// happens is cut short: the race detector makes it long enough.
func sit(t testing.TB, scenario string, seed uint64, width, height int) *person {
	t.Helper()
	config := tui.Config{Catalog: nodes.All, Theme: draw.Themes[0], Dir: t.TempDir()}
	if scenario != "" {
		s, err := nodes.All.Load(scenario)
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Faults) == 0 {
			s.Run, s.Settle = min(s.Run, 9*time.Second), min(s.Settle, time.Second)
		}
		config.Script = &play.Script{Scenario: s, Seed: seed}
	}
	m, err := tui.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return seat(t, m, width, height)
}

// seat puts a person in front of a player.
func seat(t helper, m *tui.Model, width, height int) *person {
	t.Helper()
	m.WithoutFrames()
	p := &person{t, m}
	t.Cleanup(func() { p.keys("ctrl+c") })
	p.tell(m.Init())
	p.send(tea.WindowSizeMsg{Width: width, Height: height})
	return p.wait()
}

// send gives the player a message, and then those that come of it.
func (p *person) send(msg tea.Msg) {
	_, cmd := p.m.Update(msg)
	p.tell(cmd)
}

// tell runs a command, and gives the player what it says. Frames come from wait.
func (p *person) tell(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case nil, tea.QuitMsg:
	case tea.BatchMsg:
		for _, c := range msg {
			p.tell(c)
		}
	default:
		p.send(msg)
	}
}

// wait lets the run, and whatever else goes on, come to its end.
func (p *person) wait() *person {
	p.t.Helper()
	for range 10_000 {
		if !p.m.Moves() {
			return p
		}
		p.send(tui.Frame(0))
		time.Sleep(time.Millisecond)
	}
	p.t.Fatalf("it does not come to rest:\n%s", p.screen())
	return p
}

// keys presses keys, by their names; what has no name is typed.
func (p *person) keys(keys ...string) *person {
	p.t.Helper()
	for _, k := range keys {
		if msg, named := tui.KeyNamed(k); named {
			p.send(msg)
			continue
		}
		for _, r := range k {
			p.send(tea.KeyPressMsg{Code: r, Text: string(r)})
		}
	}
	return p
}

func (p *person) screen() string { return p.m.Canvas().String() }

// lacks says that texts are not on the screen.
func (p *person) lacks(texts ...string) *person {
	p.t.Helper()
	for _, text := range texts {
		if strings.Contains(p.screen(), text) {
			p.t.Fatalf("%q is on the screen:\n%s", text, p.screen())
		}
	}
	return p
}

// sees says that there is a text on the screen.
func (p *person) sees(texts ...string) *person {
	p.t.Helper()
	for _, text := range texts {
		if !strings.Contains(p.screen(), text) {
			p.t.Fatalf("%q is not on the screen:\n%s", text, p.screen())
		}
	}
	return p
}
