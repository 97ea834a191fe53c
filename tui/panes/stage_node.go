package panes

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/tape"
)

// stageLook is how a node looks: a sign, a word for its state, and an ink.
func stageLook(n *tape.NodeState) (sign rune, word string, ink draw.Ink) {
	switch {
	case n == nil || !n.Up && n.Incarnation == 0:
		return '◌', "not started", draw.Dim
	case !n.Up:
		return '✕', "crashed", draw.Bad
	case n.Paused:
		return '‖', "paused", draw.Warn
	case stageLeads(n):
		return '★', n.Field("role"), draw.Leader
	}
	return '■', n.Field("role"), draw.Plain
}

// stageLeads says whether a node takes itself for the one that leads.
func stageLeads(n *tape.NodeState) bool {
	switch n.Field("role") {
	case "leader", "primary", "master", "coordinator":
		return true
	}
	return false
}

// stageTroubles is what is wrong with a node that runs, or not as usual.
func stageTroubles(s *Scene, node int) []string {
	v := s.View
	n := v.States[node]
	var list []string
	if n != nil {
		add := func(is bool, format string, args ...any) {
			if is {
				list = append(list, fmt.Sprintf(format, args...))
			}
		}
		wrong := n.ClockErrorAt(s.At).Round(100 * time.Microsecond)
		add(wrong != 0, "clock %s", stageSigned(wrong))
		add(n.ClockDrift != 0, "drift %s", stageDrift(n.ClockDrift))
		add(n.Speed != 1 && n.Up, "speed ×%.3g", n.Speed)
		add(n.WorkQueue > 0, "%d wait for a core", n.WorkQueue)
		add(n.Inbox > 0, "inbox %d", n.Inbox)
		add(n.DiskQueue > 1, "disk queue %d", n.DiskQueue)
	}
	for _, f := range v.Forces {
		if len(f.Links) > 0 || !slices.Contains(f.Nodes, v.Nodes[node].Name) {
			continue
		}
		if what := stageVerb(f); !stageObvious[strings.Fields(what)[0]] {
			list = append(list, what)
		}
	}
	return list
}

// stageObvious are the faults that a node's state tells of.
var stageObvious = map[string]bool{"crash": true, "pause": true, "power-loss": true, "restart": true, "wipe": true, "slow": true, "clock": true}

// stageVerb is what a fault does, without to whom: "delay 10ms".
func stageVerb(f faults.Force) string {
	words := strings.Fields(f.Text)
	for k, w := range words {
		if k > 0 && (slices.Contains(f.Nodes, w) || w == "->" || w == "<->" || w == "|") {
			words = words[:k]
			break
		}
	}
	if len(words) == 0 {
		return "fault"
	}
	return strings.Join(words, " ")
}

// stageDrift is how much too fast a clock runs, in parts per million or, if that is a
// lot, in a hundred.
func stageDrift(ppm float64) string {
	if ppm >= 10_000 || ppm <= -10_000 {
		return fmt.Sprintf("%+.3g%%", ppm/10_000)
	}
	return fmt.Sprintf("%+.4gppm", ppm)
}

func stageSigned(d time.Duration) string {
	if d > 0 {
		return "+" + d.String()
	}
	return d.String()
}

// stageDetails is what a node says of itself beside its role, in so many lines.
func stageDetails(n *tape.NodeState, width, lines int) []string {
	if n == nil || !n.Up {
		return nil
	}
	var list []string
	for _, f := range n.Fields {
		if f.Name == "role" {
			continue
		}
		text := f.Name + " " + f.Value
		if f.Value == "" {
			text = "no " + f.Name
		}
		if k := len(list) - 1; k >= 0 && draw.Width(list[k])+3+draw.Width(text) <= width {
			list[k] += " · " + text
			continue
		}
		if len(list) == lines {
			break
		}
		list = append(list, text)
	}
	return list
}

// drawNode draws a node in its place.
func (s *Stage) drawNode(c *draw.Canvas, i int) {
	r, v := s.rects[i], s.scene.View
	if !r.shown() {
		return
	}
	name := v.Nodes[i].Name
	s.targets = append(s.targets, stageTarget{r, Selection{Node: name}})
	sign, word, ink := stageLook(v.States[i])
	s.signs.see(sign)
	if r.h == 1 {
		s.drawSmallNode(c, i, sign, ink)
		return
	}
	part := c.Part(r.x, r.y, r.w, r.h)
	part.Fill(' ', draw.Plain)
	s.drawBorder(part, i)
	inner := part.Part(2, 1, r.w-3, r.h-2)
	if r.w <= 14 {
		inner = part.Part(1, 1, r.w-2, r.h-2)
	}
	x := inner.Text(0, 0, string(sign)+" ", ink)
	x = inner.Fit(x, 0, inner.Width()-x, name, s.nodeInk(i, ink))
	if room := inner.Width() - x - 1; room >= min(draw.Width(word), 8) {
		inner.Fit(x+1, 0, room, word, ink)
	}
	y := 1
	for _, text := range stageTroubles(s.scene, i) {
		if y < inner.Height() {
			inner.Fit(0, y, inner.Width(), "! "+text, draw.Warn)
			s.signs.see('!')
			y++
		}
	}
	for _, text := range stageDetails(v.States[i], inner.Width(), inner.Height()-y) {
		inner.Fit(0, y, inner.Width(), text, draw.Plain)
		y++
	}
}

