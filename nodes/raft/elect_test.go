package raft

import (
	"fmt"
	"reflect"
	"testing"
	"time"
	"unsafe"

	etcd "go.etcd.io/raft/v3"

	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/sim/simtest"
)

// defaults are the knobs as they are, but for those given.
func defaults(turned scenarios.Values) settings {
	v := scenarios.Values{}
	for _, k := range knobs {
		v[k.Name] = k.Default
	}
	for name, value := range turned {
		if _, known := v[name]; !known {
			panic("there is no knob " + name)
		}
		v[name] = value
	}
	return readKnobs(v)
}

// servers are n1, n2, ...
func servers(n int) []string {
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("n%d", i+1))
	}
	return names
}

// elections records who became leader when.
type elections []string

func (e *elections) milestone(p *sim.Proc, text string) {
	*e = append(*e, fmt.Sprintf("%v %s %s", p.World().Now(), p.Node().Name(), text))
}

// count is the library's own count of ticks, which it shows to nobody.
func count(n *etcd.RawNode) *int {
	raft := reflect.ValueOf(n).Elem().FieldByName("raft").Elem()
	return (*int)(unsafe.Pointer(raft.FieldByName("electionElapsed").UnsafeAddr()))
}

// The clock restarts in exactly the events in which the library's count does, with
// crashes, partitions and deposed leaders. After each event the count is set to 1, so
// that the library putting it to 0 shows.
func TestClockRestartsWithLibrary(t *testing.T) {
	for _, preVote := range []string{"true", "false"} {
		t.Run("pre-vote="+preVote, func(t *testing.T) { clockRestarts(t, preVote) })
	}
}

func clockRestarts(t *testing.T, preVote string) {
	simtest.Run(t, func(t *simtest.T) {
		w := t.New(sim.Config{Link: scenarios.DefaultLink})
		c := assemble(w, defaults(scenarios.Values{"pre-vote": preVote}), servers(5), new(elections).milestone)
		before := map[*server]time.Duration{}
		w.Invariant("clock", func() error {
			for _, k := range c.watch.servers {
				if s := k.server; k.runs() && s.raft != nil && s.role != etcd.StateLeader {
					if err := sameRestart(s, before[s], w.Now()); err != nil {
						return err
					}
					before[s] = s.clock.since
				}
			}
			return nil
		})
		rand := w.Rand("test", "faults")
		for range 12 {
			t.Advance(rand.Duration(0, 3*time.Second))
			pick := sim.Pick(rand, servers(5))
			switch rand.IntN(4) {
			case 0:
				w.Lookup(pick).Restart()
			case 1:
				w.Isolate(pick)
			case 2:
				w.Cut(pick, sim.Pick(rand, servers(5)))
			default:
				t.Heal()
			}
		}
	})
}

// sameRestart compares what an event did to the clock and to the library's count.
func sameRestart(s *server, since, now time.Duration) error {
	n := count(s.raft)
	if *n == 0 {
		*n = 1
		if s.clock.since != now {
			return fmt.Errorf("%s: the library's count restarted and the clock did not", s.name)
		}
		return nil
	}
	// A campaign for pre-votes leaves the library's count, which nothing looks at then.
	if s.clock.since != since && s.role != etcd.StatePreCandidate && s.clock.since != s.clock.booted {
		return fmt.Errorf("%s: the clock restarted and the library's count did not", s.name)
	}
	return nil
}

// Timeouts are drawn between the two knobs, all of the range is used, and they depend on
// the seed and on nothing else.
func TestTimeoutsAreDrawnFromTheSeed(t *testing.T) {
	draw := func(seed uint64) (timeouts []time.Duration) {
		w := sim.New(sim.Config{Seed: seed, Link: scenarios.DefaultLink})
		defer w.Close()
		turned := scenarios.Values{"election-min": "150ms", "election-max": "155ms", "heartbeat": "75ms"}
		c := assemble(w, defaults(turned), servers(3), new(elections).milestone)
		for range 20 {
			w.Run(time.Second)
			for _, k := range c.watch.servers[1:] {
				timeouts = append(timeouts, k.server.clock.timeout)
			}
			w.Lookup("n1").Restart()
			w.Lookup("n2").Restart()
		}
		return timeouts
	}
	first := draw(1)
	if again := draw(1); !reflect.DeepEqual(first, again) {
		t.Errorf("seed 1 drew %v and then %v", first, again)
	}
	if other := draw(2); reflect.DeepEqual(first, other) {
		t.Errorf("seeds 1 and 2 both drew %v", first)
	}
	low, high := first[0], first[0]
	for _, d := range first {
		low, high = min(low, d), max(high, d)
	}
	if low < 150*time.Millisecond || high > 155*time.Millisecond {
		t.Errorf("timeouts are %v to %v, expected 150ms to 155ms", low, high)
	}
	if high-low < 3*time.Millisecond {
		t.Errorf("timeouts are %v to %v only", low, high)
	}
}
