package gen

import (
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/orrery-sim/orrery/faults"
)

// act draws what an entry of the catalog does, following its form. Of a form with parts
// that are not known here the entry's own example is taken.
func (c Cluster) act(t *rapid.T, e *faults.Entry) faults.What {
	a := faults.Act{Verb: e.Name}
	placed := false
	for _, word := range strings.Fields(strings.TrimPrefix(e.Form, e.Name)) {
		draw, isAmount := amounts[word]
		switch {
		case isAmount:
			a.Amounts = append(a.Amounts, draw(t))
		case word == "|" || !strings.HasPrefix(word, "<"):
		case placed:
		case strings.Contains(e.Form, "|"):
			a.Where, placed = c.divided(t), true
		case word == "<nodes>":
			a.Where, placed = faults.Where{Groups: []faults.Selection{c.some(t, e.Name)}}, true
		case word == "<links>":
			a.Where, placed = c.links(t), true
		default:
			return example(e)
		}
	}
	return a
}

func example(e *faults.Entry) faults.What {
	return faults.MustParse(e.Example).What
}

func amount(u faults.Unit, unit int64, least, most int) func(t *rapid.T) faults.Amount {
	return func(t *rapid.T) faults.Amount {
		return faults.Amount{Unit: u, N: unit * int64(rapid.IntRange(least, most).Draw(t, "amount"))}
	}
}

// either is an amount forward or back.
func either(draw func(t *rapid.T) faults.Amount) func(t *rapid.T) faults.Amount {
	return func(t *rapid.T) faults.Amount {
		a := draw(t)
		if rapid.Bool().Draw(t, "back") {
			a.N = -a.N
		}
		return a
	}
}

// amounts draws what a place in a form stands for: amounts that a cluster notices, and
// that people write.
var amounts = map[string]func(t *rapid.T) faults.Amount{
	"<duration>":   amount(faults.Time, int64(10*time.Millisecond), 1, 50),
	"<shift>":      either(amount(faults.Shift, int64(step), 1, 50)),
	"<factor>":     amount(faults.Factor, 1000, 2, 100),
	"<percentage>": amount(faults.Percent, 10_000, 1, 100),
	"<drift>":      either(amount(faults.PPM, 1_000_000, 1, 200)),
	"<rate>":       amount(faults.Rate, 1000, 1, 1000),
	"<count>":      amount(faults.Count, 1, 1, 3),
}

// some draws servers, within the budget: by their names, by a role, or at random. A ring
// is of all servers, and a bridge is one.
func (c Cluster) some(t *rapid.T, verb string) faults.Selection {
	most := min(c.Down, len(c.Servers))
	switch verb {
	case "majority-ring":
		return faults.Selection{{Name: "all"}}
	case "bridge":
		most = 1
	}
	n := rapid.IntRange(1, max(1, most)).Draw(t, "how many")
	names := c.pick(t, n) // also if they are not used: what draws less is smaller for rapid
	how := rapid.IntRange(0, c.ways()).Draw(t, "how selected")
	leaders := slices.DeleteFunc(slices.Clone(c.Roles), func(role string) bool { return role == "followers" })
	switch {
	case how == 1 && n == 1 && len(leaders) > 0:
		return faults.Selection{{Name: rapid.SampledFrom(leaders).Draw(t, "role")}}
	case how == 2:
		return faults.Selection{{Name: "all", Random: n}}
	}
	return named(names)
}

// ways are by names, by a role and at random.
func (c Cluster) ways() int {
	if c.onlyNames {
		return 0
	}
	return 2
}

// pick draws so many servers, in their order.
func (c Cluster) pick(t *rapid.T, n int) []string {
	drawn := rapid.SliceOfNDistinct(rapid.IntRange(0, len(c.Servers)-1), n, n, rapid.ID).Draw(t, "servers")
	slices.Sort(drawn)
	names := make([]string, n)
	for i, k := range drawn {
		names[i] = c.Servers[k]
	}
	return names
}

func named(names []string) faults.Selection {
	s := make(faults.Selection, len(names))
	for i, name := range names {
		s[i].Name = name
	}
	return s
}

// links draws all links, those of a server, or those between two.
func (c Cluster) links(t *rapid.T) faults.Where {
	kind := rapid.IntRange(0, 3).Draw(t, "which links")
	switch {
	case kind == 0:
		return faults.Where{Groups: []faults.Selection{named(c.pick(t, 1))}}
	case kind == 1 || len(c.Servers) < 2:
		return faults.Where{Groups: []faults.Selection{{{Name: "all"}}}}
	}
	two := c.pick(t, 2)
	if rapid.Bool().Draw(t, "the other way") {
		slices.Reverse(two)
	}
	return faults.Where{Sep: []string{"->", "<->"}[kind-2], Groups: []faults.Selection{named(two[:1]), named(two[1:])}}
}

// divided draws servers and the others, or the two sides that the run draws itself.
func (c Cluster) divided(t *rapid.T) faults.Where {
	w := faults.Where{Sep: "|"}
	if len(c.Servers) > 2 && rapid.IntRange(0, 2).Draw(t, "how divided") == 2 {
		w.Groups = []faults.Selection{{{Name: "majority"}}, {{Name: "minority"}}}
		return w
	}
	some := c.pick(t, rapid.IntRange(1, max(1, min(c.Down, len(c.Servers)-1))).Draw(t, "how many"))
	others := slices.DeleteFunc(slices.Clone(c.Servers), func(name string) bool { return slices.Contains(some, name) })
	w.Groups = []faults.Selection{named(some), named(others)}
	return w
}
