package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/telemetry"
)

func traceCommand() *cobra.Command {
	var s settings
	var why string
	var slowest int
	c := &cobra.Command{
		Use:   "trace SCENARIO",
		Short: "say where the time of a run's operations went, and why one ended as it did",
		Long: `Run one seed of a scenario and trace every operation of its clients: its calls, what they
made the servers do, and what it waited for. Without --why, say where the time went in all, and
which operations were slowest. With it, tell the story of one operation: its spans, what
happened to them, and the chain of causes that led from the client's call to its end.

  orrery trace raft/slow-disk --seed 2
  orrery trace raft/slow-disk --seed 2 --why 20315       the operation that the event is part of
  orrery trace raft/local-reads --seed 1 --why violation the one that broke a promise`,
		Args:              one("a scenario"),
		ValidArgsFunction: scenarioNames,
		RunE: func(c *cobra.Command, args []string) error {
			scenario, o, err := s.loadSeed(c, args[0])
			if err != nil {
				return err
			}
			if slowest < 0 {
				return fmt.Errorf("--slowest %d: expected no negative number", slowest)
			}
			t, err := traceRun(c, scenario, o)
			if err != nil {
				return err
			}
			if why == "" {
				return t.sumUp(c.OutOrStdout(), slowest)
			}
			return t.tellWhy(c.OutOrStdout(), why)
		},
	}
	s.register(c)
	s.registerSeed(c)
	c.Flags().StringVar(&why, "why", "", "tell of the operation that this `event` is part of, by its number; or violation")
	c.Flags().IntVar(&slowest, "slowest", 10, "how many of the slowest operations to list")
	return c
}

// traced is a run with the operations of its clients.
type traced struct {
	scenario *scenarios.Scenario
	options  scenarios.Options
	report   *scenarios.Report
	clients  map[string]bool
	roots    []root
}

// root is an operation and what it waited for.
type root struct {
	*telemetry.Span
	path []telemetry.Step
}

func traceRun(c *cobra.Command, s *scenarios.Scenario, o scenarios.Options) (*traced, error) {
	t := &traced{scenario: s, options: o, clients: map[string]bool{}}
	var tracer *telemetry.Tracer
	o.Observe = func(r *scenarios.Run) {
		tracer = telemetry.Watch(r, func(s *telemetry.Span) {
			if s.Kind == telemetry.Operation {
				path, _ := tracer.Past().Path(s)
				t.roots = append(t.roots, root{s, path})
				t.clients[s.Node] = true
			}
		})
	}
	run, err := scenarios.NewRun(s, o)
	if err != nil {
		return nil, err
	}
	defer run.Close()
	ctx := c.Context()
	t.report = run.Execute(func() bool { return ctx.Err() != nil })
	tracer.Finish()
	return t, nil
}

