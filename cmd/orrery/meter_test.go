package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/orrery-sim/orrery/internal/golden"
)

// Both forms of a log, and the text on standard output before the report.
func TestLog(t *testing.T) {
	const line = "run echo/restarts --seed 1 --until 5s --log "
	for _, form := range []string{"txt", "json"} {
		name := filepath.Join(t.TempDir(), "run."+form)
		if code, _, errs := orrery(strings.Fields(line + name)...); code != 2 || errs != "" {
			t.Errorf("%s: exit code %d, errors %q", form, code, errs)
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		golden.Check(t, string(text), "testdata/log-"+form+".golden")
		_, out, _ := orrery(strings.Fields(line + "-")...)
		if shown := strings.HasPrefix(out, string(text)+"echo/restarts, seed 1\n"); shown != (form == "txt") {
			t.Errorf("standard output begins with the log as %s: %v", form, shown)
		}
	}
}

// Metrics, at intervals of one's own.
func TestMetrics(t *testing.T) {
	name := filepath.Join(t.TempDir(), "run.om")
	line := "run echo/calm --seed 1 --until 2s --metrics-every 500ms --metrics " + name
	if code, _, errs := orrery(strings.Fields(line)...); code != 2 || errs != "" {
		t.Errorf("exit code %d, errors %q", code, errs)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), "\norrery_events_total{"); n != 5 || !strings.HasSuffix(string(text), "\n# EOF\n") {
		t.Errorf("two seconds have %d values of a metric, expected 5:\n%s", n, text)
	}
}

// Wrong flags are told before anything is run; what cannot be written, afterwards.
func TestRecordsThatGoNowhere(t *testing.T) {
	dir := t.TempDir()
	for flags, want := range map[string]string{
		"--metrics-every 0s":    "expected a multiple of 1ms",
		"--metrics-every 1.5ms": "expected a multiple of 1ms",
		"--log run.xml":         "expected a name that ends in .txt",
		"--otlp-signals spans":  "expected some of traces, metrics, logs",
	} {
		code, out, errs := orrery(append([]string{"run", "echo/calm"}, strings.Fields(flags)...)...)
		if code == 0 || out != "" || !strings.Contains(errs, want) {
			t.Errorf("%s: exit code %d, errors %q", flags, code, errs)
		}
	}
	for _, flag := range []string{"--metrics", "--log"} {
		for _, path := range []string{dir + "/none/a.txt", "/dev/full"} {
			code, out, errs := orrery("run", "echo/calm", flag, path)
			if path == "/dev/full" && flag == "--log" {
				continue // it is not a name that says a form
			}
			if code != 0 || !strings.Contains(out, "\nok\nhash ") || !strings.HasPrefix(errs, "orrery: cannot write "+path) {
				t.Errorf("%s %s: exit code %d, errors %q", flag, path, code, errs)
			}
		}
	}
	for _, signal := range []string{"traces", "metrics", "logs"} {
		code, out, errs := orrery("run", "echo/restarts", "--otlp", "http://127.0.0.1:1", "--otlp-signals", signal)
		if code != 0 || !strings.Contains(out, "\nok\nhash ") || !strings.HasPrefix(errs, "orrery: collector http://127.0.0.1:1: ") {
			t.Errorf("%s: exit code %d, errors %q", signal, code, errs)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("files are left: %v", left)
	}
}
