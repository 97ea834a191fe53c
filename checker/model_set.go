package checker

import (
	"iter"
	"slices"
)

var setModel = Model{
	Name: "set",
	Doc:  "a set of values, empty at first: add, remove and read",
	Operations: []OperationDoc{
		{"add", "puts its argument in; true or false says whether it was new"},
		{"remove", "takes its argument out; true or false says whether it was there"},
		{"read", "answers all elements, in any order"},
	},
	accept:  acceptSet,
	compile: compileSet,
	explain: explainSet,
	project: projectSet,
}

func acceptSet(c *call) string {
	if c.op.Op != "read" || c.open || c.op.Output.IsNil() {
		return ""
	}
	list, ok := c.op.Output.Elems()
	if !ok {
		return expectAnswer(c, "a list of the elements")
	}
	c.list = list
	return ""
}

// bitset holds small numbers.
type bitset []uint64

func (b bitset) has(n int64) bool { return b[n/64]>>(n%64)&1 == 1 }

// flip returns a copy of b in which n is in if it was out, and out if it was in.
func (b bitset) flip(n int64) bitset {
	b = slices.Clone(b)
	b[n/64] ^= 1 << (n % 64)
	return b
}

// setState is a set of element numbers; sum is the exclusive or of their mixed
// numbers, so that adding an element need not hash the others again.
type setState struct {
	bits bitset
	sum  uint64
}

// setMachine numbers the elements that calls add or remove.
type setMachine struct {
	elements []Value
	empty    *setState
}

func compileSet(calls []call, exact bool) machine {
	m := &setMachine{}
	numbers := make(map[Value]int64)
	for i := range calls {
		c := &calls[i]
		switch c.op.Op {
		case "add":
			c.kind = opAdd
		case "remove":
			c.kind = opRemove
		default:
			c.kind = opRead
			continue
		}
		n, ok := numbers[c.op.Input]
		if !ok {
			n = int64(len(m.elements))
			numbers[c.op.Input] = n
			m.elements = append(m.elements, c.op.Input)
		}
		c.in = n
	}
	words := (len(m.elements) + 63) / 64
	m.empty = &setState{bits: make(bitset, words)}
	for i := range calls {
		if c := &calls[i]; c.kind == opRead && !c.open {
			m.encodeAnswer(c, numbers)
		}
	}
	if !exact {
		m.reduceOpen(calls)
	}
	return m
}

// encodeAnswer turns the elements a read answers into bits. Out is 1 if one of
// them was never added by any call: no set can answer that.
func (m *setMachine) encodeAnswer(c *call, numbers map[Value]int64) {
	c.bits = make(bitset, len(m.empty.bits))
	for _, e := range c.list {
		n, ok := numbers[e]
		if !ok {
			c.out = 1
			continue
		}
		c.bits[n/64] |= 1 << (n % 64)
	}
}

// reduceOpen leaves out or ends open calls, as for registers: an open add of an
// element that nobody saw could have happened after everything else, and one
// that is the only add of an element happened before the element was seen.
func (m *setMachine) reduceOpen(calls []call) {
	adds := make([]int, len(m.elements))
	judged := make([]bool, len(m.elements)) // an answer depends on the element
	for i := range calls {
		c := &calls[i]
		if c.kind == opAdd {
			adds[c.in]++
		}
		if c.kind != opRead && !c.open {
			_, isBool := c.op.Output.Bool()
			judged[c.in] = judged[c.in] || isBool
		}
	}
	for i := range calls {
		c := &calls[i]
		switch {
		case !c.open:
		case c.kind == opRead:
			c.drop = true
		case c.kind == opAdd && !judged[c.in]:
			first, seen := firstSeen(calls, c.in)
			c.drop = !seen
			if seen && adds[c.in] == 1 {
				c.ret = max(c.at, first)
			}
		}
	}
}

// firstSeen returns the earliest return of a read that answered the element.
func firstSeen(calls []call, element int64) (at int64, seen bool) {
	for i := range calls {
		c := &calls[i]
		if c.kind == opRead && !c.open && c.bits.has(element) && (!seen || c.ret < at) {
			at, seen = c.ret, true
		}
	}
	return at, seen
}

func (m *setMachine) init() any { return m.empty }

func (m *setMachine) step(state any, c *call) (any, bool) {
	s := state.(*setState)
	if c.kind == opRead {
		return state, c.open || c.out == 0 && slices.Equal(s.bits, c.bits)
	}
	changes := s.bits.has(c.in) == (c.kind == opRemove)
	if said, isBool := c.op.Output.Bool(); isBool && !c.open && said != changes {
		return nil, false
	}
	if !changes {
		return state, true
	}
	return &setState{bits: s.bits.flip(c.in), sum: s.sum ^ mix(uint64(c.in))}, true
}

func (m *setMachine) equal(a, b any) bool {
	return slices.Equal(a.(*setState).bits, b.(*setState).bits)
}

func (m *setMachine) hash(state any) uint64 { return state.(*setState).sum }

func (m *setMachine) describe(state any) string {
	var elems []Value
	for n, e := range m.elements {
		if state.(*setState).bits.has(int64(n)) {
			elems = append(elems, e)
		}
	}
	return sortedSet(elems).String()
}

// projectSet returns, for each element, what was done about it: what happens to
// the others makes no difference to it.
func projectSet(c *contradiction) iter.Seq[[]call] {
	return func(yield func([]call) bool) {
		tried := make(map[Value]bool)
		for i := range c.calls {
			elements := c.calls[i].list
			if c.calls[i].op.Op == "add" {
				elements = []Value{c.calls[i].op.Input}
			}
			for _, e := range elements {
				if !tried[e] && !yield(aboutElement(c.calls, e)) {
					return
				}
				tried[e] = true
			}
		}
	}
}

func aboutElement(calls []call, e Value) []call {
	var about []call
	for _, x := range calls {
		switch {
		case x.op.Op == "read" && slices.Contains(x.list, e):
			x.list = []Value{e}
		case x.op.Op == "read":
			x.list = nil
		case x.op.Input != e:
			continue
		}
		about = append(about, x)
	}
	return about
}
