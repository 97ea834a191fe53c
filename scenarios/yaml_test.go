package scenarios

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/internal/golden"
	"github.com/orrery-sim/orrery/scenarios/workload"
	"github.com/orrery-sim/orrery/sim"
)

// TestParse reads a file with every field there is.
func TestParse(t *testing.T) {
	text, err := os.ReadFile("testdata/full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	got, err := Parse("testdata/full.yaml", text, toys.find)
	if err != nil {
		t.Fatal(err)
	}
	want := &Scenario{
		Name: "full", Shows: "Every field.", System: toy, Nodes: 3, Knobs: Values{"delay": "2ms", "loud": "true"},
		Labels: []Label{{"n1", "zone", "a"}, {"n1", "tier", "db"}, {"c2", "zone", "b"}},
		Link:   sim.Link{Latency: sim.Constant(3 * time.Millisecond), Bandwidth: 1000000, Loss: 0.1, Duplicate: 0.2, Reorder: 0.3, Corrupt: 0.4},
		Workload: workload.Spec{Kind: "cas-register", Clients: 2, Keys: 5, Every: 10 * time.Millisecond, Rate: 100, Reads: 0.25,
			Zipf: 1, Timeout: 2 * time.Second},
		Faults: got.Faults, Checks: []string{"linearizable", "positive", "objectives"}, Run: 4 * time.Second, Settle: 2 * time.Second,
		Expect: sim.Unknown, File: "testdata/full.yaml",
		Storm: &faults.Storm{
			Budget: faults.Budget{
				Down: faults.MinorityServers, PowerLoss: faults.AllServers, Recover: 500 * time.Millisecond,
				Loss: faults.Amount{Unit: faults.Percent, N: 200_000}, Delay: 100 * time.Millisecond,
				Bandwidth: faults.Amount{Unit: faults.Rate, N: 64_000}, Slow: faults.Amount{Unit: faults.Factor, N: 20_000},
				Drift: faults.Amount{Unit: faults.PPM, N: 50_000_000}, Jump: 2 * time.Second, Disk: 2,
			},
			Families: []string{"partition", "power", "clock"}, Roles: []string{"leader"},
			Least: 1, Most: 8, Shortest: 200 * time.Millisecond, Longest: time.Second,
		},
		Objectives: []Objective{
			{Metric: "p", Percent: 95, Comparison: "<", Bound: 5e8, During: Part{Name: PartFaults}},
			{Metric: "failed", Comparison: "<=", Bound: 0.01, During: Part{From: time.Second, To: 2 * time.Second}},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v\nexpected %+v", got, want)
	}
	const lines = "at 1s for 500ms: crash n1; at 1s every 1s: pause n2 for 100ms; at 3s: isolate leader; at 3.5s for 100ms: hold message 8112"
	var written []string
	for _, f := range got.Faults {
		written = append(written, f.String())
	}
	if strings.Join(written, "; ") != lines {
		t.Errorf("faults are %q", written)
	}
}

func TestDefaults(t *testing.T) {
	s, err := Parse("x.yaml", []byte("scenario: x\nsystem: toy\n"), toys.find)
	if err != nil {
		t.Fatal(err)
	}
	if s.Nodes != 1 || s.Run != 30*time.Second || s.Settle != 5*time.Second || s.Link != DefaultLink ||
		!reflect.DeepEqual(s.Workload, workload.Defaults) || !reflect.DeepEqual(s.Checks, []string{"linearizable", "progress", "positive"}) || s.Expect != sim.OK {
		t.Errorf("defaults are %+v", s)
	}
}

// TestYAMLErrors shows what is said about broken files: every error of each, with its
// place. The places are looked up in the file.
func TestYAMLErrors(t *testing.T) {
	files, err := filepath.Glob("testdata/broken/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no broken files", err)
	}
	place := regexp.MustCompile(`^([^:]+):(\d+):(\d+): `)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Parse("f.yaml", text, Catalog{toy, requests}.find)
			if err == nil {
				t.Fatal("no error")
			}
			lines := strings.Split(string(text), "\n")
			var b strings.Builder
			for _, e := range unjoin(err) {
				fmt.Fprintf(&b, "%v\n", e)
				var name string
				var line, column int
				if m := place.FindStringSubmatch(e.Error()); m == nil {
					t.Errorf("no place: %v", e)
				} else if fmt.Sscan(strings.Join(m[1:], " "), &name, &line, &column); line <= len(lines) && column <= len(lines[line-1]) {
					fmt.Fprintf(&b, "    here: %s\n", lines[line-1][column-1:])
				}
			}
			golden.Check(t, b.String(), strings.TrimSuffix(file, ".yaml")+".golden")
		})
	}
}

