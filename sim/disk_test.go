package sim_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
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

func TestFileReadsAndWrites(t *testing.T) {
	lives(t, sim.Config{}, func(p *sim.Proc) {
		f := open(t, p, "f")
		b := []byte("hello")
		must(t, f.Append(p, b))
		b[0] = 'J' // what was written was copied
		must(t, f.WriteAt(p, []byte("p!"), 3))
		must(t, f.WriteAt(p, []byte("x"), 7))
		all, err := f.ReadAll(p)
		if err != nil || string(all) != "help!\x00\x00x" || f.Size() != 8 {
			t.Errorf("read %q of %d bytes, %v", all, f.Size(), err)
		}
		all[0] = 'J' // and what was read is a copy
		for _, c := range []struct {
			n    int
			off  int64
			want string
			err  error
		}{{4, 0, "help", nil}, {4, 4, "!\x00\x00x", nil}, {4, 6, "\x00x", io.EOF}, {1, 8, "", io.EOF}, {1, 99, "", io.EOF}, {0, 8, "", nil}} {
			got := make([]byte, c.n)
			n, err := f.ReadAt(p, got, c.off)
			if string(got[:n]) != c.want || err != c.err {
				t.Errorf("ReadAt(%d bytes, %d) = %q, %v", c.n, c.off, got[:n], err)
			}
		}
		must(t, f.Truncate(p, 2))
		must(t, f.Truncate(p, 4))
		if all, _ := f.ReadAll(p); string(all) != "he\x00\x00" {
			t.Errorf("after truncation %q: what was cut off must not come back", all)
		}
	})
}

func TestNames(t *testing.T) {
	w := lives(t, sim.Config{}, func(p *sim.Proc) {
		put(t, p, "b", "1", false)
		put(t, p, "a", "2", false)
		put(t, p, "c", "3", false)
		old := open(t, p, "b")
		must(t, p.Rename("a", "b"))
		must(t, old.Append(p, []byte("1")))
		must(t, p.Rename("b", "b"))
		must(t, p.Remove("c"))
		if got := p.Files(); !slices.Equal(got, []string{"b"}) || !p.Exists("b") || p.Exists("a") {
			t.Errorf("files %v", got)
		}
		if all, _ := old.ReadAll(p); string(all) != "11" {
			t.Errorf("what was open before a rename replaced it reads %q", all)
		}
		for _, err := range []error{p.Rename("a", "x"), p.Remove("a")} {
			if !errors.Is(err, sim.ErrNotExist) {
				t.Errorf("%v", err)
			}
		}
	})
	if d := w.Lookup("n").Disk(); holds(d) != "b=2" || d.Used() != 1 {
		t.Errorf("disk holds %s in %d bytes", holds(d), d.Used())
	}
}

