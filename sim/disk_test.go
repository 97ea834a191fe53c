package sim_test

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/sim"
)

// tester is what a test, a benchmark and a rapid.T have in common.
type tester interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
	Fatal(args ...any)
}

// lives runs a node whose boot function is another one in each incarnation. As
// soon as one has returned the node crashes, but for the last.
func lives(t tester, c sim.Config, boots ...func(p *sim.Proc)) *sim.World {
	t.Helper()
	w := sim.New(c)
	t.Cleanup(w.Close)
	ended := 0
	n := w.Node("n", func(p *sim.Proc) {
		boots[p.Node().Incarnation()-1](p)
		ended++
	})
	for i := range boots {
		if i > 0 {
			n.Restart()
		}
		if out := w.RunUntil(func() bool { return ended > i }, time.Hour); !out.OK() {
			t.Fatal(out)
		}
	}
	return w
}

// none is a life in which nothing happens.
func none(*sim.Proc) {}

// must fails the test if there is an error.
func must(t tester, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t tester, p *sim.Proc, name string) *sim.File {
	t.Helper()
	f, err := p.Open(name)
	must(t, err)
	return f
}

// put appends to a file, and syncs it if asked.
func put(t tester, p *sim.Proc, name, content string, sync bool) {
	t.Helper()
	f := open(t, p, name)
	must(t, f.Append(p, []byte(content)))
	if sync {
		must(t, f.Sync(p))
	}
}

// holds renders all that a disk holds: "a=xyz b=". Runs of letters are shortened:
// 512 times x is x512.
func holds(d *sim.Disk) string {
	var parts []string
	for _, name := range d.Files() {
		content, _ := d.Content(name)
		parts = append(parts, name+"="+shorten(content))
	}
	return strings.Join(parts, " ")
}

func shorten(b []byte) string {
	var s strings.Builder
	for i := 0; i < len(b); {
		n := i
		for n < len(b) && b[n] == b[i] {
			n++
		}
		letter := string(b[i])
		if b[i] == 0 {
			letter = "_"
		}
		if n-i > 8 {
			fmt.Fprintf(&s, "%s%d", letter, n-i)
		} else {
			s.WriteString(strings.Repeat(letter, n-i))
		}
		i = n
	}
	return s.String()
}

func times(n int, letter string) string { return strings.Repeat(letter, n) }

// The device does one thing at a time, in the order of asking.
func TestDeviceIsFIFO(t *testing.T) {
	var order []string
	lives(t, sim.Config{Seed: 3, Disk: sim.DiskConfig{Read: sim.Constant(2 * time.Millisecond)}}, func(p *sim.Proc) {
		for i := range 4 {
			p.Go(fmt.Sprint(i), func(p *sim.Proc) {
				f := open(t, p, "f")
				p.Sleep(time.Duration(i) * time.Microsecond)
				if i == 1 {
					_, err := f.ReadAll(p)
					must(t, err)
				} else {
					must(t, f.Sync(p))
				}
				order = append(order, fmt.Sprint(i, " ", p.World().Now()))
			})
		}
		p.Sleep(10 * time.Microsecond)
		if q := p.Node().Disk().Queue(); q != 3 {
			t.Errorf("%d wait for the device, expected 3", q)
		}
		p.Sleep(time.Second)
	})
	want := []string{"0 1ms", "1 3ms", "2 4ms", "3 5ms"}
	if !slices.Equal(order, want) {
		t.Errorf("done %v, expected %v", order, want)
	}
}

