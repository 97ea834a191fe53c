package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/orrery-sim/orrery/internal/suggest"
)

// noSubcommand is about a word in the place of a command.
func noSubcommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, sub := range c.Commands() {
		names = append(names, sub.Name())
	}
	return fmt.Errorf("unknown command %q%s\nhint: orrery help lists the commands", args[0], suggest.Hint(args[0], names))
}

// one expects one argument; what says what it is.
func one(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) == 1 {
			return nil
		}
		return fmt.Errorf("%s: expected one argument, %s, not %d\nhint: orrery %s --help", c.Name(), what, len(args), c.Name())
	}
}

// none expects no argument.
func none(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return fmt.Errorf("%s: expected no argument, not %q", c.Name(), args[0])
}

// flagError names the flag that is nearest to one that there is not.
func flagError(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return err
	}
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
	name := "--" + unknown.GetSpecifiedName()
	if unknown.GetSpecifiedShortnames() != "" {
		name = "-" + unknown.GetSpecifiedName()
	}
	return fmt.Errorf("%s: unknown flag %s%s\nhint: orrery %s --help", c.Name(), name, suggest.Hint(name, names), c.Name())
}

// nearestFile is the end of an error about a file that is not there.
func nearestFile(err error) string {
	var of *fs.PathError
	if !errors.As(err, &of) || !errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	entries, e := os.ReadDir(filepath.Dir(of.Path))
	if e != nil {
		return ""
	}
	var names []string
	for _, entry := range entries {
		if name := entry.Name(); !strings.HasPrefix(name, ".") {
			names = append(names, name)
		}
	}
	return suggest.Hint(filepath.Base(of.Path), names)
}