// TestCrashOutcomes compares what crashes leave, over many seeds, with all that
// they may leave: nothing else ever, and each at least once.
func TestCrashOutcomes(t *testing.T) {
	x, y := times(512, "x"), times(512, "y")
	for _, c := range []struct {
		name string
		torn float64
		life func(p *sim.Proc)
		want []string
	}{
		{"synced", 0, func(p *sim.Proc) { put(t, p, "f", "ab", true) }, []string{"f=ab"}},
		{"not synced", 0, func(p *sim.Proc) { put(t, p, "f", "ab", false) }, []string{"", "f=", "f=ab"}},
		{"later writes to a sector have the earlier in them", 0, func(p *sim.Proc) {
			put(t, p, "f", "a", true)
			put(t, p, "f", "b", false)
			put(t, p, "f", "c", false)
		}, []string{"f=a", "f=ab", "f=abc"}},
		{"overwrites", 0, func(p *sim.Proc) {
			put(t, p, "f", "aaaa", true)
			must(t, open(t, p, "f").WriteAt(p, []byte("b"), 1))
			must(t, open(t, p, "f").WriteAt(p, []byte("cc"), 1))
		}, []string{"f=aaaa", "f=abaa", "f=acca"}},
		{"sectors are independent, holes are zeros", 0, func(p *sim.Proc) {
			put(t, p, "f", "", true)
			put(t, p, "f", x+y, false)
		}, []string{"f=", "f=x512", "f=_512y512", "f=x512y512"}},
		{"a write across sectors may be half there", 0, func(p *sim.Proc) {
			put(t, p, "f", x+y, true)
			must(t, open(t, p, "f").WriteAt(p, []byte("zzzz"), 510))
		}, []string{"f=x512y512", "f=x510zzy512", "f=x512zzy510", "f=x510zzzzy510"}},
		{"torn", 1, func(p *sim.Proc) {
			put(t, p, "f", "aaaa", true)
			must(t, open(t, p, "f").WriteAt(p, []byte("bbbb"), 0))
		}, []string{"f=aaaa", "f=baaa", "f=bbaa", "f=bbba"}},
		{"torn at the end", 1, func(p *sim.Proc) {
			put(t, p, "f", "a", true)
			put(t, p, "f", "bbb", false)
		}, []string{"f=a", "f=ab", "f=abb"}},
		{"what follows a truncation needs it", 0, func(p *sim.Proc) {
			put(t, p, "f", "aaaa", true)
			must(t, open(t, p, "f").Truncate(p, 1))
			put(t, p, "f", "b", false)
		}, []string{"f=aaaa", "f=a", "f=ab"}},
		{"what was cut off does not come back", 0, func(p *sim.Proc) {
			put(t, p, "f", "a", true)
			put(t, p, "f", "bbb", false)
			must(t, open(t, p, "f").Truncate(p, 2))
			must(t, p.SyncDir())
		}, []string{"f=a_", "f=ab"}},
		{"longer by truncation", 0, func(p *sim.Proc) {
			put(t, p, "f", "a", true)
			must(t, open(t, p, "f").Truncate(p, 3))
		}, []string{"f=a", "f=a__"}},
		{"names change in order", 0, func(p *sim.Proc) {
			put(t, p, "a", "1", true)
			put(t, p, "b", "2", true)
			must(t, p.Rename("a", "b"))
			open(t, p, "c")
			must(t, p.Remove("b"))
		}, []string{"a=1 b=2", "b=1", "b=1 c=", "c="}},
		{"to sync a file commits all names", 0, func(p *sim.Proc) {
			put(t, p, "a", "1", true)
			must(t, p.Rename("a", "b"))
			put(t, p, "c", "2", true)
			must(t, p.Remove("b"))
		}, []string{"b=1 c=2", "c=2"}},
		{"renamed before it was synced", 0, func(p *sim.Proc) {
			put(t, p, "f", "old", true)
			put(t, p, "t", "new", false)
			must(t, p.Rename("t", "f"))
		}, []string{"f=old", "f=old t=", "f=old t=new", "f=", "f=new"}},
		{"renamed after it was synced", 0, func(p *sim.Proc) {
			put(t, p, "f", "old", true)
			put(t, p, "t", "new", true)
			must(t, p.Rename("t", "f"))
		}, []string{"f=old t=new", "f=new"}},
		{"made anew under its old name", 0, func(p *sim.Proc) {
			put(t, p, "f", "old", true)
			must(t, p.Remove("f"))
			put(t, p, "f", "new", false)
		}, []string{"f=old", "", "f=", "f=new"}},
		{"the sync lied", 0, func(p *sim.Proc) {
			e := p.Node().Disk().Degrade(sim.DiskFault{SyncLies: true})
			put(t, p, "f", "ab", true)
			e.Restore()
		}, []string{"", "f=", "f=ab"}},
		{"an honest sync after one that lied", 0, func(p *sim.Proc) {
			e := p.Node().Disk().Degrade(sim.DiskFault{SyncLies: true})
			put(t, p, "f", "ab", true)
			e.Restore()
			must(t, open(t, p, "f").Sync(p))
		}, []string{"f=ab"}},
		{"a sync that failed is not made good by another", 0, func(p *sim.Proc) {
			put(t, p, "f", "a", true)
			put(t, p, "f", "b", false)
			failingSync(t, p, "f")
			must(t, open(t, p, "f").Sync(p))
		}, []string{"f=a", "f=ab"}},
		{"but by one after another write to the sector", 0, func(p *sim.Proc) {
			put(t, p, "f", "a", true)
			put(t, p, "f", "b", false)
			failingSync(t, p, "f")
			put(t, p, "f", "c", true)
		}, []string{"f=abc"}},
		{"what failed and was then cut off is gone", 0, func(p *sim.Proc) {
			put(t, p, "f", "a", true)
			put(t, p, "f", "bbb", false)
			failingSync(t, p, "f")
			must(t, open(t, p, "f").Truncate(p, 1))
			must(t, open(t, p, "f").Sync(p))
		}, []string{"f=a"}},
		{"what failed and was cut off in part", 0, func(p *sim.Proc) {
			put(t, p, "f", "a", true)
			put(t, p, "f", "bbb", false)
			failingSync(t, p, "f")
			must(t, open(t, p, "f").Truncate(p, 2))
			must(t, open(t, p, "f").Sync(p))
		}, []string{"f=a_", "f=ab"}},
		{"one sector that failed is made good, the other not", 0, func(p *sim.Proc) {
			put(t, p, "f", x+y, true)
			must(t, open(t, p, "f").WriteAt(p, []byte(times(1024, "z")), 0))
			failingSync(t, p, "f")
			must(t, open(t, p, "f").WriteAt(p, []byte("a"), 0))
			must(t, open(t, p, "f").Sync(p))
		}, []string{"f=az511y512", "f=az1023"}},
		{"a hole behind a truncation", 0, func(p *sim.Proc) {
			put(t, p, "f", x+x+x, true)
			must(t, open(t, p, "f").WriteAt(p, []byte(y+y+y), 0))
			must(t, open(t, p, "f").Truncate(p, 0))
			must(t, p.SyncDir())
			must(t, open(t, p, "f").WriteAt(p, []byte("z"), 1024))
		}, []string{"f=", "f=_1024z"}},
		{"and not by a write to another sector", 0, func(p *sim.Proc) {
			put(t, p, "f", "", true)
			put(t, p, "f", x, false)
			failingSync(t, p, "f")
			put(t, p, "f", y, true)
		}, []string{"f=_512y512", "f=x512y512"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			seen := map[string]bool{}
			for seed := range uint64(300) {
				w := lives(t, sim.Config{Seed: seed, Disk: sim.DiskConfig{Torn: c.torn}}, c.life, none)
				d := w.Lookup("n").Disk()
				seen[holds(d)] = true
				used := int64(0)
				for _, name := range d.Files() {
					content, _ := d.Content(name)
					used += int64(len(content))
				}
				if d.Used() != used {
					t.Fatalf("seed %d: Used is %d, the files have %d bytes", seed, d.Used(), used)
				}
			}
			got := slices.Sorted(maps.Keys(seen))
			slices.Sort(c.want)
			if !slices.Equal(got, c.want) {
				t.Errorf("crashes left\n%q, expected\n%q", got, c.want)
			}
		})
	}
}

