//go:build !amd64 && !arm64

package sim

func (w *World) lookAhead() {}

func (c *coroutine) noteGoroutine() {}

func (c *coroutine) noteStack() {}
