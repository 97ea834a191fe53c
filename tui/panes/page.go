package panes

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/tui/draw"
)

// page is text for a certain width, some lines of which are settings.
type page struct {
	width int
	lines []pageLine
}

type pageLine struct {
	parts   []part
	setting int // or -1
}

type part struct {
	x    int
	text string
	ink  draw.Ink
}

func (p *page) add(setting int, parts ...part) {
	p.lines = append(p.lines, pageLine{parts, setting})
}

// text adds a text, wrapped.
func (p *page) text(indent int, text string, ink draw.Ink) {
	for _, line := range draw.Wrap(text, p.width-indent) {
		p.add(-1, part{indent, line, ink})
	}
}

// head adds an empty line and a title.
func (p *page) head(title string) {
	p.add(-1)
	p.add(-1, part{0, title, draw.Strong})
}

// widest is the width of the widest of some names.
func widest[T any](all []T, name func(*T) string) int {
	w := 0
	for i := range all {
		w = max(w, draw.Width(name(&all[i])))
	}
	return w
}

// pair adds a name with what is said of it behind, or below where there is little room.
func (p *page) pair(name, text string, names int) {
	if p.width < names+28 {
		p.add(-1, part{2, name, draw.Plain})
		p.text(4, text, draw.Dim)
		return
	}
	for i, line := range draw.Wrap(text, p.width-names-4) {
		if i > 0 {
			name = ""
		}
		p.add(-1, part{2, name, draw.Plain}, part{names + 4, line, draw.Dim})
	}
}

// draw draws the details, and keeps the selected setting in view if it has just been
// selected.
func (d *details) draw(c *draw.Canvas, focus bool) {
	d.page = page{width: max(c.Width()-3, 2)}
	switch {
	case d.item == nil:
	case d.item.err != nil:
		d.page.text(0, d.item.err.Error(), draw.Bad)
	case d.item.scenario == nil:
		d.system()
	default:
		d.scenario(focus)
	}
	if d.follow {
		for y, line := range d.page.lines {
			if line.setting == d.at && len(d.settings) > 0 {
				d.top = min(d.top, y)
				d.top = max(d.top, y-c.Height()+1+d.below(y))
			}
		}
		if d.at == 0 {
			d.top = 0
		}
		d.follow = false
	}
	d.scroll(0, c.Height())
	for y := range min(c.Height(), len(d.page.lines)-d.top) {
		line := d.page.lines[d.top+y]
		for _, part := range line.parts {
			c.Fit(part.x+1, y, c.Width()-part.x-2, part.text, part.ink)
		}
		if focus && line.setting == d.at {
			d.mark(c, y)
		}
	}
	(&draw.List{Count: len(d.page.lines), Top: d.top}).Mark(c)
}

// below is how many lines of text belong to the setting in a line.
func (d *details) below(y int) int {
	n := 0
	for y+1+n < len(d.page.lines) && n < 6 && d.page.lines[y+1+n].setting == -2 {
		n++
	}
	return n
}

// mark shows that the setting in a line is selected, or the line in which it is typed.
func (d *details) mark(c *draw.Canvas, y int) {
	if d.editing == nil {
		c.Set(0, y, '▸', draw.Selected)
		c.Ink(0, y, c.Width()-1, draw.Selected)
		return
	}
	c.Set(0, y, '▸', draw.Key)
	x := d.values() + 1
	field := c.Part(x, y, c.Width()-x-1, 1)
	field.Fill(' ', draw.Plain)
	d.editing.Draw(field, true)
}

// values is the column of values.
func (d *details) values() int {
	names := widest(d.item.system.Knobs, func(k *scenarios.Knob) string { return k.Name })
	return min(max(names, 6), d.page.width/2) + 3
}

// system tells of a system.
func (d *details) system() {
	s, p := d.item.system, &d.page
	doc(p, strings.TrimPrefix(strings.TrimSpace(s.Doc), "Package "))
	p.head("Mutants: mistakes made on purpose, which a check must catch")
	names := widest(s.Mutants, func(m *scenarios.Mutant) string { return m.Name })
	for _, m := range s.Mutants {
		p.pair(m.Name, m.Breaks+" (in "+s.Name+"/"+m.Scenario+", caught by "+m.Check+")", names)
	}
}

// doc adds the text of a package comment: paragraphs are wrapped anew, and blocks that are
// indented stay as they are if they have room.
func doc(p *page, text string) {
	for paragraph := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		if len(p.lines) > 0 {
			p.add(-1)
		}
		paragraph = strings.ReplaceAll(strings.Trim(paragraph, "\n"), "\t", "  ")
		if title, ok := strings.CutPrefix(paragraph, "# "); ok {
			p.add(-1, part{0, title, draw.Strong})
		} else if strings.HasPrefix(paragraph, " ") {
			block(p, strings.Split(paragraph, "\n"))
		} else {
			p.text(0, strings.ReplaceAll(paragraph, "\n", " "), draw.Plain)
		}
	}
}

// column finds a second column at the right of a line, as where a promise stands beside
// the check that judges it.
var column = regexp.MustCompile(`^(.{30,}?) {2,}(\S.*)$`)

