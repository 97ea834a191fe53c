package sim

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// buildImpaired is a world of goldenWorlds in which everything of this file happens.
func buildImpaired(w *World) {
	w.Node("server", func(p *Proc) {
		p.Serve(func(p *Proc, m Message) (any, error) {
			p.Work(ms)
			f, err := p.Open("file")
			if err == nil {
				err = errors.Join(f.WriteAt(p, []byte("something to be mistaken"), 0), f.Sync(p))
			}
			if err == nil {
				_, err = f.ReadAll(p)
			}
			return p.Node().CertificateExpired(), err
		})
	})
	w.Node("client", func(p *Proc) {
		for {
			_, err := Call[bool](p, "server", "ask", time.Second)
			p.Log("%v", err)
			p.Send("server", "datagram")
			p.Sleep(5 * ms)
		}
	})
	server, client := w.Lookup("server"), w.Lookup("client")
	for i, begin := range []func() func(){
		func() func() { return server.FailReplies(0.3).Restore },
		func() func() { return client.FailLookup("server").Restore },
		func() func() { return server.ExpireCertificate().Restore },
		func() func() { return server.Stress(5, 0.7).Restore },
		func() func() { return server.Disk().Degrade(DiskFault{Delay: 3 * ms, DelayRate: 0.5}).Restore },
		func() func() { return server.Disk().Degrade(DiskFault{ReadMistake: 0.3, WriteMistake: 0.2}).Restore },
	} {
		at := time.Duration(i) * 200 * ms
		w.At(at, "impair", func() { w.At(at+300*ms, "restore", begin()) })
	}
	w.At(700*ms, "restart", server.Restart)
}

// asked is what became of a hundred calls of a server by a client, 10 ms apart, and
// how many of them the server saw.
func asked(t *testing.T, impair func(w *World)) (results map[string]int, seen int, w *World) {
	t.Helper()
	w = newWorld(t, Config{Seed: 3})
	results = map[string]int{}
	w.Node("server", func(p *Proc) {
		p.Serve(func(p *Proc, m Message) (any, error) {
			seen++
			return "yes", nil
		})
	})
	w.Client("client", func(p *Proc) {
		for range 100 {
			_, err := Call[string](p, "server", "?", time.Second)
			results[fmt.Sprint(err)]++
			p.Sleep(10 * ms)
		}
	})
	impair(w)
	mustRun(t, w, time.Minute)
	return results, seen, w
}

func TestFailReplies(t *testing.T) {
	got, seen, _ := asked(t, func(w *World) { w.Lookup("server").FailReplies(0.25) })
	failed := got[ErrUnavailable.Error()]
	if failed < 12 || failed > 40 || seen+failed != 100 {
		t.Errorf("of 100 calls %v, and the server saw %d", got, seen)
	}
	got, seen, _ = asked(t, func(w *World) {
		one, two := w.Lookup("server").FailReplies(1), w.Lookup("server").FailReplies(0.5)
		w.At(200*ms, "restore", one.Restore)
		w.At(400*ms, "restore", func() { two.Restore(); two.Restore() })
	})
	if failed := got[ErrUnavailable.Error()]; failed <= 20 || failed >= 40 || seen+failed != 100 {
		t.Errorf("all of 20, half of 20 and none of 60 calls should fail: %v, and the server saw %d", got, seen)
	}
}

// What is drawn for one call does not depend on calls to other nodes.
func TestFailRepliesIsKeyed(t *testing.T) {
	outcomes := func(others int) (text string) {
		w := newWorld(t, Config{Seed: 3, Link: Link{Latency: Constant(ms)}})
		w.Node("a", echo)
		w.Node("b", echo)
		w.Lookup("a").FailReplies(0.5)
		w.Lookup("b").FailReplies(0.5)
		w.Client("client", func(p *Proc) {
			for range 40 {
				_, err := Call[string](p, "a", "?", time.Second)
				text += fmt.Sprint(err, " ")
				p.Sleep(10*ms - p.Elapsed()%(10*ms))
			}
		})
		for i := range others {
			w.Client(fmt.Sprint("other", i), func(p *Proc) {
				for range 100 {
					Call[string](p, "b", "?", time.Second)
				}
			})
		}
		mustRun(t, w, time.Minute)
		return text
	}
	if a, b := outcomes(0), outcomes(3); a != b || !strings.Contains(a, "<nil>") || !strings.Contains(a, "unavailable") {
		t.Errorf("without others\n%s\nwith them\n%s", a, b)
	}
}

