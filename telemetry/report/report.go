// Package report tells the story of a run as one HTML page that needs nothing but itself:
// no network, no libraries, no script to be read. It has light and dark colours, works with
// a keyboard, and prints.
package report

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/telemetry"
	"github.com/orrery-sim/orrery/telemetry/spacetime"
)

// Page gathers what a page tells while a run is repeated. Of the spans it keeps those of
// the operations that it shows, of the others only what they waited for.
type Page struct {
	first    *scenarios.Report
	recorder *spacetime.Recorder
	tracer   *telemetry.Tracer
	wanted   map[uint64]string // why an operation is shown, by its event
	order    []uint64          // of them
	spans    map[uint64][]*telemetry.Span
	paths    map[uint64][]telemetry.Step
	shares   []telemetry.Share       // of all operations
	index    map[telemetry.Share]int // of shares, by what and where they are of
	ranges   [][2]uint64             // events whose texts are wanted: of the operations that are shown
	texts    map[uint64]string       // of these events
	causes   map[uint64][]string
	clients  map[string]bool
	count    int
	total    time.Duration
}

// slowest is how many operations are shown because they are slow, or because they were
// under way when something else went wrong.
const slowest = 3

// Watch begins a page of a run that has not begun, from [scenarios.Options.Observe],
// and of which an earlier pass has given the report.
func Watch(run *scenarios.Run, first *scenarios.Report) *Page {
	p := &Page{
		first: first, wanted: map[uint64]string{}, spans: map[uint64][]*telemetry.Span{},
		paths: map[uint64][]telemetry.Step{}, index: map[telemetry.Share]int{}, clients: map[string]bool{},
		texts: map[uint64]string{}, causes: map[uint64][]string{},
	}
	p.choose()
	run.World.Observe(sim.ObserverFunc(p.text)) // before the tracer, which asks for what led to an end
	p.recorder = spacetime.Watch(run, spacetime.Around(first))
	p.tracer = telemetry.Watch(run, p.span)
	return p
}

// choose takes what a violation names, or what was under way at it, and the slowest
// operations.
func (p *Page) choose() {
	want := func(op *checker.Operation, why string) {
		if op.CallEvent == 0 || p.wanted[op.CallEvent] != "" {
			return
		}
		p.wanted[op.CallEvent] = why
		p.order = append(p.order, op.CallEvent)
		const most = 20_000 // events in which so much happened that nobody reads on
		if op.ReturnEvent > op.CallEvent && op.ReturnEvent-op.CallEvent < most {
			p.ranges = append(p.ranges, [2]uint64{op.CallEvent, op.ReturnEvent})
		}
	}
	if v := p.violation(); v != nil {
		want(&v.Op.Operation, "the offending operation")
		const most = 3
		for i, x := range v.Contradicts {
			if i < most {
				want(&x.Operation, "what it contradicts")
			}
		}
	}
	ops := slices.Clone(p.first.History().Ops)
	if p.violation() == nil && p.first.Event != 0 {
		for i := len(ops) - 1; i >= 0 && len(p.order) < slowest; i-- {
			if op := &ops[i]; op.CallEvent <= p.first.Event && (op.Return == checker.Never || p.first.Event <= op.ReturnEvent) {
				want(op, "under way when it happened")
			}
		}
	}
	ops = slices.DeleteFunc(ops, func(op checker.Operation) bool { return op.Return == checker.Never })
	slices.SortStableFunc(ops, func(a, b checker.Operation) int { return cmp.Compare(b.Return-b.Call, a.Return-a.Call) })
	for _, op := range ops[:min(slowest, len(ops))] {
		want(&op, "one of the slowest")
	}
}

// text keeps what the events were during the operations that are shown.
func (p *Page) text(e *sim.Event) {
	for _, r := range p.ranges {
		if r[0] <= e.Number && e.Number <= r[1] {
			p.texts[e.Number] = e.String()
			return
		}
	}
}

// violation is the first that a check of the history found.
func (p *Page) violation() *checker.Violation {
	for _, c := range p.first.Checks {
		if c.Verdict == checker.Violated && c.History != nil && c.History.Violation != nil {
			return c.History.Violation
		}
	}
	return nil
}

