package faults

import "fmt"

// GoString renders the fault as the Go expression that makes it, for %#v: in what a
// property test prints of what it drew, a fault is a line to read and to paste.
func (f Fault) GoString() string { return fmt.Sprintf("faults.MustParse(%q)", f.String()) }
