package golden

import (
	"fmt"
	"strconv"
	"strings"
)

const (
	context  = 2         // equal lines shown around a difference
	maxShown = 60        // lines of a diff; a reader looks at the file beyond that
	maxCells = 4_000_000 // of the table that finds the shortest diff
)

// A line of a diff is in the old text ('-'), in the new ('+') or in both (' ').
type line struct {
	op   byte
	text string
}

// diff renders how one text became another: changed lines with a little around
// them, and the number each has in the new text, or had in the old.
func diff(old, new string) string {
	lines := compare(split(old), split(new))
	var b strings.Builder
	oldLine, newLine, shown := 1, 1, 0
	skipped := false
	for i, l := range lines {
		at := newLine
		switch l.op {
		case '-':
			at = oldLine
			oldLine++
		case '+':
			newLine++
		default:
			oldLine++
			newLine++
		}
		if !nearChange(lines, i) {
			skipped = true
			continue
		}
		if shown++; shown > maxShown {
			fmt.Fprintf(&b, "         and more: the texts have %d and %d lines\n", strings.Count(old, "\n"), strings.Count(new, "\n"))
			break
		}
		if skipped {
			b.WriteString("         ...\n")
			skipped = false
		}
		fmt.Fprintf(&b, "%c %6d %s\n", l.op, at, visible(l))
	}
	return b.String()
}

// split cuts a text after each newline.
func split(text string) []string {
	lines := strings.SplitAfter(text, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

func nearChange(lines []line, i int) bool {
	for _, l := range lines[max(0, i-context):min(len(lines), i+context+1)] {
		if l.op != ' ' {
			return true
		}
	}
	return false
}

// visible shows a line without its newline, and quotes a changed one if it holds
// what cannot be seen otherwise.
func visible(l line) string {
	text, ended := strings.CutSuffix(l.text, "\n")
	hidden := strings.TrimRight(text, " \t") != text || strings.ContainsFunc(text, func(r rune) bool {
		return r != '\t' && !strconv.IsPrint(r)
	})
	if l.op != ' ' && hidden {
		text = strconv.Quote(text)
	}
	if !ended {
		text += " (no newline at the end)"
	}
	return text
}

// compare returns a shortest list of removals and additions that makes b of a.
// What is left after the common start and end is solved by the table of longest
// common subsequences or, if that would be huge, by replacing all of it.
func compare(a, b []string) []line {
	start := 0
	for start < len(a) && start < len(b) && a[start] == b[start] {
		start++
	}
	end := 0
	for end < len(a)-start && end < len(b)-start && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	lines := mark(nil, ' ', a[:start])
	lines = middle(lines, a[start:len(a)-end], b[start:len(b)-end])
	return mark(lines, ' ', a[len(a)-end:])
}

func mark(lines []line, op byte, texts []string) []line {
	for _, text := range texts {
		lines = append(lines, line{op, text})
	}
	return lines
}

func middle(lines []line, a, b []string) []line {
	if len(a)*len(b) > maxCells {
		return mark(mark(lines, '-', a), '+', b)
	}
	common := commonLengths(a, b)
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case a[i] == b[j]:
			lines = append(lines, line{' ', a[i]})
			i++
			j++
		case common[i+1][j] >= common[i][j+1]:
			lines = append(lines, line{'-', a[i]})
			i++
		default:
			lines = append(lines, line{'+', b[j]})
			j++
		}
	}
	return mark(mark(lines, '-', a[i:]), '+', b[j:])
}

// commonLengths returns the table whose cell [i][j] is the length of the longest
// common subsequence of a[i:] and b[j:].
func commonLengths(a, b []string) [][]int32 {
	table := make([][]int32, len(a)+1)
	for i := range table {
		table[i] = make([]int32, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			table[i][j] = max(table[i+1][j], table[i][j+1])
			if a[i] == b[j] {
				table[i][j] = table[i+1][j+1] + 1
			}
		}
	}
	return table
}
