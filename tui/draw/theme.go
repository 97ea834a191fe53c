package draw

import (
	"fmt"
	"strings"

	"charm.land/lipgloss/v2"

	"github.com/orrery-sim/orrery/internal/suggest"
)

// Theme is how inks look.
type Theme struct {
	Name  string
	Help  string // for whom it is, in a line
	Ascii bool   // characters of ASCII only
	inks  [inkCount]lipgloss.Style
}

// Themes are all themes; the first is the one unless somebody chooses.
var Themes = []*Theme{
	{Name: "dark", Help: "bright on a dark background", inks: dark},
	{Name: "light", Help: "dark on a light background", inks: light},
	{Name: "colour-blind", Help: "colours that everybody can tell apart, on dark and light", inks: colourBlind},
	{Name: "mono", Help: "no colours: bold, dim, underlined and reversed", inks: mono},
	{Name: "ascii", Help: "no colours, and characters of ASCII only", inks: mono, Ascii: true},
}

// ThemeNamed returns the theme of that name, or an error that names the nearest.
func ThemeNamed(name string) (*Theme, error) {
	var names []string
	for _, t := range Themes {
		if t.Name == name {
			return t, nil
		}
		names = append(names, t.Name)
	}
	if hint := suggest.Hint(name, names); hint != "" {
		return nil, fmt.Errorf("unknown theme %q%s", name, hint)
	}
	return nil, fmt.Errorf("unknown theme %q, expected one of %s", name, strings.Join(names, ", "))
}

func ink(colour string) lipgloss.Style {
	return lipgloss.NewStyle().Foreground(lipgloss.Color(colour))
}

var plain = lipgloss.NewStyle()

var dark = [inkCount]lipgloss.Style{
	Plain:    plain,
	Dim:      ink("#8a8f98"),
	Strong:   plain.Bold(true),
	Title:    ink("#7dcfff").Bold(true),
	Frame:    ink("#868c96"),
	Good:     ink("#7fd88f"),
	Bad:      ink("#ff7b72").Bold(true),
	Warn:     ink("#f0b95a"),
	Unknown:  ink("#d2a8ff").Underline(true),
	Selected: ink("#ffffff").Background(lipgloss.Color("#2f4f7f")).Bold(true),
	Chosen:   ink("#111111").Background(lipgloss.Color("#e8c268")),
	Key:      ink("#7dcfff"),
	Leader:   ink("#ffd866").Bold(true),
	Series1:  ink("#7dcfff"),
	Series2:  ink("#f0b95a"),
	Series3:  ink("#7fd88f"),
	Series4:  ink("#d2a8ff"),
}

var light = [inkCount]lipgloss.Style{
	Plain:    plain,
	Dim:      ink("#5f6671"),
	Strong:   plain.Bold(true),
	Title:    ink("#004f9e").Bold(true),
	Frame:    ink("#6b7280"),
	Good:     ink("#116329"),
	Bad:      ink("#b3121d").Bold(true),
	Warn:     ink("#8a4b00"),
	Unknown:  ink("#6f32b3").Underline(true),
	Selected: ink("#ffffff").Background(lipgloss.Color("#1f5fa8")).Bold(true),
	Chosen:   ink("#111111").Background(lipgloss.Color("#f2cf66")),
	Key:      ink("#004f9e"),
	Leader:   ink("#6b4e00").Bold(true),
	Series1:  ink("#004f9e"),
	Series2:  ink("#8a4b00"),
	Series3:  ink("#116329"),
	Series4:  ink("#6f32b3"),
}

// The palette of Okabe and Ito, "Color Universal Design" (2008): people of every kind of
// colour vision tell its colours apart. These four of the eight can be read on black
// and on white.
const (
	blue          = "#0072b2"
	vermillion    = "#d55e00"
	bluishGreen   = "#009e73"
	reddishPurple = "#cc79a7"
)

var colourBlind = [inkCount]lipgloss.Style{
	Plain:    plain,
	Dim:      ink("#808080"),
	Strong:   plain.Bold(true),
	Title:    ink(blue).Bold(true),
	Frame:    ink("#808080"),
	Good:     ink(bluishGreen),
	Bad:      ink(vermillion).Bold(true),
	Warn:     ink(reddishPurple),
	Unknown:  ink(blue).Underline(true),
	Selected: plain.Reverse(true),
	Chosen:   ink("#ffffff").Background(lipgloss.Color(blue)).Bold(true),
	Key:      ink(blue).Bold(true),
	Leader:   ink(bluishGreen).Bold(true),
	Series1:  ink(blue),
	Series2:  ink(vermillion),
	Series3:  ink(bluishGreen),
	Series4:  ink(reddishPurple),
}

var mono = [inkCount]lipgloss.Style{
	Plain:    plain,
	Dim:      plain.Faint(true),
	Strong:   plain.Bold(true),
	Title:    plain.Bold(true),
	Frame:    plain.Faint(true),
	Good:     plain,
	Bad:      plain.Bold(true).Underline(true),
	Warn:     plain.Underline(true),
	Unknown:  plain.Faint(true).Underline(true),
	Selected: plain.Reverse(true),
	Chosen:   plain.Reverse(true).Bold(true),
	Key:      plain.Bold(true),
	Leader:   plain.Bold(true),
	Series1:  plain,
	Series2:  plain.Bold(true),
	Series3:  plain.Faint(true),
	Series4:  plain.Underline(true),
}

// Render returns the canvas as lines for a terminal, each as wide as the canvas.
func (t *Theme) Render(c *Canvas) string {
	var b strings.Builder
	var around [inkCount]struct{ before, after string }
	for i := range t.inks { // a style takes long to render a text, so each renders one only
		around[i].before, around[i].after, _ = strings.Cut(t.inks[i].Render("x"), "x")
	}
	for y := range c.height {
		if y > 0 {
			b.WriteByte('\n')
		}
		for x := 0; x < c.width; {
			ink := c.at(x, y).ink
			b.WriteString(around[ink].before)
			for ; x < c.width && c.at(x, y).ink == ink; x++ {
				t.write(&b, c.at(x, y).char)
			}
			b.WriteString(around[ink].after)
		}
	}
	return b.String()
}

// write writes what stands for a cell in the theme.
func (t *Theme) write(b *strings.Builder, char rune) {
	switch {
	case t.Ascii:
		b.WriteByte(ascii(char))
	case char != 0:
		b.WriteRune(char)
	}
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
