package chaosmesh

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// forever is longer than any time in a fault.
const forever = 1<<62 - 1

// embedded are the kinds by the field in which a Schedule or Workflow has one.
var embedded = map[string]string{
	"networkChaos": "NetworkChaos", "podChaos": "PodChaos", "ioChaos": "IOChaos",
	"timeChaos": "TimeChaos", "stressChaos": "StressChaos", "dnsChaos": "DNSChaos",
}

// inside adds the fields in which an experiment can stand.
func (r *reader) inside(to known, found func(kind string, spec *yaml.Node)) known {
	for field, kind := range embedded { // order-free: into a map
		to[field] = func(v *yaml.Node) { found(kind, v) }
	}
	return to
}

// schedule is a Schedule as it is read.
type schedule struct {
	x      *experiment
	rule   *yaml.Node
	times  []recurrence
	forbid bool // it does not begin again before it has ended
}

// schedule reads a Schedule; nil if something is wrong with it.
func (r *reader) schedule(spec *yaml.Node) *schedule {
	var x *experiment
	var rule, typ *yaml.Node
	kind, forbid := "", true
	r.fields(spec, "a Schedule", r.inside(known{
		"schedule":     func(v *yaml.Node) { rule = v },
		"type":         func(v *yaml.Node) { typ = v },
		"historyLimit": ignored, "startingDeadlineSeconds": ignored,
		"concurrencyPolicy": func(v *yaml.Node) { forbid = r.oneOf(v, "Forbid", "Allow") != "Allow" },
	}, func(k string, v *yaml.Node) { kind, x = k, r.experiment(k, v) }))
	switch {
	case rule == nil || typ == nil:
		r.fail(spec, "a Schedule needs schedule and type")
		return nil
	case kind != typ.Value:
		r.fail(typ, "type is %s, and what stands here is %q", kindName(typ), kind)
		return nil
	case x == nil:
		return nil
	case !x.instant && x.length == 0:
		r.fail(x.spec, "a Schedule needs a duration of what it repeats")
		return nil
	}
	return &schedule{x, rule, r.times(rule), forbid}
}

// repeat adds the faults of a Schedule that is applied at a time, and ends at another.
func (r *reader) repeat(s *schedule, begin, end time.Duration) {
	x, rule := s.x, s.rule
	if s.forbid && len(s.times) > 1 && !x.instant && x.length > time.Minute {
		r.note(rule, "concurrencyPolicy Forbid: it comes again even if it has not ended")
	}
	for _, t := range s.times {
		period := t.period
		if s.forbid && !x.instant && x.length > period {
			period *= (x.length + period - 1) / period
			r.note(rule, "concurrencyPolicy Forbid: as it lasts %s, it comes again every %s", text(x.length), text(period))
		}
		first := begin + t.first
		if first >= end {
			r.note(rule, "the schedule ends before it comes")
			continue
		}
		when := x.when(first, x.length) + " every " + text(period)
		if end < forever {
			when += " until " + text(end)
		}
		r.add(x, when)
	}
}

// recurrence is one of the times at which a schedule comes, again and again.
type recurrence struct{ first, period time.Duration }

const day = 24 * time.Hour

// times reads a rule: "@every 5s", or cron's five fields.
func (r *reader) times(v *yaml.Node) []recurrence {
	rule, ok := r.scalar(v, `a rule such as "@every 5s" or "*/5 * * * *"`)
	if !ok {
		return nil
	}
	if every, ok := strings.CutPrefix(rule, "@every "); ok {
		period := r.length(&yaml.Node{Kind: yaml.ScalarNode, Value: strings.TrimSpace(every), Line: v.Line, Column: v.Column})
		if period == 0 {
			return nil
		}
		return []recurrence{{period, period}}
	}
	if long, ok := map[string]string{"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *"}[rule]; ok {
		rule = long
	}
	fields := strings.Fields(rule)
	if len(fields) != 5 {
		r.fail(v, `%s, expected "@every 5s", "@hourly", "@daily" or the five fields of cron`, kindName(v))
		return nil
	}
	minutes, ok1 := cronField(fields[0], 60)
	hours, ok2 := cronField(fields[1], 24)
	if !ok1 || !ok2 {
		r.fail(v, `%s, expected minutes and hours such as *, 5, 1,2, 1-5 or */5`, kindName(v))
		return nil
	}
	if slices.ContainsFunc(fields[2:], func(f string) bool { return f != "*" && f != "?" }) {
		r.fail(v, "%s: days, months and weekdays are not supported, a run is too short for them", kindName(v))
		return nil
	}
	list := recurrences(minutes, hours)
	if list == nil {
		r.fail(v, "%s comes at more than %d times that are not evenly spread", kindName(v), mostTimes)
	}
	return list
}

// mostTimes bounds the lines that a schedule becomes.
const mostTimes = 60

// recurrences turns minutes and hours of a day into as few recurrences as possible. The
// run begins at midnight, and cron comes after that, not at it.
func recurrences(minutes, hours []int) []recurrence {
	after := func(m, period int) recurrence {
		if m == 0 {
			m = period
		}
		return recurrence{time.Duration(m) * time.Minute, time.Duration(period) * time.Minute}
	}
	var all []int
	for _, h := range hours {
		for _, m := range minutes {
			all = append(all, h*60+m)
		}
	}
	const dayLong = int(day / time.Minute)
	gap := dayLong / len(all)
	even := gap*len(all) == dayLong
	for i, m := range all {
		even = even && m == all[0]+i*gap
	}
	var list []recurrence
	switch {
	case even:
		return []recurrence{after(all[0], gap)}
	case len(hours) == 24:
		for _, m := range minutes {
			list = append(list, after(m, 60))
		}
	case len(all) <= mostTimes:
		for _, m := range all {
			list = append(list, after(m, dayLong))
		}
	}
	return list
}

// cronField reads a list of numbers, ranges and steps below a bound, in order.
func cronField(s string, bound int) (list []int, ok bool) {
	take := make([]bool, bound)
	for part := range strings.SplitSeq(s, ",") {
		span, stepText, hasStep := strings.Cut(part, "/")
		step := 1
		if hasStep {
			n, err := strconv.Atoi(stepText)
			if err != nil || n < 1 || n > bound {
				return nil, false
			}
			step = n
		}
		from, to := 0, bound-1
		if span != "*" {
			first, last, isRange := strings.Cut(span, "-")
			a, err := strconv.Atoi(first)
			if err != nil {
				return nil, false
			}
			if from = a; !isRange && !hasStep {
				to = a
			}
			if isRange {
				b, err := strconv.Atoi(last)
				if err != nil {
					return nil, false
				}
				to = b
			}
		}
		if from < 0 || to >= bound || from > to {
			return nil, false
		}
		for i := from; i <= to; i += step {
			take[i] = true
		}
	}
	for i, yes := range take {
		if yes {
			list = append(list, i)
		}
	}
	return list, true
}
