package simtest

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/orrery-sim/orrery/sim"
)

// A Command is one that a story may use beside those every story knows. It is
// given the words behind its name, and returns what the story then shows.
type Command func(w *sim.World, words []string) (string, error)

// Story runs every story in a folder, the files *.txt, each in a world of its own with
// seed 1. A story is commands to a cluster and what it then shows:
//
//	# A crash loses what was not written.
//	crash server
//	----
//
//	run 1s
//	----
//	1.200s alice: no answer: timeout
//
// The flag -rewrite writes what the stories show anew: read the difference before
// you commit it. build fills the world. The commands that every story knows:
//
//	run 2s              let time pass; shows notes, and the outcome if it is not ok
//	step 3              let so many events happen, and what the last one does; shows them
//	crash a b, restart a, pause a, resume a
//	isolate a, cut a b, hold a b, partition a b / c
//	heal                undo all of that
//	show                what every node shows of itself
func Story(t *testing.T, dir string, build func(w *sim.World), more map[string]Command) {
	t.Helper()
	datadriven.Walk(t, dir, func(t *testing.T, path string) {
		if filepath.Ext(path) != ".txt" {
			return // testdata holds more than stories: saved failures, golden files
		}
		w := sim.New(sim.Config{Seed: 1, Checking: true})
		defer w.Close()
		teller := &teller{w: w, more: more}
		build(w)
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			text, err := teller.tell(d.Cmd, words(d))
			if err != nil {
				return fmt.Sprintf("error: %v", err)
			}
			return text
		})
	})
}

func words(d *datadriven.TestData) []string {
	var list []string
	for _, arg := range d.CmdArgs {
		list = append(list, arg.String())
	}
	return list
}

// teller carries a story's commands out.
type teller struct {
	w    *sim.World
	more map[string]Command
}

func (s *teller) tell(name string, words []string) (string, error) {
	if command, ok := s.more[name]; ok {
		return command(s.w, words)
	}
	switch name {
	case "run":
		return s.run(words)
	case "step":
		return s.step(words)
	case "show":
		return s.show(), nil
	case "heal":
		s.w.Heal()
		return "", nil
	case "partition":
		return "", s.partition(words)
	case "crash", "restart", "pause", "resume", "isolate":
		return "", s.each(words, func(n *sim.Node) { s.single(name, n) })
	case "cut", "hold":
		return "", s.link(name, words)
	}
	return "", fmt.Errorf("unknown command %q", name)
}

// run shows the notes of the time that passes.
func (s *teller) run(words []string) (string, error) {
	if len(words) != 1 {
		return "", fmt.Errorf("run takes a duration, such as 2s")
	}
	d, err := time.ParseDuration(words[0])
	if err != nil || d < 0 {
		return "", fmt.Errorf("run takes a duration, such as 2s, not %q", words[0])
	}
	var b strings.Builder
	stop := s.w.Observe(sim.ObserverFunc(func(e *sim.Event) {
		if e.Kind == sim.KindNote {
			fmt.Fprintf(&b, "%.3fs %s: %s\n", e.At.Seconds(), e.Node, e.Text)
		}
	}))
	defer stop()
	if out := s.w.Run(d); !out.OK() {
		fmt.Fprintln(&b, out)
	}
	return b.String(), nil
}

// step shows the events that happen.
func (s *teller) step(words []string) (string, error) {
	n := 1
	if len(words) == 1 {
		if _, err := fmt.Sscanf(words[0], "%d", &n); err != nil || n < 1 {
			return "", fmt.Errorf("step takes a number of events, not %q", words[0])
		}
	}
	var b strings.Builder
	stop := s.w.Observe(sim.ObserverFunc(func(e *sim.Event) { fmt.Fprintln(&b, e) }))
	defer stop()
	s.w.RunTo(s.w.Events() + uint64(n))
	return b.String(), nil
}

func (s *teller) show() string {
	var b strings.Builder
	for _, n := range s.w.Nodes() {
		if n.Client() {
			continue
		}
		state := "up"
		switch {
		case !n.Up():
			state = "down"
		case n.Paused():
			state = "paused"
		}
		fmt.Fprintf(&b, "%s: %s", n.Name(), state)
		for _, f := range n.Fields() {
			fmt.Fprintf(&b, " %s=%s", f.Name, f.Value)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func (s *teller) single(act string, n *sim.Node) {
	switch act {
	case "crash":
		n.Crash()
	case "restart":
		n.Restart()
	case "pause":
		n.Pause()
	case "resume":
		n.Resume()
	case "isolate":
		s.w.Isolate(n.Name())
	}
}

func (s *teller) each(names []string, act func(n *sim.Node)) error {
	if len(names) == 0 {
		return fmt.Errorf("name a node")
	}
	nodes, err := s.nodes(names)
	for _, n := range nodes {
		act(n)
	}
	return err
}

// nodes looks all names up before anything is done to one of them.
func (s *teller) nodes(names []string) ([]*sim.Node, error) {
	var list []*sim.Node
	for _, name := range names {
		n := s.w.Lookup(name)
		if n == nil {
			return nil, fmt.Errorf("there is no node named %q", name)
		}
		list = append(list, n)
	}
	return list, nil
}

func (s *teller) link(act string, names []string) error {
	if len(names) != 2 {
		return fmt.Errorf("%s takes two nodes: from and to", act)
	}
	if _, err := s.nodes(names); err != nil {
		return err
	}
	if act == "cut" {
		s.w.Cut(names[0], names[1])
	} else {
		s.w.Hold(names[0], names[1])
	}
	return nil
}

// partition takes groups of nodes with slashes between them.
func (s *teller) partition(words []string) error {
	groups := [][]string{nil}
	seen := map[string]bool{}
	for _, word := range words {
		if word == "/" {
			groups = append(groups, nil)
			continue
		}
		if _, err := s.nodes([]string{word}); err != nil {
			return err
		}
		if seen[word] {
			return fmt.Errorf("node %q stands twice", word)
		}
		seen[word] = true
		last := len(groups) - 1
		groups[last] = append(groups[last], word)
	}
	s.w.Partition(groups...)
	return nil
}
