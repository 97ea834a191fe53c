package panes

import (
	"fmt"
	"strings"

	"charm.land/bubbles/v2/key"

	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/tui/draw"
)

// Open is a run that a person asks for.
type Open struct {
	Scenario *scenarios.Scenario
	Seed     uint64
	Knobs    scenarios.Values // those that were turned
	Mutant   string           // as in [scenarios.Options]: "" is the scenario's own, if it has one
}

// Catalogue is the systems and their scenarios: a list that is filtered by typing, and
// beside it, or instead of it where there is no room, what is selected and how it is
// to be run.
type Catalogue struct {
	shelf   []*item
	shown   []int // of the shelf
	folded  map[string]bool
	filter  Input
	list    draw.List
	details details
	inside  bool // the keys go to the details

	listAt, detailsAt place // where they were rendered
}

// item is a system, or a scenario of one.
type item struct {
	system   *scenarios.System
	name     string              // of the scenario; "" is the system
	scenario *scenarios.Scenario // nil if err says why not
	err      error
	turned   turned
}

func (it *item) title() string {
	if it.name == "" {
		return it.system.Name
	}
	return it.system.Name + "/" + it.name
}

// about is what it shows, in a line.
func (it *item) about() string {
	switch {
	case it.err != nil:
		return it.err.Error()
	case it.scenario != nil:
		return it.scenario.Shows
	}
	return firstSentence(it.system)
}

// firstSentence is how the document of a system begins, without "Package raft is".
func firstSentence(s *scenarios.System) string {
	text := strings.Join(strings.Fields(s.Doc), " ")
	text = strings.TrimPrefix(text, "Package "+s.Name+" is ")
	for _, end := range []string{". ", ": ", "; "} {
		text, _, _ = strings.Cut(text, end)
	}
	return strings.TrimSuffix(text, ".")
}

// place is where a part of the pane is, so that a mouse finds it.
type place struct{ x, y, width, height int }

func (p place) holds(x, y int) bool {
	return x >= p.x && x < p.x+p.width && y >= p.y && y < p.y+p.height
}

func (p place) of(c *draw.Canvas) *draw.Canvas { return c.Part(p.x, p.y, p.width, p.height) }

// within is the place inside the border.
func (p place) within() place {
	return place{p.x + 1, p.y + 1, max(p.width-2, 0), max(p.height-2, 0)}
}

// NewCatalogue returns the catalogue of these systems. A scenario that cannot be read
// stands in it with the reason.
func NewCatalogue(systems scenarios.Catalog) *Catalogue {
	c := &Catalogue{folded: map[string]bool{}, filter: Input{Prompt: "find: ", Hint: "type a name, or what you want to see"}}
	for _, s := range systems {
		c.shelf = append(c.shelf, &item{system: s})
		for _, name := range s.ScenarioNames() {
			sc, err := s.Scenario(name)
			c.shelf = append(c.shelf, &item{system: s, name: name, scenario: sc, err: err})
		}
	}
	c.refresh()
	return c
}

// refresh finds the rows that are shown, and selects the one that fits best.
func (c *Catalogue) refresh() {
	typed := strings.TrimSpace(c.filter.Value())
	c.shown = nil
	best, header := fitsNot, -1
	selected := 0
	for i, it := range c.shelf {
		switch {
		case it.name == "":
			if header = i; typed == "" {
				c.shown = append(c.shown, i)
			}
			continue
		case typed == "":
			if !c.folded[it.system.Name] {
				c.shown = append(c.shown, i)
			}
			continue
		}
		how := min(fit(typed, it.title(), it.about()), fit(typed, it.name, ""))
		if how == fitsNot {
			continue
		}
		if header >= 0 {
			c.shown, header = append(c.shown, header), -1
		}
		if how < best {
			best, selected = how, len(c.shown)
		}
		c.shown = append(c.shown, i)
	}
	c.list = draw.List{Count: len(c.shown), Selected: selected}
	c.changed()
}

// changed is called when another row may be selected.
func (c *Catalogue) changed() { c.details.show(c.selected()) }

// selected returns the selected row, or nil if there is none.
func (c *Catalogue) selected() *item {
	if len(c.shown) == 0 {
		return nil
	}
	return c.shelf[c.shown[c.list.Selected]]
}

