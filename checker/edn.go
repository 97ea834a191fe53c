package checker

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// readEDN reads a history that is one map per line, or one vector or list of
// maps.
func readEDN(in *bufio.Reader, o ReadOptions, p *problems) (History, error) {
	r := &jepsenReader{p: p, o: o}
	s := &ednStream{parser: newEDNParser(in, MaxBytes), r: r}
	for s.next() {
	}
	return r.finish(), nil
}

// ednStream reads the maps of a file one by one.
type ednStream struct {
	parser    *ednParser
	r         *jepsenReader
	bracket   position // of the vector or list around the maps
	closing   int      // its closing bracket, 0 outside of it
	afterward bool     // its closing bracket was read
}

// next reads one form or bracket and reports whether there may be more.
func (s *ednStream) next() bool {
	b, at := s.parser.skipSpace(), s.parser.at
	switch {
	case s.parser.failed != nil:
		s.r.p.add(s.parser.failed.at, "%s", s.parser.failed.text)
		return false
	case b == eof && s.closing != 0:
		s.r.p.cut(s.bracket, "the file ends within the list of operations that begins here", s.r.o)
		return false
	case b == eof:
		return false
	case s.afterward:
		s.r.p.add(at, "more after the list of operations, expected the end")
		return false
	case s.closing == 0 && (b == '[' || b == '('):
		s.parser.next()
		s.bracket, s.closing = at, map[int]int{'[': ']', '(': ')'}[b]
		return true
	case b == ')' || b == ']' || b == '}':
		return s.close(b, at)
	}
	n, ok, err := s.parser.form()
	switch {
	case err == nil && ok:
		s.r.record(n)
	case err == nil: // a discarded form before a bracket or the end
	case err.end:
		s.r.p.cut(err.at, err.text, s.r.o)
		return false
	default:
		s.r.p.add(err.at, "%s", err.text)
		s.parser.skipToMap()
		return !err.stop
	}
	return true
}

func (s *ednStream) close(b int, at position) bool {
	s.parser.next()
	if b != s.closing {
		s.r.p.add(at, "%q closes nothing", rune(b))
		return true
	}
	s.closing, s.afterward = 0, true
	return true
}

// WriteEDN writes h as Jepsen's history.edn, one map per line, in the order of
// time. Other tools read it as a history; [Read] reads the same operations back,
// with the help of some fields of our own where Jepsen has none:
//
//   - :client, where the name of a client is not the number of its process. A
//     process that has crashed, that is, has an unknown outcome, never invokes
//     again: its client goes on as another process;
//   - :output, where :value cannot say what was answered.
//
// Meta is written as comments. An untimed history is written without times. The
// error is that of [History.Validate] or of w.
func WriteEDN(w io.Writer, h History) error {
	if err := h.Validate(); err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	names := make([]string, 0, len(h.Meta))
	for name := range h.Meta {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(out, "; %s %s\n", quoteEDN(name), quoteEDN(h.Meta[name]))
	}
	e := newEDNWriter(&h)
	for _, event := range e.events() {
		if _, err := out.Write(append(e.line(event), '\n')); err != nil {
			return err
		}
	}
	return out.Flush()
}

// ednWriter writes the events of a history.
type ednWriter struct {
	h         *History
	keys      keyForm
	processes []int64          // of each operation
	current   map[string]int64 // process of each client
	free      int64            // the next number that no process has
	buf       []byte
}

func newEDNWriter(h *History) *ednWriter {
	e := &ednWriter{h: h, processes: make([]int64, len(h.Ops)), current: make(map[string]int64)}
	keyed, ambiguous := false, len(h.Ops) > 0
	for i := range h.Ops {
		op := &h.Ops[i]
		keyed = keyed || op.Key != ""
		ambiguous = ambiguous && looksKeyed(op.Op, op.Input)
		if n, ok := processNumber(op.Client); ok {
			e.free = max(e.free, n+1)
			e.current[op.Client] = n
		}
	}
	// Without keys, arguments that look like pairs would be taken for them.
	if keyed || ambiguous {
		e.keys = keyPairs
		if slices.ContainsFunc(h.Ops, func(op Operation) bool { return !looksKeyed(op.Op, List(Int(0), op.Input)) }) {
			e.keys = keyFields
		}
	}
	return e
}

// keyForm is where the keys of a history are written.
type keyForm uint8

