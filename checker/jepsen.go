package checker

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Jepsen records a history as a sequence of events, not of operations: a
// process invokes, and later its operation completes as :ok, :fail or :info
// (https://github.com/jepsen-io/history). This file makes operations of them,
// whichever file they come from.

// jepsenEvent is one event of a client.
type jepsenEvent struct {
	at      position
	kind    string // invoke, ok, fail or info
	process string
	client  string
	f       string
	value   Value

	key       string
	hasKey    bool
	output    Value
	hasOutput bool
	time      int64
	hasTime   bool
	index     uint64
}

var jepsenKinds = []string{"invoke", "ok", "fail", "info"}

// jepsenReader pairs events.
type jepsenReader struct {
	p      *problems
	o      ReadOptions
	events []jepsenEvent
	h      History

	open  map[string]int      // the operation each process waits for
	place map[string]position // where that was invoked
	keyed bool
	count int64 // events that are part of an operation
}

// finish pairs the events that were read.
func (r *jepsenReader) finish() History {
	r.h.Untimed = slices.ContainsFunc(r.events, func(e jepsenEvent) bool { return !e.hasTime }) || len(r.events) == 0
	r.open, r.place = make(map[string]int), make(map[string]position)
	r.keyed = r.isKeyed()
	for i := range r.events {
		e := &r.events[i]
		if r.keyed && !e.hasKey {
			r.splitKey(e)
		}
		if e.kind == "invoke" {
			r.invoke(e)
		} else {
			r.complete(e)
		}
	}
	return r.h
}

// isKeyed decides whether values are pairs of key and value.
func (r *jepsenReader) isKeyed() bool {
	if r.o.Keys != KeysAuto {
		return r.o.Keys == KeysAlways
	}
	invocations := 0
	for i := range r.events {
		e := &r.events[i]
		if e.kind != "invoke" || e.hasKey {
			continue
		}
		if invocations++; !looksKeyed(e.f, e.value) {
			return false
		}
	}
	return invocations > 0
}

// looksKeyed reports whether the argument may be a pair of key and value.
func looksKeyed(op string, argument Value) bool {
	pair, _ := argument.Elems()
	if len(pair) != 2 || pair[0].IsNil() || pair[0].Kind() == KindList {
		return false
	}
	if op != "cas" {
		return true
	}
	oldNew, _ := pair[1].Elems()
	return len(oldNew) == 2
}

// splitKey takes the key out of the value of e.
func (r *jepsenReader) splitKey(e *jepsenEvent) {
	pair, _ := e.value.Elems()
	if len(pair) == 2 {
		e.key, e.hasKey, e.value = keyText(pair[0]), true, pair[1]
		return
	}
	if e.kind == "invoke" || e.kind == "ok" {
		r.p.add(e.at, ":value %s, expected [key value]", shorten(e.value.String(), 40))
	}
}

// keyText is a key as a text: :x, "x" and x are the same.
func keyText(v Value) string {
	if text, ok := v.Text(); ok {
		return text
	}
	return strings.TrimPrefix(v.String(), ":")
}

// now is the time of e in the history.
func (r *jepsenReader) now(e *jepsenEvent) int64 {
	r.count++
	if r.h.Untimed {
		return r.count - 1
	}
	return e.time
}

func (r *jepsenReader) invoke(e *jepsenEvent) {
	if i, ok := r.open[e.process]; ok {
		r.p.add(e.at, "process %s invokes :%s, but its :%s of line %d has not completed",
			shorten(e.process, 40), shorten(e.f, 40), shorten(r.h.Ops[i].Op, 40), r.place[e.process].line)
	}
	r.open[e.process], r.place[e.process] = len(r.h.Ops), e.at
	r.h.Ops = append(r.h.Ops, Operation{Client: e.client, Op: e.f, Key: e.key, Input: e.value,
		Call: r.now(e), Return: Never, CallEvent: e.index})
}

func (r *jepsenReader) complete(e *jepsenEvent) {
	i, ok := r.open[e.process]
	if !ok {
		if e.kind == "info" { // a note, not a completion
			r.h.Skipped++
			return
		}
		r.p.add(e.at, "process %s completes :%s as :%s without an invocation",
			shorten(e.process, 40), shorten(e.f, 40), e.kind)
		return
	}
	op := &r.h.Ops[i]
	delete(r.open, e.process)
	op.Return, op.ReturnEvent = r.now(e), e.index
	switch {
	case e.f != op.Op:
		r.p.add(e.at, "process %s completes :%s, but line %d invokes :%s",
			shorten(e.process, 40), shorten(e.f, 40), r.place[e.process].line, shorten(op.Op, 40))
	case e.hasKey && e.key != op.Key:
		r.p.add(e.at, "process %s completes :%s of key %s, but line %d invokes it of key %s", shorten(e.process, 40),
			shorten(e.f, 40), shorten(e.key, 40), r.place[e.process].line, shorten(op.Key, 40))
	case op.Return < op.Call:
		r.p.add(e.at, ":time %d, before the invocation of line %d at %d", e.time, r.place[e.process].line, op.Call)
	}
	op.settle(e)
}

