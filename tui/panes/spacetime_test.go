package panes_test

import (
	"strings"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/nodes"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/tui/panes"
	"github.com/orrery-sim/orrery/tui/tape"
)

func TestSpaceTimeScreens(t *testing.T) {
	tp := recorded(t, "raft/minority-leader", 42)
	p := &panes.SpaceTime{}
	p.Show(sceneAt(tp, 8974))
	screens(t, p, "spacetime/leader")
	p.Show(sceneAt(tp, 8622))
	screens(t, p, "spacetime/isolated")

	p.Show(sceneAt(recorded(t, "tiers/every-tier", 42), 5798))
	screens(t, p, "spacetime/tiers")

	broken := sceneAt(recorded(t, "raft/lease-drift", 42), 13352)
	broken.Chain = chain(broken.Tape, 13352)
	p.Show(broken)
	screens(t, p, "spacetime/why")
}

// TestSpaceTimeByTime: lines that are equal stretches of time, near, far, and so far that
// messages cannot be told apart.
func TestSpaceTimeByTime(t *testing.T) {
	p := &panes.SpaceTime{}
	w := lookAt(t, p, sceneAt(recorded(t, "raft/minority-leader", 42), 8622))
	w.press("m")
	screens(t, p, "spacetime/bytime")
	w.press("-", "-", "-", "-", "-", "-", "-", "-", "-")
	w.shows("1s a line", "too many messages to draw", "events")
	screens(t, p, "spacetime/far")
	w.press("down")
	if at := w.s.At.Seconds(); at < 5.9 || at > 6 {
		t.Errorf("a line down is at %v", w.s.At)
	}
	w.press("up", "up")
	if at := w.s.At.Seconds(); at < 3.9 || at > 4 {
		t.Errorf("two lines up is at %v", w.s.At)
	}
	w.press("+", "+", "+", "+", "+", "+", "+", "+", "+", "+", "+", "+", "+", "+", "+", "+", "+", "+")
	w.shows("10µs a line")
	before := w.s.View.Event
	w.press("down")
	if w.s.View.Event <= before {
		t.Errorf("down from event %d came to %d", before, w.s.View.Event)
	}
}

// TestSpaceTimeSession follows a message as a person does.
func TestSpaceTimeSession(t *testing.T) {
	p := &panes.SpaceTime{}
	w := lookAt(t, p, sceneAt(recorded(t, "raft/minority-leader", 42), 8974))
	w.shows("◆ n1 leader of term 3")
	w.press("up")
	w.stands("n1", "deliver", "MsgVoteResp")
	w.press("g")
	w.stands("n3", "send", "MsgVoteResp")
	w.press("enter")
	if w.s.Selected.Message != 8971 {
		t.Errorf("selected %+v", w.s.Selected)
	}
	w.press("g")
	w.stands("n1", "deliver", "MsgVoteResp")
	w.press("w")
	if w.did != (panes.AskWhy{Event: 8972}) {
		t.Errorf("it asks %#v", w.did)
	}
	w.press("down", "down", "down")
	w.stands("n5", "deliver", "MsgApp")
	w.press("+", "+")
	w.stands("n5", "deliver", "MsgApp")
	w.press("pgup")
	if w.s.View.Event >= 8974 {
		t.Errorf("a page up is event %d", w.s.View.Event)
	}
}

// TestSpaceTimeEnds: what comes before the first line and after the last is said.
func TestSpaceTimeEnds(t *testing.T) {
	p := &panes.SpaceTime{}
	tp := recorded(t, "raft/minority-leader", 42)
	w := lookAt(t, p, sceneAt(tp, 0))
	w.press("up")
	if w.said != "this is the first line" {
		t.Errorf("it said %q", w.said)
	}
	before := w.s.View.Event
	w.press("down")
	if w.s.View.Event <= before {
		t.Errorf("down from event %d came to %d", before, w.s.View.Event)
	}
	w = lookAt(t, p, sceneAt(tp, tp.Events()))
	w.press("down")
	if w.said != "this is the last line there is" {
		t.Errorf("it said %q", w.said)
	}
}

