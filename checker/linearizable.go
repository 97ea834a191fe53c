package checker

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
)

// Linearizable is the check that every operation took effect at one instant
// between its call and its return, in an order in which the model gives the
// same answers (Herlihy and Wing, "Linearizability: a correctness condition for
// concurrent objects", 1990). Keys are judged one by one, which is enough
// (section 3.2, locality).
//
// The search is porcupine's, which follows Wing and Gong (1993) with the cache
// of Lowe ("Testing for linearizability", 2017).
type Linearizable struct {
	Model Model
}

// Name returns "linearizable".
func (Linearizable) Name() string { return "linearizable" }

// Doc says in one line what the check promises.
func (l Linearizable) Doc() string {
	return "every operation takes effect at one instant between its call and its return, as the model answers"
}

// Check judges h. A history that [History.Validate] refuses, or that asks for
// what the model does not know, is Unknown with its problems listed.
func (l Linearizable) Check(h History, limits Limits) Result {
	if l.Model.compile == nil {
		panic("checker: Linearizable without a Model: take one from Models or ModelNamed")
	}
	res := Result{Check: l.Name(), Model: l.Model.Name, Claim: l.Doc()}
	if err := h.Validate(); err != nil {
		return res.unjudged("the history is not possible", err)
	}
	calls, problems := l.Model.prepare(&h)
	if err := problems.err(); err != nil {
		return res.unjudged("the history does not fit the model", err)
	}
	res.Operations, res.Failed = len(calls), len(h.Ops)-len(calls)
	for i := range calls {
		if calls[i].open {
			res.Open++
		}
	}
	l.judge(&h, calls, limits, &res)
	return res
}

// unjudged is the result for a history with problems.
func (r Result) unjudged(reason string, err error) Result {
	r.Reason = reason
	for _, e := range unwrap(err) {
		r.Problems = append(r.Problems, e.Error())
	}
	return r
}

func unwrap(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

// afterwardSteps bounds the search of each key once another one is known to be
// violated: that is the verdict, whatever comes after.
const afterwardSteps = 100_000

// judge searches key by key and then explains the earliest violation.
func (l Linearizable) judge(h *History, calls []call, limits Limits, res *Result) {
	parts := partition(calls)
	res.Keys = len(parts)
	limit := limits.steps()
	var first *contradiction
	var undecided []string
	for _, part := range parts {
		s := search{model: &l.Model, calls: slices.Clone(part), limit: limit}
		verdict := s.run()
		res.Steps += s.steps
		key := part[0].op.Key
		switch verdict {
		case Unknown:
			undecided = append(undecided, key)
		case Violated:
			res.ViolatedKeys = append(res.ViolatedKeys, key)
			first = earliest(first, &l.Model, part, min(limit, 4*s.steps+explainSteps))
			limit = min(limit, afterwardSteps)
		}
	}
	switch {
	case first != nil:
		res.Verdict = Violated
		res.Violation = explain(h, first)
	case len(undecided) > 0:
		res.Reason = fmt.Sprintf("step limit %d reached", limits.steps())
		if len(parts) > 1 {
			res.Reason += " for " + count(len(undecided), "key") + ": " + listSome(undecided, 10)
		}
	default:
		res.Verdict = OK
	}
}

// partition splits calls by key, the keys in natural order, the calls of each in
// the order of their times.
func partition(calls []call) [][]call {
	index := make(map[string]int)
	var sizes []int
	for i := range calls {
		key := calls[i].op.Key
		if _, ok := index[key]; !ok {
			index[key] = len(sizes)
			sizes = append(sizes, 0)
		}
		sizes[index[key]]++
	}
	parts := make([][]call, len(sizes))
	for k, size := range sizes {
		parts[k] = make([]call, 0, size)
	}
	for i := range calls {
		k := index[calls[i].op.Key]
		parts[k] = append(parts[k], calls[i])
	}
	for _, part := range parts {
		slices.SortStableFunc(part, func(a, b call) int { return cmp.Compare(a.at, b.at) })
	}
	slices.SortFunc(parts, func(a, b []call) int { return compareNatural(a[0].op.Key, b[0].op.Key) })
	return parts
}

// earliest returns the contradiction in part, which has no linear order, unless
// best, the one of another key, ends before it does. What cannot be decided
// within limit steps counts as if it had an order.
func earliest(best *contradiction, model *Model, part []call, limit int) *contradiction {
	returned := byReturn(part)
	violated := func(k int) bool { return searchCalls(model, prefix(part, returned, k), limit) == Violated }
	most := len(returned)
	if best != nil {
		most = sort.Search(most, func(i int) bool { return part[returned[i]].ret >= best.last.ret })
		if most == 0 || !violated(most) {
			return best
		}
	}
	// Leaving out the end of a history that has a linear order cannot take the
	// order away, so that bisection finds the shortest without one.
	shortest := 1 + sort.Search(most-1, func(i int) bool { return violated(i + 1) })
	c := &contradiction{model: model, calls: prefix(part, returned, shortest), limit: limit}
	index := part[returned[shortest-1]].index
	c.last = &c.calls[slices.IndexFunc(c.calls, func(x call) bool { return x.index == index })]
	return c
}

// byReturn lists the calls that returned, in the order of their returns.
func byReturn(part []call) []int {
	returned := make([]int, 0, len(part))
	for i := range part {
		if !part[i].open {
			returned = append(returned, i)
		}
	}
	slices.SortStableFunc(returned, func(a, b int) int { return cmp.Compare(part[a].ret, part[b].ret) })
	return returned
}

// prefix returns the calls made until the first k returns, of which those that
// return later are open.
func prefix(part []call, returned []int, k int) []call {
	end := part[returned[k-1]].ret
	calls := make([]call, 0, len(part))
	for _, c := range part {
		if c.at <= end {
			calls = append(calls, c)
		}
	}
	later := make(map[int]bool, len(returned)-k)
	for _, i := range returned[k:] {
		later[part[i].index] = true
	}
	for i := range calls {
		if later[calls[i].index] {
			calls[i].open, calls[i].ret = true, noEnd
		}
	}
	return calls
}

func searchCalls(model *Model, calls []call, limit int) Verdict {
	s := search{model: model, calls: calls, limit: limit}
	return s.run()
}