func failingSync(t tester, p *sim.Proc, name string) {
	t.Helper()
	e := p.Node().Disk().Degrade(sim.DiskFault{SyncError: 1})
	defer e.Restore()
	f := open(t, p, name)
	if err := f.Sync(p); !errors.Is(err, sim.ErrDisk) || err.Error() != "sync "+name+": input/output error" {
		t.Errorf("sync on a disk whose syncs fail: %v", err)
	}
}

// A sync promises what was done before it was called, not what is done while it
// lasts.
func TestSyncWhileOthersWrite(t *testing.T) {
	seen := map[string]bool{}
	for seed := range uint64(200) {
		w := lives(t, sim.Config{Seed: seed}, func(p *sim.Proc) {
			put(t, p, "f", "before ", false)
			p.Go("other", func(p *sim.Proc) {
				p.Sleep(time.Millisecond / 2)
				put(t, p, "f", "during", false)
				open(t, p, "g")
			})
			must(t, open(t, p, "f").Sync(p))
		}, none)
		seen[holds(w.Lookup("n").Disk())] = true
	}
	want := []string{"f=before ", "f=before  g=", "f=before during", "f=before during g="}
	if got := slices.Sorted(maps.Keys(seen)); !slices.Equal(got, want) {
		t.Errorf("crashes left %q, expected %q", got, want)
	}
}