// Typing says whether a key that is a letter goes into a line that is being edited.
func (c *Catalogue) Typing() bool {
	return c.details.editing != nil || !c.inside && c.filter.Value() != ""
}

// Press does what a key says. It returns what is to be opened, if anything, and whether
// the catalogue is left.
func (c *Catalogue) Press(key, text string) (open *Open, cancelled bool) {
	if c.inside {
		return c.pressDetails(key, text), false
	}
	switch key {
	case "enter":
		return c.enter(), false
	case "tab":
		c.inside = c.selected() != nil
		return nil, false
	case "esc":
		if c.filter.Value() == "" {
			return nil, true
		}
		c.filter.SetValue("")
		c.refresh()
		return nil, false
	case "left", "right":
		if c.filter.Value() == "" {
			c.fold(key == "left")
			return nil, false
		}
	case "home", "end", "up", "down", "pgup", "pgdown":
		c.list.Press(key, c.listAt.height)
		c.changed()
		return nil, false
	}
	before := c.filter.Value()
	if c.filter.Edit(key, text); c.filter.Value() != before {
		c.refresh()
	}
	return nil, false
}

// pressDetails is Press while keys go to the details.
func (c *Catalogue) pressDetails(key, text string) *Open {
	open, left := c.details.press(key, text, c.detailsAt.height)
	if left {
		c.inside = false
	}
	return open
}

// Insert is what pasting does.
func (c *Catalogue) Insert(text string) {
	if !c.inside {
		c.filter.Insert(text)
		c.refresh()
	} else if c.details.editing != nil {
		c.details.editing.Insert(text)
	}
}

// enter opens a scenario, and folds a system or unfolds it.
func (c *Catalogue) enter() *Open {
	it := c.selected()
	if it == nil {
		return nil
	}
	if it.name == "" {
		c.fold(!c.folded[it.system.Name])
		return nil
	}
	open := c.details.open()
	c.inside = open == nil // the reason stands there
	return open
}

// fold hides the scenarios of the selected row's system, or shows them.
func (c *Catalogue) fold(fold bool) {
	it := c.selected()
	if it == nil || c.filter.Value() != "" || c.folded[it.system.Name] == fold {
		return
	}
	c.folded[it.system.Name] = fold
	top := c.list.Top
	c.refresh()
	c.list.Top = top
	for row, i := range c.shown {
		if other := c.shelf[i]; other.system == it.system && other.name == "" {
			c.list.Selected = row
		}
	}
	c.changed()
}

// Select selects a scenario by its full name, such as raft/calm, or a system, and tells
// whether there is one.
func (c *Catalogue) Select(name string) bool {
	for _, it := range c.shelf {
		if it.title() == name {
			c.folded[it.system.Name] = false
			c.filter.SetValue("")
			c.refresh()
		}
	}
	for row, i := range c.shown {
		if c.shelf[i].title() == name {
			c.list.Selected = row
			c.changed()
			return true
		}
	}
	return false
}

// Wheel scrolls by so many lines what the keys go to.
func (c *Catalogue) Wheel(rows int) {
	if c.inside {
		c.details.scroll(rows, c.detailsAt.height)
		return
	}
	c.list.Scroll(rows, c.listAt.height)
	c.changed()
}

// Click selects what is at a place of what was rendered. A second click opens it, or
// turns it.
func (c *Catalogue) Click(x, y int) *Open {
	switch {
	case c.listAt.holds(x, y):
		before, was := c.list.Selected, c.inside
		c.inside = false
		if c.list.Click(y-c.listAt.y) && c.list.Selected == before && !was {
			return c.enter()
		}
		c.changed()
	case c.detailsAt.holds(x, y):
		was := c.inside
		c.inside = c.selected() != nil
		return c.details.click(y-c.detailsAt.y, was)
	}
	return nil
}

