package sim

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// pairOf is one directed link.
type pairOf struct{ from, to string }

// linkModel is the obvious thing: for each link, how many cut it, how many hold
// it, and which losses act on it.
type linkModel struct {
	cuts, holds map[pairOf]int
	loss        map[pairOf][]float64
}

// A link works if and only if nobody cuts it, delivers at once if nobody holds
// it, and is as bad as all that act on it together, whatever overlaps and in
// whatever order it is undone.
func TestFaultsBelongToTheirOwners(t *testing.T) {
	names := []string{"a", "b", "c", "d"}
	rapid.Check(t, func(t *rapid.T) {
		w := New(Config{Seed: rapid.Uint64().Draw(t, "seed")})
		defer w.Close()
		for _, name := range names {
			w.Node(name, idle)
		}
		model := linkModel{map[pairOf]int{}, map[pairOf]int{}, map[pairOf][]float64{}}
		var undos []func()
		node := rapid.SampledFrom(names)
		cut := func(undo func(), pairs []pairOf) {
			for _, p := range pairs {
				model.cuts[p]++
			}
			undos = append(undos, once(undo, func() {
				for _, p := range pairs {
					model.cuts[p]--
				}
			}))
		}
		t.Repeat(map[string]func(*rapid.T){
			"cut": func(t *rapid.T) {
				p := pairOf{node.Draw(t, "from"), node.Draw(t, "to")}
				cut(w.Cut(p.from, p.to).Mend, []pairOf{p})
			},
			"isolate": func(t *rapid.T) {
				one := node.Draw(t, "node")
				var pairs []pairOf
				for _, other := range names {
					if other != one {
						pairs = append(pairs, pairOf{one, other}, pairOf{other, one})
					}
				}
				cut(w.Isolate(one).Heal, pairs)
			},
			"partition": func(t *rapid.T) {
				side := rapid.SliceOfN(rapid.IntRange(0, 3), 4, 4).Draw(t, "sides") // 3 is in no group
				groups := make([][]string, 3)
				var pairs []pairOf
				for i, a := range names {
					if side[i] < 3 {
						groups[side[i]] = append(groups[side[i]], a)
					}
					for j, b := range names {
						if side[i] < 3 && side[j] < 3 && side[i] != side[j] {
							pairs = append(pairs, pairOf{a, b})
						}
					}
				}
				cut(w.Partition(groups...).Heal, pairs)
			},
			"hold": func(t *rapid.T) {
				p := pairOf{node.Draw(t, "from"), node.Draw(t, "to")}
				model.holds[p]++
				undos = append(undos, once(w.Hold(p.from, p.to).Release, func() { model.holds[p]-- }))
			},
			"degrade": func(t *rapid.T) {
				p := pairOf{node.Draw(t, "from"), node.Draw(t, "to")}
				loss := rapid.SampledFrom([]float64{0.5, 0.25, 1}).Draw(t, "loss")
				model.loss[p] = append(model.loss[p], loss)
				undos = append(undos, once(w.Degrade(p.from, p.to, Link{Loss: loss}).Restore, func() {
					i := slices.Index(model.loss[p], loss)
					model.loss[p] = slices.Delete(model.loss[p], i, i+1)
				}))
			},
			"undo": func(t *rapid.T) { // perhaps one that was undone before
				if len(undos) > 0 {
					rapid.SampledFrom(undos).Draw(t, "which")()
				}
			},
			"heal all": func(t *rapid.T) {
				if rapid.IntRange(0, 9).Draw(t, "rarely") == 0 {
					w.Heal()
					clear(model.cuts)
					clear(model.holds)
					clear(model.loss)
					undos = nil
				}
			},
			"": func(t *rapid.T) { model.check(t, w, names) },
		})
	})
}

// once undoes a fault in the world every time, and in the model the first time.
func once(undo, undoModel func()) func() {
	undone := false
	return func() {
		undo()
		if !undone {
			undoModel()
		}
		undone = true
	}
}

func (m *linkModel) check(t *rapid.T, w *World, names []string) {
	for _, from := range names {
		for _, to := range names {
			p := pairOf{from, to}
			l := w.route(w.Lookup(from), w.Lookup(to))
			works := 1.0
			for _, loss := range m.loss[p] {
				works *= 1 - loss
			}
			if len(l.cuts) != m.cuts[p] || len(l.holds) != m.holds[p] || l.total.loss != 1-works {
				t.Fatalf("%v: %d cuts, %d holds, loss %v; expected %d, %d, %v",
					p, len(l.cuts), len(l.holds), l.total.loss, m.cuts[p], m.holds[p], 1-works)
			}
		}
	}
}

