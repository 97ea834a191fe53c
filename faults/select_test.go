package faults_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/faults"
)

// inForceAt is what is in force a second after a line has begun, in a quiet toy of five.
func inForceAt(t *testing.T, seed uint64, line string) []faults.Force {
	t.Helper()
	return newQuiet(t, seed, 5).install(t, line).run1(t, 2*time.Second).plan.InForce()
}

// TestSets has names that are like a pattern, and sets that are joined.
func TestSets(t *testing.T) {
	for where, want := range map[string]string{
		"n?":                   "n1 n2 n3 n4 n5",
		"*":                    "n1 n2 n3 n4 n5 c1",
		"c*":                   "c1",
		"*2":                   "n2",
		"zone=a&followers":     "n1 n5",
		"n4+zone=b":            "n4 n2",
		"site=eu&zone=a+c1":    "n1 n5 c1",
		"leader+n1":            "n3 n1",
		"random 3 of n1+n2+n4": "n1 n2 n4",
	} {
		if got := inForceAt(t, 1, "at 1s: pause "+where); len(got) != 1 || strings.Join(got[0].Nodes, " ") != want {
			t.Errorf("pause %s: %+v, expected %s", where, got, want)
		}
	}
}

// TestShares counts how many nodes of a part are taken.
func TestShares(t *testing.T) {
	seen := map[string]map[int]bool{}
	for seed := range uint64(40) {
		for _, where := range []string{"random 40%", "random 50% of all", "random up to 60%", "random 100% of zone=b"} {
			got := inForceAt(t, seed, "at 1s: pause "+where)
			if len(got) != 1 {
				t.Fatalf("%s: %+v", where, got)
			}
			if seen[where] == nil {
				seen[where] = map[int]bool{}
			}
			seen[where][len(got[0].Nodes)] = true
		}
	}
	want := map[string]map[int]bool{
		"random 40%": {2: true}, "random 50% of all": {2: true}, "random up to 60%": {1: true, 2: true, 3: true}, "random 100% of zone=b": {2: true},
	}
	if fmt.Sprint(seen) != fmt.Sprint(want) {
		t.Errorf("taken were %v, expected %v", seen, want)
	}
}

// TestThere has acts meet what the act before them has met.
func TestThere(t *testing.T) {
	drawn := map[string]bool{}
	for seed := range uint64(20) {
		got := inForceAt(t, seed, "at 1s: delay 7ms random 1 -> rest and loss 5% there and jitter 1ms there")
		if len(got) != 3 || !slices.Equal(got[0].Links, got[1].Links) || !slices.Equal(got[0].Links, got[2].Links) || len(got[0].Links) != 4 {
			t.Fatalf("seed %d: %+v", seed, got)
		}
		drawn[got[0].Links[0].From] = true
	}
	if len(drawn) < 3 {
		t.Errorf("only %v were drawn", drawn)
	}
	c := newQuiet(t, 3, 5).install(t, "at 1s every 2s times 2: (crash leader for 1s) then (pause there for 500ms)")
	c.leader = func() string { return map[bool]string{true: "n4", false: ""}[c.w.Now() < 2*time.Second] }
	c.run1(t, 10*time.Second)
	want := "1s crash n4\n2s end of crash n4\n2s pause n4\n2.5s end of pause n4\n" +
		"3s skipped crash leader: no leader\n4s skipped pause there: nothing was done there\n"
	if c.log() != want {
		t.Errorf("it did\n%sexpected\n%s", c.log(), want)
	}
}

// TestLoad has surges multiply, ramps rise in a straight line, and their end be the end.
func TestLoad(t *testing.T) {
	c := newQuiet(t, 1, 3).install(t,
		"at 1s: (load 2x for 2s) then (load 10x for 2s)", "at 4s for 2s: load 3x", "at 10s for 4s: load ramp 5x over 2s", "at 20s for 1s: load ramp 5x over 2s")
	got := map[time.Duration]float64{}
	times := []time.Duration{500, 2000, 3500, 4500, 5500, 7000, 11000, 13000, 15000, 20520, 22000}
	for _, ms := range times {
		c.at(ms*time.Millisecond, func() { got[ms] = c.load })
	}
	c.run1(t, 30*time.Second)
	want := []float64{1, 2, 10, 30, 3, 1, 3, 5, 1, 2.04, 1}
	for i, ms := range times {
		if got[ms] != want[i] {
			t.Errorf("at %dms the load is %v, expected %v", ms, got[ms], want[i])
		}
	}
}

// idle is a cluster of which nobody asks anything.
type idle struct{ faults.Cluster }

// TestSelectErrors has what is impossible be an error before the run.
func TestSelectErrors(t *testing.T) {
	toy := newQuiet(t, 1, 5)
	for line, want := range map[string]string{
		"at 1s: pause x*":                            "no node's name is like x*",
		"at 1s: pause zone=a&zone=b":                 "no node is zone=a&zone=b",
		"at 1s: pause n1+n9":                         `there is no node or role "n9"`,
		"at 1s: pause random 10%":                    "random 10%: there are only 5",
		"at 1s: pause there":                         "there is no act before it",
		"at 1s: load 2x and pause there":             "there is no act before it",
		"at 1s: pause n1 there":                      "stands alone",
		"at 1s: cut n1 -> n2 and pause there":        "the act before has n1 -> n2, expected nodes",
		"at 1s: isolate n1 and pause there and clog": "",
		"at 1s: pause n1+":                           "expected nodes on both sides of + and &",
		"at 1s: pause zone=&n1":                      "expected a label",
		"at 1s: pause random up 50%":                 `expected "to"`,
		"at 1s: stress 1001 workers 10% n1":          "1001 workers, expected at most 1000",
		"at 1s: errors 0% n1":                        "must be above 0%",
	} {
		f, err := faults.Parse(line)
		if err == nil {
			err = f.Check(toy)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, expected %q", line, err, want)
		}
	}
	for _, line := range []string{"at 1s: load 2x", "at 1s for 5s: load ramp 2x over 1s"} {
		if err := faults.MustParse(line).Check(idle{toy}); err == nil || !strings.Contains(err.Error(), "there is no workload") {
			t.Errorf("%s: %v", line, err)
		}
	}
}
