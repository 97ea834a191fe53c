package tui

import (
	"context"
	"io"
	"os"

	tea "charm.land/bubbletea/v2"
)

// Run shows the player in a terminal until it is left. in and out must be that terminal.
// What it was like before is restored, also if the player should crash.
func Run(ctx context.Context, m *Model, in io.Reader, out io.Writer) error {
	_, err := tea.NewProgram(m, tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(out), tea.WithEnvironment(os.Environ())).Run()
	if m.player != nil {
		m.player.close()
	}
	return err
}

// KnownHints are the hints that need not be shown again.
func (m *Model) KnownHints() []string { return m.hints.Known() }
