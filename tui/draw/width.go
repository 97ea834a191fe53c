package draw

import (
	"strings"
	"unicode"

	"github.com/mattn/go-runewidth"
)

// widths counts columns as terminals do whose language is English, wherever this one
// is: a layout that changed with the locale could not be tested, and the program that
// puts our lines on the screen counts so too.
var widths = runewidth.Condition{StrictEmojiNeutral: true}

func runeWidth(r rune) int {
	if r >= ' ' && r < 0x7f {
		return 1
	}
	return widths.RuneWidth(r)
}

// known returns what is shown for a character: a space for one that controls, and "?"
// for one that melts into its neighbours, so that how wide it is depends on them.
func known(r rune) rune {
	switch {
	case r >= ' ' && r < 0x7f, r >= 0x2010 && r <= 0x2027, r >= 0x2030 && r < 0x2060, r >= 0x2190 && r < 0x2900 && r != 0x20e3:
		return r
	case unicode.IsControl(r):
		return ' '
	case !unicode.IsPrint(r), unicode.In(r, unicode.M), unicode.In(r, joining):
		return '?'
	case unicode.In(r, unicode.L) && runeWidth(r) == 0:
		return '?'
	}
	return r
}

// joining are the letters and signs, no marks, that form one character with what is
// beside them: vowels and finals of Hangul, Thai and Lao vowels, letters of India that
// stand before others, halves of flags, and the colours of skin.
var joining = &unicode.RangeTable{
	R16: []unicode.Range16{{0x0d4e, 0x0d4e, 1}, {0x0e33, 0x0e33, 1}, {0x0eb3, 0x0eb3, 1}, {0x1100, 0x11ff, 1}, {0xa960, 0xa97c, 1}, {0xd7b0, 0xd7fb, 1}, {0xff9e, 0xff9f, 1}},
	R32: []unicode.Range32{{0x111c2, 0x111c3, 1}, {0x1193f, 0x1193f, 1}, {0x11941, 0x11941, 1}, {0x11a84, 0x11a89, 1}, {0x11d46, 0x11d46, 1}, {0x11f02, 0x11f02, 1},
		{0x1f1e6, 0x1f1ff, 1}, {0x1f3fb, 0x1f3ff, 1}},
}

// Width is how many columns a text takes.
func Width(text string) int {
	w := 0
	for _, r := range text {
		w += runeWidth(known(r))
	}
	return w
}

// Shorten cuts a text to so many columns; its end is then "…".
func Shorten(text string, width int) string {
	if Width(text) <= width {
		return text
	}
	if width <= 0 {
		return ""
	}
	w := 0
	for i, r := range text {
		if w += runeWidth(known(r)); w >= width {
			return text[:i] + "…"
		}
	}
	return text
}

// Pad fills a text up with spaces to so many columns, or cuts it.
func Pad(text string, width int) string {
	text = Shorten(text, width)
	return text + strings.Repeat(" ", max(0, width-Width(text)))
}

// Wrap breaks a text at its spaces into lines of at most so many columns. A word that
// is longer is broken where the line ends. Line breaks stay.
func Wrap(text string, width int) []string {
	var lines []string
	for paragraph := range strings.SplitSeq(text, "\n") {
		lines = append(lines, wrapLine(paragraph, max(width, 2))...)
	}
	return lines
}

func wrapLine(text string, width int) []string {
	var lines []string
	line, columns := "", 0
	for _, word := range strings.Fields(text) {
		w := Width(word)
		if line != "" && columns+1+w > width {
			lines, line, columns = append(lines, line), "", 0
		}
		if line != "" {
			line, columns = line+" ", columns+1
		}
		for columns+w > width { // only at the start of a line
			head := prefix(word, width)
			lines = append(lines, head)
			word = word[len(head):]
			w = Width(word)
		}
		line, columns = line+word, columns+w
	}
	return append(lines, line)
}

// prefix is as much of a text as has room in so many columns.
func prefix(text string, width int) string {
	w := 0
	for i, r := range text {
		if w += runeWidth(known(r)); w > width {
			return text[:i]
		}
	}
	return text
}
