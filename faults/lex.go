package faults

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// token is a word of a fault's text, or one of : ( ) | -> <->.
type token struct {
	text string
	col  int // in characters, from 1
}

// reserved are the words that cannot be names, because they hold the text of
// what is done together.
var reserved = []string{"then", "and", "or", "for", "until", "after", "at", "every", "times", "pick", "of", "no", "random"}

// stops are the tokens that end an act.
var stops = []string{"then", "and", "or", "for", "until", "after", ")", "(", ":"}

func (t token) stops() bool { return t.text == "" || slices.Contains(stops, t.text) }

// isName says whether the token can be the name of a node or role.
func (t token) isName() bool {
	return t.text != "" && !t.isMark() && !slices.Contains(reserved, t.text)
}

func (t token) isMark() bool { return markLen(t.text) > 0 }

// marks are the tokens that need no space around them, the longest first.
var marks = []string{"<->", "->", ":", "(", ")", "|"}

func markLen(s string) int {
	for _, m := range marks {
		if strings.HasPrefix(s, m) {
			return len(m)
		}
	}
	return 0
}

// lex splits a line into tokens. A comma is a space. The last token is empty and
// stands behind the line.
func lex(line string) []token {
	var tokens []token
	col, start, startCol := 1, -1, 0
	end := func(at int) {
		if start >= 0 {
			tokens = append(tokens, token{line[start:at], startCol})
			start = -1
		}
	}
	for i := 0; i < len(line); {
		r, size := utf8.DecodeRuneInString(line[i:])
		if n := markLen(line[i:]); n > 0 {
			end(i)
			tokens = append(tokens, token{line[i : i+n], col})
			i, col = i+n, col+n
			continue
		}
		if r == ',' || unicode.IsSpace(r) {
			end(i)
		} else if start < 0 {
			start, startCol = i, col
		}
		i, col = i+size, col+1
	}
	end(len(line))
	return append(tokens, token{"", col})
}
