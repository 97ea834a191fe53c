package sim

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// onNode runs a process on a node for an hour and expects these lines.
func onNode(t *testing.T, run func(p *Proc, j *journal), want ...string) {
	t.Helper()
	w := newWorld(t, Config{})
	j := &journal{w: w}
	w.Node("n", func(p *Proc) { run(p, j) })
	mustRun(t, w, time.Hour)
	j.expect(t, want...)
}

// inTurn starts a process for each name, a microsecond apart, so that they ask in
// this order.
func inTurn(p *Proc, names string, run func(p *Proc, name string)) map[string]Task {
	tasks := map[string]Task{}
	for _, name := range strings.Fields(names) {
		tasks[name] = p.Go(name, func(p *Proc) { run(p, name) })
		p.Sleep(us)
	}
	return tasks
}

func TestUnbufferedChan(t *testing.T) {
	onNode(t, func(p *Proc, j *journal) {
		c := NewChan[int](0)
		p.Go("sender", func(p *Proc) {
			for i := range 3 {
				c.Send(p, i)
				j.note("sent %d", i)
			}
			c.Close()
		})
		for {
			p.Sleep(10 * ms)
			v, ok := c.Recv(p)
			if !ok {
				j.note("closed")
				return
			}
			j.note("received %d", v)
		}
	},
		"10ms received 0", "10ms sent 0", "20ms received 1", "20ms sent 1", "30ms received 2", "30ms sent 2", "40ms closed")
}

func TestBufferedChan(t *testing.T) {
	onNode(t, func(p *Proc, j *journal) {
		c := NewChan[int](2)
		p.Go("sender", func(p *Proc) {
			for i := range 4 {
				c.Send(p, i)
				j.note("sent %d", i)
			}
		})
		p.Sleep(10 * ms)
		for c.Len() > 0 {
			v, _ := c.TryRecv()
			j.note("received %d", v)
			p.Sleep(10 * ms)
		}
	},
		"0s sent 0", "0s sent 1",
		"10ms received 0", "10ms sent 2", "20ms received 1", "20ms sent 3", "30ms received 2", "40ms received 3")
}

func TestChanGivesInTheOrderOfAsking(t *testing.T) {
	onNode(t, func(p *Proc, j *journal) {
		c := NewChan[int](5)
		inTurn(p, "a b c", func(p *Proc, name string) {
			v, _ := c.Recv(p)
			j.note("%s %d", name, v)
		})
		for i := range 3 {
			c.Send(p, i)
			p.Sleep(ms - us)
		}
	}, "3µs a 0", "1.002ms b 1", "2.001ms c 2")
}

func TestChanTimeoutsAndTries(t *testing.T) {
	onNode(t, func(p *Proc, j *journal) {
		c := NewChan[int](1)
		_, err := c.RecvTimeout(p, 10*ms)
		j.note("%v", err)
		_, err = c.RecvTimeout(p, -1)
		j.note("%v", err)
		_, ok := c.TryRecv()
		j.note("%v, %v %v", ok, c.TrySend(1), c.TrySend(2))
		c.Close()
		v, err := c.RecvTimeout(p, 10*ms)
		j.note("%v %v", v, err)
		_, err = c.RecvTimeout(p, 10*ms)
		j.note("%v", err)
	}, "10ms timeout", "10ms timeout", "10ms false, true false", "10ms 1 <nil>", "10ms closed")
}

// To try to send on an unbuffered channel succeeds if a receiver waits, once for
// each of them.
func TestTrySendToAReceiverThatWaits(t *testing.T) {
	onNode(t, func(p *Proc, j *journal) {
		c := NewChan[int](0)
		inTurn(p, "a b", func(p *Proc, name string) { c.Recv(p) })
		j.note("%v %v %v", c.TrySend(1), c.TrySend(2), c.TrySend(3))
	}, "2µs true true false")
}

// A timeout that is over by the time a value comes leaves it for others; a close
// wakes all who wait.
func TestChanClose(t *testing.T) {
	onNode(t, func(p *Proc, j *journal) {
		c := NewChan[int](0)
		inTurn(p, "a b", func(p *Proc, name string) {
			_, err := c.RecvTimeout(p, time.Minute)
			j.note("%s %v", name, err)
		})
		p.Sleep(10*ms - 2*us)
		c.Close()
		p.Sleep(us)
		slices.Sort(j.lines)
	}, "10ms a closed", "10ms b closed")
}

// A sender that is killed takes its value back, and no other sender goes on
// because of it.
func TestKilledSender(t *testing.T) {
	for capacity, want := range [][]string{
		{"10ms received b", "10ms b sent", "20ms received c", "20ms c sent"},
		{"0s a sent", "10ms received a", "10ms c sent", "20ms received c"},
	} {
		onNode(t, func(p *Proc, j *journal) {
			c := NewChan[string](capacity)
			tasks := inTurn(p, "a b c", func(p *Proc, name string) {
				c.Send(p, name)
				j.note("%s sent", name)
			})
			tasks[[]string{"a", "b"}[capacity]].Kill()
			p.Sleep(10*ms - 3*us)
			for c.Len() > 0 {
				v, _ := c.Recv(p)
				j.note("received %s", v)
				p.Sleep(10 * ms)
			}
		}, want...)
	}
}