const (
	noKeys    keyForm = iota
	keyPairs          // :value [key value], as Jepsen does
	keyFields         // :key, where such pairs would not be recognized
)

// ednEvent is the call or the return of an operation.
type ednEvent struct {
	at      int64
	i       int
	returns bool
}

// events returns all events in the order of time. At one instant the returns
// come first, so that a client may go on at once; then operations without
// duration; then the calls that their clients do not wait for; then the others.
func (e *ednWriter) events() []ednEvent {
	all := make([]ednEvent, 0, 2*len(e.h.Ops))
	for i := range e.h.Ops {
		op := &e.h.Ops[i]
		all = append(all, ednEvent{op.Call, i, false})
		if op.Return != Never {
			all = append(all, ednEvent{op.Return, i, true})
		}
	}
	phase := func(m ednEvent) int {
		op := &e.h.Ops[m.i]
		switch {
		case op.Call == op.Return:
			return 1
		case m.returns:
			return 0
		case op.Outcome == OutcomeUnknown:
			return 2
		}
		return 3
	}
	slices.SortFunc(all, func(a, b ednEvent) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(phase(a), phase(b)),
			cmp.Compare(a.i, b.i), compareBool(a.returns, b.returns))
	})
	return all
}

// process returns the number of the process that makes the call. After a call of
// unknown outcome its client needs another one.
func (e *ednWriter) process(i int) int64 {
	op := &e.h.Ops[i]
	n, ok := e.current[op.Client]
	if !ok {
		n = e.free
		e.free++
		e.current[op.Client] = n
	}
	if op.Outcome == OutcomeUnknown {
		delete(e.current, op.Client)
	}
	return n
}

// line renders an event in the order of the fields that Jepsen has.
func (e *ednWriter) line(m ednEvent) []byte {
	op := &e.h.Ops[m.i]
	kind, value, output := "invoke", op.Input, Nil
	hasOutput := false
	if m.returns {
		kind, value, output, hasOutput = completion(op)
	} else {
		e.processes[m.i] = e.process(m.i)
	}
	b := append(e.buf[:0], "{:type :"+kind+", :f "...)
	b = append(b, nameText(op.Op)...)
	b = append(b, ", :value "...)
	switch e.keys {
	case noKeys:
		b = append(b, value.String()...)
	case keyPairs:
		b = append(b, "["+ednKey(op.Key)+" "+value.String()+"]"...)
	case keyFields:
		b = append(b, value.String()+", :key "+ednKey(op.Key)...)
	}
	if hasOutput {
		b = append(b, ", :output "+output.String()...)
	}
	if !e.h.Untimed {
		b = strconv.AppendInt(append(b, ", :time "...), m.at, 10)
	}
	process := e.processes[m.i]
	b = strconv.AppendInt(append(b, ", :process "...), process, 10)
	if strconv.FormatInt(process, 10) != op.Client {
		b = append(b, ", :client "+quoteEDN(op.Client)...)
	}
	index := op.CallEvent
	if m.returns {
		index = op.ReturnEvent
	}
	if index != 0 {
		b = strconv.AppendUint(append(b, ", :index "...), index, 10)
	}
	e.buf = append(b, '}')
	return e.buf
}

// completion is how the end of an operation is written: see settle.
func completion(op *Operation) (kind string, value, output Value, hasOutput bool) {
	done, isBool := op.Output.Bool()
	switch {
	case op.Outcome == OutcomeUnknown:
		return "info", op.Input, Nil, false
	case op.Outcome == OutcomeFailed:
		return "fail", op.Input, Nil, false
	case refusable(op.Op) && isBool && !done:
		return "fail", op.Input, op.Output, true
	case answers(op.Op):
		return "ok", op.Output, Nil, false
	}
	value = op.Input
	if !op.Output.IsNil() && !isBool {
		value = op.Output
	}
	return "ok", value, op.Output, usualOutput(op, value) != op.Output
}

// nameText writes a name as a keyword if it can be one.
func nameText(name string) string {
	for _, r := range name {
		plain := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
		if !plain && !strings.ContainsRune("-_*+!?.<>=", r) {
			return quoteEDN(name)
		}
	}
	return ":" + name
}

// ednKey writes a key as Jepsen would: numbers as numbers.
func ednKey(key string) string {
	if n, err := strconv.ParseInt(key, 10, 64); err == nil && strconv.FormatInt(n, 10) == key {
		return key
	}
	return quoteEDN(key)
}
