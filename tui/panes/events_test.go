package panes_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	_ "github.com/orrery-sim/orrery/internal/steady"
	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/tui/panes"
	"github.com/orrery-sim/orrery/tui/tape"
)

// who is a person at a pane: what it asks for is done, as the player does.
type who struct {
	t    testing.TB
	pane panes.Pane
	s    *panes.Scene
	said string
	did  panes.Action // last
}

func lookAt(t testing.TB, p panes.Pane, s *panes.Scene) *who {
	p.Show(s)
	p.Render(80, 24, true)
	return &who{t: t, pane: p, s: s}
}

// press presses keys, by their names, or types what is in quotes.
func (w *who) press(keys ...string) {
	w.t.Helper()
	for _, k := range keys {
		if text, typed := strings.CutPrefix(k, "'"); typed {
			for _, r := range text {
				w.pane.(panes.Typist).Type(string(r), string(r))
			}
			continue
		}
		if p, ok := w.pane.(panes.Typist); ok && p.Typing() {
			w.do(p.Type(k, ""))
		} else {
			w.do(w.pane.Press(k))
		}
	}
}

// do does what a pane asks for, and lets it work until it is done.
func (w *who) do(a panes.Action) {
	w.t.Helper()
	for range 10_000 {
		if w.did = a; a == nil {
			return
		}
		switch a := a.(type) {
		case panes.GoTo:
			view := w.s.Tape.At(a.Event)
			w.s.View, w.s.At = view, view.At
			w.pane.Show(w.s)
		case panes.Pick:
			w.s.Selected = a.Selection
			w.pane.Show(w.s)
		case panes.Say:
			w.said = a.Text
		}
		p, ok := w.pane.(panes.Worker)
		if !ok || !p.Working() {
			return
		}
		if next := p.Work(); next != nil {
			a = next
		}
	}
	w.t.Fatal("it never ends")
}

// stands expects the moment to be an event whose line has all the texts.
func (w *who) stands(texts ...string) {
	w.t.Helper()
	line := w.s.View.Last.String()
	for _, text := range texts {
		if !strings.Contains(line, text) {
			w.t.Errorf("the moment is %s, expected %q in it", line, text)
		}
	}
}

// shows expects texts on the screen.
func (w *who) shows(texts ...string) {
	w.t.Helper()
	screen := w.pane.Render(100, 24, true).String()
	for _, text := range texts {
		if !strings.Contains(screen, text) {
			w.t.Errorf("expected %q on the screen:\n%s", text, screen)
		}
	}
}

func TestEventsScreens(t *testing.T) {
	tp := recorded(t, "raft/minority-leader", 42)
	p := &panes.Events{}
	p.Show(sceneAt(tp, 8974))
	screens(t, p, "events/leader")
	p.Show(sceneAt(tp, 8622))
	screens(t, p, "events/isolated")

	w := lookAt(t, p, sceneAt(tp, 8622))
	w.press("f", "'kind:act,note not end", "enter", "t")
	screens(t, p, "events/filtered")

	w.press("x", "t")
	broken := sceneAt(recorded(t, "raft/lease-drift", 42), 13352)
	broken.Chain = chain(broken.Tape, 13352)
	broken.Selected.Operation = 13343
	p.Show(broken)
	screens(t, p, "events/why")
}

// chain is an event with its causes.
func chain(tp *tape.Tape, event uint64) (list []uint64) {
	for event != 0 {
		list = append(list, event)
		e, _ := tp.Event(event)
		event = e.Cause
	}
	return list
}

