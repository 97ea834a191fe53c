package checker

var readDoc = OperationDoc{"read", "answers the value"}
var writeDoc = OperationDoc{"write", "sets the value to its argument"}

var registerModel = Model{
	Name:       "register",
	Doc:        "one value per key, nil at first: read and write",
	Operations: []OperationDoc{readDoc, writeDoc},
	accept:     acceptRegister,
	compile:    compileRegister,
	explain:    explainRegister,
	answers:    registerAnswers,
}

var casRegisterModel = Model{
	Name: "cas-register",
	Doc:  "one value per key, nil at first: read, write and compare-and-set",
	Operations: []OperationDoc{readDoc, writeDoc,
		{"cas", "[old new]: sets the value to new if it is old; false says that it was not"}},
	accept:  acceptRegister,
	compile: compileRegister,
	explain: explainRegister,
	answers: registerAnswers,
}

func acceptRegister(c *call) string {
	if c.op.Op != "cas" {
		return ""
	}
	list, ok := c.op.Input.Elems()
	if !ok || len(list) != 2 {
		return expectArgument(c, "a list [old new]")
	}
	c.list = list
	return acceptDone(c, true)
}

// register is the machine of a register with or without compare-and-set. Values
// are numbered; a state is the number of a value.
//
// Values that no operation compares the register with all share number 0:
// which of them the register holds can make no difference. So a hundred writes
// of unknown outcome that nobody read are a hundred times the same write.
type register struct {
	numbers map[Value]int64
	values  []Value
	states  []any // states[n] is n as an interface: boxed once, not at each step
	initial int64
}

func compileRegister(calls []call, exact bool) machine {
	r := &register{numbers: make(map[Value]int64)}
	r.number(other("something else"))
	if exact {
		r.number(Nil)
	}
	refusals := false
	for i := range calls {
		c := &calls[i]
		r.observe(c, exact)
		refusals = refusals || c.kind == opCASFalse
	}
	r.initial = r.numbers[Nil]
	for i := range calls {
		r.encode(&calls[i])
	}
	if !exact {
		dropUnobserved(calls, refusals)
		boundOpenWrites(calls, r.initial)
	}
	return r
}

// number gives v a number of its own.
func (r *register) number(v Value) {
	if _, ok := r.numbers[v]; ok {
		return
	}
	n := int64(len(r.values))
	r.numbers[v] = n
	r.values = append(r.values, v)
	r.states = append(r.states, n)
}

// observe sets the kind of c and numbers the values that it compares.
func (r *register) observe(c *call, exact bool) {
	switch c.op.Op {
	case "read":
		c.kind = opRead
		if !c.open || exact {
			r.number(c.op.Output)
		}
	case "write":
		c.kind = opWrite
		if exact {
			r.number(c.op.Input)
		}
	case "cas":
		c.kind = opCAS
		if !c.open && refused(c) {
			c.kind = opCASFalse
		}
		r.number(c.list[0])
		if exact {
			r.number(c.list[1])
		}
	}
}

func (r *register) encode(c *call) {
	switch c.kind {
	case opRead:
		c.out = r.numbers[c.op.Output]
	case opWrite:
		c.in = r.numbers[c.op.Input]
	default:
		c.in, c.in2 = r.numbers[c.list[0]], r.numbers[c.list[1]]
	}
}

// writes returns the number of the value that c leaves behind, if it writes.
func writes(c *call) (value int64, ok bool) {
	switch c.kind {
	case opWrite:
		return c.in, true
	case opCAS, opCASFalse:
		return c.in2, true
	}
	return 0, false
}

// dropUnobserved leaves out the open calls whose effect nobody saw. An open
// read never matters. An open write of a value that nobody compared with could
// as well have happened after everything else, unless a refused compare-and-set
// shows that the value was another one at some time.
func dropUnobserved(calls []call, refusals bool) {
	for i := range calls {
		c := &calls[i]
		if !c.open {
			continue
		}
		value, isWrite := writes(c)
		c.drop = !isWrite || value == 0 && !refusals
	}
}

// boundOpenWrites ends the open writes that somebody saw. If only one call can
// have written a value, then that call took effect before anything that
// returned after seeing the value. An open call that has an end is not tried
// again at every later step, which would double the search for each of them.
func boundOpenWrites(calls []call, initial int64) {
	sources := make(map[int64]int)
	seen := make(map[int64]int64) // earliest return of a call that saw the value
	for i := range calls {
		c := &calls[i]
		if value, ok := writes(c); ok {
			sources[value]++
		}
		value, saw := c.out, c.kind == opRead
		if c.kind == opCAS {
			value, saw = c.in, true
		}
		if !saw || c.open {
			continue
		}
		if first, ok := seen[value]; !ok || c.ret < first {
			seen[value] = c.ret
		}
	}
	for i := range calls {
		c := &calls[i]
		value, ok := writes(c)
		if !ok || !c.open || value == 0 || value == initial || sources[value] > 1 {
			continue
		}
		if first, ok := seen[value]; ok {
			c.ret = max(c.at, first)
		}
	}
}

func (r *register) init() any { return r.states[r.initial] }

func (r *register) step(state any, c *call) (any, bool) {
	s := state.(int64)
	switch c.kind {
	case opRead:
		return state, c.open || c.out == s
	case opWrite:
		return r.states[c.in], true
	case opCAS:
		if s == c.in {
			return r.states[c.in2], true
		}
		return state, c.open
	default: // opCASFalse
		return state, s != c.in
	}
}

func (r *register) equal(a, b any) bool { return a.(int64) == b.(int64) }

func (r *register) hash(state any) uint64 { return mix(uint64(state.(int64))) }

func (r *register) describe(state any) string { return r.values[state.(int64)].String() }
