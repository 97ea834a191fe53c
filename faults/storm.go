package faults

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/sim"
)

// Storm is a schedule of faults that is drawn from the seed, within a budget.
//
// Each seed has its own mixture: it is drawn which families of faults take part (Groce, Zhang, Eide, Chen and Regehr, "Swarm Testing",
// ISSTA 2012: what always happens together hides what happens alone). Low seeds
// draw few faults and higher ones more, so that the first seed that fails tends to
// be easy to understand.
type Storm struct {
	Budget   Budget
	Families []string // that may take part, of Families; nil is all that the budget has something for
	Roles    []string // at which faults are aimed, beside servers by name; nil is all that the cluster knows

	Least, Most       int           // how many faults
	Shortest, Longest time.Duration // how long each lasts
}

// DefaultStorm is what a storm is like where it does not say, but for its budget.
var DefaultStorm = Storm{Least: 1, Most: 12, Shortest: 200 * time.Millisecond, Longest: 4 * time.Second}

// StormError is something impossible in a field of a storm.
type StormError struct {
	Field string // as it is called in YAML: "faults", "budget.down"
	Text  string
}

// Error returns the text.
func (e *StormError) Error() string { return e.Text }

// String says in a line what the storm draws: "1 to 12 faults of 200ms to 4s each, within
// down minority, loss 20%".
func (s *Storm) String() string {
	return fmt.Sprintf("%d to %d faults of %s to %s each, within %v",
		s.Least, s.Most, durationText(s.Shortest), durationText(s.Longest), &s.Budget)
}

// maxFaults bounds how many faults a storm has.
const maxFaults = 1000

// Check says what is impossible in the storm in a cluster, in a run whose faults
// end at that time: all of it, a [StormError] each.
func (s *Storm) Check(c Cluster, end time.Duration) []error {
	var errs []error
	fail := func(field, format string, args ...any) {
		errs = append(errs, &StormError{field, fmt.Sprintf(format, args...)})
	}
	if s.Least < 1 || s.Most < s.Least || s.Most > maxFaults {
		fail("faults", "%d to %d faults, expected from 1 to at most %d, the lower first", s.Least, s.Most, maxFaults)
	}
	if s.Shortest < time.Millisecond || s.Longest < s.Shortest || s.Longest > longest {
		fail("for", "%v to %v, expected times of at least 1ms, the shorter first", s.Shortest, s.Longest)
	} else if end > 0 && s.Shortest >= end {
		fail("for", "no fault of %v fits into a run of %v", s.Shortest, end)
	}
	s.Budget.check(len(c.Servers()), fail)
	for i, role := range s.Roles {
		if !slices.Contains(c.Roles(), role) {
			fail(fmt.Sprintf("roles.%d", i), "there is no role %q%s", role, didYouMean(role, c.Roles()))
		}
	}
	known := FamilyNames()
	for i, name := range s.Families {
		field := fmt.Sprintf("families.%d", i)
		switch {
		case !slices.Contains(known, name):
			hint := didYouMean(name, known)
			if hint == "" {
				hint = ", expected one of " + strings.Join(known, ", ")
			}
			fail(field, "there is no family %q%s", name, hint)
		case slices.Contains(s.Families[:i], name):
			fail(field, "family %q stands here twice", name)
		}
	}
	if len(errs) == 0 {
		s.checkFamilies(c, fail)
	}
	return errs
}

// checkFamilies finds families that the budget leaves nothing of.
func (s *Storm) checkFamilies(c Cluster, fail func(field, format string, args ...any)) {
	d := s.drawer(c, 0)
	for i, name := range s.Families {
		if f := familyNamed(name); len(d.possible(f)) == 0 {
			fail(fmt.Sprintf("families.%d", i), "family %s: the budget, or the cluster, has nothing for it; it needs %s", name, f.Needs)
		}
	}
	if len(d.families()) == 0 {
		fail("budget", "the budget allows no fault at all")
	}
}

// drawer draws the faults of one storm.
type drawer struct {
	*Storm
	w       *sim.World
	servers []string
	clients []string
	roles   []string
	rand    *sim.Rand
	end     time.Duration
	drawn   []drawnFault
	near    *drawnFault // to which the one that is being drawn is close; nil if to none
	hit     []string    // the servers by name that it hits
}

// drawnFault is a fault with what it takes.
type drawnFault struct {
	fault      Fault
	load       load
	hit        []string
	begin, end time.Duration
}

func (s *Storm) drawer(c Cluster, end time.Duration) *drawer {
	d := &drawer{Storm: s, w: c.World(), servers: c.Servers(), roles: s.Roles, rand: c.World().Rand("storm", ""), end: end}
	if d.roles == nil {
		d.roles = c.Roles()
	}
	for _, n := range d.w.Nodes() {
		if n.Client() {
			d.clients = append(d.clients, n.Name())
		}
	}
	return d
}

// Draw draws the storm of the world's seed: faults that end by that time, in the order
// in which they begin. It depends on nothing but the storm, the seed, that time, and
// the names of servers, clients and roles. A storm that Check finds sound draws at least
// one; if not all that were to be drawn fit into the budget, there are fewer.
func (s *Storm) Draw(c Cluster, end time.Duration) Schedule {
	d := s.drawer(c, end)
	families := d.swarm()
	const tries = 10
	for range d.size() {
		for range tries {
			if d.try(families) {
				break
			}
		}
	}
	slices.SortStableFunc(d.drawn, func(a, b drawnFault) int { return int(a.begin/time.Millisecond - b.begin/time.Millisecond) })
	var schedule Schedule
	for i := range d.drawn {
		schedule = append(schedule, d.drawn[i].fault)
	}
	return schedule
}

