package checker

import (
	"fmt"
	"strings"
)

// A Verdict is the judgement of one check.
type Verdict uint8

// The verdicts. Unknown is the zero Verdict and never counts as ok.
const (
	Unknown  Verdict = iota // not judged: limits reached, or a history that cannot be judged
	OK                      // the history keeps the promise
	Violated                // the history breaks the promise, proven
)

var verdictNames = []string{Unknown: "unknown", OK: "ok", Violated: "violated"}

// String returns ok, violated or unknown.
func (v Verdict) String() string {
	if int(v) < len(verdictNames) {
		return verdictNames[v]
	}
	return fmt.Sprintf("Verdict(%d)", uint8(v))
}

// MarshalText writes the verdict as ok, violated or unknown.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// A Check judges histories: a promise and the way to see it broken. Checks are
// plain values without state, so one of them may judge many histories at once.
type Check interface {
	Name() string // one word, as in a scenario file
	Doc() string  // one line: what is promised
	Check(h History, limits Limits) Result
}

// DefaultSteps is the limit for each key unless [Limits] says otherwise. Real
// histories of a thousand operations a key need a few thousand.
const DefaultSteps = 1_000_000

// Limits bound the work of a check. They are counted, not timed, so that the
// verdict is the same on every machine.
type Limits struct {
	// Steps is how often a check may apply one operation to one state of the
	// model, for each key; 0 means DefaultSteps. A search over n operations
	// may keep up to Steps x (n/8 + 100) bytes.
	Steps int
}

func (l Limits) steps() int {
	if l.Steps <= 0 {
		return DefaultSteps
	}
	return l.Steps
}

// A Result is the verdict of one check on one history, with its reasons.
type Result struct {
	Check   string  `json:"check"`           // name of the check
	Model   string  `json:"model,omitempty"` // name of the model, if the check has one
	Claim   string  `json:"claim"`           // what the check claims
	Verdict Verdict `json:"verdict"`

	// Reason says why the verdict is unknown. Problems lists what is wrong
	// with the history itself, when that is why.
	Reason   string   `json:"reason,omitempty"`
	Problems []string `json:"problems,omitempty"`

	Operations int `json:"operations"` // judged: all but the failed ones
	Open       int `json:"open"`       // of these, how many have an unknown outcome
	Failed     int `json:"failed"`     // left out, because they did not take effect
	Keys       int `json:"keys"`       // judged one by one
	Steps      int `json:"steps"`      // work done: deterministic, see Limits

	// ViolatedKeys lists the keys whose operations break the promise: all of
	// them, as far as they can be told with little work once one is known.
	// Violation explains the earliest break among them.
	ViolatedKeys []string   `json:"violated_keys,omitempty"`
	Violation    *Violation `json:"violation,omitempty"`
}

// title is the first line of a report.
func (r Result) title() string {
	name := r.Check
	if r.Model != "" {
		name += "(" + r.Model + ")"
	}
	return name + ": " + r.Verdict.String()
}

// summary counts what was judged.
func (r Result) summary() string {
	s := count(r.Operations, "operation")
	if r.Keys > 1 {
		s += ", " + count(r.Keys, "key")
	}
	if r.Open > 0 {
		s += fmt.Sprintf(", %d of unknown outcome", r.Open)
	}
	if r.Failed > 0 {
		s += fmt.Sprintf(", %d failed and left out", r.Failed)
	}
	return s
}

// Report explains the result in plain text of at most width columns where it
// draws (0 means 80), in the order in which one asks: what was found, what was
// claimed, which operation broke it and when, what it contradicts, and a
// picture of the operations around it.
func (r Result) Report(width int) string {
	var b strings.Builder
	b.WriteString(r.title() + " (" + r.summary() + ")\n")
	if r.Verdict != OK {
		b.WriteString("claim: " + r.Claim + "\n")
	}
	if r.Reason != "" {
		b.WriteString("reason: " + r.Reason + "\n")
	}
	for _, p := range r.Problems {
		b.WriteString("  " + p + "\n")
	}
	if r.Violation != nil {
		b.WriteString(r.Violation.Explain(width))
	}
	if len(r.ViolatedKeys) > 1 {
		b.WriteString("violated keys: " + listSome(r.ViolatedKeys, 10) + "\n")
	}
	return b.String()
}

// String is the first line of the report.
func (r Result) String() string { return r.title() + " (" + r.summary() + ")" }

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// listSome joins names, the first n of them in full.
func listSome(names []string, n int) string {
	var short []string
	for _, name := range names[:min(n, len(names))] {
		short = append(short, shorten(printable(name), 40))
	}
	text := strings.Join(short, ", ")
	if len(names) > n {
		text += fmt.Sprintf(" and %d more", len(names)-n)
	}
	return text
}

// count says how many operations of a history are judged, of how many keys, and how many
// are left out.
func (r *Result) count(h History) {
	keys := map[string]bool{}
	for i := range h.Ops {
		switch h.Ops[i].Outcome {
		case OutcomeFailed:
			r.Failed++
			continue
		case OutcomeUnknown:
			r.Open++
		}
		r.Operations++
		keys[h.Ops[i].Key] = true
	}
	r.Keys = len(keys)
}
