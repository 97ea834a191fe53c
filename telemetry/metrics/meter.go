package metrics

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/sim"
)

// Meter measures a run. What is counted is counted at the event; what has a state is
// read at every tick, when the first event after it is told and has not yet had its
// effect. What happens at a tick belongs to it.
type Meter struct {
	run    *scenarios.Run
	name   string
	every  time.Duration
	tables [families]table

	ticks []time.Duration // all but the last lie every apart
	due   time.Duration
	now   time.Duration
	count uint64

	nodes   map[string]*node
	order   []*node
	asked   map[uint64]request // operations under way, by the event
	calls   map[uint64]uint64  // by the process that waits: the call
	disks   map[uint64]request // disk operations under way, by the event
	killed  *node              // of which a process was killed at the last event
	log     int                // faults of the plan's log that are counted
	errors  map[string]bool
	measure []scenarios.Measure
}

// node is what the meter knows of a node.
type node struct {
	*sim.Node
	up, paused bool
	disk       bool // it has used it
	busy       int
	since      time.Duration // when that was brought up to date
	held       time.Duration // by then, summed over the cores
}

// request is something under way.
type request struct {
	node  *node
	what  string
	at    time.Duration
	bytes uint64
}

// Least is the shortest time between two ticks, which is as exact as Prometheus keeps
// times.
const Least = time.Millisecond

// Watch measures a run that has not begun, from [scenarios.Options.Observe], every so
// often, which is a multiple of [Least]. When the run is over, and before it is closed,
// Finish must be called.
func Watch(r *scenarios.Run, every time.Duration) *Meter {
	if every < Least || every%Least != 0 {
		panic(fmt.Sprintf("metrics: every %v, expected a multiple of %v", every, Least))
	}
	m := &Meter{
		run: r, name: Name(r), every: every, nodes: map[string]*node{}, asked: map[uint64]request{}, calls: map[uint64]uint64{},
		disks: map[uint64]request{}, errors: map[string]bool{},
	}
	for i := range m.tables {
		m.tables[i] = table{family: &Catalog[i], series: map[labelValues]*series{}}
	}
	m.add(runInfo, 1, r.Scenario.FullName(), fmt.Sprint(r.World.Seed()), r.Scenario.System.Name, r.Options.Mutant)
	m.count = r.World.Events() // those of the boots
	for _, n := range r.World.Nodes() {
		known := m.node(n.Name())
		known.up, known.paused = n.Up(), n.Paused()
		m.add(nodeBoots, float64(n.Incarnation()), n.Name())
	}
	r.World.Observe(m)
	return m
}

// Name is how the run is told from others, the label run of every series: the scenario,
// the seed, and what was changed in the scenario.
func Name(r *scenarios.Run) string {
	words := []string{r.Scenario.FullName(), fmt.Sprint(r.World.Seed())}
	if r.Options.Mutant != "" {
		words = append(words, r.Options.Mutant)
	}
	var knobs []string
	for name, value := range r.Options.Knobs { // order-free: sorted below
		knobs = append(knobs, name+"="+value)
	}
	slices.Sort(knobs)
	words = append(words, knobs...)
	for _, f := range r.Options.Faults {
		words = append(words, f.String())
	}
	return strings.Join(words, " ")
}

func (m *Meter) add(family int, by float64, labels ...string) {
	m.tables[family].get(labels...).now[0] += by
}

func (m *Meter) set(family int, value float64, labels ...string) {
	s := m.tables[family].get(labels...)
	s.now[0], s.has = value, true
}

func (m *Meter) observe(family int, d time.Duration, labels ...string) {
	s := m.tables[family].get(labels...)
	i, _ := slices.BinarySearch(Buckets, d)
	s.now[i]++
	s.now[len(Buckets)+1] += float64(d) // in nanoseconds: whole numbers add up exactly
}

// node finds a node. They may come into the world at any time.
func (m *Meter) node(name string) *node {
	n := m.nodes[name]
	if n == nil {
		n = &node{Node: m.run.World.Lookup(name)}
		m.nodes[name] = n
		m.order = append(m.order, n)
	}
	return n
}

var _ sim.Observer = (*Meter)(nil)

// Event takes in an event of the run.
func (m *Meter) Event(e *sim.Event) {
	m.resync(e)
	for e.At > m.due {
		m.tick(m.due)
		m.due += m.every
	}
	m.now = e.At
	m.count++
	switch e.Kind {
	case sim.KindSpan:
		if e.Span == 0 && m.node(e.Node).Client() {
			kind, _, _ := strings.Cut(e.Text, " ")
			m.asked[e.Number] = request{node: m.node(e.Node), what: kind, at: e.At}
		}
	case sim.KindSpanEnd:
		m.returned(e)
	case sim.KindBoot, sim.KindCrash, sim.KindPause, sim.KindResume:
		m.lived(e)
	case sim.KindWork, sim.KindWorkEnd, sim.KindKill:
		m.worked(e)
	case sim.KindDisk:
		m.node(e.Node).disk = true
		if verb, _, _ := strings.Cut(e.Text, " "); e.ProcID != 0 && !strings.HasSuffix(verb, ":") { // such as "mistake:"
			m.disks[e.Number] = request{m.node(e.Node), verb, e.At, e.Arg}
		}
	case sim.KindDiskEnd:
		m.stored(e)
	default:
		m.travelled(e)
	}
}

