package faults

import (
	"strconv"
	"strings"
	"time"
)

// Fault is one thing that will break, or several that belong together: when, and
// what. It is a plain value: it can be compared with reflect.DeepEqual, and prints
// as a line that [Parse] makes the same value of. Nothing in it refers to a cluster.
type Fault struct {
	When
	What What
}

// When says when a fault comes and how long it stays. The zero value is the
// beginning of the run and no end. All times are virtual, and none is negative.
type When struct {
	At    time.Duration // when it begins, counted from the beginning of the run
	After Condition     // it begins once this holds, but not before At
	For   time.Duration // how long each time lasts; 0 is without end
	Every time.Duration // it comes again so long after it last began; 0 is never
	Times int           // how many times it comes, of those that Every makes; 0 is without end
	Until Wait          // the end of it all, at a time of the run or once a condition holds
}

// Condition is what a fault waits for: that the cluster says that somebody has a
// role, or that nobody has. The zero value is no condition. While a fault waits,
// the cluster is asked every 10 ms.
type Condition struct {
	Role string
	None bool // that nobody has it
}

func (c Condition) isZero() bool { return c == Condition{} }

// String renders "leader" or "no leader".
func (c Condition) String() string {
	if c.None {
		return "no " + c.Role
	}
	return c.Role
}

// Wait is either a time or a condition. The zero value is nothing to wait for.
type Wait struct {
	Time time.Duration
	That Condition
}

func (w Wait) isZero() bool { return w == Wait{} }

// String renders "15s" or "no leader".
func (w Wait) String() string {
	if !w.That.isZero() {
		return w.That.String()
	}
	return durationText(w.Time)
}

// What is what a fault does: an [Act], or acts put together by [Timed],
// [Together], [Then] and [Pick].
type What interface {
	// String renders it as it is written behind the colon of a fault.
	String() string

	begin(r *running, s *scope, then func(done bool))
}

// Act is one entry of the [Catalog], with its amounts, at a place.
type Act struct {
	Verb    string // the entry's name
	Amounts []Amount
	Where   Where
}

// Timed is something that waits before it begins, or ends by itself. Restarting
// and other things that are over at once cannot last.
type Timed struct {
	After Wait // a time since what came before it, or a condition
	What  What
	For   time.Duration // 0 is without end
	Until Condition
}

// Together are things that begin at the same instant.
type Together []What

// Then are things that come one after the other: each begins when the one before
// it has ended or, if that has no end, when it has begun.
type Then []What

// Pick are things of which one, drawn from the seed, is done.
type Pick []What

// String renders the fault as a line that [Parse] reads.
func (f Fault) String() string { return f.When.String() + ": " + whatText(f.What) }

// String renders it as it is written before the colon of a fault.
func (w When) String() string {
	var parts []string
	if w.At != 0 || w.After.isZero() {
		parts = append(parts, "at "+durationText(w.At))
	}
	if !w.After.isZero() {
		parts = append(parts, "after "+w.After.String())
	}
	if w.For != 0 {
		parts = append(parts, "for "+durationText(w.For))
	}
	if w.Every != 0 {
		parts = append(parts, "every "+durationText(w.Every))
	}
	if w.Times != 0 {
		parts = append(parts, "times "+strconv.Itoa(w.Times))
	}
	if !w.Until.isZero() {
		parts = append(parts, "until "+w.Until.String())
	}
	return strings.Join(parts, " ")
}

// whatText is String for what may be missing.
func whatText(w What) string {
	if w == nil {
		return "nothing"
	}
	return w.String()
}

// String renders the act in the form that the catalog gives for it.
func (a Act) String() string {
	words := []string{a.Verb}
	amounts := a.Amounts
	if e := lookup(a.Verb); e != nil {
		for _, part := range e.grammar() {
			switch {
			case part.literal != "":
				words = append(words, part.literal)
			case part.isAmount && len(amounts) > 0:
				words = append(words, amounts[0].String())
				amounts = amounts[1:]
			}
		}
	}
	if where := a.Where.String(); where != "" {
		words = append(words, where)
	}
	return strings.Join(words, " ")
}

// String renders "after 2s crash n1 for 3s until no leader".
func (t Timed) String() string {
	s := operand(t.What, false, false)
	if !t.After.isZero() {
		s = "after " + t.After.String() + " " + s
	}
	if t.For != 0 {
		s += " for " + durationText(t.For)
	}
	if !t.Until.isZero() {
		s += " until " + t.Until.String()
	}
	return s
}

// String renders "crash n1 and pause n2".
func (t Together) String() string { return join(t, " and ", false) }

// String renders "crash n1 for 3s then pause n2".
func (t Then) String() string { return join(t, " then ", true) }

// String renders "pick crash n1 or pause n2".
func (p Pick) String() string { return "pick " + join(p, " or ", false) }

func join(list []What, word string, together bool) string {
	parts := make([]string, len(list))
	for i, w := range list {
		parts[i] = operand(w, true, together)
	}
	return strings.Join(parts, word)
}

// operand renders a part of something larger, in parentheses unless it is
// an act, or one of the other kinds that read well without there.
func operand(w What, timed, together bool) string {
	s := whatText(w)
	switch w.(type) {
	case Act:
		return s
	case Timed:
		if timed {
			return s
		}
	case Together:
		if together {
			return s
		}
	}
	return "(" + s + ")"
}

// walk calls visit for every act of what is done.
func walk(w What, visit func(Act)) {
	switch w := w.(type) {
	case Act:
		visit(w)
	case Timed:
		walk(w.What, visit)
	case Together:
		walkAll(w, visit)
	case Then:
		walkAll(w, visit)
	case Pick:
		walkAll(w, visit)
	}
}

func walkAll(list []What, visit func(Act)) {
	for _, w := range list {
		walk(w, visit)
	}
}

// Schedule is the faults of a run. Their order means nothing but for those that
// are due at the same instant.
type Schedule []Fault

// String renders one fault a line.
func (s Schedule) String() string {
	var b strings.Builder
	for _, f := range s {
		b.WriteString(f.String())
		b.WriteByte('\n')
	}
	return b.String()
}
