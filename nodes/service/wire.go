package service

import (
	"errors"

	"github.com/orrery-sim/orrery/sim"
)

// ID names a request. All attempts at it have the same.
type ID struct {
	Client string
	Number uint64
}

// Request asks for something to be done.
type Request struct {
	ID         ID
	Attempt    int    // from 1
	Key        string // what it is about, for consistent hashing
	Repeatable bool   // to carry it out twice does no harm: it is idempotent
	Body       any
}

// Response is the answer to a request.
type Response struct {
	Server string
	Body   any
}

// Cancel says that nobody wants the answer to an attempt any more.
type Cancel struct {
	ID      ID
	Attempt int
}

// Probe asks a server whether it is well.
type Probe struct{}

// Alive is the answer of one that is.
type Alive struct{}

// Drain asks the balancer to send nothing new to a server, or, if it is not On, to
// use it again. The answer is a Load.
type Drain struct {
	Server string
	On     bool
}

// Load asks the balancer about a server, and is the answer too.
type Load struct {
	Server      string
	Outstanding int  // requests that it has not answered
	Out         bool // it was taken out of rotation
}

// Errors of requests that were not carried out: they may be asked again whatever
// they are.
var (
	ErrOverloaded = errors.New("overloaded: the queue is full")
	ErrNoServer   = errors.New("no server is in rotation")
	ErrCancelled  = errors.New("cancelled before it was begun")
)

// NotDone says whether an error means that nothing was done. After all others
// something may have been.
func NotDone(err error) bool {
	return errors.Is(err, ErrOverloaded) || errors.Is(err, ErrNoServer) || errors.Is(err, ErrCancelled) ||
		errors.Is(err, sim.ErrRefused)
}

// attempt names one of the attempts at a request.
type attempt struct {
	id ID
	n  int
}

func (r *Request) attempt() attempt { return attempt{r.ID, r.Attempt} }
