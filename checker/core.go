package checker

import (
	"cmp"
	"slices"
)

const (
	// explainSteps bounds each of the many small searches of an explanation,
	// unless its operations are too many for that.
	explainSteps = 10_000
	// explainBudget bounds them together. What is not decided by then stays in
	// the explanation, which is then longer than it could be, not wrong.
	explainBudget = 300_000
	// maxAnswers is how many answers an explanation proposes.
	maxAnswers = 8
)

// A contradiction is the shortest history of one key, counted in returns, that
// has no linear order: all that was called until the last of its operations
// returned. That one is the offending operation, because up to its return
// everything could be explained.
//
// An operation that was under way when the last one returned is open here, and
// so is one that can be given up: see core.
type contradiction struct {
	model *Model
	calls []call // in the order of their calls
	last  *call  // the offending one, in calls
	limit int    // steps of one search

	core   []*call // what contradicts last, none of which can be given up
	unsure bool    // a search for the core came to no end: some could be
	budget int     // steps left for it
}

// reduce finds the core of the contradiction. If the search comes to no end, as
// it does where hundreds of calls would have to be given up that all change the
// state, it looks for a part of the history, such as the calls about one
// element of a set, that contradicts itself, and returns that.
func (c *contradiction) reduce() *contradiction {
	c.findCore()
	if !c.unsure || c.model.project == nil {
		return c
	}
	for calls := range c.model.project(c) {
		last := slices.IndexFunc(calls, func(x call) bool { return x.index == c.last.index })
		if last < 0 || searchCalls(c.model, slices.Clone(calls), c.limit) != Violated {
			continue
		}
		part := &contradiction{model: c.model, calls: calls, last: &calls[last], limit: c.limit}
		part.findCore()
		return part
	}
	return c
}

// others returns all calls but the offending one.
func (c *contradiction) others() []*call {
	return c.matching(func(*call) bool { return true })
}

// matching returns the calls other than the offending one for which keep says yes.
func (c *contradiction) matching(keep func(*call) bool) []*call {
	var found []*call
	for i := range c.calls {
		if x := &c.calls[i]; x != c.last && keep(x) {
			found = append(found, x)
		}
	}
	return found
}

// stands reports whether there is still no order if only the kept calls insist
// on their answers and their returns. Giving up those of a call, that is making
// it open, only adds orders.
func (c *contradiction) stands(kept map[int]bool) bool {
	if c.budget <= 0 {
		return false
	}
	calls := slices.Clone(c.calls)
	for i := range calls {
		if x := &calls[i]; !x.open && x.index != c.last.index && !kept[x.index] {
			x.open, x.ret = true, noEnd
		}
	}
	s := search{model: c.model, calls: calls, limit: min(c.limit, c.budget)}
	verdict := s.run()
	c.budget -= s.steps + len(calls) // to make them ready takes time too
	if verdict == Unknown {
		c.unsure = true
		if c.model.project != nil {
			c.budget = 0 // there is a better way
		}
	}
	return verdict == Violated
}

// findCore finds a smallest set of calls that contradict the last one, in the
// sense that none of them can be given up. It prefers those that change
// something, then those that returned late: "the write had completed" says more
// than "somebody had read it".
// This is QuickXplain (Junker, "QUICKXPLAIN: preferred explanations and
// relaxations for over-constrained problems", 2004).
func (c *contradiction) findCore() {
	candidates := c.matching(func(x *call) bool { return !x.open })
	reads := func(x *call) bool { return x.op.Op == "read" || x.op.Op == "get" }
	slices.SortStableFunc(candidates, func(a, b *call) int {
		return cmp.Or(compareBool(reads(a), reads(b)), cmp.Compare(b.ret, a.ret))
	})
	c.budget = explainBudget
	kept := make(map[int]bool)
	if !c.stands(kept) {
		c.core = c.quickXplain(kept, false, candidates)
	}
	slices.SortStableFunc(c.core, func(a, b *call) int { return cmp.Compare(a.at, b.at) })
}

// quickXplain returns the calls among candidates that must be kept, besides
// those kept already, for the contradiction to stand. Grown says that calls were
// added to kept since that was last tried.
func (c *contradiction) quickXplain(kept map[int]bool, grown bool, candidates []*call) []*call {
	if len(candidates) == 0 || grown && c.stands(kept) {
		return nil
	}
	if len(candidates) == 1 || c.budget <= 0 {
		return candidates
	}
	half := len(candidates) / 2
	preferred, rest := candidates[:half], candidates[half:]
	fromRest := c.quickXplain(with(kept, preferred), true, rest)
	fromPreferred := c.quickXplain(with(kept, fromRest), len(fromRest) > 0, preferred)
	return slices.Concat(fromPreferred, fromRest)
}

func with(kept map[int]bool, calls []*call) map[int]bool {
	more := make(map[int]bool, len(kept)+len(calls))
	for i := range kept {
		more[i] = true
	}
	for _, x := range calls {
		more[x.index] = true
	}
	return more
}

// near returns the operations that are not in the core, those that were under
// way last first.
func (c *contradiction) near(core []*call) []Involved {
	near := c.matching(func(x *call) bool {
		return !slices.ContainsFunc(core, func(y *call) bool { return x.index == y.index })
	})
	slices.SortStableFunc(near, func(a, b *call) int {
		return cmp.Compare(min(b.op.Return, c.last.ret), min(a.op.Return, c.last.ret))
	})
	var found []Involved
	for _, x := range near[:min(len(near), maxNear)] {
		found = append(found, involved(x))
	}
	return found
}

// possibleAnswers tries the answers that the model proposes.
func (c *contradiction) possibleAnswers() []Value {
	if c.model.answers == nil {
		return nil
	}
	var could []Value
	for _, answer := range c.model.answers(c) {
		if len(could) >= maxAnswers {
			return nil
		}
		calls := slices.Clone(c.calls)
		i := slices.IndexFunc(calls, func(x call) bool { return x.index == c.last.index })
		op := *calls[i].op
		op.Output = answer
		calls[i].op = &op
		if searchCalls(c.model, calls, c.limit) == OK {
			could = append(could, answer)
		}
	}
	slices.SortFunc(could, compareValues)
	return could
}

func (c *contradiction) genericReason() string {
	if len(c.core) == 0 {
		return "no order of what had been called by then gives that answer"
	}
	return "no order of it and those that it contradicts gives all their answers"
}
