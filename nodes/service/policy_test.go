package service

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/sim"
)

// asked runs a client against a server that does as the function says with the nth
// attempt, counted from 1, and returns what came of each request.
func asked(t *testing.T, policy Policy, repeatable bool, requests int, does func(p *sim.Proc, n int) error) (results []error, attempts []time.Duration) {
	t.Helper()
	w := sim.New(sim.Config{Seed: 1, Checking: true, Link: instantly})
	defer w.Close()
	w.Node("server", func(p *sim.Proc) {
		p.Serve(func(p *sim.Proc, m sim.Message) (any, error) {
			if _, ok := m.Body.(Request); !ok {
				return nil, nil
			}
			attempts = append(attempts, w.Now().Round(time.Millisecond))
			return Response{"server", nil}, does(p, len(attempts))
		})
	})
	w.Client("client", func(p *sim.Proc) {
		c := NewClient(p, "server", policy, nil)
		for range requests {
			_, err := c.Do(p, "k", repeatable, nil, 10*time.Second)
			results = append(results, err)
		}
	})
	if out := w.RunUntil(func() bool { return w.ClientsLeft() == 0 }, time.Hour); !out.OK() {
		t.Fatal(out)
	}
	return results, attempts
}

var patient = Policy{Timeout: time.Second, Retries: 4, Budget: 1, Reserve: 10, Backoff: 100 * time.Millisecond, BackoffMax: 300 * time.Millisecond}

func fails(err error) func(*sim.Proc, int) error { return func(*sim.Proc, int) error { return err } }

// TestBackoff doubles the wait up to its most, and with jitter waits less.
func TestBackoff(t *testing.T) {
	_, at := asked(t, patient, true, 1, fails(errors.New("no")))
	if got := fmt.Sprint(at); got != "[0s 100ms 300ms 600ms 900ms]" {
		t.Errorf("attempts at %s", got)
	}
	policy := patient
	policy.Jitter = true
	_, jittered := asked(t, policy, true, 1, fails(errors.New("no")))
	for i := range at {
		if jittered[i] > at[i] {
			t.Errorf("with jitter attempt %d comes at %v, without at %v", i+1, jittered[i], at[i])
		}
	}
	if jittered[4] == at[4] {
		t.Error("there is no jitter")
	}
}

// TestPosts are repeated only if nothing was done, and what may have been is not forgotten.
func TestPosts(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		repeatable bool
		errs       []error // of the attempts, then nil
		attempts   int
		notDone    bool
		ok         bool
	}{
		{false, []error{ErrOverloaded, ErrNoServer, ErrCancelled}, 4, false, true},
		{false, []error{broken}, 1, false, false},
		{false, []error{ErrOverloaded, broken}, 2, false, false},
		{true, []error{broken, ErrOverloaded}, 3, false, true},
		{true, []error{broken, ErrOverloaded, ErrOverloaded, ErrOverloaded, ErrOverloaded}, 5, false, false},
		{true, []error{ErrOverloaded, ErrOverloaded, ErrOverloaded, ErrOverloaded, ErrOverloaded}, 5, true, false},
	} {
		results, attempts := asked(t, patient, c.repeatable, 1, func(_ *sim.Proc, n int) error {
			if n > len(c.errs) {
				return nil
			}
			return c.errs[n-1]
		})
		err := results[0]
		if len(attempts) != c.attempts || (err == nil) != c.ok || err != nil && NotDone(err) != c.notDone {
			t.Errorf("repeatable %v after %v: %d attempts, %v", c.repeatable, c.errs, len(attempts), err)
		}
	}
}

// TestBudget spends its reserve and then what requests bring in.
func TestBudget(t *testing.T) {
	policy := patient
	policy.Budget, policy.Reserve = 0.25, 3
	_, attempts := asked(t, policy, true, 20, fails(errors.New("no")))
	// The first request brings nothing in, since the purse is full: 19 others bring 4.75.
	if n := len(attempts); n != 20+3+4 {
		t.Errorf("%d attempts at 20 requests, expected 27", n)
	}
}

