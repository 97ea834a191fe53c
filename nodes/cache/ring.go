package cache

import (
	"cmp"
	"slices"
	"strconv"
)

// Ways to place keys on nodes.
const (
	PlaceRing       = "ring"       // consistent hashing: Karger et al., STOC 1997
	PlaceRendezvous = "rendezvous" // highest random weight: Thaler and Ravishankar, IEEE/ACM ToN 6(1), 1998
	PlaceModulo     = "modulo"     // hash modulo the number of nodes
)

// Placement says which node has a key. It is a function of the names of the nodes
// alone, so that all who know the same nodes agree without talking.
type Placement interface {
	// Owner returns the node that has the key, or "" if there are no nodes.
	Owner(key string) string
}

// NewPlacement places keys on the nodes. Of them, only the ring has virtual nodes:
// so many points of each node on the circle.
func NewPlacement(kind string, nodes []string, virtual int) Placement {
	switch kind {
	case PlaceRendezvous:
		return rendezvous(slices.Clone(nodes))
	case PlaceModulo:
		return modulo(slices.Clone(nodes))
	}
	return newRing(nodes, virtual)
}

// ring is a circle of hashes with points of the nodes on it. A key is on the node
// of the first point at or behind its own hash. When a node leaves, its keys go to
// those whose points follow, and no other key moves; with v points each, a node's
// share of the keys differs from the mean by about 1/sqrt(v) of it.
type ring []point

type point struct {
	at   uint64
	node string
}

func newRing(nodes []string, virtual int) ring {
	r := make(ring, 0, len(nodes)*virtual)
	for _, n := range nodes {
		for i := range virtual {
			r = append(r, point{hash(n + "#" + strconv.Itoa(i)), n})
		}
	}
	slices.SortFunc(r, func(a, b point) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.node, b.node)) })
	return r
}

func (r ring) Owner(key string) string {
	if len(r) == 0 {
		return ""
	}
	i, _ := slices.BinarySearchFunc(r, hash(key), func(p point, at uint64) int { return cmp.Compare(p.at, at) })
	return r[i%len(r)].node
}

// rendezvous gives every pair of node and key a weight; the heaviest node has the
// key. When a node leaves, its keys go to whoever came second for each, and no
// other key moves.
type rendezvous []string

func (r rendezvous) Owner(key string) string {
	best, heaviest := "", uint64(0)
	of := hash(key)
	for _, n := range r {
		if w := mix(hash(n) ^ of); best == "" || w > heaviest {
			best, heaviest = n, w
		}
	}
	return best
}

// modulo counts the nodes. When one of n leaves, all but about 1/n of the keys move.
type modulo []string

func (m modulo) Owner(key string) string {
	if len(m) == 0 {
		return ""
	}
	return m[hash(key)%uint64(len(m))]
}

// hash is FNV-1a (Fowler, Noll and Vo) of 64 bits with its bits mixed: by itself it
// puts names that differ in their last letter close together.
func hash(s string) uint64 {
	h := uint64(0xcbf29ce484222325)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 0x100000001b3
	}
	return mix(h)
}

// mix is the finalizer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
