package panes

import (
	"slices"
	"strings"
)

// How well a text fits what was typed; less is better.
const (
	fitsStart = iota // the name begins so
	fitsWord         // a word of the name begins so
	fitsName         // the name holds all words
	fitsHelp         // name and help hold them
	fitsLoose        // the letters come in the name, in that order
	fitsNot
)

// fit compares what was typed, in words, with a name and what is said of it. Case does
// not count.
func fit(typed, name, help string) int {
	typed, name, help = strings.ToLower(strings.TrimSpace(typed)), strings.ToLower(name), strings.ToLower(help)
	words := strings.Fields(typed)
	within := func(text string) bool {
		return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
	}
	switch {
	case strings.HasPrefix(name, typed):
		return fitsStart
	case strings.Contains(" "+strings.NewReplacer("-", " ", "/", " ").Replace(name), " "+typed):
		return fitsWord
	case within(name):
		return fitsName
	case within(name + " " + help):
		return fitsHelp
	case subsequence(strings.Join(words, ""), name):
		return fitsLoose
	}
	return fitsNot
}

func subsequence(letters, text string) bool {
	for _, r := range letters {
		i := strings.IndexRune(text, r)
		if i < 0 {
			return false
		}
		text = text[i+len(string(r)):]
	}
	return true
}
