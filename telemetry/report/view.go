package report

import (
	"fmt"
	"html/template"
	"time"

	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/telemetry"
)

// view is what the template shows.
type view struct {
	*scenarios.Report
	Style                    template.CSS
	Sign                     string
	Expected                 bool
	Charts, SpaceTime, Lanes template.HTML
	Traces                   []trace
	Shares                   []share
	More                     int // shares that are not shown
	Count                    int // of operations
	Total                    string
	Phases                   []phaseRow
	Tiers                    []tierRow
	TierPhases               []tierPhase
	Checks                   []checkRow
	Timeline                 []moment
	MoreTimeline             int
	End                      string
}

type checkRow struct {
	scenarios.Result
	Sign string
}

type moment struct {
	At    string
	Event uint64
	Who   string
	Text  string
}

type phaseRow struct {
	scenarios.Phase
	Span, Rate, Half, Most, Worst, Silent string
}

func phase(p scenarios.Phase) phaseRow {
	return phaseRow{
		p, seconds(p.From) + " – " + seconds(p.To), fmt.Sprintf("%.1f", float64(p.OK)/(p.To-p.From).Seconds()),
		brief(p.P50), brief(p.P99), brief(p.Max), brief(p.Unavailable),
	}
}

type tierRow struct {
	scenarios.Tier
	Each, Most, All, Part string
}

// tierPhase is what an operation of a phase spent in each tier.
type tierPhase struct {
	Span   string
	Cells  []string
	Faults []string
}

// tiers are those of the whole run, and then of its phases, if there is more than one.
func tiers(r *scenarios.Report) (rows []tierRow, phases []tierPhase) {
	for _, t := range r.Tiers {
		rows = append(rows, tierRow{t, brief(t.Mean), brief(t.P99), seconds(t.Took), fmt.Sprintf("%.1f%%", float64(100*t.Share))})
	}
	for _, p := range r.Phases {
		if len(rows) == 0 || len(r.Phases) < 2 || p.Asked == 0 || p.To <= p.From {
			continue
		}
		in := tierPhase{Span: phase(p).Span, Faults: p.Faults}
		for _, t := range p.Tiers {
			cell := brief(t.Took / time.Duration(p.Asked))
			if t.Origins > 0 {
				cell = fmt.Sprintf("%d! %s", t.Origins, cell)
			}
			in.Cells = append(in.Cells, cell)
		}
		phases = append(phases, in)
	}
	return rows, phases
}

// share is a line of where the time went.
type share struct {
	What, Where string
	Others      bool
	Steps       int
	Each, All   string
	Percent     string
	Width       int // of the bar, in tenths of a percent
}

func (p *Page) share(s telemetry.Share, total time.Duration) share {
	tenths := 0
	if total > 0 {
		tenths = int(1000 * float64(s.Took) / float64(total))
	}
	return share{
		What: s.What.String(), Where: s.Where, Others: s.Others, Steps: s.Steps, All: brief(s.Took),
		Each: brief(s.Took / time.Duration(max(s.Steps, 1))), Percent: fmt.Sprintf("%d.%d%%", tenths/10, tenths%10), Width: tenths,
	}
}

// trace is one operation with everything that it made the cluster do.
type trace struct {
	Why, Name, Client, Took, At, Error string
	Event                              uint64
	Attributes                         []string
	Rows                               []row
	MoreRows                           int
	Path                               []step
	MoreSteps                          int
	Shares                             []share
	Causes                             []string // the events that led to its end, the latest first
	MoreCauses                         int
}

// row is a span in a waterfall. Left and Width are in tenths of a percent.
type row struct {
	Title, Kind, Took, At, Error string
	Indent, Left, Width          int
	Marks                        []string
	Tip                          string
}

// Pad has as many elements as the title is indented.
func (r row) Pad() []struct{} { return make([]struct{}, r.Indent) }

type step struct {
	At, Took, What, Where string
	Others                bool
	Event                 uint64
}

const (
	mostSpans  = 80
	mostSteps  = 40
	mostCauses = 60
)

// traces tells of the operations that are shown, in the order in which they matter.
func (p *Page) traces() []trace {
	var list []trace
	for _, event := range p.order {
		spans := p.spans[event]
		root := -1
		for i, s := range spans {
			if s.ID == event {
				root = i
			}
		}
		if root < 0 {
			continue // the run was stopped before it ended
		}
		list = append(list, p.trace(spans[root], spans))
	}
	return list
}

func (p *Page) trace(root *telemetry.Span, spans []*telemetry.Span) trace {
	t := trace{
		Why: p.wanted[root.ID], Name: root.Name, Client: root.Node, Event: root.StartEvent,
		Took: brief(root.Took()), At: fmt.Sprintf("%.6fs", root.Start.Seconds()), Error: root.Error,
	}
	for _, a := range root.Attributes {
		t.Attributes = append(t.Attributes, a.Name+" "+a.Value)
	}
	t.waterfall(root, spans)
	t.Causes = p.causes[root.ID]
	if t.MoreCauses = len(t.Causes) - mostCauses; t.MoreCauses > 0 {
		t.Causes = t.Causes[:mostCauses]
	}
	path := p.paths[root.ID]
	for i, s := range path {
		if i == mostSteps {
			t.MoreSteps = len(path) - mostSteps
			break
		}
		t.Path = append(t.Path, step{"+" + (s.From - root.Start).String(), brief(s.Took()), s.What.String(), s.Where, s.Others, s.Event})
	}
	for _, s := range telemetry.Shares(path) {
		t.Shares = append(t.Shares, p.share(s, root.Took()))
	}
	return t
}

// waterfall lays the spans below each other as they nest. Its time is that of the
// operation, and of what went on behind its answer.
func (t *trace) waterfall(root *telemetry.Span, spans []*telemetry.Span) {
	begin, end := root.Start, root.End
	for _, s := range spans {
		begin, end = min(begin, s.Start), max(end, s.End)
	}
	scale := func(at time.Duration) int {
		if end == begin {
			return 0
		}
		return int(1000 * float64(at-begin) / float64(end-begin))
	}
	telemetry.Tree(spans, func(s *telemetry.Span, depth int) {
		if len(t.Rows) == mostSpans {
			t.MoreRows++
			return
		}
		const least, deepest = 3, 12
		r := row{
			Title: s.Title(), Kind: s.Kind.String(), Took: brief(s.Took()), At: brief(s.Start - begin), Error: s.Error,
			Indent: min(depth, deepest), Left: min(scale(s.Start), 1000-least),
			Tip: fmt.Sprintf("events %d to %d, +%v to +%v", s.StartEvent, s.EndEvent, s.Start-begin, s.End-begin),
		}
		r.Width = min(max(scale(s.End)-r.Left, least), 1000-r.Left)
		for _, m := range s.Marks {
			r.Marks = append(r.Marks, fmt.Sprintf("%s at +%s, event %d", m.Name, brief(m.At-begin), m.Event))
		}
		t.Rows = append(t.Rows, r)
	})
}

// brief renders a duration with three digits.
func brief(d time.Duration) string {
	if d == 0 {
		return "0"
	}
	digit := time.Nanosecond // the smallest of the three that are shown
	for digit < 10*time.Millisecond && d >= 1000*digit {
		digit *= 10
	}
	return d.Round(digit).String()
}
