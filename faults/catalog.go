package faults

import (
	"strings"

	"github.com/orrery-sim/orrery/sim"
)

// Entry is one thing that can be done to a cluster.
type Entry struct {
	Name    string // its first words, by which it is known
	Form    string // how it is written
	Doc     string // what it does, in a sentence or two
	Undo    string // what its end is; empty if it has none
	Instant bool   // it is over as soon as it is done, and has no end
	Example string // a fault in which it is done

	// aim says what the act comes to in this cluster, or why it cannot be done.
	aim func(r *resolver, a *aimed) error

	// do does it and returns what undoes it. The error says why it was not done.
	do func(d *doing) (undo func(), err error)
}

// Catalog is all that can be done, in the order in which to read it.
var Catalog = []Entry{
	// Between nodes.
	{
		Name: "partition", Form: "partition <nodes> | <nodes>", Example: "at 5s for 5s: partition majority | minority",
		Doc:  "Nothing passes between nodes of different groups, of which there may be more than two. Nodes in no group, such as the clients, reach all of them: a partial partition.",
		Undo: "the links are mended", aim: disjoint, do: cut,
	},
	{
		Name: "isolate", Form: "isolate <nodes>", Example: "at 5s for 5s: isolate leader",
		Doc:  "Nothing passes between each of the nodes and the other servers. Clients still reach it, as in a data centre whose switches fail; to cut them off too, cut leader <-> everyone.",
		Undo: "the links are mended", aim: isolated, do: cut,
	},
	{
		Name: "bridge", Form: "bridge <nodes>", Example: "at 5s for 5s: bridge random 1",
		Doc:  "The other servers fall into two halves, drawn from the seed, between which nothing passes; these nodes reach both.",
		Undo: "the links are mended", aim: bridged, do: cut,
	},
	{
		Name: "majority-ring", Form: "majority-ring <nodes>", Example: "at 5s for 5s: majority-ring all",
		Doc:  "Each of the nodes, of which there are 4 or more, reaches a majority of them, and no two the same: its neighbours in a ring, in the order written (Jepsen's majorities-ring).",
		Undo: "the links are mended", aim: ringed, do: cut,
	},
	{
		Name: "cut", Form: "cut <links>", Example: "at 5s for 250ms every 500ms until 15s: cut leader -> random 1",
		Doc:  "Nothing passes, what is under way included: with a -> b in that direction only, with a <-> b in both, with a alone on all its links. A stream waits, and breaks in the end.",
		Undo: "the links are mended", aim: linked, do: cut,
	},
	{
		Name: "delay", Form: "delay <duration> <links>", Example: "at 5s for 5s: delay 100ms n1 -> n2",
		Doc:  "Messages take so much longer.",
		Undo: "the links are restored", aim: linked, do: degrade(func(a Amount) sim.Link { return sim.Link{Latency: sim.Constant(a.Duration())} }),
	},
	{
		Name: "jitter", Form: "jitter <duration> <links>", Example: "at 5s for 5s: jitter 50ms all",
		Doc:  "Messages take longer by anything up to so much, so that they overtake each other.",
		Undo: "the links are restored", aim: linked, do: degrade(func(a Amount) sim.Link { return sim.Link{Latency: sim.Uniform(0, a.Duration())} }),
	},
	{
		Name: "loss", Form: "loss <percentage> <links>", Example: "at 5s for 5s: loss 20% all",
		Doc:  "So many of the datagrams are lost; a stream sends again, and is late.",
		Undo: "the links are restored", aim: linked, do: degrade(func(a Amount) sim.Link { return sim.Link{Loss: a.Float()} }),
	},
	{
		Name: "duplicate", Form: "duplicate <percentage> <links>", Example: "at 5s for 5s: duplicate 10% n1 <-> n2",
		Doc:  "So many of the datagrams arrive twice.",
		Undo: "the links are restored", aim: linked, do: degrade(func(a Amount) sim.Link { return sim.Link{Duplicate: a.Float()} }),
	},
	{
		Name: "reorder", Form: "reorder <percentage> <links>", Example: "at 5s for 5s: reorder 25% all",
		Doc:  "So many of the datagrams take three times as long, and are overtaken.",
		Undo: "the links are restored", aim: linked, do: degrade(func(a Amount) sim.Link { return sim.Link{Reorder: a.Float()} }),
	},
	{
		Name: "corrupt", Form: "corrupt <percentage> <links>", Example: "at 5s for 5s: corrupt 1% n1 -> n2",
		Doc:  "So many of the datagrams arrive with a bit flipped; a stream notices and sends again.",
		Undo: "the links are restored", aim: linked, do: degrade(func(a Amount) sim.Link { return sim.Link{Corrupt: a.Float()} }),
	},
	{
		Name: "bandwidth", Form: "bandwidth <rate> <links>", Example: "at 5s for 5s: bandwidth 64KB/s n1 -> n2",
		Doc:  "Each of the links carries no more than that. What waits, waits in order.",
		Undo: "the links are restored; what has been given to them by then still leaves at the low rate", aim: linked,
		do: degrade(func(a Amount) sim.Link { return sim.Link{Bandwidth: a.N} }),
	},
	{
		Name: "clog", Form: "clog <nodes>", Example: "at 5s for 2s: clog leader",
		Doc:  "The network interface of the node stalls: nothing comes in or goes out, and nothing is lost (FoundationDB's clogging).",
		Undo: "what has been kept back arrives, in order", aim: surrounded, do: hold,
	},
	{
		Name: "hold", Form: "hold <links>", Example: "at 5s for 2s: hold n1 -> n2",
		Doc:  "What would arrive over the links is kept back, what is under way included.",
		Undo: "what has been kept back arrives, in order", aim: linked, do: hold,
	},
	{
		Name: "drop message", Form: "drop message <number>", Example: "at 5s: drop message 8112", Instant: true,
		Doc: "The message that was sent in that event and is under way is lost. A datagram is gone; a call, or what a connection carries, is sent again after a timeout.",
		do:  dropMessage,
	},
	{
		Name: "deliver message", Form: "deliver message <number>", Example: "at 5s: deliver message 8112", Instant: true,
		Doc: "The message that was sent in that event and is under way arrives now, also if a link holds it.",
		do:  deliverMessage,
	},
	{
		Name: "hold message", Form: "hold message <number>", Example: "at 5s for 2s: hold message 8112",
		Doc:  "The message that was sent in that event and is under way is kept back. On a connection, so is what was sent after it.",
		Undo: "it goes on, and arrives at once if it would have arrived before", do: holdMessage,
	},
	{
		Name: "lookup-failure", Form: "lookup-failure <links>", Example: "at 5s for 5s: lookup-failure n1 -> n2",
		Doc:  "With a -> b, a does not find the name of b: calls fail with \"no such host\", and what else it sends there is lost before it leaves; with a alone, a finds no name at all. Answers and connections that are open go on.",
		Undo: "the names are found again", aim: lookedUp, do: failLookups,
	},

	// What is asked.
	{
		Name: "errors", Form: "errors <percentage> <nodes>", Example: "at 5s for 5s: errors 10% leader",
		Doc:  "So many of the calls to the node are answered with an error, \"service unavailable\", and its program does not see them.",
		Undo: "the program is asked again", do: failReplies,
	},
	{
		Name: "load", Form: "load <factor>", Example: "at 5s for 5s: load 5x",
		Doc:  "Clients ask so many times as often: at a higher rate in an open loop, after a shorter pause in a closed one. Those that overlap multiply. Stages are (load 2x for 5s) then (load 10x for 10s).",
		Undo: "clients ask as often as before", aim: loaded, do: surge,
	},
	{
		Name: "load ramp", Form: "load ramp <factor> over <duration>", Example: "at 5s for 10s: load ramp 5x over 5s",
		Doc:  "Clients ask more and more often, up to so many times as often after so long, and stay there. It rises in a straight line, of 50 steps.",
		Undo: "clients ask as often as before", aim: loaded, do: ramp,
	},

	// Nodes.
	{
		Name: "crash", Form: "crash <nodes>", Example: "at 5s for 3s: crash leader",
		Doc:  "The node stops: memory is lost, and of what was not synced to its disk all but a part drawn from the seed.",
		Undo: "the node boots", do: crash,
	},
	{
		Name: "power-loss", Form: "power-loss <nodes>", Example: "at 5s for 1s: power-loss all",
		Doc:  "The nodes stop at the same instant, each as in a crash, before any of them can notice that of another.",
		Undo: "the nodes boot", do: crash,
	},
	{
		Name: "wipe", Form: "wipe <nodes>", Example: "at 5s for 3s: wipe n1",
		Doc:  "The node crashes and its disk is lost.",
		Undo: "the node boots with an empty disk", do: wipe,
	},
	{
		Name: "restart", Form: "restart <nodes>", Example: "at 5s every 2s times 3: restart next", Instant: true,
		Doc: "The node crashes and boots at once; one that is down boots, unless a fault keeps it down.",
		do:  restart,
	},
	{
		Name: "pause", Form: "pause <nodes>", Example: "at 5s for 4s: pause leader",
		Doc:  "The node stops running, as in a long garbage collection: memory is kept, messages and timers wait. A crash ends it.",
		Undo: "the node goes on, with all that waited at once", do: pause,
	},
	{
		Name: "slow", Form: "slow <factor> <nodes>", Example: "at 5s for 5s: slow 10x leader",
		Doc:  "What the node's processor begins takes so many times as long. Those that overlap multiply.",
		Undo: "the processor runs at its speed", do: slow,
	},
	{
		Name: "cores", Form: "cores <count> <nodes>", Example: "at 5s for 5s: cores 1 leader",
		Doc:  "The node has fewer cores. Of those that overlap the fewest hold.",
		Undo: "the node has its cores back", aim: fewerCores, do: cores,
	},
	{
		Name: "stress", Form: "stress <count> workers <percentage> <nodes>", Example: "at 5s for 5s: stress 2 workers 80% leader",
		Doc:  "So many workers keep a core of the node busy each for so much of the time, and the node's own work queues behind them.",
		Undo: "the workers stop", aim: stressed, do: stress,
	},
	{
		Name: "certificate-expiry", Form: "certificate-expiry <nodes>", Example: "at 5s for 5s: certificate-expiry n1",
		Doc:  "The certificate by which the node identifies itself is expired. Systems whose nodes do so refuse it; to others it is nothing.",
		Undo: "the certificate is renewed", do: expire,
	},

	// Clocks.
	{
		Name: "clock jump", Form: "clock jump <shift> <nodes>", Example: "at 5s for 5s: clock jump 2s n1",
		Doc:  "The node's wall clock jumps, forward or, with a minus, back.",
		Undo: "it jumps back", do: jump,
	},
	{
		Name: "clock drift", Form: "clock drift <drift> <nodes>", Example: "at 5s for 5s: clock drift +50000ppm leader",
		Doc:  "The node's clock runs fast by so many parts per million or, with a minus, slow; its timers too. Those that overlap add up.",
		Undo: "the clock runs true again, and its wall time jumps back by what it gained", do: drift,
	},
	{
		Name: "clock strobe", Form: "clock strobe <shift> every <duration> <nodes>", Example: "at 5s for 1s: clock strobe 200ms every 10ms n2",
		Doc:  "The node's wall clock jumps and, so long after, back, and so on.",
		Undo: "it jumps back if it was not right", do: strobe,
	},

	// Disks.
	{
		Name: "disk slow", Form: "disk slow <factor> <nodes>", Example: "at 5s for 10s: disk slow 20x leader",
		Doc:  "Everything that takes the disk time takes it so many times as long. Those that overlap multiply.",
		Undo: "the disk is restored", do: spoil(func(a Amount) sim.DiskFault { return sim.DiskFault{Slow: a.Float()} }),
	},
	{
		Name: "disk delay", Form: "disk delay <duration> <percentage> <nodes>", Example: "at 5s for 5s: disk delay 20ms 50% leader",
		Doc:  "So many of the reads, writes and syncs take so much longer. Those that overlap add up.",
		Undo: "the disk is restored", do: delayDisk,
	},
	{
		Name: "disk full", Form: "disk full <nodes>", Example: "at 5s for 5s: disk full n2",
		Doc:  "What would make a file longer fails.",
		Undo: "the disk is restored", do: spoil(func(Amount) sim.DiskFault { return sim.DiskFault{Full: true} }),
	},
	{
		Name: "disk read-error", Form: "disk read-error <percentage> <nodes>", Example: "at 5s for 5s: disk read-error 10% n1",
		Doc:  "So many of the reads fail.",
		Undo: "the disk is restored", do: spoil(func(a Amount) sim.DiskFault { return sim.DiskFault{ReadError: a.Float()} }),
	},
	{
		Name: "disk write-error", Form: "disk write-error <percentage> <nodes>", Example: "at 5s for 5s: disk write-error 10% n1",
		Doc:  "So many of the writes fail, of which some bytes may have been written.",
		Undo: "the disk is restored", do: spoil(func(a Amount) sim.DiskFault { return sim.DiskFault{WriteError: a.Float()} }),
	},
	{
		Name: "disk sync-error", Form: "disk sync-error <percentage> <nodes>", Example: "at 5s for 5s: disk sync-error 10% n1",
		Doc:  "So many of the syncs fail, and what they should have written counts as written.",
		Undo: "the disk is restored", do: spoil(func(a Amount) sim.DiskFault { return sim.DiskFault{SyncError: a.Float()} }),
	},
	{
		Name: "disk read-mistake", Form: "disk read-mistake <percentage> <nodes>", Example: "at 5s for 5s: disk read-mistake 10% n1",
		Doc:  "So many of the reads return wrong bytes, up to 8 in a row, and report success. What is on the disk stays right.",
		Undo: "the disk is restored", do: spoil(func(a Amount) sim.DiskFault { return sim.DiskFault{ReadMistake: a.Float()} }),
	},
	{
		Name: "disk write-mistake", Form: "disk write-mistake <percentage> <nodes>", Example: "at 5s for 5s: disk write-mistake 10% n1",
		Doc:  "So many of the writes put wrong bytes into the file, up to 8 in a row, and report success.",
		Undo: "the disk is restored; what was written wrong stays wrong", do: spoil(func(a Amount) sim.DiskFault { return sim.DiskFault{WriteMistake: a.Float()} }),
	},
	{
		Name: "disk sync-lies", Form: "disk sync-lies <nodes>", Example: "at 5s for 5s: disk sync-lies all",
		Doc:  "A sync reports success and makes nothing durable.",
		Undo: "the disk is restored", do: spoil(func(Amount) sim.DiskFault { return sim.DiskFault{SyncLies: true} }),
	},
	{
		Name: "disk torn-write", Form: "disk torn-write <percentage> <nodes>", Example: "at 5s for 5s: disk torn-write 50% n1 and crash n1",
		Doc:  "So many of the sectors that a crash lets through are torn: their first bytes new, the others old.",
		Undo: "the disk is restored", do: spoil(func(a Amount) sim.DiskFault { return sim.DiskFault{Torn: a.Float()} }),
	},
	{
		Name: "disk bit-rot", Form: "disk bit-rot <count> <nodes>", Example: "at 5s: disk bit-rot 3 n1", Instant: true,
		Doc: "So many bits flip in what is durable of one file, drawn from the seed.",
		do:  rot,
	},
}

