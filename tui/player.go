package tui

import (
	"math"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/panes"
	"github.com/orrery-sim/orrery/tui/play"
	"github.com/orrery-sim/orrery/tui/tape"
)

// The panes, by the number that shows them.
const (
	paneStage = iota
	paneEvents
	paneSpaceTime
	paneLanes
	paneCharts
	paneChecks
	paneInspector
	paneWaterfall
	paneCount
)

var paneNames = [paneCount]string{"stage", "events", "space-time", "lanes", "charts", "checks", "inspector", "waterfall"}

// take is a session as it is shown: a player has one, or two of which the second was
// forked off the first.
type take struct {
	*play.Session
	stage panes.Pane
	scene panes.Scene
}

// player shows a run.
type player struct {
	takes  []*take
	active int
	panes  [paneCount]panes.Pane // the stage is that of the first take

	places []int // which panes stand in the places of the layout
	focus  int   // the pane that keys go to
	zoom   bool

	playing bool
	speed   int  // of speeds
	dragged bool // the scrubber is held

	selected panes.Selection
	chain    []uint64 // why: from an event to its first cause
	link     int      // of the chain: the one that is shown
	diff     *tape.Diff
	traces   traceRequest
	survey   *survey

	slots []slot // as drawn last, for the mouse
	bar   slot   // the scrubber
}

// speeds are seconds of the run in one on the wall.
var speeds = []float64{1e-6, 1e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100}

const firstSpeed = 11 // a tenth: messages are seen to move

func newPlayer(s *play.Session) *player {
	p := &player{speed: firstSpeed, panes: newPanes(), focus: paneStage}
	p.places = []int{paneStage, paneInspector, paneLanes, paneEvents}
	p.takes = []*take{{Session: s, stage: p.panes[paneStage]}}
	return p
}

func newPanes() [paneCount]panes.Pane {
	return [paneCount]panes.Pane{
		&panes.Stage{}, &panes.Events{}, &panes.SpaceTime{}, &panes.Lanes{},
		panes.NewCharts(), panes.NewChecks(), &panes.Inspector{}, panes.NewWaterfall(),
	}
}

// close ends what runs.
func (p *player) close() {
	for _, t := range p.takes {
		t.Close()
	}
	p.survey.stop()
	p.traces.stop()
}

// session is the one that is acted on.
func (p *player) session() *play.Session { return p.takes[p.active].Session }

// moves says whether something is going on, so that frames are needed.
func (p *player) moves() bool {
	if p.playing || p.survey.running() || p.traces.waits() || p.diff != nil && !p.diff.Done() {
		return true
	}
	for _, t := range p.takes {
		if _, _, again := t.Tape().Repeating(); again || !t.Follow() || !t.Tape().Progress().Ended {
			return true
		}
	}
	return slices.ContainsFunc(p.panes[:], works)
}

// works says whether a pane has something to do that takes long.
func works(pane panes.Pane) bool {
	w, ok := pane.(panes.Worker)
	return ok && w.Working()
}

// work lets the panes that have something to do do a part of it.
func (p *player) work(m *Model) tea.Cmd {
	const most = 4 // parts in a frame
	for _, pane := range p.panes {
		for i := 0; i < most && works(pane); i++ {
			action := pane.(panes.Worker).Work()
			if _, nothing := action.(panes.Handled); action != nil && !nothing {
				return p.act(m, action)
			}
		}
	}
	return nil
}

// frame lets what goes on go on.
func (p *player) frame(m *Model, passed time.Duration) tea.Cmd {
	if p.playing {
		p.play(m, passed)
	}
	c := p.work(m)
	p.show()
	if p.diff != nil {
		p.diff.Advance(100_000)
	}
	return c
}

// play moves on by what has passed on the wall.
func (p *player) play(m *Model, passed time.Duration) {
	s := p.session()
	if !s.Tape().Has(s.Event()) {
		return // it is run again, and played on then
	}
	at, before := s.At(), s.Event()
	progress := s.Tape().Progress()
	if progress.Ended && at >= progress.At {
		p.playing = false
		m.say("the run has ended; , steps back, home begins again")
		return
	}
	next := at + time.Duration(math.Max(1, float64(passed)*speeds[p.speed]))
	next = min(next, progress.At)
	if mark, ok := s.Tape().NextMark(before, true, tape.MarkViolation); ok && mark.At <= next && mark.At > at {
		p.playing = false
		p.goTo(mark.Event)
		m.say(mark.Text)
		return
	}
	p.goAt(next)
}

// goTo moves to an event of the session that is acted on; the other follows in time.
func (p *player) goTo(event uint64) {
	p.session().Go(event)
	p.together()
}

