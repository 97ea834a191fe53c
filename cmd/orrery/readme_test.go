package main

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
)

// The README shows what its first command prints.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	const command = "raft/minority-leader --seed 42"
	if !strings.Contains(string(readme), "go run ./cmd/orrery run "+command) {
		t.Errorf("README.md does not say: go run ./cmd/orrery run %s", command)
	}
	var out, errs bytes.Buffer
	if code := execute(context.Background(), append([]string{"run"}, strings.Fields(command)...), &out, &errs); code != 0 {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	story, _, _ := strings.Cut(out.String(), "reproduce:") // which names the program as it was started
	if !strings.Contains(string(readme), story) {
		t.Errorf("README.md does not show what the command prints:\n%s", story)
	}
}
