package scenarios

import (
	"strings"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/faults"
)

// TestLabels has nodes carry the labels that all have and those of the file.
func TestLabels(t *testing.T) {
	s := scenario(t, "nodes: 3", "labels: {n2: {zone: b}, c1: {app: browser}}")
	run, err := NewRun(s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	var got []string
	for _, n := range run.World.Nodes() {
		got = append(got, n.Name()+" "+n.Label("app")+" "+n.Label("zone"))
	}
	if want := "n1 toy , n2 toy b, n3 toy , c1 browser , c2 client "; strings.Join(got, ", ") != want {
		t.Errorf("labels are %q, expected %q", strings.Join(got, ", "), want)
	}
}

// TestSurge has clients ask as often as the load says, in both kinds of loop, and as
// before when it is over.
func TestSurge(t *testing.T) {
	for _, c := range []struct {
		loop        string
		load        string
		least, most float64 // how many times as many questions
	}{
		{"{kind: register, clients: 2, keys: 2, every: 20ms}", "load 4x", 2.5, 3}, // the answers take their time too
		{"{kind: register, clients: 2, keys: 2, rate: 200}", "load 4x", 3.4, 4.6},
		{"{kind: register, clients: 2, keys: 2, rate: 200}", "load ramp 5x over 6s", 2.6, 3.5},
	} {
		text := strings.Replace(calm, "{kind: register, clients: 2, keys: 2, every: 20ms}", c.loop, 1)
		s, err := Parse("x.yaml", []byte(strings.Replace(text, "run: 3s", "run: 20s", 1)), toys.find)
		if err != nil {
			t.Fatal(err)
		}
		asked := func(f ...faults.Fault) (before, during, after int) {
			h := execute(t, s, Options{Seed: 2, Faults: f}).History()
			for _, op := range h.Ops {
				switch at := time.Duration(op.Call); {
				case at < 6*time.Second:
					before++
				case at < 12*time.Second:
					during++
				case at < 18*time.Second:
					after++
				}
			}
			return before, during, after
		}
		calmBefore, _, _ := asked()
		before, during, after := asked(faults.MustParse("at 6s for 6s: " + c.load))
		times := float64(during) / float64(before)
		if before != calmBefore || times < c.least || times > c.most || after < before*8/10 || after > before*12/10 {
			t.Errorf("%s of %s: %d questions before (%d without), %d during, %d after", c.load, c.loop, before, calmBefore, during, after)
		}
	}
}
