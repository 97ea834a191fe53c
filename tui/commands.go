package tui

import (
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/panes"
)

// command is something that a person can ask for, by a key or by name. Help, the palette
// and the answers to keys are all made from lists of them.
type command struct {
	group string // in the help
	name  string // in the palette
	help  string
	keys  []string
	first bool // its keys are never a pane's
	brief string
	run   func(m *Model) tea.Cmd
}

// keyNames are how keys are shown.
var keyNames = strings.NewReplacer("left", "←", "right", "→", "shift+tab", "⇧tab")

func (c *command) binding() key.Binding {
	var names []string
	for _, k := range c.keys {
		names = append(names, keyNames.Replace(k))
	}
	return key.NewBinding(key.WithKeys(c.keys...), key.WithHelp(strings.Join(names, " "), c.help))
}

func find(commands []command, key string) *command {
	for i := range commands {
		if slices.Contains(commands[i].keys, key) {
			return &commands[i]
		}
	}
	return nil
}

func runCommand(m *Model, commands []command, key string) tea.Cmd {
	if c := find(commands, key); c != nil {
		return c.run(m)
	}
	return nil
}

// of makes a command's function of one of the player's.
func of(f func(p *player, m *Model) tea.Cmd) func(m *Model) tea.Cmd {
	return func(m *Model) tea.Cmd { return f(m.player, m) }
}

// simply makes a command's function of one that only changes the player.
func simply(f func(p *player)) func(m *Model) tea.Cmd {
	return func(m *Model) tea.Cmd { f(m.player); return nil }
}

// catalogueCommands are those that there are in the catalogue.
func catalogueCommands() []command {
	return []command{
		{group: "player", name: "help", help: "these keys", keys: []string{"?"}, brief: "help", run: func(m *Model) tea.Cmd { return m.help(catalogueCommands(), "catalogue", m.catalogue.Keys()) }},
		{group: "player", name: "commands", help: "find a command by name", keys: []string{":"}, brief: "commands", run: func(m *Model) tea.Cmd { return m.palette(catalogueCommands()) }},
		{group: "player", name: "theme", help: "other colours, or none", keys: []string{"ctrl+t"}, run: (*Model).chooseTheme},
		{group: "player", name: "hints", help: "turn hints on or off", run: (*Model).turnHints},
		{group: "player", name: "quit", help: "leave", keys: []string{"esc"}, brief: "quit", run: (*Model).quit},
	}
}

// playerCommands are those that there are while a run is shown.
func playerCommands() []command {
	return slices.Concat(leaveCommands(), timeCommands(), actCommands(), viewCommands())
}

func actCommands() []command {
	return []command{
		{group: "acting", name: "act", help: "break or mend something, now", keys: []string{"a"}, brief: "act", run: of((*player).acts)},
		{group: "acting", name: "partition", help: "cut links, in a table of from and to", keys: []string{"P"}, run: of((*player).cutLinks)},
		{group: "acting", name: "interventions", help: "all that is done to the run: end it, leave it out", keys: []string{"i"}, brief: "done so far", run: of((*player).interventions)},
		{group: "acting", name: "undo", help: "take the last change back", keys: []string{"u"}, brief: "undo", run: of((*player).undo)},
		{group: "acting", name: "redo", help: "make it again", keys: []string{"U", "ctrl+r"}, run: of((*player).redo)},
		{group: "acting", name: "knobs", help: "turn a knob of the system, or take another seed", keys: []string{"K"}, run: of((*player).knobs)},
		{group: "acting", name: "save", help: "save as a scenario file and a Go test", keys: []string{"S"}, brief: "save", run: of((*player).save)},
		{group: "asking", name: "why", help: "what led to the event shown; again: one cause further back", keys: []string{"w"}, brief: "why", run: of((*player).whyHere)},
		{group: "asking", name: "why, forward", help: "one cause less far back", keys: []string{"W"}, run: of((*player).whyForward)},
		{group: "asking", name: "fork", help: "what if: a second run beside this one, to be changed from here on", keys: []string{"b"}, brief: "what if", run: of((*player).fork)},
		{group: "asking", name: "other run", help: "act on the other of the two runs", keys: []string{"o"}, run: simply((*player).other)},
		{group: "asking", name: "first difference", help: "go to where the two runs part", keys: []string{"D"}, run: of((*player).toDifference)},
		{group: "asking", name: "close fork", help: "go on with the run that is acted on alone", keys: []string{"X"}, run: of((*player).closeFork)},
		{group: "asking", name: "over seeds", help: "run many seeds, and see where this one stands", keys: []string{"O"}, run: of((*player).openSeeds)},
	}
}

