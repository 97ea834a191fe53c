package chaosmesh_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/faults/chaosmesh"
	"github.com/orrery-sim/orrery/internal/golden"
	"github.com/orrery-sim/orrery/nodes"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/sim"
)

// files are the documents of a folder, by name.
func files(t testing.TB, pattern string) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) < 5 {
		t.Fatal(paths, err)
	}
	texts := map[string][]byte{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		texts[filepath.Base(path)] = text
	}
	return texts
}

func sorted(texts map[string][]byte) []string {
	var names []string
	for name := range texts {
		names = append(names, name)
	}
	for i := range names {
		for j := i; j > 0 && names[j] < names[j-1]; j-- {
			names[j], names[j-1] = names[j-1], names[j]
		}
	}
	return names
}

// TestRead shows what each document of testdata, in the shapes that Chaos Mesh's own
// examples have, becomes. Every line is the value that it prints.
func TestRead(t *testing.T) {
	texts := files(t, "testdata/*.yaml")
	var b strings.Builder
	for _, name := range sorted(texts) {
		d, err := chaosmesh.Read(name, texts[name])
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		fmt.Fprintf(&b, "%s\n", name)
		for _, f := range d.Faults {
			fmt.Fprintf(&b, "    %s\n", f)
			if again, err := faults.Parse(f.String()); err != nil || !reflect.DeepEqual(again, f) {
				t.Errorf("%s: %q is read as %v (%v)", name, f, again, err)
			}
		}
		for _, n := range d.Notes {
			fmt.Fprintf(&b, "    note: %s\n", n)
		}
	}
	golden.Check(t, b.String(), "testdata/converted.txt")
}

// TestRun has every document break raft/calm: each of its faults does something, and the
// run does not die of it.
func TestRun(t *testing.T) {
	sc, err := nodes.All.Load("raft/calm")
	if err != nil {
		t.Fatal(err)
	}
	texts := files(t, "testdata/*.yaml")
	for _, name := range sorted(texts) {
		t.Run(name, func(t *testing.T) {
			file, err := scenarios.ReadFaults(filepath.Join("testdata", name))
			if err != nil {
				t.Fatal(err)
			}
			run, err := scenarios.NewRun(sc, scenarios.Options{Seed: 1, Faults: file.Faults, Until: 18 * time.Second})
			if err != nil {
				t.Fatal(err)
			}
			defer run.Close()
			report := run.Execute(nil)
			done := map[string]bool{}
			for _, d := range run.Faults.Log() {
				if d.Skipped != "" {
					t.Errorf("%s", d)
				}
				done[d.Fault] = true
			}
			for _, f := range file.Faults {
				if !done[f.String()] {
					t.Errorf("nothing came of %s", f)
				}
			}
			if st := report.Outcome(); st != sim.OK && st != sim.Unknown {
				t.Errorf("%v: %s", st, report.Reason)
			}
		})
	}
}

// TestErrors shows all that is said of what is wrong, with its place.
func TestErrors(t *testing.T) {
	texts := files(t, "testdata/broken/*.yaml")
	var b strings.Builder
	for _, name := range sorted(texts) {
		d, err := chaosmesh.Read(name, texts[name])
		if err == nil {
			t.Errorf("%s is read as %v", name, d)
			continue
		}
		lines := strings.Split(string(texts[name]), "\n")
		for text := range strings.SplitSeq(err.Error(), "\n") {
			fmt.Fprintf(&b, "%s\n", text)
			var line, column int
			if _, place, ok := strings.Cut(text, ":"); ok {
				if n, _ := fmt.Sscanf(place, "%d:%d:", &line, &column); n == 2 {
					fmt.Fprintf(&b, "    here: %s\n", lines[line-1][column-1:])
				}
			}
		}
	}
	golden.Check(t, b.String(), "testdata/errors.txt")
}

