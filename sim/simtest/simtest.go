// Package simtest runs simulations from go test: one test body over many seeds,
// side by side, with a line that reproduces whatever fails.
//
//	func TestStore(t *testing.T) {
//		simtest.Run(t, func(t *simtest.T) {
//			w := t.New(sim.Config{})
//			w.Node("store", store)
//			w.Client("alice", client)
//			t.Advance(time.Second) // fails the test if the run ends otherwise than ok
//			w.Isolate("store")
//			t.Advance(time.Second)
//			t.Settle(10 * time.Second) // heal everything, then the clients must come to an end
//		})
//	}
//
// Flags of the test binary:
//
//	-sim.seed N      run this seed only
//	-sim.seeds N     run the seeds 1 to N (100; 10 with -short)
//	-sim.trace       print every event
//
// One seed in twenty is run twice, and the test fails if the two runs differ:
// then something in the body is not a function of the seed.
package simtest

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/sim"
)

var (
	oneSeed   = flag.Uint64("sim.seed", 0, "run this seed only")
	seedCount = flag.Uint64("sim.seeds", 0, "run the seeds 1 to this one (default 100, or 10 with -short)")
	trace     = flag.Bool("sim.trace", false, "print every event of the simulation")
)

const (
	twiceEvery  = 20 // of so many seeds, one is run twice
	mostFailing = 3  // after so many failing seeds the others are left out
	lastEvents  = 12 // shown of a run that failed
)

// T is a test of one seed.
type T struct {
	testing.TB
	seed    uint64
	worlds  []*sim.World
	tapes   []*tape
	earlier []*tape // of the first run, in a second of the same seed
}

// Run runs body once for every seed. The seeds run side by side: what body uses
// it must make itself.
func Run(t *testing.T, body func(t *T)) {
	t.Helper()
	repeat := reproduction(t)
	var failed atomic.Int32
	// A group, so that Run returns when its parallel subtests have.
	t.Run("sim", func(t *testing.T) {
		for _, seed := range seeds() {
			t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
				t.Parallel()
				if failed.Load() >= mostFailing {
					t.Skipf("left out: %d seeds have failed already", mostFailing)
				}
				t.Cleanup(func() {
					if t.Failed() {
						failed.Add(1)
						t.Logf("reproduce: %s -sim.seed=%d", repeat, seed)
					}
				})
				first := run(t, seed, nil, body)
				if seed%twiceEvery == 1 && !t.Failed() {
					run(t, seed, first.tapes, body).compareEnds()
				}
			})
		}
	})
}

func seeds() []uint64 {
	if *oneSeed != 0 {
		return []uint64{*oneSeed}
	}
	n := *seedCount
	if n == 0 {
		n = 100
		if testing.Short() {
			n = 10
		}
	}
	list := make([]uint64, n)
	for i := range list {
		list[i] = uint64(i) + 1
	}
	return list
}

// run is one run of the body. Its worlds are closed also if it ends by FailNow.
func run(t *testing.T, seed uint64, earlier []*tape, body func(t *T)) *T {
	s := &T{TB: t, seed: seed, earlier: earlier}
	defer s.close()
	body(s)
	return s
}

// compareEnds fails the test if a second run of the seed was shorter than the first,
// as far as that was no difference yet.
func (t *T) compareEnds() {
	if len(t.tapes) != len(t.earlier) {
		t.Errorf("seed %d: a second run of the same seed has %d worlds, the first had %d\n%s", t.seed, len(t.tapes), len(t.earlier), impure)
		return
	}
	for i, tape := range t.tapes {
		if have, had := len(tape.hashes), len(t.earlier[i].hashes); have < had && !tape.differs {
			t.Errorf("seed %d: a second run of the same seed ends after %d events, the first after %d\n%s", t.seed, have, had, impure)
		}
	}
}

func (t *T) close() {
	for _, tape := range t.tapes {
		if t.Failed() {
			t.Logf("the last events:\n%s", tape)
		}
	}
	for _, w := range t.worlds {
		w.Close()
	}
}

// Seed returns the seed of this run.
func (t *T) Seed() uint64 { return t.seed }

