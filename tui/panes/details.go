package panes

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/tui/draw"
)

// turned is what a person has set differently from the scenario.
type turned struct {
	seed   string // "" is the scenario's
	mutant string // as in scenarios.Options
	knobs  scenarios.Values
}

func (t *turned) any() bool { return t.seed != "" || t.mutant != "" || len(t.knobs) > 0 }

// setting is something of a run that can be chosen.
type setting struct {
	kind settingKind
	knob *scenarios.Knob
}

type settingKind uint8

const (
	settingOpen settingKind = iota // no setting: the run is opened
	settingSeed
	settingMutant
	settingKnob
)

// details tells of a system, or of a scenario and how it is to be run.
type details struct {
	item     *item
	settings []setting
	at       int // of the settings
	top      int // line that is seen first
	follow   bool
	editing  *Input // the value of the setting, while it is typed
	error    string

	page page // as it was drawn last
}

// show changes what is told of.
func (d *details) show(it *item) {
	if it == d.item && it != nil {
		return
	}
	*d = details{item: it}
	if it == nil || it.scenario == nil {
		return
	}
	d.settings = []setting{{kind: settingOpen}, {kind: settingSeed}}
	if len(it.system.Mutants) > 0 {
		d.settings = append(d.settings, setting{kind: settingMutant})
	}
	for i := range it.system.Knobs {
		d.settings = append(d.settings, setting{settingKnob, &it.system.Knobs[i]})
	}
}

// press does what a key says, and tells whether the details are left.
func (d *details) press(key, text string, height int) (open *Open, left bool) {
	if d.editing != nil {
		d.edit(key, text)
		return nil, false
	}
	switch key {
	case "esc", "tab":
		return nil, true
	case "pgup":
		d.scroll(1-height, height)
	case "pgdown":
		d.scroll(height-1, height)
	}
	if len(d.settings) == 0 {
		d.scroll(map[string]int{"up": -1, "down": 1}[key], height)
		return nil, false
	}
	switch key {
	case "up", "down", "home", "end":
		l := draw.List{Count: len(d.settings), Selected: d.at}
		l.Press(key, height)
		d.at, d.follow = l.Selected, true
	case "left":
		d.turn(-1)
	case "right", "space":
		d.turn(1)
	case "backspace", "delete":
		d.reset()
	case "enter":
		return d.enter(), false
	default:
		if text != "" && d.typed() {
			d.editing = &Input{}
			d.editing.Insert(text)
		}
	}
	return nil, false
}

// enter opens the run, turns the setting, or begins to edit it.
func (d *details) enter() *Open {
	switch {
	case len(d.settings) == 0:
	case d.settings[d.at].kind == settingOpen:
		return d.open()
	case d.typed():
		d.editing = &Input{}
		d.editing.SetValue(d.value(d.settings[d.at]))
	default:
		d.turn(1)
	}
	return nil
}

// typed says whether the setting's values are typed, not turned.
func (d *details) typed() bool {
	s := d.settings[d.at]
	return s.kind == settingSeed || s.kind == settingKnob && len(s.knob.Choices) == 0 && !s.knob.Flips()
}

// edit is press while a value is typed. Enter takes it if it is sound.
func (d *details) edit(key, text string) {
	done, cancelled := d.editing.Press(key, text)
	if cancelled {
		d.editing = nil
	}
	if !done {
		return
	}
	if err := d.set(d.editing.Value()); err != nil {
		d.editing.Error = err.Error()
		return
	}
	d.editing = nil
}

// value is what a setting stands at.
func (d *details) value(s setting) string {
	sc, t := d.item.scenario, &d.item.turned
	switch s.kind {
	case settingSeed:
		if t.seed != "" {
			return t.seed
		}
		return strconv.FormatUint(sc.DefaultSeed(), 10)
	case settingMutant:
		switch {
		case t.mutant != "":
			return t.mutant
		case sc.Mutant != "":
			return sc.Mutant
		}
		return scenarios.NoMutant
	}
	values, _ := sc.Settings(d.options()) // what is wrong is told where it is opened
	return values[s.knob.Name]
}

