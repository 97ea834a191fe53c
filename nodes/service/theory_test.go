package service

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/sim"
)

// These experiments hold what the parts do against what queueing theory says they must.
// Each prints what it measured beside what is exact, and docs/52-services.md repeats what
// they print. To see it:
//
//	go test ./nodes/service -run Theory -v

// mean is the mean time of a request's work in all experiments.
const mean = 10 * time.Millisecond

// instantly is how messages travel: what is known of queues is known without networks.
var instantly = sim.Link{Latency: sim.Constant(1)}

// flood adds a client that asks at exponential intervals and waits for nothing, and
// returns what runs the world until so many have been asked.
func flood(w *sim.World, to string, rate float64, requests int) (run func(n int)) {
	asked := 0
	w.Client("client", func(p *sim.Proc) {
		rand := p.Rand("arrivals")
		gap := sim.Exponential(time.Duration(float64(time.Second) / rate))
		for asked < requests {
			p.Sleep(gap.Sample(rand))
			asked++
			p.Send(to, Request{ID: ID{"client", uint64(asked)}, Repeatable: true})
		}
	})
	return func(n int) {
		w.RunUntil(func() bool { return asked >= n }, 1000*time.Hour)
	}
}

// meanWait is the mean time that requests wait, in seconds, behind a balancer that draws
// among servers of so many cores. Neither begins empty: the first tenth does not count.
func meanWait(servers, cores int, rho float64, requests int) float64 {
	w := sim.New(sim.Config{Seed: 1, Link: instantly})
	defer w.Close()
	names, watch := farm(w, servers, Server{Service: sim.Exponential(mean), Workers: cores, Queue: math.MaxInt}, Random)
	to := "balancer"
	for _, name := range names {
		w.Lookup(name).SetCores(cores)
	}
	if servers == 1 {
		to = names[0] // it has no choice
	}
	run := flood(w, to, rho*float64(servers*cores)/mean.Seconds(), requests)
	run(requests / 10)
	started, waited := watch.started, watch.waited
	run(requests)
	return (watch.waited - waited) / (watch.started - started) / 1e9
}

// farm adds servers and a balancer without health checks to a world.
func farm(w *sim.World, servers int, like Server, algorithm string) ([]string, *Watch) {
	var names []string
	for i := range servers {
		names = append(names, fmt.Sprintf("n%d", i+1))
	}
	watch := NewWatch(names)
	like.Watch = watch
	for _, name := range names {
		w.Node(name, like.Boot)
	}
	b := Balancer{Servers: names, Algorithm: algorithm, HalfLife: time.Second, Timeout: time.Hour, Health: Health{MaxOut: 1}, Watch: watch}
	w.Node("balancer", b.Boot)
	return names, watch
}

// erlangC is the probability that a request must wait when c cores are offered a load of
// a (A. K. Erlang, 1917; L. Kleinrock, "Queueing Systems", vol. 1, 1975, section 3.5).
func erlangC(c int, a float64) float64 {
	blocked := 1.0 // Erlang's B formula, by its recursion
	for k := 1; k <= c; k++ {
		blocked = a * blocked / (float64(k) + a*blocked)
	}
	rho := a / float64(c)
	return blocked / (1 - rho + rho*blocked)
}

