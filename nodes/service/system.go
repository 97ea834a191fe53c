package service

import (
	"embed"
	"errors"
	"fmt"
	"strconv"
	"strings"
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

// System is the service.
var System = &scenarios.System{
	Name:      "service",
	Doc:       scenarios.DocText(doc),
	Nodes:     4,
	Knobs:     knobs,
	Sound:     sound,
	Workloads: []string{"request"},
	Checks:    checks,
	Mutants:   mutants,
	Scenarios: files,
	Place:     place,
	Connect:   connect,
	Measure:   measure,
}

// The machines beside the servers.
const (
	balancerName   = "balancer"
	rolloutName    = "rollout"
	dependencyName = "dependency"
)

var knobs = []scenarios.Knob{
	{Name: "balance", Default: RoundRobin, Choices: Algorithms, Help: "how the balancer picks a server"},
	{Name: "weights", Default: "1", Text: func(text string) error { _, err := parseWeights(text); return err },
		Help: "of the servers, such as 5,1,1, for weighted and least-connections; those left out have 1"},
	{Name: "half-life", Default: "1s", Min: "1ms", Help: "for ewma and peak-ewma: after how long a latency counts half"},
	{Name: "bound", Default: "1.25", Min: "1", Max: "1000", Help: "for hash: how many times the average load a server may have"},
	{Name: "upstream-timeout", Default: "1s", Min: "1ms", Help: "how long the balancer waits for a server"},

	{Name: "health-interval", Default: "500ms", Min: "0s", Help: "time from one probe of a server to the next; 0s: none are sent"},
	{Name: "health-timeout", Default: "200ms", Min: "1ms", Help: "how long a probe may take"},
	{Name: "health-fall", Default: "1", Min: "1", Max: "100", Help: "probes in a row that fail until a server is taken out"},
	{Name: "health-rise", Default: "1", Min: "1", Max: "100", Help: "probes in a row that succeed until it is back"},
	{Name: "health-deep", Default: "false", Help: "a probe fails too if the node dependency, which requests do not need, does not answer the server"},
	{Name: "outlier", Default: "5", Min: "0", Help: "requests in a row that fail until a server is ejected; 0: never"},
	{Name: "eject-for", Default: "2s", Min: "1ms", Help: "how long it is ejected the first time; the second twice as long, and so on"},
	{Name: "max-out", Default: "0.5", Min: "0", Max: "1", Help: "share of the servers that may be out; if more were, all are used"},

	{Name: "work", Default: "exponential 20ms", Text: func(text string) error { _, err := sim.ParseDist(text); return err },
		Help: "how long a core works on a request: a distribution"},
	{Name: "cores", Default: "1", Min: "1", Max: "1024", Help: "cores of a server"},
	{Name: "workers", Default: "1", Min: "1", Max: "100000", Help: "requests that a server carries out side by side"},
	{Name: "queue", Default: "100", Min: "0", Max: "1000000000", Help: "requests that may wait for a worker; more are turned away"},

	{Name: "timeout", Default: "500ms", Min: "1ms", Help: "how long a client waits in one attempt; in all, it waits for the workload's timeout"},
	{Name: "retries", Default: "2", Min: "0", Max: "100", Help: "attempts after the first; a post is repeated only if nothing was done"},
	{Name: "budget", Default: "0.2", Min: "0", Max: "100", Help: "retries for each request, on average, that a client may make; with as many as retries it never binds"},
	{Name: "reserve", Default: "10", Min: "0", Max: "1000000", Help: "retries that it may make at once beside those"},
	{Name: "backoff", Default: "20ms", Min: "0s", Help: "how long the first retry waits at most; each further one twice as long"},
	{Name: "backoff-max", Default: "1s", Min: "0s", Help: "how long any retry waits at most"},
	{Name: "jitter", Default: "full", Choices: []string{"full", "none"}, Help: "whether a retry waits a random part of that, or all of it"},
	{Name: "hedge", Default: "0s", Min: "0s", Help: "after how long without an answer a get is asked once more beside; 0s: never"},

	{Name: "rollout", Default: "0s", Min: "0s", Help: "when servers begin to be restarted one after the other; 0s: never"},
	{Name: "rollout-takes", Default: "500ms", Min: "0s", Help: "how long each is down"},
	{Name: "drain", Default: "true", Help: "whether the balancer is told before, and a server's last requests awaited"},
	{Name: "drain-for", Default: "3s", Min: "0s", Help: "for how long they are awaited at most"},
}

// parseWeights reads 5,1,1.
func parseWeights(text string) ([]int, error) {
	var list []int
	for word := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(word))
		if err != nil || n < 1 || n > 1000 {
			return nil, fmt.Errorf("%q is no weight: expected whole numbers from 1 to 1000, such as 5,1,1", word)
		}
		list = append(list, n)
	}
	return list, nil
}

