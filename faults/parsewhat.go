package faults

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// whole reads what is done, to the end of the line.
func (p *parser) whole() What {
	w := p.sequence()
	if t := p.peek(); t.text != "" {
		hint := ""
		if t.text == ":" {
			hint = insideHint
		}
		p.fail(t, hint, "expected the end of the line%s", p.found(t))
	}
	return w
}

// sequence reads parts joined by "then".
func (p *parser) sequence() What { return several[Then](p, "then", p.group) }

// group reads parts joined by "and".
func (p *parser) group() What { return several[Together](p, "and", p.timed) }

// several reads one or more parts joined by a word. A part alone is itself.
func several[List ~[]What](p *parser, word string, part func() What) What {
	first := part()
	if p.peek().text != word {
		return first
	}
	list := List{first}
	for p.take(word) {
		list = append(list, part())
	}
	return any(list).(What)
}

// timed reads a part with what it waits for, and how long it lasts.
func (p *parser) timed() What {
	var t Timed
	if p.take("after") {
		if looksLikeTime(p.peek()) {
			t.After.Time = p.duration()
		} else {
			t.After.That = p.condition()
		}
	}
	t.What = p.primary()
	last := p.peek()
	if p.take("for") {
		t.For = p.duration()
	}
	if p.take("until") {
		if u := p.peek(); looksLikeTime(u) {
			p.fail(u, `how long it lasts is said with "for"`, `expected a condition such as "no leader"%s`, p.found(u))
			p.advance()
		} else {
			t.Until = p.condition()
		}
	}
	if (t.For != 0 || !t.Until.isZero()) && isInstant(t.What) {
		p.fail(last, fmt.Sprintf("leave out %q", last.text), "what is over at once cannot last")
	}
	if t.After.isZero() && t.For == 0 && t.Until.isZero() {
		return t.What
	}
	return t
}

// isInstant says whether all of it is over as soon as it is done.
func isInstant(w What) bool {
	acts, instant := 0, 0
	walk(w, func(a Act) {
		acts++
		if e := lookup(a.Verb); e != nil && e.Instant {
			instant++
		}
	})
	return acts > 0 && acts == instant
}

// primary reads an act, a pick, or something in parentheses.
func (p *parser) primary() What {
	open := p.peek()
	switch {
	case p.take("pick"):
		return p.pick(open)
	case p.take("("):
		if p.depth++; p.depth > deepest {
			p.fail(open, "", "parentheses nest deeper than %d", deepest)
			p.i = len(p.tokens) - 1
			return nil
		}
		w := p.sequence()
		p.depth--
		if t := p.peek(); !p.take(")") && len(p.errs) == 0 {
			p.fail(t, "", "expected a closing parenthesis%s", p.found(t))
		}
		return w
	}
	return p.act()
}

func (p *parser) pick(word token) What {
	list := Pick{p.timed()}
	for p.take("or") {
		list = append(list, p.timed())
	}
	if len(list) < 2 && len(p.errs) == 0 {
		p.fail(word, `as in "pick crash leader or pause leader"`, "there is nothing to pick from but one")
	}
	return list
}

// act reads an entry of the catalog in its form.
func (p *parser) act() What {
	begin := p.peek()
	e := p.verb()
	if e == nil {
		p.unknownVerb(begin)
		return nil
	}
	a := Act{Verb: e.Name}
	before := len(p.errs)
	for _, part := range e.grammar() {
		switch {
		case part.literal != "":
			if t := p.peek(); !p.take(part.literal) {
				p.fail(t, "", "expected %q%s", part.literal, p.found(t))
			}
		case part.isAmount:
			a.Amounts = append(a.Amounts, p.amountOf(e, part.unit))
		default:
			a.Where = p.where(part.shape)
		}
		if len(p.errs) > before {
			p.errs[before].Hint = cmp.Or(p.errs[before].Hint, fmt.Sprintf("the form is %q, as in %q", e.Form, e.Example))
			p.recover()
			return nil
		}
	}
	if t := p.peek(); !t.stops() {
		p.fail(t, "", "expected the end of %q%s", e.Name, p.found(t))
		p.recover()
	}
	return a
}

// verb takes the longest name of an entry that stands here.
func (p *parser) verb() *Entry {
	for words := 2; words > 0; words-- {
		if e := lookup(p.words(words)); e != nil {
			p.i += words
			return e
		}
	}
	return nil
}

// words is the text of the next n words, or nothing if there are not so many.
func (p *parser) words(n int) string {
	var list []string
	for _, t := range p.tokens[p.i:min(p.i+n, len(p.tokens))] {
		if !t.isName() {
			return ""
		}
		list = append(list, t.text)
	}
	return strings.Join(list, " ")
}

// insideHint is for those who write times behind the colon as before it.
const insideHint = `inside a fault, times stand beside what they are for: "crash n1 for 3s then after 2s crash n2"`

