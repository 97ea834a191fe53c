package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/telemetry/report"
	"github.com/orrery-sim/orrery/telemetry/spacetime"
)

// telling says which pictures of a run are wanted.
type telling struct {
	report, spacetime, shiviz, window string
}

func (t *telling) register(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&t.report, "report", "", "tell the whole story of the run on one page, an HTML `file` that needs no network")
	f.StringVar(&t.spacetime, "spacetime", "", "draw who sent what to whom, as a space-time diagram, to an SVG `file`")
	f.StringVar(&t.shiviz, "shiviz", "", "write the same with vector clocks to a `file` for ShiViz")
	f.StringVar(&t.window, "window", "", "the `time` that these show, such as 4.9s-5.4s (default: round the violation, the first fault, or the beginning)")
}

func (t *telling) wanted() bool { return t.report != "" || t.spacetime != "" || t.shiviz != "" }

// check says what is wrong with the flags, before anything is run.
func (t *telling) check() error {
	if t.window == "" {
		return nil
	}
	if t.spacetime == "" && t.shiviz == "" {
		return errors.New("--window: expected --spacetime or --shiviz with it")
	}
	if _, err := spacetime.ParseWindow(t.window); err != nil {
		return fmt.Errorf("--window %w", err)
	}
	return nil
}

// draw writes the pictures of a run that has been. What is worth seeing is known now, so
// it is repeated and watched.
func (t *telling) draw(s *scenarios.Scenario, o scenarios.Options, r *scenarios.Report) error {
	if !t.wanted() {
		return nil
	}
	window := spacetime.Around(r)
	if t.window != "" {
		window, _ = spacetime.ParseWindow(t.window)
		if window.From >= r.At {
			return fmt.Errorf("--window %q: the run ended before, at %v", t.window, r.At)
		}
		window.To = min(window.To, r.At)
	}
	var recorder *spacetime.Recorder
	var page *report.Page
	o.Observe = func(run *scenarios.Run) {
		recorder = spacetime.Watch(run, window)
		if t.report != "" {
			page = report.Watch(run, r)
		}
	}
	if err := runAgain(s, o, r); err != nil {
		return err
	}
	rec := recorder.Recording()
	var err error
	if page != nil {
		err = writeFile(t.report, func(w io.Writer) error { return page.Write(w, r) })
	}
	if t.spacetime != "" {
		err = errors.Join(err, writeFile(t.spacetime, func(w io.Writer) error {
			_, err := io.WriteString(w, rec.SVG(spacetime.Of(r)))
			return err
		}))
	}
	if t.shiviz != "" {
		err = errors.Join(err, writeFile(t.shiviz, rec.WriteShiViz))
	}
	return err
}

// runAgain runs again what has been run, as far as it was.
func runAgain(s *scenarios.Scenario, o scenarios.Options, r *scenarios.Report) error {
	run, err := scenarios.NewRun(s, o)
	if err != nil {
		return err
	}
	defer run.Close()
	run.Execute(func() bool { return run.World.Events() >= r.Events })
	if got := fmt.Sprintf("%016x", run.World.Hash()); got != r.Hash {
		return fmt.Errorf("the run was repeated and its hash is %s instead of %s: the system is not deterministic", got, r.Hash)
	}
	return nil
}
