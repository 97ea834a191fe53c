package tape

import (
	"slices"
	"time"

	"github.com/orrery-sim/orrery/scenarios"
)

// ChunkSize is how many events are dropped, and taped again, at once.
const ChunkSize = chunkSize

// Await waits until an event is there.
func (t *Tape) Await(number uint64) {
	for !t.Has(number) && t.Progress().Err == nil {
		time.Sleep(100 * time.Microsecond)
	}
}

// Kept is how many events are there.
func (t *Tape) Kept() (events int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.chunks {
		events += len(c.records)
	}
	return events
}

// Parked is how many runs wait to be run on.
func (t *Tape) Parked() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.again.parked)
}

// Other makes the run that is run again another.
func (t *Tape) Other(o scenarios.Options) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.options = o
}

// DropAll drops what may be dropped.
func (t *Tape) DropAll() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := pinned; i < len(t.chunks)-1; i++ {
		if t.chunks[i].records != nil {
			t.chunks[i].drop()
			t.kept--
		}
	}
	t.again.wants = nil
}

// Unlooked are the chunks that are not there.
func (t *Tape) Unlooked() (list []int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for k, c := range t.chunks {
		if c.records == nil {
			list = append(list, k)
		}
	}
	return slices.Clip(list)
}
