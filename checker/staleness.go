package checker

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"
	"time"
)

// BoundedStaleness is the check that no read returned a value that had been
// overwritten for longer than a bound, or by more versions than a bound. See [Ages]
// for what that means. Keys are judged one by one.
type BoundedStaleness struct {
	MaxAge    time.Duration // of a value read; 0 asks for the newest at the time of the call
	MaxBehind int           // versions; 0 is no bound
}

// Name returns "bounded-staleness".
func (BoundedStaleness) Name() string { return "bounded-staleness" }

// Doc says in one line what the check promises.
func (b BoundedStaleness) Doc() string {
	s := fmt.Sprintf("no read returns a value that had been overwritten for more than %v when it was called", b.MaxAge)
	if b.MaxBehind > 0 {
		s += ", or by more than " + count(b.MaxBehind, "version")
	}
	return s
}

// An Age says how old the value was that a read returned.
type Age struct {
	Read   int           // the index of the read in the history
	Age    time.Duration // since when it had been overwritten; 0 if it may have been the newest
	Behind int           // versions that had taken the place of it, one after the other or not

	// Never says that nothing had written the value when the read returned it.
	// Age and Behind are 0 then.
	Never bool

	old *edition // what was read
	by  *edition // what had overwritten it first
}

// Ages tells the age of every value that a read of the history returned, in the order
// of the reads' calls. Operations are reads and writes of registers, nil at first,
// and no two writes of a key have the same value.
//
// The age is the time from the moment at which the value had been overwritten to the
// call of the read. A history does not show that moment, so the age is the least
// that it proves, by real time:
//
//   - A value was there, at the latest, when its write was acknowledged or when a
//     read returned it, whichever was first. A write of unknown outcome that nobody
//     has read proves nothing; one that was read has taken effect by then.
//   - A value w overwrites v if w was asked for after v was there. Of writes at the same
//     time either may be the later, and neither counts against the other.
//   - v had been overwritten by the time at which the first such w was there. Behind
//     counts those that were there when the read was called.
//
// So an age above 0 is proof that the read is not linearizable, and that it would not
// be if it had been called any less than that sooner: the largest age is a lower bound
// of the Δ of Δ-atomicity (Golab, Li and Shah, "Analyzing Consistency Properties for Fun
// and Profit", PODC 2011, section 3). Age and Behind are what Bailis et al. call
// t-visibility and k-staleness ("Probabilistically Bounded Staleness for Practical
// Partial Quorums", VLDB 2012, section 3), measured for every read.
//
// It returns an error, with all that is wrong, for a history that
// [History.Validate] refuses, that has no times, or that does not tell values apart.
func Ages(h History) ([]Age, error) {
	if err := h.Validate(); err != nil {
		return nil, err
	}
	if h.Untimed {
		return nil, fmt.Errorf("the history has no times, only an order")
	}
	t := timelines{h: &h, byKey: map[string]*timeline{}}
	if err := t.prepare(); err != nil {
		return nil, err
	}
	var ages []Age
	for _, i := range t.reads {
		ages = append(ages, t.byKey[h.Ops[i].Key].age(&h, i))
	}
	slices.SortStableFunc(ages, func(a, b Age) int { return cmp.Compare(h.Ops[a.Read].Call, h.Ops[b.Read].Call) })
	return ages, nil
}

// Staleness sums up ages.
type Staleness struct {
	Reads     int
	Stale     int           // reads of values that had been overwritten
	MaxAge    time.Duration // the largest age
	P99Age    time.Duration // the age that 99 of 100 reads do not exceed
	MaxBehind int
	P99Behind int
}

// Summarize sums up ages: of the percentiles, the nearest rank.
func Summarize(ages []Age) Staleness {
	s := Staleness{Reads: len(ages)}
	if len(ages) == 0 {
		return s
	}
	by := make([]time.Duration, len(ages))
	behind := make([]int, len(ages))
	for i, a := range ages {
		by[i], behind[i] = a.Age, a.Behind
		if a.Age > 0 {
			s.Stale++
		}
	}
	slices.Sort(by)
	slices.Sort(behind)
	last, p99 := len(ages)-1, (len(ages)*99+99)/100-1
	s.MaxAge, s.P99Age, s.MaxBehind, s.P99Behind = by[last], by[p99], behind[last], behind[p99]
	return s
}

// Check judges h. What [Ages] refuses is Unknown, with its problems listed.
func (b BoundedStaleness) Check(h History, _ Limits) Result {
	res := Result{Check: b.Name(), Claim: b.Doc()}
	ages, err := Ages(h)
	if err != nil {
		return res.unjudged("the history does not tell how old values are", err)
	}
	res.count(h)
	res.Steps, res.Verdict = res.Operations, OK
	b.judge(&h, ages, &res)
	return res
}

func (b BoundedStaleness) judge(h *History, ages []Age, res *Result) {
	var first *Age
	violated := map[string]bool{}
	for i := range ages {
		a := &ages[i]
		if !a.Never && a.Age <= b.MaxAge && (b.MaxBehind <= 0 || a.Behind <= b.MaxBehind) {
			continue
		}
		violated[h.Ops[a.Read].Key] = true
		if first == nil || h.Ops[a.Read].Return < h.Ops[first.Read].Return {
			first = a
		}
	}
	if first == nil {
		return
	}
	for key := range violated { // sorted below
		res.ViolatedKeys = append(res.ViolatedKeys, key)
	}
	slices.SortFunc(res.ViolatedKeys, compareNatural)
	res.Verdict, res.Violation = Violated, first.explain(h)
}

