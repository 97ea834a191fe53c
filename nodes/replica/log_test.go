package replica

import (
	"fmt"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/orrery-sim/orrery/checker"
)

// drawLog draws a history of some epochs, none below the given one, behind what a log has.
func drawLog(t *rapid.T, l *log, epoch uint64) {
	for range rapid.IntRange(0, 12).Draw(t, "entries") {
		epoch += rapid.SampledFrom([]uint64{0, 0, 0, 2, 4}).Draw(t, "later")
		e := Entry{Epoch: epoch, Index: l.last() + 1, At: rapid.Int64Range(0, 1<<40).Draw(t, "at")}
		if rapid.Bool().Draw(t, "write") {
			e.Client, e.Seq = rapid.SampledFrom([]string{"a", "b"}).Draw(t, "client"), e.Index
			e.Key, e.Value = rapid.SampledFrom([]string{"x", "y"}).Draw(t, "key"), checker.Int(int64(e.Index))
		}
		l.add(e)
	}
}

// Two histories that part somewhere agree up to there and no further, whatever of them
// is still kept.
func TestCommon(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := newLog(), newLog()
		drawLog(t, a, 1)
		for _, e := range a.entries[:rapid.IntRange(0, len(a.entries)).Draw(t, "shared")] {
			b.add(e)
		}
		shared := b.last()
		newer := epochAt(b.marks, shared)/2*2 + 2 // primaries of a are of odd epochs
		drawLog(t, b, newer)
		if rapid.Bool().Draw(t, "compact") {
			a.compact(rapid.Uint64Range(0, a.last()).Draw(t, "a's base"))
			b.compact(rapid.Uint64Range(0, b.last()).Draw(t, "b's base"))
		}
		if got := a.common(b.marks, b.last()); got != shared {
			t.Fatalf("agree up to %d, expected %d: %v and %v", got, shared, a.marks, b.marks)
		}
		if got := b.common(a.marks, a.last()); got != shared {
			t.Fatalf("the other way round up to %d, expected %d", got, shared)
		}
		if shared < b.base.index {
			return
		}
		b.truncate(shared)
		if b.last() != shared || !a.has(b.at(shared)) {
			t.Fatalf("after truncation at %d: ends at %v", shared, b.at(b.last()))
		}
		if a.base.index <= shared && !reflect.DeepEqual(b.upTo(shared), a.upTo(shared)) {
			t.Fatalf("after entry %d one is %v, the other %v", shared, b.upTo(shared), a.upTo(shared))
		}
	})
}

// A file gives back the log, and a file that is torn a prefix of it.
func TestFile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newLog()
		drawLog(t, l, 1)
		l.compact(rapid.Uint64Range(0, l.last()).Draw(t, "base"))
		b := putPromise(l.encode(false), 9, "n2")
		r := decode(b)
		if r.epoch != 9 || r.primary != "n2" || !reflect.DeepEqual(normal(r.log), normal(l)) {
			t.Fatalf("read %s\nexpected %s", normal(r.log), normal(l))
		}
		torn := append([]byte(nil), b[:rapid.IntRange(0, len(b)).Draw(t, "torn at")]...)
		if n := len(torn); n > 0 && rapid.Bool().Draw(t, "damaged") {
			torn[rapid.IntRange(0, n-1).Draw(t, "byte")] ^= 0xff
		}
		got := decode(torn).log
		if got.base.index == l.base.index && got.last() > l.last() {
			t.Fatalf("a torn file ends at %d, the whole at %d", got.last(), l.last())
		}
		for i, e := range got.entries {
			if got.base.index == l.base.index && e != l.entries[i] {
				t.Fatalf("entry %d of a torn file is %+v", i, e)
			}
		}
	})
}

func normal(l *log) string {
	return fmt.Sprint(l.base.index, l.base.sum, l.base.cells, l.base.clients, l.marks, l.entries, l.latest)
}
