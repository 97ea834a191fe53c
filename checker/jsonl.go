package checker

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// jsonVersion is what a header says in its field "history".
const jsonVersion = 1

// WriteJSONL writes h as JSON lines, a header first. See the package
// documentation for the fields.
func WriteJSONL(w io.Writer, h History) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, `{"history":%d,"operations":%d`, jsonVersion, len(h.Ops))
	if h.Untimed {
		out.WriteString(`,"untimed":true`)
	}
	if h.Skipped > 0 {
		fmt.Fprintf(out, `,"skipped":%d`, h.Skipped)
	}
	if len(h.Meta) > 0 {
		meta, err := marshal(h.Meta)
		if err != nil {
			return err
		}
		out.WriteString(`,"meta":`)
		out.Write(meta)
	}
	out.WriteString("}\n")
	var line []byte
	for i := range h.Ops {
		line = append(h.Ops[i].appendJSON(line[:0]), '\n')
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	return out.Flush()
}

// marshal is json.Marshal without escapes for HTML. It sorts maps.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

func appendJSONString(b []byte, s string) []byte {
	text, err := marshal(s)
	if err != nil {
		panic("checker: a string that JSON cannot hold: " + err.Error()) // there is none
	}
	return append(b, text...)
}

// MarshalJSON writes the operation as one line of [WriteJSONL].
func (op Operation) MarshalJSON() ([]byte, error) { return op.appendJSON(nil), nil }

func (op *Operation) appendJSON(b []byte) []byte {
	b = append(b, `{"client":`...)
	if n, err := strconv.ParseInt(op.Client, 10, 64); err == nil && strconv.FormatInt(n, 10) == op.Client {
		b = append(b, op.Client...)
	} else {
		b = appendJSONString(b, op.Client)
	}
	b = appendJSONString(append(b, `,"op":`...), op.Op)
	if op.Key != "" {
		b = appendJSONString(append(b, `,"key":`...), op.Key)
	}
	if !op.Input.IsNil() {
		b = op.Input.appendJSON(append(b, `,"input":`...))
	}
	if !op.Output.IsNil() {
		b = op.Output.appendJSON(append(b, `,"output":`...))
	}
	b = strconv.AppendInt(append(b, `,"call":`...), op.Call, 10)
	if op.Return != Never {
		b = strconv.AppendInt(append(b, `,"return":`...), op.Return, 10)
	}
	b = append(b, `,"outcome":"`+op.Outcome.String()+`"`...)
	if op.CallEvent != 0 {
		b = strconv.AppendUint(append(b, `,"call_event":`...), op.CallEvent, 10)
	}
	if op.ReturnEvent != 0 {
		b = strconv.AppendUint(append(b, `,"return_event":`...), op.ReturnEvent, 10)
	}
	return append(b, '}')
}

// MarshalJSON writes the value: null, true, 7, "a", [3,0], or {"edn":":text"}
// for what JSON cannot say.
func (v Value) MarshalJSON() ([]byte, error) { return v.appendJSON(nil), nil }

func (v Value) appendJSON(b []byte) []byte {
	switch v.kind {
	case KindNil:
		return append(b, "null"...)
	case KindBool, KindInt:
		return append(b, v.String()...)
	case KindString:
		return appendJSONString(b, v.text)
	case KindList:
		elems, _ := v.Elems()
		b = append(b, '[')
		for i, e := range elems {
			if i > 0 {
				b = append(b, ',')
			}
			b = e.appendJSON(b)
		}
		return append(b, ']')
	default:
		return append(appendJSONString(append(b, `{"edn":`...), v.text), '}')
	}
}

// readJSONL reads JSON lines one by one.
func readJSONL(in *bufio.Reader, o ReadOptions, p *problems) (History, error) {
	r := &jsonReader{p: p, o: o, announced: -1}
	err := lines(in, p, r.line)
	if n := len(r.h.Ops) + r.broken; err == nil && r.announced >= 0 && n != r.announced {
		what := fmt.Sprintf("the header announces %s, the file has %d", count(r.announced, "operation"), n)
		if n < r.announced {
			p.cut(r.headerAt, what, o)
		} else {
			p.add(r.headerAt, "%s", what)
		}
	}
	return r.h, err
}

type jsonReader struct {
	h         History
	p         *problems
	o         ReadOptions
	seen      bool // a line that is not blank
	broken    int  // lines that are no operation because of a problem
	announced int  // operations according to the header, -1 if it does not say
	headerAt  position
}

// field is one member of a JSON object.
type field struct {
	name     string
	at       position // of the value
	value    Value
	isObject bool
	meta     map[string]string // the value, if it is an object of texts
}