// unknownVerb is about a word where an act should begin. What belongs to it is
// skipped.
func (p *parser) unknownVerb(at token) {
	if !at.isName() {
		hint := ""
		if slices.Contains(clauses, at.text) {
			hint = insideHint
		}
		p.fail(at, hint, "expected what is done%s", p.found(at))
		if slices.Contains(reserved, at.text) && !at.stops() {
			p.recover()
		}
		return
	}
	word, known := at.text, knownVerbs(at.text+" ")
	if known != nil { // such as "disk": the next word is wrong
		word = cmp.Or(p.words(2), word)
	} else {
		known = knownVerbs("")
	}
	near, hint := didYouMean(word, known), ""
	if near == "" {
		hint = "there are " + strings.Join(known, ", ")
	}
	p.fail(at, hint, "there is no fault %q%s", word, near)
	p.recover()
}

// knownVerbs returns the names of entries that begin with a word, or, without one,
// the first words of all, each once.
func knownVerbs(first string) []string {
	var list []string
	for i := range Catalog {
		name := Catalog[i].Name
		if first == "" {
			name, _, _ = strings.Cut(name, " ")
		}
		if strings.HasPrefix(name, first) && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}

// amountOf reads an amount where the form has it, or else at the end of the act:
// "slow leader 10x" is understood too.
func (p *parser) amountOf(e *Entry, u Unit) Amount {
	if _, ok, _ := parseAmount(u, p.peek().text); ok {
		return p.amount(u)
	}
	last := p.i
	for !p.tokens[last].stops() {
		last++
	}
	if last--; last <= p.i {
		return p.amount(u)
	}
	a, ok, wrong := parseAmount(u, p.tokens[last].text)
	if !ok || strings.Count(e.Form, "<") != 2 {
		return p.amount(u)
	}
	if wrong != "" {
		p.fail(p.tokens[last], "", "%s: %s", p.tokens[last].text, wrong)
	}
	p.tokens = slices.Delete(slices.Clone(p.tokens), last, last+1)
	return a
}

// where reads the place of an act, of a shape that the catalog names.
func (p *parser) where(s shape) Where {
	w := Where{Groups: []Selection{p.selection(s, s)}}
	for sep := p.peek(); slices.Contains(s.seps(), sep.text) && (w.Sep == "" || s == groups); sep = p.peek() {
		w.Sep = p.advance().text
		w.Groups = append(w.Groups, p.selection(s, nodes))
	}
	if s == groups && len(w.Groups) < 2 && len(p.errs) == 0 {
		t := p.peek()
		p.fail(t, `one way only is "cut a -> b"`, `expected "|" and another group%s`, p.found(t))
	}
	return w
}

// selection reads nodes, up to what may stand between groups of the shape. If there
// are none, it says what was expected.
func (p *parser) selection(s, expected shape) Selection {
	var sel Selection
	for {
		t := p.peek()
		switch {
		case t.text == "random":
			p.advance()
			sel = append(sel, p.random())
			continue
		case t.isName():
			sel = append(sel, Term{Name: p.name()})
			continue
		case len(sel) == 0:
			p.fail(t, "", "expected %s such as %s%s", expected, expected.example(), p.found(t))
		case !t.stops() && !slices.Contains(s.seps(), t.text):
			p.fail(t, "", "expected a node%s", p.found(t))
		}
		return sel
	}
}

// random reads "2", "50%" or "up to 50%", and then nothing or "of followers", behind
// the word random.
func (p *parser) random() Term {
	t := Term{Name: all}
	_, isShare, _ := parseAmount(Percent, p.peek().text)
	switch {
	case p.take("up"):
		if to := p.peek(); !p.take("to") {
			p.fail(to, "", `expected "to", as in "random up to 50%%"%s`, p.found(to))
		}
		t.UpTo, t.Share = true, p.amount(Percent).N
	case isShare:
		t.Share = p.amount(Percent).N
	default:
		t.Random = p.count()
	}
	if p.take("of") {
		name := p.peek()
		if !name.isName() {
			p.fail(name, "", `expected what it is drawn of, such as "random 2 of followers"%s`, p.found(name))
			return t
		}
		t.Name = p.name()
	}
	return t
}

// name reads what selects nodes: one word.
func (p *parser) name() string {
	t := p.advance()
	for part := range strings.SplitSeq(t.text, "+") {
		for atom := range strings.SplitSeq(part, "&") {
			key, value, isLabel := (Term{Name: atom}).label()
			switch {
			case isLabel && (key == "" || value == ""):
				p.fail(t, "", "expected a label such as \"zone=a\"%s", p.found(t))
			case atom == "":
				p.fail(t, "", "expected nodes on both sides of + and &%s", p.found(t))
			}
		}
	}
	return t.text
}
