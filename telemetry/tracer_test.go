package telemetry_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/nodes"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/telemetry"
)

const ms = time.Millisecond

// tree draws spans below each other, those that began first on top.
func tree(spans []*telemetry.Span) string {
	known := map[uint64]bool{}
	below := map[uint64][]*telemetry.Span{}
	for _, s := range spans {
		known[s.ID] = true
	}
	for _, s := range spans {
		parent := s.Parent
		if !known[parent] {
			parent = 0
		}
		below[parent] = append(below[parent], s)
	}
	var b strings.Builder
	var show func(id uint64, indent string)
	show = func(id uint64, indent string) {
		for _, s := range below[id] {
			fmt.Fprintf(&b, "%s%s %q on %s", indent, s.Kind, s.Name, s.Node)
			if s.Peer != "" {
				fmt.Fprintf(&b, " with %s", s.Peer)
			}
			fmt.Fprintf(&b, ", %v + %v", s.Start, s.Took())
			if s.Error != "" {
				fmt.Fprintf(&b, ", error: %s", s.Error)
			}
			b.WriteByte('\n')
			for _, m := range s.Marks {
				fmt.Fprintf(&b, "%s  - %v %s\n", indent, m.At, m.Name)
			}
			show(s.ID, indent+"  ")
		}
	}
	show(0, "")
	return b.String()
}

// trace runs a world in which nodes are servers and c is a client, and draws its spans.
func trace(w *sim.World, run time.Duration) string {
	var spans []*telemetry.Span
	t := telemetry.NewTracer(telemetry.Depth, func(node string) bool { return node == "c" })
	t.Done = func(s *telemetry.Span) { spans = append(spans, s) }
	w.Observe(t)
	w.Run(run)
	t.Finish()
	w.Close()
	return tree(spans)
}

// An operation asks a server, which works, writes to its disk and asks another.
func ExampleTracer() {
	w := sim.New(sim.Config{Seed: 1, Disk: sim.DiskConfig{Sync: sim.Constant(2 * ms)}})
	w.Node("a", func(p *sim.Proc) {
		p.Serve(func(p *sim.Proc, m sim.Message) (any, error) {
			p.Work(3 * ms)
			f, err := p.Open("log")
			if err != nil {
				return nil, err
			}
			f.Append(p, []byte("x"))
			f.Sync(p)
			p.Send("b", 7) // nobody waits for it
			return sim.Call[string](p, "b", "and you?", time.Second)
		})
	})
	w.Node("b", func(p *sim.Proc) {
		p.Serve(func(p *sim.Proc, m sim.Message) (any, error) { return "b", nil })
	})
	w.Client("c", func(p *sim.Proc) {
		s := p.Span("read")
		sim.Call[string](p, "a", "hello", time.Second)
		s.End(sim.Field{Name: "outcome", Value: "ok"})
	})
	fmt.Print(trace(w, time.Second))
	// Output:
	// operation "read" on c, 0s + 9ms
	//   call "string" on c with a, 0s + 9ms
	//     serve "string" on a with c, 1ms + 7ms
	//       work "work" on a, 1ms + 3ms
	//       disk "sync log" on a, 4ms + 2ms
	//       message "int" on a with b, 6ms + 1ms
	//       call "string" on a with b, 6ms + 2ms
	//         serve "string" on b with a, 7ms + 0s
}

// Two requests want one core.
func ExampleTracer_queue() {
	w := sim.New(sim.Config{Seed: 1})
	w.Node("a", func(p *sim.Proc) {
		p.Serve(func(p *sim.Proc, m sim.Message) (any, error) {
			p.Work(10 * ms)
			return nil, nil
		})
	})
	w.Client("c", func(p *sim.Proc) {
		for i := range 2 {
			p.Go("ask", func(p *sim.Proc) {
				s := p.Span(fmt.Sprintf("read %d", i))
				_, err := sim.Call[any](p, "a", i, 15*ms)
				outcome := "ok"
				if err != nil {
					outcome = "unknown"
				}
				s.End(sim.Field{Name: "outcome", Value: outcome})
			})
		}
	})
	fmt.Print(trace(w, time.Second))
	// Output:
	// operation "read 0" on c, 0s + 12ms
	//   call "int" on c with a, 0s + 12ms
	//     serve "int" on a with c, 1ms + 10ms
	//       work "work" on a, 1ms + 10ms
	// operation "read 1" on c, 0s + 15ms, error: unknown
	//   call "int" on c with a, 0s + 15ms, error: timeout
	//     serve "int" on a with c, 1ms + 20ms
	//       queue "wait for a core" on a, 1ms + 10ms
	//       work "work" on a, 11ms + 10ms
}

