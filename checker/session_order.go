package checker

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"strings"
)

// observe finds out what every read must have had at least, as far as time does not
// say it, and whether that is within the limit of steps.
func (s *sessions) observe(least func(s *sessions, read int) []floor) bool {
	for _, k := range s.keys {
		for _, r := range k.reads {
			if s.exhausted() {
				return false
			}
			k.floors[r] = slices.DeleteFunc(least(s, r), func(f floor) bool { return !k.tells(f.version, s.seen(r)) })
		}
	}
	return !s.exhausted()
}

// regression is a read after which there is no order any more.
type regression struct {
	key  *keyVersions
	read int
	n    int // reads of the key up to it
}

// contradicted returns the first read of the key up to which there is no order, or
// nil. More reads never make an order possible, so bisection finds it.
func (s *sessions) contradicted(k *keyVersions) *regression {
	wrong := func(n int) bool { return s.spent <= s.limit && !s.hasOrder(k, n) }
	if len(k.reads) == 0 || !wrong(len(k.reads)) {
		return nil
	}
	n := 1 + sort.Search(len(k.reads)-1, func(n int) bool { return wrong(n + 1) })
	return &regression{k, k.reads[n-1], n}
}

// upTo returns the versions as they stand when n reads have returned.
func (s *sessions) upTo(k *keyVersions, n int) []version {
	end := s.returns(k.reads[n-1])
	versions := slices.Clone(k.versions)
	for i := range versions[1:] {
		v := &versions[i+1]
		if op := &s.h.Ops[v.op]; op.Outcome == OutcomeOK && op.Return <= end {
			v.there = op.Return
		}
	}
	for _, r := range k.reads[:n] {
		v := &versions[s.seen(r)]
		v.there = min(v.there, s.returns(r))
	}
	return versions
}

// hasOrder says whether the versions of a key have an order that agrees with time and
// with the first n reads. It takes them out one by one: any that none of those left
// must be before.
func (s *sessions) hasOrder(k *keyVersions, n int) bool {
	versions := s.upTo(k, n)
	after, waits := make([][]int, len(versions)), make([]int, len(versions))
	for _, r := range k.reads[:n] {
		v := s.seen(r)
		for _, f := range k.floors[r] {
			after[f.version] = append(after[f.version], v)
			waits[v]++
			s.spent++
		}
	}
	byAsked, byThere := indexes(len(versions)), indexes(len(versions))
	slices.SortStableFunc(byAsked, func(a, b int) int { return cmp.Compare(versions[a].asked, versions[b].asked) })
	slices.SortStableFunc(byThere, func(a, b int) int { return cmp.Compare(versions[a].there, versions[b].there) })
	taken, may := make([]bool, len(versions)), make([]bool, len(versions))
	var ready []int
	for left := len(versions); left > 0; left-- {
		for len(byThere) > 0 && taken[byThere[0]] {
			byThere = byThere[1:]
		}
		for len(byAsked) > 0 && versions[byAsked[0]].asked <= versions[byThere[0]].there {
			v := byAsked[0]
			byAsked = byAsked[1:]
			if may[v] = true; waits[v] == 0 {
				ready = append(ready, v)
			}
		}
		if s.spent++; len(ready) == 0 {
			return false
		}
		v := ready[len(ready)-1]
		ready = ready[:len(ready)-1]
		taken[v] = true
		for _, next := range after[v] {
			if waits[next]--; waits[next] == 0 && may[next] {
				ready = append(ready, next)
			}
		}
	}
	return true
}

