package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/orrery-sim/orrery/internal/golden"
)

// TestShrink is what shrink prints and writes, and the line that it prints is run.
func TestShrink(t *testing.T) {
	file := filepath.Join(t.TempDir(), "small.yaml")
	code, out, errs := orrery("shrink", "echo/restarts", "--mutant", "unsynced", "-o", file)
	if code != 0 || errs != "" {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	yaml, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	took := regexp.MustCompile(`in [0-9.]+s\n`)
	shown := took.ReplaceAllString(changing.ReplaceAllString(out, "..."), "in ...\n")
	golden.Check(t, strings.ReplaceAll(shown, file, "small.yaml")+"\n"+string(yaml), "testdata/shrink.golden")

	_, line, _ := strings.Cut(out, "reproduce: "+program()+" ")
	line, _, _ = strings.Cut(line, "\n")
	code, again, errs := orrery(strings.Fields(line)...)
	if code != 0 || !strings.Contains(again, "violated: linearizable: ") || !strings.Contains(out, again) {
		t.Errorf("%s: exit code %d, %s\n%s", line, code, errs, again)
	}
	// The file says the seed and the mutant, unless they are told.
	if code, again, _ = orrery("run", file); code != 0 || !strings.Contains(out, again) {
		t.Errorf("without flags: exit code %d\n%s", code, again)
	}
	code, again, _ = orrery("run", file, "--mutant", "none")
	if code != 1 || !strings.Contains(again, "ok (expected violated linearizable)") || !strings.Contains(again, "--seed 2 --mutant none\n") {
		t.Errorf("without its mutant: exit code %d\n%s", code, again)
	}
	if code, again, _ = orrery("run", file, "--seed", "1"); code != 1 || !strings.Contains(again, "seed 1, ") {
		t.Errorf("with another seed: exit code %d\n%s", code, again)
	}
	if code, again, _ = orrery("shrink", file, "--json", "-o", file); code != 0 {
		t.Errorf("shrunk again: exit code %d", code)
	}
	var found struct {
		File, YAML, Check, Reproduce string
		After                        struct{ Faults, Operations int }
	}
	if err := json.Unmarshal([]byte(again), &found); err != nil || found.File != file || found.Check != "linearizable" ||
		found.After.Faults != 1 || !strings.Contains(found.YAML, "mutant: unsynced") || !strings.Contains(found.Reproduce, file) {
		t.Errorf("as JSON: %+v, %v", found, err)
	}
}

// TestShrinkWrites has files be written where they are looked for, and none be lost.
func TestShrinkWrites(t *testing.T) {
	t.Chdir(t.TempDir())
	shrinks := func(want int, args ...string) string {
		t.Helper()
		code, out, errs := orrery(append([]string{"shrink", "echo/restarts", "--mutant", "unsynced"}, args...)...)
		if code != want {
			t.Errorf("%v: exit code %d, expected %d: %s", args, code, want, errs)
		}
		return out + errs
	}
	if out := shrinks(64, "--check", "progress"); strings.Contains(out, "wrote") {
		t.Error(out)
	}
	if list, _ := os.ReadDir("."); len(list) > 0 {
		t.Errorf("a search that found nothing leaves %v", list)
	}
	for _, want := range []string{"unsynced.yaml", "unsynced.yaml", "unsynced-2.yaml"} {
		if out := shrinks(0, "--seed", map[bool]string{true: "3", false: "1"}[want == "unsynced-2.yaml"]); !strings.Contains(out, "wrote testdata/fail/"+want+"\n") {
			t.Errorf("expected %s:\n%s", want, out)
		}
	}
	if out := shrinks(0, "--runs", "4"); !strings.Contains(out, "all runs are spent") {
		t.Error(out)
	}
	files, _ := filepath.Glob("testdata/fail/*")
	hidden, _ := filepath.Glob("testdata/fail/.*")
	if len(files) != 3 || len(hidden) > 0 {
		t.Errorf("there are %v %v", files, hidden)
	}

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out, errs bytes.Buffer
	if code := execute(ctx, []string{"shrink", "echo/restarts", "--mutant", "unsynced"}, &out, &errs); code != 2 || !strings.Contains(errs.String(), "interrupted") {
		t.Errorf("interrupted: exit code %d: %s%s", code, &out, &errs)
	}
}

// TestShrinkMisuse is what is said about searches that cannot begin. All exit alike.
func TestShrinkMisuse(t *testing.T) {
	var b strings.Builder
	for _, line := range []string{
		"shrink", "shrink echo/calm", "shrink echo/calm --mutant unsynced", "shrink echo/clam", "shrink echo/calm --runs 0", "shrink echo/calm --check x",
		"shrink echo/calm -o testdata", "shrink echo/calm -o x.txt", "shrink echo/calm -o none/x.yaml", "shrink echo/calm --until 3s", "shrink testdata/broken.yaml",
		"shrink echo/restarts --mutant unsynced --check says-back", "shrink echo/calm --knob a=1",
	} {
		code, out, errs := orrery(strings.Fields(line)...)
		if code != misuse || out != "" {
			t.Errorf("orrery %s: exit code %d, prints %q", line, code, out)
		}
		b.WriteString("$ orrery " + line + "\n" + errs)
	}
	golden.Check(t, b.String(), "testdata/shrink-misuse.golden")
}

// TestShrinkingChapter has the chapter show what its command prints and writes.
func TestShrinkingChapter(t *testing.T) {
	chapter, err := os.ReadFile("../../docs/40-shrinking.md")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "x.yaml")
	const command = "shrink raft/minority-leader --seed 2 --mutant reads-without-quorum"
	code, out, errs := orrery(append(strings.Fields(command), "-o", file)...)
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	yaml, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	between := func(first, last string) string {
		_, rest, _ := strings.Cut(out, first)
		found, _, _ := strings.Cut(rest, last)
		return first + found
	}
	for _, text := range []string{
		"orrery " + command + "\n", string(yaml), between("raft/minority-leader, seed 2", "  86 runs"),
		between("timeline\n", "\nphase"), between("  it could have returned", "\nthe events around"),
	} {
		if !strings.Contains(string(chapter), text) {
			t.Errorf("docs/40-shrinking.md does not show:\n%s", text)
		}
	}
}