// What is overwritten while a sync lasts comes back as the sync wrote it.
func TestOverwriteDuringSync(t *testing.T) {
	seen := map[string]bool{}
	for seed := range uint64(50) {
		w := lives(t, sim.Config{Seed: seed}, func(p *sim.Proc) {
			put(t, p, "f", "abcd", true)
			must(t, open(t, p, "f").WriteAt(p, []byte("12"), 0))
			p.Go("other", func(p *sim.Proc) {
				p.Sleep(time.Millisecond / 2)
				must(t, open(t, p, "f").WriteAt(p, []byte("xyz"), 1))
			})
			must(t, open(t, p, "f").Sync(p))
		}, none)
		seen[holds(w.Lookup("n").Disk())] = true
	}
	if got := slices.Sorted(maps.Keys(seen)); !slices.Equal(got, []string{"f=12cd", "f=1xyz"}) {
		t.Errorf("crashes left %q", got)
	}
}

// A crash in the middle of a sync leaves what one before it would, and the device
// free.
func TestCrashDuringSync(t *testing.T) {
	seen := map[string]bool{}
	for seed := range uint64(100) {
		w := sim.New(sim.Config{Seed: seed})
		n := w.Node("n", func(p *sim.Proc) {
			if p.Node().Incarnation() == 1 {
				put(t, p, "f", "ab", true)
				t.Error("the sync returned")
			}
			seen[holds(p.Node().Disk())] = true
			must(t, p.SyncDir())
			p.Log("synced")
		})
		w.Run(time.Millisecond / 2)
		synced := false
		w.Observe(sim.ObserverFunc(func(e *sim.Event) { synced = synced || e.Text == "synced" }))
		n.Restart()
		w.Run(time.Second)
		if !synced {
			t.Fatal("no sync ends after a crash")
		}
		w.Close()
	}
	if len(seen) != 3 || !seen[""] || !seen["f="] || !seen["f=ab"] {
		t.Errorf("crashes during a sync left %v", seen)
	}
}

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

func TestStaleFiles(t *testing.T) {
	var old *sim.File
	stale := func(p *sim.Proc, when string, calls map[string]error) {
		t.Helper()
		for call, err := range calls { // order-free: only reports
			if !errors.Is(err, sim.ErrStale) {
				t.Errorf("%s, %s: %v", when, call, err)
			}
		}
	}
	all := func(p *sim.Proc) map[string]error {
		_, readAt := old.ReadAt(p, make([]byte, 1), 0)
		_, readAll := old.ReadAll(p)
		return map[string]error{
			"append": old.Append(p, []byte("x")), "write": old.WriteAt(p, []byte("x"), 0), "sync": old.Sync(p),
			"truncate": old.Truncate(p, 0), "read": readAt, "read all": readAll,
		}
	}
	w := lives(t, sim.Config{}, func(p *sim.Proc) {
		put(t, p, "f", "a", true)
		old = open(t, p, "f")
		p.Go("victim", func(p *sim.Proc) {
			defer func() {
				stale(p, "deferred by a process of a crashed node", all(p))
				_, err := p.Open("new")
				stale(p, "deferred", map[string]error{
					"open": err, "remove": p.Remove("f"), "rename": p.Rename("f", "g"), "syncdir": p.SyncDir(),
				})
				if p.Exists("f") || p.Files() != nil || old.Size() != 0 && p.Node().Up() {
					t.Error("a process of a crashed node sees files")
				}
			}()
			p.Sleep(time.Hour)
		})
		p.Sleep(time.Millisecond)
	}, func(p *sim.Proc) {
		stale(p, "after a crash", all(p))
		if old.Size() != 0 {
			t.Error("a stale file has a size")
		}
		old = open(t, p, "f")
		p.Go("wiper", func(p *sim.Proc) { p.Node().Disk().Wipe() })
		stale(p, "lost during a sync", map[string]error{"sync": old.Sync(p)})
		stale(p, "after the disk was lost", all(p))
		if len(p.Files()) != 0 {
			t.Errorf("a new disk has files %v", p.Files())
		}
		put(t, p, "f", "b", true)
	}, none)
	if got := holds(w.Lookup("n").Disk()); got != "f=b" {
		t.Errorf("disk holds %s", got)
	}
}

