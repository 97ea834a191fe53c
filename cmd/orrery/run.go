package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/nodes"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/sim"
)

// settings are the flags that say how a scenario is to be run.
type settings struct {
	seed   uint64 // where there is one
	knobs  []string
	mutant string
	faults []string
	file   string
	until  time.Duration
}

func (s *settings) register(c *cobra.Command) {
	s.registerChanges(c)
	c.Flags().DurationVar(&s.until, "until", 0, "stop at this virtual time and judge what there is")
}

// registerChanges is register for what the run is, without how much of it is looked at.
func (s *settings) registerChanges(c *cobra.Command) {
	f := c.Flags()
	f.StringArrayVar(&s.knobs, "knob", nil, "turn a knob of the system: `name=value` (may be repeated)")
	f.StringVar(&s.mutant, "mutant", "", "make a deliberate mistake, by `name` (see orrery explain SYSTEM); none keeps a file with a mutant from making it")
	f.StringArrayVar(&s.faults, "fault", nil, "one more fault, such as `\"at 5s for 3s: isolate leader\"` (may be repeated)")
	f.StringVar(&s.file, "faults", "", "more faults from a `file`: one a line, or Chaos Mesh documents")
}

func (s *settings) options() (scenarios.Options, error) {
	o := scenarios.Options{Mutant: s.mutant, Until: s.until, Knobs: scenarios.Values{}, Program: program()}
	for _, k := range s.knobs {
		name, value, ok := strings.Cut(k, "=")
		if !ok {
			return o, fmt.Errorf("--knob %q: expected name=value", k)
		}
		o.Knobs[name] = value
	}
	for _, line := range s.faults {
		f, err := faults.Parse(line)
		if err != nil {
			return o, fmt.Errorf("--fault %q: %w", line, err)
		}
		o.Faults = append(o.Faults, f)
	}
	if s.file != "" {
		more, err := scenarios.ReadFaults(s.file)
		if err != nil {
			return o, err
		}
		o.Places = append(make([]string, len(o.Faults)), more.Places...)
		o.Faults, o.Notes = append(o.Faults, more.Faults...), more.Notes
	}
	return o, nil
}

// load finds the scenario of that name, and what is to be changed in it.
func (s *settings) load(name string) (*scenarios.Scenario, scenarios.Options, error) {
	o, err := s.options()
	if err != nil {
		return nil, o, err
	}
	scenario, err := nodes.All.Load(name)
	return scenario, o, err
}

func (s *settings) registerSeed(c *cobra.Command) {
	c.Flags().Uint64Var(&s.seed, "seed", 1, "the seed, unless a file says another")
}

// loadSeed is load for a command that runs one seed.
func (s *settings) loadSeed(c *cobra.Command, name string) (*scenarios.Scenario, scenarios.Options, error) {
	scenario, o, err := s.load(name)
	if err == nil {
		if o.Seed = s.seed; !c.Flags().Changed("seed") {
			o.Seed = scenario.DefaultSeed()
		}
	}
	return scenario, o, err
}

func runCommand() *cobra.Command {
	var s settings
	var asJSON, verbose bool
	var history, picture string
	var watch watching
	var tell telling
	c := &cobra.Command{
		Use:               "run SCENARIO",
		Short:             "run one seed of a scenario and tell its story",
		Long:              "Run one seed of a scenario, named as SYSTEM/NAME or by the path of a YAML file, and tell its story.",
		Args:              one("a scenario"),
		ValidArgsFunction: scenarioNames,
		RunE: func(c *cobra.Command, args []string) error {
			scenario, o, err := s.loadSeed(c, args[0])
			if err != nil {
				return err
			}
			if verbose {
				o.Observe = func(r *scenarios.Run) {
					r.World.Observe(sim.ObserverFunc(func(e *sim.Event) { fmt.Fprintln(c.ErrOrStderr(), e) }))
				}
			}
			return runOne(c, scenario, o, output{asJSON, history, picture, watch, tell})
		},
	}
	s.register(c)
	watch.register(c)
	tell.register(c)
	s.registerSeed(c)
	c.Flags().BoolVar(&asJSON, "json", false, "report as JSON")
	c.Flags().BoolVarP(&verbose, "verbose", "v", false, "print every event to standard error")
	c.Flags().StringVar(&history, "history", "", "write what the clients saw to a `file`: .jsonl or .edn")
	c.Flags().StringVar(&picture, "picture", "", "write a picture of what the clients saw to an HTML `file`")
	return c
}