// span takes in a span that has ended.
func (p *Page) span(s *telemetry.Span) {
	if p.wanted[s.Trace] != "" {
		p.spans[s.Trace] = append(p.spans[s.Trace], s)
	}
	if s.Kind != telemetry.Operation {
		return
	}
	p.clients[s.Node] = true
	path, _ := p.tracer.Past().Path(s)
	if p.wanted[s.ID] != "" {
		p.paths[s.ID] = slices.Clone(path)
		chain, _ := p.tracer.Past().Reasons(s)
		for _, f := range chain {
			if text := p.texts[f.Number]; text != "" {
				p.causes[s.ID] = append(p.causes[s.ID], text)
			}
		}
	}
	p.count++
	p.total += s.Took()
	for _, step := range path {
		of := telemetry.Share{What: step.What, Where: p.place(step.Where), Others: step.Others}
		i, ok := p.index[of]
		if !ok {
			i = len(p.shares)
			p.index[of] = i
			p.shares = append(p.shares, of)
		}
		p.shares[i].Took += step.Took()
		p.shares[i].Steps++
	}
}

// place is where a step was, all clients being alike.
func (p *Page) place(where string) string {
	parts := strings.Split(where, " -> ")
	for i, part := range parts {
		if p.clients[part] {
			parts[i] = "client"
		}
	}
	return strings.Join(parts, " -> ")
}

//go:embed page.html
var pageText string

//go:embed page.css
var pageStyle string

var page = template.Must(template.New("page").Parse(pageText))

// Write writes the page of the run, which is over.
func (p *Page) Write(out io.Writer, r *scenarios.Report) error {
	p.tracer.Finish()
	rec := p.recorder.Recording()
	d := spacetime.Of(r)
	d.Title = "Who sent what to whom, " + seconds(rec.Window.From) + " to " + seconds(rec.Window.To)
	c := view{
		Report: r, Style: template.CSS(pageStyle), Sign: sign(r.Status), Expected: r.AsExpected(),
		Charts: template.HTML(charts(r, p.tracer.Faults())), SpaceTime: template.HTML(rec.SVG(d)), Lanes: template.HTML(p.lanes()),
		Traces: p.traces(), Count: p.count, Total: seconds(p.total),
	}
	slices.SortStableFunc(p.shares, func(a, b telemetry.Share) int { return cmp.Compare(b.Took, a.Took) })
	for _, share := range p.shares {
		c.Shares = append(c.Shares, p.share(share, p.total))
	}
	if c.More = len(c.Shares) - mostRows; c.More > 0 {
		c.Shares = c.Shares[:mostRows]
	}
	for _, ph := range r.Phases {
		if ph.To > ph.From {
			c.Phases = append(c.Phases, phase(ph))
		}
	}
	c.Tiers, c.TierPhases = tiers(r)
	for _, check := range r.Checks {
		c.Checks = append(c.Checks, checkRow{check, sign(check.Verdict.String())})
	}
	for _, m := range r.Timeline {
		c.Timeline = append(c.Timeline, moment{seconds(m.At), m.Event, m.Who, m.Text})
	}
	if c.MoreTimeline = len(c.Timeline) - mostMoments; c.MoreTimeline > 0 {
		c.Timeline = c.Timeline[:mostMoments]
	}
	c.End = seconds(r.At)
	return page.Execute(out, &c)
}

const (
	mostRows    = 15  // of a table of shares
	mostMoments = 200 // of the timeline
)

// lanes draws what the clients saw round a violation.
func (p *Page) lanes() string {
	v := p.violation()
	if v == nil || p.first.History().Untimed {
		return ""
	}
	from, to := v.Op.Call, v.Op.Return
	for _, x := range v.Contradicts {
		from = min(from, x.Call)
	}
	margin := max((to-from)/10, int64(time.Millisecond))
	w := spacetime.Window{From: max(time.Duration(from-margin), 0), To: time.Duration(to + margin)}
	d := spacetime.Of(p.first)
	d.Title = "What the clients asked"
	if v.Key != "" {
		d.Title += " of " + v.Key
	}
	d.Name = "cl"
	return spacetime.FromHistory(p.first.History(), v.Key, w).SVG(d)
}

// sign tells outcomes apart without colour.
func sign(status string) string {
	switch status {
	case "ok":
		return "✓"
	case "unknown":
		return "?"
	}
	return "✗"
}

// seconds renders a virtual time so that columns of it align.
func seconds(d time.Duration) string { return fmt.Sprintf("%.3fs", d.Seconds()) }