// settle takes over the outcome. A :fail without :output did not take effect,
// for whatever reason; one with :output false was answered so.
func (op *Operation) settle(e *jepsenEvent) {
	switch {
	case e.kind == "info":
		op.Outcome = OutcomeUnknown
	case e.kind == "fail" && !e.hasOutput:
		op.Outcome = OutcomeFailed
	default:
		op.Outcome = OutcomeOK
		op.Output = usualOutput(op, e.value)
		if e.hasOutput {
			op.Output = e.output
		}
	}
}

// answers reports whether Jepsen puts the answer of the operation into the
// :value of its completion, instead of its argument once more.
func answers(op string) bool {
	return op == "read" || op == "get" || op == "dequeue" || op == "add-and-get"
}

// usualOutput is what the :value of an :ok says about the output.
func usualOutput(op *Operation, value Value) Value {
	if !answers(op.Op) && value == op.Input {
		return Nil
	}
	return value
}

// record makes an event of a map. What is not of a client is counted only.
func (r *jepsenReader) record(n ednNode) {
	for n.kind == ednTagged { // #jepsen.history.Op{...}
		n = n.kids[0]
	}
	if n.kind == ednVector || n.kind == ednList {
		for _, kid := range n.kids {
			r.record(kid)
		}
		return
	}
	if n.kind != ednMap {
		r.p.add(n.at, "%s, expected a map of an operation", shorten(n.textValue(), 40))
		return
	}
	e := jepsenEvent{at: n.at}
	fields := make(map[string]*ednNode, len(n.kids)/2)
	for i := 0; i+1 < len(n.kids); i += 2 {
		name := &n.kids[i]
		if name.kind != ednKeyword {
			continue
		}
		if fields[name.text] != nil {
			r.p.add(name.at, ":%s for the second time", shorten(name.text, 40))
		}
		fields[name.text] = &n.kids[i+1]
	}
	process := fields["process"]
	if process != nil && process.kind != ednInt {
		r.h.Skipped++
		return
	}
	known := len(r.p.list) + r.p.more
	e.fill(fields, func(at position, text string) { r.p.add(at, "%s", text) })
	if len(r.p.list)+r.p.more == known {
		r.events = append(r.events, e)
	}
}

// fill takes over the fields of a map.
func (e *jepsenEvent) fill(fields map[string]*ednNode, problem func(at position, text string)) {
	need := func(name string) *ednNode {
		n := fields[name]
		if n == nil {
			problem(e.at, "no :"+name+" in the map")
			return &ednNode{at: e.at}
		}
		return n
	}
	e.process = need("process").textValue()
	e.client = e.process
	if n := fields["client"]; n != nil && n.kind == ednString && n.text != "" {
		e.client = n.text
	}
	if n := need("type"); fields["type"] != nil {
		e.kind = n.name()
		if !slices.Contains(jepsenKinds, e.kind) {
			problem(n.at, fmt.Sprintf(":type %s, the nearest is :%s; expected :invoke, :ok, :fail or :info",
				shorten(n.textValue(), 40), nearest(e.kind, jepsenKinds)))
		}
	}
	if n := need("f"); fields["f"] != nil {
		if e.f = n.name(); e.f == "" {
			problem(n.at, ":f "+shorten(n.textValue(), 40)+", expected what was asked, as a keyword")
		}
	}
	e.fillNumbers(fields, problem)
	for _, name := range []string{"value", "output"} {
		if n := fields[name]; n != nil && n.depth() > maxEDNValue {
			problem(n.at, fmt.Sprintf(":%s nested deeper than %d", name, maxEDNValue))
			return
		}
	}
	if n := fields["value"]; n != nil {
		e.value = n.pairValue()
	}
	if n := fields["output"]; n != nil {
		e.output, e.hasOutput = n.value(), true
	}
	if n := fields["key"]; n != nil && n.kind != ednNil {
		e.key, e.hasKey = keyText(n.value()), true
	}
}

func (e *jepsenEvent) fillNumbers(fields map[string]*ednNode, problem func(at position, text string)) {
	if n := fields["time"]; n != nil && n.kind != ednNil {
		if n.kind != ednInt {
			problem(n.at, ":time "+shorten(n.textValue(), 40)+", expected nanoseconds as a whole number")
		}
		e.time, e.hasTime = n.num, true
	}
	if n := fields["index"]; n != nil && n.kind == ednInt && n.num >= 0 {
		e.index = uint64(n.num)
	}
}

// textValue is the form as text.
func (n *ednNode) textValue() string { return n.value().String() }

// name is the form as a name: :read, "read" and read are the same.
func (n *ednNode) name() string {
	switch n.kind {
	case ednKeyword, ednString, ednAtom:
		return n.text
	}
	return ""
}

// pairValue is the form as a value; the tuples of jepsen.independent are pairs
// whether they are tagged or not.
func (n *ednNode) pairValue() Value {
	if n.kind == ednTagged && strings.HasSuffix(strings.ToLower(n.text), "tuple") {
		return n.kids[0].value()
	}
	return n.value()
}

// processNumber is the client as a number of a process, if it is one.
func processNumber(client string) (int64, bool) {
	n, err := strconv.ParseInt(client, 10, 32)
	return n, err == nil && n >= 0 && strconv.FormatInt(n, 10) == client
}
