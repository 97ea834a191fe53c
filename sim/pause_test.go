package sim

import (
	"testing"
	"time"
)

// A paused node does no work: what is left of it when the pause begins is done after
// it, in pauses as many as there are.
func TestPauseStopsWork(t *testing.T) {
	w := newWorld(t, Config{Cores: 2})
	j := journal{w: w}
	n := w.Node("n", func(p *Proc) {
		inTurn(p, "a b c", func(p *Proc, name string) { p.Work(10 * ms); j.note("%s", name) })
		p.Go("d", func(p *Proc) { p.Sleep(5 * ms); j.note("d") })
	})
	w.At(4*ms, "pause", n.Pause)
	w.At(100*ms, "slower, which is for work to come", func() { n.SetSpeed(0.5) })
	w.At(104*ms, "resume", n.Resume)
	w.At(105*ms, "pause", n.Pause)
	w.At(205*ms, "resume", n.Resume)
	mustRun(t, w, time.Second)
	j.expect(t, "104ms d", "210ms a", "210.001ms b", "230ms c")
	if _, busy := n.Cores(); busy != 0 || n.WorkQueue() != 0 {
		t.Errorf("%d cores are busy, %d wait", busy, n.WorkQueue())
	}
}

// Work that would end at the very instant of the pause, or is asked for by the
// process that pauses its own node, waits as well.
func TestPauseAtTheEdgesOfWork(t *testing.T) {
	w := newWorld(t, Config{Cores: 4})
	j := journal{w: w}
	n := w.Node("n", func(p *Proc) {
		p.Go("a", func(p *Proc) { p.Work(10 * ms); j.note("a") })
		p.Go("b", func(p *Proc) { p.Sleep(9 * ms); p.Work(0); p.Work(ms); p.Work(0); j.note("b") })
		p.Go("c", func(p *Proc) { p.Sleep(7 * ms); p.Node().Pause(); p.Work(5 * ms); j.note("c") })
	})
	w.At(20*ms, "resume", n.Resume)
	w.At(23*ms, "pause", n.Pause) // as what is left of a is done
	w.At(30*ms, "resume", n.Resume)
	mustRun(t, w, time.Second)
	j.expect(t, "21ms b", "30ms a", "32ms c")
}

// A process killed in a pause gives back its core, and a crash in a pause ends
// everything.
func TestKilledAndCrashedInAPause(t *testing.T) {
	w := newWorld(t, Config{})
	j := journal{w: w}
	var tasks map[string]Task
	n := w.Node("n", func(p *Proc) {
		tasks = inTurn(p, "a b", func(p *Proc, name string) {
			p.Work(10 * ms)
			j.note("%s of boot %d", name, p.Node().Incarnation())
		})
	})
	w.At(5*ms, "pause", n.Pause)
	w.At(6*ms, "kill", func() { tasks["a"].Kill() })
	w.At(20*ms, "resume", n.Resume)
	w.At(35*ms, "pause", n.Pause)
	w.At(36*ms, "restart", n.Restart)
	w.At(40*ms, "pause", n.Pause)
	w.At(50*ms, "resume", n.Resume)
	mustRun(t, w, 60*ms)
	j.expect(t, "30ms b of boot 1", "56ms a of boot 2")
}

// What has arrived at a machine that is paused is there, whatever becomes of the link.
func TestPauseKeepsWhatHasArrived(t *testing.T) {
	for name, worse := range map[string]func(w *World){
		"cut":  func(w *World) { w.Cut("a", "b") },
		"held": func(w *World) { w.Hold("a", "b") },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Config{})
			j := journal{w: w}
			b := w.Node("b", func(p *Proc) {
				p.Handle(func(p *Proc, m Message) { j.note("%v", m.Body) })
			})
			w.Node("a", func(p *Proc) {
				p.Sleep(10 * ms)
				p.Send("b", "datagram")
				_, err := Call[string](p, "b", "call", 500*ms)
				j.note("%v", err)
			})
			w.At(10*ms, "pause", b.Pause)
			w.At(15*ms, name, func() { worse(w) })
			w.At(20*ms, "resume", b.Resume)
			mustRun(t, w, 10*time.Second)
			if len(j.lines) != 3 || j.lines[2] != "510ms timeout" {
				t.Errorf("saw %q", j.lines)
			}
		})
	}
}