// size draws how many faults there are. Their greatest number grows with the length
// of the seed in binary, up to seeds of 6 digits.
func (d *drawer) size() int {
	const digits = 6
	grown := min(bits.Len64(d.w.Seed()), digits)
	most := d.Least + (d.Most-d.Least)*grown/digits
	return d.Least + d.rand.IntN(most-d.Least+1)
}

// families are those of which the budget has something.
func (d *drawer) families() []*Family {
	var list []*Family
	for i := range Families {
		f := &Families[i]
		if (d.Families == nil || slices.Contains(d.Families, f.Name)) && len(d.possible(f)) > 0 {
			list = append(list, f)
		}
	}
	return list
}

// swarm draws which families take part: first how many, from one to all, then which. So
// two or three that only together do harm are alone together often enough.
func (d *drawer) swarm() []*Family {
	list := d.families()
	d.rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list[:1+d.rand.IntN(len(list))]
}

// possible are the kinds of a family that the budget can pay for.
func (d *drawer) possible(f *Family) []*kind {
	var list []*kind
	for i := range f.kinds {
		if k := &f.kinds[i]; k.possible(d) {
			list = append(list, k)
		}
	}
	return list
}

// try draws one fault, and takes it if it is within the budget beside those there are.
// Most often it comes soon after another has begun or, which is likelier, ended, and half
// of those times hits the same servers: what breaks while a system is not yet over what broke
// before finds more.
func (d *drawer) try(families []*Family) bool {
	d.near, d.hit = nil, nil
	const chance = 2. / 3
	if len(d.drawn) > 0 && d.rand.Bool(chance) {
		d.near = &d.drawn[d.rand.IntN(len(d.drawn))]
	}
	kind := sim.Pick(d.rand, d.possible(sim.Pick(d.rand, families)))
	text, takes := kind.draw(d)
	what, err := ParseWhat(text)
	if err != nil {
		panic(fmt.Sprintf("faults: a storm drew %q: %v", text, err))
	}
	f := drawnFault{fault: Fault{What: what}, load: takes, hit: d.hit}
	length := d.length(d.end)
	whole := d.again(&f.fault.When, length)
	f.begin = d.begin(d.end - whole)
	f.fault.At, f.end = f.begin, f.begin+whole
	if isInstant(what) {
		f.end -= length
	} else {
		f.fault.For = length
	}
	if !d.fits(&f) {
		return false
	}
	d.drawn = append(d.drawn, f)
	return true
}

// begin draws when a fault begins, up to a time.
func (d *drawer) begin(last time.Duration) time.Duration {
	t := d.rand.Duration(0, last)
	if d.near != nil {
		const halvings = 5
		t = sim.Pick(d.rand, []time.Duration{d.near.begin, d.near.end, d.near.end}) + d.rand.Duration(0, soon>>d.rand.IntN(halvings))
	}
	return min(t, last).Truncate(time.Millisecond)
}

// soon bounds how much later something begins to be soon after something else.
const soon = 2 * time.Second

// again draws whether a fault comes several times, if the run is long enough, and
// returns how long it takes in all. To the budget it is one that lasts all the time; so
// before it comes again, perhaps to others, those that it has hit have recovered.
func (d *drawer) again(w *When, length time.Duration) time.Duration {
	const chance, most = 0.25, 5
	if !d.rand.Bool(chance) {
		return length
	}
	every := length + d.Budget.Recover + d.length(d.Longest)
	n := 2 + d.rand.IntN(most-1)
	for ; n > 1; n-- {
		if whole := time.Duration(n-1)*every + length; whole <= d.end {
			w.Every, w.Times = every, n
			return whole
		}
	}
	return length
}

// length draws how long a fault lasts, so that short ones are as likely as long ones:
// each of Longest, its half, its quarter and so on is as likely to be the bound.
func (d *drawer) length(most time.Duration) time.Duration {
	const halvings = 4
	bound := max(min(d.Longest, most)>>d.rand.IntN(halvings), d.Shortest)
	return max(d.rand.Duration(d.Shortest, bound).Truncate(time.Millisecond), time.Millisecond)
}

// fits says whether the fault and those drawn before are within the budget at every
// instant: it is enough to look where more is taken, which is where something begins,
// and where less is allowed, which is after a loss of power.
func (d *drawer) fits(f *drawnFault) bool {
	all := append(slices.Clone(d.drawn), *f)
	var instants []time.Duration
	for i := range all {
		instants = append(instants, all[i].begin)
		if all[i].load.power {
			instants = append(instants, all[i].restored(d.Budget.Recover)...)
		}
	}
	return !slices.ContainsFunc(instants, func(t time.Duration) bool {
		var sum load
		for i := range all {
			now := all[i].at(t, d.Budget.Recover)
			sum.add(&now)
		}
		return !d.Budget.holds(&sum, len(d.servers))
	})
}

// restored are the instants at which the servers have recovered, once for each time that
// the fault comes.
func (f *drawnFault) restored(recover time.Duration) []time.Duration {
	var list []time.Duration
	for i := range max(f.fault.Times, 1) {
		list = append(list, f.begin+time.Duration(i)*f.fault.Every+f.fault.For+recover+1)
	}
	return list
}

// at is what the fault takes at an instant. Between the times that it comes it takes
// as much, but power is not lost.
func (f *drawnFault) at(t, recover time.Duration) load {
	now := load{damage: f.load.damage} // as if it came before everything: what is damaged stays so
	if t < f.begin {
		return now
	}
	if t <= f.end {
		now = f.load
		if f.fault.Every > 0 && (t-f.begin)%f.fault.Every > f.fault.For+recover {
			now.power = false
		}
		return now
	}
	if t <= f.end+recover {
		now.out, now.power = f.load.out, f.load.power
	}
	return now
}
