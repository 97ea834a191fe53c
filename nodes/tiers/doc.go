// Package tiers is a web application of four tiers: a balancer, application servers, a
// cache, and a database of a primary and two replicas.
//
// It is made of the parts of three other systems, service, cache and replica, which
// say how each part works. What is new is what lies between them. A client asks the
// balancer, that an application server, that the cache, and the cache or the server the
// database; each waits for the next with a timeout of its own, each retries or gives up,
// and each makes of an error what it can. Most outages happen there.
//
// # Promises
//
//	T1  Every write that a client was told of, or a later one, is what       end-to-end-durability
//	    the primary has at the end.
//	T2  No value that is read was overwritten longer ago than a cached row   bounded-staleness
//	    may live (ttl) and be in flight (lease-time or store-timeout).
//	T3  The database promises the servers what it promises anybody: P1 to    those of replica,
//	    P6 and P9 of replica.                                                by their names
//
// T1 needs ack semisync or sync. T2 needs that too, and reads primary. How many requests
// are answered while a tier is broken, and how quickly, is no promise but an objective of a
// scenario.
//
// # Rules
//
// Each keeps a promise where two tiers meet, and each has a mutant that breaks it.
//
//	R1  Who writes a row deletes it from the cache. (T2)
//	R2  The cache is filled from the primary: a replica may not have the write yet
//	    whose row was just deleted. (T2)
//	R3  A client repeats a write only if it knows that nothing was done: the first
//	    attempt may be waiting in a server, and come after somebody else's write. (T1, T2)
//	R4  What the database has not confirmed, a server does not acknowledge. (T1)
//	R5  Writes that a server has under way at once go to the database in sessions of their
//	    own: a session numbers its writes, and the database takes two of one number for
//	    one that was asked again. (T1)
//
// # Messages
//
// All are calls, those of the three systems. The body of a service's Request is
//
//	Get{Key}         answered by a checker.Value
//	Put{Key, Value}  answered by Done{}
//
// and an error of a server says what it knows: sim.ErrRefused, that nothing was done,
// anything else, that something may have been.
//
// # How it works
//
// lb is the balancer; app1, app2, ... are the application servers, of which there are as
// many as the number of nodes allows; cache1 and cache2 are the cache; db1, db2 and db3 are
// the database, and monitor1 to monitor3 its monitors. The database is the cache.Store of
// the cache: a read or a write is an operation of a replica.Session, of which every machine
// has as many as it needs at once.
//
// Time runs out from the inside to the outside: a server has less time for a request
// than the balancer waits for it, and the database less than the server.
// Otherwise a tier would give up what the one below is about to answer.
//
// # What it survives
//
// Whatever cache and replica survive, each by itself or together, and the crash, the pause or
// the slowness of any application server. A cache node that is gone costs database reads; a
// primary that is gone costs the writes, and the reads of what is not cached, until a
// replica has taken its place.
//
// # What it does not survive
//
// There is one balancer: while it is down nobody is answered. With ack async the loss of the
// primary loses writes (T1). With reads any, a row that a replica had not heard of yet may be
// cached for as long as it may live, and once more for each time that it is filled again
// while the replica lags (T2).
package tiers
