package tui

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/panes"
	"github.com/orrery-sim/orrery/tui/play"
	"github.com/orrery-sim/orrery/tui/tape"
)

// offer is an act that is offered: what it does, and whether it is to be completed
// before it is done.
type offer struct {
	what string
	edit bool
}

// act is something to do, and what it is for.
type act struct{ what, help string }

// nodeActs, linkActs and so on are what can be done to what is selected, %s. The amounts
// are a beginning: e changes them, as it changes everything else in the line.
var (
	nodeActs = []act{
		{"crash %s", "its memory is lost, its disk is not"},
		{"restart %s", "crash and boot again at once"},
		{"pause %s", "it stops, and keeps its memory"},
		{"isolate %s", "cut off from the other servers"},
		{"slow 10x %s", "its processor is slow"},
		{"stress 2 workers 80%% %s", "others take its processor"},
		{"clock jump 2s %s", "its clock is wrong at once"},
		{"clock drift +50000ppm %s", "its clock runs fast"},
		{"disk slow 20x %s", "its disk is slow"},
		{"disk full %s", "nothing more can be written"},
		{"disk sync-error 10%% %s", "some syncs fail"},
		{"wipe %s", "crash, and its disk is lost"},
		{"power-loss %s", "crash, and what was not synced may be lost"},
		{"errors 10%% %s", "it answers some requests with an error"},
		{"delay 100ms %s", "all its links are slow"},
		{"loss 20%% %s", "its links lose messages"},
	}
	linkActs = []act{
		{"cut %s", "nothing gets through"},
		{"delay 100ms %s", "messages take longer"},
		{"loss 20%% %s", "some messages are lost"},
		{"hold %s", "messages are kept back"},
		{"duplicate 10%% %s", "some messages arrive twice"},
		{"reorder 25%% %s", "some messages are overtaken"},
		{"corrupt 1%% %s", "some messages are damaged"},
		{"bandwidth 64KB/s %s", "messages wait for room"},
		{"lookup-failure %s", "the name is not found"},
	}
	messageActs = []act{
		{"drop message %s", "it is lost"},
		{"deliver message %s", "it arrives now"},
		{"hold message %s", "it is kept back until that is ended"},
	}
	allActs = []act{
		{"crash leader", "whoever leads at that moment"},
		{"crash random 1", "one of the servers"},
		{"isolate leader", "whoever leads, from the other servers"},
		{"partition majority | minority", "servers in two groups, the leader in the smaller"},
		{"loss 20% all", "all links lose messages"},
		{"delay 100ms all", "all links are slow"},
		{"load 5x", "clients ask more often"},
	}
)

// acts offers what can be done, to what is selected first.
func (p *player) acts(m *Model) tea.Cmd {
	p.playing = false
	var entries []panes.Entry
	add := func(what, help string) {
		entries = append(entries, panes.Entry{Name: what, Help: help, ID: offer{what: what}})
	}
	s, on := p.selected, ""
	list := nodeActs
	switch {
	case s.Peer != "":
		list, on = linkActs, s.Node+" -> "+s.Peer
	case s.Node != "":
		on = s.Node
	case s.Message != 0:
		list, on = messageActs, strconv.FormatUint(s.Message, 10)
	}
	if on != "" {
		for _, a := range list {
			add(fmt.Sprintf(a.what, on), a.help)
		}
	}
	for i, f := range p.session().Script().Acts {
		if f.For == 0 && f.At <= p.session().At() {
			entries = append(entries, panes.Entry{Name: "end of " + f.What.String(), Help: "mend what was done at " + draw.Clock(f.At), ID: i})
		}
	}
	for _, a := range allActs {
		if _, err := p.sound(a.what); err == nil { // not every system has a leader
			add(a.what, a.help)
		}
	}
	entries = append(entries, panes.Entry{Name: "write a fault", Help: "anything that orrery explain faults lists", ID: offer{on, true}})
	if on == "" {
		entries = append(entries, otherActs()...)
	}
	box := panes.NewPalette(entries)
	box.Title = "do at " + draw.Clock(p.session().Now())
	box.Hint, box.None = "words to find something, or a fault such as crash n2", "%q is no fault: orrery explain faults lists them"
	box.Typed = p.typedAct
	return m.choosePalette(box, func(m *Model, e panes.Entry) tea.Cmd {
		if i, isEnd := e.ID.(int); isEnd {
			return m.player.end(m, i)
		}
		o := e.ID.(offer)
		if o.edit {
			return m.player.writeFault(m, o.what)
		}
		return m.player.do(m, o.what)
	})
}

