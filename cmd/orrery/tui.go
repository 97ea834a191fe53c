package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"github.com/orrery-sim/orrery/nodes"
	"github.com/orrery-sim/orrery/tui"
	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/play"
)

// Exit codes of the player beside misuse, as sysexits(3) and shells have them.
const (
	brokenPlayer = 70
	interrupted  = 130
)

// playing is what the player is started with.
type playing struct {
	settings
	at      uint64
	theme   string
	noHints bool
}

func tuiCommand() *cobra.Command {
	var p playing
	c := &cobra.Command{
		Use:   "tui [SCENARIO]",
		Short: "explore a run in the terminal: step forward and back, break it by hand, ask why",
		Long: `Open the player: with a scenario its run, without one the catalogue of all. ? shows the keys.

What is done by hand is part of the run: it can be undone, and saved as a scenario file and as a
Go test. Nothing is written unless it is saved.`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return fmt.Errorf("tui: expected at most one argument, a scenario, not %d\nhint: orrery tui --help", len(args))
			}
			return nil
		},
		ValidArgsFunction: scenarioNames,
		RunE:              p.run,
	}
	p.registerChanges(c)
	p.registerSeed(c)
	c.Flags().Uint64Var(&p.at, "at", 0, "the `event` to begin at")
	c.Flags().StringVar(&p.theme, "theme", "", "the colours: "+strings.Join(themeNames(), ", ")+" (default dark or light, as the terminal is)")
	c.Flags().BoolVar(&p.noHints, "no-hints", false, "show no hints")
	return c
}

func themeNames() []string {
	var names []string
	for _, t := range draw.Themes {
		names = append(names, t.Name)
	}
	return names
}

func (p *playing) run(c *cobra.Command, args []string) error {
	config, err := p.config(c, args)
	if err != nil {
		return err
	}
	if err := terminal(c); err != nil {
		return err
	}
	known := knownHints()
	config.KnownHints = known
	m, err := tui.New(config)
	if err != nil {
		return err
	}
	err = tui.Run(c.Context(), m, os.Stdin, os.Stdout)
	if now := m.KnownHints(); len(now) > len(known) {
		keepHints(now)
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, tea.ErrProgramPanic):
		fmt.Fprintf(c.ErrOrStderr(), "orrery tui: %v\n", err)
		return exit(brokenPlayer)
	case errors.Is(err, tea.ErrInterrupted), c.Context().Err() != nil:
		return exit(interrupted)
	}
	return fmt.Errorf("tui: %w", err)
}

// config is what the flags say. What is wrong is told before the screen changes.
func (p *playing) config(c *cobra.Command, args []string) (tui.Config, error) {
	config := tui.Config{Catalog: nodes.All, At: p.at, NoHints: p.noHints, Dir: "."}
	switch {
	case p.theme != "":
		t, err := draw.ThemeNamed(p.theme)
		if err != nil {
			return config, fmt.Errorf("--theme: %w", err)
		}
		config.Theme = t
	case !unicode():
		config.Theme, _ = draw.ThemeNamed("ascii")
	case os.Getenv("NO_COLOR") != "":
		config.Theme, _ = draw.ThemeNamed("mono")
	}
	if len(args) == 0 {
		if p.at != 0 {
			return config, errors.New("tui: --at is an event of a run: expected a scenario before it")
		}
		return config, nil
	}
	scenario, o, err := p.loadSeed(c, args[0])
	if err != nil {
		return config, err
	}
	config.Script = &play.Script{Scenario: scenario, Seed: o.Seed, Knobs: o.Knobs, Mutant: o.Mutant, Acts: o.Faults, Program: o.Program}
	return config, config.Script.Check()
}

// terminal says what is wrong with the terminal, if something is.
func terminal(c *cobra.Command) error {
	const hint = "\nhint: orrery run tells a run as text"
	for i, stream := range []any{c.OutOrStdout(), c.InOrStdin()} {
		if f, ok := stream.(*os.File); !ok || !term.IsTerminal(f.Fd()) {
			return fmt.Errorf("tui: standard %s is not a terminal%s", []string{"output", "input"}[i], hint)
		}
	}
	if os.Getenv("TERM") == "dumb" {
		return errors.New("tui: the terminal (TERM=dumb) cannot move its cursor" + hint)
	}
	return nil
}

// unicode says whether the terminal is told to show more than ASCII.
func unicode() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToLower(os.Getenv(name)); v != "" {
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return true
}

// hintsFile is where it is kept which hints have been followed.
func hintsFile() (string, error) {
	dir, err := os.UserConfigDir()
	return filepath.Join(dir, "orrery", "hints"), err
}

func knownHints() []string {
	path, err := hintsFile()
	if err != nil {
		return nil
	}
	text, err := os.ReadFile(path)
	if err != nil || len(text) > 1<<16 {
		return nil
	}
	return strings.Fields(string(text))
}

// keepHints is a courtesy: where nothing can be kept, hints are shown again.
func keepHints(known []string) {
	path, err := hintsFile()
	if err != nil {
		return
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return
	}
	slices.Sort(known)
	_ = os.WriteFile(path, []byte(strings.Join(known, "\n")+"\n"), 0o644)
}