func viewCommands() []command {
	list := []command{
		{group: "screen", name: "next pane", help: "go to the next pane", keys: []string{"tab"}, first: true, brief: "pane", run: simply(func(p *player) { p.turn(1) })},
		{group: "screen", name: "previous pane", help: "go to the one before", keys: []string{"shift+tab"}, first: true, run: simply(func(p *player) { p.turn(-1) })},
		{group: "screen", name: "zoom", help: "this pane alone, and back", keys: []string{"z"}, run: simply(func(p *player) { p.zoom = !p.zoom })},
	}
	for i, name := range paneNames {
		list = append(list, command{
			group: "screen", name: "show " + name, help: "the pane " + name, keys: []string{string(rune('1' + i))}, first: true,
			run: simply(func(p *player) { p.reveal(i) }),
		})
	}
	return list
}

// leaveCommands are about the player itself.
func leaveCommands() []command {
	return []command{
		{group: "player", name: "help", help: "these keys", keys: []string{"?"}, first: true, brief: "help", run: (*Model).playerHelp},
		{group: "player", name: "commands", help: "find a command by name", keys: []string{":"}, first: true, brief: "commands", run: func(m *Model) tea.Cmd { return m.palette(playerCommands()) }},
		{group: "player", name: "theme", help: "other colours, or none", keys: []string{"T"}, run: (*Model).chooseTheme},
		{group: "player", name: "hints", help: "turn hints on or off", run: (*Model).turnHints},
		{group: "player", name: "back", help: "end what was begun; go back to the catalogue", keys: []string{"esc"}, run: (*Model).back},
		{group: "player", name: "quit", help: "go back to the catalogue, and from there leave", keys: []string{"q"}, brief: "quit", run: (*Model).toCatalogue},
	}
}

// help shows the keys: those of what has the focus first.
func (m *Model) help(commands []command, title string, own []key.Binding) tea.Cmd {
	sections := []panes.Section{{Title: title, Keys: own}}
	for i := range commands {
		c := &commands[i]
		if len(c.keys) == 0 {
			continue
		}
		if sections[len(sections)-1].Title != c.group {
			sections = append(sections, panes.Section{Title: c.group})
		}
		last := &sections[len(sections)-1]
		last.Keys = append(last.Keys, c.binding())
	}
	m.overlay = &overlay{box: helpBox{&panes.Help{Sections: sections}}}
	m.hints.Done("help")
	return nil
}

func (m *Model) playerHelp() tea.Cmd {
	pane := m.player.pane(m.player.focus)
	return m.help(playerCommands(), pane.Title(), pane.Keys())
}

// palette lets a command be found by name.
func (m *Model) palette(commands []command) tea.Cmd {
	var entries []panes.Entry
	for i := range commands {
		c := &commands[i]
		entries = append(entries, panes.Entry{Name: c.name, Help: c.help, Keys: c.binding().Help().Key, ID: c})
	}
	return m.choose("commands", entries, func(m *Model, e panes.Entry) tea.Cmd { return e.ID.(*command).run(m) })
}

// chooseTheme lets another theme be chosen.
func (m *Model) chooseTheme() tea.Cmd {
	var entries []panes.Entry
	for _, t := range draw.Themes {
		entries = append(entries, panes.Entry{Name: t.Name, Help: t.Help, ID: t})
	}
	return m.choose("theme", entries, func(m *Model, e panes.Entry) tea.Cmd {
		m.theme = e.ID.(*draw.Theme)
		return nil
	})
}

func (m *Model) turnHints() tea.Cmd {
	if m.hints.Off = !m.hints.Off; m.hints.Off {
		return m.say("hints are off")
	}
	return m.say("hints are on")
}

// back ends what was begun last, and goes to the catalogue when nothing was.
func (m *Model) back() tea.Cmd {
	p := m.player
	switch {
	case p.selected != (panes.Selection{}): // why selects nothing: this came later
		p.selected = panes.Selection{}
	case p.chain != nil:
		p.chain = nil
	case p.zoom:
		p.zoom = false
	default:
		if hint, ok := m.hints.Current(); ok {
			m.hints.Done(hint.ID)
			return nil
		}
		return m.say("q goes back to the catalogue")
	}
	return nil
}

// toCatalogue leaves the run; what was done to it by hand is asked about before.
func (m *Model) toCatalogue() tea.Cmd {
	leave := func(m *Model) tea.Cmd {
		m.player.close()
		m.player, m.overlay = nil, nil
		return nil
	}
	if len(m.player.session().Script().Acts) == 0 {
		return leave(m)
	}
	return m.choose("leave this run?", []panes.Entry{
		{Name: "stay", Help: "go on with the run"},
		{Name: "save", Help: "save what was done, as a scenario file and a Go test", ID: of((*player).save)},
		{Name: "leave", Help: "forget what was done by hand", ID: leave},
	}, func(m *Model, e panes.Entry) tea.Cmd {
		if run, ok := e.ID.(func(m *Model) tea.Cmd); ok {
			return run(m)
		}
		return nil
	})
}
