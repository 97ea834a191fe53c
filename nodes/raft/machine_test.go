package raft

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/orrery-sim/orrery/checker"
)

// apply lets a machine carry out a command as the next entry.
func (m *machine) carry(c *Command) Response {
	_, r := m.apply(decodeEntries([]Entry{{Index: m.index + 1, Term: 1, Data: c.encode()}})[0])
	return r
}

var valueGen = rapid.Custom(func(t *rapid.T) checker.Value {
	switch rapid.IntRange(0, 3).Draw(t, "kind") {
	case 0:
		return checker.Nil
	case 1:
		return checker.String(rapid.String().Draw(t, "text"))
	}
	return checker.Int(rapid.Int64().Draw(t, "number"))
})

// A command comes out of an entry as it went in.
func TestCommandsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Command{
			Verb: Verb(rapid.IntRange(1, 5).Draw(t, "verb")), Session: rapid.Uint64().Draw(t, "session"),
			Seq: rapid.Uint64().Draw(t, "seq"), Key: rapid.String().Draw(t, "key"), Value: valueGen.Draw(t, "value"),
		}
		if c.Verb == CAS {
			c.Old = valueGen.Draw(t, "old")
		}
		data := c.encode()
		p, err := decodeCommand(data)
		if p.Key = string(p.key); err != nil || p.Command != c {
			t.Fatalf("%+v comes back as %+v, %v", c, p.Command, err)
		}
		for i := range data {
			_, _ = decodeCommand(data[:i]) // what is cut off is an error or another command, never a panic
		}
	})
}

// The machine answers as maps do, a retry as the first time, and a machine made of its
// snapshot as itself.
func TestMachine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine(100, "")
		registers, sets := map[string]checker.Value{}, map[string][]checker.Value{}
		session := m.carry(&Command{Verb: Open, Seq: 1}).Session
		seq := uint64(0)
		var last *Command
		var answer Response
		t.Repeat(map[string]func(*rapid.T){
			"register": func(t *rapid.T) {
				seq++
				c := &Command{Session: session, Seq: seq, Verb: rapid.SampledFrom([]Verb{Write, CAS}).Draw(t, "verb")}
				c.Key = rapid.SampledFrom([]string{"a", "b"}).Draw(t, "key")
				c.Value, c.Old = checker.Int(rapid.Int64Range(1, 3).Draw(t, "value")), checker.Int(rapid.Int64Range(1, 3).Draw(t, "old"))
				want := checker.Nil
				if c.Verb == CAS {
					want = checker.Bool(registers[c.Key] == c.Old)
				}
				if c.Verb == Write || registers[c.Key] == c.Old {
					registers[c.Key] = c.Value
				}
				if answer = m.carry(c); answer.Output != want {
					t.Fatalf("%+v answers %v, expected %v", c, answer.Output, want)
				}
				last = c
			},
			"add": func(t *rapid.T) {
				seq++
				c := &Command{Session: session, Seq: seq, Verb: Add, Key: "s", Value: checker.Int(rapid.Int64Range(1, 9).Draw(t, "value"))}
				if !slices.Contains(sets["s"], c.Value) {
					sets["s"] = append(sets["s"], c.Value)
				}
				answer, last = m.carry(c), c
			},
			"retry": func(t *rapid.T) {
				if last == nil {
					t.Skip("nothing was asked yet")
				}
				if again := m.carry(last); again != answer {
					t.Fatalf("a retry of %+v answers %v, expected %v", last, again, answer)
				}
			},
			"snapshot": func(t *rapid.T) {
				other := newMachine(100, "")
				if err := other.restore(m.index, m.encode()); err != nil {
					t.Fatal(err)
				}
				if a, b := fmt.Sprintf("%x", m.encode()), fmt.Sprintf("%x", other.encode()); a != b || other.digest != m.digest {
					t.Fatalf("the snapshot of a snapshot differs:\n%s\n%s", a, b)
				}
				m = other
			},
			"": func(t *rapid.T) {
				for _, key := range []string{"a", "b"} {
					if got := m.read([]byte(key)); got != registers[key] {
						t.Fatalf("%s is %v, expected %v", key, got, registers[key])
					}
				}
				if got, _ := m.read([]byte("s")).Elems(); len(got) != len(sets["s"]) || len(got) > 0 && !reflect.DeepEqual(got, sets["s"]) {
					t.Fatalf("the set is %v, expected %v", got, sets["s"])
				}
			},
		})
	})
}

// Of too many sessions the one goes that was used the longest time ago, and what it
// asks then is refused, not carried out.
func TestOldSessionsExpire(t *testing.T) {
	m := newMachine(2, "")
	a := m.carry(&Command{Verb: Open, Seq: 1}).Session
	b := m.carry(&Command{Verb: Open, Seq: 2}).Session
	m.carry(&Command{Verb: Write, Session: a, Seq: 1, Key: "k", Value: checker.Int(1)})
	m.carry(&Command{Verb: Open, Seq: 3})
	if r := m.carry(&Command{Verb: Write, Session: b, Seq: 1, Key: "k", Value: checker.Int(2)}); r.Status != Expired {
		t.Errorf("the session that was not used answers %v, expected %v", r.Status, Expired)
	}
	if r := m.carry(&Command{Verb: Write, Session: a, Seq: 2, Key: "l", Value: checker.Int(3)}); r.Status != Done {
		t.Errorf("the session that was used answers %v, expected %v", r.Status, Done)
	}
	if got := m.read([]byte("k")); got != checker.Int(1) {
		t.Errorf("k is %v, expected 1", got)
	}
}
