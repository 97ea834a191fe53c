package simtest_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/sim/simtest"
)

// Counter is a user's code. It knows nothing of simulations: it can keep what it is
// given, and answer.
type Counter struct {
	total int
	Save  func(total int) error
}

// Add is what users of the counter call.
func (c *Counter) Add(n int) (int, error) {
	if err := c.Save(c.total + n); err != nil {
		return 0, err
	}
	c.total += n
	return c.total, nil
}

// counterNode runs the counter on a simulated machine, with its disk.
func counterNode(p *sim.Proc) {
	f, err := p.Open("total")
	if err != nil {
		return
	}
	kept, err := f.ReadAll(p)
	if err != nil {
		return
	}
	c := Counter{total: strings.Count(string(kept), "+")}
	c.Save = func(int) error { return errors.Join(f.Append(p, []byte("+")), f.Sync(p)) }
	p.Serve(func(_ *sim.Proc, m sim.Message) (any, error) { return c.Add(m.Body.(int)) })
}

func TestCounter(t *testing.T) {
	simtest.Run(t, func(t *simtest.T) {
		w := t.New(sim.Config{})
		counter := w.Node("counter", counterNode)
		last := 0
		w.Client("alice", func(p *sim.Proc) {
			for range 20 {
				total, err := sim.Call[int](p, "counter", 1, 100*time.Millisecond)
				if err == nil && total <= last {
					p.Fail("kept", "counted %d, and before %d", total, last)
				}
				last = max(last, total)
			}
		})
		t.Advance(time.Duration(t.Seed()%20) * time.Millisecond)
		counter.Restart()          // what was not synced is lost
		t.Settle(10 * time.Second) // heal, then the client must come to an end
	})
}

// Example shows the same world with one seed, by hand: what go test runs for many.
func Example() {
	w := sim.New(sim.Config{Seed: 1})
	defer w.Close()
	counter := w.Node("counter", counterNode)
	w.Client("alice", func(p *sim.Proc) {
		fmt.Println(sim.Call[int](p, "counter", 1, time.Second))
		counter.Restart()
		p.Sleep(100 * time.Millisecond)
		fmt.Println(sim.Call[int](p, "counter", 1, time.Second))
	})
	fmt.Println(w.Run(time.Minute))
	// Output:
	// 1 <nil>
	// 2 <nil>
	// ok
}

// TestManual keeps the code in the chapter of the manual the same as that above.
func TestManual(t *testing.T) {
	const chapter = "../../docs/10-your-own-code.md"
	text, err := os.ReadFile(chapter)
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	blocks := 0
	for i, part := range strings.Split(string(text), "```") {
		code, isGo := strings.CutPrefix(part, "go\n")
		if i%2 == 0 || !isGo {
			continue
		}
		blocks++
		if !strings.Contains(string(source), code) {
			t.Errorf("example_test.go does not have this code of %s:\n%s", chapter, code)
		}
	}
	if blocks != 3 {
		t.Errorf("%s has %d blocks of Go, expected 3", chapter, blocks)
	}
}
