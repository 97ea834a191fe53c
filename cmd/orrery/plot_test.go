package main

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPlot(t *testing.T) {
	var pictures [][]byte
	for range 2 {
		svg := filepath.Join(t.TempDir(), "a.svg")
		if code, _, errs := orrery("compare", "echo/calm", "--seeds", "2", "--plot", svg); code != 0 {
			t.Fatalf("exit code %d: %s", code, errs)
		}
		picture, err := os.ReadFile(svg)
		if err != nil {
			t.Fatal(err)
		}
		pictures = append(pictures, picture)
	}
	if !bytes.Equal(pictures[0], pictures[1]) {
		t.Error("the same comparison gives two pictures")
	}
	for _, word := range []string{"echo/calm, seeds 1-2", "p99", "messages-per-op", "100.0%"} {
		if !strings.Contains(string(pictures[0]), word) {
			t.Errorf("the picture does not say %q", word)
		}
	}
	name := filepath.Join(t.TempDir(), "a.png")
	if code, _, errs := orrery("compare", "echo/calm", "--seeds", "2", "--plot", name); code != 0 {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := png.Decode(f); err != nil {
		t.Error(err)
	}
}
