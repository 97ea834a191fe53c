package faults

import (
	"errors"
	"slices"

	"github.com/orrery-sim/orrery/sim"
)

// doing is an act that is done now.
type doing struct {
	plan  *Plan
	scope *scope
	aimed *aimed
	text  string
	rand  *sim.Rand
	nodes []*machine
}

func (d *doing) amount(i int) Amount { return d.aimed.act.Amounts[i] }

// on does something to each of the nodes, and returns what undoes all of it, the
// last first.
func (d *doing) on(do func(m *machine) (undo func())) func() {
	var undo []func()
	for _, m := range d.nodes {
		undo = append(undo, do(m))
	}
	return backward(undo)
}

// onLinks is on for links.
func (d *doing) onLinks(do func(l Link) (undo func())) func() {
	var undo []func()
	for _, l := range d.aimed.links {
		undo = append(undo, do(l))
	}
	return backward(undo)
}

func backward(undo []func()) func() {
	return func() {
		for _, f := range slices.Backward(undo) {
			f()
		}
	}
}

func cut(d *doing) (func(), error) {
	return d.onLinks(func(l Link) func() { return d.plan.w.Cut(l.From, l.To).Mend }), nil
}

func hold(d *doing) (func(), error) {
	return d.onLinks(func(l Link) func() { return d.plan.w.Hold(l.From, l.To).Release }), nil
}

// message is the number of the send of the message that the act is done to.
func (d *doing) message() uint64 { return uint64(d.amount(0).N) }

func dropMessage(d *doing) (func(), error) { return nil, d.plan.w.DropMessage(d.message()) }

func deliverMessage(d *doing) (func(), error) { return nil, d.plan.w.DeliverMessage(d.message()) }

func holdMessage(d *doing) (func(), error) {
	h, err := d.plan.w.HoldMessage(d.message())
	if err != nil {
		return nil, err
	}
	return h.Release, nil
}

// degrade makes the links worse by what an amount comes to.
func degrade(by func(Amount) sim.Link) func(d *doing) (func(), error) {
	return func(d *doing) (func(), error) {
		worse := by(d.amount(0))
		return d.onLinks(func(l Link) func() { return d.plan.w.Degrade(l.From, l.To, worse).Restore }), nil
	}
}

// spoil makes the disks worse by what an amount, if there is one, comes to.
func spoil(by func(Amount) sim.DiskFault) func(d *doing) (func(), error) {
	return func(d *doing) (func(), error) {
		var a Amount
		if len(d.aimed.act.Amounts) > 0 {
			a = d.amount(0)
		}
		worse := by(a)
		return d.on(func(m *machine) func() { return m.node.Disk().Degrade(worse).Restore }), nil
	}
}

func delayDisk(d *doing) (func(), error) {
	worse := sim.DiskFault{Delay: d.amount(0).Duration(), DelayRate: d.amount(1).Float()}
	return d.on(func(m *machine) func() { return m.node.Disk().Degrade(worse).Restore }), nil
}

// rot flips bits of one file of each disk.
func rot(d *doing) (func(), error) {
	rotten := false
	for _, m := range d.nodes {
		disk := m.node.Disk()
		files := disk.Files()
		d.rand.Shuffle(len(files), func(i, j int) { files[i], files[j] = files[j], files[i] })
		bits := int(d.amount(0).N)
		rotten = slices.ContainsFunc(files, func(name string) bool { return disk.Rot(name, bits) }) || rotten
	}
	if !rotten {
		return nil, errors.New("nothing is durable on the disk")
	}
	return nil, nil
}

func crash(d *doing) (func(), error) {
	return d.on(func(m *machine) func() { return m.crash() }), nil
}

func wipe(d *doing) (func(), error) {
	undo := d.on(func(m *machine) func() { return m.crash() })
	for _, m := range d.nodes {
		m.node.Disk().Wipe()
	}
	return undo, nil
}

// restart leaves alone what another fault keeps down.
func restart(d *doing) (func(), error) {
	d.nodes = slices.DeleteFunc(d.nodes, func(m *machine) bool { return m.down > 0 })
	if len(d.nodes) == 0 {
		return nil, errors.New("another fault keeps it down")
	}
	for _, m := range d.nodes {
		m.node.Restart()
	}
	return nil, nil
}

func pause(d *doing) (func(), error) {
	return d.on((*machine).pause), nil
}

func failReplies(d *doing) (func(), error) {
	rate := d.amount(0).Float()
	return d.on(func(m *machine) func() { return m.node.FailReplies(rate).Restore }), nil
}

func failLookups(d *doing) (func(), error) {
	return d.onLinks(func(l Link) func() { return d.plan.w.Lookup(l.From).FailLookup(l.To).Restore }), nil
}

func expire(d *doing) (func(), error) {
	return d.on(func(m *machine) func() { return m.node.ExpireCertificate().Restore }), nil
}

func stress(d *doing) (func(), error) {
	workers, load := int(d.amount(0).N), d.amount(1).Float()
	return d.on(func(m *machine) func() { return m.node.Stress(workers, load).Restore }), nil
}

func slow(d *doing) (func(), error) {
	by := d.amount(0).Float()
	return d.on(func(m *machine) func() { return m.slow(by) }), nil
}

func cores(d *doing) (func(), error) {
	want := int(d.amount(0).N)
	for _, m := range d.nodes {
		if has := m.allCores(); has <= want {
			return nil, tooFewCores(m.node.Name(), has, want)
		}
	}
	return d.on(func(m *machine) func() { return m.leave(want) }), nil
}

func jump(d *doing) (func(), error) {
	by := d.amount(0).Duration()
	return d.on(func(m *machine) func() { return m.jump(by) }), nil
}

func drift(d *doing) (func(), error) {
	by := d.amount(0)
	return d.on(func(m *machine) func() { return m.drift(by.N) }), nil
}

// strobe makes the clocks jump forward and back until it is undone.
func strobe(d *doing) (func(), error) {
	by, every := d.amount(0).Duration(), d.amount(1).Duration()
	var back func()
	var flip func()
	flip = func() {
		if back == nil {
			back = d.on(func(m *machine) func() { return m.jump(by) })
		} else {
			back()
			back = nil
		}
		d.plan.at(d.plan.w.Now()+every, d.text, d.scope, flip)
	}
	flip()
	return func() {
		if back != nil {
			back()
		}
	}, nil
}

// reason is an error in a line of the log.
func reason(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Text
	}
	return err.Error()
}
