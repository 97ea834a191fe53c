package replica

import (
	"slices"

	"github.com/orrery-sim/orrery/checker"
)

// log is the history of the data as one server knows it: a state, and the entries
// that follow it.
type log struct {
	base    *state
	marks   []Mark  // of all epochs, from the first on; shared with messages, so never changed
	entries []Entry // after the base; shared with messages likewise
	latest  map[string]ticket
}

// ticket is the last write of a client that is in the log.
type ticket struct {
	seq uint64
	at  Position
}

func newLog() *log { return &log{base: newState(), latest: map[string]ticket{}} }

func (l *log) last() uint64 { return l.base.index + uint64(len(l.entries)) }

// epochAt returns the epoch of the entry at an index, or 0.
func epochAt(marks []Mark, index uint64) uint64 {
	for _, m := range slices.Backward(marks) {
		if m.First <= index {
			return m.Epoch
		}
	}
	return 0
}

// at is the position of an index.
func (l *log) at(index uint64) Position { return Position{epochAt(l.marks, index), index} }

// has says whether a position is in the log, kept or not.
func (l *log) has(x Position) bool {
	return x.Index == 0 || x.Index <= l.last() && epochAt(l.marks, x.Index) == x.Epoch
}

// begin returns the index at which an epoch begins, or 0.
func (l *log) begin(epoch uint64) uint64 {
	for _, m := range l.marks {
		if m.Epoch == epoch {
			return m.First
		}
	}
	return 0
}

// add puts an entry at the end.
func (l *log) add(e Entry) {
	if epochAt(l.marks, e.Index) != e.Epoch {
		l.marks = append(slices.Clip(l.marks), Mark{e.Epoch, e.Index})
	}
	l.entries = append(l.entries, e)
	if e.Client != "" {
		l.latest[e.Client] = ticket{e.Seq, Position{e.Epoch, e.Index}}
	}
}

// after returns what is kept from one index on, that one not included, to another, but
// at most so many.
func (l *log) after(from, to uint64, most int) []Entry {
	if to > from {
		to = min(to, from+min(to-from, uint64(most)))
	}
	if from >= to {
		return nil
	}
	return slices.Clip(l.entries[from-l.base.index : to-l.base.index])
}

// common returns the index up to which two histories agree: the last entries of each
// epoch decide, as with PostgreSQL's timelines and Kafka's leader epochs.
func (l *log) common(marks []Mark, last uint64) uint64 {
	i := min(l.last(), last)
	for i > 0 && epochAt(l.marks, i) != epochAt(marks, i) {
		i = max(firstOf(l.marks, i), firstOf(marks, i)) - 1
	}
	return i
}

// firstOf is the index at which the epoch of an entry begins.
func firstOf(marks []Mark, index uint64) uint64 {
	for _, m := range slices.Backward(marks) {
		if m.First <= index {
			return m.First
		}
	}
	return 1
}

// truncate drops all entries behind an index, which must not be before the base.
func (l *log) truncate(keep uint64) {
	l.entries = slices.Clip(l.entries[:keep-l.base.index])
	l.marks = slices.Clip(slices.DeleteFunc(slices.Clone(l.marks), func(m Mark) bool { return m.First > keep }))
	l.index()
}

// index finds the last write of each client.
func (l *log) index() {
	l.latest = map[string]ticket{}
	for client, t := range l.base.clients { // order-free: into a map
		l.latest[client] = t
	}
	for _, e := range l.entries {
		if e.Client != "" {
			l.latest[e.Client] = ticket{e.Seq, Position{e.Epoch, e.Index}}
		}
	}
}

// compact makes the entries up to an index part of the base.
func (l *log) compact(to uint64) {
	n := to - l.base.index
	for _, e := range l.entries[:n] {
		l.base.apply(e)
	}
	l.entries = slices.Clone(l.entries[n:])
}

// upTo returns the state after the entry at an index.
func (l *log) upTo(index uint64) *state {
	s := l.base.clone()
	for _, e := range l.entries[:index-l.base.index] {
		s.apply(e)
	}
	return s
}

// state is what the entries up to an index come to.
type state struct {
	index   uint64
	cells   map[string]cell
	clients map[string]ticket // so that a write which a client asks for again is done once
	sum     uint64            // of all that is in the maps, for comparison
}

// cell is a key's value.
type cell struct {
	value    checker.Value
	versions uint64 // how often it was written
	at       Position
}

func newState() *state { return &state{cells: map[string]cell{}, clients: map[string]ticket{}} }

func (s *state) clone() *state {
	c := newState()
	c.index, c.sum = s.index, s.sum
	for key, x := range s.cells { // order-free: into a map
		c.cells[key] = x
	}
	for client, t := range s.clients { // order-free: into a map
		c.clients[client] = t
	}
	return c
}

// apply carries an entry out.
func (s *state) apply(e Entry) {
	s.index = e.Index
	if e.Client == "" {
		return
	}
	x := s.cells[e.Key]
	s.set(e.Key, cell{e.Value, x.versions + 1, Position{e.Epoch, e.Index}})
	s.know(e.Client, ticket{e.Seq, Position{e.Epoch, e.Index}})
}

func (s *state) set(key string, x cell) {
	s.sum += digest(key, x.value.String(), x.versions, x.at.Index) - s.sumOf(key)
	s.cells[key] = x
}

func (s *state) sumOf(key string) uint64 {
	x, ok := s.cells[key]
	if !ok {
		return 0
	}
	return digest(key, x.value.String(), x.versions, x.at.Index)
}

func (s *state) know(client string, t ticket) {
	if old, ok := s.clients[client]; ok {
		s.sum -= digest(client, "", old.seq, old.at.Index)
	}
	s.sum += digest(client, "", t.seq, t.at.Index)
	s.clients[client] = t
}

// digest is FNV-1a of two texts and two numbers.
func digest(a, b string, x, y uint64) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	for _, text := range []string{a, b} {
		for i := range len(text) {
			h = (h ^ uint64(text[i])) * prime
		}
		h *= prime
	}
	for _, n := range []uint64{x, y} {
		for range 8 {
			h = (h ^ n&255) * prime
			n >>= 8
		}
	}
	return h
}
