package checker

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	_ "github.com/orrery-sim/orrery/internal/steady"
	"pgregory.net/rapid"
)

// TestReasons states the sentence about the simplest violations of each model,
// and the answers proposed. Histories are lines of Jepsen's history.txt.
func TestReasons(t *testing.T) {
	tests := []struct{ model, history, why, could string }{
		{"register", "0 :invoke :read nil\n0 :ok :read 5\n",
			"read by client 0 returned 5 at position 1, but nothing had written 5 by then", "nil"},
		{"register", "0 :invoke :write 1\n0 :ok :write 1\n0 :invoke :write 2\n1 :invoke :read nil\n1 :ok :read 2\n1 :invoke :read nil\n1 :ok :read 1\n",
			"read by client 1 returned 1 at position 6, but read by client 1 had returned 2 at position 4 and nothing wrote 1 after it", "2"},
		{"cas-register", "0 :invoke :write 1\n0 :ok :write 1\n1 :invoke :cas [2 3]\n1 :ok :cas [2 3]\n",
			"cas [2 3] by client 1 succeeded at position 3, but nothing had written 2 by then", ""},
		{"cas-register", "0 :invoke :cas [nil 1]\n0 :ok :cas [nil 1]\n1 :invoke :cas [nil 2]\n1 :ok :cas [nil 2]\n",
			"cas [nil 2] by client 1 succeeded at position 3, but cas [nil 1] by client 0 had succeeded at position 1 and nothing wrote nil after it", ""},
		{"cas-register", "0 :invoke :cas [nil 1]\n1 :invoke :cas [nil 2]\n1 :ok :cas [nil 2]\n0 :ok :cas [nil 1]\n",
			"cas [nil 1] by client 0 succeeded at position 3, but cas [nil 2] by client 1 had succeeded at position 2 and the value was nil only once", ""},
		{"kv", "0 :invoke :append \"ab\"\n0 :ok :append \"ab\"\n1 :invoke :get nil\n1 :ok :get \"\"\n",
			`get by client 1 returned "" at position 3, but append "ab" by client 0 had completed at position 1 and nothing replaced the text after it`, ""},
		{"set", "0 :invoke :add 1\n0 :ok :add 1\n1 :invoke :read nil\n1 :ok :read #{}\n",
			"read by client 1 returned [] at position 3, but add 1 by client 0 had completed at position 1 and nothing removed 1 after it", ""},
		{"set", "1 :invoke :read nil\n1 :ok :read #{4}\n",
			"read by client 1 returned [4] at position 1, but nothing had added 4 by then", ""},
		{"set", "0 :invoke :add 1\n0 :ok :add 1\n0 :invoke :remove 1\n0 :ok :remove 1\n1 :invoke :read nil\n1 :ok :read (1)\n",
			"read by client 1 returned [1] at position 5, but remove 1 by client 0 had completed at position 3 and nothing added 1 after it", ""},
		{"queue", "0 :invoke :enqueue 1\n0 :ok :enqueue 1\n0 :invoke :enqueue 2\n0 :ok :enqueue 2\n1 :invoke :dequeue nil\n1 :ok :dequeue 2\n",
			"dequeue by client 1 returned 2 at position 5, but enqueue 1 by client 0 had completed at position 1 and nothing had taken 1 out", "1"},
		{"queue", "0 :invoke :enqueue 1\n0 :ok :enqueue 1\n1 :invoke :dequeue nil\n1 :ok :dequeue 1\n2 :invoke :dequeue nil\n2 :ok :dequeue 1\n",
			"dequeue by client 2 returned 1 at position 5, but dequeue by client 1 had returned 1 at position 3 and 1 was enqueued once", "nil"},
		{"queue", "0 :invoke :enqueue 1\n0 :ok :enqueue 1\n1 :invoke :dequeue nil\n1 :ok :dequeue nil\n",
			"dequeue by client 1 returned nil at position 3, but enqueue 1 by client 0 had completed at position 1 and nothing had taken 1 out", "1"},
		{"queue", "0 :invoke :enqueue 1\n0 :ok :enqueue 1\n0 :invoke :enqueue 1\n0 :ok :enqueue 1\n1 :invoke :dequeue nil\n1 :ok :dequeue 1\n1 :invoke :dequeue nil\n1 :ok :dequeue nil\n",
			"dequeue by client 1 returned nil at position 7, but no order of it and those that it contradicts gives all their answers", "1"},
		{"counter", "0 :invoke :add 2\n0 :ok :add 2\n1 :invoke :inc nil\n2 :invoke :read nil\n2 :ok :read 1\n",
			"read by client 2 returned 1 at position 4, but what was added by then makes 2 at least and 3 at most", "2 3"},
		{"counter", "1 :invoke :inc nil\n2 :invoke :read nil\n2 :ok :read 1\n2 :invoke :read nil\n2 :ok :read 0\n",
			"read by client 2 returned 0 at position 4, but read by client 2 had returned 1 at position 2 and nothing was subtracted", "1"},
		{"lock", "0 :invoke :acquire nil\n0 :ok :acquire nil\n1 :invoke :acquire nil\n1 :ok :acquire nil\n",
			"acquire by client 1 succeeded at position 3, but acquire by client 0 had succeeded at position 1 and client 0 had not asked to release it", ""},
		{"lock", "0 :invoke :release nil\n0 :ok :release nil\n",
			"release by client 0 succeeded at position 1, but client 0 had never asked for it", ""},
	}
	for _, test := range tests {
		m, err := ModelNamed(test.model)
		if err != nil {
			t.Fatal(err)
		}
		h, err := Read(strings.NewReader(test.history), ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		r := Linearizable{m}.Check(h, Limits{})
		if r.Verdict != Violated {
			t.Errorf("%s: %s%s", test.model, r.Report(0), test.history)
			continue
		}
		var could []string
		for _, v := range r.Violation.Could {
			could = append(could, v.String())
		}
		if got := strings.Join(could, " "); r.Violation.Why != test.why || got != test.could {
			t.Errorf("%s:\n got %s\nwant %s\ncould have returned %q, want %q", test.model, r.Violation.Why, test.why, got, test.could)
		}
	}
}

// drawViolation draws a history with a violation.
func drawViolation(t *rapid.T, m Model) (History, *Violation) {
	h := drawHistory(t, m, 7, 2)
	r := Linearizable{m}.Check(h, Limits{})
	if r.Violation == nil {
		t.Skip("no violation")
	}
	return h, r.Violation
}

// until returns the operations of the key of v that were called until at, those
// that returned after that as unknown, and those that keep refuses too.
func until(h History, key string, at int64, keep func(i int) bool) History {
	var short History
	for i, op := range h.Ops {
		if op.Key != key || op.Call > at {
			continue
		}
		if op.Outcome == OutcomeOK && (op.Return > at || !keep(i)) {
			op.Outcome, op.Output, op.Return = OutcomeUnknown, Nil, Never
		}
		short.Ops = append(short.Ops, op)
	}
	return short
}

func all(int) bool { return true }

// TestExplanations checks what is claimed of every violation against the oracle:
// everything up to the offending return could be explained, with it nothing can;
// the operations that it contradicts are enough, and none is too many; the other
// answers would have been possible.
func TestExplanations(t *testing.T) {
	for _, m := range Models {
		t.Run(m.Name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				h, v := drawViolation(t, m)
				for i, op := range h.Ops {
					if op.Outcome == OutcomeOK && op.Return < v.Op.Return && plainCheck(m.Name, until(h, op.Key, op.Return, all)) == Violated {
						t.Fatalf("operation %d offends before operation %d", i, v.Op.Index)
					}
				}
				core := []int{v.Op.Index}
				for _, x := range v.Contradicts {
					core = append(core, x.Index)
				}
				insist := func(indexes []int) Verdict {
					return plainCheck(m.Name, until(h, v.Key, v.Op.Return, func(i int) bool { return slices.Contains(indexes, i) }))
				}
				if insist(core) != Violated {
					t.Fatalf("operations %v do not contradict each other", core)
				}
				for n := 1; n < len(core); n++ {
					if insist(slices.Delete(slices.Clone(core), n, n+1)) == Violated {
						t.Fatalf("operation %d of %v is too many", core[n], core)
					}
				}
				for _, answer := range v.Could {
					h.Ops[v.Op.Index].Output = answer
					// What returned at the same instant is not yet known.
					same := func(i int) bool { return i == v.Op.Index || h.Ops[i].Return < v.Op.Return }
					if plainCheck(m.Name, until(h, v.Key, v.Op.Return, same)) != OK {
						t.Fatalf("operation %d could not have answered %s", v.Op.Index, answer)
					}
				}
			})
		})
	}
}