// TestHedge asks twice when it takes long, takes the first answer, and cancels the loser.
func TestHedge(t *testing.T) {
	policy := patient
	policy.Hedge = 50 * time.Millisecond
	var cancelled []Cancel
	w := sim.New(sim.Config{Seed: 1, Checking: true, Link: instantly})
	defer w.Close()
	w.Node("server", func(p *sim.Proc) {
		p.Serve(func(p *sim.Proc, m sim.Message) (any, error) {
			switch r := m.Body.(type) {
			case Cancel:
				cancelled = append(cancelled, r)
			case Request:
				if r.Attempt == 1 {
					p.Sleep(400 * time.Millisecond)
				}
				return Response{Body: r.Attempt}, nil
			}
			return nil, nil
		})
	})
	w.Client("client", func(p *sim.Proc) {
		c := NewClient(p, "server", policy, nil)
		answer, err := c.Do(p, "k", true, nil, time.Second)
		if took := w.Now().Round(time.Millisecond); err != nil || answer.Body != 2 || took != policy.Hedge {
			t.Errorf("answered %v, %v after %v", answer.Body, err, took)
		}
		before := w.Now()
		if answer, err := c.Do(p, "k", false, nil, time.Second); err != nil || answer.Body != 1 {
			t.Errorf("a post was hedged: answered %v, %v after %v", answer.Body, err, w.Now()-before)
		}
	})
	w.RunUntil(func() bool { return w.ClientsLeft() == 0 }, time.Minute)
	if len(cancelled) != 1 || cancelled[0].Attempt != 1 {
		t.Errorf("cancelled %v", cancelled)
	}
}

// TestContradictions are errors before the run, each at its knob.
func TestContradictions(t *testing.T) {
	const text = `scenario: wrong
system: service
nodes: 2
workload: {kind: request}
knobs:
  health-timeout: 500ms
  weights: 5,1,1
  cores: 4
  backoff: 2s
  hedge: 500ms
`
	_, err := scenarios.Parse("f.yaml", []byte(text), func(string) (*scenarios.System, []string) { return System, nil })
	const want = `f.yaml:6:3: knob health-timeout: 500ms is not below health-interval 500ms: the next probe would come before the answer
f.yaml:7:3: knob weights: 3 weights for 2 servers
f.yaml:7:3: knob weights: 5,1,1 with balance round-robin, which knows no weights: expected weighted or least-connections
f.yaml:8:3: knob cores: 4 are above workers 1: some would never work
f.yaml:9:3: knob backoff: 2s is above backoff-max 1s
f.yaml:10:3: knob hedge: 500ms never comes: an attempt ends at its timeout of 500ms`
	if err == nil || err.Error() != want {
		t.Errorf("%v\nexpected\n%s", err, want)
	}
	for knob, want := range map[string]string{ // order-free: each by itself
		"weights=1,0":                  `"0" is no weight: expected whole numbers from 1 to 1000, such as 5,1,1`,
		"work=expo 20ms":               "knob work: ",
		"balance=least-conections":     `did you mean "least-connections"?`,
		"max-out=1.5":                  "above its greatest value 1",
		"queue=-1":                     "below its least value 0",
		"bound=0.9":                    "below its least value 1",
		"hedge=1h":                     "never comes",
		"workers=0":                    "below its least value 1",
		"health-rise=0":                "below its least value 1",
		"upstream-timeout=0s":          "below its least value 1ms",
		"weights=" + "1,1,1,1,1,1,1,1": "8 weights for 4 servers",
	} {
		sc, err := System.Scenario("calm")
		if err != nil {
			t.Fatal(err)
		}
		name, value, _ := strings.Cut(knob, "=")
		if _, err := scenarios.NewRun(sc, scenarios.Options{Knobs: scenarios.Values{name: value}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, expected %s", knob, err, want)
		}
	}
}
