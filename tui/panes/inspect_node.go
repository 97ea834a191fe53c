package panes

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/tape"
)

// node says all about a node.
func (p *Inspector) node(i, width int) {
	v := p.scene.View
	n := v.States[i]
	sign, word, ink := stageLook(n)
	name := fmt.Sprintf("%c %s %s", sign, v.Nodes[i].Name, cmp.Or(word, "up"))
	if ink == draw.Plain {
		ink = draw.Strong
	}
	p.say(ink, name)
	if n == nil {
		p.say(draw.Dim, "it has not shown itself yet")
		return
	}
	before, after := p.scene.Tape.Changed(i, v.Event)
	p.fields(before, after)
	p.machine(i)
	for _, f := range v.Forces {
		if slices.Contains(f.Nodes, v.Nodes[i].Name) {
			p.tellWrapped("fault", inspectForce(f), draw.Warn, width)
		}
	}
	p.linksOf(i)
	p.head("latest events")
	p.events(p.recent(i, -1).events)
}

func inspectForce(f faults.Force) string {
	text := f.Text + ", since " + stageTime(f.Since)
	if f.Until > 0 {
		text += " until " + stageTime(f.Until)
	}
	return text
}

// inspectNone stands for a field that is empty.
const inspectNone = "–"

// fields shows what a node says of itself, and what of it is new.
func (p *Inspector) fields(before, after *tape.NodeState) {
	if after == nil {
		return
	}
	if len(after.Fields) == 0 {
		if before != nil && len(before.Fields) > 0 && !after.Up {
			p.say(draw.Dim, "it has lost its memory; before, it was")
			for _, f := range before.Fields {
				p.tell(f.Name, f.Value, draw.Dim)
			}
		}
		return
	}
	when := fmt.Sprintf("event %d", after.Event)
	ink := draw.Plain
	if after.Event == p.scene.View.Event {
		when, ink = "now", draw.Chosen
	}
	for _, f := range after.Fields {
		is := cmp.Or(f.Value, inspectNone)
		if before == nil || len(before.Fields) == 0 || before.Field(f.Name) == f.Value {
			p.tell(f.Name, is, draw.Plain)
			continue
		}
		was := cmp.Or(before.Field(f.Name), inspectNone)
		p.lines = append(p.lines, inspectLine{name: f.Name, text: fmt.Sprintf("%s → %s  (%s)", was, is, when), ink: ink, event: after.Event})
	}
}

// machine says how the machine of a node is.
func (p *Inspector) machine(i int) {
	v := p.scene.View
	n := v.States[i]
	state, ink := "up", draw.Plain
	switch {
	case !n.Up:
		state, ink = "down", draw.Bad
	case n.Paused:
		state, ink = "paused: it runs nothing, and keeps its memory", draw.Warn
	}
	if n.Incarnation > 1 {
		state += fmt.Sprintf(", started %d times", n.Incarnation)
	}
	p.tell("state", state, ink)
	if site := v.Nodes[i].Site; site != "" {
		p.tell("site", site, draw.Plain)
	}
	wrong := n.ClockErrorAt(p.scene.At)
	text, ink := "right", draw.Plain
	if wrong != 0 || n.ClockDrift != 0 {
		text, ink = fmt.Sprintf("%s wrong, drifts by %s", stageSigned(wrong), stageDrift(n.ClockDrift)), draw.Warn
	}
	p.tell("clock", text, ink)
	text, ink = fmt.Sprintf("%d of %d busy", n.Busy, n.Cores), draw.Plain
	if n.WorkQueue > 0 {
		text, ink = text+fmt.Sprintf(", %d wait for one", n.WorkQueue), draw.Warn
	}
	if n.Speed != 1 {
		text, ink = text+fmt.Sprintf(", at speed ×%.3g", n.Speed), draw.Warn
	}
	p.tell("cores", text, ink)
	p.tell("inbox", inspectCount(n.Inbox, "message")+" to be received", draw.Plain)
	p.tell("disk", inspectSize(n.DiskUsed)+", "+inspectCount(n.DiskQueue, "operation")+" to be done", draw.Plain)
}