// goAt moves to a time.
func (p *player) goAt(at time.Duration) {
	p.session().GoAt(at)
	p.together()
}

// together moves the other session to the time of the one that is acted on.
func (p *player) together() {
	for i, t := range p.takes {
		if i != p.active {
			t.GoAt(p.session().At())
		}
	}
}

// show brings the scenes up to date, and shows them to the panes that are seen, have keys to
// answer, or are at work.
func (p *player) show() {
	for i, t := range p.takes {
		t.Follow()
		t.scene = panes.Scene{Tape: t.Tape(), View: t.Tape().At(t.Event()), At: t.At()}
		if i == p.active {
			t.scene.Selected, t.scene.Chain = p.selected, p.chain
		} else { // the numbers of events are those of one run
			t.scene.Selected = panes.Selection{Node: p.selected.Node, Peer: p.selected.Peer}
		}
		t.stage.Show(&t.scene)
	}
	if p.diff == nil || !p.diff.Of(p.takes[0].Tape(), p.takes[len(p.takes)-1].Tape()) {
		p.diff = nil
		if len(p.takes) == 2 {
			p.diff = tape.NewDiff(p.takes[0].Tape(), p.takes[1].Tape())
		}
	}
	for i, pane := range p.panes {
		seen := i == p.focus || slices.ContainsFunc(p.slots, func(s slot) bool { return s.pane == i })
		if i != paneStage && (seen || works(pane)) {
			pane.Show(&p.takes[p.active].scene)
		}
	}
	p.traces.show(p.panes[paneWaterfall])
}

// typing says whether the pane that has the focus takes text.
func (p *player) typing() bool {
	if p.survey.open() {
		return p.survey.typing()
	}
	t, ok := p.pane(p.focus).(panes.Typist)
	return ok && t.Typing()
}

// pane is the pane of a number; of stages, that of the session acted on.
func (p *player) pane(i int) panes.Pane {
	if i == paneStage {
		return p.takes[p.active].stage
	}
	return p.panes[i]
}

// press answers a key: what takes text first, then the player's own keys, which no pane
// may take away, then the pane that has the focus, then the rest.
func (p *player) press(m *Model, key, text string) tea.Cmd {
	defer p.show()
	if p.survey.open() {
		return p.survey.press(m, key, text)
	}
	if t, ok := p.pane(p.focus).(panes.Typist); ok && t.Typing() {
		return p.act(m, t.Type(key, text))
	}
	commands := playerCommands()
	if c := find(commands, key); c != nil && c.first {
		return c.run(m)
	}
	if action := p.pane(p.focus).Press(key); action != nil {
		return p.act(m, action)
	}
	return runCommand(m, commands, key)
}

// act carries out what a pane asks for.
func (p *player) act(m *Model, action panes.Action) tea.Cmd {
	switch a := action.(type) {
	case panes.GoTo:
		p.goTo(a.Event)
		p.whyAt(a.Event)
	case panes.Pick:
		p.selected = a.Selection
		if a.Selection.Operation != 0 {
			return p.trace(m, a.Selection.Operation, false)
		}
	case panes.AskWhy:
		if p.chain != nil {
			return p.whyHere(m) // somebody asks already: one cause further back
		}
		return p.why(m, a.Event)
	case panes.AskTrace:
		return p.trace(m, a.Operation, true)
	case panes.Act:
		return p.do(m, a.What)
	case panes.Say:
		return m.say(a.Text)
	}
	return nil
}

// do does something by hand, now.
func (p *player) do(m *Model, what string) tea.Cmd {
	if err := p.session().Do(what); err != nil {
		return m.try(err)
	}
	p.changed()
	m.hints.Done("act")
	return m.say("at " + draw.Clock(p.session().At()) + ": " + what + "   (u takes it back)")
}

// changed looks anew at what depends on the run as a whole.
func (p *player) changed() {
	p.chain = nil
	p.together()
	p.traces.stop()
	p.show()
}

// draw draws the player.
func (p *player) draw(m *Model, c *draw.Canvas) {
	p.show()
	if p.survey.open() {
		c.Paste(0, 0, p.survey.render(&p.takes[p.active].scene, c.Width(), c.Height()))
		return
	}
	w, h := c.Width(), c.Height()
	p.status(c.Part(0, 0, w, 1))
	lines := p.lines(m, w, h)
	below := lines + barHeight + 1
	p.drawPanes(c.Part(0, 1, w, h-1-below))
	p.line(m, c.Part(0, h-below, w, lines))
	p.bar = slot{y: h - barHeight - 1, width: w, height: barHeight}
	p.scrubber(c.Part(0, p.bar.y, w, barHeight))
	m.footer(c, playerCommands())
}
