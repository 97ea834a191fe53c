package compare

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/sim"
)

// Table is what a comparison came to: a column for each combination of values, in the
// order in which they were given.
type Table struct {
	Scenario string   `json:"scenario"`
	Mutant   string   `json:"mutant,omitempty"`
	From     uint64   `json:"from"`
	To       uint64   `json:"to"`
	Expected string   `json:"expected"` // how the scenario says that it ends, with its own knobs
	Columns  []Column `json:"columns"`
}

// Column is what one combination came to, over all its runs.
type Column struct {
	Labels   []string       `json:"knobs"` // "ack=async"
	Runs     int            `json:"runs"`
	Outcomes map[string]int `json:"outcomes"`

	Asked   uint64 `json:"asked"` // operations of clients
	OK      uint64 `json:"ok"`
	Failed  uint64 `json:"failed"`
	Unknown uint64 `json:"unknown"` // whose outcome the client never learned

	Available float64       `json:"available"` // share of the operations that were ok
	P50       time.Duration `json:"p50_ns"`    // latency of those, to three digits
	P99       time.Duration `json:"p99_ns"`
	Max       time.Duration `json:"max_ns"`

	PerOperation float64   `json:"messages_per_operation"`
	Measures     []Average `json:"measures,omitempty"` // the system's own

	// Reproduce repeats the lowest seed that did not end as expected.
	Reproduce string `json:"reproduce,omitempty"`

	messages uint64
}

// Average is a measure, with the mean of all runs for its value.
type Average struct {
	scenarios.Measure
	Max float64 `json:"max"` // of any run
}

// rounded is a mean as people read it: with four digits, or whole from a thousand on. What
// has a form of its own is left as it is.
func (a *Average) rounded(v float64) float64 {
	if a.Unit == scenarios.UnitTime || a.Unit == scenarios.UnitShare {
		return v
	}
	step := 1.0
	for ; step > 1e-3 && v < 1000*step; step /= 10 {
	}
	return float64(math.Round(v/step) * step)
}

// row is a line of the table: a name, and a value for each column.
type row struct {
	name  string
	value func(c *Column) float64
	text  func(v float64) string
}

func share(v float64) string {
	if v == 0 {
		return "-"
	}
	return strconv.FormatFloat(float64(100*v), 'f', 1, 64) + "%"
}

func took(v float64) string { return scenarios.Took("", "", time.Duration(v)).Text() }

// rows are all lines of the table.
func (t *Table) rows() []row {
	var list []row
	for _, name := range t.outcomes() {
		list = append(list, row{name, func(c *Column) float64 {
			return float64(c.Outcomes[name]) / float64(max(c.Runs, 1))
		}, share})
	}
	list = append(list,
		row{"available", func(c *Column) float64 { return c.Available }, share},
		row{"p50", func(c *Column) float64 { return float64(c.P50) }, took},
		row{"p99", func(c *Column) float64 { return float64(c.P99) }, took},
		row{"messages-per-op", func(c *Column) float64 { return c.PerOperation }, func(v float64) string {
			return strconv.FormatFloat(v, 'f', 1, 64)
		}},
	)
	for _, m := range t.measures() {
		list = append(list, row{m.Name, func(c *Column) float64 { return c.measure(m.Name) }, func(v float64) string {
			return scenarios.Measure{Value: m.rounded(v), Unit: m.Unit}.Text()
		}})
	}
	return list
}

