package cache

import (
	"container/list"
	"time"
)

// Which entry goes when there is no room.
const (
	EvictLRU = "lru" // the one used the longest time ago
	EvictLFU = "lfu" // the one used least often; of several, the one used the longest time ago
)

// policy orders the keys of a memory by how soon they may go. Everything it does
// takes constant time.
type policy interface {
	add(key string)    // a key that is new
	touch(key string)  // a key that is there was used
	remove(key string) // a key that is there has gone
	victim() string    // the key that goes first; there must be one
}

func newPolicy(kind string) policy {
	if kind == EvictLFU {
		return &lfu{counts: list.New(), at: map[string]*list.Element{}}
	}
	return &lru{order: list.New(), at: map[string]*list.Element{}}
}

// lru keeps the keys in the order of their last use, the latest first.
type lru struct {
	order *list.List // of keys
	at    map[string]*list.Element
}

func (l *lru) add(key string)   { l.at[key] = l.order.PushFront(key) }
func (l *lru) touch(key string) { l.order.MoveToFront(l.at[key]) }
func (l *lru) victim() string   { return l.order.Back().Value.(string) }
func (l *lru) remove(key string) {
	l.order.Remove(l.at[key])
	delete(l.at, key)
}

// lfu is the algorithm of Shah, Mitra and Matani, "An O(1) algorithm for
// implementing the LFU cache eviction scheme" (2010): a list of counts that occur,
// in order, each with the keys that have been used so often, the latest first. A
// use moves a key to the next count. Counts are for as long as the key is there.
type lfu struct {
	counts *list.List // of *uses, the least first
	at     map[string]*list.Element
}

// uses are the keys used so often.
type uses struct {
	count int
	keys  *list.List // of *use
}

type use struct {
	key string
	of  *list.Element // in lfu.counts
}

func (l *lfu) add(key string) {
	first := l.counts.Front()
	if first == nil || first.Value.(*uses).count != 1 {
		first = l.counts.PushFront(&uses{1, list.New()})
	}
	l.put(key, first)
}

func (l *lfu) put(key string, of *list.Element) {
	l.at[key] = of.Value.(*uses).keys.PushFront(&use{key, of})
}

func (l *lfu) touch(key string) {
	was := l.at[key].Value.(*use).of
	count := was.Value.(*uses).count + 1
	next := was.Next()
	if next == nil || next.Value.(*uses).count != count {
		next = l.counts.InsertAfter(&uses{count, list.New()}, was)
	}
	l.remove(key)
	l.put(key, next)
}

func (l *lfu) remove(key string) {
	of := l.at[key].Value.(*use).of
	keys := of.Value.(*uses).keys
	keys.Remove(l.at[key])
	if keys.Len() == 0 {
		l.counts.Remove(of)
	}
	delete(l.at, key)
}

func (l *lfu) victim() string {
	return l.counts.Front().Value.(*uses).keys.Back().Value.(*use).key
}

// memory is what a cache node holds: at most so many rows, absent ones included,
// each until it expires.
type memory struct {
	capacity int
	expiry   bool // whether a row that has expired is one no more
	entries  map[string]entry
	policy   policy
	evicted  int
}

type entry struct {
	row     Row
	expires time.Duration // by the node's monotonic clock; 0 is never
}

func newMemory(kind string, capacity int) *memory {
	return &memory{capacity: capacity, expiry: true, entries: map[string]entry{}, policy: newPolicy(kind)}
}

// get returns the row of a key, if it is there and has not expired.
func (m *memory) get(now time.Duration, key string) (Row, bool) {
	e, ok := m.entries[key]
	if ok && m.expiry && e.expires != 0 && now >= e.expires {
		m.delete(key)
		return Row{}, false
	}
	if ok {
		m.policy.touch(key)
	}
	return e.row, ok
}

// set puts a row in. If there is no room, another goes.
func (m *memory) set(key string, row Row, expires time.Duration) {
	if _, ok := m.entries[key]; ok {
		m.policy.touch(key)
	} else {
		if len(m.entries) >= m.capacity {
			m.delete(m.policy.victim())
			m.evicted++
		}
		m.policy.add(key)
	}
	m.entries[key] = entry{row, expires}
}

func (m *memory) delete(key string) {
	if _, ok := m.entries[key]; ok {
		m.policy.remove(key)
		delete(m.entries, key)
	}
}
