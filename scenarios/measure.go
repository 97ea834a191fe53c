package scenarios

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Measure is a number that a run came to and that its system alone can tell: how
// many acknowledged writes were lost, how old the values were that clients read.
// What every run has (latency, availability) is in its phases.
type Measure struct {
	Name  string  `json:"name"` // words joined by hyphens, such as lost-writes
	Help  string  `json:"help"` // what it counts, in a line
	Value float64 `json:"value"`
	Unit  string  `json:"unit,omitempty"` // "ns" for virtual time, "share" from 0 to 1, or what is counted; "" for a plain number
}

// Units of measures that are rendered in a way of their own.
const (
	UnitTime  = "ns"    // virtual nanoseconds
	UnitShare = "share" // from 0 to 1
)

// Took is a measure of virtual time.
func Took(name, help string, d time.Duration) Measure {
	return Measure{Name: name, Help: help, Value: float64(d), Unit: UnitTime}
}

// Text renders the value for people: 12.3ms, 4.1%, 17 writes.
func (m Measure) Text() string {
	switch m.Unit {
	case UnitTime:
		return short(time.Duration(m.Value))
	case UnitShare:
		return fmt.Sprintf("%.3g%%", float64(100*m.Value))
	}
	return strings.TrimSpace(strconv.FormatFloat(m.Value, 'g', 6, 64) + " " + m.Unit)
}

func (r *Report) writeMeasures(b *strings.Builder) {
	if len(r.Measures) == 0 {
		return
	}
	b.WriteString("\nmeasures\n")
	for _, m := range r.Measures {
		fmt.Fprintf(b, "  %12s  %-24s %s\n", m.Text(), m.Name, m.Help)
	}
}