// The same, seen by those who send: a message gets through if no cut lies on its
// link when it is sent nor when it arrives.
func TestCutsSeenByMessages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := New(Config{})
		defer w.Close()
		var got, want []int
		w.Node("b", func(p *Proc) { p.Handle(func(p *Proc, m Message) { got = append(got, m.Body.(int)) }) })
		w.Node("a", func(p *Proc) {
			for i := 0; ; i++ {
				p.Send("b", i) // at i ms, and arrives at i+1
				p.Sleep(ms)
			}
		})
		type span struct{ from, to int }
		spans := rapid.SliceOf(rapid.Custom(func(t *rapid.T) span {
			from := rapid.IntRange(0, 40).Draw(t, "from")
			return span{from, from + rapid.IntRange(0, 10).Draw(t, "length")}
		})).Draw(t, "cuts")
		cutAt := map[int]bool{}
		for _, s := range spans {
			var cut *Cut // between the milliseconds
			w.At(time.Duration(s.from)*ms+ms/2, "cut", func() { cut = w.Cut("a", "b") })
			w.At(time.Duration(s.to)*ms+ms/2, "mend", func() { cut.Mend() })
			for at := s.from + 1; at <= s.to; at++ {
				cutAt[at] = true
			}
		}
		for i := range 50 {
			if !cutAt[i] && !cutAt[i+1] {
				want = append(want, i)
			}
		}
		w.Run(50 * ms)
		if !slices.Equal(got, want) {
			t.Fatalf("arrived %v, expected %v", got, want)
		}
	})
}

// Events due at the same instant happen in an order drawn from the seed: over
// many seeds each of the n! orders comes about equally often.
func TestOrdersOfOneInstantAreFair(t *testing.T) {
	order := map[string]func(w *World, note func(string)){
		"sleepers": func(w *World, note func(string)) {
			for _, name := range []string{"a", "b", "c"} {
				w.Node(name, func(p *Proc) { p.Sleep(ms); note(name) })
			}
		},
		"messages": func(w *World, note func(string)) {
			w.Node("to", func(p *Proc) { p.Handle(func(p *Proc, m Message) { note(m.Body.(string)) }) })
			w.Node("from", func(p *Proc) {
				for _, name := range []string{"a", "b", "c"} {
					p.Send("to", name)
				}
			})
		},
		"timers": func(w *World, note func(string)) {
			w.Node("n", func(p *Proc) {
				for _, name := range []string{"a", "b", "c"} {
					p.After(ms, func(*Proc) { note(name) })
				}
			})
		},
		"children": func(w *World, note func(string)) {
			w.Node("n", func(p *Proc) {
				for _, name := range []string{"a", "b", "c"} {
					p.Go(name, func(*Proc) { note(name) })
				}
			})
		},
		"mixed": func(w *World, note func(string)) {
			w.Node("n", func(p *Proc) {
				p.Handle(func(*Proc, Message) { note("a") })
				p.Send("n", 1) // takes 20 µs
				p.After(20*us, func(*Proc) { note("b") })
				p.Sleep(20 * us)
				note("c")
			})
		},
	}
	const seeds = 3000
	for name, build := range order {
		counts := map[string]int{}
		for seed := range uint64(seeds) {
			w := New(Config{Seed: seed})
			got := ""
			build(w, func(s string) { got += s })
			w.Run(time.Second)
			w.Close()
			counts[got]++
		}
		for o, n := range counts {
			// Six orders of 500 each: 100 is five standard deviations.
			if len(o) != 3 || n < seeds/6-100 || n > seeds/6+100 {
				t.Errorf("%s: order %s %d times in %d", name, o, n, seeds)
			}
		}
		if len(counts) != 6 {
			t.Errorf("%s: orders %v", name, slices.Sorted(maps.Keys(counts)))
		}
	}
}

// Datagrams between two nodes are neither invented nor altered, and none is lost
// but those that are reported as such, on whatever link. Nor does any take less
// than the least latency.
func TestDatagramsAreNeitherInventedNorAltered(t *testing.T) {
	chance := rapid.SampledFrom([]float64{0, 0.1, 0.5, 1})
	rapid.Check(t, func(t *rapid.T) {
		link := Link{
			Latency:   Uniform(ms, time.Duration(rapid.Int64Range(1, 20).Draw(t, "latency"))*ms),
			Bandwidth: rapid.SampledFrom([]int64{0, 1000, 1_000_000}).Draw(t, "bandwidth"),
			Loss:      chance.Draw(t, "loss"),
			Duplicate: chance.Draw(t, "duplicate"),
			Reorder:   chance.Draw(t, "reorder"),
		}
		w := New(Config{Seed: rapid.Uint64().Draw(t, "seed"), Link: link, Checking: rapid.Bool().Draw(t, "checking")})
		defer w.Close()
		const n = 50
		var sent [n]time.Duration
		var arrived, lost [n]int
		w.Observe(ObserverFunc(func(e *Event) {
			if e.Kind == KindDrop {
				lost[e.Body.([]int)[0]]++
			}
		}))
		w.Node("b", func(p *Proc) {
			for {
				body := p.Recv().Body.([]int)
				arrived[body[0]]++
				if body[1] != body[0]*body[0] || w.Now() < sent[body[0]]+ms {
					t.Fatalf("%v arrived at %v", body, w.Now())
				}
			}
		})
		w.Node("a", func(p *Proc) {
			for i := range n {
				sent[i] = w.Now()
				p.Send("b", []int{i, i * i})
				p.Sleep(time.Duration(p.Rand(fmt.Sprint(i)).IntN(3)) * ms)
			}
		})
		if out := w.Run(time.Minute); !out.OK() {
			t.Fatal(out)
		}
		for i := range n {
			most := 1
			if link.Duplicate > 0 {
				most = 2
			}
			if arrived[i]+lost[i] < 1 || arrived[i]+lost[i] > most {
				t.Fatalf("message %d arrived %d times and was lost %d times", i, arrived[i], lost[i])
			}
		}
	})
}
