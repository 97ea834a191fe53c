package panes

import (
	"cmp"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/telemetry"
	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/tape"
)

// event says all about the event just shown.
func (p *Inspector) event(width int) {
	v := p.scene.View
	e := &v.Last
	if v.Event == 0 {
		p.say(draw.Dim, "before the first event")
		return
	}
	p.say(draw.Strong, fmt.Sprintf("event %d at %s", e.Number, draw.Clock(e.At)))
	for _, line := range draw.Wrap(inspectWhole(p.scene.Tape, e), max(width-2, 10)) {
		p.say(draw.Chosen, line)
	}
	p.tell("kind", e.Kind.String(), draw.Plain)
	for _, is := range []struct{ name, node string }{{"node", e.Node}, {"peer", e.Peer}} {
		if is.node != "" {
			p.lines = append(p.lines, inspectLine{name: is.name, text: is.node, pick: Selection{Node: is.node}})
		}
	}
	if e.Proc != "" {
		p.tell("process", e.Proc, draw.Plain)
	}
	if send := p.scene.Tape.SendOf(e.Number); send != 0 {
		text := fmt.Sprintf("sent by event %d", send)
		if send == e.Number {
			text = "look into it"
		}
		p.lines = append(p.lines, inspectLine{name: "message", text: text, pick: Selection{Message: send}})
	}
	if i := v.Index(e.Node); i >= 0 {
		if before, after := p.scene.Tape.Changed(i, v.Event); before != nil && after.Event == v.Event {
			p.head("what it changed")
			p.changes(before, after)
		}
	}
	p.body(e.Body, width)
	if e.Cause != 0 {
		p.head("because of")
		p.because(e.Number)
	}
	if list := p.effects(e.Number); len(list) > 0 {
		p.head("led to")
		p.events(list)
	}
}

// inspectWhole is the sentence about an event, with the name alone of what is shown in
// full below.
func inspectWhole(t *tape.Tape, e *sim.Event) string {
	short := *e
	short.Body = nil
	text := Sentence(t, &short)
	if _, attributes := e.Body.([]sim.Field); e.Body != nil && !attributes {
		text += ": " + telemetry.TypeName(e.Body)
	}
	return text
}

// changes says what is different between two states of a node.
func (p *Inspector) changes(before, after *tape.NodeState) {
	change := func(name, was, is string) {
		if was != is {
			p.tell(name, was+" → "+is, draw.Chosen)
		}
	}
	words := map[bool]string{true: "up", false: "down"}
	change("state", words[before.Up], words[after.Up])
	change("paused", fmt.Sprint(before.Paused), fmt.Sprint(after.Paused))
	for _, f := range after.Fields {
		change(f.Name, cmp.Or(before.Field(f.Name), inspectNone), cmp.Or(f.Value, inspectNone))
	}
	change("inbox", fmt.Sprint(before.Inbox), fmt.Sprint(after.Inbox))
	change("busy cores", fmt.Sprint(before.Busy), fmt.Sprint(after.Busy))
	change("wait for core", fmt.Sprint(before.WorkQueue), fmt.Sprint(after.WorkQueue))
	change("disk", inspectSize(before.DiskUsed), inspectSize(after.DiskUsed))
	change("disk queue", fmt.Sprint(before.DiskQueue), fmt.Sprint(after.DiskQueue))
}

// body shows what a message holds, in full.
func (p *Inspector) body(body any, width int) {
	if body == nil {
		return
	}
	if list, attributes := body.([]sim.Field); attributes {
		p.head("attributes")
		for _, f := range list {
			p.tell(f.Name, f.Value, draw.Plain)
		}
		return
	}
	p.head(telemetry.TypeName(body))
	if text, ok := body.(fmt.Stringer); ok && inspectStruct(reflect.ValueOf(body)).IsValid() {
		for _, line := range draw.Wrap(text.String(), max(width-2, 10)) {
			p.say(draw.Strong, line)
		}
	}
	if v := inspectStruct(reflect.ValueOf(body)); v.IsValid() && v.NumField() > 0 {
		for i := range v.NumField() {
			if f := v.Field(i); !f.IsZero() {
				p.value(inspectWord(v.Type().Field(i).Name), f, width)
			}
		}
		return
	}
	p.value("", reflect.ValueOf(body), width)
}

// value shows a value in as many lines as it takes.
func (p *Inspector) value(name string, v reflect.Value, width int) {
	room := max(width-18, 12)
	for _, line := range inspectTree(v, room, inspectDeepest) {
		indent := len(line) - len(strings.TrimLeft(line, " "))
		for k, part := range draw.Wrap(line, max(room-indent, 8)) {
			if k > 0 {
				part = "  " + part
			}
			p.tell(name, line[:indent]+part, draw.Plain)
			if name != "" {
				name = " "
			}
		}
	}
}

