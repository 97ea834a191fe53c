package checker

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// told makes a history of lines such as "a write 7 10-20", "b read 7 30-40", "a write 8
// 50-? unknown", in milliseconds. Each line is of a client of its own unless it
// says "a"; a key other than x stands in front of the operation: "a y:read 7 1-2".
func told(t *testing.T, lines ...string) History {
	t.Helper()
	var h History
	for _, line := range lines {
		f := strings.Fields(line)
		op := Operation{Client: f[0], Op: f[1], Key: "x", Outcome: OutcomeOK, Return: Never}
		if key, name, ok := strings.Cut(f[1], ":"); ok {
			op.Key, op.Op = key, name
		}
		value, err := ParseValue(f[2])
		if err != nil {
			t.Fatal(err)
		}
		from, to, _ := strings.Cut(f[3], "-")
		fmt.Sscan(from, &op.Call)
		if op.Call *= 1e6; to != "?" {
			fmt.Sscan(to, &op.Return)
			op.Return *= 1e6
		}
		if len(f) > 4 {
			op.Outcome = map[string]Outcome{"unknown": OutcomeUnknown, "failed": OutcomeFailed}[f[4]]
		}
		if op.Op == "write" {
			op.Input = value
		} else if op.Outcome == OutcomeOK {
			op.Output = value
		}
		h.Ops = append(h.Ops, op)
	}
	return h
}

func TestAges(t *testing.T) {
	tests := []struct {
		name    string
		history []string
		ages    string // of the reads in the order of their calls: milliseconds/versions behind
	}{
		{"fresh", []string{"a write 1 0-10", "b read 1 20-30"}, "0/0"},
		{"nothing written yet", []string{"b read nil 0-5", "a write 1 10-20"}, "0/0"},
		{"the first value is overwritten too", []string{"a write 1 0-10", "b read nil 30-40"}, "20/1"},
		{"since the overwriting write was acknowledged", []string{"a write 1 0-10", "a write 2 20-30", "b read 1 100-110"}, "70/1"},
		{"until the read was called, not answered", []string{"a write 1 0-10", "a write 2 20-30", "b read 1 31-990"}, "1/1"},
		{"a write under way overwrites nothing", []string{"a write 1 0-10", "a write 2 20-300", "b read 1 100-110"}, "0/0"},
		{"writes at the same time may be in any order", []string{"a write 1 0-50", "c write 2 10-20", "b read 1 100-110"}, "0/0"},
		{"a touching instant is the same time", []string{"a write 1 0-10", "c write 2 10-20", "b read 1 100-110"}, "0/0"},
		{"the read at the very instant", []string{"a write 1 0-10", "c write 2 11-20", "b read 1 20-30"}, "0/0"},
		{"the first to overwrite counts", []string{"a write 1 0-10", "a write 2 20-30", "a write 3 40-50", "b read 1 60-70"}, "30/2"},
		{"the first to be there, not to be asked for", []string{"a write 1 0-10", "a write 2 20-90", "c write 3 30-40", "b read 1 100-110"}, "60/2"},
		{"versions behind are those there at the call", []string{"a write 1 0-10", "a write 2 20-30", "c write 3 40-90", "b read 1 60-70"}, "30/1"},
		{"and not at the very instant", []string{"a write 1 0-10", "a write 2 20-30", "c write 3 40-60", "b read 1 60-70"}, "30/1"},
		{"an unknown write that nobody read proves nothing", []string{"a write 1 0-10", "c write 2 20-30 unknown", "b read 1 100-110"}, "0/0"},
		{"an unknown write was there when it was read", []string{"a write 1 0-10", "c write 2 20-? unknown", "d read 2 50-60", "b read 1 100-110"}, "0/0 40/1"},
		{"an unknown write may take effect late", []string{"a write 1 0-? unknown", "c write 2 20-30", "b read 1 100-110"}, "0/0"},
		{"but not after it was read", []string{"a write 1 0-? unknown", "d read 1 5-10", "c write 2 20-30", "b read 1 100-110"}, "0/0 70/1"},
		{"a value read before its write was answered was there", []string{"a write 1 0-90", "d read 1 5-10", "c write 2 20-30", "b read 1 100-110"}, "0/0 70/1"},
		{"a failed write overwrites nothing", []string{"a write 1 0-10", "c write 2 20-30 failed", "b read 1 100-110"}, "0/0"},
		{"a failed read is none", []string{"a write 1 0-10", "a write 2 20-30", "b read 1 100-110 failed"}, ""},
		{"keys apart", []string{"a write 1 0-10", "c y:write 2 20-30", "b read 1 100-110"}, "0/0"},
		{"out of nothing", []string{"b read 7 0-10"}, "never"},
		{"out of a failed write", []string{"a write 7 0-5 failed", "b read 7 10-20"}, "never"},
		{"out of the future", []string{"b read 7 0-10", "a write 7 20-30"}, "never"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ages, err := Ages(told(t, test.history...))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, a := range ages {
				text := fmt.Sprintf("%d/%d", a.Age.Milliseconds(), a.Behind)
				if a.Never {
					text = "never"
				}
				got = append(got, text)
			}
			if strings.Join(got, " ") != test.ages {
				t.Errorf("ages are %q, expected %q", strings.Join(got, " "), test.ages)
			}
		})
	}
}

