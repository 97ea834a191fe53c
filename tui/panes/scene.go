package panes

import (
	"time"

	"charm.land/bubbles/v2/key"

	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/tape"
)

// Scene is what is shown: a moment of a run.
type Scene struct {
	Tape     *tape.Tape
	View     *tape.View
	At       time.Duration // the moment: while time passes, somewhat later than that of View.Event
	Selected Selection
	Chain    []uint64 // while somebody asks why: the events of the answer, the one asked about first
}

// Selection is what the keys act on: at most one of its kinds is set.
type Selection struct {
	Node      string // a node; with Peer, the link from it
	Peer      string
	Message   uint64 // a message, by the event that sent it
	Operation uint64 // of a client, by the event of its call
}

// Pane is a part of the screen.
type Pane interface {
	// Title names the pane in a word or two.
	Title() string
	// Show gives the pane what it is to show from now on.
	Show(s *Scene)
	// Render draws the pane, without a border, on a canvas of that size. focus says
	// whether keys go to it.
	Render(width, height int, focus bool) *draw.Canvas
	// Keys are those that the pane answers, with their help.
	Keys() []key.Binding
	// Press answers a key, by its name as in key.Binding. It returns nil if it is none of the
	// pane's.
	Press(k string) Action
	// Click answers a press of the mouse at a place of what was last rendered.
	Click(x, y int) Action
	// Wheel answers a turn of the wheel: downward is positive.
	Wheel(lines int) Action
}

// Typist is a pane that takes text for a while, such as a filter: all keys go to
// it then.
type Typist interface {
	Pane
	Typing() bool
	// Type answers a key while the pane takes text; text is what the key writes, if it
	// writes something.
	Type(k, text string) Action
}

// Action is what a pane asks of the model.
type Action interface{ action() }

type (
	// Handled asks for nothing: the pane has changed by itself.
	Handled struct{}
	// GoTo moves to an event.
	GoTo struct{ Event uint64 }
	// Pick selects something.
	Pick struct{ Selection Selection }
	// AskWhy asks what led to an event.
	AskWhy struct{ Event uint64 }
	// AskTrace asks for the spans of an operation, by the event of its call.
	AskTrace struct{ Operation uint64 }
	// Act asks for a fault, from now on: the text behind the colon, such as "crash n1".
	Act struct{ What string }
	// Say shows a line to the person.
	Say struct{ Text string }
)

func (Handled) action()  {}
func (GoTo) action()     {}
func (Pick) action()     {}
func (AskWhy) action()   {}
func (AskTrace) action() {}
func (Act) action()      {}
func (Say) action()      {}

// bind makes a binding of keys, with how they are shown and what they do.
func bind(shown, help string, keys ...string) key.Binding {
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(shown, help))
}
