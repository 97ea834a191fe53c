package checker

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// Format is a way to write a history in a file.
type Format uint8

// The formats.
const (
	FormatAuto      Format = iota // look at how the file begins
	FormatJSONL                   // one operation per line: see the package documentation
	FormatEDN                     // Jepsen's history.edn
	FormatJepsenLog               // Jepsen's jepsen.log or history.txt
)

var formatNames = []string{FormatAuto: "auto", FormatJSONL: "jsonl", FormatEDN: "edn", FormatJepsenLog: "jepsen-log"}

// String returns auto, jsonl, edn or jepsen-log.
func (f Format) String() string {
	if int(f) < len(formatNames) {
		return formatNames[f]
	}
	return fmt.Sprintf("Format(%d)", uint8(f))
}

// ParseFormat is the inverse of [Format.String].
func ParseFormat(name string) (Format, error) {
	for f, n := range formatNames {
		if n == name {
			return Format(f), nil
		}
	}
	return 0, fmt.Errorf("no format is called %q, the nearest is %q\nhint: the formats are %s",
		shorten(name, 40), nearest(name, formatNames), strings.Join(formatNames, ", "))
}

// Limits of the readers, so that no bytes can exhaust memory or stack.
const (
	// MaxBytes is how long a history file may be.
	MaxBytes = 256 << 20
	maxLine  = 4 << 20 // bytes of a line of JSON or of a log
	maxNodes = 1 << 20 // values in one EDN form
	maxDepth = 100     // nesting of EDN forms
	maxValue = 60      // nesting of the values in JSON lines
	// The values in EDN may be nested a little deeper than those in JSON lines,
	// which get a key around them when they are written as EDN.
	maxEDNValue = maxValue + 2
)

// ReadOptions say how to read a history. The zero value reads any complete
// file of a known format.
type ReadOptions struct {
	Name   string // of the file, for errors
	Format Format

	// AllowTruncated accepts a file that ends in the middle of a form, and
	// leaves that form out. Without it such a file is an error: what is
	// missing may be what broke the promise.
	AllowTruncated bool

	// Keys says how to find the key of an operation in Jepsen's formats.
	Keys KeyRule
}

// KeyRule says what a value [a b] means in Jepsen's formats, which write keys
// and values of independent objects that way.
type KeyRule uint8

// The rules. A :key in the record itself is always the key.
const (
	// KeysAuto takes a as the key if every invocation of the file has such a
	// value, which for :cas is [a [old new]].
	KeysAuto KeyRule = iota
	KeysAlways
	KeysNever
)

// A Problem is one thing that is wrong in a history file. Column counts bytes
// from 1.
type Problem struct {
	Line, Column int
	Text         string
}

// A FormatError lists what is wrong with a history file, up to twenty problems.
type FormatError struct {
	Name     string // of the file, may be empty
	Problems []Problem
	More     int // problems not listed

	// Truncated says that the file ends in the middle of a form, and that
	// this is all that is wrong with it.
	Truncated bool
}

// Error lists the problems, each with its place: file:line:column: text.
func (e *FormatError) Error() string {
	name := e.Name
	if name == "" {
		name = "history"
	}
	var b strings.Builder
	for i, p := range e.Problems {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s:%d:%d: %s", name, p.Line, p.Column, p.Text)
	}
	if e.More > 0 {
		fmt.Fprintf(&b, "\n%s: and %d more", name, e.More)
	}
	if e.Truncated {
		b.WriteString("\nhint: to judge what is there, allow truncated histories")
	}
	return b.String()
}

// ReadFile reads the history in a file. Its error is a [*FormatError] unless
// the file cannot be read at all.
func ReadFile(path string, o ReadOptions) (History, error) {
	f, err := os.Open(path)
	if err != nil {
		return History{}, err
	}
	defer f.Close()
	if o.Name == "" {
		o.Name = path
	}
	return Read(f, o)
}

