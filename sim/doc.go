// Package sim is a deterministic simulation of a distributed system: nodes that
// crash, links that lose, disks that forget, clocks that are wrong, all on one
// virtual clock in one thread of events.
//
// One law holds: a run is a pure function of (scenario, seed, interventions). The
// same three give the same events, in the same order, at the same times, on any
// machine. So a failure found once can be looked at as often as one likes, and a
// million seeds are a million different histories of the same system.
//
// # A first world
//
// A [World] holds [Node] machines and clients. Each runs functions that are given a
// [Proc], the process they run on, and are otherwise plain Go that reads from top to
// bottom and blocks where it waits:
//
//	w := sim.New(sim.Config{Seed: 7})
//	defer w.Close()
//	w.Node("server", func(p *sim.Proc) { // runs at boot, and again after every restart
//		p.Serve(func(p *sim.Proc, req sim.Message) (any, error) {
//			return "hello " + req.Body.(string), nil
//		})
//	})
//	w.Client("alice", func(p *sim.Proc) {
//		reply, err := sim.Call[string](p, "server", "alice", time.Second)
//		fmt.Println(reply, err)
//	})
//	fmt.Println(w.Run(10 * time.Second))
//
// It prints "hello alice <nil>" and "ok", and takes microseconds: virtual time costs
// nothing, only what happens in it does.
//
// # The notions
//
// World. The virtual clock begins at zero and jumps from one event to the next.
// [World.Run] lets an amount of time pass, [World.RunUntil] waits for a condition,
// [World.RunTo] goes to an event's number, [World.Step] does one thing. Each returns,
// and [World.Ended] repeats, an [Outcome]: ok, violated, unknown, stuck or crashed.
// Worlds share nothing; run as many side by side as there are cores. Close each one.
//
// Node. A machine with memory, clock, cores and disk of its own. Its boot function
// runs when it is added and again after every restart. What that function keeps in
// its variables is the machine's memory and gone after [Node.Crash]; what it has
// written to files and synced is not. Keep nothing in variables outside it: they
// would survive what no memory survives.
//
// Process. Straight-line code on a node. Exactly one process runs at a time, from one
// blocking call to the next, so nothing can happen in between and no lock is needed
// for what does not block. Use no goroutines, Go channels, mutexes, time.Now or global
// randomness in simulated code: the kernel has its own of each ([Proc.Go], [Chan],
// [Mutex], [Cond], [Semaphore], [WaitGroup], [Group], [Proc.Now], [Proc.Rand]). Always
// use the Proc that the innermost function was given: on any other, what does more
// than look panics. A process that is killed, by a crash or [Task.Kill], unwinds by a
// panic from its blocking call: deferred functions run, and after a crash can touch
// nothing any more.
//
// Handler. [Proc.Handle] and [Proc.After] take functions that run inline, without a
// process: several times cheaper, and they must not block. To block in one ends the
// run with an error that says so.
//
// Client. A process outside the cluster that asks, added by [World.Client]. When
// nothing more is due and a client has not ended, the run is stuck.
//
// Message. [Proc.Send] is a datagram: it may be lost, doubled or overtaken. [Call] is a
// request and its answer as over an open connection. [Proc.Dial] opens a [Conn], an
// ordered stream. An address is a node's name, or "name:port" for a [Port] opened by
// [Proc.Listen]. A node that is down is silence, and so is a cut link; a node that is up
// and does not listen refuses. A body is any Go value. It is not copied, so it must not
// be changed once sent; Config.Checking finds out if it was.
//
// Link. Every ordered pair of nodes has one, described by a [Link]: latency (a [Dist]),
// bandwidth, loss, duplication, reordering, corruption. Config.Link is the rule,
// [World.SetSites] tells of regions and zones, [World.SetLink] of one pair.
//
// Fault. Crash and Restart, Pause and Resume on nodes; [World.Partition] or
// [World.Isolate] and Heal; [World.Cut] and Mend, in one direction; [World.Hold] and
// Release; [World.Degrade] and Restore; [Node.Skew], [Node.Drift] and Sync; faults of the
// [Disk]. What makes a fault returns a value that undoes it, and undoes no other: two
// overlapping partitions do not heal each other. [World.Heal] undoes all. One message
// under way, named by the number of its KindSend event, can be lost, made to arrive at
// once or kept back: [World.DropMessage], [World.DeliverMessage], [World.HoldMessage].
//
// Clock. A process sees its node's: [Proc.Now] can be wrong and jump, [Proc.Elapsed]
// cannot jump but may run fast or slow, and Sleep, After and all timeouts count by it.
//
// Core. [Proc.Work] takes one of the node's cores for a time, behind all who asked
// before: load, queues and overload come out as they do in life.
//
// Disk. A [File] is written to a cache; [File.Sync] takes time and makes it durable. A
// crash keeps what was synced, and of the rest whatever the seed says.
//
// Event. The smallest thing that happens, with a number, a time, a place and a cause:
// the event that led to it. "Why did this happen" is a walk from cause to cause. An
// [Observer] sees all of them and changes none; nothing is paid where nobody looks.
// [World.Hash] sums them up: two runs are equal if their hashes are, and
// [FirstDifference] finds the event at which two are not.
//
// Randomness. All of it comes from the seed, in streams keyed by purpose and place. What
// a message meets on its way depends on its link and the time it was sent, so that one
// message more elsewhere changes nothing for it. Events due at the same instant happen in
// an order drawn from the seed: races show on some seeds rather than on none.
//
// # A quorum
//
// A write to three replicas that needs two of them. [Group] runs the calls side by side
// and takes the first answers:
//
//	w := sim.New(sim.Config{Seed: 1})
//	defer w.Close()
//	replicas := []string{"a", "b", "c"}
//	for _, name := range replicas {
//		w.Node(name, func(p *sim.Proc) {
//			stored := "" // memory: a crash loses it
//			p.Serve(func(p *sim.Proc, req sim.Message) (any, error) {
//				stored = req.Body.(string)
//				return stored, nil
//			})
//		})
//	}
//	write := func(p *sim.Proc, value string) error {
//		g := sim.NewGroup[string](p)
//		for _, to := range replicas {
//			g.Go(to, func(p *sim.Proc) (string, error) {
//				return sim.Call[string](p, to, value, 100*time.Millisecond)
//			})
//		}
//		_, err := g.First(2)
//		return err
//	}
//	w.Client("writer", func(p *sim.Proc) {
//		fmt.Println("all reachable: ", write(p, "x") == nil)
//		first := w.Isolate("a")
//		fmt.Println("one cut off:   ", write(p, "y") == nil)
//		w.Isolate("b")
//		fmt.Println("two cut off:   ", write(p, "z") == nil)
//		first.Heal()
//		fmt.Println("one healed:    ", write(p, "z") == nil)
//	})
//	fmt.Println(w.Run(time.Second))
//
// # Finding a race
//
// Two clients each add one to a counter, by reading it and writing it back. On most
// seeds the sum is two; the simulation shows one on which it is not, and would show the
// same tomorrow:
//
//	run := func(seed uint64) (sum int) {
//		w := sim.New(sim.Config{Seed: seed})
//		defer w.Close()
//		w.Node("counter", func(p *sim.Proc) {
//			p.Serve(func(p *sim.Proc, req sim.Message) (any, error) {
//				if value, isWrite := req.Body.(int); isWrite {
//					sum = value
//				}
//				return sum, nil
//			})
//		})
//		for _, name := range []string{"ann", "bob"} {
//			w.Client(name, func(p *sim.Proc) {
//				p.Sleep(p.Rand("start").Duration(0, 10*time.Millisecond))
//				value, _ := sim.Call[int](p, "counter", "read", time.Second)
//				sim.Call[int](p, "counter", value+1, time.Second)
//			})
//		}
//		w.Run(time.Second)
//		return sum
//	}
//	lost := 0
//	for seed := uint64(1); seed <= 100; seed++ {
//		if run(seed) != 2 {
//			lost++
//		}
//	}
//	fmt.Printf("an update was lost on %d of 100 seeds\n", lost)
//
// In a test, package simtest does the looping: many seeds side by side, and a line that
// reproduces what fails.
//
// # When it goes wrong
//
// Nothing hangs. A process that panics ends the run as crashed, with its stack. Clients
// that wait for what will never come make it stuck: it can be run on if somebody
// outside does something about that. More than Config.InstantLimit events at one instant
// end it as stuck, and so does a process that does not come back within
// Config.HangAfter of real time: such a process cannot be stopped, so its world is
// abandoned. Misuse, such as a name that does not exist or a negative latency, panics
// where it is done. All of these name the node, the process and the last event.
package sim
