package sim

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	files "github.com/orrery-sim/orrery/internal/golden"
)

// goldenHeader stands on top of testdata/golden_hashes.txt.
const goldenHeader = `# The hash of the whole run of each of a few small worlds, which between them use
# everything in the kernel. They must be equal on every machine and architecture.
#
# A line changes only together with what happens in a run: an event more, another
# order, another draw. A change that should not be seen (faster, tidier, a new
# observer, a feature switched off) moves none; if it does, it is wrong. One that
# is meant to be seen says in its commit which lines moved and why. A line that
# differs between two machines or two runs is a bug, and never updated away.
#
#     go test ./sim -run TestGoldenHashes -update
#
# world, events, hash, outcome
`

// A new feature of the kernel goes into a world of its own, or into one of these
// if that moves its line anyway.
var goldenWorlds = []struct {
	name   string
	config Config
	run    time.Duration
	build  func(w *World)
}{
	{"datagrams", Config{Seed: 1, Link: Link{Latency: Uniform(ms, 5*ms)}}, 2 * time.Second, buildDatagrams},
	{"calls", Config{Seed: 2, StreamTimeout: 2 * time.Second}, 10 * time.Second, buildCalls},
	{"streams", Config{Seed: 7, Link: Link{Latency: Uniform(ms, 9*ms), Bandwidth: 100_000, Loss: 0.02}}, 20 * time.Second, buildStreams},
	{"disks", Config{Seed: 8, Disk: DiskConfig{Torn: 0.1}}, 5 * time.Second, buildDisks},
	{"processes", Config{Seed: 3, Cores: 2}, 5 * time.Second, buildProcesses},
	{"clocks", Config{Seed: 4}, 20 * time.Second, buildClocks},
	{"faults", Config{Seed: 5, Link: Link{Latency: Exponential(2 * ms), Loss: 0.01}}, 5 * time.Second, buildFaults},
	{"impaired", Config{Seed: 9}, 2 * time.Second, buildImpaired},
	{"by-hand", Config{Seed: 10, Link: Link{Latency: Uniform(ms, 50*ms)}}, 3 * time.Second, buildByHand},
	{"violation", Config{Seed: 6}, time.Minute, buildViolation},
}

// TestGoldenHashes is the law: a run is a function of scenario and seed, today,
// tomorrow and elsewhere.
func TestGoldenHashes(t *testing.T) {
	text := goldenHeader
	for _, g := range goldenWorlds {
		w := newWorld(t, g.config)
		g.build(w)
		out := w.Run(g.run)
		text += fmt.Sprintf("%-10s %6d %016x %v\n", g.name, w.Events(), w.Hash(), out)
	}
	files.Check(t, text, "testdata/golden_hashes.txt")
}

// Between them the worlds bring about every kind of event.
func TestGoldenWorldsUseEverything(t *testing.T) {
	var seen [kindCount]bool
	for _, g := range goldenWorlds {
		w := newWorld(t, g.config)
		w.Observe(ObserverFunc(func(e *Event) { seen[e.Kind] = true }))
		g.build(w)
		w.Run(g.run)
	}
	for k := KindNone + 1; k < kindCount; k++ {
		if !seen[k] {
			t.Errorf("no event of kind %v", k)
		}
	}
}

// TestGoldenHashesOnARM64 runs the same test on the architecture that is most
// likely to differ: it fuses multiplications into additions.
func TestGoldenHashesOnARM64(t *testing.T) {
	if testing.Short() || runtime.GOARCH == "arm64" {
		t.Skip("not with -short, and not where the test runs on arm64 anyway")
	}
	qemu, err := exec.LookPath("qemu-aarch64")
	if err != nil {
		t.Skip("qemu-aarch64 is not installed: the hashes are not compared with those on arm64")
	}
	binary := filepath.Join(t.TempDir(), "sim.test")
	build := exec.Command("go", "test", "-c", "-o", binary, ".")
	build.Env = append(os.Environ(), "GOARCH=arm64", "GOOS=linux", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", build, err, out)
	}
	run := exec.Command(qemu, binary, "-test.run=^TestGoldenHashes$", "-test.v")
	if out, err := run.CombinedOutput(); err != nil || !strings.Contains(string(out), "PASS: TestGoldenHashes") {
		t.Errorf("on arm64: %v\n%s", err, out)
	}
}

