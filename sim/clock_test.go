package sim

import (
	"math"
	"math/big"
	"slices"
	"testing"
	"time"

	_ "github.com/orrery-sim/orrery/internal/steady"
	"pgregory.net/rapid"
)

// aNode makes a world with a node on which one can ask the time.
func aNode(t testing.TB) (*World, *Node, *Proc) {
	w := newWorld(t, Config{})
	n := w.Node("n", func(p *Proc) { p.Recv() })
	mustRun(t, w, 0)
	return w, n, n.first
}

func TestClockWithoutFaults(t *testing.T) {
	w, n, p := aNode(t)
	mustRun(t, w, time.Hour)
	if !p.Now().Equal(Epoch.Add(time.Hour)) || p.Elapsed() != time.Hour || n.ClockError() != 0 {
		t.Errorf("after an hour it is %v, %v have passed", p.Now(), p.Elapsed())
	}
}

func TestSkewMovesTheWallClockOnly(t *testing.T) {
	w, n, p := aNode(t)
	n.Skew(time.Minute)
	n.Skew(-3 * time.Minute)
	mustRun(t, w, time.Hour)
	if !p.Now().Equal(Epoch.Add(58*time.Minute)) || p.Elapsed() != time.Hour || n.ClockError() != -2*time.Minute {
		t.Errorf("it is %v, %v have passed, the error is %v", p.Now(), p.Elapsed(), n.ClockError())
	}
}

func TestDrift(t *testing.T) {
	for ppm, want := range map[float64]time.Duration{
		0:       time.Hour,
		100:     time.Hour + 360*ms,
		-100:    time.Hour - 360*ms,
		1e6:     2 * time.Hour,
		-500000: 30 * time.Minute,
		1e9:     1001 * time.Hour,
		0.001:   time.Hour + 3600,
	} {
		w, n, p := aNode(t)
		n.Drift(ppm)
		mustRun(t, w, time.Hour)
		if p.Elapsed() != want || n.ClockError() != want-time.Hour || !p.Now().Equal(Epoch.Add(want)) {
			t.Errorf("with a drift of %v ppm %v passed in an hour, expected %v", ppm, p.Elapsed(), want)
		}
	}
}

// Sync sets the wall clock right; the monotonic clock goes on from where it is.
func TestSync(t *testing.T) {
	w, n, p := aNode(t)
	n.Skew(time.Minute)
	n.Drift(1e6)
	mustRun(t, w, time.Hour)
	n.Sync()
	if !p.Now().Equal(Epoch.Add(time.Hour)) || p.Elapsed() != 2*time.Hour || n.ClockError() != 0 {
		t.Errorf("it is %v, %v have passed, the error is %v", p.Now(), p.Elapsed(), n.ClockError())
	}
	mustRun(t, w, time.Hour)
	if !p.Now().Equal(Epoch.Add(2*time.Hour)) || p.Elapsed() != 3*time.Hour {
		t.Errorf("it is %v, %v have passed", p.Now(), p.Elapsed())
	}
}

// A clock is hardware: a crash does not change it.
func TestClockOutlastsACrash(t *testing.T) {
	w, n, _ := aNode(t)
	n.Skew(time.Minute)
	n.Drift(1e6)
	mustRun(t, w, time.Minute)
	n.Restart()
	mustRun(t, w, time.Minute)
	if n.ClockError() != 3*time.Minute {
		t.Errorf("the error is %v", n.ClockError())
	}
}

// Whatever waits for the node's clock comes sooner or later when its rate
// changes; work, and what happens on other nodes, does not.
func TestDriftMovesWhatWaits(t *testing.T) {
	waits := map[string]func(p *Proc, done func()){
		"Sleep":            func(p *Proc, done func()) { p.Sleep(60 * time.Second); done() },
		"After":            func(p *Proc, done func()) { p.After(60*time.Second, func(*Proc) { done() }) },
		"RecvTimeout":      func(p *Proc, done func()) { p.RecvTimeout(60 * time.Second); done() },
		"Chan.RecvTimeout": func(p *Proc, done func()) { NewChan[int](0).RecvTimeout(p, 60*time.Second); done() },
		"WaitTimeout":      func(p *Proc, done func()) { new(Cond).WaitTimeout(p, 60*time.Second); done() },
		"AcquireTimeout":   func(p *Proc, done func()) { NewSemaphore(0).AcquireTimeout(p, 60*time.Second); done() },
		"Call":             func(p *Proc, done func()) { Call[int](p, "mute", 1, 60*time.Second); done() },
		"Work":             func(p *Proc, done func()) { p.Work(60 * time.Second); done() },
	}
	for name, wait := range waits {
		for _, c := range []struct {
			first, second float64       // drift at first, and after 10 s of true time
			want          time.Duration // true time when 60 s have been counted
		}{
			{0, 0, 60 * time.Second},
			{0, 1e6, 35 * time.Second},          // 10 s counted, 50 left at twice the rate
			{1e6, 0, 50 * time.Second},          // 20 counted, 40 left
			{1e6, 3e6, 20 * time.Second},        // 20 counted, 40 left at four times the rate
			{-500000, 0, 65 * time.Second},      // 5 counted, 55 left
			{0, -500000, 110 * time.Second},     // 10 counted, 50 left at half the rate
			{0, 1e9, 10*time.Second + 49950050}, // 50 s at 1001 times the rate, rounded up
		} {
			w := newWorld(t, Config{})
			w.Node("mute", never)
			var at, bystander time.Duration
			n := w.Node("n", func(p *Proc) { wait(p, func() { at = w.Now() }) })
			w.Node("other", func(p *Proc) {
				p.After(60*time.Second, func(p *Proc) { bystander = w.Now() })
				p.Sleep(60 * time.Second)
				bystander = max(bystander, w.Now())
			})
			n.Drift(c.first)
			w.At(10*time.Second, "drift", func() { n.Drift(c.second) })
			mustRun(t, w, time.Hour)
			want := c.want
			if name == "Work" {
				want = 60 * time.Second
			}
			if at != want || bystander != 60*time.Second {
				t.Errorf("%s of 60 s, drift %v then %v: done at %v, expected %v; another node's at %v", name, c.first, c.second, at, want, bystander)
			}
		}
	}
}