// New makes a world with the run's seed, in checking mode, to be closed at the
// end. Of several, Advance, Until, Heal and Settle mean the last.
func (t *T) New(config sim.Config) *sim.World {
	config.Seed, config.Checking = t.seed, true
	w := sim.New(config)
	tape := &tape{w: w, t: t}
	if n := len(t.tapes); n < len(t.earlier) {
		tape.earlier = t.earlier[n]
	}
	w.Observe(tape)
	t.worlds, t.tapes = append(t.worlds, w), append(t.tapes, tape)
	return w
}

// World returns the world that New made last.
func (t *T) World() *sim.World {
	if len(t.worlds) == 0 {
		panic("simtest: there is no world yet: call New first")
	}
	return t.worlds[len(t.worlds)-1]
}

// Advance lets d of virtual time pass, and ends the test unless the outcome is ok.
func (t *T) Advance(d time.Duration) {
	t.Helper()
	t.must(t.World().Run(d))
}

// Until lets time pass until the condition holds, and ends the test if it has not
// within d.
func (t *T) Until(condition func() bool, d time.Duration) {
	t.Helper()
	t.must(t.World().RunUntil(condition, d))
}

// Heal undoes every fault in force, see [sim.World.Heal].
func (t *T) Heal() { t.World().Heal() }

// Settle heals everything and then lets time pass until every client has ended,
// and ends the test if one has not within d: first safety, then liveness.
func (t *T) Settle(d time.Duration) {
	t.Helper()
	t.Heal()
	w := t.World()
	t.must(w.RunUntil(func() bool { return w.ClientsLeft() == 0 }, d))
}

func (t *T) must(out sim.Outcome) {
	t.Helper()
	if !out.OK() {
		t.Fatalf("seed %d: %v%s", t.seed, out, indented(out.Stack))
	}
}

func indented(stack string) string {
	if stack == "" {
		return ""
	}
	return "\n\t" + strings.ReplaceAll(strings.TrimSpace(stack), "\n", "\n\t")
}

// reproduction is the command that runs the test that called Run, for pasting.
func reproduction(t *testing.T) string {
	const callerOfRun = 2
	pc, _, _, _ := runtime.Caller(callerOfRun)
	name := runtime.FuncForPC(pc).Name() // path/to/package_test.TestX or path/to/package.TestX.func1
	dir, last := "", name
	if i := strings.LastIndex(name, "/"); i >= 0 {
		dir, last = name[:i+1], name[i+1:]
	}
	pkg, _, _ := strings.Cut(last, ".")
	pkg = strings.ReplaceAll(pkg, "%2e", ".") // in a symbol, a dot of the last element is written so
	var parts []string
	for _, part := range strings.Split(t.Name(), "/") {
		parts = append(parts, "^"+regexp.QuoteMeta(part)+"$")
	}
	pattern := strings.ReplaceAll(strings.Join(parts, "/"), "'", `'\''`)
	return fmt.Sprintf("go test %s%s -run '%s'", dir, strings.TrimSuffix(pkg, "_test"), pattern)
}

// tape remembers what of a run is needed when it fails or is repeated.
type tape struct {
	w       *sim.World
	t       *T
	hashes  []uint64 // after each event
	last    []sim.Event
	earlier *tape
	differs bool
}

// Event implements [sim.Observer].
func (r *tape) Event(e *sim.Event) {
	if *trace {
		fmt.Fprintln(os.Stdout, e)
	}
	if len(r.last) == lastEvents {
		copy(r.last, r.last[1:])
		r.last = r.last[:lastEvents-1]
	}
	r.last = append(r.last, *e)
	r.hashes = append(r.hashes, r.w.Hash())
	if r.earlier != nil && !r.differs {
		r.compare(e)
	}
}

// compare fails the test at the first event that is not as it was in the first
// run of the same seed.
func (r *tape) compare(e *sim.Event) {
	i := len(r.hashes) - 1
	if i < len(r.earlier.hashes) && r.earlier.hashes[i] == r.hashes[i] {
		return
	}
	r.differs = true
	r.t.Errorf("seed %d: a second run of the same seed differs, first in this event:\n%v\n%s", r.t.seed, e, impure)
}

const impure = "hint: something in the test is not a function of the seed: a map's order, the wall clock, a variable that outlives the run"

// String is the last events, a line each.
func (r *tape) String() string {
	var b strings.Builder
	for i := range r.last {
		fmt.Fprintln(&b, r.last[i].String())
	}
	return b.String()
}
