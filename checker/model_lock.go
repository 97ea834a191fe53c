package checker

import "iter"

var lockModel = Model{
	Name: "lock",
	Doc:  "one lock per key, free at first, released by its holder only: acquire and release",
	Operations: []OperationDoc{
		{"acquire", "takes the free lock; false says that it was held, by whomever"},
		{"release", "frees the lock; false says that the client did not hold it"},
	},
	accept:  func(c *call) string { return acceptDone(c, true) },
	compile: compileLock,
	explain: explainLock,
	project: projectLock,
}

// lockMachine numbers clients from 1; a state is the number of the holder, 0 if
// the lock is free.
type lockMachine struct {
	clients []string
	states  []any
}

func compileLock(calls []call, exact bool) machine {
	m := &lockMachine{clients: []string{""}, states: []any{int64(0)}}
	numbers := make(map[string]int64)
	refusals := false
	releases := make(map[int64]bool) // clients that are known to have released
	for i := range calls {
		c := &calls[i]
		n, ok := numbers[c.op.Client]
		if !ok {
			n = int64(len(m.clients))
			numbers[c.op.Client] = n
			m.clients = append(m.clients, c.op.Client)
			m.states = append(m.states, n)
		}
		c.in = n
		c.kind = lockKind(c)
		refusals = refusals || c.kind == opAcquireFalse
		if c.kind == opRelease && !c.open {
			releases[n] = true
		}
	}
	// An open acquire can only stand in the way of others, unless its client
	// released the lock later or somebody was told that the lock was held.
	for i := range calls {
		c := &calls[i]
		c.drop = !exact && c.open && c.kind == opAcquire && !refusals && !releases[c.in]
	}
	return m
}

func lockKind(c *call) opKind {
	no := !c.open && refused(c)
	switch {
	case c.op.Op == "acquire" && no:
		return opAcquireFalse
	case c.op.Op == "acquire":
		return opAcquire
	case no:
		return opReleaseFalse
	}
	return opRelease
}

func (m *lockMachine) init() any { return m.states[0] }

func (m *lockMachine) step(state any, c *call) (any, bool) {
	holder := state.(int64)
	switch c.kind {
	case opAcquire:
		if holder == 0 {
			return m.states[c.in], true
		}
		return state, c.open
	case opAcquireFalse:
		return state, holder != 0
	case opRelease:
		if holder == c.in {
			return m.states[0], true
		}
		return state, c.open
	default: // opReleaseFalse
		return state, holder != c.in
	}
}

func (m *lockMachine) equal(a, b any) bool { return a.(int64) == b.(int64) }

func (m *lockMachine) hash(state any) uint64 { return mix(uint64(state.(int64))) }

func (m *lockMachine) describe(state any) string {
	if holder := state.(int64); holder != 0 {
		return "held by " + clientName(m.clients[holder])
	}
	return "free"
}

// projectLock returns what the last client did, together with each other one.
// Without the others the lock is free more often, which matters only to those
// who were told that it was held: they are left out.
func projectLock(c *contradiction) iter.Seq[[]call] {
	return func(yield func([]call) bool) {
		if lockKind(c.last) == opAcquireFalse {
			return
		}
		tried := make(map[string]bool)
		for i := range c.calls {
			client := c.calls[i].op.Client
			if !tried[client] && !yield(ofClients(c.calls, c.last.op.Client, client)) {
				return
			}
			tried[client] = true
		}
	}
}

func ofClients(calls []call, a, b string) []call {
	var of []call
	for _, x := range calls {
		if (x.op.Client == a || x.op.Client == b) && lockKind(&x) != opAcquireFalse {
			of = append(of, x)
		}
	}
	return of
}
