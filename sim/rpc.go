package sim

import (
	"errors"
	"fmt"
	"time"
)

// Errors of calls, streams, channels and groups. After the first three a request may or
// may not have been carried out.
var (
	// ErrTimeout: no answer within the caller's timeout.
	ErrTimeout = errors.New("timeout")
	// ErrBroken: the network took nothing for the whole of Config.StreamTimeout.
	ErrBroken = errors.New("connection broken")
	// ErrReset: the peer has restarted since the connection began.
	ErrReset = errors.New("connection reset")
	// ErrClosed: what was to be received from has ended.
	ErrClosed = errors.New("closed")
	// ErrRefused: the node is up and nobody listens there; nothing was done.
	ErrRefused = errors.New("connection refused")
	// ErrCancelled: a member of a group was killed by its Cancel.
	ErrCancelled = errors.New("cancelled")
	// ErrUnavailable: a fault had the call answered with an error; nothing was done.
	ErrUnavailable = errors.New("service unavailable")
	// ErrNoSuchHost: a fault had the peer's name not be found; nothing was done.
	ErrNoSuchHost = errors.New("no such host")
)

// Call sends a request and blocks until the answer comes, an error shows that
// none will, or the timeout has passed, as the node's clock counts it. It travels
// as over a connection that is already open: nothing is lost, doubled or
// corrupted, what the network loses arrives later, and a partition is silence
// until [ErrTimeout] or [ErrBroken]. Calls overtake each other. An error that the
// handler returned is returned as it is. The timeout must be positive.
func Call[T any](p *Proc, to string, request any, timeout time.Duration) (T, error) {
	var zero T
	body, err := p.call("Call", to, request, timeout)
	if err != nil {
		return zero, err
	}
	answer, ok := body.(T)
	if !ok && body != nil {
		return zero, fmt.Errorf("the answer of %s is a %T, expected a %T", to, body, zero)
	}
	return answer, nil
}

// call is Call, or what else asks something of another node and blocks for it.
func (p *Proc) call(what, to string, request any, timeout time.Duration) (any, error) {
	if timeout <= 0 {
		panic(fmt.Sprintf("sim: %s(%q) with a timeout of %v: it must be positive", what, to, timeout))
	}
	p.willBlock(what)
	w := p.w
	a := p.resolve(to)
	if len(w.lookups) != 0 && p.lookupFails(a) {
		return nil, p.noSuchHost(timeout)
	}
	p.calls++
	p.calling = uint64(p.index)<<32 | uint64(p.calls)
	w.post(p.node, a, flagStream, p.calling, request)
	w.wakeAfter(p.node.clock.global(timeout), p)
	p.memory.noteStack()
	if alive := p.yield(struct{}{}); !alive || p.killed {
		p.leave(alive)
	}
	if p.calling != 0 {
		p.calling = 0
		return nil, ErrTimeout
	}
	body, err := p.message.Body, p.fault
	p.message, p.fault = Message{}, nil
	return body, err
}

// Reply answers a request that an inline handler or Recv was given, now or later.
// What is not a request needs no answer and gets none; a second answer is ignored
// by the caller.
func (p *Proc) Reply(request Message, answer any, err error) {
	if !p.gone() {
		p.w.reply(p.node, &request, answer, err)
	}
}

// IsCall says whether somebody waits for an answer to the message.
func (m Message) IsCall() bool { return m.call != 0 }

func (w *World) reply(n *Node, m *Message, answer any, err error) {
	if m.call == 0 {
		return
	}
	flags := uint8(flagStream | flagReply)
	if err != nil {
		flags |= flagError
		answer = err
	}
	w.post(n, address{node: m.from}, flags, m.call, answer)
}

// takeReply gives an answer that arrived to the process that waits for it, and
// returns that, if there is one.
func (w *World) takeReply(n *Node, e *pending) *Proc {
	if e.flags&flagError != 0 {
		return w.answerCall(n, e.arg, nil, e.body.(error))
	}
	return w.answerCall(n, e.arg, e.body, nil)
}

// answerCall lets a call go on, and returns the process to enter. An answer that nobody waits for any more, because
// the caller timed out or has another already, is ignored.
func (w *World) answerCall(n *Node, call uint64, answer any, err error) *Proc {
	p := w.procs[call>>32]
	if p.calling != call || p.node != n {
		return nil
	}
	p.calling = 0
	p.unwake()
	p.message.Body, p.fault = answer, err
	return p
}
