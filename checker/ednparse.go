package checker

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// This is a reader for EDN (https://github.com/edn-format/edn) as Jepsen and
// Clojure's printer really write it: with namespaced maps, ratios, ##NaN,
// regular expressions and class names too. It keeps the place of every form,
// goes on after an error, and cannot overflow the stack.

// ednKind is the kind of a form.
type ednKind uint8

const (
	ednNil ednKind = iota
	ednBool
	ednInt
	ednString
	ednKeyword
	ednAtom // symbols, characters, floats, ratios and large integers, as written
	ednList
	ednVector
	ednSet
	ednMap    // kids are key, value, key, value
	ednTagged // text is the tag, the only kid the form
)

// ednNode is a form with its place.
type ednNode struct {
	kind ednKind
	at   position
	num  int64
	text string
	kids []ednNode
}

// ednError says what is wrong at a place.
type ednError struct {
	at   position
	text string
	end  bool // the input ends within a form
	stop bool // reading on makes no sense
}

// Error renders the problem with its column, for texts of a single line.
func (e *ednError) Error() string { return fmt.Sprintf("column %d: %s", e.at.column, e.text) }

// ednParser reads forms one by one.
type ednParser struct {
	in        io.ByteScanner
	at        position // of the next byte
	last      position // of the byte before, for unread
	remaining int64    // bytes until the input is too long
	nodes     int      // made for the form being read
	maxNodes  int      // how many are allowed
	maxDepth  int      // how deeply forms may be nested
	failed    *ednError
}

// newEDNParser reads at most limit bytes of r.
func newEDNParser(r io.Reader, limit int64) *ednParser {
	in, ok := r.(io.ByteScanner)
	if !ok {
		in = bufio.NewReader(r)
	}
	return &ednParser{in: in, at: position{1, 1}, remaining: limit, maxNodes: maxNodes, maxDepth: maxDepth}
}

// eof is what peek and next return at the end of the input.
const eof = -1

// next returns the next byte, or eof. After an error of the input, which is
// kept, everything looks like its end.
func (p *ednParser) next() int {
	b, err := p.in.ReadByte()
	switch {
	case err == io.EOF:
		return eof
	case err != nil:
		p.failed = &ednError{at: p.at, text: err.Error(), stop: true}
		return eof
	case p.remaining <= 0:
		p.failed = &ednError{at: p.at, text: errTooLong.Error(), stop: true}
		return eof
	}
	p.remaining--
	p.last = p.at
	if p.at.column++; b == '\n' {
		p.at = position{p.at.line + 1, 1}
	}
	return int(b)
}

// unread takes back the byte that next returned last.
func (p *ednParser) unread() {
	if p.in.UnreadByte() == nil {
		p.at = p.last
		p.remaining++
	}
}

func (p *ednParser) peek() int {
	b := p.next()
	if b != eof {
		p.unread()
	}
	return b
}

// errorAt prefers what went wrong with the input itself.
func (p *ednParser) errorAt(at position, format string, args ...any) *ednError {
	if p.failed != nil {
		return p.failed
	}
	return &ednError{at: at, text: fmt.Sprintf(format, args...)}
}

func isSpace(b int) bool {
	return b == ' ' || b == ',' || '\t' <= b && b <= '\r'
}

// isDelimiter reports whether b ends an atom.
func isDelimiter(b int) bool {
	return b == eof || isSpace(b) || strings.IndexByte(`()[]{}";`, byte(b)) >= 0
}

// skipSpace skips white space, commas and comments and returns the next byte
// without taking it.
func (p *ednParser) skipSpace() int {
	for {
		b := p.next()
		switch {
		case b == ';':
			for b != '\n' && b != eof {
				b = p.next()
			}
		case b == eof:
			return eof
		case !isSpace(b):
			p.unread()
			return b
		}
	}
}

// form reads one form with all that belongs to it. At the end of the input and
// before a closing bracket there is none: ok is false.
func (p *ednParser) form() (n ednNode, ok bool, err *ednError) {
	p.nodes = 0
	return p.nested(0)
}

