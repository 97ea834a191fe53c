package checker

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
)

// TestRealShapes reads what Jepsen, Knossos and their neighbours write.
func TestRealShapes(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"vector", `[{:process 4, :type :invoke, :f :write, :value 2}
 {:process 4, :type :ok, :f :write, :value 2}
 ; a comment, and a record without commas
 {:process 6 :type :invoke :f :read :value nil}]`,
			"write 2 by client 4: ok; read by client 6: unknown"},
		{"list", "({:type :invoke, :f :write, :value 0, :process 0}\n {:type :ok, :f :write, :value 0, :process 0}\n)\n",
			"write 0 by client 0: ok"},
		{"lines with tags, long times and exceptions", `#jepsen.history.Op{:index 0, :time 3291485317, :type :invoke, :process 0, :f :read, :value nil}
#jepsen.history.Op{:index 1, :time 3565403674, :type :info, :process 0, :f :read, :value nil, :error [:timeout #object[java.net.Socket 0x1a "Socket[addr=/10.0.0.1]"]],
 :exception {:via [{:type clojure.lang.ExceptionInfo, :data #:http{:status 503, :headers {"a" 1/2}}, :at [a$b_c invoke "x.clj" 12]}], :cause "no\tanswer \u00e9", :big 12345678901234567890N, :nan ##NaN, :at #inst "2021-01-01T00:00:00.000-00:00", :char \newline, :re #"a\d+"}}`,
			"read by client 0: unknown"},
		{"keys", `{:process 0 :type :invoke :f :write :value [1 7]}
{:process 1 :type :invoke :f :cas :value [2 [7 8]]}
{:process 0 :type :ok :f :write :value [1 7]}
{:process 1 :type :fail :f :cas :value [2 [7 8]]}
{:process 2 :type :invoke :f :read :value [1 nil]}
{:process 2 :type :ok :f :read :value #jepsen.independent/tuple [1 7]}`,
			"write 7 (1) by client 0: ok; cas [7 8] (2) by client 1: failed; read (1) by client 2: ok 7"},
		{"no keys: one value is no pair", `{:process 0 :type :invoke :f :cas :value [1 7]}
{:process 1 :type :invoke :f :read :value nil}`,
			"cas [1 7] by client 0: unknown; read by client 1: unknown"},
		{"no keys: cas alone", `{:process 0 :type :invoke :f :cas :value [1 7]}`,
			"cas [1 7] by client 0: unknown"},
		{"key in the record", `{:process 0, :type :invoke, :f :append, :key "0", :value "x 0 0 y"}
{:process 0, :type :ok, :f :append, :key "0", :value "x 0 0 y"}`,
			`append "x 0 0 y" (0) by client 0: ok`},
		{"nemesis", `{:process :nemesis, :type :info, :f :start, :value nil}
{:process 0, :type :invoke, :f :add, :value 1}
{:process :nemesis, :type :info, :f :start, :value "Cut off {n1 #{n2 n3}}"}
{:process 0, :type :ok, :f :add, :value 1}
{:process 0, :type :invoke, :f :read, :value nil}
{:process 0, :type :ok, :f :read, :value #{1}}`,
			"add 1 by client 0: ok; read by client 0: ok [1]; 2 skipped"},
		{"discarded and metadata", `^{:line 1} {:process 0, :type :invoke, #_ #_ :old :form :f :read, :value nil} #_{:process 0}`,
			"read by client 0: unknown"},
		{"names instead of keywords", `{:process 0, :type "invoke", :f "read", :value nil}`, "read by client 0: unknown"},
		{"byte order mark", "\ufeff{:process 0, :type :invoke, :f :read, :value nil}", "read by client 0: unknown"},
		{"jepsen.log", "INFO  jepsen.core - nothing about operations\n" +
			"2021-03-04 12:00:00,123{GMT}\tINFO\t[jepsen worker 4] jepsen.util: 4\t:invoke\t:write\t3\n" +
			"INFO  jepsen.util - :nemesis\t:info\t:start\tnil\n" +
			"INFO  jepsen.util - 4\t:fail\t:write\t3\t[:refused \"x\"]\r\n",
			"write 3 by client 4: failed; 2 skipped"},
		{"history.txt", "0\t:invoke\t:read\tnil\n0\t:ok\t:read\t4\n", "read by client 0: ok 4"},
		{"json lines", `{"client":1,"op":"cas","key":"x","input":[null,3],"output":true,"call":5,"return":9,"outcome":"ok"}

 { "client" : "alice", "op" : "read", "call" : 7, "outcome" : "unknown" }`,
			"cas [nil 3] (x) by client 1: ok true; read by alice: unknown"},
		{"json values", `{"client":1,"op":"write","input":[1.5,99999999999999999999,{"edn":":k"},"a\"b",[]],"call":5,"outcome":"unknown"}`,
			`write [1.5 99999999999999999999 :k "a\"b" []] by client 1: unknown`},
	}
	for _, test := range tests {
		h, err := Read(strings.NewReader(test.text), ReadOptions{})
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		var got []string
		for _, op := range h.Ops {
			got = append(got, op.String())
		}
		if h.Skipped > 0 {
			got = append(got, fmt.Sprint(h.Skipped, " skipped"))
		}
		if s := strings.Join(got, "; "); s != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.name, s, test.want)
		}
		if err := h.Validate(); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

