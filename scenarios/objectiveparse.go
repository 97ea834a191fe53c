package scenarios

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/internal/suggest"
)

// ObjectiveError is what is wrong with the text of an objective, and where.
type ObjectiveError struct {
	Column int // in characters, from 0
	Text   string
}

// Error returns the text.
func (e *ObjectiveError) Error() string { return e.Text }

// ParseObjective reads an objective. The error is an [ObjectiveError].
func ParseObjective(text string) (Objective, error) {
	p := objectiveParser{text: []rune(text)}
	o := p.parse()
	if p.err != nil {
		return Objective{}, p.err
	}
	return o, nil
}

// objectiveParser reads from left to right; the first error stays.
type objectiveParser struct {
	text []rune
	at   int
	err  error
}

func (p *objectiveParser) fail(at int, format string, args ...any) {
	if p.err == nil {
		p.err = &ObjectiveError{at, fmt.Sprintf(format, args...)}
	}
}

// word skips blanks and takes what consists of the runes; begin is where it begins.
func (p *objectiveParser) word(is func(c rune) bool) (word string, begin int) {
	for p.at < len(p.text) && p.text[p.at] == ' ' {
		p.at++
	}
	begin = p.at
	for p.at < len(p.text) && is(p.text[p.at]) {
		p.at++
	}
	return string(p.text[begin:p.at]), begin
}

func among(runes string) func(c rune) bool {
	return func(c rune) bool { return strings.ContainsRune(runes, c) }
}

func notAmong(runes string) func(c rune) bool {
	return func(c rune) bool { return !strings.ContainsRune(runes, c) }
}

func (p *objectiveParser) parse() Objective {
	var o Objective
	var at int
	o.Metric, at = p.word(notAmong(" (<>="))
	var names []string
	for _, m := range Metrics {
		names = append(names, m.Name)
	}
	if !slices.Contains(names, o.Metric) {
		p.fail(at, "%v", unknown("metric", o.Metric, names))
		return o
	}
	if o.Metric == "p" {
		o.Percent = p.percent()
	}
	o.Comparison, at = p.word(among("<>="))
	if !slices.Contains([]string{"<", "<=", ">", ">="}, o.Comparison) {
		p.fail(at, "%q, expected one of <, <=, >, >= behind %s", o.Comparison, o.measured())
	}
	value, at := p.word(notAmong(" "))
	if p.err == nil {
		o.Bound = p.bound(&o, value, at)
	}
	if word, at := p.word(notAmong(" ")); word == "during" {
		o.During = p.part()
	} else if word != "" {
		p.fail(at, "%q, expected nothing more, or during and a part of the run%s", word, suggest.Hint(word, []string{"during"}))
	}
	if rest, at := p.word(notAmong("")); rest != "" {
		p.fail(at, "%q, expected nothing more", rest)
	}
	return o
}

// percent reads "(95)".
func (p *objectiveParser) percent() float64 {
	_, at := p.word(among("("))
	number, _ := p.word(notAmong(" )<>="))
	closing, _ := p.word(among(")"))
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || closing != ")" || !(n > 0 && n <= 100) {
		p.fail(at, "%q, expected a percentile above 0 and up to 100, such as p(95)", "p("+number+closing)
	}
	return n
}

func (p *objectiveParser) bound(o *Objective, value string, at int) float64 {
	var n float64
	var err error
	expected := "operations per second, such as 100"
	switch o.unit() {
	case UnitTime:
		var d time.Duration
		d, err = time.ParseDuration(value)
		n, expected = float64(d), "a duration such as 500ms"
	case UnitShare:
		number, percent := strings.CutSuffix(value, "%")
		n, err = strconv.ParseFloat(number, 64)
		if percent {
			n /= 100
		}
		expected = "a share such as 0.01 or 1%"
		if !(n <= 1) {
			p.fail(at, "%q, expected %s", value, expected)
		}
	default:
		n, err = strconv.ParseFloat(value, 64)
	}
	if err != nil || !(n >= 0 && n <= float64(longest)) {
		p.fail(at, "%q, expected %s", value, expected)
	}
	return n
}

func (p *objectiveParser) part() Part {
	word, at := p.word(notAmong(" "))
	if slices.Contains(partNames, word) {
		return Part{Name: word}
	}
	from, to, isRange := strings.Cut(word, "-")
	if !isRange {
		p.fail(at, "%v, or times such as 5s-10s", unknown("part of the run", word, partNames))
		return Part{}
	}
	begin, err := time.ParseDuration(from)
	end, err2 := time.ParseDuration(to)
	if err != nil || err2 != nil || begin < 0 || end <= begin {
		p.fail(at, "%q, expected two times of the run, the first before the second, such as 5s-10s", word)
	}
	return Part{From: begin, To: end}
}