// However a world is driven, watched and checked, and whatever else the machine
// does, its run is the same.
func TestSameRunHoweverItIsDriven(t *testing.T) {
	for _, g := range goldenWorlds {
		t.Run(g.name, func(t *testing.T) {
			run := func(config Config, drive func(w *World)) string {
				w := New(config)
				defer w.Close()
				g.build(w)
				drive(w)
				out, _ := w.Ended()
				return fmt.Sprintf("%d events, hash %016x, %v", w.Events(), w.Hash(), out)
			}
			whole := func(w *World) { w.Run(g.run) }
			want := run(g.config, whole)
			var last uint64
			run(g.config, func(w *World) { whole(w); last = w.Events() })
			same := func(how string, got string) {
				t.Helper()
				if got != want {
					t.Errorf("%s: %s, expected %s", how, got, want)
				}
			}
			same("run again", run(g.config, whole))
			same("watched by three", run(g.config, func(w *World) {
				for range 3 {
					w.Observe(ObserverFunc(func(e *Event) { _ = e.String() }))
				}
				w.Run(g.run)
			}))
			same("watched from the middle", run(g.config, func(w *World) {
				w.Run(g.run / 2)
				remove := w.Observe(ObserverFunc(func(e *Event) { _ = e.String() }))
				w.Run(g.run / 4)
				remove()
				w.Run(g.run - g.run/2 - g.run/4)
			}))
			checked := g.config
			checked.Checking = true
			same("with checking", run(checked, whole))
			same("with invariants", run(g.config, func(w *World) {
				w.Invariant("true", func() error { return nil })
				w.Run(g.run)
			}))
			same("in slices of time", run(g.config, func(w *World) {
				for left := g.run; left > 0; left -= 7_777_777 {
					w.Run(min(left, 7_777_777))
				}
			}))
			same("step by step", run(g.config, func(w *World) {
				for w.Events() < last && w.Step() {
				}
			}))
			same("in slices of events", run(g.config, func(w *World) {
				for next := uint64(0); next < last; next += 13 {
					w.RunTo(min(next+13, last))
				}
			}))
			for _, procs := range []int{1, 2, 8} {
				before := runtime.GOMAXPROCS(procs)
				same(fmt.Sprintf("GOMAXPROCS %d", procs), run(g.config, whole))
				runtime.GOMAXPROCS(before)
			}
		})
	}
}

func TestWorldsSideBySide(t *testing.T) {
	hashes := make([]uint64, 8)
	var all sync.WaitGroup
	for i := range hashes {
		all.Go(func() {
			for _, g := range goldenWorlds {
				w := New(g.config)
				g.build(w)
				w.Run(g.run)
				hashes[i] = mix(hashes[i], w.Hash())
				w.Close()
			}
		})
	}
	all.Wait()
	for _, h := range hashes {
		if h != hashes[0] {
			t.Errorf("worlds that ran side by side differ: %x", hashes)
		}
	}
}

// Another seed is another run, and so is each thing that matters.
func TestWhatChangesTheHash(t *testing.T) {
	run := func(seed uint64, body any, more func(w *World)) uint64 {
		w := newWorld(t, Config{Seed: seed})
		w.Node("b", idle)
		w.Node("a", func(p *Proc) { p.Send("b", body) })
		more(w)
		mustRun(t, w, time.Second)
		return w.Hash()
	}
	none := func(w *World) {}
	seen := map[uint64]string{}
	for what, hash := range map[string]uint64{
		"nothing":       run(1, nil, none),
		"seed":          run(2, nil, none),
		"body a":        run(1, "a", none),
		"body b":        run(1, "b", none),
		"bytes":         run(1, []byte("c"), none),
		"int":           run(1, 7, none),
		"false":         run(1, false, none),
		"true":          run(1, true, none),
		"digester":      run(1, digested(1<<40), none),
		"another port":  run(1, nil, func(w *World) { w.Node("c", func(p *Proc) { p.Listen("x") }) }),
		"crash of a":    run(1, nil, func(w *World) { w.At(ms/2, "", w.Lookup("a").Crash) }),
		"crash of b":    run(1, nil, func(w *World) { w.At(ms/2, "", w.Lookup("b").Crash) }),
		"crash later":   run(1, nil, func(w *World) { w.At(ms/3, "", w.Lookup("b").Crash) }),
		"named crash":   run(1, nil, func(w *World) { w.At(ms/2, "x", w.Lookup("b").Crash) }),
		"cut":           run(1, nil, func(w *World) { w.Cut("a", "b") }),
		"skew":          run(1, nil, func(w *World) { w.Lookup("a").Skew(1) }),
		"skew more":     run(1, nil, func(w *World) { w.Lookup("a").Skew(2) }),
		"drift":         run(1, nil, func(w *World) { w.Lookup("a").Drift(1) }),
		"degraded":      run(1, nil, func(w *World) { w.Degrade("a", "b", Link{Loss: 0.1}) }),
		"degraded more": run(1, nil, func(w *World) { w.Degrade("a", "b", Link{Loss: 0.2}) }),
	} {
		if other, twice := seen[hash]; twice {
			t.Errorf("%s has the hash of %s", what, other)
		}
		seen[hash] = what
	}
	if run(1, struct{}{}, none) != run(1, nil, none) {
		t.Error("a body without a digest takes part in the hash")
	}
}