const opLine = `{"client":1,"op":"read","call":5,"return":9,"outcome":"ok"}` + "\n"

// TestProblems states what is said about broken files, and where.
func TestProblems(t *testing.T) {
	deep := strings.Repeat("[", 200)
	tests := []struct{ text, want string }{
		{"", "h:1:1: the file is empty, expected a history"},
		{" \n\t\n", "h:1:1: the file is empty, expected a history"},
		{"hello\n", `h:1:1: no operations, expected JSON lines, EDN, or a Jepsen log with lines such as "INFO  jepsen.util - 0 :invoke :write 3"`},

		// EDN
		{"{:process 0, :type :invoke}", "h:1:1: no :f in the map"},
		{"{:type :invoke, :f :read}", "h:1:1: no :process in the map"},
		{"[1 {:process 0}]", "h:1:2: 1, expected a map of an operation\nh:1:4: no :type in the map\nh:1:4: no :f in the map"},
		{"{:process 0, :type :invok, :f :read}", "h:1:20: :type :invok, the nearest is :invoke; expected :invoke, :ok, :fail or :info"},
		{"{:process 0, :type :invoke, :f 7}", "h:1:32: :f 7, expected what was asked, as a keyword"},
		{"{:process 0, :type :invoke, :f :read, :time 1.5}", "h:1:45: :time 1.5, expected nanoseconds as a whole number"},
		{"{:process 0, :type :invoke, :f :read, :f :read}", "h:1:39: :f for the second time"},
		{"{:process 0, :type :ok, :f :read}", "h:1:1: process 0 completes :read as :ok without an invocation"},
		{"{:process 0, :type :invoke, :f :read}\n{:process 0, :type :ok, :f :write}", "h:2:1: process 0 completes :write, but line 1 invokes :read"},
		{"{:process 0, :type :invoke, :f :read, :time 9}\n{:process 0, :type :ok, :f :read, :time 8}", "h:2:1: :time 8, before the invocation of line 1 at 9"},
		{"{:process 0, :type :invoke, :f :read, :value [1 nil]}\n{:process 0, :type :ok, :f :read, :value [2 7]}", "h:2:1: process 0 completes :read of key 2, but line 1 invokes it of key 1"},
		{"{:process 0, :type :invoke, :f :read, :value [1 nil]}\n{:process 0, :type :ok, :f :read, :value 7}", "h:2:1: :value 7, expected [key value]"},
		{"{:process 0, :value " + deep[:64] + strings.Repeat("]", 64) + ", :type :invoke, :f :read}", "h:1:21: :value nested deeper than 62"},
		{"{:a \"\\\n\"}", "h:1:6: unknown escape \\\\u000a"},
		{"{:process 0 :type}", "h:1:13: the last key of the map has no value"},
		{"{:process \"\\x\"}\n{:process 0}", "h:1:12: unknown escape \\x\nh:2:1: no :type in the map\nh:2:1: no :f in the map"},
		{"{:process \"\\u12g\"}", "h:1:12: \\u without four hexadecimal digits"},
		{"{:process \xff}", "h:1:11: not UTF-8"},
		{"{:a : }", "h:1:5: a keyword without a name"},
		{"{:a # b}", "h:1:5: # before ' ', expected a tag"},
		{"{:a #_}", "h:1:5: nothing after #_, expected a form"},
		{"[]\n{}", "h:2:1: more after the list of operations, expected the end"},
		{"[) ]", "h:1:2: ')' closes nothing"},
		{"{:a " + deep, "h:1:105: nested deeper than 100"},

		// Truncated
		{"{:process 0, :ty", "h:1:1: the file ends within the { that begins here\nhint: to judge what is there, allow truncated histories"},
		{"[\n{:process 0, :type :invoke, :f :read}\n", "h:1:1: the file ends within the list of operations that begins here\nhint: to judge what is there, allow truncated histories"},
		{"{:process 0, :f \"a", "h:1:17: the file ends within the text that begins here\nhint: to judge what is there, allow truncated histories"},
		{"0 :invoke :write 12", "h:1:20: the file ends in the middle of a line\nhint: to judge what is there, allow truncated histories"},
		{opLine + `{"client":1,"o`, "h:2:15: the line ends in the middle of an object\nhint: to judge what is there, allow truncated histories"},
		{`{"history":1,"operations":9}` + "\n" + opLine + `{"client`, "h:1:1: the header announces 9 operations, the file has 2\nh:3:9: the line ends in the middle of an object\nhint: to judge what is there, allow truncated histories"},
		{"[1\n{:process 0", "h:1:2: 1, expected a map of an operation\nh:2:1: the file ends within the { that begins here"},
		{`{"history":1,"operations":2}` + "\n" + opLine, "h:1:1: the header announces 2 operations, the file has 1\nhint: to judge what is there, allow truncated histories"},

		// Jepsen's log
		{"0 :invoke :write [1\n0 :invokee :read nil\n", "h:1:18: the file ends within the [ that begins here\nh:2:3: :type :invokee, the nearest is :invoke; expected :invoke, :ok, :fail or :info"},
		{"INFO jepsen.util - 3 :ok :read 4\n", "h:1:20: process 3 completes :read as :ok without an invocation"},
		{"0 :invoke :write\n", "h:1:17: no :value, expected process, :type, :f and value"},

		// JSON lines
		{`[{"client":1}]`, "h:1:1: a JSON array, expected JSON lines: one operation per line and no brackets around them"},
		{`{"client":1}`, "h:1:1: no field \"op\"\nh:1:1: no field \"call\"\nh:1:1: no field \"outcome\""},
		{`{"client":1,"op":"read","call":5,"outcome":"ok"}`, "h:1:1: no field \"return\", expected one with outcome ok"},
		{`{"client":1.5,"op":"read","call":"5","outcome":"okay"}`, "h:1:11: client: expected a text or a whole number\nh:1:34: call: expected nanoseconds as a whole number\nh:1:48: outcome: expected ok, failed or unknown"},
		{`{"client":1,"op":"read","cal":5,"call":5,"outcome":"unknown"}`, "h:1:31: cal: no such field, the nearest is \"call\""},
		{`{"client":1,"client":2}`, "h:1:13: field \"client\" for the second time"},
		{`{"client":1,"op":"read","call":9,"return":8,"outcome":"ok"}`, "h:1:1: returns at 8, before its call at 9"},
		{opLine + `{"client":1 "op"}` + "\n" + opLine, "h:2:13: no JSON: invalid character '\"' after object key:value pair"},
		{`{"client":tru}`, "h:1:11: no JSON: invalid character '}' in literal true (expecting 'e')"},
		{opLine + "7\n", "h:2:1: expected an object: one operation per line"},
		{opLine + "{} {}\n", "h:2:4: more after the object, expected the end of the line"},
		{`{"client":1,"op":"read","input":{"a":1},"call":5,"outcome":"unknown"}`, `h:1:33: input: an object, expected null, true, false, a whole number, a text, a list or {"edn": text}`},
		{`{"client":1,"op":"read","input":{"edn":"(1"},"call":5,"outcome":"unknown"}`, "h:1:40: edn: column 1: the file ends within the ( that begins here"},
		{`{"client":1,"op":"read","input":` + deep, "h:1:94: nested deeper than 60"},
		{`{"history":2}`, "h:1:12: history: 2, expected the version 1"},
		{`{"history":1,"operations":0}` + "\n" + opLine, "h:1:1: the header announces 0 operations, the file has 1"},
	}
	for _, test := range tests {
		_, err := Read(strings.NewReader(test.text), ReadOptions{Name: "h"})
		if err == nil || err.Error() != test.want {
			t.Errorf("%.80q:\n got %v\nwant %s", test.text, err, test.want)
		}
		if b := iotest.OneByteReader(strings.NewReader(test.text)); err != nil {
			if _, again := Read(b, ReadOptions{Name: "h"}); again == nil || again.Error() != err.Error() {
				t.Errorf("%.80q byte by byte:\n got %v\nwant %v", test.text, again, err)
			}
		}
	}
}

