package tui

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
)

// Frame is the message that time has passed on the wall.
func Frame(passed time.Duration) tea.Msg { return frame{passed} }

// Moves says whether frames are needed.
func (m *Model) Moves() bool { return m.player != nil && !m.player.playing && m.player.moves() }

// WithoutFrames lets the model have frames only when a test sends them.
func (m *Model) WithoutFrames() { m.timer = func() tea.Cmd { return nil } }

// AllKeys are the keys of all commands.
var AllKeys = func() string {
	var keys []string
	for _, c := range playerCommands() {
		keys = append(keys, c.keys...)
	}
	return strings.Join(keys, " ")
}()

var named = map[string]rune{
	"enter": tea.KeyEnter, "esc": tea.KeyEscape, "space": tea.KeySpace, "tab": tea.KeyTab, "up": tea.KeyUp, "down": tea.KeyDown,
	"left": tea.KeyLeft, "right": tea.KeyRight, "home": tea.KeyHome, "end": tea.KeyEnd, "backspace": tea.KeyBackspace,
	"pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown,
}

// KeyNamed is the key of a name such as enter or ctrl+c.
func KeyNamed(name string) (tea.KeyPressMsg, bool) {
	for prefix, mod := range map[string]tea.KeyMod{"ctrl+": tea.ModCtrl, "alt+": tea.ModAlt, "shift+": tea.ModShift} { // order-free: one fits
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			key, isNamed := KeyNamed(rest)
			if !isNamed {
				key.Code = rune(rest[0])
			}
			key.Mod |= mod
			return key, true
		}
	}
	code, ok := named[name]
	return tea.KeyPressMsg{Code: code}, ok
}
