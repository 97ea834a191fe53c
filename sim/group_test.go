package sim

import (
	"errors"
	"testing"
	"time"
)

// cancelled runs a world in which a client has a group of three that answer after 1,
// 2 and 3 ms, "late" does something with it at 1.5 ms, and the client asks for k.
func cancelled(t *testing.T, k int, late func(p *Proc, g *Group[int])) *journal {
	t.Helper()
	w := newWorld(t, Config{})
	j := &journal{w: w}
	w.Client("c", func(p *Proc) {
		g := NewGroup[int](p)
		for i := 1; i <= 3; i++ {
			g.Go("member", func(p *Proc) (int, error) {
				defer j.note("end of %d", i)
				p.Sleep(time.Duration(i) * ms)
				return i, nil
			})
		}
		p.Go("late", func(p *Proc) { p.Sleep(1500 * us); late(p, g) })
		got, err := g.First(k)
		tellGroup(j, got, err)
		p.Sleep(10 * ms)
	})
	mustRun(t, w, time.Second)
	return j
}

func tellGroup(j *journal, got []int, err error) {
	j.note("%v, cancelled %v", got, errors.Is(err, ErrCancelled))
}

// What has been cancelled has failed, and nobody waits for it.
func TestGroupFirstAfterCancel(t *testing.T) {
	j := cancelled(t, 3, func(p *Proc, g *Group[int]) { g.Cancel(); g.Cancel() })
	j.expect(t, "1ms end of 1", "1.5ms end of 2", "1.5ms end of 3", "1.5ms [1], cancelled true")

	w := newWorld(t, Config{})
	j = &journal{w: w}
	w.Client("c", func(p *Proc) {
		g := NewGroup[int](p)
		g.Go("never begins", func(p *Proc) (int, error) { return 1, nil })
		g.Cancel()
		got, err := g.All()
		tellGroup(j, got, err)
		g.Go("begins after", func(p *Proc) (int, error) { return 2, nil })
		got, err = g.First(1)
		tellGroup(j, got, err)
		_, err = g.First(2)
		j.note("%v", err)
	})
	mustRun(t, w, time.Second)
	j.expect(t, "0s [], cancelled true", "0s [2], cancelled false", "0s 1 of 2 failed, 2 must not: cancelled")
}

// A member that cancels its own group ends like the others, after them.
func TestGroupCancelledByAMember(t *testing.T) {
	w := newWorld(t, Config{})
	j := &journal{w: w}
	w.Client("c", func(p *Proc) {
		g := NewGroup[int](p)
		g.Go("first", func(p *Proc) (int, error) {
			defer j.note("end of first")
			p.Sleep(ms)
			g.Cancel()
			return 1, nil
		})
		g.Go("second", func(p *Proc) (int, error) {
			defer j.note("end of second")
			defer g.Cancel() // by one that is being killed
			p.Sleep(time.Minute)
			return 2, nil
		})
		g.Go("third", func(p *Proc) (int, error) {
			defer j.note("end of third")
			defer func() { recover() }() // and answers all the same
			p.Sleep(time.Minute)
			return 3, nil
		})
		got, err := g.First(1)
		tellGroup(j, got, err)
	})
	mustRun(t, w, time.Second)
	j.expect(t, "1ms end of third", "1ms end of second", "1ms end of first", "1ms [], cancelled true")
}

// What a member had answered before the group was cancelled counts.
func TestGroupCancelKeepsAnswers(t *testing.T) {
	j := cancelled(t, 1, func(p *Proc, g *Group[int]) { g.Cancel() })
	j.expect(t, "1ms end of 1", "1ms [1], cancelled false", "1.5ms end of 2", "1.5ms end of 3")
}
