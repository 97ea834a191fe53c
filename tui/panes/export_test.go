package panes

// Compact is for tests.
var Compact = compact
