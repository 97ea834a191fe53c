package sim

import (
	"fmt"
	"time"
)

// Epoch is what the wall clock of a node without skew shows when a world begins.
var Epoch = time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)

// Config is what a world is made of. The zero value is a sound one: seed 0, and
// every link a constant millisecond.
type Config struct {
	Seed uint64

	// Link is what every link is like that no site or SetLink says otherwise
	// of. Without a latency it has one of 1 ms.
	Link Link

	// Cores is how many cores a node has unless SetCores says otherwise.
	// 0 means 1.
	Cores int

	// Disk is what every node's disk is like unless SetDisk says otherwise.
	Disk DiskConfig

	// StreamTimeout is how long a stream keeps trying to get a message through
	// before it breaks. 0 means 15 s.
	StreamTimeout time.Duration

	// Checking turns on checks that cost time and change nothing: that no
	// message is changed after it was sent.
	Checking bool

	// InstantLimit is how many events may happen at one virtual instant before
	// the run ends as a livelock. 0 means 1,000,000.
	InstantLimit int

	// HangAfter is how long, in real time, a process may run without yielding
	// before the run ends and names it. 0 means 5 s, or 60 s under the
	// race detector, which makes everything slow. It is found out between
	// once and twice that time.
	HangAfter time.Duration
}

func (c *Config) fill() {
	if c.Link.Latency.IsZero() {
		c.Link.Latency = Constant(time.Millisecond)
	}
	c.Link.mustBeSound("Config.Link")
	c.Disk.fill("Config.Disk")
	if c.Cores < 0 {
		panic(fmt.Sprintf("sim: Config.Cores is %d; a node has at least 1 core", c.Cores))
	}
	if c.StreamTimeout < 0 || c.InstantLimit < 0 || c.HangAfter < 0 {
		panic("sim: Config.StreamTimeout, InstantLimit and HangAfter must not be negative")
	}
	c.Cores = orDefault(c.Cores, 1)
	c.StreamTimeout = orDefault(c.StreamTimeout, 15*time.Second)
	c.InstantLimit = orDefault(c.InstantLimit, 1_000_000)
	c.HangAfter = orDefault(c.HangAfter, hangAfter)
}