func TestAgesUnjudged(t *testing.T) {
	tests := []struct {
		history History
		want    string
	}{
		{told(t, "a write 1 0-10", "b write 1 20-30"), "operation 1 (write 1): the key had this value before"},
		{told(t, "a write nil 0-10"), "operation 0 (write nil): the key had this value before"},
		{told(t, "a add 1 0-10"), "expected read or write"},
		{told(t, "a write 1 10-0"), "returns at"},
		{History{Untimed: true}, "no times"},
	}
	for _, test := range tests {
		res := BoundedStaleness{}.Check(test.history, Limits{})
		if res.Verdict != Unknown || !strings.Contains(strings.Join(res.Problems, "\n"), test.want) {
			t.Errorf("%v: %v, expected unknown because of %q", res.Verdict, res.Problems, test.want)
		}
	}
}

func TestBoundedStaleness(t *testing.T) {
	h := told(t, "a write 1 0-10", "a write 2 20-30", "a write 3 40-50", "b read 2 60-70", "c read 1 100-110", "d y:read nil 0-1")
	tests := []struct {
		bound   BoundedStaleness
		verdict Verdict
		read    int // the offending one
	}{
		{BoundedStaleness{MaxAge: 70 * time.Millisecond}, OK, 0},
		{BoundedStaleness{MaxAge: 70*time.Millisecond - 1}, Violated, 4},
		{BoundedStaleness{MaxAge: time.Second, MaxBehind: 2}, OK, 0},
		{BoundedStaleness{MaxAge: time.Second, MaxBehind: 1}, Violated, 4},
		{BoundedStaleness{}, Violated, 3},
	}
	for _, test := range tests {
		res := test.bound.Check(h, Limits{})
		if res.Verdict != test.verdict || res.Violation != nil && res.Violation.Op.Index != test.read {
			t.Errorf("%+v: %v of operation %+v, expected %v of %d", test.bound, res.Verdict, res.Violation, test.verdict, test.read)
		}
		if v := res.Violation; v != nil {
			var page strings.Builder
			if err := v.WriteHTML(&page); err != nil || !strings.Contains(page.String(), "<html") {
				t.Errorf("%+v: the picture is not written: %v", test.bound, err)
			}
		}
	}
	got := BoundedStaleness{MaxAge: 5 * time.Millisecond}.Check(h, Limits{})
	if want := (Staleness{3, 2, 70 * time.Millisecond, 70 * time.Millisecond, 2, 2}); Summarize(mustAges(t, h)) != want {
		t.Errorf("sums up to %+v, expected %+v", Summarize(mustAges(t, h)), want)
	}
	if len(got.ViolatedKeys) != 1 || got.Keys != 2 {
		t.Errorf("%v violated of %d keys, expected one of two", got.ViolatedKeys, got.Keys)
	}
}