// claims are the half sentences about what did not happen after an operation.
var claims = regexp.MustCompile(`by client (\d+) had .*at (\d+)ns and nothing (wrote|removed|added|had taken) (\S+)`)

// TestClaims checks them against the history.
func TestClaims(t *testing.T) {
	contrary := map[string]func(op Operation, value string) bool{
		"wrote": func(op Operation, value string) bool {
			pair, _ := op.Input.Elems()
			return op.Op == "write" && op.Input.String() == value || op.Op == "cas" && pair[1].String() == value
		},
		"removed": func(op Operation, value string) bool { return op.Op == "remove" && op.Input.String() == value },
		"added":   func(op Operation, value string) bool { return op.Op == "add" && op.Input.String() == value },
		"had taken": func(op Operation, value string) bool {
			return op.Op == "dequeue" && (op.Output.String() == value || op.Outcome != OutcomeOK)
		},
	}
	for _, m := range []Model{registerModel, casRegisterModel, setModel, queueModel} {
		t.Run(m.Name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				h := drawRun(t, m, 10, 3)
				v := Linearizable{m}.Check(h, Limits{}).Violation
				if v == nil {
					return
				}
				claim := claims.FindStringSubmatch(v.Why)
				if claim == nil {
					return
				}
				i := -1 // of the operation that the sentence names: the last that fits
				for j, op := range h.Ops {
					if op.Client == claim[1] && fmt.Sprint(op.Return) == claim[2] && op.Outcome == OutcomeOK {
						i = j
					}
				}
				for _, op := range h.Ops {
					within := op.Call <= v.Op.Return && (op.Outcome != OutcomeOK || op.Return >= h.Ops[i].Call)
					if within && op != v.Op.Operation && op != h.Ops[i] && contrary[claim[3]](op, claim[4]) {
						t.Fatalf("%s, but there is %v", v.Why, op)
					}
				}
			})
		})
	}
}