// options are those of the run, but for its seed.
func (d *details) options() scenarios.Options {
	return scenarios.Options{Knobs: d.item.turned.knobs, Mutant: d.item.turned.mutant}
}

// set gives the selected setting a value. The one that it has anyway is not set.
func (d *details) set(value string) error {
	s, t := d.settings[d.at], &d.item.turned
	if err := check(s, value); err != nil {
		return err
	}
	d.reset()
	if d.value(s) != value {
		switch s.kind {
		case settingSeed:
			t.seed = value
		case settingMutant:
			t.mutant = value
		case settingKnob:
			if t.knobs == nil {
				t.knobs = scenarios.Values{}
			}
			t.knobs[s.knob.Name] = value
		}
	}
	if _, err := d.item.scenario.Settings(d.options()); err != nil {
		d.error = err.Error()
	}
	return nil
}

// check says what is wrong with a value of a setting by itself.
func check(s setting, value string) error {
	switch s.kind {
	case settingSeed:
		if _, err := strconv.ParseUint(value, 10, 64); err != nil {
			return fmt.Errorf("seed: %q is not a whole number from 0 to %d", value, uint64(1<<64-1))
		}
	case settingKnob:
		return s.knob.Check(value)
	}
	return nil
}

// must sets a value that is known to be sound.
func (d *details) must(value string) {
	if err := d.set(value); err != nil {
		panic(fmt.Sprintf("panes: a choice is refused: %v", err))
	}
}

// reset takes back what was set.
func (d *details) reset() {
	s, t := d.settings[d.at], &d.item.turned
	d.error = ""
	switch s.kind {
	case settingSeed:
		t.seed = ""
	case settingMutant:
		t.mutant = ""
	case settingKnob:
		delete(t.knobs, s.knob.Name)
	}
}

// turn takes the next choice, or a seed one further.
func (d *details) turn(by int) {
	s := d.settings[d.at]
	var choices []string
	switch {
	case s.kind == settingSeed:
		if n, err := strconv.ParseUint(d.value(s), 10, 64); err == nil && (by > 0 || n > 0) {
			d.must(strconv.FormatUint(n+uint64(by), 10))
		}
		return
	case s.kind == settingMutant:
		choices = []string{scenarios.NoMutant}
		for _, m := range d.item.system.Mutants {
			choices = append(choices, m.Name)
		}
	case s.kind == settingKnob && s.knob.Flips():
		choices = []string{"false", "true"}
	case s.kind == settingKnob:
		choices = s.knob.Choices
	}
	if n := len(choices); n > 0 {
		d.must(choices[((slices.Index(choices, d.value(s))+by)%n+n)%n])
	}
}

// open checks the settings. If something is wrong with them, that is shown instead.
func (d *details) open() *Open {
	if d.item == nil || d.item.scenario == nil {
		return nil
	}
	if _, err := d.item.scenario.Settings(d.options()); err != nil {
		d.error = err.Error()
		return nil
	}
	seed, err := strconv.ParseUint(d.value(setting{kind: settingSeed}), 10, 64)
	if err != nil {
		panic(fmt.Sprintf("panes: a seed that was checked: %v", err))
	}
	knobs := scenarios.Values{}
	for name, value := range d.item.turned.knobs { // order-free: into a map
		knobs[name] = value
	}
	return &Open{Scenario: d.item.scenario, Seed: seed, Knobs: knobs, Mutant: d.item.turned.mutant}
}

// click selects the setting in a line; one that is selected already is entered.
func (d *details) click(line int, again bool) *Open {
	if d.editing != nil || line < 0 || d.top+line >= len(d.page.lines) {
		return nil
	}
	at := d.page.lines[d.top+line].setting
	if at < 0 {
		return nil
	}
	if again && at == d.at {
		return d.enter()
	}
	d.at = at
	return nil
}

// scroll moves what is seen; the selected setting stays.
func (d *details) scroll(rows, height int) {
	d.top = max(0, min(d.top+rows, len(d.page.lines)-height))
}
