package panes

import (
	"strings"
	"unicode"

	"github.com/orrery-sim/orrery/tui/draw"
)

// Input is a line that a person edits.
type Input struct {
	Prompt string // before the line, such as ":"
	Hint   string // what may be typed; below the line, or in it as long as it is empty
	Error  string // what is wrong, below the line; typing takes it away

	text []rune
	at   int // before which character the next one comes
}

// Value returns the line.
func (in *Input) Value() string { return string(in.text) }

// SetValue replaces the line. The cursor stands at its end.
func (in *Input) SetValue(text string) {
	in.text = nil
	in.at = 0
	in.Insert(text)
	in.Error = ""
}

// Insert puts text before the cursor, as typing and pasting do. Control characters
// become spaces.
func (in *Input) Insert(text string) {
	typed := []rune(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text))
	in.text = append(in.text[:in.at:in.at], append(typed, in.text[in.at:]...)...)
	in.at += len(typed)
	in.Error = ""
}

// Press does what a key says. Enter ends the line, and escape gives it up.
func (in *Input) Press(key, text string) (done, cancelled bool) {
	switch key {
	case "enter":
		return true, false
	case "esc":
		return false, true
	}
	in.Edit(key, text)
	return false, false
}

// Edit is Press for all keys but enter and escape, and tells whether the key is one that
// edits.
func (in *Input) Edit(key, text string) bool {
	switch key {
	case "left", "ctrl+b":
		in.at = max(in.at-1, 0)
	case "right", "ctrl+f":
		in.at = min(in.at+1, len(in.text))
	case "home", "ctrl+a":
		in.at = 0
	case "end", "ctrl+e":
		in.at = len(in.text)
	case "backspace", "ctrl+h":
		in.remove(max(in.at-1, 0), in.at)
	case "delete", "ctrl+d":
		in.remove(in.at, min(in.at+1, len(in.text)))
	case "ctrl+u":
		in.remove(0, in.at)
	case "ctrl+k":
		in.remove(in.at, len(in.text))
	case "ctrl+w", "alt+backspace":
		in.remove(in.wordStart(), in.at)
	default:
		if text == "" {
			return false
		}
		in.Insert(text)
	}
	return true
}

func (in *Input) remove(from, to int) {
	if from < to {
		in.Error = ""
	}
	in.text = append(in.text[:from:from], in.text[to:]...)
	in.at = from
}

// wordStart is where the word before the cursor begins.
func (in *Input) wordStart() int {
	i := in.at
	for i > 0 && in.text[i-1] == ' ' {
		i--
	}
	for i > 0 && in.text[i-1] != ' ' {
		i--
	}
	return i
}

// Draw draws the line into the first line of a canvas, and the error, or the hint, below
// it. Where the line is too long, the part around the cursor is seen.
func (in *Input) Draw(c *draw.Canvas, focus bool) {
	x := c.Text(0, 0, in.Prompt, draw.Key)
	line := c.Part(x, 0, c.Width()-x, 1)
	from := 0
	for from < in.at && draw.Width(string(in.text[from:in.at])) > line.Width()-1 {
		from++
	}
	end := line.Text(0, 0, string(in.text[from:]), draw.Plain)
	below := in.Hint
	if len(in.text) == 0 && in.Hint != "" {
		line.Fit(1, 0, line.Width()-1, in.Hint, draw.Dim)
		below = ""
	}
	if focus {
		at := draw.Width(string(in.text[from:in.at]))
		if at >= end {
			line.Set(at, 0, ' ', draw.Plain)
		}
		line.Ink(at, 0, 1, draw.Selected)
	}
	rest := c.Part(0, 1, c.Width(), c.Height()-1)
	if in.Error != "" {
		lines(rest, draw.Wrap("✗ "+in.Error, rest.Width()), draw.Bad)
	} else {
		lines(rest, draw.Wrap(below, rest.Width()), draw.Dim)
	}
}

// Render returns the line with what stands below it.
func (in *Input) Render(width, height int) *draw.Canvas {
	c := draw.New(width, height)
	in.Draw(c, true)
	return c
}

// lines writes texts below each other, as far as there is room.
func lines(c *draw.Canvas, texts []string, ink draw.Ink) {
	for y, text := range texts {
		c.Text(0, y, text, ink)
	}
}
