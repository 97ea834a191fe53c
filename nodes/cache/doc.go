// Package cache is a cache tier before a database: cache nodes that share the keys
// between them, the library with which clients use them, and a database that can be
// overloaded.
//
// A cache keeps answers that may have become wrong. All that is hard about it is to know
// when they have, and what happens to the database in the moment in which it has
// none. Nishtala et al., "Scaling Memcache at Facebook" (NSDI 2013), called Memcache
// below, is the paper to read beside this code.
//
// # Promises
//
//	C1  No value that is read was overwritten longer ago than it may     bounded-staleness
//	    live (ttl) and be in flight (lease-time or store-timeout).
//	C2  Every acknowledged write, or a later one, is in the database     acknowledged-writes
//	    at the end; with write-behind, unless a cache node crashed.
//	C3  So large a share of the reads is answered from the cache.        hit-rate
//	C4  The database never has more requests at once than it can bear.   database-load
//	C5  With write-through and single-flight, and while no cache node    linearizable
//	    is given up, operations are linearizable.
//
// C1 is an upper bound. With leases, or where the cache reads through, and as long as
// nothing is lost, no value that is read had been overwritten when the read was called.
//
// # Strategies
//
//	aside          The client asks the cache; if it misses, it reads the database and sets
//	               what it read. A write goes to the database; then the client deletes the
//	               key from the cache.
//	read-through   The client asks the cache, and that reads the database if it misses.
//	               Writes are as before.
//	write-through  The cache reads through. It also writes: to the database, then to
//	               itself, then it answers.
//	write-behind   The cache reads through. It writes to itself and answers, and writes to
//	               the database later, of several writes of a key the last.
//
// # Rules
//
// Each keeps a promise, and each has a mutant that breaks it.
//
//	L1   A client's set is kept only with the lease of its key, which a delete revokes
//	     (Memcache, section 3.2.1). Otherwise one that read the old row, and was overtaken
//	     by the write and its delete, leaves the old row behind: for ever.
//	L2   A key has one lease at a time, and who does not get it waits. Otherwise all who
//	     miss a hot key read the database at once.
//	L3   The row is written first and then deleted from the cache. The other way round
//	     somebody fills in the old row in between.
//	L4   An entry that has expired is no hit. It is what bounds the age of all that goes
//	     wrong otherwise, such as a delete that does not arrive.
//	L5   Times to live are drawn, so that what was filled together does not expire together.
//	L6   A write deletes also that there was no such row.
//	L7   A read of the database that is under way is neither shared with who asks, nor
//	     kept, once the row has been written.
//	L8   A cache that writes through takes the writes of a key in the database's order.
//	L9   A write leaves the queue of write-behind when the database has it, not when it has
//	     an earlier one of the same key.
//	L10  The keys of a node that is given up belong to others.
//	L11  A write is on the database's disk before it is acknowledged.
//
// # Messages
//
//	Get{Key}                 client to cache: what do you have? Answered by
//	Found{Row, Status, ...}  a hit, a miss, perhaps with a lease, or the advice to wait
//	Set{Key, Row, Lease}     client to cache: keep this, which I read after a miss
//	Delete{Key}              client to cache: I wrote this row
//	Load{Key}                client to cache: read this row, from the database if need be
//	Put{Key, Value}          client to cache: write this row
//	Query{Key}               to the database, answered by
//	Row{Value, Found}        a row, or that there is none
//	Update{Key, Value, ...}  to the database: write this row
//	Done{}                   the answer to all that changes something
//
// All are calls. The database is a node of its own, called db.
//
// # How it works
//
// Keys are placed by a hash that all compute alike: on a ring with virtual nodes, by
// rendezvous, or modulo the number of nodes. A client that a node has not answered
// several times gives it up for a while and computes anew without it. Every client does
// so for itself, and they may differ meanwhile.
//
// A cache node has a bounded number of entries: rows, and, for a shorter time, that there
// is no such row. LRU is a list in the order of use. LFU is the algorithm of Shah, Mitra
// and Matani (2010), whose every step takes constant time; its counts last as long as
// the entry does and do not age.
//
// The database is a table in memory and a log that is synced. Its cores do what is asked
// one after the other, and nothing bounds its queue: who has given up long ago is still
// served.
//
// # What it survives
//
// Crashes and restarts of cache nodes and of the database; partitions; whatever the
// network does. While the database is down, what is cached is still answered. A cache node
// that was cut off while others wrote has old entries when it comes back: C1 still holds,
// since they expire.
//
// # What it does not survive
//
// With write-behind, the crash of a cache node: what it had acknowledged and not written
// is lost (C2). With write-behind, too, a cache node that is cut off from clients and not
// from the database: when its keys have gone to another, it still writes what it has, over
// what is newer. With ttl=0s, a delete that does not arrive: the old value stays (C1).
// Without leases, messages that take longer than the clients wait (C1). The loss of the
// database's disk, or a sync that lies (C2).
package cache
