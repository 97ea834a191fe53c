package tui

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/panes"
	"github.com/orrery-sim/orrery/tui/play"
)

// Config says what the player begins with.
type Config struct {
	Catalog    scenarios.Catalog
	Script     *play.Script // to open; nil shows the catalogue
	At         uint64       // the event to begin at
	Theme      *draw.Theme
	NoHints    bool
	KnownHints []string // that need not be shown
	Dir        string   // where sessions are saved
}

// Model is the player.
type Model struct {
	config        Config
	theme         *draw.Theme
	width, height int

	catalogue *panes.Catalogue
	player    *player // nil while the catalogue is shown
	overlay   *overlay
	hints     panes.Hints
	notice    string         // of what was just done, or what is wrong
	wrong     bool           // the notice says what is wrong
	ticking   bool           // a frame is on its way
	fresh     int            // frames to come even if nothing moves: what is drawn may ask for what has to be run again
	timer     func() tea.Cmd // that brings it
}

// The size of the terminal below which there is no room.
const (
	minWidth  = 60
	minHeight = 16
)

// frameTime is how long a frame is shown.
const frameTime = 40 * time.Millisecond

// lookAgain is how many frames follow on what somebody does.
const lookAgain = 2

// frame is the message that time has passed on the wall.
type frame struct{ passed time.Duration }

// New makes the player. What cannot be opened is an error.
func New(config Config) (*Model, error) {
	m := &Model{config: config, theme: config.Theme, width: 80, height: 24, timer: nextFrame}
	if m.theme == nil {
		m.theme = draw.Themes[0]
	}
	m.hints = panes.Hints{Hints: firstHints, Off: config.NoHints}
	for _, id := range config.KnownHints {
		m.hints.Done(id)
	}
	if config.Script != nil {
		if err := m.open(*config.Script); err != nil {
			return nil, err
		}
		if config.At > 0 {
			m.player.session().Go(config.At)
		}
	}
	m.catalogue = panes.NewCatalogue(config.Catalog)
	return m, nil
}

// open begins to play a script.
func (m *Model) open(script play.Script) error {
	s, err := play.Open(script)
	if err != nil {
		return err
	}
	if m.player != nil {
		m.player.close()
	}
	m.player = newPlayer(s)
	m.notice = ""
	return nil
}

// Init begins.
func (m *Model) Init() tea.Cmd {
	if m.config.Theme == nil {
		return tea.Batch(tea.RequestBackgroundColor, m.tick())
	}
	return m.tick()
}

// tick asks for a frame, if something moves and none is on its way.
func (m *Model) tick() tea.Cmd {
	if m.ticking || m.player == nil || !m.player.moves() && m.fresh <= 0 {
		return nil
	}
	m.ticking = true
	return m.timer()
}

// nextFrame is a frame after its time.
func nextFrame() tea.Cmd {
	asked := time.Now()
	return tea.Tick(frameTime, func(now time.Time) tea.Msg { return frame{now.Sub(asked)} })
}

// Update answers what has happened. It never waits.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	var c tea.Cmd
	fresh := m.fresh
	m.fresh = lookAgain
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.KeyPressMsg:
		c = m.press(msg.String(), msg.Text)
	case tea.BackgroundColorMsg:
		if m.config.Theme == nil && !msg.IsDark() {
			m.theme, _ = draw.ThemeNamed("light")
		}
	case tea.PasteMsg:
		c = m.paste(msg.Content)
	case tea.MouseMsg:
		c = m.mouse(msg)
	case frame:
		m.ticking, m.fresh = false, fresh-1
		if m.player != nil {
			c = m.player.frame(m, min(msg.passed, time.Second/4))
		}
	case done:
		c = msg(m)
	}
	return m, tea.Batch(c, m.tick())
}

// done is the message that something in the background has ended: what to do then.
type done func(m *Model) tea.Cmd

// press answers a key.
func (m *Model) press(key, text string) tea.Cmd {
	m.notice, m.wrong = "", false
	switch {
	case key == "ctrl+c", key == "q" && m.small():
		return m.quit()
	case key == "ctrl+z":
		return tea.Suspend
	case m.overlay != nil:
		return m.overlay.press(m, key, text)
	case m.player == nil:
		return m.browse(key, text)
	}
	return m.player.press(m, key, text)
}

// browse answers a key in the catalogue.
func (m *Model) browse(key, text string) tea.Cmd {
	if c := find(catalogueCommands(), key); c != nil && key != "esc" && !m.catalogue.Typing() {
		return c.run(m)
	}
	open, left := m.catalogue.Press(key, text)
	if left {
		return m.quit()
	}
	return m.openChosen(open)
}

func (m *Model) openChosen(o *panes.Open) tea.Cmd {
	if o == nil {
		return nil
	}
	return m.try(m.open(play.Script{Scenario: o.Scenario, Seed: o.Seed, Knobs: o.Knobs, Mutant: o.Mutant}))
}

// paste puts text where it can be typed.
func (m *Model) paste(text string) tea.Cmd {
	text = strings.TrimRight(text, "\r\n")
	switch {
	case m.overlay != nil:
		m.overlay.paste(text)
		return nil
	case m.player == nil:
		m.catalogue.Insert(text)
		return nil
	}
	for _, r := range text {
		if m.player.typing() {
			m.press(string(r), string(r))
		}
	}
	return nil
}

// quit ends the player.
func (m *Model) quit() tea.Cmd {
	if m.player != nil {
		m.player.close()
	}
	return tea.Quit
}

// say tells something below the panes.
func (m *Model) say(text string) tea.Cmd {
	m.notice, m.wrong = text, false
	return nil
}

// try tells what is wrong, if something is.
func (m *Model) try(err error) tea.Cmd {
	if err != nil {
		m.notice, m.wrong = oneLine(err), true
	}
	return nil
}

// oneLine is an error on one line.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// View draws the screen.
func (m *Model) View() tea.View {
	v := tea.NewView(m.theme.Render(m.Canvas()))
	v.AltScreen = true
	v.MouseMode = tea.MouseModeCellMotion
	v.WindowTitle = "orrery"
	return v
}

// small says whether there is no room for anything.
func (m *Model) small() bool { return m.width < minWidth || m.height < minHeight }

// Canvas returns what is on the screen.
func (m *Model) Canvas() *draw.Canvas {
	c := draw.New(m.width, m.height)
	if m.small() {
		for y, line := range draw.Wrap("The terminal has "+size(m.width, m.height)+", and "+size(minWidth, minHeight)+" are needed. Make it larger, or press q to quit.", m.width) {
			c.Text(0, y, line, draw.Warn)
		}
		return c
	}
	if m.player == nil {
		c.Paste(0, 0, m.catalogue.Render(m.width, m.height-1))
		m.footer(c, catalogueCommands())
	} else {
		m.player.draw(m, c)
	}
	if m.overlay != nil {
		m.overlay.draw(c)
	}
	return c
}
