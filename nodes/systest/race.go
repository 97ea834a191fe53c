//go:build race

package systest

// underRace says that the race detector is on. It makes a run some twenty times slower,
// and looks for what is the same in every seed: a few runs of each kind are enough.
const underRace = true
