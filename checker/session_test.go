package checker_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	_ "github.com/orrery-sim/orrery/internal/steady"
	"pgregory.net/rapid"

	"github.com/orrery-sim/orrery/checker"
)

// asked makes a history of lines such as "ann write x 7 10-20" and "bob read x 7 25-30",
// with nil as a value, and ? or ! behind what has an unknown outcome or has failed.
func asked(t interface{ Fatalf(string, ...any) }, text string) checker.History {
	var h checker.History
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		op := checker.Operation{Outcome: checker.OutcomeOK}
		var value string
		if _, err := fmt.Sscanf(line, "%s %s %s %s %d-%d", &op.Client, &op.Op, &op.Key, &value, &op.Call, &op.Return); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		v, err := checker.ParseValue(value)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		switch line[len(line)-1] {
		case '?':
			op.Outcome = checker.OutcomeUnknown
		case '!':
			op.Outcome = checker.OutcomeFailed
		}
		if op.Op == "read" && op.Outcome == checker.OutcomeOK {
			op.Output = v
		} else if op.Op != "read" {
			op.Input = v
		}
		h.Ops = append(h.Ops, op)
	}
	return h
}

// A user writes a post and does not find it: the replica that was asked has not got it.
func ExampleSession() {
	h := checker.History{Ops: []checker.Operation{
		{Client: "1", Op: "write", Key: "x", Input: checker.Int(7), Call: 10 * ms, Return: 12 * ms, Outcome: checker.OutcomeOK},
		{Client: "2", Op: "write", Key: "x", Input: checker.Int(8), Call: 20 * ms, Return: 22 * ms, Outcome: checker.OutcomeOK},
		{Client: "2", Op: "read", Key: "x", Output: checker.Int(7), Call: 25 * ms, Return: 26 * ms, Outcome: checker.OutcomeOK},
		{Client: "1", Op: "read", Key: "x", Output: checker.Int(7), Call: 25 * ms, Return: 27 * ms, Outcome: checker.OutcomeOK},
	}}
	for _, check := range checker.Sessions {
		fmt.Println(check.Check(h, checker.Limits{}))
	}
	fmt.Print(checker.ReadYourWrites.Check(h, checker.Limits{}).Report(80))
	// Output:
	// read-your-writes: violated (4 operations)
	// monotonic-reads: ok (4 operations)
	// monotonic-writes: ok (4 operations)
	// writes-follow-reads: ok (4 operations)
	// read-your-writes: violated (4 operations)
	// claim: a read returns what its own session wrote before, or something later
	// read of x by client 2 returned 7 at 26ms, but client 2 itself had written 8 by 22ms, and 7 was there before that was asked for
	// offending operation:
	//   operation 2: read by client 2 returned 7, 25ms to 26ms
	// contradicts:
	//   operation 0: write 7 by client 1 completed, 10ms to 12ms
	//   operation 1: write 8 by client 2 completed, 20ms to 22ms
	//          10ms                         26ms
	// client 1 [-write 7-]
	// client 2            [-write 8-] [!read 7!]
}

