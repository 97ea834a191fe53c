package scenarios

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/internal/suggest"
)

// Knob is a setting of a system that a person may turn. Its values are one of
// Choices if there are any, and texts if Text is set; else its default says of what
// kind they are: a duration, a whole number, a fraction, or true and false.
type Knob struct {
	Name    string
	Default string
	Help    string   // one line
	Choices []string // the only values, if any

	// Min and Max bound numbers and durations, both inclusive and written as
	// values of the knob are; "" is no bound.
	Min, Max string

	// Text says what is wrong with a value, for a knob whose values are texts of a
	// form of its own, such as a distribution. It is nil for all others.
	Text func(value string) error
}

// Values are the settings of one run, by the knobs' names.
type Values map[string]string

// kind is how a knob's values are read.
type kind string

const (
	kindChoice   kind = "choice"
	kindBool     kind = "true or false"
	kindInt      kind = "a whole number"
	kindDuration kind = "a duration"
	kindFloat    kind = "a number"
	kindText     kind = "a text"
)

func (k *Knob) kind() kind {
	if len(k.Choices) > 0 {
		return kindChoice
	}
	if k.Text != nil {
		return kindText
	}
	if _, err := strconv.ParseBool(k.Default); err == nil && !isNumber(k.Default) {
		return kindBool
	}
	if _, err := strconv.ParseInt(k.Default, 10, 64); err == nil {
		return kindInt
	}
	if _, err := time.ParseDuration(k.Default); err == nil {
		return kindDuration
	}
	return kindFloat
}

func isNumber(s string) bool { _, err := strconv.ParseFloat(s, 64); return err == nil }

// Range says what the knob may be set to, as far as that is bounded: "log, quorum",
// "1 to 9", "at least 1ms".
func (k *Knob) Range() string {
	switch {
	case len(k.Choices) > 0:
		return strings.Join(k.Choices, ", ")
	case k.Min != "" && k.Max != "":
		return k.Min + " to " + k.Max
	case k.Min != "":
		return "at least " + k.Min
	case k.Max != "":
		return "at most " + k.Max
	}
	return ""
}

// Flips says whether the knob's values are true and false.
func (k *Knob) Flips() bool { return k.kind() == kindBool }

// Check says what is wrong with a value for the knob, by itself.
func (k *Knob) Check(value string) error {
	kind := k.kind()
	if kind == kindChoice {
		if !slices.Contains(k.Choices, value) {
			return fmt.Errorf("knob %s: %q is not one of %s%s", k.Name, value, strings.Join(k.Choices, ", "), suggest.Hint(value, k.Choices))
		}
		return nil
	}
	if kind == kindText {
		if err := k.Text(value); err != nil {
			return fmt.Errorf("knob %s: %w", k.Name, err)
		}
		return nil
	}
	v, err := number(kind, value)
	if err != nil {
		return fmt.Errorf("knob %s: %q is not %s, such as %s", k.Name, value, kind, k.Default)
	}
	if k.Min != "" {
		if least, _ := number(kind, k.Min); v < least {
			return fmt.Errorf("knob %s: %s is below its least value %s", k.Name, value, k.Min)
		}
	}
	if k.Max != "" {
		if most, _ := number(kind, k.Max); v > most {
			return fmt.Errorf("knob %s: %s is above its greatest value %s", k.Name, value, k.Max)
		}
	}
	return nil
}

// number reads a value as something that can be compared with bounds.
func number(k kind, text string) (float64, error) {
	switch k {
	case kindBool:
		if text != "true" && text != "false" {
			return 0, errors.New("neither true nor false")
		}
		return 0, nil
	case kindInt:
		n, err := strconv.ParseInt(text, 10, 64)
		return float64(n), err
	case kindDuration:
		d, err := time.ParseDuration(text)
		return float64(d), err
	}
	f, err := strconv.ParseFloat(text, 64)
	if err == nil && f != f {
		err = errors.New("not a number")
	}
	return f, err
}

// fill returns the values with defaults for what they leave out, and what is wrong
// with them.
func fill(knobs []Knob, given Values) (Values, []problem) {
	all := Values{}
	var names []string
	for i := range knobs {
		all[knobs[i].Name] = knobs[i].Default
		names = append(names, knobs[i].Name)
	}
	var wrong []problem
	for _, name := range sortedKeys(given) {
		var err error
		if i := slices.Index(names, name); i < 0 {
			err = unknown("knob", name, names)
		} else {
			err = knobs[i].Check(given[name])
		}
		if err != nil {
			wrong = append(wrong, problem{"knobs." + name, err})
			continue
		}
		all[name] = given[name]
	}
	return all, wrong
}

// KnobError is a value of a knob that contradicts others, or the number of servers.
type KnobError struct {
	Knob string
	Text string // what is wrong and what was expected, without the knob's name
}

// Error returns the text behind the knob's name.
func (e *KnobError) Error() string { return "knob " + e.Knob + ": " + e.Text }

// contradictions is what is wrong with values that are sound one by one.
func (s *System) contradictions(v Values, nodes int) []problem {
	if s.Sound == nil {
		return nil
	}
	var found []problem
	for _, err := range unjoin(s.Sound(v, nodes)) {
		field := "knobs"
		if e := new(KnobError); errors.As(err, &e) {
			field += "." + e.Knob
		}
		found = append(found, problem{field, err})
	}
	return found
}

// unknown is the error about a name that is not among those that there are.
func unknown(what, name string, known []string) error {
	if hint := suggest.Hint(name, known); hint != "" {
		return fmt.Errorf("unknown %s %q%s", what, name, hint)
	}
	if len(known) == 0 {
		return fmt.Errorf("unknown %s %q: there are none here", what, name)
	}
	return fmt.Errorf("unknown %s %q, expected one of %s", what, name, strings.Join(known, ", "))
}

func (v Values) get(name string) string {
	value, ok := v[name]
	if !ok {
		panic(fmt.Sprintf("scenarios: the system asks for knob %q, which it does not list", name))
	}
	return value
}

// String returns the value of a knob.
func (v Values) String(name string) string { return v.get(name) }

// Bool returns the value of a knob that is true or false.
func (v Values) Bool(name string) bool { return v.get(name) == "true" }

// Int returns the value of a knob that is a whole number.
func (v Values) Int(name string) int { return read(v, name, strconv.Atoi) }

// Duration returns the value of a knob that is a duration.
func (v Values) Duration(name string) time.Duration { return read(v, name, time.ParseDuration) }

// Float returns the value of a knob that is a number.
func (v Values) Float(name string) float64 {
	return read(v, name, func(s string) (float64, error) { return strconv.ParseFloat(s, 64) })
}

// read parses a value that was checked when it was set.
func read[T any](v Values, name string, parse func(string) (T, error)) T {
	value, err := parse(v.get(name))
	if err != nil {
		panic(fmt.Sprintf("scenarios: knob %q is %q, which the system reads as something else: %v", name, v[name], err))
	}
	return value
}
