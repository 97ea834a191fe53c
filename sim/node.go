package sim

import (
	"fmt"
	"slices"
	"strings"
)

// Node is a machine: it has a clock, cores and a disk of its own, runs
// processes, and can crash. Its memory is lost then; its disk is not. Its
// methods are for those outside the cluster, at any time; simulated code that
// calls them on its own node commits suicide, which is allowed.
type Node struct {
	// What every message and every wait touch lies together, in three cache lines
	// with what the inbox begins with.
	clock       clock // of which its rate, the last word, is what is needed
	w           *World
	id          int32
	incarnation uint32 // odd while up: counts boots and crashes, so that old business is known
	site        int32
	client      bool
	up          bool
	paused      bool
	drawAt      int64 // the ordinal of a network draw among those of this instant
	draws       uint64
	stashed     []pending // what came due while it was paused
	ctx         *Proc     // what handlers and timers run on
	inbox       Port      // the port without a name

	name         string
	errorReplies float64 // what the impairments come to
	boot         func(p *Proc)
	first, last  *Proc // its processes, oldest first
	ports        []*Port

	cpu    cpu
	disk   *Disk
	labels []Field
	fields func() []Field

	impairments []*Impairment
	repliesAt   int64 // the ordinal of a call among those that reach the node at this instant
	replies     uint64

	_ [32]byte // so that each begins with a cache line
}

// Field is one thing that a node shows of itself, or an attribute of a span.
type Field struct{ Name, Value string }

func (w *World) addNode(name string, boot func(p *Proc), client bool) *Node {
	if name == "" || strings.ContainsAny(name, ":| \t\r\n") {
		panic(fmt.Sprintf("sim: node name %q: a name is not empty and has no colon, bar or white space", name))
	}
	if w.byName[name] != nil {
		panic(fmt.Sprintf("sim: there is already a node named %q", name))
	}
	if boot == nil {
		panic(fmt.Sprintf("sim: node %q has no function to boot", name))
	}
	n := &Node{w: w, id: int32(len(w.nodes)), name: name, boot: boot, client: client, drawAt: -1}
	n.inbox = Port{node: n, isDefault: true}
	n.cpu.cores, n.cpu.speed = w.config.Cores, 1
	w.nodes, w.names = append(w.nodes, n), append(w.names, name)
	w.byName[name] = n
	for _, p := range w.isolated {
		p.cutOff(n)
	}
	n.start()
	return n
}

// Name returns the node's name.
func (n *Node) Name() string { return n.name }

// World returns the world that the node is part of.
func (n *Node) World() *World { return n.w }

// Client says whether the node was added by [World.Client].
func (n *Node) Client() bool { return n.client }

// Up says whether the node is running, paused or not.
func (n *Node) Up() bool { return n.up }

// Paused says whether the node is paused.
func (n *Node) Paused() bool { return n.paused }

// Incarnation counts the node's boots, from 1.
func (n *Node) Incarnation() int { return int(n.incarnation+1) / 2 }

func (n *Node) start() {
	w := n.w
	n.up = true
	n.incarnation++
	before := w.cause
	w.cause = w.emit(&fact{kind: KindBoot, node: n, cause: before, arg: uint64(n.Incarnation())})
	p := w.spawn(n, n.name, n.boot)
	if n.client {
		p.client = true
		w.clients++
	}
	for _, i := range n.impairments {
		i.work()
	}
	w.cause = before
}

// Crash stops the machine as a loss of power does: every process is unwound,
// memory and what had not reached the disk are gone. To others it falls silent.
// A node that is down cannot crash again: that is nothing.
func (n *Node) Crash() {
	if n.up {
		n.crash()
		n.endCaller()
	}
}

func (n *Node) crash() {
	w := n.w
	w.emit(&fact{kind: KindCrash, node: n, cause: w.cause, arg: uint64(n.Incarnation())})
	n.up, n.paused = false, false
	n.incarnation++
	n.killAll()
	n.ctx = nil
	n.inbox = Port{node: n, isDefault: true}
	for i := range n.stashed {
		delete(w.sends, n.stashed[i].cause)
	}
	n.ports, n.stashed, n.fields = nil, nil, nil
	n.cpu.reset()
	if n.disk != nil {
		n.disk.crash()
	}
}

// endCaller unwinds the process that runs now if it belonged to what has crashed.
func (n *Node) endCaller() {
	if p := n.w.running; p != nil && p.node == n && !p.handler && p.crashed() {
		n.w.kill(p)
	}
}

