package checker_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/checker"
)

const ms = int64(time.Millisecond)

// A client reads a value that another write had replaced long before.
func ExampleLinearizable() {
	h := checker.History{Ops: []checker.Operation{
		{Client: "1", Op: "write", Key: "x", Input: checker.Int(7), Call: 4800 * ms, Return: 4900 * ms, Outcome: checker.OutcomeOK},
		{Client: "1", Op: "write", Key: "x", Input: checker.Int(9), Call: 5000 * ms, Return: 5100 * ms, Outcome: checker.OutcomeOK},
		{Client: "2", Op: "read", Key: "x", Output: checker.Int(9), Call: 5050 * ms, Return: 5150 * ms, Outcome: checker.OutcomeOK},
		{Client: "3", Op: "read", Key: "x", Output: checker.Int(7), Call: 5160 * ms, Return: 5210 * ms, Outcome: checker.OutcomeOK,
			CallEvent: 800, ReturnEvent: 812},
	}}
	model, err := checker.ModelNamed("register")
	if err != nil {
		fmt.Println(err)
		return
	}
	result := checker.Linearizable{Model: model}.Check(h, checker.Limits{})
	fmt.Print(result.Report(80))
	// Output:
	// linearizable(register): violated (4 operations)
	// claim: every operation takes effect at one instant between its call and its return, as the model answers
	// read of x by client 3 returned 7 at 5.21s, but write 9 by client 1 had completed at 5.1s and nothing wrote 7 after it
	// it could have returned 9
	// offending operation:
	//   operation 3: read by client 3 returned 7, 5.16s to 5.21s (events 800 to 812)
	// contradicts:
	//   operation 0: write 7 by client 1 completed, 4.8s to 4.9s
	//   operation 1: write 9 by client 1 completed, 5s to 5.1s
	//          4.8s                         5.21s
	// client 1 [-write 7-] [-write 9-]
	// client 2              [-read 9--]
	// client 3                         [!read 7!]
}

// A write of unknown outcome stays open: it may take effect after the client
// gave up, but once a read has seen it, it cannot be undone.
func ExampleLinearizable_unknownOutcome() {
	h := checker.History{Ops: []checker.Operation{
		{Client: "1", Op: "write", Input: checker.Int(7), Call: 0, Return: 1000 * ms, Outcome: checker.OutcomeUnknown},
		{Client: "2", Op: "read", Output: checker.Nil, Call: 1100 * ms, Return: 1200 * ms, Outcome: checker.OutcomeOK},
		{Client: "2", Op: "read", Output: checker.Int(7), Call: 1300 * ms, Return: 1400 * ms, Outcome: checker.OutcomeOK},
	}}
	model, _ := checker.ModelNamed("register")
	check := checker.Linearizable{Model: model}
	fmt.Println(check.Check(h, checker.Limits{}))

	h.Ops = append(h.Ops, checker.Operation{Client: "3", Op: "read", Output: checker.Nil,
		Call: 1500 * ms, Return: 1600 * ms, Outcome: checker.OutcomeOK})
	fmt.Print(check.Check(h, checker.Limits{}).Report(80))
	// Output:
	// linearizable(register): ok (3 operations, 1 of unknown outcome)
	// linearizable(register): violated (4 operations, 1 of unknown outcome)
	// claim: every operation takes effect at one instant between its call and its return, as the model answers
	// read by client 3 returned nil at 1.6s, but read by client 2 had returned 7 at 1.4s and nothing wrote nil after it
	// it could have returned 7
	// offending operation:
	//   operation 3: read by client 3 returned nil, 1.5s to 1.6s
	// contradicts:
	//   operation 2: read by client 2 returned 7, 1.3s to 1.4s
	//          0s                              1.6s
	// client 1 [-write 7-?
	// client 2  [-read nil-] [-read 7-]
	// client 3                         [!read nil!]
}