// sound says which knobs contradict each other.
func sound(v scenarios.Values, nodes int) error {
	var errs []error
	check := func(ok bool, knob, format string, args ...any) {
		if !ok {
			errs = append(errs, &scenarios.KnobError{Knob: knob, Text: fmt.Sprintf(format, args...)})
		}
	}
	interval, timeout := v.Duration("health-interval"), v.Duration("timeout")
	check(interval == 0 || v.Duration("health-timeout") < interval, "health-timeout",
		"%s is not below health-interval %s: the next probe would come before the answer", v.String("health-timeout"), v.String("health-interval"))
	check(interval > 0 || !v.Bool("health-deep"), "health-deep", "true says what probes look at, and with health-interval 0s there are none")
	weights, _ := parseWeights(v.String("weights"))
	check(len(weights) <= nodes, "weights", "%d weights for %d servers", len(weights), nodes)
	balance := v.String("balance")
	check(v.String("weights") == "1" || balance == Weighted || balance == LeastConnections, "weights",
		"%s with balance %s, which knows no weights: expected %s or %s", v.String("weights"), balance, Weighted, LeastConnections)
	check(v.Int("cores") <= v.Int("workers"), "cores", "%d are above workers %d: some would never work", v.Int("cores"), v.Int("workers"))
	check(v.Duration("backoff") <= v.Duration("backoff-max"), "backoff", "%s is above backoff-max %s", v.String("backoff"), v.String("backoff-max"))
	hedge := v.Duration("hedge")
	check(hedge == 0 || hedge < timeout, "hedge", "%s never comes: an attempt ends at its timeout of %v", v.String("hedge"), timeout)
	return errors.Join(errs...)
}

// cluster is what the parts of one run are made from. Nothing in it changes but for the
// watch, and the clients, which each machine has for itself.
type cluster struct {
	names    []string
	balancer Balancer
	policy   Policy
	watch    *Watch
	clients  map[string]*Client
}

// of returns the cluster of a run.
func of(c *scenarios.Cluster) *cluster { return c.State().(*cluster) }

func (k *cluster) weight(server int) int {
	if server < len(k.balancer.Weights) {
		return k.balancer.Weights[server]
	}
	return 1
}

func place(c *scenarios.Cluster) {
	mistake := ""
	for i := range mutants {
		if c.Mutant(mutants[i].Name) {
			mistake = mutants[i].Name
		}
	}
	k := &cluster{names: c.Servers(), watch: NewWatch(c.Servers()), clients: map[string]*Client{}}
	c.SetState(k)
	k.policy = readPolicy(c.Values, mistake)
	k.balancer = readBalancer(c.Values, mistake)
	k.balancer.Servers, k.balancer.Watch, k.balancer.Milestone = k.names, k.watch, c.Milestone
	server := readServer(c.Values, mistake)
	server.Watch = k.watch
	w := c.World()
	for _, name := range k.names {
		w.Node(name, server.Boot).SetCores(c.Int("cores"))
	}
	w.Node(balancerName, k.balancer.Boot)
	if c.Bool("health-deep") {
		w.Node(dependencyName, Server{Workers: 1}.Boot)
	}
	if start := c.Duration("rollout"); start > 0 {
		w.Node(rolloutName, Rollout{
			Balancer: balancerName, Servers: k.names, Start: start, Takes: c.Duration("rollout-takes"),
			Drain: c.Bool("drain"), Patience: c.Duration("drain-for"), Milestone: c.Milestone,
		}.Run)
	}
}

func readBalancer(v scenarios.Values, mistake string) Balancer {
	weights, _ := parseWeights(v.String("weights"))
	return Balancer{
		Weights: weights, Algorithm: v.String("balance"), HalfLife: v.Duration("half-life"), Bound: v.Float("bound"),
		Timeout: v.Duration("upstream-timeout"),
		Health: Health{
			Interval: v.Duration("health-interval"), Timeout: v.Duration("health-timeout"),
			Fall: v.Int("health-fall"), Rise: v.Int("health-rise"),
			Outlier: v.Int("outlier"), EjectFor: v.Duration("eject-for"), MaxOut: v.Float("max-out"),
		},
		mistake: mistake,
	}
}

func readServer(v scenarios.Values, mistake string) Server {
	work, err := sim.ParseDist(v.String("work"))
	if err != nil {
		panic(fmt.Sprintf("service: %v", err)) // it was checked
	}
	s := Server{Service: work, Workers: v.Int("workers"), Queue: v.Int("queue"), mistake: mistake}
	if v.Bool("health-deep") {
		patience := v.Duration("health-timeout")
		s.Well = func(p *sim.Proc) error {
			_, err := sim.Call[Alive](p, dependencyName, Probe{}, patience)
			return err
		}
	}
	return s
}

func readPolicy(v scenarios.Values, mistake string) Policy {
	return Policy{
		Timeout: v.Duration("timeout"), Retries: v.Int("retries"), Budget: v.Float("budget"), Reserve: v.Float("reserve"),
		Backoff: v.Duration("backoff"), BackoffMax: v.Duration("backoff-max"), Jitter: v.String("jitter") == "full",
		Hedge: v.Duration("hedge"), mistake: mistake,
	}
}

// session is how the workload asks.
type session struct{ client *Client }

// connect gives all sessions of a machine the same client, and so the same budget.
func connect(c *scenarios.Cluster, p *sim.Proc) workload.Session {
	k := of(c)
	name := fmt.Sprint(p.Node().Name(), " ", p.Node().Incarnation())
	if k.clients[name] == nil {
		k.clients[name] = NewClient(p, balancerName, k.policy, k.watch)
	}
	return session{k.clients[name]}
}

// Do carries out one request.
func (s session) Do(p *sim.Proc, op workload.Op, timeout time.Duration) (checker.Value, checker.Outcome) {
	_, err := s.client.Do(p, op.Key, op.Name == "get", nil, timeout)
	switch {
	case err == nil:
		return checker.Nil, checker.OutcomeOK
	case NotDone(err):
		return checker.Nil, checker.OutcomeFailed
	}
	return checker.Nil, checker.OutcomeUnknown
}
