package service

import (
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/nodes/systest"
	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/sim/simtest"
)

// The examination that every system has to pass.
func TestSystem(t *testing.T) { systest.Check(t, System) }

// The parts stand alone: a world of one's own takes what it needs of them.
func Example() {
	w := sim.New(sim.Config{Seed: 1})
	defer w.Close()
	names := []string{"a", "b"}
	for _, name := range names {
		w.Node(name, Server{
			Service: sim.Constant(10 * time.Millisecond), Workers: 1, Queue: 10,
			Handle: func(p *sim.Proc, r Request) (any, error) { return "hello " + r.Body.(string), nil },
		}.Boot)
	}
	w.Node("balancer", Balancer{Servers: names, Algorithm: RoundRobin, Timeout: time.Second}.Boot)
	w.Client("alice", func(p *sim.Proc) {
		c := NewClient(p, "balancer", Policy{Timeout: time.Second}, nil)
		for range 3 {
			answer, err := c.Do(p, "key", true, "alice", time.Second)
			fmt.Println(answer.Server, answer.Body, err)
		}
	})
	fmt.Println(w.Run(time.Minute))
	// Output:
	// a hello alice <nil>
	// b hello alice <nil>
	// a hello alice <nil>
	// ok
}

// storied adds three servers and a balancer that notices quickly to a world.
func storied(w *sim.World) {
	names := []string{"n1", "n2", "n3"}
	for _, name := range names {
		w.Node(name, Server{Service: sim.Constant(20 * time.Millisecond), Workers: 1, Queue: 1}.Boot)
	}
	w.Node("balancer", Balancer{
		Servers: names, Algorithm: RoundRobin, Timeout: 500 * time.Millisecond, HalfLife: time.Second,
		Health: Health{
			Interval: 2 * time.Second, Timeout: 200 * time.Millisecond, Fall: 1, Rise: 2,
			Outlier: 2, EjectFor: time.Second, MaxOut: 0.4,
		},
		Milestone: func(p *sim.Proc, text string) { p.Log("%s", text) },
	}.Boot)
}

// call adds a node that asks the balancer something and tells what it was answered.
func call(w *sim.World, question any) (answer any, err error) {
	done := false
	w.Node("asker"+strconv.Itoa(len(w.Nodes())), func(p *sim.Proc) {
		answer, err = sim.Call[any](p, "balancer", question, 2*time.Second)
		done = true
	})
	w.RunUntil(func() bool { return done }, 3*time.Second)
	return answer, err
}

func TestStories(t *testing.T) {
	drain := func(on bool) simtest.Command {
		return func(w *sim.World, words []string) (string, error) {
			answer, err := call(w, Drain{words[0], on})
			return fmt.Sprint(answer), err
		}
	}
	simtest.Story(t, "testdata/stories", storied, map[string]simtest.Command{
		"drain": drain(true), "use": drain(false),
		"ask": func(w *sim.World, words []string) (string, error) { // so many, one after the other
			n, err := strconv.Atoi(words[0])
			text := ""
			for i := range n {
				answer, err := call(w, Request{ID: ID{words[0], uint64(len(w.Nodes()) + i)}, Attempt: 1})
				if r, ok := answer.(Response); ok {
					text += r.Server + " "
				} else {
					text += fmt.Sprintf("(%v) ", err)
				}
			}
			return text, err
		},
		"burst": func(w *sim.World, words []string) (string, error) { // so many at once, of n1
			n, err := strconv.Atoi(words[0])
			answered, full := 0, 0
			w.Node("burst"+strconv.Itoa(len(w.Nodes())), func(p *sim.Proc) {
				for i := range n {
					p.Go("one", func(p *sim.Proc) {
						_, err := sim.Call[Response](p, "n1", Request{ID: ID{"burst", uint64(i)}, Attempt: 1}, time.Second)
						if err == nil {
							answered++
						} else if errors.Is(err, ErrOverloaded) {
							full++
						}
					})
				}
			})
			w.Run(time.Second)
			return fmt.Sprintf("%d answered, %d turned away", answered, full), err
		},
		"slow": func(w *sim.World, words []string) (string, error) { // a node, and how many times as slow
			factor, err := strconv.ParseFloat(words[1], 64)
			if err == nil {
				w.Lookup(words[0]).SetSpeed(1 / factor)
			}
			return "", err
		},
		"look": func(w *sim.World, words []string) (string, error) { // what a node shows
			text := ""
			for _, f := range w.Lookup(words[0]).Fields() {
				text += f.Name + ": " + f.Value + "\n"
			}
			return text, nil
		},
	})
}

// TestNonsense has nobody harmed by what nobody understands.
func TestNonsense(t *testing.T) {
	w := sim.New(sim.Config{Seed: 1, Checking: true})
	defer w.Close()
	storied(w)
	for _, question := range []any{"what?", 7, nil, Response{}, Alive{}, Drain{"nobody", true}, Load{Server: "nobody"}, Cancel{ID{"x", 1}, 1}} {
		if answer, err := call(w, question); err == nil && answer != nil {
			t.Errorf("%v is answered %v", question, answer)
		}
	}
	if answer, err := call(w, Request{ID: ID{"x", 2}, Attempt: 1}); err != nil {
		t.Errorf("after it, a request is answered %v, %v", answer, err)
	}
	if _, err := call(w, Request{ID: ID{"x", 1}, Attempt: 1}); !errors.Is(err, ErrCancelled) {
		t.Errorf("a request that its cancellation has overtaken: %v", err)
	}
	if out := w.Run(time.Second); !out.OK() {
		t.Error(out)
	}
}
