package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/orrery-sim/orrery/internal/golden"
)

// A run leaves a report, a picture and a log behind; its verdict is the same.
func TestTell(t *testing.T) {
	dir := t.TempDir()
	_, plain, _ := orrery("run", "echo/restarts", "--seed", "1")
	line := "run echo/restarts --seed 1 --report " + dir + "/r.html --spacetime " + dir + "/s.svg --shiviz " + dir + "/z.log --window 2s-2.5s"
	code, out, errs := orrery(strings.Fields(line)...)
	if code != 0 || errs != "" || out != plain {
		t.Errorf("exit code %d, errors %q, and it prints:\n%s", code, errs, out)
	}
	for name, want := range map[string]string{
		"r.html": "<title>✓ echo/restarts, seed 1: ok</title>", "s.svg": ">2.10s<", "z.log": "\n2.00",
	} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s has no %q: %v", name, want, err)
		}
	}
}

// The picture in the documents is what its command draws.
func TestPicture(t *testing.T) {
	name := filepath.Join(t.TempDir(), "local-reads.svg")
	if code, _, errs := orrery("run", "raft/local-reads", "--seed", "1", "--spacetime", name); code != 0 || errs != "" {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, text, "../../docs/pictures/local-reads.svg")
}

// What cannot be written is said, leaves nothing, and changes nothing about the verdict.
func TestTellNowhere(t *testing.T) {
	dir := t.TempDir()
	for _, flag := range []string{"--report", "--spacetime", "--shiviz"} {
		code, out, errs := orrery("run", "echo/calm", flag, filepath.Join(dir, "none", "a"))
		if code != 0 || !strings.Contains(out, "\nok\nhash ") || !strings.HasPrefix(errs, "orrery: cannot write ") {
			t.Errorf("%s: exit code %d, errors %q", flag, code, errs)
		}
		if code, _, errs := orrery("run", "echo/calm", flag, "/dev/full"); code != 0 || !strings.Contains(errs, "no space left") {
			t.Errorf("%s to a full disk: exit code %d, errors %q", flag, code, errs)
		}
	}
	code, out, errs := orrery("run", "echo/calm", "--spacetime", filepath.Join(dir, "a.svg"), "--window", "1h-2h")
	if code != 0 || !strings.Contains(out, "\nok\nhash ") || !strings.Contains(errs, `--window "1h-2h": the run ended before, at `) {
		t.Errorf("a window after the end: exit code %d, errors %q", code, errs)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("it leaves %v", entries)
	}
}
