package sim_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/sim"
)

func failingSync(t tester, p *sim.Proc, name string) {
	t.Helper()
	e := p.Node().Disk().Degrade(sim.DiskFault{SyncError: 1})
	defer e.Restore()
	f := open(t, p, name)
	if err := f.Sync(p); !errors.Is(err, sim.ErrDisk) || err.Error() != "sync "+name+": input/output error" {
		t.Errorf("sync on a disk whose syncs fail: %v", err)
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