// TestEventsSession looks for the end of a leader as a person does.
func TestEventsSession(t *testing.T) {
	p := &panes.Events{}
	w := lookAt(t, p, sceneAt(recorded(t, "raft/minority-leader", 42), 0))
	w.press("f", "'kind:act", "enter")
	w.shows("filter kind:act")
	w.press("down")
	w.stands("at 5s for 5s: isolate leader")
	w.press("down")
	w.stands("isolate n4")
	w.press("e")
	w.stands("n4", "cut")
	w.press("c")
	w.stands("isolate n4")
	w.press("x", "/", "'node:n1 kind:note leader", "enter")
	w.stands("n1", "note", "leader of term 3")
	w.press("N")
	if !strings.Contains(w.said, "there is none") {
		t.Errorf("it said %q", w.said)
	}
	w.press("up")
	w.stands("n1", "MsgVoteResp")
	w.press("enter")
	if want := (panes.Selection{Message: 8968}); w.s.Selected != want {
		t.Errorf("selected %+v, expected %+v", w.s.Selected, want)
	}
	w.press("w")
	if w.did != (panes.AskWhy{Event: 8973}) {
		t.Errorf("it asks %#v", w.did)
	}
	w.press("end")
	if last := w.s.Tape.Events(); w.s.View.Event != last {
		t.Errorf("the end is event %d, expected %d", w.s.View.Event, last)
	}
	w.press("down")
	if w.said != "there is none after this one" {
		t.Errorf("it said %q", w.said)
	}
	w.press("home")
	if w.s.View.Event != 1 {
		t.Errorf("the beginning is event %d", w.s.View.Event)
	}
}

// TestEventsOnly: what is selected, or else the moment, says which node's events are listed.
func TestEventsOnly(t *testing.T) {
	p := &panes.Events{}
	w := lookAt(t, p, sceneAt(recorded(t, "raft/minority-leader", 42), 8974))
	w.press("s", "down", "down", "down", "down")
	w.stands("n1", "send", "-> n5 MsgApp")
	w.s.Selected = panes.Selection{Node: "n4", Peer: "n1"}
	w.press("s")
	if want := "node:n4,n1 peer:n4,n1"; p.Filter() != want {
		t.Errorf("filter %q, expected %q", p.Filter(), want)
	}
	w.press("up")
	w.stands("n4", "drop")
}

// TestEventsWrongFilter: what is wrong is said while it is typed, and the filter before stays.
func TestEventsWrongFilter(t *testing.T) {
	p := &panes.Events{}
	w := lookAt(t, p, sceneAt(recorded(t, "raft/minority-leader", 42), 8974))
	w.press("f", "'kind:sned", "enter")
	w.shows("filter: kind:sned", `there is no kind "sned", did you mean "send"?`)
	if !p.Typing() {
		t.Error("a wrong filter was taken")
	}
	w.press("esc")
	if p.Typing() || p.Filter() != "" {
		t.Errorf("filter %q", p.Filter())
	}
	w.stands("leader of term 3")
}

// TestEventsMouse: a click goes to a line, another one selects what it is about.
func TestEventsMouse(t *testing.T) {
	p := &panes.Events{}
	w := lookAt(t, p, sceneAt(recorded(t, "raft/minority-leader", 42), 8974))
	y := lineOf(t, p.Render(80, 24, true), "drop     ← n1")
	w.do(p.Click(20, y))
	w.stands("drop", "the link is cut")
	y = lineOf(t, p.Render(80, 24, true), "▶")
	w.do(p.Click(20, y))
	if w.s.Selected.Message != 8977 {
		t.Errorf("selected %+v", w.s.Selected)
	}
	w.do(p.Wheel(3))
	if w.s.View.Event != 8981 {
		t.Errorf("the wheel went to %d", w.s.View.Event)
	}
	w.do(p.Wheel(-3))
	if w.s.View.Event != 8978 {
		t.Errorf("the wheel went back to %d", w.s.View.Event)
	}
	if a := p.Click(0, 0); a != nil {
		t.Errorf("the titles answer %#v", a)
	}
}

// TestEventsSlices: a search through everything is done in slices, and says how far it is.
func TestEventsSlices(t *testing.T) {
	p := &panes.Events{}
	s := sceneAt(recorded(t, "raft/minority-leader", 42), 1)
	p.Show(s)
	p.Press("/")
	for _, r := range "nowhere" {
		p.Type(string(r), string(r))
	}
	if a := p.Type("enter", ""); a != (panes.Handled{}) || !p.Working() {
		t.Fatalf("the search was done at once: %#v", a)
	}
	if screen := p.Render(80, 24, true).String(); !strings.Contains(screen, "searching nowhere... ") {
		t.Errorf("no word of the search:\n%s", screen)
	}
	p.Press("esc")
	for p.Working() {
		if a := p.Work(); a != (panes.Handled{}) {
			t.Errorf("an ended search says %#v", a)
		}
	}
}