// What it has sent stays sent.
func TestKilledSenderOfTwo(t *testing.T) {
	onNode(t, func(p *Proc, j *journal) {
		c := NewChan[int](1)
		c.Send(p, 0)
		sender := p.Go("sender", func(p *Proc) { c.Send(p, 1); c.Send(p, 2) })
		p.Sleep(ms)
		c.Recv(p)
		p.Sleep(ms) // 1 is in the buffer, and 2 waits
		sender.Kill()
		v, _ := c.Recv(p)
		j.note("received %d, %d left", v, c.Len())
	}, "2ms received 1, 0 left")
}

// A receiver that is killed after a value was put for it, and before it ran,
// leaves the value to the next.
func TestKilledReceiver(t *testing.T) {
	onNode(t, func(p *Proc, j *journal) {
		c := NewChan[int](1)
		tasks := inTurn(p, "a b", func(p *Proc, name string) {
			v, _ := c.Recv(p)
			j.note("%s received %d", name, v)
		})
		c.Send(p, 1)
		tasks["a"].Kill()
	}, "2µs b received 1")
}

func TestMutexIsHandedOnInOrder(t *testing.T) {
	onNode(t, func(p *Proc, j *journal) {
		var m Mutex
		inTurn(p, "a b c", func(p *Proc, name string) {
			m.Lock(p)
			defer m.Unlock()
			j.note("%s has it, try: %v", name, m.TryLock())
			p.Sleep(10 * ms)
		})
		p.Sleep(time.Second)
		j.note("try: %v", m.TryLock())
	}, "0s a has it, try: false", "10ms b has it, try: false", "20ms c has it, try: false", "1.000003s try: true")
}

// A mutex is never lost with a process that is killed: not with one that holds
// it and unlocks in a deferred call, nor one that waits, nor one to which it has
// been handed.
func TestKilledWithAMutex(t *testing.T) {
	for _, victim := range []string{"holder", "waiter", "next"} {
		onNode(t, func(p *Proc, j *journal) {
			var m Mutex
			tasks := inTurn(p, "holder next waiter last", func(p *Proc, name string) {
				m.Lock(p)
				defer m.Unlock()
				if name == "last" {
					j.note("last has it")
				}
				p.Sleep(10 * ms)
			})
			if victim == "next" { // the lock is handed to it, and it dies before it knows
				tasks["holder"].Kill()
			}
			tasks[victim].Kill()
		}, map[string]string{"holder": "20.004ms", "waiter": "20ms", "next": "10.004ms"}[victim]+" last has it")
	}
}

func TestCond(t *testing.T) {
	onNode(t, func(p *Proc, j *journal) {
		var c Cond
		inTurn(p, "a b c d", func(p *Proc, name string) {
			if name == "b" {
				j.note("b woken: %v", c.WaitTimeout(p, 5*ms-us))
				return
			}
			c.Wait(p)
			j.note("%s", name)
		})
		p.Sleep(10*ms - 4*us)
		c.Signal()
		p.Sleep(10 * ms)
		c.Broadcast()
		p.Sleep(us)
		c.Signal() // nobody waits, and it is not kept
		j.note("woken: %v", c.WaitTimeout(p, 10*ms))
		slices.Sort(j.lines)
	}, "10ms a", "20ms c", "20ms d", "30.001ms woken: false", "5ms b woken: false")
}

// The signal that a process got and was killed before it could act on it goes to
// another.
func TestKilledAfterASignal(t *testing.T) {
	onNode(t, func(p *Proc, j *journal) {
		var c Cond
		tasks := inTurn(p, "a b c", func(p *Proc, name string) { c.Wait(p); j.note("%s", name) })
		c.Signal()
		tasks["a"].Kill()
	}, "3µs b")
}

// One that has acted on it takes it along.
func TestKilledLongAfterASignal(t *testing.T) {
	onNode(t, func(p *Proc, j *journal) {
		var c Cond
		tasks := inTurn(p, "a b", func(p *Proc, name string) {
			c.Wait(p)
			j.note("%s", name)
			p.Sleep(time.Minute)
		})
		c.Signal()
		p.Sleep(10 * ms)
		tasks["a"].Kill()
	}, "2µs a")
}

func TestSemaphore(t *testing.T) {
	onNode(t, func(p *Proc, j *journal) {
		s := NewSemaphore(2)
		inTurn(p, "a b c d", func(p *Proc, name string) {
			if name == "c" && !s.AcquireTimeout(p, 5*ms) {
				j.note("c gave up")
				return
			}
			s.Acquire(p)
			j.note("%s", name)
			p.Sleep(10 * ms)
			s.Release()
		})
		p.Sleep(time.Second)
		j.note("try: %v %v %v", s.TryAcquire(), s.TryAcquire(), s.TryAcquire())
	}, "0s a", "1µs b", "5.002ms c gave up", "10ms d", "1.000004s try: true true false")
}

