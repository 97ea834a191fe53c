package raft

import (
	"encoding/binary"
	"errors"

	"github.com/orrery-sim/orrery/checker"
)

// Verb is what a command does.
type Verb uint8

// The verbs.
const (
	Open  Verb = iota + 1 // open a session; Seq is a number by which the asker knows its own
	Read                  // answer the value of a key, or the elements of a set
	Write                 // set the value of a key
	CAS                   // set it if it is another one; answers whether it was
	Add                   // put an element into a set
)

var verbs = map[string]Verb{"read": Read, "write": Write, "cas": CAS, "add": Add}

// Command is what a client asks, and what an entry of the log holds.
type Command struct {
	Verb    Verb
	Session uint64 // who asks; 0 for Open
	Seq     uint64 // counts what the session asks: a retry has the number of the first try
	Key     string
	Value   checker.Value // to write or add
	Old     checker.Value // of CAS
}

// TraceName is what traces call the command: its verb.
func (c *Command) TraceName() string {
	for name, v := range verbs { // order-free: verbs differ
		if v == c.Verb {
			return name
		}
	}
	return "open"
}

// Status is what became of a request.
type Status uint8

// The statuses.
const (
	Done    Status = iota // it took effect, and Output is its answer
	NotHere               // nothing was done: ask Leader, or anyone if that is empty
	Lost                  // leadership was lost meanwhile: it may take effect or not
	Expired               // the session is not known, or no longer: nothing was done
)

// Response answers a request.
type Response struct {
	Status  Status
	Leader  string // who leads, as far as the server knows
	Session uint64 // of Open
	Output  checker.Value
}

var errCommand = errors.New("broken command")

// encode makes the data of an entry: verb, session and sequence number as varints, the
// key with its length, and the values.
func (c *Command) encode() []byte {
	b := make([]byte, 0, 24+len(c.Key))
	b = append(b, byte(c.Verb))
	b = binary.AppendUvarint(b, c.Session)
	b = binary.AppendUvarint(b, c.Seq)
	b = appendText(b, c.Key)
	b = appendValue(b, c.Value)
	if c.Verb == CAS {
		b = appendValue(b, c.Old)
	}
	return b
}

// parsed is a command as it stands in an entry: its key is not yet a string, since
// most often there is one of the same name already.
type parsed struct {
	Command
	key []byte
}

func decodeCommand(b []byte) (parsed, error) {
	if len(b) == 0 {
		return parsed{}, errCommand
	}
	r := &decoder{b: b[1:]}
	c := parsed{Command: Command{Verb: Verb(b[0]), Session: r.uvarint(), Seq: r.uvarint()}}
	c.key = r.bytes()
	c.Value = r.value()
	if c.Verb == CAS {
		c.Old = r.value()
	}
	return c, r.err
}

func appendText[T string | []byte](b []byte, text T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// Kinds of values on disk and wire.
const (
	valueNil byte = iota
	valueInt
	valueOther // as EDN text
)

func appendValue(b []byte, v checker.Value) []byte {
	if v.IsNil() {
		return append(b, valueNil)
	}
	if n, ok := v.Int(); ok {
		return binary.AppendVarint(append(b, valueInt), n)
	}
	return appendText(append(b, valueOther), v.String())
}

// decoder reads what the append functions wrote. After an error it reads zeros.
type decoder struct {
	b   []byte
	err error
}

func (d *decoder) fail() { d.b, d.err = nil, errCommand }

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) byte() byte {
	if len(d.b) == 0 {
		d.fail()
		return 0
	}
	c := d.b[0]
	d.b = d.b[1:]
	return c
}

func (d *decoder) bytes() []byte {
	n := d.uvarint()
	if n > uint64(len(d.b)) {
		d.fail()
		return nil
	}
	text := d.b[:n]
	d.b = d.b[n:]
	return text
}

func (d *decoder) value() checker.Value {
	switch d.byte() {
	case valueInt:
		v, n := binary.Varint(d.b)
		if n <= 0 {
			d.fail()
			return checker.Nil
		}
		d.b = d.b[n:]
		return checker.Int(v)
	case valueOther:
		v, err := checker.ParseValue(string(d.bytes()))
		if err != nil {
			d.fail()
		}
		return v
	}
	return checker.Nil
}

func digestValue(h uint64, v checker.Value) uint64 {
	if n, ok := v.Int(); ok {
		return digest(h, uint64(n))
	}
	if v.IsNil() {
		return digest(h, 1)
	}
	return digestBytes(h, []byte(v.String()))
}
