package checker

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// fuzzRead checks that a reader answers any bytes with a valid history or with
// problems that have a place, that what it read can be written and read again, and that
// every model can judge it.
func fuzzRead(f *testing.F, format Format, seeds ...string) {
	for _, seed := range seeds {
		f.Add([]byte(seed), false)
		f.Add([]byte(seed[:len(seed)*2/3]), true)
	}
	f.Fuzz(func(t *testing.T, data []byte, truncated bool) {
		h, err := Read(bytes.NewReader(data), ReadOptions{Format: format, AllowTruncated: truncated})
		var broken *FormatError
		switch {
		case errors.As(err, &broken):
			for _, p := range broken.Problems {
				if p.Line < 1 || p.Column < 1 || p.Text == "" || strings.Contains(p.Text, "\n") {
					t.Fatalf("problem without a place: %+v", p)
				}
			}
			return
		case err != nil:
			t.Fatal(err)
		}
		for _, m := range Models {
			r := Linearizable{m}.Check(h, Limits{Steps: 500})
			if r.Verdict == Violated {
				_ = r.Violation.Lanes(0)
			}
		}
		if h.Validate() == nil {
			rewrite(t, h)
		}
	})
}

// rewrite writes h in both forms and compares what is read back.
func rewrite(t *testing.T, h History) {
	var first, second, edn bytes.Buffer
	if err := WriteJSONL(&first, h); err != nil {
		t.Fatal(err)
	}
	if err := WriteJSONL(&second, read(t, first.String(), FormatJSONL)); err != nil {
		t.Fatal(err)
	}
	if first.String() != second.String() {
		t.Fatalf("written\n%sthen\n%s", first.String(), second.String())
	}
	if err := WriteEDN(&edn, h); err != nil {
		t.Fatal(err)
	}
	if got := read(t, edn.String(), FormatEDN); len(got.Ops) != len(h.Ops) {
		t.Fatalf("%d operations became %d:\n%s", len(h.Ops), len(got.Ops), edn.String())
	}
}

func FuzzReadEDN(f *testing.F) {
	fuzzRead(f, FormatEDN,
		`{:process 0, :type :invoke, :f :write, :value [:x 3], :time 1, :index 0}
{:process 0, :type :ok, :f :write, :value [:x 3], :time 2, :index 1}
{:process :nemesis, :type :info, :f :start}`,
		`[{:process 0 :type :invoke :f :cas :value [1 2]} ; comment
 #jepsen.history.Op{:process 0 :type :fail :f :cas :value [1 2] :output false :error #object[a "b"]}]`,
		`({:process 1, :type :invoke, :f :read, :client "a\u00e9\n", :key 1}
{:process 1, :type :ok, :f :read, :value #{1 2.5 \a "x" 9999999999999999999999N #:n{:a ##NaN} #"re\"" ^:m sym #_ no}})`)
}

func FuzzReadJSONL(f *testing.F) {
	fuzzRead(f, FormatJSONL,
		`{"history":1,"operations":2,"untimed":false,"skipped":1,"meta":{"seed":"7"}}
{"client":1,"op":"cas","key":"x","input":[null,3],"output":true,"call":100,"return":250,"outcome":"ok","call_event":5,"return_event":9}
{"client":"alice","op":"read","key":"x","call":300,"outcome":"unknown"}
`,
		`{"client":1,"op":"write","input":{"edn":"#{:a 1.5}"},"call":-5,"return":9,"outcome":"failed"}`)
}

func FuzzReadJepsenLog(f *testing.F) {
	fuzzRead(f, FormatJepsenLog,
		"INFO  jepsen.util - 0\t:invoke\t:write\t3\nINFO  jepsen.util - 0\t:info\t:write\t:timed-out\n",
		"0\t:invoke\t:cas\t[1 [3 0]]\n0\t:fail\t:cas\t[1 [3 0]]\n:nemesis\t:info\t:start\tnil\n",
		"2021-03-04 12:00:00,123{GMT}\tINFO\t[jepsen worker 4] jepsen.util: 4\t:invoke\t:dequeue\tnil\n")
}
