package workload

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/sim"
)

// Stage is a stretch of an open loop: for so long at a rate, or on a straight line from
// one rate to another. A load test's ramp is a stage with a To; k6's ramping-arrival-rate
// has only those, since there a stage begins where the one before it ended.
type Stage struct {
	For  time.Duration
	Rate float64 // operations per second of all clients together, when it begins
	To   float64 // and when it ends; equal to Rate if the load is steady
}

// Arrivals are how the operations of an open loop are spaced.
const (
	Poisson  = "poisson"  // independently of each other: at exponential intervals
	Constant = "constant" // evenly
)

// open says whether the loop is open.
func (s *Spec) open() bool { return s.Rate > 0 || len(s.Stages) > 0 }

// arrivals draws when one client of an open loop asks.
type arrivals struct {
	run      *Run
	rand     *sim.Rand
	at       time.Duration // the last arrival
	first    float64       // of constant arrivals: the clients take turns
	interval sim.Dist      // where the rate never changes
}

func newArrivals(r *Run, g *generator) *arrivals {
	a := &arrivals{run: r, rand: g.rand, first: float64(g.client + 1)}
	if len(r.spec.Stages) == 0 {
		a.interval = sim.Exponential(time.Duration(float64(time.Second) * float64(r.spec.Clients) / r.spec.Rate))
	}
	return a
}

// next is when the client asks next, or a time beyond every run.
func (a *arrivals) next(now time.Duration) time.Duration {
	s, load := &a.run.spec, a.run.load
	clients := float64(s.Clients)
	switch {
	case s.Arrivals == Constant:
		a.at = s.after(a.at, a.first/load)
		a.first = clients
	case len(s.Stages) == 0:
		a.at = now + a.run.pause(a.interval.Sample(a.rand))
	default:
		a.at = s.after(max(a.at, now), float64(a.rand.ExpFloat64()*clients)/load)
	}
	return a.at
}

// never is beyond every run.
const never = time.Duration(math.MaxInt64 / 4)

// after is the time by which, from a time on, so many more operations of all clients
// are expected. With n exponential it is the next arrival of a Poisson process whose rate
// changes (E. Cinlar, "Introduction to Stochastic Processes", 1975, section 4.7).
func (s *Spec) after(from time.Duration, n float64) time.Duration {
	begin := time.Duration(0)
	rate := s.Rate
	for _, st := range s.Stages {
		end := begin + st.For
		rate = st.To
		if from >= end {
			begin = end
			continue
		}
		slope := (st.To - st.Rate) / st.For.Seconds()
		r := st.Rate + float64(slope*(from-begin).Seconds()) // now
		left := float64((r + st.To) / 2 * (end - from).Seconds())
		if n < left {
			// r x + slope x^2/2 = n, solved so that a slope of 0 is no special case.
			x := 2 * n / (r + math.Sqrt(max(0, float64(r*r)+float64(2*slope*n))))
			return from + time.Duration(x*float64(time.Second))
		}
		n -= left
		begin, from = end, end
	}
	if wait := n / rate; rate > 0 && wait < never.Seconds() {
		return from + time.Duration(wait*float64(time.Second))
	}
	return never
}

// checkLoop says what is impossible in when operations come.
func (s *Spec) checkLoop(check func(ok bool, field, format string, args ...any)) {
	const most, expected = 1e9, "expected 0 to 1e9 per second"
	check(s.Rate == 0 || s.Rate >= 0.001 && s.Rate <= most, "rate", "rate is %v per second, expected 0 for a closed loop, or 0.001 to 1e9", s.Rate)
	check(s.Rate == 0 || len(s.Stages) == 0, "rate", "rate stands beside stages, which have rates of their own: expected one of the two")
	check(s.Arrivals == "" || s.Arrivals == Poisson || s.Arrivals == Constant, "arrivals", "arrivals is %q, expected %s or %s", s.Arrivals, Poisson, Constant)
	check(s.Arrivals == "" || s.open(), "arrivals", "arrivals is %s in a closed loop, in which answers say when to ask: expected a rate or stages beside it", s.Arrivals)
	total := time.Duration(0)
	for i, st := range s.Stages {
		field := fmt.Sprintf("stages.%d", i)
		check(st.For > 0 && st.For <= longest, field+".for", "for is %v, expected a positive duration of at most %v", st.For, longest)
		check(st.Rate >= 0 && st.Rate <= most, field+".rate", "rate is %v, %s", st.Rate, expected)
		check(st.To == st.Rate || st.To >= 0 && st.To <= most, field+".to", "to is %v, %s", st.To, expected)
		total += min(max(st.For, 0), longest)
		check(total <= longest, field, "the stages last longer than %v", longest)
	}
}

// Summary says in a line what the clients do.
func (s *Spec) Summary() string {
	loop := fmt.Sprintf("each again about %v after it was answered", s.Every)
	switch {
	case len(s.Stages) > 0:
		var parts []string
		for _, st := range s.Stages {
			rate := fmt.Sprint(st.Rate)
			if st.To != st.Rate {
				rate = fmt.Sprintf("%v to %v", st.Rate, st.To)
			}
			parts = append(parts, fmt.Sprintf("%s for %v", rate, st.For))
		}
		loop = strings.Join(parts, ", then ") + " operations per second in all"
	case s.Rate > 0:
		loop = fmt.Sprintf("%v operations per second in all", s.Rate)
	}
	if s.Arrivals == Constant {
		loop += ", evenly spaced"
	}
	return fmt.Sprintf("%s, %d clients, %d keys, %s", s.Kind, s.Clients, s.Keys, loop)
}
