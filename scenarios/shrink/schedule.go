package shrink

import (
	"slices"
	"time"

	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/scenarios"
)

// concrete writes the faults down as what they came to: each act with the nodes it met,
// at the time it was done, for as long as it was in force. If the run does not fail so,
// each fault is tried alone.
func (s *search) concrete() {
	c, log := s.best.scenario, s.best.log
	if !slices.ContainsFunc(c.Faults, func(f faults.Fault) bool { return !isPlain(f) }) {
		return
	}
	if s.edit(func(c *scenarios.Scenario) { c.Faults = happened(log, c.Run, "") }) {
		return
	}
	for _, f := range c.Faults {
		if isPlain(f) {
			continue
		}
		s.edit(func(c *scenarios.Scenario) {
			i := slices.IndexFunc(c.Faults, func(g faults.Fault) bool { return g.String() == f.String() })
			if i >= 0 {
				c.Faults = slices.Replace(c.Faults, i, i+1, happened(s.best.log, c.Run, f.String())...)
			}
		})
	}
}

// happened is what a log says was done, by all faults or by that of one line.
func happened(log []faults.Done, run time.Duration, line string) faults.Schedule {
	var schedule faults.Schedule
	ended := make([]bool, len(log))
	for i, d := range log {
		if d.Undo || d.Skipped != "" || line != "" && d.Fault != line {
			continue
		}
		what, err := faults.ParseWhat(d.Text)
		if err != nil {
			continue // a smaller schedule, which is tried as any other
		}
		f := faults.Fault{When: faults.When{At: d.At}, What: what}
		for j := i + 1; j < len(log); j++ {
			if e := log[j]; e.Undo && !ended[j] && e.Fault == d.Fault && e.Text == d.Text {
				ended[j] = true
				if e.At < run {
					f.For = e.At - d.At
				}
				break
			}
		}
		schedule = append(schedule, f)
	}
	return schedule
}

// isPlain says whether a fault is one act at one time, to nodes that have names.
func isPlain(f faults.Fault) bool {
	a, single := f.What.(faults.Act)
	if !single || f.When != (faults.When{At: f.At, For: f.For}) {
		return false
	}
	for _, g := range a.Where.Groups {
		for _, t := range g {
			if t.Random > 0 || !isName(t.Name) {
				return false
			}
		}
	}
	return true
}

// isName says whether a term means the same nodes whenever it is asked: n3, c1 and all.
func isName(name string) bool {
	if name == "all" || name == "clients" || name == "everyone" {
		return true
	}
	digits := 0
	for i := len(name) - 1; i >= 0 && name[i] >= '0' && name[i] <= '9'; i-- {
		digits++
	}
	return digits > 0 && digits < len(name)
}

// takeApart replaces faults that are put together by parts of them.
func (s *search) takeApart() {
	for i := 0; i < len(s.best.scenario.Faults); i++ {
		for s.simpler(i) {
		}
	}
}

// simpler replaces one fault by the first part of it that is enough.
func (s *search) simpler(i int) bool {
	c := s.best.scenario
	began := c.Faults[i].At
	for _, d := range s.best.log {
		if d.Fault == c.Faults[i].String() && !d.Undo && d.Skipped == "" {
			began = d.At
			break
		}
	}
	for _, f := range parts(c.Faults[i], began, c.Run) {
		if s.edit(func(c *scenarios.Scenario) { c.Faults[i] = f }) {
			return true
		}
	}
	return false
}

// parts are the faults of which one is made: single times that it comes, and single
// things that it does. It began at a time, if at all.
func parts(f faults.Fault, began, run time.Duration) []faults.Fault {
	var list []faults.Fault
	add := func(change func(f *faults.Fault)) {
		g := f
		change(&g)
		list = append(list, g)
	}
	if f.After != (faults.Condition{}) {
		add(func(g *faults.Fault) { g.At, g.After = began, faults.Condition{} })
	}
	if f.Every > 0 {
		const most = 20
		for k := range most {
			at := f.At + time.Duration(k)*f.Every
			if at >= run || f.Until.Time > 0 && at >= f.Until.Time || f.Times > 0 && k >= f.Times {
				break
			}
			add(func(g *faults.Fault) { g.At, g.Every, g.Times, g.Until.Time = at, 0, 0, 0 })
		}
	}
	if f.Until != (faults.Wait{}) {
		add(func(g *faults.Fault) { g.Until = faults.Wait{} })
	}
	for _, w := range partsOf(f.What) {
		add(func(g *faults.Fault) { g.What = w })
		add(func(g *faults.Fault) { g.What, g.For = w, 0 })
	}
	if t, ok := f.What.(faults.Timed); ok && f.For == 0 && t.After == (faults.Wait{}) {
		add(func(g *faults.Fault) { g.What, g.For = t.What, t.For })
	}
	return list
}

// partsOf are the things that are in one, the smallest first.
func partsOf(w faults.What) []faults.What {
	switch w := w.(type) {
	case faults.Timed:
		list := []faults.What{w.What}
		if w.After != (faults.Wait{}) {
			list = append(list, faults.Timed{What: w.What, For: w.For, Until: w.Until})
		}
		for _, p := range partsOf(w.What) {
			list = append(list, faults.Timed{After: w.After, What: p, For: w.For, Until: w.Until})
		}
		return list
	case faults.Together:
		return partsOfList(w, func(l []faults.What) faults.What { return faults.Together(l) })
	case faults.Then:
		return partsOfList(w, func(l []faults.What) faults.What { return faults.Then(l) })
	case faults.Pick:
		return partsOfList(w, func(l []faults.What) faults.What { return faults.Pick(l) })
	}
	return nil
}

func partsOfList(list []faults.What, make func([]faults.What) faults.What) []faults.What {
	found := slices.Clone(list)
	for i := range list {
		if len(list) > 2 {
			found = append(found, make(slices.Delete(slices.Clone(list), i, i+1)))
		}
	}
	for i, w := range list {
		for _, p := range partsOf(w) {
			with := slices.Clone(list)
			with[i] = p
			found = append(found, make(with))
		}
	}
	return found
}

// mapActs is what is done with every act replaced.
func mapActs(w faults.What, f func(faults.Act) faults.Act) faults.What {
	each := func(list []faults.What) []faults.What {
		out := make([]faults.What, len(list))
		for i := range list {
			out[i] = mapActs(list[i], f)
		}
		return out
	}
	switch w := w.(type) {
	case faults.Act:
		return f(w)
	case faults.Timed:
		w.What = mapActs(w.What, f)
		return w
	case faults.Together:
		return faults.Together(each(w))
	case faults.Then:
		return faults.Then(each(w))
	case faults.Pick:
		return faults.Pick(each(w))
	}
	return w
}

// mapTerms is an act with its terms replaced or, if the function says no, left out. No
// term stands twice in a group.
func mapTerms(a faults.Act, f func(faults.Term) (faults.Term, bool)) faults.Act {
	groups := make([]faults.Selection, len(a.Where.Groups))
	for i, g := range a.Where.Groups {
		for _, t := range g {
			if t, ok := f(t); ok && !slices.Contains(groups[i], t) {
				groups[i] = append(groups[i], t)
			}
		}
	}
	a.Where.Groups = groups
	return a
}
