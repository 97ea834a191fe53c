// Package replica is a primary with replicas: writes go to one server, whose log the
// others copy, and reads may go to any of them.
//
// It is what most databases are run as, and not consensus: how safe it is is chosen, by
// knobs, and paid for in latency or in availability. With ack semisync, fencing lease
// and reads primary it is as safe as consensus is; each of the three can be given up
// to see what is lost with it.
//
// # Promises
//
//	P1  At most one server is primary of an epoch.                 one-primary-per-epoch
//	P2  Logs that have an entry of the same epoch and index are    same-history
//	    equal up to it.
//	P3  Servers that have applied the same entries, each once,     same-state
//	    have the same state.
//	P4  A server that crashed still has the entries and the epoch  persistence
//	    that it has said are on its disk.
//	P5  Every write that a client was told of is in the final      acknowledged-writes
//	    history, if ack is semisync or sync.
//	P6  Once an epoch has a primary, that of an older one          fenced
//	    acknowledges nothing and answers no read as primary, if
//	    fencing is lease.
//	P7  Operations are linearizable, if P5 and P6 hold and reads   linearizable
//	    go to the primary.
//	P8  With a token a session finds what it wrote and saw, and    read-your-writes
//	    who sees a write sees what its session knew: the four      monotonic-reads
//	    session guarantees, if P5 holds.                           monotonic-writes
//	                                                               writes-follow-reads
//	P9  Once all faults are undone, every server comes to have     convergence
//	    what the primary has.
//
// P1 to P4 and P6 are looked at in every event that can break them, by a watch outside
// the servers which sees all of them at once.
//
// # Messages
//
// All are calls.
//
//	Write, Read, Probe   client to server. The Answer says what became of it, at which
//	                     position of the log, and who is primary
//	Fetch                replica to primary: what follows after this entry? All before
//	                     is on my disk. The Batch has entries, or a copy of everything,
//	                     or says from where on the replica's history is another
//	Ping                 monitor to server: do you live? this is the primary
//	Ask                  monitor to monitor: is the primary down? may I replace it?
//	Prepare, Promote     monitor to server: follow nobody of an older epoch; be primary
//	Renew                primary to monitor: a lease, please
//
// # How it works
//
// Position. An entry of the log has an index and the epoch of the primary that took it
// in. A server knows of each index of which epoch its entry is, also of those that it
// does not keep any more, so two histories can be compared, as with PostgreSQL's timelines
// or Kafka's leader epochs (KIP-101).
//
// Shipping. A replica asks for what follows the last entry on its disk, and so acknowledges
// all before. The primary answers as soon as it has something, but only with what is
// on its own disk. A write is committed when enough disks have it, and nobody is
// shown what is not:
//
//	async      that of the primary
//	semisync   and those of k replicas (MySQL's semi-synchronous replication waits likewise
//	           before the commit; PostgreSQL calls it ANY k)
//	sync       and those of all replicas
//
// Failover, in the way of Redis Sentinel. A monitor that has not heard from the
// primary for down-after finds it down; when quorum of them do, one asks for votes for
// the next epoch. A monitor votes once in an epoch, and its vote is on disk. Who has a majority has the
// servers promise to follow nobody of an older epoch, and makes the one that is
// furthest primary. If writes wait for k of N-1 replicas, N-k servers must have
// promised: any k+1 that have a write, and N-k, have a server in common. The new epoch begins with an
// entry of its own, and what came before is committed with it (Ongaro and Ousterhout, Raft,
// section 5.4.2). With failover manual a person does the same at a time that is agreed on.
//
// Return. An old primary that hears of a newer epoch becomes a replica. Entries that the
// new one does not have are dropped, counted, and shown as divergent.
//
// Fencing. A primary serves only while it has a lease from a majority of the monitors,
// who vote for no other until it must be over (Gray and Cheriton, "Leases", SOSP 1989).
//
// Sessions (Terry et al., PDIS 1994). The token of a session is the position of the newest
// write that it made or read. A server that has not applied it waits, or sends the client
// on to the primary. If the primary of a newer epoch does not have it either, it is lost,
// and the session is told so instead of being answered as if nothing had been.
//
// # What it survives
//
// Crashes, restarts and losses of power, all servers at once included; messages lost,
// delayed or overtaken; partitions of any kind; disks that are slow or fail; monitors that
// crash; clocks that jump, and that drift by less than a tenth. Writes need the primary
// and as many replicas as ack says. A failover needs a majority of the monitors
// and N-k servers.
//
// # What it does not survive
//
// With ack async, or once fallback has passed, the loss of a primary loses what it had
// not shipped (P5). With fencing none an old primary that is cut off serves on (P6, P7).
// Without a token, reads of replicas are as old as these are (P8). Disks that are lost or
// lie about a sync, and clocks that drift further.
package replica
