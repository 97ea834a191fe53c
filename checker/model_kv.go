package checker

import "strings"

var kvModel = Model{
	Name: "kv",
	Doc:  "one text per key, empty at first: get, put and append",
	Operations: []OperationDoc{
		{"get", "answers the text"},
		{"put", "sets the text to its argument"},
		{"append", "adds its argument to the end of the text"},
	},
	accept:  acceptKV,
	compile: compileKV,
	explain: explainKV,
}

func acceptKV(c *call) string {
	if !isText(c.op.Input) {
		return expectArgument(c, "a text")
	}
	if c.op.Op == "get" && !isText(c.op.Output) {
		return expectAnswer(c, "a text")
	}
	return ""
}

// isText accepts nil too, which stands for the empty text.
func isText(v Value) bool { return v.kind == KindString || v.IsNil() }

// kvMachine numbers texts as it meets them, so that comparing two states costs
// the same however long the texts have grown.
type kvMachine struct {
	numbers map[string]int64
	texts   []string
	states  []any
	sums    map[[2]int64]int64 // number of the text that appending one to another makes
}

func compileKV(calls []call, exact bool) machine {
	m := &kvMachine{numbers: make(map[string]int64), sums: make(map[[2]int64]int64)}
	m.number("")
	var answers []string
	for i := range calls {
		c := &calls[i]
		c.in, c.out = m.number(c.op.Input.text), m.number(c.op.Output.text)
		switch c.op.Op {
		case "get":
			c.kind = opRead
			if !c.open {
				answers = append(answers, c.op.Output.text)
			}
		case "put":
			c.kind = opWrite
		case "append":
			c.kind = opAppend
		}
	}
	if !exact {
		dropUnreadTexts(calls, answers)
	}
	return m
}

// dropUnreadTexts leaves out the open calls whose text is in no answer: they
// could as well have happened after everything else.
func dropUnreadTexts(calls []call, answers []string) {
	for i := range calls {
		c := &calls[i]
		if !c.open {
			continue
		}
		c.drop = true
		for _, a := range answers {
			if c.kind == opWrite && strings.HasPrefix(a, c.op.Input.text) ||
				c.kind == opAppend && strings.Contains(a, c.op.Input.text) {
				c.drop = false
				break
			}
		}
	}
}

func (m *kvMachine) number(text string) int64 {
	if n, ok := m.numbers[text]; ok {
		return n
	}
	n := int64(len(m.texts))
	m.numbers[text] = n
	m.texts = append(m.texts, text)
	m.states = append(m.states, n)
	return n
}

func (m *kvMachine) init() any { return m.states[0] }

func (m *kvMachine) step(state any, c *call) (any, bool) {
	s := state.(int64)
	switch c.kind {
	case opRead:
		return state, c.open || c.out == s
	case opWrite:
		return m.states[c.in], true
	default: // opAppend
		sum, ok := m.sums[[2]int64{s, c.in}]
		if !ok {
			sum = m.number(m.texts[s] + m.texts[c.in])
			m.sums[[2]int64{s, c.in}] = sum
		}
		return m.states[sum], true
	}
}

func (m *kvMachine) equal(a, b any) bool { return a.(int64) == b.(int64) }

func (m *kvMachine) hash(state any) uint64 { return mix(uint64(state.(int64))) }

func (m *kvMachine) describe(state any) string { return quoteEDN(m.texts[state.(int64)]) }
