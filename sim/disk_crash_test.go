package sim_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/sim"
)

// outcome is what programs do before a crash, and all that it may leave.
type outcome struct {
	name string
	torn float64
	life func(p *sim.Proc)
	want []string
}

// TestCrashOutcomes compares what crashes leave, over many seeds, with all that
// they may leave: nothing else ever, and each at least once.
func TestCrashOutcomes(t *testing.T) {
	for _, c := range slices.Concat(outcomesOfData(t), outcomesOfNames(t), outcomesOfSyncs(t)) {
		t.Run(c.name, func(t *testing.T) {
			seen := map[string]bool{}
			for seed := range uint64(300) {
				w := lives(t, sim.Config{Seed: seed, Disk: sim.DiskConfig{Torn: c.torn}}, c.life, none)
				d := w.Lookup("n").Disk()
				seen[holds(d)] = true
				if used := bytesIn(d); d.Used() != used {
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

func bytesIn(d *sim.Disk) int64 {
	n := 0
	for _, name := range d.Files() {
		content, _ := d.Content(name)
		n += len(content)
	}
	return int64(n)
}

func outcomesOfData(t *testing.T) []outcome {
	x, y := times(512, "x"), times(512, "y")
	return []outcome{
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
		{"a hole behind a truncation", 0, func(p *sim.Proc) {
			put(t, p, "f", x+x+x, true)
			must(t, open(t, p, "f").WriteAt(p, []byte(y+y+y), 0))
			must(t, open(t, p, "f").Truncate(p, 0))
			must(t, p.SyncDir())
			must(t, open(t, p, "f").WriteAt(p, []byte("z"), 1024))
		}, []string{"f=", "f=_1024z"}},
	}
}

func outcomesOfNames(t *testing.T) []outcome {
	return []outcome{
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
	}
}

func outcomesOfSyncs(t *testing.T) []outcome {
	x, y := times(512, "x"), times(512, "y")
	return []outcome{
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
		{"and not by a write to another sector", 0, func(p *sim.Proc) {
			put(t, p, "f", "", true)
			put(t, p, "f", x, false)
			failingSync(t, p, "f")
			put(t, p, "f", y, true)
		}, []string{"f=_512y512", "f=x512y512"}},
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
