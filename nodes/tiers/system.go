package tiers

import (
	"embed"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/nodes/cache"
	"github.com/orrery-sim/orrery/nodes/replica"
	"github.com/orrery-sim/orrery/nodes/service"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/scenarios/workload"
	"github.com/orrery-sim/orrery/sim"
)

//go:embed doc.go
var doc string

//go:embed scenarios
var files embed.FS

// System is a web application of four tiers.
var System = &scenarios.System{
	Name:      "tiers",
	Doc:       scenarios.DocText(doc),
	Nodes:     len(others) + 3,
	Least:     len(others) + 1,
	Names:     names,
	Tiers:     []string{"balancer", "app", "cache", "database"},
	Knobs:     knobs,
	Workloads: []string{"register"},
	Checks:    checks,
	Mutants:   mutants,
	Roles:     roles,
	Scenarios: files,
	Place:     place,
	Connect:   connect,
	Measure:   measure,
}

const balancer = "lb"

var (
	caches    = []string{"cache1", "cache2"}
	databases = []string{"db1", "db2", "db3"}
	monitors  = []string{"monitor1", "monitor2", "monitor3"}
	others    = append([]string{balancer, caches[0], caches[1]}, databases...) // than the application servers
)

// names are those of the balancer, of so many application servers that all are as many
// as nodes, of the cache and of the database.
func names(nodes int) []string {
	list := append([]string{balancer}, apps(nodes)...)
	return append(append(list, caches...), databases...)
}

func apps(nodes int) []string {
	list := make([]string, nodes-len(others))
	for i := range list {
		list[i] = "app" + strconv.Itoa(i+1)
	}
	return list
}

// How long each tier waits for the next. What is inside is shorter.
const (
	upstreamTimeout = 1200 * time.Millisecond // the balancer, for a server
	appTimeout      = 1100 * time.Millisecond // a server, for all that a request needs
	storeTimeout    = 1000 * time.Millisecond // a server or a cache node, for the database
	cacheTimeout    = 50 * time.Millisecond   // a server, for a cache node
)

var knobs = []scenarios.Knob{
	{Name: "balance", Default: service.LeastConnections, Choices: service.Algorithms, Help: "how the balancer picks a server, see service"},
	{Name: "retries", Default: "2", Min: "0", Max: "100", Help: "how often a client asks again, within its budget: reads, and writes of which nothing was done"},
	{Name: "timeout", Default: "1300ms", Min: "1ms", Help: "how long a client waits in one attempt"},
	{Name: "work", Default: "exponential 4ms", Text: func(text string) error { _, err := sim.ParseDist(text); return err },
		Help: "how long an application server's core works on a request: a distribution"},
	{Name: "strategy", Default: cache.Aside, Choices: []string{cache.Aside, cache.ReadThrough, cache.WriteThrough}, Help: "who fills the cache and who writes, see cache"},
	{Name: "leases", Default: "true", Help: "with strategy aside, a server that misses gets a token without which it may not fill; a delete revokes it"},
	{Name: "ttl", Default: "2s", Min: "1ms", Help: "how long a row lives in the cache at most"},
	{Name: "ack", Default: "semisync", Choices: []string{"async", "semisync", "sync"}, Help: "when the database acknowledges a write, see replica"},
	{Name: "reads", Default: "primary", Choices: []string{"primary", "any", "nearest"}, Help: "which of its servers answers a read"},
	{Name: "max-age", Default: "0s", Min: "0s", Help: "the check bounded-staleness lets values be so old; 0s is ttl and what may be in flight"},
}

// parts are what one run is made of. Nothing in it changes but what those who watch keep,
// and the clients, which each machine has for itself.
type parts struct {
	group   *replica.Group
	tier    *cache.Tier
	clients map[string]*service.Client
	mistake string
	retries int
	timeout time.Duration
}

// of returns the parts of a run.
func of(c *scenarios.Cluster) *parts { return c.State().(*parts) }

func place(c *scenarios.Cluster) {
	k := config{Values: c.Values, apps: apps(len(c.Servers())), milestone: c.Milestone}
	for i := range mutants {
		if c.Mutant(mutants[i].Name) {
			k.mistake = mutants[i].Name
		}
	}
	c.SetState(assemble(c.World(), k))
}

// config says how the tiers of a world are made.
type config struct {
	scenarios.Values
	apps      []string
	mistake   string
	milestone func(p *sim.Proc, text string)
}

