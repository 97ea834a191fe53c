package cache

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

func nodeNames(n int) []string {
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("n%d", i+1))
	}
	return names
}

// manyKeys are enough that what is counted of them is within a percent or two.
const manyKeys = 20_000

func owners(p Placement) []string {
	list := make([]string, manyKeys)
	for i := range list {
		list[i] = p.Owner(fmt.Sprintf("k%d", i))
	}
	return list
}

var placements = []string{PlaceRing, PlaceRendezvous, PlaceModulo}

// When one of n nodes leaves, with consistent and rendezvous hashing exactly its keys
// move, about 1/n of all (Karger et al., section 4, monotonicity; Thaler and
// Ravishankar, section 3, minimal disruption). Modulo n a key stays where it was with
// probability 1/n: n and n-1 have no divisor in common, so that where it is then is
// independent of where it was.
func TestLeaving(t *testing.T) {
	for _, kind := range placements {
		for _, n := range []int{2, 3, 5, 10, 20} {
			nodes := nodeNames(n)
			before := owners(NewPlacement(kind, nodes, 200))
			gone := nodes[n/2]
			after := owners(NewPlacement(kind, slices.DeleteFunc(slices.Clone(nodes), func(s string) bool { return s == gone }), 200))
			moved, had := 0, 0
			for i := range before {
				if before[i] == gone {
					had++
				}
				if before[i] != after[i] {
					moved++
				}
			}
			share := float64(moved) / manyKeys
			if want := 1 - 1/float64(n); kind == PlaceModulo {
				if math.Abs(share-want) > 0.02 {
					t.Errorf("modulo: %.3f of the keys move when one of %d leaves, expected about %.3f", share, n, want)
				}
				continue
			}
			if moved != had {
				t.Errorf("%s: %d keys move when a node leaves that had %d", kind, moved, had)
			}
			if want := 1 / float64(n); math.Abs(share-want) > 0.25*want {
				t.Errorf("%s: %.3f of the keys move when one of %d leaves, expected about %.3f", kind, share, n, want)
			}
		}
	}
}

// deviation is the standard deviation of the nodes' numbers of keys, as a share of
// their mean.
func deviation(p Placement, n int) float64 {
	counts := map[string]int{}
	for _, o := range owners(p) {
		counts[o]++
	}
	mean, sum := float64(manyKeys)/float64(n), 0.0
	for _, name := range nodeNames(n) {
		d := float64(counts[name])/mean - 1
		sum += d * d
	}
	return math.Sqrt(sum / float64(n))
}

// With v points a node the shares on the ring deviate from their mean by about
// 1/sqrt(v) of it: they are sums of v intervals that are nearly exponential. Rendezvous
// and modulo hashing deviate by chance alone, sqrt(n/keys).
func TestBalance(t *testing.T) {
	const n = 40
	for _, v := range []int{1, 4, 16, 64, 256} {
		got, want := deviation(newRing(nodeNames(n), v), n), 1/math.Sqrt(float64(v))
		t.Logf("ring, %3d virtual nodes: deviation %.3f, 1/sqrt(v) is %.3f", v, got, want)
		chapterShows(t, "| %d | %.3f | %.3f |", v, got, want)
		if got < 0.6*want || got > 1.5*want {
			t.Errorf("with %d virtual nodes the shares deviate by %.3f of the mean, expected about %.3f", v, got, want)
		}
	}
	for _, kind := range []string{PlaceRendezvous, PlaceModulo} {
		got, want := deviation(NewPlacement(kind, nodeNames(n), 1), n), math.Sqrt(float64(n)/manyKeys)
		t.Logf("%s: deviation %.3f, sqrt(n/keys) is %.3f", kind, got, want)
		if got < 0.6*want || got > 1.5*want {
			t.Errorf("%s: the shares deviate by %.3f of the mean, expected about %.3f", kind, got, want)
		}
	}
}

// Who knows the same nodes agrees, whatever order they learned them in; modulo needs
// the order too.
func TestOrderOfNodes(t *testing.T) {
	nodes := nodeNames(5)
	reversed := slices.Clone(nodes)
	slices.Reverse(reversed)
	for _, kind := range []string{PlaceRing, PlaceRendezvous} {
		if !slices.Equal(owners(NewPlacement(kind, nodes, 50)), owners(NewPlacement(kind, reversed, 50))) {
			t.Errorf("%s: the order of the nodes matters", kind)
		}
	}
	for _, kind := range placements {
		if o := NewPlacement(kind, nil, 50).Owner("k1"); o != "" {
			t.Errorf("%s: without nodes %q owns the key", kind, o)
		}
	}
}