// block adds lines that are indented. If they are too long, lines that are indented
// further than the first belong to the one above, and a column at the right comes behind.
func block(p *page, texts []string) {
	indent := func(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }
	fits := true
	for _, line := range texts {
		fits = fits && draw.Width(line) <= p.width
	}
	least, item, right := indent(texts[0]), "", ""
	flush := func() {
		if right != "" {
			item += " (" + strings.TrimSpace(right) + ")"
		}
		p.hanging(least, item)
		item, right = "", ""
	}
	for _, line := range texts {
		if fits {
			p.add(-1, part{0, line, draw.Plain})
			continue
		}
		if indent(line) <= least {
			flush()
		}
		if m := column.FindStringSubmatch(line); m != nil {
			line = m[1]
			right += " " + m[2]
		}
		item += " " + line
	}
	flush()
}

// hanging adds a text whose first line stands out to the left.
func (p *page) hanging(indent int, text string) {
	if strings.TrimSpace(text) == "" {
		return
	}
	for i, line := range draw.Wrap(text, p.width-indent-4) {
		p.add(-1, part{indent + min(i, 1)*4, line, draw.Plain})
	}
}

// scenario tells of a scenario and its settings.
func (d *details) scenario(focus bool) {
	sc, p := d.item.scenario, &d.page
	p.text(0, sc.Shows, draw.Strong)
	p.add(-1)
	p.add(0, part{1, "[ open this run ]", draw.Key})
	d.problem()
	rest := d.settings[1:]
	for i, s := range rest {
		if s.kind == settingKnob {
			break
		}
		d.setting(i+1, s, focus)
	}
	p.head("What is run")
	p.pair("system", fmt.Sprintf("%s, %d servers", sc.System.Name, sc.Nodes), 10)
	p.pair("clients", sc.Workload.Summary(), 10)
	p.pair("time", fmt.Sprintf("%v with faults, then %v without", sc.Run, sc.Settle), 10)
	p.pair("expected", expected(sc), 10)
	d.faults()
	p.head("What must hold")
	names := widest(sc.Checks, func(name *string) string { return *name })
	for _, name := range sc.Checks {
		p.pair(name, claim(sc.System, name), names)
	}
	for _, o := range sc.Objectives {
		p.text(4, o.String(), draw.Dim)
	}
	p.head("Knobs")
	for i, s := range rest {
		if s.kind == settingKnob {
			d.setting(i+1, s, focus)
		}
	}
}

func expected(sc *scenarios.Scenario) string {
	if sc.Check != "" {
		return fmt.Sprintf("%v (%s)", sc.Expect, sc.Check)
	}
	return sc.Expect.String()
}

func (d *details) faults() {
	sc, p := d.item.scenario, &d.page
	p.head("What breaks")
	if sc.Storm != nil {
		p.pair("storm", sc.Storm.String(), 10)
	}
	for _, f := range sc.Faults {
		p.text(2, f.String(), draw.Dim)
	}
	if sc.Storm == nil && len(sc.Faults) == 0 {
		p.text(2, "nothing", draw.Dim)
	}
}

// problem adds what is wrong with the settings together.
func (d *details) problem() {
	if d.error != "" {
		d.page.text(2, "✗ "+d.error, draw.Bad)
	}
}

// setting adds the line of a setting, and below the selected one its help.
func (d *details) setting(i int, s setting, focus bool) {
	p, at, value := &d.page, d.values(), d.value(s)
	name, note, help := d.describe(s, value)
	ink := draw.Plain
	if d.isTurned(s) {
		value, ink = value+" *", draw.Warn
	}
	selected := focus && i == d.at
	if selected && !d.typed() {
		value = "◂ " + value + " ▸"
	}
	p.add(i, part{1, draw.Shorten(name, at-3), draw.Plain}, part{at, value, ink}, part{at + max(draw.Width(value), 10) + 2, note, draw.Dim})
	if !selected {
		return
	}
	if d.editing != nil && d.editing.Error != "" {
		d.help("✗ "+d.editing.Error, draw.Bad)
	}
	d.help(help, draw.Dim)
}

// help adds lines that belong to the setting above.
func (d *details) help(text string, ink draw.Ink) {
	for _, line := range draw.Wrap(text, d.page.width-3) {
		d.page.add(-2, part{3, line, ink})
	}
}

// describe returns the name of a setting, what stands behind its value, and its help.
func (d *details) describe(s setting, value string) (name, note, help string) {
	switch s.kind {
	case settingSeed:
		return "seed", "", "Another seed is another run: all that is left to chance is drawn from it."
	case settingMutant:
		help = "No mistake is made on purpose."
		for _, m := range d.item.system.Mutants {
			if m.Name == value {
				help = m.Breaks + ". Caught by " + m.Check + " in " + d.item.system.Name + "/" + m.Scenario + "."
			}
		}
		return "mutant", "", help
	}
	k := s.knob
	if value != k.Default {
		note = "default " + k.Default
	}
	help = k.Help
	if text := k.Range(); text != "" {
		help += " (" + text + ")"
	}
	return k.Name, note, help
}

func (d *details) isTurned(s setting) bool {
	t := &d.item.turned
	switch s.kind {
	case settingSeed:
		return t.seed != ""
	case settingMutant:
		return t.mutant != ""
	}
	_, ok := t.knobs[s.knob.Name]
	return ok
}

// claim is what a check of a system promises.
func claim(s *scenarios.System, name string) string {
	for _, list := range [][]scenarios.Check{scenarios.Common, s.Checks} {
		for _, c := range list {
			if c.Name == name {
				return c.Claim
			}
		}
	}
	return ""
}
