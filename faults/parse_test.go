package faults_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/internal/golden"
	"pgregory.net/rapid"
)

// TestWritten has lines that are written otherwise than they print mean what they
// seem to.
func TestWritten(t *testing.T) {
	for line, want := range map[string]string{
		"every 2s times 5: restart next":                          "at 2s every 2s times 5: restart next",
		"for 5s at 5s: isolate leader":                            "at 5s for 5s: isolate leader",
		"at 60s for 90m: crash n1":                                "at 1m for 1h30m: crash n1",
		"at 0: crash n1":                                          "at 0s: crash n1",
		"at 0s after leader: crash n1":                            "after leader: crash n1",
		"at 5s: slow leader 10x":                                  "at 5s: slow 10x leader",
		"at 5s: cores leader 1":                                   "at 5s: cores 1 leader",
		"at 5s: cores random 2 1":                                 "at 5s: cores 1 random 2",
		"at 5s: partition n1,n2|n3, n4":                           "at 5s: partition n1 n2 | n3 n4",
		"at 5s:cut a->b":                                          "at 5s: cut a -> b",
		"at 5s: cut a<->b":                                        "at 5s: cut a <-> b",
		"at 5s: crash random 2 of all":                            "at 5s: crash random 2",
		"at 5s: loss 20.50% all":                                  "at 5s: loss 20.5% all",
		"at 5s: loss 0.0001% all":                                 "at 5s: loss 0.0001% all",
		"at 5s: clock drift 500ppm n1":                            "at 5s: clock drift +500ppm n1",
		"at 5s: clock drift -0.5ppm n1":                           "at 5s: clock drift -0.5ppm n1",
		"at 5s: clock jump -2000ms n1":                            "at 5s: clock jump -2s n1",
		"at 5s: bandwidth 64000B/s n1":                            "at 5s: bandwidth 64KB/s n1",
		"at 5s: bandwidth 1500KB/s n1":                            "at 5s: bandwidth 1500KB/s n1",
		"at 5s: slow 1.5x n1":                                     "at 5s: slow 1.5x n1",
		"at 5s: (crash n1)":                                       "at 5s: crash n1",
		"at 5s: ((crash n1 and pause n2)) for 1s":                 "at 5s: (crash n1 and pause n2) for 1s",
		"at 5s: pick crash n1 or pause n1 and crash b":            "at 5s: (pick crash n1 or pause n1) and crash b",
		"at 5s: crash a and crash b then after 1s crash c for 2s": "at 5s: crash a and crash b then after 1s crash c for 2s",
	} {
		f, err := faults.Parse(line)
		if err != nil {
			t.Errorf("%s: %v", line, err)
		} else if f.String() != want {
			t.Errorf("%q prints as %q, want %q", line, f, want)
		}
	}
}