func TestFailLookup(t *testing.T) {
	var restored *Impairment
	got, seen, w := asked(t, func(w *World) {
		restored = w.Lookup("client").FailLookup("server")
		w.At(500*ms, "restore", restored.Restore)
	})
	failed := got[ErrNoSuchHost.Error()]
	if failed < 44 || failed > 47 || seen+failed != 100 { // every 11 ms: it takes 1 ms to know
		t.Errorf("of 100 calls %v, and the server saw %d", got, seen)
	}
	if len(w.lookups) != 0 {
		t.Errorf("left over: %v", w.lookups)
	}
	mustPanic(t, `no node named "sever"`, func() { w.Lookup("client").FailLookup("sever") })
}

// The other direction is not touched, nor is the node's own name, nor what is open.
func TestFailLookupOfDatagramsAndStreams(t *testing.T) {
	w := newWorld(t, Config{})
	var log []string
	say := func(format string, args ...any) { log = append(log, fmt.Sprintf(format, args...)) }
	w.Node("b", func(p *Proc) {
		port := p.Listen("conn")
		p.Handle(func(p *Proc, m Message) {
			say("b got %v", m.Body)
			p.Send("a", "back")
		})
		c := port.Accept(p)
		for {
			body, err := c.Recv(p)
			if err != nil {
				return
			}
			say("b got %v", body)
		}
	})
	w.Node("a", func(p *Proc) {
		p.Handle(func(p *Proc, m Message) { say("a got %v", m.Body) })
		open, err := p.Dial("b:conn", time.Second)
		say("dial: %v", err)
		i := p.Node().FailLookup("b")
		p.Send("b", "lost")
		p.Send("a", "to itself")
		_, err = p.Dial("b:conn", time.Second)
		say("dial: %v", err)
		_, err = p.Dial("b:conn", 10*us)
		say("dial, impatient: %v", err)
		open.Send(p, "over what is open")
		p.Sleep(ms)
		i.Restore()
		p.Send("b", "found")
	})
	mustRun(t, w, time.Minute)
	want := "dial: <nil>; a got to itself; dial: no such host; dial, impatient: timeout; b got over what is open; b got found; a got back"
	if got := strings.Join(log, "; "); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestExpireCertificate(t *testing.T) {
	w := newWorld(t, Config{})
	n := w.Node("n", func(*Proc) {})
	one, two := n.ExpireCertificate(), n.ExpireCertificate()
	one.Restore()
	n.Restart()
	if !n.CertificateExpired() {
		t.Error("the second is still in force")
	}
	if two.Restore(); n.CertificateExpired() {
		t.Error("nothing is in force")
	}
}

// A worker of a stress takes its share of a core, no more, also after a crash.
func TestStress(t *testing.T) {
	for _, c := range []struct {
		workers, cores int
		load           float64
		least, most    float64 // share of all cores that is busy
	}{{1, 2, 0.5, 0.24, 0.26}, {2, 2, 1, 0.99, 1.001}, {8, 2, 0.5, 0.97, 1.001}, {1, 4, 1, 0.24, 0.26}} {
		w := newWorld(t, Config{Cores: c.cores})
		n := w.Node("n", func(p *Proc) { p.Sleep(time.Hour) })
		busy, crashed := time.Duration(0), false
		w.Observe(ObserverFunc(func(e *Event) {
			if e.Kind == KindWorkEnd {
				busy += time.Duration(e.Arg)
			}
		}))
		stress := n.Stress(c.workers, c.load)
		w.At(5*time.Second, "restart", func() { crashed = true; n.Restart() })
		w.At(10*time.Second, "end", stress.Restore)
		mustRun(t, w, 20*time.Second)
		share := busy.Seconds() / 10 / float64(c.cores)
		if share < c.least || share > c.most || !crashed {
			t.Errorf("%+v: busy for %.3f of the time", c, share)
		}
		if _, still := n.Cores(); still != 0 || n.WorkQueue() != 0 {
			t.Errorf("%+v: %d cores are busy after the end", c, still)
		}
	}
	mustPanic(t, "Stress(0, 1) on node n", func() { newWorld(t, Config{}).Node("n", func(*Proc) {}).Stress(0, 1) })
}

// A program's work queues behind a stress, on a node with as many workers as cores.
func TestStressSlows(t *testing.T) {
	took := func(workers int) time.Duration {
		w := newWorld(t, Config{Cores: 1})
		var total time.Duration
		n := w.Node("n", func(p *Proc) {
			for range 100 {
				begin := w.Now()
				p.Work(ms)
				total += w.Now() - begin
				p.Sleep(7 * ms)
			}
		})
		if workers > 0 {
			n.Stress(workers, 1)
		}
		mustRun(t, w, 10*time.Second)
		return total / 100
	}
	if calm, one, four := took(0), took(1), took(4); calm != ms || one < 2*ms || one > 4*ms || four < 2*one {
		t.Errorf("work of 1ms took %v, with one worker %v, with four %v", calm, one, four)
	}
}

func TestHealImpairments(t *testing.T) {
	w := newWorld(t, Config{})
	w.Node("b", echo)
	n := w.Node("a", func(p *Proc) { p.Sleep(time.Hour) })
	n.FailReplies(1)
	n.FailLookup("b")
	n.FailLookup("b")
	n.ExpireCertificate()
	n.Stress(3, 1)
	w.Heal()
	if n.errorReplies != 0 || len(w.lookups) != 0 || n.CertificateExpired() || len(n.impairments) != 0 {
		t.Errorf("left over: %+v, %v", n, w.lookups)
	}
}

// onDisk is what a disk does in a hundred writes, syncs and reads under a fault.
func onDisk(t *testing.T, fault DiskFault) (took time.Duration, wrongReads, wrongDurable int) {
	t.Helper()
	right := []byte("these are the bytes that were written to the file")
	w := newWorld(t, Config{Seed: 9})
	var n *Node
	n = w.Node("n", func(p *Proc) {
		if n == nil {
			return
		}
		for i := range 100 {
			f, _ := p.Open(fmt.Sprint("file", i))
			if err := errors.Join(f.WriteAt(p, right, 0), f.Sync(p)); err != nil {
				t.Error(err)
			}
			got, err := f.ReadAll(p)
			if len(got) != len(right) || err != nil {
				t.Error(len(got), err)
			}
			if !bytes.Equal(got, right) {
				wrongReads++
			}
			if !bytes.Equal(f.inode.data, right) {
				wrongDurable++
			}
		}
		took = p.Elapsed()
	})
	n.Disk().Degrade(fault)
	n.Restart()
	mustRun(t, w, time.Hour)
	return took, wrongReads, wrongDurable
}

func TestDiskDelayAndMistakes(t *testing.T) {
	calm, reads, durable := onDisk(t, DiskFault{Full: false})
	if reads != 0 || durable != 0 {
		t.Errorf("without a fault %d wrong reads, %d wrong files", reads, durable)
	}
	for _, c := range []struct {
		fault       DiskFault
		least, most time.Duration // of delay
	}{{DiskFault{Delay: 10 * ms}, 3 * time.Second, 3 * time.Second}, {DiskFault{Delay: 10 * ms, DelayRate: 0.5}, 1200 * ms, 1800 * ms}} {
		if took, _, _ := onDisk(t, c.fault); took-calm < c.least || took-calm > c.most {
			t.Errorf("%v: 300 operations took %v longer", c.fault, took-calm)
		}
	}
	if _, reads, durable := onDisk(t, DiskFault{ReadMistake: 0.3}); reads < 15 || reads > 45 || durable != 0 {
		t.Errorf("of 100 reads %d were wrong, and %d files are", reads, durable)
	}
	if _, reads, durable := onDisk(t, DiskFault{WriteMistake: 0.3}); durable < 15 || durable > 45 || reads != durable {
		t.Errorf("of 100 reads %d were wrong, and %d files are", reads, durable)
	}
}
