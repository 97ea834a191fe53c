// Package suggest finds the name that somebody may have meant.
package suggest

import "fmt"

// Nearest returns the known name that is closest to the one given, or "" if none
// is close: at most a third of its letters, or two, may have to be changed. Of two
// that are as close, the one as long as the name is taken.
func Nearest(name string, known []string) string {
	best, least := "", max(2, len(name)/3)+1
	for _, k := range known {
		if d := distance(name, k); d < least || d == least && best != "" && len(k) == len(name) && len(best) != len(name) {
			best, least = k, d
		}
	}
	return best
}

// Hint is the end of an error about an unknown name: ", did you mean "leader"?",
// or nothing.
func Hint(name string, known []string) string {
	if near := Nearest(name, known); near != "" {
		return fmt.Sprintf(", did you mean %q?", near)
	}
	return ""
}

// distance is Levenshtein's: the insertions, deletions and substitutions that
// turn one text into the other.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substituted := diagonal
			if a[i] != b[j] {
				substituted++
			}
			diagonal = row[j+1]
			row[j+1] = min(substituted, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}
