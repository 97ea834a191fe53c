package echo

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/orrery-sim/orrery/nodes/systest"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/sim/simtest"
)

// The examination that every system has to pass.
func TestSystem(t *testing.T) { systest.Check(t, System) }

func boot(p *sim.Proc) { new(server).run(p) }

// An example is read first, so it shows how the system is asked.
func Example() {
	w := sim.New(sim.Config{Seed: 1})
	defer w.Close()
	server := w.Node("server", boot)
	w.Client("alice", func(p *sim.Proc) {
		fmt.Println(sim.Call[Heard](p, "server", Say{"hello"}, time.Second))
		fmt.Println(sim.Call[Heard](p, "server", Say{"hello"}, time.Second))
		server.Restart()
		p.Sleep(10 * time.Millisecond)
		fmt.Println(sim.Call[Heard](p, "server", Ask{"hello"}, time.Second))
	})
	fmt.Println(w.Run(time.Minute))
	// Output:
	// {hello 1} <nil>
	// {hello 2} <nil>
	// {hello 2} <nil>
	// ok
}

// A story is text: commands to the cluster and what it then shows.
func TestStories(t *testing.T) {
	call := func(request func(word string) any) simtest.Command {
		return func(w *sim.World, words []string) (answer string, err error) {
			done := false
			w.Node(fmt.Sprintf("asker%d", len(w.Nodes())), func(p *sim.Proc) {
				heard, e := sim.Call[Heard](p, "n1", request(strings.Join(words, " ")), time.Second)
				answer, err, done = fmt.Sprintf("%s %d", heard.Word, heard.Count), e, true
			})
			w.RunUntil(func() bool { return done }, 2*time.Second)
			return answer, err
		}
	}
	simtest.Story(t, "testdata", func(w *sim.World) { w.Node("n1", boot) }, map[string]simtest.Command{
		"say": call(func(word string) any { return Say{word} }),
		"ask": call(func(word string) any { return Ask{word} }),
	})
}

// Many seeds of a world made by hand, with a crash in the middle of it all.
func TestCrashes(t *testing.T) {
	simtest.Run(t, func(t *simtest.T) {
		w := t.New(sim.Config{})
		n := w.Node("server", boot)
		var told int64
		w.Client("alice", func(p *sim.Proc) {
			for range 50 {
				heard, err := sim.Call[Heard](p, "server", Say{"x"}, 100*time.Millisecond)
				if err == nil && heard.Count <= told {
					p.Fail("E3", "was told %d and now %d", told, heard.Count)
				}
				told = max(told, heard.Count)
				p.Sleep(5 * time.Millisecond)
			}
		})
		t.Advance(time.Duration(t.Seed()%100) * time.Millisecond)
		n.Crash()
		t.Advance(20 * time.Millisecond)
		t.Settle(time.Minute)
	})
}

// A property: whatever is said, with crashes wherever they fall, the counts are those
// of what was answered, or more where an answer was lost.
func TestCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.StringMatching(`[a-c]{1,2}`), 1, 20).Draw(t, "words")
		crashAt := rapid.IntRange(0, 60).Draw(t, "crash at, in ms")
		w := sim.New(sim.Config{Seed: rapid.Uint64().Draw(t, "seed"), Checking: true})
		defer w.Close()
		n := w.Node("server", boot)
		w.At(time.Duration(crashAt)*time.Millisecond, "restart", n.Restart)
		said, answered, counted := map[string]int64{}, map[string]int64{}, map[string]int64{}
		w.Client("alice", func(p *sim.Proc) {
			for _, word := range words {
				said[word]++
				if _, err := sim.Call[Heard](p, "server", Say{word}, time.Second); err == nil {
					answered[word]++
				}
			}
			for _, word := range words {
				heard, err := sim.Call[Heard](p, "server", Ask{word}, time.Second)
				for err != nil { // it is being restarted
					heard, err = sim.Call[Heard](p, "server", Ask{word}, time.Second)
				}
				counted[word] = heard.Count
			}
		})
		if out := w.Run(time.Minute); !out.OK() {
			t.Fatal(out)
		}
		for word, n := range counted {
			if n < answered[word] || n > said[word] {
				t.Fatalf("%q: counted %d, answered %d, said %d", word, n, answered[word], said[word])
			}
		}
	})
}

// The mutant is caught: what a test cannot see fail, it cannot see hold.
func TestMutantIsCaught(t *testing.T) {
	sc, err := System.Scenario("restarts")
	if err != nil {
		t.Fatal(err)
	}
	run, err := scenarios.NewRun(sc, scenarios.Options{Seed: 1, Mutant: "unsynced"})
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	if r := run.Execute(nil); r.Status != "violated" {
		t.Errorf("seed 1 of the mutant is %s", r.Status)
	}
}
