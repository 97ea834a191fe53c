package compare_test

import (
	"bytes"
	"context"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/orrery-sim/orrery/nodes"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/scenarios/compare"
)

func comparison(t *testing.T, axes ...compare.Axis) compare.Comparison {
	t.Helper()
	s, err := nodes.All.Load("echo/calm")
	if err != nil {
		t.Fatal(err)
	}
	// A system that measures itself, and knobs that do nothing.
	system := *s.System
	system.Knobs = []scenarios.Knob{
		{Name: "a", Default: "1", Help: "a number"},
		{Name: "b", Default: "x", Help: "a letter", Choices: []string{"x", "y"}},
	}
	system.Measure = func(r *scenarios.Run) []scenarios.Measure {
		return []scenarios.Measure{{Name: "seed-plus-a", Help: "of the test", Value: float64(r.Options.Seed) + r.Cluster.Float("a")}}
	}
	scenario := *s
	scenario.System = &system
	return compare.Comparison{Scenario: &scenario, Axes: axes, From: 1, To: 3, Workers: 1}
}

func TestEveryCombinationIsRunOverTheSameSeeds(t *testing.T) {
	c := comparison(t, compare.Axis{Knob: "a", Values: []string{"10", "20"}}, compare.Axis{Knob: "b", Values: []string{"y", "x"}})
	told := uint64(0)
	c.Progress = func(done uint64) { told = done }
	table, err := c.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var labels []string
	for _, col := range table.Columns {
		labels = append(labels, strings.Join(col.Labels, " "))
		if col.Runs != 3 || col.Outcomes["ok"] != 3 || col.OK == 0 || col.OK != col.Asked || col.Available != 1 {
			t.Errorf("%v: %+v", col.Labels, col)
		}
		if col.P50 <= 0 || col.P50 > col.P99 || col.P99 > col.Max || col.PerOperation < 2 {
			t.Errorf("%v: latencies %v %v %v, %v messages per operation", col.Labels, col.P50, col.P99, col.Max, col.PerOperation)
		}
	}
	if want := []string{"a=10 b=y", "a=10 b=x", "a=20 b=y", "a=20 b=x"}; !reflect.DeepEqual(labels, want) {
		t.Errorf("columns are %q, expected %q", labels, want)
	}
	if told != c.Runs() || told != 12 {
		t.Errorf("progress ended at %d of %d runs", told, c.Runs())
	}
	// The mean of seeds 1 to 3 is 2, the greatest 3.
	if m := table.Columns[2].Measures[0]; m.Value != 22 || m.Max != 23 {
		t.Errorf("measure is %v, at most %v; expected 22 and 23", m.Value, m.Max)
	}
}

func TestTheTableDoesNotDependOnTheMachine(t *testing.T) {
	var tables []string
	for _, workers := range []int{1, 4} {
		c := comparison(t, compare.Axis{Knob: "a", Values: []string{"1", "7"}})
		c.To, c.Workers = 8, workers
		table, err := c.Run(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := table.WriteJSON(&b); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, b.String())
	}
	if tables[0] != tables[1] {
		t.Errorf("with one worker:\n%s\nwith four:\n%s", tables[0], tables[1])
	}
}

func TestInterruptedItHasWhatIsDone(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	c := comparison(t, compare.Axis{Knob: "a", Values: []string{"10", "20"}})
	c.Progress = func(done uint64) {
		if done == 2 {
			cancel()
		}
	}
	table, err := c.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if n := table.Columns[0].Runs; n != 2 {
		t.Errorf("the first column has %d runs, expected 2", n)
	}
	var b bytes.Buffer
	if err := table.WriteText(&b, 80); err != nil {
		t.Fatal(err)
	}
	if text := b.String(); !strings.Contains(text, "runs") {
		t.Errorf("the table does not say that runs are missing:\n%s", text)
	}
}

func TestWideTablesAreBrokenIntoBlocks(t *testing.T) {
	table := &compare.Table{Scenario: "s/t", From: 1, To: 1, Expected: "ok"}
	for _, label := range []string{"knob=one", "knob=two", "knob=three"} {
		table.Columns = append(table.Columns, compare.Column{Labels: []string{label}, Runs: 1, Outcomes: map[string]int{"ok": 1}, P50: 1500})
	}
	var b bytes.Buffer
	if err := table.WriteText(&b, 40); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		if len(strings.TrimRight(line, "\n")) > 40 {
			t.Errorf("line of more than 40 characters: %q", line)
		}
	}
	if n := strings.Count(b.String(), "p50"); n != 2 {
		t.Errorf("%d blocks, expected 2:\n%s", n, b.String())
	}
}

func TestWhatCannotBeCompared(t *testing.T) {
	for want, axes := range map[string][]compare.Axis{
		`unknown knob "c"`:      {{Knob: "c", Values: []string{"1", "2"}}},
		`with b=z: `:            {{Knob: "b", Values: []string{"x", "z"}}},
		"knob a is compared tw": {{Knob: "a", Values: []string{"1", "2"}}, {Knob: "a", Values: []string{"3"}}},
		"70 combinations":       {{Knob: "a", Values: strings.Split(strings.Repeat("1 ", 70), " ")[:70]}},
	} {
		if _, err := comparison(t, axes...).Run(context.Background()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, expected one with %q", err, want)
		}
	}
	for _, text := range []string{"", "a", "=1", "a=", "a=1,", "a=1,1"} {
		if a, err := compare.ParseAxis(text); err == nil {
			t.Errorf("%q is taken for %v", text, a)
		}
	}
}

func Example() {
	s, err := nodes.All.Load("raft/minority-leader")
	if err != nil {
		panic(err)
	}
	table, err := compare.Comparison{
		Scenario: s, Axes: []compare.Axis{{Knob: "reads", Values: []string{"quorum", "local"}}}, From: 1, To: 3,
	}.Run(context.Background())
	if err != nil {
		panic(err)
	}
	table.WriteCSV(os.Stdout)
	// Output:
	// reads,runs,ok,violated,available,p50,p99,messages-per-op
	// quorum,3,1,0,0.9947329919531821,4.956159e+06,7.180287e+06,11.925822970007316
	// local,3,0,1,0.9983675690382261,2.582527e+06,1.0084351e+07,4.849272207862875
}

func TestMeansAreRounded(t *testing.T) {
	for value, want := range map[float64]string{20.355: "20.36", 719.649: "719.6", 12345.6: "12346", 0: "0", 1.005001: "1.005", 0.00004: "0"} {
		table := &compare.Table{Columns: []compare.Column{{
			Labels: []string{"a"}, Measures: []compare.Average{{Measure: scenarios.Measure{Name: "m", Value: value}}},
		}}}
		panels := table.Panels()
		got := "0"
		if value != 0 {
			got = panels[len(panels)-1].Texts[0]
		}
		if got != want {
			t.Errorf("%v is shown as %s, expected %s", value, got, want)
		}
	}
}
