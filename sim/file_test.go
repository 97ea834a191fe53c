package sim_test

import (
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/sim"
)

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