// edition is a value that a key had.
type edition struct {
	asked int64 // when its write was called
	there int64 // by when it had taken effect; noEnd if nothing proves that
	write int   // index of its write, -1 for what the key has at first
	seen  int   // index of the operation by whose return it was there, -1 if none
}

// timeline is all values of one key.
type timeline struct {
	editions []*edition // in the order in which they were asked for
	of       map[Value]*edition
	soonest  []*edition // soonest[i] is the one of editions[i:] that was there first
}

// timelines is a history by keys.
type timelines struct {
	h     *History
	byKey map[string]*timeline
	reads []int // those that are ok
}

func (t *timelines) at(key string) *timeline {
	line := t.byKey[key]
	if line == nil {
		first := &edition{asked: math.MinInt64, there: math.MinInt64, write: -1, seen: -1}
		line = &timeline{of: map[Value]*edition{Nil: first}}
		t.byKey[key] = line
	}
	return line
}

func (t *timelines) prepare() error {
	p := &problemList{}
	for i := range t.h.Ops {
		op := &t.h.Ops[i]
		if op.Outcome == OutcomeFailed {
			continue
		}
		switch line := t.at(op.Key); op.Op {
		case "read":
			if op.Outcome == OutcomeOK {
				t.reads = append(t.reads, i)
			}
		case "write":
			if _, twice := line.of[op.Input]; twice {
				p.add(i, op, "the key had this value before, expected each write of a key to have one of its own")
			}
			e := &edition{asked: op.Call, there: noEnd, write: i, seen: -1}
			if op.Outcome == OutcomeOK {
				e.there, e.seen = op.Return, i
			}
			line.of[op.Input] = e
			line.editions = append(line.editions, e)
		default:
			p.add(i, op, "ages are those of values that are read and written, expected read or write")
		}
	}
	for _, i := range t.reads {
		op := &t.h.Ops[i]
		if e := t.at(op.Key).of[op.Output]; e != nil && op.Return < e.there {
			e.there, e.seen = op.Return, i
		}
	}
	for _, line := range t.byKey { // each for itself
		line.order()
	}
	return p.err()
}

func (l *timeline) order() {
	slices.SortStableFunc(l.editions, func(a, b *edition) int { return cmp.Compare(a.asked, b.asked) })
	l.soonest = slices.Clone(l.editions)
	for i := len(l.soonest) - 2; i >= 0; i-- {
		if l.soonest[i+1].there < l.soonest[i].there {
			l.soonest[i] = l.soonest[i+1]
		}
	}
}

// age looks for what had overwritten the value of a read.
func (l *timeline) age(h *History, read int) Age {
	op := &h.Ops[read]
	a := Age{Read: read, old: l.of[op.Output]}
	if a.old == nil || a.old.asked > op.Return {
		a.Never = true
		return a
	}
	later := sort.Search(len(l.editions), func(i int) bool { return l.editions[i].asked > a.old.there })
	if later == len(l.editions) || l.soonest[later].there >= op.Call {
		return a
	}
	a.by = l.soonest[later]
	a.Age = time.Duration(op.Call - a.by.there)
	for _, e := range l.editions[later:] {
		if e.asked >= op.Call {
			break
		}
		if e.there < op.Call {
			a.Behind++
		}
	}
	return a
}

// explain says what the read returned and since when it should not have.
func (a *Age) explain(h *History) *Violation {
	op := &h.Ops[a.Read]
	v := &Violation{Key: op.Key, Op: Involved{a.Read, *op}, Contradicts: []Involved{}, history: h}
	if a.Never {
		v.Why = h.subject(op) + ", but nothing had written " + shorten(op.Output.String(), 40) + " by then"
	} else {
		by := &h.Ops[a.by.seen]
		v.Why = fmt.Sprintf("%s, which had been overwritten for %v and by %s when it was called: %s by %s %s at %s", h.subject(op),
			a.Age, count(a.Behind, "version"), shorten(phrase(by), 40), clientName(by.Client), "had "+answered(by), h.moment(by.Return))
		for _, i := range slices.Compact(slices.Sorted(slices.Values([]int{a.old.write, a.old.seen, a.by.write, a.by.seen}))) {
			if i >= 0 && i != a.Read {
				v.Contradicts = append(v.Contradicts, Involved{i, h.Ops[i]})
			}
		}
	}
	v.found = involvedOnly(h, v)
	return v
}

// involvedOnly is the contradiction that the operations of a violation are to a
// register, for its picture.
func involvedOnly(h *History, v *Violation) *contradiction {
	c := &contradiction{model: &registerModel}
	for _, x := range append(slices.Clone(v.Contradicts), v.Op) {
		op := &h.Ops[x.Index]
		one := call{op: op, index: x.Index, at: op.Call, ret: op.Return, open: op.Outcome == OutcomeUnknown}
		if one.open {
			one.ret = noEnd
		}
		c.calls = append(c.calls, one)
	}
	c.last = &c.calls[len(c.calls)-1]
	return c
}
