package panes

import (
	"math"
	"slices"
	"sort"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/tui/study"
	"github.com/orrery-sim/orrery/tui/tape"
)

// chartSource is what charts are drawn from: the operations of a tape as far as it had
// come when they were taken over, and what follows from them.
type chartSource struct {
	tape   *tape.Tape
	events uint64
	ended  bool
	end    time.Duration // of the run, or about
	at     time.Duration // how far the tape had come
	ops    []checker.Operation
	faults []tape.Stretch
	marks  []tape.Mark

	registers bool       // clients read and write registers: how old values are can be told
	aged      uint64     // up to which event that is known
	ages      []chartAge // it takes a while, so it waits until it is looked at
	bucket    map[time.Duration]*chartBuckets
	oldest    map[time.Duration][]float64
	node      int
	queues    *chartQueues
}

// chartAge is how old a value was that a read returned, and when.
type chartAge struct {
	at  int64
	age time.Duration
}

// chartBuckets are the operations that ended in each stretch of that length.
type chartBuckets struct {
	step            time.Duration
	ok              []int
	failed, unknown []int
	p50, p99        []float64 // nanoseconds; NaN if none was ok
}

// fresh says whether what there is will do: a tape that grows is read anew whenever it
// has become somewhat longer, so that all readings together cost little.
func (c *chartSource) fresh(t *tape.Tape, p tape.Progress) bool {
	return c.tape == t && c.ended == p.Ended && (p.Ended || p.Events == 0 || c.events > 0 && p.Events < c.events+c.events/16+256)
}

// read takes over what the tape has.
func (c *chartSource) read(t *tape.Tape) {
	p := t.Progress()
	if c.fresh(t, p) {
		return
	}
	old := *c
	*c = chartSource{
		tape: t, events: p.Events, ended: p.Ended, end: max(p.End, time.Millisecond), at: p.At, ops: t.AllOperations(),
		faults: t.Stretches(), marks: t.Marks(), bucket: map[time.Duration]*chartBuckets{}, oldest: map[time.Duration][]float64{}, node: -1,
	}
	c.registers = !slices.ContainsFunc(c.ops, func(op checker.Operation) bool { return op.Op != "read" && op.Op != "write" })
	if old.tape == t && !p.Ended && p.Events < 2*old.aged {
		c.ages, c.aged = old.ages, old.aged
	}
}

// ageBuckets are the greatest ages of values that were read, in nanoseconds, by when the
// read was called; NaN where nothing was read.
func (c *chartSource) ageBuckets(step time.Duration) []float64 {
	if known := c.oldest[step]; known != nil {
		return known
	}
	if c.aged == 0 {
		c.aged = c.events
		// Values that cannot be told apart have no ages.
		if found, err := checker.Ages(checker.History{Ops: c.ops}); err == nil {
			c.ages = make([]chartAge, len(found))
			for i, a := range found {
				c.ages[i] = chartAge{c.ops[a.Read].Call, a.Age}
			}
		}
	}
	oldest := chartNone(int(c.end/step) + 1)
	for _, a := range c.ages {
		k := max(0, min(int(a.at/int64(step)), len(oldest)-1))
		if o := oldest[k]; math.IsNaN(o) || float64(a.age) > o {
			oldest[k] = float64(a.age)
		}
	}
	c.oldest[step] = oldest
	return oldest
}

// buckets sorts the operations by when they ended. One that never did counts when it was
// called.
func (c *chartSource) buckets(step time.Duration) *chartBuckets {
	if b := c.bucket[step]; b != nil {
		return b
	}
	n := int(c.end/step) + 1
	b := &chartBuckets{step: step, ok: make([]int, n), failed: make([]int, n), unknown: make([]int, n), p50: chartNone(n), p99: chartNone(n)}
	took := make([][]time.Duration, n)
	for i := range c.ops {
		op := &c.ops[i]
		at := op.Return
		if at == checker.Never {
			at = op.Call
		}
		k := max(0, min(int(at/int64(step)), n-1))
		switch op.Outcome {
		case checker.OutcomeOK:
			b.ok[k]++
			took[k] = append(took[k], time.Duration(op.Return-op.Call))
		case checker.OutcomeFailed:
			b.failed[k]++
		default:
			if op.ReturnEvent != 0 || c.ended {
				b.unknown[k]++
			}
		}
	}
	for k, list := range took {
		if len(list) > 0 {
			slices.Sort(list)
			b.p50[k], b.p99[k] = float64(study.Rank(list, 50)), float64(study.Rank(list, 99))
		}
	}
	c.bucket[step] = b
	return b
}

// chartNone is so many values that are not there.
func chartNone(n int) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = math.NaN()
	}
	return values
}

// rate is how many operations were ok per second; NaN if the tape has not come so far.
func (c *chartSource) rate(b *chartBuckets, k int) float64 {
	if time.Duration(k)*b.step > c.at {
		return math.NaN()
	}
	return float64(b.ok[k]) / b.step.Seconds()
}

// share is the part of what ended in a bucket, in percent; NaN if nothing did.
func (b *chartBuckets) share(k int, of []int) float64 {
	all := b.ok[k] + b.failed[k] + b.unknown[k]
	if all == 0 {
		return math.NaN()
	}
	return 100 * float64(of[k]) / float64(all)
}

// chartQueues are how long the queues of a node were at most, in each stretch.
type chartQueues struct {
	step              time.Duration
	inbox, work, disk []float64
}

// queue follows the queues of a node.
func (c *chartSource) queue(node int, step time.Duration) *chartQueues {
	if c.queues != nil && c.node == node && c.queues.step == step {
		return c.queues
	}
	n := int(c.end/step) + 1
	q := &chartQueues{step, chartNone(n), chartNone(n), chartNone(n)}
	var last *tape.NodeState
	raise := func(most *float64, n int) {
		if v := float64(n); math.IsNaN(*most) || v > *most {
			*most = v
		}
	}
	fill := func(s *tape.NodeState, from, to int) {
		for k := max(from, 0); k <= min(to, n-1); k++ {
			raise(&q.inbox[k], s.Inbox)
			raise(&q.work[k], s.WorkQueue)
			raise(&q.disk[k], s.DiskQueue)
		}
	}
	c.tape.Shown(node, func(s *tape.NodeState) bool {
		if last != nil {
			fill(last, int(last.At/step), int(s.At/step))
		}
		last = s
		return true
	})
	if last != nil {
		fill(last, int(last.At/step), int(c.at/step))
	}
	c.node, c.queues = node, q
	return q
}

// chartStep is the least of 1, 2, 5, 10, 20 milliseconds and so on of which at most so
// many fit into a stretch of time.
func chartStep(length time.Duration, most int) time.Duration {
	for unit := time.Millisecond; ; unit *= 10 {
		for _, step := range []time.Duration{unit, 2 * unit, 5 * unit} {
			if length/step <= time.Duration(max(most, 1)) {
				return step
			}
		}
	}
}

// chartMarked says whether charts show a mark: what faults did is shown in another way.
func chartMarked(m tape.Mark) bool { return m.Kind != tape.MarkFault && m.Kind != tape.MarkFaultEnd }

// chartNear returns the marks shown between two times; they are in order.
func chartNear(marks []tape.Mark, from, to time.Duration) []tape.Mark {
	i := sort.Search(len(marks), func(i int) bool { return marks[i].At >= from })
	var found []tape.Mark
	for ; i < len(marks) && marks[i].At <= to; i++ {
		if chartMarked(marks[i]) {
			found = append(found, marks[i])
		}
	}
	return found
}
