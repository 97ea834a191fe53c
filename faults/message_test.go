package faults_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/sim"
)

// withMessage gives a fault that is done to message 8112 one that is under way in a toy
// of seed 1, half a millisecond after a beat: the last that n1 has sent to n2.
func withMessage(t tester, line string) string {
	if !strings.Contains(line, "message 8112") {
		return line
	}
	at := faults.MustParse(line).At
	c := newToy(t, 1, 5)
	sent := uint64(0)
	c.w.Observe(sim.ObserverFunc(func(e *sim.Event) {
		if text, _ := e.Body.(string); e.Kind == sim.KindSend && e.Node == "n1" && e.Peer == "n2" && strings.HasPrefix(text, "beat") {
			sent = e.Number
		}
	}))
	c.run1(t, at+500*time.Microsecond)
	line = strings.Replace(line, fmt.Sprint("at ", at), fmt.Sprint("at ", at+500*time.Microsecond), 1)
	return strings.Replace(line, "8112", fmt.Sprint(sent), 1)
}

// TestMessages has what is done to one message be seen by its receiver.
func TestMessages(t *testing.T) {
	for act, want := range map[string]string{ // order-free: only reports
		"at 3s: drop message 8112":                     "",
		"at 3s: deliver message 8112":                  "3.0005s",
		"at 3s for 1s: hold message 8112":              "4.0005s",
		"at 3s for 10us: hold message 8112":            "3.001s",
		"at 3s for 1s until 3500ms: hold message 8112": "3.5s",
	} {
		c := newToy(t, 1, 5).install(t, withMessage(t, act)).run1(t, 6*time.Second)
		got := ""
		for _, s := range c.seen {
			if s.text == "n2 <- n1 beat 3s" {
				got += s.at.String()
			}
		}
		if got != want {
			t.Errorf("%s: it arrives at %q, expected %q", act, got, want)
		}
	}
}

// TestMessageHeldTwice has the end of one hold leave the other in force, and the end of
// the faults end both.
func TestMessageHeldTwice(t *testing.T) {
	first := withMessage(t, "at 3s for 1s: hold message 8112")
	_, number, _ := strings.Cut(first, ": ")
	c := newToy(t, 1, 5).install(t, first, "at 3500ms: "+number).run1(t, 4500*time.Millisecond)
	if in := c.plan.InForce(); len(in) != 1 || in[0].Text != number {
		t.Errorf("in force: %v", in)
	}
	if strings.Contains(c.between(0, 5*time.Second), "n2 <- n1 beat 3s\n") {
		t.Error("it arrived when the first hold ended")
	}
	c.w.At(5*time.Second, "the faults end", c.plan.Stop)
	c.run1(t, time.Second)
	if !strings.Contains(c.between(5*time.Second, 6*time.Second), "5s n2 <- n1 beat 3s\n") {
		t.Error("it did not arrive when the faults ended")
	}
}

// ExampleSchedule_messages does something to three messages, of which one has arrived.
func ExampleSchedule_messages() {
	c := newPair()
	defer c.w.Close()
	c.w.Observe(sim.ObserverFunc(func(e *sim.Event) {
		switch e.Kind {
		case sim.KindSend, sim.KindDrop, sim.KindHold, sim.KindRelease, sim.KindDeliver:
			fmt.Println(e)
		}
	}))
	c.w.Client("cat", func(p *sim.Proc) {
		p.Send("ann", "early")
		p.Sleep(10 * time.Millisecond)
		p.Send("ann", "late")
		p.Send("bob", "lost")
	})
	plan, err := faults.Schedule{
		faults.MustParse("at 10500us: drop message 4"),
		faults.MustParse("at 10500us for 1s: hold message 8"),
		faults.MustParse("at 10500us: drop message 9"),
	}.Install(c)
	if err != nil {
		fmt.Println(err)
		return
	}
	c.w.Run(2 * time.Second)
	for _, d := range plan.Log() {
		fmt.Println(d)
	}
	// Output:
	//      4    0.000000s  cat        send     -> ann "early"  (by 3)
	//      5    0.001000s  ann        deliver  <- cat "early"  (by 4)
	//      8    0.010000s  cat        send     -> ann "late"  (by 7)
	//      9    0.010000s  cat        send     -> bob "lost"  (by 7)
	//     13    0.010500s  ann        hold     <- cat "late"  (by 8)
	//     15    0.010500s  bob        drop     <- cat dropped by hand "lost"  (by 9)
	//     18    1.010500s  ann        deliver  <- cat "late"  (by 13)
	// 10.5ms hold message 8
	// 10.5ms drop message 9
	// 10.5ms skipped drop message 4: it is not under way
	// 1.0105s end of hold message 8
}
