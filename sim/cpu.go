package sim

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// cpu is a node's processor: cores, and a queue of what wants one.
type cpu struct {
	cores int
	speed float64
	busy  int
	queue waitlist
	ready int   // how many wait
	jobs  []job // under way, in the order in which they began
}

// job is the work of one process.
type job struct {
	p    *Proc
	left time.Duration // how long it will take, from its beginning or the last pause on
	due  int64         // the virtual time at which it is done
}

// Work takes one of the node's cores for d at full speed, after everything that
// asked before. It blocks for the wait and the work together, and longer by every
// pause of the node meanwhile.
func (p *Proc) Work(d time.Duration) {
	if d < 0 {
		panic(fmt.Sprintf("sim: Work(%v): work takes time or none", d))
	}
	p.willBlock("Work")
	c, asked := &p.node.cpu, p.w.now
	if c.busy >= c.cores {
		c.ready++
		p.onKill = (*cpuQueue)(c)
		p.wait(&c.queue, "Work, for a core", forever)
		c.ready--
	} else {
		c.busy++
	}
	p.w.emit(&fact{kind: KindWork, node: p.node, cause: p.w.cause, arg: uint64(d), since: asked})
	p.onKill = c
	p.blocked = "Work"
	c.begin(p, time.Duration(float64(d)/c.speed))
	p.park()
	c.end(p)
	p.onKill = nil
	p.w.emit(&fact{kind: KindWorkEnd, node: p.node, cause: p.w.cause, arg: uint64(d)})
	c.give()
}

// begin lets p work for d; on a node that is paused, when it resumes.
func (c *cpu) begin(p *Proc, d time.Duration) {
	j := job{p: p, left: d}
	if !p.node.paused {
		j.goOn()
	}
	c.jobs = append(c.jobs, j)
}

func (j *job) goOn() {
	w := j.p.w
	j.due = w.in(j.left)
	w.wakeAfter(j.left, j.p)
}

func (c *cpu) end(p *Proc) {
	c.jobs = slices.DeleteFunc(c.jobs, func(j job) bool { return j.p == p })
}

// pause stops all work, as resume lets it go on.
func (c *cpu) pause() {
	for i := range c.jobs {
		j := &c.jobs[i]
		j.left = time.Duration(j.due - j.p.w.now)
		j.p.unwake()
	}
}

func (c *cpu) resume() {
	for i := range c.jobs {
		c.jobs[i].goOn()
	}
}

// give hands a core to the next that waits; it stays busy then.
func (c *cpu) give() {
	if c.busy > c.cores || c.queue.ready() == nil {
		c.busy--
	}
}

// killed gives back the core of a process killed while it works.
func (c *cpu) killed(p *Proc) {
	c.end(p)
	c.give()
}

// cpuQueue is the cpu as one waits for it.
type cpuQueue cpu

func (q *cpuQueue) killed(p *Proc) {
	q.ready--
	if p.readied != nil { // it had been given a core
		(*cpu)(q).give()
	}
}

// reset is for a crash: the processes are gone, and what they held with them.
func (c *cpu) reset() { *c = cpu{cores: c.cores, speed: c.speed} }

// SetCores gives the node another number of cores, at least 1. Work under way is
// finished; fewer cores take effect as it ends.
func (n *Node) SetCores(cores int) {
	if cores < 1 {
		panic(fmt.Sprintf("sim: SetCores(%d) on node %s: a node has at least 1 core", cores, n.name))
	}
	n.cpu.cores = cores
	before := n.w.cause
	n.w.cause = n.cpuEvent(KindCores, strconv.Itoa(cores))
	for n.cpu.busy < cores && n.cpu.queue.ready() != nil {
		n.cpu.busy++
	}
	n.w.cause = before
}

// SetSpeed makes the node's cores run at a multiple of full speed: 0.1 is ten
// times slower. Work that has begun is not changed.
func (n *Node) SetSpeed(factor float64) {
	if !(factor > 0 && factor <= 1e6) {
		panic(fmt.Sprintf("sim: SetSpeed(%v) on node %s: the factor must be above 0 and at most 1e6", factor, n.name))
	}
	n.cpu.speed = factor
	n.cpuEvent(KindSpeed, strconv.FormatFloat(factor, 'g', -1, 64))
}

// Speed returns the multiple of full speed at which the node's cores run.
func (n *Node) Speed() float64 { return n.cpu.speed }

func (n *Node) cpuEvent(kind Kind, text string) uint64 {
	return n.w.emit(&fact{kind: kind, node: n, cause: n.w.cause, sum: hashString(text), text: text})
}

// Cores returns how many cores the node has and how many of them are busy.
func (n *Node) Cores() (all, busy int) { return n.cpu.cores, n.cpu.busy }

// WorkQueue returns how many processes wait for a core.
func (n *Node) WorkQueue() int { return n.cpu.ready }
