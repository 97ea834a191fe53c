package tape

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/sim"
)

// What was dropped is taped again by running the run again. Runs that have done so wait
// where they stopped: who goes on looking forward need not begin from the beginning.
const (
	mostParked = 3               // runs that wait
	wanted     = 2 * time.Second // of real time: who still wants what was asked for asks again sooner
)

// repeats are the runs of a tape that are run again.
type repeats struct {
	wants  map[int]time.Time // chunks that were asked for, and when last
	going  bool              // a goroutine is at work
	parked []*repeat         // that which was at work last stands last
	broken bool              // the run was seen not to be repeatable
	began  int               // the chunk for which a run was begun last
	lead   int               // chunks that are watched before the first that is taped
}

// repeat is a run that is run again.
type repeat struct {
	watcher
	run         *scenarios.Run
	at          uint64   // the event that it has come to
	from, until int      // the chunks to be taped again, if they were dropped
	unsee       func()   // ends the watching; nil if it does not watch
	filled      []*chunk // those that are being taped again
}

// Repeating returns the event that a run which is run again has come to, and the one that
// it is run to; false if there is none.
func (t *Tape) Repeating() (at, to uint64, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	a := &t.again
	if !a.going || len(a.wants) == 0 {
		return 0, 0, false
	}
	if len(a.parked) > 0 {
		at = a.parked[len(a.parked)-1].at
	}
	return at, first(slices.Min(slices.Collect(maps.Keys(a.wants)))), true
}

// Stop ends the recording. What there is can still be looked at.
func (t *Tape) Stop() {
	t.cancelled.Store(true)
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.again.parked) > 0 {
		t.wake()
	}
}

// want asks for the events of a chunk.
func (t *Tape) want(k int) {
	a := &t.again
	if t.cancelled.Load() || a.broken {
		return
	}
	if a.wants == nil {
		a.wants, a.lead = map[int]time.Time{}, 1
	}
	a.wants[k] = time.Now()
	t.wake()
}

// wake has a goroutine do what is to be done.
func (t *Tape) wake() {
	if !t.again.going {
		t.again.going = true
		go t.repeat()
	}
}

// repeat runs again what is wanted, until nothing is.
func (t *Tape) repeat() {
	for {
		t.mu.Lock()
		if t.cancelled.Load() || t.again.broken {
			parked := t.again.parked
			t.again.parked, t.again.going = nil, false
			t.mu.Unlock()
			for _, r := range parked {
				r.run.Close()
			}
			return
		}
		r, old := t.plan()
		t.again.going = r != nil
		t.mu.Unlock()
		if old != nil {
			old.run.Close()
		}
		if r == nil {
			return
		}
		if err := r.advance(); err != nil {
			t.mu.Lock()
			t.again.broken = true
			if t.err == nil {
				t.err = fmt.Errorf("the run is not repeatable: %w", err)
			}
			t.mu.Unlock()
		}
	}
}

// plan returns the run that is to go on, or nil, and one that is to be closed for it, or
// nil.
func (t *Tape) plan() (next, old *repeat) {
	a, now := &t.again, time.Now()
	maps.DeleteFunc(a.wants, func(k int, asked time.Time) bool {
		return now.Sub(asked) > wanted || t.chunks[k].records != nil
	})
	if len(a.wants) == 0 { // go on a little: who looks goes on, perhaps
		if n := len(a.parked); n > 0 && a.parked[n-1].chunk() < a.parked[n-1].until {
			return a.parked[n-1], nil
		}
		return nil, nil
	}
	k := slices.Min(slices.Collect(maps.Keys(a.wants)))
	best := -1
	for i, r := range a.parked {
		if r.canTape(k) && (best < 0 || r.at > a.parked[best].at) {
			best = i
		}
	}
	if best >= 0 {
		next = a.parked[best]
		a.parked = slices.Delete(a.parked, best, best+1)
	} else {
		if len(a.parked) == mostParked {
			old = a.parked[0]
			a.parked = slices.Delete(a.parked, 0, 1)
		}
		if a.began == k { // the last one came past without seeing it begin
			a.lead = min(a.lead*8, len(t.chunks))
		}
		a.began = k
		next = &repeat{watcher: watcher{tape: t}}
	}
	if k < next.from || k >= next.until {
		around := max(t.budget/chunkSize/8, 1)
		next.from, next.until = max(k-around, pinned), k+around+1
	}
	next.until = min(next.until, len(t.chunks)-1)
	a.parked = append(a.parked, next)
	return next, old
}

