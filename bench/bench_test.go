package main

import (
	"math"
	"strings"
	"testing"
	"time"
)

// TestSameWork runs every workload on every peer, to see that all are asked for
// the same: in equal virtual time each delivers or wakes as often as the others.
func TestSameWork(t *testing.T) {
	for _, l := range workloads {
		for _, p := range peers {
			t.Run(p.name+"/"+l.name, func(t *testing.T) {
				const n = 20_000
				s := p.runs[l.name](t, l.span(n))
				if off := math.Abs(float64(s.Ops)/n - 1); off > 0.02 {
					t.Errorf("%d messages or wake-ups, expected %d within 2 %%", s.Ops, n)
				}
			})
		}
	}
}

func TestFindSaysWhatThereIs(t *testing.T) {
	for _, name := range runNames() {
		if run, l, err := find(name); err != nil || run == nil || !strings.HasSuffix(name, "/"+l.name) {
			t.Errorf("find(%q) = %v, %v", name, l, err)
		}
	}
	for _, name := range []string{"", "orrery", "orrery/W9", "simpy/W1"} {
		if _, _, err := find(name); err == nil || !strings.Contains(err.Error(), "synctest/W2-handler") {
			t.Errorf("find(%q): %v, expected an error that lists all runs", name, err)
		}
	}
}

// TestRatiosAreOfRounds has a machine that slows down: the ratio within each
// round is what counts, not that of the medians.
func TestRatiosAreOfRounds(t *testing.T) {
	at := func(nanos ...int) (s []sample) {
		for _, n := range nanos {
			s = append(s, sample{Ops: 1000, CPU: time.Duration(1000 * n), Events: 2000})
		}
		return s
	}
	r := results{
		"orrery/W1":   at(100, 200, 400),
		"synctest/W1": at(500, 1200, 1600),
		"orrery/W3":   at(100, 100, 100),
		"synctest/W3": at(140, 140, 160),
		"orrery/W2":   at(100),
	}
	var out strings.Builder
	if err := r.print(&out); err != nil {
		t.Fatal(err)
	}
	table, _, _ := strings.Cut(out.String(), "\n\n")
	for _, want := range []string{
		"W1 orrery 200 0.000 0.0 2.00",
		"synctest 1200 0.000 0.0 5.0 4.0 6.0 5.0 met",
		"simgo* 3660 22.8 20.0 met",
		"simgo* 4443 4.7 4.0 met",
		"W2 orrery 100 0.000 0.0 2.00 simgo* 9043 W3",
		"synctest 140 0.000 0.0 1.4 1.4 1.6 1.5 missed",
		"W2 orrery 100 0.000 0.0 2.00",
	} {
		if !strings.Contains(strings.Join(strings.Fields(table), " "), want) {
			t.Errorf("the table lacks %q:\n%s", want, table)
		}
	}
	if got := middle([]float64{4, 1, 3, 2}); got != 2.5 {
		t.Errorf("the median of 1 to 4 is %v, expected 2.5", got)
	}
}