// TestTheoryWaits measures mean waits in queues whose mean wait is known.
func TestTheoryWaits(t *testing.T) {
	requests, tolerance := 500_000, 0.02
	if testing.Short() {
		requests, tolerance = 20_000, 0.25
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%-30s %12s %12s %7s\n", "queue, at a load of", "measured", "exact", "off by")
	for _, q := range []struct {
		servers, cores int
		rho            float64
	}{{1, 1, 0.5}, {1, 1, 0.7}, {1, 2, 0.7}, {1, 4, 0.7}, {1, 8, 0.8}, {4, 1, 0.5}} {
		name := fmt.Sprintf("M/M/%d, %.1f", q.cores, q.rho)
		if q.servers > 1 {
			name = fmt.Sprintf("%d of M/M/%d, drawn, %.1f", q.servers, q.cores, q.rho)
		}
		c := float64(q.cores)
		exact := erlangC(q.cores, q.rho*c) * mean.Seconds() / (c * (1 - q.rho))
		measured := meanWait(q.servers, q.cores, q.rho, requests)
		off := measured/exact - 1
		fmt.Fprintf(&b, "%-30s %9.3f ms %9.3f ms %+6.2f%%\n", name, measured*1e3, exact*1e3, off*100)
		if math.Abs(off) > tolerance {
			t.Errorf("%s: measured %v s, exact is %v s", name, measured, exact)
		}
	}
	t.Logf("\n%s", b.String())
	if !testing.Short() {
		inChapter(t, b.String())
	}
}

// TestTheoryBalls throws as many balls as there are bins: into a random one each, or into
// the emptier of two. The fullest bin has about ln n / ln ln n balls in the one case and
// ln ln n / ln 2 in the other, both up to a constant (Mitzenmacher 2001, section 1).
func TestTheoryBalls(t *testing.T) {
	var b strings.Builder
	fmt.Fprintf(&b, "%8s %25s %25s\n%8s %12s %12s %12s %12s\n", "", "random", "two choices", "bins", "fullest", "ln n/lnln n", "fullest", "lnln n/ln 2")
	const trials = 20
	var last [2]float64
	for _, n := range []int{100, 1000, 10_000, 100_000} {
		ln := math.Log(float64(n))
		random, two := fullest(Random, n, trials), fullest(TwoChoices, n, trials)
		fmt.Fprintf(&b, "%8d %12.2f %12.2f %12.2f %12.2f\n", n, random, ln/math.Log(ln), two, math.Log(ln)/math.Ln2)
		if random < last[0]+0.5 && last[0] > 0 || two > last[1]+0.8 && last[1] > 0 || random < two+1 {
			t.Errorf("%d bins: the fullest has %.2f when drawn at random, %.2f with two choices", n, random, two)
		}
		last = [2]float64{random, two}
	}
	if last[1] > 4.1 || last[0] < 7 {
		t.Errorf("100000 bins: the fullest has %.2f when drawn at random, %.2f with two choices", last[0], last[1])
	}
	t.Logf("\n%s", b.String())
	inChapter(t, b.String())
}

// fullest is the number of balls in the fullest of n bins, on average.
func fullest(algorithm string, n, trials int) float64 {
	w := sim.New(sim.Config{Seed: 1})
	defer w.Close()
	rand := w.Rand("balls", algorithm)
	sum := 0
	for range trials {
		bins := make([]*backend, n)
		for i := range bins {
			bins[i] = &backend{number: i, weight: 1}
		}
		picker := newPicker(&Balancer{Algorithm: algorithm}, bins, rand)
		most := 0
		for range n {
			b := picker.pick("", 0, bins)
			b.outstanding++
			most = max(most, b.outstanding)
		}
		sum += most
	}
	return float64(sum) / float64(trials)
}

// TestTheoryQueues measures how many servers have at least so many requests. Of very many
// servers at load r these are the shares r^k when servers are drawn, and r^(2^k - 1) with
// two choices (Mitzenmacher 2001, section 3: the supermarket model).
func TestTheoryQueues(t *testing.T) {
	const rho = 0.9
	servers, requests := 100, 200_000
	if testing.Short() {
		servers, requests = 50, 50_000
	}
	random, longest := tails(Random, servers, rho, requests)
	two, longestOfTwo := tails(TwoChoices, servers, rho, requests)
	var b strings.Builder
	fmt.Fprintf(&b, "%12s %25s %25s\n%12s %12s %12s %12s %12s\n", "servers with", "random", "two choices", "at least", "measured", "exact", "measured", "exact")
	for k := 1; k <= 6; k++ {
		exact, exactOfTwo := math.Pow(rho, float64(k)), math.Pow(rho, math.Exp2(float64(k))-1)
		fmt.Fprintf(&b, "%12d %12.4f %12.4f %12.4f %12.4f\n", k, random[k], exact, two[k], exactOfTwo)
		if math.Abs(random[k]-exact) > 0.05 || math.Abs(two[k]-exactOfTwo) > 0.03 {
			t.Errorf("shares of servers with %d requests: %.4f, expected %.4f; of two %.4f, expected %.4f", k, random[k], exact, two[k], exactOfTwo)
		}
	}
	fmt.Fprintf(&b, "%12s %12d %12s %12d\n", "longest", longest, "", longestOfTwo)
	if longest < 3*longestOfTwo {
		t.Errorf("the longest queue is %d, with two choices %d", longest, longestOfTwo)
	}
	t.Logf("\n%s", b.String())
	if !testing.Short() {
		inChapter(t, b.String())
	}
}

// tails returns the shares of servers with at least k requests, looked at again and again,
// and the most that one ever had.
func tails(algorithm string, servers int, rho float64, requests int) (shares [16]float64, longest int) {
	w := sim.New(sim.Config{Seed: 1, Link: instantly})
	defer w.Close()
	names, watch := farm(w, servers, Server{Service: sim.Exponential(mean), Workers: 1, Queue: math.MaxInt}, algorithm)
	run := flood(w, "balancer", rho*float64(servers)/mean.Seconds(), requests)
	looks := 0.0
	for n := requests / 4; n <= requests; n += servers {
		run(n)
		looks += float64(servers)
		for _, name := range names {
			has := watch.servers[name].inFlight
			longest = max(longest, has)
			for k := range min(has, len(shares)-1) {
				shares[k+1]++
			}
		}
	}
	for k := range shares {
		shares[k] /= looks
	}
	return shares, longest
}

// chapter is the one that repeats what is printed here.
const chapter = "../../docs/52-services.md"

func inChapter(t *testing.T, text string) {
	t.Helper()
	page, err := os.ReadFile(chapter)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), text) {
		t.Errorf("%s does not show what is printed:\n%s", chapter, text)
	}
}
