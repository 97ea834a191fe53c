package cache

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/scenarios/workload"
	"github.com/orrery-sim/orrery/sim"
)

// che is the hit rate of an LRU cache with room for so many rows under independent
// requests, by the approximation of Che, Tung and Wang, "Hierarchical Web Caching
// Systems: Modeling, Design and Experimental Results" (IEEE JSAC 20(7), 2002),
// section III: every row stays for the same time T after its last request, where T is
// such that as many rows as there is room for are there on average,
//
//	sum over i of 1 - exp(-q(i) T) = capacity
//
// and a request for row i, which has the probability q(i), is a hit if there was one
// within T before it.
func che(popularity []float64, capacity int) float64 {
	within := func(t float64) (there, hits float64) {
		for _, q := range popularity {
			p := -math.Expm1(-q * t)
			there += p
			hits += q * p
		}
		return there, hits
	}
	lo, hi := 0.0, 1.0
	for there, _ := within(hi); there < float64(capacity); there, _ = within(hi) {
		hi *= 2
	}
	for range 100 {
		mid := (lo + hi) / 2
		if there, _ := within(mid); there < float64(capacity) {
			lo = mid
		} else {
			hi = mid
		}
	}
	_, hits := within(lo)
	return hits
}

// mostPopular is the hit rate of a cache that has the most popular rows and always the
// same: what LFU comes to when popularity does not change, and no policy can exceed
// under independent requests.
func mostPopular(popularity []float64, capacity int) (hits float64) {
	for _, q := range popularity[:capacity] {
		hits += q
	}
	return hits
}

func zipfPopularity(keys int, skew float64) []float64 {
	q, sum := make([]float64, keys), 0.0
	for i := range q {
		q[i] = math.Pow(float64(i+1), -skew)
		sum += q[i]
	}
	for i := range q {
		q[i] /= sum
	}
	return q
}

// Does the simulation tell the truth? The hit rate of the whole system, with clients
// that read rows by Zipf's law, is the one that theory predicts.
func TestCheApproximation(t *testing.T) {
	const keys, warmUp, run = 1000, 20 * time.Second, 80 * time.Second
	t.Logf("%d keys, 1 node, read through, no expiry, about 64,000 requests", keys)
	t.Logf("zipf  capacity  eviction  measured  predicted")
	for _, test := range []struct {
		skew     float64
		capacity int
		eviction string
	}{
		{0.6, 50, EvictLRU}, {0.6, 200, EvictLRU}, {0.8, 50, EvictLRU}, {0.8, 200, EvictLRU},
		{1, 50, EvictLRU}, {1, 200, EvictLRU}, {0.8, 200, EvictLFU}, {1, 200, EvictLFU},
	} {
		if testing.Short() && test.capacity != 200 {
			continue
		}
		popularity := zipfPopularity(keys, test.skew)
		predicted, near := che(popularity, test.capacity), 0.01
		if test.eviction == EvictLFU {
			// It gets there as fast as it learns, which for the rows about as popular
			// as the last that has room is never: what is new counts 1 and goes first.
			predicted, near = mostPopular(popularity, test.capacity), 0.08
		}
		got := measuredHitRate(t, keys, test.skew, test.capacity, test.eviction, warmUp, run)
		t.Logf("%4.1f  %8d  %8s  %7.1f%%  %8.1f%%", test.skew, test.capacity, test.eviction, 100*got, 100*predicted)
		chapterShows(t, "| %.1f | %d | %s | %.1f%% | %.1f%% |", test.skew, test.capacity, test.eviction, 100*got, 100*predicted)
		if math.Abs(got-predicted) > near {
			t.Errorf("zipf %v, capacity %d, %s: a hit rate of %.3f was measured and %.3f predicted", test.skew, test.capacity, test.eviction, got, predicted)
		}
	}
}

// chapterShows looks for a row of a table in the chapter about this system.
func chapterShows(t *testing.T, format string, args ...any) {
	t.Helper()
	chapter, err := os.ReadFile("../../docs/51-cache.md")
	if row := fmt.Sprintf(format, args...); err != nil || !strings.Contains(string(chapter), row+"\n") {
		t.Errorf("docs/51-cache.md does not have the row %s (%v)", row, err)
	}
}

// measuredHitRate counts after a time in which the cache has filled.
func measuredHitRate(t *testing.T, keys int, skew float64, capacity int, eviction string, warmUp, run time.Duration) float64 {
	t.Helper()
	w := sim.New(sim.Config{Seed: 1, Link: sim.Link{Latency: sim.Constant(time.Millisecond)}})
	defer w.Close()
	db := &Database{ReadTime: sim.Constant(time.Millisecond), WriteTime: sim.Constant(time.Millisecond), Initial: func(string) bool { return true }}
	w.Node("db", db.Boot).SetCores(8)
	config := readConfig(defaults(scenarios.Values{
		"strategy": ReadThrough, "ttl": "0s", "eviction": eviction, "cache-work": "0s", "single-flight": "false",
	}))
	config.Capacity = capacity
	tier := &Tier{Config: config, Nodes: []string{"n1"}, Store: Remote("db")}
	w.Node("n1", tier.Boot)
	spec := workload.Defaults
	spec.Kind, spec.Clients, spec.Keys, spec.Rate, spec.Reads, spec.Zipf = "register", 1, keys, 800, 1, skew
	clients := map[string]*Client{}
	workload.Start(w, spec, warmUp+run, func(p *sim.Proc) workload.Session {
		if clients[p.Node().Name()] == nil {
			clients[p.Node().Name()] = tier.Client(p)
		}
		return session{clients[p.Node().Name()]}
	})
	if out := w.Run(warmUp); !out.OK() {
		t.Fatal(out)
	}
	before := tier.Count
	if out := w.Run(run); !out.OK() {
		t.Fatal(out)
	}
	hits, misses := tier.Count.Hits-before.Hits, tier.Count.Misses-before.Misses
	return float64(hits) / float64(hits+misses)
}
