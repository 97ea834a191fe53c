package checker

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Kind says what a [Value] holds.
type Kind uint8

// The kinds of values. They sort in this order.
const (
	KindNil    Kind = iota // nothing: an absent key, an empty queue, no argument
	KindBool               // true or false
	KindInt                // a 64-bit signed integer
	KindString             // text
	KindList               // a sequence of values; a set is a list in sorted order
	KindOther              // anything else EDN can say, kept as its canonical text
)

// A Value is what goes into an operation or comes out of it. It is immutable
// and comparable: two values are equal if and only if == says so, whatever file
// or program they came from. The zero Value is nil.
type Value struct {
	kind Kind
	num  int64
	text string // KindString: the text itself; KindList, KindOther: canonical EDN
}

// Nil is the value of something absent.
var Nil = Value{}

// Int returns an integer.
func Int(n int64) Value { return Value{kind: KindInt, num: n} }

// String returns a text.
func String(s string) Value { return Value{kind: KindString, text: s} }

// Bool returns true or false.
func Bool(b bool) Value {
	if b {
		return Value{kind: KindBool, num: 1}
	}
	return Value{kind: KindBool}
}

// List returns a sequence of values.
func List(elems ...Value) Value {
	var b strings.Builder
	b.WriteByte('[')
	for i, e := range elems {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(e.String())
	}
	b.WriteByte(']')
	return Value{kind: KindList, text: b.String()}
}

// other keeps an EDN text that is none of the simpler kinds.
func other(canonical string) Value { return Value{kind: KindOther, text: canonical} }

// ParseValue reads a value from its EDN text, for example `7`, `"a"`, `[3 0]`
// or `:timed-out`. The error says at which column the text is broken.
func ParseValue(text string) (Value, error) {
	p := newEDNParser(strings.NewReader(text), int64(len(text)))
	n, err := p.single()
	if err != nil {
		return Nil, err
	}
	return n.value(), nil
}

// Kind returns what v holds.
func (v Value) Kind() Kind { return v.kind }

// IsNil reports whether v is nil.
func (v Value) IsNil() bool { return v.kind == KindNil }

// Int returns the integer that v holds, and whether it holds one.
func (v Value) Int() (n int64, ok bool) { return v.num, v.kind == KindInt }

// Bool returns the truth value that v holds, and whether it holds one.
func (v Value) Bool() (b, ok bool) { return v.kind == KindBool && v.num == 1, v.kind == KindBool }

// Text returns the text that v holds, and whether it holds one.
func (v Value) Text() (s string, ok bool) {
	if v.kind != KindString {
		return "", false
	}
	return v.text, true
}

// Elems returns the values in a list, and whether v is a list.
func (v Value) Elems() (elems []Value, ok bool) {
	if v.kind != KindList {
		return nil, false
	}
	p := newEDNParser(strings.NewReader(v.text), int64(len(v.text)))
	p.maxDepth, p.maxNodes = len(v.text), len(v.text)
	n, err := p.single()
	if err != nil {
		// The text was written by List or by the EDN reader itself.
		panic("checker: list value with broken text " + v.text)
	}
	elems = make([]Value, len(n.kids))
	for i, kid := range n.kids {
		elems[i] = kid.value()
	}
	return elems, true
}

// String returns the EDN text of v, which [ParseValue] reads back.
func (v Value) String() string {
	switch v.kind {
	case KindNil:
		return "nil"
	case KindBool:
		return strconv.FormatBool(v.num == 1)
	case KindInt:
		return strconv.FormatInt(v.num, 10)
	case KindString:
		return quoteEDN(v.text)
	default:
		return v.text
	}
}

// compareValues is a total order: by kind, then numbers by size, texts by bytes.
func compareValues(a, b Value) int {
	return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.num, b.num), strings.Compare(a.text, b.text))
}

// sortedSet is the canonical list for a collection without order.
func sortedSet(elems []Value) Value {
	slices.SortFunc(elems, compareValues)
	return List(slices.Compact(elems)...)
}

// quoteEDN writes a string as EDN does. Control characters become \u escapes,
// which Clojure's reader takes too; bytes that are not UTF-8 become U+FFFD.
func quoteEDN(s string) string {
	var b strings.Builder
	b.Grow(len(s) + 2)
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case isControl(r):
			b.WriteString(printable(string(r)))
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// printable writes control characters as \u escapes, so that no name or text of
// a history can break a line of a report.
func printable(s string) string {
	if strings.IndexFunc(s, isControl) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if isControl(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func isControl(r rune) bool { return r < 0x20 || r == 0x7f }

// shorten cuts a text to at most n runes, marking the cut with "..".
func shorten(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	if n < 3 {
		return "."
	}
	runes := []rune(s)
	return string(runes[:n-2]) + ".."
}

// compareNatural orders names so that client 9 comes before client 10: whole
// numbers by size first, then everything else by bytes.
func compareNatural(a, b string) int {
	na, errA := strconv.ParseInt(a, 10, 64)
	nb, errB := strconv.ParseInt(b, 10, 64)
	switch {
	case errA == nil && errB == nil:
		return cmp.Or(cmp.Compare(na, nb), strings.Compare(a, b))
	case errA == nil:
		return -1
	case errB == nil:
		return 1
	}
	return strings.Compare(a, b)
}
