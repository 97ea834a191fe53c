package checker

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// drawValue draws any value, with texts of any characters.
func drawValue(t *rapid.T, depth int) Value {
	kinds := KindOther
	if depth == 0 {
		kinds = KindString
	}
	switch Kind(rapid.IntRange(0, int(kinds)).Draw(t, "kind")) {
	case KindNil:
		return Nil
	case KindBool:
		return Bool(rapid.Bool().Draw(t, "bool"))
	case KindInt:
		return Int(rapid.Int64().Draw(t, "int"))
	case KindString:
		return String(rapid.String().Draw(t, "text"))
	case KindList:
		return List(drawValues(t, depth-1)...)
	}
	text := rapid.SampledFrom([]string{":timed-out", "1.5", "99999999999999999999", "1/3", `\a`, "##NaN",
		`{:a [1 "b"], :c nil}`, `#inst "2020-01-01"`, "foo/bar", `#"a\"b"`, ":a/b"}).Draw(t, "other")
	v, err := ParseValue(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func drawValues(t *rapid.T, depth int) []Value {
	values := make([]Value, rapid.IntRange(0, 3).Draw(t, "elements"))
	for i := range values {
		values[i] = drawValue(t, depth)
	}
	return values
}

// drawRecord draws any valid history, whether it makes sense or not.
func drawRecord(t *rapid.T) History {
	clients := []string{"0", "7", "alice", "007", "-1", "9223372036854775807", "b\"o\nb"}
	free := make(map[string]int64)
	var h History
	for range rapid.IntRange(0, 8).Draw(t, "operations") {
		op := Operation{
			Client:  rapid.SampledFrom(clients).Draw(t, "client"),
			Op:      rapid.SampledFrom([]string{"read", "write", "cas", "dequeue", "acquire", "txn", "two words"}).Draw(t, "op"),
			Key:     rapid.SampledFrom([]string{"", "", "x", "12", ":k"}).Draw(t, "key"),
			Input:   drawValue(t, 2),
			Outcome: Outcome(rapid.IntRange(0, 2).Draw(t, "outcome")),
		}
		op.Call = free[op.Client] + rapid.Int64Range(0, 2).Draw(t, "pause")
		op.Return = op.Call + rapid.Int64Range(0, 3).Draw(t, "duration")
		op.CallEvent = rapid.Uint64Range(0, 3).Draw(t, "event")
		switch op.Outcome {
		case OutcomeOK:
			op.Output = drawValue(t, 2)
			free[op.Client] = op.Return
		case OutcomeFailed:
			free[op.Client] = op.Return
		case OutcomeUnknown:
			free[op.Client] = op.Call
			if rapid.Bool().Draw(t, "never") {
				op.Return = Never
			}
		}
		if op.Return != Never {
			op.ReturnEvent = rapid.Uint64Range(0, 3).Draw(t, "event")
		}
		h.Ops = append(h.Ops, op)
	}
	return h
}

// read parses text and fails if there is an error.
func read(t interface{ Fatalf(string, ...any) }, text string, format Format) History {
	h, err := Read(strings.NewReader(text), ReadOptions{Format: format})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return h
}

func TestRoundTripJSONL(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := drawRecord(t)
		h.Untimed = false
		h.Skipped = rapid.IntRange(0, 2).Draw(t, "skipped")
		if rapid.Bool().Draw(t, "meta") {
			h.Meta = map[string]string{rapid.String().Draw(t, "name"): rapid.String().Draw(t, "text"), "edn": "x"}
		}
		var b strings.Builder
		if err := WriteJSONL(&b, h); err != nil {
			t.Fatal(err)
		}
		if got := read(t, b.String(), FormatJSONL); !reflect.DeepEqual(got, h) {
			t.Fatalf("wrote %#v\n%sread %#v", h, b.String(), got)
		}
	})
}

// TestRoundTripEDN compares operations as sets: EDN orders them by their calls.
func TestRoundTripEDN(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := drawRecord(t)
		var b strings.Builder
		if err := WriteEDN(&b, h); err != nil {
			t.Fatal(err)
		}
		got := read(t, b.String(), FormatEDN)
		count := make(map[Operation]int)
		for _, op := range h.Ops {
			count[op]++
		}
		for _, op := range got.Ops {
			count[op]--
		}
		for op, n := range count {
			if n != 0 || got.Untimed && len(h.Ops) > 0 {
				t.Fatalf("%d times %#v\n%s", n, op, b.String())
			}
		}
		var again strings.Builder
		if err := WriteEDN(&again, got); err != nil || got.Validate() != nil {
			t.Fatal(err, got.Validate())
		}
	})
}

// TestRoundTripPairs checks that arguments that look like a key and a value do
// not become them.
func TestRoundTripPairs(t *testing.T) {
	for _, op := range []Operation{
		{Client: "0", Op: "write", Input: List(Int(1), Int(2)), Call: 1, Return: 2, Outcome: OutcomeOK},
		{Client: "0", Op: "cas", Input: List(Int(1), List(Int(2), Int(3))), Call: 1, Return: 2, Outcome: OutcomeOK},
		{Client: "0", Op: "cas", Key: "k", Input: Int(1), Call: 1, Return: 2, Outcome: OutcomeOK},
	} {
		var b strings.Builder
		if err := WriteEDN(&b, History{Ops: []Operation{op}}); err != nil {
			t.Fatal(err)
		}
		if got := read(t, b.String(), FormatEDN); got.Ops[0] != op {
			t.Errorf("%#v\n%s%#v", op, b.String(), got.Ops[0])
		}
	}
}

// TestRoundTripUntimed checks that histories without times keep their order.
func TestRoundTripUntimed(t *testing.T) {
	const log = "0 :invoke :write 3\n1 :invoke :read nil\n1 :ok :read 3\n0 :info :write 3\n1 :invoke :cas [3 4]\n1 :fail :cas [3 4]\n2 :invoke :read nil\n"
	h := read(t, log, FormatAuto)
	for _, write := range []func(*bytes.Buffer) error{
		func(b *bytes.Buffer) error { return WriteEDN(b, h) },
		func(b *bytes.Buffer) error { return WriteJSONL(b, h) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		if got := read(t, b.String(), FormatAuto); !reflect.DeepEqual(got, h) {
			t.Errorf("wrote %+v\n%sread %+v", h, b.String(), got)
		}
	}
}

// TestValueText checks that the text of a value is read back as the value.
func TestValueText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := drawValue(t, 3)
		if got, err := ParseValue(v.String()); err != nil || got != v {
			t.Fatalf("%#v is %s, read as %#v, %v", v, v, got, err)
		}
		if elems, ok := v.Elems(); ok && List(elems...) != v {
			t.Fatalf("%s has elements %v", v, elems)
		}
	})
}

func ExampleParseValue() {
	for _, text := range []string{"7", `"a"`, "[3 nil]", "(1 2)", "#{3 1 2}", "{:b 1 :a 2}", "#inst \"2020\"", `"\ud83d\ude00\u00e9\101"`, "[1", ":a :b"} {
		v, err := ParseValue(text)
		fmt.Println(v, err)
	}
	// Output:
	// 7 <nil>
	// "a" <nil>
	// [3 nil] <nil>
	// [1 2] <nil>
	// [1 2 3] <nil>
	// {:a 2, :b 1} <nil>
	// #inst "2020" <nil>
	// "😀éA" <nil>
	// nil column 1: the file ends within the [ that begins here
	// nil column 4: more after the value, expected the end
}