// assemble adds all tiers to a world.
func assemble(w *sim.World, c config) *parts {
	s := &parts{
		clients: map[string]*service.Client{}, mistake: c.mistake, retries: c.Int("retries"), timeout: c.Duration("timeout"),
	}
	w.Node(balancer, service.Balancer{
		Servers: c.apps, Algorithm: c.String("balance"), Timeout: upstreamTimeout,
		Health: service.Health{
			Interval: 500 * time.Millisecond, Timeout: 200 * time.Millisecond, Fall: 1, Rise: 1,
			Outlier: 5, EjectFor: time.Second, MaxOut: 0.5,
		},
		Milestone: c.milestone,
	}.Boot)
	s.group = replica.Assemble(w, replica.Config{
		Servers: databases, Monitors: monitors, Milestone: c.milestone,
		Knobs: scenarios.Values{
			"ack": c.String("ack"), "reads": c.reads(), "retry": "250ms", "ping": "150ms", "down-after": "600ms",
		},
	})
	rows := &store{group: s.group, machines: map[string]*sessions{}, shared: c.mistake == sharesSession}
	s.tier = &cache.Tier{Config: c.cache(), Nodes: caches, Store: rows, Notice: c.milestone}
	for _, name := range caches {
		w.Node(name, s.tier.Boot)
	}
	work, err := sim.ParseDist(c.String("work"))
	if err != nil {
		panic(fmt.Sprintf("tiers: %v", err)) // it was checked
	}
	for _, name := range c.apps {
		w.Node(name, func(p *sim.Proc) {
			a := &app{cache: s.tier.Client(p), store: rows, timeout: appTimeout, mistake: c.mistake}
			service.Server{Service: work, Workers: 16, Queue: 50, Handle: a.handle}.Boot(p)
		})
	}
	label(w)
	return s
}

func (c *config) reads() string {
	if c.mistake == fillsFromReplica {
		return "any"
	}
	return c.String("reads")
}

func (c *config) cache() cache.Config {
	t := cache.Defaults()
	t.Strategy, t.Leases, t.TTL = c.String("strategy"), c.Bool("leases"), c.Duration("ttl")
	t.CacheTimeout, t.StoreTimeout, t.EjectFor = cacheTimeout, storeTimeout, time.Second
	return t
}

// label says in which tier a node is.
func label(w *sim.World) {
	for _, n := range w.Nodes() {
		tier := strings.TrimRight(n.Name(), "0123456789")
		switch tier {
		case balancer:
			tier = "balancer"
		case "db":
			tier = "database"
		}
		n.SetLabel("service", tier)
	}
}

// connect gives all sessions of a machine the same client of the service.
func connect(c *scenarios.Cluster, p *sim.Proc) workload.Session {
	s := of(c)
	machine := fmt.Sprintf("%s/%d", p.Node().Name(), p.Node().Incarnation())
	if s.clients[machine] == nil {
		s.clients[machine] = service.NewClient(p, balancer, service.Policy{
			Timeout: s.timeout, Retries: s.retries, Budget: 0.2, Reserve: 10,
			Backoff: 20 * time.Millisecond, BackoffMax: time.Second, Jitter: true,
		}, nil)
	}
	return session{s.clients[machine], s.mistake}
}

var roles = []scenarios.Role{
	{Name: "balancer", Help: "the balancer", Find: func(*scenarios.Cluster) []string { return []string{balancer} }},
	{Name: "apps", Help: "the application servers that are up", Find: func(c *scenarios.Cluster) []string { return up(c, apps(len(c.Servers()))) }},
	{Name: "caches", Help: "the cache nodes that are up", Find: func(c *scenarios.Cluster) []string { return up(c, caches) }},
	{Name: "primary", Help: "the database's primary", Find: func(c *scenarios.Cluster) []string {
		if name := of(c).group.Primary(); name != "" {
			return []string{name}
		}
		return nil
	}},
	{Name: "replicas", Help: "the database's servers that are up and not the primary", Find: func(c *scenarios.Cluster) []string {
		var found []string
		for _, name := range up(c, databases) {
			if name != of(c).group.Primary() {
				found = append(found, name)
			}
		}
		return found
	}},
	{Name: "monitors", Help: "the database's monitors that are up", Find: func(c *scenarios.Cluster) []string { return up(c, monitors) }},
}

func up(c *scenarios.Cluster, names []string) []string {
	var found []string
	for _, name := range names {
		if c.World().Lookup(name).Up() {
			found = append(found, name)
		}
	}
	return found
}
