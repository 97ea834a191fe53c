package panes

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/orrery-sim/orrery/internal/suggest"
	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/telemetry"
)

// FilterHelp says how a filter of events is written, a line each.
var FilterHelp = []string{
	`word            the word occurs in what happened; "two words" in quotes`,
	`node:n1,n2      it happened at one of these nodes`,
	`peer:n1         the other node of a message or link`,
	`kind:send,drop  one of these kinds, as they stand in the list`,
	`msg:Request     a message whose type has this in its name`,
	`text:k:v        as a word by itself, for those with a colon in them`,
	`cause:8112      what that event led to at once`,
	`not ...         what follows does not hold`,
	`All that is written must hold. Upper and lower case are the same.`,
}

// A Filter says of events whether they are wanted. The zero Filter wants all.
type Filter struct {
	Text  string // as it was written
	terms []term
	slow  bool // it reads what messages say
}

// term is one condition.
type term struct {
	not   bool
	slow  bool
	match func(e *sim.Event) bool
}

// slowCost is how many events can be looked at in the time that it takes to put
// one message into words.
const slowCost = 40

// ParseFilter reads a filter, see [FilterHelp].
func ParseFilter(text string) (*Filter, error) {
	f := &Filter{Text: strings.TrimSpace(text)}
	not := false
	for _, w := range filterWords(text) {
		if w == "not" {
			not = !not
			continue
		}
		t, err := parseTerm(w)
		if err != nil {
			return nil, err
		}
		t.not, not = not, false
		f.terms = append(f.terms, t)
		f.slow = f.slow || t.slow
	}
	if not {
		return nil, fmt.Errorf(`nothing after "not": expected a word, or such as kind:send`)
	}
	slices.SortStableFunc(f.terms, func(a, b term) int {
		switch {
		case a.slow == b.slow:
			return 0
		case b.slow:
			return -1
		}
		return 1
	})
	return f, nil
}

// filterWords splits a text at spaces outside of quotes, which it takes away.
func filterWords(text string) []string {
	var words []string
	var word strings.Builder
	quoted, some := false, false
	for _, r := range text {
		switch {
		case r == '"':
			quoted, some = !quoted, true
		case r == ' ' && !quoted:
			if some {
				words = append(words, word.String())
			}
			word.Reset()
			some = false
		default:
			word.WriteRune(r)
			some = true
		}
	}
	if some {
		words = append(words, word.String())
	}
	return words
}

var filterNames = []string{"node", "peer", "kind", "msg", "text", "cause"}

func parseTerm(w string) (term, error) {
	name, value, found := strings.Cut(w, ":")
	if !found || strings.Contains(name, " ") || name == "" {
		return occurs(w), nil
	}
	list := strings.Split(strings.ToLower(value), ",")
	if value == "" {
		return term{}, fmt.Errorf("nothing after %q", name+":")
	}
	switch name {
	case "node":
		return term{match: func(e *sim.Event) bool { return oneOf(e.Node, list) }}, nil
	case "peer":
		return term{match: func(e *sim.Event) bool { return oneOf(e.Peer, list) }}, nil
	case "text":
		return occurs(value), nil
	case "msg":
		return term{match: func(e *sim.Event) bool {
			return e.Body != nil && e.Kind != sim.KindSpanEnd && e.Kind != sim.KindSpan && contains(telemetry.TypeName(e.Body), list)
		}}, nil
	case "cause":
		n, err := strconv.ParseUint(value, 10, 64)
		if err != nil {
			return term{}, fmt.Errorf("cause:%s: expected the number of an event", value)
		}
		return term{match: func(e *sim.Event) bool { return e.Cause == n }}, nil
	case "kind":
		return parseKinds(list)
	}
	if hint := suggest.Hint(name, filterNames); hint != "" {
		return term{}, fmt.Errorf("%q is none of %s%s", name+":", strings.Join(filterNames, ", "), hint)
	}
	return occurs(w), nil
}

func parseKinds(list []string) (term, error) {
	known := map[string]sim.Kind{}
	var names []string
	for k := sim.KindBoot; !strings.HasPrefix(k.String(), "kind("); k++ {
		known[k.String()] = k
		names = append(names, k.String())
	}
	var want []sim.Kind
	for _, name := range list {
		k, ok := known[name]
		if !ok {
			return term{}, fmt.Errorf("there is no kind %q%s", name, suggest.Hint(name, names))
		}
		want = append(want, k)
	}
	return term{match: func(e *sim.Event) bool { return slices.Contains(want, e.Kind) }}, nil
}

// oneOf compares without regard to case, and without making new text.
func oneOf(name string, list []string) bool {
	for _, l := range list {
		if strings.EqualFold(name, l) {
			return true
		}
	}
	return false
}

func contains(text string, list []string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc(list, func(l string) bool { return strings.Contains(text, l) })
}

// occurs looks for a word in all that is shown of an event.
func occurs(word string) term {
	word = strings.ToLower(word)
	in := func(text string) bool { return strings.Contains(strings.ToLower(text), word) }
	return term{slow: true, match: func(e *sim.Event) bool {
		return in(e.Node) || in(e.Kind.String()) || in(e.Proc) || in(what(e))
	}}
}

// Match says whether an event is wanted.
func (f *Filter) Match(e *sim.Event) bool {
	ok, _ := f.judge(e)
	return ok
}

// judge is Match, and what it cost: 1 is an event merely looked at.
func (f *Filter) judge(e *sim.Event) (ok bool, cost int) {
	cost = 1
	for i := range f.terms {
		t := &f.terms[i]
		if t.slow {
			cost += 1 + slowCost*min(1, len(e.Text)+bodied(e))
		}
		if t.match(e) == t.not {
			return false, cost
		}
	}
	return true, cost
}

func bodied(e *sim.Event) int {
	if e.Body != nil {
		return 1
	}
	return 0
}

// Any says whether the filter wants all events.
func (f *Filter) Any() bool { return len(f.terms) == 0 }
