package main

import (
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// The forms were chosen by measuring. W1: a sleep of the sender and an unbuffered
// channel beat a buffered one and time.AfterFunc. W2: time.AfterFunc for a
// message under way and two goroutines for an actor beat a goroutine for each
// message and one goroutine with a ticker and select. Random numbers are drawn
// from the package's source, which needs no lock and is the fastest there is.
// GOMAXPROCS=1, under which these run, is synctest's best.

// bubble runs main in a bubble and returns its sample. All goroutines that main
// starts have ended when it returns.
func bubble(t *testing.T, main func() sample) (s sample) {
	synctest.Test(t, func(*testing.T) { s = main() })
	return s
}

// measureBubble warms up and measures span of the bubble's time, in which count
// grows.
func measureBubble(span time.Duration, count func() int64) sample {
	time.Sleep(warmUp)
	return measure(func() int64 {
		before := count()
		time.Sleep(span)
		synctest.Wait()
		return count() - before
	})
}

// synctestW1 is two goroutines and a channel in each direction. The sender
// sleeps in the link's place, which in ping-pong comes to the same and is
// cheaper than a timer for each message.
func synctestW1(t *testing.T, span time.Duration) sample {
	return bubble(t, func() sample {
		var ops atomic.Int64
		var stop atomic.Bool
		ping, pong := make(chan any), make(chan any)
		go func() {
			for m := range ping {
				ops.Add(1)
				time.Sleep(time.Millisecond)
				pong <- m
			}
		}()
		go func() {
			defer close(ping)
			for !stop.Load() {
				time.Sleep(time.Millisecond)
				ping <- nil
				<-pong
				ops.Add(1)
			}
		}()
		defer time.Sleep(time.Second)
		defer stop.Store(true)
		return measureBubble(span, ops.Load)
	})
}

// synctestW1Callback is one callback that sets itself off again.
func synctestW1Callback(t *testing.T, span time.Duration) sample {
	return bubble(t, func() sample {
		var ops atomic.Int64
		var stop atomic.Bool
		var bounce func()
		bounce = func() {
			if ops.Add(1); !stop.Load() {
				time.AfterFunc(time.Millisecond, bounce)
			}
		}
		time.AfterFunc(time.Millisecond, bounce)
		defer time.Sleep(time.Second)
		defer stop.Store(true)
		return measureBubble(span, ops.Load)
	})
}

type note struct {
	from  int
	reply bool
}

// inboxes hold what arrived for each actor of W2.
type inboxes [actors]chan note

// send puts a note on its way.
func (in *inboxes) send(to int, m note) {
	time.AfterFunc(delay(), func() { in[to] <- m })
}

func delay() time.Duration {
	return minDelay + rand.N(maxDelay-minDelay+1)
}

// synctestW2 has two goroutines for each actor, one that sends and one that
// receives.
func synctestW2(t *testing.T, span time.Duration) sample {
	return bubble(t, func() sample {
		var ops atomic.Int64
		var stop atomic.Bool
		in := new(inboxes)
		for i := range in {
			in[i] = make(chan note, 64)
		}
		for i := range in {
			go func() {
				for m := range in[i] {
					ops.Add(1)
					if !m.reply {
						in.send(m.from, note{i, true})
					}
				}
			}()
			go askEvery(&stop, func() { in.send(rand.IntN(actors), note{i, false}) })
		}
		defer func() {
			stop.Store(true)
			time.Sleep(time.Second) // all that is under way arrives
			synctest.Wait()
			for i := range in {
				close(in[i])
			}
		}()
		return measureBubble(span, ops.Load)
	})
}

// askEvery calls ask in each period until it is to stop.
func askEvery(stop *atomic.Bool, ask func()) {
	for {
		time.Sleep(period)
		if stop.Load() {
			return
		}
		ask()
	}
}

// synctestW2Callback has a goroutine for each actor that sends; what is received
// is handled in the callback that delivers it.
func synctestW2Callback(t *testing.T, span time.Duration) sample {
	return bubble(t, func() sample {
		var stop atomic.Bool
		received := new([actors]atomic.Int64)
		for i := range actors {
			go askEvery(&stop, func() {
				to := rand.IntN(actors)
				time.AfterFunc(delay(), func() {
					received[to].Add(1)
					time.AfterFunc(delay(), func() { received[i].Add(1) })
				})
			})
		}
		defer time.Sleep(time.Second)
		defer stop.Store(true)
		return measureBubble(span, func() (sum int64) {
			for i := range received {
				sum += received[i].Load()
			}
			return sum
		})
	})
}

// synctestW3 is a goroutine for each sleeper.
func synctestW3(t *testing.T, span time.Duration) sample {
	return bubble(t, func() sample {
		var ops atomic.Int64
		var stop atomic.Bool
		for range sleepers {
			go func() {
				for !stop.Load() {
					time.Sleep(minSleep + rand.N(maxSleep-minSleep+1))
					ops.Add(1)
				}
			}()
		}
		defer time.Sleep(time.Second)
		defer stop.Store(true)
		return measureBubble(span, ops.Load)
	})
}
