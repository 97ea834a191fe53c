package panes

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/orrery-sim/orrery/tui/draw"
)

// Entry is a command of a palette.
type Entry struct {
	Name string
	Help string // in a line
	Keys string // that do it too, as shown
	ID   any    // whatever the owner knows it by
}

// Palette is a list of commands that is searched by typing: words of their names and
// help in any order, or letters of a name in order. What fits best comes first.
type Palette struct {
	Hint  string                          // what may be typed
	Title string                          // "commands" if it is empty
	None  string                          // said where nothing fits what was typed, %q; "no command fits %q" if it is empty
	Typed func(text string) (Entry, bool) // what was typed as an entry of its own, if it is one; nil is never

	input   Input
	entries []Entry
	typed   Entry // what was typed, as an entry
	found   []int // of the entries, or ownEntry
	list    draw.List
	rows    int // seen last
}

// NewPalette returns a palette of these entries.
func NewPalette(entries []Entry) *Palette {
	p := &Palette{entries: entries, input: Input{Prompt: ": ", Hint: "words of what you want to do"}}
	p.filter()
	return p
}

// filter finds what fits what was typed.
func (p *Palette) filter() {
	typed := p.input.Value()
	fits := make([]int, len(p.entries))
	p.found = nil
	for i, e := range p.entries {
		if fits[i] = fit(typed, e.Name, e.Help); fits[i] < fitsNot {
			p.found = append(p.found, i)
		}
	}
	own := false
	if p.Typed != nil {
		if e, ok := p.Typed(strings.TrimSpace(typed)); ok && !slices.ContainsFunc(p.entries, func(o Entry) bool { return o.Name == e.Name }) {
			p.typed, own = e, true
		}
	}
	if typed != "" {
		slices.SortStableFunc(p.found, func(a, b int) int { return fits[a] - fits[b] })
	}
	if own {
		p.found = slices.Insert(p.found, 0, ownEntry)
	}
	p.list = draw.List{Count: len(p.found)}
}

// ownEntry stands for what was typed, among the entries that fit.
const ownEntry = -1

// entry is one of those that fit.
func (p *Palette) entry(i int) Entry {
	if p.found[i] == ownEntry {
		return p.typed
	}
	return p.entries[p.found[i]]
}

// none says that nothing fits.
func (p *Palette) none() string {
	return fmt.Sprintf(cmp.Or(p.None, "no command fits %q"), p.input.Value())
}

// Selected returns the entry that enter takes, if any.
func (p *Palette) Selected() (Entry, bool) {
	if len(p.found) == 0 {
		return Entry{}, false
	}
	return p.entry(p.list.Selected), true
}

// Press does what a key says. When it is done, Selected is what was chosen.
func (p *Palette) Press(key, text string) (done, cancelled bool) {
	switch key {
	case "enter":
		if len(p.found) == 0 {
			p.input.Error = p.none()
		}
		return len(p.found) > 0, false
	case "esc":
		return false, true
	case "up", "down", "pgup", "pgdown":
		p.list.Press(key, p.rows)
		return false, false
	}
	before := p.input.Value()
	p.input.Edit(key, text)
	if p.input.Value() != before {
		p.filter()
	}
	return false, false
}

// Insert is what pasting does.
func (p *Palette) Insert(text string) {
	p.input.Insert(text)
	p.filter()
}

// Wheel scrolls by so many lines.
func (p *Palette) Wheel(rows int) { p.list.Scroll(rows, p.rows) }

// Click selects what is at a place of what was rendered, and tells whether it had been
// selected before: a second click chooses.
func (p *Palette) Click(x, y int) (done bool) {
	line, before := y-paletteTop, p.list.Selected
	return line >= 0 && line < p.rows && p.list.Click(line) && p.list.Selected == before
}

const paletteTop = 3 // border, line, rule

// Render returns a box as wide as it may be, up to 100 columns, and as high as it must be
// for all entries.
func (p *Palette) Render(width, height int) *draw.Canvas {
	c := draw.New(min(width, 100), min(height, len(p.entries)+paletteTop+1))
	c.Box(cmp.Or(p.Title, "commands"), true)
	inside := c.Inside()
	p.input.Hint = cmp.Or(p.Hint, p.input.Hint)
	p.input.Draw(inside.Part(1, 0, inside.Width()-2, 1), true)
	for x := range inside.Width() {
		inside.Set(x, 1, '─', draw.Frame)
	}
	body := inside.Part(0, 2, inside.Width(), inside.Height()-2)
	p.rows = body.Height()
	if len(p.found) == 0 {
		body.Fit(1, 0, body.Width()-1, p.none(), draw.Warn)
		return c
	}
	names := widest(p.entries, func(e *Entry) string { return e.Name })
	from, to := p.list.Show(p.rows)
	for i := from; i < to; i++ {
		p.row(body.Part(0, i-from, body.Width()-1, 1), p.entry(i), min(names, body.Width()/2), i == p.list.Selected)
	}
	p.list.Mark(body)
	return c
}

func (p *Palette) row(c *draw.Canvas, e Entry, names int, selected bool) {
	keys := draw.Width(e.Keys)
	c.Fit(2, 0, names, e.Name, draw.Plain)
	c.Fit(names+4, 0, c.Width()-names-keys-6, e.Help, draw.Dim)
	c.Right(c.Width()-1, 0, e.Keys, draw.Key)
	if selected {
		c.Set(0, 0, '▸', draw.Selected)
		c.Ink(0, 0, c.Width(), draw.Selected)
	}
}
