// Package workload is the clients that ask a system something, over and over, and
// the record of what they were answered.
//
// A workload is of a kind: what is asked, and of which model the answers are. It is
// closed loop (a client asks again some time after it was answered) or open loop
// (requests come at a rate, whether or not earlier ones were answered, which is what
// overloads a system; see Schroeder, Wierman and Harchol-Balter, "Open Versus Closed",
// NSDI 2006, section 2).
package workload

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/internal/suggest"
	"github.com/orrery-sim/orrery/sim"
)

// Spec says what clients ask, how many there are, and how often.
type Spec struct {
	Kind    string        // what is asked: see Kinds
	Clients int           // that ask side by side
	Keys    int           // asked about: k0, k1, ...
	Every   time.Duration // closed loop: mean time from an answer to the next question, drawn between half and one and a half of it
	Rate    float64       // open loop if positive: questions per second of all clients together
	Stages  []Stage       // open loop whose rate changes, instead of Rate; the rate with which the last one ends stays
	Reads   float64       // the share of operations that read, where the kind has a choice
	Zipf    float64       // skew of the choice of keys: 0 is uniform, 1 is Zipf's law
	Timeout time.Duration // how long a client waits for an answer

	Arrivals string // of an open loop: Poisson, which "" stands for, or Constant
}

// Defaults are what a specification says where it says nothing.
var Defaults = Spec{
	Kind: "register", Clients: 4, Keys: 3, Every: 50 * time.Millisecond, Reads: 0.5, Timeout: time.Second,
}

// Kind is what a workload asks.
type Kind struct {
	Name  string
	Help  string // one line
	Model string // of package checker, of which the answers are; "" if what they say is not looked at
	next  func(g *generator) Op
	last  string // the operation with which the first client ends on every key, if any
}

// Kinds are all kinds of workload.
var Kinds = []Kind{
	{"register", "reads and writes of registers", "register", (*generator).register, "read"},
	{"cas-register", "reads, writes and compare-and-sets of registers", "cas-register", (*generator).casRegister, "read"},
	{"counter", "adds one to counters, answered by the new count, and reads", "counter", (*generator).counter, "read"},
	{"set", "adds to sets, and reads of all their elements", "set", (*generator).set, "read"},
	{"request", "requests of a service: get, which may be repeated, and post, which may not; only whether and when they are answered counts",
		"", (*generator).request, ""},
}

// Find returns the kind of that name, or nil.
func Find(name string) *Kind {
	for i := range Kinds {
		if Kinds[i].Name == name {
			return &Kinds[i]
		}
	}
	return nil
}

// Op is one question.
type Op struct {
	Name  string // "read", "write", "cas", "add", "get", "post"
	Key   string
	Input checker.Value
}

// String is the operation in words: write k0 17.
func (o Op) String() string {
	s := o.Name + " " + o.Key
	if !o.Input.IsNil() {
		s += " " + o.Input.String()
	}
	return s
}

// Session is the way in which one client asks a system.
type Session interface {
	// Do carries out one operation, within the timeout, and says what the client
	// knows of it then. An outcome that is not ok has no output.
	Do(p *sim.Proc, op Op, timeout time.Duration) (checker.Value, checker.Outcome)
}

// clientsBound is above the number of any client.
const clientsBound = 1000

// generator draws one client's operations.
type generator struct {
	spec   *Spec
	rand   *sim.Rand
	keys   *sim.Zipf
	client int
	count  int64
	seen   map[string]checker.Value // the last value read or written by key, for a compare-and-set that has a chance
}

func newGenerator(spec *Spec, client int, keys *sim.Zipf, rand *sim.Rand) *generator {
	return &generator{spec: spec, rand: rand, client: client, keys: keys, seen: map[string]checker.Value{}}
}

// unique is a value that no other operation of the run has: with it a stale read
// shows what it has read. It is the client's number behind its count, so that
// people see at a glance which is later.
func (g *generator) unique() checker.Value {
	g.count++
	return checker.Int(g.count*clientsBound + int64(g.client))
}

func (g *generator) key() string { return keyName(g.keys.Draw(g.rand)) }

func keyName(i int) string { return "k" + strconv.Itoa(i) }

func (g *generator) register() Op {
	if key := g.key(); g.rand.Bool(g.spec.Reads) {
		return Op{Name: "read", Key: key}
	} else {
		return Op{"write", key, g.unique()}
	}
}

func (g *generator) casRegister() Op {
	op := g.register()
	if op.Name == "write" && g.rand.Bool(0.5) {
		return Op{"cas", op.Key, checker.List(g.seen[op.Key], op.Input)}
	}
	return op
}

func (g *generator) counter() Op {
	op := g.register()
	if op.Name == "write" {
		op.Name, op.Input = "add-and-get", checker.Int(1)
	}
	return op
}

func (g *generator) set() Op {
	op := g.register()
	if op.Name == "write" {
		op.Name = "add"
	}
	return op
}

// request has no input: what a request does is the service's business.
func (g *generator) request() Op {
	if key := g.key(); g.rand.Bool(g.spec.Reads) {
		return Op{Name: "get", Key: key}
	} else {
		return Op{Name: "post", Key: key}
	}
}

// learn keeps what the client has seen of a key.
func (g *generator) learn(op Op, output checker.Value) {
	switch op.Name {
	case "read":
		g.seen[op.Key] = output
	case "write":
		g.seen[op.Key] = op.Input
	}
}

// Error is something impossible in a field of a specification.
type Error struct {
	Field string // as it is called in YAML
	Text  string
}

// Error returns the text, which names the field.
func (e *Error) Error() string { return e.Text }

// longest bounds durations far from where sums of them overflow.
const longest = 1000 * time.Hour

// Check says what is impossible in the specification: all of it, an [Error] each,
// joined.
func (s *Spec) Check() error {
	var errs []error
	check := func(ok bool, field, format string, args ...any) {
		if !ok {
			errs = append(errs, &Error{field, fmt.Sprintf(format, args...)})
		}
	}
	check(Find(s.Kind) != nil, "kind", "unknown kind of workload %q%s", s.Kind, nearest(s.Kind))
	check(s.Clients >= 1 && s.Clients < clientsBound, "clients", "clients is %d, expected 1 to %d", s.Clients, clientsBound-1)
	check(s.Keys >= 1 && s.Keys <= 1_000_000, "keys", "keys is %d, expected 1 to 1000000", s.Keys)
	check(s.Every > 0 && s.Every <= longest || s.Every == 0 && s.open(), "every", "every is %v, expected a positive duration of at most %v", s.Every, longest)
	s.checkLoop(check)
	check(s.Reads >= 0 && s.Reads <= 1, "reads", "reads is %v, expected a share from 0 to 1", s.Reads)
	check(s.Zipf >= 0 && s.Zipf <= 10, "zipf", "zipf is %v, expected 0 to 10", s.Zipf)
	check(s.Timeout > 0 && s.Timeout <= longest, "timeout", "timeout is %v, expected a positive duration of at most %v", s.Timeout, longest)
	return errors.Join(errs...)
}

// nearest is the end of an error about an unknown kind.
func nearest(kind string) string {
	var names []string
	for i := range Kinds {
		names = append(names, Kinds[i].Name)
	}
	if hint := suggest.Hint(kind, names); hint != "" {
		return hint
	}
	return ", expected one of " + strings.Join(names, ", ")
}