type digested uint64

func (d digested) Digest() uint64 { return uint64(d) }

// Checkpoints are the hash after every so many events.
func TestCheckpoints(t *testing.T) {
	w := newWorld(t, Config{})
	w.Node("n", func(p *Proc) {
		for {
			p.Sleep(ms)
		}
	})
	w.RunTo(2 * checkpointEvery)
	points := w.Checkpoints()
	if len(points) != 2 || points[0].Number != checkpointEvery || points[1] != (Checkpoint{w.Events(), w.Hash()}) {
		t.Errorf("%v, at event %d the hash is %x", points, w.Events(), w.Hash())
	}
}

// Runs that never end are compared as far as one is asked to, and no further.
func TestFirstDifferenceOfEndlessRuns(t *testing.T) {
	world := func(odd int) func() *World {
		return func() *World {
			w := New(Config{})
			w.Node("n", func(p *Proc) {
				for i := 0; ; i++ {
					p.Sleep(ms)
					if p.Go("child", idle); i >= odd {
						p.Log("odd")
					}
				}
			})
			return w
		}
	}
	advance := func(w *World, upTo uint64) { w.RunTo(upTo) }
	const never = 1 << 30
	if a, b, differ := FirstDifference(world(never), world(never), advance, 100_000); differ {
		t.Errorf("equal runs differ: %v and %v", a, b)
	}
	for _, odd := range []int{0, 5, 1000} {
		note := uint64(3*odd + 4) // boot, then wake, spawn, exit again and again
		for upTo := note - 4; upTo < note+4; upTo++ {
			a, b, differ := FirstDifference(world(never), world(odd), advance, upTo)
			if differ != (upTo >= note) || differ && (b.Number != note || b.Kind != KindNote || a.Number != note) {
				t.Errorf("difference at event %d, up to %d: found %v and %v, %v", note, upTo, a, b, differ)
			}
		}
	}
}

// FirstDifference finds the event in which two runs differ, wherever it is.
func TestFirstDifference(t *testing.T) {
	const last = 5000
	world := func(length, odd int) func() *World {
		return func() *World {
			w := New(Config{})
			w.Node("n", func(p *Proc) {
				for i := range length {
					p.Sleep(ms)
					if i == odd {
						p.Log("odd")
					}
				}
			})
			return w
		}
	}
	advance := func(w *World, upTo uint64) { w.RunTo(upTo) }
	for _, odd := range []int{0, 1, 1021, 1022, 1023, 1024, 3333, last - 1} {
		a, b, differ := FirstDifference(world(last, -1), world(last, odd), advance, 1_000_000)
		if !differ || b == nil || b.Kind != KindNote || b.Number != uint64(odd+3) || a == nil || a.Number != b.Number || a.Kind == KindNote {
			t.Errorf("difference at event %d: found %v and %v, %v", odd+3, a, b, differ)
		}
	}
	if a, b, differ := FirstDifference(world(last, 7), world(last, 7), advance, 1_000_000); differ {
		t.Errorf("equal runs differ: %v and %v", a, b)
	}
	for _, length := range []int{100, 1021, 1022, 1023, 2000} { // the end of the shorter one is an exit
		a, b, differ := FirstDifference(world(length, -1), world(last, -1), advance, 1_000_000)
		if !differ || a == nil || a.Kind != KindExit || b == nil || b.Kind != KindWake || a.Number != uint64(length+2) {
			t.Errorf("a run that ends after %d: %v and %v", length+2, a, b)
		}
	}
	prefix := func(upTo uint64) func() *World {
		return func() *World {
			w := world(last, -1)()
			w.Invariant("short", func() error {
				if w.Events() == upTo {
					w.ended = &Outcome{}
				}
				return nil
			})
			return w
		}
	}
	for _, upTo := range []uint64{100, 1023, 1024, 1025, 2048} {
		for swap, runs := range [][2]func() *World{{prefix(upTo), prefix(3000)}, {prefix(3000), prefix(upTo)}} {
			a, b, differ := FirstDifference(runs[0], runs[1], advance, 1_000_000)
			if swap == 1 {
				a, b = b, a
			}
			if !differ || a != nil || b == nil || b.Number != upTo+1 {
				t.Errorf("a run that is a prefix of %d events: %v and %v, %v", upTo, a, b, differ)
			}
		}
	}
	if a, b, differ := FirstDifference(prefix(10), func() *World { return New(Config{Seed: 1}) }, advance, 1_000_000); !differ {
		t.Errorf("worlds of different seeds: %v and %v", a, b)
	}
}
