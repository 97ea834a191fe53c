package checker

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// sampleHistory makes a linearizable history of registers: each operation takes
// effect at an instant within its interval. Values are unique. Of every
// thousand operations as many as asked time out, half of them after they took effect.
func sampleHistory(operations, clients, keys, timeouts int) History {
	r := rand.New(rand.NewPCG(1, 2))
	values := make([]Value, keys)
	var h History
	now := int64(0)
	free := make([]int64, clients) // when each client may ask again
	for i := range operations {
		c := i % clients
		now = max(now, free[c]) + r.Int64N(12_000_000)
		key := r.IntN(keys)
		op := Operation{Client: fmt.Sprint(c), Op: "read", Key: fmt.Sprint(key), Call: now - r.Int64N(2_000_000), Outcome: OutcomeOK}
		op.Call = max(op.Call, free[c])
		op.Return = now + r.Int64N(5_000_000)
		timeout := r.IntN(1000) < timeouts
		if r.IntN(2) == 0 {
			op.Op, op.Input = "write", Int(int64(i))
			if !timeout || r.IntN(2) == 0 {
				values[key] = op.Input
			}
		} else {
			op.Output = values[key]
		}
		if timeout {
			op.Outcome, op.Output = OutcomeUnknown, Nil
		}
		free[c] = op.Return
		h.Ops = append(h.Ops, op)
	}
	return h
}

func BenchmarkLinearizable(b *testing.B) {
	for _, timeouts := range []int{0, 20, 100} {
		b.Run(fmt.Sprintf("timeouts=%d", timeouts), func(b *testing.B) {
			h := sampleHistory(2400, 4, 3, timeouts)
			b.ReportAllocs()
			for b.Loop() {
				if r := (Linearizable{casRegisterModel}).Check(h, Limits{}); r.Verdict != OK {
					b.Fatal(r.Report(0))
				}
			}
		})
	}
}

// BenchmarkViolation includes the search for the explanation.
func BenchmarkViolation(b *testing.B) {
	h := sampleHistory(2400, 4, 3, 20)
	for i := len(h.Ops) * 3 / 4; ; i++ {
		if op := &h.Ops[i]; op.Op == "read" && op.Outcome == OutcomeOK {
			op.Output = h.Ops[i-100].Input
			break
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if r := (Linearizable{casRegisterModel}).Check(h, Limits{}); r.Verdict != Violated {
			b.Fatal(r.Report(0))
		}
	}
}
