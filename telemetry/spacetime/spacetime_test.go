package spacetime_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/internal/golden"
	"github.com/orrery-sim/orrery/nodes"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/telemetry/spacetime"
)

const ms = time.Millisecond

// tiny is a world in which a client asks two servers while everything happens that a
// picture can show.
func tiny(window spacetime.Window) (*spacetime.Recording, uint64) {
	w := sim.New(sim.Config{Seed: 1, Disk: sim.DiskConfig{Sync: sim.Constant(2 * ms)}})
	defer w.Close()
	b := w.Node("b", func(p *sim.Proc) { p.Recv() })
	a := w.Node("a", func(p *sim.Proc) {
		p.Log("a <is> up")
		p.Serve(func(p *sim.Proc, m sim.Message) (any, error) {
			p.Work(ms)
			if f, err := p.Open("log"); err == nil {
				f.Append(p, []byte("x"))
				f.Sync(p)
			}
			p.Send("b", "to b")
			return 7, nil
		})
	})
	w.Client("c", func(p *sim.Proc) {
		for i := range 4 {
			s := p.Span(fmt.Sprintf("read k%d", i))
			sim.Call[int](p, "a", i, 8*ms)
			outcome := []string{"ok", "unknown", "ok", "failed"}[i]
			s.End(sim.Field{Name: "outcome", Value: outcome}, sim.Field{Name: "output", Value: []string{"7", "", "nil", ""}[i]})
			p.Sleep(5 * ms)
		}
	})
	w.At(9*ms, "hold", func() { h := w.Hold("a", "b"); w.At(20*ms, "release", h.Release) })
	w.At(23*ms, "cut", func() { w.Cut("a", "b") })
	w.At(31*ms, "crash a", a.Crash)
	w.At(40*ms, "restart a", a.Restart)
	w.At(33*ms, "pause b", b.Pause)
	w.At(38*ms, "resume b", b.Resume)
	nodes := []spacetime.Node{{Name: "b"}, {Name: "a"}, {Name: "c", Client: true}}
	var r *spacetime.Recorder
	if window.To > 0 {
		r = spacetime.NewRecorder(window, nodes)
		w.Observe(r)
	}
	w.Run(100 * ms)
	if r == nil {
		return nil, w.Hash()
	}
	return r.Recording(), w.Hash()
}

// A small picture, and its log.
func TestTiny(t *testing.T) {
	rec, _ := tiny(spacetime.Window{From: 3 * ms, To: 50 * ms})
	rec.Faults = append(rec.Faults, &spacetime.Fault{Text: "slow a & b", Event: 3, From: 0, To: 12 * ms})
	svg := rec.SVG(spacetime.Drawing{Title: "a tiny world", Marked: map[uint64]string{rec.Operations[1].Event: "offending"}})
	golden.Check(t, svg, "testdata/tiny.svg")
	wellFormed(t, svg)
	var log strings.Builder
	if err := rec.WriteShiViz(&log); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, log.String(), "testdata/tiny.log")
}

func wellFormed(t *testing.T, text string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
	}
}

// Who watches changes nothing.
func TestSameHash(t *testing.T) {
	_, alone := tiny(spacetime.Window{})
	_, watched := tiny(spacetime.Window{From: 0, To: 20 * ms})
	if alone != watched {
		t.Errorf("the hash is %x alone and %x watched", alone, watched)
	}
}

// watch runs a scenario of raft with a recorder.
func watch(t *testing.T, name string, window spacetime.Window) (*spacetime.Recording, *scenarios.Report) {
	t.Helper()
	s, err := nodes.All.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	var r *spacetime.Recorder
	o := scenarios.Options{Seed: 1, Until: 7 * time.Second, Observe: func(run *scenarios.Run) { r = spacetime.Watch(run, window) }}
	run, err := scenarios.NewRun(s, o)
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	report := run.Execute(nil)
	return r.Recording(), report
}

