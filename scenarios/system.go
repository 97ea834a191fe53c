package scenarios

import (
	"io/fs"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/scenarios/workload"
	"github.com/orrery-sim/orrery/sim"
)

// System is one simulated system, as it stands on the shelf.
type System struct {
	Name  string
	Doc   string // what it promises and survives, see DocText
	Nodes int    // servers, unless a scenario says otherwise
	Least int    // fewest servers it can be made of; 0 means 1
	// Names returns the names of so many servers. It is nil if they are n1, n2, ...
	Names func(nodes int) []string

	Knobs []Knob
	// Sound says which knobs, each allowed by itself, contradict each other or the
	// number of servers: all of them, a [KnobError] each, joined. It is nil if none can.
	Sound func(v Values, nodes int) error

	Workloads []string // the kinds of workload it can answer
	Checks    []Check  // its own, beside those that every system has
	Mutants   []Mutant
	Roles     []Role
	Scenarios fs.FS // *.yaml
	// Tiers are the tiers that a request passes, the outermost first, if reports are to tell
	// what is spent in each: see [Tier].
	Tiers []string

	// Place adds the servers, named as c.Servers says, to the world.
	Place func(c *Cluster)
	// Connect returns the way in which one client asks the system.
	Connect func(c *Cluster, p *sim.Proc) workload.Session
	// Measure tells what a run that has ended came to, always the same names in
	// the same order. It is nil if there is nothing beside what every run has.
	Measure func(r *Run) []Measure
}

// Mutant is a deliberate mistake in a system that a check must catch.
type Mutant struct {
	Name     string
	Breaks   string // the rule that it breaks, in a line
	Scenario string // of the system, in which it is caught
	Check    string // that catches it
	Seeds    int    // within how many seeds, from 1
	Knobs    Values // what must be set for it to show
	Storm    string // the storm that finds it, by any check; "" is the scenario "storm", if there is one
}

// Role is what a server may be at a moment, by which faults select it.
type Role struct {
	Name string
	Help string
	Find func(c *Cluster) []string // the servers that are it now
}

// Cluster is the system in one run: what the system's own code, its checks and
// the faults see of it.
type Cluster struct {
	Values  // the knobs
	system  *System
	world   *sim.World
	servers []string
	mutant  string
	log     []Milestone
	state   any
	load    func(factor float64)
}

// Milestone is something that the system did and people want to know of, such as
// the election of a leader.
type Milestone struct {
	At    time.Duration
	Event uint64
	Node  string
	Text  string
}

var _ faults.Loader = (*Cluster)(nil)

// World returns the world that the cluster is in.
func (c *Cluster) World() *sim.World { return c.world }

// Servers returns the names of the servers, clients not included. It is not to be
// changed.
func (c *Cluster) Servers() []string { return c.servers }

// Surge has the clients ask so many times as often as the scenario says.
func (c *Cluster) Surge(factor float64) { c.load(factor) }

// Mutant says whether the run is of that mutant.
func (c *Cluster) Mutant(name string) bool {
	for i := range c.system.Mutants {
		if c.system.Mutants[i].Name == name {
			return c.mutant == name
		}
	}
	panic("scenarios: the system asks for mutant " + name + ", which it does not list")
}

// Milestone records what a process's node has just done, and logs it.
func (c *Cluster) Milestone(p *sim.Proc, text string) {
	p.Log("%s", text)
	c.log = append(c.log, Milestone{c.world.Now(), c.world.Events(), p.Node().Name(), text})
}

// Milestones returns what was recorded so far. It is not to be changed.
func (c *Cluster) Milestones() []Milestone { return c.log }

// SetState keeps what the system's checks need of the run; State returns it. It is
// for those who watch, not for the servers.
func (c *Cluster) SetState(state any) { c.state = state }

// State returns what SetState was given, or nil.
func (c *Cluster) State() any { return c.state }

// Role returns the servers that are of a role at this moment.
func (c *Cluster) Role(name string) []string {
	for i := range c.system.Roles {
		if r := &c.system.Roles[i]; r.Name == name {
			return r.Find(c)
		}
	}
	return nil
}

// Roles returns the names of the system's roles.
func (c *Cluster) Roles() []string {
	var names []string
	for i := range c.system.Roles {
		names = append(names, c.system.Roles[i].Name)
	}
	return names
}

// ByField returns the servers that show a field with that value. A system's roles
// are most often found so.
func (c *Cluster) ByField(name, value string) []string {
	var found []string
	for _, s := range c.servers {
		if n := c.world.Lookup(s); n.Up() && n.Field(name) == value {
			found = append(found, s)
		}
	}
	return found
}

// DocText is the text of a doc.go file without its comment marks: what a system
// says of itself is written once, there.
func DocText(docGo string) string {
	var b strings.Builder
	for line := range strings.Lines(docGo) {
		if text, ok := strings.CutPrefix(line, "//"); ok {
			b.WriteString(strings.TrimPrefix(text, " "))
		}
	}
	return b.String()
}

// Claim is the first sentence of the system's text, in one line.
func (s *System) Claim() string {
	text, _, _ := strings.Cut(s.Doc, "\n\n")
	text = strings.Join(strings.Fields(text), " ")
	if i := strings.Index(text, ". "); i >= 0 {
		text = text[:i+1]
	}
	return strings.TrimPrefix(text, "Package "+s.Name+" is ")
}
