package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// A figure is what is known from an earlier measurement only, and what synctest took
// in that measurement.
type figure struct{ nanos, synctest, instructions float64 }

// simgo is what github.com/fschuetz04/simgo took per message or wake-up: medians
// of five runs, in wall time, on a 2-core AMD EPYC with Go 1.26.8 on 2026-11-21.
// It is no peer because this module does not require it; its workloads were
// written separately, to the same descriptions.
var simgo = map[string]figure{
	"W1": {3660, 801, 15_000},
	"W2": {9043, 2167, 25_000},
	"W3": {4443, 1322, 9_000},
}

// ratio is how many times more time than ours it takes: times of two days cannot be
// compared, but what both took of synctest's time can.
func (f figure) ratio(synctest float64) float64 { return f.nanos / f.synctest * synctest }

const legend = `
Per message (W1, W2) or wake-up (W3), in medians, each on one CPU (GOMAXPROCS=1). The ratio is how many times more CPU
time than orrery's a round took: the median over the rounds, the lowest and the highest.
`

const simgoLegend = `simgo*: not run here. Its figures are recorded ones of another day.
`

const simgoRatios = `Its ratio is what it took of synctest's time that day, times the ratio of synctest here.
`

// print writes the table of times.
func (r results) print(out io.Writer) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "workload\tpeer\tCPU ns\tallocs\tbytes\tevents\tratio\tlow\thigh\ttarget\t\t")
	for _, l := range workloads {
		ours := r[peers[0].name+"/"+l.name]
		if len(ours) == 0 {
			continue
		}
		for _, p := range peers {
			r.row(t, &l, p.name, ours)
		}
		if f, ok := simgo[l.name]; ok {
			fmt.Fprintf(t, "\tsimgo*\t%.0f\t\t\t\t", f.nanos)
			if theirs := r["synctest/"+l.name]; len(theirs) > 0 {
				ratio := f.ratio(middle(ratios(ours, theirs)))
				fmt.Fprintf(t, "%.1f\t\t\t%.1f\t%s\t\n", ratio, l.targets["simgo"], verdict(ratio, l.targets["simgo"]))
			} else {
				fmt.Fprint(t, "\t\t\t\t\t\n")
			}
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := io.WriteString(out, legend+simgoLegend+simgoRatios)
	return err
}

// row writes what one peer took for one workload, and how that compares to ours.
func (r results) row(t io.Writer, l *workload, name string, ours []sample) {
	these := r[name+"/"+l.name]
	if len(these) == 0 {
		return // interrupted before its first round
	}
	title := ""
	if name == peers[0].name {
		title = l.name
	}
	fmt.Fprintf(t, "%s\t%s\t%.0f\t%.3f\t%.1f\t", title, name,
		median(these, (*sample).nanos), median(these, (*sample).allocs), median(these, (*sample).bytes))
	if name == peers[0].name {
		fmt.Fprintf(t, "%.2f\t\t\t\t\t\t\n", median(these, (*sample).events))
		return
	}
	of := ratios(ours, these)
	fmt.Fprintf(t, "\t%.1f\t%.1f\t%.1f\t", middle(of), slices.Min(of), slices.Max(of))
	if target, ok := l.targets[name]; ok {
		fmt.Fprintf(t, "%.1f\t%s\t\n", target, verdict(middle(of), target))
	} else {
		fmt.Fprint(t, "\t\t\n")
	}
}

func verdict(ratio, target float64) string {
	if ratio >= target {
		return "met"
	}
	return "missed"
}

// printInstructions writes the table of instructions, found by "peer/workload".
func printInstructions(out io.Writer, found map[string]float64) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "workload\tpeer\tinstructions\tratio\t")
	for _, l := range workloads {
		title := l.name
		ours := found[peers[0].name+"/"+l.name]
		for _, p := range peers {
			n := found[p.name+"/"+l.name]
			fmt.Fprintf(t, "%s\t%s\t%.0f\t%.1f\t\n", title, p.name, n, n/ours)
			title = ""
		}
		if f, ok := simgo[l.name]; ok {
			fmt.Fprintf(t, "\tsimgo*\t%.0f\t%.1f\t\n", f.instructions, f.instructions/ours)
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := io.WriteString(out, "\nPer message (W1, W2) or wake-up (W3).\n"+simgoLegend)
	return err
}

// ratios are how many times more CPU time theirs took than ours, round by round.
// The last round may be ours alone.
func ratios(ours, theirs []sample) []float64 {
	of := make([]float64, min(len(ours), len(theirs)))
	for i := range of {
		of[i] = theirs[i].nanos() / ours[i].nanos()
	}
	return of
}

func median(s []sample, of func(*sample) float64) float64 {
	values := make([]float64, len(s))
	for i := range s {
		values[i] = of(&s[i])
	}
	return middle(values)
}

// middle returns the median; of an even number of values the mean of the two.
func middle(values []float64) float64 {
	sorted := slices.SortedFunc(slices.Values(values), cmp.Compare[float64])
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
