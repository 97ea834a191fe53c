package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/sim"
)

func sweepCommand() *cobra.Command {
	var s settings
	var seeds string
	var workers, stop int
	var asJSON bool
	c := &cobra.Command{
		Use:   "sweep SCENARIO",
		Short: "run many seeds of a scenario on all cores",
		Long: `Run many seeds of a scenario on all cores. Interrupt it whenever you like: it prints what it
has. One seed in twenty is run twice, and a difference is a failure.`,
		Args:              one("a scenario"),
		ValidArgsFunction: scenarioNames,
		RunE: func(c *cobra.Command, args []string) error {
			from, to, err := seedRange(seeds)
			if err != nil {
				return err
			}
			scenario, o, err := s.load(args[0])
			if err != nil {
				return err
			}
			if workers < 0 || stop < 0 {
				return fmt.Errorf("--workers %d --stop %d: expected no negative number", workers, stop)
			}
			for _, n := range o.Notes {
				fmt.Fprintf(c.ErrOrStderr(), "orrery: %s\n", n)
			}
			bar := newProgress(c.ErrOrStderr(), to-from+1)
			sum, err := scenarios.Sweep{
				Scenario: scenario, Options: o, From: from, To: to, Workers: workers, Stop: stop, Progress: bar.show,
			}.Run(c.Context())
			bar.end()
			if err != nil {
				return err
			}
			return tell(c, sum, asJSON, bar.elapsed())
		},
	}
	s.register(c)
	c.Flags().StringVar(&seeds, "seeds", "1-100", "the seeds: `A-B`, both inclusive, or N for 1-N")
	c.Flags().IntVar(&workers, "workers", 0, "how many run side by side; 0 is one per core")
	c.Flags().IntVar(&stop, "stop", 0, "stop after so many seeds that did not end as expected; 0 is never")
	c.Flags().BoolVar(&asJSON, "json", false, "report as JSON")
	return c
}

func seedRange(text string) (from, to uint64, err error) {
	first, last, ok := strings.Cut(text, "-")
	if !ok {
		first, last = "1", text
	}
	from, e1 := strconv.ParseUint(first, 10, 64)
	to, e2 := strconv.ParseUint(last, 10, 64)
	if e1 != nil || e2 != nil || to < from || to-from == math.MaxUint64 {
		return 0, 0, fmt.Errorf("--seeds %q: expected A-B with A not above B, such as 1-1000", text)
	}
	return from, to, nil
}

// tell prints a sweep's summary. Its exit code is that of the gravest outcome that was
// not expected.
func tell(c *cobra.Command, s *scenarios.Summary, asJSON bool, took time.Duration) error {
	out := c.OutOrStdout()
	if asJSON {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		if err := e.Encode(s); err != nil {
			return err
		}
	} else {
		writeSummary(out, s, took)
	}
	if s.Done == 0 {
		return exit(sim.Unknown.ExitCode())
	}
	if s.OK() && c.Context().Err() != nil {
		return exit(sim.Unknown.ExitCode()) // what was not run does not count as ok
	}
	if s.OK() {
		return nil
	}
	code := sim.Violated
	for st := sim.Violated; st <= sim.Crashed; st++ {
		if s.Outcomes[st.String()] > 0 && st.String() != s.Expected {
			code = st
		}
	}
	return exit(code.ExitCode())
}

func writeSummary(out io.Writer, s *scenarios.Summary, took time.Duration) {
	total := s.To - s.From + 1
	fmt.Fprintf(out, "%s", s.Scenario)
	if s.Mutant != "" {
		fmt.Fprintf(out, ", mutant %s", s.Mutant)
	}
	fmt.Fprintf(out, ": %d of %d seeds in %.1fs, %.0f per second\n", s.Done, total, took.Seconds(), float64(s.Done)/took.Seconds())
	if uint64(s.Done) < total {
		fmt.Fprintf(out, "  stopped before the end\n")
	}
	for _, name := range outcomes(s) {
		note := ""
		if name == s.Expected && name != sim.OK.String() {
			note = "  as expected"
		}
		fmt.Fprintf(out, "  %7d %s%s\n", s.Outcomes[name], name, note)
	}
	if s.Twice > 0 {
		fmt.Fprintf(out, "  %d seeds were run twice to compare their hashes\n", s.Twice)
	}
	for i, f := range s.Failures {
		if i == 0 {
			fmt.Fprintf(out, "\nnot as expected, the lowest seeds first (expected: %s)\n", s.Expected)
		}
		fmt.Fprintf(out, "  seed %d, %s: %s\n    %s\n", f.Seed, f.Outcome, f.Reason, f.Command)
	}
	if more := s.Failed - len(s.Failures); more > 0 {
		fmt.Fprintf(out, "  and %d more\n", more)
	}
}

func outcomes(s *scenarios.Summary) []string {
	var names []string
	for name := range s.Outcomes {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// progress is a line on a terminal that says how far a sweep is. Where there is no
// terminal it shows nothing.
type progress struct {
	out     io.Writer
	total   uint64
	started time.Time
	shown   time.Time
}

func newProgress(out io.Writer, total uint64) *progress {
	p := &progress{total: total, started: time.Now()}
	if isTerminal(out) {
		p.out = out
	}
	return p
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
}

func (p *progress) elapsed() time.Duration { return time.Since(p.started) }

func (p *progress) show(s *scenarios.Summary) {
	p.count(uint64(s.Done), fmt.Sprintf(", %d not as expected", s.Failed))
}

// count shows how many runs are done, and what they found.
func (p *progress) count(done uint64, found string) {
	const every = 100 * time.Millisecond
	if p.out == nil || time.Since(p.shown) < every {
		return
	}
	p.shown = time.Now()
	rate := float64(done) / p.elapsed().Seconds()
	left := time.Duration(float64(p.total-done) / rate * float64(time.Second))
	fmt.Fprintf(p.out, "\r\x1b[K%d of %d runs, %.0f per second on %d cores%s, %v left",
		done, p.total, rate, runtime.GOMAXPROCS(0), found, left.Round(time.Second))
}

func (p *progress) end() {
	if p.out != nil {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}