func (r *jsonReader) line(text []byte, number int, ended bool) {
	if len(bytes.TrimSpace(text)) == 0 {
		return
	}
	s := &jsonScanner{text: text, number: number, dec: json.NewDecoder(bytes.NewReader(text))}
	s.dec.UseNumber()
	fields, err := s.object()
	first := !r.seen
	r.seen = true
	switch {
	case err == nil && first && slices.ContainsFunc(fields, func(f field) bool { return f.name == "history" }):
		r.header(fields, position{number, 1})
	case err == nil:
		r.operation(fields, position{number, 1})
	case err.end && !ended:
		r.p.cut(err.at, err.text, r.o)
		if !r.o.AllowTruncated {
			r.broken++
		}
	default:
		r.p.add(err.at, "%s", err.text)
		r.broken++
	}
}

func (r *jsonReader) header(fields []field, at position) {
	r.headerAt = at
	for _, f := range fields {
		n, isInt := f.value.Int()
		switch {
		case f.name == "history" && n == jsonVersion:
		case f.name == "history":
			r.p.add(f.at, "history: %s, expected the version %d", f.value, jsonVersion)
		case f.name == "operations" && isInt && n >= 0 && n <= MaxBytes:
			r.announced = int(n)
		case f.name == "skipped" && isInt && n >= 0 && n <= MaxBytes:
			r.h.Skipped = int(n)
		case f.name == "untimed" && f.value.Kind() == KindBool:
			r.h.Untimed, _ = f.value.Bool()
		case f.name == "meta" && f.meta != nil:
			r.h.Meta = f.meta
		default:
			r.p.add(f.at, "%s in the header: expected history, operations and skipped as whole numbers, untimed as true or false, meta as an object of texts", f.name)
		}
	}
}

var operationFields = []string{"client", "op", "key", "input", "output", "call", "return", "outcome", "call_event", "return_event"}

// operation turns the fields of a line into an operation.
func (r *jsonReader) operation(fields []field, at position) {
	op := Operation{Return: Never}
	known := len(r.p.list) + r.p.more
	has := make(map[string]bool, len(fields))
	for _, f := range fields {
		has[f.name] = true
		if what := op.set(f); what != "" {
			r.p.add(f.at, "%s: %s", f.name, what)
		}
	}
	for _, name := range []string{"client", "op", "call", "outcome"} {
		if !has[name] {
			r.p.add(at, "no field %q", name)
		}
	}
	if has["outcome"] && !has["return"] && op.Outcome != OutcomeUnknown {
		r.p.add(at, "no field %q, expected one with outcome %s", "return", op.Outcome)
	}
	if op.Return < op.Call {
		r.p.add(at, "returns at %d, before its call at %d", op.Return, op.Call)
	}
	if len(r.p.list)+r.p.more > known {
		r.broken++
		return
	}
	r.h.Ops = append(r.h.Ops, op)
}

// set takes over a field and returns what is wrong with it.
func (op *Operation) set(f field) string {
	if f.isObject {
		return `an object, expected null, true, false, a whole number, a text, a list or {"edn": text}`
	}
	text, isText := f.value.Text()
	n, isInt := f.value.Int()
	switch f.name {
	case "client", "key":
		if isInt {
			text, isText = f.value.String(), true
		}
		if !isText || f.name == "client" && text == "" {
			return "expected a text or a whole number"
		}
		if f.name == "key" {
			op.Key = text
		} else {
			op.Client = text
		}
	case "op":
		if op.Op = text; text == "" {
			return "expected what was asked, as a text"
		}
	case "input":
		op.Input = f.value
	case "output":
		op.Output = f.value
	case "call", "return":
		if !isInt {
			return "expected nanoseconds as a whole number"
		}
		if f.name == "call" {
			op.Call = n
		} else {
			op.Return = n
		}
	case "outcome":
		i := slices.Index(outcomeNames, text)
		if i < 0 {
			return "expected ok, failed or unknown"
		}
		op.Outcome = Outcome(i)
	case "call_event", "return_event":
		if !isInt || n < 0 {
			return "expected a whole number"
		}
		if f.name == "call_event" {
			op.CallEvent = uint64(n)
		} else {
			op.ReturnEvent = uint64(n)
		}
	default:
		return fmt.Sprintf("no such field, the nearest is %q", nearest(f.name, operationFields))
	}
	return ""
}

// jsonProblem is what stops the reading of a line.
type jsonProblem struct {
	at   position
	text string
	end  bool // the line ends too early
}

// jsonScanner reads the tokens of a line and knows their places.
type jsonScanner struct {
	text   []byte
	number int // of the line
	dec    *json.Decoder
}

