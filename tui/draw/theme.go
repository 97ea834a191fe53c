package draw

import (
	"strings"

	"charm.land/lipgloss/v2"
)

// Theme is how inks look.
type Theme struct {
	Name  string
	Ascii bool // characters of ASCII only
	inks  [inkCount]lipgloss.Style
}

// Render returns the canvas as lines for a terminal, each as wide as the canvas.
func (t *Theme) Render(c *Canvas) string {
	var b strings.Builder
	var run []rune
	for y := range c.height {
		if y > 0 {
			b.WriteByte('\n')
		}
		ink := Plain
		flush := func() {
			if len(run) > 0 {
				b.WriteString(t.inks[ink].Render(string(run)))
				run = run[:0]
			}
		}
		for x := range c.width {
			p := c.at(x, y)
			if p.char == 0 {
				continue
			}
			if p.ink != ink {
				flush()
				ink = p.ink
			}
			run = append(run, t.glyph(p.char))
		}
		flush()
	}
	return b.String()
}

// String returns what is on the canvas, without inks and without the spaces at the ends
// of lines.
func (c *Canvas) String() string {
	var b strings.Builder
	for y := range c.height {
		var line []rune
		for x := range c.width {
			if p := c.at(x, y); p.char != 0 {
				line = append(line, p.char)
			}
		}
		b.WriteString(strings.TrimRight(string(line), " "))
		b.WriteByte('\n')
	}
	return b.String()
}

// glyph is the character that stands for one in the theme.
func (t *Theme) glyph(r rune) rune { return r }
