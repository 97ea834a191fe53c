package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Tier is how one tier of a system fared, such as its caches: a line of the report. The
// tiers of a system are named by [System.Tiers], and a node is in the tier that its label
// "service" names. Before them stand the clients, whose requests are operations.
//
// A request of a tier is a call of one of its nodes on behalf of an operation, for as long
// as somebody waits for it: when who asked has given up, what still goes on counts nowhere.
// Its own time is that from the call to the answer, at the caller, without the time in
// which it waited for requests of other nodes in turn. So the way there and back is part of
// it, and so is what callers wait for a node that is dead. Own times of the tiers add up to
// those of the operations, but for what is asked side by side, which counts twice.
type Tier struct {
	Name     string `json:"name"`
	Requests int    `json:"requests"`
	Errors   int    `json:"errors"` // answered with an error, or not while somebody waited
	// Origins are those of the errors that no error of another tier's request led to.
	Origins int `json:"origins"`

	Took  time.Duration `json:"took_ns"` // own time of all requests
	Mean  time.Duration `json:"mean_ns"` // of a request
	P99   time.Duration `json:"p99_ns"`
	Share float64       `json:"share"` // of the own times of all tiers
}

// ClientTier is the name of the first line.
const ClientTier = "clients"

// spent is a request that has ended.
type spent struct {
	asked  time.Duration // when the operation was called
	tier   int
	took   time.Duration
	failed bool
	origin bool
}

// tiers sums up what was spent by operations called from a time on and before another.
func (l *ledger) tiers(from, to time.Duration) []Tier {
	list := make([]Tier, len(l.names))
	own := make([][]time.Duration, len(l.names))
	total := time.Duration(0)
	for _, s := range l.spent {
		if s.asked < from || s.asked >= to {
			continue
		}
		t := &list[s.tier]
		t.Requests++
		t.Took += s.took
		own[s.tier] = append(own[s.tier], s.took)
		total += s.took
		if s.failed {
			t.Errors++
		}
		if s.origin {
			t.Origins++
		}
	}
	for i := range list {
		t := &list[i]
		t.Name = l.names[i]
		slices.Sort(own[i])
		t.P99 = quantile(own[i], 99)
		if t.Requests > 0 {
			t.Mean = t.Took / time.Duration(t.Requests)
		}
		if total > 0 {
			t.Share = float64(t.Took) / float64(total)
		}
	}
	return list
}

// writeTiers writes the tiers of the whole run, and then those of its phases beside each
// other.
func (r *Report) writeTiers(b *strings.Builder) {
	if len(r.Tiers) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%-19s %8s %8s %8s %9s %9s %9s %7s\n", "tier", "requests", "errors", "origins", "mean", "p99", "in all", "share")
	for _, t := range r.Tiers {
		fmt.Fprintf(b, "%-19s %8d %8d %8d %9s %9s %8.2fs %6.1f%%\n",
			t.Name, t.Requests, t.Errors, t.Origins, short(t.Mean), short(t.P99), t.Took.Seconds(), float64(100*t.Share))
	}
	b.WriteString("(a tier's own time: without what it waited for another; origins: errors that no other tier's error led to)\n")
	if len(r.Phases) < 2 {
		return
	}
	fmt.Fprintf(b, "\n%-19s", "per operation")
	for _, t := range r.Tiers {
		fmt.Fprintf(b, " %14s", t.Name)
	}
	b.WriteString("  faults in force\n")
	for _, p := range r.Phases {
		if p.Asked == 0 {
			continue
		}
		fmt.Fprintf(b, "%8s - %8s", seconds(p.From), seconds(p.To))
		for _, t := range p.Tiers {
			cell := short(t.Took / time.Duration(p.Asked))
			if t.Origins > 0 {
				cell = fmt.Sprintf("%d! %s", t.Origins, cell)
			}
			fmt.Fprintf(b, " %14s", cell)
		}
		fmt.Fprintf(b, "  %s\n", faultNames(p.Faults))
	}
	b.WriteString("(own time of the tier for each operation called in the phase; 3! means that 3 errors have their origin there)\n")
}

// faultNames are the faults of a phase, in a word.
func faultNames(list []string) string {
	if len(list) == 0 {
		return "-"
	}
	return strings.Join(list, "; ")
}
