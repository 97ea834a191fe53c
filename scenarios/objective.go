package scenarios

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/checker"
)

// Objective is a bound on how clients fare, in the form of k6's thresholds:
//
//	p(95) < 500ms                  of the latencies of what was answered
//	failed < 1% during faults      in a part of the run
//
// Its text is what [ParseObjective] reads and String returns.
type Objective struct {
	Metric     string  // one of Metrics
	Percent    float64 // of p(...)
	Comparison string  // "<", "<=", ">" or ">="
	Bound      float64 // nanoseconds, a share, or a number per second
	During     Part
}

// Metric is something of the clients' operations that can be bounded.
type Metric struct {
	Name string
	Help string
	unit string
}

const unitRate = "per second"

// Metrics are all metrics of objectives. Latency is from call to return of the
// operations that were ok; an operation belongs to the part of the run in which it
// was called.
var Metrics = []Metric{
	{"p", "p(N): the latency that N percent do not exceed (nearest rank)", UnitTime},
	{"avg", "the mean latency", UnitTime},
	{"min", "the least latency", UnitTime},
	{"med", "the median latency, p(50)", UnitTime},
	{"max", "the greatest latency", UnitTime},
	{"failed", "the share of operations that failed or whose outcome is unknown", UnitShare},
	{"throughput", "operations that were ok, per second", unitRate},
}

// Part is a part of a run. The zero Part is all of it.
type Part struct {
	Name     string        // calm, faults or after; "" if it is all, or given by times
	From, To time.Duration // if it is given by times; To is 0 if it is not
}

// The named parts of a run.
const (
	PartCalm   = "calm"   // before the first fault
	PartFaults = "faults" // while a fault is in force
	PartAfter  = "after"  // while none is, once one has been
)

var partNames = []string{PartCalm, PartFaults, PartAfter}

// String returns the part as it is written behind during, or "".
func (p Part) String() string {
	if p.To > 0 {
		return fmt.Sprintf("%v-%v", p.From, p.To)
	}
	return p.Name
}

// String returns the text that ParseObjective reads.
func (o Objective) String() string {
	text := o.measured() + " " + o.Comparison + " "
	if o.unit() == UnitTime {
		text += time.Duration(o.Bound).String()
	} else {
		text += strconv.FormatFloat(o.Bound, 'g', -1, 64)
	}
	if o.During != (Part{}) {
		text += " during " + o.During.String()
	}
	return text
}

// measured is the metric as it is written.
func (o *Objective) measured() string {
	if o.Metric == "p" {
		return "p(" + strconv.FormatFloat(o.Percent, 'g', -1, 64) + ")"
	}
	return o.Metric
}

func (o *Objective) unit() string {
	i := slices.IndexFunc(Metrics, func(m Metric) bool { return m.Name == o.Metric })
	return Metrics[i].unit
}

// text renders what was measured.
func (o *Objective) text(value float64) string {
	if o.unit() == UnitTime {
		return short(time.Duration(value))
	}
	return strconv.FormatFloat(value, 'g', 3, 64)
}

// objectives is in the checks of every scenario that has some.
var objectives = Check{
	Name:  "objectives",
	Claim: "the scenario's objectives for latency, failures and throughput are met",
	AtEnd: true,
	Judge: func(r *Run) Result {
		parts := divide(r.marks(), r.Scenario.Run+r.Scenario.Settle)
		return parts.judge(r.Scenario.Objectives, r.Workload.Ops())
	},
}