// The guarantees by hand-made histories: which of them each one breaks.
func TestSessions(t *testing.T) {
	const ryw, mr, mw, wfr = "read-your-writes", "monotonic-reads", "monotonic-writes", "writes-follow-reads"
	cases := []struct {
		name, history string
		broken        string
	}{
		{"nothing", "", ""},
		{"own write found", "a write x 1 0-1\na read x 1 2-3", ""},
		{"own write missing", "a write x 1 0-1\na read x nil 2-3", ryw},
		{"own write missing, of unknown outcome", "a write x 1 0-1 ?\na read x nil 2-3", ""},
		{"own write missing, which failed", "a write x 1 0-1 !\na read x nil 2-3", ""},
		{"own write of unknown outcome, seen and gone", "a write x 1 0-1 ?\na read x 1 2-3\na read x nil 4-5", mr},
		{"own write of unknown outcome, seen by another", "a write x 1 0-1 ?\nb read x 1 2-3\na read x nil 4-5", ""},
		{"a write of unknown outcome comes late", "a write x 1 0-1 ?\na write x 2 2-3\na read x 2 4-5\na read x 1 6-7", ""},
		{"and once it was seen it is before what is written after", "a write x 1 0-1 ?\nb read x 1 2-3\na write x 2 4-5\na read x 1 6-7", ryw},
		{"another's write is missing", "a write x 1 0-1\nb read x nil 2-3", ""},
		{"another key", "a write x 1 0-1\na read y nil 2-3", ""},
		{"replaced by a later one", "a write x 1 0-1\nb write x 2 2-3\na read x 2 4-5", ""},
		{"replaced by one at the same time", "a write x 1 0-5\nb write x 2 0-5\na read x 2 6-7", ""},
		{"replaced by an earlier one", "b write x 2 0-1\na write x 1 2-3\na read x 2 4-5", ryw},
		{"two that each miss their own", "a write x 1 0-5\nb write x 2 0-5\na read x 2 6-7\nb read x 1 6-7", ryw},
		{"reads go back", "a write x 1 0-1\na write x 2 2-3\nb read x 2 4-5\nb read x 1 6-7", mr},
		{"reads go back to nil", "a write x 1 0-1\nb read x 1 2-3\nb read x nil 4-5", mr},
		{"reads go to and fro between writes of one time", "a write x 1 0-5\nb write x 2 0-5\nc read x 1 6-7\nc read x 2 8-9\nc read x 1 10-11", mr},
		{"two see two orders", "a write x 1 0-5\nb write x 2 0-5\nc read x 1 6-7\nd read x 2 6-7\nc read x 2 8-9\nd read x 1 8-9", mr},
		{"two see one order", "a write x 1 0-5\nb write x 2 0-5\nc read x 1 6-7\nd read x 1 6-7\nc read x 2 8-9\nd read x 2 8-9", ""},
		{"a read of unknown outcome says nothing", "a write x 1 0-1\nb read x 1 2-3 ?\nb read x nil 4-5", ""},
		{"second write without the first", "a write x 1 0-1\na write y 2 2-3\nb read y 2 4-5\nb read x nil 6-7", mw},
		{"second write with the first", "a write x 1 0-1\na write y 2 2-3\nb read y 2 4-5\nb read x 1 6-7", ""},
		{"the first was read before the second", "a write x 1 0-1\na write y 2 2-3\nb read x nil 4-5\nb read y 2 6-7", ""},
		{"the first is of unknown outcome", "a write x 1 0-1 ?\na write y 2 2-3\nb read y 2 4-5\nb read x nil 6-7", ""},
		{"the second is of unknown outcome, and was read", "a write x 1 0-1\na write y 2 2-3 ?\nb read y 2 4-5\nb read x nil 6-7", mw},
		{"answer without the question", "a write x 1 0-1\nb read x 1 2-3\nb write y 2 4-5\nc read y 2 6-7\nc read x nil 8-9", wfr},
		{"answer with the question", "a write x 1 0-1\nb read x 1 2-3\nb write y 2 4-5\nc read y 2 6-7\nc read x 1 8-9", ""},
		{"answer written before the question was read", "a write x 1 0-1\nb write y 2 1-2\nb read x 1 3-4\nc read y 2 6-7\nc read x nil 8-9", ""},
		{"the question is of unknown outcome", "a write x 1 0-1 ?\nb read x 1 2-3\nb write y 2 4-5\nc read y 2 6-7\nc read x nil 8-9", wfr},
	}
	for _, c := range cases {
		for _, check := range checker.Sessions {
			want := checker.OK
			if check.Name() == c.broken {
				want = checker.Violated
			}
			if got := check.Check(asked(t, c.history), checker.Limits{}); got.Verdict != want {
				t.Errorf("%s: %s\nexpected %s", c.name, got.Report(100), want)
			}
		}
	}
}