// Keys are those of the catalogue, for its help.
func (c *Catalogue) Keys() []key.Binding {
	bind := func(keys, help string) key.Binding {
		return key.NewBinding(key.WithKeys(strings.Fields(keys)...), key.WithHelp(keys, help))
	}
	if c.inside {
		return []key.Binding{
			bind("↑ ↓", "select"), bind("enter", "edit, or open"), bind("← →", "turn"),
			bind("tab esc", "back"), bind("backspace", "as it was"), bind("pgup pgdown", "scroll"),
		}
	}
	return []key.Binding{
		bind("a-z", "filter"), bind("↑ ↓ pgup pgdown", "select"), bind("enter", "open, or fold"),
		bind("tab", "settings"), bind("esc", "clear, then leave"), bind("← →", "fold, unfold"),
	}
}

// Narrower than this, the catalogue shows the list or the details.
const wide = 78

// Render draws the catalogue.
func (c *Catalogue) Render(width, height int) *draw.Canvas {
	all := draw.New(width, height)
	list, info := place{0, 0, width, height - 1}, place{0, 0, width, height - 1}
	if width >= wide {
		list.width = max(30, min(width*2/5, 72))
		info.x, info.width = list.width, width-list.width
	}
	c.listAt, c.detailsAt = place{}, place{}
	if width >= wide || !c.inside {
		c.renderList(all, list)
	}
	if width >= wide || c.inside {
		c.renderDetails(all, info)
	}
	x := 1
	for _, b := range c.Keys() {
		if end := x + draw.Width(b.Help().Key) + 1 + draw.Width(b.Help().Desc); end > width {
			break
		}
		x = all.Text(x, height-1, b.Help().Key, draw.Key)
		x = all.Text(x+1, height-1, b.Help().Desc, draw.Dim) + 3
	}
	return all
}

func (c *Catalogue) renderDetails(all *draw.Canvas, at place) {
	title := "nothing"
	if it := c.selected(); it != nil {
		title = it.title()
	}
	at.of(all).Box(title, c.inside)
	c.detailsAt = at.within()
	c.details.draw(c.detailsAt.of(all), c.inside)
}

func (c *Catalogue) renderList(all *draw.Canvas, at place) {
	box := at.of(all)
	box.Box("catalogue", !c.inside)
	c.filter.Draw(all.Part(at.x+2, at.y+1, at.width-4, 1), !c.inside)
	c.listAt = at.within()
	c.listAt.y++
	c.listAt.height = max(c.listAt.height-1, 0)
	body := c.listAt.of(all)
	found, scenarios := 0, 0
	for _, it := range c.shelf {
		scenarios += min(len(it.name), 1)
	}
	for _, i := range c.shown {
		found += min(len(c.shelf[i].name), 1)
	}
	if found == 0 && c.filter.Value() != "" {
		lines(body, draw.Wrap(fmt.Sprintf(" nothing fits %q", c.filter.Value()), body.Width()), draw.Warn)
	}
	names := widest(c.shelf, func(it **item) string { return (*it).name })
	from, to := c.list.Show(body.Height())
	for row := from; row < to; row++ {
		c.row(body.Part(0, row-from, body.Width(), 1), c.shelf[c.shown[row]], names, row == c.list.Selected)
	}
	c.list.Mark(body)
	if count := fmt.Sprintf(" %d of %d ", found, scenarios); at.width > 16 && at.height > 1 {
		box.Right(at.width-2, at.height-1, count, draw.Dim)
	}
}

// row draws a system or a scenario; what it shows is there if there is room for a good
// part of it.
func (c *Catalogue) row(line *draw.Canvas, it *item, names int, selected bool) {
	room := line.Width() - 2 // without the mark of the list
	if it.name == "" {
		sign := "▾ "
		if c.folded[it.system.Name] && c.filter.Value() == "" {
			sign = "▹ "
		}
		x := line.Fit(2, 0, room-2, sign+it.system.Name, draw.Title)
		line.Fit(x+2, 0, room-x-2, it.about(), draw.Dim)
	} else {
		ink := draw.Plain
		if it.err != nil {
			ink = draw.Bad
		}
		x := line.Fit(4, 0, room-4, it.name, ink)
		if it.turned.any() {
			line.Text(x, 0, "*", draw.Warn)
		}
		if about := room - names - 6; about >= 24 {
			line.Fit(names+6, 0, about, it.about(), draw.Dim)
		}
	}
	if selected {
		line.Set(0, 0, '▸', draw.Selected)
		line.Ink(0, 0, line.Width()-1, draw.Selected)
	}
}