// The clocks say what ShiViz expects of them: each host counts its own events, knows of
// others only what they have come to, and what arrives knows what was known where it
// was sent.
func TestClocks(t *testing.T) {
	rec, _ := watch(t, "raft/leader-crash", spacetime.Window{From: 4 * time.Second, To: 6900 * ms})
	var log strings.Builder
	if err := rec.WriteShiViz(&log); err != nil {
		t.Fatal(err)
	}
	pattern := regexp.MustCompile(`(?m)(?P<host>\S*) (?P<clock>{.*})\n(?P<event>.*)`)
	own := map[string]int{}
	clocks := map[string]map[string]int{} // by event
	found := pattern.FindAllStringSubmatch(log.String(), -1)
	if lines := strings.Count(log.String(), "\n"); len(found) < 1000 || 2*len(found)+2 != lines {
		t.Fatalf("%d events in %d lines", len(found), lines)
	}
	number := regexp.MustCompile(`event (\d+): `)
	for _, m := range found {
		clock := map[string]int{}
		if err := json.Unmarshal([]byte(m[2]), &clock); err != nil {
			t.Fatal(err)
		}
		own[m[1]]++
		if clock[m[1]] != own[m[1]] {
			t.Fatalf("%s: the host's own count is %d, expected %d", m[0], clock[m[1]], own[m[1]])
		}
		for host, n := range clock {
			if n > own[host] {
				t.Fatalf("%s: it knows of event %d of %s, which has come to %d", m[0], n, host, own[host])
			}
		}
		clocks[number.FindStringSubmatch(m[3])[1]] = clock
	}
	arrived := 0
	for _, m := range rec.Messages {
		before, after := clocks[fmt.Sprint(m.Event)], clocks[fmt.Sprint(m.ArrivedEvent)]
		if m.Fate != spacetime.Delivered || before == nil || after == nil {
			continue
		}
		arrived++
		for host, n := range before {
			if after[host] < n {
				t.Errorf("event %d knows less of %s than %d, which led to it", m.ArrivedEvent, host, m.Event)
			}
		}
	}
	if arrived < 300 {
		t.Errorf("only %d messages arrived in the window", arrived)
	}
}

// What is too much is thinned out, and the picture says so: heartbeats go, votes stay.
func TestThin(t *testing.T) {
	rec, report := watch(t, "raft/leader-crash", spacetime.Window{From: 4500 * ms, To: 7 * time.Second})
	d := spacetime.Of(report)
	d.Marked[rec.Operations[0].Event] = "this one"
	d.Messages = 60
	svg := rec.SVG(d)
	wellFormed(t, svg)
	if n := strings.Count(svg, `<g class="m">`); n != d.Messages {
		t.Errorf("%d messages are drawn, expected %d", n, d.Messages)
	}
	if want := fmt.Sprintf("%d of %d messages are not drawn: ", len(rec.Messages)-d.Messages, len(rec.Messages)); !strings.Contains(svg, want) {
		t.Errorf("it does not say %q", want)
	}
	for _, m := range rec.Messages {
		if m.Type == "MsgVote" && !strings.Contains(svg, fmt.Sprintf("event %d, ", m.Event)) {
			t.Errorf("a vote, event %d, is not drawn", m.Event)
		}
		if m.Operation == rec.Operations[0].Event && !strings.Contains(svg, fmt.Sprintf("event %d, ", m.Event)) {
			t.Errorf("event %d, of the marked operation, is not drawn", m.Event)
		}
	}
	if strings.Contains(svg, "-&gt; n1: MsgHeartbeat ") {
		t.Error("a heartbeat is drawn")
	}
	if again := rec.SVG(d); again != svg {
		t.Error("the same recording has different pictures")
	}
	few := d
	few.Lanes = 3
	if svg := rec.SVG(few); !strings.Contains(svg, "nodes that did least are not drawn") {
		t.Error("it does not say that nodes are missing")
	}
}

func ExampleParseWindow() {
	for _, text := range []string{"4.9s-5.4s", "5s", "2s-1s", "-1s-2s", "now-then"} {
		w, err := spacetime.ParseWindow(text)
		fmt.Println(w, err)
	}
	// Output:
	// 4.9s-5.4s <nil>
	// 0s-0s "5s": expected two times, the earlier first, such as 4.9s-5.4s
	// 0s-0s "2s-1s": expected two times, the earlier first, such as 4.9s-5.4s
	// 0s-0s "-1s-2s": expected two times, the earlier first, such as 4.9s-5.4s
	// 0s-0s "now-then": expected two times, the earlier first, such as 4.9s-5.4s
}

