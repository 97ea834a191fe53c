package checker

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The oracle: a checker that tries every order of every choice of the open
// operations, with models written a second time in the most obvious way.

// plainState is the state of any model: a register holds one value, a set or
// queue several, a counter an integer, a lock the name of its holder.
type plainState struct {
	value Value
	items []Value
	sum   int64
	text  string
}

// plainStep applies op to s. If open, the answer is not known and an operation
// that cannot be done does nothing.
func plainStep(model string, s plainState, op Operation, open bool) (plainState, bool) {
	said, isBool := op.Output.Bool()
	switch model + " " + op.Op {
	case "register read", "cas-register read":
		return s, open || op.Output == s.value
	case "register write", "cas-register write":
		s.value = op.Input
		return s, true
	case "cas-register cas":
		oldNew, _ := op.Input.Elems()
		matches := s.value == oldNew[0]
		if !open && matches == (isBool && !said) {
			return s, false
		}
		if matches {
			s.value = oldNew[1]
		}
		return s, true
	case "kv get":
		return s, open || op.Output.text == s.text
	case "kv put":
		s.text = op.Input.text
		return s, true
	case "kv append":
		s.text += op.Input.text
		return s, true
	case "set read":
		elems, _ := op.Output.Elems()
		return s, open || sortedSet(slices.Clone(elems)) == sortedSet(slices.Clone(s.items))
	case "set add", "set remove":
		in := slices.Contains(s.items, op.Input)
		changes := in == (op.Op == "remove")
		if !open && isBool && said != changes {
			return s, false
		}
		s.items = slices.DeleteFunc(slices.Clone(s.items), func(v Value) bool { return v == op.Input })
		if op.Op == "add" {
			s.items = append(s.items, op.Input)
		}
		return s, true
	case "queue enqueue":
		s.items = append(slices.Clone(s.items), op.Input)
		return s, true
	case "queue dequeue":
		front := Nil
		if len(s.items) > 0 {
			front, s.items = s.items[0], s.items[1:]
		}
		return s, open || op.Output == front
	case "lock acquire":
		granted := s.text == ""
		if granted {
			s.text = op.Client
		}
		return s, open || granted == (!isBool || said)
	case "lock release":
		held := s.text == op.Client
		if held {
			s.text = ""
		}
		return s, open || held == (!isBool || said)
	}
	n, _ := op.Output.Int()
	s.sum += addend(&op)
	return s, open || op.Op != "read" && op.Op != "add-and-get" || n == s.sum
}

// plainOrder reports whether the operations have a linear order from state s.
func plainOrder(model string, s plainState, ops []Operation) bool {
	if !slices.ContainsFunc(ops, func(op Operation) bool { return op.Outcome == OutcomeOK }) {
		return true // the others may never take effect
	}
	for i, op := range ops {
		first := !slices.ContainsFunc(ops, func(x Operation) bool {
			return x.Outcome == OutcomeOK && x.Return < op.Call
		})
		if !first {
			continue
		}
		next, ok := plainStep(model, s, op, op.Outcome == OutcomeUnknown)
		if ok && plainOrder(model, next, slices.Delete(slices.Clone(ops), i, i+1)) {
			return true
		}
	}
	return false
}

