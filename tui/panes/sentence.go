package panes

import (
	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/tui/tape"
)

// Sentence says what happened in an event.
func Sentence(t *tape.Tape, e *sim.Event) string { return stageSentence(t, e) }