// The window round what matters: a violation, the first fault, the beginning.
func TestAround(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"raft/local-reads", "4.984"}, {"raft/leader-crash", "4.9s-5.4s"}, {"raft/calm", "0s-500ms"},
	} {
		_, report := watch(t, c.name, spacetime.Window{From: 0, To: ms})
		if w := spacetime.Around(report).String(); !strings.HasPrefix(w, c.want) {
			t.Errorf("%s: %s, expected %s", c.name, w, c.want)
		}
	}
}

// A client that asks a hundred things at once gets a picture that can be looked at, and
// what matters is in it.
func TestManyAtOnce(t *testing.T) {
	rec := &spacetime.Recording{Window: spacetime.Window{To: time.Second}, Lanes: []*spacetime.Lane{{Node: spacetime.Node{Name: "c", Client: true}}}}
	for i := range 100 {
		rec.Operations = append(rec.Operations, &spacetime.Operation{
			Event: uint64(i + 1), Client: "c", Text: fmt.Sprintf("get k%d", i), Outcome: "ok", Call: time.Duration(i) * ms, Return: time.Second,
		})
	}
	svg := rec.SVG(spacetime.Drawing{Marked: map[uint64]string{91: "offending"}})
	wellFormed(t, svg)
	if n := strings.Count(svg, `<g class="operation">`); n != 13 || !strings.Contains(svg, "offending: get k90") {
		t.Errorf("%d operations are drawn, expected 12 and the offending one", n)
	}
	if !strings.Contains(svg, "87 operations are not drawn") {
		t.Error("it does not say how many are missing")
	}
}

// A check that ended the run is seen where it did.
func TestFail(t *testing.T) {
	rec, report := watch(t, "replica/split-brain", spacetime.Window{From: 6 * time.Second, To: 7 * time.Second})
	if want := "✗ fenced: "; report.Status != "violated" || !strings.Contains(rec.SVG(spacetime.Of(report)), want) {
		t.Errorf("%s, and the picture has no %q", report.Status, want)
	}
}

// Every part of a stream that arrives is an arrow from where it was sent, also when it was
// lost on the way, held back, or had to wait for what went before it.
func TestStream(t *testing.T) {
	w := sim.New(sim.Config{Seed: 3, Link: sim.Link{Latency: sim.Constant(ms), Loss: 0.2}})
	defer w.Close()
	w.Node("b", func(p *sim.Proc) {
		c := p.Listen("").Accept(p)
		for {
			if _, err := c.Recv(p); err != nil {
				return
			}
		}
	})
	w.Client("a", func(p *sim.Proc) {
		c, err := p.Dial("b", 10*time.Second)
		if err != nil {
			t.Error(err)
			return
		}
		for i := range 50 {
			c.Send(p, i)
			p.Sleep(3 * ms)
		}
		c.Close(p)
	})
	w.At(40*ms, "hold", func() { h := w.Hold("a", "b"); w.At(3*time.Second, "release", h.Release) })
	r := spacetime.NewRecorder(spacetime.Window{To: 20 * time.Second}, []spacetime.Node{{Name: "b"}, {Name: "a", Client: true}})
	w.Observe(r)
	delivered := 0
	w.Observe(sim.ObserverFunc(func(e *sim.Event) {
		if e.Kind == sim.KindDeliver && e.Node == "b" {
			delivered++
		}
	}))
	w.Run(20 * time.Second)
	arrived, again, held := 0, 0, 0
	for _, m := range r.Recording().Messages {
		if m.To == "b" && m.Fate == spacetime.Delivered {
			arrived++
		}
		if m.Retries > 0 {
			again++
		}
		if m.Held {
			held++
		}
	}
	if delivered < 50 || arrived != delivered || again == 0 || held == 0 {
		t.Errorf("%d of %d parts have arrows; %d were sent again, %d held", arrived, delivered, again, held)
	}
}
