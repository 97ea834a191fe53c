package spacetime

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/telemetry"
)

// Pattern is the regular expression by which ShiViz takes the log apart.
const Pattern = `(?<host>\S*) (?<clock>{.*})\n(?<event>.*)`

// entry is an event as the log has it.
type entry struct {
	number, cause uint64
	at            time.Duration
	kind          sim.Kind
	node          string
	text          string
}

// clock is a vector clock (Fidge 1988; Mattern 1989): of each host, how many of its events
// are known.
type clock map[string]int

// merge takes in what another knows.
func (c clock) merge(other clock) {
	for host, n := range other { // order-free: a maximum of each
		c[host] = max(c[host], n)
	}
}

// WriteShiViz writes the events of the window with vector clocks: the expression that
// takes them apart, an empty line for the delimiter that there is none of, and for each
// event a line with host and clock and one that says what happened. What was done from
// outside is on a host of its own. An event knows what its cause knew, if that is in the
// window: a delivery its send, a crash the fault.
//
// Messages that were lost are told of where they were sent: nobody else knows.
func (rec *Recording) WriteShiViz(out io.Writer) error {
	w := bufio.NewWriter(out)
	fmt.Fprintf(w, "%s\n\n", Pattern)
	fates := map[uint64]string{}
	carries := map[uint64]uint64{} // from what a hold or retry led to, to the send
	for _, m := range rec.Messages {
		fates[m.Event] = m.fate()
		if m.ArrivedEvent != 0 {
			carries[m.ArrivedEvent] = m.Event
		}
	}
	now := map[string]clock{}   // by host
	known := map[uint64]clock{} // by event
	wanted := rec.crossings(carries)
	for i := range rec.entries {
		e := &rec.entries[i]
		host := hostName(e.node)
		mine := now[host]
		if mine == nil {
			mine = clock{}
			now[host] = mine
		}
		cause := e.cause
		if sent, ok := carries[e.number]; ok {
			cause = sent
		}
		mine.merge(known[cause])
		mine[host]++
		if wanted[e.number] {
			known[e.number] = maps.Clone(mine)
		}
		text := e.text
		if f := fates[e.number]; f != "" && e.kind == sim.KindSend {
			text += " [" + f + "]"
		}
		stamp, err := json.Marshal(mine) // its keys are sorted
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s %s\n%.6fs event %d: %s\n", host, stamp, e.at.Seconds(), e.number, text)
	}
	return w.Flush()
}

// crossings are the events whose clock another host takes over.
func (rec *Recording) crossings(carries map[uint64]uint64) map[uint64]bool {
	wanted := map[uint64]bool{}
	for i := range rec.entries {
		e := &rec.entries[i]
		if sent, ok := carries[e.number]; ok {
			wanted[sent] = true
		}
		wanted[e.cause] = true
	}
	return wanted
}

// fate says what became of a message that did not just arrive.
func (m *Message) fate() string {
	var parts []string
	if m.Held {
		parts = append(parts, "held back")
	}
	switch {
	case m.Retries == 1:
		parts = append(parts, "sent again once")
	case m.Retries > 1:
		parts = append(parts, fmt.Sprintf("sent again %d times", m.Retries))
	}
	switch m.Fate {
	case Lost:
		parts = append(parts, "lost: "+m.Why)
	case Refused:
		parts = append(parts, m.Why)
	case UnderWay:
		parts = append(parts, "never arrived")
	}
	return strings.Join(parts, ", ")
}

// hostName is a node's name without white space, which would end it.
func hostName(node string) string {
	if node == "" {
		return telemetry.FaultNode
	}
	fields := strings.FieldsFunc(node, unicode.IsSpace)
	return strings.Join(slices.Clip(fields), "_")
}
