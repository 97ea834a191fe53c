package service

import (
	"time"

	"github.com/orrery-sim/orrery/sim"
)

// Rollout restarts servers one after the other, as a new version of their program does.
type Rollout struct {
	Balancer string // the address
	Servers  []string
	Start    time.Duration // when it begins
	Takes    time.Duration // how long a server is down
	Drain    bool          // have the balancer send nothing to a server before it is stopped
	Patience time.Duration // how long to wait for a server's last requests

	Milestone func(p *sim.Proc, text string)
}

// Run is the code of the machine that does it. It stands for an operator: it stops
// machines as nobody inside the cluster could.
func (d Rollout) Run(p *sim.Proc) {
	p.Sleep(d.Start)
	for _, name := range d.Servers {
		n := p.World().Lookup(name)
		if d.Drain {
			d.drain(p, name)
		}
		if n.Up() { // a fault may have been faster
			d.Milestone(p, "stops "+name)
			n.Crash()
			p.Sleep(d.Takes)
			n.Restart()
		}
		d.await(p, name)
		if d.Drain {
			d.ask(p, Drain{name, false})
		}
	}
	d.Milestone(p, "has rolled out")
}

// pause is between one look and the next.
const pause = 20 * time.Millisecond

// drain waits until a server has answered its last requests.
func (d Rollout) drain(p *sim.Proc, name string) {
	d.ask(p, Drain{name, true})
	for end := p.Elapsed() + d.Patience; p.Elapsed() < end && d.ask(p, Load{Server: name}).Outstanding > 0; {
		p.Sleep(pause)
	}
}

// ask asks the balancer until it answers.
func (d Rollout) ask(p *sim.Proc, question any) Load {
	for {
		answer, err := sim.Call[Load](p, d.Balancer, question, time.Second)
		if err == nil {
			return answer
		}
		p.Sleep(pause)
	}
}

// await waits until a server is well, and the balancer knows it.
func (d Rollout) await(p *sim.Proc, name string) {
	for {
		if _, err := sim.Call[Alive](p, name, Probe{}, time.Second); err == nil {
			break
		}
		p.Sleep(pause)
	}
	for d.ask(p, Load{Server: name}).Out {
		p.Sleep(pause)
	}
}
