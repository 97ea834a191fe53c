package scenarios

import (
	"testing"

	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/sim"
)

// TestSaved has a saved run be run as it says, unless the options say otherwise.
func TestSaved(t *testing.T) {
	s := scenario(t, "seed: 7", "mutant: louder", "knobs: {delay: 2ms}", "")
	if s.DefaultSeed() != 7 || scenario(t).DefaultSeed() != 1 || scenario(t, "seed: 0").DefaultSeed() != 0 {
		t.Error("a file's seed is not the default")
	}
	for _, c := range []struct {
		file, mutant, knob string // the file's knob loud, if any; the options' mutant and knob
		want, loud         string
	}{
		{"", "", "", "louder", "true"},
		{"", "louder", "", "louder", "true"},
		{"", NoMutant, "", "", "false"},
		{"", "stale", "", "stale", "false"},
		{"false", "", "", "louder", "false"}, // the file was saved with its mutant
		{"", "", "false", "louder", "false"},
		{"false", "", "true", "louder", "true"},
	} {
		s.Knobs = Values{}
		o := Options{Mutant: c.mutant, Knobs: Values{}}
		if c.file != "" {
			s.Knobs["loud"] = c.file
		}
		if c.knob != "" {
			o.Knobs["loud"] = c.knob
		}
		r := execute(t, s, o)
		var loud string
		for _, k := range r.Knobs {
			if k.Name == "loud" {
				loud = k.Value
			}
		}
		if r.Mutant != c.want || loud != c.loud {
			t.Errorf("%+v: mutant %q, loud %s", c, r.Mutant, loud)
		}
	}
	// A mutant that the options ask for must show, whatever the scenario says.
	calm := scenario(t, "knobs: {loud: false}")
	if r := execute(t, calm, Options{Mutant: "louder"}); r.Knobs[2].Value != "true" {
		t.Errorf("knobs are %+v", r.Knobs)
	}
}

// TestExpectedCheck is that a saved failure has to fail in its check.
func TestExpectedCheck(t *testing.T) {
	for _, c := range []struct {
		lines string
		want  bool
		code  int
	}{
		{"mutant: stale\nexpect: violated\ncheck: linearizable", true, 0},
		{"mutant: stale\nexpect: violated\ncheck: positive", false, sim.Violated.ExitCode()},
		{"mutant: stale\nexpect: violated", true, 0},
		{"expect: violated\ncheck: linearizable", false, sim.Violated.ExitCode()},
		{"check: linearizable", true, 0}, // mended: the check failed once
	} {
		r := execute(t, scenario(t, c.lines), Options{Seed: 1})
		if r.AsExpected() != c.want || r.ExitCode() != c.code {
			t.Errorf("%s\nis %s, as expected: %v, exit code %d", c.lines, r.Status, r.AsExpected(), r.ExitCode())
		}
	}
}

// TestSavedRun has a run that was saved, written and read be the same run.
func TestSavedRun(t *testing.T) {
	of := scenario(t, "knobs: {delay: 2ms}", "faults: [{at 500ms for 200ms: crash n1}]")
	for _, o := range []Options{
		{Seed: 3},
		{Seed: 0, Mutant: "louder", Knobs: Values{"limit": "7"}, Faults: faults.Schedule{faults.MustParse("at 1s for 100ms: pause random 1")}},
		{Seed: 5, Mutant: "louder", Knobs: Values{"loud": "false", "delay": "3ms"}},
	} {
		r, err := NewRun(of, o)
		if err != nil {
			t.Fatal(err)
		}
		want := r.Execute(nil)
		r.Close()
		saved, err := Parse("x.yaml", r.Saved().YAML(), toys.find)
		if err != nil {
			t.Fatal(err)
		}
		if got := execute(t, saved, Options{Seed: saved.DefaultSeed()}); got.Hash != want.Hash || got.Mutant != want.Mutant {
			t.Errorf("%+v: the hash is %s, expected %s\n%s", o, got.Hash, want.Hash, saved.YAML())
		}
	}
	r, err := NewRun(stormy(t), Options{Seed: 4})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	saved := r.Saved()
	if got, want := execute(t, saved, Options{Seed: 4}), r.Execute(nil); got.Hash != want.Hash || saved.Storm != nil || len(saved.Faults) == 0 {
		t.Errorf("with its storm written down the hash is %s, expected %s\n%s", got.Hash, want.Hash, saved.YAML())
	}
}
