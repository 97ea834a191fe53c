package shrink

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/scenarios"
)

// shrink makes the best found so far smaller until nothing helps any more.
func (s *search) shrink() {
	s.try(s.only(s.best.scenario))
	s.soonest()
	for first := true; !s.exhausted(); first = false {
		before := s.best.scenario
		again := s.try
		if first {
			again = s.trySeeds
		}
		s.servers(again)
		s.clients(again)
		s.end()
		s.drop()
		s.concrete()
		s.drop()
		s.takeApart()
		s.dropElsewhere(again)
		s.begins()
		s.lengths()
		s.places()
		s.amounts()
		s.questions(again)
		s.defaults()
		s.end()
		if s.best.scenario == before {
			break
		}
	}
	s.rounded()
}

// soonest takes the seed that fails first of a few: what comes after a failure need
// not be run.
func (s *search) soonest() {
	for seed := uint64(1); seed <= uint64(max(s.c.Seeds, 0)); seed++ {
		before := s.best
		if s.edit(func(c *scenarios.Scenario) { c.Seed = new(seed) }) && s.best.failedAt >= before.failedAt {
			s.best = before
		}
	}
}

// servers tries fewer of them, the fewest first. Names that are no more are replaced by
// others.
func (s *search) servers(try func(*scenarios.Scenario) bool) {
	c := s.best.scenario
	for n := max(c.System.Least, 1); n < c.Nodes && !try(s.changed(func(c *scenarios.Scenario) {
		c.Nodes = n
		renumber(c.Faults, "n", n)
	})); n++ {
	}
}

// clients tries fewer of them, and of the keys.
func (s *search) clients(try func(*scenarios.Scenario) bool) {
	for n := 1; n < s.best.scenario.Workload.Clients && !try(s.changed(func(c *scenarios.Scenario) {
		c.Workload.Clients = n
		renumber(c.Faults, "c", n)
	})); n++ {
	}
	for n := 1; n < s.best.scenario.Workload.Keys && !s.edit(func(c *scenarios.Scenario) { c.Workload.Keys = n }); n++ {
	}
}

// renumber replaces names such as n5 by one that there is among so many.
func renumber(schedule faults.Schedule, prefix string, n int) {
	for i := range schedule {
		schedule[i].What = mapActs(schedule[i].What, func(a faults.Act) faults.Act {
			return mapTerms(a, func(t faults.Term) (faults.Term, bool) {
				number, ok := strings.CutPrefix(t.Name, prefix)
				if k, err := strconv.Atoi(number); ok && err == nil && k > n {
					t.Name = fmt.Sprint(prefix, (k-1)%n+1)
				}
				return t, true
			})
		})
	}
}

// cutAt ends a scenario at a time, with the faults that would not begin any more.
func cutAt(c *scenarios.Scenario, run, settle time.Duration) {
	c.Run, c.Settle = run, settle
	c.Faults = slices.DeleteFunc(c.Faults, func(f faults.Fault) bool { return f.At >= run })
}

// end lets the run end when it has failed, or else as early as it still fails.
func (s *search) end() {
	const grid = 100 * time.Millisecond
	c := s.best.scenario
	at := s.best.failedAt.Truncate(grid) + grid
	if at < c.Run+c.Settle && s.edit(func(c *scenarios.Scenario) { cutAt(c, at, 0) }) {
		return
	}
	s.edit(func(c *scenarios.Scenario) { cutAt(c, c.Run, 0) })
	least(c.Run, func(d time.Duration) bool {
		return s.edit(func(c *scenarios.Scenario) { cutAt(c, d, c.Settle) })
	})
	least(s.best.scenario.Settle, func(d time.Duration) bool {
		return s.edit(func(c *scenarios.Scenario) { c.Settle = d })
	})
}

// least finds, by halving, a short duration for which the function still says yes. It
// tries few, with two digits each.
func least(d time.Duration, ok func(d time.Duration) bool) {
	const steps, shortest = 5, 10 * time.Millisecond
	low := time.Duration(0)
	for range steps {
		middle := twoDigits(low + (d-low)/2)
		if middle <= low || middle >= d || middle < shortest {
			return
		}
		if ok(middle) {
			d = middle
		} else {
			low = middle
		}
	}
}

func twoDigits(d time.Duration) time.Duration {
	unit := time.Duration(1)
	for d/unit >= 100 {
		unit *= 10
	}
	return d.Truncate(unit)
}

// drop drops faults by delta debugging, those that are left alone first.
func (s *search) drop() {
	if len(s.best.scenario.Faults) == 0 || s.edit(func(c *scenarios.Scenario) { c.Faults = nil }) {
		return
	}
	ddmin(s.best.scenario.Faults, func(left []faults.Fault) bool {
		return s.edit(func(c *scenarios.Scenario) { c.Faults = slices.Clone(left) })
	})
}

// ddmin finds a part of a list that still fails and of which nothing can be taken away:
// the algorithm of Zeller and Hildebrandt, figure 7. The list itself fails.
func ddmin[T any](list []T, fails func([]T) bool) []T {
	for n := 2; len(list) >= 2; {
		chunks := split(list, n)
		smaller := -1
		for i, chunk := range chunks {
			if fails(chunk) {
				list, n, smaller = chunk, 2, i
				break
			}
		}
		if smaller < 0 && n > 2 {
			for i := range chunks {
				rest := slices.Concat(slices.Delete(slices.Clone(chunks), i, i+1)...)
				if fails(rest) {
					list, n, smaller = rest, n-1, i
					break
				}
			}
		}
		if smaller < 0 {
			if n == len(list) {
				break
			}
			n = min(2*n, len(list))
		}
	}
	return list
}

// split cuts a list into n parts of nearly the same length.
func split[T any](list []T, n int) [][]T {
	var parts [][]T
	for i := range n {
		if part := list[i*len(list)/n : (i+1)*len(list)/n]; len(part) > 0 {
			parts = append(parts, part)
		}
	}
	return parts
}

// dropElsewhere drops faults one by one in a run that is half as long again, with other
// seeds: there the rest may be enough.
func (s *search) dropElsewhere(try func(*scenarios.Scenario) bool) {
	for i := 0; i < len(s.best.scenario.Faults); {
		c := s.changed(func(c *scenarios.Scenario) {
			c.Faults = slices.Delete(c.Faults, i, i+1)
			c.Run += c.Run / 2
		})
		if !try(c) {
			i++
			continue
		}
		s.end()
	}
}

// questions asks more slowly.
func (s *search) questions(try func(*scenarios.Scenario) bool) {
	const slowest, fastest, longest = 16, 2, 10 * time.Second
	for by := time.Duration(slowest); by >= fastest; by /= 2 {
		if s.best.scenario.Workload.Every*by > longest {
			continue
		}
		if try(s.changed(func(c *scenarios.Scenario) {
			c.Workload.Every *= by
			c.Workload.Rate /= float64(by)
		})) {
			return
		}
	}
}

// defaults turns knobs and links back to what they are if nothing is said.
func (s *search) defaults() {
	for _, name := range slices.Sorted(maps.Keys(s.best.scenario.Knobs)) {
		s.edit(func(c *scenarios.Scenario) {
			c.Knobs = maps.Clone(c.Knobs)
			delete(c.Knobs, name)
		})
	}
	s.edit(func(c *scenarios.Scenario) { c.Link = scenarios.DefaultLink })
}