// Histories that Jepsen recorded are judged as they are.
func ExampleRead() {
	const edn = `
{:process 0, :type :invoke, :f :write, :value [:x 1], :time 10}
{:process :nemesis, :type :info, :f :start-partition, :value nil, :time 12}
{:process 0, :type :ok, :f :write, :value [:x 1], :time 20}
{:process 1, :type :invoke, :f :cas, :value [:x [1 2]], :time 30}
{:process 1, :type :info, :f :cas, :value [:x [1 2]], :error :timeout, :time 40}
{:process 2, :type :invoke, :f :read, :value [:x nil], :time 50}
{:process 2, :type :ok, :f :read, :value [:x 2], :time 60}
`
	h, err := checker.Read(strings.NewReader(edn), checker.ReadOptions{Name: "history.edn"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, op := range h.Ops {
		fmt.Println(op)
	}
	fmt.Println("skipped:", h.Skipped)
	model, _ := checker.ModelNamed("cas-register")
	fmt.Println(checker.Linearizable{Model: model}.Check(h, checker.Limits{}))
	// Output:
	// write 1 (x) by client 0: ok
	// cas [1 2] (x) by client 1: unknown
	// read (x) by client 2: ok 2
	// skipped: 1
	// linearizable(cas-register): ok (3 operations, 1 of unknown outcome)
}

// A broken file is reported with all its problems, each with its place.
func ExampleFormatError() {
	const edn = `[{:process 0, :type :invoke, :f :write, :value 1}
 {:process 0, :type :invoke, :f :read, :value nil}
 {:process 1, :type :okay, :f :read, :value 1}
 {:process 2, :type :ok, :f :read, :value 1]
 {:process 3, :type :ok, :f :read, :value 1}`
	_, err := checker.Read(strings.NewReader(edn), checker.ReadOptions{Name: "history.edn"})
	fmt.Println(err)
	// Output:
	// history.edn:1:1: the file ends within the list of operations that begins here
	// history.edn:2:2: process 0 invokes :read, but its :write of line 1 has not completed
	// history.edn:3:21: :type :okay, the nearest is :ok; expected :invoke, :ok, :fail or :info
	// history.edn:4:44: ']' closes the { of 4:2, expected '}'
	// history.edn:5:2: process 3 completes :read as :ok without an invocation
}

func ExampleModelNamed() {
	_, err := checker.ModelNamed("cas-registr")
	fmt.Println(err)
	// Output:
	// no model is called "cas-registr", the nearest is "cas-register"
	// hint: the models are register, cas-register, kv, set, queue, counter, lock
}

func ExampleWriteJSONL() {
	h := checker.History{
		Ops: []checker.Operation{
			{Client: "1", Op: "cas", Key: "x", Input: checker.List(checker.Nil, checker.Int(3)), Output: checker.Bool(true),
				Call: 100, Return: 250, Outcome: checker.OutcomeOK, CallEvent: 5, ReturnEvent: 9},
			{Client: "alice", Op: "read", Key: "x", Call: 300, Return: checker.Never},
		},
		Meta: map[string]string{"scenario": "stale-reads", "seed": "7"},
	}
	var b strings.Builder
	if err := checker.WriteJSONL(&b, h); err != nil {
		fmt.Println(err)
	}
	fmt.Print(b.String())
	b.Reset()
	if err := checker.WriteEDN(&b, h); err != nil {
		fmt.Println(err)
	}
	fmt.Print(b.String())
	// Output:
	// {"history":1,"operations":2,"meta":{"scenario":"stale-reads","seed":"7"}}
	// {"client":1,"op":"cas","key":"x","input":[null,3],"output":true,"call":100,"return":250,"outcome":"ok","call_event":5,"return_event":9}
	// {"client":"alice","op":"read","key":"x","call":300,"outcome":"unknown"}
	// ; "scenario" "stale-reads"
	// ; "seed" "7"
	// {:type :invoke, :f :cas, :value ["x" [nil 3]], :time 100, :process 1, :index 5}
	// {:type :ok, :f :cas, :value ["x" [nil 3]], :output true, :time 250, :process 1, :index 9}
	// {:type :invoke, :f :read, :value ["x" nil], :time 300, :process 2, :client "alice"}
}

// A cache answers with what was overwritten long ago.
func ExampleBoundedStaleness() {
	h := checker.History{Ops: []checker.Operation{
		{Client: "1", Op: "write", Key: "x", Input: checker.Int(7), Call: 4800 * ms, Return: 4900 * ms, Outcome: checker.OutcomeOK},
		{Client: "1", Op: "write", Key: "x", Input: checker.Int(9), Call: 5000 * ms, Return: 5100 * ms, Outcome: checker.OutcomeOK},
		{Client: "2", Op: "read", Key: "x", Output: checker.Int(7), Call: 5400 * ms, Return: 5410 * ms, Outcome: checker.OutcomeOK},
	}}
	fmt.Print(checker.BoundedStaleness{MaxAge: 200 * time.Millisecond}.Check(h, checker.Limits{}).Report(80))
	ages, _ := checker.Ages(h)
	fmt.Printf("%+v\n", checker.Summarize(ages))
	// Output:
	// bounded-staleness: violated (3 operations)
	// claim: no read returns a value that had been overwritten for more than 200ms when it was called
	// read of x by client 2 returned 7 at 5.41s, which had been overwritten for 300ms and by 1 version when it was called: write 9 by client 1 had completed at 5.1s
	// offending operation:
	//   operation 2: read by client 2 returned 7, 5.4s to 5.41s
	// contradicts:
	//   operation 0: write 7 by client 1 completed, 4.8s to 4.9s
	//   operation 1: write 9 by client 1 completed, 5s to 5.1s
	//          4.8s                        5.41s
	// client 1 [-write 7-] [-write 9-]
	// client 2                        [!read 7!]
	// {Reads:1 Stale:1 MaxAge:300ms P99Age:300ms MaxBehind:1 P99Behind:1}
}
