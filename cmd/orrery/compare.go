package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/orrery-sim/orrery/scenarios/compare"
	"github.com/orrery-sim/orrery/sim"
)

func compareCommand() *cobra.Command {
	var s settings
	var seeds, csv, plot string
	var workers int
	var asJSON bool
	c := &cobra.Command{
		Use:   "compare SCENARIO --knob NAME=VALUE,VALUE...",
		Short: "run a scenario with several values of its knobs, and lay the results side by side",
		Long: `Run a scenario once for every combination of the values given for its knobs, over the same
seeds, and print a table with a column for each: how the runs ended, availability, latency,
messages per operation, and what the system measures of itself.

  orrery compare raft/minority-leader --knob reads=quorum,lease,local --seeds 50

Exit codes: 0 whatever the outcomes are, since differences are the point; 2 if it was
interrupted; 64 misuse.`,
		Args:              one("a scenario"),
		ValidArgsFunction: scenarioNames,
		RunE: func(c *cobra.Command, args []string) error {
			if plot != "" {
				if err := canCarryPlot(plot); err != nil {
					return err
				}
			}
			cmp, err := comparison(&s, seeds, args[0])
			if err != nil {
				return err
			}
			if cmp.Workers = workers; workers < 0 {
				return fmt.Errorf("--workers %d: expected no negative number", workers)
			}
			bar := newProgress(c.ErrOrStderr(), cmp.Runs())
			cmp.Progress = func(done uint64) { bar.count(done, "") }
			table, err := cmp.Run(c.Context())
			bar.end()
			if err != nil {
				return err
			}
			return tellTable(c, table, asJSON, csv, plot)
		},
	}
	s.register(c)
	c.Flags().Lookup("knob").Usage = "a knob and the values to compare: `name=value,value` (may be repeated; one value just sets it)"
	c.Flags().StringVar(&seeds, "seeds", "1-100", "the seeds of each combination: `A-B`, both inclusive, or N for 1-N")
	c.Flags().IntVar(&workers, "workers", 0, "how many run side by side; 0 is one per core")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON instead of a table")
	c.Flags().StringVar(&csv, "csv", "", "also write the numbers to a CSV `file`")
	c.Flags().StringVar(&plot, "plot", "", "also draw them as bars into a `file`: .svg or .png")
	return c
}

// comparison makes axes of the knobs with several values.
func comparison(s *settings, seeds, name string) (compare.Comparison, error) {
	var axes []compare.Axis
	var fixed []string
	for _, k := range s.knobs {
		a, err := compare.ParseAxis(k)
		if err != nil {
			return compare.Comparison{}, fmt.Errorf("--knob %w", err)
		}
		if len(a.Values) > 1 {
			axes = append(axes, a)
		} else {
			fixed = append(fixed, k)
		}
	}
	s.knobs = fixed
	from, to, err := seedRange(seeds)
	if err != nil {
		return compare.Comparison{}, err
	}
	scenario, o, err := s.load(name)
	if err != nil {
		return compare.Comparison{}, err
	}
	return compare.Comparison{Scenario: scenario, Options: o, Axes: axes, From: from, To: to}, nil
}

// tellTable prints the table, and writes what was asked for besides. Interrupted, it has
// what was done by then.
func tellTable(c *cobra.Command, t *compare.Table, asJSON bool, csv, plot string) error {
	write := func(w io.Writer) error { return t.WriteText(w, screenWidth()) }
	if asJSON {
		write = t.WriteJSON
	}
	err := write(c.OutOrStdout())
	if csv != "" {
		err = errors.Join(err, writeFile(csv, t.WriteCSV))
	}
	if plot != "" {
		err = errors.Join(err, writePlot(plot, t))
	}
	code := 0
	if c.Context().Err() != nil {
		code = sim.Unknown.ExitCode()
	}
	return ended(c, code, err)
}

// screenWidth is how many characters a line may have.
func screenWidth() int {
	const usual, least = 100, 40
	if n, err := strconv.Atoi(strings.TrimSpace(os.Getenv("COLUMNS"))); err == nil && n >= least {
		return n
	}
	return usual
}
