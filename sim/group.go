package sim

import (
	"errors"
	"fmt"
)

// Group runs functions side by side, each on a process of its own, and collects
// what they return. A quorum is a group of which the first k answers are taken.
// Make one with [NewGroup].
type Group[T any] struct {
	parent  *Proc
	members []*groupMember
	answers []T
	errs    []error
	changed Cond
}

// groupMember is one function of a group.
type groupMember struct {
	task Task
	told bool // how it went: what it says later is not heard
}

// NewGroup returns an empty group, for use by p.
func NewGroup[T any](p *Proc) *Group[T] { return &Group[T]{parent: p} }

// Go runs f side by side with the others.
func (g *Group[T]) Go(name string, f func(p *Proc) (T, error)) {
	m := &groupMember{}
	g.members = append(g.members, m)
	m.task = g.parent.Go(name, func(p *Proc) {
		v, err := f(p)
		g.tell(m, v, err)
	})
}

func (g *Group[T]) tell(m *groupMember, v T, err error) {
	if m.told {
		return
	}
	m.told = true
	if err != nil {
		g.errs = append(g.errs, err)
	} else {
		g.answers = append(g.answers, v)
	}
	g.changed.Broadcast()
}

// First blocks until k functions have returned without an error, and returns what
// they returned, in the order in which they came; or until so many have failed
// that there cannot be k, and returns what there is with an error that joins
// theirs. The others go on; see Cancel. A k larger than the group panics.
func (g *Group[T]) First(k int) ([]T, error) {
	if k < 0 || k > len(g.members) {
		panic(fmt.Sprintf("sim: Group.First(%d) of %d", k, len(g.members)))
	}
	for len(g.answers) < k && len(g.errs) <= len(g.members)-k {
		g.changed.Wait(g.parent)
	}
	if len(g.answers) >= k {
		return g.answers[:k:k], nil
	}
	return g.answers, fmt.Errorf("%d of %d failed, %d must not: %w", len(g.errs), len(g.members), k, errors.Join(g.errs...))
}

// All is First of all.
func (g *Group[T]) All() ([]T, error) { return g.First(len(g.members)) }

// Cancel kills those that have not ended, and last of them the one that calls it.
// They count as failed with [ErrCancelled].
func (g *Group[T]) Cancel() {
	var none T
	for _, m := range g.members {
		g.tell(m, none, ErrCancelled)
	}
	var own Task
	for _, m := range g.members {
		if m.task.running() {
			own = m.task
		} else {
			m.task.Kill()
		}
	}
	own.Kill()
}
