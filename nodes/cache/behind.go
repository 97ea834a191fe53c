package cache

import (
	"slices"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/sim"
)

// behind is the writes that a cache node has acknowledged and the store does not have
// yet: of each key the last. It is memory: a crash loses it.
type behind struct {
	*node
	values map[string]pendingWrite
	order  []string // the keys, those that have waited longest first
	more   sim.Cond
}

// pendingWrite is a value and the number under which the store is to have it.
type pendingWrite struct {
	value  checker.Value
	number uint64
}

func newBehind(n *node) *behind {
	return &behind{node: n, values: map[string]pendingWrite{}}
}

// get is the value of a key that waits to be written.
func (b *behind) get(key string) (checker.Value, bool) {
	w, ok := b.values[key]
	return w.value, ok
}

// add puts a write in the queue, in the place of an earlier one of the key. It says
// no when there is no room: then the row is to be written through.
func (b *behind) add(key string, value checker.Value) bool {
	_, there := b.values[key]
	if !there && (len(b.values) >= b.Queue || b.writing[key] != nil) {
		return false
	}
	b.writes++
	b.values[key] = pendingWrite{value, b.writes}
	if !there {
		b.order = append(b.order, key)
		b.more.Signal()
	}
	return true
}

// drop takes a key out: the store has it.
func (b *behind) drop(key string) {
	if _, there := b.values[key]; there {
		delete(b.values, key)
		b.order = slices.DeleteFunc(b.order, func(k string) bool { return k == key })
	}
}

// flush writes the queue to the store, again and again: all that is in it, then a
// pause. A write that fails is tried again, with the same number.
func (b *behind) flush(p *sim.Proc) {
	for {
		for len(b.order) == 0 {
			b.more.Wait(p)
		}
		p.Sleep(b.Flush)
		for _, key := range slices.Clone(b.order) {
			b.send(p, key)
		}
	}
}

// send writes one key. A write of the key that came meanwhile stays in the queue.
func (b *behind) send(p *sim.Proc, key string) {
	w, ok := b.values[key]
	if !ok {
		return
	}
	err := b.Store.Write(p, Update{key, w.value, b.name, w.number}, b.StoreTimeout)
	if err == nil && (b.values[key].number == w.number || b.mistake == dropsLaterWrite) {
		b.drop(key)
	}
}
