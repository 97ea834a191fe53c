package sim_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/sim"
)

func Example() {
	w := sim.New(sim.Config{Seed: 7})
	defer w.Close()
	w.Node("server", func(p *sim.Proc) { // runs at boot, and again after every restart
		p.Serve(func(p *sim.Proc, req sim.Message) (any, error) {
			return "hello " + req.Body.(string), nil
		})
	})
	w.Client("alice", func(p *sim.Proc) {
		reply, err := sim.Call[string](p, "server", "alice", time.Second)
		fmt.Println(reply, err)
	})
	fmt.Println(w.Run(10 * time.Second))
	// Output:
	// hello alice <nil>
	// ok
}

func Example_quorum() {
	w := sim.New(sim.Config{Seed: 1})
	defer w.Close()
	replicas := []string{"a", "b", "c"}
	for _, name := range replicas {
		w.Node(name, func(p *sim.Proc) {
			stored := "" // memory: a crash loses it
			p.Serve(func(p *sim.Proc, req sim.Message) (any, error) {
				stored = req.Body.(string)
				return stored, nil
			})
		})
	}
	write := func(p *sim.Proc, value string) error {
		g := sim.NewGroup[string](p)
		for _, to := range replicas {
			g.Go(to, func(p *sim.Proc) (string, error) {
				return sim.Call[string](p, to, value, 100*time.Millisecond)
			})
		}
		_, err := g.First(2)
		return err
	}
	w.Client("writer", func(p *sim.Proc) {
		fmt.Println("all reachable: ", write(p, "x") == nil)
		first := w.Isolate("a")
		fmt.Println("one cut off:   ", write(p, "y") == nil)
		w.Isolate("b")
		fmt.Println("two cut off:   ", write(p, "z") == nil)
		first.Heal()
		fmt.Println("one healed:    ", write(p, "z") == nil)
	})
	fmt.Println(w.Run(time.Second))
	// Output:
	// all reachable:  true
	// one cut off:    true
	// two cut off:    false
	// one healed:     true
	// ok
}

func Example_race() {
	run := func(seed uint64) (sum int) {
		w := sim.New(sim.Config{Seed: seed})
		defer w.Close()
		w.Node("counter", func(p *sim.Proc) {
			p.Serve(func(p *sim.Proc, req sim.Message) (any, error) {
				if value, isWrite := req.Body.(int); isWrite {
					sum = value
				}
				return sum, nil
			})
		})
		for _, name := range []string{"ann", "bob"} {
			w.Client(name, func(p *sim.Proc) {
				p.Sleep(p.Rand("start").Duration(0, 10*time.Millisecond))
				value, _ := sim.Call[int](p, "counter", "read", time.Second)
				sim.Call[int](p, "counter", value+1, time.Second)
			})
		}
		w.Run(time.Second)
		return sum
	}
	lost := 0
	for seed := uint64(1); seed <= 100; seed++ {
		if run(seed) != 2 {
			lost++
		}
	}
	fmt.Printf("an update was lost on %d of 100 seeds\n", lost)
	// Output: an update was lost on 30 of 100 seeds
}

// TestManual keeps the code in doc.go the same as that of the examples above.
func TestManual(t *testing.T) {
	manual, examples := blocks(t, "doc.go", "//\t"), source(t, "manual_test.go")
	if len(manual) != 3 {
		t.Fatalf("doc.go has %d blocks of code, expected 3 worked examples", len(manual))
	}
	for _, block := range manual {
		if !strings.Contains(examples, block) {
			t.Errorf("no example in manual_test.go has this code of doc.go:\n%s", block)
		}
	}
}

func source(t *testing.T, path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// blocks returns the runs of lines that begin with the prefix, indented as in a
// function's body.
func blocks(t *testing.T, path, prefix string) []string {
	var list []string
	open := false
	for line := range strings.Lines(source(t, path)) {
		code, ok := strings.CutPrefix(line, prefix)
		switch {
		case ok && !open:
			list = append(list, "\t"+code)
		case ok:
			list[len(list)-1] += "\t" + code
		}
		open = ok
	}
	return list
}
