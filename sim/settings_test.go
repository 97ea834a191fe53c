package sim

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// traced returns what the events of some kinds look like, without number and time.
func traced(seen []Event) []string {
	var lines []string
	for i := range seen {
		lines = append(lines, strings.Join(strings.Fields(seen[i].String())[2:], " "))
	}
	return lines
}

func expectTrace(t *testing.T, seen []Event, want ...string) {
	t.Helper()
	if got := traced(seen); !slices.Equal(got, want) {
		t.Errorf("saw\n\t%s\nexpected\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// What is set from outside is an event, and what follows from it is caused by it.
func TestSettingsAreEvents(t *testing.T) {
	w := newWorld(t, Config{Seed: 1})
	seen := watch(w, KindLink, KindCores, KindSpeed, KindWork, KindAct)
	n := w.Node("n", func(p *Proc) {
		inTurn(p, "a b", func(p *Proc, name string) { p.Work(10 * ms) })
	})
	w.Node("m", idle)
	w.At(ms, "set", func() {
		w.SetLink("n", "m", Link{Latency: Constant(ms), Loss: 0.5})
		n.SetCores(2)
		n.SetSpeed(0.5)
	})
	w.At(2*ms, "heal", func() { w.Heal(); w.Heal() })
	mustRun(t, w, time.Second)
	expectTrace(t, *seen,
		"n work (by 4)",
		"act set",
		"n link -> m 1ms, loss 0.5 (by 10)",
		"n cores 2 (by 10)",
		"n speed 0.5 (by 10)",
		"n work (by 14)", // the wake-up that the cores caused
		"act heal",
		"n speed 1 (by 16)",
	)
}

// A kill is an event, whoever kills: what the killed process still does is caused
// by it, unless it kills itself.
func TestKillIsAnEvent(t *testing.T) {
	w := newWorld(t, Config{Seed: 1})
	seen := watch(w, KindKill, KindNote)
	var task Task
	w.Node("n", func(p *Proc) {
		for _, name := range []string{"a", "b"} {
			task = p.Go(name, func(p *Proc) {
				defer p.Log("%s unwinds", name)
				p.Recv()
			})
			if name == "a" {
				p.Sleep(ms)
				task.Kill()
				task.Kill() // is nothing
				p.Log("killed")
			}
		}
		p.Go("c", func(p *Proc) { p.Sleep(time.Second) }).Kill() // before it begins
		var own Task
		own = p.Go("d", func(p *Proc) {
			defer p.Log("d unwinds")
			own.Kill()
		})
	})
	w.At(10*ms, "kill b", func() { task.Kill() })
	mustRun(t, w, time.Second)
	expectTrace(t, *seen,
		"n kill n/a (by 3)", "n note a unwinds (by 4)", "n note killed (by 3)",
		"n kill n/c (by 3)",
		"n kill n/d (by 10)", "n note d unwinds (by 10)",
		"n kill n/b (by 14)", "n note b unwinds (by 15)",
	)
	if (*seen)[0].Proc != "n" || (*seen)[1].Proc != "n/a" || (*seen)[6].Proc != "" {
		t.Errorf("the events happen in %q, %q and %q", (*seen)[0].Proc, (*seen)[1].Proc, (*seen)[6].Proc)
	}
}

// Events of messages name the port.
func TestEventsNameThePort(t *testing.T) {
	w := newWorld(t, Config{Seed: 1})
	seen := watch(w, KindSend, KindDeliver, KindRefuse)
	w.Node("b", func(p *Proc) {
		p.Listen("web")
		c := p.Listen("ssh").Accept(p)
		c.Send(p, "hi")
	})
	w.Node("a", func(p *Proc) {
		p.Send("b", 0)
		p.Sleep(10 * ms)
		p.Send("b:web", 1)
		p.Sleep(10 * ms)
		p.Send("b:mail", 2)
		p.Sleep(10 * ms)
		c, _ := p.Dial("b:ssh", time.Second)
		c.Recv(p)
	})
	mustRun(t, w, time.Second)
	expectTrace(t, *seen,
		"a send -> b 0 (by 2)", "b deliver <- a 0 (by 3)",
		"a send -> b port web 1 (by 5)", "b deliver <- a port web 1 (by 6)",
		"a send -> b port mail 2 (by 8)", "b deliver <- a port mail 2 (by 9)", "b refuse <- a port mail 2 (by 10)",
		"a send -> b port ssh connect (by 12)", "b deliver <- a port ssh connect (by 13)",
		"b send -> a accepted (by 14)", "b send -> a port ssh \"hi\" (by 14)",
		"a deliver <- b accepted (by 15)", "a deliver <- b port ssh \"hi\" (by 16)",
	)
}
