package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The chapters show what their commands print: what stands below a line such as
// "$ orrery run raft/calm --seed 1", to the end of the block. A line of three dots
// stands for lines that are left out.
func TestDocs(t *testing.T) {
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(files) == 0 {
		t.Fatal("no chapters", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range blocks(string(text)) {
			command, shown, _ := strings.Cut(block, "\n")
			if line, ok := strings.CutPrefix(command, "$ orrery "); ok {
				t.Run(filepath.Base(file)+"/"+line, func(t *testing.T) { compareShown(t, line, shown) })
			}
		}
	}
}

// blocks are what stands between lines of three backquotes.
func blocks(text string) []string {
	var list []string
	var block *strings.Builder
	for line := range strings.Lines(text) {
		switch {
		case strings.HasPrefix(line, "```") && block == nil:
			block = &strings.Builder{}
		case strings.HasPrefix(line, "```"):
			list, block = append(list, block.String()), nil
		case block != nil:
			block.WriteString(line)
		}
	}
	return list
}

// compareShown looks for each part of what is shown in what the command prints behind
// the part before.
func compareShown(t *testing.T, line, shown string) {
	var out, errs bytes.Buffer
	if code := execute(context.Background(), strings.Fields(line), &out, &errs); code == misuse {
		t.Fatal(errs.String())
	}
	rest := "\n" + out.String()
	for _, part := range strings.Split("\n"+shown, "\n...\n") {
		part = "\n" + strings.Trim(part, "\n") + "\n"
		at := strings.Index(rest, part)
		if at < 0 {
			t.Fatalf("it does not print, or not behind what is shown before:\n%s\nit prints:\n%s", part, out.String())
		}
		rest = rest[at+len(part)-1:]
	}
}
