package panes

import (
	"slices"

	"github.com/orrery-sim/orrery/tui/draw"
)

// Field is something that a dialog asks for: a text, one of some choices, or yes or no.
type Field struct {
	Name    string
	Help    string
	Value   string                   // at first; of a toggle, "true" or "false"
	Choices []string                 // the only values, if any
	Toggle  bool                     // the value is true or false
	Check   func(value string) error // says what is wrong with a text; nil takes all

	input Input
}

func (f *Field) choices() []string {
	if f.Toggle {
		return []string{"false", "true"}
	}
	return f.Choices
}

// Current is the value as it stands.
func (f *Field) Current() string {
	if f.choices() != nil {
		return f.Value
	}
	return f.input.Value()
}

// turn takes the choice that is so many further on, around the ends.
func (f *Field) turn(by int) {
	choices := f.choices()
	n := len(choices)
	f.Value = choices[((slices.Index(choices, f.Value)+by)%n+n)%n]
}

// Ask is a dialog of some fields.
type Ask struct {
	Title string
	Text  string // above the fields
	Check func(values []string) error

	fields []Field
	at     int
	error  string
	rows   []int // the field in each line of what was rendered, or -1
}

// NewAsk returns a dialog that asks for these fields, in order.
func NewAsk(title string, fields ...Field) *Ask {
	a := &Ask{Title: title, fields: fields}
	for i := range a.fields {
		a.fields[i].input.SetValue(fields[i].Value)
	}
	return a
}

// Values are what the fields hold, in their order.
func (a *Ask) Values() []string {
	var values []string
	for i := range a.fields {
		values = append(values, a.fields[i].Current())
	}
	return values
}

// Value is what the field of a name holds; there must be one.
func (a *Ask) Value(name string) string {
	return a.fields[slices.IndexFunc(a.fields, func(f Field) bool { return f.Name == name })].Current()
}

// Press does what a key says: up and down (or tab) go from field to field, left, right and
// space turn choices, enter is done if nothing is wrong, and escape gives up.
func (a *Ask) Press(key, text string) (done, cancelled bool) {
	switch key {
	case "enter":
		return a.sound(), false
	case "esc":
		return false, true
	case "up", "shift+tab":
		a.step(-1)
	case "down", "tab":
		a.step(1)
	default:
		a.edit(key, text)
	}
	return false, false
}

func (a *Ask) step(by int) {
	if n := len(a.fields); n > 0 {
		a.at = (a.at + by + n) % n
	}
}

func (a *Ask) edit(key, text string) {
	if len(a.fields) == 0 {
		return
	}
	a.error = ""
	f := &a.fields[a.at]
	if f.choices() == nil {
		f.input.Edit(key, text)
		return
	}
	switch key {
	case "left":
		f.turn(-1)
	case "right", "space":
		f.turn(1)
	}
}

// Insert is what pasting does.
func (a *Ask) Insert(text string) { a.edit("", text) }

// Click selects the field at a place of what was rendered, and turns its choice.
func (a *Ask) Click(x, y int) {
	if y < 0 || y >= len(a.rows) || a.rows[y] < 0 {
		return
	}
	if was := a.at; was == a.rows[y] {
		a.edit("space", "")
	}
	a.at = a.rows[y]
}

// sound checks all fields, and goes to the first that is wrong.
func (a *Ask) sound() bool {
	for i := range a.fields {
		f := &a.fields[i]
		if f.Check == nil {
			continue
		}
		if err := f.Check(f.Current()); err != nil {
			f.input.Error, a.at = err.Error(), i
			return false
		}
	}
	if a.Check == nil {
		return true
	}
	if err := a.Check(a.Values()); err != nil {
		a.error = err.Error()
		return false
	}
	return true
}

// Render returns a box up to 72 columns wide, and as high as it must be.
func (a *Ask) Render(width, height int) *draw.Canvas {
	width = min(width, 72)
	body := draw.New(width-4, 200)
	names := min(widest(a.fields, func(f *Field) string { return f.Name }), body.Width()/2)
	y := 0
	if a.Text != "" {
		text := draw.Wrap(a.Text, body.Width())
		lines(body, text, draw.Plain)
		y = len(text) + 1
	}
	var rows []int // the field in each line of the body
	for range y {
		rows = append(rows, -1)
	}
	first, last := 0, 0
	for i := range a.fields {
		from := y
		y = a.field(body, i, y, names)
		if i == a.at {
			first, last = from, y
		}
		rows = append(rows, slices.Repeat([]int{i}, y-from)...)
	}
	if a.error != "" {
		text := draw.Wrap("✗ "+a.error, body.Width())
		lines(body.Part(0, y, body.Width(), len(text)), text, draw.Bad)
		y += len(text)
		last = y
	}
	box := draw.New(width, min(y+3, height))
	box.Box(a.Title, true)
	inside := box.Inside()
	room := inside.Height() - 1
	scroll := max(0, min(first, last-room))
	seen := rows[min(scroll, len(rows)):]
	a.rows = append([]int{-1}, seen[:max(min(len(seen), room), 0)]...) // below the border
	inside.Part(1, 0, inside.Width()-1, room).Paste(0, -scroll, body)
	foot := "enter takes it · esc gives up" + a.keys()
	if len(a.fields) == 0 {
		foot = "enter closes"
	}
	inside.Fit(1, inside.Height()-1, inside.Width()-1, foot, draw.Dim)
	return box
}

// keys are those that the selected field has of its own.
func (a *Ask) keys() string {
	text := ""
	if len(a.fields) > 1 {
		text = " · tab next"
	}
	if len(a.fields) > 0 && a.fields[a.at].choices() != nil {
		text += " · ←→ turns"
	}
	return text
}

// field draws a field from a line on, and returns the line below it.
func (a *Ask) field(body *draw.Canvas, i, y, names int) int {
	f := &a.fields[i]
	focus := i == a.at
	c := body.Part(0, y, body.Width(), body.Height()-y)
	ink := draw.Plain
	if focus {
		c.Set(0, 0, '▸', draw.Key)
		ink = draw.Strong
	}
	c.Fit(2, 0, names, f.Name, ink)
	value := c.Part(names+4, 0, c.Width()-names-4, 1)
	switch {
	case f.Toggle:
		value.Text(0, 0, map[bool]string{true: "[x] yes", false: "[ ] no"}[f.Value == "true"], mark(focus))
	case f.Choices != nil:
		value.Fit(0, 0, value.Width(), "◂ "+f.Value+" ▸", mark(focus))
	default:
		f.input.Draw(value, focus)
	}
	y++
	below, ink := []string(nil), draw.Dim
	if f.input.Error != "" {
		below, ink = draw.Wrap("✗ "+f.input.Error, c.Width()-4), draw.Bad
	} else if focus && f.Help != "" {
		below = draw.Wrap(f.Help, c.Width()-4)
	}
	lines(c.Part(4, 1, c.Width()-4, len(below)), below, ink)
	return y + len(below)
}

func mark(focus bool) draw.Ink {
	if focus {
		return draw.Selected
	}
	return draw.Plain
}