// returned counts an operation that has.
func (m *Meter) returned(e *sim.Event) {
	op, ours := m.asked[e.Arg]
	if !ours {
		return
	}
	outcome := "unknown"
	fields, _ := e.Body.([]sim.Field)
	for _, f := range fields {
		if f.Name == "outcome" {
			outcome = f.Value
		}
	}
	delete(m.asked, e.Arg)
	m.add(operations, 1, op.what, outcome)
	m.observe(operationDuration, e.At-op.at, op.what, outcome)
}

// lived counts what becomes of a node.
func (m *Meter) lived(e *sim.Event) {
	n := m.node(e.Node)
	switch e.Kind {
	case sim.KindBoot:
		n.up, n.paused = true, false
		m.add(nodeBoots, 1, e.Node)
	case sim.KindCrash:
		n.up, n.paused = false, false
		m.add(nodeCrashes, 1, e.Node)
		n.bring(e.At)
		n.busy = 0
		for _, list := range []map[uint64]request{m.asked, m.disks} {
			for number, r := range list { // order-free: only deletes
				if r.node == n {
					delete(list, number)
				}
			}
		}
	default:
		n.paused = e.Kind == sim.KindPause
	}
}

// bring adds what the cores have done since.
func (n *node) bring(now time.Duration) {
	n.held += time.Duration(n.busy) * (now - n.since)
	n.since = now
}

func (m *Meter) worked(e *sim.Event) {
	n := m.node(e.Node)
	n.bring(e.At)
	switch e.Kind {
	case sim.KindWork:
		n.busy++
	case sim.KindWorkEnd:
		n.busy--
	default:
		m.killed = n
	}
}

// resync looks how many cores a killed process has left: no event tells.
func (m *Meter) resync(e *sim.Event) {
	if n := m.killed; n != nil {
		n.bring(m.now)
		m.killed, n.busy = nil, n.cores(e)
	}
}

// cores is how many are busy before an event that is told now.
func (n *node) cores(e *sim.Event) int {
	_, busy := n.Cores()
	if e != nil && e.Kind == sim.KindWork && e.Node == n.Name() && e.Since == e.At {
		busy-- // one that waited has its predecessor's
	}
	return busy
}

// stored counts a disk operation.
func (m *Meter) stored(e *sim.Event) {
	op, ours := m.disks[e.Arg]
	if !ours {
		return
	}
	delete(m.disks, e.Arg)
	m.add(diskOperations, 1, e.Node, op.what)
	m.add(diskTime, float64(e.At-op.at), e.Node, op.what)
	m.add(diskIO, float64(op.bytes), e.Node, op.what)
	if e.Text != "" {
		m.add(diskErrors, 1, e.Node, m.kind(e.Text))
	}
}

// travelled counts what becomes of messages and calls.
func (m *Meter) travelled(e *sim.Event) {
	switch e.Kind {
	case sim.KindSend:
		m.add(messagesSent, 1, e.Node, e.Peer)
		if e.Call != 0 && !e.Answer {
			m.calls[e.Call>>32] = e.Call // see sim: a process waits for one call at a time
			m.add(rpcCalls, 1, e.Node)
		}
	case sim.KindDeliver:
		m.add(messagesDelivered, 1, e.Peer, e.Node)
		if err, failed := e.Body.(error); e.Answer && failed && m.calls[e.Call>>32] == e.Call {
			m.add(rpcErrors, 1, e.Node, m.kind(err.Error()))
		}
		if e.Answer {
			delete(m.calls, e.Call>>32)
		}
	case sim.KindWake:
		if e.Call != 0 {
			delete(m.calls, e.Call>>32)
			m.add(rpcErrors, 1, e.Node, sim.ErrTimeout.Error())
		}
	case sim.KindBreak:
		m.add(connectionsBroken, 1, e.Node, e.Peer)
	case sim.KindDrop:
		m.add(messagesDropped, 1, e.Peer, e.Node, m.kind(e.Text))
	case sim.KindRefuse:
		m.add(messagesRefused, 1, e.Peer, e.Node)
	case sim.KindRetry:
		m.add(retransmissions, 1, e.Peer, e.Node)
	}
}

// mostErrors is how many errors are told apart, since their texts may tell of anything.
const mostErrors = 50

// kind is an error's text as a label.
func (m *Meter) kind(text string) string {
	if !m.errors[text] {
		if len(m.errors) >= mostErrors {
			return "other"
		}
		m.errors[text] = true
	}
	return text
}
