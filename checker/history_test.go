package checker

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestValidate(t *testing.T) {
	h := History{Ops: []Operation{
		{Client: "1", Op: "read", Call: 0, Return: 10, Outcome: OutcomeOK},
		{Client: "1", Op: "read", Call: 10, Return: 20, Outcome: OutcomeUnknown}, // may be asked at once
		{Client: "1", Op: "read", Call: 15, Return: 30, Outcome: OutcomeOK},      // need not wait
		{Client: "1", Op: "read", Call: 25, Return: 40, Outcome: OutcomeFailed},
		{Op: "read", Call: 0, Return: 1, Outcome: OutcomeOK},
		{Client: "2", Call: 0, Return: 1, Outcome: 7},
		{Client: "3", Op: "write", Input: Int(4), Call: 5, Return: 1, Outcome: OutcomeOK},
		{Client: "4", Op: "read", Call: 5, Return: Never, Outcome: OutcomeOK},
		{Client: "5", Op: "read", Output: Int(1), Call: 5, Return: 6, Outcome: OutcomeFailed},
	}}
	const want = `operation 4 (read): no client
operation 5 (): no name of what was asked
operation 5 (): outcome 7, expected ok, failed or unknown
operation 6 (write 4): returns at 1, before its call at 5
operation 7 (read): outcome ok, but it never returned
operation 8 (read): output 1 with outcome failed, expected none
operation 3 (read): called at 25ns, before operation 2 of the same client returned at 30ns`
	if err := h.Validate(); err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
	r := Linearizable{registerModel}.Check(h, Limits{})
	if r.Verdict != Unknown || strings.Join(r.Problems, "\n") != want {
		t.Error(r.Report(0))
	}
	untimed := History{Untimed: true, Ops: []Operation{
		{Client: "1", Op: "read", Call: 0, Return: 1, Outcome: OutcomeOK}, {Client: "2", Op: "read", Call: 1, Return: 3, Outcome: OutcomeOK}}}
	if err := untimed.Validate(); err == nil || err.Error() != "operation 1 (read): position 1 is taken by operation 0, expected a position of its own" {
		t.Error(err)
	}
}

// TestUnfit states what is said about operations that a model cannot judge.
func TestUnfit(t *testing.T) {
	tests := []struct{ model, line, want string }{
		{"register", "0 :invoke :cas [1 2]", `operation 0 (cas [1 2]): register does not know "cas", it knows read, write`},
		{"cas-register", "0 :invoke :cas 1", "operation 0 (cas 1): argument 1, expected a list [old new]"},
		{"kv", "0 :invoke :put 1", "operation 0 (put 1): argument 1, expected a text"},
		{"kv", "0 :invoke :get nil\n0 :ok :get 3", "operation 0 (get): answer 3, expected a text"},
		{"set", "0 :invoke :read nil\n0 :ok :read 3", "operation 0 (read): answer 3, expected a list of the elements"},
		{"queue", "0 :invoke :enqueue nil", "operation 0 (enqueue): argument nil, expected a value other than nil"},
		{"counter", "0 :invoke :add nil", "operation 0 (add): argument nil, expected a whole number"},
		{"counter", "0 :invoke :add 4294967296", "operation 0 (add 4294967296): argument 4294967296, expected a number between -4294967295 and 4294967295"},
		{"counter", "0 :invoke :read nil\n0 :ok :read nil", "operation 0 (read): answer nil, expected a whole number"},
	}
	for _, test := range tests {
		m, err := ModelNamed(test.model)
		if err != nil {
			t.Fatal(err)
		}
		r := Linearizable{m}.Check(read(t, test.line+"\n", FormatJepsenLog), Limits{})
		if r.Verdict != Unknown || len(r.Problems) != 1 || r.Problems[0] != test.want {
			t.Errorf("%s: %s", test.line, r.Report(0))
		}
	}
}

// TestStepLimit checks that the verdict turns at one number of steps, the same
// one each time, from unknown to what it is without a limit, also for keys that
// other keys follow.
func TestStepLimit(t *testing.T) {
	for _, m := range Models {
		rapid.Check(t, func(t *rapid.T) {
			h := drawHistory(t, m, 8, 2)
			check := Linearizable{m}
			free := check.Check(h, Limits{})
			for limit := 1; ; limit++ {
				r := check.Check(h, Limits{Steps: limit})
				if r.Verdict == free.Verdict {
					break
				}
				if want := fmt.Sprintf("step limit %d reached", limit); r.Verdict != Unknown || !strings.HasPrefix(r.Reason, want) {
					t.Fatalf("%s, without a limit %s", r.Report(0), free.Verdict)
				}
				if limit > free.Steps {
					t.Fatalf("unknown with limit %d, but %d steps are enough", limit, free.Steps)
				}
			}
		})
	}
}