func TestKilledWithAPermit(t *testing.T) {
	for _, victim := range []string{"waiter", "next"} {
		onNode(t, func(p *Proc, j *journal) {
			s := NewSemaphore(0)
			tasks := inTurn(p, "next waiter last", func(p *Proc, name string) {
				s.AcquireTimeout(p, time.Minute)
				j.note("%s", name)
			})
			s.Release()
			tasks[victim].Kill()
			s.Release()
			p.Sleep(us)
			slices.Sort(j.lines)
			j.note("free %d", s.free)
		}, map[string][]string{
			"waiter": {"3µs last", "3µs next", "4µs free 0"},
			"next":   {"3µs last", "3µs waiter", "4µs free 0"},
		}[victim]...)
	}
}

func TestWaitGroup(t *testing.T) {
	onNode(t, func(p *Proc, j *journal) {
		var g WaitGroup
		g.Wait(p) // nothing is left
		g.Add(2)
		waiters := inTurn(p, "a b c", func(p *Proc, name string) { g.Wait(p); j.note("%s goes on", name) })
		waiters["b"].Kill()
		p.Sleep(10*ms - 3*us)
		g.Done()
		p.Sleep(10 * ms)
		g.Done()
		p.Sleep(us)
		slices.Sort(j.lines)
	}, "20ms a goes on", "20ms c goes on")
}

// A group that has something to do again before its waiter runs keeps it waiting.
func TestWaitGroupUsedAgain(t *testing.T) {
	onNode(t, func(p *Proc, j *journal) {
		var g WaitGroup
		g.Add(1)
		p.Go("waiter", func(p *Proc) { g.Wait(p); j.note("goes on") })
		p.Sleep(10 * ms)
		g.Done()
		g.Add(1)
		p.Sleep(10 * ms)
		g.Done()
	}, "20ms goes on")
}

var errOops = errors.New("oops")

// member is a function of a group that takes a time and then returns it, or
// fails if that is odd.
func member(d time.Duration) func(p *Proc) (time.Duration, error) {
	return func(p *Proc) (time.Duration, error) {
		p.Sleep(d)
		if d/ms%2 == 1 {
			return 0, errOops
		}
		return d, nil
	}
}

func TestGroupFirst(t *testing.T) {
	for _, c := range []struct {
		members []time.Duration // in milliseconds; the odd ones fail
		first   int
		want    string
	}{
		{[]time.Duration{30, 10, 20}, 2, "20ms [10ms 20ms] <nil>"},
		{[]time.Duration{30, 10, 20}, 0, "0s [] <nil>"},
		{[]time.Duration{30, 11, 20}, 2, "30ms [20ms 30ms] <nil>"},
		{[]time.Duration{31, 11, 20}, 2, "31ms [20ms] 2 of 3 failed, 2 must not: oops\noops"},
		{[]time.Duration{31, 11, 40}, 2, "31ms [] 2 of 3 failed, 2 must not: oops\noops"},
		{[]time.Duration{31, 10, 20}, 3, "31ms [10ms 20ms] 1 of 3 failed, 3 must not: oops"},
	} {
		onNode(t, func(p *Proc, j *journal) {
			g := NewGroup[time.Duration](p)
			for _, d := range c.members {
				g.Go("member", member(d*ms))
			}
			got, err := g.First(c.first)
			j.note("%v %v", got, err)
			if err != nil && !errors.Is(err, errOops) {
				t.Error("the error does not wrap what the members returned")
			}
		}, c.want)
	}
}

// What comes after the first k does not show in what was returned, and a later
// First sees it.
func TestGroupGoesOn(t *testing.T) {
	onNode(t, func(p *Proc, j *journal) {
		g := NewGroup[time.Duration](p)
		for _, d := range []time.Duration{10, 20, 30, 40} {
			g.Go("member", member(d*ms))
		}
		one, _ := g.First(1)
		three, _ := g.First(3)
		again, _ := g.First(1)
		g.Cancel()
		g.Cancel()
		j.note("%v %v %v %d processes", one, three, again, processes(p.Node()))
	}, "30ms [10ms] [10ms 20ms 30ms] [10ms] 1 processes")
}

// processes counts those of a node.
func processes(n *Node) (count int) {
	for p := n.first; p != nil; p = p.younger {
		count++
	}
	return count
}

func TestMisuseOfSync(t *testing.T) {
	closed := NewChan[int](1)
	closed.Close()
	for part, f := range map[string]func(){
		"NewChan(-1): the capacity must not be negative": func() { NewChan[int](-1) },
		"send on a closed channel":                       func() { closed.TrySend(1) },
		"close of a closed channel":                      func() { closed.Close() },
		"unlock of an unlocked mutex":                    func() { new(Mutex).Unlock() },
		"NewSemaphore(-1): permits must not be negative": func() { NewSemaphore(-1) },
		"negative WaitGroup counter":                     func() { new(WaitGroup).Done() },
		"Group.First(1) of 0":                            func() { NewGroup[int](nil).First(1) },
		fmt.Sprintf("Group.First(%d) of 0", -1):          func() { NewGroup[int](nil).First(-1) },
	} {
		mustPanic(t, part, f)
	}
}
