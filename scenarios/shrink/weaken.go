package shrink

import (
	"slices"
	"time"

	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/scenarios"
)

// begins lets faults begin earlier, with all that comes after them and the end.
func (s *search) begins() {
	const grid, least, halvings = 10 * time.Millisecond, 20 * time.Millisecond, 4
	for i := range s.best.scenario.Faults {
		f := s.best.scenario.Faults
		gap := f[i].At
		if i > 0 {
			gap -= f[i-1].At
		}
		by := gap
		for range halvings {
			if by < least {
				break
			}
			if s.trySeeds(s.changed(func(c *scenarios.Scenario) { earlier(c, i, by) })) {
				break
			}
			by = (by / 2).Truncate(grid)
		}
	}
}

// earlier lets the faults from the i-th on, and the end, come so much earlier.
func earlier(c *scenarios.Scenario, i int, by time.Duration) {
	for j := range c.Faults[i:] {
		f := &c.Faults[i+j]
		f.At -= by
		if f.Until.Time > 0 {
			f.Until.Time -= by
		}
	}
	c.Run -= by
}

// lengths lets faults last shorter, and wait shorter for what is in them.
func (s *search) lengths() {
	for i := range s.best.scenario.Faults {
		if f := s.best.scenario.Faults[i]; f.For > 0 && f.At+f.For >= s.best.scenario.Run {
			s.edit(func(c *scenarios.Scenario) { c.Faults[i].For = 0 }) // the end of the run ends it
		}
		least(s.best.scenario.Faults[i].For, func(d time.Duration) bool {
			return s.edit(func(c *scenarios.Scenario) { c.Faults[i].For = d })
		})
		for k := range timedIn(s.best.scenario.Faults[i].What) {
			for _, field := range []func(*faults.Timed) *time.Duration{
				func(t *faults.Timed) *time.Duration { return &t.For },
				func(t *faults.Timed) *time.Duration { return &t.After.Time },
			} {
				t := timedIn(s.best.scenario.Faults[i].What)[k]
				least(*field(&t), func(d time.Duration) bool {
					return s.edit(func(c *scenarios.Scenario) {
						at := 0
						c.Faults[i].What = mapTimed(c.Faults[i].What, &at, k, func(t *faults.Timed) { *field(t) = d })
					})
				})
			}
		}
	}
}

// timedIn lists what waits or ends by itself.
func timedIn(w faults.What) []faults.Timed {
	var found []faults.Timed
	at := 0
	for before := -1; before != len(found); {
		before = len(found)
		at = 0
		mapTimed(w, &at, before, func(t *faults.Timed) { found = append(found, *t) })
	}
	return found
}

// mapTimed is what is done with its k-th Timed changed; at counts them.
func mapTimed(w faults.What, at *int, k int, change func(*faults.Timed)) faults.What {
	each := func(list []faults.What) []faults.What {
		out := make([]faults.What, len(list))
		for i := range list {
			out[i] = mapTimed(list[i], at, k, change)
		}
		return out
	}
	switch w := w.(type) {
	case faults.Timed:
		mine := *at == k
		*at++
		w.What = mapTimed(w.What, at, k, change)
		if mine {
			change(&w)
		}
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

// places has faults meet fewer nodes.
func (s *search) places() {
	for i := range s.best.scenario.Faults {
		for k := 0; k < terms(s.best.scenario.Faults[i].What); {
			n := 0
			if !s.edit(func(c *scenarios.Scenario) {
				c.Faults[i].What = mapActs(c.Faults[i].What, func(a faults.Act) faults.Act {
					return mapTerms(a, func(t faults.Term) (faults.Term, bool) {
						n++
						return t, n-1 != k
					})
				})
			}) {
				k++
			}
		}
	}
}

// terms counts what selects nodes.
func terms(w faults.What) int {
	n := 0
	mapActs(w, func(a faults.Act) faults.Act {
		for _, g := range a.Where.Groups {
			n += len(g)
		}
		return a
	})
	return n
}

// amounts makes faults weaker, by halves.
func (s *search) amounts() {
	const halvings = 3
	for i := range s.best.scenario.Faults {
		mapActs(s.best.scenario.Faults[i].What, func(a faults.Act) faults.Act {
			for j := range a.Amounts {
				weaker := a.Amounts[j]
				for range halvings {
					old := weaker
					weaker = half(weaker)
					if weaker == old || !s.edit(func(c *scenarios.Scenario) {
						c.Faults[i].What = mapActs(c.Faults[i].What, func(b faults.Act) faults.Act {
							b.Amounts = slices.Clone(b.Amounts)
							if b.Verb == a.Verb && j < len(b.Amounts) && b.Amounts[j] == old {
								b.Amounts[j] = weaker
							}
							return b
						})
					}) {
						break
					}
				}
			}
			return a
		})
	}
}

// half is an amount that does half as much: half of a time or a share, but twice the
// rate of a limit.
func half(a faults.Amount) faults.Amount {
	const one = 1000 // 1x, which changes nothing, in thousandths
	switch a.Unit {
	case faults.Event: // half of it is another
	case faults.Rate:
		a.N *= 2
	case faults.Factor:
		a.N = max(one+1, a.N/2)
	default:
		a.N -= a.N / 2
	}
	return a
}

// rounded writes times with fewer digits where that makes no difference.
func (s *search) rounded() {
	for i := range s.best.scenario.Faults {
		s.round(s.best.scenario.Faults[i].At, func(c *scenarios.Scenario, d time.Duration) { c.Faults[i].At = d })
		s.round(s.best.scenario.Faults[i].For, func(c *scenarios.Scenario, d time.Duration) { c.Faults[i].For = d })
	}
}

func (s *search) round(d time.Duration, set func(c *scenarios.Scenario, d time.Duration)) {
	for _, unit := range []time.Duration{time.Second, 100 * time.Millisecond, 10 * time.Millisecond, time.Millisecond, time.Microsecond} {
		if d%unit == 0 {
			return
		}
		if unit > d {
			continue
		}
		for _, nice := range []time.Duration{d.Round(unit), d.Truncate(unit), d.Truncate(unit) + unit} {
			if nice > 0 && s.edit(func(c *scenarios.Scenario) { set(c, nice) }) {
				return
			}
		}
	}
}
