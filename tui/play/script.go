// Package play is a session with a run, without a screen: what is run, what was done to
// it by hand, where one is in it, and how all of that is saved. Stepping back, undoing
// and trying something else are all the same thing: another script, run again.
package play

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/scenarios"
)

// Script is all that a run depends on. It is a value: what changes it returns another.
type Script struct {
	Scenario *scenarios.Scenario // as it was opened
	Seed     uint64
	Knobs    scenarios.Values // turned by hand
	Mutant   string
	Off      []int           // of the scenario's faults, by index: those that are left out
	Acts     faults.Schedule // done by hand
	Program  string          // with which lines to reproduce begin; "" is orrery
	Keep     int             // how many events a tape of it keeps; 0 is [tape.Budget]
}

// Edited says whether the scenario's own faults were changed, so that its name alone
// does not tell what is run.
func (s Script) Edited() bool { return len(s.Off) > 0 }

// Base is the scenario that is run, without what was done by hand.
func (s Script) Base() *scenarios.Scenario {
	if !s.Edited() {
		return s.Scenario
	}
	c := *s.Scenario
	c.Faults = nil
	for i, f := range s.Scenario.Faults {
		if !slices.Contains(s.Off, i) {
			c.Faults = append(c.Faults, f)
		}
	}
	c.File = "saved.yaml" // the built-in one would be another run
	return &c
}

// Options are with what the scenario is run.
func (s Script) Options() scenarios.Options {
	return scenarios.Options{Seed: s.Seed, Knobs: s.Knobs, Mutant: s.Mutant, Faults: s.Acts, Program: s.Program}
}

// Check says what is wrong with the script.
func (s Script) Check() error {
	run, err := scenarios.NewRun(s.Base(), s.Options())
	if err != nil {
		return err
	}
	run.Close()
	return nil
}

// Do adds something that is done at a time. It stays until it is ended, or the faults
// of the run end.
func (s Script) Do(at time.Duration, what string) (Script, error) {
	w, err := faults.ParseWhat(what)
	if err != nil {
		return s, err
	}
	s.Acts = append(slices.Clone(s.Acts), faults.Fault{When: faults.When{At: at}, What: w})
	return s, s.Check()
}

// End ends what was done by hand, by its index, at a time.
func (s Script) End(act int, at time.Duration) (Script, error) {
	f := s.Acts[act]
	if at <= f.At {
		return s.Without(act), nil
	}
	f.For, f.Until = at-f.At, faults.Wait{}
	s.Acts = slices.Clone(s.Acts)
	s.Acts[act] = f
	return s, s.Check()
}

// Without leaves out what was done by hand, by its index.
func (s Script) Without(act int) Script {
	s.Acts = slices.Delete(slices.Clone(s.Acts), act, act+1)
	return s
}

// Switch leaves one of the scenario's own faults out, or lets it in again.
func (s Script) Switch(fault int) Script {
	if i := slices.Index(s.Off, fault); i >= 0 {
		s.Off = slices.Delete(slices.Clone(s.Off), i, i+1)
	} else {
		s.Off = append(slices.Clone(s.Off), fault)
		slices.Sort(s.Off)
	}
	return s
}

// forever is later than every run.
const forever = time.Duration(1<<63 - 1)

// Diverges returns the time before which runs of the two scripts are the same, and
// false if nothing is known to be.
func (s Script) Diverges(o Script) (time.Duration, bool) {
	if s.Scenario != o.Scenario || s.Seed != o.Seed || s.Mutant != o.Mutant || !maps.Equal(s.Knobs, o.Knobs) {
		return 0, false
	}
	at := min(diverge(s.Base().Faults, o.Base().Faults), diverge(s.Acts, o.Acts))
	return at, true
}

// diverge returns the first time at which one of two schedules does what the other
// does not. A fault that ends sooner is another from its beginning on: its line is an
// event of the run.
func diverge(a, b faults.Schedule) time.Duration {
	at := forever
	for i := range max(len(a), len(b)) {
		switch {
		case i >= len(a):
			at = min(at, b[i].At)
		case i >= len(b):
			at = min(at, a[i].At)
		case a[i].String() == b[i].String():
		default:
			at = min(at, a[i].At, b[i].At)
		}
	}
	return at
}

// Lines returns what was done by hand, one line each.
func (s Script) Lines() []string {
	var lines []string
	for _, f := range s.Acts {
		lines = append(lines, f.String())
	}
	return lines
}

// String tells the script in a line.
func (s Script) String() string {
	parts := []string{fmt.Sprintf("%s seed %d", s.Scenario.FullName(), s.Seed)}
	if s.Mutant != "" {
		parts = append(parts, "mutant "+s.Mutant)
	}
	for _, k := range slices.Sorted(maps.Keys(s.Knobs)) {
		parts = append(parts, k+"="+s.Knobs[k])
	}
	for _, i := range s.Off {
		parts = append(parts, "without "+s.Scenario.Faults[i].String())
	}
	return strings.Join(append(parts, s.Lines()...), "; ")
}

// Between returns the shortest time after lo and not after hi: what is done then comes
// after what happened at lo and before what happens at hi.
func Between(lo, hi time.Duration) time.Duration {
	if hi <= lo {
		return lo + 1
	}
	for unit := time.Duration(1e9); unit > 1; unit /= 10 {
		if t := lo/unit*unit + unit; t <= hi {
			return t
		}
	}
	return lo + 1
}
