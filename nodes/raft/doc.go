// Package raft is a replicated key-value store on go.etcd.io/raft: the real library,
// with all that it leaves to its user.
//
// The library is the algorithm of Ongaro and Ousterhout, "In Search of an Understandable
// Consensus Algorithm" (ATC 2014), called Raft below, with what Ongaro's thesis adds
// ("Consensus: Bridging Theory and Practice", 2014): PreVote, CheckQuorum, reads that do
// not go through the log, sessions. It does no I/O and has no clock. What is here, and
// where the mistakes are made, is the rest: a write-ahead log and snapshots on a disk that
// forgets what was not synced, compaction, the time, the network, the state machine, the
// answers to clients, and the clients themselves.
//
// # Promises
//
//	R1  At most one server leads in a term.                        one-leader-per-term
//	R2  Logs that have an entry of the same index and term are     log-matching
//	    equal up to it.
//	R3  A leader has every entry committed in an earlier term.     leader-completeness
//	R4  All servers apply the same entries, in order and each      state-machine-safety
//	    once, and come to the same state and the same members.
//	R5  A server that crashed still knows the term, the vote and   persistence
//	    the entries that it has answered for.
//	R6  Every write that a client was told of is in the final      acknowledged-writes
//	    state.
//	R7  Operations are linearizable, unless reads=local. A write   linearizable
//	    that a client retries takes effect once.
//	R8  Once all faults are undone, every member catches up.       catch-up
//
// R1 to R4 are those of Raft, figure 3; R5 is what they rest on (figure 2, persistent
// state). R1 to R5 are looked at in every event that can break them, by a watch outside
// the servers which sees all of them at once.
//
// # Messages
//
//	Message   server to server, a datagram: the library's own, without its pointers.
//	          One that carries a snapshot is a call, whose sender learns how it went.
//	Command   client to server, a call: open a session, read, write, cas, add
//	Response  its answer: done, not here (and who leads), lost, or session expired
//	Change    administrator to server, a call: put one server in the place of another
//	Roster    its answer: who leads, who the members are
//
// # How it works
//
// A server is a handler for messages, a timer, and one process that writes to the disk.
// What the library wants told after something is on disk (its asynchronous storage
// writes), that process tells. The log is a file of checksummed records; compaction and
// every start write it anew under another name, sync it and rename it, and so are
// snapshots written. A server whose disk fails stops and is started again by its
// supervisor, with what is really on the disk.
//
// The library would draw its election timeout from crypto/rand. Here followers are not
// ticked: their timeout is drawn from the seed, uniformly between election-min and
// election-max to the nanosecond, at the moments at which the library draws its own, and
// runs from where the library's count is zero.
//
// Reads (Ongaro, section 6.4):
//
//	log      as an entry, like a write
//	quorum   the leader asks a majority whether it still leads, then answers from its state
//	lease    for some time after that it answers without asking: whoever has heard of it
//	         gives no vote for election-min (so lease must be shorter, and check-quorum on)
//	local    any server answers from its own state, however old
//
// A session (section 6.3) is opened by an entry and is named by its index. The state machine
// keeps the last answer of each, the snapshot has them too, and of too many the one goes
// that was used the longest time ago.
//
// # What it survives
//
// Any number of crashes, restarts and losses of power, all servers at once included;
// messages lost, doubled, reordered, delayed or damaged; partitions, whole, partial or in one
// direction; disks that are slow, full, or fail to write, read or sync; clocks that jump,
// and that drift as long as reads do not rest on leases. It makes progress when
// a majority of the members is up and can talk to each other.
//
// # What it does not survive
//
// Disks that break their word: a sync that lies, a disk that is lost, bits that rot in what
// was synced last (R5 and what rests on it break; where the damage is noticed, the server
// stops for good). Clocks that drift by more than a lease is shorter than election-min
// (R7). Servers that lie.
package raft
