package cache

import (
	"slices"
	"strconv"
	"testing"
	"time"

	_ "github.com/orrery-sim/orrery/internal/steady"
	"pgregory.net/rapid"

	"github.com/orrery-sim/orrery/checker"
)

// dumb is a memory written a second time in the most obvious way: a list of what was
// used, in order.
type dumb struct {
	kind     string
	capacity int
	entries  []dumbEntry
}

type dumbEntry struct {
	key     string
	row     Row
	expires time.Duration
	uses    int
	used    int // when, as a count of all uses
}

func (d *dumb) find(key string) int {
	return slices.IndexFunc(d.entries, func(e dumbEntry) bool { return e.key == key })
}

func (d *dumb) get(now time.Duration, key string, count int) (Row, bool) {
	i := d.find(key)
	if i < 0 {
		return Row{}, false
	}
	if e := d.entries[i]; e.expires > 0 && now >= e.expires {
		d.entries = slices.Delete(d.entries, i, i+1)
		return Row{}, false
	}
	d.entries[i].uses++
	d.entries[i].used = count
	return d.entries[i].row, true
}

func (d *dumb) set(key string, row Row, expires time.Duration, count int) {
	i := d.find(key)
	if i < 0 && len(d.entries) == d.capacity {
		worst := slices.MinFunc(d.entries, func(a, b dumbEntry) int {
			if d.kind == EvictLFU && a.uses != b.uses {
				return a.uses - b.uses
			}
			return a.used - b.used
		})
		i = d.find(worst.key)
		d.entries = slices.Delete(d.entries, i, i+1)
		i = -1
	}
	if i < 0 {
		d.entries = append(d.entries, dumbEntry{key: key})
		i = len(d.entries) - 1
	}
	e := &d.entries[i]
	e.row, e.expires, e.used = row, expires, count
	e.uses++
}

// The memory answers as the dumb one does, whatever is asked of it.
func TestMemory(t *testing.T) {
	for _, kind := range []string{EvictLRU, EvictLFU} {
		t.Run(kind, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				capacity := rapid.IntRange(1, 6).Draw(t, "capacity")
				m, d := newMemory(kind, capacity), &dumb{kind: kind, capacity: capacity}
				now := time.Duration(0)
				for count := range rapid.IntRange(1, 80).Draw(t, "operations") {
					key := "k" + strconv.Itoa(rapid.IntRange(0, 9).Draw(t, "key"))
					now += time.Duration(rapid.IntRange(0, 3).Draw(t, "time"))
					switch rapid.IntRange(0, 9).Draw(t, "operation") {
					case 0:
						m.delete(key)
						d.entries = slices.DeleteFunc(d.entries, func(e dumbEntry) bool { return e.key == key })
					case 1, 2, 3, 4:
						row, expires := Row{checker.Int(int64(count)), true}, time.Duration(0)
						if rapid.Bool().Draw(t, "expires") {
							expires = now + 5
						}
						m.set(key, row, expires)
						d.set(key, row, expires, count)
					default:
						got, ok := m.get(now, key)
						want, there := d.get(now, key, count)
						if got != want || ok != there {
							t.Fatalf("%s is %v, %v, expected %v, %v", key, got, ok, want, there)
						}
					}
					if len(m.entries) != len(d.entries) || len(m.entries) > capacity {
						t.Fatalf("%d entries, expected %d of at most %d", len(m.entries), len(d.entries), capacity)
					}
				}
			})
		})
	}
}

// The log of the database gives back what was written, and nothing of a line that is
// not whole.
func TestRecords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.String().Draw(t, "key")
		was := record{checker.String(rapid.String().Draw(t, "value")), rapid.String().Draw(t, "writer"), rapid.Uint64().Draw(t, "number")}
		line := was.line(key)
		if got, is, ok := parseRecord(line); !ok || got != key || is != was {
			t.Fatalf("%q came back as %q %+v, %v", line, got, is, ok)
		}
		at := rapid.IntRange(0, len(line)-1).Draw(t, "at")
		for _, broken := range []string{line[:at], line[:at] + "\x00" + line[at+1:]} {
			if _, _, ok := parseRecord(broken); ok {
				t.Fatalf("%q was taken for whole", broken)
			}
		}
	})
}