// What waits for ever still does when the rate changes, however often.
func TestDriftDoesNotEndForever(t *testing.T) {
	w := newWorld(t, Config{})
	n := w.Node("n", func(p *Proc) {
		for range 3 {
			p.Go("sleeper", func(p *Proc) {
				p.Sleep(math.MaxInt64)
				t.Errorf("woke at %v", w.Now())
			})
			p.Sleep(2 * time.Hour) // the next begins when the clock is fast, or ahead
		}
	})
	for _, ppm := range []float64{1e6, 100, -100, 1e9, 1e6, 0, 200, 1e9} {
		mustRun(t, w, time.Hour)
		n.Drift(ppm)
	}
	mustRun(t, w, time.Hour)
}

// Whatever the drift, and however it changes, who sleeps for d finds that d has
// passed, and that hardly more has. So a loop until a time ends.
func TestSleepIsNeverShort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ppm := rapid.OneOf(rapid.Float64Range(-999_999, 999_999), rapid.Float64Range(-500, 500), rapid.Float64Range(0, 1e9))
		drifts := rapid.SliceOfN(ppm, 1, 4).Draw(t, "drifts")
		d := time.Duration(rapid.Int64Range(0, 1e12).Draw(t, "d"))
		w := New(Config{})
		defer w.Close()
		var slept time.Duration = -1
		n := w.Node("n", func(p *Proc) {
			before := p.Elapsed()
			p.Sleep(d)
			slept = p.Elapsed() - before
		})
		for i, drift := range drifts {
			n.Drift(drift)
			if i > 0 {
				w.Run(d / 10)
			}
		}
		w.RunTo(10)
		tick := time.Duration(slices.Max(drifts)/1e6) + 2 // what the clock counts in a nanosecond, and rounding
		if slept < d || slept > d+tick*time.Duration(len(drifts)) {
			t.Fatalf("asked for %v, slept for %v of the node's clock", d, slept)
		}
	})
}

// The clock's integer arithmetic is that of exact rational numbers.
func TestClockArithmetic(t *testing.T) {
	long := rapid.OneOf(rapid.Int64Range(0, math.MaxInt64), rapid.Int64Range(math.MaxInt64/2, math.MaxInt64))
	rapid.Check(t, func(t *rapid.T) {
		c := clock{
			ppb:   rapid.Int64Range(-billion+1, 1000*billion).Draw(t, "ppb"),
			local: long.Draw(t, "local"),
		}
		d := long.Draw(t, "d")
		rate := big.NewRat(billion+c.ppb, billion)
		exact := func(d int64) *big.Rat { return new(big.Rat).Mul(new(big.Rat).SetInt64(d), rate) }
		counted := new(big.Rat).Sub(new(big.Rat).SetInt64(c.monotonic(d)), new(big.Rat).SetInt64(c.local))
		if c.monotonic(d) != math.MaxInt64 && !within(counted, exact(d)) {
			t.Errorf("in %d it counts %v", d, counted)
		}
		if g := int64(c.global(time.Duration(d))); g != math.MaxInt64 {
			want := new(big.Rat).SetInt64(d)
			if exact(g).Cmp(want) < 0 || g > 0 && exact(g-1).Cmp(want) >= 0 {
				t.Errorf("it counts %d within %d", d, g)
			}
		}
	})
}

// within says whether got is want rounded down to an integer.
func within(got, want *big.Rat) bool {
	off := new(big.Rat).Sub(want, got)
	return off.Sign() >= 0 && off.Cmp(big.NewRat(1, 1)) < 0
}

func TestImpossibleDrift(t *testing.T) {
	_, n, _ := aNode(t)
	for _, ppm := range []float64{-1e6, 1e9 + 1, math.NaN(), math.Inf(1), math.Inf(-1)} {
		mustPanic(t, "on node n: the drift must be above -1,000,000", func() { n.Drift(ppm) })
	}
}