// A process that is killed while it waits for the device, or while it has it,
// leaves it to the next.
func TestKilledProcessLeavesDevice(t *testing.T) {
	for _, c := range []struct{ at, third time.Duration }{
		{500 * time.Microsecond, 2 * time.Millisecond},
		{1500 * time.Microsecond, 2500 * time.Microsecond},
	} {
		done := map[int]time.Duration{}
		w := sim.New(sim.Config{})
		w.Node("n", func(p *sim.Proc) {
			var tasks []sim.Task
			for i := range 3 {
				tasks = append(tasks, p.Go(fmt.Sprint(i), func(p *sim.Proc) {
					p.Sleep(time.Duration(i) * time.Microsecond)
					must(t, open(t, p, "f").Sync(p))
					done[i] = w.Now()
				}))
			}
			w.At(c.at, "kill the second", tasks[1].Kill)
		})
		w.Run(time.Second)
		if done[0] != time.Millisecond || done[1] != 0 || done[2] != c.third {
			t.Errorf("killed at %v: done at %v, expected the third at %v", c.at, done, c.third)
		}
		w.Close()
	}
}

// And so does one that was handed the device and killed before it ran.
func TestKilledWhenHandedTheDevice(t *testing.T) {
	var last time.Duration
	w := sim.New(sim.Config{})
	defer w.Close()
	w.Node("n", func(p *sim.Proc) {
		f := open(t, p, "f")
		var second sim.Task
		p.Go("first", func(p *sim.Proc) {
			must(t, f.Sync(p))
			second.Kill() // it has been handed the device, and has not run since
		})
		second = p.Go("second", func(p *sim.Proc) {
			p.Sleep(time.Microsecond)
			must(t, f.Sync(p))
			t.Error("the second was not killed")
		})
		p.Sleep(2 * time.Microsecond)
		must(t, f.Sync(p))
		last = w.Now()
	})
	w.Run(time.Second)
	if last != 2*time.Millisecond {
		t.Errorf("the third was done at %v, expected 2ms", last)
	}
}

func TestTiming(t *testing.T) {
	config := sim.DiskConfig{
		Read: sim.Constant(time.Millisecond), Write: sim.Constant(time.Microsecond), Sync: sim.Constant(2 * time.Millisecond),
		Bandwidth: 1000, // a byte per millisecond
	}
	lives(t, sim.Config{Disk: config}, func(p *sim.Proc) {
		w, f := p.World(), open(t, p, "f")
		for _, c := range []struct {
			what string
			do   func() error
			want time.Duration
		}{
			{"append", func() error { return f.Append(p, make([]byte, 7)) }, time.Microsecond},
			{"sync", func() error { return f.Sync(p) }, 9 * time.Millisecond},
			{"sync of nothing", func() error { return f.Sync(p) }, 2 * time.Millisecond},
			{"read", func() error { _, err := f.ReadAll(p); return err }, 8 * time.Millisecond},
			{"read of a part", func() error { _, err := f.ReadAt(p, make([]byte, 3), 2); return err }, 4 * time.Millisecond},
			{"truncate", func() error { return f.Truncate(p, 0) }, 0},
			{"rename", func() error { return p.Rename("f", "g") }, 0},
		} {
			began := w.Now()
			must(t, c.do())
			if took := w.Now() - began; took != c.want {
				t.Errorf("%s took %v, expected %v", c.what, took, c.want)
			}
		}
	})
}

// A disk does not go by its node's clock.
func TestDiskKeepsTrueTime(t *testing.T) {
	var took time.Duration
	w := sim.New(sim.Config{Disk: sim.DiskConfig{Sync: sim.Constant(time.Second)}})
	defer w.Close()
	n := w.Node("n", func(p *sim.Proc) {
		must(t, open(t, p, "f").Sync(p))
		took = w.Now()
	})
	w.Run(time.Second / 2)
	n.Drift(900_000)
	w.Run(time.Minute)
	if took != time.Second {
		t.Errorf("the sync took %v, expected 1s", took)
	}
}