// message says all about a message.
func (p *Inspector) message(send uint64, width int) {
	v, t := p.scene.View, p.scene.Tape
	f, end, ok := t.Flight(send)
	if !ok || f.From < 0 || f.To < 0 || max(f.From, f.To) >= len(v.Nodes) {
		p.say(draw.Dim, fmt.Sprintf("event %d sent no message", send))
		return
	}
	from, to := v.Nodes[f.From].Name, v.Nodes[f.To].Name
	sign := '●'
	if f.Answer {
		sign = '○'
	}
	p.say(draw.Strong, fmt.Sprintf("%c %s  %s → %s", sign, telemetry.TypeName(f.Body), from, to))
	what := "message"
	switch {
	case f.Answer:
		what = "answer"
	case f.Call != 0:
		what = "request"
	}
	p.tell("it is", what, draw.Plain)
	p.lead("sent", draw.Clock(f.Sent)+fmt.Sprintf("  event %d", send), send)
	p.fate(&f, end)
	p.lines = append(p.lines, inspectLine{name: "link", text: inspectLinkState(v, tape.Pair{From: f.From, To: f.To}), pick: Selection{Node: from, Peer: to}})
	if asked := p.asked(send, f.Call); f.Answer && asked != 0 {
		p.lines = append(p.lines, inspectLine{name: "answers", text: fmt.Sprintf("what event %d sent", asked), pick: Selection{Message: asked}})
	}
	p.body(f.Body, width)
	p.head("because of")
	p.because(send)
	if end != 0 {
		if list := p.effects(end); len(list) > 0 {
			p.head("led to")
			p.events(list)
		}
	}
}

// fate says what became of a message, or will.
func (p *Inspector) fate(f *tape.Flight, end uint64) {
	v := p.scene.View
	if end == 0 {
		p.tell("fate", "under way as far as the run is known", draw.Unknown)
		return
	}
	e, _ := p.scene.Tape.Event(end)
	words := map[sim.Kind]string{sim.KindDeliver: "arrived", sim.KindDrop: "lost", sim.KindRefuse: "refused", sim.KindBreak: "lost with its connection"}
	if end > v.Event {
		words = map[sim.Kind]string{sim.KindDeliver: "will arrive", sim.KindDrop: "will be lost", sim.KindRefuse: "will be refused", sim.KindBreak: "will be lost with its connection"}
	}
	text := words[f.Fate] + " " + draw.Clock(f.Arrives) + fmt.Sprintf("  event %d, after %v", end, (f.Arrives-f.Sent).Round(time.Microsecond))
	if f.Fate != sim.KindDeliver && e.Text != "" {
		text += ": " + e.Text
	}
	p.lead("fate", text, end)
	if f.Fate != sim.KindDeliver {
		p.lines[len(p.lines)-1].ink = draw.Bad
	}
	if l := v.Links[tape.Pair{From: f.From, To: f.To}]; end > v.Event && (l.Holds > 0 || l.Cuts > 0) {
		why := "the link holds it back"
		if l.Holds == 0 {
			why = "the link is cut, it waits or is lost"
		}
		p.tell("now", why, draw.Warn)
	}
}

// asked finds the request that a message answers: back along its causes.
func (p *Inspector) asked(send, call uint64) uint64 {
	const steps = 200
	for n, k := send, 0; n != 0 && k < steps; k++ {
		e, ok := p.scene.Tape.Event(n)
		if !ok {
			return 0
		}
		if e.Kind == sim.KindSend && e.Call == call && !e.Answer {
			return n
		}
		n = e.Cause
	}
	return 0
}

// operation says all about what a client asked.
func (p *Inspector) operation(call uint64, width int) {
	v := p.scene.View
	op, ok := p.scene.Tape.OperationAt(call, v.Event)
	if !ok || call > v.Event {
		p.say(draw.Dim, fmt.Sprintf("event %d began no operation that is known at this moment", call))
		return
	}
	for _, line := range draw.Wrap(op.String(), max(width-2, 10)) {
		p.say(draw.Strong, line)
	}
	p.tell("by", op.Client, draw.Plain)
	p.tell("asked", op.Op, draw.Plain)
	if op.Key != "" {
		p.tell("of", op.Key, draw.Plain)
	}
	if !op.Input.IsNil() {
		p.tellWrapped("with", op.Input.String(), draw.Plain, width)
	}
	p.lead("at", draw.Clock(time.Duration(op.Call))+fmt.Sprintf("  event %d", op.CallEvent), op.CallEvent)
	p.outcome(&op, width)
	if list := p.within(call); len(list) > 0 {
		p.head("meanwhile, the client")
		p.events(list)
	}
}

// outcome says what a client learned.
func (p *Inspector) outcome(op *checker.Operation, width int) {
	text, ink := op.Outcome.String(), draw.Good
	switch op.Outcome {
	case checker.OutcomeFailed:
		text, ink = "✕ failed: it has certainly not been done", draw.Bad
	case checker.OutcomeUnknown:
		text, ink = "? unknown: nobody knows whether it has been done", draw.Unknown
		if op.ReturnEvent == 0 {
			text = "? open: there is no answer at this moment"
		}
	default:
		text = "✓ " + text
	}
	p.tellWrapped("outcome", text, ink, width)
	if op.Outcome == checker.OutcomeOK {
		p.tellWrapped("answer", op.Output.String(), draw.Plain, width)
	}
	if op.ReturnEvent != 0 {
		took := time.Duration(op.Return - op.Call).Round(time.Microsecond)
		p.lead("until", draw.Clock(time.Duration(op.Return))+fmt.Sprintf("  event %d, after %v", op.ReturnEvent, took), op.ReturnEvent)
		return
	}
	p.tell("waits since", (p.scene.At - time.Duration(op.Call)).Round(time.Microsecond).String(), draw.Plain)
}