// plainCheck is the oracle.
func plainCheck(model string, h History) Verdict {
	keys := make(map[string][]Operation)
	for _, op := range h.Ops {
		if op.Outcome != OutcomeFailed {
			keys[op.Key] = append(keys[op.Key], op)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if !plainOrder(model, plainState{}, keys[key]) {
			return Violated
		}
	}
	return OK
}

// drawOperation draws an operation of the model with few values, so that
// histories are as often linearizable as not.
func drawOperation(t *rapid.T, m Model, values int64) Operation {
	op := Operation{Op: rapid.SampledFrom(m.Operations).Draw(t, "op").Name}
	small := func(name string) Value { return Int(rapid.Int64Range(0, values).Draw(t, name)) }
	valueOrNil := func(name string) Value {
		if v := small(name); v != Int(0) {
			return v
		}
		return Nil
	}
	maybeBool := func() Value {
		return rapid.SampledFrom([]Value{Nil, Bool(true), Bool(false)}).Draw(t, "answer")
	}
	text := func(name string, max int) Value {
		return String(rapid.StringOfN(rapid.RuneFrom([]rune("ab")), 0, max, -1).Draw(t, name))
	}
	switch m.Name + " " + op.Op {
	case "register read", "cas-register read", "queue dequeue":
		op.Output = valueOrNil("answer")
	case "register write", "cas-register write", "queue enqueue":
		op.Input = Int(rapid.Int64Range(1, values).Draw(t, "value"))
	case "cas-register cas":
		op.Input, op.Output = List(valueOrNil("old"), small("new")), maybeBool()
	case "kv get":
		op.Output = text("answer", 4)
	case "kv put", "kv append":
		op.Input = text("value", 2)
	case "set read":
		var elems []Value
		for n := int64(0); n <= values; n++ {
			if rapid.Bool().Draw(t, "in") {
				elems = append(elems, Int(n))
			}
		}
		op.Output = List(elems...)
	case "set add", "set remove":
		op.Input, op.Output = small("value"), maybeBool()
	case "lock acquire", "lock release":
		op.Output = maybeBool()
	case "counter read", "counter add-and-get":
		op.Output = Int(rapid.Int64Range(-2, 6).Draw(t, "answer"))
	}
	if m.Name == "counter" && op.Op != "read" {
		op.Input = Int(rapid.Int64Range(-1, 2).Draw(t, "addend"))
	}
	return op
}

// drawHistory draws operations of a few clients, most of them overlapping.
func drawHistory(t *rapid.T, m Model, most int, values int64) History {
	n := rapid.IntRange(1, most).Draw(t, "operations")
	clients := rapid.IntRange(1, 4).Draw(t, "clients")
	keys := rapid.IntRange(1, 2).Draw(t, "keys")
	free := make([]int64, clients) // when each client may ask again
	var h History
	for range n {
		op := drawOperation(t, m, values)
		c := rapid.IntRange(0, clients-1).Draw(t, "client")
		op.Client = fmt.Sprint(c)
		op.Key = fmt.Sprint("k", rapid.IntRange(1, keys).Draw(t, "key"))
		op.Call = free[c] + rapid.Int64Range(0, 4).Draw(t, "pause")
		op.Return = op.Call + rapid.Int64Range(0, 6).Draw(t, "duration")
		free[c] = op.Return
		op.Outcome = rapid.SampledFrom([]Outcome{OutcomeOK, OutcomeOK, OutcomeOK, OutcomeUnknown, OutcomeFailed}).Draw(t, "outcome")
		if op.Outcome != OutcomeOK {
			op.Output = Nil
		}
		if op.Outcome == OutcomeUnknown && rapid.Bool().Draw(t, "never") {
			op.Return = Never
		}
		h.Ops = append(h.Ops, op)
	}
	return h
}

// drawRun draws a history that is linearizable because it was made in an order:
// each operation takes effect at an instant within its interval, and every third
// outcome or so is unknown. Then, perhaps, one answer is changed.
func drawRun(t *rapid.T, m Model, most int, values int64) History {
	clients := rapid.IntRange(2, 4).Draw(t, "clients")
	free := make([]int64, clients)
	var h History
	var s plainState
	var late []Operation // of unknown outcome, not yet in effect
	for now := range rapid.Int64Range(2, int64(most)).Draw(t, "operations") {
		op := drawOperation(t, m, values)
		if op.Op == "write" && rapid.IntRange(0, 3).Draw(t, "write nil") == 0 {
			op.Input = Nil
		}
		c := rapid.IntRange(0, clients-1).Draw(t, "client")
		op.Client = fmt.Sprint(c)
		op.Call = max(free[c], 10*now-rapid.Int64Range(0, 30).Draw(t, "before"))
		op.Return = max(op.Call, 10*now+rapid.Int64Range(0, 30).Draw(t, "after"))
		op.Outcome = rapid.SampledFrom([]Outcome{OutcomeOK, OutcomeOK, OutcomeUnknown}).Draw(t, "outcome")
		if op.Outcome == OutcomeUnknown {
			op.Output, free[c] = Nil, op.Call
			late = append(late, op)
		} else {
			op.Output = rightAnswer(m.Name, s, op)
			s, _ = plainStep(m.Name, s, op, false)
			free[c] = op.Return
		}
		h.Ops = append(h.Ops, op)
		if len(late) > 0 && rapid.Bool().Draw(t, "takes effect") {
			i := rapid.IntRange(0, len(late)-1).Draw(t, "late")
			s, _ = plainStep(m.Name, s, late[i], true)
			late = slices.Delete(late, i, i+1)
		}
	}
	i := rapid.IntRange(0, 2*len(h.Ops)).Draw(t, "changed")
	if i < len(h.Ops) && h.Ops[i].Outcome == OutcomeOK {
		h.Ops[i].Output = drawOperation(t, Model{Name: m.Name, Operations: []OperationDoc{{Name: h.Ops[i].Op}}}, values).Output
	}
	return h
}

// rightAnswer is what the operation answers in state s.
func rightAnswer(model string, s plainState, op Operation) Value {
	for _, answer := range []Value{op.Output, Nil, Bool(true), Bool(false), s.value, String(s.text), List(s.items...), Int(s.sum), Int(s.sum + addend(&op))} {
		op.Output = answer
		if op.Op == "get" && answer.Kind() == KindBool {
			continue
		}
		if op.Op == "dequeue" && len(s.items) > 0 {
			return s.items[0]
		}
		if _, ok := plainStep(model, s, op, false); ok && (answer.Kind() == KindInt || model != "counter") {
			return answer
		}
	}
	return Nil
}

// TestOracle compares every model with the oracle.
func TestOracle(t *testing.T) {
	for _, m := range Models {
		t.Run(m.Name, func(t *testing.T) {
			verdicts := make(map[Verdict]int)
			rapid.Check(t, func(t *rapid.T) {
				h := rapid.SampledFrom([]func(*rapid.T, Model, int, int64) History{drawHistory, drawRun}).Draw(t, "kind")(t, m, 7, rapid.Int64Range(1, 3).Draw(t, "values"))
				got, want := Linearizable{m}.Check(h, Limits{}), plainCheck(m.Name, h)
				if got.Verdict != want {
					t.Fatalf("%s, the oracle says %s", got.Report(0), want)
				}
				verdicts[want]++
			})
			if verdicts[OK] == 0 || verdicts[Violated] == 0 {
				t.Errorf("one-sided test: %v", verdicts)
			}
		})
	}
}

// TestReductions compares the search with all its reductions (values that
// nobody compares, open operations left out or ended, symmetry) with porcupine's
// search of the plain model, on histories with many open operations.
func TestReductions(t *testing.T) {
	for _, m := range Models {
		t.Run(m.Name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				h := drawRun(t, m, 12, rapid.Int64Range(1, 3).Draw(t, "values"))
				calls, problems := m.prepare(&h)
				if err := problems.err(); err != nil {
					t.Fatal(err)
				}
				for _, part := range partition(calls) {
					reduced := search{model: &m, calls: slices.Clone(part), limit: DefaultSteps}
					plain := search{model: &m, calls: slices.Clone(part), limit: DefaultSteps, exact: true, asymmetric: true}
					if got, want := reduced.run(), plain.run(); got != want {
						t.Fatalf("%s with reductions, %s without", got, want)
					}
				}
			})
		})
	}
}