// TestValue has a line be a value that one would write by hand.
func TestValue(t *testing.T) {
	got := faults.MustParse("at 5s for 3s every 10s until no leader: loss 20% leader -> random 2 of followers")
	want := faults.Fault{
		When: faults.When{
			At: 5 * time.Second, For: 3 * time.Second, Every: 10 * time.Second,
			Until: faults.Wait{That: faults.Condition{Role: "leader", None: true}},
		},
		What: faults.Act{
			Verb: "loss", Amounts: []faults.Amount{{Unit: faults.Percent, N: 200_000}},
			Where: faults.Where{Sep: "->", Groups: []faults.Selection{{{Name: "leader"}}, {{Name: "followers", Random: 2}}}},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %#v", got)
	}
}

// wrong are lines that are no faults.
var wrong = []string{
	"",
	"crash n1",
	"at 5s",
	"at 5s crash n1",
	"crash n1: at 5s",
	": crash n1",
	"at: crash n1",
	"at 5: crash n1",
	"at -5s: crash n1",
	"at 5s at 6s: crash n1",
	"at 5s fro 3s: crash n1",
	"at 5s for 0s: crash n1",
	"at 5s for -3s: crash n1",
	"at 5s until 3s: crash n1",
	"at 5s until 5s: crash n1",
	"at 5s until 0s: crash n1",
	"at 5s times 3: crash n1",
	"at 5s every 1s times 0: crash n1",
	"at 5s every 1s times 1.5: crash n1",
	"at 999999h: crash n1",
	"after 5s: crash n1",
	"after no: crash n1",
	"at 5s for 3s: restart n1",
	"at 5s:",
	"at 5s: isolte leader",
	"at 5s: disk slwo 2x n1",
	"at 5s: disk",
	"at 5s: explode n1",
	"at 5s: crash",
	"at 5s: crash for 3s",
	"at 5s: crash | n1",
	"at 5s: crash n1 | n2",
	"at 5s: crash n1 -> n2",
	"at 5s: crash n1 for 3s n2",
	"at 5s: crash n1 for",
	"at 5s: crash n1 until 3s",
	"at 5s: restart n1 for 3s",
	"at 5s: crash n1: crash n2",
	"at 5s: crash n1 then at 6s crash n2",
	"at 5s: crash n1 then",
	"at 5s: crash n1 and and crash n2",
	"at 5s: (crash n1",
	"at 5s: crash n1)",
	"at 5s: pick crash n1",
	"at 5s: crash random",
	"at 5s: crash random n1",
	"at 5s: crash random 0",
	"at 5s: crash random 2 of",
	"at 5s: crash zone=",
	"at 5s: crash random 2 of =a",
	"at 5s: partition n1 n2",
	"at 5s: partition n1 -> n2",
	"at 5s: partition n1 |",
	"at 5s: cut n1 ->",
	"at 5s: cut n1 -> n2 -> n3",
	"at 5s: cut n1 | n2",
	"at 5s: drop message",
	"at 5s: drop message n1",
	"at 5s: drop message 0",
	"at 5s: drop message 1.5",
	"at 5s: drop message 8112 n1",
	"at 5s: drop mesage 8112",
	"at 5s for 2s: deliver message 8112",
	"at 5s: hold message 99999999999999999999",
	"at 5s: slow leader",
	"at 5s: slow 10 leader",
	"at 5s: slow 0.5x leader",
	"at 5s: loss 120% all",
	"at 5s: loss 0% all",
	"at 5s: loss 0.00001% all",
	"at 5s: loss all 120%",
	"at 5s: bandwidth 64kb n1",
	"at 5s: clock drift -1000000ppm n1",
	"at 5s: clock strobe 200ms 10ms n1",
	"at 5x for 3y: isolte leader and slow n2 then crash random x",
	"at 5s: " + strings.Repeat("(", 30) + "crash n1",
	"at 5s: délai 5ms n1 → n2",
}

func TestErrors(t *testing.T) {
	var b strings.Builder
	for _, line := range wrong {
		f, err := faults.Parse(line)
		if err == nil {
			t.Errorf("%q is %v", line, f)
			continue
		}
		var list faults.Errors
		if !errors.As(err, &list) || len(list) == 0 || list[0].Col < 1 || list[0].Col > len([]rune(line))+1 {
			t.Errorf("%q: no column in %#v", line, err)
			continue
		}
		if !reflect.DeepEqual(f, faults.Fault{}) {
			t.Errorf("%q: a fault with the error: %v", line, f)
		}
		fmt.Fprintf(&b, "%s\n%*s\n%v\n\n", line, list[0].Col, "^", err)
	}
	golden.Check(t, b.String(), "testdata/errors.txt")
}

func TestMustParse(t *testing.T) {
	defer func() {
		if got := fmt.Sprint(recover()); !strings.HasPrefix(got, `faults: "at 5s": `) {
			t.Error(got)
		}
	}()
	faults.MustParse("at 5s")
}

// Generators of faults that a text stands for.

var (
	genTime   = rapid.Map(rapid.Int64Range(1, 1e12), func(n int64) time.Duration { return time.Duration(n) })
	genRound  = rapid.Map(rapid.IntRange(1, 5000), func(n int) time.Duration { return time.Duration(n) * time.Second })
	genLength = rapid.OneOf(genTime, genRound)
	genName   = rapid.SampledFrom([]string{"n1", "n2", "n3", "n4", "n5", "c1", "leader", "followers", "all", "clients", "everyone", "rest", "next", "majority", "minority", "zone=a", "site=eu"})
	genRole   = rapid.SampledFrom([]string{"leader", "followers"})
)

func genMaybe[T any](t *rapid.T, g *rapid.Generator[T], name string) (v T) {
	if rapid.Bool().Draw(t, name+"?") {
		v = g.Draw(t, name)
	}
	return v
}

var genCondition = rapid.Custom(func(t *rapid.T) faults.Condition {
	return faults.Condition{Role: genRole.Draw(t, "role"), None: rapid.Bool().Draw(t, "none")}
})

var genTerm = rapid.Custom(func(t *rapid.T) faults.Term {
	term := faults.Term{Name: genName.Draw(t, "name"), Random: genMaybe(t, rapid.IntRange(1, 9), "random")}
	if share := genMaybe(t, rapid.Int64Range(1, 1e6), "share"); term.Random == 0 && share > 0 {
		term.Share, term.UpTo = share, rapid.Bool().Draw(t, "up to")
	}
	return term
})

var genAmount = map[string]func(t *rapid.T) faults.Amount{
	"<duration>": func(t *rapid.T) faults.Amount {
		return faults.Amount{Unit: faults.Time, N: int64(genLength.Draw(t, "duration"))}
	},
	"<shift>":      func(t *rapid.T) faults.Amount { return amountIn(t, faults.Shift, -1e12, 1e12) },
	"<factor>":     func(t *rapid.T) faults.Amount { return amountIn(t, faults.Factor, 1001, 1e9) },
	"<percentage>": func(t *rapid.T) faults.Amount { return amountIn(t, faults.Percent, 1, 1e6) },
	"<drift>":      func(t *rapid.T) faults.Amount { return amountIn(t, faults.PPM, -1e9+1, 1e12) },
	"<rate>":       func(t *rapid.T) faults.Amount { return amountIn(t, faults.Rate, 1, 1e15) },
	"<count>":      func(t *rapid.T) faults.Amount { return amountIn(t, faults.Count, 1, 1e9) },
	"<number>":     func(t *rapid.T) faults.Amount { return amountIn(t, faults.Event, 1, 1e15) },
}

func amountIn(t *rapid.T, u faults.Unit, least, most int64) faults.Amount {
	n := rapid.OneOf(rapid.Int64Range(least, most), rapid.Int64Range(max(least, -3000), min(most, 3000))).Draw(t, "amount")
	return faults.Amount{Unit: u, N: n}
}

// genAct draws any act of the catalog, following its form.
var genAct = rapid.Custom(func(t *rapid.T) faults.Act {
	e := rapid.SampledFrom(faults.Catalog).Draw(t, "entry")
	a := faults.Act{Verb: e.Name}
	n := 1
	for _, word := range strings.Fields(e.Form) {
		if gen := genAmount[word]; gen != nil {
			a.Amounts = append(a.Amounts, gen(t))
		}
	}
	switch {
	case strings.HasPrefix(e.Name, "load"), strings.HasSuffix(e.Name, " message"):
		n = 0
	case strings.Contains(e.Form, "|"):
		n, a.Where.Sep = rapid.IntRange(2, 4).Draw(t, "groups"), "|"
	case strings.Contains(e.Form, "<links>"):
		if a.Where.Sep = rapid.SampledFrom([]string{"", "->", "<->"}).Draw(t, "arrow"); a.Where.Sep != "" {
			n = 2
		}
	}
	for range n {
		a.Where.Groups = append(a.Where.Groups, rapid.SliceOfN(genTerm, 1, 3).Draw(t, "nodes"))
	}
	return a
})

// genWhat draws something that goes at most so deep.
func genWhat(deep int) *rapid.Generator[faults.What] {
	return rapid.Custom(func(t *rapid.T) faults.What {
		if deep == 0 {
			return genAct.Draw(t, "act")
		}
		part := genWhat(deep - 1)
		parts := func() []faults.What { return rapid.SliceOfN(part, 2, 3).Draw(t, "parts") }
		switch rapid.IntRange(0, 5).Draw(t, "kind") {
		case 0:
			return faults.Together(parts())
		case 1:
			return faults.Then(parts())
		case 2:
			return faults.Pick(parts())
		case 3:
			return genTimed(t, part.Draw(t, "what"))
		}
		return genAct.Draw(t, "act")
	})
}

func genTimed(t *rapid.T, w faults.What) faults.What {
	timed := faults.Timed{What: w}
	if rapid.Bool().Draw(t, "after a time") {
		timed.After.Time = genLength.Draw(t, "after")
	} else {
		timed.After.That = genMaybe(t, genCondition, "after")
	}
	if !instant(w) {
		timed.For = genMaybe(t, genLength, "for")
		timed.Until = genMaybe(t, genCondition, "until")
	}
	if timed.After == (faults.Wait{}) && timed.For == 0 && timed.Until == (faults.Condition{}) {
		return w
	}
	return timed
}

// instant says whether there is nothing in it that lasts.
func instant(w faults.What) bool {
	all := func(list []faults.What) bool {
		for _, w := range list {
			if !instant(w) {
				return false
			}
		}
		return true
	}
	switch w := w.(type) {
	case faults.Act:
		return entryOf(w.Verb).Instant
	case faults.Timed:
		return instant(w.What)
	case faults.Together:
		return all(w)
	case faults.Then:
		return all(w)
	case faults.Pick:
		return all(w)
	}
	panic("unknown kind")
}

var genFault = rapid.Custom(func(t *rapid.T) faults.Fault {
	f := faults.Fault{What: genWhat(3).Draw(t, "what")}
	f.At = genMaybe(t, genLength, "at")
	f.After = genMaybe(t, genCondition, "after")
	if f.Every = genMaybe(t, genLength, "every"); f.Every != 0 {
		f.Times = genMaybe(t, rapid.IntRange(1, 9), "times")
	}
	if !instant(f.What) {
		f.For = genMaybe(t, genLength, "for")
	}
	switch rapid.IntRange(0, 2).Draw(t, "until") {
	case 1:
		f.Until.Time = f.At + genLength.Draw(t, "until")
	case 2:
		f.Until.That = genCondition.Draw(t, "until")
	}
	return f
})

// TestPrintParses has every fault print as a line that parses to the same value.
func TestPrintParses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := genFault.Draw(t, "fault")
		line := f.String()
		got, err := faults.Parse(line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if !reflect.DeepEqual(got, f) {
			t.Fatalf("%q was\n%#v and is\n%#v", line, f, got)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, e := range faults.Catalog {
		f.Add(e.Example)
	}
	for _, line := range wrong {
		f.Add(line)
	}
	f.Add("at 5s after leader every 1s times 3 until 20s: (crash n1 for 1s then after 2s pick pause a or cut a <-> b) for 9s and clog c until no leader")
	f.Fuzz(func(t *testing.T, line string) {
		fault, err := faults.Parse(line)
		if err != nil {
			return
		}
		again, err := faults.Parse(fault.String())
		if err != nil {
			t.Fatalf("%q prints as %q: %v", line, fault, err)
		}
		if !reflect.DeepEqual(again, fault) {
			t.Fatalf("%q prints as %q, which is %#v, not %#v", line, fault, again, fault)
		}
	})
}