// TestSpaceTimeMouse: a click goes to what the node did in that line; on its name, it
// selects it.
func TestSpaceTimeMouse(t *testing.T) {
	p := &panes.SpaceTime{}
	w := lookAt(t, p, sceneAt(recorded(t, "raft/minority-leader", 42), 8974))
	c := p.Render(80, 24, true)
	y := lineOf(t, c, "n5 ← n1 MsgVote")
	x := 0
	for c.Get(x, y) != '●' {
		x++
	}
	w.do(p.Click(x, y))
	w.stands("n5", "deliver", "MsgVote")
	w.do(p.Click(x, 0))
	if w.s.Selected.Node != "n5" {
		t.Errorf("selected %+v", w.s.Selected)
	}
	w.do(p.Wheel(1))
	if w.s.View.Event <= 8935 {
		t.Errorf("the wheel went to %d", w.s.View.Event)
	}
}

// TestSpaceTimeNodes: where there is no room for all nodes, those at the moment are seen,
// and the others can be scrolled to.
func TestSpaceTimeNodes(t *testing.T) {
	p := &panes.SpaceTime{}
	w := lookAt(t, p, sceneAt(recorded(t, "tiers/every-tier", 42), 5798))
	names := func() string {
		first, _, _ := strings.Cut(p.Render(80, 24, true).String(), "\n")
		return first
	}
	if got := names(); !strings.Contains(got, "app2") || !strings.Contains(got, "9 more →") {
		t.Errorf("the crash of app2 is shown with %s", got)
	}
	w.press("right")
	if got := names(); !strings.Contains(got, " lb ") || !strings.Contains(got, "mon3") || strings.Contains(got, "app2") {
		t.Errorf("scrolled to %s", got)
	}
	w.press("right")
	if got := names(); !strings.Contains(got, "← 1 more") || strings.Contains(got, " lb ") {
		t.Errorf("scrolled to %s", got)
	}
	for range 30 {
		w.press("right")
	}
	if got := names(); !strings.Contains(got, "c6") || strings.Contains(got, "→") {
		t.Errorf("scrolled to %s", got)
	}
	for range 30 {
		w.press("left")
	}
	if got := names(); !strings.Contains(got, "app2") {
		t.Errorf("scrolled back to %s", got)
	}
}

// TestSpaceTimeHeld: a message that is under way all the while is seen though nothing
// happens to it, and where it is held back, that is too.
func TestSpaceTimeHeld(t *testing.T) {
	s, err := nodes.All.Load("raft/minority-leader")
	if err != nil {
		t.Fatal(err)
	}
	tp, err := tape.Record(s, scenarios.Options{Seed: 42, Until: 3100 * time.Millisecond, Faults: faults.Schedule{
		faults.MustParse("at 3s for 20ms: pause n1"), faults.MustParse("at 3s for 10ms: hold n4 -> n2"), faults.MustParse("at 3010ms for 15ms: crash n3"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	tp.Wait()
	p := &panes.SpaceTime{}
	w := lookAt(t, p, sceneAt(tp, tp.ByTime(3007*time.Millisecond)))
	w.shows("n1 pause", "║", "┆", "n3 ✕ crashes", "end of hold n4 -> n2")
	screens(t, p, "spacetime/held")

	later := sceneAt(tp, tp.ByTime(3009*time.Millisecond))
	later.At = 3009 * time.Millisecond
	w = lookAt(t, p, later)
	w.press("m")
	for range 20 {
		w.press("+")
	}
	seen := strings.ContainsFunc(p.Render(80, 24, true).String(), func(r rune) bool { return r > 0x2800 && r < 0x2900 })
	if len(w.s.View.Flying) == 0 || !seen {
		t.Errorf("%d messages are under way:\n%s", len(w.s.View.Flying), p.Render(80, 24, true))
	}
}