func inspectCount(n int, what string) string {
	switch n {
	case 0:
		return "no " + what
	case 1:
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func inspectSize(bytes int64) string {
	switch {
	case bytes < 10_000:
		return fmt.Sprintf("%d B", bytes)
	case bytes < 10_000_000:
		return fmt.Sprintf("%d KB", bytes/1000)
	}
	return fmt.Sprintf("%d MB", bytes/1_000_000)
}

// linksOf says what is wrong with the links of a node.
func (p *Inspector) linksOf(i int) {
	v := p.scene.View
	var lines []inspectLine
	for _, pair := range stagePairs(v) {
		if pair.From != i && pair.To != i {
			continue
		}
		from, to := v.Nodes[pair.From].Name, v.Nodes[pair.To].Name
		sign, ink := stageLinkSign(v.Links[pair])
		lines = append(lines, inspectLine{
			text: fmt.Sprintf("%c %s → %s %s", sign, from, to, inspectLinkState(v, pair)), ink: ink, pick: Selection{Node: from, Peer: to},
		})
	}
	if len(lines) > 0 {
		p.head("links that are not as usual")
		p.lines = append(p.lines, lines...)
	}
}

// inspectLinkState says how a link is.
func inspectLinkState(v *tape.View, pair tape.Pair) string {
	l := v.Links[pair]
	text := ""
	add := func(is bool, what string) {
		switch {
		case !is:
		case text == "":
			text = what
		default:
			text += ", " + what
		}
	}
	add(l.Cuts == 1, "cut")
	add(l.Cuts > 1, fmt.Sprintf("cut %d times", l.Cuts))
	add(l.Holds > 0, "holds messages back")
	add(l.Degraded > 0, cmp.Or(stageWorse(v, pair), "degraded"))
	return cmp.Or(text, "works")
}

// link says all about a link.
func (p *Inspector) link(from, to, width int) {
	v := p.scene.View
	pair, back := tape.Pair{From: from, To: to}, tape.Pair{From: to, To: from}
	sign, ink := stageLinkSign(v.Links[pair])
	if ink == draw.Dim {
		ink = draw.Strong
	}
	p.say(ink, fmt.Sprintf("%c %s → %s %s", sign, v.Nodes[from].Name, v.Nodes[to].Name, inspectLinkState(v, pair)))
	sign, ink = stageLinkSign(v.Links[back])
	p.lines = append(p.lines, inspectLine{
		text: fmt.Sprintf("%c %s → %s %s", sign, v.Nodes[to].Name, v.Nodes[from].Name, inspectLinkState(v, back)), ink: ink,
		pick: Selection{Node: v.Nodes[to].Name, Peer: v.Nodes[from].Name},
	})
	for _, f := range v.Forces {
		if slices.Contains(f.Links, faults.Link{From: v.Nodes[from].Name, To: v.Nodes[to].Name}) {
			p.tellWrapped("fault", inspectForce(f), draw.Warn, width)
		}
	}
	f := p.recent(from, to)
	p.tell("last second", fmt.Sprintf("%d sent, %d arrived, %d lost", f.sent, f.come, f.lost), draw.Plain)
	p.underWay(from, to)
	if p.head("latest events"); len(f.events) == 0 {
		p.say(draw.Dim, "none, for a long time") // as far as one looks back
	}
	p.events(f.events)
}

// underWay lists the messages on a link.
func (p *Inspector) underWay(from, to int) {
	const most = 10
	v, count := p.scene.View, 0
	for i := range v.Flying {
		f := &v.Flying[i]
		if f.From != from || f.To != to {
			continue
		}
		if count++; count == 1 {
			p.head("under way")
		}
		if count <= most {
			p.lines = append(p.lines, inspectLine{
				name: fmt.Sprint(f.Send), text: inspectBrief(f.Body, 200), ink: draw.Plain, pick: Selection{Message: f.Send},
			})
		}
	}
	if count > most {
		p.say(draw.Dim, fmt.Sprintf("and %d more", count-most))
	}
}