// killAll unwinds every process of the crashed incarnation but the one that runs
// now. What a process defers may restart the node: those that boot are spared.
func (n *Node) killAll() {
	for {
		p := n.first
		for p != nil && (p == n.w.running || p.killed || !p.crashed()) {
			p = p.younger
		}
		if p == nil {
			return
		}
		n.w.kill(p)
	}
}

// Restart boots a node that is down. A node that is up is crashed first.
func (n *Node) Restart() {
	if n.up {
		n.crash()
	}
	if !n.up { // nothing that was unwound has restarted it already
		n.start()
	}
	n.endCaller()
}

// Pause stops the machine from running as a stopped process or a long garbage
// collection does: memory is kept, messages and timers wait, work stands still.
// What has reached the machine has arrived, whatever becomes of the link.
func (n *Node) Pause() {
	if !n.up || n.paused {
		return
	}
	n.paused = true
	n.cpu.pause()
	n.w.emit(&fact{kind: KindPause, node: n, cause: n.w.cause})
}

// Resume lets a paused node go on. All that came meanwhile comes at once, in the
// order in which it was due; of work, what was left is done now.
func (n *Node) Resume() {
	if !n.paused {
		return
	}
	w := n.w
	n.paused = false
	before := w.cause
	w.cause = w.emit(&fact{kind: KindResume, node: n, cause: before})
	n.cpu.resume()
	if len(n.stashed) != 0 {
		w.fireAfter(0, n, 0)
	}
	w.cause = before
}

// fire lets the first of what waited happen. The next comes a nanosecond later,
// since equal times would be shuffled; until then it can still be taken back.
func (n *Node) fire(w *World, _ uint64) {
	if n.paused || len(n.stashed) == 0 {
		return
	}
	e := n.stashed[0]
	if n.stashed = n.stashed[1:]; len(n.stashed) != 0 {
		w.fireAfter(1, n, 0)
	}
	p := e.proc
	if e.kind == doWake {
		p = w.wakeUp(p, e.cause)
	} else {
		p = w.dispatch(&e)
	}
	if p != nil {
		w.enter(p)
	}
}

// stash keeps what came due while the node was paused.
func (n *Node) stash(e pending) { n.stashed = append(n.stashed, e) }

// unstash takes back what matches, and says whether there was anything.
func (n *Node) unstash(match func(e pending) bool) bool {
	before := len(n.stashed)
	n.stashed = slices.DeleteFunc(n.stashed, match)
	return len(n.stashed) != before
}

// adopt and disown keep the node's processes in the order in which they began:
// unwinding must not depend on the pool.
func (n *Node) adopt(p *Proc) {
	p.older, p.younger = n.last, nil
	if n.last != nil {
		n.last.younger = p
	} else {
		n.first = p
	}
	n.last = p
}

func (n *Node) disown(p *Proc) {
	if p.older != nil {
		p.older.younger = p.younger
	} else {
		n.first = p.younger
	}
	if p.younger != nil {
		p.younger.older = p.older
	} else {
		n.last = p.older
	}
}

// inline returns the process on which handlers and timers run.
func (n *Node) inline() *Proc {
	if n.ctx == nil {
		n.ctx = &Proc{w: n.w, node: n, name: n.name, incarnation: n.incarnation, handler: true, index: -1}
	}
	n.ctx.span = 0
	return n.ctx
}

// Show says how the node shows itself to people: role, term, log, lag. The
// function is asked whenever somebody looks; it must be cheap and change nothing.
// A crash forgets it, like all memory.
func (p *Proc) Show(fields func() []Field) {
	if !p.gone() {
		p.node.fields = fields
	}
}

// Fields returns what the node shows of itself, in its order.
func (n *Node) Fields() []Field {
	if n.fields == nil {
		return nil
	}
	return n.fields()
}

// Field returns the value of one field, or "".
func (n *Node) Field(name string) string {
	for _, f := range n.Fields() {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// SetLabel gives the node a label, by which faults and checks may select it.
func (n *Node) SetLabel(name, value string) {
	for i := range n.labels {
		if n.labels[i].Name == name {
			n.labels[i].Value = value
			return
		}
	}
	n.labels = append(n.labels, Field{name, value})
}

// Label returns the value of a label, or "".
func (n *Node) Label(name string) string {
	for _, f := range n.labels {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}
