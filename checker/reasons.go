package checker

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// The functions below name the one thing that contradicts the last operation of
// a contradiction, where there is one such thing. Each claim they make is
// checked against every call that could matter, so a claim that is made is true;
// where none can be made, the list of operations has to speak for itself.

// had describes a call that returned: write 9 by client 1 had completed at 5.1s.
func (h *History) had(x *call) string {
	verb := answered(x.op)
	if verb == "was refused" {
		verb = "been refused"
	}
	return fmt.Sprintf("%s by %s had %s at %s", shorten(phrase(x.op), 40), clientName(x.op.Client), verb, h.moment(x.op.Return))
}

// before returns the calls of the core that had returned before the last one
// was called, the latest first.
func (c *contradiction) before() []*call {
	var found []*call
	for _, x := range c.core {
		if x.ret < c.last.at {
			found = append(found, x)
		}
	}
	slices.SortStableFunc(found, func(a, b *call) int { return cmp.Compare(b.ret, a.ret) })
	return found
}

// allBefore reports whether all calls had returned before at.
func allBefore(calls []*call, at int64) bool {
	return !slices.ContainsFunc(calls, func(x *call) bool { return x.open || x.ret >= at })
}

// leaves returns the value that a register holds right after the operation, and
// whether it is known.
func leaves(op *Operation, list []Value) (Value, bool) {
	switch op.Op {
	case "read", "get":
		return op.Output, true
	case "write", "put":
		return op.Input, true
	case "cas":
		done, isBool := op.Output.Bool()
		return list[1], done || !isBool
	}
	return Nil, false
}

// saw returns the value that a register held right before the operation, and
// whether it is known.
func saw(c *call) (Value, bool) {
	switch c.op.Op {
	case "read", "get":
		return c.op.Output, true
	case "cas":
		done, isBool := c.op.Output.Bool()
		return c.list[0], done || !isBool
	}
	return Nil, false
}

func explainRegister(h *History, c *contradiction) (but string, by *call) {
	value, ok := saw(c.last)
	if !ok || len(c.matching(func(x *call) bool { return x.op.Op == "append" })) > 0 {
		return "", nil
	}
	writers := c.matching(func(x *call) bool {
		switch x.op.Op {
		case "write", "put":
			return x.op.Input == value
		case "cas":
			return x.list[1] == value
		}
		return false
	})
	initial := value.IsNil() || c.last.op.Op == "get" && value == String("")
	text := shorten(value.String(), 40)
	if len(writers) == 0 && !initial {
		return "nothing had written " + text + " by then", nil
	}
	for _, x := range c.before() {
		left, known := leaves(x.op, x.list)
		if known && left != value && allBefore(writers, x.at) {
			return h.had(x) + " and nothing wrote " + text + " after it", x
		}
	}
	if initial {
		writers = append(writers, nil) // it was there from the start
	}
	return explainSwap(h, c, value, len(writers))
}

// explainSwap looks for more compare-and-sets that took a value away than times
// that the register can have held it.
func explainSwap(h *History, c *contradiction, value Value, held int) (but string, by *call) {
	takes := func(x *call) bool {
		from, done := saw(x)
		return x.op.Op == "cas" && !x.open && done && from == value && x.list[1] != value
	}
	others := c.matching(takes)
	if !takes(c.last) || len(others) < held {
		return "", nil
	}
	x := others[len(others)-1]
	return h.had(x) + " and the value was " + shorten(value.String(), 40) + " only " + times(held), x
}

// explainKV looks for a text that must be there, where nothing replaced it.
func explainKV(h *History, c *contradiction) (but string, by *call) {
	if but, by := explainRegister(h, c); but != "" || c.last.op.Op != "get" {
		return but, by
	}
	puts := c.matching(func(x *call) bool { return x.op.Op == "put" })
	answer := c.last.op.Output.text
	for _, x := range c.before() {
		lost := x.op.Op == "append" && !strings.Contains(answer, x.op.Input.text) ||
			x.op.Op == "get" && !strings.HasPrefix(answer, x.op.Output.text)
		if lost && allBefore(puts, x.at) {
			return h.had(x) + " and nothing replaced the text after it", x
		}
	}
	return "", nil
}