// The events tell what the disk does, whoever looks.
func TestDiskEvents(t *testing.T) {
	want := []string{
		`0s disk 3 "sync f"`, `1ms disk-end 2 ""`,
		`1ms disk 0 "remove g"`, `1ms disk-end 5 "file does not exist"`,
		`1ms disk 2 "rot f: bits flipped"`,
		`1ms disk 0 "degrade: slow 2x, full"`, `1ms disk 0 "restore: slow 2x, full"`,
		`1s disk 2 "crash: 1 of 1 unsynced writes lost or torn, 1 of 1 metadata operations undone"`,
		`1s disk 3 "wipe"`,
	}
	var lines []string
	for seed := range uint64(50) { // until the crash takes both
		lines = nil
		hash := eventful(seed, func(e *sim.Event) {
			if e.Kind == sim.KindDisk || e.Kind == sim.KindDiskEnd {
				lines = append(lines, fmt.Sprintf("%v %s %d %q", e.At, e.Kind, e.Arg, e.Text))
			}
		})
		if hash != eventful(seed, nil) {
			t.Errorf("seed %d: an observer changed the hash", seed)
		}
		if slices.Equal(lines, want) {
			return
		}
	}
	t.Errorf("events\n%s\nexpected on one of 50 seeds\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
}

// eventful runs a world with one event of the disk of each sort, and returns its
// hash.
func eventful(seed uint64, watch sim.ObserverFunc) uint64 {
	w := sim.New(sim.Config{Seed: seed})
	defer w.Close()
	if watch != nil {
		w.Observe(watch)
	}
	n := w.Node("n", func(p *sim.Proc) {
		if p.Node().Incarnation() > 1 {
			return
		}
		f, _ := p.Open("f")
		f.Append(p, []byte("abc"))
		f.Sync(p)
		p.Remove("g")
		f.Append(p, []byte("def"))
		p.Open("g")
		p.Node().Disk().Rot("f", 2)
		p.Node().Disk().Degrade(sim.DiskFault{Slow: 2, Full: true}).Restore()
	})
	w.Run(time.Second)
	n.Restart()
	n.Disk().Wipe()
	return w.Hash()
}

// What processes do when their world is closed is no part of the run.
func TestDiskOfClosedWorld(t *testing.T) {
	var err error
	w := sim.New(sim.Config{})
	n := w.Node("n", func(p *sim.Proc) {
		f := open(t, p, "f")
		defer func() { err = f.Append(p, []byte("x")) }()
		p.Sleep(time.Hour)
	})
	w.Run(time.Second)
	w.Close()
	if got := holds(n.Disk()); !errors.Is(err, sim.ErrStale) || got != "f=" {
		t.Errorf("an append after the end: %v, and the disk holds %s", err, got)
	}
}

// Handlers may do all that takes no time.
func TestDiskInHandlers(t *testing.T) {
	w := sim.New(sim.Config{})
	defer w.Close()
	w.Node("n", func(p *sim.Proc) {
		p.After(time.Millisecond, func(p *sim.Proc) {
			put(t, p, "f", "abc", false)
			must(t, p.Rename("f", "g"))
		})
		p.After(time.Second, func(p *sim.Proc) { open(t, p, "g").Sync(p) })
	})
	if out := w.Run(500 * time.Millisecond); !out.OK() || holds(w.Lookup("n").Disk()) != "g=abc" {
		t.Errorf("%v, disk holds %s", out, holds(w.Lookup("n").Disk()))
	}
	if out := w.Run(time.Second); out.Status != sim.Crashed || !strings.Contains(out.Reason, "File.Sync blocks") {
		t.Errorf("a sync in a handler: %v", out)
	}
}

// A node that is paused does not run, and its disk does not lose its turn.
func TestPausedDuringSync(t *testing.T) {
	var done time.Duration
	w := sim.New(sim.Config{})
	defer w.Close()
	n := w.Node("n", func(p *sim.Proc) {
		put(t, p, "f", "a", true)
		put(t, p, "f", "b", true)
		done = w.Now()
	})
	w.Run(time.Millisecond / 2)
	n.Pause()
	w.Run(time.Second)
	n.Resume()
	w.Run(time.Second)
	if want := time.Second + time.Millisecond/2 + time.Millisecond; done != want {
		t.Errorf("done at %v, expected %v", done, want)
	}
}

func TestMisuse(t *testing.T) {
	n := lives(t, sim.Config{}, none).Lookup("n")
	for want, f := range map[string]func(){ // order-free: only reports
		"Bandwidth is -1":   func() { n.SetDisk(sim.DiskConfig{Bandwidth: -1}) },
		"Capacity is -1":    func() { n.SetDisk(sim.DiskConfig{Capacity: -1}) },
		"Torn is 2":         func() { n.SetDisk(sim.DiskConfig{Torn: 2}) },
		"Slow is -1":        func() { n.Disk().Degrade(sim.DiskFault{Slow: -1}) },
		"SyncError is 1.5":  func() { n.Disk().Degrade(sim.DiskFault{SyncError: 1.5}) },
		"at least 1 bit":    func() { n.Disk().Rot("f", 0) },
		"sim: SetDisk of n": func() { n.SetDisk(sim.DiskConfig{Bandwidth: -1}) },
	} {
		func() {
			defer func() {
				if text := fmt.Sprint(recover()); !strings.Contains(text, want) || !strings.HasPrefix(text, "sim: ") {
					t.Errorf("panic %q, expected one with %q", text, want)
				}
			}()
			f()
		}()
	}
	for want, life := range map[string]func(p *sim.Proc){ // order-free: only reports
		"without a name":            func(p *sim.Proc) { p.Open("") },
		"to no name":                func(p *sim.Proc) { p.Rename("f", "") },
		"an offset is not negative": func(p *sim.Proc) { open(t, p, "f").Truncate(p, -1) },
		"belongs to one node": func(p *sim.Proc) {
			f := open(t, p, "f")
			p.World().Node("m", func(p *sim.Proc) { f.Sync(p) })
			p.Sleep(1)
		},
	} {
		w := sim.New(sim.Config{})
		w.Node("n", life)
		if out := w.Run(time.Second); out.Status != sim.Crashed || !strings.Contains(out.Reason, want) {
			t.Errorf("%v, expected a crash with %q", out, want)
		}
		w.Close()
	}
}

// To append and sync costs no memory beside that of the file.
func TestAppendAndSyncAllocateNothing(t *testing.T) {
	const n = 10_000
	var before, after runtime.MemStats
	lives(t, sim.Config{}, func(p *sim.Proc) {
		f := open(t, p, "wal")
		record := make([]byte, 100)
		work := func(n int) {
			for range n {
				f.Append(p, record)
				f.Sync(p)
			}
		}
		work(n)
		runtime.ReadMemStats(&before)
		work(n)
		runtime.ReadMemStats(&after)
	})
	if got := float64(after.Mallocs-before.Mallocs) / n; got > 0.1 {
		t.Errorf("%.2f allocations per append and sync", got)
	}
}

func BenchmarkAppendSync(b *testing.B) {
	b.ReportAllocs()
	lives(b, sim.Config{}, func(p *sim.Proc) {
		f := open(b, p, "wal")
		record := make([]byte, 100)
		b.SetBytes(100)
		for b.Loop() {
			f.Append(p, record)
			f.Sync(p)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	b.ReportAllocs()
	lives(b, sim.Config{}, func(p *sim.Proc) {
		f := open(b, p, "wal")
		record := make([]byte, 100)
		b.SetBytes(100)
		for b.Loop() {
			f.Append(p, record)
		}
	})
}

// BenchmarkCrash crashes with 10,000 unsynced records of 100 bytes.
func BenchmarkCrash(b *testing.B) {
	record := make([]byte, 100)
	w := sim.New(sim.Config{})
	defer w.Close()
	n := w.Node("n", func(p *sim.Proc) {
		f, _ := p.Open("f")
		f.Truncate(p, 0)
		for range 10_000 {
			f.Append(p, record)
		}
	})
	for b.Loop() {
		w.Run(0)
		n.Restart()
	}
}
