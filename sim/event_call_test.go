package sim

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// What observers see of a call: who asks, who answers, and that nobody did in time.
func TestEventsOfCalls(t *testing.T) {
	w := New(Config{Seed: 1})
	w.Node("a", func(p *Proc) {
		p.Serve(func(p *Proc, m Message) (any, error) {
			p.Work(time.Duration(m.Body.(int)) * ms)
			return nil, nil
		})
	})
	w.Client("c", func(p *Proc) {
		Call[any](p, "a", 1, time.Second)
		Call[any](p, "a", 50, 10*ms)
		p.Go("second", func(p *Proc) { Call[any](p, "a", 2, time.Second) })
	})
	var got []string
	calls := map[uint64]int{}
	served := map[uint64]uint64{} // the event that made a process, by process
	w.Observe(ObserverFunc(func(e *Event) {
		if e.Call != 0 {
			if calls[e.Call] == 0 {
				calls[e.Call] = len(calls) + 1
			}
			got = append(got, fmt.Sprintf("%v %s %s call %d answer %v", e.At, e.Kind, e.Node, calls[e.Call], e.Answer))
		}
		if e.Kind == KindWork {
			served[e.ProcID] = e.Born
			got = append(got, fmt.Sprintf("%v work after %v", e.At, e.At-e.Since))
		}
		if e.ProcID == 0 && e.Proc != "" || e.ProcID != 0 && e.Born == 0 && e.Node == "a" && e.Kind == KindWork {
			t.Errorf("event %s: process %d, born by %d", e, e.ProcID, e.Born)
		}
	}))
	w.Run(time.Second)
	w.Close()
	want := []string{
		"0s send c call 1 answer false",
		"1ms deliver a call 1 answer false",
		"1ms work after 0s",
		"2ms send a call 1 answer true",
		"3ms deliver c call 1 answer true",
		"3ms send c call 2 answer false",
		"4ms deliver a call 2 answer false",
		"4ms work after 0s",
		"13ms wake c call 2 answer false",
		"13ms send c call 3 answer false",
		"14ms deliver a call 3 answer false",
		"54ms send a call 2 answer true",
		"54ms work after 40ms",
		"55ms deliver c call 2 answer true",
		"56ms send a call 3 answer true",
		"57ms deliver c call 3 answer true",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got:\n%q\nwant:\n%q", got, want)
	}
	if len(served) != 3 {
		t.Errorf("%d processes worked, expected 3: one for each request", len(served))
	}
}

// A call that breaks says so in the event with which it does.
func TestEventOfABrokenCall(t *testing.T) {
	w := New(Config{Seed: 1, StreamTimeout: time.Second})
	defer w.Close()
	w.Node("a", func(p *Proc) { p.Serve(func(*Proc, Message) (any, error) { return nil, nil }) })
	var err error
	w.Client("c", func(p *Proc) { _, err = Call[any](p, "a", 1, time.Minute) })
	w.Isolate("a")
	var asked, broken uint64
	w.Observe(ObserverFunc(func(e *Event) {
		switch e.Kind {
		case KindSend:
			asked = e.Call
		case KindBreak:
			broken = e.Call
		}
	}))
	w.Run(time.Minute)
	if asked == 0 || broken != asked || !errors.Is(err, ErrBroken) {
		t.Errorf("call %d ended with %v, and call %d broke", asked, err, broken)
	}
}
