package service

import (
	"time"

	"github.com/orrery-sim/orrery/sim"
)

// Policy is how a client asks: how long it waits, and when it asks again.
type Policy struct {
	Timeout time.Duration // of one attempt
	Retries int           // attempts after the first

	// Budget is how many retries there may be for each request, on average, beside
	// Reserve of them at once (Finagle's RetryBudget, gRPC's retry throttling): when
	// everything fails, retries must not become the load. Hedges are paid from it too.
	Budget  float64
	Reserve float64

	// Backoff is how long the first retry waits at most, the second twice as long, and
	// so on up to BackoffMax. With Jitter, each waits a random part of it ("full
	// jitter", M. Brooker, "Exponential Backoff and Jitter", AWS 2015).
	Backoff, BackoffMax time.Duration
	Jitter              bool

	// Hedge is after how long without an answer the same is asked once more, while the
	// first attempt goes on; the loser is cancelled (J. Dean, L. Barroso, "The Tail at
	// Scale", CACM 56(2), 2013). 0 is never.
	Hedge time.Duration

	mistake string
}

// Client asks a service under a policy. It is in the memory of one machine.
type Client struct {
	Policy
	to     string
	watch  *Watch
	rand   *sim.Rand
	tokens float64
	id     ID
}

// NewClient returns a client of the service at an address, for the processes of p's
// node. The watch may be nil.
func NewClient(p *sim.Proc, to string, policy Policy, watch *Watch) *Client {
	const perBoot = 1 << 32 // no request after a crash is taken for one before
	return &Client{
		Policy: policy, to: to, watch: watch, rand: p.Rand("backoff"), tokens: policy.Reserve,
		id: ID{p.Node().Name(), uint64(p.Node().Incarnation()) * perBoot},
	}
}

// Do asks for something to be done, within the timeout. If the error is [NotDone],
// nothing was done, by any of the attempts.
func (c *Client) Do(p *sim.Proc, key string, repeatable bool, body any, timeout time.Duration) (Response, error) {
	c.id.Number++
	r := Request{ID: c.id, Key: key, Repeatable: repeatable, Body: body}
	c.tokens = min(c.tokens+c.Budget, max(c.Reserve, 1))
	c.watch.asks(c)
	end := p.Elapsed() + timeout
	var unsure error // of an attempt that may have done something
	for try := 0; ; try++ {
		answer, err := c.attempt(p, &r, min(c.Timeout, end-p.Elapsed()))
		if err == nil {
			return answer, nil
		}
		if !NotDone(err) {
			unsure = err
		}
		wait := c.wait(try)
		mayRepeat := repeatable || NotDone(err) || c.mistake == postsRetried
		if try == c.Retries || !mayRepeat || p.Elapsed()+wait >= end || !c.pay(p) {
			if unsure != nil {
				err = unsure
			}
			return answer, err
		}
		p.Sleep(wait)
	}
}

// pay takes a token for an attempt more, if there is one.
func (c *Client) pay(p *sim.Proc) bool {
	if c.mistake != budgetUnpaid {
		if c.tokens < 1 {
			return false
		}
		c.tokens--
	}
	c.watch.retries(p, c)
	return true
}

// wait is how long to wait before a retry, the first of which is 0.
func (c *Client) wait(retry int) time.Duration {
	wait := min(c.Backoff, c.BackoffMax)
	for range retry {
		wait = min(2*wait, c.BackoffMax)
	}
	if c.Jitter && wait > 0 {
		return c.rand.Duration(0, wait)
	}
	return wait
}

// attempt asks once, or, if that takes long, twice.
func (c *Client) attempt(p *sim.Proc, r *Request, timeout time.Duration) (Response, error) {
	if c.Hedge == 0 || !r.Repeatable || c.Hedge >= timeout {
		r.Attempt++
		c.watch.tries()
		return sim.Call[Response](p, c.to, *r, timeout)
	}
	type result struct {
		attempt int
		answer  Response
		err     error
	}
	results := sim.NewChan[result](2)
	ask := func(timeout time.Duration) {
		r.Attempt++
		c.watch.tries()
		one := *r
		p.Go("attempt", func(p *sim.Proc) {
			answer, err := sim.Call[Response](p, c.to, one, timeout)
			results.Send(p, result{one.Attempt, answer, err})
		})
	}
	first := r.Attempt + 1
	ask(timeout)
	got, err := results.RecvTimeout(p, c.Hedge)
	if err == nil || !c.pay(p) {
		if err != nil {
			got, _ = results.Recv(p)
		}
		return got.answer, got.err
	}
	c.watch.hedges()
	ask(timeout - c.Hedge)
	got, _ = results.Recv(p)
	if got.err != nil { // the other may still succeed
		worse := got.err
		if got, _ = results.Recv(p); got.err != nil && NotDone(got.err) {
			got.err = worse
		}
		return got.answer, got.err
	}
	loser := Cancel{r.ID, first + first + 1 - got.attempt}
	c.watch.cancels(p, loser)
	if c.mistake != loserRunsOn {
		p.Send(c.to, loser)
	}
	return got.answer, nil
}
