package sim

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// A cut of the way there: nothing arrives, and the sender breaks.
func TestCutThere(t *testing.T) {
	var atA, atB received
	w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
		p.Go("send", func(p *Proc) {
			sleepUntil(p, time.Second)
			p.w.Cut("a", "b")
			sendAll(p, c, 1, 2)
		})
		atA.all(p, c)
		if err := c.Send(p, 3); err != ErrBroken {
			t.Errorf("Send on a broken connection: %v", err)
		}
	}, atB.all)
	defer w.Close()
	mustRun(t, w, time.Minute)
	atA.mustBe(t, "16.001s connection broken")
	atB.mustBe(t)
}

// A cut of the way back: what is sent before the first timeout arrives, and the
// sender breaks all the same, since no acknowledgement comes.
func TestCutBack(t *testing.T) {
	var atA, atB received
	w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
		p.Go("send", func(p *Proc) {
			sleepUntil(p, time.Second)
			p.w.Cut("b", "a")
			sendAll(p, c, 1, 2)
			p.Sleep(100 * time.Millisecond)
			c.Send(p, 3)
			p.Sleep(time.Second)
			c.Send(p, 4)
		})
		atA.all(p, c)
	}, atB.all)
	defer w.Close()
	mustRun(t, w, time.Minute)
	atA.mustBe(t, "16.001s connection broken")
	atB.mustBe(t, "1.001s 1", "1.001s 2", "1.101s 3")
}

// If the way back is mended in time, the sender hears that all has arrived: it is
// not sent twice, and what waited follows.
func TestCutBackMended(t *testing.T) {
	var atA, atB received
	w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
		p.Go("send", func(p *Proc) {
			sleepUntil(p, time.Second)
			cut := p.w.Cut("b", "a")
			c.Send(p, 1)
			p.Sleep(500 * time.Millisecond)
			c.Send(p, 2)
			p.Sleep(500 * time.Millisecond)
			cut.Mend()
			sleepUntil(p, 20*time.Second)
			c.Send(p, 3)
		})
		atA.all(p, c)
	}, atB.all)
	defer w.Close()
	mustRun(t, w, time.Minute)
	atA.mustBe(t)
	atB.mustBe(t, "1.001s 1", "2.402s 2", "20.001s 3") // sent again after 0.2, 0.4 and 0.8 s
}

// What is under way when a timeout stops the flow goes on, whatever becomes of the
// sender; what waited to be sent is sent when the acknowledgement comes.
func TestUnderWayWhenStalled(t *testing.T) {
	for _, test := range []struct {
		name string
		do   func(w *World, cut *Cut)
		want []string
	}{
		{"mended", func(w *World, cut *Cut) { w.At(1499*time.Millisecond, "mend", cut.Mend) },
			[]string{"1.3s 1", "1.6s 2", "1.74s 3", "1.86s 4"}},
		{"mended later", func(w *World, cut *Cut) { w.At(1550*time.Millisecond, "mend", cut.Mend) },
			[]string{"1.3s 1", "1.6s 2", "1.74s 3", "1.9s 4"}},
		{"sender crashed", func(w *World, cut *Cut) { w.At(1570*time.Millisecond, "crash", w.Lookup("a").Crash) },
			[]string{"1.3s 1", "1.6s 2"}},
		{"sender crashed, then mended", func(w *World, cut *Cut) {
			w.At(1570*time.Millisecond, "crash", w.Lookup("a").Crash)
			w.At(1580*time.Millisecond, "mend", cut.Mend)
		}, []string{"1.3s 1", "1.6s 2"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var atB received
			w := talk(Config{Seed: 1, Link: Link{Latency: Constant(300 * time.Millisecond)}}, func(p *Proc, c *Conn) {
				for i, at := range []time.Duration{1000, 1300, 1440, 1560} {
					sleepUntil(p, at*time.Millisecond)
					if i == 0 {
						test.do(p.w, p.w.Cut("b", "a"))
					}
					c.Send(p, i+1)
				}
			}, atB.all)
			defer w.Close()
			mustRun(t, w, time.Minute)
			atB.mustBe(t, test.want...)
		})
	}
}

