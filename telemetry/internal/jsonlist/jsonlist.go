// Package jsonlist writes lists of JSON values as they come, so that a long one needs no
// memory.
package jsonlist

import (
	"encoding/json"
	"io"
	"time"

	"github.com/orrery-sim/orrery/telemetry"
)

// Writer writes one list, and what stands around it.
type Writer struct {
	out         io.Writer
	open, close string
	count       int
	err         error
}

// New begins a list that open and close stand around, such as "[" and "]".
func New(out io.Writer, open, close string) *Writer {
	return &Writer{out: out, open: open, close: close}
}

// Add writes a value. After an error it writes nothing more, see Close.
func (w *Writer) Add(value any) {
	if w.err != nil {
		return
	}
	before := ",\n"
	if w.count == 0 {
		before = w.open + "\n"
	}
	w.count++
	text, err := json.Marshal(value)
	if err == nil {
		_, err = w.out.Write(append([]byte(before), text...))
	}
	w.err = err
}

// Close ends the list and returns what went wrong, if anything did.
func (w *Writer) Close() error {
	end := "\n" + w.close + "\n"
	if w.count == 0 {
		end = w.open + w.close + "\n"
	}
	if w.err == nil {
		_, w.err = io.WriteString(w.out, end)
	}
	return w.err
}

// Micros is a virtual time in microseconds, as the formats that are lists have it.
func Micros(t time.Duration) int64 { return telemetry.Wall(t).UnixMicro() }
