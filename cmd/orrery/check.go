package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/internal/suggest"
	"github.com/orrery-sim/orrery/sim"
)

func checkCommand() *cobra.Command {
	var model, check, keys, picture string
	var steps int
	var truncated, asJSON bool
	c := &cobra.Command{
		Use:   "check FILE",
		Short: "judge a history that any tool has made",
		Long: `Judge whether a history is linearizable, or what --check says. The file holds JSON lines as
orrery run --history writes them, or a history of Jepsen's: EDN, or a log. The form is found out.

Checks:
` + checkList() + `

Models, for linearizable:
` + modelList(),
		Args: one("the path of a history"),
		RunE: func(c *cobra.Command, args []string) error {
			m, err := checker.ModelNamed(model)
			if err != nil {
				return err
			}
			judge, err := checkNamed(check, m)
			if err != nil {
				return err
			}
			rule, err := keyRule(keys)
			if err != nil {
				return err
			}
			history, err := checker.ReadFile(args[0], checker.ReadOptions{AllowTruncated: truncated, Keys: rule})
			if err != nil {
				return err
			}
			return judged(c, judge.Check(history, checker.Limits{Steps: steps}), asJSON, picture)
		},
	}
	f := c.Flags()
	f.StringVar(&check, "check", checker.Linearizable{}.Name(), "what is judged")
	f.StringVar(&model, "model", "register", "what the answers are judged by")
	f.StringVar(&keys, "keys", "auto", "whether a value [a b] of Jepsen's is key a and value b: auto, always or never")
	f.IntVar(&steps, "steps", checker.DefaultSteps, "how many steps a verdict may take for each key")
	f.BoolVar(&truncated, "truncated", false, "judge a file that ends in the middle, by what is there")
	f.BoolVar(&asJSON, "json", false, "report as JSON")
	f.StringVar(&picture, "picture", "", "write a picture of a violation to an HTML `file`")
	return c
}

// historyChecks are the checks that need nothing but a history.
func historyChecks(m checker.Model) []checker.Check {
	list := []checker.Check{checker.Linearizable{Model: m}}
	for _, s := range checker.Sessions {
		list = append(list, s)
	}
	return list
}

func checkNamed(name string, m checker.Model) (checker.Check, error) {
	var names []string
	for _, c := range historyChecks(m) {
		if c.Name() == name {
			return c, nil
		}
		names = append(names, c.Name())
	}
	if hint := suggest.Hint(name, names); hint != "" {
		return nil, fmt.Errorf("unknown check %q%s", name, hint)
	}
	return nil, fmt.Errorf("unknown check %q, expected one of %s", name, strings.Join(names, ", "))
}

func checkList() string {
	var b strings.Builder
	for _, c := range historyChecks(checker.Model{}) {
		fmt.Fprintf(&b, "  %-19s %s\n", c.Name(), c.Doc())
	}
	return strings.TrimRight(b.String(), "\n")
}

func keyRule(name string) (checker.KeyRule, error) {
	switch name {
	case "auto":
		return checker.KeysAuto, nil
	case "always":
		return checker.KeysAlways, nil
	case "never":
		return checker.KeysNever, nil
	}
	return 0, fmt.Errorf("--keys %q: expected auto, always or never", name)
}

func modelList() string {
	var b strings.Builder
	for _, m := range checker.Models {
		fmt.Fprintf(&b, "  %-14s %s\n", m.Name, m.Doc)
	}
	return strings.TrimRight(b.String(), "\n")
}

// judged prints a verdict, whose exit code is that of a run with it.
func judged(c *cobra.Command, r checker.Result, asJSON bool, picture string) error {
	if asJSON {
		e := json.NewEncoder(c.OutOrStdout())
		e.SetIndent("", "  ")
		if err := e.Encode(r); err != nil {
			return err
		}
	} else {
		const width = 100
		fmt.Fprint(c.OutOrStdout(), r.Report(width))
	}
	var err error
	switch {
	case picture != "" && r.Violation != nil:
		err = writeFile(picture, r.Violation.WriteHTML)
	case picture != "":
		fmt.Fprintf(c.ErrOrStderr(), "orrery: there is no violation to be drawn: %s is not written\n", picture)
	}
	switch r.Verdict {
	case checker.OK:
		return err
	case checker.Violated:
		return ended(c, sim.Violated.ExitCode(), err)
	}
	return ended(c, sim.Unknown.ExitCode(), err)
}
