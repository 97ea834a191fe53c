// Package service is a cluster of application servers behind a balancer, and clients that
// wait, retry and hedge. Nothing in it stores anything: what it can lose is time, and
// requests.
//
// A client asks the balancer; the balancer picks a server and passes the request on; the
// server lets it wait for a worker, works on a core, and answers; the answer goes back the
// same way. Everything that can be chosen on that way is a knob: how a server is picked, when
// one is taken out of rotation, how many requests may wait, when a client gives up, asks
// again or asks twice. The parts (Balancer, Server, Client, Rollout) stand alone: another
// system may put them into its world.
//
// # Promises
//
//	S1   A request that may not be repeated (a post) is begun at most once.
//	S2   Nothing new is sent to a server that drains or was taken out of rotation,
//	     unless more than max-out of the servers were out: then health is ignored.
//	S3   Nothing is sent to a dead server when probes have had time to show that it
//	     is dead: health-fall intervals and a timeout after it died, if the balancer
//	     was not paused meanwhile.
//	S4   The balancer counts as outstanding what was not answered, and nothing else.
//	S5   A server that was ejected gets another chance when its time is over.
//	S6   Equal servers get equal shares, weighted ones by weight, as close as the
//	     algorithm promises: to a request for round robin, within what chance allows
//	     for random, within a quarter for those that look at load.
//	S7   With hash, no server has more than bound times the average load.
//	S8   No more requests wait for a server than its queue may hold.
//	S9   A client repeats no more than budget times what it asks, and reserve.
//	S10  The attempt that lost a hedge is not begun any more, if the network tells
//	     the server in time.
//
// How well clients fare is no promise of the system but an objective of a scenario:
// p(99) < 500ms, failed < 1%.
//
// # Messages
//
//	Request{ID, Attempt, Key, Repeatable, Body}   a call, of the balancer and by it of a
//	                                              server, answered by a Response
//	Response{Server, Body}                        what was done, and where
//	Cancel{ID, Attempt}                           nobody wants the answer any more
//	Probe{}                                       a call: are you well? answered by Alive
//	Drain{Server, On}                             a call of the balancer: send nothing new there
//	Load{Server, Outstanding, Out}                a call of the balancer: how much is it at?
//
// A server that has no room answers ErrOverloaded, a balancer that has no server
// ErrNoServer: nothing was done then, and a post may be repeated. After a timeout it
// may not. Who times out tells nobody: the work goes on, and is wasted.
//
// # Picking a server
//
//	round-robin        in turn
//	weighted           smooth weighted round robin, as nginx does it
//	random             any
//	least-connections  the one with the fewest outstanding requests for its weight; of
//	                   several, in turn
//	two-choices        of two drawn at random, the one with fewer outstanding requests
//	                   (Mitzenmacher 2001)
//	ewma               of two, the one with the lower latency, averaged with exponential
//	                   weights, times its outstanding requests and one
//	peak-ewma          the same, but a latency above the average replaces it (Finagle)
//	hash               consistent hashing of the key with bounded loads (Mirrokni,
//	                   Thorup and Zadimoghaddam 2018)
//
// Another attempt at a request that is still under way goes to another server.
//
// # What it survives
//
// Crashes of servers, slow servers and partitions, at the price of the requests that were
// there; how many depends on knobs. A server is taken out when its probes fail, and
// ejected when requests to it fail one after the other; it comes back by itself.
//
// It does not survive the loss of its balancer, of which there is one: while that is down
// nobody is answered, and when it is back it has forgotten what it knew of the servers.
// Nor does it survive more work than its cores can do, for longer than its queues can
// hide: then the knobs decide whether it does what it can, or nothing.
package service
