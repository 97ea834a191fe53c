package checker

import (
	"cmp"
	"slices"

	"github.com/anishathalye/porcupine"
)

// A search asks porcupine whether the calls of one key have a linear order.
type search struct {
	model *Model
	calls []call
	exact bool // keep all calls and tell all values apart, for pictures
	// asymmetric tries equal open calls in every order, for comparison.
	asymmetric bool
	limit      int  // steps
	steps      int  // made so far
	stopped    bool // the limit was reached
}

// run returns OK or Violated, or Unknown if the limit was reached.
func (s *search) run() Verdict {
	model, ops := s.problem()
	if porcupine.CheckOperations(model, ops) {
		return OK
	}
	if s.stopped {
		return Unknown
	}
	return Violated
}

// problem puts the search in porcupine's terms.
func (s *search) problem() (porcupine.Model, []porcupine.Operation) {
	m := s.model.compile(s.calls, s.exact)
	if !s.exact {
		s.calls = slices.DeleteFunc(s.calls, func(c call) bool { return c.drop })
	}
	model := porcupine.Model{Init: m.init, Equal: m.equal, Hash: m.hash, DescribeState: m.describe,
		Step: func(state, input, _ any) (bool, any) {
			if !s.spend() {
				return false, nil
			}
			next, ok := m.step(state, input.(*call))
			return ok, next
		}}
	if classes := classify(s.calls); classes > 0 && !s.asymmetric {
		s.breakSymmetry(&model, m, classes)
	}
	return model, s.operations()
}

// spend takes one step off the limit. Once it is used up every step is refused:
// porcupine then backs out of its search within as many steps as it has calls
// under way, and its verdict no longer counts. This is an end that depends on
// nothing but the history, unlike porcupine's own timeout.
func (s *search) spend() bool {
	if s.steps >= s.limit {
		s.stopped = true
		return false
	}
	s.steps++
	return true
}

// operations numbers the calls and returns in the order of their times, calls
// before returns at the same time, so that no two are equal and porcupine's
// sorting, which is not stable, has only one result.
func (s *search) operations() []porcupine.Operation {
	type moment struct {
		at     int64
		isCall bool
		i      int
	}
	moments := make([]moment, 0, 2*len(s.calls))
	for i := range s.calls {
		moments = append(moments, moment{s.calls[i].at, true, i}, moment{s.calls[i].ret, false, i})
	}
	slices.SortFunc(moments, func(a, b moment) int {
		if d := cmp.Compare(a.at, b.at); d != 0 {
			return d
		}
		if a.isCall != b.isCall {
			if a.isCall {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.i, b.i)
	})
	ops := make([]porcupine.Operation, len(s.calls))
	for position, m := range moments {
		op := &ops[m.i]
		if m.isCall {
			op.Input, op.Call = &s.calls[m.i], int64(position)
		} else {
			op.Return = int64(position)
		}
	}
	return ops
}

// Symmetry.
//
// Open calls without an end that do the same can change places in any order of
// the whole, as long as none comes before its call: exchange two of them, and
// every state and every answer stays what it was. So it is enough to look at
// the orders in which they come in the order of their calls. Without this rule
// k timeouts of the same kind cost 2^k states, with it k+1.

// classify gives classes to the open calls and returns how many there are of
// more than one call.
func classify(calls []call) int {
	type effect struct {
		kind    opKind
		in, in2 int64
	}
	members := make(map[effect][]int)
	var order []effect // of their first members: a map has none
	for i := range calls {
		c := &calls[i]
		if !c.open || c.ret != noEnd {
			continue
		}
		e := effect{c.kind, c.in, c.in2}
		if len(members[e]) == 0 {
			order = append(order, e)
		}
		members[e] = append(members[e], i)
	}
	classes := 0
	for _, e := range order {
		if len(members[e]) < 2 {
			continue
		}
		classes++
		slices.SortStableFunc(members[e], func(a, b int) int { return cmp.Compare(calls[a].at, calls[b].at) })
		for rank, i := range members[e] {
			calls[i].class, calls[i].rank = classes, rank
		}
	}
	return classes
}

// rankedState is a state of a machine together with how many calls of each
// class have taken effect. Two of them that porcupine compares agree in that,
// since it compares states after the same calls only.
type rankedState struct {
	state any
	used  []int
}

// breakSymmetry lets the calls of a class take effect in the order of their ranks only.
func (s *search) breakSymmetry(model *porcupine.Model, m machine, classes int) {
	model.Init = func() any { return &rankedState{m.init(), make([]int, classes)} }
	model.Equal = func(a, b any) bool { return m.equal(a.(*rankedState).state, b.(*rankedState).state) }
	model.Hash = func(state any) uint64 { return m.hash(state.(*rankedState).state) }
	model.DescribeState = func(state any) string { return m.describe(state.(*rankedState).state) }
	model.Step = func(state, input, _ any) (bool, any) {
		r, c := state.(*rankedState), input.(*call)
		if c.class > 0 && r.used[c.class-1] != c.rank {
			return false, nil
		}
		if !s.spend() {
			return false, nil
		}
		next, ok := m.step(r.state, c)
		if !ok {
			return false, nil
		}
		used := r.used
		if c.class > 0 {
			used = slices.Clone(used)
			used[c.class-1]++
		}
		return true, &rankedState{next, used}
	}
}