// chunk is the chunk of the next event.
func (r *repeat) chunk() int { return chunkOf(r.at + 1) }

// canTape says whether the run will see the whole of a chunk.
func (r *repeat) canTape(k int) bool {
	return r.chunk() < k || r.filling(k) != nil || r.at+1 == first(k) && r.unsee != nil
}

// filling returns the chunk if it is being taped again, or nil.
func (r *repeat) filling(k int) *chunk {
	for _, c := range r.filled {
		if chunkOf(c.begin) == k {
			return c
		}
	}
	return nil
}

// advance lets the run go on for some time.
func (r *repeat) advance() (err error) {
	defer func() {
		if wrong := recover(); wrong != nil {
			err = fmt.Errorf("run again, it fails: %v", wrong)
		}
	}()
	t := r.tape
	if r.run == nil {
		if r.run, err = scenarios.NewRun(t.scenario, t.options); err != nil {
			return err
		}
		r.run.Start()
		t.mu.Lock()
		r.enter(r.run.World)
		t.mu.Unlock()
	}
	w := r.run.World
	to := uint64(r.chunk()+1) * chunkSize
	t.mu.Lock()
	begin := r.from - t.again.lead
	t.mu.Unlock()
	if r.chunk() < begin {
		to = uint64(min(begin, r.chunk()+16)) * chunkSize
		r.watch(false)
	} else {
		r.watch(true)
	}
	w.RunTo(to)
	t.mu.Lock()
	defer t.mu.Unlock()
	if r.at = w.Events(); r.at < to && !t.again.broken {
		return fmt.Errorf("run again, it ends after event %d", r.at)
	}
	return nil
}

// watch begins to look at events, or ends it.
func (r *repeat) watch(on bool) {
	switch {
	case on && r.unsee == nil:
		r.step, r.dirty, r.under = r.at+1, nil, map[uint64]uint64{}
		r.unsee = r.run.World.Observe(r)
	case !on && r.unsee != nil:
		r.unsee()
		r.unsee, r.filled = nil, nil
	}
}

// Event takes in an event of the run that is run again.
func (r *repeat) Event(e *sim.Event) {
	t := r.tape
	t.mu.Lock()
	defer t.mu.Unlock()
	if r.begins(e) {
		r.settle(e.Number - 1)
	}
	k := chunkOf(e.Number)
	if e.Number == first(k) {
		r.reach(k)
	}
	send, ended := r.travel(e)
	if c := r.filling(k); c != nil {
		r.add(c, e, send, ended)
	} else {
		r.touch(r.id(e.Node))
	}
}

// reach is at the first event of a chunk, which must be what it was.
func (r *repeat) reach(k int) {
	t := r.tape
	if k >= len(t.chunks) {
		return
	}
	c := t.chunks[k]
	if r.run.World.Hash() != c.hash && !t.again.broken {
		t.again.broken = true
		t.err = fmt.Errorf("the run is not repeatable: run again, it differs by event %d", first(k))
	}
	r.states = slices.Clone(c.nodes)
	for len(r.states) < len(r.nodes) {
		r.states = append(r.states, nil)
	}
	clear(r.under)
	for _, f := range c.flying {
		r.under[f.last] = f.Send
	}
	if k >= r.from && k < len(t.chunks)-1 && c.records == nil {
		r.filled = append(r.filled, &chunk{begin: first(k), records: make([]entry, 0, chunkSize)})
	}
}

// settle asks the nodes what they show after an event, and hands over what is done.
func (r *repeat) settle(number uint64) {
	if number == 0 {
		return
	}
	if c := r.filling(chunkOf(number)); c != nil {
		r.ask(c, number)
	}
	r.dirty = r.dirty[:0]
	t := r.tape
	for len(r.filled) > 0 && r.filled[0].begin+chunkSize-1 <= number {
		k := chunkOf(r.filled[0].begin)
		if c := t.chunks[k]; c.records == nil && !t.again.broken {
			c.records, c.changes = r.filled[0].records, r.filled[0].changes
			t.keep(k)
		}
		r.filled = r.filled[1:]
	}
}
