package faults

import (
	"fmt"
	"strings"
)

// Error is one thing that is wrong with a fault, in its text or in a cluster.
type Error struct {
	Col  int    // where in the line, in characters from 1; 0 if there is no line
	Word string // the word that is wrong, to find its place by if Col is 0; may be empty
	Text string // what is wrong, what was expected, the nearest known name
	Hint string // what to write instead; may be empty
}

// Error renders "column 8: what is wrong", and the hint on a line of its own.
func (e *Error) Error() string {
	text := e.Text
	if e.Col > 0 {
		text = fmt.Sprintf("column %d: %s", e.Col, text)
	}
	if e.Hint != "" {
		text += "\nhint: " + e.Hint
	}
	return text
}

// Errors is all that is wrong with a fault, in the order of its text.
type Errors []*Error

// Error renders each on lines of its own.
func (es Errors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns them one by one, for errors.As.
func (es Errors) Unwrap() []error {
	list := make([]error, len(es))
	for i, e := range es {
		list[i] = e
	}
	return list
}

// orNil is the list as an error: nil if it is empty.
func (es Errors) orNil() error {
	if len(es) == 0 {
		return nil
	}
	return es
}

// didYouMean is the end of an error about a word that is not known: the known
// one that may have been meant, if one is close.
func didYouMean(word string, known []string) string {
	best, least := "", max(1, len(word)/3)+1
	for _, k := range known {
		if d := editDistance(word, k); d < least {
			best, least = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// editDistance counts the characters to insert, delete, replace or swap with
// their neighbour to get from a to b (optimal string alignment).
func editDistance(a, b string) int {
	s, t := []rune(a), []rune(b)
	older, old, row := make([]int, len(t)+1), make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range old {
		old[j] = j
	}
	for i := range s {
		row[0] = i + 1
		for j := range t {
			replace := old[j]
			if s[i] != t[j] {
				replace++
			}
			row[j+1] = min(replace, old[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && s[i] == t[j-1] && s[i-1] == t[j] {
				row[j+1] = min(row[j+1], older[j-1]+1)
			}
		}
		older, old, row = old, row, older
	}
	return old[len(t)]
}
