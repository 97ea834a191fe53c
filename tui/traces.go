package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"github.com/orrery-sim/orrery/tui/panes"
	"github.com/orrery-sim/orrery/tui/study"
)

// traceRequest is the trace of one operation, for which the run is run again in the
// background.
type traceRequest struct {
	operation uint64 // 0 is none
	spans     *study.Spans
	err       error
	cancel    context.CancelFunc // while it runs
}

// waits says whether the trace is still to come.
func (r *traceRequest) waits() bool { return r.cancel != nil }

// stop gives up what was asked for.
func (r *traceRequest) stop() {
	if r.cancel != nil {
		r.cancel()
	}
	*r = traceRequest{}
}

// show gives the pane what is known.
func (r *traceRequest) show(pane panes.Pane) {
	w := pane.(*panes.Waterfall)
	if w.Await(r.operation); !r.waits() {
		w.SetSpans(r.operation, r.spans, r.err)
	}
}

// trace asks for the spans of an operation. Those of one that is only selected are asked
// for if they would be seen.
func (p *player) trace(m *Model, operation uint64, look bool) tea.Cmd {
	if look {
		p.reveal(paneWaterfall)
	}
	seen := false
	for _, i := range p.visible() {
		seen = seen || i == paneWaterfall
	}
	if operation == 0 || operation == p.traces.operation || !look && !seen {
		return nil
	}
	p.traces.stop()
	ctx, cancel := context.WithCancel(context.Background())
	p.traces = traceRequest{operation: operation, cancel: cancel}
	script := p.session().Script()
	return func() tea.Msg {
		spans, err := study.Trace(ctx, script.Base(), script.Options(), operation)
		return done(func(m *Model) tea.Cmd {
			if ctx.Err() == nil { // nobody has given it up
				p.traces = traceRequest{operation: operation, spans: spans, err: err}
			}
			cancel()
			return nil
		})
	}
}