// outcomes are those that there were, the good one first.
func (t *Table) outcomes() []string {
	var names []string
	for _, c := range t.Columns {
		for name := range c.Outcomes {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	good := slices.IndexFunc(names, func(name string) bool { return name == sim.OK.String() })
	if good > 0 {
		names = slices.Insert(slices.Delete(names, good, good+1), 0, sim.OK.String())
	}
	return names
}

// measures are the system's own, as the first column with any has them.
func (t *Table) measures() []Average {
	for _, c := range t.Columns {
		if len(c.Measures) > 0 {
			return c.Measures
		}
	}
	return nil
}

func (c *Column) measure(name string) float64 {
	for _, m := range c.Measures {
		if m.Name == name {
			return m.Value
		}
	}
	return 0
}

// WriteText writes the table for people, in blocks of as many columns as fit into
// width characters.
func (t *Table) WriteText(out io.Writer, width int) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s", t.Scenario)
	if t.Mutant != "" {
		fmt.Fprintf(&b, ", mutant %s", t.Mutant)
	}
	fmt.Fprintf(&b, ", seeds %d-%d for each column\n", t.From, t.To)
	rows := t.rows()
	names := 0
	for _, r := range rows {
		names = max(names, len(r.name))
	}
	for first := 0; first < len(t.Columns); {
		first = t.block(&b, rows, first, names, width)
	}
	for _, m := range t.measures() {
		fmt.Fprintf(&b, "\n%-*s  mean over the runs: %s", names, m.Name, m.Help)
	}
	if len(t.measures()) > 0 {
		b.WriteByte('\n')
	}
	for _, c := range t.Columns {
		if c.Reproduce != "" {
			fmt.Fprintf(&b, "\nnot %s with %s, the lowest such seed:\n  %s\n", t.Expected, strings.Join(c.Labels, " "), c.Reproduce)
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// block writes the columns from first on that fit, and returns the next.
func (t *Table) block(b *strings.Builder, rows []row, first, names, width int) int {
	var widths []int
	left := width - names
	for i := first; i < len(t.Columns); i++ {
		w := t.columnWidth(rows, i)
		if left -= w; left < 0 && i > first {
			break
		}
		widths = append(widths, w)
	}
	b.WriteByte('\n')
	line := func(name string, text func(c *Column) string) {
		fmt.Fprintf(b, "%-*s", names, name)
		for i, w := range widths {
			value := text(&t.Columns[first+i])
			b.WriteString(strings.Repeat(" ", w-utf8.RuneCountInString(value)) + value)
		}
		b.WriteByte('\n')
	}
	for i := range t.Columns[first].Labels {
		line("", func(c *Column) string { return c.Labels[i] })
	}
	for _, r := range rows {
		line(r.name, func(c *Column) string { return r.text(r.value(c)) })
	}
	if t.partial(first, len(widths)) {
		line("runs", func(c *Column) string { return strconv.Itoa(c.Runs) })
	}
	return first + len(widths)
}

// partial says whether some of the columns have fewer runs than they should.
func (t *Table) partial(first, n int) bool {
	return slices.ContainsFunc(t.Columns[first:first+n], func(c Column) bool { return uint64(c.Runs) != t.To-t.From+1 })
}

func (t *Table) columnWidth(rows []row, i int) int {
	const gap = 2
	w := 0
	for _, label := range t.Columns[i].Labels {
		w = max(w, utf8.RuneCountInString(label))
	}
	for _, r := range rows {
		w = max(w, utf8.RuneCountInString(r.text(r.value(&t.Columns[i]))))
	}
	return w + gap
}

// WriteJSON writes everything as one JSON object.
func (t *Table) WriteJSON(out io.Writer) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(t)
}

// WriteCSV writes a line for each combination: the knobs, and then all numbers, times in
// nanoseconds and shares from 0 to 1.
func (t *Table) WriteCSV(out io.Writer) error {
	w := csv.NewWriter(out)
	rows := t.rows()
	var head []string
	for _, label := range t.Columns[0].Labels {
		knob, _, _ := strings.Cut(label, "=")
		head = append(head, knob)
	}
	head = append(head, "runs")
	for _, r := range rows {
		head = append(head, r.name)
	}
	if err := w.Write(head); err != nil {
		return err
	}
	for i := range t.Columns {
		c := &t.Columns[i]
		var line []string
		for _, label := range c.Labels {
			_, value, _ := strings.Cut(label, "=")
			line = append(line, value)
		}
		line = append(line, strconv.Itoa(c.Runs))
		for _, r := range rows {
			line = append(line, strconv.FormatFloat(r.value(c), 'g', -1, 64))
		}
		if err := w.Write(line); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// Panel is one line of the table as a picture shows it.
type Panel struct {
	Name   string
	Values []float64 // one a column
	Texts  []string  // as people read them
}

// Panels are the lines of the table, without those in which nothing is but zeros.
func (t *Table) Panels() []Panel {
	var list []Panel
	for _, r := range t.rows() {
		p := Panel{Name: r.name}
		for i := range t.Columns {
			v := r.value(&t.Columns[i])
			p.Values = append(p.Values, v)
			p.Texts = append(p.Texts, r.text(v))
		}
		if slices.ContainsFunc(p.Values, func(v float64) bool { return v != 0 }) {
			list = append(list, p)
		}
	}
	return list
}