// TestManyProblems checks that twenty problems are listed and the rest counted.
func TestManyProblems(t *testing.T) {
	_, err := Read(strings.NewReader(strings.Repeat("{:process 0, :type :ok, :f :read}\n", 50)), ReadOptions{Name: "h"})
	var broken *FormatError
	if !errors.As(err, &broken) || len(broken.Problems) != 20 || broken.More != 30 {
		t.Fatal(err)
	}
	if !strings.HasSuffix(err.Error(), "h:20:1: process 0 completes :read as :ok without an invocation\nh: and 30 more") {
		t.Error(err)
	}
}

// TestTruncated checks that what is complete of a truncated file is read if the
// user says so.
func TestTruncated(t *testing.T) {
	full := map[string]string{
		"edn lines":  "{:process 0, :type :invoke, :f :write, :value 3}\n{:process 0, :type :ok, :f :write, :value 3}\n",
		"edn vector": "[{:process 0, :type :invoke, :f :write, :value 3}\n {:process 0, :type :ok, :f :write, :value 3}]",
		"log":        "0 :invoke :write 3\n0 :ok :write 3\n",
		"json":       `{"history":1,"operations":2}` + "\n" + opLine + strings.Replace(opLine, `:5`, `:9`, 1),
	}
	for name, text := range full {
		whole := read(t, text, FormatAuto)
		for cut := 1; cut < len(text)-1; cut++ {
			h, err := Read(strings.NewReader(text[:cut]), ReadOptions{AllowTruncated: true})
			if err != nil && len(h.Ops) > 0 || len(h.Ops) > len(whole.Ops) {
				t.Fatalf("%s: %q: %v %v", name, text[:cut], h, err)
			}
			for i, op := range h.Ops {
				if want := whole.Ops[i]; op != want {
					want.Outcome, want.Return = OutcomeUnknown, Never
					if op != want {
						t.Fatalf("%s: %q: %v", name, text[:cut], op)
					}
				}
			}
		}
	}
}

