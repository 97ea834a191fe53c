package panes

import (
	"fmt"
	"slices"
	"strings"

	"github.com/orrery-sim/orrery/tui/draw"
)

// why lists the events of the answer to a why, those near the moment shown if they are
// many, with as many lines for each as it takes.
func (p *Inspector) why(width int) {
	const around = 60
	list := p.scene.Chain
	at := max(slices.Index(list, p.scene.View.Event), 0)
	from, to := max(at-around, 0), min(at+around+1, len(list))
	if from > 0 {
		p.lead("", fmt.Sprintf("%d more, nearer to what was asked about", from), list[from-1])
	}
	for k := from; k < to; k++ {
		p.step(k, width)
	}
	if to < len(list) {
		p.lead("", fmt.Sprintf("%d more, further back", len(list)-to), list[to])
	}
}

// step adds an event of the answer. The time stands where it is another than before it.
func (p *Inspector) step(k, width int) {
	t, list := p.scene.Tape, p.scene.Chain
	e, ok := t.Event(list[k])
	if !ok {
		return
	}
	text := Sentence(t, &e)
	if before, ok := t.Event(list[max(k-1, 0)]); k == 0 || !ok || before.At != e.At {
		text = draw.Clock(e.At) + "  " + text
	}
	name := fmt.Sprintf("%*d", len(fmt.Sprint(len(list))), k+1)
	lines := draw.Wrap(text, max(width-len(name)-4, 12))
	const most = 3
	if len(lines) > most {
		lines = append(lines[:most-1:most-1], strings.Join(lines[most-1:], " "))
	}
	for i, line := range lines {
		p.lead(name, line, e.Number)
		p.lines[len(p.lines)-1].step = i == 0
		name = " "
	}
}

// keepStep keeps the event that is shown in view, where it is one of the answer to a why.
func (p *Inspector) keepStep() {
	if !p.moved || p.scene.View == nil {
		return
	}
	p.moved = false
	if len(p.scene.Chain) == 0 || p.scene.Selected != (Selection{}) {
		return
	}
	if i := slices.IndexFunc(p.lines, func(l inspectLine) bool { return l.event == p.scene.View.Event }); i >= 0 {
		const ahead = 8 // lines that are seen below it
		p.list.Selected = min(i+ahead, len(p.lines)-1, i+max(p.height-2, 0))
		p.list.Show(p.height)
		p.list.Selected = i
	}
}