// TestOpen states verdicts where the rules about open operations almost apply,
// which random histories rarely meet.
func TestOpen(t *testing.T) {
	done := func(process int, op, value string) string {
		return fmt.Sprintf("%d :invoke :%s %s\n%d :ok :%s %s\n", process, op, value, process, op, value)
	}
	open := func(process int, op, value string) string {
		return fmt.Sprintf("%d :invoke :%s %s\n", process, op, value)
	}
	tests := []struct{ name, model, history string }{
		{"two open writes of a value that was seen twice", "register",
			open(1, "write", "1") + open(2, "write", "1") + done(0, "read", "1") + done(0, "write", "2") + done(0, "read", "2") + done(0, "read", "1")},
		{"an open write of the initial value", "register",
			open(1, "write", "nil") + done(0, "read", "nil") + done(0, "write", "2") + done(0, "read", "nil")},
		{"open swaps from the same value to different ones", "cas-register",
			done(0, "write", "1") + done(0, "read", "1") + done(0, "write", "2") + done(0, "write", "3") + open(1, "cas", "[3 1]") + open(2, "cas", "[3 2]") + done(0, "read", "2")},
		{"an open write that a refused swap shows", "cas-register",
			done(0, "write", "1") + open(1, "write", "7") + "0 :invoke :cas [1 2]\n0 :ok :cas false\n" + done(0, "write", "1") + done(0, "read", "1")},
		{"two open additions around a removal", "set",
			open(1, "add", "1") + open(2, "add", "1") + done(0, "read", "#{1}") + done(0, "remove", "1") + done(0, "read", "#{}") + done(0, "read", "#{1}")},
		{"two open enqueues of a value that was taken twice", "queue",
			open(1, "enqueue", "1") + open(2, "enqueue", "1") + done(0, "dequeue", "1") + done(0, "dequeue", "nil") + done(0, "dequeue", "1")},
		{"an open acquire that was released", "lock",
			open(1, "acquire", "nil") + "2 :invoke :acquire nil\n2 :ok :acquire false\n" + done(2, "acquire", "nil")},
	}
	for _, test := range tests {
		m, err := ModelNamed(test.model)
		if err != nil {
			t.Fatal(err)
		}
		h := read(t, test.history, FormatJepsenLog)
		if test.name == "an open acquire that was released" { // its client goes on
			h.Ops = slices.Insert(h.Ops, 2, Operation{Client: "1", Op: "release", Call: 4, Return: 5, Outcome: OutcomeOK})
			h.Ops[3].Call, h.Ops[3].Return = 6, 7
		}
		if r, want := (Linearizable{m}).Check(h, Limits{}), plainCheck(m.Name, h); r.Verdict != OK || want != OK {
			t.Errorf("%s: the oracle says %s\n%s", test.name, want, r.Report(0))
		}
	}
}

// TestImmutable checks that no step changes a state that was there before.
func TestImmutable(t *testing.T) {
	for _, m := range Models {
		rapid.Check(t, func(t *rapid.T) {
			h := History{}
			for range 12 {
				op := drawOperation(t, m, 9)
				op.Client = "1"
				h.Ops = append(h.Ops, op)
			}
			calls, _ := m.prepare(&h)
			machine := m.compile(calls, true)
			states := []any{machine.init()}
			before := []string{machine.describe(states[0])}
			for i := range calls {
				from := rapid.IntRange(max(0, len(states)-3), len(states)-1).Draw(t, "state")
				if next, ok := machine.step(states[from], &calls[i]); ok {
					states, before = append(states, next), append(before, machine.describe(next))
				}
			}
			for i := range states {
				if after := machine.describe(states[i]); after != before[i] {
					t.Fatalf("%s became %s", before[i], after)
				}
				for j := range states {
					if same := machine.equal(states[i], states[j]); same != (before[i] == before[j]) || same && machine.hash(states[i]) != machine.hash(states[j]) {
						t.Fatalf("%s and %s: equal %v", before[i], before[j], same)
					}
				}
			}
		})
	}
}