// registerAnswers proposes the values written last and nil.
func registerAnswers(c *contradiction) []Value {
	if c.last.op.Op != "read" {
		return nil
	}
	writers := c.others()
	slices.SortStableFunc(writers, func(a, b *call) int { return cmp.Compare(b.ret, a.ret) })
	answers := []Value{Nil}
	for _, x := range writers {
		if x.op.Op == "read" || len(answers) > maxAnswers {
			continue
		}
		if v, _ := leaves(x.op, x.list); !slices.Contains(answers, v) {
			answers = append(answers, v)
		}
	}
	return answers
}

func explainCounter(h *History, c *contradiction) (but string, by *call) {
	if !judgesSum(c.last.op) {
		return "", nil
	}
	value, _ := c.last.op.Output.Int()
	least, most := counterBounds(c)
	switch {
	case value >= least && value <= most:
	case least == most:
		return fmt.Sprintf("everything added by then makes %d", least), nil
	default:
		return fmt.Sprintf("what was added by then makes %d at least and %d at most", least, most), nil
	}
	if len(c.matching(func(x *call) bool { return addend(x.op) < 0 })) > 0 {
		return "", nil
	}
	for _, x := range c.before() {
		if seen, _ := x.op.Output.Int(); judgesSum(x.op) && seen > value {
			return h.had(x) + " and nothing was subtracted", x
		}
	}
	return "", nil
}

// about returns the other calls of the operation with the value as argument.
func (c *contradiction) about(op string, value Value) []*call {
	return c.matching(func(x *call) bool { return x.op.Op == op && x.op.Input == value })
}

func explainSet(h *History, c *contradiction) (but string, by *call) {
	if c.last.op.Op != "read" {
		return "", nil
	}
	for _, e := range c.last.list {
		if len(c.about("add", e)) == 0 {
			return "nothing had added " + shorten(e.String(), 40) + " by then", nil
		}
	}
	for _, x := range c.before() {
		if but, by := againstRead(h, c, x); but != "" {
			return but, by
		}
	}
	return "", nil
}

// againstRead looks for an element that x says is in or out of the set, the
// read says the opposite, and nothing changed in between.
func againstRead(h *History, c *contradiction, x *call) (but string, by *call) {
	in := func(e Value) bool { return slices.Contains(c.last.list, e) }
	elements, isIn := []Value{x.op.Input}, true
	switch x.op.Op {
	case "remove":
		isIn = false
	case "read":
		elements = x.list
	}
	undo, verb := "remove", "removed"
	if !isIn {
		undo, verb = "add", "added"
	}
	for _, e := range elements {
		if in(e) != isIn && allBefore(c.about(undo, e), x.at) {
			return h.had(x) + " and nothing " + verb + " " + shorten(e.String(), 40) + " after it", x
		}
	}
	return "", nil
}

func explainQueue(h *History, c *contradiction) (but string, by *call) {
	if c.last.op.Op != "dequeue" {
		return "", nil
	}
	value := c.last.op.Output
	text := shorten(value.String(), 40)
	takers := func(v Value) []*call {
		return c.matching(func(x *call) bool { return x.op.Op == "dequeue" && !x.open && x.op.Output == v })
	}
	sources, taken := c.about("enqueue", value), takers(value)
	switch {
	case value.IsNil():
	case len(sources) == 0:
		return "nothing had enqueued " + text + " by then", nil
	case len(taken) >= len(sources):
		x := taken[len(taken)-1]
		return h.had(x) + " and " + text + " was enqueued " + times(len(sources)), x
	}
	if len(c.matching(func(x *call) bool { return x.op.Op == "dequeue" && x.open })) > 0 {
		return "", nil
	}
	for _, x := range c.core {
		ahead := x.op.Op == "enqueue" && x.ret < c.last.at && len(takers(x.op.Input)) == 0
		for _, s := range sources {
			ahead = ahead && x.ret < s.at
		}
		if ahead {
			return h.had(x) + " and nothing had taken " + shorten(x.op.Input.String(), 40) + " out", x
		}
	}
	return "", nil
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

func explainLock(h *History, c *contradiction) (but string, by *call) {
	client := c.last.op.Client
	asked := func(client, op string) []*call {
		return c.matching(func(x *call) bool { return x.op.Client == client && x.op.Op == op })
	}
	switch lockKind(c.last) {
	case opRelease:
		if len(asked(client, "acquire")) == 0 {
			return clientName(client) + " had never asked for it", nil
		}
	case opAcquire:
		for _, x := range c.before() {
			if lockKind(x) == opAcquire && allBefore(asked(x.op.Client, "release"), x.at) {
				return h.had(x) + " and " + clientName(x.op.Client) + " had not asked to release it", x
			}
		}
	}
	return "", nil
}
