package raft

import (
	"cmp"
	"encoding/binary"
	"maps"
	"slices"

	pb "go.etcd.io/raft/v3/raftpb"

	"github.com/orrery-sim/orrery/checker"
)

// machine is the state machine: what the entries applied so far come to. It is a pure
// function of them, and so equal on all servers. A crash loses it; it is made anew from
// the snapshot and the log.
type machine struct {
	index    uint64 // of the last entry applied
	digest   uint64 // of everything applied, and of the answers
	objects  map[string]*object
	sessions map[uint64]*account
	limit    int // of sessions

	mistake string
}

// object is what a key stands for: a register or a set, as it is used.
type object struct {
	value    checker.Value
	elements []checker.Value // of a set, in the order in which they came
	has      map[checker.Value]bool
	list     checker.Value // the elements as an answer; Nil if it must be made anew
}

// account is what the state machine keeps of a session, so that what a client retries
// takes effect once (Ongaro, "Consensus: Bridging Theory and Practice", section 6.3).
// A client asks one thing after the other, so the last answer is enough.
type account struct {
	seq    uint64
	answer checker.Value
	used   uint64 // index of the entry that used it last
}

func newMachine(limit int, mistake string) *machine {
	return &machine{
		objects: map[string]*object{}, sessions: map[uint64]*account{}, limit: limit, mistake: mistake,
	}
}

// apply carries out one entry and returns what to answer to whoever waits for it.
func (m *machine) apply(e *pb.Entry) (parsed, Response) {
	m.index = e.GetIndex()
	m.digest = digest(digestBytes(m.digest, e.GetData()), e.GetTerm())
	if e.GetType() != pb.EntryNormal || len(e.GetData()) == 0 {
		return parsed{}, Response{}
	}
	c, err := decodeCommand(e.GetData())
	if err != nil {
		return c, Response{Status: Expired}
	}
	r := m.execute(&c)
	m.digest = digestValue(digest(m.digest, uint64(r.Status)), r.Output)
	return c, r
}

func (m *machine) execute(c *parsed) Response {
	switch c.Verb {
	case Open:
		return m.open()
	case Read:
		return Response{Output: m.read(c.key)}
	}
	s := m.sessions[c.Session]
	if s == nil {
		return Response{Status: Expired}
	}
	s.used = m.index
	if c.Seq <= s.seq && m.mistake != appliesRetries {
		return Response{Output: s.answer} // of an older one nobody waits any more
	}
	s.seq, s.answer = c.Seq, m.change(c)
	return Response{Output: s.answer}
}

// open makes a session. Its name is the index of the entry, which no other has. If
// there are too many, the one goes that was used the longest time ago.
func (m *machine) open() Response {
	m.sessions[m.index] = &account{used: m.index}
	if len(m.sessions) > m.limit {
		oldest := m.index
		for id, s := range m.sessions { // order-free: no two were used last by the same entry
			if s.used < m.sessions[oldest].used {
				oldest = id
			}
		}
		delete(m.sessions, oldest)
	}
	return Response{Session: m.index}
}

func (m *machine) change(c *parsed) checker.Value {
	o := m.objects[string(c.key)]
	if o == nil {
		o = &object{}
		m.objects[string(c.key)] = o
	}
	switch c.Verb {
	case Write:
		o.value = c.Value
	case CAS:
		if o.value != c.Old {
			return checker.Bool(false)
		}
		o.value = c.Value
		return checker.Bool(true)
	case Add:
		o.add(c.Value)
	}
	return checker.Nil
}

func (o *object) add(v checker.Value) {
	if o.has[v] {
		return
	}
	if o.has == nil {
		o.has = map[checker.Value]bool{}
	}
	o.has[v] = true
	o.elements = append(o.elements, v)
	o.list = checker.Nil
}

// read answers the value of a key, or the elements if it is a set.
func (m *machine) read(key []byte) checker.Value {
	o := m.objects[string(key)]
	switch {
	case o == nil:
		return checker.Nil
	case o.has == nil:
		return o.value
	}
	if o.list.IsNil() {
		o.list = checker.List(o.elements...)
	}
	return o.list
}

// encode is the state machine as the data of a snapshot.
func (m *machine) encode() []byte {
	b := binary.AppendUvarint(nil, m.digest)
	b = binary.AppendUvarint(b, uint64(len(m.objects)))
	for _, key := range slices.Sorted(maps.Keys(m.objects)) {
		o := m.objects[key]
		b = appendValue(appendText(b, key), o.value)
		b = binary.AppendUvarint(b, uint64(len(o.elements)))
		for _, v := range o.elements {
			b = appendValue(b, v)
		}
	}
	sessions := slices.SortedFunc(maps.Keys(m.sessions), cmp.Compare)
	if m.mistake == snapshotForgetsSessions {
		sessions = nil
	}
	b = binary.AppendUvarint(b, uint64(len(sessions)))
	for _, id := range sessions {
		s := m.sessions[id]
		b = binary.AppendUvarint(binary.AppendUvarint(binary.AppendUvarint(b, id), s.seq), s.used)
		b = appendValue(b, s.answer)
	}
	return b
}

// restore puts what a snapshot holds in place of the state.
func (m *machine) restore(index uint64, data []byte) error {
	*m = *newMachine(m.limit, m.mistake)
	m.index = index
	if len(data) == 0 {
		return nil // the snapshot that a cluster begins with
	}
	d := &decoder{b: data}
	m.digest = d.uvarint()
	for n := d.uvarint(); n > 0 && d.err == nil; n-- {
		o := &object{}
		m.objects[string(d.bytes())] = o
		o.value = d.value()
		for n := d.uvarint(); n > 0 && d.err == nil; n-- {
			o.add(d.value())
		}
	}
	for n := d.uvarint(); n > 0 && d.err == nil; n-- {
		s := &account{}
		m.sessions[d.uvarint()] = s
		s.seq, s.used, s.answer = d.uvarint(), d.uvarint(), d.value()
	}
	return d.err
}