// TestDrawings checks the pictures of violations: the text keeps to its width
// and shows the offending operation, and all bytes are the same twice.
func TestDrawings(t *testing.T) {
	for _, m := range Models {
		t.Run(m.Name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				h, v := drawViolation(t, m)
				again := Linearizable{m}.Check(h, Limits{}).Violation
				width := rapid.IntRange(40, 120).Draw(t, "width")
				if got, want := again.Explain(width), v.Explain(width); got != want {
					t.Fatalf("first\n%s\nthen\n%s", want, got)
				}
				lanes := v.Lanes(width)
				for _, line := range strings.Split(lanes, "\n") {
					if utf8.RuneCountInString(line) > width {
						t.Fatalf("wider than %d:\n%s%v", width, lanes, h.Ops)
					}
				}
				if strings.Count(lanes, "!") < 2 {
					t.Fatalf("the offending operation is not marked:\n%s", lanes)
				}
				var one, two bytes.Buffer
				if v.WriteHTML(&one) != nil || again.WriteHTML(&two) != nil {
					t.Fatal("no picture")
				}
				if !bytes.Equal(one.Bytes(), two.Bytes()) {
					t.Fatal("two different pictures of the same violation")
				}
			})
		})
	}
}

// TestBigPicture checks that the picture of a violation late in a long history
// shows only what matters.
func TestBigPicture(t *testing.T) {
	h := sampleHistory(2000, 4, 1, 0)
	last := &h.Ops[len(h.Ops)-1]
	*last = Operation{Client: last.Client, Op: "read", Key: last.Key, Output: Int(1),
		Call: last.Call, Return: last.Return, Outcome: OutcomeOK}
	r := Linearizable{registerModel}.Check(h, Limits{})
	if r.Violation == nil || r.Violation.Op.Index != len(h.Ops)-1 {
		t.Fatal(r.Report(0))
	}
	var page bytes.Buffer
	if err := r.Violation.WriteHTML(&page); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(page.String(), "read: 1") || strings.Contains(page.String(), "write 500") {
		t.Error("the picture does not show the offending read, or shows what has nothing to do with it")
	}
}

// TestProjections checks that a part of a history has an order if the whole has.
func TestProjections(t *testing.T) {
	for _, m := range []Model{setModel, queueModel, lockModel} {
		t.Run(m.Name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				h := drawRun(t, m, 10, 3)
				calls, _ := m.prepare(&h)
				if searchCalls(&m, slices.Clone(calls), DefaultSteps) != OK {
					return
				}
				for i := range calls {
					for part := range m.project(&contradiction{model: &m, calls: calls, last: &calls[i]}) {
						if searchCalls(&m, slices.Clone(part), DefaultSteps) != OK {
							t.Fatalf("a part about operation %d has no order: %v", i, h.Ops)
						}
					}
				}
			})
		})
	}
}

// TestProjectOpen checks that a dequeue of unknown answer stays in every part of
// a history: it may have taken any value.
func TestProjectOpen(t *testing.T) {
	h := read(t, "0 :invoke :enqueue 1\n0 :ok :enqueue 1\n0 :invoke :enqueue 2\n0 :ok :enqueue 2\n1 :invoke :dequeue nil\n2 :invoke :dequeue nil\n2 :ok :dequeue 2\n", FormatAuto)
	calls, _ := queueModel.prepare(&h)
	for part := range projectQueue(&contradiction{model: &queueModel, calls: calls, last: &calls[3]}) {
		if searchCalls(&queueModel, slices.Clone(part), DefaultSteps) != OK {
			t.Errorf("no order of %d calls", len(part))
		}
	}
}

