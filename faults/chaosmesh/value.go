package chaosmesh

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/orrery-sim/orrery/faults"
)

// scalar returns the text of a scalar.
func (r *reader) scalar(v *yaml.Node, expected string) (string, bool) {
	if v.Kind != yaml.ScalarNode {
		r.fail(v, "%s, expected %s", kindName(v), expected)
		return "", false
	}
	return v.Value, true
}

// missing says that a field is not there, unless another error in the experiment may
// have to do with it: a name that is misspelt.
func (r *reader) missing(n *yaml.Node, field string) {
	if len(r.errs) == r.before {
		r.fail(n, "field %q is missing", field)
	}
}

// oneOf reads a word of several.
func (r *reader) oneOf(v *yaml.Node, words ...string) string {
	s, ok := r.scalar(v, "one of "+strings.Join(words, ", "))
	if ok && !slices.Contains(words, s) {
		r.fail(v, "%s is not supported%s", kindName(v), nearest(s, words))
		return ""
	}
	return s
}

// texts reads a list of scalars.
func (r *reader) texts(v *yaml.Node) []*yaml.Node {
	if v.Kind != yaml.SequenceNode {
		r.fail(v, "%s, expected a list", kindName(v))
		return nil
	}
	var list []*yaml.Node
	for _, item := range v.Content {
		if _, ok := r.scalar(item, "a text"); ok {
			list = append(list, item)
		}
	}
	return list
}

// amount reads what a fault would call an amount of the unit. expected says how it is
// written here.
func (r *reader) amount(v *yaml.Node, unit faults.Unit, word, expected string) (a faults.Amount, ok bool) {
	if v.Kind == yaml.ScalarNode {
		a, err := faults.ParseAmount(unit, word)
		if err == nil {
			return a, true
		}
		r.fail(v, "%s, expected %s: %v", kindName(v), expected, err)
		return a, false
	}
	r.fail(v, "%s, expected %s", kindName(v), expected)
	return a, false
}

// length reads a duration that is above zero.
func (r *reader) length(v *yaml.Node) time.Duration {
	a, _ := r.amount(v, faults.Time, v.Value, `a duration such as "30s"`)
	return a.Duration()
}

// jitter reads a duration that may be zero.
func (r *reader) jitter(v *yaml.Node) time.Duration {
	if d, err := time.ParseDuration(v.Value); v.Kind == yaml.ScalarNode && err == nil && d == 0 {
		return 0
	}
	return r.length(v)
}

// zero is what percent makes of a percentage that may be given, and means nothing.
const zero = "0%"

// percent reads a percentage such as "25"; what is none is no text.
func (r *reader) percent(v *yaml.Node) string {
	if f, err := strconv.ParseFloat(v.Value, 64); v.Kind == yaml.ScalarNode && err == nil && f == 0 {
		return zero
	}
	a, ok := r.amount(v, faults.Percent, v.Value+"%", `a percentage such as "25"`)
	if !ok {
		return ""
	}
	return a.String()
}

// count reads a number that is above zero.
func (r *reader) count(v *yaml.Node) int64 {
	a, _ := r.amount(v, faults.Count, v.Value, "a number above 0")
	return a.N
}

// rate reads bytes per second, as tc writes them: of 1024 bytes.
func (r *reader) rate(v *yaml.Node) string {
	const expected = `a rate such as "1mbps", in bytes per second`
	s := strings.ToLower(strings.TrimSpace(v.Value))
	for i, unit := range []string{"bps", "kbps", "mbps", "gbps", "tbps"} {
		number, found := strings.CutSuffix(s, unit)
		n, err := strconv.ParseUint(strings.TrimSpace(number), 10, 40)
		if v.Kind == yaml.ScalarNode && found && err == nil && n < 1<<(62-10*i) {
			a, _ := r.amount(v, faults.Rate, strconv.FormatUint(n<<(10*i), 10)+"B/s", expected)
			return a.String()
		}
	}
	r.fail(v, "%s, expected %s", kindName(v), expected)
	return ""
}

// correlation reads one. Draws here do not depend on each other.
func (r *reader) correlation(v *yaml.Node) {
	if p := r.percent(v); p != "" && p != zero {
		r.note(v, "correlation is taken as 0: what becomes of a message does not depend on the one before")
	}
}