func mustAges(t *testing.T, h History) []Age {
	t.Helper()
	ages, err := Ages(h)
	if err != nil {
		t.Fatal(err)
	}
	return ages
}

// The percentile is the nearest rank: of 100 reads the 99th, of 200 the 198th.
func TestSummarize(t *testing.T) {
	for _, n := range []int{1, 99, 100, 101, 200} {
		var ages []Age
		for i := range n {
			ages = append(ages, Age{Age: time.Duration(i), Behind: i})
		}
		rank := int(math.Ceil(0.99*float64(n))) - 1
		if s := Summarize(ages); s.P99Age != time.Duration(rank) || s.P99Behind != rank || s.MaxBehind != n-1 || s.Stale != n-1 {
			t.Errorf("%d reads: %+v, expected the 99th percentile to be %d", n, s, rank)
		}
	}
	if (Summarize(nil) != Staleness{}) {
		t.Error("no reads have an age")
	}
}

// written draws a small history of one key, each operation of a client of its own.
func written(t *rapid.T, reads int) History {
	var h History
	at := rapid.Int64Range(0, 30)
	add := func(op Operation) {
		op.Client, op.Key = fmt.Sprint("c", len(h.Ops)), "x"
		op.Call = at.Draw(t, "call")
		op.Return = op.Call + at.Draw(t, "lasts")
		if op.Outcome != OutcomeOK && rapid.Bool().Draw(t, "open") {
			op.Return = Never
		}
		h.Ops = append(h.Ops, op)
	}
	writes := rapid.IntRange(0, 4).Draw(t, "writes")
	for i := range writes {
		outcome := OutcomeOK
		if rapid.IntRange(0, 3).Draw(t, "unknown") == 0 {
			outcome = OutcomeUnknown
		}
		add(Operation{Op: "write", Input: Int(int64(i + 1)), Outcome: outcome})
	}
	for range reads {
		value := Nil
		if n := rapid.IntRange(0, writes).Draw(t, "value"); n > 0 {
			value = Int(int64(n))
		}
		add(Operation{Op: "read", Output: value, Outcome: OutcomeOK})
	}
	return h
}

func linearizableRegister(h History) Verdict {
	return Linearizable{Model: registerModel}.Check(h, Limits{}).Verdict
}

// An age is proof: called any less than that sooner, the read cannot be linearized
// together with the others. This is the claim about Δ-atomicity.
func TestAgesProve(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := written(t, rapid.IntRange(1, 4).Draw(t, "reads"))
		ages, err := Ages(h)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range ages {
			if a.Age == 0 && !a.Never {
				continue
			}
			sooner := History{Ops: slices.Clone(h.Ops)}
			sooner.Ops[a.Read].Call -= max(int64(a.Age)-1, 0)
			if linearizableRegister(sooner) != Violated {
				t.Fatalf("read %d has the age %v, and if it had been called almost that much sooner all were well", a.Read, a.Age)
			}
		}
	})
}

// With one read nothing else can be known: if real time does not prove it old, the
// history is linearizable, and if it had been called its age sooner, it is.
func TestAgesProveAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := written(t, 1)
		ages, err := Ages(h)
		if err != nil {
			t.Fatal(err)
		}
		a := ages[0]
		h.Ops[a.Read].Call -= int64(a.Age)
		if got := linearizableRegister(h); (got == OK) == a.Never {
			t.Fatalf("the only read has the age %v, never written %v, and called that much sooner the history is %v", a.Age, a.Never, got)
		}
	})
}
