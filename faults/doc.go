// Package faults says what breaks in a simulated cluster, and when.
//
// A [Fault] is a value: what is done, to whom, when, and for how long. It prints as
// a line that [Parse] makes the same value of, so that whatever broke a run can be
// pasted into the next one:
//
//	at 5s for 5s: isolate leader
//	at 15s for 4s: partition majority | minority
//	at 5s for 3s: crash leader
//
// A [Schedule] is checked against a [Cluster] and installed in its world, before the
// run; the [Plan] then knows what is in force and what has been done.
//
// # When
//
// Before the colon stands when a fault comes and how long it stays. All times are
// times of the run.
//
//	at 5s                 begin then
//	after no leader       begin once nobody has that role; with "at", not before that time
//	for 3s                undo it so long after it began; without, it stays
//	every 10s             let it come again so long after it last came, from "at" on, or,
//	                      without that, from 10s on
//	times 3               so many times in all
//	until 60s             let it not come from then on, and undo what is in force
//	until no leader       the same, once nobody has that role
//
// For example, a link that flaps, and a rolling restart of five nodes:
//
//	at 5s for 250ms every 500ms until 15s: cut leader -> random 1
//	every 2s times 5: restart next
//
// # What
//
// Behind the colon stands an act of the [Catalog], which has the form, the meaning and
// an example of each, or several acts put together. Of these, the first binds most:
//
//	crash n1 for 3s                         it is undone after a time
//	crash n1 until no leader                or once a condition holds
//	after 2s crash n1                       it waits first; also: after leader
//	pick crash n1 or pause n1               one of them, drawn from the seed
//	crash n1 and pause n2                   together, at the same instant
//	crash n1 for 3s then crash n2 for 3s    the second when the first has ended, or, if
//	                                        it has no end, when it has begun
//	(crash n1 and pause n2) for 3s          in parentheses, all that is one thing
//
// What the end of a fault undoes is all that its acts have done and not yet undone.
//
// # Whom
//
// An act is done to nodes, to links (a -> b for one direction, a <-> b for both,
// a alone for all links that a has, those with clients included), or to groups of
// nodes (a | b). Nodes are selected by
//
//	n1 n2                    their names
//	leader                   a role that the cluster knows, asked at that moment
//	all, clients, everyone   servers, clients, both
//	majority, minority       a division of the servers drawn from the seed; the leader, if
//	                         there is one, is in the minority, where it can promise nothing
//	random 2                 so many servers drawn from the seed; also: random 2 of followers,
//	                         random 50% of all, random up to 50%, which takes one at least.
//	                         As long as there are enough, none that the act selects otherwise
//	rest                     the servers that the act does not select otherwise
//	next                     one server after the other, each time that the fault comes
//	zone=a, site=eu          a label, and where the node is
//	n?, c*                   all names that are like it: ? is a character, * any text
//	zone=a&followers+n1      those that are in both sets, or in another; & binds first
//	there                    what the act before has met: loss 5% random 1 -> rest and delay 9ms there
//
// What a fault draws depends on the seed, on what the fault does and when it begins:
// another fault more or less, or an end that is sooner, changes nothing for it. (An end
// behind the colon is part of what it does.) So a fault more leaves all as it was before it
// begins, and one that ends sooner all before that end, but for its own line in the trace.
//
// One message that is under way is named by the number of the event in which it was sent,
// which a trace shows; copies that the network has made of it are met too. In another run
// that number is another event's, so that no storm does this: it is how what a person did
// by hand is written down.
//
//	at 5s: drop message 8112
//	at 5s for 2s: hold message 8112
//
// # Overlaps
//
// Faults never undo each other. A link that two have cut works again when both have
// ended; a node that two have crashed boots when the second ends; delays add up, slow
// nodes get slower; of limits the strictest holds.
//
// # Storms
//
// A [Storm] draws a schedule from the seed, within a [Budget]: what a system claims to
// survive. The drawn schedule is like any other, and depends on the storm, the seed and the
// names in the cluster alone. At no instant does it take more than the budget has, with
// overlapping faults added up as they add up in the cluster; a server selected by its role
// counts as one that no other fault has hit.
//
// Which [Families] of faults take part is drawn first, then how many faults there are, few
// for the lowest seeds, and then one after the other: what, to whom, when, for how long,
// and how often. Most often one comes soon after another has begun or ended.
//
// # When it cannot be done
//
// What is wrong with a line, Parse says, with columns; what is wrong with it in a cluster,
// such as a name that nobody has or random 4 of 3, [Fault.Check] says before the run
// starts. What only the run can tell, such as that nobody is leader at that moment or that
// a message has arrived, is an event of the run, "skipped isolate leader: no leader" or
// "skipped drop message 8112: it is not under way", and stands in [Plan.Log].
package faults