func orDefault[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// World is one simulated cluster: its nodes, links and clients, one virtual
// clock, and one thread of events. Nothing in it is safe for use from several
// goroutines, and nothing in it needs to be: exactly one process runs at a time.
// Worlds share nothing, so any number may run side by side.
type World struct {
	config Config
	now    int64 // virtual nanoseconds
	number uint64
	cause  uint64 // the event being handled: what happens now happens because of it
	hash   uint64

	messages uint64 // given to the network

	queue queue
	order permuter
	seq   uint64
	acts  uint64 // events of those outside, which move the order of no other
	slab  []pending
	free  int32 // head of the list of free slots, -1 if none
	dead  int   // cancelled slots whose keys are still queued

	nodes    []*Node
	names    []string // of the nodes: to read one there is a cache miss less
	byName   map[string]*Node
	addrs    map[string]address // memo of resolve
	known    knownTexts         // memo of the memo
	ports    map[string]uint16
	portName []string          // of its number
	links    map[uint64]*link  // links that are not like their sites
	sends    map[uint64]uint64 // of messages held or sent again: the send, by the event that they now go on by
	lookups  map[uint64]int    // impairments by which a node does not find another
	sites    siteMap
	isolated []*Partition // those that hold for nodes to come
	deflt    link
	loopback link
	clients  int // client processes that have not ended

	running *Proc // the process or handler whose code runs now; nil in the kernel's
	recent  *Proc // the process that ran last
	procs   []*Proc
	spare   []*Proc // processes that have ended, to be used again
	idle    []*coroutine

	kept        []*kept // messages held by hand
	observers   []*Observer
	showing     bool  // an event, to observers
	shown       Event // that event: one for all, so that none is allocated
	invariants  []invariant
	checkpoints []Checkpoint
	mutation    *mutationCheck

	ended     *Outcome // why no more can happen
	impasse   *Outcome // that, if it is a deadlock
	instant   int      // events at this very instant
	instantAt int64
	watch     watchdog
	driving   bool
	closed    bool
}

// New makes an empty world. Impossible configurations panic. Close it when you
// are done: processes that are still blocked hold memory until then.
func New(config Config) *World {
	config.fill()
	w := &World{
		config: config,
		hash:   config.Seed,
		order:  newPermuter(config.Seed),
		free:   -1,
		queue:  newQueue(),
		byName: map[string]*Node{},
		addrs:  map[string]address{},
		ports:  map[string]uint16{"": 0},
	}
	w.portName = []string{""}
	w.deflt = *newLink(config.Link)
	w.loopback = *newLink(Link{Latency: Constant(20 * time.Microsecond)})
	if config.Checking {
		w.mutation = newMutationCheck()
	}
	return w
}

// Seed returns the seed that the world was made with.
func (w *World) Seed() uint64 { return w.config.Seed }

// Now returns the virtual time since the world began: the time of the observer,
// which no process inside can see.
func (w *World) Now() time.Duration { return time.Duration(w.now) }

// Events returns how many events have happened: the number of the last one.
func (w *World) Events() uint64 { return w.number }

// Messages returns how many messages nodes have given to the network: datagrams,
// calls and their answers, and what is sent on streams. Messages to oneself count.
func (w *World) Messages() uint64 { return w.messages }

// Current returns the number of the event that is being handled now; what a
// process does now is caused by it. Between events it is 0.
func (w *World) Current() uint64 { return w.cause }

// Rand returns a stream of random numbers for a purpose and a place, such as
// ("workload", "client 3"). Streams of other purposes or places are not
// disturbed by how much of this one is used; the same purpose and place give
// the same stream from its beginning.
func (w *World) Rand(purpose, place string) *Rand {
	r := newRandNamed(w.config.Seed, purpose, place)
	return &r
}

// At does f at a virtual time, before everything else that is due then; what is
// asked for the same time is done in the order of asking. It is
// for those outside the cluster: faults, interventions, measurements. The text
// stands in the trace. A time in the past is a panic. What it returns takes it back.
func (w *World) At(t time.Duration, text string, f func()) Timer {
	if int64(t) < w.now {
		panic(fmt.Sprintf("sim: At(%v, %q): it is already %v", t, text, w.Now()))
	}
	key := w.schedule(int64(t), classAct, &pending{kind: doAct, cause: w.cause, body: &act{text, f}})
	return Timer{w: w, key: key}
}

type act struct {
	text string
	f    func()
}

// Fail ends the run as violated when the current event has been handled: a
// check found what must not be. The check is its name, the text what it found.
func (w *World) Fail(check, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	node, proc := "", ""
	if p := w.running; p != nil {
		node, proc = p.node.name, p.name
	}
	w.emit(&fact{kind: KindFail, cause: w.cause, sum: hashString(check), text: check + ": " + text})
	w.end(Outcome{Status: Violated, Reason: check + ": " + text, Node: node, Proc: proc})
}

// Invariant has f asked after every event; the first error it returns ends the
// run as violated. It must only look. A check that knows which events can break
// it is cheaper as an [Observer] that calls [World.Fail].
func (w *World) Invariant(name string, f func() error) {
	w.invariants = append(w.invariants, invariant{name, f})
}

type invariant struct {
	name  string
	holds func() error
}

func (w *World) checkInvariants() {
	for _, inv := range w.invariants {
		if err := inv.holds(); err != nil {
			w.Fail(inv.name, "%v", err)
			return
		}
	}
}

// Node adds a machine and boots it at the current virtual time. The boot
// function runs then and again after every restart, on a process of its own;
// whatever it keeps in variables of its own is the node's memory, and lost in a
// crash. The name must be new and must not contain a colon, a bar or white space.
func (w *World) Node(name string, boot func(p *Proc)) *Node {
	return w.addNode(name, boot, false)
}

// Client adds a process outside the cluster that asks things of it. It has a
// machine of its own. The world knows that it is waited for: when nothing more
// can happen and a client has not ended, the run is stuck.
func (w *World) Client(name string, run func(p *Proc)) *Node {
	return w.addNode(name, run, true)
}

// Lookup returns the node of that name, or nil.
func (w *World) Lookup(name string) *Node { return w.byName[name] }

// Nodes returns all nodes, clients included, in the order they were added. It is
// not to be changed.
func (w *World) Nodes() []*Node { return w.nodes }

// Close unwinds every process and frees what the world holds. What the processes
// deferred runs, but can touch nothing. A closed world can still be read.
func (w *World) Close() {
	if w.driving {
		panic("sim: a world cannot be closed from inside itself")
	}
	if w.closed || w.watch.hung {
		return
	}
	w.closed = true
	w.observers = nil
	number, hash, points := w.number, w.hash, w.checkpoints
	for _, n := range w.nodes { // all of them first: what one defers must not reach another
		if n.up {
			n.up = false
			n.incarnation++
		}
	}
	for _, n := range w.nodes {
		n.killAll()
	}
	for _, c := range w.idle {
		c.stop()
	}
	w.number, w.hash, w.checkpoints = number, hash, points // faults undone by deferred functions are no part of the run
	w.idle, w.procs, w.slab, w.queue = nil, nil, nil, queue{}
	if w.ended == nil {
		w.ended = &Outcome{Status: Unknown, Reason: "the world is closed"}
	}
}
