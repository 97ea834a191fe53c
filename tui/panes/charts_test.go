package panes_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/internal/golden"
	_ "github.com/orrery-sim/orrery/internal/steady"
	"github.com/orrery-sim/orrery/nodes"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/tui/panes"
	"github.com/orrery-sim/orrery/tui/tape"
)

// taped are the runs that the tests of this package look at: each is run once.
var taped = struct {
	sync.Mutex
	tapes map[string]*tape.Tape
}{tapes: map[string]*tape.Tape{}}

// recorded returns the tape of a scenario and a seed, at its end.
func recorded(t testing.TB, name string, seed uint64) *tape.Tape {
	t.Helper()
	taped.Lock()
	defer taped.Unlock()
	id := fmt.Sprint(name, seed)
	if tp := taped.tapes[id]; tp != nil {
		return tp
	}
	s, err := nodes.All.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	tp, err := tape.Record(s, scenarios.Options{Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	tp.Wait()
	taped.tapes[id] = tp
	return tp
}

// sceneAt is the moment just after an event.
func sceneAt(tp *tape.Tape, event uint64) *panes.Scene {
	v := tp.At(event)
	return &panes.Scene{Tape: tp, View: v, At: v.At}
}

// screens compares a pane with what it showed before, at three sizes.
func screens(t *testing.T, p panes.Pane, name string) {
	t.Helper()
	for _, size := range [][2]int{{80, 24}, {160, 48}, {38, 12}} {
		got := p.Render(size[0], size[1], true).String()
		golden.Check(t, got, fmt.Sprintf("testdata/%s-%dx%d.txt", name, size[0], size[1]))
	}
}

func TestChartsScreens(t *testing.T) {
	c := panes.NewCharts()
	s := sceneAt(recorded(t, "raft/minority-leader", 42), 12000)
	s.Selected.Node = "n1"
	c.Show(s)
	screens(t, c, "charts-raft")
	c.Show(sceneAt(recorded(t, "tiers/every-tier", 42), 25000))
	screens(t, c, "charts-tiers")
	c.Show(sceneAt(recorded(t, "replica/failover", 42), 30000))
	c.Press("4")
	screens(t, c, "charts-replica")
}

// press presses keys one after the other and returns what the last one asks for.
func press(t *testing.T, p panes.Pane, keys ...string) (last panes.Action) {
	t.Helper()
	for _, k := range keys {
		if last = p.Press(k); last == nil {
			t.Fatalf("%s does not answer %q", p.Title(), k)
		}
	}
	return last
}

// follow goes where an action says.
func follow(t *testing.T, p panes.Pane, s *panes.Scene, a panes.Action) *panes.Scene {
	t.Helper()
	g, ok := a.(panes.GoTo)
	if !ok {
		t.Fatalf("%#v, expected to go somewhere", a)
	}
	next := sceneAt(s.Tape, g.Event)
	next.Selected = s.Selected
	p.Show(next)
	return next
}

// saw fails unless the pane shows a text.
func saw(t *testing.T, p panes.Pane, texts ...string) {
	t.Helper()
	screen := p.Render(100, 30, true).String()
	for _, text := range texts {
		if !strings.Contains(screen, text) {
			t.Errorf("%s does not show %q:\n%s", p.Title(), text, screen)
		}
	}
}

// unseen fails if the pane shows a text.
func unseen(t *testing.T, p panes.Pane, text string) {
	t.Helper()
	if screen := p.Render(100, 30, true).String(); strings.Contains(screen, text) {
		t.Errorf("%s shows %q:\n%s", p.Title(), text, screen)
	}
}

// TestChartsByHand looks for the time in which nothing was answered, and back.
func TestChartsByHand(t *testing.T) {
	tp := recorded(t, "raft/minority-leader", 42)
	c := panes.NewCharts()
	s := sceneAt(tp, tp.ByTime(4500*time.Millisecond))
	c.Show(s)
	saw(t, c, "throughput: ok per second", "isolate n4", "n1 leader of term 3", "errors: failed 0%")
	for range 3 { // a bucket of half a second each
		s = follow(t, c, s, press(t, c, "right"))
	}
	if s.At < 5500*time.Millisecond || s.At > 6100*time.Millisecond {
		t.Errorf("three buckets after 4.5s it is %v", s.At)
	}
	saw(t, c, "throughput: ok per second 0", "latency: p50 -")
	s = follow(t, c, s, press(t, c, "left"))
	if s.At > 5600*time.Millisecond {
		t.Errorf("a bucket before it is %v", s.At)
	}

	press(t, c, "2")
	unseen(t, c, "throughput")
	saw(t, c, "latency: p50", "100ms")
	press(t, c, "l")
	saw(t, c, "250ms┤", "300ms┤") // the steps are even now
	press(t, c, "2")
	saw(t, c, "throughput", "errors")
	press(t, c, "down", "down", "down")
	saw(t, c, "errors")
	unseen(t, c, "latency")
	press(t, c, "up", "up", "up")

	if say, ok := c.Press("5").(panes.Say); !ok || !strings.Contains(say.Text, "select a node") {
		t.Errorf("queues of no node: %#v", say)
	}
	s.Selected.Node = "n2"
	c.Show(s)
	press(t, c, "5")
	saw(t, c, "queues: n2 inbox", "nothing ever waits at n2")
}

// TestChartsZoom: what is seen is about the moment, and a click goes to the time that stands
// below it.
func TestChartsZoom(t *testing.T) {
	tp := recorded(t, "raft/minority-leader", 42)
	c := panes.NewCharts()
	s := sceneAt(tp, tp.ByTime(15*time.Second))
	c.Show(s)
	press(t, c, "+", "+")
	saw(t, c, "1/4 of the run", "12s", "18s")
	unseen(t, c, "30s")
	const width = 100
	for x := 8; x < width; x += 7 {
		next := follow(t, c, s, c.Click(x, 10))
		c.Render(width, 30, true)
		if got := cursorAt(c, width); got < x-1 || got > x+1 {
			t.Errorf("clicked on column %d, and the moment is at %d (%v)", x, got, next.At)
		}
	}
	c.Wheel(1)
	c.Show(s)
	saw(t, c, "1/2 of the run")
	press(t, c, "0")
	saw(t, c, "30s")
	unseen(t, c, "of the run")
	if a := c.Click(2, 10); a != (panes.Handled{}) {
		t.Errorf("a click beside the charts: %#v", a)
	}
	if a := c.Press("x"); a != nil {
		t.Errorf("x is no key of the charts: %#v", a)
	}
}

// cursorAt is the column that has most of the bars that mark the moment.
func cursorAt(p panes.Pane, width int) int {
	canvas := p.Render(width, 30, true)
	best, most := -1, 0
	for x := 8; x < width; x++ {
		bars := 0
		for y := range 29 {
			if canvas.Get(x, y) == '│' {
				bars++
			}
		}
		if bars > most {
			best, most = x, bars
		}
	}
	return best
}

// TestChartsCount: of the operations of the run, none is lost or counted twice.
func TestChartsCount(t *testing.T) {
	tp := recorded(t, "tiers/every-tier", 42)
	c := panes.NewCharts()
	c.Show(sceneAt(tp, 1))
	ok := 0
	for _, op := range tp.AllOperations() {
		if op.Outcome == checker.OutcomeOK {
			ok++
		}
	}
	c.Render(100, 30, true)
	sum, step := 0.0, 0.5
	for at := 0.25; at < 30; at += step {
		s := sceneAt(tp, 1)
		s.At = time.Duration(at * float64(time.Second))
		c.Show(s)
		var perSecond float64
		line := c.Render(100, 30, true).String()
		fmt.Sscanf(line[strings.Index(line, "per second ")+len("per second "):], "%f", &perSecond)
		sum += perSecond * step
	}
	if int(sum+0.5) != ok {
		t.Errorf("the buckets have %.1f operations, and %d were ok", sum, ok)
	}
}

// TestChartsOpen: an operation that nothing came back to counts when it was called.
func TestChartsOpen(t *testing.T) {
	tp := recorded(t, "replica/split-brain", 42) // which ends while operations are under way
	c := panes.NewCharts()
	c.Show(sceneAt(tp, 1))
	press(t, c, "3")
	saw(t, c, "unknown 0%")
	c.Show(sceneAt(tp, tp.Events()))
	unseen(t, c, "unknown 0%")
}

// TestChartsSteps: however close one looks, a step goes on.
func TestChartsSteps(t *testing.T) {
	tp := recorded(t, "raft/minority-leader", 42)
	c := panes.NewCharts()
	s := sceneAt(tp, tp.ByTime(5100*time.Millisecond)) // little happens
	c.Show(s)
	press(t, c, "+", "+", "+", "+", "+", "+", "+", "+")
	for _, k := range []string{"left", "right"} {
		for range 100 {
			c.Render(100, 30, true)
			before := s.View.Event
			s = follow(t, c, s, press(t, c, k))
			if now := s.View.Event; (now < before) != (k == "left") || now == before {
				t.Fatalf("%s from event %d goes to %d", k, before, now)
			}
		}
	}
	s = sceneAt(tp, 9000)
	s.At += 5 * time.Millisecond // time has passed since
	c.Show(s)
	press(t, c, "+", "+", "+", "+", "+", "+", "+", "+")
	if next := follow(t, c, s, press(t, c, "left")); next.View.Event >= 9000 {
		t.Errorf("from between two events, left goes to event %d", next.View.Event)
	}
	s = sceneAt(tp, 0)
	c.Show(s)
	if a := press(t, c, "left"); a != (panes.GoTo{Event: 0}) {
		t.Errorf("before the beginning: %#v", a)
	}
	c.Show(sceneAt(tp, tp.Events()))
	if a := press(t, c, "right"); a != (panes.GoTo{Event: tp.Events()}) {
		t.Errorf("behind the end: %#v", a)
	}
}

// TestChartsWhileItGrows: a run that has just begun has charts too.
func TestChartsWhileItGrows(t *testing.T) {
	s, err := nodes.All.Load("raft/minority-leader")
	if err != nil {
		t.Fatal(err)
	}
	tp, err := tape.Record(s, scenarios.Options{Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	c := panes.NewCharts()
	for p := tp.Progress(); !p.Ended; p = tp.Progress() {
		s := sceneAt(tp, tp.Events())
		s.At = p.End - time.Second
		c.Show(s)
		if screen := c.Render(80, 24, false).String(); p.At < 25*time.Second && p.Events > 0 && !strings.Contains(screen, "per second -") {
			t.Fatalf("it is %v, and this is known of %v:\n%s", tp.Progress().At, s.At, screen)
		}
	}
	c.Show(sceneAt(tp, tp.Events()))
	saw(t, c, "30s")
}

// anywhere draws a pane at any size, moment and selection, and presses its keys.
func anywhere(t *testing.T, p panes.Pane, tapes ...*tape.Tape) {
	keys := []string{"up", "down", "left", "right", "enter", "pgup", "pgdown", "home", "end", "esc", "x"}
	for _, k := range p.Keys() {
		keys = append(keys, k.Keys()...)
	}
	rapid.Check(t, func(t *rapid.T) {
		tp := rapid.SampledFrom(tapes).Draw(t, "tape")
		for range rapid.IntRange(1, 6).Draw(t, "steps") {
			s := sceneAt(tp, rapid.Uint64Range(0, tp.Events()+2).Draw(t, "event"))
			s.Selected.Node = rapid.SampledFrom([]string{"", "n1", "c1", "nobody"}).Draw(t, "node")
			if ops := tp.AllOperations(); len(ops) > 0 {
				s.Selected.Operation = rapid.SampledFrom([]uint64{0, ops[0].CallEvent, ops[len(ops)/2].CallEvent, 1}).Draw(t, "operation")
			}
			p.Show(s)
			w, h := rapid.IntRange(0, 200).Draw(t, "width"), rapid.IntRange(0, 60).Draw(t, "height")
			c := p.Render(w, h, rapid.Bool().Draw(t, "focus"))
			if c.Width() != w || c.Height() != h {
				t.Fatalf("%dx%d, expected %dx%d", c.Width(), c.Height(), w, h)
			}
			switch a := rapid.IntRange(0, 3).Draw(t, "act"); a {
			case 0:
				p.Click(rapid.IntRange(-1, 200).Draw(t, "x"), rapid.IntRange(-1, 60).Draw(t, "y"))
			case 1:
				p.Wheel(rapid.IntRange(-5, 5).Draw(t, "lines"))
			default:
				p.Press(rapid.SampledFrom(keys).Draw(t, "key"))
			}
		}
	})
}

func TestChartsAnywhere(t *testing.T) {
	anywhere(t, panes.NewCharts(), recorded(t, "raft/minority-leader", 42), recorded(t, "replica/split-brain", 42), emptyTape(t))
	panes.NewCharts().Render(80, 24, false)
}

// TestNoRun: panes show something before there is a run.
func TestNoRun(t *testing.T) {
	for _, p := range []panes.Pane{panes.NewCharts(), panes.NewChecks(), panes.NewWaterfall(), panes.NewSeeds()} {
		p.Show(&panes.Scene{})
		p.Render(80, 24, true)
		for _, k := range p.Keys() {
			p.Press(k.Keys()[0])
		}
		p.Click(10, 3)
		p.Wheel(1)
		p.Render(80, 24, true)
	}
}

// emptyTape is that of a run that was stopped before anything happened.
func emptyTape(t testing.TB) *tape.Tape {
	s, err := nodes.All.Load("echo/calm")
	if err != nil {
		t.Fatal(err)
	}
	tp, err := tape.Record(s, scenarios.Options{Until: 1})
	if err != nil {
		t.Fatal(err)
	}
	tp.Stop()
	tp.Wait()
	return tp
}

// BenchmarkCharts draws a frame of a run whose charts are known.
func BenchmarkCharts(b *testing.B) {
	tp := recorded(b, "tiers/every-tier", 42)
	c := panes.NewCharts()
	c.Show(sceneAt(tp, 25000))
	for i := 0; b.Loop(); i++ {
		c.Show(sceneAt(tp, 25000+uint64(i%1000)))
		c.Render(160, 48, true)
	}
}