// nodeInk is the ink of a node's name.
func (s *Stage) nodeInk(i int, ink draw.Ink) draw.Ink {
	if s.selected(i) {
		return draw.Selected
	}
	if ink == draw.Plain {
		return draw.Strong
	}
	return ink
}

// selected says whether a node is selected, or an operation that it runs.
func (s *Stage) selected(i int) bool {
	pick := s.scene.Selected
	if pick.Operation != 0 && s.scene.Tape != nil {
		e, _ := s.scene.Tape.Event(pick.Operation)
		return e.Node == s.scene.View.Nodes[i].Name
	}
	return pick.Node == s.scene.View.Nodes[i].Name && pick.Peer == ""
}

// drawSmallNode draws a node of one line: its sign and its name.
func (s *Stage) drawSmallNode(c *draw.Canvas, i int, sign rune, ink draw.Ink) {
	r, v := s.rects[i], s.scene.View
	if s.happened(i) {
		ink = draw.Chosen
	}
	if v.Nodes[i].Client && sign == '■' {
		sign = '□'
		s.signs.see(sign)
	}
	if s.cramped[i] && (sign == '■' || sign == '□') {
		sign, ink = '╳', draw.Bad
		s.signs.see(sign)
	}
	if s.selected(i) {
		sign = '▸'
	}
	if len(stageTroubles(s.scene, i)) > 0 && sign == '■' {
		sign, ink = '!', draw.Warn
		s.signs.see(sign)
	}
	c.Set(r.x, r.y, sign, ink)
	if r.w > 1 {
		c.Fit(r.x+1, r.y, r.w-1, v.Nodes[i].Name, s.nodeInk(i, ink))
	}
}

// happened says whether the event just shown is about a node.
func (s *Stage) happened(i int) bool {
	e := &s.scene.View.Last
	name := s.scene.View.Nodes[i].Name
	return e.Number != 0 && (e.Node == name || e.Kind == sim.KindDrop && e.Peer == name)
}

var stageBorders = map[string][]rune{
	"plain": []rune("╭╮╰╯─│"), "selected": []rune("┏┓┗┛━┃"), "event": []rune("╔╗╚╝═║"), "down": []rune("╭╮╰╯╌╎"),
}

// drawBorder draws the border of a node: double where something just happened, heavy if
// it is selected, broken if it does not run. What happened stands in the lower line,
// the number in the chain of causes in the upper one.
func (s *Stage) drawBorder(c *draw.Canvas, i int) {
	n := s.scene.View.States[i]
	kind, ink := "plain", draw.Frame
	switch {
	case s.happened(i):
		kind, ink = "event", draw.Chosen
	case s.selected(i):
		kind, ink = "selected", draw.Selected
	case n == nil || !n.Up || n.Paused:
		kind, ink = "down", draw.Dim
	}
	signs := stageBorders[kind]
	w, h := c.Width()-1, c.Height()-1
	for x := range w {
		c.Set(x, 0, signs[4], ink)
		c.Set(x, h, signs[4], ink)
	}
	for y := range h {
		c.Set(0, y, signs[5], ink)
		c.Set(w, y, signs[5], ink)
	}
	c.Set(0, 0, signs[0], ink)
	c.Set(w, 0, signs[1], ink)
	c.Set(0, h, signs[2], ink)
	c.Set(w, h, signs[3], ink)
	if s.selected(i) {
		c.Set(1, 1, '▸', draw.Selected)
	}
	if s.happened(i) {
		c.Fit(2, h, w-3, " "+stageCaption(&s.scene.View.Last, s.scene.View.Nodes[i].Name)+" ", draw.Chosen)
	}
	if text, current := s.whyOf(i); text != "" {
		why := draw.Series1
		if current {
			why = draw.Chosen
		}
		c.Fit(2, 0, w-3, " "+text+" ", why)
	}
}

// stageCaption is what an event is to a node, in two words.
func stageCaption(e *sim.Event, node string) string {
	switch {
	case e.Kind == sim.KindSend:
		return "sends → " + e.Peer
	case e.Kind == sim.KindDeliver:
		return "gets ← " + e.Peer
	case e.Kind == sim.KindDrop && e.Peer == node:
		return "in vain → " + e.Node
	case e.Kind == sim.KindDrop:
		return "lost ← " + e.Peer
	case e.Peer != "":
		return e.Kind.String() + " " + e.Peer
	}
	return e.Kind.String()
}

// whyOf says which steps of the answer to a why were at a node, and whether the moment
// shown is one of them.
func (s *Stage) whyOf(node int) (text string, current bool) {
	var steps []string
	s.chain(func(step int, e *sim.Event) {
		if e.Node != s.scene.View.Nodes[node].Name {
			return
		}
		current = current || e.Number == s.scene.View.Event
		steps = append(steps, fmt.Sprint(step))
	})
	if len(steps) == 0 {
		return "", false
	}
	return "#" + strings.Join(steps, ","), current
}

// chain calls visit with the events of the answer to a why that are near the moment
// shown, each with its number in the answer, from 1.
func (s *Stage) chain(visit func(step int, e *sim.Event)) {
	const around = 8
	list := s.scene.Chain
	if len(list) == 0 || s.scene.Tape == nil {
		return
	}
	at := max(slices.Index(list, s.scene.View.Event), 0)
	from, to := max(at-around, 0), min(at+around+1, len(list))
	for k, number := range list[from:to] {
		if e, ok := s.scene.Tape.Event(number); ok {
			visit(from+k+1, &e)
		}
	}
}
