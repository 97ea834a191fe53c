package checker

import (
	"cmp"
	"iter"
	"slices"
)

var queueModel = Model{
	Name: "queue",
	Doc:  "a first-in-first-out queue, empty at first: enqueue and dequeue",
	Operations: []OperationDoc{
		{"enqueue", "puts its argument at the end"},
		{"dequeue", "takes and answers the value at the front, nil if the queue is empty"},
	},
	accept:  acceptQueue,
	compile: compileQueue,
	explain: explainQueue,
	answers: queueAnswers,
	project: projectQueue,
}

func acceptQueue(c *call) string {
	if c.op.Op == "enqueue" && c.op.Input.IsNil() {
		return expectArgument(c, "a value other than nil")
	}
	return ""
}

// queueState is the queue from front to end, as numbers of values.
type queueState struct {
	items []int64
	sum   uint64
}

type queueMachine struct {
	values []Value
	empty  *queueState
}

func compileQueue(calls []call, exact bool) machine {
	m := &queueMachine{values: []Value{Nil}, empty: &queueState{}}
	numbers := map[Value]int64{Nil: 0}
	number := func(v Value) int64 {
		n, ok := numbers[v]
		if !ok {
			n = int64(len(m.values))
			numbers[v] = n
			m.values = append(m.values, v)
		}
		return n
	}
	for i := range calls {
		c := &calls[i]
		c.kind = opDequeue
		c.out = number(c.op.Output)
		if c.op.Op == "enqueue" {
			c.kind = opEnqueue
			c.in = number(c.op.Input)
		}
	}
	if !exact {
		m.reduceOpen(calls)
	}
	return m
}

// reduceOpen leaves out the open enqueues of values that nobody took: whatever
// came after such a value would never have come out. It ends those that are the
// only enqueue of a value when the value was taken.
func (m *queueMachine) reduceOpen(calls []call) {
	sources := make([]int, len(m.values))
	taken := make([]int64, len(m.values)) // earliest return of a dequeue, noEnd if none
	for n := range taken {
		taken[n] = noEnd
	}
	for i := range calls {
		c := &calls[i]
		if c.kind == opEnqueue {
			sources[c.in]++
		} else if !c.open {
			taken[c.out] = min(taken[c.out], c.ret)
		}
	}
	for i := range calls {
		c := &calls[i]
		if !c.open || c.kind != opEnqueue {
			continue
		}
		c.drop = taken[c.in] == noEnd
		if !c.drop && sources[c.in] == 1 {
			c.ret = max(c.at, taken[c.in])
		}
	}
}

func newQueueState(items []int64) *queueState {
	sum := uint64(0)
	for _, n := range items {
		sum = mix(sum ^ uint64(n))
	}
	return &queueState{items: items, sum: sum}
}

func (m *queueMachine) init() any { return m.empty }

func (m *queueMachine) step(state any, c *call) (any, bool) {
	s := state.(*queueState)
	if c.kind == opEnqueue {
		return newQueueState(append(slices.Clip(s.items), c.in)), true
	}
	if len(s.items) == 0 {
		return state, c.open || c.out == 0
	}
	if !c.open && s.items[0] != c.out {
		return nil, false
	}
	return newQueueState(s.items[1:]), true
}

func (m *queueMachine) equal(a, b any) bool {
	return slices.Equal(a.(*queueState).items, b.(*queueState).items)
}

func (m *queueMachine) hash(state any) uint64 { return state.(*queueState).sum }

func (m *queueMachine) describe(state any) string {
	items := state.(*queueState).items
	elems := make([]Value, len(items))
	for i, n := range items {
		elems[i] = m.values[n]
	}
	return List(elems...).String()
}

// queueAnswers proposes the values that were put in and not taken out yet, the
// oldest first, and nil.
func queueAnswers(c *contradiction) []Value {
	enqueued := c.matching(func(x *call) bool { return x.op.Op == "enqueue" })
	slices.SortStableFunc(enqueued, func(a, b *call) int { return cmp.Compare(a.at, b.at) })
	taken := make(map[Value]int)
	for _, x := range c.matching(func(x *call) bool { return x.op.Op == "dequeue" && !x.open }) {
		taken[x.op.Output]++
	}
	answers := []Value{Nil}
	for _, x := range enqueued {
		if taken[x.op.Input]--; taken[x.op.Input] < 0 && !slices.Contains(answers, x.op.Input) {
			answers = append(answers, x.op.Input)
		}
	}
	return answers
}

// projectQueue returns what was done about the value that came out last, then
// what was done about it and each other value: the order of two values does
// not depend on a third. (Most violations of a queue are about two values:
// Henzinger, Sezgin and Vafeiadis, "Aspect-oriented linearizability proofs",
// 2013.) A dequeue of unknown answer may have taken any value.
func projectQueue(c *contradiction) iter.Seq[[]call] {
	return func(yield func([]call) bool) {
		tried := make(map[Value]bool)
		values := []Value{c.last.op.Output}
		for _, x := range c.others() {
			values = append(values, x.op.Input)
		}
		for _, v := range values {
			if !tried[v] && !yield(aboutValues(c.calls, c.last.op.Output, v)) {
				return
			}
			tried[v] = true
		}
	}
}

func aboutValues(calls []call, v, w Value) []call {
	var about []call
	for _, x := range calls {
		value := x.op.Input
		if x.op.Op == "dequeue" {
			value = x.op.Output
		}
		if x.open && x.op.Op == "dequeue" || value == v || value == w {
			about = append(about, x)
		}
	}
	return about
}