// single reads an input that is one form and nothing else.
func (p *ednParser) single() (ednNode, error) {
	n, ok, err := p.form()
	switch {
	case err != nil:
		return n, err
	case !ok:
		return n, p.errorAt(p.at, "expected a value")
	}
	if p.skipSpace() != eof {
		return n, p.errorAt(p.at, "more after the value, expected the end")
	}
	return n, nil
}

func (p *ednParser) nested(depth int) (n ednNode, ok bool, err *ednError) {
	for {
		b := p.skipSpace()
		at := p.at
		if p.failed != nil {
			return n, false, p.failed
		}
		if b == eof || b == ')' || b == ']' || b == '}' {
			return n, false, nil
		}
		if depth > p.maxDepth {
			return n, false, p.errorAt(at, "nested deeper than %d", p.maxDepth)
		}
		if p.nodes++; p.nodes > p.maxNodes {
			return n, false, p.errorAt(at, "more than %d values in one form", p.maxNodes)
		}
		p.next()
		discarded := false
		switch b {
		case '#':
			n, discarded, err = p.dispatch(at, depth)
		case '^': // metadata: belongs to the next form, says nothing about it
			_, err = p.required(at, depth, "metadata")
			discarded = true
		default:
			n, err = p.plain(b, at, depth)
		}
		if err != nil || !discarded {
			return n, err == nil, err
		}
	}
}

// plain reads a form that begins with b, which is taken already.
func (p *ednParser) plain(b int, at position, depth int) (ednNode, *ednError) {
	switch b {
	case '(':
		return p.collection(ednList, ')', at, depth)
	case '[':
		return p.collection(ednVector, ']', at, depth)
	case '{':
		return p.mapping(at, depth)
	case '"':
		text, err := p.quoted(at, true)
		return ednNode{kind: ednString, at: at, text: text}, err
	case '\\':
		return p.character(at)
	}
	p.unread()
	return p.atom(at)
}

// dispatch reads what follows a #. A discarded form is none.
func (p *ednParser) dispatch(at position, depth int) (n ednNode, discarded bool, err *ednError) {
	switch b := p.peek(); {
	case b == '{':
		p.next()
		n, err = p.collection(ednSet, '}', at, depth)
		return n, false, err
	case b == '_':
		p.next()
		_, err = p.required(at, depth, "#_")
		return n, true, err
	case b == '"':
		p.next()
		text, err := p.quoted(at, false)
		return ednNode{kind: ednAtom, at: at, text: "#" + quoteRaw(text)}, false, err
	case b == '#':
		p.next()
		name, err := p.token(at) // ##NaN, ##Inf, ##-Inf
		if err == nil && name == "" {
			err = p.errorAt(at, "## without a name")
		}
		return ednNode{kind: ednAtom, at: at, text: "##" + name}, false, err
	case isDelimiter(b):
		if p.failed == nil && b == eof {
			return n, false, &ednError{at: at, text: "the file ends after #", end: true}
		}
		return n, false, p.errorAt(at, "# before %q, expected a tag", rune(b))
	}
	tag, err := p.token(at)
	if err != nil {
		return n, false, err
	}
	kid, err := p.required(at, depth, "tag #"+shorten(tag, 40))
	return ednNode{kind: ednTagged, at: at, text: tag, kids: []ednNode{kid}}, false, err
}

// required reads the form that something at a place applies to.
func (p *ednParser) required(at position, depth int, what string) (ednNode, *ednError) {
	n, ok, err := p.nested(depth + 1)
	if err == nil && !ok {
		if p.peek() == eof && p.failed == nil {
			return n, &ednError{at: at, text: "the file ends after " + what, end: true}
		}
		err = p.errorAt(at, "nothing after %s, expected a form", what)
	}
	return n, err
}

var openers = map[ednKind]string{ednList: "(", ednVector: "[", ednSet: "#{", ednMap: "{"}

