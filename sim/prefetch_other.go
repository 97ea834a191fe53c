//go:build !amd64 && !arm64

package sim

type memory struct{}

func (w *World) lookAhead() {}

func (m *memory) note(c *coroutine) {}

func (m *memory) noteStack() {}
