package service

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"time"
)

// ring is consistent hashing with bounded loads (V. Mirrokni, M. Thorup, M. Zadimoghaddam,
// "Consistent Hashing with Bounded Loads", SODA 2018): a key belongs to the first server
// clockwise from where it falls, and to the next while that one has as many requests as
// the bound allows: so many times the average, rounded up, the request itself included.
type ring struct {
	points  []point // sorted
	bound   float64
	ignored bool // the mutant: there is no bound
}

// point is where a server stands on the ring; it stands there many times.
type point struct {
	at uint64
	b  *backend
}

const pointsPerServer = 100

func newRing(all []*backend, bound float64, ignored bool) *ring {
	r := &ring{bound: max(bound, 1), ignored: ignored}
	for _, b := range all {
		for i := range pointsPerServer {
			r.points = append(r.points, point{hash(b.name + "#" + strconv.Itoa(i)), b})
		}
	}
	slices.SortFunc(r.points, func(a, b point) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.b.number, b.b.number)) })
	return r
}

// hash is FNV-1a with the finalizer of MurmurHash3, without which texts that differ in
// their last letter only stay close together.
func hash(text string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * 1099511628211
	}
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

func (r *ring) pick(key string, _ time.Duration, in []*backend) *backend {
	most := capacity(r.bound, in)
	if r.ignored {
		most = math.MaxInt
	}
	first, _ := slices.BinarySearchFunc(r.points, hash(key), func(p point, at uint64) int { return cmp.Compare(p.at, at) })
	for i := range r.points {
		b := r.points[(first+i)%len(r.points)].b
		if b.outstanding < most && slices.Contains(in, b) {
			return b
		}
	}
	panic("service: all servers are above the average") // the bound is at least 1
}

// capacity is how many requests a server may have outstanding.
func capacity(bound float64, in []*backend) int {
	total := 1
	for _, b := range in {
		total += b.outstanding
	}
	return int(math.Ceil(float64(bound*float64(total)) / float64(len(in))))
}
