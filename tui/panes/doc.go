// Package panes has what the player's screen is made of. Each pane is a plain struct
// that is shown a [Scene], draws itself at any size, and answers keys with an [Action]
// for the model on top to carry out. Panes do no I/O and run nothing; what takes long is
// asked for by an action and comes back with a later scene.
//
// What is not of a run, or lies over it, is shown no scene: the catalogue, help, palette,
// hints and dialogs return what was chosen. Those that take text are told of a key by its
// name as bubbletea gives it ("enter", "space", "ctrl+u", "A") and by the text that it
// writes, which is empty for keys such as enter.
package panes
