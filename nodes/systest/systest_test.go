package systest

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/scenarios/workload"
	"github.com/orrery-sim/orrery/sim"
)

type ask struct {
	op   workload.Op
	note *string // what the defect "mutates" writes to after it has sent it
}

// chance is what the defect of that name looks at, and must not.
var chance atomic.Int64

// system is a register on one disk, with one defect or none.
func system(defect string) *scenarios.System {
	server := func(c *scenarios.Cluster) func(p *sim.Proc) {
		return func(p *sim.Proc) {
			f, err := p.Open("values")
			if err != nil {
				panic(err)
			}
			p.Serve(func(p *sim.Proc, m sim.Message) (any, error) {
				a, ok := m.Body.(ask)
				if !ok && defect == "panics" {
					panic("what is this?")
				}
				if !ok {
					return nil, sim.ErrRefused
				}
				if defect == "chance" {
					p.Sleep(time.Duration(chance.Add(1)))
				}
				return answer(p, f, a.op, c.Mutant("forgets"))
			})
		}
	}
	return &scenarios.System{
		Name: "tested", Doc: "Package tested is a register.\n# Promises\n# Messages\n# What it survives\n", Nodes: 1,
		Workloads: []string{"register"},
		Mutants:   []scenarios.Mutant{{Name: "forgets", Breaks: "a write is kept", Scenario: "calm", Check: "linearizable", Seeds: 2}},
		Scenarios: fstest.MapFS{"scenarios/calm.yaml": {Data: []byte(
			"scenario: calm\nshows: Nothing breaks.\nsystem: tested\nworkload: {keys: 1, clients: 2, reads: 0.8}\nrun: 9s\nsettle: 2s\n")}},
		Place: func(c *scenarios.Cluster) { c.World().Node("n1", server(c)) },
		Connect: func(*scenarios.Cluster, *sim.Proc) workload.Session {
			return client{mutates: defect == "mutates"}
		},
	}
}

func answer(p *sim.Proc, f *sim.File, op workload.Op, forgets bool) (any, error) {
	if op.Name == "write" && !forgets {
		n, _ := op.Input.Int()
		if err := f.Append(p, append([]byte(checker.Int(n).String()), '\n')); err != nil {
			return nil, err
		}
		return checker.Nil, f.Sync(p)
	}
	text, err := f.ReadAll(p)
	lines := strings.Fields(string(text))
	if err != nil || len(lines) == 0 || op.Name == "write" {
		return checker.Nil, err
	}
	var n int64
	for _, digit := range lines[len(lines)-1] {
		n = n*10 + int64(digit-'0')
	}
	return checker.Int(n), nil
}

type client struct{ mutates bool }

func (c client) Do(p *sim.Proc, op workload.Op, timeout time.Duration) (checker.Value, checker.Outcome) {
	a := ask{op: op, note: new(string)}
	if c.mutates {
		p.Send("n1", a)
		*a.note = "changed"
	}
	v, err := sim.Call[checker.Value](p, "n1", a, timeout)
	switch {
	case errors.Is(err, sim.ErrRefused):
		return checker.Nil, checker.OutcomeFailed
	case err != nil:
		return checker.Nil, checker.OutcomeUnknown
	}
	return v, checker.OutcomeOK
}

// examine is what the exams find, by name.
func examine(s *scenarios.System) map[string]string {
	found := map[string]string{}
	for _, e := range Exams(s, 2) {
		if err := e.Run(); err != nil {
			found[e.Name] = err.Error()
		}
	}
	return found
}

func TestSound(t *testing.T) {
	if found := examine(system("")); len(found) > 0 {
		t.Errorf("found in a sound system: %v", found)
	}
	Check(t, system(""))
}