// What a hold keeps when the sender breaks does not arrive after all.
func TestHeldWhenBroken(t *testing.T) {
	var atA, atB received
	w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
		p.Go("send", func(p *Proc) {
			sleepUntil(p, time.Second)
			p.w.Cut("b", "a")
			c.Send(p, 1)
			p.Sleep(10 * time.Millisecond)
			hold := p.w.Hold("a", "b")
			c.Send(p, 2)
			sleepUntil(p, 20*time.Second)
			hold.Release()
		})
		atA.all(p, c)
	}, atB.all)
	defer w.Close()
	mustRun(t, w, time.Minute)
	atA.mustBe(t, "16.001s connection broken")
	atB.mustBe(t, "1.001s 1")
}

// A node that is down is silence; what is sent meanwhile is answered with a reset
// when it is up again, or breaks the connection.
func TestCrash(t *testing.T) {
	for _, test := range []struct {
		restart time.Duration
		want    string
	}{
		{3 * time.Second, "3.402s connection reset"}, // sent again after 0.2, 0.4 and 0.8 s
		{20 * time.Second, "17.001s connection broken"},
	} {
		var atA received
		w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
			p.Go("send", func(p *Proc) {
				sleepUntil(p, 2*time.Second)
				c.Send(p, 1)
			})
			atA.all(p, c)
		}, func(p *Proc, c *Conn) {})
		w.At(time.Second, "crash", w.Lookup("b").Crash)
		w.At(test.restart, "restart", w.Lookup("b").Restart)
		mustRun(t, w, time.Minute)
		w.Close()
		atA.mustBe(t, test.want)
	}
}

// What has arrived and is not acknowledged asks for it again; a node that has crashed
// since is silent, and one that has restarted answers with a reset.
func TestCrashWhileUnacknowledged(t *testing.T) {
	for _, test := range []struct {
		restart time.Duration
		want    string
	}{
		{time.Hour, "16.001s connection broken"},
		{1300 * time.Millisecond, "1.602s connection reset"},
	} {
		var atA received
		w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
			p.Go("send", func(p *Proc) {
				sleepUntil(p, time.Second)
				back := p.w.Cut("b", "a")
				c.Send(p, 1)
				p.Sleep(10 * time.Millisecond)
				p.w.Lookup("b").Crash()
				back.Mend()
			})
			atA.all(p, c)
		}, func(p *Proc, c *Conn) {})
		w.At(test.restart, "restart", w.Lookup("b").Restart)
		mustRun(t, w, time.Minute)
		w.Close()
		atA.mustBe(t, test.want)
	}
}

// What had left before a crash arrives, the close included; what waited to be sent
// again does not.
func TestCrashOfSender(t *testing.T) {
	for _, test := range []struct {
		name string
		cut  bool
		want []string
	}{
		{"under way", false, []string{"1.001s 1", "1.001s 2", "1.001s EOF"}},
		{"lost", true, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			var atB received
			w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
				sleepUntil(p, time.Second)
				sendAll(p, c, 1, 2)
				c.Close(p)
			}, atB.all)
			defer w.Close()
			if test.cut {
				w.At(1000500*time.Microsecond, "cut", func() {
					part := w.Isolate("b")
					w.At(1100*time.Millisecond, "heal", part.Heal)
				})
			}
			w.At(1000600*time.Microsecond, "crash", w.Lookup("a").Crash)
			mustRun(t, w, time.Minute)
			atB.mustBe(t, test.want...)
		})
	}
}