// otherActs are the examples of all faults, to be changed before they are done.
func otherActs() []panes.Entry {
	var entries []panes.Entry
	for i := range faults.Catalog {
		f, err := faults.Parse(faults.Catalog[i].Example)
		if err != nil {
			continue
		}
		what := f.What.String()
		if !slices.ContainsFunc(allActs, func(a act) bool { return a.what == what }) {
			entries = append(entries, panes.Entry{Name: what + " …", Help: faults.Catalog[i].Doc, ID: offer{what, true}})
		}
	}
	return entries
}

// typedAct takes what was typed as a fault, if it is one that can be done now.
func (p *player) typedAct(text string) (panes.Entry, bool) {
	what, err := p.sound(text)
	return panes.Entry{Name: what, Help: "as you typed it", ID: offer{what: what}}, err == nil
}

// sound says how the faults are written, if they can be done now.
func (p *player) sound(text string) (what string, err error) {
	w, err := faults.ParseWhat(text)
	if err != nil {
		return "", err
	}
	what = w.String()
	_, err = p.session().Script().Do(p.session().Now(), what)
	return what, err
}

// writeFault asks for a fault in words.
func (p *player) writeFault(m *Model, begin string) tea.Cmd {
	return m.ask("do now", begin, "such as crash n1, cut n1 -> n2, loss 20% all; without an end it stays", func(text string) error {
		_, err := m.player.sound(text)
		return err
	}, func(m *Model, text string) tea.Cmd { return m.player.do(m, text) })
}

// end ends what was done by hand.
func (p *player) end(m *Model, act int) tea.Cmd {
	if err := p.session().End(act); err != nil {
		return m.try(err)
	}
	p.changed()
	return m.say("it ends at " + draw.Clock(p.session().At()) + "   (u takes it back)")
}

func (p *player) undo(m *Model) tea.Cmd {
	did, err := p.session().Undo()
	switch {
	case err != nil:
		return m.try(err)
	case did == "":
		return m.say("there is nothing to take back")
	}
	p.forget()
	p.changed()
	return m.say("taken back: " + did + "   (U makes it again)")
}

func (p *player) redo(m *Model) tea.Cmd {
	did, err := p.session().Redo()
	switch {
	case err != nil:
		return m.try(err)
	case did == "":
		return m.say("there is nothing to make again")
	}
	p.forget()
	p.changed()
	return m.say("made again: " + did)
}

// change goes on with another script.
func (p *player) change(m *Model, script play.Script, did string) tea.Cmd {
	if err := p.session().Change(script, did); err != nil {
		return m.try(err)
	}
	p.forget()
	p.changed()
	return m.say(did + "   (u takes it back)")
}

// interventions lists what is done to the run: the scenario's own faults, and what was
// done by hand.
func (p *player) interventions(m *Model) tea.Cmd {
	script := p.session().Script()
	var entries []panes.Entry
	for i, f := range script.Acts {
		entries = append(entries, panes.Entry{Name: f.String(), Help: "done by hand: leave it out", ID: func(m *Model) tea.Cmd {
			return p.change(m, script.Without(i), "left out: "+f.String())
		}})
	}
	for i, f := range script.Scenario.Faults {
		help, did := "the scenario's own: leave it out", "left out: "+f.String()
		if slices.Contains(script.Off, i) {
			help, did = "the scenario's own, left out: let it in again", "let in again: "+f.String()
		}
		entries = append(entries, panes.Entry{Name: f.String(), Help: help, ID: func(m *Model) tea.Cmd {
			return p.change(m, script.Switch(i), did)
		}})
	}
	if script.Scenario.Storm != nil {
		entries = append(entries, p.stormEntries()...)
	}
	if len(entries) == 0 {
		return m.say("nothing is done to this run: a breaks something")
	}
	return m.choose("done to the run: enter changes it", entries, func(m *Model, e panes.Entry) tea.Cmd { return e.ID.(func(m *Model) tea.Cmd)(m) })
}

