package panes

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/study"
)

const seedsWide = 110 // columns from which on the list stands beside the rest

// Render draws the pane: how far it has come, what came out, how a number is distributed,
// and a list of seeds.
func (s *Seeds) Render(width, height int, _ bool) *draw.Canvas {
	c := draw.New(width, height)
	s.height = 0
	top := s.head(c)
	if s.survey == nil || s.survey.Err != nil {
		return c
	}
	if width >= seedsWide {
		half := width * 9 / 20
		left := c.Part(0, top, half, height-top)
		used := s.outcomes(left, left.Height()/2)
		s.distribution(left.Part(0, used, half, left.Height()-used))
		s.runs(c, half+2, top)
		return c
	}
	rest := c.Part(0, top, width, height-top)
	used := s.outcomes(rest, max(rest.Height()/4, 1))
	if room := rest.Height() - used; room >= 8 {
		size := max(room/2, 5)
		s.distribution(rest.Part(0, used, width, size))
		used += size
	}
	s.runs(c, 0, top+used)
	return c
}

// head tells how far the survey has come, and returns how many lines that took.
func (s *Seeds) head(c *draw.Canvas) int {
	v := s.survey
	if s.typing {
		s.input.Draw(c.Part(0, 0, c.Width(), 2), true)
		return 2
	}
	switch {
	case v == nil:
		c.Fit(0, 0, c.Width(), "how does this scenario end with other seeds?", draw.Strong)
		c.Fit(0, 1, c.Width(), "enter: run 100 seeds in the background   n: choose how many", draw.Dim)
		return 2
	case v.Err != nil:
		c.Fit(0, 0, c.Width(), "✕ "+v.Err.Error(), draw.Bad)
		return 1
	}
	text := v.String()
	if bad := s.unexpected(); bad > 0 {
		text += fmt.Sprintf(", %d not as expected", bad)
	} else if len(v.Runs) > 0 {
		text += ", all as expected"
	}
	c.Fit(0, 0, c.Width(), text, draw.Strong)
	done := float64(len(v.Runs)) / float64(max(v.Asked, 1))
	c.Fit(0, 1, c.Width(), draw.Meter(done, min(max(c.Width()/3, 8), 40))+" "+s.pace(), draw.Plain)
	return min(3, max(1, c.Height()/5))
}

// pace tells how fast the seeds are run, and how long the rest will take.
func (s *Seeds) pace() string {
	v := s.survey
	text := fmt.Sprintf("%.0f%%", 100*float64(len(v.Runs))/float64(max(v.Asked, 1)))
	if v.Took > 0 && len(v.Runs) > 0 {
		text += fmt.Sprintf("  %s seeds/s", draw.Number(float64(len(v.Runs))/v.Took.Seconds()))
	}
	left, known := v.Left()
	switch {
	case v.Stopped && len(v.Runs) < v.Asked:
		text += "  stopped"
	case v.Running && known:
		text += fmt.Sprintf("  %v left", left.Round(time.Second))
	case v.Running:
		text += "  running"
	}
	return text
}

func (s *Seeds) unexpected() int {
	n := 0
	for i := range s.survey.Runs {
		if !s.survey.Runs[i].Expected {
			n++
		}
	}
	return n
}

// outcomes draws how many seeds ended how, in so many lines at most, and returns how
// many it took.
func (s *Seeds) outcomes(c *draw.Canvas, most int) int {
	counts, checks := map[string]int{}, map[string]map[string]int{}
	for i := range s.survey.Runs {
		r := &s.survey.Runs[i]
		counts[r.Outcome]++
		for _, check := range r.Failed {
			if checks[r.Outcome] == nil {
				checks[r.Outcome] = map[string]int{}
			}
			checks[r.Outcome][check]++
		}
	}
	names := mostFirst(counts)
	width := 0
	for _, name := range names {
		width = max(width, draw.Width(name))
	}
	names = names[:min(len(names), max(most-1, 1))]
	all := float64(max(len(s.survey.Runs), 1))
	for y, name := range names {
		sign, ink := "●", draw.Good
		if name != s.survey.Expected {
			sign, ink = "✕", draw.Bad
		}
		c.Text(0, y, sign+" "+draw.Pad(name, width), ink)
		bar := min(max(c.Width()/4, 6), 30)
		x := c.Text(width+3, y, draw.Meter(float64(counts[name])/all, bar), ink)
		text := fmt.Sprintf("%d, %.3g%%", counts[name], 100*float64(counts[name])/all)
		var failed []string
		for _, check := range mostFirst(checks[name]) {
			failed = append(failed, fmt.Sprintf("%s %d", check, checks[name][check]))
		}
		if len(failed) > 0 {
			text += ": " + strings.Join(failed, ", ")
		}
		c.Fit(x+1, y, c.Width()-x-1, text, draw.Plain)
	}
	if len(names) == 0 {
		return 0
	}
	return len(names) + 1
}

