package checker

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
)

// A Model is a sequential specification: what one object may answer when it is
// asked one thing after another. Every key of a history is an object of its own.
type Model struct {
	Name       string
	Doc        string         // one line
	Operations []OperationDoc // what it can be asked

	// accept says what is wrong with an operation, "" if nothing, and decodes
	// its list argument or answer.
	accept func(c *call) string
	// compile turns operations that were accepted into steps of a machine. With
	// exact it keeps apart what no operation of the history can tell apart.
	compile func(calls []call, exact bool) machine
	// explain says why the last operation of a contradiction could not answer
	// as it did, in a half sentence that follows "but", and which call it names,
	// if any. If there is no such sentence, but is empty.
	explain func(h *History, c *contradiction) (but string, by *call)
	// answers proposes what it could have answered instead. It may be nil.
	answers func(c *contradiction) []Value
	// project returns parts of a contradiction that have a linear order if the
	// whole has one. It may be nil.
	project func(c *contradiction) iter.Seq[[]call]
}

// An OperationDoc describes one thing that a model can be asked.
type OperationDoc struct{ Name, Doc string }

// Models lists every model there is.
var Models = []Model{registerModel, casRegisterModel, kvModel, setModel, queueModel, counterModel, lockModel}

// ModelNamed returns the model of that name. The error names the nearest one.
func ModelNamed(name string) (Model, error) {
	names := make([]string, len(Models))
	for i, m := range Models {
		if m.Name == name {
			return m, nil
		}
		names[i] = m.Name
	}
	return Model{}, fmt.Errorf("no model is called %q, the nearest is %q\nhint: the models are %s",
		shorten(name, 40), nearest(name, names), strings.Join(names, ", "))
}

// knows reports whether the model has that operation.
func (m *Model) knows(op string) bool {
	return slices.ContainsFunc(m.Operations, func(d OperationDoc) bool { return d.Name == op })
}

// prepare makes the calls of a check out of the operations of a history. The
// failed ones stay out: they did not take effect.
func (m *Model) prepare(h *History) ([]call, *problemList) {
	calls := make([]call, 0, len(h.Ops))
	problems := &problemList{}
	for i := range h.Ops {
		op := &h.Ops[i]
		if op.Outcome == OutcomeFailed {
			continue
		}
		c := call{op: op, index: i, at: op.Call, ret: op.Return, open: op.Outcome == OutcomeUnknown}
		if c.open {
			c.ret = noEnd
		}
		if what := m.acceptCall(&c); what != "" {
			problems.add(i, op, what)
		}
		calls = append(calls, c)
	}
	return calls, problems
}

func (m *Model) acceptCall(c *call) string {
	if m.knows(c.op.Op) {
		return m.accept(c)
	}
	names := make([]string, len(m.Operations))
	for i, d := range m.Operations {
		names[i] = d.Name
	}
	return fmt.Sprintf("%s does not know %q, it knows %s", m.Name, shorten(c.op.Op, 40), strings.Join(names, ", "))
}

// A call is one operation made ready for a machine.
type call struct {
	op    *Operation
	index int     // in the history
	list  []Value // elements of the list that the operation takes or answers

	at, ret int64 // the interval in which it takes effect; open calls have no end
	open    bool  // the answer is not known: any will do

	// What follows is filled in by the model's compile.
	kind         opKind
	in, in2, out int64  // arguments and answer, as the machine numbers them
	bits         bitset // answer of a read of a set
	drop         bool   // nothing could tell whether it took effect

	// Open calls that do the same have the same class, counted from 1, and are
	// ranked in the order of their calls. See symmetry.
	class, rank int
}

// noEnd is the ret of a call that may take effect at any later time.
const noEnd = math.MaxInt64

// opKind is what a call does to the machine of its model.
type opKind uint8

const (
	opRead opKind = iota
	opWrite
	opCAS      // compare and set, done
	opCASFalse // compare and set, refused since the value was another
	opAppend
	opAdd
	opRemove
	opEnqueue
	opDequeue
	opAddAndGet
	opAcquire
	opAcquireFalse // refused since the lock was held
	opRelease
	opReleaseFalse // refused since the client did not hold it
)

// A machine is the executable form of a model for the operations of one key.
// Its states are immutable; step must be a pure function.
type machine interface {
	init() any
	step(state any, c *call) (next any, ok bool)
	equal(a, b any) bool
	hash(state any) uint64
	describe(state any) string
}

// mix spreads the bits of small numbers: the finalizer of SplitMix64 (Steele,
// Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// nearest returns the name with the smallest edit distance, the first of equals.
func nearest(name string, names []string) string {
	best, distance := "", math.MaxInt
	for _, n := range names {
		if d := editDistance(shorten(name, 40), n); d < distance {
			best, distance = n, d
		}
	}
	return best
}

// editDistance counts the insertions, deletions and replacements of bytes
// between a and b (Levenshtein).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// expectAnswer is the complaint about an answer of the wrong kind.
func expectAnswer(c *call, want string) string {
	return fmt.Sprintf("answer %s, expected %s", shorten(c.op.Output.String(), 40), want)
}

// expectArgument is the complaint about an argument of the wrong kind.
func expectArgument(c *call, want string) string {
	return fmt.Sprintf("argument %s, expected %s", shorten(c.op.Input.String(), 40), want)
}

// acceptDone checks the answer of an operation that is done or refused: nothing,
// an echo of its argument as Jepsen writes it, true, or, if it can be refused, false.
func acceptDone(c *call, refusable bool) string {
	done, isBool := c.op.Output.Bool()
	if isBool && !done && !refusable {
		return expectAnswer(c, "none")
	}
	return ""
}

// refused reports whether the answer of the call is false.
func refused(c *call) bool {
	done, isBool := c.op.Output.Bool()
	return isBool && !done
}
