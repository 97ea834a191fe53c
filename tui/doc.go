// Package tui is the player: a run on screen, that one can stop, step through forward and
// backward, break by hand, and ask why.
//
// There is one Bubble Tea model, [Model]. It holds a session (package play) with a taped
// run (package tape), and panes (package panes) that draw a moment of it. Nothing in
// Update waits: runs go on in the background, and frames follow them.
package tui
