package sim

import "math/bits"

// checkpointEvery is how many events lie between two checkpoints of the hash.
// At 16 bytes each, a run of ten million events keeps 160 KB of them.
const checkpointEvery = 1024

// Checkpoint is the running hash as it was just after event Number.
type Checkpoint struct {
	Number uint64
	Hash   uint64
}

// fold numbers an event and takes it into the running hash: its time, what and
// where it was (see place), its cause and its argument. It returns the number.
func (w *World) fold(what, cause, arg uint64) uint64 {
	w.number++
	// One round for the whole event: its words are spread apart first, so that no
	// two of them cancel out.
	x := what ^ uint64(w.now)*0x9e3779b97f4a7c15
	x = bits.RotateLeft64(x, 32) ^ cause*0xd6e8feb86659fd93
	x = bits.RotateLeft64(x, 32) ^ arg*0xa0761d6478bd642f
	w.hash = mix(w.hash, x)
	if w.number%checkpointEvery == 0 {
		w.checkpoint()
	}
	return w.number
}

// checkpoint remembers the hash. In fold it would make a frame of it.
//
//go:noinline
func (w *World) checkpoint() {
	w.checkpoints = append(w.checkpoints, Checkpoint{w.number, w.hash})
}

// Hash is the running hash over all events so far. Two runs of the same
// scenario, seed and interventions have the same hash at the same event, on
// every machine, with observers or without. It covers every event's time, kind,
// nodes, cause and argument, and of the bodies of messages what [Digest] says.
func (w *World) Hash() uint64 { return w.hash }

// Checkpoints returns the hash after every 1024th event so far. It is not to be
// changed.
func (w *World) Checkpoints() []Checkpoint { return w.checkpoints }

// A Digester is a message body that takes part in the run's hash.
type Digester interface {
	// Digest returns equal values for equal bodies on every machine.
	Digest() uint64
}

// Digest is how a message's body takes part in the hash: strings, byte slices,
// integers and booleans by value, a [Digester] by its own word, and everything
// else not at all (what differs there shows in a later event, or not ever).
func Digest(body any) uint64 {
	switch v := body.(type) {
	case nil:
		return 0
	case string:
		return hashString(v)
	case []byte:
		return hashBytes(v)
	case int:
		return uint64(v) + 1
	case int64:
		return uint64(v) + 1
	case uint64:
		return v + 1
	case bool:
		if v {
			return 2
		}
		return 1
	case Digester:
		return v.Digest()
	}
	return 0
}

// FirstDifference finds the first event in which two runs differ, among the events
// up to number upTo: runs that do not end by themselves are equal if those are. Each
// function makes its run from the start, to be driven by advance up to any event
// number; both are called a few times, since a run is repeated rather than remembered.
// It reports false if the runs are equal through upTo or their last event. Where one
// run is a prefix of the other, the missing event is nil.
func FirstDifference(a, b func() *World, advance func(w *World, upTo uint64), upTo uint64) (inA, inB *Event, differ bool) {
	wa, wb := a(), b()
	advance(wa, upTo)
	advance(wb, upTo)
	ca, cb := wa.Checkpoints(), wb.Checkpoints()
	na, nb := wa.Events(), wb.Events()
	same := na == nb && wa.Hash() == wb.Hash()
	wa.Close()
	wb.Close()
	if same {
		return nil, nil, false
	}
	from, to := window(ca, cb)
	to = min(to, upTo) // a step may have led beyond
	ea, eb := record(a, advance, from, to), record(b, advance, from, to)
	for i := 0; i < len(ea) || i < len(eb); i++ {
		switch {
		case i >= len(ea):
			return nil, &eb[i].Event, true
		case i >= len(eb):
			return &ea[i].Event, nil, true
		case ea[i].hash != eb[i].hash:
			return &ea[i].Event, &eb[i].Event, true
		}
	}
	return nil, nil, false
}

// window returns the events (from, to] between the last checkpoint that agrees
// and the first that does not. A hash once different stays so, which makes the
// search binary.
func window(a, b []Checkpoint) (from, to uint64) {
	lo, hi := 0, min(len(a), len(b))
	for lo < hi {
		mid := (lo + hi) / 2
		if a[mid] == b[mid] {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo > 0 {
		from = a[lo-1].Number
	}
	return from, from + checkpointEvery
}

type recorded struct {
	Event
	hash uint64
}

// record runs a world again and keeps the events of one window with their hash.
func record(make func() *World, advance func(*World, uint64), from, to uint64) []recorded {
	w := make()
	defer w.Close()
	var out []recorded
	w.Observe(ObserverFunc(func(e *Event) {
		if e.Number > from && e.Number <= to {
			out = append(out, recorded{*e, w.hash})
		}
	}))
	advance(w, to)
	return out
}
