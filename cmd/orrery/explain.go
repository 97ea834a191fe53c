package main

import (
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/internal/suggest"
	"github.com/orrery-sim/orrery/nodes"
	"github.com/orrery-sim/orrery/scenarios"
)

func listCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "list systems and their scenarios",
		Args:  none,
		RunE: func(c *cobra.Command, _ []string) error {
			for _, s := range nodes.All {
				fmt.Fprintf(c.OutOrStdout(), "%s: %s\n", s.Name, s.Claim())
				for _, name := range s.ScenarioNames() {
					sc, err := s.Scenario(name)
					if err != nil {
						return err
					}
					note := ""
					if e := sc.Expect.String(); e != "ok" {
						note = " (expect: " + e + ")"
					}
					if sc.Storm != nil {
						note += " (storm)"
					}
					fmt.Fprintf(c.OutOrStdout(), "  %-32s %s%s\n", sc.FullName(), sc.Shows, note)
				}
			}
			return nil
		},
	}
}

func explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain SYSTEM|FAULT|CHECK",
		Short: "say what a system, fault, check or model is; \"faults\", \"storms\" and \"checks\" list all",
		Args:  one("a name"),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return subjects(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			if explain(c.OutOrStdout(), args[0]) {
				return nil
			}
			return fmt.Errorf("nothing is called %q%s\nhint: orrery list shows the systems, orrery explain faults all faults",
				args[0], suggest.Hint(args[0], subjects()))
		},
	}
}

// subjects lists all that can be explained.
func subjects() []string {
	names := append([]string{"faults", "storms", "checks", "models"}, nodes.All.Names()...)
	for i := range faults.Catalog {
		names = append(names, faults.Catalog[i].Name)
	}
	for _, c := range allChecks() {
		names = append(names, c.Name)
	}
	for i := range checker.Models {
		names = append(names, checker.Models[i].Name)
	}
	return names
}

func allChecks() []scenarios.Check {
	list := append([]scenarios.Check(nil), scenarios.Common...)
	for _, s := range nodes.All {
		list = append(list, s.Checks...)
	}
	return list
}

func explain(out io.Writer, name string) (found bool) {
	switch name {
	case "faults":
		for i := range faults.Catalog {
			fmt.Fprintf(out, "%-19s %s\n", faults.Catalog[i].Name, faults.Catalog[i].Example)
		}
		return true
	case "storms":
		explainStorms(out)
		return true
	case "checks":
		for _, c := range allChecks() {
			fmt.Fprintf(out, "%-24s %s\n", c.Name, c.Claim)
		}
		return true
	case "models":
		fmt.Fprintln(out, modelList())
		return true
	}
	if s, err := nodes.All.System(name); err == nil {
		explainSystem(out, s)
		return true
	}
	for i := range faults.Catalog {
		if e := &faults.Catalog[i]; e.Name == name {
			fmt.Fprintf(out, "%s\n\n%s\n", e.Form, e.Doc)
			if e.Undo != "" {
				fmt.Fprintf(out, "At its end %s.\n", e.Undo)
			}
			fmt.Fprintf(out, "\nexample: %s\n", e.Example)
			found = true
		}
	}
	for _, c := range allChecks() {
		if c.Name == name {
			fmt.Fprintf(out, "%s: %s\n", c.Name, c.Claim)
			found = true
		}
	}
	for _, m := range checker.Models {
		if m.Name == name {
			fmt.Fprintf(out, "model %s: %s\n", m.Name, m.Doc)
			for _, op := range m.Operations {
				fmt.Fprintf(out, "  %-10s %s\n", op.Name, op.Doc)
			}
			found = true
		}
	}
	return found
}

func explainSystem(out io.Writer, s *scenarios.System) {
	fmt.Fprintf(out, "%s\n", strings.TrimSpace(s.Doc))
	heading := func(text string, items int) {
		if items > 0 {
			fmt.Fprintf(out, "\n%s\n", text)
		}
	}
	heading("Knobs", len(s.Knobs))
	for _, k := range s.Knobs {
		fmt.Fprintf(out, "  %-18s %-10s %s%s\n", k.Name, k.Default, k.Help, knobRange(&k))
	}
	heading("Checks", 1)
	for _, list := range [][]scenarios.Check{scenarios.Common, s.Checks} {
		for _, c := range list {
			fmt.Fprintf(out, "  %-26s %s\n", c.Name, c.Claim)
		}
	}
	heading("Mutants: mistakes made on purpose, which a check must catch", len(s.Mutants))
	for _, m := range s.Mutants {
		fmt.Fprintf(out, "  %-26s %s\n  %-26s   caught by %s in %s/%s within %d seeds\n", m.Name, m.Breaks, "", m.Check, s.Name, m.Scenario, m.Seeds)
	}
	heading("Roles, by which faults select servers", len(s.Roles))
	for _, r := range s.Roles {
		fmt.Fprintf(out, "  %-18s %s\n", r.Name, r.Help)
	}
	names := s.ScenarioNames()
	heading("Scenarios", len(names))
	for _, name := range names {
		fmt.Fprintf(out, "  %s/%s\n", s.Name, name)
		if sc, err := s.Scenario(name); err == nil && sc.Storm != nil {
			fmt.Fprintf(out, "    a storm of %v\n", sc.Storm)
		}
	}
}

// explainStorms lists the families of faults that a storm is made of.
func explainStorms(out io.Writer) {
	fmt.Fprintf(out, "A storm is faults drawn from the seed, within a budget of what a system claims to survive.\n"+
		"These families may take part; which do, depends on the seed.\n\n")
	for i := range faults.Families {
		f := &faults.Families[i]
		fmt.Fprintf(out, "%-10s %s\n%-10s   needs %s\n", f.Name, f.Doc, "", f.Needs)
	}
}

// knobRange is what a knob may be set to, behind its help.
func knobRange(k *scenarios.Knob) string {
	if text := k.Range(); text != "" {
		return " (" + text + ")"
	}
	return ""
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "print the version",
		Args:  none,
		RunE: func(c *cobra.Command, _ []string) error {
			version := "(unknown)"
			if info, ok := debug.ReadBuildInfo(); ok {
				version = info.Main.Version + " " + info.GoVersion
			}
			fmt.Fprintf(c.OutOrStdout(), "orrery %s\n", version)
			return nil
		},
	}
}
