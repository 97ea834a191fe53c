// Package echo is the smallest system: one server that says back what it hears, and
// tells how often it has heard it. Copy it to begin another.
//
// # Promises
//
//	E1  An answer has the word that was said.
//	E2  The counts are linearizable: each word is a counter.
//	E3  What was answered is still counted after a crash.
//
// # Messages
//
//	Say{Word}            a call: count the word
//	Ask{Word}            a call: do not
//	Heard{Word, Count}   the answer to both
//
// # What it survives
//
// Crashes, restarts, pauses, partitions and whatever the network does. While the
// server is down or cut off nobody is answered. A request that was not answered may
// have been counted or not.
//
// It does not survive the loss of its disk, nor a disk whose sync lies: then E2 and E3
// break.
package echo
