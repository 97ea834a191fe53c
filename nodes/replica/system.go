package replica

import (
	"embed"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/scenarios/workload"
	"github.com/orrery-sim/orrery/sim"
)

//go:embed doc.go
var doc string

//go:embed scenarios
var files embed.FS

// System is a primary with replicas.
var System = &scenarios.System{
	Name:      "replica",
	Doc:       scenarios.DocText(doc),
	Nodes:     3,
	Least:     1,
	Knobs:     knobs,
	Sound:     sound,
	Workloads: []string{"register"},
	Checks:    checks,
	Mutants:   mutants,
	Roles:     roles,
	Scenarios: files,
	Place:     place,
	Connect:   connect,
	Measure:   measure,
}

// How reads are answered, and what becomes of one that is behind its session.
const (
	readPrimary = "primary"
	readAny     = "any"
	readNearest = "nearest"

	tokenOff      = "off"
	tokenWait     = "wait"
	tokenRedirect = "redirect"

	ackAsync    = "async"
	ackSemisync = "semisync"
	ackSync     = "sync"
)

var knobs = []scenarios.Knob{
	{Name: "ack", Default: ackSemisync, Choices: []string{ackAsync, ackSemisync, ackSync},
		Help: "when a write is acknowledged: when it is on the primary's disk, also on those of k replicas, or of all"},
	{Name: "k", Default: "1", Min: "1", Help: "how many replicas semisync waits for"},
	{Name: "fallback", Default: "0s", Min: "0s",
		Help: "how long a primary waits for replicas before it acknowledges without them, as MySQL does; 0s is never"},
	{Name: "reads", Default: readPrimary, Choices: []string{readPrimary, readAny, readNearest},
		Help: "who answers a read: the primary, a server drawn each time, or the server that answers a client first"},
	{Name: "token", Default: tokenOff, Choices: []string{tokenOff, tokenWait, tokenRedirect},
		Help: "a read asks for at least what its session wrote or saw; a server that has not got it waits, or sends on to the primary"},
	{Name: "wait", Default: "200ms", Min: "1ms", Help: "how long a server waits, before it too sends on to the primary"},
	{Name: "failover", Default: "monitors", Choices: []string{"monitors", "manual"},
		Help: "who makes another server primary: monitors by their vote, or a person"},
	{Name: "monitors", Default: "3", Min: "1", Max: "9", Help: "how many monitors there are: m1, m2, ..."},
	{Name: "quorum", Default: "2", Min: "1", Help: "how many monitors must find the primary down before they vote"},
	{Name: "ping", Default: "200ms", Min: "1ms", Help: "time between a monitor's questions to a server"},
	{Name: "down-after", Default: "1s", Min: "10ms", Help: "how long a server must not answer for a monitor to find it down"},
	{Name: "by-hand", Default: "0s", Min: "0s", Help: "when a person makes another server primary, with failover manual; 0s is never"},
	{Name: "fencing", Default: "lease", Choices: []string{"none", "lease"},
		Help: "what keeps an old primary from serving: nothing, or that it needs a lease from a majority of the monitors"},
	{Name: "lease", Default: "1s", Min: "10ms", Help: "how long a lease lasts"},
	{Name: "apply-delay", Default: "0s", Min: "0s", Help: "how old entries must be before the last server shows them, as a guard against mistakes"},
	{Name: "log-keep", Default: "200", Min: "1", Help: "entries that are kept for replicas that lag; who lags more copies everything"},
	{Name: "sites", Default: "1", Min: "1", Max: "9", Help: "places that servers, monitors and clients are spread over"},
	{Name: "distance", Default: "60ms", Min: "0s", Help: "latency between two sites, in one direction"},
	{Name: "fsync", Default: "1ms", Min: "1us", Help: "how long a sync of the disk takes"},
	{Name: "retry", Default: "300ms", Min: "1ms", Help: "how long a client waits for one server before it asks another"},
}

// sound says which knobs contradict each other or the number of servers.
func sound(v scenarios.Values, nodes int) error {
	var errs []error
	wrong := func(bad bool, knob, format string, args ...any) {
		if bad {
			errs = append(errs, &scenarios.KnobError{Knob: knob, Text: fmt.Sprintf(format, args...)})
		}
	}
	manual, replicas := v.String("failover") == "manual", nodes-1
	wrong(v.String("ack") == ackSync && replicas == 0, "ack", "sync waits for all replicas, and there are none, expected at least 2 nodes")
	wrong(v.String("ack") == ackSemisync && v.Int("k") > replicas, "k",
		"semisync waits for %s, and there are %d, expected k from 1 to that, or ack: async", plural(v.Int("k"), "replica"), replicas)
	wrong(v.Int("quorum") > v.Int("monitors") && !manual, "quorum", "%d of %d monitors can never agree", v.Int("quorum"), v.Int("monitors"))
	wrong(v.String("fencing") == "lease" && manual, "fencing", "lease needs monitors to give it, expected failover: monitors, or fencing: none")
	wrong(v.Duration("by-hand") > 0 && !manual, "by-hand", "monitors make another server primary, expected failover: manual")
	wrong(v.Duration("apply-delay") > 0 && replicas == 0, "apply-delay", "it is of the last replica, and there is none")
	return errors.Join(errs...)
}

// settings are the knobs of a run, read once.
type settings struct {
	reads, token         string
	need                 int // replicas that must have a write
	fallback, wait       time.Duration
	byHand               bool
	promoteAt            time.Duration
	quorum               int
	pingEvery, downAfter time.Duration
	fencing              bool
	lease, delay, retry  time.Duration
	fsync, distance      time.Duration
	logKeep              uint64
	sites                int
	mistake              string // the mutant that is run, or nothing
}