// TestSteps guards the rules about open operations: what takes a search this
// many steps at most would take it many millions without them.
func TestSteps(t *testing.T) {
	timeouts := func(op string, input func(i int) Value) []Operation {
		var ops []Operation
		for i := range 40 {
			ops = append(ops, Operation{Client: fmt.Sprint(i), Op: op, Input: input(i), Call: 0, Return: 10})
		}
		return ops
	}
	unique := func(i int) Value { return Int(int64(100 + i)) }
	one := func(int) Value { return Int(1) }
	add := func(ops []Operation, op string, input, output Value) []Operation {
		at := int64(100 + len(ops)*10)
		return append(ops, Operation{Client: "c", Op: op, Input: input, Output: output, Call: at, Return: at + 5, Outcome: OutcomeOK})
	}
	tests := []struct {
		name  string
		model Model
		ops   []Operation
		want  Verdict
		steps int
	}{
		{"writes nobody read", registerModel, add(timeouts("write", unique), "read", Nil, Int(1)), Violated, 1},
		{"writes somebody read", registerModel, add(add(timeouts("write", unique), "read", Nil, Int(117)), "read", Nil, Int(116)), OK, 12},
		{"the same write", registerModel, add(timeouts("write", one), "read", Nil, Int(2)), Violated, 1},
		{"writes and a refusal", casRegisterModel, add(add(timeouts("write", unique), "cas", List(Nil, Int(1)), Bool(false)), "read", Nil, Int(5)), Violated, 200},
		{"increments", counterModel, add(timeouts("inc", one), "read", Nil, Int(41)), Violated, 100},
		{"dequeues", queueModel, add(timeouts("dequeue", func(int) Value { return Nil }), "dequeue", Nil, Int(1)), Violated, 100},
		{"enqueues", queueModel, add(timeouts("enqueue", unique), "dequeue", Nil, Int(139)), OK, 2},
		{"additions", setModel, add(timeouts("add", unique), "read", Nil, List(Int(102), Int(101))), OK, 10},
		{"lock", lockModel, add(timeouts("acquire", one), "acquire", Nil, Nil), OK, 1},
		{"texts", kvModel, add(timeouts("append", func(i int) Value { return String(fmt.Sprint("x", i)) }), "get", Nil, String("x3")), OK, 10},
	}
	for _, test := range tests {
		r := Linearizable{test.model}.Check(History{Ops: test.ops}, Limits{})
		if r.Verdict != test.want || r.Steps > test.steps {
			t.Errorf("%s: %s in %d steps, want %s in %d", test.name, r, r.Steps, test.want, test.steps)
		}
	}
}

// TestOrder checks that it makes no difference in which order a history lists
// its operations.
func TestOrder(t *testing.T) {
	for _, m := range Models {
		rapid.Check(t, func(t *rapid.T) {
			h := drawHistory(t, m, 8, 2)
			shuffled := History{Ops: rapid.Permutation(h.Ops).Draw(t, "order")}
			if shuffled.Validate() != nil {
				t.Skip("operations without duration changed places")
			}
			a, b := Linearizable{m}.Check(h, Limits{}), Linearizable{m}.Check(shuffled, Limits{})
			if a.Verdict != b.Verdict || strings.Join(a.ViolatedKeys, " ") != strings.Join(b.ViolatedKeys, " ") {
				t.Fatalf("%s\nthen\n%s", a.Report(0), b.Report(0))
			}
		})
	}
}

func TestResultJSON(t *testing.T) {
	h := read(t, "0 :invoke :read nil\n0 :ok :read 5\n", FormatAuto)
	got, err := json.Marshal(Linearizable{registerModel}.Check(h, Limits{}))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"check":"linearizable","model":"register","claim":"every operation takes effect at one instant between its call and its return, as the model answers",` +
		`"verdict":"violated","operations":1,"open":0,"failed":0,"keys":1,"steps":1,"violated_keys":[""],` +
		`"violation":{"key":"","operation":{"index":0,"client":0,"op":"read","output":5,"call":0,"return":1,"outcome":"ok"},` +
		`"why":"read by client 0 returned 5 at position 1, but nothing had written 5 by then","could":[null],"contradicts":[],` +
		`"lanes":"         0        1\nclient 0 [!read 5!]\n"}}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestEmptyHistory(t *testing.T) {
	if r := (Linearizable{registerModel}).Check(History{}, Limits{}); r.Verdict != OK || r.String() != "linearizable(register): ok (0 operations)" {
		t.Error(r.Report(0))
	}
}

func ExampleModels() {
	for _, m := range Models {
		fmt.Printf("%s: %s\n", m.Name, m.Doc)
		for _, op := range m.Operations {
			fmt.Printf("  %s: %s\n", op.Name, op.Doc)
		}
	}
	// Output:
	// register: one value per key, nil at first: read and write
	//   read: answers the value
	//   write: sets the value to its argument
	// cas-register: one value per key, nil at first: read, write and compare-and-set
	//   read: answers the value
	//   write: sets the value to its argument
	//   cas: [old new]: sets the value to new if it is old; false says that it was not
	// kv: one text per key, empty at first: get, put and append
	//   get: answers the text
	//   put: sets the text to its argument
	//   append: adds its argument to the end of the text
	// set: a set of values, empty at first: add, remove and read
	//   add: puts its argument in; true or false says whether it was new
	//   remove: takes its argument out; true or false says whether it was there
	//   read: answers all elements, in any order
	// queue: a first-in-first-out queue, empty at first: enqueue and dequeue
	//   enqueue: puts its argument at the end
	//   dequeue: takes and answers the value at the front, nil if the queue is empty
	// counter: one number per key, 0 at first: add, inc, dec, add-and-get and read
	//   add: adds its argument
	//   inc: adds its argument, or 1
	//   dec: subtracts its argument, or 1
	//   add-and-get: adds its argument and answers the sum
	//   read: answers the number
	// lock: one lock per key, free at first, released by its holder only: acquire and release
	//   acquire: takes the free lock; false says that it was held, by whomever
	//   release: frees the lock; false says that the client did not hold it
}