// Read reads a history. Its error is a [*FormatError] that lists everything
// that is wrong, or the error of r.
func Read(r io.Reader, o ReadOptions) (History, error) {
	in := bufio.NewReaderSize(io.LimitReader(r, MaxBytes+1), 1<<16)
	if head, _ := in.Peek(len(byteOrderMark)); string(head) == byteOrderMark {
		in.Discard(len(byteOrderMark))
	}
	p := &problems{name: o.Name}
	if o.Format == FormatAuto {
		o.Format = detect(in, p)
	}
	var h History
	var err error
	switch {
	case len(p.list) > 0:
	case o.Format == FormatJSONL:
		h, err = readJSONL(in, o, p)
	case o.Format == FormatEDN:
		h, err = readEDN(in, o, p)
	case o.Format == FormatJepsenLog:
		h, err = readJepsenLog(in, o, p)
	default:
		panic("checker: unknown format " + o.Format.String())
	}
	if err == nil {
		err = p.err(o)
	}
	if err != nil {
		return History{}, err
	}
	return h, nil
}

const byteOrderMark = "\xef\xbb\xbf"

// detect tells the format from the first bytes that are not space.
func detect(in *bufio.Reader, p *problems) Format {
	head, _ := in.Peek(1 << 16)
	text := bytes.TrimLeft(head, " \t\r\n,")
	switch {
	case len(text) == 0:
		p.add(position{1, 1}, "the file is empty, expected a history")
		return FormatAuto
	case text[0] == '{' && opensString(text[1:]):
		return FormatJSONL
	case text[0] == '[' && bytes.HasPrefix(bytes.TrimLeft(text[1:], " \t\r\n"), []byte("{")) &&
		opensString(bytes.TrimLeft(text[1:], " \t\r\n")[1:]):
		p.add(position{1, 1}, "a JSON array, expected JSON lines: one operation per line and no brackets around them")
		return FormatAuto
	case bytes.IndexByte([]byte("{[(;#^"), text[0]) >= 0:
		return FormatEDN
	}
	return FormatJepsenLog
}

func opensString(text []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte(`"`))
}

// position is a place in a file, counted from 1; columns are bytes.
type position struct{ line, column int }

// problems collects what is wrong with a file.
type problems struct {
	name string
	list []Problem
	more int
	cuts int // how many of them say that the end is missing
}

func (p *problems) add(at position, format string, args ...any) {
	if len(p.list) >= maxProblems {
		p.more++
		return
	}
	p.list = append(p.list, Problem{at.line, at.column, printable(fmt.Sprintf(format, args...))})
}

// cut notes that the file ends in the middle of a form.
func (p *problems) cut(at position, what string, o ReadOptions) {
	if o.AllowTruncated {
		return
	}
	p.cuts++
	p.add(at, "%s", what)
}

// err returns what was collected, ordered by place.
func (p *problems) err(o ReadOptions) error {
	if len(p.list) == 0 {
		return nil
	}
	slices.SortStableFunc(p.list, func(a, b Problem) int {
		return position{a.Line, a.Column}.compare(position{b.Line, b.Column})
	})
	return &FormatError{Name: p.name, Problems: p.list, More: p.more,
		Truncated: p.cuts == len(p.list)+p.more}
}

func (p position) compare(q position) int {
	if p.line != q.line {
		return p.line - q.line
	}
	return p.column - q.column
}

// errTooLong ends the reading of a file that is longer than MaxBytes.
var errTooLong = errors.New("the file is longer than 256 MiB")

// lines calls each with every line of in, without its end, and with its number,
// and says whether the line was ended. Too long lines are a problem.
func lines(in *bufio.Reader, p *problems, each func(line []byte, number int, ended bool)) error {
	var long []byte
	total, number := 0, 1
	for {
		part, err := in.ReadSlice('\n')
		total += len(part)
		if total > MaxBytes {
			p.add(position{number, 1}, "%s", errTooLong)
			return nil
		}
		if len(long)+len(part) > maxLine {
			p.add(position{number, 1}, "the line is longer than 4 MiB")
			return nil
		}
		if err == bufio.ErrBufferFull {
			long = append(long, part...)
			continue
		}
		if err != nil && err != io.EOF {
			return err
		}
		if len(long) > 0 {
			part = append(long, part...)
			long = long[:0]
		}
		if len(part) > 0 {
			line, ended := bytes.CutSuffix(part, []byte("\n"))
			each(bytes.TrimSuffix(line, []byte("\r")), number, ended)
		}
		if err == io.EOF {
			return nil
		}
		number++
	}
}
