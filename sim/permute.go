package sim

// permuter is a seeded bijection of the numbers of 33 bits: it makes order keys of
// sequence numbers, so that what is due at the same instant comes in an order drawn
// from the seed, and no two have the same.
type permuter struct{ add, first, second uint64 }

const orderMask = 1<<orderBits - 1

func newPermuter(seed uint64) permuter {
	r := newRandNamed(seed, "order", "")
	return permuter{r.Uint64(), r.Uint64() | 1, r.Uint64() | 1}
}

// order permutes: adding, multiplying by an odd number and xor with a shift of
// itself are each a bijection. The multiplication carries upwards only, so the
// shift brings the high bits down before the second.
func (p permuter) order(seq uint64) uint64 {
	x := (seq + p.add) * p.first & orderMask
	x ^= x >> 17
	x = x * p.second & orderMask
	return x ^ x>>16
}
