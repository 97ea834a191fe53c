package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/scenarios/shrink"
	"github.com/orrery-sim/orrery/sim"
)

// savedIn is where go test looks for saved failures.
const savedIn = "testdata/fail"

func shrinkCommand() *cobra.Command {
	var s settings
	var file string
	var asJSON bool
	var config shrink.Config
	c := &cobra.Command{
		Use:   "shrink SCENARIO",
		Short: "leave out of a failing run what its failure does not need",
		Long: `Take a run that fails, and look for the smallest one that fails in the same check: with fewer
faults, that begin earlier, last shorter and meet fewer nodes, with fewer servers, clients and
questions, and with an earlier end. Interrupt it whenever you like: the best so far is kept.

What is left is told as a story and written to a file, which orrery run repeats, and which
go test runs first if it is in ` + savedIn + ` of a system's package. The failure of a mutant
must stay one there; that of the system itself must be ok, once it is mended.`,
		Args:              one("a scenario"),
		ValidArgsFunction: scenarioNames,
		RunE: func(c *cobra.Command, args []string) error {
			scenario, o, err := s.loadSeed(c, args[0])
			if err != nil {
				return err
			}
			if config.Runs < 1 {
				return fmt.Errorf("--runs %d: expected 1 or more", config.Runs)
			}
			if ext := filepath.Ext(file); file != "" && ext != ".yaml" && ext != ".yml" {
				return fmt.Errorf("--output %q: expected a path that ends in .yaml, as orrery run does", file)
			}
			if config.Check == "" {
				config.Check = scenario.Check
			}
			config.Scenario, config.Options = scenario, o
			return shrinkOne(c, config, file, asJSON)
		},
	}
	s.registerChanges(c)
	s.registerSeed(c)
	c.Flags().StringVar(&config.Check, "check", "", "the check that must go on failing, or crashed or stuck, by `name` (default the first that fails)")
	c.Flags().IntVar(&config.Runs, "runs", shrink.DefaultRuns, "how many runs to spend at most")
	c.Flags().StringVarP(&file, "output", "o", "", "write the smallest run to this `file` (default a new one in "+savedIn+")")
	c.Flags().BoolVar(&asJSON, "json", false, "report as JSON")
	return c
}

func shrinkOne(c *cobra.Command, config shrink.Config, file string, asJSON bool) error {
	target := file
	if target == "" {
		target = filepath.Join(savedIn, "x.yaml")
	}
	if err := writable(target); err != nil {
		return err
	}
	bar := newProgress(c.ErrOrStderr(), 0)
	config.Progress = bar.showShrink
	r, err := shrink.Run(c.Context(), config)
	bar.end()
	if err != nil {
		if c.Context().Err() != nil {
			fmt.Fprintln(c.ErrOrStderr(), "orrery: interrupted before the run that is to be shrunk had ended")
			return exit(sim.Unknown.ExitCode())
		}
		return err
	}
	text := r.Scenario.YAML()
	if file == "" {
		file = freeName(filepath.Join(savedIn, r.Scenario.Name), text)
		if err := os.MkdirAll(savedIn, 0o755); err != nil {
			return err
		}
	}
	if err := writeFile(file, func(w io.Writer) error { _, err := w.Write(text); return err }); err != nil {
		return err
	}
	r.Scenario.File = file
	return tellShrunk(c, config, r, asJSON, bar.elapsed())
}

// tellShrunk prints what was found: how small it became, and its story.
func tellShrunk(c *cobra.Command, config shrink.Config, r *shrink.Result, asJSON bool, took time.Duration) error {
	o := scenarios.Options{Seed: r.Scenario.DefaultSeed(), Program: config.Options.Program}
	run, err := scenarios.NewRun(r.Scenario, o)
	if err != nil {
		return err
	}
	defer run.Close()
	report := run.Execute(nil)
	if err := report.ShowAround(r.Scenario, o); err != nil {
		return err
	}
	out := c.OutOrStdout()
	if asJSON {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(struct {
			*shrink.Result
			File    string `json:"file"`
			YAML    string `json:"yaml"`
			Command string `json:"reproduce"`
		}{r, r.Scenario.File, string(r.Scenario.YAML()), report.Command})
	}
	fmt.Fprintf(out, "%s, seed %d, fails in %s\n", config.Scenario.FullName(), config.Options.Seed, r.Check)
	fmt.Fprintf(out, "  before  %s\n  after   %s\n  %d runs in %.1fs\n", r.Before, r.After, r.Runs, took.Seconds())
	switch {
	case c.Context().Err() != nil:
		fmt.Fprintf(out, "  interrupted: it may be made smaller yet\n")
	case !r.Whole:
		fmt.Fprintf(out, "  all runs are spent: with more (--runs) it may be made smaller yet\n")
	}
	fmt.Fprintln(out)
	if err := report.WriteText(out); err != nil {
		return err
	}
	fmt.Fprintf(out, "wrote %s\n", r.Scenario.File)
	if c.Context().Err() != nil {
		return exit(sim.Unknown.ExitCode())
	}
	return nil
}

// writable says before the work whether a file could be written after it.
func writable(file string) error {
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		return fmt.Errorf("cannot write %s: it is a directory", file)
	} else if err == nil && !info.Mode().IsRegular() {
		return nil
	}
	dir := filepath.Dir(file)
	if strings.HasPrefix(file, savedIn) {
		for _, err := os.Stat(dir); os.IsNotExist(err) && dir != filepath.Dir(dir); _, err = os.Stat(dir) {
			dir = filepath.Dir(dir) // what is missing is made
		}
	}
	f, err := os.CreateTemp(dir, ".orrery.*")
	if e := new(fs.PathError); errors.As(err, &e) {
		err = e.Err // without the name, which is not the user's
	}
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", file, err)
	}
	f.Close()
	return os.Remove(f.Name())
}

// freeName is the path with .yaml, or with a number before it if that is the name of a
// file with another text: a saved failure is not overwritten by another.
func freeName(path string, text []byte) string {
	for n := 1; ; n++ {
		name := path + ".yaml"
		if n > 1 {
			name = fmt.Sprintf("%s-%d.yaml", path, n)
		}
		if there, err := os.ReadFile(name); os.IsNotExist(err) || err == nil && string(there) == string(text) {
			return name
		}
	}
}

func (p *progress) showShrink(s shrink.Progress) {
	const every = 100 * time.Millisecond
	if p.out == nil || time.Since(p.shown) < every {
		return
	}
	p.shown = time.Now()
	fmt.Fprintf(p.out, "\r\x1b[K%d runs of at most %d, %.0f per second; so far %v", s.Runs, s.Most, float64(s.Runs)/p.elapsed().Seconds(), s.Best)
}