// output says what a run leaves behind.
type output struct {
	json             bool
	history, picture string
	watch            watching
	tell             telling
}

func runOne(c *cobra.Command, scenario *scenarios.Scenario, o scenarios.Options, to output) error {
	if err := errors.Join(to.watch.check(), to.tell.check()); err != nil {
		return err
	}
	to.watch.log.stdout, to.watch.metrics.stdout = c.OutOrStdout(), c.OutOrStdout()
	report, traced, err := execution(c.Context(), scenario, o, &to.watch)
	if err != nil {
		return err
	}
	ctx := c.Context()
	if err := report.ShowAround(scenario, o); err != nil {
		fmt.Fprintf(c.ErrOrStderr(), "orrery: %v\n", err)
	}
	write := report.WriteText
	if to.json {
		write = report.WriteJSON
	}
	err = errors.Join(write(c.OutOrStdout()), writeExtras(report, to))
	if traced = errors.Join(traced, to.tell.draw(scenario, o, report)); traced != nil { // the verdict stands
		fmt.Fprintf(c.ErrOrStderr(), "orrery: %s\n", strings.ReplaceAll(traced.Error(), "\n", "\n  "))
	}
	code := report.ExitCode()
	if ctx.Err() != nil {
		fmt.Fprintf(c.ErrOrStderr(), "orrery: interrupted after %v of virtual time\n", report.At)
		code = max(code, sim.Unknown.ExitCode()) // what was not seen does not count as ok
	}
	return ended(c, code, err)
}

// execution runs the scenario, and records what is wanted of it. What could not be
// recorded is an error of its own: the run counts all the same.
func execution(ctx context.Context, s *scenarios.Scenario, o scenarios.Options, w *watching) (r *scenarios.Report, traced, err error) {
	stop := func() bool { return ctx.Err() != nil }
	var p *pipeline
	once := func(o scenarios.Options) error {
		run, err := scenarios.NewRun(s, o)
		if err != nil {
			return err
		}
		defer run.Close()
		if r = run.Execute(stop); p != nil {
			p.ended(r)
		}
		return nil
	}
	if !w.wanted() {
		err = once(o)
		return r, nil, err
	}
	var events []uint64
	if w.afterwards() {
		if err := once(o); err != nil {
			return nil, nil, err
		}
		events = append(events, r.Event)
		for _, c := range r.Checks {
			events = append(events, c.Event)
		}
	}
	observe := o.Observe
	o.Observe = func(run *scenarios.Run) {
		if observe != nil && events == nil {
			observe(run)
		}
		p = w.attach(ctx, run, events)
	}
	if err := once(o); err != nil {
		return nil, nil, err
	}
	return r, p.finish(), nil
}

// ended makes an exit code of an outcome, which counts for more than what could not
// be written about it.
func ended(c *cobra.Command, code int, err error) error {
	if code == 0 {
		return err
	}
	if err != nil {
		fmt.Fprintf(c.ErrOrStderr(), "orrery: %v\n", err)
	}
	return exit(code)
}

func writeExtras(r *scenarios.Report, to output) error {
	if to.history != "" {
		write := checker.WriteJSONL
		if filepath.Ext(to.history) == ".edn" {
			write = checker.WriteEDN
		}
		if err := writeFile(to.history, func(w io.Writer) error { return write(w, r.History()) }); err != nil {
			return err
		}
	}
	if to.picture != "" {
		return writeFile(to.picture, r.WritePicture)
	}
	return nil
}

// writeFile writes a file whole or not at all: under another name first. What is
// there and no file, such as /dev/stdout, is written to as it is.
func writeFile(path string, write func(io.Writer) error) error {
	f, err := create(path)
	if err != nil {
		return err
	}
	if err = write(f); err != nil {
		err = fmt.Errorf("cannot write %s: %w", path, err)
	}
	return errors.Join(err, f.close(err))
}
