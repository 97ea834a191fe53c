package tui_test

import (
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/orrery-sim/orrery/nodes"
	"github.com/orrery-sim/orrery/tui"
	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/play"
)

// BenchmarkKeys is how long the player takes to answer a key, and to draw what comes of
// it, at a million events: raft/calm for 300 s, at 160x48, from the middle of the run.
func BenchmarkKeys(b *testing.B) {
	s, err := nodes.All.Load("raft/calm")
	if err != nil {
		b.Fatal(err)
	}
	long := *s
	long.Run = 300 * time.Second
	m, err := tui.New(tui.Config{Catalog: nodes.All, Theme: draw.Themes[0], NoHints: true, Script: &play.Script{Scenario: &long, Seed: 1}})
	if err != nil {
		b.Fatal(err)
	}
	p := seat(b, m, 160, 48)
	press := func(b *testing.B, keys ...tea.Msg) {
		worst := time.Duration(0)
		defer func() { b.ReportMetric(float64(worst)/float64(time.Millisecond), "worst-ms") }()
		for i := 0; b.Loop(); i++ {
			b.StopTimer()
			if i%50 == 0 { // some keys lead to the end of the run
				p.keys("G", "150s", "enter")
				p.m.View()
			}
			b.StartTimer()
			for _, key := range keys {
				begin := time.Now()
				p.send(key)
				p.m.View()
				worst = max(worst, time.Since(begin))
			}
		}
	}
	key := func(name string) tea.Msg {
		if k, named := tui.KeyNamed(name); named {
			return k
		}
		return tea.KeyPressMsg{Code: rune(name[0]), Text: name}
	}
	for _, k := range []string{".", ",", ">", "<", "}", "{", ")", "(", "F", "alt+f", "E", "alt+e", "V", "end", "home"} {
		b.Run("key="+k, func(b *testing.B) { press(b, key(k)) })
	}
	b.Run("frame", func(b *testing.B) { press(b, tui.Frame(0)) })
	b.Run("playing", func(b *testing.B) {
		p.keys("G", "150s", "enter", "space")
		press(b, tui.Frame(40*time.Millisecond))
		p.keys("space")
	})
	for _, pane := range []string{"1", "2", "3", "4", "5", "6", "7", "8"} {
		p.keys(pane, "z")
		b.Run("pane="+pane, func(b *testing.B) { press(b, key(","), key(".")) })
		p.keys("z")
	}
	p.keys("1", "G", "150s", "enter", "b").wait().keys("a", "crash leader", "enter").wait()
	b.Run("fork", func(b *testing.B) { press(b, key(","), key(".")) })
	b.Run("compare", func(b *testing.B) { press(b, tui.Frame(0)) })
}
