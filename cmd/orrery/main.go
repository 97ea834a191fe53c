// Command orrery runs simulated distributed systems, breaks them and judges what their
// clients saw. See orrery help.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/orrery-sim/orrery/nodes"
)

// misuse is the exit code of a command that was not understood; the others are those
// of outcomes, see sim.Status.
const misuse = 64

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := execute(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// exit is an error that only carries an exit code: what there was to say has been
// said.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// execute runs one command line and returns the exit code.
func execute(ctx context.Context, args []string, out, errs io.Writer) int {
	root := command()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errs)
	err := root.ExecuteContext(ctx)
	var code exit
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	}
	fmt.Fprintf(errs, "orrery: %s\n", strings.ReplaceAll(err.Error()+nearestFile(err), "\n", "\n  "))
	return misuse
}

// program is what a person types to run this program: a line to reproduce a failure
// is to be pasted where it was printed.
func program() string {
	path, err := os.Executable()
	if err == nil && strings.Contains(filepath.ToSlash(path), "/go-build") {
		return "go run ./cmd/orrery"
	}
	return filepath.Base(os.Args[0])
}

func command() *cobra.Command {
	root := &cobra.Command{
		Use:   "orrery",
		Short: "run simulated distributed systems, break them, judge what their clients saw",
		Long: `Orrery runs a distributed system inside one process on one virtual clock, breaks it, and
judges whether what its clients saw was consistent. A run is a pure function of scenario,
seed and faults: whatever happens once can be made to happen again.

  orrery tui                                    explore runs in the terminal
  orrery list                                   what there is to run
  orrery run raft/minority-leader --seed 42     run one seed and tell its story
  orrery sweep raft/leader-crash --seeds 1-1000 run many seeds on all cores
  orrery shrink raft/leader-crash --seed 7      make a run that fails as small as it can be
  orrery compare raft/calm --knob fsync=1ms,9ms see what a guarantee costs
  orrery trace raft/slow-disk --seed 2          where the time went, and why
  orrery explain raft                           what a system promises and survives

Exit codes: 0 as expected, 1 violated, 2 unknown, 3 stuck, 4 crashed, 64 misuse.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          noSubcommand,
		RunE: func(c *cobra.Command, _ []string) error {
			if terminal(c) != nil {
				return c.Help()
			}
			return new(playing).run(c, nil)
		},
	}
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(tuiCommand(), runCommand(), sweepCommand(), shrinkCommand(), compareCommand(), traceCommand(), checkCommand(), listCommand(), explainCommand(), newCommand(), versionCommand())
	return root
}

// scenarioNames completes the names of scenarios.
func scenarioNames(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, s := range nodes.All {
		for _, n := range s.ScenarioNames() {
			names = append(names, s.Name+"/"+n)
		}
	}
	return names, cobra.ShellCompDirectiveDefault // a path is good as well
}
