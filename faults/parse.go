package faults

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Parse reads a fault from its line, such as "at 5s for 3s: crash leader". The
// package comment has the grammar, the [Catalog] all that can be done. The error
// is an [Errors] of everything that is wrong with the line.
func Parse(line string) (Fault, error) {
	p := &parser{tokens: lex(line)}
	f := Fault{When: p.when()}
	colon := p.peek()
	if !p.take(":") {
		if len(p.errs) > 0 {
			return Fault{}, p.errs
		}
		p.fail(colon, `write it as in "at 5s: crash leader"`, "expected a colon between when and what%s", p.found(colon))
		return Fault{}, p.errs
	}
	f.What = p.whole()
	if f.For != 0 && isInstant(f.What) {
		p.fail(colon, `leave out "for"`, "what is over at once cannot last %s", durationText(f.For))
	}
	if len(p.errs) > 0 {
		return Fault{}, p.errs
	}
	return f, nil
}

// MustParse is [Parse] for lines that are part of a program. It panics if the line
// is wrong.
func MustParse(line string) Fault {
	f, err := Parse(line)
	if err != nil {
		panic(fmt.Sprintf("faults: %q: %v", line, err))
	}
	return f
}

// ParseWhat reads what stands behind the colon of a fault.
func ParseWhat(text string) (What, error) {
	p := &parser{tokens: lex(text)}
	w := p.whole()
	if len(p.errs) > 0 {
		return nil, p.errs
	}
	return w, nil
}

// parser reads tokens from left to right. It takes down what is wrong and goes
// on where it can.
type parser struct {
	tokens []token
	i      int
	errs   Errors
	depth  int // of parentheses
}

// deepest bounds how deep parentheses nest.
const deepest = 20

func (p *parser) peek() token { return p.tokens[p.i] }

func (p *parser) advance() token {
	t := p.tokens[p.i]
	if t.text != "" {
		p.i++
	}
	return t
}

// take goes past the token if it is the one given.
func (p *parser) take(text string) bool {
	if p.peek().text == text {
		p.advance()
		return true
	}
	return false
}

// fail takes down an error, unless there is one at the same place: that of which
// this one is a consequence.
func (p *parser) fail(at token, hint, format string, args ...any) {
	if slices.ContainsFunc(p.errs, func(e *Error) bool { return e.Col == at.col }) {
		return
	}
	p.errs = append(p.errs, &Error{Col: at.col, Word: at.text, Text: fmt.Sprintf(format, args...), Hint: hint})
}

// found is the end of an error about a token that should be another.
func (p *parser) found(t token) string {
	if t.text == "" {
		return ", found the end of the line"
	}
	return fmt.Sprintf(", found %q", t.text)
}

// recover skips the rest of an act in which something is wrong.
func (p *parser) recover() {
	for !p.peek().stops() {
		p.advance()
	}
}

// clauses are the words that a part of when begins with.
var clauses = []string{"at", "after", "for", "every", "times", "until"}

// when reads everything up to the colon.
func (p *parser) when() When {
	var w When
	seen := map[string]token{}
	begin := p.peek()
	for !p.ended() {
		t := p.advance()
		if !slices.Contains(clauses, t.text) {
			p.strayWord(t)
			continue
		}
		if _, twice := seen[t.text]; twice {
			p.fail(t, "", "%q stands here twice", t.text)
		}
		seen[t.text] = t
		p.clause(&w, t.text)
	}
	if len(seen) == 0 && len(p.errs) == 0 {
		p.fail(begin, `begin with a time, as in "at 5s: ..."`, "expected when it happens%s", p.found(begin))
	}
	if _, ok := seen["at"]; !ok && w.After.isZero() {
		w.At = w.Every // the first time is one period after the run begins
	}
	for _, x := range w.problems() {
		p.fail(seen[x.clause], x.hint, "%s", x.text)
	}
	return w
}

// ended says whether the part before the colon is over.
func (p *parser) ended() bool { t := p.peek().text; return t == "" || t == ":" }

// strayWord is about a word where a clause should begin. What belongs to it is
// skipped.
func (p *parser) strayWord(t token) {
	hint := ""
	if lookup(t.text) != nil {
		hint = `first when, then a colon, then what: "at 5s: crash leader"`
	}
	p.fail(t, hint, "expected one of %s%s%s", strings.Join(clauses, ", "), p.found(t), didYouMean(t.text, clauses))
	for !p.ended() && !slices.Contains(clauses, p.peek().text) {
		p.advance()
	}
}

func (p *parser) clause(w *When, word string) {
	switch word {
	case "at":
		w.At = p.moment()
	case "after":
		if t := p.peek(); looksLikeTime(t) {
			p.fail(t, `write "at", or a condition as in "after no leader"`, "a fault begins at a time, or after a condition")
			p.advance()
			return
		}
		w.After = p.condition()
	case "for":
		w.For = p.duration()
	case "every":
		w.Every = p.duration()
	case "times":
		w.Times = p.count()
	case "until":
		if looksLikeTime(p.peek()) {
			w.Until.Time = p.duration()
		} else {
			w.Until.That = p.condition()
		}
	}
}

func looksLikeTime(t token) bool {
	return t.text != "" && strings.ContainsRune("0123456789+-.", rune(t.text[0])) && !t.isMark()
}

// duration reads a time that is above zero.
func (p *parser) duration() time.Duration { return p.amount(Time).Duration() }

// moment reads a time of the run, which may be its beginning.
func (p *parser) moment() time.Duration {
	if d, err := time.ParseDuration(p.peek().text); err == nil && d == 0 {
		p.advance()
		return 0
	}
	return p.duration()
}

func (p *parser) count() int { return int(p.amount(Count).N) }

// amount reads an amount. If there is none it takes the word in its place, unless
// that holds the text together.
func (p *parser) amount(u Unit) Amount {
	t := p.peek()
	a, ok, wrong := parseAmount(u, t.text)
	switch {
	case !ok:
		hint := ""
		if _, err := strconv.ParseFloat(t.text, 64); err == nil && u != Count && u != Event {
			hint = fmt.Sprintf("write the unit behind the number, as in %s", units[u].example)
		}
		p.fail(t, hint, "expected a %s such as %s%s", units[u].name, units[u].example, p.found(t))
		if t.isName() {
			p.advance()
		}
		return Amount{Unit: u}
	case wrong != "":
		p.fail(t, "", "%s: %s", t.text, wrong)
	}
	p.advance()
	return a
}

// condition reads "leader" or "no leader".
func (p *parser) condition() Condition {
	c := Condition{None: p.take("no")}
	t := p.peek()
	if !t.isName() {
		p.fail(t, "", `expected a condition such as "leader" or "no leader"%s`, p.found(t))
		return Condition{}
	}
	p.advance()
	c.Role = t.text
	return c
}

// problem is what is wrong with a part of when.
type problem struct{ clause, text, hint string }

// problems finds what does not fit together. What was not understood is zero, and
// taken for missing.
func (w When) problems() []problem {
	var list []problem
	if u := w.Until.Time; u != 0 && u <= w.At {
		list = append(list, problem{"until", fmt.Sprintf("the end, %s, is not after the beginning, %s",
			durationText(u), durationText(w.At)), `"until" is a time of the run; how long it lasts is said with "for"`})
	}
	if w.Times != 0 && w.Every == 0 {
		list = append(list, problem{"times", fmt.Sprintf("%d times, but not how often", w.Times),
			`say how often, as in "every 1s times 3"`})
	}
	return list
}