func TestErrors(t *testing.T) {
	lives(t, sim.Config{}, func(p *sim.Proc) {
		d := p.Node().Disk()
		put(t, p, "f", "aaaa", true)
		f := open(t, p, "f")
		e := d.Degrade(sim.DiskFault{ReadError: 1})
		if _, err := f.ReadAll(p); !errors.Is(err, sim.ErrDisk) {
			t.Errorf("ReadAll: %v", err)
		}
		if n, err := f.ReadAt(p, make([]byte, 1), 0); n != 0 || !errors.Is(err, sim.ErrDisk) {
			t.Errorf("ReadAt: %d, %v", n, err)
		}
		e.Restore()
		e = d.Degrade(sim.DiskFault{WriteError: 1})
		_, create := p.Open("new")
		for call, err := range map[string]error{ // order-free: only reports
			"create": create, "remove": p.Remove("f"), "rename": p.Rename("f", "g"), "truncate": f.Truncate(p, 0),
		} {
			if !errors.Is(err, sim.ErrDisk) {
				t.Errorf("%s: %v", call, err)
			}
		}
		if got := holds(d); got != "f=aaaa" {
			t.Errorf("disk holds %s", got)
		}
		lengths := map[int64]bool{}
		for range 100 {
			if err := f.Append(p, []byte("bb")); !errors.Is(err, sim.ErrDisk) {
				t.Errorf("Append: %v", err)
			}
			e.Restore()
			lengths[f.Size()] = true
			must(t, f.Truncate(p, 4))
			p.Sleep(1)
			e = d.Degrade(sim.DiskFault{WriteError: 1})
		}
		if len(lengths) != 3 {
			t.Errorf("after failed appends the file had lengths %v, expected all of 4, 5 and 6", lengths)
		}
	})
}

func TestFull(t *testing.T) {
	lives(t, sim.Config{Disk: sim.DiskConfig{Capacity: 10}}, func(p *sim.Proc) {
		d := p.Node().Disk()
		put(t, p, "a", "12345", false)
		f := open(t, p, "b")
		if err := f.Append(p, []byte("abcdefgh")); !errors.Is(err, sim.ErrDiskFull) || f.Size() != 5 {
			t.Errorf("an append beyond the capacity: %v, and the file has %d bytes, expected 5", err, f.Size())
		}
		must(t, f.WriteAt(p, []byte("AB"), 0))   // what is there may be overwritten
		for call, err := range map[string]error{ // order-free: only reports
			"truncate": f.Truncate(p, 6), "append": f.Append(p, []byte("x")), "far": f.WriteAt(p, []byte("x"), 100),
		} {
			if !errors.Is(err, sim.ErrDiskFull) {
				t.Errorf("%s: %v", call, err)
			}
		}
		must(t, p.Remove("a"))
		must(t, f.Append(p, []byte("12345")))
		must(t, f.Truncate(p, 2))
		e := d.Degrade(sim.DiskFault{Full: true})
		if err := f.Append(p, []byte("c")); !errors.Is(err, sim.ErrDiskFull) {
			t.Errorf("append while full: %v", err)
		}
		must(t, f.WriteAt(p, []byte("x"), 1))
		e.Restore()
		must(t, f.Append(p, []byte("c")))
		if got := holds(d); got != "b=Axc" {
			t.Errorf("disk holds %s", got)
		}
	})
}