// What cannot be judged is unknown, and says why.
func TestSessionsUnknown(t *testing.T) {
	for history, problem := range map[string]string{
		"a write x 1 0-1\nb write x 1 2-3":                 "the value was there before",
		"a write x nil 0-1":                                "the value was there before",
		"a read x 7 0-1":                                   "nothing had written the answer 7 by then",
		"a read x 7 0-1\nb write x 7 2-3":                  "nothing had written the answer 7 by then",
		"b write x 7 2-3 !\na read x 7 4-5":                "nothing had written the answer 7 by then",
		"a cas x [1,2] 0-1":                                "sessions are judged by reads and writes alone",
		"a write x 1 3-2":                                  "returns at 2, before its call at 3",
		"a write x 1 0-9\na write x 2 5-6\nb read x 2 7-8": "before operation 0 of the same client returned",
	} {
		r := checker.ReadYourWrites.Check(asked(t, history), checker.Limits{})
		if r.Verdict != checker.Unknown || !strings.Contains(r.Report(100), problem) {
			t.Errorf("%s:\n%s\nexpected unknown: %s", history, r.Report(100), problem)
		}
	}
	h := asked(t, "a write x 1 0-5\nb write x 2 0-5\nc read x 1 6-7\nc read x 2 8-9")
	if r := checker.MonotonicReads.Check(h, checker.Limits{Steps: 2}); r.Verdict != checker.Unknown || r.Reason != "step limit 2 reached" {
		t.Errorf("with two steps: %s", r.Report(100))
	}
}

// A server that takes everything in, in order, and answers from what it has keeps all
// four; and what they say does not depend on the order in which operations are listed.
func TestSessionsOfOneServer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h checker.History
		state := map[string]checker.Value{}
		free := map[string]int64{}
		for i := range rapid.IntRange(1, 40).Draw(t, "operations") {
			at := int64(10 * i)
			op := checker.Operation{Client: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "client"),
				Key: rapid.SampledFrom([]string{"x", "y"}).Draw(t, "key"), Op: "read", Outcome: checker.OutcomeOK}
			op.Call = max(free[op.Client], at-rapid.Int64Range(0, 30).Draw(t, "way there"))
			if op.Call > at {
				continue
			}
			op.Return = at + rapid.Int64Range(0, 30).Draw(t, "way back")
			if rapid.Bool().Draw(t, "write") {
				op.Op, op.Input = "write", checker.Int(int64(i))
				state[op.Key] = op.Input
				op.Outcome = rapid.SampledFrom([]checker.Outcome{checker.OutcomeOK, checker.OutcomeUnknown}).Draw(t, "outcome")
			} else {
				op.Output = state[op.Key]
			}
			free[op.Client] = op.Return + 1
			h.Ops = append(h.Ops, op)
		}
		h.Ops = rapid.Permutation(h.Ops).Draw(t, "listed")
		for _, check := range checker.Sessions {
			if r := check.Check(h, checker.Limits{}); r.Verdict != checker.OK {
				t.Fatal(r.Report(100))
			}
		}
	})
}

// Whatever a history says, there is a verdict, the same each time, and a proof with it
// if it is violated: operations of the history that can be shown.
func TestSessionsOfAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h checker.History
		free := map[string]int64{}
		written := map[string][]checker.Value{"x": {checker.Nil}, "y": {checker.Nil}}
		for i := range rapid.IntRange(0, 30).Draw(t, "operations") {
			op := checker.Operation{Client: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "client"), Op: "read",
				Key:     rapid.SampledFrom([]string{"x", "y"}).Draw(t, "key"),
				Outcome: rapid.SampledFrom([]checker.Outcome{checker.OutcomeOK, checker.OutcomeOK, checker.OutcomeUnknown, checker.OutcomeFailed}).Draw(t, "outcome")}
			op.Call = free[op.Client] + rapid.Int64Range(0, 10).Draw(t, "waits")
			op.Return = op.Call + rapid.Int64Range(0, 10).Draw(t, "lasts")
			free[op.Client] = op.Return
			if rapid.Bool().Draw(t, "write") {
				op.Op, op.Input = "write", checker.Int(int64(i))
				written[op.Key] = append(written[op.Key], op.Input)
			} else if op.Outcome == checker.OutcomeOK {
				op.Output = rapid.SampledFrom(written[op.Key]).Draw(t, "answer")
			}
			h.Ops = append(h.Ops, op)
		}
		for _, check := range checker.Sessions {
			r := check.Check(h, checker.Limits{})
			if again := check.Check(h, checker.Limits{}); r.Report(100) != again.Report(100) || r.Steps != again.Steps {
				t.Fatalf("once:\n%s\nand then:\n%s", r.Report(100), again.Report(100))
			}
			if r.Verdict == checker.Violated && (r.Violation == nil || len(r.Violation.Contradicts) == 0) {
				t.Fatal(r.Report(100))
			}
		}
	})
}