func indexes(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// step is a version that is known to be behind another, and the read that says so, or
// -1 if it is time.
type step struct{ version, read int }

// path returns how it is known that one version is before another, or nil if it is
// not. It prefers few steps.
func (s *sessions) path(r *regression, from, to int) []step {
	versions := s.upTo(r.key, r.n)
	byReads := make([][]step, len(versions))
	for _, read := range r.key.reads[:r.n-1] {
		for _, f := range r.key.floors[read] {
			byReads[f.version] = append(byReads[f.version], step{s.seen(read), read})
		}
	}
	came := make([]*step, len(versions)) // with the version before in place of the one itself
	list := []int{from}
	reach := func(before int, x step) {
		if came[x.version] == nil && x.version != from {
			came[x.version] = &step{before, x.read}
			list = append(list, x.version)
		}
	}
	earliest := int64(math.MaxInt64) // all asked for later than that are reached
	for at := 0; at < len(list) && came[to] == nil; at++ {
		v := list[at]
		if there := versions[v].there; there < earliest {
			for next := range versions {
				if versions[next].asked > there {
					reach(v, step{next, -1})
				}
			}
			earliest = there
		}
		for _, x := range byReads[v] {
			reach(v, x)
		}
	}
	if came[to] == nil {
		return nil
	}
	var steps []step
	for v := to; v != from; v = came[v].version {
		steps = append(steps, step{v, came[v].read})
	}
	slices.Reverse(steps)
	return steps
}

// explain says what a read contradicts.
func (s *sessions) explain(guarantee string, r *regression) *Violation {
	v := s.seen(r.read)
	var best []step
	var by floor
	for _, f := range r.key.floors[r.read] {
		if steps := s.path(r, v, f.version); steps != nil && (best == nil || len(steps) < len(best)) {
			best, by = steps, f
		}
	}
	involvedOps := slices.Clone(by.why)
	involvedOps = append(involvedOps, r.key.versions[by.version].op)
	if v > 0 {
		involvedOps = append(involvedOps, r.key.versions[v].op)
	}
	for _, x := range best {
		if x.read >= 0 {
			involvedOps = append(involvedOps, x.read)
		}
	}
	slices.SortFunc(involvedOps, func(a, b int) int {
		return cmp.Or(cmp.Compare(s.h.Ops[a].Call, s.h.Ops[b].Call), cmp.Compare(a, b))
	})
	op := &s.h.Ops[r.read]
	violation := &Violation{
		Key: op.Key, Op: Involved{r.read, *op}, history: s.h, found: s.contradiction(r),
		Why: s.h.subject(op) + ", but " + s.reason(guarantee, op, by) + ", " + s.later(r.key, v, best),
	}
	for _, i := range slices.Compact(involvedOps) {
		violation.Contradicts = append(violation.Contradicts, Involved{i, s.h.Ops[i]})
	}
	return violation
}

// reason says why the version was the least that the read must have had.
func (s *sessions) reason(guarantee string, op *Operation, by floor) string {
	client := clientName(op.Client)
	op1 := &s.h.Ops[by.why[0]]
	text := shorten(s.byName[op.Key].valueOf(s, by.version).String(), 40)
	switch guarantee {
	case ReadYourWrites.name:
		return client + " itself had written " + text + " by " + s.h.moment(op1.Return)
	case MonotonicReads.name:
		return client + " had read " + text + " by " + s.h.moment(op1.Return)
	}
	write, read := &s.h.Ops[by.why[1]], &s.h.Ops[by.why[2]]
	of := ""
	if write.Key != "" {
		of = " of " + printable(write.Key)
	}
	verb := "written"
	if guarantee == WritesFollowReads.name {
		verb = "read"
	}
	return client + " had read " + shorten(write.Input.String(), 40) + of + " by " + s.h.moment(read.Return) +
		", before which " + clientName(op1.Client) + " had " + verb + " " + text
}

func (k *keyVersions) valueOf(s *sessions, version int) Value {
	if version == 0 {
		return Nil
	}
	return s.h.Ops[k.versions[version].op].Input
}

// later says how it is known that the version of the floor is later than the one
// that was read.
func (s *sessions) later(k *keyVersions, v int, steps []step) string {
	text := shorten(k.valueOf(s, v).String(), 40)
	switch {
	case v == 0:
		return "and nil is what there was before any write"
	case !slices.ContainsFunc(steps, func(x step) bool { return x.read >= 0 }):
		return "and " + text + " was there before that was asked for"
	}
	var readers []string
	for _, x := range steps {
		if x.read >= 0 && !slices.Contains(readers, clientName(s.h.Ops[x.read].Client)) {
			readers = append(readers, clientName(s.h.Ops[x.read].Client))
		}
	}
	return "and by what " + strings.Join(readers, " and ") + " had read, " + text + " is before that"
}

// contradiction is the history of the key up to the read, for the picture.
func (s *sessions) contradiction(r *regression) *contradiction {
	calls, _ := registerModel.prepare(s.h)
	calls = slices.DeleteFunc(calls, func(c call) bool { return c.op.Key != r.key.name })
	slices.SortStableFunc(calls, func(a, b call) int { return cmp.Compare(a.at, b.at) })
	returned := byReturn(calls)
	k := 1 + slices.IndexFunc(returned, func(i int) bool { return calls[i].index == r.read })
	c := &contradiction{model: &registerModel, calls: prefix(calls, returned, k)}
	c.last = &c.calls[slices.IndexFunc(c.calls, func(x call) bool { return x.index == r.read })]
	return c
}