// TestNotTruncated checks that what is broken before the end of a file stays an
// error if truncated files are allowed.
func TestNotTruncated(t *testing.T) {
	for _, text := range []string{
		`{"client":1,` + "\n" + opLine,
		"{:process 0 :type\n{:process 1, :type :invoke, :f :read}}\n",
		"0 :invoke :write [3\n0 :ok :write 3\n",
		`{"history":1,"operations":0}` + "\n" + opLine,
	} {
		if h, err := Read(strings.NewReader(text), ReadOptions{AllowTruncated: true}); err == nil {
			t.Errorf("%q is read as %v", text, h.Ops)
		}
	}
}

func TestKeyRule(t *testing.T) {
	const text = "0 :invoke :write [1 7]\n"
	for rule, want := range map[KeyRule]string{
		KeysAuto: "write 7 (1) by client 0: unknown", KeysAlways: "write 7 (1) by client 0: unknown", KeysNever: "write [1 7] by client 0: unknown",
	} {
		h, err := Read(strings.NewReader(text), ReadOptions{Keys: rule})
		if err != nil || h.Ops[0].String() != want {
			t.Errorf("%d: %v %v, want %s", rule, h.Ops, err, want)
		}
	}
}

// TestReadErrors checks that errors of the reader itself come through, and that
// too long lines and unknown files are refused.
func TestReadErrors(t *testing.T) {
	for _, start := range []string{"[{:process 0}\n", opLine, "hello\n"} {
		fault := errors.New("fault")
		r := io.MultiReader(strings.NewReader(start), iotest.ErrReader(fault))
		if _, err := Read(r, ReadOptions{}); err == nil || !strings.Contains(err.Error(), "fault") {
			t.Errorf("%q: %v", start, err)
		}
	}
	long := `{"client":"` + strings.Repeat("a", maxLine)
	if _, err := Read(strings.NewReader(long), ReadOptions{}); err == nil || !strings.Contains(err.Error(), "longer than 4 MiB") {
		t.Error(err)
	}
	many := "[" + strings.Repeat("1 ", maxNodes) + "]"
	if _, err := ParseValue(many); err == nil || !strings.Contains(err.Error(), "more than 1048576 values") {
		t.Error(err)
	}
	if _, err := ReadFile("testdata/none.edn", ReadOptions{}); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if _, err := ParseFormat("jsonlines"); err == nil || !strings.Contains(err.Error(), `the nearest is "jsonl"`) {
		t.Error(err)
	}
	for f := FormatAuto; f <= FormatJepsenLog; f++ {
		if got, err := ParseFormat(f.String()); got != f || err != nil {
			t.Errorf("%v is read as %v, %v", f, got, err)
		}
	}
}