// The clever search agrees with the obvious one: try all orders of the versions.
func TestSessionsAgainstAllOrders(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h checker.History
		const versions = 4
		for v := range int64(versions) {
			call := rapid.Int64Range(0, 20).Draw(t, "call")
			h.Ops = append(h.Ops, checker.Operation{Client: fmt.Sprint("w", v), Op: "write", Key: "x", Input: checker.Int(v),
				Call: call, Return: call + rapid.Int64Range(0, 20).Draw(t, "lasts"), Outcome: checker.OutcomeOK})
		}
		there := make([]int64, versions)
		for v := range there {
			there[v] = h.Ops[v].Return
		}
		type pair struct{ before, after int64 }
		var must []pair
		for c := range 3 {
			last, at := int64(-1), int64(20)
			for range rapid.IntRange(0, 4).Draw(t, "reads") {
				v := rapid.Int64Range(0, versions-1).Draw(t, "version")
				at += rapid.Int64Range(1, 10).Draw(t, "wait")
				h.Ops = append(h.Ops, checker.Operation{Client: fmt.Sprint("r", c), Op: "read", Key: "x", Output: checker.Int(v),
					Call: at, Return: at, Outcome: checker.OutcomeOK})
				there[v] = min(there[v], at)
				if last >= 0 && last != v {
					must = append(must, pair{last, v})
				}
				last = v
			}
		}
		for a := range versions {
			for b := range versions {
				if there[a] < h.Ops[b].Call {
					must = append(must, pair{int64(a), int64(b)})
				}
			}
		}
		possible := false
		permute([]int64{0, 1, 2, 3}, 0, func(order []int64) {
			possible = possible || !slices.ContainsFunc(must, func(p pair) bool {
				return slices.Index(order, p.before) > slices.Index(order, p.after)
			})
		})
		r := checker.MonotonicReads.Check(h, checker.Limits{})
		if (r.Verdict == checker.OK) != possible {
			t.Fatalf("an order is possible: %v\n%s", possible, r.Report(100))
		}
	})
}

func permute(list []int64, from int, yield func([]int64)) {
	if from == len(list) {
		yield(list)
		return
	}
	for i := from; i < len(list); i++ {
		list[from], list[i] = list[i], list[from]
		permute(list, from+1, yield)
		list[from], list[i] = list[i], list[from]
	}
}

// The explanation names what is contradicted, and how that is known.
func TestSessionReasons(t *testing.T) {
	for _, c := range []struct {
		check         checker.Session
		history, want string
	}{
		{checker.MonotonicReads, "a write x 1 0-5\nb write x 2 0-5\nc read x 1 6-7\nd read x 2 6-7\nc read x 2 8-9\nd read x 1 8-10",
			"read of x by d returned 1 at 10ns, but d had read 2 by 7ns, and by what c had read, 1 is before that"},
		{checker.MonotonicWrites, "a write x 1 0-1\na write y 2 2-3\nb read y 2 4-5\nb read x nil 6-7",
			"read of x by b returned nil at 7ns, but b had read 2 of y by 5ns, before which a had written 1, and nil is what there was before any write"},
		{checker.WritesFollowReads, "z write x 9 0-1\na write x 1 2-3\nb read x 1 4-5\nb write y 2 6-7\nc read y 2 8-9\nc read x 9 10-11",
			"read of x by c returned 9 at 11ns, but c had read 2 of y by 9ns, before which b had read 1, and 9 was there before that was asked for"},
	} {
		r := c.check.Check(asked(t, c.history), checker.Limits{})
		if r.Violation == nil || r.Violation.Why != c.want {
			t.Errorf("%s\nexpected %s", r.Report(100), c.want)
		}
	}
}

// A violation can be drawn as well.
func TestSessionPicture(t *testing.T) {
	h := asked(t, "a write x 1 0-1\na write y 2 2-3\nb read y 2 4-5\nb read x nil 6-7")
	var b strings.Builder
	r := checker.MonotonicWrites.Check(h, checker.Limits{})
	if err := r.Violation.WriteHTML(&b); err != nil || !strings.Contains(b.String(), "<html") {
		t.Errorf("error %v, %d bytes", err, b.Len())
	}
}