// TestCron shows when rules come. The run begins at midnight.
func TestCron(t *testing.T) {
	const document = `{apiVersion: chaos-mesh.org/v1alpha1, kind: Schedule, spec: {type: PodChaos, schedule: %q, podChaos: {action: pod-kill, mode: all, selector: {}}}}`
	for rule, want := range map[string]string{
		"*/5 * * * *":     "at 5m5s every 5m: restart all",
		"* * * * *":       "at 1m5s every 1m: restart all",
		"0 * * * *":       "at 1h0m5s every 1h: restart all",
		"@hourly":         "at 1h0m5s every 1h: restart all",
		"@daily":          "at 24h0m5s every 24h: restart all",
		"30 2 * * *":      "at 2h30m5s every 24h: restart all",
		"10,20 * * * *":   "at 10m5s every 1h: restart all; at 20m5s every 1h: restart all",
		"0-59/20 * ? * *": "at 20m5s every 20m: restart all",
		"5/30 */2 * * *":  "at 5m5s every 24h: restart all",
		"0 9-17 * * *":    "at 9h0m5s every 24h: restart all; at 10h0m5s every 24h: restart all",
		"*/7 1 * * *":     "at 1h0m5s every 24h: restart all; at 1h7m5s every 24h: restart all",
		"*/7 1-20 * * *":  "more than 60 times",
		"60 * * * *":      "expected minutes and hours",
		"5-1 * * * *":     "expected minutes and hours",
		"*/0 * * * *":     "expected minutes and hours",
		"- * * * *":       "expected minutes and hours",
		"@weekly":         "the five fields of cron",
		"* * * *":         "the five fields of cron",
	} {
		d, err := chaosmesh.Read("x.yaml", fmt.Appendf(nil, document, rule))
		got := fmt.Sprint(err)
		if err == nil {
			got = strings.ReplaceAll(d.Faults.String(), "\n", "; ")
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: %s, expected %s", rule, got, want)
		}
	}
}

// TestIs tells documents from lines.
func TestIs(t *testing.T) {
	for text, want := range map[string]bool{
		"apiVersion: v1": true, "# a comment\n\n'apiVersion' : x": true, "kind: X\napiVersion: y\n": true,
		"at 5s: crash leader": false, "# apiVersion: x": false, "": false,
	} {
		if chaosmesh.Is([]byte(text)) != want {
			t.Errorf("%q: expected %v", text, want)
		}
	}
	for _, text := range []string{"", "---\n", "# nothing\n"} {
		if _, err := chaosmesh.Read("x.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), "x.yaml:1:1: there is no document") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestManyTemplates has a workflow that comes to too much be an error, soon.
func TestManyTemplates(t *testing.T) {
	var b strings.Builder
	b.WriteString("apiVersion: chaos-mesh.org/v1alpha1\nkind: Workflow\nspec:\n  entry: t0\n  templates:\n")
	for i := range 40 {
		fmt.Fprintf(&b, "  - {name: t%d, templateType: Parallel, children: [t%d, t%d]}\n", i, i+1, i+1)
	}
	b.WriteString("  - {name: t40, templateType: Suspend, deadline: 1s}\n")
	if _, err := chaosmesh.Read("x.yaml", []byte(b.String())); err == nil || !strings.Contains(err.Error(), "more than 10000 steps") {
		t.Errorf("%v", err)
	}
}

// FuzzRead has no text crash the reader, every error have a place, and every fault
// print as a line that is read as the same.
func FuzzRead(f *testing.F) {
	for _, pattern := range []string{"testdata/*.yaml", "testdata/broken/*.yaml"} {
		for _, text := range files(f, pattern) {
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := chaosmesh.Read("f.yaml", text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "f.yaml:") {
				t.Fatalf("no place: %v", err)
			}
			return
		}
		for _, f := range d.Faults {
			if again, err := faults.Parse(f.String()); err != nil || !reflect.DeepEqual(again, f) {
				t.Fatalf("%q is read as %v (%v)", f, again, err)
			}
		}
	})
}