// lookup finds the entry of that name, or nil.
func lookup(name string) *Entry {
	for i := range Catalog {
		if Catalog[i].Name == name {
			return &Catalog[i]
		}
	}
	return nil
}

// part is one word of a form: literal, or an amount, or the place.
type part struct {
	literal  string
	isAmount bool
	unit     Unit
	shape    shape
}

// grammar splits the form behind the name.
func (e *Entry) grammar() []part {
	form := strings.TrimPrefix(e.Form, e.Name)
	if strings.Contains(form, "|") {
		return []part{{shape: groups}}
	}
	var parts []part
	for _, word := range strings.Fields(form) {
		name, isPlace := strings.CutPrefix(strings.TrimSuffix(word, ">"), "<")
		unit, isAmount := unitNamed(name)
		switch {
		case !isPlace:
			parts = append(parts, part{literal: word})
		case isAmount:
			parts = append(parts, part{isAmount: true, unit: unit})
		default:
			parts = append(parts, part{shape: shape(name)})
		}
	}
	return parts
}

// shape is that of the entry's place; empty if it has none.
func (e *Entry) shape() shape {
	parts := e.grammar()
	return parts[len(parts)-1].shape
}

// shape is what the place of an act looks like.
type shape string

const (
	nodes  shape = "nodes"
	links  shape = "links"
	groups shape = "groups"
)

// seps are what may stand between groups of the shape.
func (s shape) seps() []string {
	switch s {
	case links:
		return []string{"->", "<->"}
	case groups:
		return []string{"|"}
	}
	return nil
}

func (s shape) example() string {
	return map[shape]string{nodes: `"n1", "leader" or "random 2"`, links: `"n1 -> n2"`, groups: `"majority | minority"`}[s]
}