// sumUp says where the time of all operations went.
func (t *traced) sumUp(out io.Writer, slowest int) error {
	var b strings.Builder
	var all []telemetry.Step
	total := time.Duration(0)
	for _, r := range t.roots {
		total += r.Took()
		for _, s := range r.path {
			s.Where = t.place(s.Where)
			all = append(all, s)
		}
	}
	fmt.Fprintf(&b, "%s, seed %d: %s; %d operations took %.3fs in all\n", t.report.Scenario, t.report.Seed, t.report.Status, len(t.roots), total.Seconds())
	b.WriteString("\nwhat they waited for\n")
	const most = 15
	shares := telemetry.Shares(all)
	for i, s := range shares {
		if i == most {
			fmt.Fprintf(&b, "  ... and %d more\n", len(shares)-most)
			break
		}
		portion := float64(s.Took) / float64(total)
		const bar = 20
		fmt.Fprintf(&b, "  %5.1f%%  %-*s  %-16s %-22s %6d times, %s each\n", 100*portion, bar, strings.Repeat("=", int(bar*portion+0.5)),
			s.What, s.Where+others(s.Others), s.Steps, (s.Took / time.Duration(s.Steps)).Round(time.Microsecond))
	}
	b.WriteString("  (others: the node waited for answers to its messages, such as those of a quorum)\n")
	roots := slices.Clone(t.roots)
	slices.SortStableFunc(roots, func(a, b root) int { return cmp.Compare(b.Took(), a.Took()) })
	if roots = roots[:min(slowest, len(roots))]; len(roots) > 0 {
		b.WriteString("\nthe slowest\n")
	}
	for _, r := range roots {
		name := r.Name
		if r.Error != "" {
			name += ", " + r.Error
		}
		fmt.Fprintf(&b, "  event %-7d %9.3fs  %-5s %-28s %8s", r.StartEvent, r.Start.Seconds(), r.Node, name, r.Took().Round(10*time.Microsecond))
		if top := telemetry.Shares(r.path); len(top) > 0 {
			fmt.Fprintf(&b, "  most of it %s, %s%s", top[0].What, top[0].Where, others(top[0].Others))
		}
		b.WriteByte('\n')
	}
	if len(roots) > 0 {
		fmt.Fprintf(&b, "why: %s --why %d\n", t.command(), roots[0].StartEvent)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func others(yes bool) string {
	if yes {
		return " (others)"
	}
	return ""
}

// place is where a step was, all clients being alike.
func (t *traced) place(where string) string {
	parts := strings.Split(where, " -> ")
	for i, p := range parts {
		if t.clients[p] {
			parts[i] = "client"
		}
	}
	return strings.Join(parts, " -> ")
}

// command is the line that traces the run again.
func (t *traced) command() string {
	program := t.options.Program
	return program + " trace " + strings.TrimPrefix(t.report.Command, program+" run ")
}

// tellWhy tells the story of one operation.
func (t *traced) tellWhy(out io.Writer, why string) error {
	r, err := t.find(why)
	if err != nil {
		return err
	}
	spans, events := t.again(r.Span)
	var b strings.Builder
	fmt.Fprintf(&b, "%s, seed %d, event %d: %s by %s at %.6fs took %s", t.report.Scenario, t.report.Seed, r.StartEvent, r.Name, r.Node, r.Start.Seconds(), r.Took())
	if r.Error != "" {
		fmt.Fprintf(&b, ": %s", r.Error)
	}
	for _, a := range r.Attributes {
		fmt.Fprintf(&b, "; %s %s", a.Name, a.Value)
	}
	fmt.Fprintf(&b, "\n\nwhat it made the cluster do\n%s", telemetry.Waterfall(spans, screenWidth()))
	b.WriteString("\nwhat it waited for\n")
	for _, s := range r.path {
		fmt.Fprintf(&b, "  +%-11s %9s  %s, %s%s\n", (s.From - r.Start).String(), s.Took().Round(time.Microsecond), s.What, s.Where, others(s.Others))
	}
	b.WriteString("\nthe causes of its end, the latest first\n")
	for _, e := range slices.Backward(events) {
		fmt.Fprintf(&b, "  %s\n", e)
	}
	for _, c := range t.report.Checks {
		if c.Event >= r.StartEvent && c.Event <= r.EndEvent {
			fmt.Fprintf(&b, "\n%s, %s: %s\n", c.Check, c.Verdict, c.Reason)
		}
	}
	_, err = io.WriteString(out, b.String())
	return err
}

// find returns the operation that somebody asks about.
func (t *traced) find(why string) (*root, error) {
	event, err := strconv.ParseUint(why, 10, 64)
	if why == "violation" {
		if event = t.report.Event; event == 0 {
			return nil, fmt.Errorf("--why violation: the run ended %s, and no event broke a promise", t.report.Status)
		}
	} else if err != nil {
		return nil, fmt.Errorf("--why %q: expected the number of an event, or violation\nhint: %s lists the slowest operations with theirs", why, t.command())
	}
	var nearest *root
	for i := range t.roots {
		r := &t.roots[i]
		if event == r.StartEvent || event == r.EndEvent {
			return r, nil
		}
		if r.StartEvent < event && event < r.EndEvent && (nearest == nil || r.StartEvent > nearest.StartEvent) {
			nearest = r
		}
	}
	if nearest == nil {
		return nil, fmt.Errorf("--why %s: no operation was under way at event %d of %d", why, event, t.report.Events)
	}
	return nearest, nil
}

// again repeats the run and returns the spans of an operation, and the events that led
// to its end.
func (t *traced) again(op *telemetry.Span) (spans []*telemetry.Span, lines []string) {
	o := t.options
	texts := map[uint64]string{}
	var tracer *telemetry.Tracer
	o.Observe = func(r *scenarios.Run) {
		r.World.Observe(sim.ObserverFunc(func(e *sim.Event) {
			if e.Number >= op.StartEvent && e.Number <= op.EndEvent {
				texts[e.Number] = e.String()
			}
		}))
		tracer = telemetry.Watch(r, func(s *telemetry.Span) {
			if s.Trace == op.Trace {
				spans = append(spans, s)
			}
			if s.ID != op.ID {
				return
			}
			chain, _ := tracer.Past().Reasons(s)
			for _, f := range slices.Backward(chain) {
				if text := texts[f.Number]; text != "" {
					lines = append(lines, text)
				}
			}
		})
	}
	run, err := scenarios.NewRun(t.scenario, o)
	if err != nil {
		return nil, nil // it was run before
	}
	defer run.Close()
	run.Execute(nil)
	tracer.Finish()
	return spans, lines
}