// TestReduce checks that a part that contradicts itself without the offending
// operation, which can be if the search for the shortest history came to no end,
// is not taken for the reason.
func TestReduce(t *testing.T) {
	var log strings.Builder
	for i := range 10 {
		fmt.Fprintf(&log, "0 :invoke :add %d\n0 :ok :add %d\n", i, i)
	}
	log.WriteString("0 :invoke :read nil\n0 :ok :read #{1}\n0 :invoke :add 99\n0 :ok :add 99\n")
	h := read(t, log.String(), FormatAuto)
	calls, _ := setModel.prepare(&h)
	for limit := 1; limit < 10; limit++ {
		c := &contradiction{model: &setModel, calls: calls, last: &calls[11], limit: limit}
		if part := c.reduce(); part.last.index != 11 {
			t.Errorf("with limit %d the last operation became %d", limit, part.last.index)
		}
	}
}

// TestLongExplanations checks that the last operation of a long history is
// explained by few others.
func TestLongExplanations(t *testing.T) {
	n := func(i int) Value { return Int(int64(i)) }
	one := func(client, op string, input, output Value) Operation {
		return Operation{Client: client, Op: op, Input: input, Output: output}
	}
	tests := []struct {
		model       Model
		round       func(i int) []Operation // of the 300 rounds of the history
		last        Operation
		why         string
		contradicts int
	}{
		{setModel, func(i int) []Operation { return []Operation{one("1", "add", n(i), Nil), one("2", "add", n(i), Nil)} },
			one("9", "read", Nil, List(n(0), n(1))),
			"read by client 9 returned [0 1] at 9.005µs, but add 2 by client 2 had completed at 54ns and nothing removed 2 after it", 1},
		{queueModel, func(i int) []Operation {
			return []Operation{one("1", "enqueue", n(i), Nil), one("2", "dequeue", Nil, n(i))}
		}, one("9", "dequeue", Nil, n(7)),
			"dequeue by client 9 returned 7 at 9.005µs, but dequeue by client 2 had returned 7 at 154ns and 7 was enqueued once", 1},
		{queueModel, func(i int) []Operation {
			return []Operation{one("1", "enqueue", n(2*i), Nil), one("1", "enqueue", n(2*i+1), Nil), one("2", "dequeue", Nil, n(i))}
		}, one("9", "dequeue", Nil, n(302)),
			"dequeue by client 9 returned 302 at 9.005µs, but enqueue 300 by client 1 had completed at 4.504µs and nothing had taken 300 out", 1},
		{lockModel, func(i int) []Operation {
			return []Operation{one(fmt.Sprint(i%3), "acquire", Nil, Nil), one(fmt.Sprint(i%3), "release", Nil, Nil)}
		}, one("9", "release", Nil, Nil),
			"release by client 9 succeeded at 9.005µs, but client 9 had never asked for it", 0},
		{counterModel, func(i int) []Operation { return []Operation{one("1", "add", n(i), Nil)} },
			one("9", "read", Nil, n(44849)),
			"read by client 9 returned 44849 at 9.005µs, but everything added by then makes 44850", 0},
		{kvModel, func(i int) []Operation { return []Operation{one("1", "append", String(fmt.Sprint("<", i, ">")), Nil)} },
			one("9", "get", Nil, String("<0><1>")),
			`get by client 9 returned "<0><1>" at 9.005µs, but append "<299>" by client 1 had completed at 2.994µs and nothing replaced the text after it`, 3},
	}
	for _, test := range tests {
		var h History
		for i := range 300 {
			for _, op := range test.round(i) {
				op.Call = int64(len(h.Ops)) * 10
				op.Return, op.Outcome = op.Call+4, OutcomeOK
				if op.Op == "add" {
					op.Return += 10 * int64(i%2) * int64(len(test.round(i))-1) // two clients overlap
				}
				h.Ops = append(h.Ops, op)
			}
		}
		last := test.last
		last.Call, last.Return, last.Outcome = 9000, 9005, OutcomeOK
		h.Ops = append(h.Ops, last)
		r := Linearizable{test.model}.Check(h, Limits{})
		if r.Violation == nil {
			t.Error(r.Report(0))
			continue
		}
		if v := r.Violation; v.Why != test.why || len(v.Contradicts) != test.contradicts {
			t.Errorf("%s: %d contradict, want %d:\n got %s\nwant %s", test.model.Name, len(v.Contradicts), test.contradicts, v.Why, test.why)
		}
	}
}
