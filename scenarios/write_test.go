package scenarios

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/orrery-sim/orrery/internal/steady"
	"pgregory.net/rapid"

	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/scenarios/workload"
	"github.com/orrery-sim/orrery/sim"
)

// drawScenario draws one of the toy system: every field, and texts that YAML would
// read otherwise if they were not quoted.
func drawScenario(t *rapid.T) *Scenario {
	millis := func(least, most int) time.Duration {
		return time.Duration(rapid.IntRange(least, most).Draw(t, "ms")) * time.Millisecond
	}
	share := rapid.Float64Range(0, 1)
	odd := rapid.SampledFrom([]string{"", "true", "null", "~", "a: b", "# no", "- x", "'", `"`, " space ", "two\nlines\n", "\ttab", "é→\u0085\u2028\ufeff", "{", "*a", "&a", "!t", "1e3", "0x1f", "=", "<<", "%", "@", "`"})
	s := &Scenario{
		Name: rapid.StringMatching(`[a-zA-Z0-9_.-]{1,8}`).Draw(t, "name"), Shows: rapid.OneOf(odd, rapid.String()).Draw(t, "shows"),
		System: toy, Nodes: rapid.IntRange(1, 5).Draw(t, "nodes"), Knobs: Values{}, Link: DefaultLink,
		Workload: workload.Spec{
			Kind: rapid.SampledFrom(toy.Workloads).Draw(t, "kind"), Clients: rapid.IntRange(1, 9).Draw(t, "clients"),
			Keys: rapid.IntRange(1, 9).Draw(t, "keys"), Every: millis(1, 100_000), Rate: float64(rapid.SampledFrom([]int{0, 100}).Draw(t, "rate")),
			Reads: share.Draw(t, "reads"), Zipf: share.Draw(t, "zipf"), Timeout: millis(1, 5000),
		},
		Run: millis(6_000, 9_000_000), Settle: millis(0, 9_000), Expect: rapid.SampledFrom([]sim.Status{sim.OK, sim.Violated, sim.Stuck, sim.Crashed, sim.Unknown}).Draw(t, "expect"),
		Mutant: rapid.SampledFrom([]string{"", "stale", "panics"}).Draw(t, "mutant"),
	}
	if rapid.Bool().Draw(t, "seeded") {
		s.Seed = new(rapid.Uint64().Draw(t, "seed"))
	}
	for _, k := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"delay=7ms", "limit=3", "loud=true", "share=0.25", "mode=fancy"}), 0, 5, rapid.ID).Draw(t, "knobs") {
		name, value, _ := strings.Cut(k, "=")
		s.Knobs[name] = value
	}
	if rapid.Bool().Draw(t, "linked") {
		s.Link = sim.Link{Latency: sim.Normal(millis(1, 9), millis(1, 9)), Bandwidth: rapid.Int64Range(0, 1e9).Draw(t, "bandwidth"), Loss: share.Draw(t, "loss"), Corrupt: share.Draw(t, "corrupt")}
	}
	for _, text := range rapid.SliceOfN(rapid.SampledFrom([]string{"p(95) < 250ms", "failed <= 1.5% during 1s-2s", "throughput > 100 during calm"}), 0, 3).Draw(t, "objectives") {
		o, err := ParseObjective(text)
		if err != nil {
			t.Fatal(err)
		}
		s.Objectives = append(s.Objectives, o)
	}
	for _, l := range rapid.SliceOfNDistinct(rapid.SampledFrom([]Label{{"n1", "zone", "a"}, {"n1", "tier", "true"}, {"c1", "zone", "b"}}), 0, 3, rapid.ID[Label]).Draw(t, "labels") {
		s.Labels = append(s.Labels, l)
	}
	slices.SortStableFunc(s.Labels, func(a, b Label) int { return strings.Compare(a.Node, b.Node) }) // a node's stand together in a file
	if s.Workload.Rate == 0 && rapid.Bool().Draw(t, "staged") {
		s.Workload.Stages = []workload.Stage{{For: millis(1, 5000), Rate: 10, To: 10}, {For: millis(1, 5000), Rate: 10, To: 300.5}}
		s.Workload.Arrivals = rapid.SampledFrom([]string{"", workload.Poisson, workload.Constant}).Draw(t, "arrivals")
	}
	names := slices.DeleteFunc(toy.CheckNames(), func(name string) bool { return name == objectives.Name })
	s.Checks = rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, -1, rapid.ID).Draw(t, "checks")
	if len(s.Objectives) > 0 {
		s.Checks = append(s.Checks, objectives.Name)
	}
	if len(s.Checks) == 0 {
		s.Checks = nil
	} else if rapid.Bool().Draw(t, "about one") {
		s.Check = s.Checks[0]
	}
	for _, line := range rapid.SliceOfN(rapid.SampledFrom([]string{
		"at 1s for 500ms: crash n1", "after no leader for 2s every 10s times 3 until 1h: (crash n1 for 1s then pause n1) and clog n1",
		"at 5s until no leader: pick loss 0.5% all or cut n1 -> c1", "at 0s: clock drift -0.5ppm n1", "at 1ms: disk bit-rot 3 n1",
		"at 3s: isolate leader then after 2s hold n1 <-> clients", "at 4s for 1s: hold message 8112", "at 5s: drop message 8112",
	}), 0, 4).Draw(t, "faults") {
		s.Faults = append(s.Faults, faults.MustParse(line))
	}
	return s
}

// TestYAMLRoundTrip has every scenario be read as it was written.
func TestYAMLRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawScenario(t)
		text := s.YAML()
		got, err := Parse("x.yaml", text, toys.find)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		got.File = ""
		if !reflect.DeepEqual(got, s) {
			t.Fatalf("wrote\n%s\nread %+v\nnot  %+v", text, got, s)
		}
	})
}
