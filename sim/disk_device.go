package sim

import (
	"fmt"
	"math"
	"time"
)

// What the randomness of an operation is drawn for: each has a stream of its own,
// so that a fault switched on moves no latency.
const (
	drawTime uint64 = iota + 1
	drawError
	drawCrash
	drawRot
	drawDelay
	drawMistake
)

// operation is one call on a disk.
type operation struct {
	disk       *Disk
	p          *Proc
	verb, name string
	bytes      int64
	at         int64 // this and the ordinal are the key of its randomness
	ordinal    uint64
	began      uint64 // its KindDisk event, 0 if there is none yet
}

func (d *Disk) operation(p *Proc, verb, name string, bytes int64) operation {
	if now := d.node.w.now; d.at != now {
		d.at, d.ordinal = now, 0
	}
	d.ordinal++
	return operation{disk: d, p: p, verb: verb, name: name, bytes: bytes, at: d.at, ordinal: d.ordinal}
}

// rand returns the randomness of the operation for one purpose. It is keyed by
// the time and the ordinal among the operations of this instant: one operation
// more, earlier or on another disk, changes nothing for this one.
func (o *operation) rand(purpose uint64) Rand {
	return rand3(o.disk.node.w.config.Seed, o.disk.key+purpose, uint64(o.at), o.ordinal)
}

// fails says whether the operation meets a fault of that probability.
func (o *operation) fails(chance float64) bool {
	if chance == 0 {
		return false
	}
	r := o.rand(drawError)
	return r.Bool(chance)
}

// time is how long the disk needs for the operation, of which it moves bytes.
func (o *operation) time(d *Dist, bytes int64) time.Duration {
	late := o.delay()
	if d.IsZero() && o.disk.config.Bandwidth == 0 {
		return late
	}
	r := o.rand(drawTime)
	t := d.Sample(&r)
	if bw := o.disk.config.Bandwidth; bw > 0 {
		t += time.Duration(bytes * billion / bw)
	}
	if slow := o.disk.total.Slow; slow != 1 {
		t = time.Duration(min(float64(float64(t)*slow), math.MaxInt64/2))
	}
	return t + min(late, math.MaxInt64/4)
}

// delay is how much later the operation is for faults that delay.
func (o *operation) delay() time.Duration {
	if len(o.disk.effects) == 0 {
		return 0
	}
	late := time.Duration(0)
	r := o.rand(drawDelay)
	for _, e := range o.disk.effects {
		if f := &e.fault; f.Delay > 0 && r.Bool(orDefault(f.DelayRate, 1)) {
			late = min(late+f.Delay, longestDelay)
		}
	}
	return late
}

// mistaken returns the bytes, or, with that probability, others, of which some are
// wrong.
func (o *operation) mistaken(b []byte, chance float64) []byte {
	if chance == 0 || len(b) == 0 {
		return b
	}
	r := o.rand(drawMistake)
	if !r.Bool(chance) {
		return b
	}
	const most = 8
	wrong := append([]byte(nil), b...)
	from := r.IntN(len(b))
	length := 1 + r.IntN(min(most, len(b)-from))
	for i := from; i < from+length; i++ {
		wrong[i] ^= byte(1 + r.IntN(0xff))
	}
	o.disk.tell("mistake: "+o.verb+" "+o.name, uint64(from), uint64(length))
	return wrong
}

// pass lets time pass, without need of the device.
func (o *operation) pass(t time.Duration) {
	if t == 0 {
		return
	}
	o.p.w.wakeAfter(t, o.p)
	o.p.park()
	o.p.onKill = nil
}

// occupy waits for the device, after all who asked before, and takes it for the
// time of the operation.
func (o *operation) occupy(call string, t time.Duration) {
	d, p := o.disk, o.p
	if t == 0 && d.holder == nil {
		return
	}
	o.block(call)
	if d.holder != nil {
		p.wait(&d.queue, call, forever) // whoever wakes it has made it the holder
	}
	d.holder = p
	if t > 0 {
		p.w.wakeAfter(t, p)
		p.park()
	}
	p.onKill = nil
	d.free()
}

// block is how an operation that takes time begins.
func (o *operation) block(call string) {
	o.p.willBlock(call)
	o.begin()
	o.p.w.cause = o.began
	o.p.onKill = o.disk
}

// free gives the device to the next that waits.
func (d *Disk) free() { d.holder = d.queue.ready() }

// killed frees the device of a process that was killed while it had it.
func (d *Disk) killed(p *Proc) {
	if d.holder == p {
		d.free()
	}
}

func (o *operation) begin() {
	w := o.disk.node.w
	f := fact{
		kind: KindDisk, node: o.disk.node, cause: w.cause, arg: uint64(o.bytes),
		sum: mix(hashString(o.verb), hashString(o.name)),
	}
	if len(w.observers) != 0 {
		f.text = o.verb + " " + o.name
	}
	o.began = w.emit(&f)
}

// end is how every operation ends. One that took no time and went well leaves no
// event.
func (o *operation) end(err error) error {
	if err == nil && o.began == 0 {
		return nil
	}
	if o.began == 0 {
		o.begin()
	}
	w := o.disk.node.w
	f := fact{kind: KindDiskEnd, node: o.disk.node, cause: w.cause, arg: o.began}
	if err != nil {
		f.text = err.Error()
		f.sum = hashString(f.text)
		err = fmt.Errorf("%s %s: %w", o.verb, o.name, err)
	}
	w.emit(&f)
	return err
}