func TestReadFaults(t *testing.T) {
	path := filepath.Join(t.TempDir(), "faults")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("# two\n\n  - at 1s: crash n1\r\nevery 5s: pause n1 for 1s")
	s, err := ReadFaults(path)
	if err != nil || len(s.Faults) != 2 || s.Faults[0].String() != "at 1s: crash n1" || s.Places[1] != path+":4" {
		t.Errorf("read %v, %v", s, err)
	}
	write("at 1s: crahs n1\nat 1s: crash n1\nat x: crash n1\n\x00\xff")
	_, err = ReadFaults(path)
	for _, want := range []string{path + ":1: ", path + ":3: ", path + ":4: ", `"crash"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in: %v", want, err)
		}
	}
	if _, err := ReadFaults(path + ".none"); !os.IsNotExist(err) {
		t.Error(err)
	}
}

// TestLoad finds scenarios by name and by path, and names the nearest.
func TestLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mine.yaml")
	if err := os.WriteFile(path, []byte(calm), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := toys.Load(path); err != nil || s.File != path || s.FullName() != "toy/calm" {
		t.Errorf("%+v, %v", s, err)
	}
	if s, err := toys.Load("toy/calm"); err != nil || s.File != "" {
		t.Errorf("%+v, %v", s, err)
	}
	for name, want := range map[string]string{
		"toy/clam":  `unknown scenario of system toy "clam", did you mean "calm"?`,
		"toi/calm":  `unknown system "toi", did you mean "toy"?`,
		"zebra/x":   `unknown system "zebra", expected one of toy`,
		"toy":       "unknown scenario \"toy\": expected SYSTEM/NAME, or a path that ends in .yaml\nhint: system toy has calm, other",
		"calm":      "unknown scenario \"calm\": expected SYSTEM/NAME, or a path that ends in .yaml\nhint: there is toy/calm",
		"":          `unknown scenario "": expected SYSTEM/NAME, or a path that ends in .yaml`,
		"toy/../x":  `unknown scenario of system toy "../x", expected one of calm, other`,
		"toy/other": `toy/other.yaml: the scenario calls itself "calm", expected the name of its file`,
		"none.yaml": "open none.yaml: no such file or directory",
	} {
		if _, err := toys.Load(name); err == nil || err.Error() != want {
			t.Errorf("%q: %v\nexpected %s", name, err, want)
		}
	}
	if _, err := (Catalog{{Name: "bare"}}).Load("bare/calm"); err == nil {
		t.Error("a system without scenarios has one")
	}
}

func TestClaim(t *testing.T) {
	doc := DocText("// Package toy is registers. More.\n//\n//\tcode\npackage toy\n")
	if doc != "Package toy is registers. More.\n\n\tcode\n" {
		t.Errorf("the text is %q", doc)
	}
	if got := (&System{Name: "toy", Doc: doc}).Claim(); got != "registers." {
		t.Errorf("the claim is %q", got)
	}
	if got := toy.Claim(); got != "registers on one server." {
		t.Errorf("the claim is %q", got)
	}
}

// FuzzParse reads any bytes without a panic. What it accepts can be written, and run.
func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.yaml")
	broken, _ := filepath.Glob("testdata/broken/*.yaml")
	for _, file := range append(files, broken...) {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := Parse("x.yaml", text, toys.find)
		if err != nil {
			for _, e := range unjoin(err) {
				if !strings.HasPrefix(e.Error(), "x.yaml:") {
					t.Errorf("no place: %v", e)
				}
			}
			return
		}
		again, err := Parse("x.yaml", s.YAML(), toys.find)
		if err != nil || !reflect.DeepEqual(again, s) {
			t.Fatalf("it is written as\n%s\nwhich is read as %+v, %v, not %+v", s.YAML(), again, err, s)
		}
		r, err := NewRun(s, Options{Seed: 1})
		if err != nil {
			t.Fatalf("it parses and does not run: %v", err)
		}
		defer r.Close()
		r.Start()
	})
}
