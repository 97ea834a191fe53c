package faults

import "time"

// Loader is a [Cluster] of which clients ask something, so that there can be load.
type Loader interface {
	Cluster

	// Surge has the clients ask so many times as often as without faults, from now
	// on. The factor is at least 1.
	Surge(factor float64)
}

// surge keeps a factor in force, which may change, and returns what ends it.
func (p *Plan) surge(by *float64) (undo func()) {
	p.surges = append(p.surges, by)
	p.setLoad()
	return func() {
		p.surges = without(p.surges, by)
		p.setLoad()
	}
}

// setLoad tells the clients what all surges come to.
func (p *Plan) setLoad() {
	total := 1.0
	for _, by := range p.surges {
		total = float64(total * *by)
	}
	p.c.(Loader).Surge(total)
}

func surge(d *doing) (func(), error) {
	by := d.amount(0).Float()
	return d.plan.surge(&by), nil
}

// ramp raises the load step by step, until it is undone or there.
func ramp(d *doing) (func(), error) {
	const steps, once = 50, 1000 // thousandths, in which a factor counts
	p, begin := d.plan, d.plan.w.Now()
	most, length := d.amount(0).N, d.amount(1).Duration()
	by := 1.0
	undo := p.surge(&by)
	over := false
	var rise func(step int64)
	rise = func(step int64) {
		if over {
			return
		}
		by = float64(once+(most-once)*step/steps) / once
		p.setLoad()
		if next := step + 1; next <= steps {
			at := begin + length/steps*time.Duration(next)
			if next == steps {
				at = begin + length
			}
			p.at(at, d.text, d.scope, func() { rise(next) })
		}
	}
	rise(0)
	return func() {
		over = true
		undo()
	}, nil
}
