package panes_test

import (
	"strings"
	"testing"

	"github.com/orrery-sim/orrery/tui/panes"
)

func TestLanesScreens(t *testing.T) {
	p := &panes.Lanes{}
	p.Show(sceneAt(recorded(t, "raft/minority-leader", 42), 32779))
	screens(t, p, "lanes/calm")
	p.Show(sceneAt(recorded(t, "raft/minority-leader", 42), 8622))
	screens(t, p, "lanes/isolated")

	p = &panes.Lanes{}
	w := lookAt(t, p, sceneAt(recorded(t, "raft/lease-drift", 42), 1))
	w.press("v")
	screens(t, p, "lanes/violated")
	w.press("k")
	screens(t, p, "lanes/keys")

	p = &panes.Lanes{}
	w = lookAt(t, p, sceneAt(recorded(t, "tiers/every-tier", 42), 39371))
	screens(t, p, "lanes/tiers")
	w.press("k")
	screens(t, p, "lanes/many")
}

// TestLanesSession looks at what broke the promise as a person does.
func TestLanesSession(t *testing.T) {
	p := &panes.Lanes{}
	w := lookAt(t, p, sceneAt(recorded(t, "raft/lease-drift", 42), 1))
	w.press("v")
	w.stands("c5", "span-end")
	w.shows("▸c5", "1 ✕ linearizable: read of k0 by c5 returned 2004", "c5: read k0, called 7.230544s, ok after 2.534342ms: 2004")
	w.press("enter")
	if w.s.Selected.Operation != 13343 {
		t.Errorf("selected %+v", w.s.Selected)
	}
	w.press("t")
	if w.did != (panes.AskTrace{Operation: 13343}) {
		t.Errorf("it asks %#v", w.did)
	}
	w.press("w")
	if w.did != (panes.AskWhy{Event: 13352}) {
		t.Errorf("it asks %#v", w.did)
	}
	w.press("left")
	w.stands("c5", "span", "read k0")
	w.shows("c5: read k0, called 7.230544s, open")
	w.press("left")
	w.stands("c5", "span-end", "2004")
	w.press("right", "right")
	if w.s.View.Event != 13352 {
		t.Errorf("back at event %d", w.s.View.Event)
	}
	w.press("k")
	w.shows("▸k0", "key")
	w.press("k")
	w.shows("▸c5", "client")
	w.press("up")
	w.shows("▸c4")
	w.press("home", "up")
	w.shows("▸c1")
}

// TestLanesUnknown: what nobody knows at the moment is not told.
func TestLanesUnknown(t *testing.T) {
	p := &panes.Lanes{}
	w := lookAt(t, p, sceneAt(recorded(t, "raft/minority-leader", 42), 8974))
	w.shows("c1: read k0, called 6.070843s, open", "▒ isolate n4 ▒", "◆ n1 leader of term 3")
	w.press("right")
	w.stands("c1", "span-end")
	w.press("v")
	if w.said != "no check found anything" {
		t.Errorf("it said %q", w.said)
	}
}

// TestLanesFollow: the lane of an operation that is selected elsewhere is selected too.
func TestLanesFollow(t *testing.T) {
	p := &panes.Lanes{}
	s := sceneAt(recorded(t, "raft/lease-drift", 42), 13352)
	w := lookAt(t, p, s)
	w.shows("▸c1")
	s.Selected.Operation = 13343
	p.Show(s)
	w.shows("▸c5")
	w.press("up")
	p.Show(s)
	w.shows("▸c4")
}

// TestLanesScale: closer and further, and the moment stays.
func TestLanesScale(t *testing.T) {
	p := &panes.Lanes{}
	w := lookAt(t, p, sceneAt(recorded(t, "raft/minority-leader", 42), 32779))
	for range 30 {
		w.press("-")
	}
	w.shows("▼ 19.933189s", "╷0s")
	if w.said != "this is the whole run" {
		t.Errorf("it said %q", w.said)
	}
	for range 30 {
		w.press("+")
	}
	w.shows("▼ 19.933189s")
}

// TestLanesMouse: a click on an operation selects it, one beside them goes to that time.
func TestLanesMouse(t *testing.T) {
	p := &panes.Lanes{}
	w := lookAt(t, p, sceneAt(recorded(t, "raft/lease-drift", 42), 13352))
	c := p.Render(100, 24, true)
	y := lineOf(t, c, " c7 ")
	x := 0
	for c.Get(x, y) != '?' {
		x++
	}
	w.do(p.Click(x-1, y))
	op, ok := w.s.Tape.OperationAt(w.s.Selected.Operation, w.s.Tape.Events())
	if !ok || !strings.HasPrefix(op.String(), "write 6006 (k0) by c7") {
		t.Errorf("selected %v", op)
	}
	w.shows("▸c7")
	at := w.s.At
	w.do(p.Click(x+1, y))
	if w.s.At >= at || w.s.At.Seconds() < 7.1 {
		t.Errorf("went to %v", w.s.At)
	}
	w.do(p.Wheel(1))
	w.shows("▸c8")
}