// judge lays what was measured in each part of the run beside what was wanted.
func (s stretches) judge(wanted []Objective, ops []checker.Operation) Result {
	res := Result{Verdict: checker.OK}
	var b strings.Builder
	for _, o := range wanted {
		f := s.fare(ops, o.During)
		verdict, measured := o.judge(f)
		fmt.Fprintf(&b, "%-8s wanted %s: %s\n", verdict, o, measured)
		if verdict != checker.OK && o.During == (Part{}) && len(s) > 1 {
			for _, name := range partNames {
				if f := s.fare(ops, Part{Name: name}); f.length > 0 {
					_, measured := o.judge(f)
					fmt.Fprintf(&b, "           %-7s %s\n", name, measured)
				}
			}
		}
		if verdict == checker.Violated && res.Verdict != checker.Violated || verdict == checker.Unknown && res.Verdict == checker.OK {
			res.Verdict, res.Reason = verdict, fmt.Sprintf("wanted %s: %s", o, measured)
		}
	}
	if res.Verdict != checker.OK {
		res.Explain = b.String()
	}
	return res
}

// judge compares what was measured with what is wanted. A latency of which there is
// none because nothing was answered is worse than any.
func (o *Objective) judge(f fared) (checker.Verdict, string) {
	if f.asked == 0 && o.Metric != "throughput" || f.length == 0 {
		return checker.Unknown, "nothing was asked" + in(o.During)
	}
	if o.unit() == UnitTime && len(f.latencies) == 0 {
		return checker.Violated, fmt.Sprintf("none of %d operations was answered%s", f.asked, in(o.During))
	}
	value := f.value(o)
	met := false
	switch o.Comparison {
	case "<":
		met = value < o.Bound
	case "<=":
		met = value <= o.Bound
	case ">":
		met = value > o.Bound
	case ">=":
		met = value >= o.Bound
	}
	text := fmt.Sprintf("measured %s of %d operations", o.text(value), f.asked)
	if met {
		return checker.OK, text
	}
	return checker.Violated, text
}

func in(p Part) string {
	if p == (Part{}) {
		return ""
	}
	return " during " + p.String()
}

// fared is how the clients fared in a part of the run.
type fared struct {
	length    time.Duration
	asked     int
	latencies []time.Duration // of what was ok, sorted
}

func (f *fared) value(o *Objective) float64 {
	n := len(f.latencies)
	switch o.Metric {
	case "failed":
		return float64(f.asked-n) / float64(f.asked)
	case "throughput":
		return float64(n) / f.length.Seconds()
	case "avg":
		sum := 0.0
		for _, d := range f.latencies {
			sum += float64(d)
		}
		return sum / float64(n)
	}
	percent := map[string]float64{"p": o.Percent, "min": 0, "med": 50, "max": 100}[o.Metric]
	rank := float64(percent*float64(n)) / 100
	whole := int(rank)
	if float64(whole) < rank {
		whole++
	}
	return float64(f.latencies[max(whole, 1)-1])
}

// stretches divide a run into named parts, one behind the other.
type stretches []stretch

type stretch struct {
	part     string
	from, to time.Duration
}

// divide divides a run at the times at which its faults begin and end.
func divide(marks []mark, end time.Duration) stretches {
	list := stretches{{part: PartCalm}}
	add := func(at time.Duration, part string) {
		if last := &list[len(list)-1]; last.part != part {
			last.to = at
			list = append(list, stretch{part: part, from: at})
		}
	}
	for _, m := range marks {
		part := PartAfter
		if len(m.faults) > 0 {
			part = PartFaults
		}
		add(m.at, part)
	}
	last := &list[len(list)-1]
	last.to = max(end, last.from)
	return list
}

// fare measures what was called in a part.
func (s stretches) fare(ops []checker.Operation, p Part) fared {
	var f fared
	for _, sp := range s {
		switch {
		case p.To > 0:
			sp.from, sp.to = max(sp.from, p.From), min(sp.to, p.To)
		case p.Name != "" && p.Name != sp.part:
			continue
		}
		if sp.to <= sp.from {
			continue
		}
		f.length += sp.to - sp.from
		for _, op := range ops[calledBefore(ops, sp.from):calledBefore(ops, sp.to)] {
			f.asked++
			if op.Outcome == checker.OutcomeOK {
				f.latencies = append(f.latencies, time.Duration(op.Return-op.Call))
			}
		}
	}
	slices.Sort(f.latencies)
	return f
}
