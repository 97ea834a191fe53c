package scenarios

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/sim"
)

// WriteText writes the report for people, in the order in which they ask: what was
// run, what happened, how the clients fared, the verdict, and how to see it again.
func (r *Report) WriteText(out io.Writer) error {
	var b strings.Builder
	r.writeHead(&b)
	r.writeTimeline(&b)
	r.writePhases(&b)
	r.writeTiers(&b)
	r.writeMeasures(&b)
	r.writeVerdict(&b)
	_, err := io.WriteString(out, b.String())
	return err
}

// WriteJSON writes the same content as one JSON object.
func (r *Report) WriteJSON(out io.Writer) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

func (r *Report) writeHead(b *strings.Builder) {
	fmt.Fprintf(b, "%s, seed %d", r.Scenario, r.Seed)
	if r.Mutant != "" {
		fmt.Fprintf(b, ", mutant %s", r.Mutant)
	}
	b.WriteByte('\n')
	if r.Shows != "" {
		fmt.Fprintf(b, "  %s\n", r.Shows)
	}
	fmt.Fprintf(b, "\ncluster   %s of %d: %s\n", r.System, len(r.Nodes), strings.Join(r.Nodes, " "))
	var turned []string
	for _, k := range r.Knobs {
		if !k.Default {
			turned = append(turned, k.Name+"="+k.Value)
		}
	}
	if len(turned) > 0 {
		fmt.Fprintf(b, "knobs     %s (the others at their defaults)\n", strings.Join(turned, " "))
	}
	fmt.Fprintf(b, "workload  %s\n", r.Workload)
	for _, n := range r.Notes {
		fmt.Fprintf(b, "note      %s\n", n)
	}
	for i, line := range r.Storm {
		word := ""
		if i == 0 {
			word = "storm"
		}
		fmt.Fprintf(b, "%-9s %s\n", word, line)
	}
}

func (r *Report) writeTimeline(b *strings.Builder) {
	if len(r.Timeline) == 0 {
		return
	}
	const most = 40
	b.WriteString("\ntimeline\n")
	for i, m := range r.Timeline {
		if i == most {
			fmt.Fprintf(b, "  ... and %d more (--json has all)\n", len(r.Timeline)-most)
			break
		}
		who := m.Who
		if who == "fault" {
			who = "*"
		}
		fmt.Fprintf(b, "  %9s  %-4s %s\n", seconds(m.At), who, m.Text)
	}
	b.WriteString("  (* is a fault)\n")
}

func (r *Report) writePhases(b *strings.Builder) {
	fmt.Fprintf(b, "\n%-19s %7s %7s %7s %7s %9s %9s %9s %9s  %s\n",
		"phase", "asked", "ok/s", "failed", "unknown", "p50", "p99", "max", "unavail.", "faults in force")
	for _, p := range r.Phases {
		length := (p.To - p.From).Seconds()
		if length <= 0 {
			continue
		}
		fmt.Fprintf(b, "%8s - %8s %7d %7.1f %7d %7d %9s %9s %9s %9s  %s\n",
			seconds(p.From), seconds(p.To), p.Asked, float64(p.OK)/length, p.Failed, p.Unknown,
			short(p.P50), short(p.P99), short(p.Max), short(p.Unavailable), faultNames(p.Faults))
	}
	fmt.Fprintf(b, "(unavail.: nothing answered for more than %v while something was asked)\n", Gap)
}

func (r *Report) writeVerdict(b *strings.Builder) {
	b.WriteString("\nchecks\n")
	for _, c := range r.Checks {
		fmt.Fprintf(b, "  %-8s %-24s %s\n", c.Verdict, c.Check, c.Claim)
	}
	for _, c := range r.Checks {
		if c.Verdict == checker.OK {
			continue
		}
		fmt.Fprintf(b, "\n%s: %s\n", c.Check, c.Reason)
		if c.Explain != "" {
			b.WriteString(indent(c.Explain))
		}
	}
	if len(r.Around) > 0 {
		fmt.Fprintf(b, "\nthe events around it\n")
		for _, line := range r.Around {
			fmt.Fprintf(b, "  %s\n", line)
		}
	}
	if r.Stack != "" {
		fmt.Fprintf(b, "\nstack\n%s", indent(r.Stack))
	}
	fmt.Fprintf(b, "\n%s", r.Status)
	if r.Reason != "" {
		fmt.Fprintf(b, ": %s", r.Reason)
	}
	if r.Expected != sim.OK.String() || !r.AsExpected() {
		word := "as expected"
		if !r.AsExpected() {
			word = "expected " + strings.TrimSpace(r.Expected+" "+r.MustFail)
		}
		fmt.Fprintf(b, " (%s)", word)
	}
	fmt.Fprintf(b, "\n%s after %d events and %s of virtual time\n", r.hashText(), r.Events, seconds(r.At))
	fmt.Fprintf(b, "reproduce: %s\n", r.Command)
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n  ") + "\n"
}

// seconds renders a virtual time so that columns of it align.
func seconds(d time.Duration) string { return fmt.Sprintf("%.3fs", d.Seconds()) }

// short renders a latency with three digits: 12.3ms.
func short(d time.Duration) string {
	switch {
	case d == 0:
		return "-"
	case d < time.Millisecond:
		return fmt.Sprintf("%.3gµs", float64(d)/1e3)
	case d < time.Second:
		return fmt.Sprintf("%.3gms", float64(d)/1e6)
	}
	return fmt.Sprintf("%.3gs", d.Seconds())
}

// quoted puts a word of a command line in quotes if a shell would take it apart.
func quoted(word string) string {
	plain := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("_-./=:,+%@", c)
	}
	if word != "" && strings.IndexFunc(word, func(c rune) bool { return !plain(c) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

func sortMoments(list []Moment) {
	slices.SortStableFunc(list, func(a, b Moment) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Event, b.Event))
	})
}