// What breaks shows on the spans that it touched.
func ExampleTracer_faults() {
	w := sim.New(sim.Config{Seed: 1, StreamTimeout: 50 * ms})
	w.Node("a", func(p *sim.Proc) {
		p.Serve(func(p *sim.Proc, m sim.Message) (any, error) {
			p.Send("b", "lost")
			p.Log("about to sleep")
			p.Sleep(50 * ms)
			return nil, errors.New("tired")
		})
	})
	w.Node("b", func(p *sim.Proc) {})
	cut := w.Cut("a", "b")
	ask := func(p *sim.Proc, name, to string) {
		s := p.Span(name)
		_, err := sim.Call[any](p, to, name, 100*ms)
		s.End(sim.Field{Name: "outcome", Value: fmt.Sprint(err)})
	}
	w.Client("c", func(p *sim.Proc) {
		ask(p, "crash", "a")
		ask(p, "error", "a")
		ask(p, "refused", "b")
		ask(p, "broken", "a")
	})
	w.At(20*ms, "crash a", w.Lookup("a").Crash)
	w.At(30*ms, "restart a", w.Lookup("a").Restart)
	w.At(120*ms, "heal a -> b, cut c -> a", func() { cut.Mend(); w.Cut("c", "a") })
	fmt.Print(trace(w, 10*time.Second))
	// Output:
	// operation "crash" on c, 0s + 100ms, error: timeout
	//   - 20ms crash a
	//   - 30ms restart a
	//   call "string" on c with a, 0s + 100ms, error: timeout
	//     - 1ms a: about to sleep
	//     - 20ms a: crash
	//     - 30ms a: boot
	//     serve "string" on a with c, 1ms + 19ms, error: the node crashed
	//       - 1ms a: about to sleep
	//       - 20ms a: crash
	//       message "string" on a with b, 1ms + 0s, error: dropped: the link is cut
	//         - 1ms drop at b the link is cut
	// operation "error" on c, 100ms + 52ms, error: tired
	//   - 120ms heal a -> b, cut c -> a
	//   call "string" on c with a, 100ms + 52ms, error: tired
	//     - 101ms a: about to sleep
	//     serve "string" on a with c, 101ms + 50ms, error: tired
	//       - 101ms a: about to sleep
	//       message "string" on a with b, 101ms + 0s, error: dropped: the link is cut
	//         - 101ms drop at b the link is cut
	// operation "refused" on c, 152ms + 2ms, error: connection refused
	//   call "string" on c with b, 152ms + 2ms, error: connection refused
	//     serve "string" on b with c, 153ms + 0s, error: connection refused
	//       - 153ms refuse at b
	// operation "broken" on c, 154ms + 50ms, error: connection broken
	//   call "string" on c with a, 154ms + 50ms, error: connection broken: no acknowledgement within the stream's timeout
}

// A run that is traced is the same run, and its spans fit together.
func TestTracedRunsAreTheSame(t *testing.T) {
	for _, name := range []string{"raft/leader-crash", "raft/power-loss", "echo/restarts"} {
		t.Run(name, func(t *testing.T) {
			s, err := nodes.All.Load(name)
			if err != nil {
				t.Fatal(err)
			}
			var spans []*telemetry.Span
			var tracer *telemetry.Tracer
			hash := func(o scenarios.Options) string {
				r, err := scenarios.NewRun(s, o)
				if err != nil {
					t.Fatal(err)
				}
				defer r.Close()
				return r.Execute(nil).Hash
			}
			plain := hash(scenarios.Options{Seed: 3})
			traced := hash(scenarios.Options{Seed: 3, Observe: func(r *scenarios.Run) {
				tracer = telemetry.Watch(r, func(s *telemetry.Span) { spans = append(spans, s) })
			}})
			tracer.Finish()
			if plain != traced {
				t.Errorf("hash %s, and %s when it is traced", plain, traced)
			}
			fit(t, spans)
		})
	}
}

// fit reports spans that contradict each other.
func fit(t *testing.T, spans []*telemetry.Span) {
	byID := map[uint64]*telemetry.Span{}
	kinds := map[telemetry.Kind]int{}
	last := time.Duration(0)
	for _, s := range spans {
		if s.Kind == telemetry.Fault {
			last = 0 // they come last, and are in order among themselves
		}
		if byID[s.ID] != nil {
			t.Errorf("two spans have the ID %d", s.ID)
		}
		byID[s.ID] = s
		kinds[s.Kind]++
		if s.End < last || s.End < s.Start || s.EndEvent < s.StartEvent {
			t.Errorf("span %d ends at %v, event %d; it began at %v, event %d, and the one before ended at %v", s.ID, s.End, s.EndEvent, s.Start, s.StartEvent, last)
		}
		last = s.End
	}
	for _, s := range spans {
		parent := byID[s.Parent]
		switch {
		case s.Parent == 0 && s.Trace != s.ID:
			t.Errorf("span %d has no parent, and is of trace %d", s.ID, s.Trace)
		case s.Parent != 0 && parent == nil:
			t.Errorf("span %d has the parent %d, which never ended", s.ID, s.Parent)
		case parent != nil && (parent.Start > s.Start || parent.Trace != s.Trace):
			t.Errorf("span %d began at %v in trace %d, its parent %d at %v in trace %d", s.ID, s.Start, s.Trace, parent.ID, parent.Start, parent.Trace)
		}
	}
	for _, k := range []telemetry.Kind{telemetry.Operation, telemetry.Call, telemetry.Serve, telemetry.Disk} {
		if kinds[k] == 0 {
			t.Errorf("there is no span of kind %s", k)
		}
	}
}
