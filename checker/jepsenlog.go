package checker

import (
	"bufio"
	"bytes"
)

// readJepsenLog reads the lines that Jepsen's logger wrote about operations,
//
//	INFO  jepsen.util - 0	:invoke	:write	3
//	2021-03-04 12:00:00,123{GMT}	INFO	[jepsen worker 4] jepsen.util: 4	:ok	:read	nil
//
// and the lines of history.txt, which are the same without what comes before
// the process. Other lines are skipped. There are no times in them that could
// be used: the history is untimed.
func readJepsenLog(in *bufio.Reader, o ReadOptions, p *problems) (History, error) {
	r := &jepsenReader{p: p, o: o}
	err := lines(in, p, func(line []byte, number int, ended bool) { r.logLine(line, number, ended) })
	h := r.finish()
	if err == nil && len(h.Ops) == 0 && len(p.list) == 0 {
		p.add(position{1, 1}, "no operations, expected JSON lines, EDN, or a Jepsen log with lines such as "+
			"\"INFO  jepsen.util - 0 :invoke :write 3\"")
	}
	return h, err
}

var logMark = []byte("jepsen.util")

// logLine reads a line. It is about an operation if it has a process and a
// keyword after the mark, or at its beginning.
//
// A last line without its end may have lost a part of its value, whatever is
// left of it: it is a truncated one.
func (r *jepsenReader) logLine(line []byte, number int, ended bool) {
	if !ended && len(bytes.TrimSpace(line)) > 0 {
		r.p.cut(position{number, len(line) + 1}, "the file ends in the middle of a line", r.o)
		return
	}
	start := 0
	if i := bytes.Index(line, logMark); i >= 0 {
		start = i + len(logMark)
		for start < len(line) && bytes.IndexByte([]byte(" \t-:"), line[start]) >= 0 && !bytes.HasPrefix(line[start:], []byte(":nemesis")) {
			start++
		}
	}
	parser := newEDNParser(bytes.NewReader(line[start:]), int64(len(line)))
	parser.at = position{number, start + 1}
	process, ok, err := parser.form()
	if err != nil || !ok || process.kind != ednInt && process.kind != ednKeyword {
		r.skipLine(line)
		return
	}
	kind, ok, err := parser.form()
	if err != nil || !ok || kind.kind != ednKeyword {
		r.skipLine(line)
		return
	}
	if process.kind == ednKeyword { // :nemesis
		r.h.Skipped++
		return
	}
	r.logEvent(parser, map[string]*ednNode{"process": &process, "type": &kind}, process.at)
}

// logEvent reads the function and the value of an event.
func (r *jepsenReader) logEvent(parser *ednParser, fields map[string]*ednNode, at position) {
	for _, name := range []string{"f", "value"} {
		n, ok, err := parser.form()
		switch {
		case err != nil:
			r.p.add(err.at, "%s", err.text)
			return
		case !ok:
			r.p.add(parser.at, "no :%s, expected process, :type, :f and value", name)
			return
		}
		fields[name] = &n
	}
	e := jepsenEvent{at: at}
	known := len(r.p.list) + r.p.more
	e.fill(fields, func(at position, text string) { r.p.add(at, "%s", text) })
	if len(r.p.list)+r.p.more == known {
		r.events = append(r.events, e)
	}
}

// skipLine counts a line that is not about an operation.
func (r *jepsenReader) skipLine(line []byte) {
	if len(bytes.TrimSpace(line)) > 0 {
		r.h.Skipped++
	}
}
