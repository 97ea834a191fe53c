package main

import (
	"fmt"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/orrery-sim/orrery/nodes/echo"
)

func newCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "new NAME",
		Short: "begin a system of your own, as a copy of echo",
		Long: `Write a folder NAME with a system of that name: the smallest there is, with its documents,
checks, mutants, scenarios and tests. It is Go code for a module of yours that requires
github.com/orrery-sim/orrery.`,
		Args: one("the system's name"),
		RunE: func(c *cobra.Command, args []string) error {
			name := args[0]
			if !isPackageName(name) {
				return fmt.Errorf("%q: expected the name of a Go package, of lower case letters and digits, and none of %s",
					name, strings.Join(reserved, ", "))
			}
			if err := copySystem(name); err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "wrote %s: now try go test ./%s, and change one thing at a time\n", name, name)
			return nil
		},
	}
}

// reserved are names that echo's own files have, and names that mean something to Go.
var reserved = []string{"echo", "doc", "system", "main", "test", "internal", "vendor", "testdata"}

// isPackageName says whether a system may be called so. An underscore could make a file's
// name mean something to go build.
func isPackageName(name string) bool {
	return token.IsIdentifier(name) && !slices.Contains(reserved, name) &&
		strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}

// copySystem writes echo's source under another name, whole or not at all.
func copySystem(name string) error {
	if _, err := os.Stat(name); err == nil {
		return fmt.Errorf("%s is there already", name)
	}
	work, err := os.MkdirTemp(".", "."+name+".*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	err = fs.WalkDir(echo.Source, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(echo.Source, path)
		if err != nil {
			return err
		}
		to := filepath.Join(work, filepath.FromSlash(strings.ReplaceAll(path, "echo", name)))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		return os.WriteFile(to, []byte(rename(string(text), name)), 0o644)
	})
	if err != nil {
		return err
	}
	if err := os.Chmod(work, 0o755); err != nil {
		return err
	}
	return os.Rename(work, name)
}

// rename makes echo's source that of another system.
func rename(text, name string) string {
	return strings.ReplaceAll(text, "echo", name)
}