// What acts on a disk at once adds up, and each takes back its own.
func TestOverlappingFaults(t *testing.T) {
	lives(t, sim.Config{}, func(p *sim.Proc) {
		d, f, w := p.Node().Disk(), open(t, p, "f"), p.World()
		takes := func(want time.Duration, lies bool) {
			t.Helper()
			began := w.Now()
			must(t, f.Sync(p))
			if took := w.Now() - began; took != want {
				t.Errorf("a sync took %v, expected %v", took, want)
			}
		}
		takes(time.Millisecond, false)
		a := d.Degrade(sim.DiskFault{Slow: 3})
		b := d.Degrade(sim.DiskFault{Slow: 5, SyncLies: true})
		takes(15*time.Millisecond, true)
		a.Restore()
		events := w.Events()
		a.Restore() // is nothing
		if w.Events() != events {
			t.Error("an effect was taken back twice")
		}
		takes(5*time.Millisecond, true)
		c := d.Degrade(sim.DiskFault{SyncLies: true, SyncError: 1})
		b.Restore()
		if err := f.Sync(p); !errors.Is(err, sim.ErrDisk) {
			t.Errorf("sync: %v", err)
		}
		d.Heal()
		c.Restore() // is nothing
		takes(time.Millisecond, false)
	})
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

func TestRot(t *testing.T) {
	places := map[string]bool{}
	for seed := range uint64(50) {
		lives(t, sim.Config{Seed: seed}, func(p *sim.Proc) {
			d := p.Node().Disk()
			put(t, p, "f", "abcdefgh", false)
			if d.Rot("f", 1) || d.Rot("g", 1) {
				t.Error("rot in what is not on the disk")
			}
			must(t, open(t, p, "f").Sync(p))
			must(t, open(t, p, "f").WriteAt(p, []byte("ABCD"), 0))
			if !d.Rot("f", 1) {
				t.Error("no rot")
			}
			content, _ := d.Content("f")
			if string(content[:4]) != "ABCD" {
				t.Errorf("rot in what is only cached: %q", content)
			}
			flipped := 0
			for i := range content {
				for diff := content[i] ^ "ABCDefgh"[i]; diff != 0; diff &= diff - 1 {
					flipped++
				}
			}
			if flipped > 1 {
				t.Errorf("%d bits are flipped in %q, expected one at most", flipped, content)
			}
			places[string(content)] = true
		})
	}
	if len(places) < 10 {
		t.Errorf("rot hit %d different places on 50 seeds", len(places))
	}
}

// Under what is cached and then lost, rot shows.
func TestRotUnderTheCache(t *testing.T) {
	rotten := 0
	for seed := range uint64(100) {
		w := lives(t, sim.Config{Seed: seed}, func(p *sim.Proc) {
			put(t, p, "f", "a", true)
			must(t, open(t, p, "f").WriteAt(p, []byte("b"), 0))
			p.Node().Disk().Rot("f", 1)
		}, none)
		content, _ := w.Lookup("n").Disk().Content("f")
		switch {
		case string(content) == "a":
			t.Fatalf("seed %d: the rot is gone", seed)
		case string(content) != "b":
			rotten++
		}
	}
	if rotten == 0 {
		t.Error("rot under the cache never showed")
	}
}

// What a file loses in a crash depends on the seed, the node, the file and the
// crash, and on nothing else.
func TestCrashDrawsAreKeyed(t *testing.T) {
	run := func(seed uint64, before func(p *sim.Proc)) []byte {
		w := lives(t, sim.Config{Seed: seed}, func(p *sim.Proc) {
			put(t, p, "f", "", true)
			before(p)
			for i := range 20 {
				put(t, p, "f", times(300, string(rune('a'+i))), false)
			}
		}, none)
		content, _ := w.Lookup("n").Disk().Content("f")
		return content
	}
	different := 0
	for seed := range uint64(20) {
		plain := run(seed, none)
		other := run(seed, func(p *sim.Proc) {
			put(t, p, "a", "another file", false)
			put(t, p, "z", "and one", true)
			p.Node().Disk().Degrade(sim.DiskFault{ReadError: 0.5, Slow: 2})
			open(t, p, "a").ReadAll(p)
			p.World().Node("m", none).Disk()
		})
		if !bytes.Equal(plain, other) {
			t.Errorf("seed %d: other files and faults changed what was lost", seed)
		}
		if !bytes.Equal(plain, run(seed, none)) {
			t.Errorf("seed %d: two runs differ", seed)
		}
		if !bytes.Equal(plain, run(seed+1, none)) {
			different++
		}
	}
	if different < 10 {
		t.Errorf("only %d of 20 seeds differ from the next in what is lost", different)
	}
}

// One crash does not take what the other took.
func TestCrashesDiffer(t *testing.T) {
	different := 0
	for seed := range uint64(20) {
		var left []string
		life := func(p *sim.Proc) {
			left = append(left, holds(p.Node().Disk()))
			f := open(t, p, "f")
			must(t, f.Truncate(p, 0))
			must(t, f.Sync(p))
			must(t, f.Append(p, []byte(times(4096, "x"))))
		}
		lives(t, sim.Config{Seed: seed}, life, life, life)
		if left[1] != left[2] {
			different++
		}
	}
	if different < 10 {
		t.Errorf("only on %d of 20 seeds do two crashes differ", different)
	}
}

// A fault that is switched on moves no latency of what it does not hit.
func TestFaultsDisturbNoDraws(t *testing.T) {
	run := func(f sim.DiskFault) (took []time.Duration) {
		config := sim.DiskConfig{Sync: sim.Uniform(time.Millisecond, time.Second)}
		lives(t, sim.Config{Disk: config}, func(p *sim.Proc) {
			p.Node().Disk().Degrade(f)
			for range 10 {
				began := p.World().Now()
				open(t, p, "f").Append(p, []byte("x"))
				open(t, p, "f").Sync(p)
				took = append(took, p.World().Now()-began)
			}
		})
		return took
	}
	plain := run(sim.DiskFault{})
	if faulty := run(sim.DiskFault{ReadError: 0.5, SyncError: 0.5, SyncLies: true}); !slices.Equal(plain, faulty) {
		t.Errorf("syncs took %v, and with faults %v", plain, faulty)
	}
	if slices.Max(plain) == slices.Min(plain) {
		t.Errorf("all syncs took %v", plain[0])
	}
}

// Whether an operation fails has nothing to do with how long it takes.
func TestErrorsAndTimesAreIndependent(t *testing.T) {
	failed, slow := 0, 0
	config := sim.DiskConfig{Sync: sim.Uniform(0, 2*time.Second)}
	lives(t, sim.Config{Disk: config}, func(p *sim.Proc) {
		p.Node().Disk().Degrade(sim.DiskFault{SyncError: 0.5})
		for range 400 {
			began := p.World().Now()
			if open(t, p, "f").Sync(p) != nil {
				failed++
				if p.World().Now()-began > time.Second {
					slow++
				}
			}
		}
	})
	if failed < 150 || failed > 250 || slow < failed/4 || slow > failed*3/4 {
		t.Errorf("of 400 syncs %d failed, expected half, and of these %d took more than the average, expected half", failed, slow)
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

// A program that never syncs does not grow for ever: the older half of what is
// cached is written back.
func TestWriteBack(t *testing.T) {
	for seed := range uint64(5) {
		w := lives(t, sim.Config{Seed: seed}, func(p *sim.Proc) {
			f := open(t, p, "f")
			for i := range 20 {
				must(t, f.WriteAt(p, bytes.Repeat([]byte{byte(i)}, 4<<20), 0))
			}
		}, none)
		content, ok := w.Lookup("n").Disk().Content("f")
		if !ok || len(content) != 4<<20 {
			t.Fatalf("seed %d: after 80 MiB of writes and a crash there are %d bytes, %v", seed, len(content), ok)
		}
		if oldest := slices.Min(content); oldest < 15 || oldest > 19 {
			t.Errorf("seed %d: a sector is as write %d of 20 left it", seed, oldest)
		}
	}
}

// Neither does the journal: the older half of it is committed.
func TestJournalIsCommitted(t *testing.T) {
	for seed := range uint64(10) {
		w := lives(t, sim.Config{Seed: seed}, func(p *sim.Proc) {
			for i := range 5000 {
				open(t, p, fmt.Sprintf("%05d", i))
			}
		}, none)
		files := w.Lookup("n").Disk().Files()
		if len(files) < 2000 || files[len(files)-1] != fmt.Sprintf("%05d", len(files)-1) {
			t.Errorf("seed %d: %d files are left, expected at least the first 2000", seed, len(files))
		}
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