// A pause keeps what arrives, however long; nothing breaks.
func TestPauseKeeps(t *testing.T) {
	var atA, atB received
	w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
		p.Go("send", func(p *Proc) {
			for i := 1; i <= 3; i++ {
				sleepUntil(p, time.Duration(i)*time.Second)
				sendAll(p, c, i*10, i*10+1)
			}
			c.Close(p)
		})
		atA.all(p, c)
	}, atB.all)
	defer w.Close()
	b := w.Lookup("b")
	w.At(500*time.Millisecond, "pause", b.Pause)
	w.At(1500*time.Millisecond, "resume", b.Resume)
	w.At(1600*time.Millisecond, "pause", b.Pause)
	w.At(time.Minute, "resume", b.Resume)
	mustRun(t, w, 2*time.Minute)
	atA.mustBe(t, "3s closed")
	atB.mustBe(t, "1.5s 10", "1.5s 11", "1m0s 20", "1m0s 21", "1m0s 30", "1m0s 31", "1m0s EOF")
}

// A timeout that was due before the message, both during a pause, comes first.
func TestPauseAndTimeout(t *testing.T) {
	var errs []error
	w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
		sleepUntil(p, 3*time.Second)
		sendAll(p, c, 1, 2)
	}, func(p *Proc, c *Conn) {
		for range 3 {
			_, err := c.RecvTimeout(p, 2*time.Second)
			errs = append(errs, err)
		}
	})
	defer w.Close()
	w.At(time.Second, "pause", w.Lookup("b").Pause)
	w.At(time.Minute, "resume", w.Lookup("b").Resume)
	mustRun(t, w, 2*time.Minute)
	if want := []error{ErrTimeout, nil, nil}; !slices.Equal(errs, want) {
		t.Errorf("received %v, expected %v", errs, want)
	}
}

// A hold keeps what arrives and breaks nothing, whatever happens meanwhile.
func TestHoldKeeps(t *testing.T) {
	var atA, atB received
	w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
		p.Go("send", func(p *Proc) {
			for i := 1; i <= 3; i++ {
				sleepUntil(p, time.Duration(i)*time.Second)
				c.Send(p, i)
			}
		})
		atA.all(p, c)
	}, atB.all)
	defer w.Close()
	var hold *Hold
	w.At(1500*time.Millisecond, "hold", func() { hold = w.Hold("a", "b") })
	w.At(time.Minute, "release", func() { hold.Release() })
	mustRun(t, w, 2*time.Minute)
	atA.mustBe(t)
	atB.mustBe(t, "1.001s 1", "1m0s 2", "1m0s 3")
}

// A hold that begins while the flow waits to send again stops the clock that would
// break it: even if the first acknowledgement after it is lost, nothing breaks.
func TestHoldWhileStalled(t *testing.T) {
	var atA, atB received
	w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
		p.Go("send", func(p *Proc) {
			sleepUntil(p, time.Second)
			cut := p.w.Cut("a", "b")
			c.Send(p, 1)
			hold := p.w.Hold("a", "b")
			p.Sleep(time.Second)
			cut.Mend()
			c.Send(p, 2)
			p.Sleep(time.Minute)
			back := p.w.Cut("b", "a")
			hold.Release()
			p.Sleep(100 * time.Millisecond)
			back.Mend()
		})
		atA.all(p, c)
	}, atB.all)
	defer w.Close()
	mustRun(t, w, 2*time.Minute)
	atA.mustBe(t)
	atB.mustBe(t, "1m2s 1", "1m2.201s 2")
}

// What is held is not sent again by a flow that goes on, and so cannot get lost.
func TestHeldIsNotSentAgain(t *testing.T) {
	for seed := range uint64(20) {
		var atB received
		w := talk(Config{Seed: seed}, func(p *Proc, c *Conn) {
			sleepUntil(p, time.Second)
			back := p.w.Cut("b", "a")
			c.Send(p, 1)
			p.Sleep(10 * time.Millisecond)
			hold := p.w.Hold("a", "b")
			c.Send(p, 2)
			p.Sleep(10 * time.Millisecond)
			p.w.Degrade("a", "b", Link{Loss: 0.5})
			p.Sleep(time.Second)
			back.Mend()
			sleepUntil(p, time.Minute)
			hold.Release()
		}, atB.all)
		mustRun(t, w, 2*time.Minute)
		w.Close()
		if len(atB) < 2 || atB[1] != "1m0s 2" {
			t.Errorf("seed %d: received %v", seed, atB)
		}
	}
}