// mostFirst returns the names that were counted, those counted most often first.
func mostFirst(counts map[string]int) []string {
	names := slices.Sorted(maps.Keys(counts))
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(counts[b], counts[a]) })
	return names
}

// distribution draws how the chosen number is distributed over the seeds, and where the
// run stands that is open.
func (s *Seeds) distribution(c *draw.Canvas) {
	n := &s.numbers[s.number]
	x := c.Text(0, 0, "◂ "+n.Name+" ▸", draw.Strong)
	c.Fit(x+2, 0, c.Width()-x-2, fmt.Sprintf("%d of %d: %s", s.number+1, len(s.numbers), n.Help), draw.Dim)
	var values []float64
	for i := range s.survey.Runs {
		if v, ok := n.Of(&s.survey.Runs[i]); ok {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		c.Fit(0, 1, c.Width(), "no seed has one yet", draw.Dim)
		return
	}
	text, here, known := s.standing(n, values)
	c.Fit(0, 1, c.Width(), text, draw.Chosen)
	most := min(2*int(math.Sqrt(float64(len(values))))+2, 24) // as many bars as so many seeds can fill
	bars := draw.Bars{
		Bars: draw.Histogram(values, min(max(c.Height()-3, 1), most), here, n.Text), Mark: "this run",
		Format: func(v float64) string { return strconv.Itoa(int(v)) },
	}
	if !known {
		for i := range bars.Bars {
			bars.Bars[i].Here = false
		}
	}
	bars.Draw(c.Part(0, 2, c.Width(), max(c.Height()-3, 1)))
}

// standing says where the run that is open stands among the values of the seeds.
func (s *Seeds) standing(n *study.Number, values []float64) (text string, here float64, known bool) {
	if s.here == nil {
		return "this run has not ended yet", 0, false
	}
	here, known = n.Of(s.here)
	if !known {
		return fmt.Sprintf("this run: seed %d, which has none", s.here.Seed), 0, false
	}
	below, same := 0, 0
	for _, v := range values {
		switch {
		case v < here:
			below++
		case v == here:
			same++
		}
	}
	rank := fmt.Sprintf("more than %.0f%% of the seeds", 100*float64(below)/float64(len(values)))
	switch {
	case same == len(values):
		rank = "as all seeds"
	case below == 0 && same > 1:
		rank = fmt.Sprintf("the least, as %.0f%% of the seeds", 100*float64(same)/float64(len(values)))
	case below == 0:
		rank = "the least of all"
	case below+same == len(values):
		rank = fmt.Sprintf("the greatest of all, more than %.0f%%", 100*float64(below)/float64(len(values)))
	}
	return fmt.Sprintf("this run: seed %d, %s, %s", s.here.Seed, n.Text(here), rank), here, true
}

// runs draws the list of seeds from a place on.
func (s *Seeds) runs(c *draw.Canvas, x, y int) {
	part := c.Part(x, y, c.Width()-x, c.Height()-y)
	n := &s.numbers[s.number]
	order := "greatest"
	if s.least {
		order = "least"
	}
	title := fmt.Sprintf("all seeds by %s, the %s first", n.Name, order)
	hint := "tab: those that ended otherwise"
	if !s.all {
		title, hint = fmt.Sprintf("%d seeds that did not end as expected (%s)", len(s.rows), s.survey.Expected), "tab: all seeds"
	}
	if s.unexpected() == 0 {
		hint = ""
	}
	end := part.Fit(0, 0, part.Width(), title, draw.Strong)
	part.Fit(end+2, 0, part.Width()-end-2, hint, draw.Dim)
	table := draw.Table{
		Columns: []draw.Column{{Title: "seed", Right: true}, {Title: "outcome"}, {Title: n.Name, Right: true}, {Title: "events", Right: true}, {Title: "reason"}},
		List:    &s.list,
	}
	body := part.Part(0, 1, part.Width(), part.Height()-1)
	s.height, s.listX, s.listY = max(body.Height()-1, 0), x, y+2
	s.list.Count = len(s.rows)
	// Of many rows only those that are seen are written: the others stand empty.
	from, to := s.list.Show(s.height)
	table.Rows = make([][]string, len(s.rows))
	for i := from; i < to; i++ {
		table.Rows[i] = s.cells(&s.survey.Runs[s.rows[i]], n)
	}
	table.Ink = func(row, column int) draw.Ink {
		if column == 1 && !s.survey.Runs[s.rows[row]].Expected {
			return draw.Bad
		}
		return draw.Plain
	}
	table.Draw(body)
}

// cells are those of a row of the list.
func (s *Seeds) cells(r *study.Run, n *study.Number) []string {
	sign, value := "● ", "-"
	if !r.Expected {
		sign = "✕ "
	}
	if v, ok := n.Of(r); ok {
		value = n.Text(v)
	}
	seed := strconv.FormatUint(r.Seed, 10)
	if s.here != nil && s.here.Seed == r.Seed {
		seed = "this run " + seed
	}
	return []string{seed, sign + r.Outcome, value, strconv.FormatUint(r.Events, 10), r.Reason}
}
