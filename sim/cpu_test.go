package sim

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"
)

// Work queues for a core in the order of asking.
func TestWorkIsFirstComeFirstServed(t *testing.T) {
	for cores, want := range [][]string{
		1: {"10ms a", "20ms b", "30ms c", "40ms d"},
		2: {"10ms a", "10.001ms b", "20ms c", "20.001ms d"},
		4: {"10ms a", "10.001ms b", "10.002ms c", "10.003ms d"},
	} {
		if want == nil {
			continue
		}
		w := newWorld(t, Config{Cores: cores})
		j := journal{w: w}
		n := w.Node("n", func(p *Proc) {
			inTurn(p, "a b c d", func(p *Proc, name string) { p.Work(10 * ms); j.note("%s", name) })
		})
		mustRun(t, w, 5*ms)
		if all, busy := n.Cores(); all != cores || busy != cores || n.WorkQueue() != 4-cores {
			t.Errorf("%d of %d cores are busy, %d wait", busy, all, n.WorkQueue())
		}
		mustRun(t, w, time.Second)
		j.expect(t, want...)
		if _, busy := n.Cores(); busy != 0 || n.WorkQueue() != 0 {
			t.Errorf("in the end %d cores are busy, %d wait", busy, n.WorkQueue())
		}
	}
}

// Speed counts for work that begins; cores for work that ends.
func TestSpeedAndCores(t *testing.T) {
	w := newWorld(t, Config{})
	j := journal{w: w}
	n := w.Node("n", func(p *Proc) {
		inTurn(p, "a b c d e", func(p *Proc, name string) { p.Work(10 * ms); j.note("%s", name) })
	})
	w.At(5*ms, "half speed", func() { n.SetSpeed(0.5) })
	w.At(25*ms, "three cores", func() { n.SetCores(3) })
	w.At(26*ms, "one core", func() { n.SetCores(1) })
	mustRun(t, w, time.Second)
	slices.Sort(j.lines[2:4])
	j.expect(t, "10ms a", "30ms b", "45ms c", "45ms d", "65ms e")
}

func TestNoWorkTakesItsTurn(t *testing.T) {
	w := newWorld(t, Config{})
	j := journal{w: w}
	w.Node("n", func(p *Proc) {
		inTurn(p, "a b", func(p *Proc, name string) { p.Work(map[string]time.Duration{"a": 10 * ms}[name]); j.note("%s", name) })
	})
	mustRun(t, w, time.Second)
	j.expect(t, "10ms a", "10ms b")
}

// A process that is killed gives back the core it has, or was just given, or
// its place in the queue.
func TestKilledWorkerGivesItsCoreBack(t *testing.T) {
	for victim, want := range map[string][]string{
		"a":       {"15ms b", "25ms c"},
		"b":       {"10ms a", "20ms c"},
		"a and b": {"15ms c"}, // b has been given the core of a, and has not run since
	} {
		w := newWorld(t, Config{})
		j := journal{w: w}
		n := w.Node("n", func(p *Proc) {
			tasks := inTurn(p, "a b c", func(p *Proc, name string) { p.Work(10 * ms); j.note("%s", name) })
			p.Sleep(5*ms - 3*us)
			tasks[victim[:1]].Kill()
			tasks[victim[len(victim)-1:]].Kill()
		})
		mustRun(t, w, time.Second)
		j.expect(t, want...)
		if _, busy := n.Cores(); busy != 0 || n.WorkQueue() != 0 {
			t.Errorf("%s killed: %d cores are busy, %d wait", victim, busy, n.WorkQueue())
		}
	}
}

func TestCrashFreesTheCores(t *testing.T) {
	w := newWorld(t, Config{})
	j := journal{w: w}
	n := w.Node("n", func(p *Proc) {
		inTurn(p, "a b", func(p *Proc, name string) {
			p.Work(10 * ms)
			j.note("%s of boot %d", name, p.Node().Incarnation())
		})
	})
	n.SetCores(3)
	n.SetCores(1) // that a machine has is not forgotten
	n.SetSpeed(2)
	w.At(time.Millisecond, "restart", n.Restart)
	mustRun(t, w, time.Second)
	j.expect(t, "6ms a of boot 2", "11ms b of boot 2")
}

// A queue with random arrivals and constant work, computed by hand: whoever
// arrives is served by the core that is free first, after all who came before
// (Kiefer and Wolfowitz, 1955; Lindley's recursion for one core). The mean wait
// comes out as Pollaczek and Khinchine say for M/D/1: rho*d/(2*(1-rho)).
func TestQueueing(t *testing.T) {
	const requests, service = 20_000, 10 * ms
	for _, cores := range []int{1, 3} {
		gap := Exponential(service * 10 / time.Duration(8*cores)) // a load of 0.8
		w := newWorld(t, Config{Cores: cores})
		free := make([]time.Duration, cores) // when each core has done what it has
		var waited time.Duration
		done, wrong := 0, 0
		w.Node("n", func(p *Proc) {
			r := p.Rand("arrivals")
			for i := range requests {
				p.Sleep(gap.Sample(r))
				next := slices.Index(free, slices.Min(free))
				free[next] = max(w.Now(), free[next]) + service
				waited += free[next] - service - w.Now()
				due := free[next]
				p.Go(fmt.Sprint(i), func(p *Proc) {
					p.Work(service)
					done++
					if w.Now() != due {
						wrong++
					}
				})
			}
		})
		mustRun(t, w, time.Hour)
		if done != requests || wrong != 0 {
			t.Fatalf("%d cores: %d of %d done, %d of them not when computed", cores, done, requests, wrong)
		}
		mean := float64(waited) / requests / float64(service)
		if want := 0.8 / (2 * (1 - 0.8)); cores == 1 && math.Abs(mean-want) > 0.1*want {
			t.Errorf("the mean wait is %v services, expected %v", mean, want)
		}
	}
}

func TestImpossibleWork(t *testing.T) {
	w := newWorld(t, Config{})
	n := w.Node("n", func(p *Proc) { p.Work(-1) })
	mustEnd(t, w.Run(time.Second), Crashed, "Work(-1ns): work takes time or none")
	mustPanic(t, "SetCores(0) on node n", func() { n.SetCores(0) })
	for _, factor := range []float64{0, -1, 1e7, math.NaN(), math.Inf(1)} {
		mustPanic(t, "on node n: the factor must be above 0", func() { n.SetSpeed(factor) })
	}
}