// collection reads up to the closing bracket.
func (p *ednParser) collection(kind ednKind, closing int, at position, depth int) (ednNode, *ednError) {
	n := ednNode{kind: kind, at: at}
	for {
		kid, ok, err := p.nested(depth + 1)
		if err != nil {
			return n, err
		}
		if ok {
			n.kids = append(n.kids, kid)
			continue
		}
		end := p.at
		switch b := p.next(); {
		case b == closing:
			return n, nil
		case b == eof && p.failed == nil:
			return n, &ednError{at: at, text: "the file ends within the " + openers[kind] + " that begins here", end: true}
		default:
			return n, p.errorAt(end, "%q closes the %s of %d:%d, expected %q", rune(b), openers[kind], at.line, at.column, rune(closing))
		}
	}
}

func (p *ednParser) mapping(at position, depth int) (ednNode, *ednError) {
	n, err := p.collection(ednMap, '}', at, depth)
	if err == nil && len(n.kids)%2 == 1 {
		err = p.errorAt(n.kids[len(n.kids)-1].at, "the last key of the map has no value")
	}
	return n, err
}

// token reads up to a delimiter.
func (p *ednParser) token(at position) (string, *ednError) {
	var text []byte
	for {
		b := p.next()
		if isDelimiter(b) {
			if b != eof {
				p.unread()
			}
			break
		}
		text = append(text, byte(b))
	}
	if p.failed != nil {
		return "", p.failed
	}
	if !utf8.Valid(text) {
		return "", p.errorAt(at, "not UTF-8")
	}
	for _, b := range text {
		if b < ' ' || b == 0x7f {
			return "", p.errorAt(at, "a control character")
		}
	}
	return string(text), nil
}

// atom reads a number, a keyword or a symbol.
func (p *ednParser) atom(at position) (ednNode, *ednError) {
	text, err := p.token(at)
	n := ednNode{kind: ednAtom, at: at, text: text}
	switch {
	case err != nil:
		return n, err
	case text == "":
		return n, p.errorAt(at, "expected a value")
	case text == "nil":
		n.kind, n.text = ednNil, ""
	case text == "true" || text == "false":
		n.kind, n.num = ednBool, int64(len("false")-len(text))
	case text[0] == ':':
		n.kind, n.text = ednKeyword, text[1:]
		if n.text == "" {
			return n, p.errorAt(at, "a keyword without a name")
		}
	default:
		digits := strings.TrimRight(text, "N")
		if i, err := strconv.ParseInt(digits, 10, 64); err == nil && len(text)-len(digits) <= 1 {
			n.kind, n.num, n.text = ednInt, i, ""
		}
	}
	return n, nil
}