func readKnobs(v scenarios.Values, servers int) settings {
	s := settings{
		reads: v.String("reads"), token: v.String("token"), fallback: v.Duration("fallback"), wait: v.Duration("wait"),
		byHand: v.String("failover") == "manual", promoteAt: v.Duration("by-hand"), quorum: v.Int("quorum"),
		pingEvery: v.Duration("ping"), downAfter: v.Duration("down-after"), fencing: v.String("fencing") == "lease",
		lease: v.Duration("lease"), delay: v.Duration("apply-delay"), retry: v.Duration("retry"), fsync: v.Duration("fsync"),
		distance: v.Duration("distance"), logKeep: uint64(v.Int("log-keep")), sites: v.Int("sites"),
	}
	switch v.String("ack") {
	case ackSemisync:
		s.need = v.Int("k")
	case ackSync:
		s.need = servers - 1
	}
	return s
}

// Config says of what a group is made, for a system that has one beside other things
// in its world.
type Config struct {
	Servers   []string                       // the first is primary at first
	Monitors  []string                       // with failover manual only the first, which is the person
	Knobs     scenarios.Values               // what they leave out has its default; they must be sound
	Mutant    string                         // a mistake to make, or nothing
	Milestone func(p *sim.Proc, text string) // is told what people want to know; nil is nobody
}

// Group is a primary, its replicas and its monitors in one world. Nothing in it changes
// but what is not theirs: the watch, and what the clients keep.
type Group struct {
	settings
	servers, monitors []string
	milestone         func(p *sim.Proc, text string)
	watch             *watch
	sessions          int                  // so far
	tokens            map[string]*Position // by client
}

// Assemble adds a group to a world.
func Assemble(w *sim.World, c Config) *Group {
	v := scenarios.Values{}
	for _, k := range knobs {
		v[k.Name] = k.Default
	}
	for name, value := range c.Knobs { // order-free: into a map
		v[name] = value
	}
	g := &Group{settings: readKnobs(v, len(c.Servers)), servers: c.Servers, monitors: c.Monitors, milestone: c.Milestone}
	g.tokens = map[string]*Position{}
	g.mistake = c.Mutant
	if g.milestone == nil {
		g.milestone = func(p *sim.Proc, text string) { p.Log("%s", text) }
	}
	if g.byHand {
		g.monitors = g.monitors[:1]
	}
	g.watch = newWatch(w, g.servers[0])
	for a := 1; a < g.sites; a++ {
		for b := a + 1; b <= g.sites; b++ {
			w.SetSites(site(a), site(b), sim.Link{Latency: sim.Uniform(g.distance, g.distance+g.distance/20)})
		}
	}
	add := func(i int, name string, boot func(p *sim.Proc)) {
		n := w.Node(name, boot)
		n.SetDisk(sim.DiskConfig{Sync: sim.Constant(g.fsync)})
		g.settle(n, i)
	}
	for i, name := range g.servers {
		delay := time.Duration(0)
		if i == len(g.servers)-1 {
			delay = g.delay
		}
		add(i, name, g.boot(name, delay))
	}
	for i, name := range g.monitors {
		add(i, name, g.watchOver(name))
	}
	return g
}

func site(i int) string { return "site" + strconv.Itoa(i) }

// settle puts the i-th of its kind, from 0, into a site.
func (g *Group) settle(n *sim.Node, i int) {
	if g.sites > 1 {
		n.SetSite(site(i%g.sites + 1))
	}
}

// Primary returns the primary of the newest epoch, or nothing if it does not run.
func (g *Group) Primary() string {
	if s := g.watch.primary(); s != nil {
		return s.name
	}
	return ""
}

// Value returns what the primary of the newest epoch shows under a key, for those who
// look on from outside. It is nil if there is no primary.
func (g *Group) Value(key string) checker.Value {
	if s := g.watch.primary(); s != nil {
		return s.live.cells[key].value
	}
	return checker.Nil
}

func place(c *scenarios.Cluster) {
	config := Config{Servers: c.Servers(), Knobs: c.Values, Milestone: c.Milestone}
	for i := range mutants {
		if c.Mutant(mutants[i].Name) {
			config.Mutant = mutants[i].Name
		}
	}
	for i := range c.Int("monitors") {
		config.Monitors = append(config.Monitors, "m"+strconv.Itoa(i+1))
	}
	if c.String("failover") == "manual" {
		config.Monitors = []string{"operator"}
	}
	c.SetState(Assemble(c.World(), config))
}

// of returns the group of a run.
func of(c *scenarios.Cluster) *Group { return c.State().(*Group) }

func connect(c *scenarios.Cluster, p *sim.Proc) workload.Session {
	g := of(c)
	if n := p.Node(); n.Site() == "" {
		g.settle(n, g.sessions)
	}
	return g.Connect(p)
}

var roles = []scenarios.Role{
	{Name: "primary", Help: "the primary of the newest epoch", Find: func(c *scenarios.Cluster) []string {
		if name := of(c).Primary(); name != "" {
			return []string{name}
		}
		return nil
	}},
	{Name: "replicas", Help: "the servers that are up and not the primary", Find: func(c *scenarios.Cluster) []string {
		var names []string
		for _, name := range c.Servers() {
			if name != of(c).Primary() && c.World().Lookup(name).Up() {
				names = append(names, name)
			}
		}
		return names
	}},
	{Name: "monitors", Help: "the monitors that are up", Find: func(c *scenarios.Cluster) []string {
		var names []string
		for _, name := range of(c).monitors {
			if c.World().Lookup(name).Up() {
				names = append(names, name)
			}
		}
		return names
	}},
}
