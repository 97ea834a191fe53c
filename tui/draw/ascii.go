package draw

import (
	"math/bits"
	"strings"
)

// asciiRows pair characters with those that stand for them, one for one.
var asciiRows = []struct{ chars, ascii string }{
	{"─━═┄┅┈┉╌╍╴╶╸╺", "-==~~..~~----"},
	{"│┃║┆┇┊┋╎╏╵╷╹╻", "|#|!!::!!||||"},
	{"┌┐└┘├┤┬┴┼╔╗╚╝╠╣╦╩╬╭╮╰╯┏┓┗┛┣┫┳┻╋╞╡╪╟╢╫", "+++++++++#########++++#########++++++"},
	{"╱╲╳‖", `/\X"`},
	{"←→↑↓↔↕⇐⇒↦↩↪↻↺⟳", "<>^v=|<>>>>>>>"},
	{"◀▶▲▼◄►▸◂▴▾▹◃△▽▷◁‹›«»", "<>^v<>><^v><^v><<><>"},
	{"█▉▊▋▌▍▎▏▐▀", "######||##"},
	{"▁▂▃▄▅▆▇", "_..=**#"},
	{"░▒▓", ":%@"},
	{"•●○◉◎◆◇■□▪▫★☆✦⬤◌", ".*o@O&%#=..*.**o"},
	{"·…‥∙", ".~.."},
	{"✓✔✗✘×÷±µμ≈≠≤≥∞∅√", "vvxxx/+uu~!<>80V"},
	{"–—‐‑−‘’“”′″§°", "-----''\"\"'\"$o"},
	{"⏸⏵⏴⏮⏭⏹⏺⚑⚠♥✕✖⊘⊗⊕", "=><<>#oP!hxx0x+"},
}

var asciiOf = func() map[rune]byte {
	m := map[rune]byte{' ': ' '}
	for _, row := range asciiRows {
		for i, r := range []rune(row.chars) {
			m[r] = row.ascii[i]
		}
	}
	return m
}()

// ascii is the character of ASCII that stands for another. Half of a wide character is
// one too.
func ascii(r rune) byte {
	switch {
	case r >= ' ' && r < 0x7f:
		return byte(r)
	case r >= 0x2800 && r < 0x2900:
		return asciiBraille(byte(r - 0x2800))
	}
	if a, ok := asciiOf[r]; ok {
		return a
	}
	return '?'
}

// asciiBraille looks at the four rows of dots in a cell.
func asciiBraille(dots byte) byte {
	const rows = "\x09\x12\x24\xc0" // the bits of each row
	used := ""
	for i := range 4 {
		if dots&rows[i] != 0 {
			used += string(rune('0' + i))
		}
	}
	left, right := dots&0x47, dots&0xb8
	switch {
	case dots == 0:
		return ' '
	case bits.OnesCount8(dots) >= 6:
		return '#'
	case len(used) >= 3 && (left == 0 || right == 0):
		return '|'
	case used == "0":
		return '\''
	case used == "3":
		return '.'
	case strings.Contains("12", used):
		return '-'
	}
	return '+'
}
