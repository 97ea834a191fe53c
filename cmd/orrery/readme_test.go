package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What the README and the chapters in docs/ show as a person would see it on a terminal
// is what the commands print:
//
//	```console
//	$ go run ./cmd/orrery run raft/calm --seed 7
//	raft/calm, seed 7
//	...
//	```
//
// A line of three dots stands for any number of lines. With -update, blocks without
// one are written anew; read the difference before it is committed.
func TestDocuments(t *testing.T) {
	if testing.Short() {
		t.Skip("the documents run hundreds of seeds")
	}
	t.Chdir("../..") // where the reader is
	paths, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := 0
	for _, path := range append(paths, "README.md") {
		t.Run(filepath.Base(path), func(t *testing.T) { shown += document(t, path) })
	}
	if shown == 0 {
		t.Error("no document shows a command")
	}
}

// document repeats the commands that one shows, and counts their blocks.
func document(t *testing.T, path string) (shown int) {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	repeated := consoleBlock.ReplaceAllStringFunc(string(text), func(block string) string {
		shown++
		return repeat(t, filepath.Base(path), block)
	})
	if update := flag.Lookup("update"); update != nil && update.Value.String() == "true" && repeated != string(text) {
		if err := os.WriteFile(path, []byte(repeated), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return shown
}

var (
	consoleBlock = regexp.MustCompile("(?ms)^```console\n.*?^```$")
	timing       = regexp.MustCompile(`in [0-9.]+s, [0-9]+ per second`)
)

const prompt = "$ go run ./cmd/orrery "

// repeat runs the commands of a block and returns the block with what they print now.
func repeat(t *testing.T, document, block string) string {
	body := strings.TrimSuffix(strings.TrimPrefix(block, "```console\n"), "```")
	var now strings.Builder
	now.WriteString("```console\n")
	for i, part := range strings.Split("\n"+body, "\n$ ") {
		if i == 0 {
			if strings.TrimSpace(part) != "" {
				t.Errorf("%s: a console block begins with %q, expected a line that begins with %q", document, part, prompt)
			}
			continue
		}
		line, shown, _ := strings.Cut("$ "+part, "\n")
		args, ok := strings.CutPrefix(line, prompt)
		if !ok {
			t.Errorf("%s: %q, expected a line that begins with %q", document, line, prompt)
			continue
		}
		_, out, errs := orrery(words(args)...)
		printed := strings.TrimRight(out+errs, "\n")
		if shown = strings.TrimRight(shown, "\n"); !shows(shown, printed) {
			t.Errorf("%s: %s prints:\n%s\nand the document shows:\n%s", document, line, printed, shown)
		}
		if slices.Contains(strings.Split(shown, "\n"), "...") {
			printed = shown
		}
		fmt.Fprintf(&now, "%s\n%s\n", line, printed)
	}
	now.WriteString("```")
	return now.String()
}

// words takes a command line apart as a shell does, single quotes included.
func words(line string) []string {
	var list []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			list = append(list, part)
		} else {
			list = append(list, strings.Fields(part)...)
		}
	}
	return list
}

// shows says whether the document's text is what was printed, but for lines of dots and
// for how long things took.
func shows(shown, printed string) bool {
	parts := strings.Split("\n"+timing.ReplaceAllString(shown, "in T")+"\n", "\n...\n")
	rest := "\n" + timing.ReplaceAllString(printed, "in T") + "\n"
	for i, part := range parts {
		part = "\n" + strings.Trim(part, "\n") + "\n"
		if part == "\n\n" {
			part = "\n"
		}
		at := strings.Index(rest, part)
		if at < 0 || i == 0 && at > 0 {
			return false
		}
		rest = rest[at+len(part)-1:]
	}
	return rest == "\n" || strings.TrimSpace(parts[len(parts)-1]) == ""
}

func TestShows(t *testing.T) {
	const printed = "a\nb\nc in 1.0s, 3 per second\nd"
	for shown, want := range map[string]bool{
		printed:                            true,
		"a\nb\nc in 9.0s, 9 per second\nd": true,
		"a\n...\nd":                        true,
		"a\nb\n...":                        true,
		"...\nb\n...":                      true,
		"a\nb":                             false,
		"b\n...":                           false,
		"a\n...\nb":                        false,
		"a\n...\nx\n...":                   false,
		"...\nd\n...\nb\n...":              false,
	} {
		if got := shows(shown, printed); got != want {
			t.Errorf("%q: %v, expected %v", shown, got, want)
		}
	}
}
