package raft

import (
	"embed"
	"time"

	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/scenarios/workload"
	"github.com/orrery-sim/orrery/sim"
)

//go:embed doc.go
var doc string

//go:embed scenarios
var files embed.FS

// System is the replicated key-value store.
var System = &scenarios.System{
	Name:      "raft",
	Doc:       scenarios.DocText(doc),
	Nodes:     5,
	Least:     1,
	Knobs:     knobs,
	Workloads: []string{"register", "cas-register", "set"},
	Checks:    checks,
	Mutants:   mutants,
	Roles:     roles,
	Scenarios: files,
	Place:     place,
	Connect:   connect,
}

// How reads are answered.
const (
	readLog    = "log"
	readQuorum = "quorum"
	readLease  = "lease"
	readLocal  = "local"
)

var knobs = []scenarios.Knob{
	{Name: "reads", Default: readQuorum, Choices: []string{readLog, readQuorum, readLease, readLocal},
		Help: "how a read is answered: by an entry of the log, by the leader when a majority has confirmed it, " +
			"by the leader within a lease (needs check-quorum), or by any server from what it has (stale)"},
	{Name: "lease", Default: "900ms", Min: "1ms",
		Help: "how long a lease lasts from when it was asked for; what it is shorter than election-min is for clocks that drift"},
	{Name: "followers", Default: "redirect", Choices: []string{"redirect", "forward"},
		Help: "what a follower does with a request: name the leader, or pass it on"},
	{Name: "election-min", Default: "1s", Min: "1ms", Help: "least election timeout"},
	{Name: "election-max", Default: "2s", Min: "1ms", Help: "greatest election timeout; each is drawn between the two"},
	{Name: "heartbeat", Default: "100ms", Min: "100us", Help: "time between a leader's heartbeats; at most half of election-min is used"},
	{Name: "pre-vote", Default: "true", Help: "ask for votes only when they would be given (Ongaro, section 9.6)"},
	{Name: "check-quorum", Default: "true",
		Help: "a leader that a majority has not answered for election-min steps down, and who hears of a leader gives no vote"},
	{Name: "fsync", Default: "1ms", Min: "1us", Help: "how long a sync of the disk takes"},
	{Name: "snapshot-every", Default: "200", Min: "1", Help: "entries from one snapshot to the next"},
	{Name: "snapshot-keep", Default: "50", Min: "0", Help: "entries before a snapshot that are kept for followers that lag"},
	{Name: "sessions", Default: "1000", Min: "1", Help: "sessions that are remembered"},
	{Name: "retry", Default: "500ms", Min: "1ms", Help: "how long a client waits for one server before it asks another"},
	{Name: "supervise", Default: "1s", Min: "1ms", Help: "how long a server that its disk has failed stays stopped"},
	{Name: "spares", Default: "0", Min: "0", Help: "servers that are no members at first"},
	{Name: "reconfigure", Default: "0s", Min: "0s", Help: "time between changes of members, each putting a spare in the place of a member; 0s is never"},
}

// settings are the knobs of a run, read once.
type settings struct {
	reads                              string
	forward, preVote, checkQuorum      bool
	lease                              time.Duration
	electionMin, electionMax           time.Duration
	heartbeat, retry, supervise, fsync time.Duration
	reconfigure                        time.Duration
	snapshotEvery, snapshotKeep        uint64
	sessions, spares                   int
	mistake                            string // the mutant that is run, or nothing
}

func readKnobs(v scenarios.Values) settings {
	s := settings{
		reads: v.String("reads"), forward: v.String("followers") == "forward",
		preVote: v.Bool("pre-vote"), checkQuorum: v.Bool("check-quorum"), lease: v.Duration("lease"),
		electionMin: v.Duration("election-min"), heartbeat: v.Duration("heartbeat"), retry: v.Duration("retry"),
		supervise: v.Duration("supervise"), fsync: v.Duration("fsync"), reconfigure: v.Duration("reconfigure"),
		snapshotEvery: uint64(v.Int("snapshot-every")), snapshotKeep: uint64(v.Int("snapshot-keep")),
		sessions: v.Int("sessions"), spares: v.Int("spares"),
	}
	s.electionMax = max(s.electionMin, v.Duration("election-max"))
	s.heartbeat = min(s.heartbeat, s.electionMin/2)
	return s
}

// cluster is what the servers and clients of one run have in common: nothing that
// changes, but for the watch and the count of clients, which are not theirs.
type cluster struct {
	settings
	names     []string // of the servers by their ids, which count from 1
	milestone func(p *sim.Proc, text string)
	watch     *watch
	clients   uint64
}

func place(c *scenarios.Cluster) {
	s := readKnobs(c.Values)
	for i := range mutants {
		if c.Mutant(mutants[i].Name) {
			s.mistake = mutants[i].Name
		}
	}
	c.SetState(assemble(c.World(), s, c.Servers(), c.Milestone))
}

// assemble adds the servers to a world.
func assemble(w *sim.World, s settings, servers []string, milestone func(p *sim.Proc, text string)) *cluster {
	c := &cluster{
		settings: s, names: append([]string{""}, servers...), milestone: milestone, watch: newWatch(len(servers)),
	}
	for i, name := range servers {
		w.Node(name, c.boot(uint64(i+1))).SetDisk(sim.DiskConfig{Sync: sim.Constant(c.fsync)})
	}
	if c.reconfigure > 0 {
		w.Node("admin", c.administer)
	}
	return c
}

// of returns the cluster of a run.
func of(c *scenarios.Cluster) *cluster { return c.State().(*cluster) }

// first is the snapshot with which every server begins: nothing, and the members.
func (c *cluster) first() *Snapshot {
	s := &Snapshot{Index: 1, Term: 1}
	for id := 1; id <= max(1, len(c.names)-1-c.spares); id++ {
		s.Members.Voters = append(s.Members.Voters, uint64(id))
	}
	return s
}

func connect(c *scenarios.Cluster, p *sim.Proc) workload.Session { return of(c).connect(p) }

var roles = []scenarios.Role{
	{Name: "leader", Help: "the leader of the newest term", Find: func(c *scenarios.Cluster) []string {
		k := of(c)
		return k.named(k.watch.leader())
	}},
	{Name: "followers", Help: "the servers that are up and not the leader", Find: func(c *scenarios.Cluster) []string {
		k := of(c)
		var names []string
		leader := k.watch.leader()
		for id, name := range k.names {
			if id > 0 && uint64(id) != leader && c.World().Lookup(name).Up() {
				names = append(names, name)
			}
		}
		return names
	}},
}

func (c *cluster) named(id uint64) []string {
	if id == 0 {
		return nil
	}
	return []string{c.names[id]}
}
