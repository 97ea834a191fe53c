package checker

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// A Violation explains why a history breaks the promise of a check: the first
// operation whose return nothing can explain, and what stands against it.
type Violation struct {
	Key   string   // the object concerned
	Op    Involved // the offending operation
	Why   string   // one sentence: what it did, and what it contradicts
	Could []Value  // answers that it could have given instead, if they are few

	// Contradicts is a set of operations, in the order of their calls, that
	// together rule the answer out, and of which none can be left out as far as
	// that can be told with little work.
	Contradicts []Involved

	history *History
	near    []Involved     // what happened around it, the nearest first
	found   *contradiction // for the picture
}

// Involved is an operation together with its index in the history.
type Involved struct {
	Index int
	Operation
}

// MarshalJSON writes the same as Explain, as fields.
func (v *Violation) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Key         string     `json:"key"`
		Operation   Involved   `json:"operation"`
		Why         string     `json:"why"`
		Could       []Value    `json:"could,omitempty"`
		Contradicts []Involved `json:"contradicts"`
		Lanes       string     `json:"lanes"`
	}{v.Key, v.Op, v.Why, v.Could, v.Contradicts, v.Lanes(0)})
}

// MarshalJSON writes the index beside the fields of the operation.
func (i Involved) MarshalJSON() ([]byte, error) {
	line, err := i.Operation.MarshalJSON()
	if err != nil {
		return nil, err
	}
	return append(fmt.Appendf(nil, `{"index":%d,`, i.Index), line[1:]...), nil
}

const (
	// maxContradicts is how many operations an explanation lists.
	maxContradicts = 8
	// maxNear is how many other operations a drawing may show.
	maxNear = 16
)

func explain(h *History, c *contradiction) *Violation {
	c.limit = min(c.limit, max(explainSteps, 8*len(c.calls)))
	essential := c.reduce()
	but, by := c.model.explain(h, essential)
	core := essential.core
	if essential.unsure && but != "" && len(core) > maxContradicts {
		core = slices.DeleteFunc([]*call{by}, func(x *call) bool { return x == nil })
	}
	if but == "" {
		but = essential.genericReason()
	}
	v := &Violation{Key: c.last.op.Key, Op: involved(c.last), Why: h.subject(c.last.op) + ", but " + but,
		Could: c.possibleAnswers(), Contradicts: []Involved{}, near: c.near(core), history: h, found: essential}
	for _, x := range core {
		v.Contradicts = append(v.Contradicts, involved(x))
	}
	return v
}

func involved(c *call) Involved { return Involved{c.index, *c.op} }

// refusable are the operations that answer true or false for done or not.
func refusable(op string) bool { return op == "cas" || op == "acquire" || op == "release" }

// answered says in a verb what came of an operation.
func answered(op *Operation) string {
	done, isBool := op.Output.Bool()
	switch {
	case refusable(op.Op) && isBool && !done:
		return "was refused"
	case refusable(op.Op):
		return "succeeded"
	case op.Op == "read" || op.Op == "get" || op.Op == "dequeue" || op.Op == "add-and-get" || isBool:
		return "returned " + shorten(op.Output.String(), 40)
	}
	return "completed"
}

// subject is the first half of the sentence about a violation.
func (h *History) subject(op *Operation) string {
	of := ""
	if op.Key != "" {
		of = " of " + printable(op.Key)
	}
	return fmt.Sprintf("%s%s by %s %s at %s", shorten(phrase(op), 40), of, clientName(op.Client),
		answered(op), h.moment(op.Return))
}

// Explain renders the violation in plain text: the sentence, the operations
// concerned with their times and numbers, and the lanes, width columns wide.
func (v *Violation) Explain(width int) string {
	var b strings.Builder
	b.WriteString(v.Why + "\n")
	if len(v.Could) > 0 {
		texts := make([]string, len(v.Could))
		for i, a := range v.Could {
			texts[i] = shorten(a.String(), 40)
		}
		b.WriteString("it could have returned " + strings.Join(texts, " or ") + "\n")
	}
	b.WriteString("offending operation:\n  " + v.history.line(v.Op) + "\n")
	if len(v.Contradicts) > 0 {
		b.WriteString("contradicts:\n")
	}
	for i, x := range v.Contradicts {
		if i == maxContradicts && len(v.Contradicts) > maxContradicts+1 {
			fmt.Fprintf(&b, "  and %d more\n", len(v.Contradicts)-i)
			break
		}
		b.WriteString("  " + v.history.line(x) + "\n")
	}
	b.WriteString(v.Lanes(width))
	return b.String()
}

// line describes an operation with its times and its address.
func (h *History) line(x Involved) string {
	s := fmt.Sprintf("operation %d: %s by %s ", x.Index, shorten(phrase(&x.Operation), 40), clientName(x.Client))
	if x.Outcome == OutcomeUnknown {
		s += "has an unknown outcome"
	} else {
		s += answered(&x.Operation)
	}
	s += ", " + h.interval(&x.Operation)
	switch {
	case x.ReturnEvent != 0:
		s += fmt.Sprintf(" (events %d to %d)", x.CallEvent, x.ReturnEvent)
	case x.CallEvent != 0:
		s += fmt.Sprintf(" (event %d)", x.CallEvent)
	}
	return s
}

func (h *History) interval(op *Operation) string {
	if op.Return == Never {
		return h.moment(op.Call) + " and still open"
	}
	if h.Untimed {
		return fmt.Sprintf("positions %d to %d", op.Call, op.Return)
	}
	return h.moment(op.Call) + " to " + h.moment(op.Return)
}
