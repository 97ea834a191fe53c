package checker

import (
	"cmp"
	"math"
	"strconv"
)

var counterModel = Model{
	Name: "counter",
	Doc:  "one number per key, 0 at first: add, inc, dec, add-and-get and read",
	Operations: []OperationDoc{
		{"add", "adds its argument"},
		{"inc", "adds its argument, or 1"},
		{"dec", "subtracts its argument, or 1"},
		{"add-and-get", "adds its argument and answers the sum"},
		{"read", "answers the number"},
	},
	accept:  acceptCounter,
	compile: compileCounter,
	explain: explainCounter,
	answers: counterAnswers,
}

// maxAddend keeps sums of a billion addends within 64 bits.
const maxAddend = math.MaxInt64 >> 31

func acceptCounter(c *call) string {
	if c.op.Op != "read" {
		n, isInt := c.op.Input.Int()
		optional := c.op.Op == "inc" || c.op.Op == "dec"
		if !isInt && !(optional && c.op.Input.IsNil()) {
			return expectArgument(c, "a whole number")
		}
		if n > maxAddend || n < -maxAddend {
			return expectArgument(c, "a number between -"+strconv.FormatInt(maxAddend, 10)+" and "+strconv.FormatInt(maxAddend, 10))
		}
	}
	if _, isInt := c.op.Output.Int(); judgesSum(c.op) && !c.open && !isInt {
		return expectAnswer(c, "a whole number")
	}
	return ""
}

// judgesSum reports whether the answer of op is the number itself.
func judgesSum(op *Operation) bool { return op.Op == "read" || op.Op == "add-and-get" }

// addend is what op adds to the counter.
func addend(op *Operation) int64 {
	n, isInt := op.Input.Int()
	switch {
	case op.Op == "read":
		return 0
	case !isInt:
		n = 1
	}
	if op.Op == "dec" {
		return -n
	}
	return n
}

// counterMachine has numbers as states.
type counterMachine struct{}

func compileCounter(calls []call, exact bool) machine {
	for i := range calls {
		c := &calls[i]
		c.in = addend(c.op)
		c.out, _ = c.op.Output.Int()
		switch c.op.Op {
		case "read":
			c.kind = opRead
		case "add-and-get":
			c.kind = opAddAndGet
		default:
			c.kind = opAdd
		}
		if c.open && c.kind == opAddAndGet {
			c.kind = opAdd // the same without its answer
		}
		c.drop = !exact && c.open && c.in == 0
	}
	return counterMachine{}
}

func (counterMachine) init() any { return int64(0) }

func (counterMachine) step(state any, c *call) (any, bool) {
	sum := state.(int64) + c.in
	switch {
	case c.in == 0:
		return state, c.open || c.kind == opAdd || c.out == sum
	case c.kind == opAddAndGet && c.out != sum:
		return nil, false
	}
	return sum, true
}

func (counterMachine) equal(a, b any) bool { return a.(int64) == b.(int64) }

func (counterMachine) hash(state any) uint64 { return mix(uint64(state.(int64))) }

func (counterMachine) describe(state any) string { return strconv.FormatInt(state.(int64), 10) }

// counterBounds returns the least and the greatest number that the additions
// called before the contradiction can make: what returned before it was called
// counts, everything else may or may not.
func counterBounds(c *contradiction) (least, most int64) {
	own := int64(0)
	if c.last.op.Op == "add-and-get" {
		own = addend(c.last.op)
	}
	least, most = own, own
	for _, x := range c.others() {
		n := addend(x.op)
		if !x.open && x.ret < c.last.at {
			least, most = least+n, most+n
			continue
		}
		least, most = least+min(n, 0), most+max(n, 0)
	}
	return least, most
}

// counterAnswers proposes every number within the bounds, if they are few.
func counterAnswers(c *contradiction) []Value {
	if !judgesSum(c.last.op) {
		return nil
	}
	least, most := counterBounds(c)
	if cmp.Compare(most-least, maxAnswers) > 0 {
		return nil
	}
	var answers []Value
	for n := least; n <= most; n++ {
		answers = append(answers, Int(n))
	}
	return answers
}
