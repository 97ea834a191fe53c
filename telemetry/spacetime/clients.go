package spacetime

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// operations are bars on the lanes of the clients, each with its text above where there
// is room. Those that stand out get theirs first.
func (p *picture) operations() {
	ops := slices.Clone(p.rec.Operations)
	marked := func(o *Operation) int {
		if p.d.Marked[o.Event] != "" {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(ops, func(a, b *Operation) int {
		return cmp.Or(cmp.Compare(marked(a), marked(b)), cmp.Compare(a.Call, b.Call))
	})
	for _, o := range ops {
		if _, ok := p.y[o.Client]; !ok {
			continue
		}
		if _, ok := p.row[o]; !ok {
			continue
		}
		y := p.y[o.Client] - px(p.rows[o.Client]-1-p.row[o])*clientRow
		p.open("operation", p.about(o))
		from := p.bar(o, y)
		label := o.label()
		if word := p.d.Marked[o.Event]; word != "" {
			label = word + ": " + label
		}
		from = max(left, min(from, right-wide(label)))
		if up := y - barHeight/2 - 50; p.claim(from, up, label) {
			class := "ink"
			if marked(o) == 0 {
				class += " b"
			}
			p.text(class, from, up, label)
		}
		p.close()
	}
}

// bar draws an operation from its call to its return: whole if it was ok, dashed with a
// cross if it failed, open to the right if nobody knows. It returns where it begins.
func (p *picture) bar(o *Operation, y px) px {
	const least = 30
	from, to := p.clamp(p.x(o.Call)), p.clamp(p.x(o.Return))
	if to-from < least {
		to = min(from+least, right)
		from = min(from, to-least)
	}
	class := "op fill"
	if p.d.Marked[o.Event] != "" {
		class += " marked"
	}
	up := y - barHeight/2
	switch o.Outcome {
	case "ok":
		p.add(`<rect class="%s" x="%v" y="%v" width="%v" height="%v"/>`, class, from, up, to-from, barHeight)
	case "failed":
		p.add(`<rect class="%s failed" fill-opacity=".3" x="%v" y="%v" width="%v" height="%v"/>`, class, from, up, to-from, barHeight)
		if o.Return <= p.rec.Window.To {
			p.cross("x", to, y, 40)
		}
	default:
		p.add(`<path class="%s unknown" fill-opacity=".3" d="M%v %vH%vV%vH%v"/>`, class, to, up, from, up+barHeight, to)
	}
	return from
}

// about tells everything of an operation.
func (p *picture) about(o *Operation) string {
	text := fmt.Sprintf("event %d, %s: %s: %s", o.Event, clockText(o.Call), o.Client, o.label())
	if o.Return != endless {
		text += fmt.Sprintf("\nevent %d, %s: it took %v", o.ReturnEvent, clockText(o.Return), o.Return-o.Call)
	}
	return text
}

// frame puts everything together: the size, the style, what the arrows look like, the
// title, and below what is to be known.
func (p *picture) frame(inner string) string {
	c := newCanvas()
	lines := []string{legendOperations}
	if len(p.rec.Messages) > 0 {
		lines = append(lines, legendMessages)
	}
	lines = append(lines, p.notes...)
	height := p.end + 60 + px(len(lines))*170
	name := p.d.Name
	c.add(`<svg class="st" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %v %v" role="img" aria-labelledby="%s-t %s-d">`, width, height, name, name)
	c.add(`<title id="%s-t">%s</title>`, name, escape(p.d.Title))
	c.add(`<desc id="%s-d">%s</desc>`, name, escape(p.summary()))
	c.add("<style>\n%s</style>", style())
	c.add(`<defs><clipPath id="%s-plot"><rect x="%v" y="0" width="%v" height="%v"/></clipPath>`, name, left, right-left, height)
	for _, tip := range []string{"tip", "ftip"} {
		c.add(`<marker id="%s-%s" viewBox="0 0 8 6" refX="8" refY="3" markerUnits="userSpaceOnUse" markerWidth="8" markerHeight="6" orient="auto"><path class="%s" d="M0 0L8 3L0 6z"/></marker>`,
			name, tip, tip)
	}
	c.add(`<pattern id="%s-hatch" width="5" height="5" patternUnits="userSpaceOnUse"><path class="hatch" d="M-1 6L6 -1"/></pattern></defs>`, name)
	c.add(`<rect class="paper" width="%v" height="%v"/>`, width, height)
	c.text("ink b", 120, 190, p.d.Title)
	c.WriteString(inner)
	for i, line := range lines {
		c.text("soft", 120, p.end+150+px(i)*170, line)
	}
	c.WriteString("</svg>\n")
	return c.String()
}

const (
	legendOperations = "Bars are operations: dashed with a cross failed, open to the right are of unknown outcome. Point at anything for its events."
	legendMessages   = "Arrows are messages: crossed out when lost, dotted when held back or sent again. Thick lines below a node's are its disk and its work."
)

// summary says in words what the picture shows.
func (p *picture) summary() string {
	w := p.rec.Window
	lost := 0
	for _, m := range p.rec.Messages {
		if m.Fate == Lost {
			lost++
		}
	}
	text := fmt.Sprintf("%s to %s of virtual time, to the right; %d nodes, %d messages of which %d were lost, %d operations.",
		clockText(w.From), clockText(w.To), len(p.lanes), len(p.rec.Messages), lost, len(p.rec.Operations))
	for _, f := range p.rec.Faults {
		text += " In force: " + p.faultLabel(f) + "."
	}
	for _, o := range p.rec.Operations {
		if word := p.d.Marked[o.Event]; word != "" {
			text += fmt.Sprintf(" %s: %s by %s.", strings.ToUpper(word[:1])+word[1:], o.label(), o.Client)
		}
	}
	return text
}
