package simtest_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/sim/simtest"
)

// child says that this is the test binary run again by one of its own tests, to look
// at tests that fail.
const child = "SIMTEST_CHILD"

// runs counts across worlds, which a simulation must not.
var runs sync.Map

// TestChild are tests that fail, each in a way of its own.
func TestChild(t *testing.T) {
	if os.Getenv(child) == "" {
		t.Skip("it is run by TestFailures")
	}
	world := func(t *simtest.T, client func(p *sim.Proc)) {
		w := t.New(sim.Config{})
		w.Client("alice", client)
		t.Advance(time.Second)
	}
	t.Run("fails(on some)", func(t *testing.T) {
		simtest.Run(t, func(t *simtest.T) {
			world(t, func(p *sim.Proc) {
				p.Log("seed %d", t.Seed())
				if t.Seed()%3 == 2 {
					p.Fail("third", "a seed of the third kind")
				}
			})
		})
	})
	t.Run("panics", func(t *testing.T) {
		simtest.Run(t, func(t *simtest.T) { world(t, func(p *sim.Proc) { panic("oh no") }) })
	})
	t.Run("differs", func(t *testing.T) {
		simtest.Run(t, func(t *simtest.T) {
			_, again := runs.LoadOrStore(fmt.Sprint("differs", t.Seed()), true)
			world(t, func(p *sim.Proc) {
				p.Sleep(time.Millisecond)
				if again {
					p.Sleep(2 * time.Millisecond)
				}
				p.Sleep(time.Millisecond)
			})
		})
	})
	t.Run("shorter", func(t *testing.T) {
		simtest.Run(t, func(t *simtest.T) {
			_, again := runs.LoadOrStore(fmt.Sprint("shorter", t.Seed()), true)
			w := t.New(sim.Config{})
			w.Client("alice", func(p *sim.Proc) { p.Sleep(time.Second); p.Sleep(time.Second) })
			if t.Advance(500 * time.Millisecond); !again {
				t.Advance(10 * time.Second)
			}
		})
	})
	t.Run("hangs", func(t *testing.T) {
		simtest.Run(t, func(t *simtest.T) {
			w := t.New(sim.Config{})
			w.Client("alice", func(p *sim.Proc) { p.Sleep(time.Hour) })
			t.Settle(time.Second)
		})
	})
	t.Run("until", func(t *testing.T) {
		simtest.Run(t, func(t *simtest.T) {
			w := t.New(sim.Config{})
			w.Client("alice", func(p *sim.Proc) { p.Sleep(time.Hour) })
			t.Until(func() bool { return w.Now() > time.Minute }, time.Second)
		})
	})
	t.Run("mutates", func(t *testing.T) {
		simtest.Run(t, func(t *simtest.T) {
			world(t, func(p *sim.Proc) {
				body := []byte("x")
				p.Send("alice", body)
				body[0] = 'y'
				p.Sleep(time.Millisecond)
			})
		})
	})
}

// again runs the test binary with one test of TestChild.
func again(t *testing.T, test string, flags ...string) (out string, passed bool) {
	t.Helper()
	cmd := exec.Command(os.Args[0], append([]string{"-test.run", "^TestChild$/^" + regexp.QuoteMeta(test) + "$", "-test.v"}, flags...)...)
	cmd.Env = append(os.Environ(), child+"=1")
	text, err := cmd.CombinedOutput()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(text), err == nil
}

// TestFailures has each failing test say what is needed: what was wrong, the last
// events, and the line to reproduce it.
func TestFailures(t *testing.T) {
	for _, c := range []struct {
		test string
		want []string
	}{
		{"fails(on_some)", []string{"seed 2: violated: third: a seed of the third kind (process", "the last events:", "note     seed 2  (by",
			`reproduce: go test github.com/orrery-sim/orrery/sim/simtest -run '^TestChild$/^fails\(on_some\)$' -sim.seed=2`}},
		{"panics", []string{"crashed: ", "oh no", "simtest_test.go", "left out: 3 seeds have failed already"}},
		{"differs", []string{"seed 1: a second run of the same seed differs, first in this event:", "wake", "hint: "}},
		{"shorter", []string{"seed 1: a second run of the same seed ends after", "hint: "}},
		{"hangs", []string{"stuck: "}},
		{"until", []string{"stuck: "}},
		{"mutates", []string{"crashed: ", "chang"}},
	} {
		t.Run(c.test, func(t *testing.T) {
			t.Parallel()
			out, passed := again(t, c.test, "-sim.seeds=4", "-test.parallel=1")
			if passed {
				t.Fatalf("it passes:\n%s", out)
			}
			for _, want := range c.want {
				if !strings.Contains(out, want) {
					t.Errorf("no %q in\n%.3000s", want, out)
				}
			}
		})
	}
}

// TestFlags runs the one seed, and shows its events.
func TestFlags(t *testing.T) {
	out, passed := again(t, "fails(on_some)", "-sim.seed=5", "-sim.trace")
	if passed || strings.Count(out, "reproduce: ") != 1 || !strings.Contains(out, "/seed=5 ") || strings.Contains(out, "/seed=1 ") {
		t.Errorf("seed 5:\n%s", out)
	}
	if strings.Count(out, "note     seed 5") != 2 { // among the last events, and in the trace
		t.Errorf("no trace:\n%s", out)
	}
	if out, passed := again(t, "fails(on_some)", "-sim.seed=4"); !passed {
		t.Errorf("seed 4 fails:\n%s", out)
	}
}

// TestSeeds runs the body once for every seed, and for some twice.
func TestSeeds(t *testing.T) {
	var lock sync.Mutex
	count := map[uint64]int{}
	simtest.Run(t, func(t *simtest.T) {
		lock.Lock()
		count[t.Seed()]++
		lock.Unlock()
		if w := t.New(sim.Config{Seed: 99}); w.Seed() != t.Seed() || t.World() != w {
			t.Errorf("the world has seed %d", w.Seed())
		}
		t.Settle(time.Second)
	})
	if count[1] != 2 || count[2] != 1 || count[10] != 1 {
		t.Errorf("runs by seed: %v", count)
	}
}

func TestNoWorld(t *testing.T) {
	defer func() {
		if r := recover(); !strings.HasPrefix(fmt.Sprint(r), "simtest: ") {
			t.Errorf("panics with %v", r)
		}
	}()
	new(simtest.T).World()
}

// TestStory tells one with every command, and what is said of those that are wrong.
func TestStory(t *testing.T) {
	simtest.Story(t, filepath.Join("testdata", "stories"), func(w *sim.World) {
		for _, name := range []string{"a", "b", "c"} {
			w.Node(name, func(p *sim.Proc) {
				beats := 0
				p.Show(func() []sim.Field { return []sim.Field{{Name: "beats", Value: fmt.Sprint(beats)}} })
				p.Log("boots")
				p.Serve(func(p *sim.Proc, m sim.Message) (any, error) { beats++; return nil, nil })
			})
		}
		w.Client("alice", func(p *sim.Proc) {
			for range 8 {
				for _, to := range []string{"a", "b", "c"} {
					if _, err := sim.Call[any](p, to, "beat", 100*time.Millisecond); err != nil {
						p.Log("%s: %v", to, err)
					}
				}
				p.Sleep(time.Second)
			}
		})
	}, map[string]simtest.Command{
		"time": func(w *sim.World, words []string) (string, error) {
			if len(words) > 0 {
				return "", errors.New("time takes no words")
			}
			return w.Now().String(), nil
		},
	})
}