// place is where the next token begins.
func (s *jsonScanner) place() position {
	i := int(s.dec.InputOffset())
	for i < len(s.text) && strings.IndexByte(" \t\r,:", s.text[i]) >= 0 {
		i++
	}
	return position{s.number, i + 1}
}

func (s *jsonScanner) next() (json.Token, position, *jsonProblem) {
	at := s.place()
	token, err := s.dec.Token()
	if err == nil {
		return token, at, nil
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, at, &jsonProblem{position{s.number, len(s.text) + 1}, "the line ends in the middle of an object", true}
	}
	return nil, at, &jsonProblem{at: at, text: "no JSON: " + err.Error()}
}

// object reads the one object of the line.
func (s *jsonScanner) object() ([]field, *jsonProblem) {
	if !utf8.Valid(s.text) {
		return nil, &jsonProblem{at: position{s.number, 1}, text: "the line is not UTF-8"}
	}
	token, at, problem := s.next()
	if problem != nil {
		return nil, problem
	}
	if token != json.Delim('{') {
		return nil, &jsonProblem{at: at, text: "expected an object: one operation per line"}
	}
	fields, problem := s.members()
	if problem != nil {
		return nil, problem
	}
	if at := s.place(); at.column <= len(s.text) {
		return nil, &jsonProblem{at: at, text: "more after the object, expected the end of the line"}
	}
	return fields, nil
}

// members reads what follows a brace up to its partner.
func (s *jsonScanner) members() ([]field, *jsonProblem) {
	var fields []field
	for {
		token, at, problem := s.next()
		if problem != nil {
			return nil, problem
		}
		name, isName := token.(string)
		if !isName {
			return fields, nil // the closing brace: the decoder allows nothing else
		}
		if slices.ContainsFunc(fields, func(f field) bool { return f.name == name }) {
			return nil, &jsonProblem{at: at, text: fmt.Sprintf("field %q for the second time", shorten(name, 40))}
		}
		f := field{name: name, at: s.place()}
		if f.value, f.isObject, problem = s.value(&f, 0); problem != nil {
			return nil, problem
		}
		fields = append(fields, f)
	}
}

// value reads a value. An object that is not {"edn": text} is none; it is
// skipped, and kept as f.meta if it holds texts only.
func (s *jsonScanner) value(f *field, depth int) (v Value, isObject bool, problem *jsonProblem) {
	token, at, problem := s.next()
	if problem != nil {
		return Nil, false, problem
	}
	if depth > maxValue {
		return Nil, false, &jsonProblem{at: at, text: fmt.Sprintf("nested deeper than %d", maxValue)}
	}
	switch t := token.(type) {
	case nil:
		return Nil, false, nil
	case bool:
		return Bool(t), false, nil
	case string:
		return String(t), false, nil
	case json.Number:
		if n, err := t.Int64(); err == nil {
			return Int(n), false, nil
		}
		return other(t.String()), false, nil
	case json.Delim:
		if t == '[' {
			return s.list(f, depth)
		}
	}
	return s.ednObject(f, depth)
}

func (s *jsonScanner) list(f *field, depth int) (v Value, isObject bool, problem *jsonProblem) {
	var elems []Value
	for s.dec.More() {
		e, inner, problem := s.value(f, depth+1)
		if problem != nil {
			return Nil, false, problem
		}
		isObject = isObject || inner
		elems = append(elems, e)
	}
	_, _, problem = s.next()
	return List(elems...), isObject, problem
}

// ednObject reads what follows a brace: {"edn": text} is the value of the text.
func (s *jsonScanner) ednObject(f *field, depth int) (v Value, isObject bool, problem *jsonProblem) {
	meta := make(map[string]string)
	textsOnly := true
	var at position
	for s.dec.More() {
		name, _, problem := s.next()
		if problem != nil {
			return Nil, false, problem
		}
		at = s.place()
		v, _, problem := s.value(&field{}, depth+1)
		if problem != nil {
			return Nil, false, problem
		}
		text, isText := v.Text()
		textsOnly = textsOnly && isText
		meta[fmt.Sprint(name)] = text
	}
	if _, _, problem := s.next(); problem != nil {
		return Nil, false, problem
	}
	if text, ok := meta["edn"]; ok && len(meta) == 1 && textsOnly && f.name != "meta" {
		p := newEDNParser(strings.NewReader(text), int64(len(text)))
		p.maxDepth = maxValue - depth
		n, err := p.single()
		if err != nil {
			return Nil, false, &jsonProblem{at: at, text: "edn: " + err.Error()}
		}
		return n.value(), false, nil
	}
	if textsOnly && depth == 0 {
		f.meta = meta
	}
	return Nil, true, nil
}
