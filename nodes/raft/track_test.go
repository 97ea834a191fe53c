package raft

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/scenarios/shrink"
)

var trackRecord = flag.Bool("track-record", false, "search anew for what docs/track-record.md says of mutants, and write it there")

const (
	trackFile  = "../../docs/track-record.md"
	tableBegin = "<!-- the table of mutants: written by go test ./nodes/raft -run TestTrackRecord -track-record -->\n"
	tableEnd   = "<!-- the end of the table -->\n"
	mostSeeds  = 500 // within which a storm must find a mutant
)

// TestTrackRecord repeats what the track record says of every mutant: that the storm
// of that seed finds it. With the flag it looks for the first such seed.
func TestTrackRecord(t *testing.T) {
	text, err := os.ReadFile(trackFile)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), tableBegin)
	table, after, ok2 := strings.Cut(rest, tableEnd)
	if !ok || !ok2 {
		t.Fatalf("%s has no table of mutants", trackFile)
	}
	if *trackRecord {
		table = writeRecord(t)
		if err := os.WriteFile(trackFile, []byte(before+tableBegin+table+tableEnd+after), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for i := range mutants {
		m := &mutants[i]
		command := regexp.MustCompile("orrery run (raft/[a-z-]+) --seed ([0-9]+) --mutant " + m.Name + "`")
		found := command.FindStringSubmatch(table)
		switch {
		case found == nil || found[1] != "raft/"+stormOf(m):
			t.Errorf("%s has no row that runs %s; write the table anew with -track-record", m.Name, stormOf(m))
		case !testing.Short():
			seed, _ := strconv.ParseUint(found[2], 10, 64)
			if r := runStorm(t, m, seed); r.AsExpected() || seed > mostSeeds {
				t.Errorf("%s is not found any more: the command is %s", m.Name, r.Command)
			}
		}
	}
}

func stormOf(m *scenarios.Mutant) string { return cmp.Or(m.Storm, "storm") }

func runStorm(t *testing.T, m *scenarios.Mutant, seed uint64) *scenarios.Report {
	sc, err := System.Scenario(stormOf(m))
	if err != nil {
		t.Fatal(err)
	}
	r, err := scenarios.NewRun(sc, scenarios.Options{Seed: seed, Mutant: m.Name})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	return r.Execute(nil)
}

// writeRecord looks for the first storm that finds each mutant, and shrinks it.
func writeRecord(t *testing.T) string {
	var b strings.Builder
	b.WriteString("| mutant | seeds | found by | storm | after shrinking | seconds, to find and to shrink | reproduce |\n")
	b.WriteString("|---|---:|---|---|---|---:|---|\n")
	for i := range mutants {
		m := &mutants[i]
		began := time.Now()
		for seed := uint64(1); seed <= mostSeeds; seed++ {
			r := runStorm(t, m, seed)
			if r.AsExpected() {
				continue
			}
			by, _, _ := strings.Cut(r.Reason, ":")
			found := time.Since(began)
			small := shrinkStorm(t, m, seed)
			fmt.Fprintf(&b, "| %s | %d | %s | %d faults | %s | %.1f, %.1f | `%s` |\n",
				m.Name, seed, by, len(r.Storm), remains(small), found.Seconds(), (time.Since(began) - found).Seconds(), r.Command)
			if small.After.Faults > mostFaults {
				t.Errorf("%s: %d faults are left after shrinking, expected at most %d", m.Name, small.After.Faults, mostFaults)
			}
			break
		}
	}
	return b.String()
}

const mostFaults = 3 // that shrinking may leave

func shrinkStorm(t *testing.T, m *scenarios.Mutant, seed uint64) *shrink.Result {
	sc, err := System.Scenario(stormOf(m))
	if err != nil {
		t.Fatal(err)
	}
	r, err := shrink.Run(t.Context(), shrink.Config{Scenario: sc, Options: scenarios.Options{Seed: seed, Mutant: m.Name}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// remains says what a shrunk run is.
func remains(r *shrink.Result) string {
	var lines []string
	for _, f := range r.Scenario.Faults {
		lines = append(lines, "`"+strings.ReplaceAll(f.String(), "|", "\\|")+"`")
	}
	if len(lines) == 0 {
		lines = []string{"no fault"}
	}
	return fmt.Sprintf("%s; %s, %s, %s", strings.Join(lines, ", "),
		counted(r.After.Nodes, "server"), counted(r.After.Clients, "client"), counted(r.After.Ops, "operation"))
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
