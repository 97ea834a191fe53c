package checker

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// An Outcome is what a client learned about the operation it asked for.
type Outcome uint8

// The outcomes. The zero Outcome is unknown, so an operation that is recorded
// when it is called and never completed says the truth about itself.
const (
	// OutcomeUnknown: the client does not know whether the operation took
	// effect, for example after a timeout. It may take effect at any moment
	// after its call, also after the client gave up, or never.
	OutcomeUnknown Outcome = iota
	// OutcomeOK: the operation took effect and Output is its answer.
	OutcomeOK
	// OutcomeFailed: the client knows that it did not take effect. Checks
	// leave such operations out.
	OutcomeFailed
)

var outcomeNames = []string{OutcomeUnknown: "unknown", OutcomeOK: "ok", OutcomeFailed: "failed"}

// String returns ok, failed or unknown.
func (o Outcome) String() string {
	if int(o) < len(outcomeNames) {
		return outcomeNames[o]
	}
	return "Outcome(" + strconv.Itoa(int(o)) + ")"
}

// Never is the Return of an operation that had not returned when the history
// ended.
const Never int64 = math.MaxInt64

// An Operation is one thing that one client asked for, as the client saw it.
//
// The interval [Call, Return] is closed: an operation that returns at the very
// instant another one is called counts as concurrent with it.
type Operation struct {
	Client string // who asked
	Op     string // what was asked, for example "read", "write", "cas"
	Key    string // which object was asked; "" where there is only one
	Input  Value  // the argument, Nil if it has none
	Output Value  // the answer, if Outcome is OutcomeOK

	Call   int64 // when it was called, in nanoseconds of virtual time
	Return int64 // when the client learned the outcome, or gave up; or Never

	Outcome Outcome

	// CallEvent and ReturnEvent number the events of the call and the return
	// in the run that made the history; 0 means not known. No verdict depends
	// on them, but reports name them.
	CallEvent, ReturnEvent uint64
}

// String describes the operation in a few words: write 7 (x) by client 1: ok.
func (op Operation) String() string {
	key := ""
	if op.Key != "" {
		key = " (" + printable(op.Key) + ")"
	}
	answer := ""
	if !op.Output.IsNil() {
		answer = " " + op.Output.String()
	}
	return phrase(&op) + key + " by " + clientName(op.Client) + ": " + op.Outcome.String() + answer
}

// phrase is what was asked: write 7.
func phrase(op *Operation) string {
	if op.Input.IsNil() && op.Op != "write" && op.Op != "put" {
		return printable(op.Op)
	}
	return printable(op.Op) + " " + op.Input.String()
}

func clientName(client string) string {
	if _, err := strconv.ParseInt(client, 10, 64); err == nil {
		return "client " + client
	}
	return printable(client)
}

// A History is everything that the clients of one run asked and were answered.
// It is a value, wherever it came from: a simulation, a test, a file.
type History struct {
	Ops []Operation

	// Untimed says that Call and Return count the calls and returns from 0
	// instead of nanoseconds, because the source has no times. Their order is
	// total then: no two of them are equal.
	Untimed bool

	// Skipped counts the records of the source that are no operation of a
	// client, such as those of Jepsen's nemesis.
	Skipped int

	// Meta says where the history came from, for example scenario and seed.
	// JSON lines keep it, EDN shows it as comments.
	Meta map[string]string
}

// maxProblems is how many problems of one history are reported one by one.
const maxProblems = 20

// Validate reports what makes h impossible as a record of sequential clients:
//
//   - an operation without client or name, or with an outcome not listed here;
//   - a return before the call, or an ok or failed operation that Never returns;
//   - an output without an ok outcome;
//   - a client that asks before its previous operation returned, unless the
//     outcome of that one is unknown;
//   - in an untimed history, two calls or returns at the same position.
//
// The error lists up to twenty of them, each with the number of its operation,
// which is its index in Ops.
func (h History) Validate() error {
	var p problemList
	for i := range h.Ops {
		validateOperation(&p, i, &h.Ops[i])
	}
	validateClients(&p, h)
	if h.Untimed {
		validatePositions(&p, h)
	}
	return p.err()
}

func validateOperation(p *problemList, i int, op *Operation) {
	report := func(format string, args ...any) { p.add(i, op, fmt.Sprintf(format, args...)) }
	if op.Client == "" {
		report("no client")
	}
	if op.Op == "" {
		report("no name of what was asked")
	}
	if int(op.Outcome) >= len(outcomeNames) {
		report("outcome %d, expected ok, failed or unknown", op.Outcome)
	}
	if op.Return < op.Call {
		report("returns at %d, before its call at %d", op.Return, op.Call)
	}
	if op.Return == Never && op.Outcome != OutcomeUnknown {
		report("outcome %s, but it never returned", op.Outcome)
	}
	if !op.Output.IsNil() && op.Outcome != OutcomeOK {
		report("output %s with outcome %s, expected none", shorten(op.Output.String(), 40), op.Outcome)
	}
}

// validateClients checks that each client asks one thing at a time.
func validateClients(p *problemList, h History) {
	order := make([]int, len(h.Ops))
	for i := range order {
		order[i] = i
	}
	blocks := func(op *Operation) bool { return op.Outcome != OutcomeUnknown }
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := &h.Ops[a], &h.Ops[b]
		return cmp.Or(cmp.Compare(x.Call, y.Call), compareBool(blocks(x), blocks(y)), cmp.Compare(x.Return, y.Return))
	})
	last := make(map[string]int) // the operation of each client that it waits for
	for _, i := range order {
		op := &h.Ops[i]
		if j, ok := last[op.Client]; ok && h.Ops[j].Return > op.Call {
			p.add(i, op, fmt.Sprintf("called at %s, before operation %d of the same client returned at %s",
				h.moment(op.Call), j, h.moment(h.Ops[j].Return)))
		}
		if blocks(op) {
			last[op.Client] = i
		}
	}
}

func validatePositions(p *problemList, h History) {
	seen := make(map[int64]int)
	for i := range h.Ops {
		op := &h.Ops[i]
		for _, at := range []int64{op.Call, op.Return} {
			if at == Never {
				continue
			}
			if j, ok := seen[at]; ok {
				p.add(i, op, fmt.Sprintf("position %d is taken by operation %d, expected a position of its own", at, j))
			}
			seen[at] = i
		}
	}
}

// moment renders a point in time the way h counts it.
func (h *History) moment(at int64) string {
	if h.Untimed {
		return "position " + strconv.FormatInt(at, 10)
	}
	return time.Duration(at).String()
}

// problemList collects what is wrong with the operations of a history.
type problemList struct {
	errs []error
	more int
}

func (p *problemList) add(i int, op *Operation, what string) {
	if len(p.errs) >= maxProblems {
		p.more++
		return
	}
	p.errs = append(p.errs, fmt.Errorf("operation %d (%s): %s", i, shorten(phrase(op), 40), what))
}

func (p *problemList) err() error {
	if p.more > 0 {
		return errors.Join(append(slices.Clip(p.errs), fmt.Errorf("and %d more", p.more))...)
	}
	return errors.Join(p.errs...)
}
