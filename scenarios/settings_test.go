package scenarios

import (
	"fmt"
	"strings"
	"testing"
)

// TestSettings asks for settings without running: they are those that a run has, and what
// is refused is what a run refuses.
func TestSettings(t *testing.T) {
	s := scenario(t)
	for _, o := range []Options{
		{}, {Mutant: "stale"}, {Knobs: Values{"delay": "3ms"}}, {Knobs: Values{"delay": "soon"}}, {Knobs: Values{"dleay": "3ms"}}, {Mutant: "stael"},
	} {
		values, err := s.Settings(o)
		r, runs := NewRun(s, o)
		if fmt.Sprint(err) != fmt.Sprint(runs) {
			t.Errorf("%+v: settings say %v, a run %v", o, err, runs)
		}
		if runs != nil {
			continue
		}
		if got, want := fmt.Sprint(values), fmt.Sprint(r.Cluster.Values); got != want {
			t.Errorf("%+v: settings %s, a run has %s", o, got, want)
		}
		r.Close()
	}
}

func TestKnobRange(t *testing.T) {
	for _, c := range []struct {
		knob  Knob
		want  string
		flips bool
	}{
		{Knob{Default: "a", Choices: []string{"a", "b"}}, "a, b", false},
		{Knob{Default: "2", Min: "1", Max: "9"}, "1 to 9", false},
		{Knob{Default: "2s", Min: "1ms"}, "at least 1ms", false},
		{Knob{Default: "0.5", Max: "1"}, "at most 1", false},
		{Knob{Default: "true"}, "", true},
		{Knob{Default: "1"}, "", false},
	} {
		if got := c.knob.Range(); got != c.want || c.knob.Flips() != c.flips {
			t.Errorf("%+v: %q, flips %v", c.knob, got, c.knob.Flips())
		}
	}
	k := Knob{Name: "k", Default: "2", Max: "9"}
	if err := k.Check("10"); err == nil || !strings.Contains(err.Error(), "above its greatest value 9") {
		t.Errorf("10 of at most 9: %v", err)
	}
}