func TestParseFilter(t *testing.T) {
	tp := recorded(t, "raft/minority-leader", 42)
	count := func(text string) (n int) {
		f, err := panes.ParseFilter(text)
		if err != nil {
			t.Fatal(err)
		}
		tp.Scan(1, true, func(e *sim.Event) bool {
			if f.Match(e) {
				n++
			}
			return e.Number < 10_000
		})
		return n
	}
	all := count("")
	for _, c := range []struct {
		a, b string // together all, and nothing in both
	}{
		{"kind:send,deliver", "not kind:send,deliver"},
		{"node:n1", "not NODE"},
		{`"leader of"`, `not "leader of"`},
		{"msg:vote", "not not not msg:vote"},
		{"cause:8973", "not cause:8973"},
		{"peer:n2", "not peer:n2"},
	} {
		c.b = strings.ReplaceAll(c.b, "NODE", "node:N1")
		a, b := count(c.a), count(c.b)
		if a+b != all || a == 0 || b == 0 {
			t.Errorf("%s: %d, %s: %d, expected %d together and none to be 0", c.a, a, c.b, b, all)
		}
	}
	if got := count("cause:8973"); got != 7 {
		t.Errorf("event 8973 caused %d events, expected 7", got)
	}
	for text, want := range map[string]string{
		"kind:":    `nothing after "kind:"`,
		"kind:foo": `there is no kind "foo", did you mean "boot"?`,
		"not":      `nothing after "not": expected a word, or such as kind:send`,
		"cause:x":  "cause:x: expected the number of an event",
		"nod:n1":   `"nod:" is none of node, peer, kind, msg, text, cause, did you mean "node"?`,
	} {
		if _, err := panes.ParseFilter(text); err == nil || err.Error() != want {
			t.Errorf("%s: %v, expected %s", text, err, want)
		}
	}
}

// TestEventsFiltered compares what is listed with what passes the filter, looked for in the
// simplest way, wherever one comes from.
func TestEventsFiltered(t *testing.T) {
	tp := recorded(t, "raft/minority-leader", 42)
	passing := map[string][]uint64{}
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.SampledFrom([]string{"", "kind:note", "kind:act,fail", "node:c1 kind:span", "msg:vote", "not kind:send not kind:deliver", "leader"}).Draw(rt, "filter")
		f, err := panes.ParseFilter(text)
		if err != nil {
			rt.Fatal(err)
		}
		p := &panes.Events{}
		if err := p.SetFilter(text); err != nil {
			rt.Fatal(err)
		}
		event := uint64(0)
		for range rapid.IntRange(1, 4).Draw(rt, "jumps") {
			event = rapid.Uint64Range(1, tp.Events()).Draw(rt, "event")
			p.Show(sceneAt(tp, event))
			p.Render(80, 24, true)
			for p.Working() {
				p.Work()
			}
		}
		var got, want []uint64
		p.Render(80, 24, true)
		for y := range 24 {
			switch a := p.Click(0, y).(type) {
			case panes.GoTo:
				got = append(got, a.Event)
			case panes.Pick, panes.Say:
				got = append(got, event)
			}
		}
		if want = passing[text]; want == nil {
			tp.Scan(1, true, func(e *sim.Event) bool {
				if f.Match(e) {
					want = append(want, e.Number)
				}
				return true
			})
			passing[text] = want
		}
		if i, passes := slices.BinarySearch(want, event); !passes {
			want = slices.Insert(slices.Clone(want), i, event)
		}
		first := slices.Index(want, got[0])
		if first < 0 || !slices.Contains(got, event) || len(got) < min(len(want), 20) || !slices.Equal(got, want[first:first+len(got)]) {
			rt.Fatalf("listed are %d, expected %d those around %d", got, min(len(want), 20), event)
		}
	})
}

func TestCompact(t *testing.T) {
	for text, want := range map[string]string{
		"read {Verb:2 Session:0 Key:k2 Old:nil}":  "read {Verb:2 Key:k2}",
		"A {B:0 C:false}":                         "A {}",
		"A {At:{Epoch:0 Index:0} B:{C:1 D:0} E:}": "A {At:{} B:{C:1}}",
		"MsgApp term 3, commit 0":                 "MsgApp term 3, commit 0",
		"A {List:[1 0 2] Text:a b}":               "A {List:[1 0 2] Text:a b}",
	} {
		if got := panes.Compact(text); got != want {
			t.Errorf("%s becomes %s, expected %s", text, got, want)
		}
	}
}