// TestDefects has an exam find each defect.
func TestDefects(t *testing.T) {
	file := func(more string) func(s *scenarios.System) {
		return func(s *scenarios.System) {
			calm := s.Scenarios.(fstest.MapFS)["scenarios/calm.yaml"]
			s.Scenarios = fstest.MapFS{"scenarios/calm.yaml": {Data: append(calm.Data, more...)}}
		}
	}
	for _, c := range []struct {
		name, defect string
		change       func(s *scenarios.System)
		exam, want   string
	}{
		{"no text", "", func(s *scenarios.System) { s.Doc = "" }, "documents", "Doc: # Promises is missing"},
		{"no mutant", "", func(s *scenarios.System) { s.Mutants = nil }, "documents", "a mutant is missing"},
		{"no scenarios", "", func(s *scenarios.System) { s.Scenarios = nil }, "documents", "a scenario calm is missing"},
		{"no help", "", func(s *scenarios.System) { s.Knobs = []scenarios.Knob{{Name: "k", Default: "1"}} }, "documents", "knob k: help is missing"},
		{"broken file", "", file("nodse: 3\n"), "scenario/calm", "tested/calm.yaml:7:1: unknown field"},
		{"wrong expectation", "", file("expect: violated\n"), "scenario/calm", "seed 1, ok, expected violated"},
		{"uncaught mutant", "", func(s *scenarios.System) { s.Mutants[0].Check = "progress" }, "mutant/forgets", "progress did not catch it in calm within 2 seeds"},
		{"mutant without scenario", "", func(s *scenarios.System) { s.Mutants[0].Scenario = "storm" }, "mutant/forgets", "storm"},
		{"mutant without storm", "", func(s *scenarios.System) { s.Mutants[0].Storm = "calm" }, "documents", "mutant forgets: storm calm is missing"},
		{"message changed", "mutates", nil, "hash/calm", "changed"},
		{"chance", "chance", nil, "hash/calm", "has the hash"},
		{"panics at the unknown", "panics", nil, "nuisances", "crashed"},
		{"loses memory", "", func(s *scenarios.System) { s.Place = inMemory }, "nuisances", "violated"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := system(c.defect)
			if c.change != nil {
				c.change(s)
			}
			if found := examine(s); !strings.Contains(found[c.exam], c.want) {
				t.Errorf("%s says %q, expected %q; all: %v", c.exam, found[c.exam], c.want, found)
			}
		})
	}
}

// inMemory is a server that a restart makes forget.
func inMemory(c *scenarios.Cluster) {
	c.World().Node("n1", func(p *sim.Proc) {
		stored := checker.Nil
		p.Serve(func(_ *sim.Proc, m sim.Message) (any, error) {
			a, ok := m.Body.(ask)
			switch {
			case !ok:
				return nil, sim.ErrRefused
			case a.op.Name == "write":
				stored = a.op.Input
				return checker.Nil, nil
			}
			return stored, nil
		})
	})
}

// TestSaved has saved failures be run, and say what they must.
func TestSaved(t *testing.T) {
	const head = "scenario: x\nsystem: tested\nworkload: {keys: 1, clients: 2, reads: 0.8}\nrun: 9s\nsettle: 2s\nseed: 2\n"
	dir := t.TempDir()
	for name, c := range map[string]struct{ more, want string }{
		"mended":     {"check: linearizable\n", ""},
		"caught":     {"mutant: forgets\nexpect: violated\ncheck: linearizable\n", ""},
		"not-mended": {"knobs: {}\nmutant: forgets\ncheck: linearizable\n", "it fails again: violated: linearizable: read of k0"},
		"not-caught": {"expect: violated\ncheck: linearizable\n", "ok, expected violated linearizable: what was caught is not caught any more"},
		"other":      {"mutant: forgets\nexpect: violated\ncheck: progress\n", "violated, expected violated progress"},
		"broken":     {"chekc: linearizable\n", `broken.yaml:7:1: unknown field of a scenario "chekc", did you mean "check"?`},
		"nothing":    {"\x00\xff", "nothing.yaml:"},
	} {
		file := filepath.Join(dir, name+".yaml")
		if err := os.WriteFile(file, []byte(head+c.more), 0o600); err != nil {
			t.Fatal(err)
		}
		found := ""
		for _, e := range Saved(scenarios.Catalog{system("")}, dir) {
			if e.Name != "fail/"+name {
				t.Errorf("there is %s", e.Name)
			} else if err := e.Run(); err != nil {
				found = err.Error()
			}
		}
		if !strings.Contains(found, c.want) || c.want == "" && found != "" {
			t.Errorf("%s: %s\nexpected %s", name, found, c.want)
		}
		if strings.Contains(c.want, "caught any more") && !strings.Contains(found, "orrery run "+file+" --seed 2") {
			t.Errorf("%s: no line that reproduces it: %s", name, found)
		}
		os.Remove(file)
	}
	if exams := Saved(nil, "testdata/none"); exams != nil {
		t.Errorf("without a folder there are %v", exams)
	}
}