// A message takes the link's latency, and what could overtake waits.
func TestStreamLatency(t *testing.T) {
	const lo, hi = 5 * time.Millisecond, 50 * time.Millisecond
	took := map[time.Duration]int{}
	w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
		p.w.SetLink("a", "b", Link{Latency: Uniform(lo, hi)})
		for range 200 {
			c.Send(p, p.w.Now())
			p.Sleep(10 * time.Millisecond)
		}
	}, func(p *Proc, c *Conn) {
		last := time.Duration(-1)
		for {
			body, _ := c.Recv(p)
			sent := body.(time.Duration)
			if d := p.w.Now() - sent; d < lo || d > hi || sent < last {
				t.Errorf("what was sent at %v took %v, and came after what was sent at %v", sent, d, last)
			}
			took[p.w.Now()-sent]++
			last = sent
		}
	})
	defer w.Close()
	mustRun(t, w, time.Minute)
	if len(took) < 150 {
		t.Errorf("200 messages took only %d different times", len(took))
	}
}

// Loss is delay, and so is corruption: everything arrives, in order, as it was.
func TestLossIsDelay(t *testing.T) {
	var atB received
	bad := Link{Latency: Uniform(0, 10*time.Millisecond), Loss: 0.2, Corrupt: 0.2, Duplicate: 0.5, Reorder: 0.5}
	w := talk(Config{Seed: 3}, func(p *Proc, c *Conn) {
		p.w.SetLink("a", "b", bad)
		for i := range 200 {
			c.Send(p, i)
			p.Sleep(time.Millisecond)
		}
	}, atB.all)
	defer w.Close()
	retries := watch(w, KindRetry)
	mustRun(t, w, 10*time.Minute)
	for i, line := range atB {
		if _, body, _ := strings.Cut(line, " "); body != fmt.Sprint(i) {
			t.Fatalf("message %d is %q", i, body)
		}
	}
	if len(atB) != 200 || len(*retries) < 50 {
		t.Errorf("%d of 200 messages arrived with %d retries", len(atB), len(*retries))
	}
}

// A link that loses everything breaks the stream as a cut does.
func TestLossOfEverything(t *testing.T) {
	var atA received
	w := talk(Config{Seed: 1, StreamTimeout: 3 * time.Second}, func(p *Proc, c *Conn) {
		p.Go("send", func(p *Proc) {
			sleepUntil(p, time.Second)
			p.w.Degrade("a", "b", Link{Loss: 1})
			c.Send(p, 1)
		})
		atA.all(p, c)
	}, func(p *Proc, c *Conn) {})
	defer w.Close()
	mustRun(t, w, time.Minute)
	atA.mustBe(t, "4.001s connection broken")
}

// What waited during a stall is sent at the link's pace when it is over.
func TestBandwidthAfterStall(t *testing.T) {
	var atB received
	link := Link{Latency: Constant(time.Millisecond), Bandwidth: 1000}
	body := strings.Repeat("x", 100) // 0.1 s
	w := talk(Config{Seed: 1}, func(p *Proc, c *Conn) {
		sleepUntil(p, time.Second)
		cut := p.w.Cut("a", "b")
		c.Send(p, "")
		p.Sleep(500 * time.Millisecond)
		sendAll(p, c, body, body)
		p.Sleep(100 * time.Millisecond)
		cut.Mend()
	}, func(p *Proc, c *Conn) {
		for {
			c.Recv(p)
			atB = append(atB, p.w.Now().String())
		}
	})
	defer w.Close()
	w.SetLink("a", "b", link)
	mustRun(t, w, time.Minute)
	atB.mustBe(t, "1.601s", "1.702s", "1.802s")
}