// stormEntries are the faults that a storm has drawn, which cannot be left out one by one:
// enter goes there.
func (p *player) stormEntries() []panes.Entry {
	var entries []panes.Entry
	t := p.session().Tape()
	for _, mark := range t.Marks() {
		e, ok := t.Event(mark.Event)
		if !ok || mark.Kind != tape.MarkFault || e.Cause != 0 || p.byHand(mark.Text) {
			continue
		}
		entries = append(entries, panes.Entry{Name: mark.Text, Help: "of the storm, drawn from the seed: go there", ID: func(m *Model) tea.Cmd {
			p.halt()
			p.goTo(mark.Event)
			return nil
		}})
	}
	return entries
}

// byHand says whether a fault, as it is told, was done by hand.
func (p *player) byHand(text string) bool {
	return slices.ContainsFunc(p.session().Script().Acts, func(f faults.Fault) bool { return f.String() == text })
}

// knobs asks for the seed and the knobs.
func (p *player) knobs(m *Model) tea.Cmd {
	script := p.session().Script()
	values, err := script.Base().Settings(script.Options())
	if err != nil {
		return m.try(err)
	}
	fields := []panes.Field{{Name: "seed", Help: "what all chance is drawn from", Value: strconv.FormatUint(script.Seed, 10), Check: func(v string) error {
		_, err := strconv.ParseUint(v, 10, 64)
		if err != nil {
			return fmt.Errorf("seed %q: expected a whole number from 0 to 18446744073709551615", v)
		}
		return nil
	}}}
	list := script.Scenario.System.Knobs
	for i := range list {
		k := &list[i]
		fields = append(fields, panes.Field{Name: k.Name, Help: k.Help, Value: values[k.Name], Choices: k.Choices, Toggle: k.Flips(), Check: k.Check})
	}
	ask := panes.NewAsk("knobs", fields...)
	next := func() play.Script {
		s := script
		s.Seed, _ = strconv.ParseUint(ask.Value("seed"), 10, 64)
		s.Knobs = scenarios.Values{}
		for i := range list {
			if v := ask.Value(list[i].Name); v != values[list[i].Name] || script.Knobs[list[i].Name] != "" {
				s.Knobs[list[i].Name] = v
			}
		}
		return s
	}
	ask.Check = func([]string) error { return next().Check() }
	m.overlay = &overlay{box: ask, done: func(m *Model) tea.Cmd {
		return p.change(m, next(), "run anew with "+strings.TrimPrefix(next().String(), script.Scenario.FullName()+" "))
	}}
	return nil
}

// save asks for a name and saves.
func (p *player) save(m *Model) tea.Cmd {
	script := p.session().Script()
	return m.saveAs(script, script.Scenario.Name+"-by-hand", nil)
}

// saveAs asks for a name, again if something was wrong with the one before.
func (m *Model) saveAs(script play.Script, name string, wrong error) tea.Cmd {
	m.ask("save as", name, "writes NAME.yaml, which orrery run takes, and NAME_test.go, which go test runs", play.CheckName, func(m *Model, name string) tea.Cmd {
		m.say("saving: the run is run once more …")
		dir := m.config.Dir
		return func() tea.Msg {
			saved, err := play.Save(script, dir, name)
			return done(func(m *Model) tea.Cmd {
				switch {
				case err != nil && m.overlay == nil && m.player != nil:
					m.say("")
					return m.saveAs(script, name, err)
				case err != nil:
					return m.try(err)
				}
				m.hints.Done("save")
				return m.tellSaved(saved)
			})
		}
	})
	if l, ok := m.overlay.box.(*line); ok && wrong != nil {
		l.Error = oneLine(wrong)
	}
	return nil
}

// tellSaved shows what was written, and what to do with it.
func (m *Model) tellSaved(saved play.Saved) tea.Cmd {
	program := m.config.program()
	ask := panes.NewAsk("saved")
	ask.Text = fmt.Sprintf("%s\n%s\n\nThe run ends as %s. To repeat it:\n\n  %s run %s\n  %s", saved.Scenario, saved.Test, saved.Outcome, program, saved.Scenario, saved.Run)
	m.say("saved " + filepath.Base(saved.Scenario) + " and " + filepath.Base(saved.Test))
	m.overlay = &overlay{box: ask}
	return nil
}

// program is what a person types to run orrery.
func (c *Config) program() string {
	if c.Script != nil && c.Script.Program != "" {
		return c.Script.Program
	}
	return "orrery"
}
