package telemetry

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Tree calls visit for every span of a trace, a parent before its children and those
// that began first before the others, with how deep each lies. A span whose parent is
// not among them lies at depth 0.
func Tree(spans []*Span, visit func(s *Span, depth int)) {
	known := map[uint64]bool{}
	for _, s := range spans {
		known[s.ID] = true
	}
	below := map[uint64][]*Span{}
	for _, s := range spans {
		parent := s.Parent
		if !known[parent] {
			parent = 0
		}
		below[parent] = append(below[parent], s)
	}
	var descend func(parent uint64, depth int)
	descend = func(parent uint64, depth int) {
		children := below[parent]
		slices.SortStableFunc(children, func(a, b *Span) int {
			return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.StartEvent, b.StartEvent))
		})
		for _, s := range children {
			visit(s, depth)
			descend(s.ID, depth+1)
		}
	}
	descend(0, 0)
}

// Title says in a few words what the span is.
func (s *Span) Title() string {
	switch s.Kind {
	case Call:
		return fmt.Sprintf("%s: call %s: %s", s.Node, s.Peer, s.Name)
	case Serve:
		return fmt.Sprintf("%s: serve %s: %s", s.Node, s.Peer, s.Name)
	case Message:
		return fmt.Sprintf("%s -> %s: %s", s.Node, s.Peer, s.Name)
	}
	return s.Node + ": " + s.Name
}

// Waterfall draws the spans of a trace as text: below each other as they nest, each
// with a bar over the time of the whole. Lines have up to width characters, but for
// what happened to a span, which is told in full.
func Waterfall(spans []*Span, width int) string {
	if len(spans) == 0 {
		return ""
	}
	begin, end := spans[0].Start, spans[0].End
	for _, s := range spans {
		begin, end = min(begin, s.Start), max(end, s.End)
	}
	const titles, times = 46, 22
	bar := max(width-titles-times, 10)
	scale := func(t time.Duration) int {
		if end == begin {
			return 0
		}
		return int(int64(t-begin) * int64(bar) / int64(end-begin)) // spans are far shorter than the centuries that would overflow
	}
	var b strings.Builder
	Tree(spans, func(s *Span, depth int) {
		title := cut(strings.Repeat("  ", depth)+s.Title(), titles-2)
		from := min(scale(s.Start), bar-1)
		to := max(scale(s.End), from+1)
		line := strings.Repeat(" ", from) + strings.Repeat("=", to-from) + strings.Repeat(" ", bar-to)
		fmt.Fprintf(&b, "%s%s%s %9s +%s", title, strings.Repeat(" ", titles-utf8.RuneCountInString(title)), line, brief(s.Start-begin), brief(s.Took()))
		if s.Error != "" {
			fmt.Fprintf(&b, "  ! %s", s.Error)
		}
		b.WriteByte('\n')
		for _, m := range s.Marks {
			fmt.Fprintf(&b, "%s  * %s at +%s, event %d\n", strings.Repeat("  ", depth), m.Name, brief(m.At-begin), m.Event)
		}
	})
	return b.String()
}

func cut(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}

// brief renders a duration with three digits.
func brief(d time.Duration) string {
	unit := time.Nanosecond
	for unit < time.Second && d >= 1000*unit {
		unit *= 1000
	}
	return d.Round(max(unit/100, 1)).String()
}
