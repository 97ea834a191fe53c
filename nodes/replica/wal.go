package replica

import (
	"encoding/binary"
	"hash/crc32"
	"slices"
	"strings"

	"github.com/orrery-sim/orrery/checker"
)

// A server keeps one file: records, each with its length and checksum.
//
//	length of the rest    uint32, little endian
//	checksum of the rest  uint32, CRC-32C
//	kind                  byte
//	content               varints and texts
//
// The first is a base, the state that the entries begin behind; entries and promises
// follow, a later promise in the place of an earlier. What a crash has torn is at the
// end: the first record that is not whole ends the log.
const (
	recordBase byte = iota + 1
	recordEntry
	recordPromise
)

const recordHeader = 8

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// record puts a record behind b.
func record(b []byte, kind byte, content []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(len(content)+1))
	sum := crc32.Update(crc32.Checksum([]byte{kind}, castagnoli), castagnoli, content)
	b = binary.LittleEndian.AppendUint32(b, sum)
	return append(append(b, kind), content...)
}

// nextRecord takes the record that b begins with, or nothing if it is not whole.
func nextRecord(b []byte) (kind byte, content, rest []byte, ok bool) {
	if len(b) <= recordHeader {
		return 0, nil, nil, false
	}
	n := uint64(binary.LittleEndian.Uint32(b))
	if n == 0 || n > uint64(len(b)-recordHeader) {
		return 0, nil, nil, false
	}
	body := b[recordHeader : recordHeader+int(n)]
	if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(b[4:]) {
		return 0, nil, nil, false
	}
	return body[0], body[1:], b[recordHeader+int(n):], true
}

func putText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func putNumbers(b []byte, list ...uint64) []byte {
	for _, n := range list {
		b = binary.AppendUvarint(b, n)
	}
	return b
}

func putEntry(b []byte, e *Entry) []byte {
	c := putNumbers(nil, e.Epoch, e.Index, uint64(e.At), e.Seq)
	for _, text := range []string{e.Client, e.Key, e.Value.String()} {
		c = putText(c, text)
	}
	return record(b, recordEntry, c)
}

func putPromise(b []byte, epoch uint64, primary string) []byte {
	return record(b, recordPromise, putText(putNumbers(nil, epoch), primary))
}

// encode is the log as a file.
func (l *log) encode(forgetsClients bool) []byte {
	c := putNumbers(nil, l.base.index, uint64(len(l.marks)))
	for _, m := range l.marks {
		c = putNumbers(c, m.Epoch, m.First)
	}
	c = putNumbers(c, uint64(len(l.base.cells)))
	for _, key := range sortedKeys(l.base.cells) {
		x := l.base.cells[key]
		c = putNumbers(putText(putText(c, key), x.value.String()), x.versions, x.at.Epoch, x.at.Index)
	}
	clients := sortedKeys(l.base.clients)
	if forgetsClients {
		clients = nil
	}
	c = putNumbers(c, uint64(len(clients)))
	for _, client := range clients {
		t := l.base.clients[client]
		c = putNumbers(putText(c, client), t.seq, t.at.Epoch, t.at.Index)
	}
	b := record(nil, recordBase, c)
	for i := range l.entries {
		b = putEntry(b, &l.entries[i])
	}
	return b
}

func sortedKeys[V any](m map[string]V) []string {
	var keys []string
	for key := range m { // order-free: sorted below
		keys = append(keys, key)
	}
	slices.SortFunc(keys, strings.Compare)
	return keys
}

// recovered is what a file holds.
type recovered struct {
	log     *log
	epoch   uint64
	primary string
}

// decode reads a file as far as it is whole.
func decode(b []byte) recovered {
	r := recovered{log: newLog()}
	for {
		kind, content, rest, ok := nextRecord(b)
		if !ok {
			return r
		}
		d := &decoder{content}
		switch kind {
		case recordBase:
			r.log = d.base()
		case recordPromise:
			r.epoch, r.primary = d.number(), d.text()
		case recordEntry:
			e := Entry{Epoch: d.number(), Index: d.number(), At: int64(d.number()), Seq: d.number(), Client: d.text(), Key: d.text()}
			e.Value = d.value()
			r.log.add(e)
		}
		b = rest
	}
}

// decoder reads what a checksum has vouched for.
type decoder struct{ b []byte }

func (d *decoder) number() uint64 {
	n, size := binary.Uvarint(d.b)
	if size <= 0 {
		panic("replica: a record with a right checksum has too few numbers")
	}
	d.b = d.b[size:]
	return n
}

func (d *decoder) text() string {
	n := d.number()
	s := string(d.b[:n])
	d.b = d.b[n:]
	return s
}

func (d *decoder) value() checker.Value {
	v, err := checker.ParseValue(d.text())
	if err != nil {
		panic("replica: a record with a right checksum has no value: " + err.Error())
	}
	return v
}

func (d *decoder) base() *log {
	l := newLog()
	l.base.index = d.number()
	for range d.number() {
		l.marks = append(l.marks, Mark{d.number(), d.number()})
	}
	for range d.number() {
		key, value := d.text(), d.value()
		l.base.set(key, cell{value, d.number(), Position{d.number(), d.number()}})
	}
	for range d.number() {
		l.base.know(d.text(), ticket{d.number(), Position{d.number(), d.number()}})
	}
	l.index()
	return l
}
