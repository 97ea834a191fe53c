// Package panes has what the player's screen is made of. Each pane is a plain struct
// that is shown a [Scene], draws itself at any size, and answers keys with an [Action]
// for the model on top to carry out. Panes do no I/O and run nothing; what takes long is
// asked for by an action and comes back with a later scene.
package panes