// character reads what follows a backslash: a bracket, or a character and what
// belongs to its name.
func (p *ednParser) character(at position) (ednNode, *ednError) {
	first := p.next()
	switch {
	case first == eof && p.failed == nil:
		return ednNode{}, &ednError{at: at, text: "the file ends after \\", end: true}
	case first == eof || isSpace(first):
		return ednNode{}, p.errorAt(at, "\\ before white space, expected a character")
	case isDelimiter(first):
		return ednNode{kind: ednAtom, at: at, text: `\` + string(rune(first))}, nil
	}
	p.unread()
	name, err := p.token(at)
	return ednNode{kind: ednAtom, at: at, text: `\` + name}, err
}

// quoted reads up to the closing quote. With escapes they are replaced, without
// they stay.
func (p *ednParser) quoted(at position, escapes bool) (string, *ednError) {
	var text []byte
	for {
		here := p.at
		b := p.next()
		switch {
		case p.failed != nil:
			return "", p.failed
		case b == eof:
			return "", &ednError{at: at, text: "the file ends within the text that begins here", end: true}
		case b == '"':
			if !utf8.Valid(text) {
				return "", p.errorAt(at, "a text that is not UTF-8")
			}
			return string(text), nil
		case b == '\\' && !escapes:
			text = append(text, '\\')
			if b = p.next(); b != eof {
				text = append(text, byte(b))
			}
		case b == '\\':
			r, err := p.escape(here)
			if err != nil {
				return "", err
			}
			text = utf8.AppendRune(text, r)
		default:
			text = append(text, byte(b))
		}
	}
}

// escape reads what follows a backslash in a text.
func (p *ednParser) escape(at position) (rune, *ednError) {
	b := p.next()
	switch {
	case b == eof && p.failed == nil:
		return 0, &ednError{at: at, text: "the file ends within an escape", end: true}
	case b == 'u':
		return p.hex(at)
	case '0' <= b && b <= '7':
		r := rune(b - '0')
		for range 2 {
			if d := p.peek(); d < '0' || d > '7' {
				break
			}
			r = r*8 + rune(p.next()-'0')
		}
		return r, nil
	}
	if i := strings.IndexByte(`tnrbf\"'`, byte(b)); b != eof && i >= 0 {
		return rune("\t\n\r\b\f\\\"'"[i]), nil
	}
	return 0, p.errorAt(at, "unknown escape \\%s", printable(string(rune(b))))
}

// hex reads the four digits of a \u escape. Java writes what is beyond the
// first 65,536 characters as a pair of them.
func (p *ednParser) hex(at position) (rune, *ednError) {
	r, err := p.fourDigits(at)
	if err != nil || r < 0xd800 || r > 0xdbff {
		return r, err
	}
	if p.peek() != '\\' {
		return utf8.RuneError, nil
	}
	p.next()
	if p.peek() != 'u' {
		return 0, p.errorAt(at, "half of a pair of \\u escapes")
	}
	p.next()
	low, err := p.fourDigits(at)
	if err == nil && (low < 0xdc00 || low > 0xdfff) {
		return 0, p.errorAt(at, "half of a pair of \\u escapes")
	}
	return (r-0xd800)<<10 + (low - 0xdc00) + 0x10000, err
}

func (p *ednParser) fourDigits(at position) (rune, *ednError) {
	r := rune(0)
	for range 4 {
		b := p.next()
		if b == eof && p.failed == nil {
			return 0, &ednError{at: at, text: "the file ends within an escape", end: true}
		}
		d, err := strconv.ParseUint(string(rune(max(b, 0))), 16, 8)
		if err != nil {
			return 0, p.errorAt(at, "\\u without four hexadecimal digits")
		}
		r = r<<4 + rune(d)
	}
	return r, nil
}

// skipToMap drops the rest of the line and all lines up to one that begins with
// a map, where reading can go on after an error.
func (p *ednParser) skipToMap() {
	for {
		b := p.next()
		for b != '\n' && b != eof {
			b = p.next()
		}
		for isSpace(p.peek()) {
			p.next()
		}
		if b = p.peek(); b == '{' || b == eof {
			return
		}
	}
}

// value makes a form a Value, whatever it is.
func (n *ednNode) value() Value {
	switch n.kind {
	case ednNil:
		return Nil
	case ednBool:
		return Bool(n.num == 1)
	case ednInt:
		return Int(n.num)
	case ednString:
		return String(n.text)
	case ednList, ednVector:
		return List(n.values()...)
	case ednSet:
		return sortedSet(n.values())
	default:
		return other(n.canonical())
	}
}

func (n *ednNode) values() []Value {
	values := make([]Value, len(n.kids))
	for i := range n.kids {
		values[i] = n.kids[i].value()
	}
	return values
}

// canonical is the text of a form that is a Value of KindOther: the same for
// the same meaning, as far as EDN's rules tell.
func (n *ednNode) canonical() string {
	switch n.kind {
	case ednKeyword:
		return ":" + n.text
	case ednTagged:
		return "#" + n.text + " " + n.kids[0].value().String()
	case ednMap:
		entries := make([]string, 0, len(n.kids)/2)
		for i := 0; i+1 < len(n.kids); i += 2 {
			entries = append(entries, n.kids[i].value().String()+" "+n.kids[i+1].value().String())
		}
		slices.Sort(entries)
		return "{" + strings.Join(entries, ", ") + "}"
	default:
		return n.text
	}
}

// depth is how deeply forms are nested in n, 0 if it has no kids.
func (n *ednNode) depth() int {
	deepest := 0
	for i := range n.kids {
		deepest = max(deepest, 1+n.kids[i].depth())
	}
	return deepest
}

// quoteRaw puts a regular expression, whose escapes are untouched, in quotes and
// on one line.
func quoteRaw(s string) string { return `"` + printable(s) + `"` }
